"""The rows as a table of tab-separated values, as Markdown and as pictures."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from ._measure import Times

if TYPE_CHECKING:
    from .transfer import Row

FIELDS = ("method", "source", "target", "dtype", "elements", "nbytes", "bytes_copied", "same_pointer", "peak_bytes")


def human(amount: float, units: tuple[str, ...]) -> str:
    """Three digits and a unit, each unit a thousand of the one before."""
    for unit in units[:-1]:
        if amount < 999.5:
            break
        amount /= 1000
    else:
        unit = units[-1]
    return f"{amount:.{0 if amount >= 99.95 or amount == int(amount) else 1 if amount >= 9.995 else 2}f} {unit}"


def time_text(nanoseconds: float) -> str:
    return human(nanoseconds, ("ns", "µs", "ms", "s"))


def bytes_text(count: float) -> str:
    return human(round(count), ("B", "kB", "MB", "GB"))


def power_text(elements: int) -> str:
    """1, 10, then powers where the number is one."""
    power = len(str(elements)) - 1
    return f"1e{power}" if power > 1 and elements == 10**power else str(elements)


def tsv(rows: list[Row]) -> str:
    """One line a row, empty where nothing was measured."""

    def text(value: object) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        return "" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value)

    lines = ["\t".join((*FIELDS, *Times._fields, "refused"))]
    for row in rows:
        times = row.times or (None,) * len(Times._fields)
        lines.append("\t".join(map(text, (*(getattr(row, field) for field in FIELDS), *times, row.refused))))
    return "\n".join(lines) + "\n"


def _some(answers: list[bool]) -> str:
    """yes, no, or how often yes."""
    return "yes" if all(answers) else "no" if not any(answers) else f"{sum(answers)} of {len(answers)}"


def markdown(rows: list[Row], heading: str) -> str:
    """One line a method: its copies over all rows, its median times and its memory with one element type."""
    dtypes = [row.dtype for row in rows]
    dtype = "float64" if "float64" in dtypes else dtypes[-1]
    sizes = sorted({row.elements for row in rows if row.dtype == dtype})
    shown = sorted({sizes[0], min(sizes, key=lambda size: abs(len(str(size)) - 5)), sizes[-1]})
    titles = ["method", "from", "to", "copies", "same pointer", *map(power_text, shown)]
    lines = [
        f"{heading}. Median time of one call on {dtype}, by the number of elements; peak memory of a call at "
        f"{power_text(sizes[-1])} elements, in times the array's size.",
        "",
        "| " + " | ".join([*titles, "memory"]) + " |",
        "|---" * 5 + "|---:" * (len(shown) + 1) + "|",
    ]
    for method in dict.fromkeys(row.method for row in rows):
        mine = [row for row in rows if row.method == method]
        measured = [row for row in mine if row.times]
        by_size = {row.elements: row for row in measured if row.dtype == dtype}
        cells = [f"`{method}`", mine[0].source, mine[0].target]
        cells += [_some([row.bytes_copied > 0 for row in measured]), _some([row.same_pointer for row in measured])] \
            if measured else ["refused", "-"]  # fmt: skip
        cells += [time_text(by_size[size].times.median_ns) if size in by_size else "-" for size in shown]
        last = by_size.get(sizes[-1])
        known = last is not None and last.peak_bytes is not None
        cells.append(f"{last.peak_bytes / last.nbytes:.2f}" if known else "-")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def write(rows: list[Row], folder: Path, heading: str) -> list[Path]:
    """Writes everything that can be made of the rows, and returns where."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "transfer.tsv", folder / "transfer.md"]
    for path, text in zip(paths, (tsv(rows), markdown(rows, heading))):
        path.write_text(text, encoding="utf-8")
    if importlib.util.find_spec("matplotlib") is not None:
        from ._plot import draw

        for dtype in dict.fromkeys(row.dtype for row in rows):
            measured = [row for row in rows if row.dtype == dtype and row.times]
            if measured:
                paths.append(folder / f"transfer-{dtype}.png")
                draw(measured, heading, paths[-1])
    return paths
