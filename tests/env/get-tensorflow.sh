#!/usr/bin/env bash
# Prints the path of a Python with TensorFlow, which it installs into a venv in the cache folder (cache.sh) the first
# time: 1.6 GB, a few minutes. TensorFlow stays apart from target/venv, which it would make twice as large.
# PYTHON names the interpreter to use; the package and the library come by PYTHONPATH and SPECTRAPACK_LIBRARY.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/cache.sh"

found=$("${PYTHON:-python3}" -c '
import os, sys, sysconfig
print(sys.version.split()[0], sysconfig.get_platform(), os.path.realpath(sys._base_executable))')
read -r version platform python <<<"$found"

install_tensorflow() {
  say "TensorFlow for CPython $version goes to $1; once, a few minutes"
  "$python" -m venv "$1"
  "$1/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements-tensorflow.txt"
}

venv=$cache/tensorflow-$version-$platform-$(key "$found" "$here/requirements-tensorflow.txt" "$here/get-tensorflow.sh")
once "$venv" install_tensorflow
echo "$venv/bin/python"
