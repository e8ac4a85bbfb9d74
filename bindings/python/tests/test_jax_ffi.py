"""Values that JAX traces: the transforms and solvers inside jax.jit, jax.vmap and jax.grad, against JAX and NumPy."""

import resource

import numpy as np
import pytest
from support import assert_close, sample, wide

import spectrapack
from spectrapack import fft, linalg

jax = pytest.importorskip("jax")
import jax.numpy as jnp  # noqa: E402
from jax.test_util import check_grads  # noqa: E402

C2C = ("fft", "ifft", "fft2", "ifft2", "fftn", "ifftn")
R2C = ("rfft", "rfft2", "rfftn", "ihfft")
C2R = ("irfft", "irfft2", "irfftn", "hfft")
PRECISION = {"float32": "f4", "complex64": "f4", "float64": "f8", "complex128": "f8"}


def hermitian(shape, dtype):
    x = sample(shape, dtype)
    return x + x.conj().swapaxes(-1, -2)


@pytest.fixture(params=[False, True], ids=["x32", "x64"])
def x64(request):
    with jax.enable_x64(request.param):
        yield request.param


@pytest.mark.parametrize("name", C2C + R2C + C2R)
def test_every_transform_inside_jit_gives_what_numpy_gives(name, x64):
    kinds = ("float", "complex")[name in C2R :][: 1 if name in R2C else 2]
    for kind in kinds:
        dtype = {"float": "float32", "complex": "complex64"}[kind]
        if x64:
            dtype = {"float": "float64", "complex": "complex128"}[kind]
        x = sample((3, 4, 6), dtype)
        got = jax.jit(getattr(fft, name))(x)
        assert isinstance(got, jax.Array)
        expected = getattr(np.fft, name)(wide(x))
        assert got.dtype.kind == expected.dtype.kind and np.finfo(got.dtype).dtype == PRECISION[dtype]
        assert_close(got, expected, PRECISION[dtype])


@pytest.mark.parametrize("norm", [None, "backward", "ortho", "forward"])
@pytest.mark.parametrize("n", [None, 3, 9])
def test_lengths_and_norms_mean_inside_jit_what_they_mean_outside(n, norm):
    x = sample((4, 6), "float32")
    for name in ("fft", "rfft", "irfft", "hfft", "ihfft"):
        call = getattr(fft, name)
        got = jax.jit(lambda x: call(x, n, 0, norm=norm, workers=1))(x)
        assert_close(got, np.asarray(wide(call(x, n, 0, norm))), "f4")


def test_several_axes_with_lengths_of_their_own_inside_jit():
    x = sample((4, 5, 6), "complex64")
    got = jax.jit(lambda x: fft.irfftn(x, (-1, 7), (2, 0)))(x)
    assert_close(got, np.fft.irfftn(wide(x), (6, 7), (2, 0)), "f4")


def test_result_types_follow_the_precision_that_is_computed_in(x64):
    wide_real, wide_complex = ("float64", "complex128") if x64 else ("float32", "complex64")
    for dtype in ("bool", "int8", "uint16", "int32", "float16", "bfloat16", "float32"):
        x = jnp.arange(6).astype(dtype)
        integer = dtype in ("bool", "int8", "uint16", "int32")
        got = jax.jit(fft.fft)(x)
        assert got.dtype == (wide_complex if integer else "complex64")
        assert_close(got, np.fft.fft(np.asarray(x).astype("f8")), "f8" if integer and x64 else "f4")
        values = jax.jit(linalg.eigvalsh)(jnp.ones((2, 2), dtype))
        assert values.dtype == (wide_real if integer else "float32")


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_vmap_over_any_axis_transforms_what_is_left(axis):
    x = sample((3, 4, 6), "float32")
    for name, reference in (("rfft", np.fft.rfft), ("fft2", np.fft.fft2)):
        got = jax.vmap(getattr(fft, name), axis)(x)
        assert_close(got, np.stack([reference(wide(part)) for part in np.moveaxis(x, axis, 0)]), "f4")


def test_vmap_keeps_axes_that_count_from_the_front():
    x = sample((3, 4, 6), "float32")
    got = jax.jit(jax.vmap(jax.vmap(lambda row: fft.fft(row, axis=0)), 1, 1))(x)
    assert_close(got, np.fft.fft(wide(x), axis=2), "f4")


def test_no_axes_are_a_complex_copy():
    got = jax.jit(lambda x: fft.fftn(x, axes=()))(np.arange(3.0, dtype="f4"))
    assert got.dtype == "complex64" and np.array_equal(got, [0, 1, 2])


def test_an_empty_axis_can_be_padded_and_an_empty_batch_is_empty():
    assert np.array_equal(jax.jit(lambda x: fft.fft(x, 3))(np.empty((2, 0), "f4")), np.zeros((2, 3)))
    assert jax.jit(fft.fft)(np.empty((0, 3), "f4")).shape == (0, 3)
    assert jax.jit(linalg.eigh)(np.empty((0, 3, 3), "f4"))[1].shape == (0, 3, 3)


