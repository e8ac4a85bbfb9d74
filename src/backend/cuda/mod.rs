//! backend::cuda: GPUs of NVIDIA. This build has none of it and says so; exchange passes CUDA tensors through.

use crate::error::{Result, refuse};
use crate::tensor::Device;

pub(super) fn count() -> i32 {
    0
}

/// Why nothing is computed on a CUDA device; `and_so` says what to do.
pub(super) fn unavailable<T>(name: &str, device: Device, and_so: &str) -> Result<T> {
    refuse!(BackendUnavailable, "{name}: {device}: this build computes on the CPU only{and_so}")
}
