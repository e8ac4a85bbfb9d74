#!/usr/bin/env bash
# Builds the wheel for Linux into the folder named, and prints the wheel's path. TOOLS is a Python with what
# tests/env/requirements-wheel.txt names. The library is linked for glibc 2.17, so the wheel fits every Linux of the
# last ten years; it links no libpython, so one wheel fits every Python 3.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
dist=$(mkdir -p "$1" && cd "$1" && pwd)
glibc=2.17
target=$(uname -m)-unknown-linux-gnu
work=$root/target/wheel
PATH=$(dirname "$TOOLS"):$PATH

cargo zigbuild --quiet --release --locked --lib --manifest-path "$root/Cargo.toml" --target-dir "$work" \
  --target "$target.$glibc"
rm -rf "$work/tree"
cmake -G Ninja -S "$root" -B "$work/cmake" -DSPECTRAPACK_PREBUILT_DIR="$work/$target/release" \
  -DSPECTRAPACK_INSTALL_PLAIN=ON -DCMAKE_INSTALL_PREFIX:PATH="$work/tree" -DCMAKE_INSTALL_LIBDIR=lib >&2
cmake --install "$work/cmake" >&2
export SPECTRAPACK_PREBUILT=$work/tree SPECTRAPACK_PLATFORM=manylinux_${glibc/./_}_$(uname -m)
rm -f "$dist"/spectrapack-*.whl
(cd "$root/bindings/python" && "$TOOLS" -m hatchling build --target wheel --directory "$dist") >&2
echo "$dist"/spectrapack-*.whl
