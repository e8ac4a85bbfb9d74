"""Plain Python buffers, objects with only __array_interface__, and element types that ml_dtypes adds to NumPy."""

import array
import ctypes
import gc
import io
import mmap
import pickle
import sys
import time

import ml_dtypes
import numpy as np
import pytest
from support import HERE, assert_close

import spectrapack as sp

_testbuffer = pytest.importorskip("_testbuffer", reason="CPython's own test exporter")

INTEGERS = {"b": "i1", "B": "u1", "h": "i2", "H": "u2", "i": "i4", "I": "u4", "l": "i8", "L": "u8"}
INTEGERS |= {"q": "i8", "Q": "u8"}
CTYPES = {
    ctypes.c_bool: "?", ctypes.c_byte: "i1", ctypes.c_ubyte: "u1", ctypes.c_short: "i2", ctypes.c_ushort: "u2",
    ctypes.c_int: "i4", ctypes.c_uint: "u4", ctypes.c_long: "i8", ctypes.c_ulong: "u8", ctypes.c_longlong: "i8",
    ctypes.c_ulonglong: "u8", ctypes.c_size_t: "u8", ctypes.c_float: "f4", ctypes.c_double: "f8", ctypes.c_char: "u1",
}  # fmt: skip


def address_of(buffer):
    return np.frombuffer(buffer, "u1").ctypes.data


@pytest.mark.parametrize("code, dtype", [*INTEGERS.items(), ("f", "f4"), ("d", "f8")])
def test_array_array_memory_is_shared_both_ways(code, dtype):
    a = array.array(code, [1, 2, 3])
    t = sp.from_dlpack(a)
    assert (t.dtype, t.shape, t.data_ptr, t.readonly) == (np.dtype(dtype).name, (3,), a.buffer_info()[0], False)
    a[1] = 7
    t.numpy()[2] = 9
    assert a.tolist() == [1, 7, 9] == t.numpy().tolist()


@pytest.mark.parametrize("kind", CTYPES, ids=lambda kind: kind.__name__)
def test_ctypes_arrays_are_shared_with_their_shape(kind):
    a = (kind * 3 * 2)()
    t = sp.from_dlpack(a)
    assert (t.dtype, t.shape, t.strides) == (np.dtype(CTYPES[kind]).name, (2, 3), (3, 1))
    assert t.data_ptr == ctypes.addressof(a) and not t.readonly


def test_a_ctypes_scalar_is_an_array_of_no_dimensions():
    x = ctypes.c_double(2.5)
    t = sp.from_dlpack(x)
    assert t.shape == () and t.data_ptr == ctypes.addressof(x) and t.numpy() == 2.5


@pytest.mark.parametrize(
    "make, readonly",
    [
        (lambda: bytes(range(16)), True),
        (lambda: bytearray(range(16)), False),
        (lambda: memoryview(bytes(16)), True),
        (lambda: memoryview(bytearray(16)), False),
        (lambda: memoryview(bytearray(16)).toreadonly(), True),
        (lambda: mmap.mmap(-1, 16), False),
        (lambda: mmap.mmap(-1, 16, access=mmap.ACCESS_READ), True),
    ],
    ids=["bytes", "bytearray", "view of bytes", "view", "readonly view", "mmap", "readonly mmap"],
)
def test_bytes_are_uint8_and_read_only_where_they_are(make, readonly):
    x = make()
    t = sp.from_dlpack(x)
    assert (t.dtype, t.shape, t.readonly, t.data_ptr) == ("uint8", (16,), readonly, address_of(x))
    assert bytes(t.numpy()) == bytes(x) and t.numpy().flags.writeable != readonly
    del t


VIEWS = {
    "cast": lambda: memoryview(bytearray(48)).cast("d", (2, 3)),
    "reversed": lambda: memoryview(array.array("i", range(6)))[::-1],
    "every third": lambda: memoryview(array.array("q", range(9)))[1::3],
    "empty": lambda: memoryview(array.array("d")),
    "transposed": lambda: memoryview(np.arange(6.0).reshape(2, 3).T),
    "broadcast": lambda: memoryview(np.broadcast_to(np.float32(3), (2, 2))),
    "half": lambda: memoryview(np.arange(4, dtype="f2")),
    "bool": lambda: memoryview(np.array([True, False])),
    "complex64": lambda: memoryview(np.arange(4).astype("c8")),
    "complex128": lambda: memoryview(np.arange(4).astype("c16")[::2]),
    "no dimensions": lambda: memoryview(np.array(5.0)),
    "little endian": lambda: memoryview((ctypes.c_int.__ctype_le__ * 3)(1, 2, 3)),
    "unaligned": lambda: memoryview(bytearray(range(17)))[1:].cast("d"),
}


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_is_the_array_that_numpy_makes_of_it(name):
    view = VIEWS[name]()
    expected, t = np.asarray(view), sp.from_dlpack(view)
    assert (t.dtype, t.shape, t.readonly) == (expected.dtype.name, expected.shape, view.readonly)
    if expected.size:
        assert t.data_ptr == expected.ctypes.data
    assert np.array_equal(t.numpy(), expected)


