"""DLPack's numbers and their names: element types and devices."""

import operator
import re
import sys
from ctypes import byref, c_int32, c_size_t, create_string_buffer

from ._errors import DeviceError, check
from ._lib import DLDataType, lib

CPU = (1, 0)

#: Devices whose memory the CPU reads through its address: cpu, pinned and managed memory.
HOST_READABLE = frozenset((1, 3, 11, 13))

_DEVICES = {
    1: "cpu", 2: "cuda", 3: "cuda_host", 4: "opencl", 7: "vulkan", 8: "metal", 9: "vpi", 10: "rocm", 11: "rocm_host",
    12: "ext_dev", 13: "cuda_managed", 14: "oneapi", 15: "webgpu", 16: "hexagon", 17: "maia",
}  # fmt: skip
_DEVICE_NUMBERS = {name: number for number, name in _DEVICES.items()} | {"gpu": 2}

_NUMBERED_TYPES = {0: "int", 1: "uint", 2: "float", 3: "opaque", 4: "bfloat", 5: "complex"}
_NAMED_TYPES = {
    7: "float8_e3m4", 8: "float8_e4m3", 9: "float8_e4m3b11fnuz", 10: "float8_e4m3fn", 11: "float8_e4m3fnuz",
    12: "float8_e5m2", 13: "float8_e5m2fnuz", 14: "float8_e8m0fnu", 15: "float6_e2m3fn", 16: "float6_e3m2fn",
    17: "float4_e2m1fn",
}  # fmt: skip

_NUMBERED_CODES = {name: code for code, name in _NUMBERED_TYPES.items()}
_NAMED_CODES = {name: code for code, name in _NAMED_TYPES.items()}

#: The DLPack type codes that NumPy has: integers, floats, complex numbers and bool.
NUMPY_CODES = frozenset((0, 1, 2, 5, 6))

FLOAT64 = DLDataType(2, 64, 1)


def dtype_name(dtype: DLDataType) -> str:
    """'float64', 'bfloat16', 'bool', ...; lanes follow an x, as in 'float32x4'."""
    code, bits, lanes = dtype.code, dtype.bits, dtype.lanes
    if code in _NUMBERED_TYPES:
        name = f"{_NUMBERED_TYPES[code]}{bits}"
    elif code == 6:
        name = "bool" if bits == 8 else f"bool{bits}"
    else:
        name = _NAMED_TYPES.get(code, f"code{code}_{bits}")
    return name if lanes == 1 else f"{name}x{lanes}"


def named_dtype(name: str) -> DLDataType | None:
    """The element type of one lane that has this name, such as 'bfloat16' or 'float8_e5m2'; None where none has."""
    found = re.match(r"([a-z]+)(\d+)(_|$)", name)
    code = found and (_NAMED_CODES.get(name) if found[3] else _NUMBERED_CODES.get(found[1]))
    return None if code is None else DLDataType(code, int(found[2]), 1)


def device_name(device: tuple[int, int]) -> str:
    """'cpu', 'cuda:0', ..."""
    kind, number = device
    return "cpu" if device == CPU else f"{_DEVICES.get(kind, f'device type {kind}')}:{number}"


def device_count(kind: int) -> int:
    """How many devices of a DLPack type can be computed on."""
    count = c_int32()
    check(lib.spk_device_count(kind, byref(count)))
    return count.value


def describe_devices() -> list[str]:
    """One line on each device that can be computed on."""
    lines, length = [], c_size_t()
    for device in [(kind, number) for kind in (1, 2) for number in range(device_count(kind))]:
        check(lib.spk_device_describe(*device, None, 0, byref(length)))
        buffer = create_string_buffer(length.value)
        check(lib.spk_device_describe(*device, buffer, length.value, None))
        lines.append(f"{device_name(device)}: {buffer.value.decode('utf-8', 'replace')}")
    return lines


def parse_device(device) -> tuple[int, int] | None:
    """What a `device=` argument names, as DLPack's (type, id); None where the data shall stay.

    None, 'auto' (a GPU if there is one), a name such as 'cpu' or 'cuda:1', (type, id), or a device object of PyTorch,
    JAX or CuPy.
    """
    if device is None:
        return None
    if isinstance(device, str):
        if device == "auto":
            return (2, 0) if device_count(2) else None
        name, _, number = device.partition(":")
        if name in _DEVICE_NUMBERS and (number.isdecimal() or device == name):
            return _DEVICE_NUMBERS[name], int(number or 0)
    elif isinstance(device, tuple) and len(device) == 2:
        pair = operator.index(device[0]), operator.index(device[1])
        if 0 < pair[0] < 2**31 and 0 <= pair[1] < 2**31:
            return pair
    else:
        torch, cupy = sys.modules.get("torch"), sys.modules.get("cupy")
        if torch is not None and isinstance(device, torch.device):
            return parse_device(str(device))
        if cupy is not None and isinstance(device, cupy.cuda.Device):
            return 2, device.id
        if hasattr(device, "platform") and hasattr(device, "id"):  # JAX
            return parse_device(f"{device.platform}:{0 if device.platform == 'cpu' else device.id}")
    raise DeviceError(
        f"device: {device!r} names no device; give 'auto', 'cpu', 'cuda', 'cuda:1', (type, id) or a device object"
    )
