import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = Path(os.environ.get("SPECTRAPACK_LIBRARY", ROOT / "target/release/libspectrapack.so"))


def run(*command, **options):
    """Runs a program and gives what it printed; a failure shows all that it said."""
    command = [str(part) for part in command]
    env = os.environ | {"SPECTRAPACK_LIBRARY": str(LIBRARY)} | options.pop("env", {})
    for name in ("MAKEFLAGS", "MAKELEVEL"):  # of the make that runs the tests
        env.pop(name, None)
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]])  # cmake and ninja
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, **options)
    assert done.returncode == 0, f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="session")
def julia():
    """The path of a Julia. The first time it has to be fetched, and there are machines where it cannot be."""
    fetch = subprocess.run([ROOT / "tests/env/get-julia.sh"], text=True, capture_output=True, timeout=600)
    if fetch.returncode:
        pytest.skip(fetch.stderr.strip().splitlines()[-1])
    return fetch.stdout.strip()


@pytest.fixture(scope="session")
def prefix(tmp_path_factory):
    """A folder into which `make install` has put the library."""
    folder = tmp_path_factory.mktemp("installed") / "prefix"
    run("make", "-o", "env", "-o", "build", "install", f"PREFIX={folder}", cwd=ROOT)  # of what is built already
    return folder
