"""The transfer benchmark measures what is so, and writes what it measured."""

import csv
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import spectrapack
from spectrapack.bench import _libraries, _measure, _report, transfer

NUMPY, METHODS = _libraries.load(["numpy"])
RESULTS = ("min_ns", "q1_ns", "median_ns", "q3_ns", "runs", "calls")


def bench(*arguments):
    return [sys.executable, "-m", "spectrapack.bench", "transfer", *map(str, arguments)]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder that a small run with every library wrote to."""
    folder = tmp_path_factory.mktemp("bench")
    command = bench("--sizes", "1,100", "--budget", "small", "--out", folder)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stderr.splitlines()] == [str(10 * tenth) for tenth in range(1, 11)]
    assert sorted(done.stdout.splitlines()[1:]) == sorted(map(str, folder.iterdir()))
    return folder


@pytest.fixture(scope="module")
def rows(written):
    with open(written / "transfer.tsv", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_table_has_every_method_size_and_element_type_with_all_its_columns(rows):
    names = {row["method"] for row in rows}
    assert {(row["elements"], row["dtype"]) for row in rows} == {(n, t) for n in ("1", "100") for t in transfer.DTYPES}
    assert len(rows) == 10 * len(names) and len(names) >= 18
    assert {row["source"] for row in rows} >= {"numpy", "torch", "jax", "spectrapack"}
    assert list(rows[0]) == [*_report.FIELDS, *RESULTS, "refused"]


def test_each_measured_figure_is_sane(rows):
    for row in rows:
        assert row["refused"] == ""
        shortest, q1, median, q3 = (float(row[name]) for name in RESULTS[:4])
        assert 10 < shortest <= q1 <= median <= q3
        assert int(row["runs"]) >= _measure.RUNS_AT_LEAST and int(row["calls"]) >= 1
        assert int(row["nbytes"]) == int(row["elements"]) * np.dtype(row["dtype"]).itemsize


def test_views_have_equal_pointers_and_copy_nothing_and_copies_do_not(rows):
    copies = {
        "np.array(array)", "torch.tensor(array)", "tensor.clone()", "spectrapack.from_dlpack(array, copy=True)",
        "jax.dlpack.from_dlpack(array)",  # not on a multiple of 64 bytes
    }  # fmt: skip
    assert copies < {row["method"] for row in rows}
    for row in rows:
        copied = row["method"] in copies
        assert row["bytes_copied"] == (row["nbytes"] if copied else "0"), row
        assert row["same_pointer"] == ("no" if copied else "yes"), row


def test_markdown_has_one_line_a_method_and_pictures_are_png(written, rows):
    lines = (written / "transfer.md").read_text().splitlines()
    assert [line.split("`")[1] for line in lines if line.startswith("| `")] == list({row["method"]: 0 for row in rows})
    assert np.__version__ in lines[0]
    assert {line.count("|") for line in lines[2:]} == {9}
    for dtype in transfer.DTYPES:
        assert (written / f"transfer-{dtype}.png").read_bytes().startswith(b"\x89PNG")


def test_ctrl_c_writes_what_is_complete(tmp_path):
    command = bench("--sizes", "1,10,100", "--budget", "normal", "--libraries", "numpy", "--out", tmp_path)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr.readline().startswith("transfer: 10 %")
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert messages.splitlines()[-1] == "transfer: stopped; what is complete is written"
    lines = (tmp_path / "transfer.tsv").read_text().splitlines()[1:]
    assert lines and len(lines) % len(METHODS) == 0 and len(lines) < 15 * len(METHODS)


def test_a_size_beyond_memory_is_left_out_with_a_message(tmp_path, capfd):
    options = ("--sizes", "1e14", "--dtypes", "uint8", "--libraries", "numpy")
    assert subprocess.call(bench(*options, "--out", tmp_path)) == 1
    message = capfd.readouterr().err
    assert "100000000000000 elements of uint8 left out: they need 800000.0 GB" in message
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("--sizes", "0,1", "'0,1' is not a list"), ("--sizes", "x", "'x' is not a list"),
     ("--dtypes", "float8", "'float8' is none of uint8"), ("--libraries", "tensorflow", "'tensorflow' is none of")],
)  # fmt: skip
def test_bad_arguments_are_refused_with_their_value(option, value, message, capsys, monkeypatch):
    from spectrapack.bench.__main__ import main

    monkeypatch.setattr(sys, "argv", ["bench", "transfer", option, value])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert message in capsys.readouterr().err


def measure(function, elements=1000):
    methods = [_libraries.Method("method", "numpy", "numpy", function)]
    return transfer.measure(methods, NUMPY, "float64", elements, 0.001, _measure.Memory(), lambda part: None)[0]


def test_wrong_values_are_found_out():
    with pytest.raises(transfer.WrongResult, match="method, 1000 elements of float64: the values differ"):
        measure(lambda x: np.append(x[:-1], 0.0))
    with pytest.raises(transfer.WrongResult, match="the values differ"):
        measure(lambda x: x.astype("f4"))


def test_a_refusal_is_a_row_with_its_reason():
    def refuse(x):
        raise BufferError("not\n this one")

    row = measure(refuse)
    assert row.refused == "not this one" and row.times is None and row.bytes_copied is None
    assert "refused" in _report.markdown([row], "heading") and row.refused in _report.tsv([row])


def test_a_copy_made_on_the_way_shows_in_the_peak():
    """Two copies, one after the other and both alive, take twice the array's size."""
    if not _measure.Memory().works:
        pytest.skip("this system does not account for memory")
    size = 8_000_000
    assert measure(lambda x: x, size // 8).peak_bytes < 1000
    assert measure(np.array, size // 8).peak_bytes == pytest.approx(size, rel=0.1)
    assert measure(lambda x: np.array(np.array(x)), size // 8).peak_bytes == pytest.approx(2 * size, rel=0.1)


def test_small_results_weigh_what_they_take():
    memory = _measure.Memory()
    if not memory.works:
        pytest.skip("this system does not account for memory")
    assert memory.peak(bytes, 1000, 1000) == pytest.approx(sys.getsizeof(bytes(1000)), rel=0.15)


def test_shared_memory_is_told_from_a_copy_by_writing():
    library, a = NUMPY["numpy"], np.arange(5.0)
    assert transfer.shares_memory(library, a, NUMPY["spectrapack"], spectrapack.from_dlpack(a))
    assert not transfer.shares_memory(library, a, NUMPY["spectrapack"], spectrapack.from_dlpack(a, copy=True))
    np.testing.assert_array_equal(a, np.arange(5.0))


def test_times_take_turns_and_tell_slow_from_fast():
    order = []
    cells = [(lambda x, name=name: order.append(name), None, lambda: None) for name in "ab"]
    _measure.times(cells, 0.0005, lambda part: None)
    assert "".join(order).count("ba") >= _measure.RUNS_AT_LEAST
    short, long = _measure.times([(sum, range(n), lambda: None) for n in (10, 10_000)], 0.002, lambda part: None)
    assert long.min_ns > 50 * short.min_ns


def test_labels_keep_their_distance_and_their_order():
    plot = pytest.importorskip("spectrapack.bench._plot", exc_type=ImportError)
    placed = plot.spread([0.1, 0.1, 0.1, 0.5, 0.99, 1.0], 0.1, 0.0, 1.0)
    assert placed[3] == 0.5 and min(placed) >= -1e-12 and max(placed) <= 1 + 1e-12
    assert np.diff(placed).min() >= 0.1 - 1e-12


@pytest.mark.parametrize(
    ("text", "expected"),
    [(_report.time_text(76.64), "76.6 ns"), (_report.time_text(999.7), "1.00 µs"), (_report.time_text(2.5e10), "25 s"),
     (_report.bytes_text(80007168.0), "80.0 MB"), (_report.power_text(10**7), "1e7"), (_report.power_text(10), "10")],
)  # fmt: skip
def test_numbers_are_written_for_people(text, expected):
    assert text == expected