@pytest.mark.parametrize("axes", [None, 1, (0, -1)])
def test_shifts_inside_jit_give_what_numpy_gives(axes):
    x = sample((3, 4, 5), "float32")
    for name in ("fftshift", "ifftshift"):
        got = jax.jit(lambda x: getattr(fft, name)(x, axes))(x)
        assert np.array_equal(got, getattr(np.fft, name)(x, axes))


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("uplo", ["L", "U"])
def test_eigenvalues_and_vectors_inside_jit_and_vmap_are_those_of_the_named_triangle(dtype, uplo):
    with jax.enable_x64(PRECISION[dtype] == "f8"):
        a = hermitian((3, 2, 5, 5), dtype)
        half = np.tril(a) if uplo == "L" else np.triu(a)
        bound = 100 * np.finfo(dtype).eps * np.linalg.norm(a)
        w, v = jax.jit(lambda x: linalg.eigh(x, uplo))(half)
        assert w.dtype == np.empty(0, dtype).real.dtype and v.dtype == dtype
        assert np.linalg.norm(a @ v - v * w[..., None, :]) <= bound
        assert np.linalg.norm(w - np.linalg.eigvalsh(wide(a))) <= bound
        assert np.array_equal(jax.vmap(lambda x: linalg.eigvalsh(x, uplo), 1, 1)(half), w)
        again = linalg.eigh(half, uplo)
        assert isinstance(again.eigenvectors, np.ndarray)
        assert np.array_equal(again.eigenvectors, v)


@pytest.mark.parametrize("seed", range(8))
def test_subnormal_numbers_that_xla_flushes_do_not_spoil_eigenvectors(seed):
    a = sample((5, 5), "complex64", seed)
    a += a.conj().T
    w, v = map(np.asarray, jax.jit(linalg.eigh)(a))
    assert np.linalg.norm(a @ v - v * w) <= 100 * np.finfo("f4").eps * np.linalg.norm(a)
    tiny = np.full(4, np.finfo("f4").tiny / 8, "f4")
    assert np.asarray(jax.jit(fft.rfft)(tiny))[0] == 4 * tiny[0]


def test_eigenvalues_by_index_inside_jit():
    a = hermitian((2, 5, 5), "float32")
    w, v = jax.jit(lambda x: linalg.eigh(x, subset_by_index=(1, 3)))(a)
    whole = linalg.eigh(a)
    assert np.array_equal(w, whole[0][:, 1:4]) and np.array_equal(v, whole[1][:, :, 1:4])


@pytest.mark.parametrize("name", C2C + R2C + C2R)
def test_derivatives_of_transforms_are_those_of_finite_differences(name):
    lengths = [{"s": (5, 4)}, {"s": (3, 7)}] if name.endswith(("2", "n")) else [{"n": 3}, {"n": 8}]
    with jax.enable_x64(True):
        x = sample((2, 4, 5), "float64" if name in R2C else "complex128")
        for how in lengths:
            how = how if "n" in how else {**how, "axes": (0, 1)}
            check_grads(lambda x: getattr(fft, name)(x, norm="ortho", **how), (x,), order=2)


def test_gradients_are_those_of_jax_own_transforms_under_jit_and_vmap():
    x = sample((3, 8), "float32")

    def loss(module):
        return lambda x: jnp.sum(jnp.abs(module.irfft(module.rfft(x, n=7) ** 2, n=9)) ** 3)

    got = jax.jit(jax.vmap(jax.grad(loss(fft))))(x)
    assert_close(got, wide(jax.vmap(jax.grad(loss(jnp.fft)))(x)), "f4")
    got = jax.hessian(loss(fft))(x[0])
    assert_close(got, wide(jax.hessian(loss(jnp.fft))(x[0])), "f4")


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("uplo", ["L", "U"])
def test_derivatives_of_eigenvalues_and_vectors_are_those_of_finite_differences(dtype, uplo):
    with jax.enable_x64(True):
        a = hermitian((2, 4, 4), dtype)
        check_grads(lambda x: linalg.eigvalsh(x, uplo), (a,), order=1, eps=1e-6)
        check_grads(lambda x: tuple(linalg.eigh(x, uplo, subset_by_index=(1, 3))), (a,), order=1, eps=1e-6)


def refused(call, x, error, *words):
    with pytest.raises(error) as caught:
        jax.jit(call)(x)
    for word in words:
        assert word in str(caught.value)


