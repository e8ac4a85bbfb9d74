"""Makes stand-ins for the CUDA libraries that PyTorch links to and that are absent: cuda_stand_ins.py TORCH_LIB.

A stand-in has the library's name and defines each symbol, with its version, that PyTorch's libraries want from it.
Each of them traps when called. The C compiler is $CC, else cc; readelf is binutils'.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

CUDA_LIBRARY = re.compile(r"lib(cu|nv|nccl)(?!da\.so|dart\.so)")  # not the driver, and the runtime library is real
CUDA_SYMBOL = re.compile(r"(cu(blas|da|dnn|fft|File|pti|rand|solver|sparse|tensor)|nccl|nv)")


class Wants:
    """What the libraries of a folder want from elsewhere."""

    def __init__(self, folder):
        self.present = {path.name for path in folder.iterdir()}
        self.libraries = set()  # the names of the libraries that they link to
        self.versions = defaultdict(set)  # library -> the symbol versions that it must have
        self.versioned = defaultdict(set)  # version -> the symbols that it must have
        self.plain = set()  # symbols without a version, which any library may define
        self.defined = set()
        for path in sorted(folder.glob("*.so*")):
            self.read(path)

    def read(self, path):
        text = subprocess.run(
            ["readelf", "--dynamic", "--version-info", "--dyn-syms", "--wide", path],
            capture_output=True, text=True, check=True,
        ).stdout
        library = None
        for line in text.splitlines():
            if match := re.search(r"\(NEEDED\).*\[(.*)\]", line):
                self.libraries.add(match[1])
            elif match := re.search(r"\bFile: (\S+)", line):
                library = match[1]
            elif library and (match := re.search(r"\bName: (\S+)\s+Flags:", line)):
                self.versions[library].add(match[1])
            elif match := re.search(r" (GLOBAL|WEAK) +\S+ +(\w+) (\S+)", line):
                self.symbol(*match.groups())

    def symbol(self, binding, section, name):
        name, _, version = name.partition("@")
        if section != "UND":
            self.defined.add(name)
        elif version:
            self.versioned[version.lstrip("@")].add(name)
        elif binding == "GLOBAL" and CUDA_SYMBOL.match(name):
            self.plain.add(name)


def build(target, symbols_of_version, plain):
    """Compiles one library that has the symbols, by version, and the plain ones."""
    symbols = set(plain).union(*symbols_of_version.values())
    with tempfile.TemporaryDirectory() as folder:
        source, script = Path(folder, "symbols.c"), Path(folder, "symbols.map")
        source.write_text("".join(f"void {name}(void) {{ __builtin_trap(); }}\n" for name in sorted(symbols)))
        script.write_text("".join(
            f"{version} {{ {'global: ' + '; '.join(sorted(names)) + ';' if names else ''} }};\n"
            for version, names in sorted(symbols_of_version.items())
        ))
        command = [os.environ.get("CC", "cc"), "-shared", "-nostdlib", "-fno-builtin", "-w", "-o", target, source,
                   f"-Wl,-soname,{target.name}"]
        if symbols_of_version:
            command.append(f"-Wl,--version-script={script}")
        subprocess.run(command, check=True)


def main(folder):
    wants = Wants(folder)
    absent = sorted(name for name in wants.libraries - wants.present if CUDA_LIBRARY.match(name))
    plain = wants.plain - wants.defined
    for name in absent:
        build(folder / name, {version: wants.versioned[version] for version in wants.versions[name]}, plain)
        plain = ()  # the first stand-in has them all


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: cuda_stand_ins.py TORCH_LIB")
    main(Path(sys.argv[1]))
