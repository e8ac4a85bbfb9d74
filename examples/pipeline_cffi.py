"""From a sparse matrix to its spectrum, and from an image to its Fourier transform, through cffi in ABI mode.

No package of ours and no compiler: cffi reads the declarations below, taken from the C header, and opens the library
at run time. NumPy holds the memory, SciPy assembles the matrix. SPECTRAPACK_LIBRARY is the path of libspectrapack.so.
"""

import os
import sys

import numpy as np
from cffi import FFI
from scipy.sparse import diags_array

ffi = FFI()
ffi.cdef("""
    typedef struct { int32_t device_type, device_id; } DLDevice;
    typedef struct { uint8_t code, bits; uint16_t lanes; } DLDataType;
    typedef struct {
        void *data; DLDevice device; int32_t ndim; DLDataType dtype; int64_t *shape, *strides; uint64_t byte_offset;
    } DLTensor;
    struct DLManagedTensorVersioned {
        uint32_t major, minor; void *manager_ctx; void *deleter; uint64_t flags; DLTensor dl_tensor;
    };
    typedef struct {
        uint32_t struct_size; int32_t kind, direction, norm, flags, naxes; const int32_t *axes; const int64_t *lengths;
    } spk_fft_desc;

    int32_t spk_tensor_wrap(const DLTensor *tensor, void (*free)(void *user), void *user, uint64_t flags,
                            struct DLManagedTensorVersioned **out);
    int32_t spk_tensor_copy(const DLTensor *in, int32_t device_type, int32_t device_id, const void *exec,
                            struct DLManagedTensorVersioned **out);
    int32_t spk_tensor_copy_into(const DLTensor *in, const void *exec, const DLTensor *out);
    void spk_tensor_release(struct DLManagedTensorVersioned *tensor);
    int32_t spk_eigh(const DLTensor *a, const void *desc, const void *exec, const DLTensor *w, const DLTensor *v,
                     const DLTensor *info);
    int32_t spk_fft(const DLTensor *in, const spk_fft_desc *desc, const void *exec, const DLTensor *out);
    size_t spk_last_error(char *buf, size_t len);
    const char *spk_status_name(int32_t status);
    size_t spk_build_info(char *buf, size_t len);
""")
lib = ffi.dlopen(os.environ["SPECTRAPACK_LIBRARY"])
SPK_OK, KDL_CPU, CODES = 0, 1, {"f": 2, "c": 5}


def text(function):
    """What a function that copies a string to (buf, len) has to say."""
    buffer = ffi.new("char[]", function(ffi.NULL, 0))
    function(buffer, len(buffer))
    return ffi.string(buffer).decode()


def call(name, *arguments):
    """Calls a function that returns a status, and ends the program where that is not SPK_OK."""
    status = getattr(lib, name)(*arguments)
    if status != SPK_OK:
        sys.exit(f"{name}: {ffi.string(lib.spk_status_name(status)).decode()}: {text(lib.spk_last_error)}")


def require(condition, claim):
    if not condition:
        sys.exit(f"not so: {claim}")


class Described:
    """A DLTensor that looks at a NumPy array, with all that has to stay alive while `tensor` is used."""

    def __init__(self, array):
        self.memory = ffi.from_buffer(array)
        self.shape = ffi.new("int64_t[]", array.shape)
        self.strides = ffi.new("int64_t[]", [step // array.itemsize for step in array.strides])
        self.tensor = ffi.new("DLTensor *", {
            "data": self.memory, "device": (KDL_CPU, 0), "ndim": array.ndim,
            "dtype": (CODES[array.dtype.kind], 8 * array.itemsize, 1), "shape": self.shape, "strides": self.strides,
        })  # fmt: skip


def eigenvalues(n=100):
    sparse = diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(n, n), format="csr")
    a, values = Described(sparse.toarray()), np.empty(n)
    w = Described(values)  # the library writes into our array
    call("spk_eigh", a.tensor, ffi.NULL, ffi.NULL, w.tensor, ffi.NULL, ffi.NULL)

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

    @ffi.callback("void (void *)")
    def free(user):  # the library calls it when the last holder is gone; keep it until then
        released.append(ffi.from_handle(user))

    described, handle = Described(ours), ffi.new_handle("ours")
    out = ffi.new("struct DLManagedTensorVersioned **")
    call("spk_tensor_wrap", described.tensor, free, handle, 0, out)
    x = out[0]
    tensor = ffi.addressof(x, "dl_tensor")
    address = int(ffi.cast("uintptr_t", tensor.data))
    print(f"our array is at {ours.ctypes.data:#x}, the tensor's data at {address:#x}")
    require(address == ours.ctypes.data, "wrapping copies nothing")

    ours[3, 5] = 42
    call("spk_tensor_copy", tensor, 0, 0, ffi.NULL, out)
    seen = ffi.cast("double *", out[0].dl_tensor.data)[3 * n + 5]
    lib.spk_tensor_release(out[0])
    ramp = np.arange(n * n, dtype=np.float64).reshape(n, n)
    source = Described(ramp)
    call("spk_tensor_copy_into", source.tensor, ffi.NULL, tensor)
    print(f"we wrote 42, the library read {seen:g}; the library wrote {ramp[3, 5]:g}, we read {ours[3, 5]:g}")
    require(seen == 42 and (ours == ramp).all(), "each side sees the other's writes")

    spectrum = np.empty((n, n), np.complex128)
    y = Described(spectrum)
    # Zero is the default: complex result, forward, all axes, no factor.
    fft2 = ffi.new("spk_fft_desc *", {"struct_size": ffi.sizeof("spk_fft_desc")})
    call("spk_fft", tensor, fft2, ffi.NULL, y.tensor)
    expected = np.fft.fft2(ours)
    error = np.linalg.norm(spectrum - expected) / np.linalg.norm(expected)
    print(f"fft2 of {n} x {n}: off NumPy's by {error:.1e} of its length")
    require(error < 1e-14, "the transform is NumPy's")
    require(released == [], "the array is held until its tensor is released")
    lib.spk_tensor_release(x)
    require(released == ["ours"], "releasing the tensor calls our free once, with the handle we gave")


print(text(lib.spk_build_info))
eigenvalues()
transform()
print("all as it should be")
