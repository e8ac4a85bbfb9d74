"""The package itself: its mirrors of the header, how it finds the library, its examples, and the wheel."""

import doctest
import importlib.metadata
import inspect
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import numpy
import pytest
from support import HERE, REPOSITORY

import spectrapack as sp
from spectrapack import _convolve, _grid, _lib, _plans, _tensor, _trig

PACKAGE = HERE.parent
HEADER = REPOSITORY / "include/spectrapack/spectrapack.h"


def test_every_function_of_the_header_has_a_prototype_with_as_many_arguments():
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", HEADER.read_text(), flags=re.S)
    found = {}
    for name, arguments in re.findall(r"\b(spk_\w+)\(((?:[^()]|\([^()]*\))*)\);", text):
        inner = re.sub(r"\([^()]*\)", "", arguments)
        found[name] = 0 if inner.strip() == "void" else inner.count(",") + 1
    known = {name: len(types) - 1 for name, types in (_lib.PROTOTYPES | _lib.PYTHON_PROTOTYPES).items()}
    assert found == known


def test_structs_and_constants_are_those_of_the_header(tmp_path):
    lines = ["#include <stddef.h>", '#include "spectrapack/spectrapack.h"']
    plain = {"DLDevice", "DLDataType", "DLTensor", "DLManagedTensor", "DLPackVersion"}
    structs = [struct for _, struct in inspect.getmembers(_lib, inspect.isclass) if hasattr(struct, "_fields_")]
    assert {"DLTensor", "DLManagedTensorVersioned", "spk_exec", "spk_eigh_desc"} <= {struct.__name__ for struct in structs}
    for struct in structs:
        name = struct.__name__
        c_name = name if name in plain else f"struct {name}"
        lines.append(f'_Static_assert(sizeof({c_name}) == {_lib.ctypes.sizeof(struct)}, "{name}");')
        for field, *_ in struct._fields_:
            offset = getattr(struct, field).offset
            lines.append(f'_Static_assert(offsetof({c_name}, {field}) == {offset}, "{name}.{field}");')
    for name, value in vars(_lib).items():
        if name.startswith("SPK_"):
            lines.append(f'_Static_assert({name} == {value}, "{name}");')
    assert len(lines) > 60
    source = tmp_path / "mirror.c"
    source.write_text("\n".join(lines) + "\n")
    subprocess.check_call(["cc", "-std=c11", "-fsyntax-only", f"-I{REPOSITORY / 'include'}", source])


def test_an_extra_handle_never_releases_the_gil_around_python_objects():
    assert not any(name in _lib.PROTOTYPES for name in _lib.PYTHON_PROTOTYPES)


@pytest.mark.parametrize("module", [sp, sp.fft, sp.linalg, _convolve, _grid, _plans, _tensor, _trig], ids=lambda m: m.__name__)
def test_the_examples_in_the_documentation_run(module):
    names = {"numpy": numpy, "spectrapack": sp}
    names |= {name: getattr(part, name) for part in (sp.fft, sp.linalg) for name in part.__all__}
    result = doctest.testmod(module, extraglobs=names)
    assert result.attempted and not result.failed


def test_every_public_function_is_documented_with_an_example():
    for part in (sp.fft, sp.linalg):
        for name in part.__all__:
            text = getattr(part, name).__doc__
            assert text and (name == "EighResult" or ">>>" in text), name
    for name, member in vars(sp.Tensor).items():
        if not name.startswith("_"):
            assert member.__doc__, name


def test_the_readme_code_runs():
    (code,) = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(), flags=re.S)
    exec(code, {})


def test_versions_agree():
    assert sp.__version__ == re.search(r'^version = "(.*)"', (REPOSITORY / "Cargo.toml").read_text(), re.M)[1]
    major, minor, _ = map(int, sp.__version__.split("."))
    assert _lib.lib.spk_version() // 100 == major * 100 + minor


def test_show_config_prints_what_runs(capsys):
    sp.show_config()
    text = capsys.readouterr().out
    assert sp.__version__ in text and _lib.path in text and "cpu" in text and "DLPack 1.3" in text


