"""Producers that misbehave, exchanges from many threads and after a fork, and what NumPy's own suite asks of DLPack.

Capsules that were consumed before, have foreign names or are none are in test_exchange; the interpreter's exit with
tensors in cycles is in test_ownership; flags and devices are in test_request_table.
"""

import gc
import itertools
import os
import sys
import threading

import numpy as np
import pytest
from support import HERE, Producer

import spectrapack as sp


class Failing:
    """A producer whose `__dlpack__` raises."""

    def __init__(self, error, device=(1, 0)):
        self.error, self.device, self.calls = error, device, 0

    def __dlpack__(self, **request):
        self.calls += 1
        raise self.error

    def __dlpack_device__(self):
        return self.device


ERRORS = [ValueError("mine"), BufferError("mine"), RuntimeError("mine"), MemoryError("mine"), KeyboardInterrupt("mine")]
ERRORS += [ZeroDivisionError("mine"), AttributeError("mine"), SystemExit("mine"), GeneratorExit("mine")]
ENTRANCES = {
    "from_dlpack": lambda x: sp.from_dlpack(x),
    "copy": lambda x: sp.from_dlpack(x, copy=True),
    "device": lambda x: sp.from_dlpack(x, device="cpu"),
    "fft": lambda x: sp.fft.fft(x),
    "eigh": lambda x: sp.linalg.eigh(x),
    "out": lambda x: sp.fft.fft(np.zeros(4), out=x),
    "shift": lambda x: sp.fft.fftshift(x),
}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("entrance", ENTRANCES)
def test_what_a_producer_raises_comes_through_as_it_is(entrance, error):
    x = Failing(error)
    with pytest.raises(type(error), match="mine") as caught:
        ENTRANCES[entrance](x)
    assert caught.value is error and x.calls == 1


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_a_producer_is_asked_again_after_a_type_error_only_and_without_arguments(entrance):
    x = Failing(TypeError("mine"))
    with pytest.raises(TypeError, match="mine"):
        ENTRANCES[entrance](x)
    assert x.calls == 2


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("answer", [None, 3, [], "dltensor", np.zeros(4), object()], ids=lambda x: type(x).__name__)
def test_an_answer_that_is_no_capsule_is_a_type_error(entrance, answer):
    with pytest.raises(TypeError, match="capsule"):
        ENTRANCES[entrance](Producer(answer))


def test_members_that_are_no_methods_are_type_errors():
    for member in (3, None):
        wrong = type("Wrong", (), {"__dlpack__": member, "__dlpack_device__": lambda self: (1, 0)})()
        with pytest.raises(TypeError):
            sp.from_dlpack(wrong)

    class Hidden:
        def __getattr__(self, name):
            raise AttributeError(name)

    with pytest.raises(TypeError, match="asarray"):
        sp.from_dlpack(Hidden())


def test_a_type_is_not_taken_for_its_instances():
    for kind in (np.ndarray, sp.Tensor):
        with pytest.raises(TypeError):
            sp.from_dlpack(kind)


class Reentrant:
    """A producer that uses this package in `__dlpack__`, and itself as far as `depth` goes."""

    def __init__(self, counter, depth):
        self.counter, self.depth = counter, depth

    def __dlpack_device__(self):
        sp.fft.fft(np.ones(4))
        return (1, 0)

    def __dlpack__(self, **request):
        if self.depth == 0:
            return self.counter.capsule()
        self.depth -= 1
        inner = sp.from_dlpack(self)
        sp.fft.fft(inner)
        return inner.__dlpack__(max_version=(1, 0))


@pytest.mark.parametrize("entrance", ["from_dlpack", "copy", "device", "fft", "shift"])
def test_a_producer_may_enter_again(entrance, counter):
    x = Reentrant(counter, 4)
    ENTRANCES[entrance](x)
    assert x.depth == 0 and counter.freed == 1


def test_endless_reentrance_is_a_recursion_error(counter):
    with pytest.raises(RecursionError):
        sp.from_dlpack(Reentrant(counter, 10**9))
    assert np.array_equal(sp.from_dlpack(np.ones(2)).numpy(), [1, 1]) and counter.freed == 0


def test_a_producer_that_consumes_its_own_capsule_first_is_refused(counter):
    class Greedy(Producer):
        def __dlpack__(self, **request):
            self.kept = sp.from_dlpack(self.capsule)
            return self.capsule

    x = Greedy(counter.capsule())
    with pytest.raises(BufferError, match="consumed before"):
        sp.from_dlpack(x)
    assert counter.freed == 0 and x.kept.shape == (4,)
    del x
    gc.collect()
    assert counter.freed == 1


def test_a_producer_that_gives_one_capsule_to_everybody_is_refused_the_second_time(counter):
    class Stale(Producer):
        def __dlpack__(self, **request):
            return self.capsule

    x = Stale(counter.capsule())
    first = sp.from_dlpack(x)
    for entrance in ENTRANCES.values():
        with pytest.raises(BufferError, match="consumed before"):
            entrance(x)
    assert first.numpy().tolist() == [0.0] * 4


