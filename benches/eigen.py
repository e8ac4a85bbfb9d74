"""Hermitian eigenproblems beside OpenBLAS, MKL, faer, nalgebra, NumPy, SciPy, PyTorch, JAX and ARPACK, in one run.

    make bench-eigen           a selection, some minutes
    make bench-eigen-full      every case, an hour or two

One process a number of threads. Residual and orthogonality are measured for everybody before anything is timed, as
multiples of eps * norm (values and residual) and eps. Writes target/bench/eigen.tsv and eigen.png.
"""

import argparse
import ctypes
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import harness
import numpy as np

TYPES = {"f32": ("s", np.float32), "f64": ("d", np.float64), "c64": ("c", np.complex64), "c128": ("z", np.complex128)}


@dataclass(frozen=True)
class Case:
    what: str  # values, vectors
    element: str
    n: int
    batch: int = 1
    matrix: str = "random"

    def __str__(self):
        name = "eigvalsh" if self.what == "values" else "eigh"
        many = f"{self.batch}x" if self.batch > 1 else ""
        kind = "" if self.matrix == "random" else f" {self.matrix}"
        return f"{name} {self.element} {many}n={self.n}{kind}"

    def array(self):
        rng = np.random.default_rng(self.n)
        n, dtype = self.n, TYPES[self.element][1]
        if self.matrix == "laplacian":
            a = (2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1))[None]
        elif self.matrix.startswith("band"):
            width = int(self.matrix.partition(" ")[2])
            a = np.triu(np.tril(rng.standard_normal((1, n, n)), width), -width)
        else:
            a = rng.standard_normal((self.batch, n, n))
            if np.dtype(dtype).kind == "c":
                a = a + 1j * rng.standard_normal(a.shape)
        return np.ascontiguousarray((a + a.conj().swapaxes(1, 2)) / 2, dtype)


def cases(full):
    for what in ("values", "vectors"):
        for element in ("f64", "f32", "c128"):
            for n in (2, 3, 4, 8, 16, 32, 33, 64):
                if full or element == "f64" or n in (4, 16, 64):
                    yield Case(what, element, n, 1000)
            for n in (100, 200, 500, 1000, 2000):
                if full or element == "f64" and n <= 1000 or n == 200:
                    yield Case(what, element, n)
    yield Case("values", "f64", 100, matrix="laplacian")
    yield Case("values", "f64", 1000, matrix="laplacian")
    yield Case("values", "f64", 1024, matrix="band 32")
    yield Case("vectors", "f64", 500, matrix="laplacian")
    if full:
        yield Case("values", "f64", 2000, matrix="laplacian")
        yield Case("values", "f64", 4000)


class CCase(ctypes.Structure):
    _fields_ = [
        ("n", ctypes.c_int64),
        ("batch", ctypes.c_int64),
        ("element", ctypes.c_uint8),
        ("vectors", ctypes.c_uint8),
        ("padding", ctypes.c_uint8 * 2),
        ("threads", ctypes.c_int),
        ("input", ctypes.c_void_p),
        ("values", ctypes.c_void_p),
        ("vectors_out", ctypes.c_void_p),
    ]


def errors(a, w, v=None, columns=True):
    """The largest error of eigenvalues (or residual) over eps * norm, and the loss of orthogonality over eps."""
    a64 = a.astype(np.complex128 if a.dtype.kind == "c" else np.float64)
    eps = np.finfo(a.dtype).eps
    norm = np.abs(w).max() + np.finfo(np.float64).tiny
    if v is None:
        want = np.linalg.eigvalsh(a64)
        return float(np.abs(w - want).max() / (eps * norm)), 0.0
    v = np.asarray(v, a64.dtype)
    residual = np.abs(a64 @ v - v * np.asarray(w, np.float64)[:, None, :]).max()
    gram = v.conj().swapaxes(1, 2) @ v - np.eye(a.shape[-1])
    return float(residual / (eps * norm)), float(np.abs(gram).max() / eps)


