//! backend: where work runs. One room a kind of device.
//!
//! | room | may use | C pointers | unsafe | element type known |
//! |---|---|---|---|---|
//! | backend::cpu | tensor, error | no | isa, pool, scratch | compile time |
//! | backend::cuda | tensor, error | device addresses only | loader, memory, stream | run time |

pub(crate) mod cpu;
mod cuda;

use crate::error::{Result, refuse};
use crate::tensor::Device;

const COPY_FIRST: &str = "; copy it to the host first (.cpu() in PyTorch, .get() in CuPy)";

/// How many devices of a DLPack type can be computed on.
pub(crate) fn device_count(kind: i32) -> i32 {
    match kind {
        1 => 1,
        2 => cuda::count(),
        _ => 0,
    }
}

/// One line on a device.
pub(crate) fn describe(name: &str, device: Device) -> Result<String> {
    match device.kind {
        1 if device.id == 0 => Ok(cpu::describe()),
        1 => refuse!(InvalidArgument, "{name}: {device}: the CPU is device 0"),
        2 => cuda::unavailable(name, device, ""),
        _ => refuse!(Unsupported, "{name}: {device}: the library computes on cpu and cuda"),
    }
}

/// Refuses memory that the CPU cannot read through its address.
pub(crate) fn require_host(name: &str, device: Device) -> Result<()> {
    match device.kind {
        _ if device.is_host() => Ok(()),
        2 => cuda::unavailable(name, device, COPY_FIRST),
        _ => refuse!(Unsupported, "{name}: it lives on {device}; copy it to the host first"),
    }
}

/// Refuses a place where the library cannot make tensors.
pub(crate) fn require_own_memory(name: &str, device: Device) -> Result<()> {
    match device {
        Device::CPU => Ok(()),
        Device { kind: 2, .. } => cuda::unavailable(name, device, "; new tensors are made on cpu:0"),
        _ => refuse!(Unsupported, "{name}: {device}: new tensors are made on cpu:0"),
    }
}
