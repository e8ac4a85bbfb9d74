//! tensor: what memory looks like. Shapes, strides, element types, typed views, storage.
//!
//! | may use | C pointers | unsafe | element type known |
//! |---|---|---|---|
//! | error | no | storage, view | compile time |

pub(crate) mod copy;
mod scalar;
pub(crate) mod shape;
mod storage;
pub(crate) mod strides;
mod view;
pub(crate) mod walk;

pub(crate) use scalar::{Bool, Element, Load, Real};
pub(crate) use shape::{Dims, MAX_NDIM};
pub(crate) use storage::Storage;
pub(crate) use view::{Line, LineMut, Lines, LinesMut, View, ViewMut};

/// Where memory lives: DLPack's device type and device number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Device {
    pub kind: i32,
    pub id: i32,
}

impl Device {
    pub const CPU: Device = Device { kind: 1, id: 0 };

    /// The device type's short name, as in "cuda".
    pub fn name(self) -> Option<&'static str> {
        Some(match self.kind {
            1 => "cpu",
            2 => "cuda",
            3 => "cuda_host",
            4 => "opencl",
            7 => "vulkan",
            8 => "metal",
            9 => "vpi",
            10 => "rocm",
            11 => "rocm_host",
            12 => "ext_dev",
            13 => "cuda_managed",
            14 => "oneapi",
            15 => "webgpu",
            16 => "hexagon",
            17 => "maia",
            18 => "trainium",
            _ => return None,
        })
    }

    /// Whether the CPU may read and write the memory through its address: plain, pinned and managed memory.
    pub fn is_host(self) -> bool {
        matches!(self.kind, 1 | 3 | 11 | 13)
    }

    /// Whether a data pointer of this device is an address, so that byte offsets can be added to it. On others it may
    /// be an opaque handle.
    pub fn has_addresses(self) -> bool {
        matches!(self.kind, 1 | 2 | 3 | 10 | 11 | 13)
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name}:{}", self.id),
            None => write!(f, "device type {}:{}", self.kind, self.id),
        }
    }
}
