"""Puts the shared library into the wheel: the one that SPECTRAPACK_PREBUILT names, else one that cargo builds.

SPECTRAPACK_PREBUILT may also name a folder as `cmake --install` makes it with SPECTRAPACK_INSTALL_PLAIN: the wheel then
brings the headers and the CMake package along. SPECTRAPACK_PLATFORM is the wheel's platform tag, where it is not this
machine's.
"""

import os
import subprocess
import sys
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags

NAME = {"win32": "spectrapack.dll", "darwin": "libspectrapack.dylib"}.get(sys.platform, "libspectrapack.so")


def build(repository: Path) -> Path:
    """The library, built from the sources around this package."""
    manifest, target = repository / "Cargo.toml", repository / "target"
    if not manifest.is_file():
        raise FileNotFoundError(
            f"{manifest} is needed to build {NAME}; or set SPECTRAPACK_PREBUILT to the path of a built {NAME}"
        )
    command = ["cargo", "build", "--release", "--locked", "--lib", "--manifest-path", manifest, "--target-dir", target]
    subprocess.check_call(command)
    return target / "release" / NAME


class LibraryHook(BuildHookInterface):
    """The wheel then holds machine code, but fits every Python 3: the library does not link libpython."""

    def initialize(self, version: str, build_data: dict) -> None:
        prebuilt = os.environ.get("SPECTRAPACK_PREBUILT")
        library = Path(prebuilt).resolve() if prebuilt else build(Path(self.root).parents[1])
        if not library.exists():
            raise FileNotFoundError(f"there is no library at {library}")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{os.environ.get('SPECTRAPACK_PLATFORM') or next(sys_tags()).platform}"
        inside = "spectrapack/_lib" if library.is_dir() else f"spectrapack/_lib/{NAME}"
        build_data["force_include"][str(library)] = inside
