"""Bad input at the C surface as Python reaches it: each has its status and a message with the argument and value."""

from ctypes import addressof, byref, c_int32, c_int64, c_size_t, c_void_p, create_string_buffer, memmove, sizeof

import numpy as np
import pytest

import spectrapack as sp
from spectrapack import _lib
from spectrapack._lib import lib, spk_eigh_desc, spk_exec, spk_fft_desc


def message():
    return _lib.text(lib.spk_last_error)


def fft_desc(axes=(0,), lengths=(-1,), **fields):
    desc = spk_fft_desc(
        sizeof(spk_fft_desc), naxes=len(axes), axes=(c_int32 * 9)(*axes), lengths=(c_int64 * 9)(*lengths)
    )
    for name, value in fields.items():
        setattr(desc, name, value)
    return desc


def eigh_desc(**fields):
    return spk_eigh_desc(**({"struct_size": sizeof(spk_eigh_desc)} | fields))


def resources(**fields):
    return spk_exec(**({"struct_size": sizeof(spk_exec)} | fields))


def longer(struct, extra):
    """The same struct as a newer header might have it, with `extra` after what is known."""
    struct.struct_size = sizeof(struct) + len(extra)
    buffer = create_string_buffer(struct.struct_size)
    memmove(buffer, byref(struct), sizeof(struct))
    memmove(addressof(buffer) + sizeof(struct), extra, len(extra))
    return buffer


def run_fft(tensor, desc, exec_=None, out=None):
    """spk_fft_new, or spk_fft when there is an output; a result is released."""
    if out is not None:
        return lib.spk_fft(byref(tensor), byref(desc), exec_ and byref(exec_), byref(out))
    made = c_void_p(1)
    status = lib.spk_fft_new(tensor and byref(tensor), desc and byref(desc), exec_ and byref(exec_), byref(made))
    if status:
        assert made.value is None
    lib.spk_tensor_release(made)
    return status


def run_eigh(tensor, desc=None, exec_=None):
    w = c_void_p(1)
    status = lib.spk_eigh_new(byref(tensor), desc and byref(desc), exec_ and byref(exec_), byref(w), None)
    if status:
        assert w.value is None
    lib.spk_tensor_release(w)
    return status


@pytest.mark.parametrize(
    "tensor, status, words",
    [
        ({"ndim": -1}, 10, "-1"),
        ({"shape": (1,) * 65}, 10, "65"),
        ({"shape": (-3,)}, 11, "-3"),
        ({"shape": (2**40, 2**40)}, 11, "shape"),
        ({"shape": (2**62,)}, 11, "shape"),
        ({"shape": (3, 3), "strides": (2**62, 2**62)}, 12, "stride"),
        ({"shape": (3,), "strides": (-(2**63),)}, 12, "stride"),
        ({"dtype": (99, 64, 1)}, 14, "99"),
        ({"dtype": (3, 64, 1)}, 14, "opaque"),
        ({"dtype": (2, 64, 2)}, 14, "2 lanes"),
        ({"dtype": (2, 64, 0)}, 14, "lanes"),
        ({"dtype": (2, 0, 1)}, 14, "bits"),
        ({"dtype": (2, 128, 1)}, 14, "float128"),
        ({"dtype": (5, 32, 1)}, 14, "complex32"),
        ({"dtype": (0, 4, 1)}, 14, "int4"),
        ({"dtype": (17, 4, 1)}, 14, "17"),
        ({"dtype": (8, 8, 1)}, 14, "8"),
        ({"data": 0}, 1, "data"),
        ({"device": (2, 0)}, 80, "cuda:0"),
        ({"device": (10, 0)}, 31, "rocm:0"),
        ({"device": (0, 0)}, 31, "0"),
        ({"device": (-1, 0)}, 31, "-1"),
    ],
)
@pytest.mark.parametrize("run", [run_fft, run_eigh], ids=["fft", "eigh"])
def test_bad_tensors(run, tensor, status, words, counter):
    if run is run_eigh and "shape" not in tensor and "ndim" not in tensor:
        tensor = tensor | {"shape": (3, 3)}
    bad = counter.dltensor(**tensor)
    assert (run(bad, fft_desc()) if run is run_fft else run(bad)) == status
    assert words in message(), message()


