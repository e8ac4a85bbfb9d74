"""What copy=, max_version=, dl_device=, device= and stream= come to, in all combinations, as the array API standard and
DLPack's Python specification say; on both sides."""

import enum
import itertools

import numpy as np
import pytest
from test_exchange import look

import spectrapack as sp

READ_ONLY, COPIED = 1, 2
CPU, PINNED, MANAGED, CUDA, ROCM, ONE_API = (1, 0), (3, 0), (13, 0), (2, 0), (10, 0), (14, 0)
HOST_READABLE = (CPU, PINNED, MANAGED)
EVERY_STREAM = (None, -1, 0, 1, 2, 3, 2**47, -2, "1", 1.0, True)
#: Which of them each device takes.
STREAMS = {
    CPU: (None,),
    PINNED: (None,),
    MANAGED: (None, -1, 1, 2, 3, 2**47),
    CUDA: (None, -1, 1, 2, 3, 2**47),
    (2, 1): (None, -1, 1, 2, 3, 2**47),
    ROCM: (None, -1, 0, 3, 2**47),
    ONE_API: (None,),
}
#: The form of the capsule for each max_version.
FORMS = {
    None: "dltensor", (0, 8): "dltensor", (1, 0): "dltensor_versioned", (1, 3): "dltensor_versioned",
    (1, 99): "dltensor_versioned", (2, 0): "dltensor_versioned",
}  # fmt: skip
TENSORS = [(CPU, 0), (CPU, READ_ONLY), (PINNED, 0), (PINNED, READ_ONLY), (MANAGED, 0)]
TENSORS += [(CUDA, 0), (ROCM, 0), (ONE_API, 0)]


def takes(device, stream):
    return any(type(stream) is type(each) and stream == each for each in STREAMS[device])


def expected(device, flags, max_version, dl_device, copy, stream):
    """The exceptions that are right, or (form, flags, device, whether memory is shared)."""
    target = dl_device or device
    if not takes(target, stream):
        return BufferError
    if target not in (device, CPU):
        return BufferError  # "if the device type cannot be handled by the producer"
    must_copy = target != device and device not in HOST_READABLE
    if must_copy and copy is False:
        return BufferError, ValueError  # the standard names the one for `copy`, the other for `dl_device`
    copies = copy or must_copy
    if copies and (device not in HOST_READABLE or dl_device in (PINNED, MANAGED)):
        return sp.DeviceError, BufferError  # nothing here copies from there, or allocates there
    if copies:
        target = CPU
    form = FORMS[max_version]
    if form == "dltensor" and flags and not copies:
        return BufferError  # legacy cannot say read-only
    said = (COPIED if copies else flags) if form != "dltensor" else None
    return form, said, target, not copies


def refusal(t, request):
    """The class of the exception that a request raises, which itself would keep the tensor alive."""
    try:
        t.__dlpack__(**request)
    except BufferError as error:
        assert str(error)
        return type(error)
    raise AssertionError(f"{request} should be refused")


@pytest.mark.parametrize("copy", [None, False, True])
@pytest.mark.parametrize("dl_device", [None, "own", CPU, (2, 1)], ids=str)
@pytest.mark.parametrize("device, flags", TENSORS)
def test_every_request_to_a_tensor(device, flags, dl_device, copy, counter):
    values = np.arange(4.0)
    t = sp.from_dlpack(counter.producer(device=device, flags=flags, data=values.ctypes.data))
    dl_device = device if dl_device == "own" else dl_device
    given = refused = 0
    for max_version, stream in itertools.product(FORMS, EVERY_STREAM):
        request = {"max_version": max_version, "dl_device": dl_device, "copy": copy, "stream": stream}
        right = expected(device, flags, **request)
        if isinstance(right, type) or isinstance(right[0], type):
            kinds = right if isinstance(right, tuple) else (right,)
            assert all(issubclass(refusal(t, request), kind) for kind in kinds), request
            refused += 1
            continue
        form, said, target, shares = right
        capsule = t.__dlpack__(**request)
        managed = look(capsule)
        tensor = managed.dl_tensor
        assert f'"{form}"' in repr(capsule), request
        assert (tensor.device.device_type, tensor.device.device_id) == target, request
        assert (tensor.data == values.ctypes.data) == shares, request
        if said is not None:
            assert (managed.flags, managed.version.major) == (said, 1), request
        if target in HOST_READABLE:
            assert np.array_equal(sp.from_dlpack(capsule).numpy(), values)
        given += 1
        del capsule, managed, tensor
    assert given + refused == len(FORMS) * len(EVERY_STREAM) and refused
    assert t.device == device and t.data_ptr == values.ctypes.data
    del t
    assert counter.freed == 1


