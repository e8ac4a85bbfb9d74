"""`scipy.fft` with spectrapack behind it gives what SciPy's own backend gives, for every argument that SciPy has."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.fft
import scipy.signal
import torch
from support import DTYPES, REAL_DTYPES, assert_close, sample, wide

import spectrapack as sp
from spectrapack import scipy_backend

ALL = [prefix + form for prefix in ("", "i", "r", "ir", "h", "ih") for form in ("fft", "fft2", "fftn")]
OF_REAL = [name for name in ALL if name.startswith(("r", "ih"))]
LINES = [name for name in ALL if name.endswith("fft")]
GRIDS = [name for name in ALL if not name.endswith("fft")]
TRIG = ["dct", "idct", "dst", "idst"]
TRIG_GRIDS = [name + "n" for name in TRIG]


@pytest.fixture
def ours():
    """Within it nothing of `scipy.fft` may fall through to SciPy."""
    with scipy.fft.set_backend(scipy_backend, only=True):
        yield


@pytest.fixture
def through_us(monkeypatch):
    """The names of the functions that spectrapack computed, in order."""
    seen = []
    for name, function in scipy_backend._FUNCTIONS.items():

        def watched(*args, _name=name, _function=function, **kwargs):
            result = _function(*args, **kwargs)
            if result is not NotImplemented:
                seen.append(_name)
            return result

        monkeypatch.setitem(scipy_backend._FUNCTIONS, name, watched)
    return seen


def scipys(name, *args, **kwargs):
    with scipy.fft.set_backend("scipy", only=True):
        return getattr(scipy.fft, name)(*args, **kwargs)


def assert_as_scipy(name, x, *args, precision="f8", **kwargs):
    got = getattr(scipy.fft, name)(x, *args, **kwargs)
    expected = scipys(name, x, *args, **kwargs)
    assert type(got) is np.ndarray and got.dtype == expected.dtype
    assert_close(got, wide(expected), precision)


def input_of(name, shape, dtype="f8"):
    return sample(shape, dtype if name in OF_REAL else np.result_type(dtype, "c8"))


def test_every_transform_of_scipy_is_here():
    parts = dir(scipy.fft._basic) + dir(scipy.fft._realtransforms)
    multimethods = {name for name in scipy.fft.__all__ if name in parts}
    assert multimethods == {*ALL, *TRIG, *TRIG_GRIDS} == set(scipy_backend._FUNCTIONS)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("name", TRIG + TRIG_GRIDS)
def test_cosine_and_sine_transforms_are_those_of_scipy(ours, name, number):
    x = sample((4, 5, 6), "f8")
    calls = [((number,), {}), ((number, 8, 1, "ortho", False, 1, False), {}), ((number,), {"orthogonalize": True})]
    if name in TRIG_GRIDS:
        calls = [((number,), {}), ((number, (3, 8)), {}), ((number, (7, -1), (2, 0), "ortho", True, 2), {}),
                 ((number,), {"axes": 1, "s": 5, "orthogonalize": True}), ((number, None, (0, 2), "forward"), {})]  # fmt: skip
    for args, kwargs in calls:
        assert_as_scipy(name, x, *args, **kwargs)
    for dtype in ("bool", "int16", "float16", "float32", "complex64", "complex128"):
        assert_as_scipy(name, sample((4, 6), dtype), number, precision=DTYPES[dtype])
    assert_as_scipy(name, [[1, 2, 3], [4, 5, 6]], number)
    if name in TRIG_GRIDS:
        assert getattr(scipy.fft, name)(x, number, axes=()) is x


@pytest.mark.parametrize(("args", "kwargs"), [
    ((5,), {}), ((0,), {}), ((2, 0), {}), ((2, -1), {}), ((1, 1), {}), ((2,), {"norm": "no"}),
])  # fmt: skip
def test_what_is_wrong_for_a_cosine_transform_is_a_clear_error_here(ours, args, kwargs):
    x = sample((3, 4), "f8")
    with pytest.raises((ValueError, RuntimeError, NotImplementedError)):
        scipys("dct", x, *args, **kwargs)
    with pytest.raises(ValueError, match=r"^(type|norm|n|axes|s)\b"):
        scipy.fft.dct(x, *args, **kwargs)


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("arguments", [
    {}, {"n": 9}, {"n": 4}, {"axis": 0}, {"n": 8, "axis": 1, "norm": "ortho"}, {"norm": "forward"},
    {"norm": "backward", "overwrite_x": True, "workers": 2}, {"workers": -1}, {"n": np.int64(5), "axis": np.int32(-2)},
], ids=str)  # fmt: skip
def test_lines_are_those_of_scipy(ours, name, arguments):
    assert_as_scipy(name, input_of(name, (4, 5, 6)), **arguments)


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("arguments", [
    {}, {"s": (3, 8)}, {"s": (7, 5), "axes": (2, 0)}, {"axes": (1, 2)}, {"axes": None}, {"axes": (-1, 0)},
    {"s": (-1, 6), "axes": (0, 1)}, {"s": (6, -1), "axes": (1, 0)}, {"s": (-1, -1)}, {"norm": "ortho"},
    {"norm": "forward", "workers": 2}, {"overwrite_x": True}, {"axes": np.array([0, 2])}, {"s": [4, 4], "axes": [1, 2]},
    {"s": 5, "axes": 1}, {"s": 6, "axes": None}, {"s": (3, 4, 5), "axes": None},
], ids=str)  # fmt: skip
def test_grids_are_those_of_scipy(ours, name, arguments):
    if isinstance(arguments.get("s"), tuple) and len(arguments["s"]) == 3 and name.endswith("2"):
        arguments = arguments | {"axes": (0, 1, 2)}
    assert_as_scipy(name, input_of(name, (4, 5, 6)), **arguments)


@pytest.mark.parametrize("name", ALL)
def test_arguments_may_be_given_by_position(ours, name):
    second = (8, 1) if name in LINES else ((4, 8), (1, 0))
    assert_as_scipy(name, input_of(name, (4, 5, 6)), *second, "ortho", False, 1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ALL)
def test_element_types_are_those_of_scipy(ours, name, dtype):
    if name in OF_REAL and dtype not in REAL_DTYPES:
        with pytest.raises(TypeError):
            getattr(scipy.fft, name)(sample((4, 6), dtype))
    else:
        assert_as_scipy(name, sample((4, 6), dtype), precision=DTYPES[dtype])


@pytest.mark.parametrize("x", [
    [1, 2, 3, 4], (1.5, 2j), [[1, 2], [3, 4]], range(5), memoryview(b"abcd"), np.ma.masked_equal([1.0, 2.0, 3.0], 2.0),
    np.matrix([[1.0, 2.0], [3.0, 4.0]]), np.arange(6, dtype=">f8"), np.arange(6, dtype=">i2"),
    sample((3, 4), "c16").astype(">c16"), sample((6, 8), "f8")[::-2, 1::3], sample(20, "f8")[::-1],
    np.broadcast_to(1.5, (3, 4)),
], ids=lambda x: type(x).__name__)  # fmt: skip
def test_whatever_scipy_takes_for_an_array_is_taken(ours, x):
    assert_as_scipy("fft", x)
    assert_as_scipy("ifftn", x)


def test_arrays_of_other_kinds_come_back_as_what_they_are(ours):
    x = sample((4, 6), "f4")
    kinds = {torch.Tensor: torch.from_numpy(x), jax.Array: jnp.asarray(x), sp.Tensor: sp.from_dlpack(x)}
    for kind, made in kinds.items():
        for name in ("rfft2", "ihfftn", "fft"):
            result = getattr(scipy.fft, name)(made)
            assert isinstance(result, kind)
            assert_close(result, wide(scipys(name, x)), "f4")
        assert scipy.fft.irfftn(made, s=(-1, -1)).shape == (4, 6)


def test_the_input_is_left_alone_unless_it_may_be_overwritten(ours):
    for name in ALL:
        x = input_of(name, (4, 6))
        before = x.copy()
        getattr(scipy.fft, name)(x)
        assert np.array_equal(x, before)
        x.flags.writeable = False
        assert_close(getattr(scipy.fft, name)(x, overwrite_x=True), scipys(name, x), "f8")
        assert np.array_equal(x, before)


def test_no_axes_give_back_x_as_in_scipy(ours):
    x = sample((2, 3), "f8")
    assert scipy.fft.fftn(x, axes=()) is x
    assert scipy.fft.ifftn(2.5) == 2.5
    for name in ("rfftn", "irfftn", "hfftn", "ihfft2"):
        with pytest.raises(ValueError, match="axes"):
            getattr(scipy.fft, name)(x, axes=())


@pytest.mark.parametrize(("name", "args", "kwargs"), [
    ("fft", (), {"norm": "no"}), ("fft", (0,), {}), ("fft", (-1,), {}), ("fft", (), {"workers": 0}),
    ("fft", (), {"workers": -1000}), ("irfft", (-3,), {}), ("fftn", ((4, 4, 4),), {}), ("fft2", ((4,),), {}),
    ("fftn", ((4, 0),), {}), ("fftn", (None, (0, 0)), {}), ("fftn", (None, (0, 2)), {}),
    ("irfftn", ((4, -1), (0, 2)), {}), ("irfftn", ((4, -1), (0,)), {}), ("irfftn", ((4, 4, -1),), {}),
    ("hfft2", (), {"norm": 1}),
])  # fmt: skip
def test_what_is_wrong_to_scipy_is_a_clear_error_here(ours, name, args, kwargs):
    x = sample((3, 4), "c16")
    with pytest.raises(ValueError):
        scipys(name, x, *args, **kwargs)
    with pytest.raises(ValueError, match=r"^(norm|n|s|axes|workers|x|desc: lengths)\b"):
        getattr(scipy.fft, name)(x, *args, **kwargs)


@pytest.mark.parametrize("name", ALL)
def test_a_plan_is_refused_by_name(ours, name):
    with pytest.raises(NotImplementedError, match="plan: 'wisdom'"):
        getattr(scipy.fft, name)(np.ones((2, 2)), plan="wisdom")


def test_workers_default_to_those_of_scipy(ours, monkeypatch):
    asked = []
    original = scipy_backend.transform_line

    def watched(*arguments):
        asked.append(arguments[-2])
        return original(*arguments)

    monkeypatch.setattr(scipy_backend, "transform_line", watched)
    scipy.fft.fft(np.ones(4))
    with scipy.fft.set_workers(2):
        scipy.fft.fft(np.ones(4))
        scipy.fft.fft(np.ones(4), workers=3)
    assert asked == [1, 2, 3]


def test_other_element_types_fall_through_to_scipy(through_us):
    x = sample((4, 6), "f8")
    with scipy.fft.set_backend(scipy_backend):
        for name, odd in [("fft", x.astype("g")), ("fft", x.astype("G")), ("fft", x.astype(object)),
                          ("dct", x.astype("g")), ("dstn", x.astype("G"))]:  # fmt: skip
            got, expected = getattr(scipy.fft, name)(odd), scipys(name, odd)
            assert got.dtype == expected.dtype and np.array_equal(got, expected)
        assert through_us == []
        with pytest.raises(ValueError, match="could not convert string to float"):
            scipy.fft.fft(["no number"])
    with scipy.fft.set_backend(scipy_backend, only=True), pytest.raises(NotImplementedError):
        scipy.fft.fft(x.astype("g"))


def test_scipys_own_code_computes_here(through_us):
    x, kernel = sample(400, "f8"), sample(31, "f8", seed=1)
    expected = scipy.signal.fftconvolve(x, kernel)
    hankel = scipy.fft.fht(x, 0.1, 0.5)
    with scipy.fft.set_backend(scipy_backend):
        assert_close(scipy.signal.fftconvolve(x, kernel), expected, "f8")
        assert "rfftn" in through_us or "rfft" in through_us
        through_us.clear()
        np.testing.assert_allclose(scipy.fft.fht(x, 0.1, 0.5), hankel, rtol=1e-12, atol=1e-12)
        assert through_us == ["rfft", "irfft"]
    through_us.clear()
    scipy.fft.fft(x)
    assert through_us == []


def test_it_may_be_set_for_good(run_python):
    script = """
import numpy, scipy.fft, spectrapack
from spectrapack import scipy_backend
scipy.fft.set_global_backend(spectrapack.scipy_backend, only=True)
y = scipy.fft.fft(numpy.ones(4))
print(abs(y), y.ctypes.data % 256)
"""
    assert run_python(script) == "[4. 0. 0. 0.] 0\n"


def test_the_module_needs_neither_scipy_nor_numpy_to_be_imported(run_python):
    script = "import sys, spectrapack.scipy_backend; print(sorted({'numpy', 'scipy'} & set(sys.modules)))"
    assert run_python(script) == "[]\n"


def test_the_examples_in_the_documentation_run():
    import doctest

    result = doctest.testmod(scipy_backend)
    assert result.attempted and not result.failed
