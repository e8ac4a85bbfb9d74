"""Fourier transforms beside FFTW, MKL, RustFFT, ducc0, NumPy, SciPy, PyTorch and JAX, in one interleaved run.

    make bench-fft             a selection, some minutes
    make bench-fft-full        every case, an hour or two

One process a number of threads, so that one thread means one core for everybody. Values are checked against NumPy's in
double precision before anything is timed. Writes target/bench/fft.tsv and fft.png.
"""

import argparse
import ctypes
import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import harness
import numpy as np

KINDS = {"c2c": 0, "r2c": 1, "c2r": 2, "full": 3}  # full: real input, all bins
FLOPS = {"double": 59e9, "single": 118e9}  # a core, by FMA
COPY, STREAM = 20e9, 40e9  # bytes a second: read or plain store; non-temporal store
CACHE = 32 << 20


@dataclass(frozen=True)
class Case:
    kind: str
    precision: str
    shape: tuple  # of the real side, where there is one
    axes: tuple

    def __str__(self):
        shape = "x".join(map(str, self.shape))
        whole = self.axes == tuple(range(len(self.shape)))
        axes = "" if whole else " axis " + ",".join(map(str, self.axes))
        return f"{self.kind} {'f64' if self.precision == 'double' else 'f32'} {shape}{axes}"

    def arrays(self):
        """Input and output, filled with what a transform may meet, 64-byte aligned."""
        real, complex_ = (np.float64, np.complex128) if self.precision == "double" else (np.float32, np.complex64)
        half = [*self.shape]
        half[self.axes[-1]] = half[self.axes[-1]] // 2 + 1
        ins = (half, complex_) if self.kind == "c2r" else (self.shape, complex_ if self.kind == "c2c" else real)
        outs = (self.shape, real) if self.kind == "c2r" else (half if self.kind == "r2c" else self.shape, complex_)
        x, y = aligned(*ins), aligned(*outs)
        self.fill(x)
        return x, y

    def fill(self, x):
        rng = np.random.default_rng(1)
        parts = x.view(np.float64 if self.precision == "double" else np.float32).reshape(-1)
        for start in range(0, parts.size, 1 << 22):  # no second array of this size
            piece = parts[start : start + (1 << 22)]
            piece[:] = rng.random(piece.size, dtype=piece.dtype) - 0.5
        if self.kind == "c2r":  # bins of a real signal
            real = np.fft.fftn(np.fft.irfftn(x, [self.shape[a] for a in self.axes], self.axes), axes=self.axes)
            x[...] = real[tuple(slice(0, n) for n in x.shape)]

    def expected(self, x):
        n = [self.shape[a] for a in self.axes]
        if self.kind == "r2c":
            return np.fft.rfftn(x.astype(np.float64), axes=self.axes)
        if self.kind == "c2r":
            return np.fft.irfftn(x.astype(np.complex128), n, self.axes) * math.prod(n)
        return np.fft.fftn(x.astype(np.complex128), axes=self.axes)

    def flops(self):
        n = math.prod(self.shape[a] for a in self.axes)
        return (5.0 if self.kind == "c2c" else 2.5) * math.prod(self.shape) * math.log2(max(n, 2))

    def floor(self, x, y, threads):
        """Seconds below which no machine of this class goes: arithmetic or, out of cache, bytes."""
        arithmetic = self.flops() / (FLOPS[self.precision] * threads)
        return max(arithmetic, x.nbytes / COPY + y.nbytes / STREAM if x.nbytes + y.nbytes > CACHE else 0.0)


def aligned(shape, dtype):
    size = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.zeros(size + 64, np.uint8)
    at = -raw.ctypes.data % 64
    return raw[at : at + size].view(dtype).reshape(shape)


