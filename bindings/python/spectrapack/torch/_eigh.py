"""Eigenvalues and eigenvectors: derivatives, and the way from the arguments of `spectrapack.linalg`."""

from __future__ import annotations

import operator
from typing import Any

import torch

from .. import linalg
from .._errors import DeviceError
from .._exec import Progress
from .._names import CPU, device_name, parse_device
from . import _operators
from ._operators import followed, run


def _through_values(grad: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
    return (vectors * grad[..., None, :]) @ vectors.mH


def _turned(tangent: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
    """V^H dA V: how a matrix that counts as Hermitian changes, seen from the eigenvectors."""
    return vectors.mH @ ((tangent + tangent.mH) / 2) @ vectors


def _values_tangent(turned: torch.Tensor) -> torch.Tensor:
    return turned.diagonal(0, -2, -1).real


def _gaps(values: torch.Tensor) -> torch.Tensor:
    """w[k] - w[j] in row j and column k, and 1 on the diagonal."""
    return values[..., None, :] - values[..., :, None] + torch.eye(values.shape[-1]).to(values)


def _largest(vectors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Of each vector the component of largest modulus, which alone is its own modulus: its row and its value."""
    rows = vectors.real.argmax(-2, keepdim=True)
    return rows, vectors.real.gather(-2, rows)


def _with_phase_grad(grad: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
    """The gradient of the vectors, with what comes through the phase that keeps their largest component positive."""
    rows, largest = _largest(vectors)
    phase = (vectors.conj() * grad).imag.sum(-2, keepdim=True) / largest
    here = torch.arange(vectors.shape[-2], device=vectors.device)[:, None] == rows
    return grad - 1j * torch.where(here, phase, torch.zeros_like(phase))


def _with_phase_tangent(tangent: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
    """The tangent of the vectors, turned so that their largest component stays real."""
    rows, largest = _largest(vectors)
    return tangent - 1j * vectors * (tangent.gather(-2, rows).imag / largest)


class _Eigvalsh(torch.autograd.Function):
    @staticmethod
    def forward(x, uplo="L", structure="auto", workers=None):
        return _operators.eigvalsh(x, uplo, structure, workers)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, *ctx.arguments = inputs
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)

    @staticmethod
    def backward(ctx, grad):
        _, vectors = eigh(*ctx.saved_tensors, *ctx.arguments)
        return _through_values(grad, vectors), None, None, None

    @staticmethod
    def jvp(ctx, tangent, *_):
        _, vectors = eigh(*ctx.saved_tensors, *ctx.arguments)
        return _values_tangent(_turned(tangent, vectors))

    @staticmethod
    def batched(call, x, *arguments):
        return call(x, *arguments), 0


class _Eigh(torch.autograd.Function):
    @staticmethod
    def forward(x, uplo="L", structure="auto", workers=None):
        return _operators.eigh(x, uplo, structure, workers)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.set_materialize_grads(False)  # zeros for vectors that nobody uses would be divided by gaps that may be 0
        ctx.save_for_backward(*output)
        ctx.save_for_forward(*output)

    @staticmethod
    def backward(ctx, grad_values, grad_vectors):
        values, vectors = ctx.saved_tensors
        grad = None if grad_values is None else _through_values(grad_values, vectors)
        if grad_vectors is not None and vectors.shape[-1]:
            if vectors.is_complex():
                grad_vectors = _with_phase_grad(grad_vectors, vectors)
            turned = vectors.mH @ grad_vectors
            through_vectors = vectors @ ((turned - turned.mH) / (2 * _gaps(values))) @ vectors.mH
            grad = through_vectors if grad is None else grad + through_vectors
        return grad, None, None, None

    @staticmethod
    def jvp(ctx, tangent, *_):
        values, vectors = ctx.saved_tensors
        turned = _turned(tangent, vectors)
        change = turned / _gaps(values)
        vectors_tangent = vectors @ (change - torch.diag_embed(change.diagonal(0, -2, -1)))
        if vectors.is_complex() and vectors.shape[-1]:
            vectors_tangent = _with_phase_tangent(vectors_tangent, vectors)
        return _values_tangent(turned), vectors_tangent

    @staticmethod
    def batched(call, x, *arguments):
        return call(x, *arguments), (0, 0)


eigvalsh = followed(_operators.eigvalsh, _Eigvalsh)
eigh = followed(_operators.eigh, _Eigh)


def solve(
    x: torch.Tensor,
    uplo: str,
    by_index: Any,
    by_value: Any,
    structure: str,
    device: Any,
    outs: Any,
    count: int,
    workers: int | None,
    progress: Progress | None,
) -> tuple[torch.Tensor, ...]:
    """`linalg._solve` of a tensor that PyTorch follows."""
    if not torch.compiler.is_compiling():
        linalg._desc(uplo, by_index, by_value, structure, False)  # for its checks
    target = parse_device(device)
    if target not in (None, CPU):
        raise DeviceError(f"device: {device_name(target)}, but tensors that PyTorch follows compute where they are")
    if target == CPU:
        x = x.cpu()
    if by_value is not None and x.ndim > 2:
        raise ValueError(f"subset_by_value: it is for one matrix, and x has {x.ndim} dimensions")
    if count == 1 and not (x.requires_grad and torch.is_grad_enabled()):
        results = (run(eigvalsh, x, uplo, structure, workers, out=outs, progress=progress),)
    else:  # the gradient of eigenvalues needs the vectors
        results = run(eigh, x, uplo, structure, workers, out=outs, progress=progress)[:count]
    if by_index is not None:
        low, high = linalg._pair(by_index, "subset_by_index", operator.index)
        if not 0 <= low <= high < x.shape[-1]:
            raise ValueError(f"subset_by_index: ({low}, {high}) is no range within the {x.shape[-1]} eigenvalues")
        return tuple(part[..., low : high + 1] for part in results)
    if by_value is not None:
        low, high = linalg._pair(by_value, "subset_by_value", float)
        if not low < high:
            raise ValueError(f"subset_by_value: ({low}, {high}) is no range")
        found = (results[0] > low) & (results[0] <= high)
        return tuple(part[..., found] for part in results)
    return results