def test_any_object_with_the_buffer_protocol_is_taken():
    memory = bytearray(b"abcd")
    for x in (pickle.PickleBuffer(memory), io.BytesIO(memory).getbuffer(), memoryview(memory)[1:3].toreadonly()):
        assert bytes(sp.from_dlpack(x).numpy()) == bytes(x)
    assert sp.from_dlpack(pickle.PickleBuffer(memory)).data_ptr == address_of(memory)


@pytest.mark.parametrize("letter", "nN")
def test_the_formats_of_sizes_are_known(letter):
    t = sp.from_dlpack(memoryview(bytearray(16)).cast(letter))
    assert t.dtype == {"n": "int64", "N": "uint64"}[letter] and t.shape == (2,)


def test_indirect_buffers_are_refused():
    indirect = _testbuffer.ndarray(list(range(6)), shape=[2, 3], format="B", flags=_testbuffer.ND_PIL)
    assert memoryview(indirect).suboffsets
    for call in (sp.from_dlpack, sp.fft.fft):
        with pytest.raises(BufferError, match="x: .*suboffsets"):
            call(indirect)


class Pair(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_double)]


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: (Pair * 2)(), "element type 'T{"),
        (lambda: np.zeros(3, "g"), None),
        (lambda: memoryview(np.zeros(3, "g")), "element type 'g'"),
        (lambda: memoryview(np.zeros(3, "G")), "element type 'Zg'"),
        (lambda: memoryview(np.zeros(3, "S4")), "element type '4s'"),
        (lambda: memoryview(np.zeros(3, ">f8")), "not in native byte order"),
        (lambda: (ctypes.c_double.__ctype_be__ * 3)(), "not in native byte order"),
        (lambda: _testbuffer.ndarray([1, 2], shape=[2], format="!h"), "not in native byte order"),
        (lambda: (ctypes.c_void_p * 2)(), "element type '<P'|element type 'P'"),
        (lambda: (ctypes.c_wchar * 2)(), "element type"),
        (lambda: array.array("u", "ab"), "element type"),
    ],
)
def test_element_types_that_are_no_numbers_are_type_errors(make, words):
    x = make()
    with pytest.raises(BufferError if words is None else TypeError, match=words):
        sp.from_dlpack(x)
    with pytest.raises(TypeError):
        sp.fft.fft(x)


def odd_strides():
    """float32 elements that lie 5 bytes apart, which DLPack cannot say."""
    packed = np.zeros(4, [("value", "f4"), ("tag", "i1")])
    packed["value"] = [1, 2, 3, 4]
    return packed


def test_strides_between_elements_are_copied_unless_that_is_forbidden():
    packed = odd_strides()
    for view in (memoryview(packed["value"]), memoryview(packed["value"])[::-1], memoryview(packed["value"][:, None])):
        expected, t = np.asarray(view), sp.from_dlpack(view)
        assert np.array_equal(t.numpy(), expected) and t.data_ptr != expected.ctypes.data and not t.readonly
        with pytest.raises(sp.CopyError, match="strides"):
            sp.from_dlpack(view, copy=False)
        assert_close(sp.fft.fft(view, axis=0), np.fft.fft(expected, axis=0), "f4")
        with pytest.raises(BufferError, match="out: strides"):
            sp.fft.irfft(np.ones(3, "c8"), out=view)


def test_copy_means_what_it_means_elsewhere():
    a = array.array("d", [1, 2])
    for copy in (None, False):
        assert sp.from_dlpack(a, copy=copy).data_ptr == a.buffer_info()[0]
    t = sp.from_dlpack(b"12", copy=True)
    assert not t.readonly and bytes(t.numpy()) == b"12"
    assert sp.from_dlpack(a, device="cpu").data_ptr == a.buffer_info()[0]
    with pytest.raises(sp.DeviceError):
        sp.from_dlpack(a, device="cuda")


