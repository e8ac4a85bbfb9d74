"""Convolution and correlation: against SciPy and exact sums, layouts, kinds, and what is refused."""

import numpy as np
import pytest
import scipy.signal
import torch
from support import DTYPES, assert_close, sample, wide

import spectrapack as sp

METHODS = ["auto", "fft", "direct"]
MODES = ["full", "same", "valid"]
SHAPES = [((7,), (3,)), ((3,), (7,)), ((1,), (4,)), ((50,), (21,)), ((6, 7), (3, 2)), ((3, 2), (6, 7)), ((4, 3), (2, 5)),
          ((4, 9, 5), (2, 3, 5)), ((1, 8), (5, 1)), ((64, 33), (9, 20)), ((2, 3, 4, 3), (2, 2, 1, 3))]  # fmt: skip


def reference(name, x, kernel, mode):
    x, kernel = wide(x), wide(kernel)
    if name == "correlate":
        kernel = np.conj(kernel[(slice(None, None, -1),) * kernel.ndim])
    return scipy.signal.fftconvolve(x, kernel, mode)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["convolve", "correlate"])
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_shapes_modes_and_types_agree_with_scipy(name, method, shapes):
    function = getattr(sp.fft, name)
    for types in [("f8", "f8"), ("f4", "f4"), ("c16", "c16"), ("c8", "f4"), ("f8", "c16"), ("f4", "f8"), ("c8", "f8")]:
        x, kernel = (sample(shape, dtype, seed) for seed, (shape, dtype) in enumerate(zip(shapes, types)))
        before = x.copy(), kernel.copy()
        for mode in MODES:
            try:
                expected = reference(name, x, kernel, mode)
            except ValueError:
                with pytest.raises(ValueError, match="kernel: shape"):
                    function(x, kernel, mode, method=method)
                continue
            got = function(x, kernel, mode, method=method)
            assert got.dtype == np.result_type(x, kernel)
            assert_close(got, expected, "f8" if got.dtype in ("f8", "c16") else "f4")
        assert np.array_equal(x, before[0]) and np.array_equal(kernel, before[1])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("first", DTYPES)
@pytest.mark.parametrize("second", ["bool", "int16", "float16", "float32", "complex64", "complex128"])
def test_every_pair_of_element_types_has_the_wider_precision(method, first, second):
    x, kernel = sample((4, 9), first), sample((2, 3), second, seed=1)
    got = sp.fft.convolve(x, kernel, method=method)
    precision = "f8" if "f8" in (DTYPES[first], DTYPES[second]) else "f4"
    kind = "c" if "c" in (x.dtype.kind, kernel.dtype.kind) else "f"
    assert got.dtype == np.dtype(kind + str(int(precision[1]) * (1 + (kind == "c"))))
    assert_close(got, scipy.signal.fftconvolve(wide(x), wide(kernel)), precision)


@pytest.mark.parametrize("method", METHODS)
def test_small_integers_are_exact_term_by_term_and_nearly_so_by_transforms(method):
    x, kernel = sample(1000, "int16"), sample(37, "int16", seed=2)
    expected = np.convolve(x.astype("i8"), kernel.astype("i8"))
    got = sp.fft.convolve(x, kernel, method=method)
    assert np.array_equal(got if method == "direct" else np.rint(got), expected)
    lags = np.correlate(x.astype("i8"), kernel.astype("i8"), "full")
    assert np.array_equal(np.rint(sp.fft.correlate(x, kernel, method=method)), lags)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["convolve", "correlate"])
def test_along_listed_axes_the_others_are_multiplied(name, method):
    for shapes, axes in [(((3, 5, 8), (3, 2, 8)), 1), (((3, 5, 8), (1, 2, 1)), (1,)), (((1, 5, 8), (4, 2, 3)), (1, 2)),
                         (((3, 5, 1), (1, 2, 6)), [-2]), (((4, 7), (4, 7)), (0,)), (((5, 1, 4), (2, 3, 4)), 0)]:  # fmt: skip
        x, kernel = sample(shapes[0], "c16"), sample(shapes[1], "c16", seed=1)
        listed = (axes,) if isinstance(axes, int) else axes
        turned = kernel
        if name == "correlate":
            turned = np.conj(np.flip(kernel, listed))
        for mode in MODES:
            # SciPy's 'same' cuts the other axes to the extents of x, too; ours keeps what is multiplied.
            repeated = np.broadcast_to(x, np.maximum(x.shape, [1 if d in np.arange(x.ndim)[list(listed)] else extent
                                                               for d, extent in enumerate(kernel.shape)]))  # fmt: skip
            expected = scipy.signal.fftconvolve(repeated, turned, mode, axes)
            assert_close(getattr(sp.fft, name)(x, kernel, mode, axes, method=method), expected, "f8")


@pytest.mark.parametrize("method", METHODS)
def test_any_layout_and_out_give_the_values_of_a_copy(method):
    base = sample((24, 40), "c16")
    x, kernel = base[::-2, ::3], base.T[3:8, 20:4:-4]
    expected = scipy.signal.fftconvolve(x, kernel)
    assert_close(sp.fft.convolve(x, kernel, method=method), expected, "f8")
    out = np.full(expected.shape[::-1], np.nan, "c16").T
    assert sp.fft.convolve(x, kernel, out=out, method=method, workers=2) is out
    assert_close(out, expected, "f8")
    same = np.full((12, 28), np.nan)[:, ::2]
    assert sp.fft.convolve(x.real, kernel.real, "same", out=same, method=method) is same
    assert_close(same, scipy.signal.fftconvolve(x.real, kernel.real, "same"), "f8")
    spread = np.broadcast_to(sample((1, 5), "f8"), (3, 5))
    assert_close(sp.fft.convolve(spread, spread, method=method), scipy.signal.fftconvolve(spread, spread), "f8")