class DeviceType(enum.Enum):
    CPU = 1
    CUDA = 2


class DeviceNumber(enum.IntEnum):
    CPU = 1


def test_device_types_may_be_members_of_an_enumeration():
    t = sp.from_dlpack(np.arange(3.0))
    for kind in (DeviceType.CPU, DeviceNumber.CPU, np.int32(1)):
        assert look(t.__dlpack__(dl_device=(kind, 0))).dl_tensor.data == t.data_ptr
    with pytest.raises(BufferError, match="cuda:0"):
        t.__dlpack__(dl_device=(DeviceType.CUDA, 0))


def test_arguments_of_another_kind_are_type_errors_that_name_them():
    t = sp.from_dlpack(np.arange(3.0))
    for name in ("max_version", "dl_device"):
        for wrong in (1, 1.5, "1.0", "cpu", (), (1,), (1, 0, 0), (1.0, 0), ("1", 0), (None, 0), object()):
            with pytest.raises(TypeError, match=f"{name}: "):
                t.__dlpack__(**{name: wrong})
    for positional in ((None,), (1,)):
        with pytest.raises(TypeError):
            t.__dlpack__(*positional)
    with pytest.raises(TypeError, match="unknown"):
        t.__dlpack__(unknown=1)


def test_copy_takes_what_counts_as_true_or_false():
    t = sp.from_dlpack(np.arange(3.0))
    for copy in (True, 1, np.True_):
        assert look(t.__dlpack__(max_version=(1, 0), copy=copy)).flags == COPIED
    for copy in (False, 0, np.False_):
        assert look(t.__dlpack__(max_version=(1, 0), copy=copy)).dl_tensor.data == t.data_ptr
        assert sp.from_dlpack(t, copy=copy).data_ptr == t.data_ptr
    for call in (t.__dlpack__, lambda copy: sp.from_dlpack(t, copy=copy)):
        with pytest.raises(ValueError):
            call(copy=np.array([1, 2]))


class Standard:
    """A producer that does what the standard says, from memory that is never its own; it notes what it was asked."""

    def __init__(self, counter, device, flags=0):
        self.counter, self.device, self.flags = counter, device, flags
        self.memory, self.copy = np.arange(4.0), np.arange(4.0)
        self.asked = []

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        assert stream is None and max_version == (1, 3)
        self.asked.append((dl_device, copy))
        return self.answer(dl_device or self.device, copy)

    def answer(self, target, copy):
        if target not in (self.device, CPU):
            raise BufferError("I cannot export to that device")
        copies = copy or target != self.device
        if copies and copy is False:
            raise BufferError("I would have to copy")
        data, flags = (self.copy, COPIED) if copies else (self.memory, self.flags)
        return self.counter.capsule(device=target, data=data.ctypes.data, flags=flags)

    def __dlpack_device__(self):
        return self.device


class Old(Standard):
    """From before DLPack 1.0: it knows `stream` only."""

    def __dlpack__(self, stream=None):
        self.asked.append((None, None))
        return self.counter.capsule(legacy=True, device=self.device, data=self.memory.ctypes.data)


OURS, THEIRS, SHARED = "a copy that is made here", "the producer's copy", "shared"
#: (device of x, device=, copy=) -> what is asked of the producer (dl_device, copy), and the outcome.
CONSUMER = {
    (CPU, None, None): ((None, None), SHARED),
    (CPU, None, False): ((None, False), SHARED),
    (CPU, None, True): ((None, None), OURS),
    (CPU, "cpu", None): ((None, None), SHARED),
    (CPU, "cpu", False): ((None, False), SHARED),
    (CPU, "cpu", True): ((None, None), OURS),
    (CPU, "cuda", None): ((None, None), sp.DeviceError),
    (CPU, "cuda", False): ((None, False), sp.CopyError),
    (CPU, "cuda", True): ((None, None), sp.DeviceError),
    (PINNED, None, None): ((None, None), SHARED),
    (PINNED, None, False): ((None, False), SHARED),
    (PINNED, None, True): ((None, None), OURS),
    (PINNED, "cuda_host", None): ((None, None), SHARED),
    (PINNED, "cuda_host", True): ((None, None), sp.DeviceError),
    (PINNED, "cpu", None): ((None, None), SHARED),
    (PINNED, "cpu", False): ((None, False), SHARED),
    (PINNED, "cpu", True): ((None, None), OURS),
    (CUDA, None, None): ((None, None), SHARED),
    (CUDA, None, False): ((None, False), SHARED),
    (CUDA, None, True): ((None, True), THEIRS),
    (CUDA, "cuda", None): ((None, None), SHARED),
    (CUDA, "cuda", False): ((None, False), SHARED),
    (CUDA, "cuda", True): ((None, True), THEIRS),
    (CUDA, "cpu", None): ((CPU, None), THEIRS),
    (CUDA, "cpu", False): ((CPU, False), BufferError),
    (CUDA, "cpu", True): ((CPU, True), THEIRS),
    (CUDA, "cuda:1", None): (((2, 1), None), BufferError),
    (CUDA, "cuda:1", False): (((2, 1), False), BufferError),
    (CUDA, "cuda:1", True): (((2, 1), True), BufferError),
    (ROCM, "cpu", None): ((CPU, None), THEIRS),
    (ROCM, "cpu", True): ((CPU, True), THEIRS),
}