@pytest.mark.parametrize("claimed, true", [((2, 0), (1, 0)), ((1, 0), (2, 0)), ((3, 0), (14, 1)), ((2, 0), (2, 1))])
def test_the_capsule_counts_when_the_device_method_lies(claimed, true, counter):
    values = np.arange(4.0)

    def liar():
        return Producer(counter.capsule(device=true, data=values.ctypes.data), claimed)

    assert sp.from_dlpack(liar()).device == true
    if true == (1, 0):
        assert np.array_equal(sp.from_dlpack(liar(), device="cpu").numpy(), values)
        assert np.array_equal(sp.from_dlpack(liar(), copy=True).numpy(), values)
        sp.fft.fft(liar())
    else:
        for entrance in ("device", "copy", "fft"):
            with pytest.raises(sp.DeviceError):
                ENTRANCES[entrance](liar())
        with pytest.raises(BufferError):
            sp.from_dlpack(liar(), device="cpu", copy=False)
    gc.collect()
    assert counter.freed == (4 if true == (1, 0) else 5)


@pytest.mark.parametrize("device", [None, 1, "cpu", (), (1,), (1, 0, 0), ("cpu", 0), (1.0, 0)], ids=str)
def test_a_device_that_makes_no_sense_is_a_type_error_where_it_is_asked_for(device, counter):
    x = Producer(counter.capsule(), device)
    for request in ({"device": "cpu"}, {"copy": True}):
        with pytest.raises(TypeError, match="__dlpack_device__"):
            sp.from_dlpack(x, **request)
    assert sp.from_dlpack(x).device == (1, 0)  # nobody asked


def test_what_the_device_method_raises_comes_through():
    class Broken(Producer):
        def __dlpack_device__(self):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        sp.from_dlpack(Broken(None), device="cpu")


def run_threads(count, work):
    failures = []

    def guarded(number):
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


@pytest.fixture
def hasty():
    """Lets threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_threads_exchange_one_tensor_at_once(hasty, counter):
    torch = pytest.importorskip("torch")
    t = sp.from_dlpack(counter.producer(data=(values := np.arange(4.0)).ctypes.data))
    ways = [
        lambda: np.from_dlpack(t),
        lambda: torch.from_dlpack(t).numpy(),
        lambda: sp.from_dlpack(t).numpy(),
        lambda: sp.from_dlpack(t, copy=True).numpy(),
        lambda: sp.from_dlpack(t.__dlpack__(max_version=(1, 0))).numpy(),
        lambda: sp.fft.ifft(sp.fft.fft(t)).numpy().real,
    ]

    def work(number):
        for way in itertools.islice(itertools.cycle(ways), number, number + 300):
            assert np.allclose(way(), values)

    run_threads(6, work)
    assert counter.freed == 0
    del t, ways, work
    gc.collect()
    assert counter.freed == 1


def test_threads_share_one_producer_and_one_buffer(hasty):
    array, memory = np.arange(64.0), bytearray(64)

    def work(number):
        for _ in range(300):
            assert sp.from_dlpack(array).data_ptr == array.ctypes.data
            assert sp.from_dlpack(memory).shape == (64,)

    references = sys.getrefcount(array)
    run_threads(6, work)
    gc.collect()
    assert sys.getrefcount(array) == references
    memory.append(1)


FORK = """
import os, sys, threading
import numpy, spectrapack
x = numpy.arange(64.0 * 512).reshape(64, 512)
tensor = spectrapack.from_dlpack(x)
buffer = spectrapack.from_dlpack(bytearray(8))
expected = spectrapack.fft.fft(x, workers=2)
child = os.fork()
again = spectrapack.fft.fft(tensor, workers=2).numpy()
assert numpy.array_equal(again, expected)
assert numpy.from_dlpack(tensor).ctypes.data == x.ctypes.data
w = spectrapack.linalg.eigvalsh(numpy.eye(40))
assert w.sum() == 40
del tensor, buffer
if child == 0:
    print("child", flush=True)
    sys.exit(0)
