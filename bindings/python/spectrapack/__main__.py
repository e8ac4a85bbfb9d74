"""What a C or C++ build asks of an installed wheel: where the headers, the CMake package and the library are.

``cmake -Dspectrapack_DIR=$(python -m spectrapack --cmake-dir)``, ``cc -I$(python -m spectrapack --include-dir)``.
"""

import argparse
from pathlib import Path


def main() -> None:
    folder = Path(__file__).parent / "_lib"
    places = {
        "cmake-dir": (folder / "lib" / "cmake" / "spectrapack", "for CMake's spectrapack_DIR"),
        "pkg-config-dir": (folder / "lib" / "pkgconfig", "for PKG_CONFIG_PATH"),
        "include-dir": (folder / "include", "holds spectrapack/spectrapack.h"),
    }
    parser = argparse.ArgumentParser(prog="python -m spectrapack", description=__doc__.partition("\n")[0])
    what = parser.add_mutually_exclusive_group()
    for name, (_, help) in places.items():
        what.add_argument(f"--{name}", action="store_const", const=name, dest="what", help=help)
    what.add_argument("--library", action="store_const", const="library", dest="what", help="the shared library's path")
    chosen = parser.parse_args().what
    if chosen is None:
        from . import show_config

        show_config()
    elif chosen == "library":
        from ._lib import path

        print(path)
    elif not places[chosen][0].is_dir():
        parser.error(f"this installation brought no {places[chosen][0]}")
    else:
        print(places[chosen][0])


if __name__ == "__main__":
    main()
