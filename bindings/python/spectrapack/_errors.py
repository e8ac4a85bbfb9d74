"""The exceptions, and how a status of the C surface becomes one."""

from ._lib import lib, text


class AxisError(ValueError, IndexError):
    """An axis is out of range or given twice, or the array has no axis at all."""


class DeviceError(RuntimeError, TypeError, BufferError):
    """The data live where this build cannot compute or where the caller asked for something else."""


class CopyError(BufferError, ValueError):
    """The exchange needs a copy, which `copy=False` forbids."""


class LinAlgError(ValueError, RuntimeError):
    """An eigenvalue iteration did not converge.

    ``converged`` is the number of eigenvalues that were found before that, or None where it is not known.
    """

    converged: int | None = None


class CancelledError(RuntimeError):
    """The ``progress`` callback asked to stop."""


_BY_STATUS = {
    3: BufferError,  # ABI_MISMATCH
    13: AxisError,  # BAD_AXIS
    14: TypeError,  # BAD_DTYPE
    30: DeviceError,  # DEVICE_MISMATCH
    31: DeviceError,  # UNSUPPORTED: what Python lets through can only be about a device
    50: MemoryError,  # OUT_OF_MEMORY
    60: LinAlgError,  # NO_CONVERGENCE
    70: CancelledError,  # CANCELLED
    80: DeviceError,  # BACKEND_UNAVAILABLE
    81: DeviceError,  # CUDA
    82: DeviceError,  # CUFFT
    83: DeviceError,  # CUSOLVER
    99: RuntimeError,  # PANIC
}

#: The C surface's names of arguments that are called otherwise in Python.
_PYTHON_NAMES = {"in": "x", "a": "x", "in:": "x:", "a:": "x:"}


def _message() -> str:
    message = text(lib.spk_last_error)
    if message.startswith("desc: lengths["):  # `n` is checked in Python, so this is about `s`
        return message.replace("desc: lengths[", "s[", 1)
    first, space, rest = message.partition(" ")
    return _PYTHON_NAMES.get(first, first) + space + rest


def check(status: int) -> None:
    """Raises the exception that belongs to a status, with the library's message; 0 raises nothing."""
    if status:
        raise _BY_STATUS.get(status, ValueError)(_message())


def check_exchange(status: int) -> None:
    """As `check`, for calls that hand tensors over: whatever is refused there is a BufferError."""
    if status:
        raise (MemoryError if status == 50 else BufferError)(_message())