def test_transforms_and_solves_take_buffers_and_give_tensors():
    a = array.array("d", [1, 2, 3, 4])
    spectrum = sp.fft.fft(a)
    assert isinstance(spectrum, sp.Tensor)
    assert_close(spectrum, np.fft.fft(np.array(a)), "f8")
    assert_close(sp.fft.rfft(bytes([1, 2, 3])), np.fft.rfft([1, 2, 3]), "f8")
    matrix = memoryview(array.array("d", [2, 1, 1, 2])).cast("B").cast("d", (2, 2))
    w, v = sp.linalg.eigh(matrix)
    assert isinstance(v, sp.Tensor) and np.allclose(w.numpy(), [1, 3])
    assert sp.fft.fftshift(a).numpy().tolist() == [3, 4, 1, 2]


def test_out_may_be_a_writable_buffer():
    out = array.array("d", bytes(32))
    assert sp.fft.irfft(np.array([10, -2 + 2j, -2]), out=out) is out
    assert np.allclose(out, [1, 2, 3, 4])
    w, v = array.array("d", bytes(16)), (ctypes.c_double * 2 * 2)()
    assert sp.linalg.eigh(np.diag([2.0, 1.0]), out=(w, v)).eigenvalues is w and w.tolist() == [1, 2]
    with pytest.raises(ValueError, match="out: read-only"):
        sp.fft.irfft(np.ones(3, "c16"), out=bytes(32))


def test_the_exporter_is_locked_until_the_last_holder_is_gone():
    grows = bytearray(8)
    t = sp.from_dlpack(grows)
    other = np.from_dlpack(t)
    del t
    with pytest.raises(BufferError):
        grows.append(1)
    del other
    grows.append(1)
    mapped = mmap.mmap(-1, 16)
    t = sp.from_dlpack(mapped)
    with pytest.raises(BufferError):
        mapped.close()
    del t
    mapped.close()
    for refused in (lambda: sp.from_dlpack(grows, copy=True), lambda: sp.fft.fft(grows, axis=9)):
        try:
            refused()
        except sp.AxisError:
            pass
        grows.append(1)


def test_a_released_view_of_the_caller_does_no_harm():
    memory = bytearray(b"abcd")
    view = memoryview(memory)
    t = sp.from_dlpack(view)
    view.release()
    with pytest.raises(ValueError, match="released"):
        sp.from_dlpack(view)
    assert bytes(t.numpy()) == b"abcd"


def test_the_owner_lives_as_long_as_the_tensor():
    class Owned(bytearray):
        gone = []

        def __del__(self):
            self.gone.append(1)

    t = sp.from_dlpack(Owned(b"abc"))
    part = np.from_dlpack(t)[1:]
    del t
    gc.collect()
    assert not Owned.gone and bytes(part) == b"bc"
    del part
    gc.collect()
    assert Owned.gone == [1]


def test_a_holder_that_dies_on_a_native_thread_gives_the_owner_back_later(counter):
    from support import address_of as share

    grows = bytearray(8)
    address = share(sp.from_dlpack(grows))
    with pytest.raises(BufferError):
        grows.append(1)
    counter.free.counter_release_in_thread(address)
    time.sleep(0.001)  # CPython drops it when this thread next takes the GIL
    grows.append(1)
    address = share(sp.from_dlpack(grows))
    counter.held.counter_release_in_thread(address)  # this thread keeps the GIL meanwhile
    time.sleep(0.001)
    grows.append(1)


def test_buffers_that_live_at_exit_do_no_harm(counter_library, run_python):
    script = """
import sys
sys.path.insert(0, sys.argv[2])
import array, spectrapack
from support import Counter, address_of
counter = Counter(sys.argv[1])
kept = spectrapack.from_dlpack(array.array("d", [1, 2]))
class Cycle: pass
cycle = Cycle(); cycle.me = cycle; cycle.tensor = spectrapack.from_dlpack(bytearray(100))
counter.free.counter_release_at_exit(address_of(spectrapack.from_dlpack(bytearray(100))))
print("done", flush=True)
"""
    assert run_python(script, counter_library, HERE, PYTHONDEVMODE="1") == "done\n"


def test_memory_stays_flat_over_many_buffers():
    from test_ownership import resident_kib

    memory = array.array("d", range(16))
    view = memoryview(odd_strides()["value"])
    interface = Interface(np.arange(3.0))

    def trips(times):
        for _ in range(times):
            sp.from_dlpack(memory)
            sp.from_dlpack(view)
            sp.from_dlpack(interface)
            with pytest.raises(TypeError):
                sp.from_dlpack(array.array("u", "a"))

    trips(500)
    before = resident_kib()
    trips(5000)
    assert resident_kib() - before < 1024


