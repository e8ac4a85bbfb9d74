"""What kind of array an object is, how it becomes a Tensor, and how a result becomes the same kind again.

A framework is imported here only when one of its arrays is at hand, hence after somebody else imported it.
"""

from __future__ import annotations

import sys
from typing import Any
from weakref import WeakKeyDictionary

from ._buffers import ml_dtype, wrap
from ._errors import DeviceError
from ._names import HOST_READABLE, device_count, device_name
from ._tensor import Tensor, exchange


class Kind:
    """Tensor, and any object of which no more is known than that it speaks DLPack: the result is a Tensor."""

    #: How to get an array of this kind to the CPU.
    to_cpu = "x.cpu()"

    def read(self, x: Any, name: str, promote: bool) -> Tensor:
        """The Tensor of an input. With `promote` integers may become what the framework computes them in."""
        return exchange(x) if hasattr(x, "__dlpack__") else wrap(x, name)

    def write(self, x: Any, name: str) -> Tensor:
        """The Tensor of an output that the caller gave."""
        return exchange(x, copy=False) if hasattr(x, "__dlpack__") else wrap(x, name, may_copy=False)

    def give(self, tensor: Tensor) -> Any:
        """A result as an array of this kind."""
        return tensor


class NumPy(Kind):
    """numpy.ndarray; numpy.matrix counts as the ndarray that it holds, and masked arrays are refused."""

    def _check(self, x: Any, name: str) -> None:
        masked = sys.modules.get("numpy.ma")
        if masked is not None and isinstance(x, masked.MaskedArray):
            raise TypeError(f"{name}: a masked array has no meaning here; use {name}.filled(...) or {name}.data")
        dtype = x.dtype
        if (dtype.kind not in "biufc" or dtype.char in "gG") and ml_dtype(dtype) is None:
            raise TypeError(
                f"{name}: dtype {dtype} is none of bool, integers, float16, float32, float64, complex64 and complex128"
            )
        if not dtype.isnative:
            raise TypeError(
                f"{name}: dtype {dtype} is not in native byte order; use {name}.astype({name}.dtype.newbyteorder('='))"
            )

    def read(self, x, name, promote):
        import numpy

        if not isinstance(x, numpy.ndarray):  # a scalar
            x = numpy.asarray(x)
        self._check(x, name)
        if any(stride % x.itemsize for stride in x.strides):  # DLPack counts strides in elements
            x = x.copy()
        return exchange(x)

    def write(self, x, name):
        import numpy

        if not isinstance(x, numpy.ndarray):
            raise TypeError(f"{name}: {type(x).__name__} is no array")
        self._check(x, name)
        return exchange(x)

    def give(self, tensor):
        import numpy

        try:
            return numpy.from_dlpack(tensor)
        except RuntimeError:  # an element type of ml_dtypes
            return tensor.numpy()


class Torch(Kind):
    """torch.Tensor; conjugate and negative views are resolved, and integers compute in torch's default dtype."""

    def read(self, x, name, promote):
        import torch

        if promote and not (x.is_floating_point() or x.is_complex()):
            x = x.to(torch.float64 if torch.get_default_dtype() is torch.float64 else torch.float32)
        if x.requires_grad and not torch.is_grad_enabled():
            x = x.detach()
        return exchange(x.resolve_conj().resolve_neg())

    def write(self, x, name):
        if x.is_conj() or x.is_neg():
            raise ValueError(f"{name}: a conjugate or negative view cannot be written to; resolve it first")
        return exchange(x, legacy_flags=0)  # torch has no read-only tensors, and older releases speak legacy only

    def give(self, tensor):
        import torch

        return torch.from_dlpack(tensor)


class Jax(Kind):
    """jax.Array; it speaks legacy only, hence inputs are read-only here, and that is what they are in JAX."""

    to_cpu = "jax.device_put(x, jax.devices('cpu')[0])"

    def give(self, tensor):
        from jax import dlpack

        return dlpack.from_dlpack(tensor)


class TensorFlow(Kind):
    """tensorflow.Tensor and Variable; it speaks legacy only, and inputs are read-only, as they are in TensorFlow."""

    to_cpu = "tensorflow.identity(x) under tensorflow.device('cpu')"

    def read(self, x, name, promote):
        import tensorflow

        if isinstance(x, tensorflow.Variable):
            x = tensorflow.convert_to_tensor(x)
        if not hasattr(x, "__dlpack__"):
            raise TypeError(
                f"{name}: {type(x).__name__} has no elements yet; inside tensorflow.function call through "
                "tensorflow.numpy_function"
            )
        return exchange(x)

    def give(self, tensor):
        import tensorflow

        return tensorflow.experimental.dlpack.from_dlpack(tensor.__dlpack__())


