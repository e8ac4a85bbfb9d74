"""Tensor: a DLPack tensor of the shared library, held by a capsule whose destructor is native."""

from __future__ import annotations

import operator
from ctypes import byref, c_int32, c_int64, c_void_p
from typing import Any

from ._errors import CopyError, DeviceError, check, check_exchange
from ._lib import (
    SPK_OK,
    SPK_PY_LEGACY,
    SPK_PY_OWNER,
    SPK_PY_VERSIONED,
    SPK_TENSOR_COPIED,
    SPK_TENSOR_READ_ONLY,
    SPK_TENSOR_SUBBYTE_PADDED,
    DLDataType,
    DLManagedTensorVersioned,
    DLTensor,
    lib,
    pylib,
)
from ._names import CPU, HOST_READABLE, NUMPY_CODES, device_name, dtype_name, parse_device

DLPACK_VERSION = (1, 3)
ROCM = 10
CUDA_STREAMS = (2, 13)  # cuda, and managed memory, which its streams order too
_DL_TENSOR = DLManagedTensorVersioned.dl_tensor.offset


class Tensor:
    """An n-dimensional array of any element type on any device, exchanged by DLPack without a copy.

    Made by `from_dlpack` and by the functions of `spectrapack.fft` and `spectrapack.linalg`; it has no arithmetic of
    its own. Whatever speaks DLPack takes it (``numpy.from_dlpack(t)``, ``torch.from_dlpack(t)``) and shares its memory,
    which lives until the last holder is gone.

    >>> import numpy, spectrapack
    >>> t = spectrapack.from_dlpack(numpy.zeros((2, 3)))
    >>> t
    spectrapack.Tensor(shape=(2, 3), dtype='float64', device='cpu')
    >>> t.strides, t.device, len(t)
    ((3, 1), (1, 0), 2)
    """

    __slots__ = ("_address", "_owner", "_managed", "__weakref__")
    _address: int
    _owner: object
    _managed: DLManagedTensorVersioned

    def __init__(self) -> None:
        raise TypeError("Tensor is not made by itself: use spectrapack.from_dlpack(x)")

    @classmethod
    def _adopt(cls, slot: c_void_p) -> Tensor:
        """The Tensor that owns a holder's share in the managed tensor that a slot points to.

        There is no __del__: the capsule's native destructor gives the share back, also while Python shuts down.
        """
        address = slot.value or 0
        try:
            owner = pylib.spk_py_capsule_new(address, SPK_PY_OWNER)
        except BaseException:
            lib.spk_tensor_release(address)
            raise
        tensor = object.__new__(cls)
        tensor._address = address
        tensor._owner = owner
        tensor._managed = managed = DLManagedTensorVersioned.from_address(address)
        managed.flags &= ~SPK_TENSOR_COPIED  # "the consumer owns it alone": true for the next export only by a copy
        return tensor

    @classmethod
    def _empty(cls, dtype: DLDataType, shape: tuple[int, ...]) -> Tensor:
        """A new tensor on the CPU whose elements are not yet set."""
        prototype = DLTensor(device=CPU, ndim=len(shape), dtype=dtype, shape=(c_int64 * len(shape))(*shape))
        made = c_void_p()
        check(lib.spk_tensor_empty(byref(prototype), byref(made)))
        return cls._adopt(made)

    def _view(self, shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0) -> Tensor:
        """A part of this tensor; strides and offset count elements."""
        ndim, made = len(shape), c_void_p()
        dims = c_int64 * ndim
        check(pylib.spk_tensor_view(self._address, ndim, dims(*shape), dims(*strides), offset, byref(made)))
        return Tensor._adopt(made)

    def _copy(self, device: tuple[int, int] = (0, 0)) -> Tensor:
        """A compact, writable copy; device type 0 is where this tensor lives."""
        made, padded = c_void_p(), self._managed.flags & SPK_TENSOR_SUBBYTE_PADDED
        if not padded:
            check(lib.spk_tensor_copy(self._dl, *device, None, byref(made)))
            return Tensor._adopt(made)
        described = DLTensor.from_buffer_copy(self._managed.dl_tensor)
        described.dtype.bits = 8
        check(lib.spk_tensor_copy(byref(described), *device, None, byref(made)))
        tensor = Tensor._adopt(made)
        tensor._managed.dl_tensor.dtype = self._managed.dl_tensor.dtype
        tensor._managed.flags |= padded
        return tensor

    @property
    def _dl(self) -> int:
        """The address of the DLTensor, as the C surface takes it."""
        return self._address + _DL_TENSOR

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._managed.dl_tensor.ndim

    @property
    def shape(self) -> tuple[int, ...]:
        """The extent of each dimension."""
        dl = self._managed.dl_tensor
        return tuple(dl.shape[: dl.ndim]) if dl.ndim else ()

    @property
    def strides(self) -> tuple[int, ...]:
        """The distance between neighbours along each dimension, in elements (NumPy counts bytes)."""
        dl = self._managed.dl_tensor
        return tuple(dl.strides[: dl.ndim]) if dl.ndim else ()

    @property
    def dtype(self) -> str:
        """The element type's name, a plain string such as 'float64' or 'bfloat16'."""
        return dtype_name(self._managed.dl_tensor.dtype)

    @property
    def device(self) -> tuple[int, int]:
        """Where the elements live, as DLPack's (type, id); (1, 0) is the CPU, (2, n) the n-th CUDA device."""
        device = self._managed.dl_tensor.device
        return device.device_type, device.device_id

    @property
    def size(self) -> int:
        """The number of elements."""
        size = 1
        for extent in self.shape:
            size *= extent
        return size

    @property
    def nbytes(self) -> int:
        """The number of bytes that the elements take when they lie compact."""
        dtype, padded = self._managed.dl_tensor.dtype, self._managed.flags & SPK_TENSOR_SUBBYTE_PADDED
        return (self.size * (max(dtype.bits, 8) if padded else dtype.bits) * dtype.lanes + 7) // 8

    @property
    def data_ptr(self) -> int:
        """The address of element (0, 0, ...); 0 for an empty tensor."""
        return self._managed.dl_tensor.data or 0

    @property
    def readonly(self) -> bool:
        """Whether the elements must not be written to."""
        return bool(self._managed.flags & SPK_TENSOR_READ_ONLY)

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of a Tensor with 0 dimensions")
        return self.shape[0]

    def __repr__(self) -> str:
        readonly = ", readonly=True" if self.readonly else ""
        name = device_name(self.device)
        return f"spectrapack.Tensor(shape={self.shape}, dtype={self.dtype!r}, device={name!r}{readonly})"

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None) -> Any:
        """A DLPack capsule of this tensor: versioned when `max_version` is (1, 0) or later, legacy without it.

        `stream` must be None on the CPU. `dl_device` other than where the tensor lives is a BufferError unless it is
        the CPU; memory that the CPU reads goes there as it is. `copy=True` copies; `copy=False` is a CopyError where
        the exchange needs a copy. A read-only tensor has no legacy form but a copy.
        """
        copy = None if copy is None else bool(copy)
        versioned = max_version is not None and _pair(max_version, "max_version")[0] >= 1
        target = None if dl_device is None else _pair(dl_device, "dl_device")
        _check_stream(stream, target or self.device)
        if target not in (None, self.device, CPU):
            raise BufferError(
                f"dl_device: the tensor lives on {device_name(self.device)}, and an export to {device_name(target)} is "
                "not offered"
            )
        tensor = self._at(target, copy, "dl_device")
        if not versioned and tensor.readonly:
            raise BufferError(
                "the tensor is read-only, which a legacy capsule cannot say: ask with max_version=(1, 0) or copy=True"
            )
        if copy or (tensor is not self and tensor.data_ptr != self.data_ptr):
            tensor._managed.flags |= SPK_TENSOR_COPIED
        return tensor._capsule(versioned)

    def _at(self, target: tuple[int, int] | None, copy: bool | None, name: str) -> Tensor:
        """This tensor on a device: itself, a view where only the device's name changes, or a copy if that may be.

        Without a target a copy of pinned or managed memory is ordinary memory.
        """
        if target is None:
            return self._copy() if copy else self
        if target == self.device and not copy:
            return self
        if target == CPU and self.device[0] in HOST_READABLE and not copy:
            view = self._view(self.shape, self.strides)
            view._managed.dl_tensor.device = CPU
            return view
        if copy is False:
            raise CopyError(
                f"{name}: from {device_name(self.device)} to {device_name(target)} takes a copy, with copy=False"
            )
        return self._copy(target)

    def _capsule(self, versioned: bool) -> Any:
        """A capsule with a holder's share of its own."""
        check_exchange(pylib.spk_tensor_retain(self._address))
        address = c_void_p(self._address)
        if not versioned:
            status = pylib.spk_tensor_to_legacy(self._address, byref(address))
            if status != SPK_OK:
                pylib.spk_tensor_release(self._address)
                check_exchange(status)
        return pylib.spk_py_capsule_new(address, SPK_PY_VERSIONED if versioned else SPK_PY_LEGACY)

    def numpy(self):
        """A NumPy array that shares this tensor's memory.

        bfloat16, the 8-bit floats and other types of the package ml_dtypes come as those. Raises DeviceError for a
        tensor on a device that the CPU cannot read, TypeError for an element type that NumPy does not have.
        """
        import numpy

        if self.device[0] not in HOST_READABLE:
            raise DeviceError(f"numpy: the tensor lives on {device_name(self.device)}; copy it with .cpu() first")
        dtype = self._managed.dl_tensor.dtype
        if dtype.code not in NUMPY_CODES or dtype.lanes != 1 or dtype.bits < 8:
            from ._buffers import give_ml_array

            return give_ml_array(self)
        return numpy.from_dlpack(self)

    def __array__(self, dtype=None, copy=None):
        import numpy

        return numpy.array(self.numpy(), dtype=dtype, copy=copy)

    def __buffer__(self, flags: int) -> memoryview:  # memoryview(tensor) calls it from Python 3.12 on
        from ._buffers import view

        return view(self)

    def cpu(self) -> Tensor:
        """This tensor where it lives in memory that the CPU reads, else a copy of it there."""
        return self if self.device[0] in HOST_READABLE else self._copy(CPU)

    def to(self, device) -> Tensor:
        """This tensor where it lives on `device` ('cpu', 'cuda:1', (type, id), a device object), else a copy there."""
        target = parse_device(device)
        return self if target is None or target == self.device else self._copy(target)


