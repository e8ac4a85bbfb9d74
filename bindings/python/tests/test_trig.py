"""Cosine and sine transforms: against the definition in long double, against SciPy, and what is refused."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.fft
import torch
from support import DTYPES, assert_close, sample, wide

import spectrapack as sp

LINE = ["dct", "idct", "dst", "idst"]
GRID = [name + "n" for name in LINE]
TYPES = [1, 2, 3, 4]
NORMS = [None, "backward", "ortho", "forward"]
LENGTHS = [*range(2, 35), 64, 97, 101, 128, 210, 255, 256]
BATCH = sample((3, 40, 5), "f8")


def matrix(name, number, n):
    """The transform without factors, by its definition in long double."""
    k, j = np.ogrid[:n, :n]
    cosine, turn = name.endswith("dct"), 4 * np.arctan(np.longdouble(1))

    def wave(numerator, denominator):
        # Reduced to one turn in integers, so that the argument has no error of its own.
        angle = turn * (numerator % (2 * denominator)) / denominator
        return np.cos(angle) if cosine else np.sin(angle)

    if cosine and number == 1:
        made = 2 * wave(j * k, n - 1)
        made[:, [0, -1]] /= 2
    elif number == 1:
        made = 2 * wave((j + 1) * (k + 1), n + 1)
    elif number == 2:
        made = 2 * wave((2 * j + 1) * (k + (not cosine)), 2 * n)
    elif number == 3:
        made = 2 * wave((2 * k + 1) * (j + (not cosine)), 2 * n)
        made[:, 0 if cosine else -1] /= 2
    else:
        made = 2 * wave((2 * j + 1) * (2 * k + 1), 4 * n)
    return made


@pytest.mark.parametrize("name", ["dct", "dst"])
@pytest.mark.parametrize("number", TYPES)
def test_every_length_agrees_with_the_definition_in_long_double(name, number):
    for n in LENGTHS:
        x = sample((2, n), "f8", seed=n)
        expected = x.astype("g") @ matrix(name, number, n).T
        for dtype, eps in (("f8", 2**-52), ("f4", 2**-23)):
            rounded = x.astype(dtype)
            exact = expected if dtype == "f8" else rounded.astype("g") @ matrix(name, number, n).T
            got = getattr(sp.fft, name)(rounded, number)
            error = np.linalg.norm((got - exact).astype("f8")) / np.linalg.norm(exact.astype("f8"))
            assert got.dtype == dtype and error <= eps * np.log2(2 * n), (n, dtype)  # 2n: the period


@pytest.mark.parametrize("name", LINE)
@pytest.mark.parametrize("number", TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_element_types_and_norms_agree_with_scipy(name, number, dtype):
    for n in (2, 5, 8, 30):
        x = sample((3, n), dtype, seed=n)
        before = x.copy()
        for norm in NORMS:
            expected = getattr(scipy.fft, name)(wide(x), number, norm=norm)
            got = getattr(sp.fft, name)(x, number, norm=norm)
            kind = "c" if x.dtype.kind == "c" else "f"
            assert got.dtype == np.dtype(kind + str(int(DTYPES[dtype][1]) * (2 if kind == "c" else 1)))
            assert_close(got, expected, DTYPES[dtype])
        assert np.array_equal(x, before)


@pytest.mark.parametrize("name", LINE)
@pytest.mark.parametrize("number", TYPES)
def test_orthogonalize_is_that_of_scipy_for_every_norm(name, number):
    x = sample((2, 9), "f8")
    for norm in NORMS:
        for orthogonalize in (None, True, False):
            how = {"norm": norm, "orthogonalize": orthogonalize}
            assert_close(getattr(sp.fft, name)(x, number, **how), getattr(scipy.fft, name)(x, number, **how), "f8")


@pytest.mark.parametrize("number", TYPES)
@pytest.mark.parametrize("name", ["dct", "dst"])
def test_orthogonal_transforms_are_orthogonal_and_inverse_to_each_other(name, number):
    for n in (2, 6, 15):
        made = getattr(sp.fft, name)(np.eye(n), number, norm="ortho")
        np.testing.assert_allclose(made @ made.T, np.eye(n), atol=1e-14)
        x = sample((4, n), "c16")
        for norm in NORMS:
            there = getattr(sp.fft, name)(x, number, norm=norm)
            assert_close(getattr(sp.fft, "i" + name)(there, number, norm=norm), x, "f8")


@pytest.mark.parametrize("name", LINE)
@pytest.mark.parametrize("number", TYPES)
def test_n_pads_and_cuts_at_any_axis(name, number):
    x = sample((5, 6, 7), "c16")
    for axis in (0, 1, 2, -1, -3):
        for n in (2, 3, 5, 6, 7, 8, 23):
            expected = getattr(scipy.fft, name)(x, number, n, axis, "ortho")
            assert_close(getattr(sp.fft, name)(x, number, n, axis, "ortho"), expected, "f8")


@pytest.mark.parametrize("name", GRID)
@pytest.mark.parametrize("number", TYPES)
def test_several_axes_agree_with_scipy(name, number):
    for shape in [(4, 6), (3, 5), (2, 3, 4), (2, 4, 3, 6)]:
        for dtype in ("f8", "c16", "f4"):
            x = sample(shape, dtype)
            for how in [{}, {"norm": "ortho"}, {"axes": (-1, 0)}, {"s": (5, 3)}, {"s": (9, 2), "axes": (1, 0)},
                        {"s": (-1, 4), "axes": (0, 1), "norm": "forward"}]:  # fmt: skip
                expected = getattr(scipy.fft, name)(wide(x), number, **how)
                assert_close(getattr(sp.fft, name)(x, number, **how), expected, "f4" if dtype == "f4" else "f8")


def test_long_lengths_agree_with_scipy():
    for n in (1 << 15, 30030, 10007, 20011, 44100):
        for number in TYPES:
            for name in LINE:
                x = sample(n, "f8", seed=n)
                assert_close(getattr(sp.fft, name)(x, number), getattr(scipy.fft, name)(x, number), "f8")


def test_any_layout_gives_the_values_of_its_copy():
    base = sample((12, 20), "c16")
    for y in (base[::2, ::3], base[::-1, ::-2], base.T, base[3:, 5:], np.broadcast_to(base[0], (4, 20)), base.real.T):
        for number in TYPES:
            for name in GRID:
                assert_close(getattr(sp.fft, name)(y, number), getattr(scipy.fft, name)(y, number), "f8")


@pytest.mark.parametrize("number", TYPES)
@pytest.mark.parametrize("name", LINE)
def test_in_place_out_and_workers_give_the_same_bits(name, number):
    function = getattr(sp.fft, name)
    for x in (BATCH, BATCH + 1j * BATCH[::-1]):
        for axis in (0, 1, 2):
            expected = function(x, number, axis=axis, workers=1)
            assert np.array_equal(function(x, number, axis=axis, workers=2), expected)
            out = np.full(x.shape[::-1], np.nan, x.dtype).T
            assert function(x, number, axis=axis, out=out) is out and np.array_equal(out, expected)
            same = x.copy()
            assert function(same, number, axis=axis, out=same, overwrite_x=True) is same
            assert np.array_equal(same, expected)


def test_the_kind_of_array_comes_back():
    x = sample((4, 6), "f4")
    for made, kind in ((torch.from_numpy(x), torch.Tensor), (sp.from_dlpack(x), sp.Tensor)):
        for name in LINE + GRID:
            result = getattr(sp.fft, name)(made)
            assert isinstance(result, kind)
            assert_close(result, wide(getattr(scipy.fft, name)(x)), "f4")
    assert_close(sp.fft.dctn(jnp.asarray(x)), wide(scipy.fft.dctn(x)), "f4")
    half = torch.from_numpy(x).to(torch.bfloat16)
    assert_close(sp.fft.dst(half), wide(scipy.fft.dst(half.double().numpy())), "f4")


def test_nan_flows_along_its_line_only():
    x = np.ones((3, 8))
    x[1, 2] = np.nan
    for number in TYPES:
        for name in LINE:
            got = getattr(sp.fft, name)(x, number)
            assert np.isnan(got[1]).all() and np.isfinite(got[[0, 2]]).all()


def test_empty_batches_are_empty_and_progress_is_told():
    assert sp.fft.dct(np.zeros((0, 5))).shape == (0, 5)
    assert sp.fft.dstn(np.zeros((3, 0)), axes=(0,), s=(7,)).shape == (7, 0)
    told = []
    sp.fft.dctn(sample((300, 400), "f8"), progress=lambda done: told.append(done))
    assert told == sorted(told) and told[-1] == 1.0 and len(told) > 1
    with pytest.raises(sp.CancelledError):
        sp.fft.dctn(sample((300, 400), "f8"), progress=lambda done: True)


X = sample((4, 6), "f8")


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: sp.fft.dct(X, 0), ValueError, "type: 0"),
        (lambda: sp.fft.dst(X, 5), ValueError, "type: 5"),
        (lambda: sp.fft.idctn(X, 2.0), TypeError, "type: 2.0"),
        (lambda: sp.fft.dct(X[:, :1], 1), ValueError, "x: shape[1] = 1"),
        (lambda: sp.fft.dct(X, 1, n=1), ValueError, "type I needs 2 or more"),
        (lambda: sp.fft.dct(X, n=0), ValueError, "n: 0"),
        (lambda: sp.fft.dct(np.zeros((3, 0))), ValueError, "x: shape[1] = 0"),
        (lambda: sp.fft.dct(X, axis=2), sp.AxisError, "2 is out of range"),
        (lambda: sp.fft.dct(np.float64(1)), sp.AxisError, "0 dimensions"),
        (lambda: sp.fft.dctn(np.float64(1)), sp.AxisError, "0 dimensions"),
        (lambda: sp.fft.dctn(X, axes=(0, 0)), ValueError, "twice"),
        (lambda: sp.fft.dctn(X, axes=()), ValueError, "at least one axis"),
        (lambda: sp.fft.dctn(X, s=(3,), axes=(0, 1)), ValueError, "1 lengths for 2 axes"),
        (lambda: sp.fft.dstn(X, s=(0, 3)), ValueError, "s[0] = 0"),
        (lambda: sp.fft.dst(X, n=2**62), ValueError, "out"),
        (lambda: sp.fft.dst(X, n=2**46), MemoryError, ""),
        (lambda: sp.fft.dct(X, norm="unit"), ValueError, "norm: 'unit'"),
        (lambda: sp.fft.dct(X, workers=0), ValueError, "workers: 0"),
        (lambda: sp.fft.dct([1.0, 2.0]), TypeError, "numpy.asarray"),
        (lambda: sp.fft.dct(X, out=np.empty((4, 6), "c16")), TypeError, "complex128"),
        (lambda: sp.fft.dct(X, out=np.empty((4, 5))), ValueError, "[4, 5]"),
        (lambda: sp.fft.dct(X[:, :5], out=X[:, 1:]), ValueError, "out"),
        (lambda: sp.fft.dct(X + 0j, out=np.empty((4, 6))), TypeError, "float64"),
    ],
)
def test_wrong_arguments_are_named_with_their_value(call, error, words):
    before = X.copy()
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
    assert np.array_equal(X, before)
