"""Eigenvalues and eigenvectors of Hermitian matrices in any array that speaks DLPack.

The results are arrays of the kind that `x` is: NumPy, PyTorch, JAX, CuPy, or `spectrapack.Tensor` for a Tensor and for
everything else. They are new, C-contiguous and writable. Both functions share these arguments:

- `x`: shape (..., n, n), real or complex; each matrix is solved on its own. bool and integers compute in float64
  (those of PyTorch in torch.get_default_dtype()), float16 and bfloat16 in float32.
- `UPLO`: 'L' or 'U', the triangle that is read; the other one is not looked at, nor is the diagonal's imaginary part.
- `subset_by_index`: (lo, hi), only the eigenvalues numbered lo to hi in ascending order, from 0, both included.
- `subset_by_value`: (lo, hi), only the eigenvalues in (lo, hi], of one matrix; the result has as many as there are.
- `structure`: 'auto' or 'dense'. 'diagonal', 'tridiagonal', 'banded' and 'blocks' are not there yet.
- `device`: where to compute; None is where the data live, 'auto' a GPU if there is one.
- `out`, `overwrite_x`, `workers`, `progress`: as in `spectrapack.fft`.

Both raise TypeError for what is no array of numbers, ValueError for matrices that are not square, for NaN and Inf and
for arguments out of range, LinAlgError where the iteration does not converge, DeviceError for a device without support,
and MemoryError.

The examples assume ``import numpy`` and ``from spectrapack.linalg import *``.
"""

from __future__ import annotations

import operator
from ctypes import sizeof
from typing import Any, NamedTuple

from . import _kinds
from ._exec import Progress, call, call_new
from ._lib import (
    SPK_EIGH_OVERWRITE,
    SPK_RANGE_ALL,
    SPK_RANGE_INDEX,
    SPK_RANGE_VALUE,
    SPK_STRUCTURE_AUTO,
    SPK_STRUCTURE_DENSE,
    SPK_UPLO_LOWER,
    SPK_UPLO_UPPER,
    lib,
    spk_eigh_desc,
)
from ._names import CPU, parse_device

__all__ = ["EighResult", "eigh", "eigvalsh"]

_TRIANGLES = {"L": SPK_UPLO_LOWER, "U": SPK_UPLO_UPPER}
_STRUCTURES = {"auto": SPK_STRUCTURE_AUTO, "dense": SPK_STRUCTURE_DENSE}
_LATER = ("diagonal", "tridiagonal", "banded", "blocks")
_INT64 = range(-(2**63), 2**63)


class EighResult(NamedTuple):
    """What `eigh` gives."""

    eigenvalues: Any
    eigenvectors: Any


def _pair(bounds: Any, name: str, convert: Any) -> tuple:
    try:
        low, high = map(convert, bounds)
    except (TypeError, ValueError):
        raise TypeError(f"{name}: {bounds!r} is no pair of numbers (lo, hi)") from None
    return low, high


def _desc(uplo: str, by_index: Any, by_value: Any, structure: str, overwrite: bool) -> spk_eigh_desc:
    desc = spk_eigh_desc(struct_size=sizeof(spk_eigh_desc), flags=SPK_EIGH_OVERWRITE if overwrite else 0)
    try:
        desc.uplo = _TRIANGLES[uplo.upper()]
    except (AttributeError, KeyError):
        raise ValueError(f"UPLO: {uplo!r} is neither 'L' nor 'U'") from None
    if structure in _LATER:
        raise NotImplementedError(f"structure: {structure!r} is not there yet; 'auto' and 'dense' are")
    if structure not in _STRUCTURES:
        raise ValueError(f"structure: {structure!r} is none of {', '.join((*_STRUCTURES, *_LATER))}")
    desc.structure = _STRUCTURES[structure]
    if by_index is not None and by_value is not None:
        raise ValueError("subset_by_index and subset_by_value exclude each other")
    desc.range = SPK_RANGE_ALL
    if by_index is not None:
        low, high = _pair(by_index, "subset_by_index", operator.index)
        if low not in _INT64 or high not in _INT64:
            raise ValueError(f"subset_by_index: {by_index} is out of range")
        desc.range, desc.index_low, desc.index_high = SPK_RANGE_INDEX, low, high
    if by_value is not None:
        desc.value_low, desc.value_high = _pair(by_value, "subset_by_value", float)
        desc.range = SPK_RANGE_VALUE
    return desc