class Bench:
    def __init__(self, options):
        self.options, self.threads = options, options.threads
        self.peers = harness.Peers(options.peers)
        self.mkl = next(Path(options.fetched).glob("venv/lib/libmkl_rt.so*"), None)
        import scipy

        bundled = Path(scipy.__file__).parent.parent / "scipy.libs"
        self.openblas = next(bundled.glob("libscipy_openblas*.so"), None)
        if self.mkl:
            library = ctypes.CDLL(str(self.mkl), ctypes.RTLD_GLOBAL)
            library.MKL_Set_Num_Threads(self.threads)
        if self.openblas:
            ctypes.CDLL(str(self.openblas)).scipy_openblas_set_num_threads(self.threads)

    def c_level(self, case, a, w, v):
        vectors = case.what == "vectors"
        c = CCase(case.n, case.batch, ord(TYPES[case.element][0]), vectors, (0, 0), self.threads)
        c.input, c.values, c.vectors_out = a.ctypes.data, w.ctypes.data, v.ctypes.data if vectors else None
        self.keep = c, a, w, v
        at = ctypes.byref(c)
        ours = self.peers.job("peers_eigen_ours", self.options.library.encode(), at, 0)
        peers = {}
        for name, path, prefix in (("OpenBLAS", self.openblas, b"scipy_"), ("MKL", self.mkl, b"")):
            if path:
                call = ("peers_eigen_lapack", str(path).encode(), prefix)
                peers[name] = self.peers.job(*call, 0, at)
                if not vectors and case.n >= 1000:
                    peers[f"{name} two-stage"] = self.peers.job(*call, 1, at)
        peers["faer"] = self.peers.job("peers_eigen_rust", 0, at)
        if case.n <= 64:
            peers["nalgebra"] = self.peers.job("peers_eigen_rust", 1, at)
        return ours, {name: job for name, job in peers.items() if job}

    def python_level(self, case, a):
        import scipy.linalg
        import spectrapack
        import torch

        torch.set_num_threads(self.threads)
        t, name = torch.from_numpy(a), "eigvalsh" if case.what == "values" else "eigh"
        ours, numpys, torchs = (getattr(m.linalg, name) for m in (spectrapack, np, torch))
        functions = {"": lambda: ours(a, workers=self.threads)}
        functions |= {"NumPy": lambda: numpys(a), "PyTorch": lambda: torchs(t)}
        if case.batch == 1 and case.n >= 100:
            only = {"eigvals_only": case.what == "values"}
            for driver in ("evd", "evr"):
                functions[f"SciPy {driver}"] = lambda d=driver: scipy.linalg.eigh(a[0], driver=d, check_finite=False, **only)
            if case.matrix.startswith("band"):
                width = int(case.matrix.partition(" ")[2])
                band = np.zeros((width + 1, case.n), a.dtype)
                for k in range(width + 1):
                    band[k, : case.n - k] = np.diagonal(a[0], -k)
                functions["SciPy banded"] = lambda: scipy.linalg.eig_banded(band, lower=True, eigvals_only=True)
        return functions

    def run(self, case):
        a = case.array()
        w = np.empty(a.shape[:2], np.finfo(a.dtype).dtype)
        v = np.empty_like(a)
        ours, peers = self.c_level(case, a, w, v)
        assert ours is not None
        measured = {}
        for name, job in {"": ours, **peers}.items():
            v[...] = 0
            job(1)
            # LAPACK's columns are rows here, and of the conjugate problem, which is ours transposed.
            out = None if case.what == "values" else v if not name else v.swapaxes(1, 2)
            if out is not None and a.dtype.kind == "c" and name in ("OpenBLAS", "MKL"):
                out = out.conj()
            residual, orthogonality = errors(a, w, out)
            measured[name] = residual, orthogonality
            limit = 60 * case.n**0.5 + 40
            assert max(residual, orthogonality) < limit, f"{case}: {name or 'ours'}: {residual:.3g}, {orthogonality:.3g}"
        python = {n: harness.python_level(f) for n, f in self.python_level(case, a).items()}
        levels = {"C": (ours, peers), "Python": (python.pop(""), python)}
        slow = case.batch * case.n**3 > 5e8
        result = harness.compare(str(case), self.threads, levels, 5 if slow else 15, self.options.block)
        lapack = measured.get("OpenBLAS", (float("nan"),) * 2)
        residual, orthogonality = measured[""]
        result.extra = {"residual": residual, "orthogonality": orthogonality, "lapack_residual": lapack[0],
                        "lapack_orthogonality": lapack[1]}  # fmt: skip
        return result

    def sparse(self):
        """k = 6 of Laplacians: ours and ARPACK's, shift-invert or the largest end."""
        import scipy.sparse as sp
        import scipy.sparse.linalg
        import spectrapack

        def laplacian(*shape):
            total = None
            for i, n in enumerate(shape):
                one = sp.diags_array([-np.ones(n - 1), 2 * np.ones(n), -np.ones(n - 1)], offsets=[-1, 0, 1])
                before, after = int(np.prod(shape[:i])), int(np.prod(shape[i + 1 :]))
                term = sp.kron(sp.kron(sp.eye_array(before), one), sp.eye_array(after))
                total = term if total is None else total + term
            return total.tocsr()

        table = [("1-D n=100000 sigma=0", (100_000,), {"sigma": 0}), ("2-D n=40000 sigma=0", (200, 200), {"sigma": 0})]
        if self.options.full:
            table += [
                ("1-D n=1000000 sigma=0", (1_000_000,), {"sigma": 0}),
                ("2-D n=1000000 sigma=0", (1000, 1000), {"sigma": 0}),
                ("3-D n=64000 sigma=0", (40, 40, 40), {"sigma": 0}),
                ("3-D n=1000000 LA", (100, 100, 100), {"which": "LA"}),
            ]
        for name, shape, how in table:
            a = laplacian(*shape)
            how = {"which": "LM", **how}

            def ours(a=a, how=how):
                return spectrapack.linalg.eigsh(a, 6, **how)

            def theirs(a=a, how=how):
                return scipy.sparse.linalg.eigsh(a, 6, **how)

            w, v = ours()
            residual = float(np.abs(a @ v - v * w).max() / (2.2e-16 * 4 * len(shape)))
            orthogonality = float(np.abs(v.T @ v - np.eye(6)).max() / 2.2e-16)
            levels = {"Python": (harness.python_level(ours), {"ARPACK": harness.python_level(theirs)})}
            result = harness.compare(f"eigsh k=6 {name}", self.threads, levels, 3, 0.0)
            result.extra = {"residual": residual, "orthogonality": orthogonality,
                            "lapack_residual": float("nan"), "lapack_orthogonality": float("nan")}  # fmt: skip
            yield result


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="every case")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--block", type=float, default=0.002, help="seconds of one block of runs")
    parser.add_argument("--peers", required=True, help="the library of jobs, benches/peers")
    parser.add_argument("--library", required=True, help="libspectrapack.so")
    parser.add_argument("--fetched", required=True, help="what tests/env/get-bench-peers.sh prints")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ["SPECTRAPACK_LIBRARY"] = options.library = str(Path(options.library).resolve())
    chosen = [c for c in cases(options.full) if options.only in str(c)]
    sparse = options.only in "eigsh sparse"
    if options.worker:
        options.threads = options.threads[0]
        bench = Bench(options)
        for case in chosen:
            print(json.dumps(bench.run(case).__dict__), flush=True)
        for result in bench.sparse() if sparse else ():
            print(json.dumps(result.__dict__), flush=True)
        return
    results, total = [], (len(chosen) + sparse * (6 if options.full else 2)) * len(options.threads)
    columns = ("residual", "orthogonality", "lapack_residual", "lapack_orthogonality")
    for threads in options.threads:
        command = [sys.executable, *sys.argv, "--worker", "--threads", str(threads)]
        limits = {f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "MKL", "OPENBLAS")}
        pin = (lambda: os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})) if threads == 1 else None
        environment = {**os.environ, **limits}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=pin, env=environment) as worker:
            for line in worker.stdout:
                results.append(harness.Result(**json.loads(line)))
                r = results[-1]
                harness.progress(len(results), total, f"{r.case}, {threads} thr: {r.ratio:.2f} ({r.peer})")
            if worker.wait() != 0:
                sys.exit(f"the bench on {threads} threads ended with {worker.returncode}")
        harness.write_table(harness.OUT / "eigen.tsv", results, columns)
    harness.draw(harness.OUT / "eigen.png", results, "Eigenvalues: spectrapack beside the best peer of each case")
    harness.summary(results)
    print(f"{harness.OUT / 'eigen.tsv'}, eigen.png")


if __name__ == "__main__":
    main()
