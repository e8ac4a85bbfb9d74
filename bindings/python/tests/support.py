"""What several test files share: crafted tensors whose deletion is counted, element types, and when numbers agree."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np

from spectrapack import _lib

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]


def build_counter(folder: Path) -> Path:
    library = folder / "libcounter.so"
    command = ["cc", "-std=c11", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", f"-I{REPOSITORY / 'include'}"]
    subprocess.check_call([*command, "-o", library, HERE / "counter.c", "-pthread"])
    return library


class Counter:
    """Crafts tensors by hand, so that they may be wrong in any way, and counts how many were deleted."""

    def __init__(self, library: Path):
        self.free, self.held = ctypes.CDLL(str(library)), ctypes.PyDLL(str(library))
        for handle in (self.free, self.held):
            handle.counter_versioned.restype = handle.counter_legacy.restype = ctypes.c_void_p
            handle.counter_release_in_thread.argtypes = handle.counter_release_at_exit.argtypes = [ctypes.c_void_p]
        self._kept = []

    @property
    def freed(self) -> int:
        return self.free.counter_freed()

    def dltensor(self, shape=(4,), strides=None, dtype=(2, 64, 1), device=(1, 0), data=None, byte_offset=0, ndim=None):
        """A DLTensor; without `data` it is 4096 zeroed bytes."""
        memory = ctypes.create_string_buffer(4096) if data is None else None
        extents = (ctypes.c_int64 * len(shape))(*shape)
        steps = None if strides is None else (ctypes.c_int64 * len(strides))(*strides)
        self._kept += [memory, extents, steps]
        address = ctypes.addressof(memory) if data is None else data
        count = len(shape) if ndim is None else ndim
        return _lib.DLTensor(address, device, count, dtype, extents, steps, byte_offset)

    def capsule(self, legacy=False, version=(1, 0), flags=0, null_deleter=False, **tensor):
        """A capsule that owns a foreign managed tensor."""
        if legacy:
            address = self.free.counter_legacy()
            managed = _lib.DLManagedTensor.from_address(address)
        else:
            address = self.free.counter_versioned()
            managed = _lib.DLManagedTensorVersioned.from_address(address)
            managed.version, managed.flags = version, flags
        if null_deleter:
            managed.deleter = None
        managed.dl_tensor = self.dltensor(**tensor)
        return _lib.pylib.spk_py_capsule_new(address, _lib.SPK_PY_LEGACY if legacy else _lib.SPK_PY_VERSIONED)

    def producer(self, **what):
        return Producer(self.capsule(**what), what.get("device", (1, 0)))


class Producer:
    """An object that speaks DLPack and gives out one capsule."""

    def __init__(self, capsule, device=(1, 0)):
        self.capsule, self.device = capsule, device

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        capsule, self.capsule = self.capsule, None
        return capsule

    def __dlpack_device__(self):
        return self.device


def address_of(tensor) -> int:
    """A managed tensor that shares a Tensor's memory, and that the caller must release."""
    form = ctypes.c_int32()
    return _lib.pylib.spk_py_capsule_consume(tensor.__dlpack__(max_version=(1, 0)), ctypes.byref(form))


#: NumPy's element types, and the real precision that they compute in.
DTYPES = {
    "bool": "f8", "int8": "f8", "int16": "f8", "int32": "f8", "int64": "f8", "uint8": "f8", "uint16": "f8",
    "uint32": "f8", "uint64": "f8", "float16": "f4", "float32": "f4", "float64": "f8", "complex64": "f4",
    "complex128": "f8",
}  # fmt: skip
REAL_DTYPES = [name for name in DTYPES if not name.startswith("complex")]


def sample(shape, dtype, seed=0):
    """Random elements of a type."""
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "c":
        return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(dtype)
    if np.dtype(dtype).kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    return rng.integers(0, 2 if dtype == "bool" else 100, shape).astype(dtype)


def wide(x):
    """The same values in double precision."""
    return np.asarray(x).astype("c16" if np.asarray(x).dtype.kind == "c" else "f8")


def assert_close(got, expected, precision):
    """Equal shapes, and a relative L2 distance as small as a transform of that size in that precision allows."""
    got = np.asarray(got)
    assert got.shape == expected.shape
    points = max(expected.size, 2)
    tolerance = 4 * np.finfo(precision).eps * np.log2(points) * max(np.linalg.norm(expected), np.finfo(precision).tiny)
    assert np.linalg.norm(wide(got) - expected) <= tolerance
