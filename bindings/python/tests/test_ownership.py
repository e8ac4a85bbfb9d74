"""Every tensor is deleted once: counted in native code, in every path, on any thread, and while Python shuts down."""

import ctypes
import gc
import sys
import threading

import jax
import numpy as np
import pytest
import torch
from support import HERE, Producer, address_of

import spectrapack as sp

FORMS = {
    "versioned": {},
    "legacy": {"legacy": True},
    "read_only": {"flags": 1},
    "subbyte": {"flags": 4, "dtype": (17, 8, 1)},
}
REFUSED = {
    "major_version_0": {"version": (0, 8)},
    "major_version_2": {"version": (2, 0)},
    "major_version_max": {"version": (2**32 - 1, 0)},
    "negative_extent": {"shape": (2, -1)},
    "negative_ndim": {"ndim": -1},
    "ndim_65": {"shape": (1,) * 65},
    "too_many_elements": {"shape": (2**40, 2**40)},
    "too_many_bytes": {"shape": (2**61, 2)},
    "strides_overflow": {"shape": (4, 4), "strides": (2**62, 1)},
    "strides_min": {"shape": (4,), "strides": (-(2**63),)},
    "zero_bits": {"dtype": (2, 0, 1)},
    "zero_lanes": {"dtype": (2, 64, 0)},
    "null_data": {"data": 0},
    "byte_offset_overflow": {"byte_offset": 2**64 - 8},
    "legacy_negative_extent": {"legacy": True, "shape": (-5,)},
}


@pytest.mark.parametrize("form", FORMS)
def test_an_imported_tensor_is_deleted_with_its_last_holder(form, counter):
    t = sp.from_dlpack(counter.capsule(**FORMS[form]))
    exports = [t.__dlpack__(max_version=(1, 0)) for _ in range(3)]
    view = t._view((2,), (1,), 1) if form != "subbyte" else sp.from_dlpack(t)
    del t
    assert counter.freed == 0
    exports.clear()
    assert counter.freed == 0
    del view
    assert counter.freed == 1


@pytest.mark.parametrize("form", FORMS)
def test_a_capsule_that_is_never_consumed_frees_its_tensor_once(form, counter):
    capsule = counter.capsule(**FORMS[form])
    del capsule
    assert counter.freed == 1
    t = sp.from_dlpack(counter.capsule())
    versioned, legacy = t.__dlpack__(max_version=(1, 0)), t.__dlpack__(copy=True)
    del t, legacy
    assert counter.freed == 1
    del versioned
    assert counter.freed == 2


@pytest.mark.parametrize("fault", REFUSED)
def test_a_refused_tensor_stays_with_its_capsule(fault, counter):
    capsule = counter.capsule(**REFUSED[fault])
    for _ in range(2):
        with pytest.raises(BufferError) as caught:
            sp.from_dlpack(capsule)
        assert str(caught.value)
        del caught
        assert counter.freed == 0 and "used" not in repr(capsule)
    del capsule
    assert counter.freed == 1


def test_a_null_deleter_is_legal(counter):
    for legacy in (False, True):
        t = sp.from_dlpack(counter.capsule(null_deleter=True, legacy=legacy))
        assert sp.from_dlpack(t, copy=True).shape == (4,)
        del t
    assert counter.freed == 0


@pytest.mark.parametrize("consumer", [np.from_dlpack, torch.from_dlpack, sp.from_dlpack])
def test_consumers_delete_once(consumer, counter):
    t = sp.from_dlpack(counter.producer())
    got = consumer(t)
    part = got[1:] if consumer is not sp.from_dlpack else got
    del t, got
    assert counter.freed == 0
    del part
    assert counter.freed == 1


