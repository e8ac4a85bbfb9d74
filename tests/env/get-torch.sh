#!/usr/bin/env bash
# Installs a real PyTorch for tests on the CPU into a venv: get-torch.sh VENV.
#
# The wheel is built for CUDA and names gigabytes of CUDA libraries that a machine without a GPU never calls, but that
# must be there when it loads. So the wheel comes without its dependencies, but for CUDA's small runtime library, and
# cuda_stand_ins.py makes a small stand-in for each of the other libraries. A stand-in ends the process if it is ever
# called: this PyTorch is for the CPU only.
set -euo pipefail
venv=${1:?usage: get-torch.sh VENV}
here=$(cd "$(dirname "$0")" && pwd)

"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
  torch==2.13.0 nvidia-cuda-runtime==13.0.96
lib=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')/torch/lib
"$venv/bin/python" "$here/cuda_stand_ins.py" "$lib"
"$venv/bin/python" -c 'import torch; assert (torch.ones(8).to(torch.complex64) * 1j).sum() == 8j'
