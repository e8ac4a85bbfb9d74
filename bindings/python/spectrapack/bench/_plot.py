"""A picture: time over size, one line a method, and the memory that a call takes beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ._report import bytes_text, time_text

if TYPE_CHECKING:
    from .transfer import Row

PAPER, INK, FAINT, GRID = "#11131a", "#e8e6e3", "#5c6070", "#23262f"
#: By whose function it is.
COLOURS = {"spectrapack": "#7fd1e8", "torch": "#f2a65a", "tensor": "#f2a65a", "cuda_tensor": "#f2a65a",
           "np": "#a5d28a", "jax": "#c9a0ee", "cupy": "#f08ba5"}  # fmt: skip
GROUPS = {"spectrapack": "spectrapack", "np": "NumPy", "torch": "PyTorch", "jax": "JAX", "cupy": "CuPy"}
STYLE = {
    "figure.facecolor": PAPER, "axes.facecolor": PAPER, "axes.edgecolor": FAINT, "axes.labelcolor": INK,
    "text.color": INK, "xtick.color": INK, "ytick.color": INK, "font.size": 11, "axes.titlesize": 13,
    "axes.titlelocation": "left", "axes.titlepad": 12, "axes.grid": True, "grid.color": GRID, "grid.linewidth": 0.8,
    "axes.axisbelow": True, "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip


def spread(heights: list[float], gap: float, low: float, high: float) -> list[float]:
    """The heights moved as little as is simple, so that neighbours are a gap apart; given and returned in order."""
    placed: list[list[float]] = []  # blocks of labels that touch: [sum of wishes, count]
    for height in heights:
        placed.append([height, 1])
        while len(placed) > 1:
            (below, n), (above, m) = placed[-2:]
            if above / m - below / n >= gap * (n + m) / 2:
                break
            placed[-2:] = [[below + above, n + m]]
    result = []
    for total, count in placed:
        middle = min(max(total / count, low + gap * (count - 1) / 2), high - gap * (count - 1) / 2)
        result += [middle + gap * (i - (count - 1) / 2) for i in range(count)]
    return result


def _lines(axes, rows: list[Row], value) -> list[tuple]:
    """One line a method, dashed where it copies; gives (last height, method, colour, copies) of each."""
    ends = []
    for method in dict.fromkeys(row.method for row in rows):
        mine = sorted((row for row in rows if row.method == method), key=lambda row: row.elements)
        mine = [row for row in mine if value(row) is not None]
        if not mine:
            continue
        copies, colour = mine[-1].bytes_copied > 0, COLOURS[method.partition(".")[0]]
        ours = method.startswith("spectrapack")
        axes.plot([row.elements for row in mine], [value(row) for row in mine], color=colour,
                  linestyle=(0, (4, 2)) if copies else "-", linewidth=2.4 if ours else 1.5, marker="o",
                  markersize=4.5 if ours else 3, zorder=3 if ours else 2)  # fmt: skip
        ends.append((mine[-1].elements, value(mine[-1]), method, colour))
    return ends


def _name_lines(axes, ends: list[tuple]) -> None:
    """Writes each line's name beside its end, in a column of its own, with a thin line between the two."""
    to_height = axes.transAxes.inverted().transform
    ends = [(to_height(axes.transData.transform(end[:2])), *end[2:]) for end in ends]
    ends.sort(key=lambda end: end[0][1])
    heights = spread([end[0][1] for end in ends], 0.0385, -0.02, 1.02)
    for (point, method, colour), height in zip(ends, heights):
        axes.plot([point[0], 1.015, 1.045], [point[1], height, height], color=colour, linewidth=0.7, alpha=0.6,
                  transform=axes.transAxes, clip_on=False)  # fmt: skip
        axes.text(1.052, height, method, color=colour, fontsize=10, va="center", transform=axes.transAxes,
                  fontweight="bold" if method.startswith("spectrapack") else "normal")  # fmt: skip


def _logarithmic(axes, text, title: str) -> None:
    axes.set(xscale="log", yscale="log")
    axes.set_title(title)
    axes.set_xlabel("elements")
    axes.xaxis.set_major_locator(LogLocator(numticks=12))
    axes.yaxis.set_major_locator(LogLocator(numticks=14))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    axes.tick_params(length=0)


def _name_colours(figure, rows: list[Row], x: float, y: float) -> None:
    """Whose function is drawn in which colour, as a line of words in these colours."""
    drawn = {COLOURS[row.method.partition(".")[0]] for row in rows}
    previous = figure.text(x, y, "functions of", fontsize=10, color=FAINT)
    for prefix, name in GROUPS.items():
        if COLOURS[prefix] in drawn:
            previous = figure.axes[0].annotate(
                name, (1, 0), (10, 0), xycoords=previous, textcoords="offset points", va="bottom", fontsize=10,
                color=COLOURS[prefix], annotation_clip=False,
            )  # fmt: skip


def _draw_memory(axes, rows: list[Row]) -> None:
    known = [row for row in rows if row.peak_bytes is not None]
    _lines(axes, known, lambda row: max(row.peak_bytes, 1.0))
    _logarithmic(axes, bytes_text, "Memory that a call takes at most, result included")
    if not known:
        axes.text(0.5, 0.5, "not measured here", ha="center", transform=axes.transAxes, color=FAINT)
    sizes = sorted({(row.elements, row.nbytes) for row in known})
    if len(sizes) > 2:
        axes.annotate("a copy: the array's size", sizes[-2], (-14, 4), textcoords="offset points", ha="right")
        shared = [row.peak_bytes for row in known if row.bytes_copied == 0 and row.elements == sizes[-1][0]]
        if shared:
            axes.annotate("no copy: the Python object alone", (sizes[-1][0], min(shared)), (0, -24),
                          textcoords="offset points", ha="right")  # fmt: skip
            axes.set_ylim(bottom=max(1.0, min(row.peak_bytes for row in known)) / 3)


def draw(rows: list[Row], heading: str, path: Path) -> None:
    """Draws the rows of one element type."""
    with plt.rc_context(STYLE):
        figure = plt.figure(figsize=(17, 8))
        left, right = figure.add_axes((0.055, 0.14, 0.37, 0.78)), figure.add_axes((0.69, 0.14, 0.295, 0.78))
        ends = _lines(left, rows, lambda row: row.times.median_ns)
        for row in rows:
            left.vlines(row.elements, row.times.q1_ns, row.times.q3_ns, linewidth=5, alpha=0.35,
                        color=COLOURS[row.method.partition(".")[0]])  # fmt: skip
        _logarithmic(left, time_text, f"Handing over an array of {rows[0].dtype}: time of one call")
        _name_lines(left, ends)
        _draw_memory(right, rows)
        note = "solid: shares memory     dashed: copies     line: median     bar: half of all runs"
        figure.text(0.055, 0.035, f"{note}\n{heading}", color=FAINT, fontsize=10, va="center", linespacing=1.7)
        _name_colours(figure, rows, 0.69, 0.04)
        figure.savefig(path, dpi=100)
        plt.close(figure)
