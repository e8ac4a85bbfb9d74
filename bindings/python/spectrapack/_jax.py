"""Values that JAX traces (inside jax.jit, jax.vmap, jax.grad, ...): the library runs as a call of XLA's, on the CPU.

Arguments are checked while JAX traces, by the library itself, on a tensor that has an empty axis. Whatever batches a
transformation adds are leading dimensions, which the library takes as they come; axes are hence counted from the end.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import jax
import jax.extend.core
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.interpreters import ad, batching, mlir

from . import _transform, linalg
from ._errors import DeviceError
from ._exec import Progress, _threads, call_new
from ._lib import SPK_FFT_C2C, SPK_FFT_C2R, SPK_FFT_R2C, SPK_RANGE_ALL, SPK_RANGE_INDEX, SPK_UPLO_UPPER, DLDataType, lib
from ._names import CPU, parse_device
from ._tensor import Tensor

for _name, _handler in (("spectrapack_fft", lib.spk_xla_fft), ("spectrapack_eigh", lib.spk_xla_eigh)):
    jax.ffi.register_ffi_target(_name, jax.ffi.pycapsule(_handler), platform="cpu")

_COMPUTED = tuple(map(np.dtype, ("float32", "float64", "complex64", "complex128")))


def _promoted(x: jax.Array) -> jax.Array:
    """`x` in the type that it is computed in."""
    if x.dtype in _COMPUTED:
        return x
    if x.dtype in (jnp.float16, jnp.bfloat16):
        return x.astype(jnp.float32)
    if jnp.issubdtype(x.dtype, jnp.integer) or x.dtype == jnp.bool_:
        return x.astype(jnp.float64 if jax.config.jax_enable_x64 else jnp.float32)
    raise TypeError(
        f"x: {x.dtype}; this function computes on bool, integers, float16, bfloat16, float32, float64, complex64 and "
        "complex128"
    )


def _is_complex(dtype: Any) -> bool:
    return np.dtype(dtype).kind == "c"


def _real(dtype: Any) -> np.dtype:
    return np.empty(0, dtype).real.dtype


def _complex(dtype: Any) -> np.dtype:
    return np.result_type(dtype, np.complex64)


def _refuse(out: Any, progress: Progress | None) -> None:
    if out is not None:
        raise TypeError("out: x is traced by JAX, whose results are always new")
    if progress is not None:
        raise ValueError("progress: x is traced by JAX, and compiled code calls no Python function")


def _probe(x: jax.Array, *shape: int) -> Tensor:
    """A tensor of the type of `x` and of this shape, to ask the library with."""
    return Tensor._empty(DLDataType(5 if _is_complex(x.dtype) else 2, x.dtype.itemsize * 8, 1), shape)


# Fourier transforms are a primitive of JAX, since they are linear: it then finds all derivatives by itself.

_fft = jax.extend.core.Primitive("spectrapack_fft")


def _fft_result(x: Any, *, kind: int, axes: tuple[int, ...], lengths: tuple[int, ...], **_: int) -> tuple[Any, Any]:
    """Shape and element type of a transform; the lengths are known."""
    shape = list(x.shape)
    for axis, length in zip(axes, lengths):
        shape[axis] = length
    if kind == SPK_FFT_R2C:
        shape[axes[-1]] = lengths[-1] // 2 + 1
    return tuple(shape), _real(x.dtype) if kind == SPK_FFT_C2R else _complex(x.dtype)


@_fft.def_impl
def _fft_call(x: Any, **how: Any) -> Any:
    numbers = [how[name] for name in ("kind", "direction", "norm", "threads")]
    attributes = {"how": numbers, "axes": how["axes"], "lengths": how["lengths"]}
    target = jax.ffi.ffi_call("spectrapack_fft", jax.ShapeDtypeStruct(*_fft_result(x, **how)))
    return target(x, **{name: np.array(values, np.int64) for name, values in attributes.items()})


def _fft_batched(args: Any, dims: Any, **how: Any) -> tuple[Any, int]:
    return _fft.bind(jnp.moveaxis(args[0], dims[0], 0), **how), 0


def _bins(spectrum: Any, axis: int, length: int, inner: float) -> Any:
    """Half a spectrum with `inner` times the bins that stand for two: all but the first, and the last of even ones."""
    k = np.arange(length // 2 + 1)
    weights = np.where(2 * k % length == 0, 1.0, inner).astype(_real(spectrum.dtype))
    return spectrum * weights.reshape(-1, *[1] * (-axis - 1))


def _fft_transposed(cotangent: Any, x: Any, *, kind: int, **how: Any) -> list[Any]:
    """The transposed map; it runs in the same direction, with the same factor."""
    axes, lengths = how["axes"], how["lengths"]
    if kind == SPK_FFT_R2C:
        made = _fft.bind(_bins(cotangent, axes[-1], lengths[-1], 0.5), kind=SPK_FFT_C2R, **how)
    elif kind == SPK_FFT_C2R:
        made = _bins(_fft.bind(cotangent, kind=SPK_FFT_R2C, **how), axes[-1], lengths[-1], 2.0)
    else:
        made = _fft.bind(cotangent, kind=kind, **how)
    if _is_complex(made.dtype) and not _is_complex(x.aval.dtype):
        made = made.real
    ends = [(0, wanted - have, 0) for wanted, have in zip(x.aval.shape, made.shape)]  # cut what was padded, and back
    return [lax.pad(made, np.zeros((), made.dtype), ends)]


_fft.def_abstract_eval(lambda x, **how: jax.core.ShapedArray(*_fft_result(x, **how)))
mlir.register_lowering(_fft, mlir.lower_fun(_fft_call, multiple_results=False), platform="cpu")
batching.primitive_batchers[_fft] = _fft_batched
ad.deflinear2(_fft, _fft_transposed)


def transform(
    x: jax.Array,
    kind: int,
    direction: int,
    s: Iterable[int] | None,
    axes: Iterable[int] | None,
    norm: str | None,
    out: Any,
    workers: int | None,
    progress: Progress | None,
) -> jax.Array:
    """`spectrapack._transform.transform` of a traced value."""
    factor = _transform._norm(norm)
    _refuse(out, progress)
    x = _promoted(x)
    axes, lengths = _transform._axes_and_lengths(x.shape, s, axes)
    if not axes:
        if kind != SPK_FFT_C2C:
            raise ValueError("axes: a transform from or to real numbers needs at least one axis")
        return x.astype(_complex(x.dtype))
    desc = _transform._desc(kind, direction, factor, 0, axes, lengths)
    (made,) = call_new(lib.spk_fft_new, _probe(x, *x.shape, 0), desc, workers, None)
    own = x.shape if kind == SPK_FFT_R2C else made.shape
    return _fft.bind(
        x,
        kind=kind,
        direction=direction,
        norm=factor,
        threads=0 if workers is None else _threads(workers),
        axes=tuple(axis - x.ndim for axis in axes),
        lengths=tuple(own[axis] if length == -1 else length for axis, length in zip(axes, lengths)),
    )


def roll(x: jax.Array, axes: tuple[int, ...], up: bool) -> jax.Array:
    """fftshift (up) and ifftshift of a traced value."""
    return jnp.roll(x, [x.shape[axis] // 2 if up else -(x.shape[axis] // 2) for axis in axes], axes)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3, 4))
def _eigh(x: Any, uplo: int, subset: tuple[int, int] | None, threads: int, count: int) -> tuple[Any, ...]:
    """The `count` results of a solve: eigenvalues, then eigenvectors."""
    wanted = x.shape[-1] if subset is None else subset[1] - subset[0] + 1
    results = [
        jax.ShapeDtypeStruct((*x.shape[:-2], wanted), _real(x.dtype)),
        jax.ShapeDtypeStruct((*x.shape[:-1], wanted), x.dtype),
    ][:count]
    how = uplo, SPK_RANGE_ALL if subset is None else SPK_RANGE_INDEX, threads
    target = jax.ffi.ffi_call("spectrapack_eigh", results, vmap_method="broadcast_all")
    return tuple(target(x, how=np.array(how, np.int64), index=np.array(subset or (0, 0), np.int64)))


@_eigh.defjvp
def _eigh_jvp(uplo, subset, threads, count, primals, tangents):
    """First-order perturbation theory (Golub and Van Loan, Matrix Computations, chapter 8)."""
    (x,), (change,) = primals, tangents
    w, v = _eigh(x, uplo, None, threads, 2)
    kept = slice(None) if subset is None else slice(subset[0], subset[1] + 1)
    own = jnp.eye(x.shape[-1], dtype=bool)
    triangle = jnp.triu(change, 1) if uplo == SPK_UPLO_UPPER else jnp.tril(change, -1)
    change = jnp.where(own, change.real, 0) + triangle + jnp.conj(triangle).mT
    change = jnp.conj(v).mT @ change @ v
    values = jnp.diagonal(change, axis1=-2, axis2=-1).real
    if count == 1:
        return (w[..., kept],), (values[..., kept],)
    gaps = jnp.where(own, 1, w[..., None, :] - w[..., :, None])
    vectors = v @ jnp.where(own, 0, change / gaps)
    if _is_complex(x.dtype) and x.shape[-1]:  # the phase that keeps the largest component real
        largest = jnp.argmax(v.real, -2, keepdims=True)  # this component alone is its own modulus
        turn = jnp.take_along_axis(vectors, largest, -2).imag / jnp.take_along_axis(v, largest, -2).real
        vectors = vectors - 1j * turn * v
    return (w[..., kept], v[..., kept]), (values[..., kept], vectors[..., kept])


def solve(
    x: jax.Array,
    uplo: str,
    by_index: Any,
    by_value: Any,
    structure: str,
    device: Any,
    outs: tuple[Any, ...] | None,
    count: int,
    workers: int | None,
    progress: Progress | None,
) -> tuple[jax.Array, ...]:
    """`spectrapack.linalg._solve` of a traced value."""
    _refuse(outs, progress)
    x = _promoted(x)
    if parse_device(device) not in (None, CPU):
        raise DeviceError(f"device: {device!r}, and x is traced by JAX, for which spectrapack computes on the CPU only")
    if by_value is not None:
        raise ValueError("subset_by_value: x is traced by JAX, and how many eigenvalues it finds depends on the data")
    desc = linalg._desc(uplo, by_index, None, structure, False)
    batch = (0,) if x.ndim > 1 else ()  # with fewer dimensions the library says so
    call_new(lib.spk_eigh_new, _probe(x, *batch, *x.shape[-2:]), desc, workers, None, 1, 1)
    subset = None if by_index is None else (desc.index_low, desc.index_high)
    return _eigh(x, desc.uplo, subset, 0 if workers is None else _threads(workers), count)
