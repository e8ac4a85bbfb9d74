"""fftfreq, rfftfreq, fftshift, ifftshift, next_fast_len."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.fft
import torch
from support import sample

import spectrapack as sp


@pytest.mark.parametrize("name", ["fftfreq", "rfftfreq"])
def test_frequencies_are_those_of_numpy_to_the_bit(name):
    for n in (1, 2, 3, 4, 5, 10, 101):
        for d in (1.0, 0.5, 0.1, 3, -2.0):
            got = getattr(sp.fft, name)(n, d)
            assert isinstance(got, sp.Tensor) and got.dtype == "float64"
            assert np.array_equal(got.numpy(), getattr(np.fft, name)(n, d))


def test_like_names_the_kind_of_the_frequencies():
    assert isinstance(sp.fft.fftfreq(4, like=np.zeros(1, object)), np.ndarray)
    assert isinstance(sp.fft.rfftfreq(4, like=torch.zeros(1)), torch.Tensor)
    assert isinstance(sp.fft.fftfreq(4, like=jnp.zeros(1)), type(jnp.zeros(1)))
    assert isinstance(sp.fft.fftfreq(np.int8(4), like=sp.fft.fftfreq(3)), sp.Tensor)


@pytest.mark.parametrize(
    "n, d, error", [(0, 1.0, ValueError), (-3, 1.0, ValueError), (2.5, 1.0, TypeError), (4, 0, ValueError)]
)
def test_frequencies_refuse_what_is_no_grid(n, d, error):
    with pytest.raises(error):
        sp.fft.fftfreq(n, d)
    with pytest.raises(error):
        sp.fft.rfftfreq(n, d)


@pytest.mark.parametrize("dtype", ["bool", "i1", "u2", "f2", "f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("name", ["fftshift", "ifftshift"])
def test_shifts_agree_with_numpy_for_any_element_type_and_layout(name, dtype):
    ours, reference = getattr(sp.fft, name), getattr(np.fft, name)
    for shape in [(1,), (2,), (5,), (4, 5), (3, 1, 6), (0, 4), (2, 3, 4, 5)]:
        x = sample(shape, dtype)
        for y in (x, x.T, x[..., ::-1]):
            for axes in [None, (), *range(y.ndim), (0, -1)[: y.ndim]]:
                got = ours(y, axes)
                assert got.dtype == y.dtype and np.array_equal(got, reference(y, axes))
                assert not np.shares_memory(got, y)


def test_shifts_of_zero_dimensions_are_copies():
    x = np.array(3.0)
    got = sp.fft.fftshift(x)
    assert got == 3.0 and got.shape == () and not np.shares_memory(got, x)


def test_shifts_move_types_that_are_not_computed_on():
    x = torch.arange(7, dtype=torch.float32).to(torch.bfloat16)
    assert torch.equal(sp.fft.fftshift(x), torch.fft.fftshift(x))
    y = jnp.arange(6, dtype=jnp.float32).astype(jnp.float8_e5m2)
    assert np.array_equal(np.asarray(sp.fft.ifftshift(y)), np.asarray(jnp.fft.ifftshift(y)))


def test_shifts_refuse_wrong_axes():
    x = np.zeros((3, 4))
    for axes in (2, (0, 0), (1, -1), (-3,)):
        with pytest.raises(sp.AxisError):
            sp.fft.fftshift(x, axes)
    with pytest.raises(TypeError, match="axes"):
        sp.fft.ifftshift(x, "first")
    with pytest.raises(TypeError, match="numpy.asarray"):
        sp.fft.fftshift([1, 2, 3])


def test_ifftshift_undoes_fftshift():
    x = sample((5, 6, 7), "f8")
    assert np.array_equal(sp.fft.ifftshift(sp.fft.fftshift(x)), x)


@pytest.mark.parametrize("real", [False, True])
def test_fast_lengths_are_those_of_scipy(real):
    rng = np.random.default_rng(0)
    for target in [*range(3000), *map(int, rng.integers(3000, 2**40, 200)), 2**60 + 1]:
        assert sp.fft.next_fast_len(target, real) == scipy.fft.next_fast_len(target, real)
    assert sp.fft.next_fast_len(np.int16(13), real=np.bool_(real)) == (15 if real else 14)


def test_fast_lengths_refuse_what_is_no_length():
    for target, error in [(-1, ValueError), (2**63, ValueError), (2**63 - 1, ValueError), (2.0, TypeError)]:
        with pytest.raises(error):
            sp.fft.next_fast_len(target)