def _solve(
    x: Any,
    uplo: str,
    by_index: Any,
    by_value: Any,
    structure: str,
    device: Any,
    outs: tuple[Any, ...] | None,
    count: int,
    overwrite_x: bool,
    workers: int | None,
    progress: Progress | None,
) -> tuple[Any, ...]:
    """The `count` results of a solve: eigenvalues, then eigenvectors."""
    operators = _kinds.recorded(x)
    if operators is not None:
        return operators.solve(x, uplo, by_index, by_value, structure, device, outs, count, workers, progress)
    kind, tensor = _kinds.read(x, promote=outs is None)
    target = parse_device(device)
    if target is not None:
        tensor = tensor.cpu() if target == CPU else tensor.to(target)
    if by_value is not None and tensor.ndim > 2:
        raise ValueError(f"subset_by_value: it is for one matrix, and x has {tensor.ndim} dimensions")
    desc = _desc(uplo, by_index, by_value, structure, overwrite_x and not tensor.readonly)
    if outs is None:
        made = call_new(lib.spk_eigh_new, tensor, desc, workers, progress, count, 2 - count)
        return tuple(map(kind.give, made))
    if by_value is not None:
        raise ValueError("out: how many eigenvalues subset_by_value finds is not known beforehand")
    names = ("out[0]", "out[1]") if count == 2 else ("out",)
    targets = [_kinds.write(out, name) for out, name in zip(outs, names)]
    addresses = [target._dl for target in targets] + [None] * (3 - count)
    call(lib.spk_eigh, tensor, desc, workers, progress, *addresses)
    return outs


def eigvalsh(
    x: Any,
    UPLO: str = "L",
    *,
    subset_by_index: tuple[int, int] | None = None,
    subset_by_value: tuple[float, float] | None = None,
    structure: str = "auto",
    device: Any = None,
    out: Any = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """The eigenvalues of Hermitian (real: symmetric) matrices, in ascending order.

    Real, of shape (..., m), with m = n unless a subset is asked for. `out` is an array of that shape.

    >>> eigvalsh(numpy.array([[2.0, 0.0], [1.0, 2.0]]))
    array([1., 3.])
    """
    outs = None if out is None else (out,)
    (values,) = _solve(
        x, UPLO, subset_by_index, subset_by_value, structure, device, outs, 1, overwrite_x, workers, progress
    )
    return values


def eigh(
    x: Any,
    UPLO: str = "L",
    *,
    subset_by_index: tuple[int, int] | None = None,
    subset_by_value: tuple[float, float] | None = None,
    structure: str = "auto",
    device: Any = None,
    out: tuple[Any, Any] | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> EighResult:
    """The eigenvalues of Hermitian (real: symmetric) matrices in ascending order, and orthonormal eigenvectors.

    A named tuple: `eigenvalues`, real, of shape (..., m), and `eigenvectors`, of the type that was computed in and of
    shape (..., n, m), with m = n unless a subset is asked for; eigenvectors[..., :, k] belongs to eigenvalues[..., k].
    Of each vector the component of largest modulus, the first of several, is real and positive. `out` is a pair of
    arrays (w, v) of those shapes; v may be `x` itself.

    >>> w, v = eigh(numpy.array([[2.0, 0.0], [0.0, 1.0]]))
    >>> w
    array([1., 2.])
    >>> v
    array([[0., 1.],
           [1., 0.]])
    """
    if out is not None and not (isinstance(out, (tuple, list)) and len(out) == 2):
        raise TypeError(f"out: {type(out).__name__} is no pair of arrays (w, v)")
    return EighResult(
        *_solve(x, UPLO, subset_by_index, subset_by_value, structure, device, out, 2, overwrite_x, workers, progress)
    )
