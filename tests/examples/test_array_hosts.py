"""The examples for arrays of any library, and for arrays larger than memory."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, run

EXAMPLES = ROOT / "examples"
NORMALIZE, LARGER = EXAMPLES / "normalize.py", EXAMPLES / "larger_than_memory.py"


def changed(path: Path, old: str, new: str, folder: Path) -> Path:
    """A copy of an example with one place changed."""
    text = path.read_text()
    assert text.count(old) == 1
    copy = folder / path.name
    copy.write_text(text.replace(old, new))
    return copy


@pytest.fixture
def normalize(monkeypatch):
    if "SPECTRAPACK_LIBRARY" not in os.environ:
        pytest.fail("the checkout's own Python names the library")
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import normalize

    return normalize


def test_normalize_runs_on_numpy_pytorch_and_jax():
    output = run(sys.executable, NORMALIZE)
    for name in ("numpy.ndarray", "torch.Tensor", "jaxlib.ArrayImpl"):
        assert re.search(rf" {re.escape(name)} +(torch\.)?float32 +off the definition by \d\.\de-0[5-9]$", output, re.M)
    assert output.endswith("all as it should be\n")


def test_normalize_keeps_to_the_standard(normalize):
    """array_api_strict allows nothing else."""
    import array_api_strict as xp

    x = normalize.records(3, 101).astype("float64")
    result = normalize.normalize(xp.asarray(x))
    assert type(result) is type(xp.asarray(x)) and result.dtype == xp.float64
    assert np.array_equal(np.from_dlpack(result), normalize.normalize(x))
    moduli = np.abs(np.fft.rfft(normalize.normalize(x), norm="ortho"))
    np.testing.assert_allclose(moduli, np.ones((3, 51)) * [[1], [1], [0]], atol=1e-9)


def test_normalize_notices_a_wrong_result(tmp_path):
    copy = changed(NORMALIZE, 'spectrum, x.shape[-1], norm="ortho")', "spectrum, x.shape[-1])", tmp_path)
    with pytest.raises(AssertionError, match="not so: NumPy gives signals"):
        run(sys.executable, copy)


def test_a_file_larger_than_the_memory_is_transformed_within_it():
    output = run(sys.executable, LARGER)
    numbers = re.search(r"by blocks: ([\d.]+) MB written, ([\d.]+) MB of memory held at most", output).groups()
    written, held = map(float, numbers)
    assert "64.0 MB, within 16 MB" in output and written >= 64 and 0.5 < held <= 16
    assert output.endswith("all as it should be\n")


def test_more_memory_than_allowed_is_noticed(tmp_path):
    copy = changed(LARGER, "da.from_array(Mapped(source),", "da.from_array(source,", tmp_path)  # Dask reads it all
    with pytest.raises(AssertionError, match="not so: the memory kept within its limit"):
        run(sys.executable, copy)


def test_a_wrong_transform_of_the_file_is_noticed(tmp_path):
    copy = changed(LARGER, "by_blocks(fft, spectrum, spectrum, 0, size)", "pass", tmp_path)
    with pytest.raises(AssertionError, match="not so: the transform is NumPy's"):
        run(sys.executable, copy, 20, 16)


def test_a_file_that_fits_is_no_example():
    done = subprocess.run([sys.executable, LARGER, "8", "16"], text=True, capture_output=True, timeout=120)
    assert done.returncode == 1 and done.stderr == "not so: the file is larger than the memory\n"
