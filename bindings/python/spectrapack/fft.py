"""Fourier transforms of any array that speaks DLPack, with the functions of `numpy.fft` and `scipy.fft`.

The result is an array of the kind that `x` is: NumPy, PyTorch, JAX, CuPy, or `spectrapack.Tensor` for a Tensor and for
everything else. It is new, C-contiguous and writable. bool and integers compute in float64 (those of PyTorch in
torch.get_default_dtype()), float16 and bfloat16 in float32; results have the precision that was computed in.

All transforms share these arguments:

- `n` (`s`): the length (lengths) that `x` is padded with zeros or cut to; None is the extent of `x`.
- `norm`: where the factor 1/n goes: 'backward' (None) on the inverse, 'forward' on the forward transform, 'ortho'
  1/sqrt(n) on both. For cosine and sine transforms n is the period that `dct` and `dst` name.
- `out`: an array of any kind to write to, of the shape and element type of the result; it is returned itself. It may be
  `x` itself where both are the same; another overlap, a read-only `out` and a wrong shape are ValueError, a wrong
  element type is TypeError.
- `overwrite_x`: allows the library to use the memory of `x`, whose contents are then lost.
- `workers`: how many threads may compute; None is SPK_NUM_THREADS, else all cores; -1 is all, -2 all but one.
- `progress`: a function that is called with the fraction done, from 0.0 to 1.0; a true return value stops the
  computation with CancelledError.

Besides what each function names, all raise TypeError for what is no array of numbers (lists, object, masked and
big-endian arrays), ValueError for an unknown `norm`, DeviceError for data on a device without support, and MemoryError.

The examples assume ``import numpy`` and ``from spectrapack.fft import *``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._convolve import convolve, correlate
from ._exec import Progress
from ._grid import fftfreq, fftshift, ifftshift, next_fast_len, rfftfreq
from ._lib import SPK_FFT_C2C, SPK_FFT_C2R, SPK_FFT_R2C, SPK_FORWARD, SPK_INVERSE
from ._plans import cache_clear, cache_info, cache_limit, describe
from ._transform import transform, transform_line
from ._trig import dct, dctn, dst, dstn, idct, idctn, idst, idstn

__all__ = [
    "fft", "ifft", "fft2", "ifft2", "fftn", "ifftn", "rfft", "irfft", "rfft2", "irfft2", "rfftn", "irfftn", "hfft",
    "ihfft", "hfft2", "ihfft2", "hfftn", "ihfftn", "fftfreq", "rfftfreq", "fftshift", "ifftshift", "next_fast_len",
    "dct", "idct", "dctn", "idctn", "dst", "idst", "dstn", "idstn",
    "convolve", "correlate", "describe", "cache_info", "cache_limit", "cache_clear",
]  # fmt: skip


def fft(
    x: Any,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The discrete Fourier transform along one axis.

    The result is complex and has the shape of `x`, with extent `n` along `axis`. A real `x` gives the full result.
    Raises AxisError where there is no such axis, and ValueError for a length below 1.

    >>> fft(numpy.array([1.0, 2.0, 3.0, 4.0]))
    array([10.+0.j, -2.+2.j, -2.+0.j, -2.-2.j])
    """
    return transform_line(x, SPK_FFT_C2C, SPK_FORWARD, n, axis, norm, out, overwrite_x, workers, progress)