def _pair(given: Any, name: str) -> tuple[int, int]:
    """Two integers; the first may be a member of an enumeration, as device types are in some libraries."""
    try:
        first, second = given
        return operator.index(getattr(first, "value", first)), operator.index(second)
    except (TypeError, ValueError):
        raise TypeError(f"{name}: {given!r} is no pair of integers") from None


def _check_stream(stream: Any, device: tuple[int, int]) -> None:
    """Whether a stream is one that DLPack allows for the device. Nothing is enqueued here, so nothing is waited for."""
    if stream is None:
        return
    known = type(stream) is int and stream >= -1
    if device[0] in CUDA_STREAMS:
        allowed, what = known and stream != 0, "1 for the legacy default stream, 2 for the thread's, a handle or -1"
    elif device[0] == ROCM:
        allowed, what = known and stream not in (1, 2), "0 for the default stream, a handle or -1"
    else:
        allowed, what = False, ""
    if not allowed:
        raise BufferError(
            f"stream: {stream!r} for a tensor on {device_name(device)}, which takes None{what and ', ' + what}"
        )


def _is_capsule(x: object) -> bool:
    return type(x).__name__ == "PyCapsule"


def _take(capsule: object, legacy_flags: int) -> c_void_p:
    """The slot with the tensor that a DLPack capsule held; a capsule whose tensor is refused keeps it."""
    form, made = c_int32(), c_void_p()
    address = pylib.spk_py_capsule_consume(capsule, byref(form))
    if not address:
        if not _is_capsule(capsule):
            raise TypeError(f"a DLPack capsule is needed, not {capsule!r}")
        raise BufferError(f"{capsule!r} was consumed before, or is no DLPack capsule")
    if form.value == SPK_PY_VERSIONED:
        status = pylib.spk_tensor_take(address, byref(made))
    else:
        status = pylib.spk_tensor_take_legacy(address, legacy_flags, byref(made))
    if status != SPK_OK:
        pylib.spk_py_capsule_restore(capsule)
        check_exchange(status)
    return made


