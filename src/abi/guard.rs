//! What stands between Rust and the C caller beyond [`crate::error::last`]: where results are written.

use crate::dlpack::Owned;
pub(crate) use crate::error::last::{status, with_last_error};
use crate::error::{Result, refuse};
use dlpark::ffi::DLManagedTensorVersioned;
use std::ptr::{self, NonNull};

/// Runs `body` for functions that cannot fail; a panic is remembered and goes no further.
pub(crate) fn silent(body: impl FnOnce()) {
    status(|| {
        body();
        Ok(())
    });
}

/// Runs `make` and stores the tensor it gives in `*out`, which is NULL after a failure.
///
/// # Safety
/// `out` is NULL or writable.
pub(crate) unsafe fn new_tensor(
    out: *mut *mut DLManagedTensorVersioned,
    name: &str,
    make: impl FnOnce() -> Result<Owned>,
) -> i32 {
    // SAFETY: passed on under the same promise.
    unsafe { new_handle(out, name, || make().map(Owned::into_raw)) }
}

/// Runs `make` and stores the pointer it gives in `*out`, which is NULL after a failure.
///
/// # Safety
/// `out` is NULL or writable.
pub(crate) unsafe fn new_handle<T>(out: *mut *mut T, name: &str, make: impl FnOnce() -> Result<NonNull<T>>) -> i32 {
    status(|| {
        if out.is_null() {
            return refuse!(NullArgument, "{name} is NULL");
        }
        // SAFETY: not NULL, and writable by the caller's promise.
        unsafe { ptr::write_unaligned(out, ptr::null_mut()) };
        let made = make()?;
        // SAFETY: as above.
        unsafe { ptr::write_unaligned(out, made.as_ptr()) };
        Ok(())
    })
}

/// Runs `make` and stores the tensors it gives; the second pointer may be NULL where the second tensor is not made.
///
/// # Safety
/// `first` and `second` are NULL or writable.
pub(crate) unsafe fn new_tensor_pair(
    first: *mut *mut DLManagedTensorVersioned,
    first_name: &str,
    second: *mut *mut DLManagedTensorVersioned,
    make: impl FnOnce() -> Result<(Owned, Option<Owned>)>,
) -> i32 {
    status(|| {
        // SAFETY: both are written to only when they are not NULL, and then they are writable.
        unsafe {
            for slot in [first, second].into_iter().filter(|slot| !slot.is_null()) {
                ptr::write_unaligned(slot, ptr::null_mut());
            }
            if first.is_null() {
                return refuse!(NullArgument, "{first_name} is NULL");
            }
            let (a, b) = make()?;
            ptr::write_unaligned(first, a.into_raw().as_ptr());
            if let (Some(b), false) = (b, second.is_null()) {
                ptr::write_unaligned(second, b.into_raw().as_ptr());
            }
        }
        Ok(())
    })
}
