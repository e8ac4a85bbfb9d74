"""Gradients, torch.func, torch.compile and the operators: what PyTorch follows is followed, with its own results."""

import pytest
import torch
from torch.autograd import forward_ad, gradcheck, gradgradcheck
from torch.testing import assert_close

import spectrapack as sp
import spectrapack.torch  # noqa: F401 - registers the operators

LINE = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
MANY = ["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"]
REAL, COMPLEX = torch.float64, torch.complex128
FFT_CASES = [(name, REAL) for name in LINE + MANY] + [
    (name, COMPLEX) for name in LINE + MANY if not name.startswith(("rfft", "ihfft"))
]
EIGH_CASES = [(uplo, dtype) for uplo in "LU" for dtype in (REAL, COMPLEX)]


@pytest.fixture(autouse=True)
def same_numbers_each_time():
    torch.manual_seed(0)


def leaf(*shape, dtype=REAL):
    return torch.randn(*shape, dtype=dtype, requires_grad=True)


def hermitian(*shape, dtype=REAL):
    a = torch.randn(*shape, dtype=dtype)
    return a + a.mH


def weights(like):
    return torch.linspace(0.5, 2, like.numel(), dtype=like.real.dtype).reshape(like.shape)


def loss(y):
    """Of all elements, each with a factor of its own; for complex ones of modulus and phase."""
    return (y.abs() ** 3 * weights(y)).sum() + (y * weights(y).flip(-1)).sum().real


def phaseless(y):
    return (y.abs() ** 3 * weights(y)).sum()


def assert_near(got, expected):
    """Equal shapes and types, and a relative L2 distance as small as single precision allows."""
    assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
    assert (got - expected).norm() <= 16 * torch.finfo(got.dtype).eps * expected.norm()


def assert_same_gradients(ours, theirs, x, of=loss, agree=assert_close):
    y, expected = ours(x), theirs(x)
    agree(y, expected)
    assert y.requires_grad
    (got,), (wanted,) = torch.autograd.grad(of(y), x), torch.autograd.grad(of(expected), x)
    agree(got, wanted)


@pytest.mark.parametrize("name, dtype", [case for case in FFT_CASES if case[0] in LINE])
def test_gradients_along_one_axis_are_those_of_torch_for_odd_and_even_lengths(name, dtype):
    for extent in (5, 6):
        x = leaf(2, extent, 3, dtype=dtype)
        for n in (None, 1, 4, 7, 8):
            for norm in (None, "ortho", "forward"):
                functions = (getattr(module.fft, name) for module in (sp, torch))
                assert_same_gradients(*(lambda x, f=f: f(x, n, 1, norm) for f in functions), x)


@pytest.mark.parametrize("name, dtype", [case for case in FFT_CASES if case[0] in MANY])
def test_gradients_along_several_axes_are_those_of_torch(name, dtype):
    x = leaf(3, 5, 4, dtype=dtype)
    for s in (None, (4, 5), (2, 7), (5, 2), (1, 1)):
        for axes in ((0, 2), (-1, 0)):
            functions = (getattr(module.fft, name) for module in (sp, torch))
            assert_same_gradients(*(lambda x, f=f: f(x, s, axes, "ortho") for f in functions), x)


