"""What the packaging tests share: where things are, and how to run CMake and look into a binary."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILT = Path(os.environ.get("SPECTRAPACK_BUILD_DIR", ROOT / "target" / "release")).resolve()
VERSION = re.search(r'^version = "([0-9.]+)"', (ROOT / "Cargo.toml").read_text(), re.M).group(1)
ABI = VERSION.rpartition(".")[0]
SONAME = f"libspectrapack.so.{ABI}"

# Nothing may be found by way of the caller's settings: neither packages nor, at run time, the library.
ENV = {
    key: value
    for key, value in os.environ.items()
    if not key.startswith(("CMAKE_", "PKG_CONFIG", "SPECTRAPACK_", "LD_LIBRARY_PATH", "DESTDIR"))
}
# The environment of the interpreter that runs the tests has cmake and ninja.
ENV["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), ENV["PATH"]])
ENV["ASAN_OPTIONS"] = "allocator_may_return_null=1"  # a test asks for more than there is, and expects an error


def run(*command, cwd=None, env=None):
    """Runs a program and gives its output; a failure shows all that it said."""
    command = [str(part) for part in command]
    done = subprocess.run(
        command, cwd=cwd, env={**ENV, **(env or {})}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert done.returncode == 0, f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}"
    return done.stdout


def configure(source, build, **variables):
    defines = [f"-D{name}={value}" for name, value in variables.items()]
    return run("cmake", "-G", "Ninja", "-S", source, "-B", build, *defines)


def build_consumer(kind, tmp_path, **variables):
    """Copies tests/packaging/consumer_KIND out of the tree, builds it and gives the path of the program."""
    source = tmp_path / f"consumer_{kind}"
    shutil.copytree(HERE / source.name, source)
    for shared in ("consumer.c", "hpp_test.cpp"):
        shutil.copy(HERE / shared, tmp_path)
    build = tmp_path / "build"
    configure(source, build, **variables)
    run("cmake", "--build", build)
    return build / "consumer"


def needed(binary):
    """The shared libraries that a binary names."""
    return re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", binary))


def assert_runs(program):
    assert "eigenvalues 1 3" in run(program)


def link_tree(source, target, *without):
    """A copy of an installation by hard links (the archive is large), without some files."""
    shutil.copytree(source, target, copy_function=os.link, symlinks=True, ignore=shutil.ignore_patterns(*without))
    return target