@pytest.mark.parametrize("flags", [0, READ_ONLY])
@pytest.mark.parametrize("case", CONSUMER, ids=str)
def test_every_request_of_from_dlpack(case, flags, counter):
    device, target, copy = case
    asked, outcome = CONSUMER[case]
    x = Standard(counter, device, flags)
    if isinstance(outcome, type):
        with pytest.raises(outcome):
            sp.from_dlpack(x, device=target, copy=copy)
    else:
        t = sp.from_dlpack(x, device=target, copy=copy)
        lives = CPU if outcome is OURS else {None: device, "cpu": CPU, "cuda": CUDA, "cuda_host": PINNED}[target]
        assert t.device == lives and t.readonly == bool(flags and outcome is SHARED)
        data = {SHARED: x.memory, THEIRS: x.copy}.get(outcome)
        assert t.data_ptr == data.ctypes.data if data is not None else t.data_ptr != x.memory.ctypes.data
        if lives in HOST_READABLE:
            assert np.array_equal(t.numpy(), np.arange(4.0))
        del t
    assert x.asked == [asked]
    assert counter.freed == (0 if outcome is BufferError else 1)


@pytest.mark.parametrize("case", CONSUMER, ids=str)
def test_every_request_to_an_old_producer(case, counter):
    device, target, copy = case
    x = Old(counter, device)
    stays = target is None or (device, target) in ((CUDA, "cuda"), (PINNED, "cuda_host"))
    stays = stays or (target == "cpu" and device in HOST_READABLE)
    if copy is False and not stays:
        with pytest.raises(sp.CopyError):
            sp.from_dlpack(x, device=target, copy=copy)
    elif not stays or (copy and (device not in HOST_READABLE or target == "cuda_host")):
        with pytest.raises(sp.DeviceError):
            sp.from_dlpack(x, device=target, copy=copy)
    else:
        t = sp.from_dlpack(x, device=target, copy=copy)
        assert (t.data_ptr == x.memory.ctypes.data) == (not copy) and t.readonly == (not copy)
        del t
    assert x.asked == [(None, None)] and counter.freed == 1


def test_a_producer_that_copies_where_it_must_not_is_refused(counter):
    class Liar(Standard):
        def answer(self, target, copy):
            return super().answer(target, True)

    with pytest.raises(sp.CopyError, match="copy: False"):
        sp.from_dlpack(Liar(counter, CPU), copy=False)
    assert counter.freed == 1


def test_a_producer_that_does_not_copy_where_it_must_is_copied_from(counter):
    class Liar(Standard):
        def answer(self, target, copy):
            return super().answer(target, None)

    x = Liar(counter, CPU)
    assert sp.from_dlpack(x, copy=True).data_ptr != x.memory.ctypes.data
    with pytest.raises(sp.DeviceError):  # nothing here copies from there
        sp.from_dlpack(Liar(counter, CUDA), copy=True)
    assert counter.freed == 2


def test_pinned_memory_becomes_the_cpus_without_a_copy(counter):
    values = np.arange(4.0)
    for device in (PINNED, MANAGED, (11, 0)):
        t = sp.from_dlpack(counter.producer(device=device, data=values.ctypes.data))
        there = np.from_dlpack(t, device="cpu")
        assert there.ctypes.data == values.ctypes.data and t.device == device
        del t
        assert np.array_equal(there, values)
        del there
    assert counter.freed == 3


def test_the_standards_two_exceptions_for_a_forbidden_copy_are_one():
    assert issubclass(sp.CopyError, BufferError) and issubclass(sp.CopyError, ValueError)
