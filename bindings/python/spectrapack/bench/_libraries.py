"""The libraries that arrays go between, and the ways to hand one over."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy

import spectrapack


class Library:
    """How arrays of one library are made and looked at; here NumPy's."""

    on_host = True

    def make(self, values: numpy.ndarray) -> Any:
        """An array of this library's own memory with these values.

        Most of what NumPy allocates lies on a multiple of 16 bytes and not of 64, which is what JAX asks for. By
        chance it does at times; here it never does.
        """
        memory = numpy.empty(values.nbytes + 80, numpy.uint8)
        start = (16 - memory.ctypes.data) % 64
        array = memory[start : start + values.nbytes].view(values.dtype)
        array[:] = values
        return array

    def pointer(self, x: Any) -> int:
        """The address of the first element."""
        return x.ctypes.data

    def look(self, x: Any) -> numpy.ndarray:
        """The elements as the library shows them; on the host without a copy."""
        return x

    def poke(self, x: Any, index: int, value: Any) -> None:
        """Writes one element to where the array says that its memory is, whether it lets Python write or not."""
        element = self.look(x).dtype.type(value)
        ctypes.memmove(self.pointer(x) + index * element.itemsize, element.tobytes(), element.itemsize)

    def wait(self) -> None:
        """Returns when all that was begun is done."""


class Torch(Library):
    def __init__(self, torch):
        self.torch = torch

    def make(self, values):
        return self.torch.tensor(values)

    def pointer(self, x):
        return x.data_ptr()

    def look(self, x):
        return x.numpy()


class Spectrapack(Library):
    def make(self, values):
        return spectrapack.from_dlpack(values, copy=True)

    def pointer(self, x):
        return x.data_ptr

    def look(self, x):
        return numpy.from_dlpack(x)


class Jax(Library):
    def __init__(self, jax):
        self.jax = jax
        jax.config.update("jax_enable_x64", True)  # else float64 comes out as float32
        jax.config.update("jax_platforms", "cpu")

    def make(self, values):
        return self.jax.device_put(values).block_until_ready()

    def pointer(self, x):
        return x.unsafe_buffer_pointer()

    def look(self, x):
        return numpy.from_dlpack(x)


class OnCuda(Library):
    """Arrays on a GPU; `share` makes one of a PyTorch tensor there, `address` tells where one lies."""

    on_host = False

    def __init__(self, torch, share, address):
        self.torch, self.share, self.pointer = torch, share, address

    def make(self, values):
        return self.share(self.torch.tensor(values, device="cuda"))

    def look(self, x):
        return self.torch.from_dlpack(x).cpu().numpy()

    def poke(self, x, index, value):
        self.torch.from_dlpack(x)[index] = value
        self.wait()

    def wait(self):
        self.torch.cuda.synchronize()


class Method(NamedTuple):
    """One way to hand an array over: `function` takes what library `source` made and gives an array of `target`."""

    name: str
    source: str
    target: str
    function: Callable[[Any], Any]


def _with_numpy(libraries: dict[str, Library]) -> list[Method]:
    libraries["numpy"], libraries["spectrapack"] = Library(), Spectrapack()
    ours = spectrapack.from_dlpack
    return [
        Method("np.from_dlpack(array)", "numpy", "numpy", numpy.from_dlpack),
        Method("np.array(array)", "numpy", "numpy", numpy.array),
        Method("spectrapack.from_dlpack(array)", "numpy", "spectrapack", ours),
        Method("spectrapack.from_dlpack(array, copy=True)", "numpy", "spectrapack", partial(ours, copy=True)),
        Method("np.from_dlpack(ours)", "spectrapack", "numpy", numpy.from_dlpack),
    ]


