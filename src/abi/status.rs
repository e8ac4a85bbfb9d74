//! Status numbers and the thread's last error.

use super::guard;
use crate::error::Status;
use std::ffi::c_char;

/// What a call came to. Functions return it as `int32_t`; the numbers are forever.
#[allow(non_camel_case_types, missing_docs, clippy::upper_case_acronyms)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum spk_status {
    /// Done.
    SPK_OK = 0,
    /// A pointer that must not be NULL is NULL.
    SPK_NULL_ARGUMENT = 1,
    /// A value is outside what the argument allows.
    SPK_INVALID_ARGUMENT = 2,
    /// A struct or a tensor speaks a version of the ABI that this library does not.
    SPK_ABI_MISMATCH = 3,
    /// ndim is negative, above 64, or not what the function takes.
    SPK_BAD_NDIM = 10,
    /// An extent or a length is negative or too small, or the number of elements or bytes overflows.
    SPK_BAD_SHAPE = 11,
    /// The strides reach past the address space, or are not those that the plan was made for.
    SPK_BAD_STRIDES = 12,
    /// An axis is out of range or given twice.
    SPK_BAD_AXIS = 13,
    /// The element type is not one that the function computes on, or outputs do not fit the input's.
    SPK_BAD_DTYPE = 14,
    /// Two tensors' shapes do not fit each other.
    SPK_SHAPE_MISMATCH = 15,
    /// An output overlaps itself, another output or an input.
    SPK_OVERLAP = 16,
    /// The tensor must not be written to.
    SPK_READ_ONLY = 17,
    /// The address is not aligned as needed.
    SPK_MISALIGNED = 18,
    /// The tensors live on different devices.
    SPK_DEVICE_MISMATCH = 30,
    /// What was asked exists, but not for this device, type or version.
    SPK_UNSUPPORTED = 31,
    /// Memory could not be had.
    SPK_OUT_OF_MEMORY = 50,
    /// The caller's scratch is smaller than the call needs.
    SPK_SCRATCH_TOO_SMALL = 51,
    /// An iteration did not converge.
    SPK_NO_CONVERGENCE = 60,
    /// The input holds NaN or Inf where none is allowed.
    SPK_NOT_FINITE = 61,
    /// The progress callback asked to stop.
    SPK_CANCELLED = 70,
    /// The device's libraries are not to be had.
    SPK_BACKEND_UNAVAILABLE = 80,
    /// The CUDA driver reported an error.
    SPK_CUDA = 81,
    /// cuFFT reported an error.
    SPK_CUFFT = 82,
    /// cuSOLVER reported an error.
    SPK_CUSOLVER = 83,
    /// A bug in this library; the process is intact.
    SPK_PANIC = 99,
}

/// Gives the name of a status.
///
/// `status` is any number; the answer is a constant such as "SPK_BAD_SHAPE", or "SPK_UNKNOWN_STATUS" for a number
/// that no release has used.
///
/// Ownership: the string is static; never free it.
/// Threads: any.
/// Errors: none.
/// Since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn spk_status_name(status: i32) -> *const c_char {
    let known = Status::ALL.iter().find(|s| **s as i32 == status);
    match (status, known) {
        (0, _) => c"SPK_OK".as_ptr(),
        (_, Some(s)) => s.c_name().as_ptr(),
        _ => c"SPK_UNKNOWN_STATUS".as_ptr(),
    }
}

/// Copies the message of this thread's last failed call.
///
/// The message names the argument and its value, as in "out: stride[2] = 0 with shape[2] = 4". At most `len` bytes
/// are written to `buf`, always with a terminating NUL and never half a UTF-8 character; `buf` may be NULL when `len`
/// is 0. A call that succeeds leaves the message alone. The return value is the number of bytes the whole message
/// needs, its NUL included.
///
/// Ownership: *borrows* `buf`.
/// Threads: any; each thread has its own message.
/// Errors: none; with no failure yet the message is empty and the return value 1.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_last_error(buf: *mut c_char, len: usize) -> usize {
    // SAFETY: the caller vouches for `buf` and `len`.
    guard::with_last_error(|message| unsafe { super::convert::copy_string(message, buf, len) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn every_status_of_the_error_room_has_its_number_and_name_in_c() {
        let source = include_str!("status.rs");
        for s in Status::ALL {
            // SAFETY: the names are static C strings.
            let name = unsafe { CStr::from_ptr(spk_status_name(*s as i32)) }.to_str().unwrap();
            assert!(source.contains(&format!("    {name} = {},", *s as i32)), "{name}");
        }
        let declared = source.lines().filter(|l| l.starts_with("    SPK_") && l.contains(" = ")).count();
        assert_eq!(declared, Status::ALL.len() + 1, "SPK_OK and one line a status");
    }
}
