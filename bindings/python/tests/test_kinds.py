"""The kind that goes in comes out: NumPy, PyTorch, JAX, Tensor, and objects of which only DLPack is known."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from support import Producer, assert_close, sample

import spectrapack as sp
from spectrapack import _kinds

X = sample((4, 6), "f8")
SQUARE = X[:, :4] + X[:, :4].T


class OnlyDlpack:
    """Speaks DLPack, and nothing else is known of it."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **request):
        return self.array.__dlpack__(**request)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class LegacyOnly(OnlyDlpack):
    """As a producer from before DLPack 1.0."""

    def __dlpack__(self, stream=None):
        return self.array.__dlpack__()


KINDS = {
    "numpy": (lambda a: a, np.ndarray),
    "torch": (torch.from_numpy, torch.Tensor),
    "jax": (lambda a: jnp.asarray(a), jax.Array),
    "tensor": (sp.from_dlpack, sp.Tensor),
    "unknown": (OnlyDlpack, sp.Tensor),
    "legacy": (LegacyOnly, sp.Tensor),
    "matrix": (np.matrix, np.ndarray),
    "memmap_subclass": (lambda a: a.view(np.recarray), np.ndarray),
}


#: Functions that do not make an array of one other.
TWO = ("convolve", "correlate")
OTHERS = (*TWO, "fftfreq", "rfftfreq", "next_fast_len", "describe", "cache_info", "cache_limit", "cache_clear")


@pytest.mark.parametrize("kind", KINDS)
def test_every_function_returns_the_kind_that_it_was_given(kind):
    make, expected = KINDS[kind]
    x, square, complex_x = make(X.astype("f4")), make(SQUARE.astype("f4")), make(X.astype("c8"))
    names = [name for name in sp.fft.__all__ if name not in OTHERS]
    results = {name: getattr(sp.fft, name)(x) for name in names}
    results |= {name: getattr(sp.fft, name)(x, x) for name in TWO}
    results |= {"complex " + name: getattr(sp.fft, name)(complex_x) for name in ("fft", "ifft2", "irfftn", "fftshift")}
    results |= {"freq": sp.fft.fftfreq(5, like=x), "rfreq": sp.fft.rfftfreq(5, like=x)}
    results |= {"no axes": sp.fft.fftn(x, axes=()), "values": sp.linalg.eigvalsh(square)}
    results["w"], results["v"] = sp.linalg.eigh(square)
    for name, result in results.items():
        assert isinstance(result, expected), name
        assert type(result) is not np.matrix
    assert_close(results["rfft"], np.fft.rfft(X), "f4")
    assert_close(results["complex irfftn"], np.fft.irfftn(X), "f4")


def test_results_are_new_contiguous_and_writable():
    x = X.astype("c16")
    for result in (sp.fft.fft(x), sp.fft.fftshift(x), sp.fft.fftn(x, axes=()), *sp.linalg.eigh(SQUARE)):
        assert result.flags.c_contiguous and result.flags.writeable and result.ctypes.data % 256 == 0
        assert not np.shares_memory(result, x)
        result[...] = 1
    tensor = sp.fft.fft(sp.from_dlpack(x))
    assert not tensor.readonly and tensor.data_ptr % 256 == 0
    torch_result = sp.fft.fft(torch.from_numpy(x))
    torch_result += 1
    assert torch_result.is_contiguous() and torch_result.data_ptr() % 256 == 0


def test_results_in_numpy_keep_no_tensor_alive_but_their_memory():
    result = sp.fft.fft(X)
    expected = np.fft.fft(X)
    view = result[1:, ::2]
    del result
    assert_close(view, expected[1:, ::2], "f8")


def test_jax_results_share_the_memory_of_the_library():
    result = sp.fft.fft(jnp.asarray(X, jnp.float32))
    assert result.dtype == jnp.complex64 and result.unsafe_buffer_pointer() % 256 == 0
    assert_close(jnp.abs(result), np.abs(np.fft.fft(X.astype("f4"))), "f4")


def test_integers_of_torch_compute_in_its_default_dtype():
    x = torch.arange(12).reshape(3, 4)
    assert sp.fft.fft(x).dtype == torch.complex64
    assert sp.fft.irfft(x).dtype == torch.float32
    assert sp.linalg.eigvalsh(torch.eye(3, dtype=torch.bool)).dtype == torch.float32
    assert sp.fft.fftshift(x).dtype == torch.int64
    torch.set_default_dtype(torch.float64)
    try:
        assert sp.fft.fft(x).dtype == torch.complex128
        assert [part.dtype for part in sp.linalg.eigh(x[:, :3])] == [torch.float64, torch.float64]
    finally:
        torch.set_default_dtype(torch.float32)


def test_conjugate_and_negative_views_of_torch_are_resolved():
    z = torch.tensor([1 + 2j, 3 - 1j, 0.5j])
    assert z.conj().is_conj() and z.conj().imag.is_neg()
    assert_close(sp.fft.fft(z.conj()), np.fft.fft(z.numpy().conj()), "f4")
    assert_close(sp.fft.fft(z.conj().imag), np.fft.fft(-z.numpy().imag), "f4")
    assert_close(sp.fft.fftshift(z.conj()), np.fft.fftshift(z.numpy().conj()), "f4")


