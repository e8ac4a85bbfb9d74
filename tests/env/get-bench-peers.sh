#!/usr/bin/env bash
# Prints a folder with what the FFT and eigenvalue benches time beside the library, which it fetches the first time into
# the cache folder (cache.sh): venv/ holds MKL and ducc0 (PyPI), lib/ FFTW 3.3.10 (Debian's packages,
# unpacked without root). All of it is loaded at run time, nothing is linked. PYTHON names the interpreter to use.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/cache.sh"

found=$("${PYTHON:-python3}" -c '
import os, sys, sysconfig
print(sys.version.split()[0], sysconfig.get_platform(), os.path.realpath(sys._base_executable))')
read -r version platform python <<<"$found"

fetch() {
  say "peers of the benches go to $1; once, a few minutes"
  mkdir -p "$1/lib" "$1/deb"
  "$python" -m venv "$1/venv"
  "$1/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --requirement "$here/requirements-peers.txt"
  if ! (cd "$1/deb" && apt-get download -qq libfftw3-double3 libfftw3-single3 2>/dev/null); then
    say "Debian's FFTW cannot be had here (apt-get download); the benches go without it"
    return
  fi
  for package in "$1"/deb/*.deb; do dpkg-deb -x "$package" "$1/deb/root"; done
  find "$1/deb/root" -name 'libfftw3*.so.3*' -exec cp -a {} "$1/lib" \;
  rm -rf "$1/deb"
}

folder=$cache/peers-$version-$platform-$(key "$found" "$here/requirements-peers.txt" "$here/get-bench-peers.sh")
once "$folder" fetch
echo "$folder"
