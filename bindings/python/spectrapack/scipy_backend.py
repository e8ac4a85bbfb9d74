"""spectrapack behind the functions of `scipy.fft`: code that calls SciPy computes here.

>>> import numpy, scipy.fft, spectrapack
>>> with scipy.fft.set_backend(spectrapack.scipy_backend):
...     scipy.fft.rfft(numpy.array([1.0, 2.0, 3.0, 4.0]))
array([10.+0.j, -2.+2.j, -2.+0.j])

All transforms run here, with SciPy's arguments and defaults: fft, ifft, rfft, irfft, hfft, ihfft and their forms along
two and several axes; dct, idct, dst, idst and their forms along several axes. The Hankel transforms (fht) are SciPy's
own, on the transforms of this backend. `workers=None` is SciPy's `get_workers()`, hence one thread
unless `scipy.fft.set_workers` says otherwise; a `plan` other than None is a NotImplementedError, as in SciPy.

Sequences and NumPy arrays give NumPy arrays; any other array that speaks DLPack gives one of its own kind. Element
types that spectrapack does not have (long double, objects) are left to the next backend, which is SciPy's own.

The module imports SciPy only when a transform runs.
"""

from __future__ import annotations

import operator
from functools import partial
from typing import Any

from ._lib import SPK_FFT_C2C, SPK_FFT_C2R, SPK_FFT_DCT1, SPK_FFT_DST1, SPK_FFT_R2C, SPK_FORWARD, SPK_INVERSE
from ._transform import integers, transform, transform_line
from ._trig import kind_of_type, trig, trig_line

__all__: list[str] = []

__ua_domain__ = "numpy.scipy.fft"

_NUMPY_TYPES = "?bhilqBHILQefdFD"  # the characters of NumPy's element types that are computed here


def _array(x: Any) -> Any:
    """`x` itself where it is another library's array, else the native NumPy array that SciPy makes of it."""
    import numpy

    if hasattr(x, "__dlpack__") and not isinstance(x, numpy.ndarray):
        return x
    x = numpy.asarray(x)
    return x if x.dtype.isnative else x.astype(x.dtype.newbyteorder("="))


def _run(compute: Any, x: Any, *arguments: Any, overwrite_x: bool, workers: int | None, plan: Any) -> Any:
    import numpy
    from scipy.fft import get_workers

    if plan is not None:
        raise NotImplementedError(f"plan: {plan!r}; plans made beforehand are not supported, leave it None")
    x = _array(x)
    if isinstance(x, numpy.ndarray) and x.dtype.char not in _NUMPY_TYPES:
        return NotImplemented
    return compute(x, *arguments, None, overwrite_x, get_workers() if workers is None else workers, None)


def _line(
    kind: int,
    direction: int,
    x: Any,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
) -> Any:
    """A transform along one axis, with the arguments of `scipy.fft.fft`."""
    arguments = kind, direction, n, axis, norm
    return _run(transform_line, x, *arguments, overwrite_x=overwrite_x, workers=workers, plan=plan)


def _listed(values: Any) -> Any:
    """SciPy takes a single number for a sequence of one."""
    try:
        return (operator.index(values),)
    except TypeError:
        return values


def _over_axes(compute: Any, x: Any, kind: int, direction: int, s: Any, axes: Any, *rest: Any) -> Any:
    """`transform` or `trig` with lengths and axes as SciPy understands them."""
    shape = x.shape
    if s is not None:
        s = integers(_listed(s), "s")
    if axes is not None:
        axes = integers(_listed(axes), "axes")
    elif s is None:
        axes = tuple(range(len(shape)))
    if axes == () and (kind == SPK_FFT_C2C or compute is trig):
        return x
    return compute(x, kind, direction, s, axes, *rest)


def _grid(
    kind: int,
    direction: int,
    default_axes: tuple[int, ...] | None,
    x: Any,
    s: Any = None,
    axes: Any = ...,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
) -> Any:
    """A transform along several axes, with the arguments of `scipy.fft.fftn`."""
    arguments = kind, direction, s, default_axes if axes is ... else axes, norm
    return _run(partial(_over_axes, transform), x, *arguments, overwrite_x=overwrite_x, workers=workers, plan=plan)


def _trig_line(
    first: int,
    direction: int,
    x: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    orthogonalize: bool | None = None,
) -> Any:
    """A cosine or sine transform along one axis, with the arguments of `scipy.fft.dct`."""
    arguments = kind_of_type(first, type), direction, n, axis, norm, orthogonalize
    return _run(trig_line, x, *arguments, overwrite_x=overwrite_x, workers=workers, plan=None)


def _trig_grid(
    first: int,
    direction: int,
    x: Any,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    orthogonalize: bool | None = None,
) -> Any:
    """A cosine or sine transform along several axes, with the arguments of `scipy.fft.dctn`."""
    arguments = kind_of_type(first, type), direction, s, axes, norm, orthogonalize
    return _run(partial(_over_axes, trig), x, *arguments, overwrite_x=overwrite_x, workers=workers, plan=None)


_FUNCTIONS = {
    prefix + form: partial(_line, *intent) if form == "fft" else partial(_grid, *intent, axes)
    for prefix, intent in {
        "": (SPK_FFT_C2C, SPK_FORWARD),
        "i": (SPK_FFT_C2C, SPK_INVERSE),
        "r": (SPK_FFT_R2C, SPK_FORWARD),
        "ir": (SPK_FFT_C2R, SPK_INVERSE),
        "h": (SPK_FFT_C2R, SPK_FORWARD),
        "ih": (SPK_FFT_R2C, SPK_INVERSE),
    }.items()
    for form, axes in {"fft": None, "fft2": (-2, -1), "fftn": None}.items()
} | {
    prefix + family + form: partial(run, first, direction)
    for prefix, direction in {"": SPK_FORWARD, "i": SPK_INVERSE}.items()
    for family, first in {"dct": SPK_FFT_DCT1, "dst": SPK_FFT_DST1}.items()
    for form, run in {"": _trig_line, "n": _trig_grid}.items()
}


def __ua_function__(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Runs one of SciPy's functions; NotImplemented where it is for another backend to do."""
    function = _FUNCTIONS.get(method.__name__)
    return NotImplemented if function is None else function(*args, **kwargs)
