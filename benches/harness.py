"""What the benches share: contenders that take turns, ratios of interleaved pairs, a table, a picture, a progress bar.

A contender is a function of a number of runs that gives the seconds they took. Ours and a peer's are compared at the
same level: C with C, Python with Python. The ratio is the median over rounds of ours / peer's, each the shortest of a
few blocks within the round; below 1 we are faster.
"""

import ctypes
import math
import os
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # they slow the peers that use OpenBLAS
    os.environ.pop(name, None)

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "target/bench"
NOISE = 1.03  # a ratio up to here counts as even


def python_level(function):
    """A contender out of a Python function."""

    def run(runs):
        start = time.perf_counter()
        for _ in range(runs):
            function()
        return time.perf_counter() - start

    return run


class Peers:
    """The library of jobs that run in C, benches/peers."""

    def __init__(self, path):
        self.library = ctypes.CDLL(str(path))
        self.library.peers_time.restype = ctypes.c_double
        self.library.peers_time.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
        self.library.peers_free.argtypes = [ctypes.c_void_p]

    def job(self, name, *arguments):
        """A contender, or None where the peer has nothing for the case."""
        make = getattr(self.library, name)
        make.restype = ctypes.c_void_p
        job = make(*arguments)
        return None if job is None else lambda runs: self.library.peers_time(job, runs)


@dataclass
class Result:
    """One case: our seconds at the level where the best peer is, that peer, its seconds, and the ratio."""

    case: str
    threads: int
    ours: float
    peer: str
    theirs: float
    ratio: float
    all: dict = field(default_factory=dict)  # peer -> ratio
    extra: dict = field(default_factory=dict)


def compare(case, threads, levels, rounds, block, blocks=3, refresh=None):
    """`levels`: level -> (our contender, {peer: contender}). `block`: seconds that one block of runs should take."""
    ratios, shortest = {}, {}
    for level, (ours, peers) in levels.items():
        if not peers:
            continue
        runs, contenders = {}, {"": ours, **peers}
        for name, run in contenders.items():  # also warms everything up
            run(1)
            once = min(run(1) for _ in range(2))
            runs[name] = max(1, min(1 << 22, math.ceil(block / max(once, 1e-9))))
        pairs = {name: [] for name in peers}
        for _ in range(rounds):
            taken = {}
            for _ in range(blocks if max(runs.values()) > 1 else 1):
                for name, run in contenders.items():
                    if refresh:
                        refresh()
                    taken[name] = min(taken.get(name, math.inf), run(runs[name]) / runs[name])
            for name in peers:
                pairs[name].append(taken[""] / taken[name])
            for name, seconds in taken.items():
                shortest[level, name] = min(shortest.get((level, name), math.inf), seconds)
        ratios.update({(level, name): statistics.median(values) for name, values in pairs.items()})
    if not ratios:
        return None
    (level, peer), ratio = max(ratios.items(), key=lambda item: item[1])
    return Result(
        case, threads, shortest[level, ""], peer, shortest[level, peer], ratio,
        {name: r for (_, name), r in ratios.items()},
    )  # fmt: skip


def geometric_mean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan


def write_table(path, results, columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        print("case", "threads", "ours_s", "best_peer", "best_s", "ratio", *columns, "all", sep="\t", file=file)
        for r in results:
            extra = (f"{r.extra[c]:.4g}" for c in columns)
            every = " ".join(f"{name}:{ratio:.3f}" for name, ratio in sorted(r.all.items()))
            figures = (f"{r.ours:.4g}", r.peer, f"{r.theirs:.4g}", f"{r.ratio:.3f}")
            print(r.case, r.threads, *figures, *extra, every, sep="\t", file=file)


def draw(path, results, title):
    """Ratio by case, one dot each; the line is even."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    names = list(dict.fromkeys(r.case for r in results))
    figure, axes = plt.subplots(figsize=(9, 1.5 + 0.19 * len(names)), layout="constrained")
    axes.axvline(1, color="0.3", linewidth=1)
    for threads, mark in ((1, "o"), (2, "s")):
        points = [(r.ratio, names.index(r.case)) for r in results if r.threads == threads]
        if points:
            x, y = zip(*points, strict=True)
            axes.plot(x, y, mark, markersize=4, label=f"{threads} thread{'s' if threads > 1 else ''}")
    axes.set_xscale("log")
    ticks = [t for t in (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10) if t <= 1 or any(r.ratio > t / 2 for r in results)]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", color="0.9")
    axes.set_xlabel("time, ours / best peer (left of 1: ours is faster)")
    axes.set_title(title, fontsize=10)
    axes.legend(loc="lower left", fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def progress(done, total, text):
    if sys.stderr.isatty():
        filled = 30 * done // max(total, 1)
        sys.stderr.write(f"\r[{'#' * filled}{'.' * (30 - filled)}] {done}/{total} {text:50.50}")
        sys.stderr.flush()
        if done == total:
            sys.stderr.write("\n")
    else:
        print(f"[{done}/{total}] {text}", file=sys.stderr, flush=True)


def summary(results):
    for threads in sorted({r.threads for r in results}):
        mine = [r for r in results if r.threads == threads]
        behind = sorted((r for r in mine if r.ratio > NOISE), key=lambda r: -r.ratio)
        print(
            f"{threads} thread{'s' if threads > 1 else ''}: {len(mine)} cases, geometric mean "
            f"{geometric_mean(r.ratio for r in mine):.3f}, behind in {len(behind)}"
        )
        for r in behind:
            print(f"  {r.case:40} {r.ratio:6.2f}  {r.peer}")
