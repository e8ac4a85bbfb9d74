"""How time, memory and copies are measured."""

from __future__ import annotations

import ctypes
import gc
import statistics
import time
from collections.abc import Callable
from itertools import repeat
from time import perf_counter_ns
from typing import Any, NamedTuple

RUNS_AT_LEAST, RUNS_AT_MOST = 5, 400
MANY, HELD_BYTES = 1000, 1 << 25  # results that are alive together while little memory is measured; what they take
LARGE = 1 << 20  # so many bytes are measured by one call, which shows what it needs on the way as well


class Times(NamedTuple):
    """Nanoseconds of one call over several runs: the shortest, the quartiles; how many runs, of how many calls each."""

    min_ns: float
    q1_ns: float
    median_ns: float
    q3_ns: float
    runs: int
    calls: int


def run(function: Callable[[Any], Any], x: Any, calls: int, wait: Callable[[], None]) -> int:
    """Nanoseconds that some calls take; what one returns is dropped at once, and that counts too."""
    start = perf_counter_ns()
    for _ in repeat(None, calls):
        function(x)
    wait()
    return perf_counter_ns() - start


def times(
    cells: list[tuple[Callable[[Any], Any], Any, Callable[[], None]]], seconds: float, tick: Callable[[float], None]
) -> list[Times]:
    """The times of each (function, argument, wait); they take turns until each has had its seconds."""
    budget = int(seconds * 1e9)
    counts = []
    for function, x, wait in cells:
        each = float(min(run(function, x, 1, wait) for _ in range(2)))
        if each < budget / 200:
            several = min(20, int(budget / 200 / max(each, 1)))
            each = run(function, x, several, wait) / several
        counts.append(max(1, int(budget / 200 / max(each, 1))))
    samples: list[list[float]] = [[] for _ in cells]
    spent = [0] * len(cells)
    open_cells = set(range(len(cells)))
    collecting = gc.isenabled()
    gc.disable()
    try:
        while open_cells:
            for i in sorted(open_cells):
                function, x, wait = cells[i]
                took = run(function, x, counts[i], wait)
                samples[i].append(took / counts[i])
                spent[i] += took
                enough = spent[i] >= budget and len(samples[i]) >= RUNS_AT_LEAST
                if enough or len(samples[i]) == RUNS_AT_MOST:
                    open_cells.discard(i)
                tick(sum(min(1.0, s / budget) for s in spent) / len(cells))
    finally:
        if collecting:
            gc.enable()
    result = []
    for taken, count in zip(samples, counts):
        result.append(Times(min(taken), *statistics.quantiles(taken, n=4, method="inclusive"), len(taken), count))
    return result


def _status(name: str) -> int:
    """Bytes that /proc/self/status tells of."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))


class Memory:
    """Peak memory by the kernel's own account of this process (Linux): VmHWM, set back through clear_refs.

    Before each measurement free memory goes back to the kernel, so that what a function takes has to be asked for
    again. Small amounts are measured by holding many results at once, and then as many again, until what Python and
    malloc keep for later is used up; what is needed on the way only does not show in them.
    `works` is False where the kernel does not account for memory of a known size: then nothing is claimed.
    """

    def __init__(self) -> None:
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", lambda pad: None)
        try:
            known = 1 << 24
            self._trim(0)
            self.works = all(abs(self._grow(bytearray, known, 2)[0] / 2 / known - 1) < 0.05 for _ in range(2))
            # What imports left free in Python's own pools would hide small objects: these fill it, and stay.
            self._ballast = [self._grow_often(bytes, size) for size in range(15, 480, 16)] if self.works else []
        except (OSError, StopIteration, ValueError):
            self.works = False

    def _grow(self, function: Callable[[Any], Any], x: Any, count: int) -> tuple[int, list[Any]]:
        """How much the process grew, at most, until `count` results of a function were there; and these."""
        held: list[Any] = [None] * count
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        before = _status("VmRSS")
        for i in range(count):
            held[i] = function(x)
        return max(0, _status("VmHWM") - before), held

    def _grow_often(self, function: Callable[[Any], Any], x: Any) -> tuple[int, list[Any]]:
        """The most that the process grows by MANY results, all the earlier ones kept; and all of these.

        The first are not counted: with them comes what the function sets up once.
        """
        _, first = self._grow(function, x, MANY)
        grown, held = [], [first]
        while len(grown) < 100 and sum(size > 64 * MANY for size in grown) < 3:
            size, results = self._grow(function, x, MANY)
            grown.append(size)
            held.append(results)
        return max(grown), held

    def _settle(self, nbytes: int) -> None:
        """Gives free memory back, and waits for what a library frees on threads of its own."""
        gc.collect()
        self._trim(0)
        stable = 0 if nbytes >= LARGE else 3
        while stable < 3:
            before = _status("VmRSS")
            time.sleep(0.003)
            stable = stable + 1 if _status("VmRSS") >= before else 0

    def peak(self, function: Callable[[Any], Any], x: Any, nbytes: int) -> float | None:
        """Bytes that one call takes at most, what it returns included; None where that cannot be measured."""
        if not self.works:
            return None
        self._settle(nbytes)
        one = self._grow(function, x, 1)[0]
        at_least = nbytes if one >= nbytes // 2 else 0
        if at_least * MANY <= HELD_BYTES:
            return self._grow_often(function, x)[0] / MANY
        self._settle(nbytes)
        if at_least >= LARGE:
            return float(max(one, self._grow(function, x, 1)[0]))
        count = HELD_BYTES // at_least
        return self._grow(function, x, count)[0] / count


def available() -> int | None:
    """Bytes of memory that can still be had; None where the system does not say."""
    try:
        with open("/proc/meminfo") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return None