def _request(x: Any, **wishes: Any) -> object:
    """The capsule that an object gives; an object from before DLPack 1.0 gives it without regard to the wishes."""
    try:
        return x.__dlpack__(max_version=DLPACK_VERSION, **wishes)
    except TypeError:
        return x.__dlpack__()
    except BufferError:
        from ._buffers import read_ml_array

        tensor = read_ml_array(x)
        if tensor is None:
            raise
        return tensor.__dlpack__(max_version=DLPACK_VERSION)


def consume(capsule: object, legacy_flags: int = SPK_TENSOR_READ_ONLY) -> Tensor:
    """The Tensor that takes over what a DLPack capsule holds; a capsule whose tensor is refused keeps it.

    `legacy_flags` is what to think of a legacy capsule, which cannot say whether its tensor is read-only.
    """
    return Tensor._adopt(_take(capsule, legacy_flags))


def exchange(x: Any, legacy_flags: int = SPK_TENSOR_READ_ONLY, **wishes: Any) -> Tensor:
    """The Tensor that shares the memory of any object that speaks DLPack; `wishes` are dl_device and copy."""
    return consume(_request(x, **wishes), legacy_flags)


def _negotiate(x: Any, target: tuple[int, int] | None, copy: bool | None) -> tuple[Tensor, bool]:
    """What an object that speaks DLPack gives when `target` and `copy` are asked for, and whether it says it is a copy.

    From memory that the CPU reads copies are made here; a device that it does not read the producer knows best.
    """
    wishes: dict[str, Any] = {} if copy is None else {"copy": False}
    if copy or target is not None:
        device = _pair(x.__dlpack_device__(), "__dlpack_device__")
        wishes = {} if copy else wishes
        if device[0] not in HOST_READABLE:
            wishes |= {"copy": True} if copy else {}
            wishes |= {} if target in (None, device) else {"dl_device": target}
    slot = _take(_request(x, **wishes), SPK_TENSOR_READ_ONLY)
    copied = DLManagedTensorVersioned.from_address(slot.value or 0).flags & SPK_TENSOR_COPIED
    return Tensor._adopt(slot), bool(copied)


