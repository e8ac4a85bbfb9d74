"""Every tensor library that is here, both ways: the same memory, the same elements, and results of the same kind.

Hosts that are not installed are skipped; TensorFlow has tests of its own in tests_tensorflow.
"""

import gc
import importlib

import numpy as np
import pytest
from support import DTYPES, assert_close, sample

import spectrapack as sp


def strided(x):
    """The layouts that a host passes on as they are."""
    return {
        "compact": x,
        "transposed": x.T,
        "sliced": x[1:, ::2],
        "reversed": x[::-1],
        "broadcast": np.broadcast_to(x[:1], x.shape),
        "one row": x[2:3],
        "one element": x[1, 2],
        "empty": x[:0],
    }


class NumPy:
    """numpy.ndarray; `from_numpy` shares an array's memory with the host."""

    module, type, kind_of_result = "numpy", "ndarray", "ndarray"
    dtypes = list(DTYPES)
    #: The layouts that the host refuses, those on which it ends the process, whoever gives them, and whether arrays
    #: of its own are read-only here.
    refuses, ends, read_only = (), (), False

    def __init__(self):
        self.host = importlib.import_module(self.module)

    def from_numpy(self, a):
        return a

    def address(self, x):
        return x.ctypes.data

    def take(self, tensor):
        return self.host.from_dlpack(tensor)


class Torch(NumPy):
    module, type, kind_of_result = "torch", "Tensor", "Tensor"
    ends = ("reversed",)

    def from_numpy(self, a):
        return self.host.from_numpy(a) if a.flags.writeable else self.host.from_numpy(a.copy())

    def address(self, x):
        return x.data_ptr()


class Jax(NumPy):
    module, type, kind_of_result = "jax", "Array", "Array"
    dtypes = [name for name in DTYPES if name not in ("int64", "uint64", "float64", "complex128")]  # with x64 off
    refuses, read_only = ("sliced", "reversed", "broadcast"), True

    def from_numpy(self, a):
        return self.host.numpy.asarray(a)

    def address(self, x):
        return x.unsafe_buffer_pointer()

    def take(self, tensor):
        return self.host.dlpack.from_dlpack(tensor)


class TvmFfi(NumPy):
    module, type, kind_of_result = "tvm_ffi", "Tensor", None

    def from_numpy(self, a):
        return self.host.from_dlpack(a if a.flags.writeable else a.copy())

    def address(self, x):
        return x.data_ptr()


class Strict(NumPy):
    module, type, kind_of_result = "array_api_strict", "Array", "Array"
    dtypes = [name for name in DTYPES if name != "float16"]

    def from_numpy(self, a):
        return self.host.asarray(a)

    def address(self, x):
        return np.from_dlpack(x).ctypes.data


HOSTS = [NumPy, Torch, Jax, TvmFfi, Strict]


@pytest.fixture(params=HOSTS, ids=lambda host: host.module)
def host(request):
    pytest.importorskip(request.param.module)
    return request.param()


def is_of(x, module, name):
    known = getattr(importlib.import_module(module), name, None)
    return isinstance(x, known) if known else type(x).__name__ == name and type(x).__module__.startswith(module)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_hosts_memory_is_shared_here(host, dtype):
    if dtype not in host.dtypes:
        pytest.skip("the host makes no such array of its own accord")
    a = sample((4, 6), dtype)
    x = host.from_numpy(a)
    t = sp.from_dlpack(x)
    assert (t.dtype, t.shape, t.device) == (dtype, (4, 6), (1, 0))
    assert t.data_ptr == host.address(x) and t.readonly == host.read_only
    assert np.array_equal(t.numpy(), a)
    assert sp.from_dlpack(x, copy=False).data_ptr == t.data_ptr
    copied = sp.from_dlpack(x, copy=True)
    assert copied.data_ptr != t.data_ptr and not copied.readonly and np.array_equal(copied.numpy(), a)
    assert sp.from_dlpack(x, device="cpu").data_ptr == t.data_ptr


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_host_shares_our_memory(host, dtype):
    if dtype not in host.dtypes:
        pytest.skip("the host would convert it")
    a = sample((4, 6), dtype)
    t = sp.from_dlpack(a, copy=True)
    x = host.take(t)
    assert is_of(x, host.module, host.type)
    assert host.address(x) == t.data_ptr and tuple(x.shape) == (4, 6)
    back = sp.from_dlpack(x)
    assert back.dtype == dtype and back.data_ptr == t.data_ptr and np.array_equal(back.numpy(), a)
    t.numpy()[1, 2] = 0
    assert back.numpy()[1, 2] == 0