def test_legacy_consumers_delete_once(counter):
    # JAX copies what is not aligned to 64 bytes, and then deletes at once
    aligned = np.zeros(64)[(-np.zeros(64).ctypes.data // 8) % 8 :]
    t = sp.from_dlpack(counter.producer(data=aligned.ctypes.data))
    got = jax.dlpack.from_dlpack(t)
    got.block_until_ready()
    del t, got
    gc.collect()
    assert counter.freed == 1
    t = sp.from_dlpack(counter.producer())
    capsule = t.__dlpack__()
    del t
    assert counter.freed == 1
    taken = sp.from_dlpack(capsule)
    del capsule
    assert counter.freed == 1
    del taken
    assert counter.freed == 2


def test_inputs_and_outputs_are_given_back_after_each_call_and_each_failure(counter):
    calls = 0
    for call, failure in [
        (lambda x: sp.fft.fft(x), None),
        (lambda x: sp.fft.fft(x, axis=4), sp.AxisError),
        (lambda x: sp.fft.fft(x, 2**47), MemoryError),
        (lambda x: sp.fft.fft(x, out=np.zeros(3)), TypeError),
        (lambda x: sp.fft.fftn(x, axes=()), None),
        (lambda x: sp.fft.fft(np.zeros(4), out=x), TypeError),
        (lambda x: sp.fft.irfft(np.zeros(3), out=x), None),
        (lambda x: sp.linalg.eigvalsh(x), ValueError),
        (lambda x: sp.fft.fftshift(x), None),
        (lambda x: sp.fft.fftshift(x, 4), sp.AxisError),
    ]:
        x = counter.producer()
        if failure is None:
            call(x)
        else:
            with pytest.raises(failure):
                call(x)
        calls += 1
        assert counter.freed == calls


def test_a_tensor_in_a_cycle_is_collected(counter):
    class Node:
        pass

    node = Node()
    node.self, node.tensor = node, sp.from_dlpack(counter.capsule())
    del node
    gc.collect()
    assert counter.freed == 1


@pytest.mark.parametrize("what", ["unused capsule", "legacy capsule", "owner", "owner of numpy memory"])
def test_an_exception_that_is_pending_while_a_capsule_dies_survives(what, counter):
    if what == "owner of numpy memory":
        base = np.arange(4.0)
        capsule = sp.from_dlpack(base)._owner
    else:
        capsule = counter.capsule(legacy=what == "legacy capsule")
    if what == "owner":
        capsule = sp.from_dlpack(capsule)._owner
    python = ctypes.pythonapi
    ctypes.PyDLL(None).Py_IncRef(ctypes.py_object(capsule))
    address, freed = id(capsule), counter.freed
    del capsule
    drop = counter.held.counter_drop_while_pending
    drop.argtypes, drop.restype = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p], None
    functions = [ctypes.cast(function, ctypes.c_void_p) for function in (python.PyErr_SetNone, python.Py_DecRef)]
    with pytest.raises(KeyError):  # ctypes raises what is pending when the function returns
        drop(address, KeyError, *functions)
    if what == "owner of numpy memory":
        assert sys.getrefcount(base) == 2
    else:
        assert counter.freed == freed + 1


def test_release_on_a_native_thread_needs_no_gil(counter):
    t = sp.from_dlpack(counter.capsule())
    address = address_of(t)
    del t
    assert counter.freed == 0
    counter.held.counter_release_in_thread(address)  # this thread keeps the GIL: a deleter that wants it never returns
    assert counter.freed == 1
    result = sp.fft.fft(sp.from_dlpack(np.ones(4)))
    counter.held.counter_release_in_thread(address_of(result))
    assert result.numpy()[0] == 4


def test_memory_of_numpy_is_released_on_a_native_thread(counter):
    a = np.arange(5.0)
    references = sys.getrefcount(a)
    t = sp.from_dlpack(a)
    address = address_of(t)
    del t
    assert sys.getrefcount(a) == references + 1
    counter.free.counter_release_in_thread(address)
    assert sys.getrefcount(a) == references


def test_tensors_may_die_on_any_python_thread(counter):
    tensors = [sp.from_dlpack(counter.capsule()) for _ in range(40)]

    def work(part):
        while part:
            tensor = part.pop()
            sp.fft.fft(tensor)
            tensor.__dlpack__()
            del tensor

    tensors = [sp.from_dlpack(t, copy=True) if i % 2 else t for i, t in enumerate(tensors)]
    for t in tensors:
        t._managed.flags &= ~1
    threads = [threading.Thread(target=work, args=(tensors[i::4],)) for i in range(4)]
    tensors.clear()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    del threads
    gc.collect()
    assert counter.freed == 40


def test_of_threads_that_race_for_a_capsule_one_gets_it(counter):
    for _ in range(50):
        capsule, got, refused = counter.capsule(), [], []
        barrier = threading.Barrier(4)

        def consume():
            barrier.wait()
            try:
                got.append(sp.from_dlpack(capsule))
            except BufferError as error:
                refused.append(error)

        threads = [threading.Thread(target=consume) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(got), len(refused)) == (1, 3)


SHUTDOWN = """
import atexit, sys, threading
sys.path.insert(0, sys.argv[2])
import numpy, spectrapack
from support import Counter, address_of
counter = Counter(sys.argv[1])

class Late:
    def __init__(self, tensor):
        self.tensor, self.me, self.fft = tensor, self, spectrapack.fft.fft
    def __del__(self):
        self.tensor.__dlpack__(max_version=(1, 0))
        self.fft(self.tensor)

module_global = spectrapack.from_dlpack(counter.capsule())
sys.kept = spectrapack.from_dlpack(counter.capsule())
in_a_cycle = Late(spectrapack.from_dlpack(counter.capsule()))
threading.local_kept = Late(spectrapack.from_dlpack(counter.capsule(legacy=True)))
unused = counter.capsule()
exported = numpy.from_dlpack(spectrapack.from_dlpack(counter.capsule()))
atexit.register(lambda kept: kept.numpy(), spectrapack.from_dlpack(counter.capsule()))
after_python = spectrapack.from_dlpack(counter.capsule())
counter.free.counter_release_at_exit(address_of(after_python))
"""


def test_every_tensor_is_freed_once_while_the_interpreter_shuts_down(counter_library, run_python):
    assert run_python(SHUTDOWN, counter_library, HERE, COUNTER_REPORT="1") == "freed 8\n"


def test_memory_of_numpy_outlives_the_interpreter_without_harm(counter_library, run_python):
    script = """
import sys
sys.path.insert(0, sys.argv[2])
import numpy, spectrapack
from support import Counter, address_of
counter = Counter(sys.argv[1])
counter.free.counter_release_at_exit(address_of(spectrapack.from_dlpack(numpy.ones(9))))
result = spectrapack.fft.fft(numpy.ones(9))
"""
    assert run_python(script, counter_library, HERE, COUNTER_REPORT="1") == "freed 0\n"


def test_daemon_threads_that_still_compute_at_exit_do_no_harm(run_python):
    script = """
import threading, numpy, spectrapack
x = numpy.ones((64, 512))
def forever():
    while True:
        spectrapack.fft.fft(spectrapack.from_dlpack(x))
for _ in range(2):
    threading.Thread(target=forever, daemon=True).start()
for _ in range(20):
    spectrapack.fft.fft(x)
print("done")
"""
    for _ in range(3):
        assert run_python(script) == "done\n"


def resident_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def failing(call):
    def run():
        try:
            call()
        except (BufferError, ValueError, TypeError, MemoryError, sp.CancelledError):
            return
        raise AssertionError("this should have been refused")

    return run


A = np.arange(16.0)
T = torch.arange(16.0)
TENSOR = sp.from_dlpack(A)
FROZEN = np.broadcast_to(A[:1], 16)
MATRICES = np.broadcast_to(np.eye(3), (4, 3, 3))
WRONG_OUT = np.zeros(3, "c16")
ROUND_TRIPS = {
    "numpy": (100_000, lambda: np.from_dlpack(sp.from_dlpack(A))),
    "torch": (100_000, lambda: torch.from_dlpack(sp.from_dlpack(T))),
    "legacy": (100_000, lambda: sp.from_dlpack(Producer(TENSOR.__dlpack__()))),
    "unconsumed": (100_000, lambda: (TENSOR.__dlpack__(), TENSOR.__dlpack__(max_version=(1, 0)))),
    "copies": (50_000, lambda: sp.from_dlpack(FROZEN, copy=True)),
    "fft": (50_000, lambda: sp.fft.fft(A)),
    "no_axes": (20_000, lambda: sp.fft.fftn(A, axes=())),
    "shift": (20_000, lambda: sp.fft.fftshift(A)),
    "eigh": (10_000, lambda: sp.linalg.eigh(A.reshape(4, 4))),
    "progress": (20_000, lambda: sp.fft.fft(A, progress=lambda fraction: None)),
    "refused_legacy": (20_000, failing(lambda: sp.from_dlpack(FROZEN).__dlpack__())),
    "refused_axis": (20_000, failing(lambda: sp.fft.fft(A, axis=3))),
    "refused_out": (20_000, failing(lambda: sp.fft.fft(A, out=WRONG_OUT))),
    "refused_size": (5_000, failing(lambda: sp.fft.fft(A, 2**47))),
    "cancelled": (20_000, failing(lambda: sp.linalg.eigh(MATRICES, progress=lambda fraction: True))),
}


@pytest.mark.parametrize("path", ROUND_TRIPS)
def test_memory_stays_flat_over_many_round_trips(path):
    times, trip = ROUND_TRIPS[path]
    for _ in range(times // 10):
        trip()
    gc.collect()
    before = resident_kib()
    for _ in range(times):
        trip()
    gc.collect()
    assert resident_kib() - before < 1024
