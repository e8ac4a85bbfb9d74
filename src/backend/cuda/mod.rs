//! backend::cuda: GPUs of NVIDIA. This build has none of it and says so; exchange passes CUDA tensors through.

use crate::error::{Result, refuse};
use crate::tensor::Device;

pub(super) fn count() -> i32 {
    0
}

pub(super) fn unavailable<T>(name: &str, device: Device) -> Result<T> {
    refuse!(
        BackendUnavailable,
        "{name}: it lives on {device}, and this build computes on the CPU only; copy it to the host first \
         (.cpu() in PyTorch, .get() in CuPy)"
    )
}
