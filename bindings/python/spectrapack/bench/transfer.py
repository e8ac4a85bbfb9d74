"""What it costs to hand an array from one library to another: time, bytes copied, memory, and whose memory it is."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy

from . import _libraries, _report
from ._libraries import Library, Method
from ._measure import Memory, Times, available, times
from ._progress import Progress

DTYPES = ("uint8", "float16", "float32", "float64", "complex128")
BUDGETS = {"small": 0.002, "normal": 0.05, "long": 0.5}  # seconds for one method, size and element type
ARRAYS_ALIVE = 8  # at most so many arrays of a size at one time, over all sources, results and temporaries

DESCRIPTION = f"""\
Measures what it costs to hand a one-dimensional array from one library to another, for every method, size and
element type. NumPy, PyTorch and JAX take part where they are installed, CUDA and CuPy where there is a GPU.

 time          of one call, what it returns dropped: minimum, quartiles; the methods take turns
 bytes copied  an element is written to the source's memory and looked for in the result, and the other way round:
               0 when both writes are seen, the array's size when neither is
 same pointer  whether result and source say that they begin at the same address
 peak memory   the kernel's own account (VmHWM) of one call, what it returns included; below 1 MB the mean of many
               results held at once, without what is needed on the way; on Linux, and host memory only

Every result is first compared with its source, element by element. Copies run on one thread; NumPy's arrays lie on
a multiple of 16 bytes and not of 64, as most do. Writes transfer.tsv, transfer.md and, with
Matplotlib, transfer-DTYPE.png. Ctrl-C stops and writes the sizes that are complete.
"""


class Row(NamedTuple):
    """One method, size and element type; the measured fields are None where `refused` says why."""

    method: str
    source: str
    target: str
    dtype: str
    elements: int
    nbytes: int
    bytes_copied: int | None = None
    same_pointer: bool | None = None
    peak_bytes: float | None = None
    times: Times | None = None
    refused: str = ""


class WrongResult(Exception):
    """A library handed over something else than it was given."""


def values(elements: int, dtype: str) -> numpy.ndarray:
    """Numbers that every element type holds exactly, in a pattern whose length is prime."""
    pattern = numpy.random.default_rng(0).integers(1, 100, 997).astype(dtype)
    if pattern.dtype.kind == "c":
        pattern *= 1 + 1j
    return numpy.resize(pattern, elements)


def shares_memory(source: Library, x: Any, target: Library, y: Any) -> bool:
    """Whether a write to either side is seen on the other."""
    seen = []
    for writer, written, reader, read in ((source, x, target, y), (target, y, source, x)):
        for index in {0, len(writer.look(written)) - 1}:
            old = writer.look(written)[index].copy()
            writer.poke(written, index, 111)  # not among the values
            if writer.look(written)[index] != 111:
                raise WrongResult("a write to its memory is not seen by its owner")
            seen.append(bool(reader.look(read)[index] == 111))
            writer.poke(written, index, old)
    if len(set(seen)) != 1:
        raise WrongResult("some writes are seen on the other side and some are not")
    return seen[0]


def inspect(method: Method, libraries: dict[str, Library], x: Any, memory: Memory) -> dict[str, Any]:
    """All about a method but its time. WrongResult where the values are not those of the source."""
    source, target = libraries[method.source], libraries[method.target]
    y = method.function(x)
    target.wait()
    given, got = source.look(x), target.look(y)
    if got.dtype != given.dtype or not numpy.array_equal(given, got):
        raise WrongResult("the values differ from the source's")
    shared = shares_memory(source, x, target, y)
    same = source.pointer(x) == target.pointer(y)
    if same != shared:
        raise WrongResult(f"same pointer: {same}, same memory: {shared}")
    nbytes = given.nbytes
    del y, given, got
    host = source.on_host and target.on_host
    return {
        "bytes_copied": 0 if shared else nbytes,
        "same_pointer": same,
        "peak_bytes": memory.peak(method.function, x, nbytes) if host else None,
    }


def measure(
    methods: list[Method], libraries: dict[str, Library], dtype: str, elements: int, seconds: float, memory: Memory,
    tick: Callable[[float], None],
) -> list[Row]:  # fmt: skip
    """One row a method, for one element type and size."""
    host = values(elements, dtype)
    sources = {name: libraries[name].make(host) for name in {method.source for method in methods}}
    rows, cells = [], []
    for i, method in enumerate(methods):
        tick(0.3 * i / len(methods))
        row = Row(method.name, method.source, method.target, dtype, elements, host.nbytes)
        x = sources[method.source]
        try:
            row = row._replace(**inspect(method, libraries, x, memory))
            cells.append((method.function, x, libraries[method.target].wait))
        except WrongResult as error:
            raise WrongResult(f"{method.name}, {elements} elements of {dtype}: {error}") from None
        except (BufferError, RuntimeError, TypeError, ValueError) as error:
            row = row._replace(refused=" ".join(str(error).split())[:200] or type(error).__name__)
        rows.append(row)
    timed = iter(times(cells, seconds, lambda part: tick(0.3 + 0.7 * part)))
    return [row if row.refused else row._replace(times=next(timed)) for row in rows]


def sizes_of(text: str) -> list[int]:
    """The sizes that the command line names: 1,1e3,1000000."""
    try:
        sizes = sorted({int(float(word)) for word in text.split(",")})
    except (ValueError, OverflowError):
        sizes = []
    if not sizes or sizes[0] < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers of at least 1, such as 1,1e3,1e6")
    return sizes


def names_of(known: tuple[str, ...]) -> Callable[[str], list[str]]:
    """A parser of lists of names."""

    def parse(text: str) -> list[str]:
        names = text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return [name for name in known if name in names]

    return parse


def add_arguments(commands: Any) -> None:
    """Adds the subcommand `transfer`."""
    parser = commands.add_parser(
        "transfer", help="handing arrays from one library to another", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--sizes", type=sizes_of, help="numbers of elements, such as 1,1e3 (default: 1, 10, ... 1e7)")
    parser.add_argument("--full", action="store_true", help="go on to 1e8 elements, where memory allows")
    parser.add_argument("--dtypes", type=names_of(DTYPES), default=list(DTYPES), help=f"some of {','.join(DTYPES)}")
    parser.add_argument("--libraries", type=names_of(tuple(_libraries.PEERS)), default=list(_libraries.PEERS),
                        help=f"those that take part beside spectrapack, of {','.join(_libraries.PEERS)}")  # fmt: skip
    parser.add_argument("--budget", choices=BUDGETS, default="normal", help="time for each measurement")
    parser.add_argument("--out", type=Path, default=Path("target/bench"), help="folder to write to (%(default)s)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The exit status: 0, 1 for a wrong result or none, 130 after Ctrl-C."""
    sizes = arguments.sizes or [10**power for power in range(9 if arguments.full else 8)]
    names = arguments.libraries if "numpy" in arguments.libraries else ["numpy", *arguments.libraries]
    libraries, methods = _libraries.load(names)
    gc.freeze()  # what the libraries brought along need not be looked through again and again
    memory, begin, status = Memory(), time.monotonic(), 0
    if not memory.works:
        print("transfer: this system does not account for memory, peak memory is not measured", file=sys.stderr)
    groups = [(elements, dtype) for elements in sizes for dtype in arguments.dtypes]
    rows: list[Row] = []
    try:
        with Progress("transfer") as progress:
            for i, (elements, dtype) in enumerate(groups):
                progress.label = f"{dtype} x {_report.power_text(elements)}"
                needed, free = ARRAYS_ALIVE * elements * numpy.dtype(dtype).itemsize, available()
                if free is not None and needed > free:
                    progress.say(f"{elements} elements of {dtype} left out: they need {needed / 1e9:.1f} GB, "
                                 f"and {free / 1e9:.1f} GB are free")  # fmt: skip
                    continue

                def tick(part: float, done: int = i) -> None:
                    progress.at((done + part) / len(groups))

                rows += measure(methods, libraries, dtype, elements, BUDGETS[arguments.budget], memory, tick)
                tick(1)
    except KeyboardInterrupt:
        print("transfer: stopped; what is complete is written", file=sys.stderr)
        status = 130
    except WrongResult as error:
        print(f"transfer: {error}", file=sys.stderr)
        status = 1
    if not rows:
        print("transfer: nothing was measured", file=sys.stderr)
        return status or 1
    heading = f"{_libraries.versions(list(libraries))}; Python {sys.version.split()[0]}"
    print(f"{heading}; {time.monotonic() - begin:.0f} s")
    for path in _report.write(rows, arguments.out, heading):
        print(path)
    return status
