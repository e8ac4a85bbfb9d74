"""from_dlpack, Tensor and its exports: no copies, flags, what each request gives, and what is refused."""

import copy
import ctypes

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from support import DTYPES, Producer, sample

import spectrapack as sp
from spectrapack import _lib

READ_ONLY, COPIED = 1, 2


def look(capsule):
    """The managed tensor in a capsule, which stays in it and lives as long as the answer."""
    versioned = "dltensor_versioned" in repr(capsule)
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    address = get(capsule, b"dltensor_versioned" if versioned else b"dltensor")
    managed = (_lib.DLManagedTensorVersioned if versioned else _lib.DLManagedTensor).from_address(address)
    managed.capsule = capsule
    return managed


@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_memory_is_shared_both_ways(dtype):
    a = sample((3, 4), dtype)
    t = sp.from_dlpack(a)
    b = t.numpy()
    assert t.data_ptr == a.ctypes.data == b.ctypes.data
    assert t.dtype == dtype and b.dtype == a.dtype and b.flags.writeable
    a[1, 2] = 1
    assert b[1, 2] == 1
    b[2, 3] = 0
    assert a[2, 3] == 0
    assert np.dtype(t.dtype) == a.dtype


def test_torch_memory_is_shared_both_ways():
    a = torch.arange(6.0).reshape(2, 3)
    t = sp.from_dlpack(a)
    b = torch.from_dlpack(t)
    assert t.data_ptr == a.data_ptr() == b.data_ptr()
    a[0, 1] = 50
    b[1, 2] = 70
    assert t.numpy()[0, 1] == 50 and a[1, 2] == 70


def test_jax_memory_is_shared_both_ways():
    a = jnp.arange(64.0)
    t = sp.from_dlpack(a)
    assert t.data_ptr == a.unsafe_buffer_pointer() and t.readonly
    result = sp.fft.fft(sp.from_dlpack(np.ones(64, "f4")))
    assert jax.dlpack.from_dlpack(result).unsafe_buffer_pointer() == result.data_ptr


def test_results_reach_torch_and_numpy_without_a_copy():
    result = sp.fft.fft(sp.from_dlpack(np.ones(8)))
    as_torch, as_numpy = torch.from_dlpack(result), np.from_dlpack(result)
    assert as_torch.data_ptr() == as_numpy.ctypes.data == result.data_ptr
    as_torch[3] = 7
    assert as_numpy[3] == 7 and as_numpy.flags.writeable


