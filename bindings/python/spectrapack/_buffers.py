"""Arrays that speak no DLPack: Python's buffers, objects with only ``__array_interface__``, and NumPy's ml_dtypes.

Memory is shared here too. A buffer's memory is held by a memoryview of our own, so that its owner neither frees nor
moves it before the last holder of the tensor is gone; until then a bytearray, say, cannot grow.
"""

from __future__ import annotations

import ctypes
import operator
import sys
from ctypes import byref, c_int, c_int64, c_ssize_t, c_void_p
from itertools import accumulate
from typing import Any, NamedTuple

from ._errors import CopyError, DeviceError, check
from ._lib import SPK_TENSOR_READ_ONLY, SPK_TENSOR_SUBBYTE_PADDED, DLDataType, DLTensor, lib, pylib
from ._names import CPU, HOST_READABLE, device_name, dtype_name, named_dtype
from ._tensor import Tensor, exchange

_INT, _UINT, _FLOAT, _COMPLEX, _BOOL = 0, 1, 2, 5, 6
_FOREIGN = ">" if sys.byteorder == "little" else "<"
_INT64 = range(-(2**63), 2**63)

#: What the letter of a struct format says, and what that of a typestr in __array_interface__ does.
_FORMATS = {
    **dict.fromkeys("bhilqn", _INT),
    **dict.fromkeys("cBHILQN", _UINT),
    **dict.fromkeys("efd", _FLOAT),
    **dict.fromkeys(("Zf", "Zd", "F", "D"), _COMPLEX),
    "?": _BOOL,
}
_TYPESTRS = {"b": _BOOL, "i": _INT, "u": _UINT, "f": _FLOAT, "c": _COMPLEX}
_SIZES = {_INT: (1, 2, 4, 8), _UINT: (1, 2, 4, 8), _FLOAT: (2, 4, 8), _COMPLEX: (8, 16), _BOOL: (1,)}

_UINT8 = DLDataType(_UINT, 8, 1)
_FULL_READ_ONLY = 0x011C  # PyBUF_FULL_RO


class _Py_buffer(ctypes.Structure):
    _fields_ = [
        ("buf", c_void_p),
        ("obj", c_void_p),
        ("len", c_ssize_t),
        ("itemsize", c_ssize_t),
        ("readonly", c_int),
        ("ndim", c_int),
        *((name, c_void_p) for name in ("format", "shape", "strides", "suboffsets", "internal")),
    ]


# Looked up by index, these are objects of our own, whose prototypes do not change those of others.
_get_buffer = ctypes.pythonapi["PyObject_GetBuffer"]
_get_buffer.argtypes = [ctypes.py_object, c_void_p, c_int]
_release_buffer = ctypes.pythonapi["PyBuffer_Release"]
_release_buffer.argtypes, _release_buffer.restype = [c_void_p], None


class _Memory(NamedTuple):
    """Elements somewhere in memory; strides count bytes, and `owner` is the object that keeps the memory."""

    address: int
    dtype: DLDataType
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    readonly: bool
    owner: object


def _dtype(code: int | None, order: str, size: int, text: str, name: str) -> DLDataType:
    if code is None or size not in _SIZES[code]:
        raise TypeError(
            f"{name}: its element type {text!r} is none of bool, integers of up to 64 bits, float16, float32, float64, "
            "complex64 and complex128"
        )
    if order == _FOREIGN and size > 1:
        raise TypeError(f"{name}: its element type {text!r} is not in native byte order")
    return DLDataType(code, 8 * size, 1)


