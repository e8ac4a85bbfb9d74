"""Every transform against NumPy and SciPy: functions, element types, norms, lengths and layouts."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.fft
import torch
from support import DTYPES, REAL_DTYPES, assert_close, sample, wide

import spectrapack as sp

LINE = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
MANY = ["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"]
NORMS = [None, "backward", "ortho", "forward"]
LENGTHS = [1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 30, 31, 64, 97, 128, 210, 251, 1009, 1024]


def takes_real_only(name):
    return name in ("rfft", "ihfft", "rfft2", "rfftn")


def gives_real(name):
    return name in ("irfft", "hfft", "irfft2", "irfftn")


def assert_result(got, name, dtype, expected):
    precision = DTYPES[dtype]
    kind = "f" if gives_real(name) else "c"
    assert got.dtype == np.dtype(f"{kind}{int(precision[1]) * (2 if kind == 'c' else 1)}")
    assert got.flags.c_contiguous and got.flags.writeable
    assert_close(got, expected, precision)


def cases(names):
    return [(name, dtype) for name in names for dtype in (REAL_DTYPES if takes_real_only(name) else DTYPES)]


@pytest.mark.parametrize("name, dtype", cases(LINE))
def test_one_axis_agrees_with_numpy_for_odd_even_and_prime_lengths(name, dtype):
    for length in LENGTHS:
        x = sample((2, length), dtype, seed=length)
        before = x.copy()
        for norm in NORMS:
            if gives_real(name) and length == 1:
                continue
            expected = getattr(np.fft, name)(wide(x), norm=norm)
            assert_result(getattr(sp.fft, name)(x, norm=norm), name, dtype, expected)
        assert np.array_equal(x, before)


@pytest.mark.parametrize("name, dtype", cases(MANY))
def test_several_axes_agree_with_numpy(name, dtype):
    for shape in [(4, 6), (3, 5), (2, 3, 4), (5, 1, 7), (2, 4, 3, 6)]:
        x = sample(shape, dtype, seed=len(shape))
        for norm in NORMS:
            expected = getattr(np.fft, name)(wide(x), norm=norm)
            assert_result(getattr(sp.fft, name)(x, norm=norm), name, dtype, expected)


@pytest.mark.parametrize("name", LINE + MANY)
def test_results_agree_with_scipy_in_single_precision(name):
    x = sample((6, 9, 8), "f4")
    assert_close(getattr(sp.fft, name)(x), wide(getattr(scipy.fft, name)(x)), "f4")


@pytest.mark.parametrize("name", LINE)
def test_n_pads_with_zeros_and_trims_at_any_axis(name):
    x = sample((5, 6, 7), "f8")
    for axis in (0, 1, 2, -1, -3):
        for n in (1, 2, 3, 5, 6, 7, 8, 12, 23):
            expected = getattr(np.fft, name)(x, n, axis, "ortho")
            assert_close(getattr(sp.fft, name)(x, n, axis, "ortho"), expected, "f8")


@pytest.mark.parametrize("name", [name for name in MANY if name.endswith("n")])
def test_s_pads_trims_and_keeps_with_minus_one(name):
    x = sample((5, 6, 7), "f8")
    reference = getattr(np.fft, name)
    for s, axes in [((3, 9), (0, 2)), ((8, 4), (2, 0)), ((-1, 4), (1, 2)), ((-1, 3), (0, 1)), ((4,), (1,))]:
        full = tuple(x.shape[axis] if n == -1 else n for n, axis in zip(s, axes))
        assert_close(getattr(sp.fft, name)(x, s, axes), reference(x, full, axes), "f8")


def test_s_without_axes_is_for_the_last_dimensions():
    x = sample((4, 5, 6), "f8")
    assert_close(sp.fft.fftn(x, (3, 8)), np.fft.fftn(x, (3, 8), (-2, -1)), "f8")
    assert_close(sp.fft.rfftn(x, s=[7]), np.fft.rfftn(x, (7,), (-1,)), "f8")


def test_the_last_listed_axis_is_the_half_one():
    x = sample((4, 5, 6), "f8")
    got = sp.fft.rfftn(x, axes=(2, 0))
    assert got.shape == (3, 5, 6)
    assert_close(got, np.fft.rfftn(x, axes=(2, 0)), "f8")
    assert_close(sp.fft.irfftn(got, s=(6, 4), axes=(2, 0)), x, "f8")


def test_c2r_length_defaults_to_twice_the_bins_less_two():
    bins = sample((3, 6), "c16")
    assert sp.fft.irfft(bins).shape == sp.fft.hfft(bins).shape == (3, 10)
    assert sp.fft.irfftn(bins).shape == (3, 10)


def test_hfft_and_ihfft_are_inverse_to_each_other():
    x = sample(12, "f8")
    assert_close(sp.fft.hfft(sp.fft.ihfft(x), 12), x, "f8")


LAYOUTS = {
    "strided": lambda a: a[::2, ::3],
    "negative_strides": lambda a: a[::-1, ::-2],
    "transposed": lambda a: a.T,
    "fortran": np.asfortranarray,
    "offset": lambda a: a[3:, 5:],
    "broadcast": lambda a: np.broadcast_to(a[0], (4, a.shape[1])),
    "one_element_repeated": lambda a: np.broadcast_to(a[0, 0], (3, 8)),
    "new_axis": lambda a: a[:, None, :4],
    "diagonal": lambda a: np.lib.stride_tricks.as_strided(a, (6, 8), (a.strides[0] + a.strides[1], a.strides[1])),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["i4", "f2", "f4", "f8", "c8", "c16"])
def test_any_layout_of_the_input_gives_the_values_of_its_copy(layout, dtype):
    x = LAYOUTS[layout](sample((12, 20), dtype))
    for name in LINE + MANY:
        if takes_real_only(name) and x.dtype.kind == "c":
            continue
        expected = getattr(np.fft, name)(wide(x))
        assert_close(getattr(sp.fft, name)(x), expected, "f8" if dtype in ("i4", "f8", "c16") else "f4")


def test_misaligned_and_record_inputs_work():
    raw = np.zeros(8 * 10 + 1, np.uint8)
    x = raw[1:].view("f8")
    x[:] = sample(10, "f8")
    assert not x.flags.aligned
    assert_close(sp.fft.fft(x), np.fft.fft(x), "f8")
    records = np.zeros(10, dtype=[("a", "i4"), ("b", "f8")])
    records["b"] = x
    assert_close(sp.fft.rfft(records["b"]), np.fft.rfft(x), "f8")


def test_read_only_input_works():
    x = sample((4, 4), "c16")
    x.flags.writeable = False
    assert_close(sp.fft.fft2(x), np.fft.fft2(x), "f8")
    assert_close(sp.fft.fft2(x, overwrite_x=True), np.fft.fft2(x), "f8")


def test_nan_and_inf_flow_through():
    x = np.array([[1.0, np.nan, 2.0], [1.0, 2.0, 3.0], [np.inf, 0.0, 0.0]])
    got = sp.fft.fft(x)
    assert np.isnan(got[0]).all() and np.isfinite(got[1]).all() and not np.isfinite(got[2]).any()


def test_empty_batches_give_empty_results_and_n_pads_an_empty_axis():
    assert sp.fft.fft(np.zeros((0, 5))).shape == (0, 5)
    assert sp.fft.rfft(np.zeros((3, 0, 6))).shape == (3, 0, 4)
    assert sp.fft.irfftn(np.zeros((0, 4), "c8"), axes=(1,)).shape == (0, 6)
    padded = sp.fft.fft(np.zeros((2, 0)), 4)
    assert padded.shape == (2, 4) and not padded.any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_axes_give_a_complex_copy(dtype):
    for x in [sample((3, 4), dtype), sample((), dtype), sample((0, 3), dtype), sample((4, 6), dtype)[::2, ::-1]]:
        for call in (lambda x: sp.fft.fftn(x, axes=()), lambda x: sp.fft.ifftn(x, s=(), norm="ortho")):
            got = call(x)
            assert got.dtype == ("c8" if DTYPES[dtype] == "f4" else "c16")
            assert np.array_equal(got, x) and not np.shares_memory(got, x)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_types_compute_in_single_precision(dtype):
    x = torch.from_numpy(sample((3, 30), "f4")).to(dtype)
    for name in ("fft", "rfft", "irfft"):
        got = getattr(sp.fft, name)(x)
        assert got.dtype == (torch.float32 if name == "irfft" else torch.complex64)
        assert_close(got, getattr(np.fft, name)(x.double().numpy()), "f4")


def test_bfloat16_of_jax_computes_in_single_precision():
    x = jnp.asarray(sample((3, 30), "f4"), jnp.bfloat16)
    got = sp.fft.fft(x)
    assert got.dtype == jnp.complex64
    assert_close(got, np.fft.fft(np.asarray(x.astype(jnp.float32)).astype("f8")), "f4")


def test_a_million_points_stay_accurate():
    x = sample(2**20, "c16")
    assert_close(sp.fft.fft(x), np.fft.fft(x), "f8")
    y = sample((1000, 1000), "f8")
    assert_close(sp.fft.ifft2(sp.fft.fft2(y)).real, y, "f8")


HERMITIAN = ["hfft2", "ihfft2", "hfftn", "ihfftn"]


@pytest.mark.parametrize("name, dtype", [(name, dtype) for name in HERMITIAN for dtype in DTYPES
                                         if name.startswith("h") or dtype in REAL_DTYPES])  # fmt: skip
def test_hermitian_grids_agree_with_scipy(name, dtype):
    for shape in [(4, 6), (3, 5), (2, 3, 4), (5, 3, 7)]:
        x = sample(shape, dtype, seed=len(shape))
        before = x.copy()
        for arguments in [{"norm": norm} for norm in NORMS] + [{"s": (5, 8), "axes": (1, 0)}, {"axes": (-1, 0)}]:
            expected = getattr(scipy.fft, name)(wide(x), **arguments)
            got = getattr(sp.fft, name)(x, **arguments)
            assert got.dtype.kind == ("f" if name.startswith("h") else "c")
            assert_close(got, expected, DTYPES[dtype])
        assert np.array_equal(x, before)


def test_hermitian_grids_round_trip_and_write_to_out():
    x = sample((4, 6, 10), "f8")
    for forward, back in [("ihfft2", "hfft2"), ("ihfftn", "hfftn")]:
        for norm in NORMS:
            half = getattr(sp.fft, forward)(x, norm=norm)
            assert_close(getattr(sp.fft, back)(half, norm=norm), x, "f8")
        out = np.empty_like(x)
        assert getattr(sp.fft, back)(half, norm=norm, out=out) is out
        assert_close(out, x, "f8")
