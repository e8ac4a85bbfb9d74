"""The wheel as users get it: what it says of itself, and that it works where there is nothing else."""

import os
import re
import subprocess
import sys
import textwrap
import venv
import zipfile
from pathlib import Path

import pytest

WHEEL = Path(os.environ["SPECTRAPACK_WHEEL"])
PACKAGING = Path(__file__).resolve().parents[1] / "packaging"
TOOLS = Path(sys.executable).parent


def run(*command, cwd=None, **env):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("SPECTRAPACK_", "PYTHON", "CMAKE_"))}
    clean["PATH"] = os.pathsep.join([str(TOOLS), clean["PATH"]])
    done = subprocess.run([*map(str, command)], cwd=cwd, env=clean | env, text=True, capture_output=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of a venv that holds the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-index", WHEEL)
    return python


def test_one_wheel_for_every_python_and_every_linux_since_glibc_2_17():
    assert re.fullmatch(r"spectrapack-[0-9.]+-py3-none-manylinux_2_17_\w+\.whl", WHEEL.name)
    said = " ".join(run(TOOLS / "auditwheel", "show", WHEEL).split())
    assert re.search(r'consistent with the following platform tag: "manylinux_2_17_\w+"', said), said


def test_it_is_under_six_megabytes():
    assert WHEEL.stat().st_size < 6_000_000


def test_headers_cmake_package_types_and_one_library_are_inside():
    names = [n for n in zipfile.ZipFile(WHEEL).namelist()]
    for wanted in (
        "spectrapack/py.typed",
        "spectrapack/_lib/include/spectrapack/spectrapack.h",
        "spectrapack/_lib/include/spectrapack/spectrapack.hpp",
        "spectrapack/_lib/include/spectrapack/dlpack/dlpack.h",
        "spectrapack/_lib/lib/cmake/spectrapack/spectrapackConfig.cmake",
        "spectrapack/_lib/lib/pkgconfig/spectrapack.pc",
    ):
        assert wanted in names
    large = [n for n in names if zipfile.ZipFile(WHEEL).getinfo(n).file_size > 1_000_000]
    assert len(large) == 1 and re.fullmatch(r"spectrapack/_lib/lib/libspectrapack\.so\.\d+\.\d+", large[0])


def test_without_numpy_it_imports_and_computes_on_memoryviews(python):
    program = """
        import array, importlib.util, spectrapack
        assert importlib.util.find_spec("numpy") is None
        x = array.array("d", [1.0, 2.0, 3.0, 4.0])
        y = spectrapack.fft.rfft(memoryview(x))
        assert y.shape == (3,) and y.dtype == "complex128"
        matrix = memoryview(array.array("d", [2.0, 1.0, 1.0, 2.0])).cast("B").cast("d", (2, 2))
        w = spectrapack.linalg.eigvalsh(matrix)
        import ctypes
        print([round(v, 12) for v in (ctypes.c_double * 2).from_address(w.data_ptr)])
    """
    assert run(python, "-c", textwrap.dedent(program)).strip() == "[1.0, 3.0]"


def test_import_takes_under_15_ms_beyond_the_interpreter(python):
    timed = "import time; t = time.perf_counter(); import spectrapack; print(time.perf_counter() - t)"
    assert min(float(run(python, "-c", timed)) for _ in range(15)) < 0.015


def test_cmake_finds_the_package_inside_and_the_program_runs(python, tmp_path):
    folder = run(python, "-m", "spectrapack", "--cmake-dir").strip()
    (tmp_path / "consumer.c").write_text((PACKAGING / "consumer.c").read_text())
    (tmp_path / "source").mkdir()
    lists = (PACKAGING / "consumer_find_package" / "CMakeLists.txt").read_text()
    (tmp_path / "source" / "CMakeLists.txt").write_text(lists)
    run("cmake", "-G", "Ninja", "-S", tmp_path / "source", "-B", tmp_path / "build", f"-Dspectrapack_DIR={folder}")
    run("cmake", "--build", tmp_path / "build")
    assert "eigenvalues 1 3" in run(tmp_path / "build" / "consumer")


def test_a_compiler_finds_headers_and_library_by_the_folders_printed(python, tmp_path):
    include = run(python, "-m", "spectrapack", "--include-dir").strip()
    library = Path(run(python, "-m", "spectrapack", "--library").strip())
    program = tmp_path / "consumer"
    run("cc", PACKAGING / "consumer.c", f"-I{include}", f"-L{library.parent}", "-lspectrapack", "-lm", "-o", program)
    assert "eigenvalues 1 3" in run(program, LD_LIBRARY_PATH=str(library.parent))
