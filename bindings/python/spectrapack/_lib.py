"""Finds and loads the shared library, and mirrors its C surface: structs, constants and prototypes.

Tensors, descriptors and result slots cross as addresses (``c_void_p``): a prototype then checks that something
pointer-like was passed, and ctypes converts as little as possible.
"""

import ctypes
import itertools
import os
import sys
from ctypes import (
    POINTER,
    c_char_p,
    c_double,
    c_int,
    c_int32,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)
from pathlib import Path

from ._version import __version__

SPK_OK = 0
SPK_FFT_C2C, SPK_FFT_R2C, SPK_FFT_C2R = 0, 1, 2
SPK_FFT_DCT1, SPK_FFT_DST1 = 11, 21  # of type I; those of types II to IV follow
SPK_FORWARD, SPK_INVERSE = 0, 1
SPK_NORM_BACKWARD, SPK_NORM_ORTHO, SPK_NORM_FORWARD = 0, 1, 2
SPK_FFT_OVERWRITE, SPK_FFT_ORTHOGONALIZE, SPK_FFT_NOT_ORTHOGONALIZE = 1, 2, 4
SPK_CONVOLVE_CORRELATE = 1
SPK_UPLO_LOWER, SPK_UPLO_UPPER = 0, 1
SPK_RANGE_ALL, SPK_RANGE_INDEX, SPK_RANGE_VALUE = 0, 1, 2
SPK_STRUCTURE_AUTO, SPK_STRUCTURE_DENSE = 0, 1
SPK_EIGH_OVERWRITE = 1
SPK_TENSOR_READ_ONLY, SPK_TENSOR_COPIED, SPK_TENSOR_SUBBYTE_PADDED = 1, 2, 4
SPK_PY_LEGACY, SPK_PY_VERSIONED, SPK_PY_OWNER = 0, 1, 2


class DLDevice(ctypes.Structure):
    _fields_ = [("device_type", c_int32), ("device_id", c_int32)]


class DLDataType(ctypes.Structure):
    _fields_ = [("code", c_uint8), ("bits", c_uint8), ("lanes", c_uint16)]


class DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", c_void_p),
        ("device", DLDevice),
        ("ndim", c_int32),
        ("dtype", DLDataType),
        ("shape", POINTER(c_int64)),
        ("strides", POINTER(c_int64)),
        ("byte_offset", c_uint64),
    ]


class DLManagedTensor(ctypes.Structure):
    _fields_ = [("dl_tensor", DLTensor), ("manager_ctx", c_void_p), ("deleter", c_void_p)]


class DLPackVersion(ctypes.Structure):
    _fields_ = [("major", c_uint32), ("minor", c_uint32)]


class DLManagedTensorVersioned(ctypes.Structure):
    _fields_ = [
        ("version", DLPackVersion),
        ("manager_ctx", c_void_p),
        ("deleter", c_void_p),
        ("flags", c_uint64),
        ("dl_tensor", DLTensor),
    ]


class spk_exec(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("threads", c_int32),
        ("stream", c_void_p),
        ("scratch", c_void_p),
        ("scratch_size", c_size_t),
        ("progress", c_void_p),
        ("user", c_void_p),
    ]


class spk_fft_desc(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("kind", c_int32),
        ("direction", c_int32),
        ("norm", c_int32),
        ("flags", c_int32),
        ("naxes", c_int32),
        ("axes", POINTER(c_int32)),
        ("lengths", POINTER(c_int64)),
    ]


class spk_convolve_desc(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("mode", c_int32),
        ("method", c_int32),
        ("flags", c_int32),
        ("naxes", c_int32),
        ("zero", c_int32),
        ("axes", POINTER(c_int32)),
    ]


class spk_eigh_desc(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("uplo", c_int32),
        ("range", c_int32),
        ("structure", c_int32),
        ("index_low", c_int64),
        ("index_high", c_int64),
        ("value_low", c_double),
        ("value_high", c_double),
        ("flags", c_int32),
        ("zero", c_int32),
    ]


_P = c_void_p
_STATUS = c_int32