@pytest.mark.parametrize("method", ["fft", "direct"])
def test_workers_do_not_change_the_bits_and_large_ones_agree(method):
    x, kernel = sample((300, 700), "f8"), sample((9, 11), "f8", seed=1)
    one = sp.fft.convolve(x, kernel, method=method, workers=1)
    assert np.array_equal(sp.fft.convolve(x, kernel, method=method, workers=2), one)
    assert_close(one, scipy.signal.fftconvolve(x, kernel), "f8")


def test_kinds_follow_x():
    x, kernel = sample((4, 9), "f4"), sample((2, 3), "f8")
    got = sp.fft.convolve(torch.from_numpy(x), kernel)
    assert isinstance(got, torch.Tensor) and got.dtype == torch.float64
    assert isinstance(sp.fft.correlate(sp.from_dlpack(x), torch.from_numpy(x)), sp.Tensor)
    with pytest.raises(TypeError, match="detach"):
        sp.fft.convolve(x, torch.ones((2, 2), requires_grad=True))


def test_nan_stays_near_term_by_term_and_spreads_by_transforms():
    x = np.ones((2, 200))
    x[0, 7] = np.nan
    near = sp.fft.convolve(x, np.ones((1, 3)), axes=1, method="direct")
    assert np.array_equal(np.flatnonzero(np.isnan(near)), [7, 8, 9])
    far = sp.fft.convolve(x, np.ones((1, 3)), axes=1, method="fft")
    assert np.isnan(far[0]).all() and np.isfinite(far[1]).all()


def test_empty_batches_are_empty():
    got = sp.fft.convolve(np.zeros((0, 5)), np.zeros((1, 3)), axes=1)
    assert got.shape == (0, 7)


def test_progress_rises_to_one_and_may_stop():
    x, kernel = sample((400, 500), "f8"), sample((60, 60), "f8")
    for method in ("fft", "direct"):
        told = []
        sp.fft.convolve(x[:50], kernel[:9], method=method, progress=lambda done, told=told: told.append(done))
        assert told == sorted(told) and told[-1] == 1.0 and len(told) > 2
        for stop_at in (1, 2, 3):
            told = []

            def stop(done, told=told, stop_at=stop_at):
                told.append(done)
                return len(told) >= stop_at

            with pytest.raises(sp.CancelledError):
                sp.fft.convolve(x[:50], kernel[:9], method=method, progress=stop)
            assert len(told) == stop_at


def test_memory_is_at_most_three_copies(run_python):
    script = """
import numpy as np, resource, spectrapack as sp
x, kernel = np.ones(2**22), np.ones(2**21)
sp.fft.convolve(x[:64], kernel[:64], method="fft")
out = np.zeros(x.size + kernel.size - 1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
sp.fft.cache_limit(0, 0)
sp.fft.convolve(x, kernel, method="fft", out=out, workers=1)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / out.nbytes)
"""
    assert float(run_python(script)) < 6  # three padded copies, and the tables of this engine


X, K = sample((4, 6), "f8"), sample((2, 3), "f8")


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: sp.fft.convolve(X, K[0]), ValueError, "kernel: ndim = 1 where in has 2"),
        (lambda: sp.fft.convolve(X, K, "most"), ValueError, "mode: 'most'"),
        (lambda: sp.fft.convolve(X, K, method="fast"), ValueError, "method: 'fast'"),
        (lambda: sp.fft.convolve(X, K, axes=2), sp.AxisError, "2 is out of range"),
        (lambda: sp.fft.convolve(X, K, axes=(0, -2)), sp.AxisError, "twice"),
        (lambda: sp.fft.convolve(X, K, axes=()), ValueError, "at least one axis"),
        (lambda: sp.fft.convolve(X, K, axes=(0.5,)), TypeError, "axes"),
        (lambda: sp.fft.convolve(X, K, axes=0), ValueError, "kernel: shape[1] = 3 where in has 6"),
        (lambda: sp.fft.convolve(X, K[:0]), ValueError, "kernel: shape[0] = 0"),
        (lambda: sp.fft.convolve(X[:, :0], K), ValueError, "shape[1] = 0"),
        (lambda: sp.fft.convolve(np.float64(1), np.float64(2)), ValueError, "ndim = 0"),
        (lambda: sp.fft.convolve(X[:, :2], K, "valid"), ValueError, "neither holds the other"),
        (lambda: sp.fft.convolve(X, K, out=np.empty((5, 7))), ValueError, "[5, 7]"),
        (lambda: sp.fft.convolve(X, K, out=np.empty((5, 8), "f4")), TypeError, "float32"),
        (lambda: sp.fft.convolve(X, K, "same", out=X), ValueError, "out"),
        (lambda: sp.fft.convolve(X[:2, :3], K, "same", out=K), ValueError, "overlaps kernel"),
        (lambda: sp.fft.convolve([1.0], K), TypeError, "numpy.asarray"),
        (lambda: sp.fft.convolve(X, [1.0]), TypeError, "kernel"),
        (lambda: sp.fft.convolve(X, K, workers=0), ValueError, "workers: 0"),
    ],
)
def test_wrong_arguments_are_named_with_their_value(call, error, words):
    before = X.copy(), K.copy()
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
    assert np.array_equal(X, before[0]) and np.array_equal(K, before[1])
