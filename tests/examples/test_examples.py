"""Each script example ends well and prints the three numbers. The compiled ones have tests of their own."""

import re
import sys
import zlib

import pytest
from conftest import ROOT, run

EXAMPLES = ROOT / "examples"


NUMBERS = {"smallest eigenvalue": "0.000967", "largest eigenvalue": "3.999033", "condition number": "4133.6"}


def assert_three_numbers(output):
    for name, value in NUMBERS.items():
        assert re.search(rf"^ *{name} +{value}$", output, re.MULTILINE), output


def read_png(path):
    """Width, height and the rows of samples of an 8-bit PNG, without their filters undone."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        assert int.from_bytes(data[at + 8 + length : at + 12 + length]) == zlib.crc32(kind + body)
        chunks[kind] = chunks.get(kind, b"") + body
        at += 12 + length
    assert kind == b"IEND"
    return int.from_bytes(chunks[b"IHDR"][:4]), int.from_bytes(chunks[b"IHDR"][4:8]), zlib.decompress(chunks[b"IDAT"])


@pytest.mark.parametrize("name", ["pipeline_ctypes.py", "pipeline_cffi.py"])
def test_python_without_the_package_prints_the_three_numbers(name):
    output = run(sys.executable, EXAMPLES / name)
    assert_three_numbers(output)
    assert output.endswith("all as it should be\n")


def test_julia_prints_the_three_numbers(julia):
    output = run(julia, "--startup-file=no", EXAMPLES / "pipeline.jl")
    assert_three_numbers(output)
    assert output.endswith("all as it should be\n")


def test_numbers_that_are_off_end_julia_with_a_failure(julia, tmp_path):
    text = (EXAMPLES / "pipeline.jl").read_text()
    assert text.count("fill(2.0, n)") == 1
    (tmp_path / "pipeline.jl").write_text(text.replace("fill(2.0, n)", "fill(2.5, n)"))
    with pytest.raises(AssertionError, match="not so: the eigenvalues are those of the closed form"):
        run(julia, "--startup-file=no", tmp_path / "pipeline.jl")


def test_python_with_the_package_prints_the_three_numbers_and_draws_a_picture(tmp_path):
    picture = tmp_path / "new folder" / "pipeline.png"
    output = run(sys.executable, EXAMPLES / "pipeline.py", picture)
    assert_three_numbers(output)
    assert output.endswith(f"Picture: {picture}\n")
    width, height, samples = read_png(picture)
    assert width >= 1000 and height >= 500
    assert len(zlib.compress(samples)) > 200_000  # a picture with something on it, not a blank page


def test_a_library_that_cannot_be_loaded_ends_an_example_with_a_failure(tmp_path):
    with pytest.raises(AssertionError, match="exit status"):
        run(sys.executable, EXAMPLES / "pipeline_ctypes.py", env={"SPECTRAPACK_LIBRARY": str(tmp_path / "none.so")})


def test_numbers_that_are_off_end_an_example_with_a_failure(tmp_path):
    """The same scripts on a matrix with another diagonal."""
    for name in ("pipeline.py", "pipeline_ctypes.py", "pipeline_cffi.py"):
        text = (EXAMPLES / name).read_text()
        assert text.count("[-1.0, 2.0, -1.0]") == 1
        (tmp_path / name).write_text(text.replace("[-1.0, 2.0, -1.0]", "[-1.0, 2.5, -1.0]"))
        with pytest.raises(AssertionError, match="not so: the eigenvalues are those of the closed form"):
            run(sys.executable, tmp_path / name)
