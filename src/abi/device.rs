//! Devices that this process can compute on.

use super::{convert, guard};
use crate::backend;
use crate::error::refuse;
use crate::tensor::Device;
use std::ffi::c_char;

/// Counts the devices of a type that the library can compute on.
///
/// `device_type` is a DLPack number: 1 (kDLCPU) gives 1; 2 (kDLCUDA) gives the GPUs that can be used, 0 where there
/// are none or where the build computes on the CPU only; any other number gives 0.
///
/// Ownership: *borrows* `out_count`.
/// Threads: any.
/// Errors: SPK_NULL_ARGUMENT, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_device_count(device_type: i32, out_count: *mut i32) -> i32 {
    // SAFETY: the caller vouches for the pointer; NULL is refused.
    guard::status(|| unsafe { convert::store(out_count, "out_count", backend::device_count(device_type)) })
}

/// Copies one line that describes a device: its name, its vector extensions and its threads.
///
/// At most `len` bytes are written to `buf`, always with a terminating NUL; `buf` may be NULL when `len` is 0.
/// `*out_len`, unless `out_len` is NULL, becomes the number of bytes the whole line needs, its NUL included.
///
/// Ownership: *borrows* `buf` and `out_len`.
/// Threads: any.
/// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT (no such device id), SPK_BACKEND_UNAVAILABLE, SPK_UNSUPPORTED (a
/// device type that the library never computes on), SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_device_describe(
    device_type: i32,
    device_id: i32,
    buf: *mut c_char,
    len: usize,
    out_len: *mut usize,
) -> i32 {
    guard::status(|| {
        if buf.is_null() && len > 0 {
            return refuse!(NullArgument, "buf is NULL with len = {len}");
        }
        let line = backend::describe("device", Device { kind: device_type, id: device_id })?;
        // SAFETY: the caller vouches for `buf` and `len`.
        let needed = unsafe { convert::copy_string(&line, buf, len) };
        if out_len.is_null() {
            return Ok(());
        }
        // SAFETY: the caller vouches for `out_len`.
        unsafe { convert::store(out_len, "out_len", needed) }
    })
}
