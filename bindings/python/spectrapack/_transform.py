"""What all Fourier transforms have in common: from NumPy's arguments to one call of the C surface and back."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from ctypes import c_int32, c_int64, sizeof
from typing import Any

from . import _kinds
from ._errors import AxisError
from ._exec import Progress, call, call_new
from ._lib import SPK_FFT_C2C, SPK_FFT_OVERWRITE, SPK_NORM_BACKWARD, SPK_NORM_FORWARD, SPK_NORM_ORTHO, lib, spk_fft_desc
from ._tensor import Tensor

_NORMS = {
    None: SPK_NORM_BACKWARD,
    "backward": SPK_NORM_BACKWARD,
    "ortho": SPK_NORM_ORTHO,
    "forward": SPK_NORM_FORWARD,
}
_INT64 = range(-(2**63), 2**63)


def integers(values: Iterable[int], name: str) -> tuple[int, ...]:
    """The values as Python integers."""
    try:
        return tuple(map(operator.index, values))
    except TypeError:
        raise TypeError(f"{name}: {values!r} is no sequence of integers") from None


def checked_axes(ndim: int, axes: Iterable[int]) -> tuple[int, ...]:
    """Axes from 0 to ndim - 1, each once."""
    axes = integers(axes, "axes")
    for axis in axes:
        if not -ndim <= axis < ndim:
            raise AxisError(f"axes: {axis} is out of range for an array of {ndim} dimensions")
    counted = tuple(axis % ndim for axis in axes)
    if len(set(counted)) != len(counted):
        raise AxisError(f"axes: {axes} names an axis twice")
    return counted


def _norm(norm: str | None) -> int:
    try:
        return _NORMS[norm]
    except (KeyError, TypeError):
        raise ValueError(f"norm: {norm!r} is none of None, 'backward', 'ortho' and 'forward'") from None


def _axes_and_lengths(
    ndim: int, s: Iterable[int] | None, axes: Iterable[int] | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes and one length for each, -1 for the input's own: without axes the last len(s), without s all."""
    lengths = None if s is None else integers(s, "s")
    if axes is None:
        count = ndim if lengths is None else len(lengths)
        if count > ndim:
            raise ValueError(f"s: {lengths} has {count} lengths for an array of {ndim} dimensions")
        if ndim == 0 and lengths is None:
            raise AxisError("x: it has 0 dimensions and so no axis to transform")
        axes = range(ndim - count, ndim)
    axes = checked_axes(ndim, axes)
    if lengths is None:
        return axes, (-1,) * len(axes)
    if len(lengths) != len(axes):
        raise ValueError(f"s: {lengths} has {len(lengths)} lengths for {len(axes)} axes")
    return axes, lengths


def _length(n: int | None) -> tuple[int] | None:
    if n is None:
        return None
    (n,) = integers((n,), "n")
    if n < 1:
        raise ValueError(f"n: {n} is no length, the least is 1")
    return (n,)


def _desc(
    kind: int, direction: int, norm: int, flags: int, axes: tuple[int, ...], lengths: tuple[int, ...]
) -> spk_fft_desc:
    count = len(axes)
    for length in lengths:
        if length not in _INT64:
            raise ValueError(f"length {length} is beyond 64 bits")
    return spk_fft_desc(
        sizeof(spk_fft_desc), kind, direction, norm, flags, count, (c_int32 * count)(*axes), (c_int64 * count)(*lengths)
    )


def _with_unit_axis(tensor: Tensor) -> Tensor:
    return tensor._view((*tensor.shape, 1), (*tensor.strides, 1))


def transform(
    x: Any,
    kind: int,
    direction: int,
    s: Iterable[int] | None,
    axes: Iterable[int] | None,
    norm: str | None,
    out: Any,
    overwrite_x: bool,
    workers: int | None,
    progress: Progress | None,
) -> Any:
    """Transforms `x` into `out`, or into a new array of the kind that `x` is."""
    operators = _kinds.recorded(x)
    if operators is not None:
        return operators.transform(x, kind, direction, s, axes, norm, out, workers, progress)
    factor = _norm(norm)
    given, tensor = _kinds.read(x, promote=out is None)
    target = None if out is None else _kinds.write(out)
    axes, lengths = _axes_and_lengths(tensor.ndim, s, axes)
    nothing_to_transform = not axes
    if nothing_to_transform:
        if kind != SPK_FFT_C2C:
            raise ValueError("axes: a transform from or to real numbers needs at least one axis")
        axes, lengths = (tensor.ndim,), (1,)  # a transform of length 1 is a copy
        tensor = _with_unit_axis(tensor)
        target = None if target is None else _with_unit_axis(target)
    flags = SPK_FFT_OVERWRITE if overwrite_x and not tensor.readonly else 0
    desc = _desc(kind, direction, factor, flags, axes, lengths)
    if target is not None:
        call(lib.spk_fft, tensor, desc, workers, progress, target._dl)
        return out
    (made,) = call_new(lib.spk_fft_new, tensor, desc, workers, progress)
    if nothing_to_transform:
        made = made._view(made.shape[:-1], made.strides[:-1])
    return given.give(made)


def transform_line(
    x: Any,
    kind: int,
    direction: int,
    n: int | None,
    axis: int,
    norm: str | None,
    out: Any,
    overwrite_x: bool,
    workers: int | None,
    progress: Progress | None,
) -> Any:
    """`transform` along one axis."""
    return transform(x, kind, direction, _length(n), (axis,), norm, out, overwrite_x, workers, progress)
