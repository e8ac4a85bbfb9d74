"""From a sparse matrix to its spectrum, and from an image to its Fourier transform, through bare ctypes.

No package of ours: the structs and the functions are declared here, from the C header. NumPy holds the memory, SciPy
assembles the matrix. SPECTRAPACK_LIBRARY is the path of libspectrapack.so.
"""

import ctypes
import os
import sys
from ctypes import POINTER, byref, c_int32, c_int64, c_size_t, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p, sizeof

import numpy as np
from scipy.sparse import diags_array


class DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", c_void_p),
        ("device_type", c_int32),
        ("device_id", c_int32),
        ("ndim", c_int32),
        ("code", c_uint8),
        ("bits", c_uint8),
        ("lanes", c_uint16),
        ("shape", POINTER(c_int64)),
        ("strides", POINTER(c_int64)),
        ("byte_offset", c_uint64),
    ]


class DLManagedTensorVersioned(ctypes.Structure):
    _fields_ = [
        ("major", c_uint32),
        ("minor", c_uint32),
        ("manager_ctx", c_void_p),
        ("deleter", c_void_p),
        ("flags", c_uint64),
        ("dl_tensor", DLTensor),
    ]


class spk_fft_desc(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("kind", c_int32),
        ("direction", c_int32),
        ("norm", c_int32),
        ("flags", c_int32),
        ("naxes", c_int32),
        ("axes", POINTER(c_int32)),
        ("lengths", POINTER(c_int64)),
    ]


Managed = POINTER(DLManagedTensorVersioned)
Free = ctypes.CFUNCTYPE(None, c_void_p)
SPK_OK, KDL_CPU, CODES = 0, 1, {"f": 2, "c": 5}

lib = ctypes.CDLL(os.environ["SPECTRAPACK_LIBRARY"])
for name, arguments in {
    "spk_tensor_wrap": (POINTER(DLTensor), Free, c_void_p, c_uint64, POINTER(Managed)),
    "spk_tensor_copy": (POINTER(DLTensor), c_int32, c_int32, c_void_p, POINTER(Managed)),
    "spk_tensor_copy_into": (POINTER(DLTensor), c_void_p, POINTER(DLTensor)),
    "spk_tensor_release": (Managed,),
    "spk_eigh_new": (POINTER(DLTensor), c_void_p, c_void_p, POINTER(Managed), POINTER(Managed)),
    "spk_fft_new": (POINTER(DLTensor), POINTER(spk_fft_desc), c_void_p, POINTER(Managed)),
    "spk_last_error": (ctypes.c_char_p, c_size_t),
    "spk_status_name": (c_int32,),
    "spk_build_info": (ctypes.c_char_p, c_size_t),
}.items():
    getattr(lib, name).argtypes = arguments
lib.spk_status_name.restype = ctypes.c_char_p
lib.spk_last_error.restype = lib.spk_build_info.restype = c_size_t
lib.spk_tensor_release.restype = None  # the others return an int32_t status, which is the default


def text(function):
    """What a function that copies a string to (buf, len) has to say."""
    buffer = ctypes.create_string_buffer(function(None, 0))
    function(buffer, len(buffer))
    return buffer.value.decode()


def call(function, *arguments):
    """Calls a function that returns a status, and ends the program where that is not SPK_OK."""
    status = function(*arguments)
    if status != SPK_OK:
        sys.exit(f"{function.__name__}: {lib.spk_status_name(status).decode()}: {text(lib.spk_last_error)}")


def require(condition, claim):
    if not condition:
        sys.exit(f"not so: {claim}")


def describe(array):
    """A DLTensor that looks at a NumPy array. It owns nothing: the array must outlive its use."""
    extents = c_int64 * array.ndim
    return DLTensor(
        data=array.ctypes.data, device_type=KDL_CPU, ndim=array.ndim,
        code=CODES[array.dtype.kind], bits=8 * array.itemsize, lanes=1,
        shape=extents(*array.shape), strides=extents(*(step // array.itemsize for step in array.strides)),
    )  # fmt: skip


def look(managed, dtype):
    """A NumPy array that looks at a managed tensor, which must outlive it. Those used here are compact."""
    tensor = managed.contents.dl_tensor
    shape = tensor.shape[: tensor.ndim]
    memory = (c_uint8 * (int(np.prod(shape)) * np.dtype(dtype).itemsize)).from_address(tensor.data)
    return np.frombuffer(memory, dtype).reshape(shape)


def eigenvalues(n=100):
    sparse = diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(n, n), format="csr")
    dense = sparse.toarray()
    w = Managed()
    call(lib.spk_eigh_new, byref(describe(dense)), None, None, byref(w), None)
    values = look(w, np.float64).copy()
    lib.spk_tensor_release(w)

    print(f"Laplacian: {n} x {n}, {sparse.nnz} entries in CSR form")
    print(f"smallest eigenvalue {values[0]:.6f}")
    print(f"largest eigenvalue  {values[-1]:.6f}")
    print(f"condition number    {values[-1] / values[0]:.1f}")
    error = np.abs(values - (2 - 2 * np.cos(np.arange(1, n + 1) * np.pi / (n + 1)))).max()
    print(f"largest distance from the closed form {error:.1e}")
    require(error < 1e-13, "the eigenvalues are those of the closed form")


def transform(n=1000):
    ours = np.random.default_rng(0).standard_normal((n, n))
    released = []
    free = Free(released.append)  # the library calls it when the last holder is gone; keep it until then
    x, copy, y = Managed(), Managed(), Managed()
    call(lib.spk_tensor_wrap, byref(describe(ours)), free, 7, 0, byref(x))
    tensor = x.contents.dl_tensor
    print(f"our array is at {ours.ctypes.data:#x}, the tensor's data at {tensor.data:#x}")
    require(tensor.data == ours.ctypes.data, "wrapping copies nothing")

    ours[3, 5] = 42
    call(lib.spk_tensor_copy, byref(tensor), 0, 0, None, byref(copy))
    seen = look(copy, np.float64)[3, 5]
    lib.spk_tensor_release(copy)
    ramp = np.arange(n * n, dtype=np.float64).reshape(n, n)
    call(lib.spk_tensor_copy_into, byref(describe(ramp)), None, byref(tensor))
    print(f"we wrote 42, the library read {seen:g}; the library wrote {ramp[3, 5]:g}, we read {ours[3, 5]:g}")
    require(seen == 42 and (ours == ramp).all(), "each side sees the other's writes")

    fft2 = spk_fft_desc(struct_size=sizeof(spk_fft_desc))  # zero: complex result, forward, all axes, no factor
    call(lib.spk_fft_new, byref(tensor), byref(fft2), None, byref(y))
    expected = np.fft.fft2(ours)
    error = np.linalg.norm(look(y, np.complex128) - expected) / np.linalg.norm(expected)
    print(f"fft2 of {n} x {n}: off NumPy's by {error:.1e} of its length")
    require(error < 1e-14, "the transform is NumPy's")
    lib.spk_tensor_release(y)
    require(released == [], "the array is held until its tensor is released")
    lib.spk_tensor_release(x)
    require(released == [7], "releasing the tensor calls our free once, with the value we gave")


print(text(lib.spk_build_info))
eigenvalues()
transform()
print("all as it should be")
