"""The operators: what they compute, what the result looks like, and how batches of vmap enter."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import torch
from torch.autograd import forward_ad

from .. import _kinds, _transform, linalg
from .._exec import Progress
from .._lib import SPK_FFT_C2R, SPK_FFT_R2C

#: An operator cannot take a Python function, so the callback of a call travels beside it.
_progress: ContextVar[Progress | None] = ContextVar("progress", default=None)


def computed_dtype(x: torch.Tensor) -> torch.dtype:
    """The element type that `x` is computed in."""
    dtype = x.dtype if x.is_floating_point() or x.is_complex() else torch.get_default_dtype()
    return torch.float32 if dtype in (torch.float16, torch.bfloat16) else dtype


def extents(x: torch.Tensor, kind: int, axes: list[int], lengths: list[int]) -> list[int]:
    """The length of the transform along each axis."""
    known = [x.shape[axis] if length == -1 else length for axis, length in zip(axes, lengths)]
    if kind == SPK_FFT_C2R and lengths[-1] == -1:
        known[-1] = 2 * (x.shape[axes[-1]] - 1)
    return known


@torch.library.custom_op(
    "spectrapack::fft",
    mutates_args=(),
    schema="(Tensor x, int kind, int direction, str norm, int[] axes, SymInt[] lengths, int? workers=None) -> Tensor",
)
def fft(x, kind, direction, norm, axes, lengths, workers=None):
    given, tensor = _kinds.read(x.detach(), promote=True)
    known = extents(x, kind, axes, lengths)
    arguments = kind, direction, known, axes, norm, None, False, workers, _progress.get()
    return given.give(_transform.transform(tensor, *arguments))


@fft.register_fake
def _(x, kind, direction, norm, axes, lengths, workers=None):
    shape, dtype = list(x.shape), computed_dtype(x)
    for axis, length in zip(axes, extents(x, kind, axes, lengths)):
        shape[axis] = length
    if kind == SPK_FFT_R2C:
        shape[axes[-1]] = shape[axes[-1]] // 2 + 1
    return x.new_empty(shape, dtype=dtype.to_real() if kind == SPK_FFT_C2R else dtype.to_complex())


@torch.library.custom_op(
    "spectrapack::eigvalsh",
    mutates_args=(),
    schema="(Tensor x, str UPLO='L', str structure='auto', int? workers=None) -> Tensor",
)
def eigvalsh(x, UPLO="L", structure="auto", workers=None):
    return _solved(linalg.eigvalsh, x, UPLO, structure, workers)[0]


@torch.library.custom_op(
    "spectrapack::eigh",
    mutates_args=(),
    schema="(Tensor x, str UPLO='L', str structure='auto', int? workers=None) -> (Tensor, Tensor)",
)
def eigh(x, UPLO="L", structure="auto", workers=None):
    return _solved(linalg.eigh, x, UPLO, structure, workers)


def _solved(function, x, UPLO, structure, workers):
    given, tensor = _kinds.read(x.detach(), promote=True)
    results = function(tensor, UPLO, structure=structure, workers=workers, progress=_progress.get())
    return tuple(map(given.give, results if function is linalg.eigh else (results,)))


@eigvalsh.register_fake
def _(x, UPLO="L", structure="auto", workers=None):
    return x.new_empty(x.shape[:-1], dtype=computed_dtype(x).to_real())


@eigh.register_fake
def _(x, UPLO="L", structure="auto", workers=None):
    return x.new_empty(x.shape[:-1], dtype=computed_dtype(x).to_real()), x.new_empty(x.shape, dtype=computed_dtype(x))


def followed(op: Callable[..., Any], function: type[torch.autograd.Function]) -> Callable[..., Any]:
    """The operator with its derivatives: gives `op` those of `function`, and returns what is to be called.

    torch.func's `grad`, and forward mode as a whole, reach a torch.autograd.Function but not an operator, which would
    lose a tangent as if the derivative were 0. Hence `function`, whose `forward` is the operator, is called there.
    Its `batched` calls what it is given with the batch as first dimension, and says where the results have theirs.
    """

    def call(x: torch.Tensor, *arguments: Any) -> Any:
        if not torch.compiler.is_compiling() and (
            torch._C._functorch.peek_interpreter_stack() is not None or forward_ad._current_level >= 0
        ):
            return function.apply(x, *arguments)
        return op(x, *arguments)

    def batching(callee: Callable[..., Any]) -> Callable[..., Any]:
        return lambda info, in_dims, x, *arguments: function.batched(callee, x.movedim(in_dims[0], 0), *arguments)

    op.register_autograd(function.backward, setup_context=function.setup_context)
    op.register_vmap(batching(op))  # here PyTorch is still inside vmap, and there it is not
    function.vmap = staticmethod(batching(call))
    return call


def run(function: Callable[..., Any], x: torch.Tensor, *arguments: Any, out: Any, progress: Progress | None) -> Any:
    """Calls what `followed` returned, with the rest of the arguments that all public functions have."""
    if out is not None:
        raise RuntimeError(
            "out: results cannot be written to an array while PyTorch records gradients or rewrites operators; leave "
            "out away, or call with x.detach() or under torch.no_grad()"
        )
    x = x.to(computed_dtype(x))
    if torch.compiler.is_compiling() and forward_ad._current_level >= 0:
        raise NotImplementedError("x: derivatives in forward mode cannot be compiled; call outside of torch.compile")
    if progress is None:
        return function(x, *arguments)
    if torch.compiler.is_compiling():
        raise RuntimeError("progress: a function cannot be called from within torch.compile; leave it away")
    token = _progress.set(progress)
    try:
        return function(x, *arguments)
    finally:
        _progress.reset(token)