pid, status = os.waitpid(child, 0)
assert status == 0, status
print("parent", flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_both_sides_of_a_fork_go_on(run_python):
    assert sorted(run_python(FORK, PYTHONWARNINGS="ignore").split()) == ["child", "parent"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_worker_processes_of_multiprocessing_exchange_after_use(run_python):
    script = """
import multiprocessing, numpy, spectrapack
x = numpy.ones((64, 256))
spectrapack.fft.fft(x)
def work(number):
    return spectrapack.fft.fft(spectrapack.from_dlpack(x * number), workers=2).numpy()[0, 0].real.item()
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(work, range(4)))
"""
    assert run_python(script, PYTHONWARNINGS="ignore") == "[0.0, 256.0, 512.0, 768.0]\n"


def test_cycles_through_native_holders_are_no_garbage_and_end_with_the_process(counter_library, run_python):
    """The collector does not see that a tensor holds its owner, as with every DLPack tensor: such a cycle stays."""
    script = """
import gc, sys
sys.path.insert(0, sys.argv[2])
import numpy, spectrapack
from support import Counter
gc.disable()
counter = Counter(sys.argv[1])
class Node(bytearray):
    pass
for _ in range(10):
    node = Node(64)
    node.view = spectrapack.from_dlpack(node)
    node.tensor = spectrapack.from_dlpack(counter.capsule())
    node.array = numpy.from_dlpack(node.tensor)
    node.itself = node
"""
    assert run_python(script, counter_library, HERE, COUNTER_REPORT="1") == "freed 0\n"


# What numpy/_core/tests/test_dlpack.py asks of NumPy, asked of from_dlpack and Tensor.


class OldNumPy(np.ndarray):
    """An array that knows only what `__dlpack__` was before DLPack 1.0."""

    def __dlpack__(self, stream=None):
        return super().__dlpack__(stream=None)


NEW_AND_OLD = {"new": np.arange(5), "old": np.arange(5).view(OldNumPy)}


@pytest.mark.parametrize("max_version", [(0, 0), None, (1, 0), (100, 3)])
def test_a_capsule_holds_the_memory_until_it_is_gone(max_version):
    base = np.arange(5)
    tensor = sp.from_dlpack(base)
    held = sys.getrefcount(base)
    capsule = tensor.__dlpack__(max_version=max_version)
    del tensor
    assert sys.getrefcount(base) == held
    del capsule
    assert sys.getrefcount(base) == held - 1


@pytest.mark.parametrize("age", NEW_AND_OLD)
def test_a_tensor_holds_one_reference_to_its_producer(age):
    x = NEW_AND_OLD[age].copy()
    before = sys.getrefcount(x)
    tensor = sp.from_dlpack(x)
    assert sys.getrefcount(x) == before + 1
    del tensor
    assert sys.getrefcount(x) == before


@pytest.mark.parametrize("age", NEW_AND_OLD)
@pytest.mark.parametrize("dtype", ["?", *"bhilqBHILQefdFD"])
def test_every_dtype_passes_from_new_and_old_producers(age, dtype):
    x = NEW_AND_OLD[age].astype(dtype)
    y = sp.from_dlpack(x).numpy()
    assert y.dtype == x.dtype and np.array_equal(y, x)


def test_dtypes_that_dlpack_lacks_are_buffer_errors():
    swapped = np.arange(5, dtype=np.dtype("i8").newbyteorder())
    odd = np.zeros(5, [("int", np.int32), ("char", np.int8)])["int"]
    moment = np.asarray(np.datetime64("2021-05-27"))
    for x in (swapped, odd, moment, np.array(["a"]), np.array([None]), np.zeros(2, "g"), np.zeros(2, "V3")):
        with pytest.raises(BufferError):
            sp.from_dlpack(x)


def test_slices_diagonals_and_columns_pass():
    x = np.arange(25).reshape(5, 5)
    for part in (x[0], x[:, 0], x[1, :], x[1], np.diagonal(x), np.diagonal(x).copy(), x[::2, ::-2]):
        assert np.array_equal(sp.from_dlpack(part).numpy(), part)


@pytest.mark.parametrize("ndim", [*range(5), 31, 32, 33, 63, 64])
def test_many_dimensions_pass(ndim):
    shape = (1,) * ndim
    tensor = sp.from_dlpack(np.zeros(shape))
    assert tensor.shape == shape == np.from_dlpack(tensor).shape and len(tensor.strides) == ndim


def test_the_device_of_numpy_arrays_is_the_cpu():
    x = np.arange(5)
    for each in (x, x[::2]):
        assert sp.from_dlpack(each).__dlpack_device__() == (1, 0)


@pytest.mark.parametrize("max_version", [None, (1, 0)])
def test_a_capsule_that_dies_with_an_exception_under_way_leaves_that(max_version):
    def fail():
        capsule = sp.from_dlpack(np.arange(5)).__dlpack__(max_version=max_version)
        raise RuntimeError(repr(capsule))

    with pytest.raises(RuntimeError, match="capsule"):
        fail()


def test_new_producers_stay_writable_and_old_ones_are_read_only():
    assert not sp.from_dlpack(NEW_AND_OLD["new"]).readonly
    assert sp.from_dlpack(NEW_AND_OLD["old"]).readonly
    frozen = np.arange(5)
    frozen.flags.writeable = False
    assert not np.from_dlpack(sp.from_dlpack(frozen)).flags.writeable


def test_strides_of_extents_of_one_do_not_matter():
    x = np.ndarray(dtype="f8", shape=(10, 5, 1), strides=(8, 80, 4), buffer=np.ones(1000, "u1"), order="F")
    assert np.array_equal(np.from_dlpack(x), sp.from_dlpack(np.from_dlpack(x)).numpy())
    assert np.array_equal(sp.from_dlpack(x).numpy(), x)


def test_scalars_pass():
    for value in (np.array(1.0), np.array(3), np.array(True)):
        assert np.array_equal(sp.from_dlpack(value).numpy(), value)