@pytest.mark.parametrize(
    "desc, status, words",
    [
        (fft_desc(struct_size=0), 3, "struct_size = 0"),
        (fft_desc(struct_size=39), 3, "struct_size = 39"),
        (fft_desc(struct_size=2**32 - 1), 3, "struct_size"),
        (fft_desc(kind=3), 2, "kind = 3"),
        (fft_desc(direction=-1), 2, "direction = -1"),
        (fft_desc(norm=3), 2, "norm = 3"),
        (fft_desc(flags=2), 2, "flags"),
        (fft_desc(naxes=-1), 13, "naxes = -1"),
        (fft_desc(naxes=65), 13, "naxes = 65"),
        (fft_desc(axes=(0, 0), lengths=(-1, -1)), 13, "axes[1] = 0"),
        (fft_desc(axes=(1,)), 13, "axes[0] = 1"),
        (fft_desc(axes=(-2,)), 13, "axes[0] = -2"),
        (fft_desc(lengths=(0,)), 11, "lengths[0] = 0"),
        (fft_desc(lengths=(-2,)), 11, "lengths[0] = -2"),
        (fft_desc(lengths=(2**47,)), 50, "bytes"),
        (fft_desc(lengths=(2**62,)), 11, "shape"),
        (None, 1, "desc"),
    ],
)
def test_bad_transforms(desc, status, words, counter):
    assert run_fft(counter.dltensor(), desc) == status
    assert words in message(), message()


@pytest.mark.parametrize(
    "desc, status, words",
    [
        (eigh_desc(struct_size=1), 3, "struct_size = 1"),
        (eigh_desc(uplo=2), 2, "uplo = 2"),
        (eigh_desc(range=3), 2, "range = 3"),
        (eigh_desc(structure=6), 2, "structure = 6"),
        (eigh_desc(structure=3), 31, "structure = 3"),
        (eigh_desc(flags=4), 2, "flags"),
        (eigh_desc(zero=1), 2, "zero = 1"),
        (eigh_desc(range=1, index_low=-1), 2, "index_low = -1"),
        (eigh_desc(range=1, index_low=0, index_high=3), 2, "index_high = 3"),
        (eigh_desc(range=2, value_low=1.0, value_high=0.0), 2, "value_low = 1"),
    ],
)
def test_bad_solves(desc, status, words, counter):
    assert run_eigh(counter.dltensor(shape=(3, 3)), desc) == status
    assert words in message(), message()


@pytest.mark.parametrize(
    "exec_, status, words",
    [
        (resources(struct_size=8), 3, "struct_size = 8"),
        (resources(threads=-1), 2, "threads = -1"),
        (resources(stream=1), 2, "stream"),
        (resources(scratch_size=64), 1, "scratch"),
        (resources(scratch=addressof(scratch := create_string_buffer(1)), scratch_size=1), 51, "scratch"),
    ],
)
def test_bad_resources(exec_, status, words, counter):
    assert run_fft(counter.dltensor(shape=(499,)), fft_desc(), exec_) == status
    assert words in message(), message()


@pytest.mark.parametrize("make", [fft_desc, eigh_desc, resources])
def test_a_larger_struct_passes_when_what_is_not_known_is_zero(make, counter):
    def run(struct):
        if make is eigh_desc:
            return run_eigh(counter.dltensor(shape=(3, 3)), struct)
        if make is resources:
            return run_fft(counter.dltensor(), fft_desc(), struct)
        return run_fft(counter.dltensor(), struct)

    assert run(longer(make(), bytes(16))) == 0
    assert run(longer(make(), bytes(15) + b"\1")) == 3
    assert "byte" in message()


def test_null_arguments_are_named():
    desc = fft_desc()
    for call, words in [
        (lambda: lib.spk_fft_new(None, byref(desc), None, byref(c_void_p())), "in"),
        (lambda: lib.spk_fft(None, byref(desc), None, None), "in"),
        (lambda: lib.spk_eigh(None, None, None, None, None, None), "a"),
        (lambda: lib.spk_eigh_new(None, None, None, byref(c_void_p()), None), "a"),
        (lambda: lib.spk_tensor_take(None, byref(c_void_p())), "foreign"),
        (lambda: lib.spk_tensor_take_legacy(None, 0, byref(c_void_p())), "legacy"),
        (lambda: lib.spk_tensor_to_legacy(None, byref(c_void_p())), "tensor"),
        (lambda: lib.spk_tensor_wrap(None, None, None, 0, byref(c_void_p())), "tensor"),
        (lambda: lib.spk_tensor_empty(None, byref(c_void_p())), "prototype"),
        (lambda: lib.spk_tensor_copy(None, 0, 0, None, byref(c_void_p())), "in"),
        (lambda: lib.spk_tensor_copy_into(None, None, None), "in"),
        (lambda: lib.spk_tensor_view(None, 0, None, None, 0, byref(c_void_p())), "parent"),
        (lambda: lib.spk_tensor_retain(None), "tensor"),
        (lambda: lib.spk_tensor_check(None), "tensor"),
        (lambda: lib.spk_tensor_check_managed(None, 0), "tensor"),
        (lambda: lib.spk_device_count(1, None), "out_count"),
        (lambda: lib.spk_fft_plan_execute(None, None, None, None), "plan"),
        (lambda: lib.spk_fft_plan_scratch_size(None, None, byref(c_size_t())), "plan"),
    ]:
        assert call() == 1
        assert message().startswith(words), message()
    lib.spk_tensor_release(None)
    lib.spk_fft_plan_destroy(None)


