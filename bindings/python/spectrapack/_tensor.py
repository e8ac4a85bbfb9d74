"""Tensor: a DLPack tensor of the shared library, held by a capsule whose destructor is native."""

from __future__ import annotations

from ctypes import byref, c_int32, c_int64, c_void_p
from typing import Any

from ._errors import DeviceError, check, check_exchange
from ._lib import (
    SPK_OK,
    SPK_PY_LEGACY,
    SPK_PY_OWNER,
    SPK_PY_VERSIONED,
    SPK_TENSOR_COPIED,
    SPK_TENSOR_READ_ONLY,
    DLDataType,
    DLManagedTensorVersioned,
    DLTensor,
    lib,
    pylib,
)
from ._names import CPU, HOST_READABLE, NUMPY_CODES, device_name, dtype_name, parse_device

DLPACK_VERSION = (1, 3)
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
        made = c_void_p()
        check(lib.spk_tensor_copy(self._dl, *device, None, byref(made)))
        return Tensor._adopt(made)

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
        dtype = self._managed.dl_tensor.dtype
        return (self.size * dtype.bits * dtype.lanes + 7) // 8

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
        the CPU. `copy=True` copies; `copy=False` is a BufferError where the exchange is impossible without a copy. A
        read-only tensor has no legacy form but a copy.
        """
        tensor, target = self, self.device if dl_device is None else tuple(dl_device)
        if target != self.device:
            if copy is False or target != CPU:
                raise BufferError(
                    f"dl_device: the tensor lives on {device_name(self.device)}, and an export to "
                    f"{device_name(target)} {'needs a copy, with copy=False' if target == CPU else 'is not offered'}"
                )
            tensor = self._copy(target)
        elif copy:
            tensor = self._copy()
        if stream is not None and tensor.device[0] in HOST_READABLE:
            raise BufferError(f"stream: {stream!r} for a tensor on {device_name(tensor.device)}, which takes None")
        if stream == 0:
            raise BufferError("stream: 0 is ambiguous; pass 1 for the legacy default stream, 2 for the thread's")
        if tensor is not self:
            tensor._managed.flags |= SPK_TENSOR_COPIED
        versioned = max_version is not None and max_version[0] >= 1
        if not versioned and tensor.readonly:
            raise BufferError(
                "the tensor is read-only, which a legacy capsule cannot say: ask with max_version=(1, 0) or copy=True"
            )
        return tensor._capsule(versioned)

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

        Raises DeviceError for a tensor on a device that the CPU cannot read, TypeError for an element type that NumPy
        does not have (bfloat16).
        """
        import numpy

        if self.device[0] not in HOST_READABLE:
            raise DeviceError(f"numpy: the tensor lives on {device_name(self.device)}; copy it with .cpu() first")
        dtype = self._managed.dl_tensor.dtype
        if dtype.code not in NUMPY_CODES or dtype.lanes != 1:
            raise TypeError(f"numpy: NumPy has no {self.dtype}")
        return numpy.from_dlpack(self)

    def __array__(self, dtype=None, copy=None):
        import numpy

        return numpy.array(self.numpy(), dtype=dtype, copy=copy)

    def cpu(self) -> Tensor:
        """This tensor where it lives in memory that the CPU reads, else a copy of it there."""
        return self if self.device[0] in HOST_READABLE else self._copy(CPU)

    def to(self, device) -> Tensor:
        """This tensor where it lives on `device` ('cpu', 'cuda:1', (type, id), a device object), else a copy there."""
        target = parse_device(device)
        return self if target is None or target == self.device else self._copy(target)


def _is_capsule(x: object) -> bool:
    return type(x).__name__ == "PyCapsule"


def consume(capsule: object, legacy_flags: int = SPK_TENSOR_READ_ONLY) -> Tensor:
    """The Tensor that takes over what a DLPack capsule holds; a capsule whose tensor is refused keeps it.

    `legacy_flags` is what to think of a legacy capsule, which cannot say whether its tensor is read-only.
    """
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
    return Tensor._adopt(made)


def exchange(x: Any, legacy_flags: int = SPK_TENSOR_READ_ONLY, **wishes: Any) -> Tensor:
    """The Tensor that shares the memory of any object that speaks DLPack; `wishes` are dl_device and copy."""
    try:
        capsule = x.__dlpack__(max_version=DLPACK_VERSION, **wishes)
    except TypeError:  # from before DLPack 1.0
        capsule = x.__dlpack__()
    return consume(capsule, legacy_flags)


def from_dlpack(x: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A Tensor that shares the memory of `x`, any object that speaks DLPack or a DLPack capsule.

    Shape, strides, element type and device are those of `x`, whatever they are; what `x` marks as read-only, or cannot
    mark because it knows legacy DLPack only, is read-only here. With `device` ('cpu', 'cuda:1', (type, id), a device
    object) the Tensor lives there. `copy=True` always copies, `copy=False` never does, None does where it must.

    Raises TypeError where `x` speaks no DLPack, BufferError where `x` refuses or gives a capsule that was consumed
    before, and DeviceError (a BufferError too) where there is no such device.

    >>> import numpy, spectrapack
    >>> a = numpy.arange(3.0)
    >>> t = spectrapack.from_dlpack(a)
    >>> a[0] = 7.0
    >>> t.numpy()
    array([7., 1., 2.])
    """
    target = parse_device(device)
    if _is_capsule(x):
        tensor = consume(x)
    elif not hasattr(x, "__dlpack__"):
        raise TypeError(f"x: {type(x).__name__} does not speak DLPack; make an array first, as by numpy.asarray(x)")
    elif target == CPU and x.__dlpack_device__()[0] not in HOST_READABLE:
        tensor = exchange(x, dl_device=CPU, copy=copy)  # the producer knows best how to leave its device
        copy = copy if tensor.device != CPU else None
    else:
        tensor = exchange(x)
    if target is not None and target != tensor.device:
        if copy is False:
            raise BufferError(
                f"copy: False, but x lives on {device_name(tensor.device)} and shall live on {device_name(target)}"
            )
        return tensor._copy(target)
    return tensor._copy() if copy else tensor
