"""What a call through Python costs: tiny work, so that all that is left is the way there and back.

    make bench-overhead

Peers run in the same process and take turns with us, and the shortest of many runs counts. Every result is checked
first. The table goes to the screen and, in nanoseconds, to target/bench/overhead.tsv.
"""

import ctypes
import sys
import time
from pathlib import Path

import numpy as np
import scipy.fft
import scipy.linalg
import torch

import spectrapack

OUT = Path(__file__).resolve().parent.parent / "target/bench/overhead.tsv"
COLUMNS = ("spectrapack", "numpy", "scipy", "torch")
ROUNDS, SECONDS = 60, 0.002  # runs of every function, and how long one of them is

array = np.random.default_rng(0).standard_normal(16) + 0.5j
tensor = torch.from_numpy(array)
ours = spectrapack.from_dlpack(array)
matrix = np.array([[2.0, -1.0], [-1.0, 2.0]])
torch_matrix = torch.from_numpy(matrix)
library = ctypes.CDLL(spectrapack._lib.path)
major, minor, patch = map(int, spectrapack.__version__.split("."))

# name, expected value, then one function a column or None.
CASES = (
    ("a bare ctypes call", major * 10_000 + minor * 100 + patch, library.spk_version, None, None, None),
    ("from_dlpack of a NumPy array", array, lambda: spectrapack.from_dlpack(array), lambda: np.from_dlpack(array), None,
     lambda: torch.from_dlpack(array)),
    ("from_dlpack of a PyTorch tensor", array, lambda: spectrapack.from_dlpack(tensor), lambda: np.from_dlpack(tensor),
     None, lambda: torch.from_dlpack(tensor)),
    ("from_dlpack of our Tensor", array, lambda: spectrapack.from_dlpack(ours), lambda: np.from_dlpack(ours), None,
     lambda: torch.from_dlpack(ours)),
    ("fft, 16 points, NumPy array", np.fft.fft(array), lambda: spectrapack.fft.fft(array), lambda: np.fft.fft(array),
     lambda: scipy.fft.fft(array), None),
    ("fft, 16 points, PyTorch tensor", np.fft.fft(array), lambda: spectrapack.fft.fft(tensor), None, None,
     lambda: torch.fft.fft(tensor)),
    ("eigvalsh, 2 x 2, NumPy array", [1, 3], lambda: spectrapack.linalg.eigvalsh(matrix),
     lambda: np.linalg.eigvalsh(matrix), lambda: scipy.linalg.eigvalsh(matrix), None),
    ("eigvalsh, 2 x 2, PyTorch tensor", [1, 3], lambda: spectrapack.linalg.eigvalsh(torch_matrix), None, None,
     lambda: torch.linalg.eigvalsh(torch_matrix)),
)  # fmt: skip


def run(function, count):
    """Seconds that `count` calls take."""
    start = time.perf_counter()
    for _ in range(count):
        function()
    return time.perf_counter() - start


def nanoseconds(functions):
    """The shortest time of one call of each function."""
    counts = [max(1, int(SECONDS / (run(function, 100) / 100))) for function in functions]
    best = [float("inf")] * len(functions)
    for _ in range(ROUNDS):
        for i, (function, count) in enumerate(zip(functions, counts)):
            best[i] = min(best[i], run(function, count) / count * 1e9)
    return best


def main():
    print(f"Nanoseconds a call, the shortest of {ROUNDS} runs that take turns")
    python = sys.version.split()[0]
    print(f"Python {python}, NumPy {np.__version__}, SciPy {scipy.__version__}, PyTorch {torch.__version__}")
    print(f"\n{'':<32}" + "".join(f"{column:>13}" for column in COLUMNS))
    rows = []
    for name, expected, *functions in CASES:
        given = [(column, function) for column, function in zip(COLUMNS, functions) if function]
        for column, function in given:
            np.testing.assert_allclose(np.asarray(function()), expected, rtol=1e-12, err_msg=f"{name}: {column}")
        times = dict(zip([column for column, _ in given], nanoseconds([function for _, function in given])))
        rows += [(name, column, f"{value:.1f}") for column, value in times.items()]
        cells = [f"{times[column]:.0f}" if column in times else "-" for column in COLUMNS]
        print(f"{name:<32}" + "".join(f"{cell:>13}" for cell in cells), flush=True)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join("\t".join(row) for row in [("case", "library", "ns"), *rows]) + "\n")
    print(f"\nTable: {OUT}")


if __name__ == "__main__":
    main()
