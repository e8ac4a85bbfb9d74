"""The arguments of the transforms: n, s, axes, norm, out, workers, and what is refused."""

import array
import os

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from support import assert_close, sample, wide

import spectrapack as sp

X = sample((4, 6), "f8")


def test_arguments_are_positional_as_in_numpy():
    assert np.array_equal(sp.fft.fft(X, 5, 0, "ortho"), sp.fft.fft(X, n=5, axis=0, norm="ortho"))
    assert np.array_equal(sp.fft.fftn(X, (5,), (0,), "ortho"), sp.fft.fftn(X, s=(5,), axes=(0,), norm="ortho"))
    with pytest.raises(TypeError):
        sp.fft.fft(X, 5, 0, "ortho", np.empty((5, 6), "c16"))


def test_numpy_integers_are_integers():
    assert sp.fft.fft(X, np.int32(5), np.int64(0)).shape == (5, 6)
    assert sp.fft.fftn(X, np.array([5, 7]), np.array([1, 0])).shape == (7, 5)


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: sp.fft.fft(X, axis=2), sp.AxisError, "2 is out of range for an array of 2 dimensions"),
        (lambda: sp.fft.fft(X, axis=-3), sp.AxisError, "-3 is out of range"),
        (lambda: sp.fft.fft(X, axis=2**40), sp.AxisError, str(2**40)),
        (lambda: sp.fft.fft(np.float64(1)), sp.AxisError, "0 dimensions"),
        (lambda: sp.fft.rfft(np.array(1.0)), sp.AxisError, "0 dimensions"),
        (lambda: sp.fft.fftn(np.array(1.0)), sp.AxisError, "0 dimensions"),
        (lambda: sp.fft.fft2(np.zeros(3)), sp.AxisError, "-2 is out of range"),
        (lambda: sp.fft.fftn(X, axes=(0, 0)), ValueError, "twice"),
        (lambda: sp.fft.fftn(X, axes=(1, -1)), ValueError, "twice"),
        (lambda: sp.fft.fftn(X, axes=(0.5,)), TypeError, "axes"),
        (lambda: sp.fft.fftn(X, axes=0), TypeError, "axes"),
        (lambda: sp.fft.fft(X, 0), ValueError, "n: 0"),
        (lambda: sp.fft.fft(X, -1), ValueError, "n: -1"),
        (lambda: sp.fft.fft(X, 2.5), TypeError, "2.5"),
        (lambda: sp.fft.fft(X, 2**70), ValueError, "beyond 64 bits"),
        (lambda: sp.fft.fft(X, 2**62), ValueError, "out"),
        (lambda: sp.fft.fft(X, 2**47), MemoryError, "bytes"),
        (lambda: sp.fft.fft(np.zeros((3, 0))), ValueError, "x: shape[1] = 0"),
        (lambda: sp.fft.fftn(X, s=(0, 3)), ValueError, "s[0] = 0"),
        (lambda: sp.fft.fftn(X, s=(3, -2)), ValueError, "s[1] = -2"),
        (lambda: sp.fft.fftn(X, s=(3,), axes=(0, 1)), ValueError, "1 lengths for 2 axes"),
        (lambda: sp.fft.fftn(X, s=(3, 3, 3)), ValueError, "3 lengths"),
        (lambda: sp.fft.fftn(X, s=(None, 3)), TypeError, "s:"),
        (lambda: sp.fft.irfft(np.zeros((3, 1))), ValueError, "x: shape[1] = 1"),
        (lambda: sp.fft.hfft(np.zeros(1)), ValueError, "x: shape[0] = 1"),
        (lambda: sp.fft.rfftn(X, axes=()), ValueError, "at least one axis"),
        (lambda: sp.fft.irfftn(X, axes=()), ValueError, "at least one axis"),
        (lambda: sp.fft.fft(X, norm="unit"), ValueError, "norm: 'unit'"),
        (lambda: sp.fft.fft(X, norm=1), ValueError, "norm: 1"),
        (lambda: sp.fft.fft(X, norm=[]), ValueError, "norm: []"),
        (lambda: sp.fft.rfft(X * 1j), TypeError, "complex"),
        (lambda: sp.fft.ihfft(X * 1j), TypeError, "complex"),
        (lambda: sp.fft.fft(X, workers=0), ValueError, "workers: 0"),
        (lambda: sp.fft.fft(X, workers=-1000), ValueError, "workers: -1000"),
        (lambda: sp.fft.fft(X, workers=2**40), ValueError, "workers"),
        (lambda: sp.fft.fft(X, workers=1.5), TypeError, "float"),
        (lambda: sp.fft.fft(X, progress=3), TypeError, "progress: 3"),
    ],
)
def test_wrong_arguments_are_named_with_their_value(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "x, words",
    [
        ([1.0, 2.0], "numpy.asarray"),
        ((1.0, 2.0), "numpy.asarray"),
        (1.0, "numpy.asarray"),
        ("text", "numpy.asarray"),
        (None, "numpy.asarray"),
        (array.array("u", "ab"), "element type"),
        (np.zeros(3, ">f8"), "byte order"),
        (np.zeros(3, object), "object"),
        (np.zeros(3, "M8[s]"), "datetime64"),
        (np.zeros(3, "S4"), "S4"),
        (np.zeros(3, [("a", "f8")]), "dtype"),
        (np.zeros(3, "longdouble"), "float128"),
        (np.zeros(3, "clongdouble"), "complex256"),
        (np.ma.zeros(3), "masked"),
        (np.zeros(3).astype(jnp.int4), "int4"),
        (jnp.zeros(3, jnp.float8_e5m2), "float8"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
@pytest.mark.parametrize("call", [sp.fft.fft, sp.fft.fftn, sp.linalg.eigvalsh], ids=lambda f: f.__name__)
def test_what_is_no_array_of_numbers_is_a_type_error(x, words, call):
    with pytest.raises(TypeError) as caught:
        call(x)
    assert words in str(caught.value) or "dtype code 12" in str(caught.value)


def test_errors_are_those_that_users_of_numpy_catch():
    assert issubclass(sp.AxisError, ValueError) and issubclass(sp.AxisError, IndexError)
    assert all(issubclass(sp.DeviceError, base) for base in (RuntimeError, TypeError, BufferError))
    assert issubclass(sp.LinAlgError, ValueError) and issubclass(sp.LinAlgError, RuntimeError)
    assert issubclass(sp.CancelledError, RuntimeError)


def outputs(shape, dtype):
    """Outputs of every kind that can be written to, with a way to look at them."""
    yield np.zeros(shape, dtype)
    yield np.zeros(shape[::-1], dtype).T
    yield np.zeros((shape[0], 2 * shape[1]), dtype)[:, ::-2]
    yield torch.zeros(shape, dtype=getattr(torch, np.dtype(dtype).name))
    yield sp.from_dlpack(np.zeros(shape, dtype))


def test_out_of_any_kind_and_layout_is_written_and_returned_itself():
    for out in outputs((4, 6), "c16"):
        assert sp.fft.fft(X, out=out) is out
        assert_close(out, np.fft.fft(X), "f8")
    for out in outputs((4, 4), "c16"):
        assert sp.fft.rfft(torch.from_numpy(X), out=out) is out
        assert_close(out, np.fft.rfft(X), "f8")
    for out in outputs((4, 10), "f8"):
        assert sp.fft.irfft(X, out=out) is out
        assert_close(out, np.fft.irfft(X), "f8")
    for out in outputs((4, 6), "c16"):
        assert sp.fft.fftn(X, axes=(), out=out) is out
        assert_close(out, X.astype("c16"), "f8")


def test_out_may_be_the_input_itself():
    x = sample((5, 8), "c16")
    expected = np.fft.fft(x, axis=0)
    assert sp.fft.fft(x, axis=0, out=x) is x
    assert_close(x, expected, "f8")
    t = torch.from_numpy(x.copy())
    assert sp.fft.ifft(t, axis=0, out=t, overwrite_x=True) is t
    assert_close(t, np.fft.ifft(x, axis=0), "f8")


def test_integers_compute_in_the_precision_of_out():
    x = np.arange(12).reshape(3, 4)
    out = np.empty((3, 4), "c8")
    sp.fft.fft(x, out=out)
    assert_close(out, np.fft.fft(x), "f4")
    wide_out = torch.empty((3, 4), dtype=torch.complex128)
    sp.fft.fft(torch.from_numpy(x), out=wide_out)
    assert_close(wide_out, np.fft.fft(x), "f8")


def test_out_that_does_not_fit_is_refused_and_untouched():
    frozen = np.zeros((4, 6), "c16")
    frozen.flags.writeable = False
    base = np.zeros(100, "c16")
    shared = sample((4, 6), "c16")
    conjugate = torch.zeros((4, 6), dtype=torch.complex128).conj()
    negative = torch.zeros((4, 5), dtype=torch.complex128).conj().imag
    for x, out, error, words in [
        (X, np.zeros((4, 5), "c16"), ValueError, "[4, 5]"),
        (X, np.zeros(24, "c16"), ValueError, "[24]"),
        (X, np.zeros((4, 6)), TypeError, "float64"),
        (X, np.zeros((4, 6), "c8"), TypeError, "complex64"),
        (X, np.zeros((4, 6), object), TypeError, "object"),
        (X, np.zeros((4, 6), ">c16"), TypeError, "byte order"),
        (X, frozen, ValueError, "out: read-only"),
        (X, sp.from_dlpack(frozen), ValueError, "out: read-only"),
        (X, jnp.zeros((4, 6), "c8"), ValueError, "out: read-only"),
        (X, np.broadcast_to(base[0], (4, 6)), ValueError, "out: read-only"),
        (X, np.lib.stride_tricks.as_strided(base, (4, 6), (0, 16)), ValueError, "stride"),
        (X, np.lib.stride_tricks.as_strided(base, (4, 6), (16, 16)), ValueError, "out"),
        (X, torch.zeros((1, 6), dtype=torch.complex128).expand(4, 6), ValueError, "stride"),
        (shared[:, :5], shared[:, 1:], ValueError, "out"),
        (X, conjugate, ValueError, "conjugate"),
        (X, torch.zeros((4, 6), dtype=torch.complex128, requires_grad=True), BufferError, "detach"),
        (X, np.complex128(0), TypeError, "no array"),
        (X, [0j], TypeError, "numpy.asarray"),
        (X, 7, TypeError, "out"),
    ]:
        before = str(out)
        with pytest.raises(error) as caught:
            sp.fft.fft(x, out=out)
        assert words in str(caught.value), str(caught.value)
        assert str(out) == before
    assert negative.is_neg()
    with pytest.raises(ValueError, match="negative"):
        sp.fft.irfft(np.zeros((4, 3)), 5, out=negative)


@pytest.mark.parametrize("workers", [1, 2, 7, -1, -len(os.sched_getaffinity(0))])
def test_any_number_of_workers_gives_the_same_values(workers):
    x = sample((64, 512), "f8")
    assert np.array_equal(sp.fft.fft(x, workers=workers), sp.fft.fft(x, workers=1))
    assert np.array_equal(wide(sp.fft.fft(x, workers=np.int64(1))), sp.fft.fft(x))


def test_minus_one_in_s_is_the_extent_of_x_also_for_the_half_axis():
    x = np.ones((3, 4, 5))
    for s in ((-1, -1), (6, -1), (-1, 6)):
        np.testing.assert_allclose(sp.fft.irfftn(x, s, (1, 2)), np.fft.irfftn(x, s, (1, 2)), atol=1e-14)
    assert sp.fft.irfftn(x, (-1, -1), (1, 2)).shape == (3, 4, 5)