def test_a_missing_or_wrong_library_is_an_import_error(tmp_path, run_python):
    script = """
try:
    import spectrapack
except ImportError as error:
    print(type(error).__name__, error)
"""
    missing = tmp_path / "nowhere.so"
    assert str(missing) in run_python(script, SPECTRAPACK_LIBRARY=str(missing))
    text = tmp_path / "text.so"
    text.write_text("no library")
    assert "cannot be used" in run_python(script, SPECTRAPACK_LIBRARY=str(text))
    source = tmp_path / "other.c"
    for number, words in [(200, "version 0.2.0"), (10100, "version 1.1.0"), (100, "spk_device_count")]:
        source.write_text(f"unsigned spk_version(void) {{ return {number}; }}\n")
        other = tmp_path / f"other{number}.so"
        subprocess.check_call(["cc", "-shared", "-fPIC", "-o", other, source])
        assert words in run_python(script, SPECTRAPACK_LIBRARY=str(other))
    shutil.copytree(PACKAGE / "spectrapack", tmp_path / "spectrapack", ignore=shutil.ignore_patterns("_lib"))
    alone = run_python(script, SPECTRAPACK_LIBRARY="", PYTHONPATH=str(tmp_path))
    assert "SPECTRAPACK_LIBRARY" in alone


INSTALLED = """
import sys
import spectrapack as sp
from spectrapack import _lib
assert sys.prefix in _lib.path, _lib.path
frequencies = sp.fft.fftfreq(8)
spectrum = sp.fft.fft(frequencies)
assert (spectrum.shape, spectrum.dtype) == ((8,), "complex128")
real = sp.fft.irfft(sp.fft.rfft(frequencies), 8)
import ctypes
values = (ctypes.c_double * 8).from_address(real.data_ptr)
assert all(abs(a - b) < 1e-15 for a, b in zip(values, [0, .125, .25, .375, -.5, -.375, -.25, -.125])), list(values)
w, v = sp.linalg.eigh(sp.fft.irfft2(sp.fft.fftn(sp.from_dlpack(real), axes=())._view((4, 1), (1, 1)), (4, 4)))
assert (w.shape, v.shape, w.dtype) == ((4,), (4, 4), "float64")
assert "numpy" not in sys.modules
try:
    import numpy
except ImportError:
    print("computed without numpy")
"""


def build_wheel(package: Path, into: Path, **variables: str) -> subprocess.CompletedProcess:
    """Runs `pip wheel` on the package, with hatchling from the environment where that has it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SPECTRAPACK"))}
    installed = {distribution.name for distribution in importlib.metadata.distributions()}
    isolation = ["--no-build-isolation"] if "hatchling" in installed else []
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", *isolation, "-w", into, package]
    return subprocess.run(command, env=environment | variables, cwd=into, capture_output=True, text=True)


@pytest.mark.slow
def test_the_wheel_installs_into_an_empty_environment_and_computes_there(tmp_path, run_python):
    done = build_wheel(PACKAGE, tmp_path, SPECTRAPACK_PREBUILT=_lib.path)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert re.fullmatch(rf"spectrapack-{sp.__version__}-py3-none-\w+\.whl", wheel.name)
    assert not wheel.name.endswith("-any.whl")
    venv.create(tmp_path / "empty", with_pip=False)
    python = tmp_path / "empty/bin/python"
    install = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-index", "--no-deps", wheel]
    subprocess.check_call(install)
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    output = run_python(INSTALLED, python=python, cwd=outside, PYTHONPATH="", SPECTRAPACK_LIBRARY="")
    assert output == "computed without numpy\n"
    (package,) = (tmp_path / "empty").glob("lib/python*/site-packages/spectrapack")
    assert (package / "py.typed").is_file() and (package / "_lib" / _lib._FILE_NAME).is_file()


@pytest.mark.slow
def test_the_wheel_is_built_by_cargo_where_no_library_is_named(tmp_path):
    package = tmp_path / "repository/bindings/python"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("_lib", "__pycache__", "tests"))
    done = build_wheel(package, tmp_path)
    assert done.returncode != 0 and "SPECTRAPACK_PREBUILT" in done.stdout + done.stderr
    (tmp_path / "repository/Cargo.toml").touch()
    tools = tmp_path / "tools"
    tools.mkdir()
    stand_in = tools / "cargo"  # "builds" by copying what is built
    target = tmp_path / "repository/target/release"
    lines = ["#!/bin/sh", f'echo "$@" > "{tmp_path}/asked"', f'mkdir -p "{target}"']
    stand_in.write_text("\n".join([*lines, f'cp "{_lib.path}" "{target}/{_lib._FILE_NAME}"', ""]))
    stand_in.chmod(0o755)
    done = build_wheel(package, tmp_path, PATH=f"{tools}{os.pathsep}{os.environ['PATH']}")
    assert done.returncode == 0, done.stdout + done.stderr
    asked = (tmp_path / "asked").read_text()
    assert asked.startswith("build --release --locked") and str(tmp_path / "repository/Cargo.toml") in asked
    (wheel,) = tmp_path.glob("*.whl")
    assert f"spectrapack/_lib/{_lib._FILE_NAME}" in zipfile.ZipFile(wheel).namelist()
