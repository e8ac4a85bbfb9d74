"""The two-dimensional transform of a file that is larger than the memory for it, with Dask and memory-mapped arrays.

    python larger_than_memory.py [MEGABYTES [LIMIT]]

An image of MEGABYTES (64) of float32 lies in a .npy file. Its transform, as many bytes again, goes to another file, and
the process may hold no more than LIMIT (16) MB of memory on top of what it had before, which is measured. Mapped files
do not count, since the system drops their pages whenever it likes.

A transform along two axes is one along the rows and then one along the columns. Both go block by block: Dask cuts the
mapped array into blocks, its threads read them, spectrapack transforms them, and the results go straight to the file.
The exit status is 0 only when the memory kept within its limit and sampled lines are NumPy's.
"""

import ctypes
import sys
import tempfile
import threading
from pathlib import Path

import dask
import dask.array as da
import dask.array.fft
import numpy as np

import spectrapack

MEGABYTE = 1_000_000
THREADS = 2
rfft = dask.array.fft.fft_wrap(spectrapack.fft.rfft)
fft = dask.array.fft.fft_wrap(spectrapack.fft.fft)


def require(condition, claim):
    if not condition:
        sys.exit(f"not so: {claim}")


class Memory:
    """Within it, how many bytes more than before the process has held at once; mapped files do not count."""

    def __enter__(self):
        self.before, self.peak, self.done = self._held(), 0, threading.Event()
        self.watch = threading.Thread(target=self._look)
        self.watch.start()
        return self

    def __exit__(self, *error):
        self.done.set()
        self.watch.join()

    def _held(self):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
        raise OSError("/proc/self/status says nothing of RssAnon")

    def _look(self):
        while not self.done.wait(0.001):
            self.peak = max(self.peak, self._held() - self.before)


class Mapped:
    """What Dask needs to read a mapped array block by block. Given the array itself it would copy the whole."""

    def __init__(self, array):
        self.array, self.shape, self.ndim, self.dtype = array, array.shape, array.ndim, array.dtype

    def __getitem__(self, block):
        return self.array[block]


def by_blocks(function, source, target, axis, size):
    """A function along one axis of a mapped array into another or into itself, by blocks of about `size` bytes."""
    across = max(1, size // (source.shape[axis] * source.itemsize))
    chunks = (-1, across) if axis == 0 else (across, -1)
    lines = da.from_array(Mapped(source), chunks=chunks, name=False)
    da.store(function(lines, axis=axis), target, lock=False)


def write_image(path, rows, columns):
    """Random rows, some at a time, into a .npy file."""
    image = np.lib.format.open_memmap(path, "w+", np.float32, (rows, columns))
    rng = np.random.default_rng(0)
    for start in range(0, rows, 64):
        image[start : start + 64] = rng.standard_normal((min(64, rows - start), columns), np.float32)
    image.flush()


def transform(source, target, size):
    """rfft2 of a .npy file to another one, by blocks of about `size` bytes."""
    image = np.load(source, mmap_mode="r")
    rows, columns = image.shape
    spectrum = np.lib.format.open_memmap(target, "w+", np.complex64, (rows, columns // 2 + 1))
    by_blocks(rfft, image, spectrum, 1, size)
    by_blocks(fft, spectrum, spectrum, 0, size)
    spectrum.flush()


def check(source, target, samples=5):
    """Some columns of the spectrum from all of the image, by NumPy, a row at a time and in double precision."""
    image, spectrum = (np.load(path, mmap_mode="r") for path in (source, target))
    rows, columns = image.shape
    bins = np.random.default_rng(1).choice(spectrum.shape[1], samples, replace=False)
    lines = np.empty((rows, samples), complex)
    for row in range(rows):
        lines[row] = np.fft.rfft(image[row].astype(float))[bins]
    expected = np.fft.fft(lines, axis=0)
    error = np.linalg.norm(spectrum[:, bins] - expected) / np.linalg.norm(expected)
    print(f"   columns {', '.join(map(str, sorted(bins)))} are off NumPy's by {error:.1e} of their length")
    require(error < 1e-6, "the transform is NumPy's")


def main(megabytes=64, limit=16):
    ctypes.CDLL(None).mallopt(-3, 2**16)  # M_MMAP_THRESHOLD: what is freed goes back to the system, not into a stock
    columns = 4096
    rows = megabytes * MEGABYTE // (4 * columns)
    with tempfile.TemporaryDirectory() as folder, dask.config.set(scheduler="threads", num_workers=THREADS):
        source, target = Path(folder, "image.npy"), Path(folder, "spectrum.npy")
        # Threads and Dask's own modules are there from a first, small run; what comes on top is for the data.
        write_image(source, 64, 64)
        transform(source, target, 4096)
        write_image(source, rows, columns)
        size = source.stat().st_size
        print(f"rfft2 of {rows} x {columns} float32, {size / MEGABYTE:.1f} MB, within {limit} MB of memory")
        require(size > limit * MEGABYTE, "the file is larger than the memory")
        with Memory() as memory:  # a thread holds its block, the result, and scratch of the library
            transform(source, target, limit * MEGABYTE // (8 * THREADS))
        print(f"   by blocks: {target.stat().st_size / MEGABYTE:.1f} MB written, "
              f"{memory.peak / MEGABYTE:.1f} MB of memory held at most")  # fmt: skip
        require(memory.peak <= limit * MEGABYTE, "the memory kept within its limit")
        check(source, target)
    print("all as it should be")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