class CuPy(Kind):
    """cupy.ndarray; in managed memory it can be read here, and the result goes back to the GPU by a copy."""

    to_cpu = "cupy.asnumpy(x)"

    def give(self, tensor):
        import cupy

        return cupy.asarray(tensor.numpy())


class Standard(Kind):
    """An array of any other library that keeps to the array API standard and says so."""

    def __init__(self, namespace: Any) -> None:
        self.namespace = namespace

    def give(self, tensor):
        return self.namespace.from_dlpack(tensor)


_TENSOR = Kind()
_FRAMEWORKS = (
    (NumPy(), "numpy", ("ndarray", "generic")),
    (Torch(), "torch", ("Tensor",)),
    (Jax(), "jax", ("Array",)),
    (TensorFlow(), "tensorflow", ("Tensor", "Variable")),
    (CuPy(), "cupy", ("ndarray",)),
)
_kind_of_type: WeakKeyDictionary[type, Kind] = WeakKeyDictionary()


def kind_of(x: Any) -> Kind:
    """The kind of array that `x` is."""
    kind = _kind_of_type.get(type(x))
    if kind is not None:
        return kind
    for kind, module_name, names in _FRAMEWORKS:
        module = sys.modules.get(module_name)
        classes = tuple(getattr(module, name) for name in names if hasattr(module, name))
        if isinstance(x, classes):
            _kind_of_type[type(x)] = kind
            return kind
    if hasattr(x, "__array_namespace__") and hasattr(namespace := x.__array_namespace__(), "from_dlpack"):
        kind = _kind_of_type[type(x)] = Standard(namespace)
        return kind
    return _TENSOR


def traced(x: Any) -> Any:
    """`spectrapack._jax` where `x` is a value that JAX traces, as inside jax.jit; else None."""
    core = sys.modules.get("jax.core")
    if core is None or not isinstance(x, core.Tracer):
        return None
    from . import _jax

    return _jax


def recorded(x: Any) -> Any:
    """`spectrapack.torch` where `x` is a torch tensor that gradients, torch.func or tracing follow; else None.

    torch.compile traces this function itself, so it keeps to what that understands.
    """
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(x, getattr(torch, "Tensor", ())):
        return traced(x)
    if (
        torch.compiler.is_compiling()
        or (x.requires_grad and torch.is_grad_enabled())
        or torch._C._functorch.peek_interpreter_stack() is not None
        or torch.autograd.forward_ad._current_level >= 0
        or torch._C._len_torch_dispatch_stack() > 0
        or type(x).__torch_dispatch__ is not torch.Tensor.__torch_dispatch__
    ):
        from . import torch as operators

        return operators
    return None


def dense(x: Any) -> Any:
    """A sparse matrix or array of SciPy as the NumPy array that it stands for, and anything else as it is."""
    sparse = sys.modules.get("scipy.sparse")
    return x.toarray() if sparse is not None and sparse.issparse(x) else x


def _require_computable(tensor: Tensor, name: str, kind: Kind) -> None:
    device = tensor.device
    if device[0] not in HOST_READABLE and not device_count(device[0]):
        raise DeviceError(
            f"{name}: it lives on {device_name(device)}, and this build of spectrapack cannot compute there; "
            f"copy it to the CPU first, by {kind.to_cpu}"
        )


def read(x: Any, name: str = "x", promote: bool = False) -> tuple[Kind, Tensor]:
    """The kind of an input and its Tensor; DeviceError where nothing here computes on its device."""
    if type(x) is Tensor:
        kind, tensor = _TENSOR, x
    else:
        kind = kind_of(x)
        tensor = kind.read(x, name, promote)
    _require_computable(tensor, name, kind)
    return kind, tensor


def write(x: Any, name: str = "out") -> Tensor:
    """The Tensor of an output that the caller gave; ValueError where it is read-only."""
    if type(x) is Tensor:
        kind, tensor = _TENSOR, x
    else:
        kind = kind_of(x)
        tensor = kind.write(x, name)
    _require_computable(tensor, name, kind)
    if tensor.readonly:
        raise ValueError(f"{name}: read-only, or an array that legacy DLPack cannot show to be writable")
    return tensor