def cases(full):
    lengths = [1 << k for k in range(4, 23)] + [1000, 1009, 30030, 1_000_000, 1_000_003]
    few = [16, 64, 256, 1024, 4096, 65536, 1 << 20, 1000, 1009, 30030]
    kinds = [(k, p) for p in ("double", "single") for k in ("c2c", "r2c", "c2r")]
    for kind, precision in kinds:
        for n in lengths if full else few if kind == "c2c" else few[2:6]:
            yield Case(kind, precision, (n,), (0,))
    many = [
        ((4096, 256), (1,)),
        ((1000, 1000), (1,)),
        ((65536, 16), (1,)),
        ((256, 256), (0, 1)),
        ((1000, 1000), (0, 1)),
        ((2048, 2048), (0, 1)),
        ((128, 128, 128), (0, 1, 2)),
        ((1000, 1000), (0,)),
        ((64, 1000, 64), (1,)),
    ]
    large = [((4096, 4096), (0, 1)), ((256, 256, 256), (0, 1, 2))]
    for kind, precision in kinds:
        for shape, axes in many + large if full else many if kind == "c2c" else many[:2] + many[4:5]:
            yield Case(kind, precision, shape, axes)
    for precision in ("double", "single"):
        yield Case("full", precision, (1000, 1000), (0, 1))


class CCase(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int) for name in ("kind", "single", "ndim", "naxes", "threads")),
        *((name, ctypes.c_void_p) for name in ("shape", "axes", "input", "output")),
    ]