LAYOUTS = [
    lambda a: a,
    lambda a: a.T,
    lambda a: a[::-1, ::2],
    lambda a: a[2:, 1:3],
    lambda a: np.broadcast_to(a[0], (3, 6)),
    lambda a: a[0, 0],
    lambda a: a[:0],
    lambda a: a[:, :1],
    lambda a: a[None, :, None, :],
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_shape_strides_and_sizes_are_those_of_the_array(layout):
    a = np.asarray(layout(np.arange(24.0).reshape(4, 6)))
    t = sp.from_dlpack(a)
    assert (t.shape, t.ndim, t.size, t.nbytes) == (a.shape, a.ndim, a.size, a.nbytes)
    if a.size:
        assert t.data_ptr == a.ctypes.data
        assert [s for s, n in zip(t.strides, t.shape) if n > 1] == [s // 8 for s, n in zip(a.strides, a.shape) if n > 1]
    else:
        assert t.data_ptr == 0
    assert t.readonly == (not a.flags.writeable)
    assert np.array_equal(t.numpy(), a) and np.array_equal(np.asarray(t), a)
    assert np.array_equal(sp.from_dlpack(a, copy=True).numpy(), a)


def test_byte_offsets_are_folded_into_the_address(counter):
    t = sp.from_dlpack(counter.producer(shape=(2,), byte_offset=24, data=(start := np.arange(8.0)).ctypes.data))
    assert t.data_ptr == start.ctypes.data + 24 and np.array_equal(t.numpy(), [3.0, 4.0])
    assert look(t.__dlpack__()).dl_tensor.byte_offset == 0


def test_missing_strides_are_compact(counter):
    assert sp.from_dlpack(counter.producer(shape=(2, 3, 4), strides=None)).strides == (12, 4, 1)


def test_read_only_arrays_stay_read_only():
    a = np.arange(3.0)
    a.flags.writeable = False
    t = sp.from_dlpack(a)
    assert t.readonly and not t.numpy().flags.writeable and "readonly=True" in repr(t)
    assert look(t.__dlpack__(max_version=(1, 0))).flags == READ_ONLY
    with pytest.raises(BufferError, match="read-only"):
        t.__dlpack__()
    writable = t.__dlpack__(copy=True)
    assert "dltensor_versioned" not in repr(writable)
    assert not sp.from_dlpack(a, copy=True).readonly


def test_legacy_capsules_come_in_read_only(counter):
    t = sp.from_dlpack(counter.capsule(legacy=True))
    assert t.readonly


def test_max_version_decides_between_legacy_and_versioned():
    t = sp.from_dlpack(np.arange(4.0))
    for request in (None, (0, 8)):
        assert 'capsule object "dltensor"' in repr(t.__dlpack__(max_version=request))
    for request in ((1, 0), (1, 3), (2, 0)):
        capsule = t.__dlpack__(max_version=request)
        assert 'capsule object "dltensor_versioned"' in repr(capsule)
        assert (look(capsule).version.major, look(capsule).flags) == (1, 0)
    legacy = look(t.__dlpack__())
    assert (legacy.dl_tensor.data, legacy.dl_tensor.ndim, legacy.dl_tensor.strides[0]) == (t.data_ptr, 1, 1)
    assert legacy.deleter


def test_copy_requests_are_honoured_and_flagged():
    a = np.arange(4.0)
    t = sp.from_dlpack(a)
    copied = look(t.__dlpack__(max_version=(1, 0), copy=True))
    assert copied.flags == COPIED and copied.dl_tensor.data != t.data_ptr
    for no_copy in (None, False):
        assert look(t.__dlpack__(max_version=(1, 0), copy=no_copy)).dl_tensor.data == t.data_ptr
    c = sp.from_dlpack(a, copy=True)
    assert c.data_ptr != a.ctypes.data and np.array_equal(c.numpy(), a)
    assert sp.from_dlpack(a, copy=False).data_ptr == a.ctypes.data


def test_a_copy_that_is_shared_later_does_not_say_that_it_is_nobody_elses():
    c = sp.from_dlpack(np.arange(4.0), copy=True)
    assert look(c.__dlpack__(max_version=(1, 0))).flags == 0
    assert sp.from_dlpack(c, copy=True).data_ptr != c.data_ptr


def test_streams_on_the_cpu_are_none():
    t = sp.from_dlpack(np.arange(4.0))
    for stream in (0, 1, 2, -1):
        with pytest.raises(BufferError, match="stream"):
            t.__dlpack__(stream=stream)
    t.__dlpack__(stream=None)


def test_dl_device_is_the_cpu_or_refused():
    t = sp.from_dlpack(np.arange(4.0))
    assert t.__dlpack_device__() == (1, 0)
    t.__dlpack__(dl_device=(1, 0), copy=False)
    for device in ((2, 0), (1, 1), (14, 0)):
        with pytest.raises(BufferError, match="dl_device"):
            t.__dlpack__(dl_device=device)


def test_tensors_on_foreign_devices_pass_through_and_say_what_to_do(counter):
    for device, name in [((2, 0), "cuda:0"), ((10, 1), "rocm:1"), ((14, 0), "oneapi:0"), ((77, 2), "device type 77:2")]:
        t = sp.from_dlpack(counter.producer(device=device, data=4096))
        assert t.device == t.__dlpack_device__() == device and name in repr(t)
        assert look(t.__dlpack__(max_version=(1, 0))).dl_tensor.data == 4096
        with pytest.raises(sp.DeviceError, match=r"\.cpu\(\)"):
            t.numpy()
        with pytest.raises(sp.DeviceError, match=r"\.cpu\(\)"):
            np.asarray(t)
        for leave in (sp.Tensor.cpu, lambda t: t.to("cpu"), lambda t: t.__dlpack__(copy=True)):
            with pytest.raises(sp.DeviceError):
                leave(t)
        with pytest.raises(sp.DeviceError):
            t.__dlpack__(dl_device=(1, 0))
        with pytest.raises(BufferError):
            t.__dlpack__(dl_device=(1, 0), copy=False)


def test_the_producer_is_asked_to_leave_its_device():
    asked = {}

    class OnGpu(Producer):
        def __dlpack__(self, **request):
            asked.update(request)
            return np.arange(3.0).__dlpack__(max_version=(1, 0))

    t = sp.from_dlpack(OnGpu(None, device=(2, 0)), device="cpu")
    assert asked["dl_device"] == (1, 0) and t.device == (1, 0) and np.array_equal(t.numpy(), np.arange(3.0))


def test_device_moves_or_says_that_it_cannot(counter):
    a = np.arange(3.0)
    for device in ("cpu", (1, 0), torch.device("cpu"), "auto", None):
        assert sp.from_dlpack(a, device=device).data_ptr == a.ctypes.data
        assert sp.from_dlpack(a).to(device).data_ptr == a.ctypes.data
    for device in ("cuda", "cuda:1", (2, 0), "rocm:0"):
        with pytest.raises(sp.DeviceError):
            sp.from_dlpack(a, device=device)
        with pytest.raises(BufferError):
            sp.from_dlpack(a, device=device, copy=False)
    for device in ("gpx", "cuda:-1", "cuda:", 2, (1, 2, 3), 1.5, "auto:0", (0, 0), (1, -1), (2**40, 0)):
        with pytest.raises(sp.DeviceError, match="device"):
            sp.from_dlpack(a, device=device)
    with pytest.raises(sp.DeviceError):
        sp.from_dlpack(counter.capsule(device=(2, 0)), device="cpu")


@pytest.mark.parametrize("device", [(1, 5), (3, 0), (11, 0), (13, 0)])
def test_a_copy_lives_on_the_device_that_was_asked_for_or_is_refused(device, counter):
    try:
        moved = sp.from_dlpack(np.arange(3.0), device=device)
    except sp.DeviceError:
        return
    assert moved.device == device


def test_pinned_and_managed_memory_is_read_where_it_is(counter):
    a = np.arange(3.0)
    for device in ((3, 0), (11, 0), (13, 1)):
        t = sp.from_dlpack(counter.producer(device=device, shape=(3,), data=a.ctypes.data))
        assert t.cpu() is t and t.numpy().ctypes.data == a.ctypes.data
        moved = t.to("cpu")
        assert moved.device == (1, 0) and moved.data_ptr != t.data_ptr and np.array_equal(moved.numpy(), a)


def test_element_types_that_numpy_lacks_pass_through():
    x = torch.arange(4, dtype=torch.bfloat16)
    t = sp.from_dlpack(x)
    assert t.dtype == "bfloat16" and t.data_ptr == x.data_ptr() and torch.equal(torch.from_dlpack(t), x)
    y = jnp.zeros(4, jnp.float8_e4m3fn)
    assert sp.from_dlpack(y).dtype == "float8_e4m3fn"


@pytest.mark.parametrize(
    "dtype, name",
    [
        ((0, 8, 1), "int8"), ((1, 64, 1), "uint64"), ((2, 16, 1), "float16"), ((3, 64, 1), "opaque64"),
        ((4, 16, 1), "bfloat16"), ((5, 64, 1), "complex64"), ((6, 8, 1), "bool"), ((7, 8, 1), "float8_e3m4"),
        ((12, 8, 1), "float8_e5m2"), ((17, 8, 1), "float4_e2m1fn"), ((2, 32, 4), "float32x4"),
        ((200, 24, 1), "code200_24"),
    ],
)  # fmt: skip
def test_every_type_code_passes_through_and_has_a_name(dtype, name, counter):
    t = sp.from_dlpack(counter.producer(shape=(3, 2), dtype=dtype))
    assert t.dtype == name and t.nbytes == (6 * dtype[1] * dtype[2] + 7) // 8
    back = look(t.__dlpack__(max_version=(1, 0))).dl_tensor.dtype
    assert (back.code, back.bits, back.lanes) == dtype


def test_what_speaks_no_dlpack_is_a_type_error():
    for x in ([1.0], 3, None, "text", object()):
        with pytest.raises(TypeError, match="asarray"):
            sp.from_dlpack(x)


def test_capsules_are_taken_directly_and_only_once():
    capsule = np.arange(3.0).__dlpack__(max_version=(1, 0))
    assert np.array_equal(sp.from_dlpack(capsule).numpy(), np.arange(3.0))
    with pytest.raises(BufferError, match="used_dltensor_versioned.*consumed before"):
        sp.from_dlpack(capsule)
    legacy = np.arange(3.0).__dlpack__()
    sp.from_dlpack(legacy)
    with pytest.raises(BufferError, match="consumed before"):
        sp.from_dlpack(legacy)


def test_foreign_capsules_and_other_objects_are_refused():
    import datetime

    with pytest.raises(BufferError, match="datetime_CAPI"):
        sp.from_dlpack(datetime.datetime_CAPI)
    with pytest.raises(BufferError, match="no DLPack capsule"):
        sp.from_dlpack(sp.from_dlpack(np.zeros(1))._owner)
    for nonsense in (None, 3, [], object()):
        with pytest.raises(TypeError, match="capsule"):
            sp.from_dlpack(Producer(nonsense))


def test_a_capsule_of_ours_is_taken_by_one_consumer_only():
    t = sp.from_dlpack(np.arange(3.0))
    producer = Producer(t.__dlpack__(max_version=(1, 0)))
    capsule = producer.capsule
    np.from_dlpack(producer)
    with pytest.raises(BufferError, match="consumed before"):
        sp.from_dlpack(capsule)


def test_len_array_and_repr():
    t = sp.from_dlpack(np.arange(6.0).reshape(2, 3))
    assert len(t) == 2
    assert repr(t) == "spectrapack.Tensor(shape=(2, 3), dtype='float64', device='cpu')"
    with pytest.raises(TypeError, match="0 dimensions"):
        len(sp.from_dlpack(np.array(1.0)))
    assert np.shares_memory(np.asarray(t), t.numpy())
    assert np.asarray(t, dtype="f4").dtype == np.float32
    assert not np.shares_memory(np.array(t, copy=True), t.numpy())
    assert np.array(t, copy=False).ctypes.data == t.data_ptr
    with pytest.raises(ValueError):
        np.array(t, dtype="f4", copy=False)
    assert np.array_equal(np.add(t, 1), np.arange(1.0, 7).reshape(2, 3))


def test_tensors_are_made_by_from_dlpack_only_and_cannot_be_changed():
    with pytest.raises(TypeError, match="from_dlpack"):
        sp.Tensor()
    t = sp.from_dlpack(np.arange(3.0))
    for name in ("shape", "dtype", "data_ptr", "anything"):
        with pytest.raises(AttributeError):
            setattr(t, name, 1)
    twin = copy.copy(t)
    assert twin.data_ptr == t.data_ptr and twin.shape == t.shape


def test_a_tensor_of_ours_goes_through_from_dlpack_again():
    t = sp.from_dlpack(np.arange(3.0))
    again = sp.from_dlpack(t)
    address = t.data_ptr
    del t
    assert again.data_ptr == address and np.array_equal(again.numpy(), np.arange(3.0))