@pytest.mark.parametrize("layout", strided(np.zeros((4, 6))))
def test_a_host_takes_our_layouts_or_refuses_them(host, layout):
    a = strided(np.arange(24, dtype="f4").reshape(4, 6))[layout]
    t = sp.from_dlpack(np.asarray(a))
    if t.readonly:
        t = sp.from_dlpack(np.lib.stride_tricks.as_strided(np.zeros(6, "f4"), a.shape, a.strides))
    if layout in host.refuses:
        with pytest.raises(Exception) as refused:
            host.take(t)
        assert str(refused.value)
    if layout in host.refuses + host.ends:
        x = host.take(sp.from_dlpack(t, copy=True))
    else:
        x = host.take(t)
    assert np.array_equal(sp.from_dlpack(x).numpy(), t.numpy()) and tuple(x.shape) == t.shape


def test_a_hosts_transform_and_solve_give_its_own_kind_without_a_copy(host):
    a = sample((4, 4), "f4")
    x, square = host.from_numpy(a), host.from_numpy(a + a.T)
    spectrum, (w, v) = sp.fft.fft(x), sp.linalg.eigh(square)
    for result in (spectrum, w, v):
        if host.kind_of_result is None:
            assert type(result) is sp.Tensor
        else:
            assert is_of(result, host.module, host.kind_of_result)
            assert host.address(result) % 256 == 0
    assert_close(sp.from_dlpack(spectrum).numpy(), np.fft.fft(a), "f4")
    assert np.allclose(sp.from_dlpack(w).numpy(), np.linalg.eigvalsh(a + a.T), atol=1e-5)
    assert sp.from_dlpack(v).shape == (4, 4)


def test_memory_outlives_whichever_side_goes_first(host):
    a = sample((1000,), "f4")
    x = host.from_numpy(a.copy())
    t = sp.from_dlpack(x)
    del x
    gc.collect()
    assert np.array_equal(t.numpy(), a)
    ours = sp.from_dlpack(a, copy=True)
    x = host.take(ours)
    del ours
    gc.collect()
    assert np.array_equal(sp.from_dlpack(x).numpy(), a)


def test_a_host_frees_our_memory_once(host, counter):
    storage = np.zeros(1024 + 64, "u1")
    aligned = storage.ctypes.data + -storage.ctypes.data % 64  # where JAX shares it too
    t = sp.from_dlpack(counter.producer(shape=(8,), data=aligned, dtype=(2, 32, 1)))
    x = host.take(t)
    del t
    gc.collect()
    assert counter.freed == 0
    del x
    gc.collect()
    assert counter.freed == 1


@pytest.mark.parametrize("offset", [1, 4, 8])
def test_memory_of_any_alignment_passes(host, offset):
    values = np.arange(6, dtype="f4")
    storage = np.zeros(512, "u1")
    start = -storage.ctypes.data % 256 + offset
    here = storage[start : start + values.nbytes]
    here[:] = values.view("u1")
    t = sp.from_dlpack(here.view("f4"))
    assert t.data_ptr % 256 == offset
    try:
        x = host.take(t)
    except Exception as refused:
        assert "align" in str(refused).lower()
        return
    assert np.array_equal(sp.from_dlpack(x).numpy(), values)