@pytest.mark.parametrize("name", ["fft", "irfftn", "rfft2"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_single_and_half_precision_compute_and_differentiate_in_single(name, dtype):
    x = leaf(4, 6, dtype=dtype)
    y = getattr(sp.fft, name)(x)
    assert y.real.dtype == torch.float32
    agree = assert_near if dtype == torch.float32 else assert_close  # of which a half has few digits anyway
    theirs = getattr(torch.fft, name)
    assert_same_gradients(getattr(sp.fft, name), lambda x: theirs(x.float()), x, phaseless, agree)


def test_complex64_differentiates_in_complex64():
    x = leaf(4, 6, dtype=torch.complex64)
    assert_same_gradients(sp.fft.fftn, torch.fft.fftn, x, agree=assert_near)
    a = hermitian(3, 3, dtype=torch.complex64).requires_grad_()
    assert_same_gradients(sp.linalg.eigvalsh, torch.linalg.eigvalsh, a, agree=assert_near)


def test_a_transform_without_axes_has_the_gradient_of_a_copy():
    x = leaf(3)
    assert_same_gradients(lambda x: sp.fft.fftn(x, axes=()), lambda x: x.to(COMPLEX), x)


@pytest.mark.parametrize("name", ["fftshift", "ifftshift"])
def test_shifts_have_gradients(name):
    for axes in (None, 0, (0, 1), ()):
        theirs = getattr(torch.fft, name) if axes != () else lambda x, axes: x.clone()
        assert_same_gradients(lambda x: getattr(sp.fft, name)(x, axes), lambda x: theirs(x, axes), leaf(3, 4))


@pytest.mark.parametrize("name, dtype", [case for case in FFT_CASES if case[0] in [*LINE, "irfftn"]])
def test_derivatives_of_transforms_agree_with_differences(name, dtype):
    x = leaf(2, 5, dtype=dtype)
    modes = {"check_forward_ad": True, "check_batched_grad": True, "check_batched_forward_grad": True}
    for n in (4, 7):
        arguments = (n,) if name in LINE else ((3, n),)
        assert gradcheck(lambda x: getattr(sp.fft, name)(x, *arguments), x, **modes)
        assert gradgradcheck(lambda x: getattr(sp.fft, name)(x, *arguments), x, check_fwd_over_rev=True)


@pytest.mark.parametrize("uplo, dtype", EIGH_CASES)
def test_derivatives_of_eigenvalues_and_vectors_agree_with_differences_in_this_gauge(uplo, dtype):
    a = leaf(3, 3, dtype=dtype)
    for function in (sp.linalg.eigh, sp.linalg.eigvalsh, torch.ops.spectrapack.eigvalsh):

        def solve(a):
            return function(a + a.mH, uplo)

        forward = function is not torch.ops.spectrapack.eigvalsh
        assert gradcheck(solve, a, check_forward_ad=forward, check_batched_grad=True)
        assert gradgradcheck(solve, a, check_fwd_over_rev=forward)


@pytest.mark.parametrize("uplo, dtype", EIGH_CASES)
def test_gradients_of_eigenvalues_and_vectors_are_those_of_torch(uplo, dtype):
    a = leaf(2, 4, 4, dtype=dtype)  # the triangles differ
    assert_same_gradients(lambda a: sp.linalg.eigvalsh(a, uplo), lambda a: torch.linalg.eigvalsh(a, uplo), a)
    vectors = [lambda a, m=m: m.linalg.eigh(a, UPLO=uplo).eigenvectors.abs() for m in (sp, torch)]
    assert_same_gradients(*vectors, a)
    both = [lambda a, m=m: sum(map(phaseless, m.linalg.eigh(a, UPLO=uplo))) for m in (sp, torch)]
    assert_same_gradients(*both, a)


def test_equal_eigenvalues_have_gradients_as_long_as_no_vector_is_used():
    a = torch.eye(3, dtype=REAL, requires_grad=True)
    for values in (sp.linalg.eigvalsh(a), sp.linalg.eigh(a).eigenvalues, torch.ops.spectrapack.eigvalsh(a)):
        assert_close(torch.autograd.grad(values.sum(), a)[0], torch.eye(3, dtype=REAL))
    assert not torch.autograd.grad(sp.linalg.eigh(a).eigenvectors.pow(3).sum(), a)[0].isfinite().all()


def test_subsets_have_the_gradients_of_their_part():
    a = hermitian(5, 5, dtype=COMPLEX).requires_grad_()
    w = torch.linalg.eigvalsh(a.detach())
    bounds = (float(w[0] + w[1]) / 2, float(w[3]))
    for subset in ({"subset_by_index": (1, 3)}, {"subset_by_value": (bounds[0], bounds[1] + 1e-9)}):
        assert_same_gradients(
            lambda a: sp.linalg.eigvalsh(a, **subset), lambda a: torch.linalg.eigvalsh(a)[1:4], a
        )
        w, v = sp.linalg.eigh(a, **subset)
        assert w.shape == (3,) and v.shape == (5, 3)
        assert_close(a.detach() @ v, v * w)
    with pytest.raises(ValueError, match="subset_by_index"):
        sp.linalg.eigvalsh(a, subset_by_index=(1, 5))
    with pytest.raises(ValueError, match="exclude"):
        sp.linalg.eigvalsh(a, subset_by_index=(1, 2), subset_by_value=(0, 1))


def test_conjugate_and_negative_views_have_right_values_and_gradients():
    z = leaf(4, 4, dtype=COMPLEX)
    assert z.conj().is_conj() and z.conj().imag.is_neg()
    assert_same_gradients(lambda z: sp.fft.fft(z.conj()), lambda z: torch.fft.fft(z.conj()), z)
    assert_same_gradients(lambda z: sp.fft.rfft(z.conj().imag), lambda z: torch.fft.rfft(-z.imag), z)
    assert_same_gradients(lambda z: sp.linalg.eigvalsh(z.conj()), lambda z: torch.linalg.eigvalsh(z.conj()), z)
    assert_close(torch.ops.spectrapack.eigvalsh(z.detach().mH), torch.linalg.eigvalsh(z.detach().mH))


def test_strided_input_has_right_gradients():
    assert_same_gradients(lambda x: sp.fft.fft(x.T[::2]), lambda x: torch.fft.fft(x.T[::2]), leaf(4, 6))
    assert_same_gradients(
        lambda x: sp.fft.rfft(x.expand(3, 4)), lambda x: torch.fft.rfft(x.expand(3, 4)), leaf(4)
    )


def operator_cases():
    fft = torch.ops.spectrapack.fft.default
    c2c, r2c, c2r, forward, inverse = 0, 1, 2, 0, 1
    yield fft, (leaf(3, 6), c2c, forward, "backward", [0, -1], [-1, 4], None)
    yield fft, (leaf(3, 6), r2c, forward, "ortho", [1, 0], [7, -1], 1)
    yield fft, (leaf(3, 6, dtype=COMPLEX), c2r, inverse, "backward", [1], [-1], None)
    yield fft, (torch.randn(3, 6, dtype=torch.complex64).conj(), c2c, inverse, "forward", [0], [5], None)
    for dtype in (torch.float32, COMPLEX):
        for name in ("eigh", "eigvalsh"):
            op = getattr(torch.ops.spectrapack, name).default
            yield op, (hermitian(2, 3, 3, dtype=dtype).requires_grad_(), "U", "auto", None)


@pytest.mark.parametrize("index", range(8))
def test_operators_pass_the_check_of_torch(index):
    op, arguments = list(operator_cases())[index]
    assert set(torch.library.opcheck(op, arguments).values()) == {"SUCCESS"}


VMAPPED = {
    "fft": (lambda m: lambda x: m.fft.fft(x, 5, 0), COMPLEX),
    "rfftn": (lambda m: m.fft.rfftn, REAL),
    "irfftn": (lambda m: lambda x: m.fft.irfftn(x, (3, 5)), COMPLEX),
    "fftshift": (lambda m: m.fft.fftshift, REAL),
    "eigvalsh": (lambda m: m.linalg.eigvalsh, COMPLEX),
    "eigenvectors": (lambda m: lambda x: m.linalg.eigh(x)[1].abs(), COMPLEX),
}


@pytest.mark.parametrize("name", VMAPPED)
def test_vmap_over_any_dimension_equals_torch(name):
    make, dtype = VMAPPED[name]
    x = torch.randn(4, 4, 4, dtype=dtype)
    for dim in (0, 1, 2, -1):
        assert_close(torch.vmap(make(sp), dim)(x), torch.vmap(make(torch), dim)(x))
    x = torch.randn(2, 3, 4, 4, dtype=dtype)
    twice = [torch.vmap(torch.vmap(make(module)), 1) for module in (sp, torch)]
    assert_close(twice[0](x), twice[1](x))


def test_operators_called_directly_know_vmap_and_gradients():
    a = hermitian(2, 3, 4, 4).requires_grad_()
    values, _ = torch.vmap(torch.ops.spectrapack.eigh)(a)
    assert_close(torch.autograd.grad(values.pow(2).sum(), a)[0], 2 * a.detach())
    twice = torch.vmap(torch.vmap(torch.ops.spectrapack.eigvalsh), 1)
    assert_close(twice(a), torch.linalg.eigvalsh(a).transpose(0, 1))
    lines = torch.vmap(lambda x: torch.ops.spectrapack.fft(x, 1, 0, "backward", [1], [-1]), 2)
    assert_close(lines(a), torch.fft.rfft(a.movedim(2, 0), dim=2))


@pytest.mark.parametrize("name", VMAPPED)
def test_transforms_of_functions_equal_those_of_torch(name):
    make, dtype = VMAPPED[name]
    x, direction = torch.randn(2, 3, 4, 4, dtype=dtype)
    x, direction = x + x.mH, direction + direction.mH
    func = torch.func

    def results(module):
        f = make(module)

        def scalar(x):
            return phaseless(f(x))

        yield func.grad(scalar)(x[0])
        yield torch.vmap(func.grad(scalar))(x)
        yield func.grad(lambda x: torch.vmap(scalar)(x).sum())(x)
        yield func.jvp(f, (x[0],), (direction[0],))
        yield torch.vmap(lambda x, t: func.jvp(f, (x,), (t,)))(x, direction)
        yield func.jvp(torch.vmap(f), (x,), (direction,))
        yield func.jvp(func.grad(scalar), (x[0],), (direction[0],))
        if dtype == REAL:
            yield func.jacrev(scalar)(x[0]), func.jacfwd(scalar)(x[0]), func.hessian(scalar)(x[0])

    for number, (ours, theirs) in enumerate(zip(results(sp), results(torch), strict=True)):
        assert_close(ours, theirs, msg=lambda text: f"result {number}: {text}")


def test_constants_within_transforms_of_functions_stay_constants():
    constant, x = torch.randn(4), torch.randn(3, 4)
    expected = torch.fft.fft(constant)
    assert_close(torch.vmap(lambda x: x * sp.fft.fft(constant))(x), x * expected)
    assert_close(torch.func.grad(lambda x: (x * sp.fft.fft(constant).abs()).sum())(x[0]), expected.abs())
    assert_close(torch.func.jvp(lambda x: x * sp.fft.fft(constant), (x,), (x,)), (x * expected, x * expected))


def test_a_dual_tensor_keeps_its_tangent():
    x, tangent = torch.randn(2, 5)
    with forward_ad.dual_level():
        y = forward_ad.unpack_dual(sp.fft.rfft(forward_ad.make_dual(x, tangent)))
        plain = forward_ad.unpack_dual(sp.fft.rfft(x))
    assert_close(y.primal, torch.fft.rfft(x))
    assert_close(y.tangent, torch.fft.rfft(tangent))
    assert plain.tangent is None


COMPILED = {
    "round": (lambda m: lambda x: m.fft.irfft(m.fft.rfft(x) * 2, x.shape[-1]), REAL),
    "fftn": (lambda m: lambda x: m.fft.fftn(x, norm="ortho"), COMPLEX),
    "shift": (lambda m: m.fft.ifftshift, REAL),
    "eigvalsh": (lambda m: m.linalg.eigvalsh, COMPLEX),
    "eigenvectors": (lambda m: lambda x: m.linalg.eigh(x, UPLO="U")[1].abs(), REAL),
    "vmap": (lambda m: torch.vmap(m.linalg.eigvalsh), REAL),
}


@pytest.mark.parametrize("backend, dynamic", [("eager", None), ("aot_eager", None), ("aot_eager", True)])
@pytest.mark.parametrize("name", COMPILED)
def test_compiled_functions_have_one_graph_and_the_results_and_gradients_of_torch(name, backend, dynamic):
    make, dtype = COMPILED[name]
    torch._dynamo.reset()
    compiled = torch.compile(make(sp), fullgraph=True, backend=backend, dynamic=dynamic)
    x = hermitian(2, 5, 5, dtype=dtype)
    assert_close(compiled(x), make(torch)(x))
    assert_same_gradients(compiled, make(torch), x.requires_grad_(), phaseless)


def test_tracing_records_the_operators_and_no_numbers():
    from torch.fx.experimental.proxy_tensor import make_fx

    x = torch.randn(3, 4)
    for mode in ("real", "fake", "symbolic"):
        graph = make_fx(lambda x: sp.fft.fft(x), tracing_mode=mode)(x)
        assert "torch.ops.spectrapack.fft" in graph.code
        assert_close(graph(2 * x), torch.fft.fft(2 * x))


def test_without_gradients_nothing_is_recorded_and_out_may_be_given():
    x, out = leaf(2, 4), torch.empty(2, 4, dtype=COMPLEX)
    with torch.no_grad():
        assert not sp.fft.fft(x).requires_grad
        assert sp.fft.fft(x, out=out) is out
    assert_close(out, torch.fft.fft(x.detach()))
    with torch.inference_mode():
        assert_close(sp.linalg.eigvalsh(x[:, :2].mT @ x[:, :2]), torch.linalg.eigvalsh(x[:, :2].mT @ x[:, :2]))
    assert sp.fft.fft(x.detach()).grad_fn is None


def test_out_is_refused_where_gradients_are_recorded():
    x = leaf(3, 3)
    with pytest.raises(RuntimeError, match="out: .*detach"):
        sp.fft.fft(x, out=torch.empty(3, 3, dtype=COMPLEX))
    with pytest.raises(RuntimeError, match="out: .*detach"):
        sp.linalg.eigh(x, out=(torch.empty(3, dtype=REAL), torch.empty(3, 3, dtype=REAL)))
    with pytest.raises(RuntimeError, match="out: .*detach"):
        torch.vmap(lambda x: sp.fft.fft(x, out=torch.empty(3, dtype=COMPLEX)))(x.detach())


def test_workers_progress_and_overwrite_are_taken_with_gradients():
    x, seen = leaf(64, 64), []
    before = x.detach().clone()
    y = sp.fft.fft2(x, workers=1, overwrite_x=True, progress=seen.append)
    assert seen[-1] == 1.0
    count = len(seen)
    (gradient,) = torch.autograd.grad(y.abs().pow(2).sum(), x)
    assert_close(gradient, 2 * 64 * 64 * before)
    assert torch.equal(x.detach(), before) and len(seen) == count
    sp.linalg.eigh(x, workers=2, progress=seen.append)
    assert len(seen) > count
    with pytest.raises(sp.CancelledError):
        sp.fft.fft2(x, progress=lambda fraction: True)
    with pytest.raises(KeyError, match="mine"):
        sp.linalg.eigvalsh(x, progress=lambda fraction: {}["mine"])
    assert not torch.compile(lambda x: sp.fft.fft(x, workers=1), backend="eager")(before).requires_grad
    with pytest.raises(Exception, match="progress: .*torch.compile"):
        torch.compile(lambda x: sp.fft.fft(x, progress=print), backend="eager", fullgraph=True)(x)


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda x: sp.fft.fft(x, axis=2), sp.AxisError, "axes: 2"),
        (lambda x: sp.fft.fftn(x, axes=(0, 0)), sp.AxisError, "twice"),
        (lambda x: sp.fft.fftshift(x, 2), sp.AxisError, "axes: 2"),
        (lambda x: sp.fft.fft(x, 0), ValueError, "n: 0"),
        (lambda x: sp.fft.fft(x, norm="unit"), ValueError, "norm: 'unit'"),
        (lambda x: sp.fft.rfftn(x, axes=()), ValueError, "axes"),
        (lambda x: sp.fft.rfft(x + 1j), TypeError, "complex"),
        (lambda x: sp.fft.fft(x, workers=0), ValueError, "workers"),
        (lambda x: sp.linalg.eigh(x), ValueError, "2 and 3"),
        (lambda x: sp.linalg.eigh(x[:, :2] * torch.nan), ValueError, "NaN"),
        (lambda x: sp.linalg.eigvalsh(x[:, :2], "X"), ValueError, "UPLO: 'X'"),
        (lambda x: sp.linalg.eigvalsh(x[:, :2], structure="banana"), ValueError, "banana"),
        (lambda x: sp.linalg.eigvalsh(x[:, :2], device="cuda"), sp.DeviceError, "cuda:0"),
        (lambda x: sp.linalg.eigvalsh(x[:, :2], subset_by_value=(1, 1)), ValueError, "subset_by_value"),
        (lambda x: sp.linalg.eigh(x[None, :, :2], subset_by_value=(0, 1)), ValueError, "one matrix"),
        (lambda x: sp.fft.fft(x.to(torch.float8_e5m2)), TypeError, "computes on bool"),
    ],
)
def test_wrong_arguments_are_named_as_without_gradients(call, error, words):
    with pytest.raises(error) as caught:
        call(leaf(2, 3))
    assert words in str(caught.value)


