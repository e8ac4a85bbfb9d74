"""Eigenvalues and eigenvectors: matrices with known spectra, NumPy and SciPy, subsets, triangles, the gauge."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
import torch
from support import DTYPES, sample

import spectrapack as sp

SCALARS = ["f4", "f8", "c8", "c16"]


def hermitian(shape, dtype, seed=0):
    a = sample(shape, dtype, seed)
    return a + np.swapaxes(a, -1, -2).conj()


def eps(dtype):
    return float(np.finfo(dtype).eps)


def assert_solves(a, w, v):
    """Ascending values, residual and orthogonality within c n eps |A|, and the gauge."""
    n = a.shape[-1]
    scale = np.linalg.norm(a, 2, axis=(-2, -1)).max(initial=1e-30)
    tolerance = 20 * max(n, 1) * eps(v.dtype)
    assert w.dtype == v.real.dtype and (np.diff(w) >= 0).all()
    assert np.abs(a @ v - v * w[..., None, :]).max(initial=0) <= tolerance * scale
    assert np.abs(np.swapaxes(v, -1, -2).conj() @ v - np.eye(v.shape[-1])).max(initial=0) <= tolerance
    assert_gauge(v)


def assert_gauge(v):
    """The component of largest modulus is real and positive, up to what rounding makes a tie."""
    if v.size:
        modulus = np.abs(v)
        largest = modulus >= modulus.max(axis=-2, keepdims=True) * (1 - 1e3 * eps(v.dtype))
        fits = largest & (v.real > 0) & (np.abs(v.imag) <= 1e3 * eps(v.dtype))
        assert fits.any(axis=-2).all()


def second_difference(n):
    return 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)


def wilkinson(n):
    m = n // 2
    return np.diag(np.abs(np.arange(-m, m + 1.0))) + np.eye(n, k=1) + np.eye(n, k=-1)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 33, 100])
def test_laplacian_has_its_closed_form_spectrum(n):
    w, v = sp.linalg.eigh(second_difference(n))
    k = np.arange(1, n + 1)
    assert np.allclose(w, 2 - 2 * np.cos(k * np.pi / (n + 1)), rtol=0, atol=1e-13)
    assert_solves(second_difference(n), w, v)
    modes = np.sqrt(2 / (n + 1)) * np.sin(np.outer(k, k) * np.pi / (n + 1))
    assert np.allclose(np.abs(v), np.abs(modes), atol=1e-9)


def test_laplacian_of_100_has_the_printed_condition():
    w = sp.linalg.eigvalsh(second_difference(100))
    assert f"{w[0]:.6f} {w[-1]:.6f} {w[-1] / w[0]:.1f}" == "0.000967 3.999033 4133.6"


def test_wilkinson_21_plus_separates_its_close_pairs():
    a = wilkinson(21)
    w, v = sp.linalg.eigh(a)
    assert_solves(a, w, v)
    assert np.isclose(w[-1], 10.746194182903393, rtol=1e-14) and np.isclose(w[0], -1.1254415221199847, rtol=1e-13)
    assert 0 < w[-1] - w[-2] < 1e-13
    assert np.allclose(w, scipy.linalg.eigvalsh(a), rtol=0, atol=1e-13)


@pytest.mark.parametrize("dtype", SCALARS)
@pytest.mark.parametrize("n", [1, 2, 5, 32, 33])
def test_special_matrices(n, dtype):
    x = sample(n, dtype)
    cases = {
        "zero": (np.zeros((n, n), dtype), np.zeros(n)),
        "identity": (np.eye(n, dtype=dtype), np.ones(n)),
        "diagonal": (np.diag(np.arange(n, 0, -1)).astype(dtype), np.arange(1, n + 1)),
        "rank one": (np.outer(x, x.conj()), np.append(np.zeros(n - 1), np.vdot(x, x).real)),
        "all equal": (np.ones((n, n), dtype), np.append(np.zeros(n - 1), n)),
    }
    for name, (a, expected) in cases.items():
        w, v = sp.linalg.eigh(a)
        assert np.allclose(w, expected, rtol=0, atol=50 * n * eps(dtype) * max(1, np.abs(expected).max())), name
        assert_solves(a, w, v)
    assert np.array_equal(sp.linalg.eigh(np.eye(n, dtype=dtype)).eigenvectors, np.eye(n))


@pytest.mark.parametrize("dtype", SCALARS)
def test_repeated_eigenvalues_keep_orthonormal_vectors(dtype):
    n = 40
    q = np.linalg.qr(sample((n, n), dtype))[0]
    expected = np.repeat([-3.0, 0.0, 0.5, 7.0], 10)
    a = ((q * expected) @ q.conj().T).astype(dtype)
    w, v = sp.linalg.eigh(a)
    assert np.allclose(w, expected, rtol=0, atol=200 * n * eps(dtype))
    assert_solves((a + a.conj().T) / 2, w, v)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_element_type_agrees_with_numpy(dtype):
    a = np.tril(sample((7, 7), dtype), -1)
    a = (a + a.conj().T).astype(dtype)
    precision = DTYPES[dtype]
    reference = np.linalg.eigvalsh(a.astype("c16"))
    tolerance = 100 * eps(precision) * np.abs(reference).max()
    w, v = sp.linalg.eigh(a)
    assert w.dtype == precision and v.dtype == (a.dtype if a.dtype.kind == "c" else precision)
    assert np.allclose(w, reference, rtol=0, atol=tolerance)
    assert np.allclose(sp.linalg.eigvalsh(a), reference, rtol=0, atol=tolerance)
    assert_solves(a.astype(v.dtype), w, v)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_types_give_single_precision(dtype):
    a = torch.from_numpy(hermitian((5, 5), "f4")).to(dtype)
    w, v = sp.linalg.eigh(a)
    assert w.dtype == v.dtype == torch.float32
    assert_solves(a.float().numpy(), w.numpy(), v.numpy())


@pytest.mark.parametrize("dtype", SCALARS)
def test_batches_of_any_layout_are_solved_one_by_one(dtype):
    a = hermitian((3, 4, 6, 6), dtype)
    for x in (a, a[::-1, ::2], np.swapaxes(a, 0, 1), np.swapaxes(a, -1, -2), np.broadcast_to(a[0], (2, 4, 6, 6))):
        w, v = sp.linalg.eigh(x)
        assert w.shape == x.shape[:-1] and v.shape == x.shape
        assert np.allclose(w, np.linalg.eigvalsh(x), rtol=0, atol=500 * eps(dtype))
        assert_solves(x, w, v)


def test_empty_batches_and_matrices_of_no_extent_give_empty_results():
    w, v = sp.linalg.eigh(np.zeros((0, 3, 3)))
    assert w.shape == (0, 3) and v.shape == (0, 3, 3)
    assert sp.linalg.eigvalsh(np.zeros((2, 0, 0))).shape == (2, 0)


@pytest.mark.parametrize("dtype", SCALARS)
@pytest.mark.parametrize("uplo", ["L", "U", "l", "u"])
def test_only_the_named_triangle_is_read(uplo, dtype):
    a = hermitian((9, 9), dtype)
    other = np.triu_indices(9, 1) if uplo.upper() == "L" else np.tril_indices(9, -1)
    half = a.copy()
    half[other] = np.nan
    w, v = sp.linalg.eigh(half, uplo)
    assert_solves(a, w, v)
    assert np.array_equal(sp.linalg.eigvalsh(half, UPLO=uplo), sp.linalg.eigvalsh(a, UPLO=uplo))


def test_imaginary_parts_of_the_diagonal_are_ignored():
    a = hermitian((5, 5), "c16")
    b = a + 3j * np.eye(5)
    assert np.array_equal(sp.linalg.eigvalsh(a), sp.linalg.eigvalsh(b))
    b.imag[np.diag_indices(5)] = np.nan
    assert np.array_equal(sp.linalg.eigvalsh(a), sp.linalg.eigvalsh(b))


def test_the_gauge_does_not_depend_on_the_sign_or_phase_of_the_input_vectors():
    q = np.linalg.qr(sample((8, 8), "c16"))[0]
    values = np.arange(1.0, 9)
    phases = np.exp(1j * np.arange(8))
    first = sp.linalg.eigh((q * values) @ q.conj().T).eigenvectors
    second = sp.linalg.eigh(((q * phases) * values) @ (q * phases).conj().T).eigenvectors
    assert np.allclose(first, second, atol=1e-12)
    largest = np.take_along_axis(first, np.abs(first).argmax(axis=0)[None], axis=0)
    assert (largest.imag == 0).all() and (largest.real > 0).all()


def test_subsets_by_index_are_inclusive():
    a = hermitian((3, 8, 8), "f8")
    everything = np.linalg.eigvalsh(a)
    for low, high in [(0, 0), (0, 7), (2, 5), (7, 7)]:
        w, v = sp.linalg.eigh(a, subset_by_index=(low, high))
        assert v.shape == (3, 8, high - low + 1)
        assert np.allclose(w, everything[:, low : high + 1])
        assert_solves(a, w, v)
        assert np.allclose(sp.linalg.eigvalsh(a, subset_by_index=[low, np.int64(high)]), w)


def test_subsets_by_value_leave_out_the_lower_bound_and_keep_the_upper():
    one = np.eye(3)
    assert np.array_equal(sp.linalg.eigvalsh(one, subset_by_value=(0, 1)), [1, 1, 1])
    assert sp.linalg.eigvalsh(one, subset_by_value=(1, 2)).shape == (0,)
    a = np.diag([1.0, 2.0, 3.0, 4.0, 5.0])
    w, v = sp.linalg.eigh(a, subset_by_value=(-np.inf, 1.5))
    assert np.allclose(w, [1]) and np.allclose(v, np.eye(5)[:, :1])
    none = sp.linalg.eigh(a, subset_by_value=(10, 20))
    assert none.eigenvalues.shape == (0,) and none.eigenvectors.shape == (5, 0)
    b = hermitian((20, 20), "c16")
    assert np.allclose(
        sp.linalg.eigvalsh(b, subset_by_value=(-1, 3)), scipy.linalg.eigvalsh(b, subset_by_value=(-1, 3))
    )


def test_the_result_is_a_named_tuple():
    result = sp.linalg.eigh(np.eye(2))
    assert result._fields == ("eigenvalues", "eigenvectors")
    w, v = result
    assert w is result.eigenvalues and v is result.eigenvectors


def test_out_is_returned_itself():
    a = hermitian((2, 5, 5), "c16")
    w, v = np.zeros((2, 5)), torch.zeros((2, 5, 5), dtype=torch.complex128)
    result = sp.linalg.eigh(a, out=(w, v))
    assert result.eigenvalues is w and result.eigenvectors is v
    assert_solves(a, w, v.numpy())
    strided = np.zeros((2, 10))[:, ::-2]
    assert sp.linalg.eigvalsh(torch.from_numpy(a), out=strided) is strided
    assert np.allclose(strided, w)
    part = np.zeros((2, 3))
    assert np.allclose(sp.linalg.eigvalsh(a, out=part, subset_by_index=(1, 3)), w[:, 1:4])


def test_eigenvectors_may_replace_the_input():
    a = hermitian((6, 6), "f8")
    b, w = a.copy(), np.empty(6)
    assert sp.linalg.eigh(b, out=(w, b), overwrite_x=True).eigenvectors is b
    assert_solves(a, w, b)


def test_the_input_is_left_as_it_is_and_may_be_read_only():
    a = hermitian((6, 6), "c8")
    before = a.copy()
    a.flags.writeable = False
    sp.linalg.eigh(a)
    sp.linalg.eigh(a, overwrite_x=True)
    assert np.array_equal(a, before)


def test_device_names_where_to_compute():
    a = hermitian((4, 4), "f8")
    for device in (None, "cpu", "auto", (1, 0), torch.device("cpu")):
        assert np.array_equal(sp.linalg.eigvalsh(a, device=device), sp.linalg.eigvalsh(a))
    assert np.array_equal(sp.linalg.eigvalsh(a, device=jnp.zeros(1).device), sp.linalg.eigvalsh(a))
    for device in ("cuda", "cuda:3", (2, 0), "rocm", torch.device("cuda", 1)):
        with pytest.raises(sp.DeviceError):
            sp.linalg.eigh(a, device=device)


def test_structure_auto_and_dense_are_there():
    a = second_difference(10)
    assert np.array_equal(sp.linalg.eigvalsh(a, structure="dense"), sp.linalg.eigvalsh(a, structure="auto"))
    for later in ("diagonal", "tridiagonal", "banded", "blocks"):
        with pytest.raises(NotImplementedError, match=later):
            sp.linalg.eigh(a, structure=later)


A = np.eye(3)


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: sp.linalg.eigh(np.zeros((2, 3))), ValueError, "2 and 3"),
        (lambda: sp.linalg.eigh(np.zeros(3)), ValueError, "ndim = 1"),
        (lambda: sp.linalg.eigvalsh(np.float64(3)), ValueError, "ndim = 0"),
        (lambda: sp.linalg.eigh(A * np.nan), ValueError, "NaN"),
        (lambda: sp.linalg.eigvalsh(np.diag([1.0, np.inf])), ValueError, "inf"),
        (lambda: sp.linalg.eigh(A, "X"), ValueError, "UPLO: 'X'"),
        (lambda: sp.linalg.eigh(A, UPLO=None), ValueError, "UPLO: None"),
        (lambda: sp.linalg.eigh(A, UPLO="LU"), ValueError, "UPLO: 'LU'"),
        (lambda: sp.linalg.eigh(A, structure="toeplitz"), ValueError, "'toeplitz'"),
        (lambda: sp.linalg.eigh(A, structure=None), ValueError, "None"),
        (lambda: sp.linalg.eigh(A, subset_by_index=(0, 3)), ValueError, "3"),
        (lambda: sp.linalg.eigh(A, subset_by_index=(-1, 1)), ValueError, "-1"),
        (lambda: sp.linalg.eigh(A, subset_by_index=(2, 1)), ValueError, "index_low = 2"),
        (lambda: sp.linalg.eigh(A, subset_by_index=(0, 2**70)), ValueError, "out of range"),
        (lambda: sp.linalg.eigh(A, subset_by_index=(0, 1.5)), TypeError, "subset_by_index"),
        (lambda: sp.linalg.eigh(A, subset_by_index=3), TypeError, "subset_by_index"),
        (lambda: sp.linalg.eigh(A, subset_by_value=(1, 1)), ValueError, "value_low = 1"),
        (lambda: sp.linalg.eigh(A, subset_by_value=(np.nan, 1)), ValueError, "NaN"),
        (lambda: sp.linalg.eigh(A, subset_by_value=("a", 1)), TypeError, "subset_by_value"),
        (lambda: sp.linalg.eigh(A[None], subset_by_value=(0, 1)), ValueError, "one matrix"),
        (lambda: sp.linalg.eigh(A, subset_by_index=(0, 1), subset_by_value=(0, 1)), ValueError, "exclude"),
        (lambda: sp.linalg.eigvalsh(A, subset_by_value=(0, 1), out=np.empty(3)), ValueError, "out"),
        (lambda: sp.linalg.eigh(A, out=np.empty((3, 3))), TypeError, "pair"),
        (lambda: sp.linalg.eigh(A, out=(np.empty(3), np.empty(3))), ValueError, "[3]"),
        (lambda: sp.linalg.eigh(A, out=(np.empty(2), np.empty((3, 3)))), ValueError, "[2]"),
        (lambda: sp.linalg.eigvalsh(A, out=np.empty(3, "f4")), TypeError, "float32"),
        (lambda: sp.linalg.eigvalsh(A, out=np.broadcast_to(0.0, 3)), ValueError, "out: read-only"),
        (lambda: sp.linalg.eigvalsh(A, out=A[0]), ValueError, "w"),
        (lambda: sp.linalg.eigh(A, out=(A[0], np.empty((3, 3)))), ValueError, "w"),
        (lambda: sp.linalg.eigh(A, workers=0), ValueError, "workers"),
        (lambda: sp.linalg.eigh(A, device="gpx"), sp.DeviceError, "'gpx'"),
        (lambda: sp.linalg.eigh(A, device=3), sp.DeviceError, "3"),
        (lambda: sp.linalg.eigh(A, device="cuda:x"), sp.DeviceError, "cuda:x"),
    ],
)
def test_wrong_arguments_are_named_with_their_value(call, error, words):
    before = A.copy()
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value), str(caught.value)
    assert np.array_equal(A, before)
