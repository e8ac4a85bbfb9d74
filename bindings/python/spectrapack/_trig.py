"""Cosine and sine transforms, with the functions of `scipy.fft`."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from . import _kinds
from ._exec import Progress, call, call_new
from ._lib import (
    SPK_FFT_DCT1,
    SPK_FFT_DST1,
    SPK_FFT_NOT_ORTHOGONALIZE,
    SPK_FFT_ORTHOGONALIZE,
    SPK_FFT_OVERWRITE,
    SPK_FORWARD,
    SPK_INVERSE,
    lib,
)
from ._transform import _axes_and_lengths, _desc, _length, _norm


def kind_of_type(first: int, type: Any) -> int:
    """The spk_fft_kind of a type from 1 to 4, given that of type 1."""
    try:
        number = operator.index(type)
    except TypeError:
        raise TypeError(f"type: {type!r} is no integer") from None
    if not 1 <= number <= 4:
        raise ValueError(f"type: {type} is none of 1, 2, 3 and 4")
    return first + number - 1


def orthogonal_flag(orthogonalize: bool | None) -> int:
    if orthogonalize is None:
        return 0
    return SPK_FFT_ORTHOGONALIZE if orthogonalize else SPK_FFT_NOT_ORTHOGONALIZE


def trig(
    x: Any,
    kind: int,
    direction: int,
    s: Iterable[int] | None,
    axes: Iterable[int] | None,
    norm: str | None,
    orthogonalize: bool | None,
    out: Any,
    overwrite_x: bool,
    workers: int | None,
    progress: Progress | None,
) -> Any:
    """A cosine or sine transform of `x` into `out`, or into a new array of the kind that `x` is."""
    if _kinds.recorded(x) is not None:
        raise TypeError("x: cosine and sine transforms are not traced or differentiated; detach x first")
    factor = _norm(norm)
    given, tensor = _kinds.read(x, promote=out is None)
    target = None if out is None else _kinds.write(out)
    axes, lengths = _axes_and_lengths(tensor.shape, s, axes)
    if not axes:
        raise ValueError("axes: a cosine or sine transform needs at least one axis")
    flags = orthogonal_flag(orthogonalize) | (SPK_FFT_OVERWRITE if overwrite_x and not tensor.readonly else 0)
    desc = _desc(kind, direction, factor, flags, axes, lengths)
    if target is not None:
        call(lib.spk_fft, tensor, desc, workers, progress, target._dl)
        return out
    (made,) = call_new(lib.spk_fft_new, tensor, desc, workers, progress)
    return given.give(made)


def trig_line(x: Any, kind: int, direction: int, n: int | None, axis: int, *rest: Any) -> Any:
    """`trig` along one axis."""
    return trig(x, kind, direction, _length(n), (axis,), *rest)


def dct(
    x: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    *,
    orthogonalize: bool | None = None,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The discrete cosine transform of a type from 1 to 4 along one axis.

    The result has the shape of `x`, with extent `n` along `axis`, and is real; of complex `x` real and imaginary parts
    are transformed on their own. With norm None or 'backward' it is, for k = 0 to n - 1,

    - type 1: x[0] + (-1)^k x[n-1] + 2 sum over 0 < j < n-1 of x[j] cos(pi j k / (n-1)), for n of at least 2,
    - type 2: 2 sum over j of x[j] cos(pi k (2j+1) / 2n),
    - type 3: x[0] + 2 sum over j > 0 of x[j] cos(pi (2k+1) j / 2n),
    - type 4: 2 sum over j of x[j] cos(pi (2k+1) (2j+1) / 4n).

    'forward' divides by 2n (type 1: 2 (n-1)), 'ortho' by its root. `orthogonalize` (None: with 'ortho') weights the
    first element, in type 1 also the last one, with the root of 2, so that the matrix is orthogonal up to a factor.
    Raises AxisError where there is no such axis, and ValueError for another type or a length below 1 (type 1: 2).

    >>> dct(numpy.array([1.0, 2.0, 3.0]), type=1)
    array([ 8., -2.,  0.])
    """
    kind = kind_of_type(SPK_FFT_DCT1, type)
    rest = norm, orthogonalize, out, overwrite_x, workers, progress
    return trig_line(x, kind, SPK_FORWARD, n, axis, *rest)


