#!/usr/bin/env bash
# Makes target/venv: a Python with NumPy, SciPy, PyTorch, JAX, CMake, and this checkout's own package on the library
# that `cargo build --release` makes. Needs no root. Does nothing when everything is there.
#
# The packages lie in a venv in the cache folder (cache.sh), target/venv only points to it. PYTHON names the
# interpreter to use instead of the first good one on PATH.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=$root/target/venv
. "$here/cache.sh"

# Prints version, platform and path of an interpreter: the one path that is no link, no pyenv shim and in no venv.
describe='
import os, sys, sysconfig, venv, ensurepip
if sys.version_info < (3, 10): sys.exit(1)
print(sys.version.split()[0], sysconfig.get_platform(), os.path.realpath(sys._base_executable))'
for candidate in ${PYTHON:-python3 /usr/bin/python3 python3.13 python3.12 python3.11 python3.10}; do
  found=$("$candidate" -c "$describe" 2>/dev/null) && break
done
if [ -z "$found" ]; then
  say "there is no Python 3.10 or newer with venv (on Debian: apt-get install python3-venv); PYTHON= names one"
  exit 1
fi
read -r version platform python <<<"$found"

install_packages() {
  say "Python packages for CPython $version go to $1; once, a few minutes"
  "$python" -m venv "$1"
  say "  NumPy, SciPy, JAX, Matplotlib, CMake and others"
  "$1/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
  say "  PyTorch"
  "$here/get-torch.sh" "$1"
}

sources=("$here"/{requirements.txt,get-torch.sh,cuda_stand_ins.py})
packages=$cache/python-$version-$platform-$(key "$found" "${sources[@]}")
once "$packages" install_packages

stamp="$root $packages $(key "" "$0")"
if [ "$(cat "$venv/made-from" 2>/dev/null)" != "$stamp" ]; then
  say "target/venv"
  rm -rf "$venv"
  "$python" -m venv --without-pip "$venv"
  "$venv/bin/python" - "$root" "$packages" <<'PY'
import glob, os, sys, sysconfig

root, packages = sys.argv[1:]
library = os.path.join(root, "target/release/libspectrapack.so")
lines = [
    *glob.glob(os.path.join(packages, "lib/python*/site-packages")),
    os.path.join(root, "bindings/python"),
    f"import os; os.environ.setdefault('SPECTRAPACK_LIBRARY', {library!r})",
]
with open(os.path.join(sysconfig.get_path("purelib"), "checkout.pth"), "w") as pth:
    pth.write("\n".join(lines) + "\n")
PY
  ln -s "$packages"/bin/{cmake,ctest,ninja} "$venv/bin"
  ln -s "$packages"/lib/python*/site-packages/tvm_ffi/include "$venv/dlpack" # with DLPack's own header
  echo "$stamp" >"$venv/made-from"
fi
