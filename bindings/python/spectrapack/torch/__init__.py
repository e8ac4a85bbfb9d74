"""spectrapack's transforms and eigenvalues as operators of PyTorch, with derivatives.

`spectrapack.fft` and `spectrapack.linalg` come here by themselves when a tensor requires gradients, inside torch.func
transforms (`vmap`, `grad`, `jacrev`, `jvp`, ...), under torch.compile, and wherever PyTorch records or rewrites
operators. Importing this module registers the operators, which can be called as well:

- ``torch.ops.spectrapack.fft(x, kind, direction, norm, axes, lengths, workers)``: `kind` and `direction` are the
  numbers of the C surface (SPK_FFT_C2C, ...), `norm` is a name, and -1 in `lengths` is the extent of `x`;
- ``torch.ops.spectrapack.eigvalsh(x, UPLO, structure, workers)``: the eigenvalues;
- ``torch.ops.spectrapack.eigh(x, UPLO, structure, workers)``: the eigenvalues and the eigenvectors.

Derivatives follow PyTorch's conventions, so they are those of the same loss over `torch.fft` and `torch.linalg`:

- They exist any number of times, in reverse and in forward mode. The gradient of real input is real.
- The gradient of eigenvalues and eigenvectors is a full Hermitian matrix, although one triangle of `x` is read; a
  tangent counts as Hermitian likewise.
- Derivatives of eigenvectors exist where the eigenvalues are distinct; equal ones give infinities or NaN, and close
  ones large numbers. Those of eigenvalues alone are finite always.
- The phase of an eigenvector is part of the result here, since its component of largest modulus is real and positive.
  Derivatives take that into account: a loss that depends on the phase has them too, and for a loss that does not they
  are those of PyTorch. Where two components share the largest modulus, the vector jumps, and only a loss that does not
  depend on the phase (for real matrices: the sign) has derivatives.

`out` is refused with RuntimeError, since what is written there cannot be followed. `overwrite_x` has no effect.
`progress` watches the forward computation, and is refused under torch.compile. A subset of eigenvalues is cut out of
all. The operators called directly know reverse mode and `vmap`; the functions know all of the above. Within
torch.compile, PyTorch's `grad` and its kin and forward mode are errors: compile what they are applied to instead.
"""

from ._eigh import solve as solve  # these three are where `spectrapack.fft` and `spectrapack.linalg` come in
from ._fft import roll as roll
from ._fft import transform as transform
from ._operators import eigh, eigvalsh, fft

__all__ = ["eigh", "eigvalsh", "fft"]
