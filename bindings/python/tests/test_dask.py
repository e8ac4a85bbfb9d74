"""Dask arrays: their chunks are NumPy arrays, which the functions transform in Dask's threads."""

import threading
import warnings

import dask
import dask.array as da
import dask.array.fft
import numpy as np
import pytest
import scipy.fft
from support import assert_close, sample, wide

import spectrapack as sp

LINES = [name for name in sp.fft.__all__ if name.endswith("fft")]
GRIDS = [name for name in sp.fft.__all__ if name.endswith(("fft2", "fftn")) and hasattr(np.fft, name)]


@pytest.fixture(autouse=True)
def threads():
    with dask.config.set(scheduler="threads", num_workers=4):
        yield


@pytest.mark.parametrize(
    ("name", "dtype"),
    [(name, dtype) for name in LINES for dtype in ("f4", "f8", "c8", "c16")
     if name not in ("rfft", "ihfft") or dtype.startswith("f")],
)  # fmt: skip
def test_wrapped_lines_are_those_of_numpy_and_of_the_announced_type(name, dtype):
    x = sample((12, 10), dtype)
    wrapped = dask.array.fft.fft_wrap(getattr(sp.fft, name))
    for chunks, arguments in [((3, -1), {}), ((-1, 4), {"axis": 0}), ((5, -1), {"n": 16, "norm": "ortho"})]:
        lazy = wrapped(da.from_array(x, chunks=chunks), **arguments)
        expected = getattr(scipy.fft, name)(x, **arguments)
        got = lazy.compute()
        assert type(got) is np.ndarray and lazy.shape == got.shape and lazy.dtype == got.dtype == expected.dtype
        assert lazy.numblocks != (1, 1)
        assert_close(got, wide(expected), "f4" if dtype in ("f4", "c8") else "f8")


@pytest.mark.parametrize("name", GRIDS)
def test_wrapped_grids_are_those_of_numpy(name):
    x = sample((6, 4, 10), "f8" if name.startswith("r") else "c16")
    wrapped = dask.array.fft.fft_wrap(getattr(sp.fft, name))
    lazy = wrapped(da.from_array(x, chunks=(2, -1, -1)), axes=(1, 2))
    got, expected = lazy.compute(), getattr(np.fft, name)(x, axes=(1, 2))
    assert lazy.numblocks == (3, 1, 1) and lazy.shape == got.shape and lazy.dtype == got.dtype
    assert_close(got, expected, "f8")


def test_a_wrapped_function_names_and_documents_itself():
    wrapped = dask.array.fft.fft_wrap(sp.fft.rfft)
    assert wrapped.__name__ == "rfft" and "spectrapack.fft.rfft" in wrapped.__doc__


def test_chunks_are_transformed_in_several_threads():
    """Four chunks wait for one another, so that they must be in the library's hands at once or not at all."""
    meeting, seen = threading.Barrier(4, timeout=30), set()

    def watched(block):
        meeting.wait()
        seen.add(threading.get_ident())
        return sp.fft.fft(block, workers=1)

    x = sample((4, 3000), "f8")
    got = da.from_array(x, chunks=(1, -1)).map_blocks(watched, meta=np.empty((0, 0), "c16")).compute()
    assert len(seen) == 4
    assert_close(got, np.fft.fft(x), "f8")


def hermitian(count, n):
    a = sample((count, n, n), "c16")
    return a + np.swapaxes(a, 1, 2).conj()


def test_map_blocks_over_eigvalsh_solves_batches():
    a = hermitian(40, 6)
    lazy = da.from_array(a, chunks=(7, -1, -1)).map_blocks(sp.linalg.eigvalsh, dtype="f8", drop_axis=2)
    got = lazy.compute()
    assert lazy.shape == got.shape == (40, 6) and lazy.numblocks == (6, 1)
    np.testing.assert_allclose(got, np.linalg.eigvalsh(a), rtol=0, atol=1e-13 * np.abs(got).max())
    again = lazy.compute(scheduler="synchronous")
    assert np.array_equal(got, again)


def test_both_results_of_eigh_come_out_of_delayed_blocks():
    a = hermitian(12, 5)
    blocks = da.from_array(a, chunks=(4, -1, -1)).to_delayed().ravel()
    solved = dask.compute(*(dask.delayed(sp.linalg.eigh)(block) for block in blocks))
    w = np.concatenate([part.eigenvalues for part in solved])
    v = np.concatenate([part.eigenvectors for part in solved])
    assert w.shape == (12, 5)
    np.testing.assert_allclose(a @ v, v * w[:, None, :], rtol=0, atol=1e-13 * np.abs(w).max())


def test_a_mistake_within_a_block_is_the_same_error():
    a = da.from_array(hermitian(4, 3)[:, :2], chunks=(1, -1, -1))
    with pytest.raises(ValueError, match=r"^x: .*2.*3"):
        a.map_blocks(sp.linalg.eigvalsh, dtype="f8", drop_axis=2, meta=np.empty((0, 0))).compute()
    with pytest.raises(ValueError, match="Dask array only supports taking an FFT along an axis that"):
        dask.array.fft.fft_wrap(sp.fft.fft)(da.ones((4, 4), chunks=2))


def test_scipys_functions_run_here_within_a_block():
    x = sample((4, 32), "f8")

    def block_fft(block):
        with scipy.fft.set_backend(sp.scipy_backend, only=True):
            return scipy.fft.fft(block)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = da.from_array(x, chunks=(1, -1)).map_blocks(block_fft, meta=np.empty((0, 0), "c16")).compute()
    assert_close(got, np.fft.fft(x), "f8")
