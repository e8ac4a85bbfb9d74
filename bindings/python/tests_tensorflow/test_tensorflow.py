"""TensorFlow's eager tensors, both ways. `make test-all` runs this in a venv of its own."""

import gc

import numpy as np
import pytest
import tensorflow as tf
from support import assert_close

import spectrapack as sp

X = np.random.default_rng(0).standard_normal((4, 64))
DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "bfloat16"]
DTYPES += ["float32", "float64", "complex64", "complex128"]


def address(x):
    """Where TensorFlow keeps the elements; x.numpy() would be a copy."""
    return np.frombuffer(memoryview(x), "u1").ctypes.data


def to_tensorflow(tensor):
    return tf.experimental.dlpack.from_dlpack(tensor.__dlpack__())


@pytest.mark.parametrize("dtype", DTYPES)
def test_memory_is_shared_both_ways(dtype):
    x = tf.cast(tf.reshape(tf.range(12), (3, 4)), dtype)
    t = sp.from_dlpack(x)
    assert (t.dtype, t.shape, t.device, t.readonly) == (dtype, (3, 4), (1, 0), True)  # TensorFlow speaks legacy only
    assert dtype == "bfloat16" or t.data_ptr == address(x)  # Python's buffers have no bfloat16
    assert t.numpy().tolist() == x.numpy().tolist()
    ours = sp.from_dlpack(t, copy=True)
    back = to_tensorflow(ours)
    assert back.dtype == dtype and back.shape == (3, 4)
    assert dtype == "bfloat16" or address(back) == ours.data_ptr
    assert back.numpy().tolist() == x.numpy().tolist()


def test_capsules_of_tensorflow_are_taken():
    x = tf.constant(X)
    t = sp.from_dlpack(tf.experimental.dlpack.to_dlpack(x))
    assert np.array_equal(t.numpy(), X) and t.data_ptr == address(x)


def test_results_come_back_as_tensorflow_without_a_copy():
    result = sp.fft.fft(tf.constant(X))
    assert isinstance(result, tf.Tensor) and result.dtype == tf.complex128 and result.shape == (4, 64)
    assert address(result) % 256 == 0
    assert_close(result, np.fft.fft(X), "f8")
    assert_close(sp.fft.irfft(sp.fft.rfft(tf.constant(X))), X, "f8")
    square = tf.constant(X[:, :4] + X[:, :4].T)
    w, v = sp.linalg.eigh(square)
    assert isinstance(w, tf.Tensor) and isinstance(v, tf.Tensor)
    assert np.allclose(w, np.linalg.eigvalsh(square))
    assert np.allclose(square.numpy() @ v.numpy(), v.numpy() * w.numpy())
    shifted = sp.fft.fftshift(tf.range(5))
    assert isinstance(shifted, tf.Tensor) and shifted.numpy().tolist() == [3, 4, 0, 1, 2]


def test_results_agree_with_those_of_tensorflow():
    z = tf.constant(X[:, :32] + 1j * X[:, 32:])
    assert_close(sp.fft.fft(z), tf.signal.fft(z).numpy(), "f8")
    assert_close(sp.fft.ifft2(z), tf.signal.ifft2d(z).numpy(), "f8")


def test_memory_outlives_its_producer():
    x = tf.constant(X)
    t = sp.from_dlpack(x)
    del x
    gc.collect()
    assert np.array_equal(t.numpy(), X)
    ours = sp.fft.fft(t)
    back = to_tensorflow(ours)
    expected = ours.numpy().copy()
    del ours
    gc.collect()
    assert np.array_equal(back.numpy(), expected)


def test_empty_tensors_and_scalars_pass():
    for shape in ((), (0,), (3, 0), (1, 1)):
        x = tf.zeros(shape, tf.float32)
        t = sp.from_dlpack(x)
        assert t.shape == shape
        assert to_tensorflow(sp.from_dlpack(t, copy=True)).shape == shape


def test_layouts_that_tensorflow_lacks_are_refused_by_it_and_compact_copies_are_not():
    a = np.arange(12.0).reshape(3, 4)
    view = sp.from_dlpack(a.T)
    with pytest.raises((tf.errors.InvalidArgumentError, BufferError)):
        to_tensorflow(view)
    assert np.array_equal(tf.experimental.dlpack.from_dlpack(view.__dlpack__(copy=True)).numpy(), a.T)
    part = sp.from_dlpack(a[1:])  # an offset into memory, which TensorFlow takes since it is folded into the address
    assert np.array_equal(to_tensorflow(part).numpy(), a[1:])


def test_out_of_tensorflow_is_read_only():
    with pytest.raises(ValueError, match="out: read-only"):
        sp.fft.fft(X, out=tf.zeros((4, 64), tf.complex128))


def test_variables_are_taken():
    assert_close(sp.fft.fft(tf.Variable(X)), np.fft.fft(X), "f8")


def test_symbolic_tensors_are_refused_clearly():
    @tf.function
    def traced(x):
        return sp.fft.fft(x)

    with pytest.raises(TypeError, match="tensorflow.numpy_function"):
        traced(tf.constant(X))
    inside = tf.function(lambda x: tf.numpy_function(sp.fft.fft, [x], tf.complex128))
    assert_close(inside(tf.constant(X)), np.fft.fft(X), "f8")


def test_memory_stays_flat_over_many_exchanges():
    x = tf.constant(X)

    def resident_kib():
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def trips(times):
        for _ in range(times):
            sp.fft.fft(x)
            to_tensorflow(sp.from_dlpack(X[:1]))
        gc.collect()

    trips(500)
    before = resident_kib()
    trips(3000)
    assert resident_kib() - before < 1024