def test_devices_of_the_cpu_are_taken_with_gradients():
    a = leaf(3, 3)
    for device in ("cpu", "auto", torch.device("cpu"), (1, 0)):
        assert sp.linalg.eigvalsh(a, device=device).requires_grad


def test_parameters_train():
    target = torch.fft.rfft(torch.sin(torch.arange(16.0)))
    signal = torch.nn.Parameter(torch.zeros(16))
    optimiser = torch.optim.SGD([signal], lr=0.02)
    for _ in range(100):
        optimiser.zero_grad()
        (sp.fft.rfft(signal) - target).abs().pow(2).sum().backward()
        optimiser.step()
    assert_close(signal.detach(), torch.sin(torch.arange(16.0)), atol=1e-4, rtol=0)


def test_empty_batches_and_matrices_have_empty_gradients():
    x, a, nothing = leaf(0, 4), leaf(0, 3, 3, dtype=COMPLEX), leaf(2, 0, 0, dtype=COMPLEX)
    for y, leaf_ in ((sp.fft.rfft(x), x), (sp.linalg.eigh(a)[1], a), (sp.linalg.eigh(nothing)[1], nothing)):
        (gradient,) = torch.autograd.grad(y.abs().sum(), leaf_, allow_unused=True)
        assert gradient is None or gradient.shape == leaf_.shape