def ifft(
    x: Any,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The inverse of `fft` along one axis.

    Shape, element type and errors are those of `fft`.

    >>> ifft(numpy.array([4.0, 0.0, 0.0, 0.0])).real
    array([1., 1., 1., 1.])
    """
    return transform_line(x, SPK_FFT_C2C, SPK_INVERSE, n, axis, norm, out, overwrite_x, workers, progress)


def fft2(
    x: Any,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = (-2, -1),
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The discrete Fourier transform along two axes, by default the last two.

    As `fftn`; an `x` with fewer dimensions than axes is an AxisError.

    >>> fft2(numpy.ones((2, 4))).real
    array([[8., 0., 0., 0.],
           [0., 0., 0., 0.]])
    """
    return transform(x, SPK_FFT_C2C, SPK_FORWARD, s, axes, norm, out, overwrite_x, workers, progress)


def ifft2(
    x: Any,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = (-2, -1),
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The inverse of `fft2`.

    Shape, element type and errors are those of `fft2`.

    >>> ifft2(numpy.array([[4.0, 0.0], [0.0, 0.0]])).real
    array([[1., 1.],
           [1., 1.]])
    """
    return transform(x, SPK_FFT_C2C, SPK_INVERSE, s, axes, norm, out, overwrite_x, workers, progress)


def fftn(
    x: Any,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = None,
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The discrete Fourier transform along several axes, by default all, or the last len(s).

    The result is complex and has the shape of `x`, with the lengths `s` along `axes`; -1 in `s` is the extent of
    `x`. ``axes=()`` gives a complex copy. Raises AxisError for an axis out of range or given twice and for an `x` of
    0 dimensions, and ValueError for a length below 1 or a number of lengths that is not that of the axes.

    >>> fftn(numpy.ones((2, 2, 2))).shape
    (2, 2, 2)
    """
    return transform(x, SPK_FFT_C2C, SPK_FORWARD, s, axes, norm, out, overwrite_x, workers, progress)


def ifftn(
    x: Any,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = None,
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The inverse of `fftn`.

    Shape, element type and errors are those of `fftn`.

    >>> ifftn(fftn(numpy.array([[1.0, 2.0], [3.0, 4.0]]))).real
    array([[1., 2.],
           [3., 4.]])
    """
    return transform(x, SPK_FFT_C2C, SPK_INVERSE, s, axes, norm, out, overwrite_x, workers, progress)


def rfft(
    x: Any,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The transform of real input along one axis: the n // 2 + 1 bins that determine the rest.

    The result is complex, with extent n // 2 + 1 along `axis`. Raises TypeError for complex input, AxisError where
    there is no such axis, and ValueError for a length below 1.

    >>> rfft(numpy.array([1.0, 2.0, 3.0, 4.0]))
    array([10.+0.j, -2.+2.j, -2.+0.j])
    """
    return transform_line(x, SPK_FFT_R2C, SPK_FORWARD, n, axis, norm, out, overwrite_x, workers, progress)


def irfft(
    x: Any,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The inverse of `rfft` along one axis; give `n` where it is odd.

    The result is real, with extent `n` along `axis`, 2 (m - 1) for m input bins when `n` is None. Imaginary parts of
    the first bin, and of the last one for even `n`, are ignored. Errors are those of `fft`; a single bin without `n`
    is a ValueError.

    >>> irfft(numpy.array([10.0, -2.0 + 2.0j, -2.0]))
    array([1., 2., 3., 4.])
    """
    return transform_line(x, SPK_FFT_C2R, SPK_INVERSE, n, axis, norm, out, overwrite_x, workers, progress)


def rfft2(
    x: Any,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = (-2, -1),
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The transform of real input along two axes, by default the last two; the last listed axis is halved.

    As `rfftn`.

    >>> rfft2(numpy.ones((2, 3))).shape
    (2, 2)
    """
    return transform(x, SPK_FFT_R2C, SPK_FORWARD, s, axes, norm, out, overwrite_x, workers, progress)


def irfft2(
    x: Any,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = (-2, -1),
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The inverse of `rfft2`.

    As `irfftn`.

    >>> irfft2(rfft2(numpy.ones((2, 4))))
    array([[1., 1., 1., 1.],
           [1., 1., 1., 1.]])
    """
    return transform(x, SPK_FFT_C2R, SPK_INVERSE, s, axes, norm, out, overwrite_x, workers, progress)


def rfftn(
    x: Any,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = None,
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The transform of real input along several axes, by default all; the last listed axis is halved.

    The result is complex; along the last listed axis, of length n, it has n // 2 + 1 bins. Raises TypeError for
    complex input, ValueError for ``axes=()``, and otherwise what `fftn` raises.

    >>> rfftn(numpy.ones((2, 2, 5))).shape
    (2, 2, 3)
    """
    return transform(x, SPK_FFT_R2C, SPK_FORWARD, s, axes, norm, out, overwrite_x, workers, progress)


def irfftn(
    x: Any,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = None,
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The inverse of `rfftn`; give `s` where its last length is odd.

    The result is real; without `s` its extent along the last listed axis is 2 (m - 1) for m input bins. Errors are
    those of `fftn`; ``axes=()`` is a ValueError.

    >>> irfftn(rfftn(numpy.array([[1.0, 2.0], [3.0, 4.0]])))
    array([[1., 2.],
           [3., 4.]])
    """
    return transform(x, SPK_FFT_C2R, SPK_INVERSE, s, axes, norm, out, overwrite_x, workers, progress)


def hfft(
    x: Any,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The transform of input with Hermitian symmetry, given by its first n // 2 + 1 elements, along one axis.

    The result is real, with extent `n` along `axis`, 2 (m - 1) for m input elements when `n` is None. Errors are
    those of `irfft`.

    >>> hfft(numpy.array([1.0, 2.0, 1.0]))
    array([ 6.,  0., -2.,  0.])
    """
    return transform_line(x, SPK_FFT_C2R, SPK_FORWARD, n, axis, norm, out, overwrite_x, workers, progress)


def ihfft(
    x: Any,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The inverse of `hfft` along one axis.

    The result is complex, with extent n // 2 + 1 along `axis`. Errors are those of `rfft`.

    >>> ihfft(numpy.array([6.0, 0.0, -2.0, 0.0])).real
    array([1., 2., 1.])
    """
    return transform_line(x, SPK_FFT_R2C, SPK_INVERSE, n, axis, norm, out, overwrite_x, workers, progress)


def hfft2(
    x: Any,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = (-2, -1),
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The transform of input with Hermitian symmetry along two axes, by default the last two.

    As `hfftn`.

    >>> hfft2(numpy.ones((2, 3))).shape
    (2, 4)
    """
    return transform(x, SPK_FFT_C2R, SPK_FORWARD, s, axes, norm, out, overwrite_x, workers, progress)


def ihfft2(
    x: Any,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = (-2, -1),
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The inverse of `hfft2`.

    As `ihfftn`.

    >>> ihfft2(hfft2(numpy.ones((2, 3)))).real
    array([[1., 1., 1.],
           [1., 1., 1.]])
    """
    return transform(x, SPK_FFT_R2C, SPK_INVERSE, s, axes, norm, out, overwrite_x, workers, progress)


def hfftn(
    x: Any,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = None,
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The transform of input with Hermitian symmetry, given by half of the last listed axis, along several axes.

    The result is real; without `s` its extent along the last listed axis is 2 (m - 1) for m input elements. It is
    `irfftn` in the other direction, and errors are those of `irfftn`.

    >>> hfftn(numpy.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[10., -2.],
           [-4.,  0.]])
    """
    return transform(x, SPK_FFT_C2R, SPK_FORWARD, s, axes, norm, out, overwrite_x, workers, progress)


def ihfftn(
    x: Any,
    s: Iterable[int] | None = None,
    axes: Iterable[int] | None = None,
    norm: str | None = None,
    *,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The inverse of `hfftn`.

    The result is complex; along the last listed axis, of length n, it has n // 2 + 1 elements. Errors are those of
    `rfftn`.

    >>> ihfftn(numpy.array([[10.0, -2.0], [-4.0, 0.0]])).real
    array([[1., 2.],
           [3., 4.]])
    """
    return transform(x, SPK_FFT_R2C, SPK_INVERSE, s, axes, norm, out, overwrite_x, workers, progress)
