"""Where the bins of a transform lie: sample frequencies, and moving the zero frequency to the middle and back."""

from __future__ import annotations

import itertools
import operator
from array import array
from collections.abc import Iterable
from ctypes import byref, c_int64, memmove
from typing import Any

from . import _kinds
from ._errors import check
from ._lib import lib
from ._names import FLOAT64
from ._tensor import Tensor
from ._transform import checked_axes


def _frequencies(n: int, d: float, bins: Iterable[int], like: Any) -> Any:
    if d == 0:
        raise ValueError(f"d: the spacing is {d}")
    step = 1.0 / (n * d)
    values = array("d", (k * step for k in bins))
    made = Tensor._empty(FLOAT64, (len(values),))
    memmove(made.data_ptr, values.buffer_info()[0], made.nbytes)
    return made if like is None else _kinds.kind_of(like).give(made)


def _count(n: int) -> int:
    n = operator.index(n)
    if n < 1:
        raise ValueError(f"n: {n} is no length, the least is 1")
    return n


def fftfreq(n: int, d: float = 1.0, *, like: Any = None) -> Any:
    """The frequency of each bin of `fft` of length `n`, for samples that lie `d` apart.

    A float64 Tensor of shape (n,), or an array of the kind that `like` is: 0, 1, ..., then the negative frequencies,
    in cycles per unit of `d`. Raises ValueError for an `n` below 1 or a `d` of 0, TypeError for an `n` that is not an
    integer.

    >>> fftfreq(4, d=0.5, like=numpy.empty(0))
    array([ 0. ,  0.5, -1. , -0.5])
    """
    n = _count(n)
    return _frequencies(n, d, itertools.chain(range((n + 1) // 2), range(-(n // 2), 0)), like)


def rfftfreq(n: int, d: float = 1.0, *, like: Any = None) -> Any:
    """The frequency of each bin of `rfft` of length `n`, for samples that lie `d` apart.

    A float64 Tensor of shape (n // 2 + 1,), or an array of the kind that `like` is. Errors are those of `fftfreq`.

    >>> rfftfreq(4, d=0.5, like=numpy.empty(0))
    array([0. , 0.5, 1. ])
    """
    n = _count(n)
    return _frequencies(n, d, range(n // 2 + 1), like)


def _rolled(x: Any, axes: int | Iterable[int] | None, up: bool) -> Any:
    """A copy of `x` in which each listed axis of extent n is rolled by n // 2, or back."""
    operators = _kinds.recorded(x)
    kind, tensor = (None, x) if operators else _kinds.read(x)
    listed: Any = range(tensor.ndim) if axes is None else (axes,) if hasattr(axes, "__index__") else axes
    moved = checked_axes(tensor.ndim, listed)
    if operators:
        return operators.roll(x, moved, up)
    shape, strides = tensor.shape, tensor.strides
    made = Tensor._empty(tensor._managed.dl_tensor.dtype, shape)
    made_strides = made.strides
    pieces = []  # of each axis: (where a piece starts in x, where it goes, its extent)
    for axis, extent in enumerate(shape):
        shift = 0 if axis not in moved else extent // 2 if up else -(-extent // 2)
        kept = extent - shift
        pieces.append([(0, shift, kept), (kept, 0, shift)] if shift and kept else [(0, 0, extent)])
    for block in itertools.product(*pieces):
        extents = tuple(piece[2] for piece in block)
        source = tensor._view(extents, strides, sum(piece[0] * by for piece, by in zip(block, strides)))
        target = made._view(extents, made_strides, sum(piece[1] * by for piece, by in zip(block, made_strides)))
        check(lib.spk_tensor_copy_into(source._dl, None, target._dl))
    return kind.give(made)


def fftshift(x: Any, axes: int | Iterable[int] | None = None) -> Any:
    """A copy of `x` with the zero frequency in the middle of each listed axis, by default of all.

    Shape, kind and element type are those of `x`. Raises AxisError for an axis out of range or given twice.

    >>> fftshift(numpy.array([0.0, 1.0, 2.0, -2.0, -1.0]))
    array([-2., -1.,  0.,  1.,  2.])
    """
    return _rolled(x, axes, True)


def ifftshift(x: Any, axes: int | Iterable[int] | None = None) -> Any:
    """The inverse of `fftshift`; for odd extents the two differ.

    Shape, kind, element type and errors are those of `fftshift`.

    >>> ifftshift(numpy.array([-2.0, -1.0, 0.0, 1.0, 2.0]))
    array([ 0.,  1.,  2., -2., -1.])
    """
    return _rolled(x, axes, False)


def next_fast_len(target: int, real: bool = False) -> int:
    """The least length of at least `target` that transforms fast; pad to it where the length does not matter.

    Its prime factors are 2, 3, 5, 7 and 11, with `real` (real input or output) 2, 3 and 5: the rule of
    `scipy.fft.next_fast_len`. Raises TypeError for a `target` that is not an integer, and ValueError for one that is
    negative or beyond 64 bits.

    >>> next_fast_len(13), next_fast_len(13, real=True)
    (14, 15)
    """
    target, length = operator.index(target), c_int64()
    if target not in range(2**63):
        raise ValueError(f"target: {target} is not within 0 to 2**63 - 1")
    check(lib.spk_fft_next_fast_len(target, bool(real), byref(length)))
    return length.value