def idct(
    x: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    *,
    orthogonalize: bool | None = None,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The inverse of `dct` of the same type along one axis.

    Shape, element type and errors are those of `dct`.

    >>> idct(numpy.array([8.0, -2.0, 0.0]), type=1)
    array([1., 2., 3.])
    """
    kind = kind_of_type(SPK_FFT_DCT1, type)
    rest = norm, orthogonalize, out, overwrite_x, workers, progress
    return trig_line(x, kind, SPK_INVERSE, n, axis, *rest)


def dctn(
    x: Any,
    type: int = 2,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = None,
    norm: str | None = None,
    *,
    orthogonalize: bool | None = None,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The discrete cosine transform along several axes, by default all, or the last len(s).

    As `dct` along one axis after the other. Raises AxisError for an axis out of range or given twice and for an `x` of
    0 dimensions, and ValueError for ``axes=()``, a wrong length, or a number of lengths that is not that of the axes.

    >>> dctn(numpy.array([[1.0, 2.0], [3.0, 4.0]]), type=1)
    array([[10., -2.],
           [-4.,  0.]])
    """
    kind = kind_of_type(SPK_FFT_DCT1, type)
    rest = norm, orthogonalize, out, overwrite_x, workers, progress
    return trig(x, kind, SPK_FORWARD, s, axes, *rest)


def idctn(
    x: Any,
    type: int = 2,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = None,
    norm: str | None = None,
    *,
    orthogonalize: bool | None = None,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The inverse of `dctn` of the same type.

    Shape, element type and errors are those of `dctn`.

    >>> idctn(numpy.array([[10.0, -2.0], [-4.0, 0.0]]), type=1)
    array([[1., 2.],
           [3., 4.]])
    """
    kind = kind_of_type(SPK_FFT_DCT1, type)
    rest = norm, orthogonalize, out, overwrite_x, workers, progress
    return trig(x, kind, SPK_INVERSE, s, axes, *rest)


def dst(
    x: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    *,
    orthogonalize: bool | None = None,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The discrete sine transform of a type from 1 to 4 along one axis.

    The result has the shape of `x`, with extent `n` along `axis`, and is real; of complex `x` real and imaginary parts
    are transformed on their own. With norm None or 'backward' it is, for k = 0 to n - 1,

    - type 1: 2 sum over j of x[j] sin(pi (k+1) (j+1) / (n+1)),
    - type 2: 2 sum over j of x[j] sin(pi (k+1) (2j+1) / 2n),
    - type 3: (-1)^k x[n-1] + 2 sum over j < n-1 of x[j] sin(pi (2k+1) (j+1) / 2n),
    - type 4: 2 sum over j of x[j] sin(pi (2k+1) (2j+1) / 4n).

    'forward' divides by 2n (type 1: 2 (n+1)), 'ortho' by its root. `orthogonalize` (None: with 'ortho') weights the
    last element of types 2 and 3 with the root of 2, so that the matrix is orthogonal up to a factor. Errors are those
    of `dct`.

    >>> dst(numpy.array([1.0, 2.0, 1.0]), type=3).round(12)
    array([ 5.46410162,  1.        , -1.46410162])
    """
    kind = kind_of_type(SPK_FFT_DST1, type)
    rest = norm, orthogonalize, out, overwrite_x, workers, progress
    return trig_line(x, kind, SPK_FORWARD, n, axis, *rest)


def idst(
    x: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    *,
    orthogonalize: bool | None = None,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The inverse of `dst` of the same type along one axis.

    Shape, element type and errors are those of `dst`.

    >>> idst(dst(numpy.array([1.0, 2.0, 3.0]))).round(12)
    array([1., 2., 3.])
    """
    kind = kind_of_type(SPK_FFT_DST1, type)
    rest = norm, orthogonalize, out, overwrite_x, workers, progress
    return trig_line(x, kind, SPK_INVERSE, n, axis, *rest)


def dstn(
    x: Any,
    type: int = 2,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = None,
    norm: str | None = None,
    *,
    orthogonalize: bool | None = None,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The discrete sine transform along several axes, by default all, or the last len(s).

    As `dst` along one axis after the other; errors are those of `dctn`.

    >>> dstn(numpy.ones((2, 3))).shape
    (2, 3)
    """
    kind = kind_of_type(SPK_FFT_DST1, type)
    rest = norm, orthogonalize, out, overwrite_x, workers, progress
    return trig(x, kind, SPK_FORWARD, s, axes, *rest)


def idstn(
    x: Any,
    type: int = 2,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = None,
    norm: str | None = None,
    *,
    orthogonalize: bool | None = None,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The inverse of `dstn` of the same type.

    Shape, element type and errors are those of `dctn`.

    >>> idstn(dstn(numpy.array([[1.0, 2.0], [3.0, 4.0]]))).round(12)
    array([[1., 2.],
           [3., 4.]])
    """
    kind = kind_of_type(SPK_FFT_DST1, type)
    rest = norm, orthogonalize, out, overwrite_x, workers, progress
    return trig(x, kind, SPK_INVERSE, s, axes, *rest)