class Interface:
    """Shows memory of an array by __array_interface__ only; fields may be overridden, or left out by `...`."""

    def __init__(self, array, **fields):
        self.array = array
        interface = array.__array_interface__ | fields
        self.__array_interface__ = {name: value for name, value in interface.items() if value is not ...}


@pytest.mark.parametrize("dtype", ["?", "i1", "i8", "u2", "f2", "f4", "f8", "c8", "c16"])
def test_array_interface_memory_is_shared(dtype):
    a = np.arange(12).reshape(3, 4).astype(dtype)
    for part in (a, a.T, a[::-1, 1::2], a[:0], a[0, 0, ...]):
        t = sp.from_dlpack(Interface(part))
        assert (t.dtype, t.shape, t.readonly) == (part.dtype.name, part.shape, False)
        assert np.array_equal(t.numpy(), part) and (not part.size or t.data_ptr == part.ctypes.data)
    frozen = a.copy()
    frozen.flags.writeable = False
    assert sp.from_dlpack(Interface(frozen)).readonly


def test_an_array_interface_may_leave_strides_out_and_give_data_as_a_buffer():
    a = np.arange(6.0).reshape(2, 3)
    assert sp.from_dlpack(Interface(a, strides=...)).strides == (3, 1)
    data = bytearray(np.arange(4.0).tobytes())
    for shape, offset, strides in (((3,), 8, ...), ((2,), 24, (-16,)), ((0,), 0, ...)):
        t = sp.from_dlpack(Interface(a, data=data, shape=shape, offset=offset, strides=strides))
        assert t.shape == shape and (not t.size or t.data_ptr == address_of(data) + offset)
        with pytest.raises(BufferError):
            data.append(1)
        del t
    for shape, offset, strides in (((4,), 8, ...), ((1,), -8, ...), ((2,), 0, (-8,)), ((2,), 0, (25,))):
        with pytest.raises(TypeError, match="bytes .* of 32"):
            sp.from_dlpack(Interface(a, data=data, shape=shape, offset=offset, strides=strides))


def test_the_object_with_the_interface_is_held():
    x = Interface(np.arange(3.0))
    before = sys.getrefcount(x)
    t = sp.from_dlpack(x)
    assert sys.getrefcount(x) == before + 1
    del t
    assert sys.getrefcount(x) == before


def test_odd_strides_of_an_interface_are_copied():
    x = Interface(odd_strides()["value"])
    assert sp.from_dlpack(x).numpy().tolist() == [1, 2, 3, 4]
    with pytest.raises(sp.CopyError):
        sp.from_dlpack(x, copy=False)


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"typestr": ">f8"}, "byte order"),
        ({"typestr": "<f16"}, "element type"),
        ({"typestr": "<M8[s]"}, "makes no sense|element type"),
        ({"typestr": "|O8"}, "element type"),
        ({"typestr": "<V8"}, "element type"),
        ({"typestr": ""}, "makes no sense"),
        ({"typestr": ...}, "typestr"),
        ({"typestr": 3}, "makes no sense"),
        ({"shape": ...}, "shape"),
        ({"shape": (1.5,)}, "makes no sense"),
        ({"shape": 3}, "makes no sense"),
        ({"shape": (2**64,)}, "64 bits"),
        ({"strides": (2**64 + 8,)}, "64 bits"),
        ({"data": (2**64, False)}, "address"),
        ({"data": (-1, False)}, "address"),
        ({"strides": (8, 8)}, "strides"),
        ({"data": ...}, "makes no sense"),
        ({"data": (1, 2, 3)}, "makes no sense"),
        ({"data": ("x", False)}, "makes no sense"),
        ({"mask": np.zeros(3, bool)}, "mask"),
    ],
)
def test_a_bad_array_interface_is_a_type_error_that_says_what(fields, words):
    with pytest.raises(TypeError, match=words):
        sp.from_dlpack(Interface(np.arange(3.0), **fields))


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"shape": (-1,)}, "shape"),
        ({"shape": (2**62,)}, "shape"),
        ({"data": (0, False)}, "data"),
        ({"shape": (1,) * 65, "strides": None}, "65"),
    ],
)
def test_what_no_tensor_can_be_is_a_value_error(fields, words):
    with pytest.raises(ValueError, match=words):
        sp.from_dlpack(Interface(np.arange(3.0), **fields))


def test_an_interface_that_is_no_dictionary_or_raises():
    class Broken:
        @property
        def __array_interface__(self):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        sp.from_dlpack(Broken())
    x = Interface(np.arange(3.0))
    x.__array_interface__ = 3
    with pytest.raises(TypeError, match="makes no sense"):
        sp.from_dlpack(x)


ML_TYPES = [
    name for name, kind in vars(ml_dtypes).items() if isinstance(kind, type) and name not in ("finfo", "iinfo")
]  # fmt: skip