def _with_torch(libraries: dict[str, Library]) -> list[Method]:
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)  # as the others
    libraries["torch"] = Torch(torch)
    methods = [
        Method("torch.from_numpy(array)", "numpy", "torch", torch.from_numpy),
        Method("torch.as_tensor(array)", "numpy", "torch", torch.as_tensor),
        Method("torch.tensor(array)", "numpy", "torch", torch.tensor),
        Method("torch.from_dlpack(array)", "numpy", "torch", torch.from_dlpack),
        Method("tensor.numpy()", "torch", "numpy", torch.Tensor.numpy),
        Method("np.from_dlpack(tensor)", "torch", "numpy", numpy.from_dlpack),
        Method("tensor.clone()", "torch", "torch", torch.Tensor.clone),
        Method("spectrapack.from_dlpack(tensor)", "torch", "spectrapack", spectrapack.from_dlpack),
        Method("torch.from_dlpack(ours)", "spectrapack", "torch", torch.from_dlpack),
    ]
    if torch.cuda.is_available():
        methods += _with_cuda(libraries, torch)
    return methods


def _with_cuda(libraries: dict[str, Library], torch: Any) -> list[Method]:
    ours = spectrapack.from_dlpack
    libraries["torch cuda"] = OnCuda(torch, lambda t: t, torch.Tensor.data_ptr)
    libraries["spectrapack cuda"] = OnCuda(torch, ours, lambda x: x.data_ptr)
    methods = [
        Method("tensor.cuda()", "torch", "torch cuda", torch.Tensor.cuda),
        Method("cuda_tensor.cpu()", "torch cuda", "torch", torch.Tensor.cpu),
        Method("cuda_tensor.clone()", "torch cuda", "torch cuda", torch.Tensor.clone),
        Method("spectrapack.from_dlpack(cuda_tensor)", "torch cuda", "spectrapack cuda", ours),
        Method("torch.from_dlpack(ours_on_cuda)", "spectrapack cuda", "torch cuda", torch.from_dlpack),
    ]
    if importlib.util.find_spec("cupy") is not None:
        cupy = importlib.import_module("cupy")
        libraries["cupy"] = OnCuda(torch, cupy.from_dlpack, lambda x: x.data.ptr)
        methods += [
            Method("cupy.from_dlpack(cuda_tensor)", "torch cuda", "cupy", cupy.from_dlpack),
            Method("torch.from_dlpack(cupy_array)", "cupy", "torch cuda", torch.from_dlpack),
            Method("spectrapack.from_dlpack(cupy_array)", "cupy", "spectrapack cuda", ours),
            Method("cupy.from_dlpack(ours_on_cuda)", "spectrapack cuda", "cupy", cupy.from_dlpack),
        ]
    return methods


def _with_jax(libraries: dict[str, Library]) -> list[Method]:
    jax, dlpack = importlib.import_module("jax"), importlib.import_module("jax.dlpack")
    libraries["jax"] = Jax(jax)

    def from_dlpack(x):
        return dlpack.from_dlpack(x).block_until_ready()

    methods = [
        Method("jax.dlpack.from_dlpack(array)", "numpy", "jax", from_dlpack),
        Method("jax.dlpack.from_dlpack(ours)", "spectrapack", "jax", from_dlpack),
        Method("spectrapack.from_dlpack(jax_array)", "jax", "spectrapack", spectrapack.from_dlpack),
    ]
    if "torch" in libraries:
        methods.append(Method("jax.dlpack.from_dlpack(tensor)", "torch", "jax", from_dlpack))
    return methods


#: In this order: what comes later adds rows with what came before. CUDA and CuPy come along with torch.
PEERS = {"numpy": _with_numpy, "torch": _with_torch, "jax": _with_jax}


def load(names: list[str]) -> tuple[dict[str, Library], list[Method]]:
    """The libraries that are there among those named, and the methods that go between them, sorted by source."""
    libraries: dict[str, Library] = {}
    methods: list[Method] = []
    for name, add in PEERS.items():
        if name in names and importlib.util.find_spec(name) is not None:
            methods += add(libraries)
    order = list(libraries)
    return libraries, sorted(methods, key=lambda method: order.index(method.source))


def versions(names: list[str]) -> str:
    """What runs here, in words."""
    words = [f"spectrapack {spectrapack.__version__}"]
    for name, title in (("numpy", "NumPy"), ("torch", "PyTorch"), ("jax", "JAX"), ("cupy", "CuPy")):
        if name in {library.partition(" ")[0] for library in names}:
            words.append(f"{title} {importlib.import_module(name).__version__}")
    return ", ".join(words)
