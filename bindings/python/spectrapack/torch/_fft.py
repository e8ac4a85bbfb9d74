"""Fourier transforms: derivatives, and the way from the arguments of `spectrapack.fft`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from .. import _transform
from .._exec import Progress
from .._lib import SPK_FFT_C2C, SPK_FFT_C2R, SPK_FFT_R2C, SPK_FORWARD, SPK_INVERSE
from . import _operators
from ._operators import extents, followed, run

#: The adjoint of a transform runs the other way with the same factor, which there has the other name.
_ADJOINT_NORM = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def _weighted(spectrum: torch.Tensor, axis: int, length: int, inner: float) -> torch.Tensor:
    """Half a spectrum with `inner` times the bins that stand for two: all but the first, and the last of even ones."""
    bins = torch.arange(length // 2 + 1, device=spectrum.device)
    weights = torch.where(2 * bins % length == 0, 1.0, inner).to(spectrum.dtype.to_real())
    return spectrum * weights.reshape(-1, *[1] * (spectrum.ndim - 1 - axis % spectrum.ndim))


def _fitted(y: torch.Tensor, axes: list[int], extents: list[int]) -> torch.Tensor:
    """The adjoint of padding with zeros and cutting, which is cutting and padding with zeros."""
    ends = [0] * (2 * y.ndim)  # from the last axis to the first, two ends of each
    for axis, extent in zip(axes, extents):
        ends[2 * (y.ndim - 1 - axis % y.ndim) + 1] = extent - y.shape[axis]
    return torch.nn.functional.pad(y, ends) if any(ends) else y


class _Fft(torch.autograd.Function):
    @staticmethod
    def forward(x, kind, direction, norm, axes, lengths, workers=None):
        return _operators.fft(x, kind, direction, norm, axes, lengths, workers)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.kind, ctx.direction, ctx.norm, ctx.axes, lengths, ctx.workers = inputs
        ctx.lengths = extents(x, ctx.kind, ctx.axes, lengths)
        ctx.extents = [x.shape[axis] for axis in ctx.axes]
        ctx.real = not x.is_complex()

    @staticmethod
    def backward(ctx, grad):
        kind, axes, lengths = ctx.kind, ctx.axes, ctx.lengths
        direction = SPK_INVERSE if ctx.direction == SPK_FORWARD else SPK_FORWARD
        rest = direction, _ADJOINT_NORM[ctx.norm], axes, lengths, ctx.workers
        if kind == SPK_FFT_C2C:
            grad = fft(grad, SPK_FFT_C2C, *rest)
        elif kind == SPK_FFT_R2C:
            grad = fft(_weighted(grad, axes[-1], lengths[-1], 0.5), SPK_FFT_C2R, *rest)
        else:
            grad = _weighted(fft(grad, SPK_FFT_R2C, *rest), axes[-1], lengths[-1], 2.0)
        grad = _fitted(grad, axes, ctx.extents)
        return grad.real if ctx.real and grad.is_complex() else grad, *[None] * 6

    @staticmethod
    def jvp(ctx, tangent, *_):
        return fft(tangent, ctx.kind, ctx.direction, ctx.norm, ctx.axes, ctx.lengths, ctx.workers)

    @staticmethod
    def batched(call, x, kind, direction, norm, axes, lengths, workers=None):
        return call(x, kind, direction, norm, [axis + (axis >= 0) for axis in axes], lengths, workers), 0


fft = followed(_operators.fft, _Fft)


def transform(
    x: torch.Tensor,
    kind: int,
    direction: int,
    s: Iterable[int] | None,
    axes: Iterable[int] | None,
    norm: str | None,
    out: Any,
    workers: int | None,
    progress: Progress | None,
) -> torch.Tensor:
    """`_transform.transform` of a tensor that PyTorch follows."""
    _transform._norm(norm)
    axes, lengths = _transform._axes_and_lengths(x.shape, s, axes)
    arguments = kind, direction, norm or "backward", axes, lengths, workers
    return run(fft, x, *arguments, out=out, progress=progress)


def roll(x: torch.Tensor, axes: tuple[int, ...], up: bool) -> torch.Tensor:
    """`_grid._rolled` of a tensor that PyTorch follows; `axes` are checked."""
    shifts = tuple(x.shape[axis] // 2 if up else -(x.shape[axis] // 2) for axis in axes)
    return torch.roll(x, shifts, axes) if axes else x.clone()