class Bench:
    def __init__(self, options):
        self.options, self.threads = options, options.threads
        self.peers = harness.Peers(options.peers)
        self.lib = Path(options.fetched) / "lib"
        self.mkl = next(Path(options.fetched).glob("venv/lib/libmkl_rt.so*"), None)
        if self.mkl:
            ctypes.CDLL(str(self.mkl), ctypes.RTLD_GLOBAL).MKL_Set_Num_Threads(self.threads)

    def c_level(self, case, x, y):
        shape = (ctypes.c_int64 * len(case.shape))(*case.shape)
        axes = (ctypes.c_int * len(case.axes))(*case.axes)
        c = CCase(KINDS[case.kind], case.precision == "single", len(shape), len(axes), self.threads)
        c.shape, c.axes = ctypes.addressof(shape), ctypes.addressof(axes)
        c.input, c.output = x.ctypes.data, y.ctypes.data
        c.keep = shape, axes, x, y
        ours = self.peers.job("peers_fft_ours", self.options.library.encode(), ctypes.byref(c))
        peers = {"RustFFT": self.peers.job("peers_fft_rustfft", ctypes.byref(c))}
        name = "libfftw3f" if case.precision == "single" else "libfftw3"
        fftw = [str(self.lib / f"{name}{kind}.so.3").encode() for kind in ("", "_threads")]
        if Path(fftw[0].decode()).exists():
            peers["FFTW"] = self.peers.job("peers_fft_fftw", *fftw, ctypes.byref(c))
        if self.mkl:
            path = str(self.mkl).encode()
            peers["MKL"] = self.peers.job("peers_fft_fftw", path, path, ctypes.byref(c))
        self.keep = c
        return ours, {name: job for name, job in peers.items() if job}

    def python_level(self, case, x):
        import ducc0.fft
        import scipy.fft
        import spectrapack
        import torch

        torch.set_num_threads(self.threads)
        s = [case.shape[a] for a in case.axes] if case.kind == "c2r" else None
        axes, workers, t = case.axes, self.threads, torch.from_numpy(x)
        f = {"c2c": "fftn", "full": "fftn", "r2c": "rfftn", "c2r": "irfftn"}[case.kind]
        norm = "forward" if case.kind == "c2r" else "backward"
        ours, scipys = getattr(spectrapack.fft, f), getattr(scipy.fft, f)
        torchs, numpys = getattr(torch.fft, f), getattr(np.fft, f)
        functions = {
            "": lambda: ours(x, s, axes, norm, workers=workers),
            "SciPy": lambda: scipys(x, s, axes, norm, workers=workers),
            "PyTorch": lambda: torchs(t, s, axes, norm),
        }
        if self.threads == 1:
            functions["NumPy"] = lambda: numpys(x, s, axes, norm)
        if case.kind == "c2c":
            functions["ducc0"] = lambda: ducc0.fft.c2c(x, axes=axes, nthreads=workers)
        elif case.kind == "full":
            functions["ducc0"] = lambda: ducc0.fft.c2c(x, axes=axes, nthreads=workers)
        elif case.kind == "r2c":
            functions["ducc0"] = lambda: ducc0.fft.r2c(x, axes=axes, nthreads=workers)
        else:
            last = case.shape[axes[-1]]
            functions["ducc0"] = lambda: ducc0.fft.c2r(x, axes=axes, lastsize=last, forward=False, nthreads=workers)
        if self.options.jax and len(axes) <= 3 and case.precision == "single" or self.options.jax == "x64":
            functions |= self.jax(case, x, f, s, norm)
        return functions

    def jax(self, case, x, f, s, norm):
        import jax

        jax.config.update("jax_enable_x64", True)
        if tuple(case.axes) != tuple(range(len(case.shape)))[-len(case.axes) :]:
            return {}
        transform = jax.jit(lambda a: getattr(jax.numpy.fft, f)(a, s, case.axes, norm))
        given = jax.numpy.asarray(x)
        return {"JAX": lambda: transform(given).block_until_ready()}

    def run(self, case):
        x, y = case.arrays()
        want = case.expected(x)
        scale = float(np.linalg.norm(want.ravel()))
        limit = (3e-15 if case.precision == "double" else 2e-6) * math.log2(max(want.size, 2))

        def check(who, got):
            error = float(np.linalg.norm((np.asarray(got) - want).ravel())) / scale
            assert error < limit, f"{case}: {who} is off by {error:.2g}"

        ours, peers = self.c_level(case, x, y)
        assert ours is not None, f"{case}: no plan of ours"
        for name, job in {"ours": ours, **peers}.items():
            case.fill(x)  # planning and c2r overwrite it
            job(1)
            check(name, y)
        case.fill(x)
        functions = self.python_level(case, x)
        for name, function in functions.items():
            check(name or "ours", function())
        python = {name: harness.python_level(function) for name, function in functions.items()}
        levels = {"C": (ours, peers), "Python": (python.pop(""), python)}
        size = max(x.nbytes, y.nbytes)
        # What c2r peers leave in the input grows from run to run: numbers, but never infinite ones.
        refresh = (lambda: case.fill(x)) if case.kind == "c2r" and size < 1 << 20 else None
        rounds = 15 if size < 128 << 20 else 5
        result = harness.compare(str(case), self.threads, levels, rounds, self.options.block, refresh=refresh)
        result.extra = {
            "gflops": case.flops() / result.ours / 1e9,
            "fraction": case.floor(x, y, self.threads) / result.ours,
        }
        return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="every case")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--jax", action="store_const", const="x64", help="JAX too")
    parser.add_argument("--block", type=float, default=0.002, help="seconds of one block of runs")
    parser.add_argument("--peers", required=True, help="the library of jobs, benches/peers")
    parser.add_argument("--library", required=True, help="libspectrapack.so")
    parser.add_argument("--fetched", required=True, help="what tests/env/get-bench-peers.sh prints")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ["SPECTRAPACK_LIBRARY"] = options.library = str(Path(options.library).resolve())
    chosen = [c for c in cases(options.full) if options.only in str(c)]
    if options.worker:
        options.threads = options.threads[0]
        sys.path.extend(map(str, Path(options.fetched).glob("venv/lib/python*/site-packages")))
        bench = Bench(options)
        for case in chosen:
            print(json.dumps(bench.run(case).__dict__), flush=True)
        return
    results, total = [], len(chosen) * len(options.threads)
    for threads in options.threads:
        command = [sys.executable, *sys.argv, "--worker", "--threads", str(threads)]
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        pin = (lambda: os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})) if threads == 1 else None
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=pin, env=environment) as worker:
            for line in worker.stdout:
                results.append(harness.Result(**json.loads(line)))
                r = results[-1]
                harness.progress(len(results), total, f"{r.case}, {threads} thr: {r.ratio:.2f} ({r.peer})")
            if worker.wait() != 0:
                sys.exit(f"the bench on {threads} threads ended with {worker.returncode}")
        harness.write_table(harness.OUT / "fft.tsv", results, ("gflops", "fraction"))
    harness.draw(harness.OUT / "fft.png", results, "Fourier transforms: spectrapack beside the best peer of each case")
    harness.summary(results)
    print(f"{harness.OUT / 'fft.tsv'}, fft.png")


if __name__ == "__main__":
    main()
