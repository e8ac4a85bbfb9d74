"""The functions inside array-API code: arrays of array_api_strict, which allow nothing but the standard."""

import array_api_strict as xp
import numpy as np
import pytest
from support import DTYPES, assert_close, sample, wide

import spectrapack as sp
from spectrapack import _kinds

STRICT = type(xp.asarray(0))
LINES = [name for name in sp.fft.__all__ if name.endswith("fft")]
GRIDS = ["fftn", "ifftn", "rfftn", "irfftn"]


def plain(x):
    """The NumPy array that shares an array's memory."""
    return np.from_dlpack(x)


def assert_strict(got, expected, dtype="float64"):
    assert type(got) is STRICT and str(got.dtype).endswith(np.dtype(dtype).name)
    assert_close(plain(got), expected, np.dtype(dtype).char.lower().replace("g", "d"))


@pytest.mark.parametrize("name", LINES + GRIDS)
@pytest.mark.parametrize("single", [True, False], ids=["single", "double"])
def test_transforms_are_those_of_the_standard(name, single):
    real = name in ("rfft", "ihfft", "rfftn")
    x = sample((4, 6), ("f4" if single else "f8") if real else ("c8" if single else "c16"))
    given = xp.asarray(x)
    calls = [{}, {"norm": "ortho"}, {"n": 5, "axis": 0} if name in LINES else {"s": (3, 5), "axes": (1, 0)}]
    for arguments in calls:
        got, wanted = getattr(sp.fft, name)(given, **arguments), getattr(xp.fft, name)(given, **arguments)
        assert type(got) is STRICT and got.dtype == wanted.dtype and got.shape == wanted.shape
        assert got.device == given.device
        assert_close(plain(got), wide(plain(wanted)), "f4" if single else "f8")
    assert np.array_equal(plain(given), x)


def test_shifts_and_frequencies_are_those_of_the_standard():
    x = xp.asarray(sample((4, 5), "f8"))
    for name in ("fftshift", "ifftshift"):
        got = getattr(sp.fft, name)(x, axes=(1,))
        assert type(got) is STRICT and xp.all(got == getattr(xp.fft, name)(x, axes=(1,)))
    for name in ("fftfreq", "rfftfreq"):
        got = getattr(sp.fft, name)(7, d=0.5, like=x)
        assert type(got) is STRICT and xp.max(xp.abs(got - getattr(xp.fft, name)(7, d=0.5))) < 1e-15


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_eigenvalues_are_those_of_the_standard(dtype):
    a = sample((3, 5, 5), dtype)
    a = xp.asarray(a + np.swapaxes(a, -1, -2).conj())
    w, v = sp.linalg.eigh(a)
    wanted = xp.linalg.eigh(a)
    assert type(w) is type(v) is STRICT
    assert (w.dtype, v.dtype, w.shape, v.shape) == (wanted[0].dtype, wanted[1].dtype, (3, 5), (3, 5, 5))
    tolerance = 100 * xp.finfo(w.dtype).eps * float(xp.max(xp.abs(w)))
    assert xp.max(xp.abs(w - wanted[0])) <= tolerance
    assert xp.max(xp.abs(a @ v - v * xp.astype(w, v.dtype)[:, None, :])) <= tolerance
    assert xp.max(xp.abs(sp.linalg.eigvalsh(a) - xp.linalg.eigvalsh(a))) <= tolerance
    assert xp.max(xp.abs(sp.linalg.eigh(a).eigenvalues - w)) == 0


@pytest.mark.parametrize("dtype", [name for name in DTYPES if name != "float16"])  # the standard has none
def test_every_element_type_of_the_standard_is_taken(dtype):
    x = xp.asarray(sample((3, 4), dtype))
    got = sp.fft.fft(x)
    assert type(got) is STRICT
    assert_close(plain(got), np.fft.fft(wide(plain(x))), DTYPES[dtype])


def test_no_copy_is_made_on_the_way_in_or_out():
    x = xp.asarray(sample(8, "c16"))
    assert sp.from_dlpack(x).data_ptr == plain(x).ctypes.data
    result = sp.fft.fft(x)
    result[0] = 7.0  # writable
    assert plain(result).ctypes.data % 256 == 0  # the memory is the library's
    target = xp.empty(8, dtype=xp.complex128)
    assert sp.fft.fft(x, out=target) is target
    assert_close(plain(target), np.fft.fft(plain(x)), "f8")


def test_views_are_taken_as_they_are():
    x = xp.asarray(sample((6, 8), "f8"))
    view = x.T[::2, 1:]
    assert_close(plain(sp.fft.fft2(view)), np.fft.fft2(plain(view)), "f8")


def test_errors_are_those_of_every_other_kind():
    with pytest.raises(ValueError, match="^x: .*3.*4"):
        sp.linalg.eigh(xp.ones((3, 4)))
    with pytest.raises(sp.AxisError):
        sp.fft.fft(xp.asarray(1.0))
    with pytest.raises(TypeError):
        sp.fft.rfft(xp.ones(4, dtype=xp.complex128))


class Claims:
    """Claims a namespace, and need not have what belongs to it."""

    def __init__(self, array, namespace):
        self.array, self.namespace = array, namespace

    def __array_namespace__(self, *, api_version=None):
        return self.namespace

    def __dlpack__(self, **request):
        return self.array.__dlpack__(**request)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_a_namespace_that_is_not_known_gets_its_own_arrays():
    class Other(Claims):
        pass

    class Namespace:
        @staticmethod
        def from_dlpack(x):
            return Other(np.from_dlpack(x), Namespace)

    result = sp.fft.fft(Other(np.ones(4), Namespace))
    assert type(result) is Other
    assert_close(result.array, np.array([4, 0, 0, 0], "c16"), "f8")


def test_a_namespace_without_from_dlpack_gets_tensors():
    class Bare(Claims):
        pass

    assert type(sp.fft.fft(Bare(np.ones(4), object()))) is sp.Tensor


def test_the_namespace_is_asked_for_once_a_type():
    asked = []

    class Asked(Claims):
        def __array_namespace__(self, *, api_version=None):
            asked.append(self)
            return xp

    x = Asked(np.ones(4), xp)
    assert all(type(sp.fft.fft(x)) is STRICT for _ in range(3))
    assert len(asked) == 1 and type(_kinds.kind_of(x)) is _kinds.Standard


def test_a_tensor_claims_no_namespace():
    assert not hasattr(sp.Tensor, "__array_namespace__")
