"""Fixtures that several test files share."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import Counter, build_counter


@pytest.fixture(scope="session")
def counter_library(tmp_path_factory):
    return build_counter(tmp_path_factory.mktemp("counter"))


@pytest.fixture
def counter(counter_library, tmp_path):
    """A counter that starts at 0: a copy of the library has a count of its own."""
    return Counter(Path(shutil.copy(counter_library, tmp_path)))


@pytest.fixture
def run_python():
    """Runs a script in an interpreter of its own and returns what it printed."""

    def run(script: str, *arguments, python=sys.executable, cwd=None, **environment) -> str:
        done = subprocess.run(
            [str(python), "-c", script, *map(str, arguments)],
            env={**os.environ, **environment},
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stderr == "", done.stderr
        return done.stdout

    return run