def from_dlpack(x: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A Tensor that shares the memory of `x`: any object that speaks DLPack, a DLPack capsule, a Python buffer
    (memoryview, array.array, ctypes array, bytes, mmap), or an object with ``__array_interface__``.

    Shape, strides, element type and device are those of `x`, whatever they are; what `x` marks as read-only, or cannot
    mark because it knows legacy DLPack only, is read-only here. With `device` ('cpu', 'cuda:1', (type, id), a device
    object) the Tensor lives there. `copy=True` always copies, `copy=False` never does, None does where it must.

    Raises TypeError where `x` is none of these, BufferError where `x` refuses or gives a capsule that was consumed
    before, CopyError (a BufferError too) where `copy=False` forbids a copy that is needed, and DeviceError (a
    BufferError too) where there is no such device.

    >>> import numpy, spectrapack
    >>> a = numpy.arange(3.0)
    >>> t = spectrapack.from_dlpack(a)
    >>> a[0] = 7.0
    >>> t.numpy()
    array([7., 1., 2.])
    """
    target = parse_device(device)
    copy = None if copy is None else bool(copy)
    copied = False
    if hasattr(x, "__dlpack__"):
        if copy is None and target is None:
            return exchange(x)
        tensor, copied = _negotiate(x, target, copy)
    elif _is_capsule(x):
        tensor = consume(x)
    else:
        from ._buffers import wrap

        tensor = wrap(x, "x", copy is not False)
    if copied and copy is False:
        raise CopyError("copy: False, but x gave a copy of itself")
    return tensor._at(target, None if copied else copy, "copy")
