"""From a sparse matrix to its spectrum, and from a telescope's mirror to the image of a star, in Python.

    python pipeline.py [PICTURE.png]

NumPy and PyTorch arrays go through the library and come back as spectra, in memory that all of them share. What the
library computes is held against closed forms and against NumPy, and drawn. The exit status is 0 only when it fits.
"""

import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
from scipy.sparse import diags_array

import spectrapack

N, SIDE = 100, 1000  # of the matrix, of the image
METRES, DIAMETER = 26.4, 6.6  # what the image's side stands for; the mirror's diameter


def heading(text):
    print(f"\n{text}", flush=True)


def require(condition, claim):
    if not condition:
        sys.exit(f"not so: {claim}")


def laplacian_spectrum():
    """The eigenvalues of the 1-D Laplacian, and what they should be."""
    heading(f"1. Eigenvalues of the 1-D Laplacian (-1, 2, -1), n = {N}")
    sparse = diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(N, N), format="csr")
    print(f"   SciPy assembles {sparse.nnz} entries in CSR form and makes them dense")
    values = spectrapack.linalg.eigvalsh(sparse.toarray())
    closed_form = 2 - 2 * np.cos(np.arange(1, N + 1) * np.pi / (N + 1))
    error = np.abs(values - closed_form).max()
    print(f"   NumPy array in, {type(values).__module__}.{type(values).__name__} out")
    print(f"   largest distance from the closed form 2 - 2 cos(k pi / (n + 1)): {error:.1e}")
    require(error < 1e-13, "the eigenvalues are those of the closed form")
    return values, closed_form


