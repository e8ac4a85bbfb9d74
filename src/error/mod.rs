//! error: a status and what went wrong in words. The only place where numbers meet names. `last` keeps each thread's
//! last message and stops panics.
//!
//! | may use | C pointers | unsafe | element type known |
//! |---|---|---|---|
//! | std | no | forbid | - |
#![forbid(unsafe_code)]

pub(crate) mod last;

use std::fmt;

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $c_name:literal;)*) => {
        /// What a call came to. The numbers are the C surface's and never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum Status { $($(#[$doc])* $name = $number,)* }

        impl Status {
            /// Every status there is, in ascending order.
            pub const ALL: &'static [Status] = &[$(Status::$name,)*];

            /// The name in the C header, NUL-terminated.
            pub fn c_name(self) -> &'static std::ffi::CStr {
                match self { $(Status::$name => $c_name,)* }
            }
        }
    };
}

statuses! {
    /// A pointer that must not be NULL is NULL.
    NullArgument = 1, c"SPK_NULL_ARGUMENT";
    /// A value is outside what the argument allows.
    InvalidArgument = 2, c"SPK_INVALID_ARGUMENT";
    /// A struct or a tensor speaks a version of the ABI that this library does not.
    AbiMismatch = 3, c"SPK_ABI_MISMATCH";
    /// The number of dimensions is negative, above 64, or not what the function takes.
    BadNdim = 10, c"SPK_BAD_NDIM";
    /// An extent is negative, or the extents' product or its bytes overflow.
    BadShape = 11, c"SPK_BAD_SHAPE";
    /// The strides reach past the address space, or are not those that the plan was made for.
    BadStrides = 12, c"SPK_BAD_STRIDES";
    /// An axis is out of range or given twice.
    BadAxis = 13, c"SPK_BAD_AXIS";
    /// The element type is not one that the function computes on.
    BadDtype = 14, c"SPK_BAD_DTYPE";
    /// Two tensors' shapes do not fit each other.
    ShapeMismatch = 15, c"SPK_SHAPE_MISMATCH";
    /// An output overlaps itself or an input.
    Overlap = 16, c"SPK_OVERLAP";
    /// The tensor must not be written to.
    ReadOnly = 17, c"SPK_READ_ONLY";
    /// The address is not aligned as needed.
    Misaligned = 18, c"SPK_MISALIGNED";
    /// The tensors live on different devices.
    DeviceMismatch = 30, c"SPK_DEVICE_MISMATCH";
    /// What was asked exists, but not here.
    Unsupported = 31, c"SPK_UNSUPPORTED";
    /// Memory could not be had.
    OutOfMemory = 50, c"SPK_OUT_OF_MEMORY";
    /// The caller's scratch is smaller than the call needs.
    ScratchTooSmall = 51, c"SPK_SCRATCH_TOO_SMALL";
    /// An iteration did not converge.
    NoConvergence = 60, c"SPK_NO_CONVERGENCE";
    /// The input holds NaN or Inf where none is allowed.
    NotFinite = 61, c"SPK_NOT_FINITE";
    /// The progress callback asked to stop.
    Cancelled = 70, c"SPK_CANCELLED";
    /// The device's libraries are not to be had.
    BackendUnavailable = 80, c"SPK_BACKEND_UNAVAILABLE";
    /// The CUDA driver reported an error.
    Cuda = 81, c"SPK_CUDA";
    /// cuFFT reported an error.
    Cufft = 82, c"SPK_CUFFT";
    /// cuSOLVER reported an error.
    Cusolver = 83, c"SPK_CUSOLVER";
    /// A bug in this library; the process is intact.
    Panic = 99, c"SPK_PANIC";
}

/// A status with the sentence that names the argument and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The number that crosses the C boundary.
    pub status: Status,
    /// What was wrong, in words.
    pub message: String,
}

/// The result of everything that can be refused.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of this status with this message.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Error { status, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status.c_name().to_string_lossy(), self.message)
    }
}

impl std::error::Error for Error {}

/// `Err` of a status with a formatted message.
macro_rules! refuse {
    ($status:ident, $($message:tt)*) => {
        Err($crate::error::Error::new($crate::error::Status::$status, format!($($message)*)))
    };
}
pub(crate) use refuse;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_ascend_so_no_number_is_given_twice() {
        assert!(Status::ALL.windows(2).all(|w| (w[0] as i32) < w[1] as i32));
    }
}
