"""Fourier transforms and eigenvalues of arrays that speak DLPack, computed where they live and without copies.

>>> import numpy, spectrapack
>>> spectrapack.fft.fft(numpy.ones(4)).real
array([4., 0., 0., 0.])
>>> spectrapack.linalg.eigvalsh(numpy.diag([3.0, 1.0]))
array([1., 3.])
"""

from . import fft, linalg, scipy_backend
from ._errors import AxisError, CancelledError, CopyError, DeviceError, LinAlgError
from ._tensor import Tensor, from_dlpack
from ._version import __version__

__all__ = [
    "AxisError",
    "CancelledError",
    "CopyError",
    "DeviceError",
    "LinAlgError",
    "Tensor",
    "__version__",
    "fft",
    "from_dlpack",
    "linalg",
    "scipy_backend",
    "show_config",
]


def show_config() -> None:
    """Prints the versions of the package and the library, where the library is, and the devices that it computes on."""
    from ._lib import lib, path, text
    from ._names import describe_devices

    print(f"spectrapack {__version__} (Python)")
    print(f"library: {path}")
    print(f"build: {text(lib.spk_build_info)}")
    for line in describe_devices():
        print(f"device: {line}")