def segmented_mirror(finer=4):
    """A telescope's mirror seen from the star: 18 hexagons around a hole, behind three struts. 1 where light falls.

    Each pixel is the mean of finer x finer points, so that edges are soft.
    """
    flat, gap, strut = 1.32, 0.02, 0.12  # metres: width of a hexagon, space between two, width of a strut
    window = slice(SIDE // 2 - 150, SIDE // 2 + 150)  # outside there is nothing
    points = (np.arange(window.start * finer, window.stop * finer) + 0.5) * METRES / (SIDE * finer) - METRES / 2
    x, y = points[None, :], points[:, None]

    def along(degrees):
        return x * np.cos(np.radians(degrees)) + y * np.sin(np.radians(degrees))

    fine = np.zeros((points.size, points.size), bool)
    for q in range(-2, 3):
        for r in range(-2, 3):
            if max(abs(q), abs(r), abs(q + r)) in (1, 2):  # the two rings around the middle
                centre = flat * np.array([r + q / 2, q * np.sqrt(3) / 2])
                hexagon = True
                for degrees in (0, 60, 120):
                    normal = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
                    hexagon &= np.abs(along(degrees) - centre @ normal) <= (flat - gap) / 2
                fine |= hexagon
    for degrees in (90, 240, 300):
        fine &= (along(degrees) < 0) | (np.abs(along(degrees + 90)) > strut / 2)
    mirror = np.zeros((SIDE, SIDE))
    side = points.size // finer
    mirror[window, window] = fine.reshape(side, finer, side, finer).mean(axis=(1, 3))
    return mirror


def share(array):
    """One memory, three libraries: the tensor and the torch tensor that look at a NumPy array."""
    heading(f"2. One {SIDE} x {SIDE} float64 array in NumPy, spectrapack and PyTorch")
    tensor = spectrapack.from_dlpack(array)
    ours = torch.from_dlpack(tensor)
    addresses = array.ctypes.data, tensor.data_ptr, ours.data_ptr()
    print("   NumPy {:#x}, spectrapack {:#x}, PyTorch {:#x}".format(*addresses))
    require(len(set(addresses)) == 1, "nothing is copied")

    corner = array[0, 0]
    array[0, 0] = 42
    from_torch = ours[0, 0].item()
    ours[0, 0] = -1
    from_numpy = array[0, 0]
    print(f"   NumPy writes 42, PyTorch reads {from_torch:g}; PyTorch writes -1, NumPy reads {from_numpy:g}")
    require((from_torch, from_numpy) == (42, -1), "each side sees the other's write")
    array[0, 0] = corner
    return tensor, ours


def transform(array, tensor, shared):
    """The 2-D transform of the array, which comes back as the kind that went in."""
    heading(f"3. fft2 of {SIDE} x {SIDE} float64")
    spectrum = spectrapack.fft.fft2(array)
    expected = np.fft.fft2(array)
    for given in (array, shared, tensor):
        result = spectrapack.fft.fft2(given)
        kind = f"{type(result).__module__.partition('.')[0]}.{type(result).__name__}"
        require(type(result) is type(given), "the kind that went in comes out")
        error = np.linalg.norm(np.from_dlpack(result) - expected) / np.linalg.norm(expected)
        print(f"   {kind} in, {kind} out; off NumPy's by {error:.1e} of its length")
        require(error < 1e-14, "the transform is NumPy's")
    return spectrum


def compare(title, ours, numpys, runs):
    """Prints the shortest of several runs of both, which take turns."""
    best = [float("inf")] * 2
    for _ in range(runs):
        for i, function in enumerate((ours, numpys)):
            start = time.perf_counter()
            function()
            best[i] = min(best[i], time.perf_counter() - start)
    ratio = best[1] / best[0]
    verdict = f"{ratio:.2f} times as fast" if ratio >= 1 else f"{1 / ratio:.2f} times as slow"
    print(f"   {title:<28} {best[0] * 1e3:9.3f} ms   {best[1] * 1e3:9.3f} ms   {verdict}", flush=True)


def race(array):
    cores = len(os.sched_getaffinity(0))
    heading(f"Time against NumPy {np.__version__}: the shortest of several runs that take turns, {cores} cores")
    print(f"   {'':<28} {'spectrapack':>12}   {'NumPy':>12}")
    matrix = np.cov(np.random.default_rng(0).standard_normal((500, 1000)))
    fft2, eigvalsh = spectrapack.fft.fft2, spectrapack.linalg.eigvalsh
    size = f"{SIDE} x {SIDE}"
    compare(f"fft2 {size}, one thread", lambda: fft2(array, workers=1), lambda: np.fft.fft2(array), 15)
    compare(f"fft2 {size}, all threads", lambda: fft2(array), lambda: np.fft.fft2(array), 15)
    compare("eigvalsh 500 x 500", lambda: eigvalsh(matrix), lambda: np.linalg.eigvalsh(matrix), 7)


def draw(path, values, closed_form, mirror, spectrum):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    paper, ink, faint = "#11131a", "#e8e6e3", "#5c6070"
    plt.rcParams.update({
        "figure.facecolor": paper, "axes.facecolor": paper, "axes.edgecolor": faint, "axes.labelcolor": ink,
        "text.color": ink, "xtick.color": ink, "ytick.color": ink, "font.size": 11, "axes.titlesize": 13,
        "axes.titlelocation": "left", "axes.titlepad": 12,
    })  # fmt: skip
    figure = plt.figure(figsize=(15, 7.1), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.15, h_pad=0.15)
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.15), wspace=0.03)
    for part in (left, right):
        part.set_facecolor(paper)

    above, below = left.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    k = np.arange(1, N + 1)
    smooth = np.linspace(0, N + 1, 500)
    above.plot(smooth, 2 - 2 * np.cos(smooth * np.pi / (N + 1)), color="#f2a65a", label="2 − 2 cos(kπ / (n + 1))")
    above.plot(k, values, "o", color="#7fd1e8", markersize=3.5, label="spectrapack.linalg.eigvalsh")
    above.set(title=f"Eigenvalues of the 1-D Laplacian, n = {N}", ylabel="eigenvalue", xlim=(0, N + 1))
    above.legend(frameon=False, loc="upper left")
    above.text(0.97, 0.06, f"smallest {values[0]:.6f}\nlargest {values[-1]:.6f}\ncondition number "
               f"{values[-1] / values[0]:.1f}", transform=above.transAxes, ha="right", linespacing=1.5)  # fmt: skip
    below.axhline(0, color=faint, linewidth=0.8)
    below.vlines(k, 0, (values - closed_form) * 1e15, color="#7fd1e8", linewidth=1.6)
    below.set(xlabel="k", ylabel="error, 10⁻¹⁵")
    left.align_ylabels()

    axes = right.subplots()
    amplitude = np.abs(np.fft.fftshift(spectrum))
    reach = SIDE / 2 * DIAMETER / METRES
    picture = axes.imshow(
        np.log10(np.maximum(amplitude / amplitude.max(), 1e-9)), cmap="inferno", vmin=-4.5, vmax=-0.2, origin="lower",
        extent=(-reach, reach, -reach, reach), interpolation="bilinear",
    )  # fmt: skip
    axes.set(title="fft2 of a telescope's mirror: how it images a star", xlim=(-45, 45), ylim=(-45, 45),
             xlabel="angle, wavelengths / mirror diameter", ylabel="angle, wavelengths / mirror diameter")  # fmt: skip
    bar = right.colorbar(picture, cax=axes.inset_axes((1.02, 0, 0.03, 1)))
    bar.set_label("log₁₀ |fft2|, brightest = 0")
    bar.outline.set_visible(False)
    inset = axes.inset_axes((0.785, 0.785, 0.2, 0.2))
    middle = slice(SIDE // 2 - 150, SIDE // 2 + 150)
    inset.imshow(mirror[middle, middle], cmap="bone", origin="lower")
    inset.set(xticks=[], yticks=[])
    inset.set_xlabel("the mirror", fontsize=9, labelpad=3)
    for part in (above, below):
        part.spines[["top", "right"]].set_visible(False)

    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main(path):
    print(f"spectrapack {spectrapack.__version__}, NumPy {np.__version__}, PyTorch {torch.__version__}")
    values, closed_form = laplacian_spectrum()
    mirror = segmented_mirror()
    spectrum = transform(mirror, *share(mirror))
    heading(f"4. Drawing {path}")
    draw(path, values, closed_form, mirror, spectrum)
    heading("The pipeline's numbers")
    print(f"   smallest eigenvalue {values[0]:.6f}")
    print(f"   largest eigenvalue  {values[-1]:.6f}")
    print(f"   condition number    {values[-1] / values[0]:.1f}")
    race(mirror)
    print(f"\nPicture: {path.resolve()}")


if __name__ == "__main__":
    checkout = Path(__file__).resolve().parent.parent
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else checkout / "target/demo/pipeline.png")