#: Name -> (result, arguments...), in the order of the header.
PROTOTYPES = {
    "spk_device_count": (_STATUS, c_int32, _P),
    "spk_device_describe": (_STATUS, c_int32, c_int32, _P, c_size_t, _P),
    "spk_eigh": (_STATUS, _P, _P, _P, _P, _P, _P),
    "spk_eigh_new": (_STATUS, _P, _P, _P, _P, _P),
    "spk_fft": (_STATUS, _P, _P, _P, _P),
    "spk_fft_new": (_STATUS, _P, _P, _P, _P),
    "spk_fft_plan_create": (_STATUS, _P, _P, _P, _P, _P),
    "spk_fft_plan_execute": (_STATUS, _P, _P, _P, _P),
    "spk_fft_plan_scratch_size": (_STATUS, _P, _P, _P),
    "spk_fft_plan_destroy": (None, _P),
    "spk_fft_convolve": (_STATUS, _P, _P, _P, _P, _P),
    "spk_fft_convolve_new": (_STATUS, _P, _P, _P, _P, _P),
    "spk_fft_plan_describe": (c_size_t, _P, _P, c_size_t),
    "spk_fft_cache_info": (_STATUS, _P, _P, _P, _P),
    "spk_fft_cache_set_limit": (_STATUS, c_size_t, c_size_t),
    "spk_fft_cache_clear": (_STATUS,),
    "spk_fft_next_fast_len": (_STATUS, c_int64, c_int32, _P),
    "spk_status_name": (c_char_p, c_int32),
    "spk_last_error": (c_size_t, _P, c_size_t),
    "spk_tensor_wrap": (_STATUS, _P, _P, _P, c_uint64, _P),
    "spk_tensor_take": (_STATUS, _P, _P),
    "spk_tensor_take_legacy": (_STATUS, _P, c_uint64, _P),
    "spk_tensor_to_legacy": (_STATUS, _P, _P),
    "spk_tensor_empty": (_STATUS, _P, _P),
    "spk_tensor_copy": (_STATUS, _P, c_int32, c_int32, _P, _P),
    "spk_tensor_copy_into": (_STATUS, _P, _P, _P),
    "spk_tensor_view": (_STATUS, _P, c_int32, _P, _P, c_int64, _P),
    "spk_tensor_retain": (_STATUS, _P),
    "spk_tensor_release": (None, _P),
    "spk_tensor_check": (_STATUS, _P),
    "spk_tensor_check_managed": (_STATUS, _P, c_int32),
    "spk_version": (c_uint32,),
    "spk_build_info": (c_size_t, _P, c_size_t),
    "spk_xla_fft": (_P, _P),
    "spk_xla_eigh": (_P, _P),
}

#: As PROTOTYPES; these touch Python objects, so the GIL must be held: they exist in `pylib` only.
PYTHON_PROTOTYPES = {
    "spk_py_symbol": (c_char_p, c_size_t),
    "spk_py_start": (c_int, _P, c_size_t),
    "spk_py_wrap": (_STATUS, _P, ctypes.py_object, c_uint64, _P),
    "spk_py_capsule_new": (ctypes.py_object, _P, c_int32),
    "spk_py_capsule_consume": (c_void_p, ctypes.py_object, _P),
    "spk_py_capsule_restore": (c_int, ctypes.py_object),
}

_FILE_NAME = {"win32": "spectrapack.dll", "darwin": "libspectrapack.dylib"}.get(sys.platform, "libspectrapack.so")


def _find() -> str:
    """The path of the library: SPECTRAPACK_LIBRARY if that is set, else the one that the wheel brought along."""
    chosen = os.environ.get("SPECTRAPACK_LIBRARY")
    if chosen:
        return chosen
    folder = Path(__file__).parent / "_lib"
    # A wheel with a CMake package has the name that C programs remember, and a text for linkers under the plain one.
    versioned = f"{_FILE_NAME}.{__version__.rpartition('.')[0]}"
    for bundled in (folder / "lib" / versioned, folder / _FILE_NAME):
        if bundled.exists():
            return str(bundled)
    raise ImportError(
        f"spectrapack: there is no {_FILE_NAME} in {folder}; install the wheel, or set the environment "
        "variable SPECTRAPACK_LIBRARY to the path of a built library"
    )


def _load(path: str) -> tuple[ctypes.CDLL, ctypes.PyDLL]:
    """The library twice: calls through the first release the GIL, calls through the second keep it."""
    try:
        free, held = ctypes.CDLL(path), ctypes.PyDLL(path)
        free.spk_version.restype = c_uint32
        number = free.spk_version()
        major, minor, patch = number // 10_000, number // 100 % 100, number % 100
        if [str(major), str(minor)] != __version__.split(".")[:2]:
            raise OSError(f"it is version {major}.{minor}.{patch}, and the package is version {__version__}")
        for library, table in ((free, PROTOTYPES), (held, PROTOTYPES | PYTHON_PROTOTYPES)):
            for name, (result, *arguments) in table.items():
                function = getattr(library, name)
                function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise ImportError(f"spectrapack: {path} cannot be used: {error}", path=path) from error
    return free, held


def _start(held: ctypes.PyDLL) -> None:
    """Tells the library where the functions of CPython are that it asks for."""
    names = iter(map(held.spk_py_symbol, itertools.count()).__next__, None)
    symbols = [ctypes.c_char.in_dll(ctypes.pythonapi, name.decode()) for name in names]
    addresses = (c_void_p * len(symbols))(*map(ctypes.addressof, symbols))
    if held.spk_py_start(addresses, len(addresses)) != 0:
        raise ImportError(f"spectrapack: {path} refuses this interpreter's functions", path=path)


path = _find()
lib, pylib = _load(path)
_start(pylib)


def text(function, *arguments) -> str:
    """What a C function that copies a string to (buf, len) has to say."""
    length = function(*arguments, None, 0)
    buffer = ctypes.create_string_buffer(length)
    function(*arguments, buffer, length)
    return buffer.value.decode("utf-8", "replace")