def test_null_result_slots_are_named(counter):
    tensor, desc = counter.dltensor(), fft_desc()
    for call, words in [
        (lambda: lib.spk_fft_new(byref(tensor), byref(desc), None, None), "out"),
        (lambda: lib.spk_eigh_new(byref(tensor), None, None, None, None), "w"),
        (lambda: lib.spk_tensor_wrap(byref(tensor), None, None, 0, None), "out"),
        (lambda: lib.spk_tensor_empty(byref(tensor), None), "out"),
        (lambda: lib.spk_tensor_copy(byref(tensor), 0, 0, None, None), "out"),
    ]:
        assert call() == 1
        assert message().startswith(words), message()


def test_a_refused_wrap_does_not_free(counter):
    made = c_void_p()
    free = counter.free.counter_free
    for tensor, flags, status in [({"shape": (-1,)}, 0, 11), ({}, 8, 2), ({"ndim": -2}, 0, 10)]:
        assert lib.spk_tensor_wrap(byref(counter.dltensor(**tensor)), free, None, flags, byref(made)) == status
        assert made.value is None and counter.freed == 0
    assert lib.spk_tensor_wrap(byref(counter.dltensor()), free, None, 0, byref(made)) == 0
    lib.spk_tensor_release(made)
    assert counter.freed == 1


def test_a_wrapped_tensor_on_a_gpu_is_passed_on_but_not_computed_with(counter):
    made = c_void_p()
    fake = counter.dltensor(device=(2, 0), data=2**40, shape=(4, 4))
    assert lib.spk_tensor_wrap(byref(fake), counter.free.counter_free, None, 0, byref(made)) == 0
    t = sp.from_dlpack(_lib.pylib.spk_py_capsule_new(made, _lib.SPK_PY_VERSIONED))
    assert (t.device, t.data_ptr, t.shape) == ((2, 0), 2**40, (4, 4))
    for call in (sp.fft.fft, sp.fft.fftshift, sp.linalg.eigh, sp.Tensor.numpy, np.asarray):
        with pytest.raises(sp.DeviceError, match=r"cuda:0.*\.cpu\(\)"):
            call(t)
    with pytest.raises(sp.DeviceError):
        t.cpu()
    del t
    assert counter.freed == 1


def test_views_must_stay_inside_their_parent():
    t = sp.from_dlpack(np.arange(12.0).reshape(3, 4)[:, ::-1])
    assert np.array_equal(t._view((3, 4), t.strides).numpy(), t.numpy())
    for shape, strides, offset in [((13,), (1,), 0), ((1,), (1,), 9), ((3, 4), (4, 1), 0), ((2,), (-100,), 0)]:
        with pytest.raises(ValueError):
            t._view(shape, strides, offset)


def test_foreign_tensors_must_be_taken_before_they_are_retained_or_viewed(counter):
    capsule = counter.capsule()
    form = c_int32()
    address = _lib.pylib.spk_py_capsule_consume(capsule, byref(form))
    assert lib.spk_tensor_retain(address) == 2
    assert lib.spk_tensor_view(address, 0, None, None, 0, byref(c_void_p())) == 2
    lib.spk_tensor_release(address)
    assert counter.freed == 1


def test_an_unknown_status_still_has_a_name():
    assert lib.spk_status_name(0) == b"SPK_OK" and lib.spk_status_name(12) == b"SPK_BAD_STRIDES"
    assert lib.spk_status_name(-7) == lib.spk_status_name(1000) == b"SPK_UNKNOWN_STATUS"
