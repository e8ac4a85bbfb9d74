"""Sparse matrices and arrays of SciPy where a matrix is: as the NumPy array that they stand for."""

import numpy as np
import pytest
import scipy.sparse
import torch
from support import DTYPES, sample

import spectrapack as sp

FORMATS = ["csr", "csc", "coo", "dia", "bsr", "lil", "dok"]
N = 12


def hermitian(dtype="f8"):
    """About half of the entries are zero."""
    a = sample((N, N), dtype)
    a[np.abs(np.subtract.outer(np.arange(N), np.arange(N))) % 3 == 1] = 0
    return a + a.conj().T


def sparse(dense, form, array=True):
    return getattr(scipy.sparse, f"{form}_{'array' if array else 'matrix'}")(dense)


def assert_as_dense(x, dense, **arguments):
    """The very results, hence also types, shapes and kind, of the dense matrix."""
    expected = sp.linalg.eigh(dense, **arguments)
    for got, wanted in zip((sp.linalg.eigvalsh(x, **arguments), *sp.linalg.eigh(x, **arguments)), (None, *expected)):
        wanted = sp.linalg.eigvalsh(dense, **arguments) if wanted is None else wanted
        assert type(got) is np.ndarray and got.dtype == wanted.dtype and got.flags.writeable
        assert np.array_equal(got, wanted)


@pytest.mark.parametrize("array", [True, False], ids=["array", "matrix"])
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
def test_every_format_is_solved_and_left_as_it_is(form, array, dtype):
    dense = hermitian(dtype)
    x = sparse(dense, form, array)
    before = x.copy()
    assert_as_dense(x, dense)
    assert_as_dense(x, dense, UPLO="U", overwrite_x=True)
    assert_as_dense(x, dense, subset_by_index=(2, 5), workers=1)
    assert x.format == form and (x != before).nnz == 0
    w, v = sp.linalg.eigh(x)
    assert np.abs(x @ v - v * w).max() <= 20 * N * np.finfo(w.dtype).eps * np.abs(w).max()


@pytest.mark.parametrize("dtype", [name for name in DTYPES if name != "float16"])  # SciPy has no sparse float16
def test_every_element_type_computes_in_its_precision(dtype):
    dense = sample((5, 5), dtype)
    assert sp.linalg.eigvalsh(scipy.sparse.csr_array(dense)).dtype == DTYPES[dtype]
    assert_as_dense(scipy.sparse.csr_array(dense), dense)


def test_entries_given_twice_are_summed():
    rows, columns, values = [0, 0, 1, 1, 1], [0, 0, 1, 0, 0], [1.0, 2.0, 5.0, 0.5, 0.5]
    once = np.array([[3.0, 0.0], [1.0, 5.0]])
    coo = scipy.sparse.coo_array((values, (rows, columns)), shape=(2, 2))
    assert coo.nnz == 5
    assert_as_dense(coo, once)
    csr = scipy.sparse.csr_array((values, [0, 1, 0, 0, 1], [0, 2, 5]), shape=(2, 2))
    csr.data = np.array([1.0, 2.0, 0.5, 0.5, 5.0])
    csr.indices = np.array([0, 0, 0, 0, 1], csr.indices.dtype)
    assert csr.nnz == 5 and not csr.has_canonical_format
    assert_as_dense(csr, once)
    assert csr.nnz == 5


def test_the_laplacian_has_its_closed_form_spectrum():
    n = 100
    x = scipy.sparse.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(n, n))
    assert x.format == "dia"
    closed_form = 2 - 2 * np.cos(np.arange(1, n + 1) * np.pi / (n + 1))
    assert np.abs(sp.linalg.eigvalsh(x) - closed_form).max() < 1e-13


def test_matrices_without_entries_and_without_extent():
    assert np.array_equal(sp.linalg.eigvalsh(scipy.sparse.csr_array((3, 3))), np.zeros(3))
    assert sp.linalg.eigh(scipy.sparse.coo_array(np.zeros((0, 0)))).eigenvectors.shape == (0, 0)


def test_results_may_go_to_arrays_of_any_kind():
    x, w, v = scipy.sparse.csr_array(hermitian()), np.empty(N), torch.empty(N, N, dtype=torch.float64)
    values, vectors = sp.linalg.eigh(x, out=(w, v))
    assert values is w and vectors is v
    expected = sp.linalg.eigh(x)
    assert np.array_equal(w, expected.eigenvalues) and np.array_equal(v.numpy(), expected.eigenvectors)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("function", [sp.linalg.eigh, sp.linalg.eigvalsh])
def test_what_is_no_square_matrix_of_numbers_is_a_clear_error(form, function):
    with pytest.raises(ValueError, match=r"^x: .*3.*4"):
        function(sparse(np.ones((3, 4)), form))
    broken = hermitian()
    broken[3, 1] = np.nan
    with pytest.raises(ValueError, match="^x"):
        function(sparse(broken, form))


@pytest.mark.parametrize("dtype", ["g", "G"])
def test_long_double_is_refused(dtype):
    with pytest.raises(TypeError, match="^x: dtype"):
        sp.linalg.eigvalsh(scipy.sparse.csr_array(np.eye(2, dtype=dtype)))


def test_a_matrix_too_large_to_be_dense_is_a_memory_error():
    with pytest.raises(MemoryError):
        sp.linalg.eigvalsh(scipy.sparse.coo_array((2**29, 2**29)))


def test_one_dimension_is_no_matrix():
    with pytest.raises(ValueError, match="^x"):
        sp.linalg.eigvalsh(scipy.sparse.coo_array(np.ones(4)))


def test_fourier_transforms_take_no_sparse_matrix():
    with pytest.raises(TypeError, match="^x: .*csr_array"):
        sp.fft.fft(scipy.sparse.csr_array(np.eye(3)))
