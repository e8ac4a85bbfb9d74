"""Convolution and correlation, with the meaning of `scipy.signal.fftconvolve` and `correlate`."""

from __future__ import annotations

from collections.abc import Iterable
from ctypes import c_int32, sizeof
from typing import Any

from . import _kinds
from ._exec import Progress, call, call_new
from ._lib import SPK_CONVOLVE_CORRELATE, lib, spk_convolve_desc
from ._transform import checked_axes

_MODES = {"full": 0, "same": 1, "valid": 2}
_METHODS = {"auto": 0, "fft": 1, "direct": 2}


def _named(table: dict[str, int], value: Any, name: str) -> int:
    try:
        return table[value]
    except (KeyError, TypeError):
        raise ValueError(f"{name}: {value!r} is none of {', '.join(map(repr, table))}") from None


def _run(
    x: Any,
    kernel: Any,
    flags: int,
    mode: str,
    axes: int | Iterable[int] | None,
    method: str,
    out: Any,
    workers: int | None,
    progress: Progress | None,
) -> Any:
    modes, methods = _named(_MODES, mode, "mode"), _named(_METHODS, method, "method")
    for name, array in (("x", x), ("kernel", kernel)):
        if _kinds.recorded(array) is not None:
            raise TypeError(f"{name}: convolutions are not traced or differentiated; detach {name} first")
    given, tensor = _kinds.read(x, promote=out is None)
    _, second = _kinds.read(kernel, "kernel", promote=out is None)
    target = None if out is None else _kinds.write(out)
    listed: Any = () if axes is None else (axes,) if hasattr(axes, "__index__") else axes
    listed = checked_axes(tensor.ndim, listed)
    if axes is not None and not listed:
        raise ValueError("axes: a convolution needs at least one axis")
    desc = spk_convolve_desc(
        sizeof(spk_convolve_desc), modes, methods, flags, len(listed), 0, (c_int32 * len(listed))(*listed)
    )

    def with_kernel(function: Any) -> Any:
        return lambda first, *rest: function(first, second._dl, *rest)

    if target is not None:
        call(with_kernel(lib.spk_fft_convolve), tensor, desc, workers, progress, target._dl)
        return out
    (made,) = call_new(with_kernel(lib.spk_fft_convolve_new), tensor, desc, workers, progress)
    return given.give(made)


def convolve(
    x: Any,
    kernel: Any,
    mode: str = "full",
    axes: int | Iterable[int] | None = None,
    *,
    method: str = "auto",
    out: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The convolution of two arrays with the same number of dimensions, along all axes or the listed ones.

    Element k of the whole is the sum over j of x[k-j] kernel[j]. `mode` says which part of it is wanted: 'full' has
    extents m + n - 1; 'same' is the middle of that, as large as `x`; 'valid' needs no zeros beyond the edges, and one
    array must be at least as large as the other along every axis. Along axes that are not listed the arrays are
    multiplied, where extents of 1 fit any, and nothing is cut. `method` is 'fft', 'direct' (term by term) or 'auto', which takes what is
    likely to be faster. By 'fft' errors are relative to the largest elements, and one NaN spreads over everything.

    The result is of the kind that `x` is, complex if one of the arrays is, in single precision if both are of that or
    less. Raises ValueError for shapes that do not fit, an extent of 0 along a convolved axis, another `mode` or
    `method`, ``axes=()``, and an `out` that overlaps an input; AxisError for an axis out of range or given twice, and
    for arrays of 0 dimensions.

    >>> convolve(numpy.array([1.0, 2.0, 3.0]), numpy.array([0.0, 1.0, 0.5]))
    array([0. , 1. , 2.5, 4. , 1.5])
    """
    return _run(x, kernel, 0, mode, axes, method, out, workers, progress)


def correlate(
    x: Any,
    kernel: Any,
    mode: str = "full",
    axes: int | Iterable[int] | None = None,
    *,
    method: str = "auto",
    out: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The cross-correlation of two arrays: their convolution with `kernel` reversed and conjugated.

    Arguments, result and errors are those of `convolve`; of the whole, the element at extent n - 1 of `kernel` has lag
    0.

    >>> correlate(numpy.array([1.0, 2.0, 3.0]), numpy.array([0.0, 1.0, 0.5]))
    array([0.5, 2. , 3.5, 3. , 0. ])
    """
    return _run(x, kernel, SPK_CONVOLVE_CORRELATE, mode, axes, method, out, workers, progress)