def test_from_dlpack_refuses_gradients_with_the_advice_of_torch():
    x = torch.ones(4, requires_grad=True)
    with pytest.raises(BufferError, match="detach"):
        sp.from_dlpack(x)
    with pytest.raises(BufferError, match="detach"):
        sp.fft.fft(np.ones(4), out=torch.empty(4, dtype=torch.complex128, requires_grad=True))
    assert_close(sp.from_dlpack(x.detach()), np.ones(4), "f4")


def test_parameters_and_other_subclasses_of_torch_are_torch():
    x = torch.nn.Parameter(torch.ones(4), requires_grad=False)
    assert isinstance(sp.fft.fft(x), torch.Tensor)


def test_a_legacy_torch_tensor_is_still_writable_as_out(monkeypatch):
    out = torch.empty(4, dtype=torch.complex128)
    modern = torch.Tensor.__dlpack__
    monkeypatch.setattr(torch.Tensor, "__dlpack__", lambda self, stream=None: modern(self))
    assert sp.fft.fft(np.ones(4), out=out) is out
    assert_close(out, np.fft.fft(np.ones(4)), "f8")


def test_out_of_an_unknown_legacy_producer_is_read_only():
    with pytest.raises(ValueError, match="out: read-only"):
        sp.fft.fft(np.ones(4), out=LegacyOnly(np.empty(4, "c16")))


def test_a_type_error_of_the_producer_itself_comes_through():
    class Broken:
        def __dlpack__(self, **request):
            raise TypeError("no such thing")

    with pytest.raises(TypeError, match="no such thing"):
        sp.fft.fft(Broken())


def test_kinds_are_remembered_by_type_and_types_stay_collectable():
    class Local(np.ndarray):
        pass

    x = X.view(Local)
    assert isinstance(_kinds.kind_of(x), _kinds.NumPy) and Local in _kinds._kind_of_type
    assert isinstance(sp.fft.fft(x), np.ndarray)


def test_no_framework_is_imported_by_the_package(run_python):
    script = "import sys, spectrapack; print([m for m in ('numpy', 'torch', 'jax', 'cupy') if m in sys.modules])"
    assert run_python(script) == "[]\n"


def test_a_framework_without_its_classes_does_no_harm(run_python):
    script = """
import sys, types
sys.modules["torch"] = types.ModuleType("torch")
sys.modules["jax"] = None
import numpy, spectrapack
print(type(spectrapack.fft.fft(numpy.ones(3))).__name__, type(spectrapack.fft.fftfreq(3)).__name__)
"""
    assert run_python(script) == "ndarray Tensor\n"


@pytest.mark.parametrize(
    "kind, advice",
    [("numpy", "x.cpu()"), ("torch", "x.cpu()"), ("cupy", "cupy.asnumpy(x)"), ("jax", "jax.device_put")],
)
def test_data_on_a_gpu_are_a_device_error_that_says_what_to_do(kind, advice, counter, monkeypatch):
    producer = counter.producer(device=(2, 0), flags=0)
    found = {type(each).__name__.lower(): each for each, *_ in _kinds._FRAMEWORKS}[kind]
    reads_like = type(kind, (type(found),), {"read": lambda self, x, name, promote: sp.from_dlpack(x)})()
    monkeypatch.setattr(_kinds, "kind_of", lambda x: reads_like)
    with pytest.raises(sp.DeviceError) as caught:
        sp.fft.fft(producer)
    assert "cuda:0" in str(caught.value) and advice in str(caught.value)


@pytest.mark.parametrize("device", [(2, 0), (2, 1), (10, 0), (14, 0), (99, 3)])
def test_no_function_computes_on_a_device_that_is_not_there(device, counter):
    calls = {
        "fft": lambda x: sp.fft.fft(x),
        "fftshift": lambda x: sp.fft.fftshift(x),
        "eigh": lambda x: sp.linalg.eigh(x),
        "out": lambda x: sp.fft.fft(np.zeros((2, 2)), out=x),
    }
    for call in calls.values():
        with pytest.raises(sp.DeviceError, match="copy it to the CPU first"):
            call(counter.producer(device=device, shape=(2, 2), dtype=(5, 128, 1)))
    assert counter.freed == len(calls)


@pytest.mark.parametrize("device", [(3, 0), (11, 0), (13, 0)])
def test_host_readable_devices_are_computed_on_in_place(device, counter):
    data = np.arange(4.0)
    got = sp.fft.fft(counter.producer(device=device, data=data.ctypes.data))
    assert got.device == (1, 0)
    assert_close(got, np.fft.fft(data), "f8")


def test_a_producer_is_asked_once(counter):
    producer = Producer(counter.capsule())
    sp.fft.fft(producer)
    assert producer.capsule is None


def test_cupy_arrays_in_managed_memory_come_back_through_cupy(monkeypatch, counter):
    import types

    class ndarray:  # stands in for cupy.ndarray: managed memory that the CPU reads
        def __init__(self, capsule):
            self.capsule = capsule

        def __dlpack__(self, **request):
            return self.capsule

    stand_in = types.ModuleType("cupy")
    stand_in.ndarray, stand_in.asarray = ndarray, lambda host: ("on the GPU", host)
    monkeypatch.setitem(sys.modules, "cupy", stand_in)
    where, host = sp.fft.fft(ndarray(counter.capsule(device=(13, 0))))
    assert where == "on the GPU" and host.shape == (4,)
