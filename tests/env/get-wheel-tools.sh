#!/usr/bin/env bash
# Prints the path of a Python with what builds and checks a wheel, which it installs into a venv in the cache folder
# (cache.sh) the first time. PYTHON names the interpreter to use.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/cache.sh"

found=$("${PYTHON:-python3}" -c '
import os, sys, sysconfig
print(sys.version.split()[0], sysconfig.get_platform(), os.path.realpath(sys._base_executable))')
read -r version platform python <<<"$found"

install_tools() {
  say "what builds wheels, for CPython $version, goes to $1; once, a minute"
  "$python" -m venv "$1"
  "$1/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements-wheel.txt"
}

venv=$cache/wheel-tools-$version-$platform-$(key "$found" "$here/requirements-wheel.txt" "$here/get-wheel-tools.sh")
once "$venv" install_tools
echo "$venv/bin/python"