@pytest.mark.parametrize("name", ML_TYPES)
def test_arrays_of_ml_dtypes_are_shared_both_ways(name):
    a = np.ones((2, 3), getattr(ml_dtypes, name))
    for part in (a, a.T, a[:, ::-1], a[:1]):
        t = sp.from_dlpack(part)
        back = t.numpy()
        assert (t.dtype, t.shape, t.data_ptr, t.nbytes) == (name, part.shape, part.ctypes.data, part.nbytes)
        assert back.dtype == part.dtype and back.ctypes.data == part.ctypes.data and back.strides == part.strides
    copied = sp.from_dlpack(a, copy=True)
    assert copied.data_ptr != a.ctypes.data and copied.dtype == name and (copied.numpy() == a).all()
    bits = np.asarray(sp.from_dlpack(a)).view(f"u{a.itemsize}")
    before = bits[1, 2]
    bits[1, 2] ^= 1
    assert a.view(bits.dtype)[1, 2] == before ^ 1
    a.flags.writeable = False
    assert sp.from_dlpack(a).readonly and not sp.from_dlpack(a).numpy().flags.writeable


def test_bfloat16_of_ml_dtypes_is_computed_on_and_the_others_say_what_is():
    x = np.array([1, 2, 3, 4], ml_dtypes.bfloat16)
    result = sp.fft.fft(x)
    assert type(result) is np.ndarray and result.dtype == np.complex64
    assert_close(result, np.fft.fft([1, 2, 3, 4]), "f4")
    assert sp.fft.fftshift(x).tolist() == [3, 4, 1, 2] and sp.fft.fftshift(x).dtype == x.dtype
    for name in ("float8_e4m3fn", "int4"):
        with pytest.raises(TypeError, match="computes on bool"):
            sp.fft.fft(np.ones(4, getattr(ml_dtypes, name)))


def test_what_neither_numpy_nor_ml_dtypes_has_is_a_type_error(counter, monkeypatch):
    for dtype, flags in (((2, 32, 4), 0), ((3, 64, 1), 0), ((17, 4, 1), 0), ((0, 4, 1), 0), ((200, 8, 1), 0)):
        with pytest.raises(TypeError, match="numpy: neither"):
            sp.from_dlpack(counter.producer(dtype=dtype, flags=flags)).numpy()
    tensor = sp.from_dlpack(np.ones(3, ml_dtypes.bfloat16))
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(TypeError, match="NumPy has no bfloat16.*ml_dtypes"):
        tensor.numpy()


VIEWED = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]


@pytest.mark.parametrize("dtype", VIEWED)
def test_python_sees_a_tensor_as_a_memoryview(dtype):
    a = np.arange(6).reshape(2, 3).astype(dtype)
    t = sp.from_dlpack(a)
    view = t.__buffer__(0)
    assert view.tolist() == a.tolist() and view.shape == (2, 3) and address_of(view.cast("B")) == a.ctypes.data
    view[1, 2] = 0
    assert a[1, 2] == 0
    a.flags.writeable = False
    assert sp.from_dlpack(a).__buffer__(0).readonly
    assert sp.from_dlpack(a[0]).__buffer__(0).tolist() == a[0].tolist()
    assert sp.from_dlpack(a[:0, 0]).__buffer__(0).tolist() == []
    assert sp.from_dlpack(a[:1].T[:1]).__buffer__(0).shape == (1, 1)
    assert sp.from_dlpack(np.array(1, dtype)).__buffer__(0).tolist() == 1


def test_a_memoryview_of_a_tensor_keeps_its_memory(counter):
    t = sp.from_dlpack(counter.producer())
    view = t.__buffer__(0)
    del t
    gc.collect()
    assert counter.freed == 0 and view.tolist() == [0.0] * 4
    del view
    gc.collect()
    assert counter.freed == 1


def test_views_that_python_does_not_have_are_buffer_errors(counter):
    for x in (np.ones(3, "c16"), np.ones(3, "f2"), np.ones((2, 3)).T, np.ones(4)[::2], np.ones((0, 3))):
        with pytest.raises(BufferError, match="memoryview"):
            sp.from_dlpack(x).__buffer__(0)
    with pytest.raises(sp.DeviceError, match="cuda:0"):
        sp.from_dlpack(counter.producer(device=(2, 0))).__buffer__(0)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="memoryview() asks __buffer__ from Python 3.12 on")
def test_memoryview_takes_a_tensor():
    assert memoryview(sp.from_dlpack(np.arange(3.0))).tolist() == [0, 1, 2]