def _compact(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """The strides in bytes of elements that lie row by row without gaps."""
    return tuple(accumulate(shape[:0:-1], operator.mul, initial=size))[::-1] if shape else ()


def _address(view: memoryview) -> int:
    """The address of a buffer's element (0, 0, ...), valid as long as the view is held."""
    buffer = _Py_buffer()
    _get_buffer(view, byref(buffer), _FULL_READ_ONLY)  # ctypes raises what CPython does
    address = buffer.buf or 0
    _release_buffer(byref(buffer))
    return address


def _of_buffer(view: memoryview, name: str) -> _Memory:
    if any(offset >= 0 for offset in view.suboffsets):
        raise BufferError(f"{name}: its buffer is indirect (suboffsets {view.suboffsets}), which DLPack does not know")
    text = view.format
    order, letter = (text[0], text[1:]) if text[:1] in tuple("@=^<>!") else ("=", text)
    dtype = _dtype(_FORMATS.get(letter), ">" if order == "!" else order, view.itemsize, text, name)
    return _Memory(_address(view), dtype, view.shape, view.strides, view.readonly, view)


def _of_interface(x: Any, interface: Any, name: str) -> _Memory:
    try:
        if interface.get("mask") is not None:
            raise TypeError("a mask has no meaning here")
        text = interface["typestr"]
        order, letter, size = text[0], text[1], int(text[2:])
        shape = tuple(map(operator.index, interface["shape"]))
        strides = interface.get("strides")
        strides = _compact(shape, size) if strides is None else tuple(map(operator.index, strides))
        if len(strides) != len(shape):
            raise ValueError(f"strides {strides} for shape {shape}")
        if not all(number in _INT64 for number in shape + strides):
            raise ValueError("a number is beyond 64 bits")
        data = interface.get("data")
        if isinstance(data, tuple):
            address, readonly = data
            address, owner = operator.index(address or 0), x
            if address not in range(2**64):
                raise ValueError(f"address {address}")
        else:
            owner = memoryview(data)
            offset = operator.index(interface.get("offset", 0))
            address, readonly = _address(owner) + offset, owner.readonly
            spans = [step * (extent - 1) for step, extent in zip(strides, shape)]
            first = offset + sum(span for span in spans if span < 0)
            last = offset + sum(span for span in spans if span > 0) + size
            if 0 not in shape and not (owner.c_contiguous and 0 <= first and last <= owner.nbytes):
                raise ValueError(f"bytes {first} to {last} of {owner.nbytes}")
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise TypeError(f"{name}: the __array_interface__ of {type(x).__name__} makes no sense: {error!r}") from error
    dtype = _dtype(_TYPESTRS.get(letter), order, size, text, name)
    return _Memory(address, dtype, shape, strides, bool(readonly), owner)


def _find(x: Any, name: str) -> _Memory:
    try:
        view = memoryview(x)
    except TypeError:
        pass  # no buffer
    else:
        return _of_buffer(view, name)
    interface = getattr(x, "__array_interface__", None)
    if interface is None:
        raise TypeError(
            f"{name}: {type(x).__name__} does not speak DLPack and is no buffer; make an array first, as by "
            f"numpy.asarray({name})"
        )
    return _of_interface(x, interface, name)


def _described(memory: _Memory, dtype: DLDataType, shape: tuple[int, ...], strides: tuple[int, ...]) -> DLTensor:
    dims = c_int64 * len(shape)
    return DLTensor(memory.address, CPU, len(shape), dtype, dims(*shape), dims(*strides))


def _share(described: DLTensor, readonly: bool, owner: object) -> Tensor:
    """A Tensor of memory that `owner` keeps."""
    made = c_void_p()
    flags = SPK_TENSOR_READ_ONLY if readonly else 0
    check(pylib.spk_py_wrap(byref(described), owner, flags, byref(made)))
    return Tensor._adopt(made)


def wrap(x: Any, name: str, may_copy: bool = True) -> Tensor:
    """The Tensor of a buffer, or of an object with ``__array_interface__``.

    Its memory is shared, unless it is a copy because a stride is no multiple of the element size, which DLPack cannot
    describe; BufferError where that may not be.
    """
    memory = _find(x, name)
    size = memory.dtype.bits // 8
    if any(stride % size for stride, extent in zip(memory.strides, memory.shape) if extent > 1):
        if not may_copy:
            raise CopyError(
                f"{name}: strides of {memory.strides} bytes are no multiples of its {size}-byte elements, so that it "
                "cannot be shared without a copy"
            )
        copied = Tensor._empty(memory.dtype, memory.shape)
        shape = (*memory.shape, size)  # the same elements as bytes, which may lie anywhere
        source = _described(memory, _UINT8, shape, (*memory.strides, 1))
        target = _described(memory._replace(address=copied.data_ptr), _UINT8, shape, _compact(shape, 1))
        check(lib.spk_tensor_copy_into(byref(source), None, byref(target)))
        return copied
    source = _described(memory, memory.dtype, memory.shape, tuple(stride // size for stride in memory.strides))
    return _share(source, memory.readonly, memory.owner)


def ml_dtype(dtype: Any) -> DLDataType | None:
    """DLPack's name for an element type that the package ml_dtypes adds to NumPy; None for every other NumPy dtype."""
    return named_dtype(dtype.name) if dtype.type.__module__ == "ml_dtypes" else None


def read_ml_array(x: Any) -> Tensor | None:
    """The Tensor of a NumPy array of one of the types of ml_dtypes, which NumPy does not export; None for all else."""
    numpy = sys.modules.get("numpy")
    dtype = ml_dtype(x.dtype) if numpy is not None and isinstance(x, numpy.ndarray) else None
    if dtype is None:
        return None
    tensor = exchange(x.view(f"u{x.itemsize}"))
    tensor._managed.dl_tensor.dtype = dtype
    if dtype.bits < 8:
        tensor._managed.flags |= SPK_TENSOR_SUBBYTE_PADDED
    return tensor


def give_ml_array(tensor: Tensor) -> Any:
    """A NumPy array of one of the types of ml_dtypes that shares a Tensor's memory; TypeError where there is none."""
    import numpy

    dtype = tensor._managed.dl_tensor.dtype
    try:
        import ml_dtypes
    except ImportError:
        raise TypeError(f"numpy: NumPy has no {tensor.dtype}, and the package ml_dtypes is absent") from None
    found = getattr(ml_dtypes, dtype_name(dtype), None)
    padded = tensor._managed.flags & SPK_TENSOR_SUBBYTE_PADDED
    if not isinstance(found, type) or (dtype.bits < 8 and not padded):
        packed = "" if dtype.bits >= 8 else " that is not padded to whole bytes"
        raise TypeError(f"numpy: neither NumPy nor ml_dtypes has {tensor.dtype}{packed}")
    described = DLTensor.from_buffer_copy(tensor._managed.dl_tensor)
    described.dtype = DLDataType(_UINT, max(dtype.bits, 8), 1)
    return numpy.from_dlpack(_share(described, tensor.readonly, tensor)).view(found)


#: The letters that memoryview.cast knows, by DLPack's type code and bits.
_LETTERS = {
    (_INT, 8): "b", (_INT, 16): "h", (_INT, 32): "i", (_INT, 64): "q", (_UINT, 8): "B", (_UINT, 16): "H",
    (_UINT, 32): "I", (_UINT, 64): "Q", (_FLOAT, 32): "f", (_FLOAT, 64): "d", (_BOOL, 8): "?",
}  # fmt: skip


def view(tensor: Tensor) -> memoryview:
    """A memoryview of a Tensor's elements; BufferError where Python has no such view."""
    dtype = tensor._managed.dl_tensor.dtype
    letter = _LETTERS.get((dtype.code, dtype.bits)) if dtype.lanes == 1 else None
    if letter is None:
        raise BufferError(f"memoryview: Python's buffers have no {tensor.dtype}; use numpy.from_dlpack")
    if tensor.device[0] not in HOST_READABLE:
        raise DeviceError(f"memoryview: the tensor lives on {device_name(tensor.device)}; copy it with .cpu() first")
    shape, size = tensor.shape, dtype.bits // 8
    wanted = _compact(shape, 1)
    if any(have != want for have, want, extent in zip(tensor.strides, wanted, shape) if extent > 1) and tensor.size:
        raise BufferError("memoryview: the elements do not lie row by row without gaps; copy the tensor first")
    memory = (ctypes.c_ubyte * (tensor.size * size)).from_address(tensor.data_ptr)
    memory.owner = tensor  # the memoryview keeps the array, and the array the tensor
    plain = memoryview(memory).cast("B")
    if tensor.readonly:
        plain = plain.toreadonly()
    if not tensor.size and len(shape) != 1:
        raise BufferError(f"memoryview: Python has no view of shape {shape}")
    return plain.cast(letter) if len(shape) == 1 else plain.cast(letter, shape)