def test_bad_arguments_raise_while_jax_traces_what_they_raise_outside():
    x = sample((2, 4), "float32")
    refused(lambda x: fft.fft(x, axis=2), x, spectrapack.AxisError, "axes: 2 is out of range")
    refused(lambda x: fft.fft(x, 0), x, ValueError, "n: 0 is no length")
    refused(lambda x: fft.fftn(x, (3, 0)), x, ValueError, "s[1] = 0 along axis 1 is below 1")
    refused(lambda x: fft.fft(x, norm="none"), x, ValueError, "norm: 'none'")
    refused(lambda x: fft.fft(x, workers=0), x, ValueError, "workers: 0")
    refused(lambda x: fft.rfft(x), x + 0j, TypeError, "x: complex")
    refused(lambda x: fft.rfftn(x, axes=()), x, ValueError, "at least one axis")
    refused(lambda x: fft.irfft(x), x[:, :1], ValueError, "x: shape[1] = 1 gives a transform of length 0")
    refused(lambda x: fft.fft(x.astype("float8_e4m3fn")), x, TypeError, "float8_e4m3fn")
    refused(lambda x: fft.fftshift(x, 2), x, spectrapack.AxisError, "axes: 2 is out of range")
    refused(linalg.eigh, x, ValueError, "x: the last two extents are 2 and 4")
    refused(linalg.eigvalsh, x[0], ValueError, "x: ndim = 1")
    refused(lambda x: linalg.eigh(x, "X"), x, ValueError, "UPLO: 'X'")
    square = x[:, :2]
    refused(lambda x: linalg.eigh(x, subset_by_index=(1, 2)), square, ValueError, "index_high = 2 with n = 2")
    refused(lambda x: linalg.eigh(x, device="cuda"), square, spectrapack.DeviceError, "device: 'cuda'")


def test_what_compiled_code_cannot_do_is_refused_by_name():
    x = np.eye(2, dtype="f4")
    refused(lambda x: fft.fft(x, out=np.empty((2, 2), "c8")), x, TypeError, "out: x is traced by JAX")
    refused(lambda x: fft.fft(x, progress=print), x, ValueError, "progress: x is traced by JAX")
    refused(lambda x: linalg.eigvalsh(x, subset_by_value=(0, 1)), x, ValueError, "subset_by_value: x is traced")


def test_a_failure_of_compiled_code_is_an_exception_with_the_message_of_the_library():
    solve = jax.jit(linalg.eigh)
    a = np.eye(3, dtype="f4")
    for _ in range(2):
        with pytest.raises(Exception, match=r"a: element \(1, 0\) of matrix 1 is NaN"):
            bad = np.stack([a, a])
            bad[1, 1, 0] = np.nan
            jax.block_until_ready(solve(bad))
    assert np.array_equal(solve(np.stack([a, a]))[0], np.ones((2, 3)))


@pytest.mark.parametrize(
    ("message", "attributes"),
    [
        ("attribute how is missing", {}),
        ("attribute how: no array of int64", {"how": np.int64(3)}),
        ("attribute how: no array of int64", {"how": np.zeros(4, "i4")}),
        (r"attribute how: \[0\] has not 4 numbers", {"how": np.zeros(1, "i8")}),
        (r"attribute how\[0\] = 4294967296 is out of range", {"how": np.full(4, 2**32)}),
        (r"attribute axes: \[0\] with lengths \[\]", {"axes": np.zeros(1, "i8"), "lengths": np.zeros(0, "i8")}),
        (r"attribute axes: \[\] with lengths \[\]", {"axes": np.zeros(0, "i8"), "lengths": np.zeros(0, "i8")}),
        (r"axes\[0\] = 7 is out of range for ndim = 1", {"axes": np.array([7])}),
        ("kind = 9 is no spk_fft_kind", {"how": np.array([9, 0, 0, 0])}),
        ("threads = -1 is negative", {"how": np.array([0, 0, 0, -1])}),
        ("out: shape", {"lengths": np.array([5])}),
        ("XLA's element type 4 is none", {"x": np.arange(4, dtype="i4")}),
    ],
)
def test_calls_from_elsewhere_are_checked_by_the_handler_as_well(message, attributes):
    jax.vmap(fft.fft)(np.eye(2, dtype="f4"))  # registers the handlers
    sound = {"how": np.zeros(4, "i8"), "axes": np.zeros(1, "i8"), "lengths": np.array([-1])}
    x = attributes.get("x", np.arange(4, dtype="c8"))
    given = {} if not attributes else {**sound, **{k: v for k, v in attributes.items() if k != "x"}}
    call = jax.ffi.ffi_call("spectrapack_fft", jax.ShapeDtypeStruct((4,), "c8"))
    with pytest.raises(Exception, match=message):
        jax.block_until_ready(call(x, **given))
    assert_close(call(np.arange(4, dtype="c8"), **sound), np.fft.fft(np.arange(4)), "f4")


def test_1000_calls_leave_no_memory_behind():
    transform, solve = jax.jit(fft.fft), jax.jit(linalg.eigvalsh)
    x, bad = jnp.ones((8, 8192), "f4"), jnp.full((16, 16), jnp.nan, "f4")

    def call(times):
        for _ in range(times):
            transform(x).block_until_ready()
            with pytest.raises(Exception, match="NaN"):
                solve(bad).block_until_ready()

    call(20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    call(1000)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # KiB
    assert grown < 50_000  # one result is 512 KiB, so a thousand of them are ten times that


def test_concrete_arrays_of_jax_do_not_go_through_xla(run_python):
    script = """if True:
        import sys, jax, numpy, spectrapack
        x = jax.numpy.arange(4.0)
        assert isinstance(spectrapack.fft.fft(x), jax.Array) and "spectrapack._jax" not in sys.modules
        jax.jit(spectrapack.fft.fft)(x)
        assert "spectrapack._jax" in sys.modules
    """
    assert run_python(script) == ""
