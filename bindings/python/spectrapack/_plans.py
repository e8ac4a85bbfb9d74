"""What a transform does, in words, and the cache of engines behind all of them."""

from __future__ import annotations

import inspect
import operator
import re
from ctypes import byref, c_int64, c_size_t, c_void_p
from typing import Any, NamedTuple

from . import _kinds
from ._errors import check
from ._lib import (
    SPK_FFT_C2C,
    SPK_FFT_C2R,
    SPK_FFT_DCT1,
    SPK_FFT_DST1,
    SPK_FFT_R2C,
    SPK_FORWARD,
    SPK_INVERSE,
    DLDataType,
    DLTensor,
    lib,
    text,
)
from ._names import CPU
from ._transform import _axes_and_lengths, _desc, _length, _norm
from ._trig import kind_of_type, orthogonal_flag

_FOURIER = {
    "": (SPK_FFT_C2C, SPK_FORWARD), "i": (SPK_FFT_C2C, SPK_INVERSE), "r": (SPK_FFT_R2C, SPK_FORWARD),
    "ir": (SPK_FFT_C2R, SPK_INVERSE), "h": (SPK_FFT_C2R, SPK_FORWARD), "ih": (SPK_FFT_R2C, SPK_INVERSE),
}  # fmt: skip
_TRIG = {"dct": SPK_FFT_DCT1, "dst": SPK_FFT_DST1}


def _intent(name: str, arguments: dict[str, Any]) -> tuple[int, int]:
    """Kind and direction of the function of this name."""
    fourier = re.fullmatch(r"(i?r?|i?h?)fft[2n]?", name)
    if fourier:
        return _FOURIER[fourier[1]]
    cosine = re.fullmatch(r"(i?)(dct|dst)n?", name)
    if cosine:
        return kind_of_type(_TRIG[cosine[2]], arguments["type"]), SPK_INVERSE if cosine[1] else SPK_FORWARD
    raise ValueError(f"function: {name!r} is no transform of spectrapack.fft")


def describe(x: Any, function: str = "fft", *args: Any, **kwargs: Any) -> str:
    """Says in words what a transform of `x` would do; nothing is computed.

    `function` is the name of a transform of this module, and what follows are its arguments after `x`. The first line
    of the text is on the whole: element types, passes, vector extension, engine, threads, scratch. A line on each pass
    over the data and the bytes touched follow. The words change between versions. Raises ValueError for another
    `function`, and otherwise what that function raises for these arguments.

    >>> print(describe(numpy.ones((4, 6)), "rfft2").splitlines()[1])
    1. axis 1: 4 lines of 6, real to half the bins forward, from in to out, 192 bytes read, 256 written
    """
    from . import fft

    if not isinstance(function, str) or function not in fft.__all__:
        raise ValueError(f"function: {function!r} is no transform of spectrapack.fft")
    bound = inspect.signature(getattr(fft, function)).bind(x, *args, **kwargs)
    bound.apply_defaults()
    given = bound.arguments
    kind, direction = _intent(function, given)
    _, tensor = _kinds.read(x, promote=True)
    s, axes = (_length(given["n"]), (given["axis"],)) if "axis" in given else (given["s"], given["axes"])
    axes, lengths = _axes_and_lengths(tensor.shape, s, axes)
    if not axes:
        raise ValueError("axes: there is no axis to transform")
    desc = _desc(kind, direction, _norm(given["norm"]), orthogonal_flag(given.get("orthogonalize")), axes, lengths)
    shape = list(tensor.shape)
    for axis, length in zip(axes, lengths):
        shape[axis] = shape[axis] if length == -1 else length
    if kind == SPK_FFT_R2C:
        shape[axes[-1]] = shape[axes[-1]] // 2 + 1
    elif kind == SPK_FFT_C2R and lengths[-1] == -1:
        shape[axes[-1]] = 2 * (shape[axes[-1]] - 1)
    dtype = tensor._managed.dl_tensor.dtype
    narrow = (dtype.code, dtype.bits) in ((2, 16), (2, 32), (4, 16), (5, 64))
    is_complex = dtype.code == 5 if kind >= SPK_FFT_DCT1 else kind != SPK_FFT_C2R
    result = DLDataType(5 if is_complex else 2, (32 if narrow else 64) * (2 if is_complex else 1), 1)
    out = DLTensor(None, CPU, len(shape), result, (c_int64 * len(shape))(*shape), None, 0)
    plan = c_void_p()
    check(lib.spk_fft_plan_create(tensor._dl, byref(out), byref(desc), None, byref(plan)))
    try:
        return text(lib.spk_fft_plan_describe, plan)
    finally:
        lib.spk_fft_plan_destroy(plan)


class CacheInfo(NamedTuple):
    """What the cache of engines holds and may hold."""

    entries: int
    bytes: int
    max_entries: int
    max_bytes: int


def cache_info() -> CacheInfo:
    """Tells how many engines the cache behind all transforms holds, the bytes of their tables, and the limits of both.

    An engine is for one length, kind, direction and precision. Some bytes are estimates.

    >>> cache_info().entries <= cache_info().max_entries
    True
    """
    slots = [c_size_t() for _ in CacheInfo._fields]
    check(lib.spk_fft_cache_info(*map(byref, slots)))
    return CacheInfo(*(slot.value for slot in slots))


def cache_limit(entries: int | None = None, bytes: int | None = None) -> None:
    """Sets how many engines, and how many bytes of their tables, the cache behind all transforms may hold.

    None leaves a limit as it is; 0 turns the cache off. What is beyond the limit is freed, the least recently used
    first. At the start the limits are 64 engines and 64 MiB. Raises ValueError for a negative number.

    >>> cache_limit(bytes=64 * 2**20)
    """
    now = cache_info()
    limits = []
    for name, asked, own in (("entries", entries, now.max_entries), ("bytes", bytes, now.max_bytes)):
        limit = own if asked is None else operator.index(asked)
        if limit not in range(2**63):
            raise ValueError(f"{name}: {limit} is not within 0 to 2**63 - 1")
        limits.append(limit)
    check(lib.spk_fft_cache_set_limit(*limits))


def cache_clear() -> None:
    """Frees all that the cache behind all transforms holds.

    >>> cache_clear()
    >>> cache_info().entries
    0
    """
    check(lib.spk_fft_cache_clear())