def test_element_types_that_numpy_lacks_pass_between_torch_and_jax():
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        if not hasattr(torch, name):
            continue
        x = torch.arange(64).to(getattr(torch, name))
        t = sp.from_dlpack(x)
        assert t.dtype == name and t.data_ptr == x.data_ptr()
        assert np.array_equal(t.numpy().astype("f4"), x.to(torch.float32).numpy())
        there = jax.dlpack.from_dlpack(sp.from_dlpack(t, copy=True))
        assert there.dtype == name and sp.from_dlpack(there).dtype == name
        back = torch.from_dlpack(sp.from_dlpack(there, copy=True))
        assert back.dtype == x.dtype and torch.equal(back.to(torch.float32), x.to(torch.float32))


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_half_types_of_every_host_are_computed_on(name):
    torch = pytest.importorskip("torch")
    values = [1.0, 2.0, 3.0, 4.0]
    jax = pytest.importorskip("jax")
    for x in (torch.tensor(values, dtype=getattr(torch, name)), jax.numpy.asarray(values, name)):
        result = sp.fft.fft(x)
        assert type(x).__module__.split(".")[0] in type(result).__module__ or isinstance(result, torch.Tensor)
        assert_close(np.asarray(result), np.fft.fft(values), "f4")


def test_numpy_asks_for_copies_and_devices_and_gets_them():
    t = sp.from_dlpack(np.arange(4.0))
    assert np.from_dlpack(t, copy=False).ctypes.data == t.data_ptr
    assert np.from_dlpack(t, device="cpu").ctypes.data == t.data_ptr
    copied = np.from_dlpack(t, copy=True)
    assert copied.ctypes.data != t.data_ptr and copied.flags.writeable


def test_torch_asks_for_copies_and_devices_and_gets_them():
    torch = pytest.importorskip("torch")
    t = sp.from_dlpack(np.arange(4.0))
    assert torch.from_dlpack(t, copy=False).data_ptr() == t.data_ptr
    assert torch.from_dlpack(t, device="cpu").data_ptr() == t.data_ptr
    copied = torch.from_dlpack(t, copy=True)
    assert copied.data_ptr() != t.data_ptr and torch.equal(copied, torch.arange(4.0, dtype=torch.float64))


def test_pinned_tensors_of_torch_are_the_cpus():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("torch pins memory on machines with a GPU only")
    x = torch.arange(4.0).pin_memory()
    assert sp.from_dlpack(x, device="cpu").data_ptr == x.data_ptr()


class ClaimsCuda:
    """Says that it lives on a GPU, and hands memory of the CPU out under that name, as a host there would."""

    def __init__(self, counter, honest=True):
        self.counter, self.values, self.device, self.honest = counter, np.arange(4.0), (2, 0), honest

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        device = dl_device or self.device if self.honest else (1, 0)
        return self.counter.capsule(device=device, data=self.values.ctypes.data)


def test_an_array_on_a_gpu_passes_through_and_is_computed_on_after_it_left(counter):
    x = ClaimsCuda(counter)
    t = sp.from_dlpack(x)
    assert t.device == (2, 0) and t.data_ptr == x.values.ctypes.data
    capsule = t.__dlpack__(max_version=(1, 0), stream=1)
    assert sp.from_dlpack(capsule).device == (2, 0)
    for call in (sp.fft.fft, sp.linalg.eigvalsh):
        with pytest.raises(sp.DeviceError, match=r"cuda:0.*\.cpu\(\)"):
            call(x)
    assert_close(sp.fft.fft(sp.from_dlpack(x, device="cpu")), np.fft.fft(x.values), "f8")
    for consumer in (np.from_dlpack, pytest.importorskip("torch").from_dlpack):
        with pytest.raises((RuntimeError, BufferError, AssertionError, ValueError)):
            consumer(t)


def test_cupy_is_here_and_says_that_there_is_no_gpu():
    cupy = pytest.importorskip("cupy")
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError:
        count = 0
    t = sp.from_dlpack(np.arange(4.0))
    if not count:
        with pytest.raises((TypeError, RuntimeError, cupy.cuda.runtime.CUDARuntimeError)) as refused:
            cupy.from_dlpack(t)
        assert str(refused.value)
        assert isinstance(sp.fft.fft(np.ones(3)), np.ndarray)
        return
    x = cupy.arange(4.0)
    assert sp.from_dlpack(x).data_ptr == x.data.ptr and cupy.from_dlpack(sp.from_dlpack(x)).data.ptr == x.data.ptr
