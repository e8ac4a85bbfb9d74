//! Memory that a Python object owns: the object is kept until the last holder of the tensor is gone.

use super::api::{Object, api};
use crate::dlpack;
use crate::error::last::status;
use crate::error::refuse;
use dlpark::ffi::{DLManagedTensorVersioned, DLTensor};
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::{Mutex, PoisonError};

/// A reference to a Python object, given back wherever the last holder of its memory happens to be.
struct Reference(Object);

// SAFETY: the object is touched only with the GIL held.
unsafe impl Send for Reference {}

/// References whose holders went away on threads without the GIL.
static WAITING: Mutex<Vec<Reference>> = Mutex::new(Vec::new());

impl Drop for Reference {
    fn drop(&mut self) {
        let Some(api) = api() else { return };
        // SAFETY: these functions may be called on any thread; the reference is dropped only with the GIL held, and
        // it is ours. While the interpreter shuts down, and afterwards, it leaks on purpose.
        unsafe {
            if (api.is_initialized)() == 0 {
                return;
            }
            if (api.gil_check)() != 0 {
                return (api.dec_ref)(self.0);
            }
            WAITING.lock().unwrap_or_else(PoisonError::into_inner).push(Reference(self.0));
            // When CPython's list of pending calls is full the next one drops what waits.
            (api.add_pending_call)(Some(drop_waiting), ptr::null_mut());
        }
    }
}

/// Drops what waits. The GIL is held.
pub(super) fn drop_what_waits() {
    // Taken out before anything is dropped: dropping may run Python code that comes here again.
    let waiting = std::mem::take(&mut *WAITING.lock().unwrap_or_else(PoisonError::into_inner));
    drop(waiting);
}

/// The same as a pending call, which CPython makes with the GIL held.
unsafe extern "C" fn drop_waiting(_: *mut c_void) -> c_int {
    drop_what_waits();
    0
}

/// Wraps memory that a Python object owns as a managed tensor.
///
/// As spk_tensor_wrap, with a reference to `owner` instead of a function that frees: it is taken now, and given back
/// after the last holder has released the tensor: at once where that thread holds the GIL, else at the next call of a
/// spk_py_ function or when the main thread comes to it.
/// While the interpreter shuts down it is not given back at all.
///
/// Ownership: *borrows* `tensor`, *retains* `owner`; *returns new*.
/// Threads: the GIL must be held; the tensor may be released on any thread.
/// Errors: SPK_NULL_ARGUMENT, SPK_UNSUPPORTED (spk_py_start was not called), SPK_BAD_NDIM, SPK_BAD_SHAPE,
/// SPK_BAD_STRIDES, SPK_BAD_DTYPE, SPK_OUT_OF_MEMORY, SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_py_wrap(
    tensor: *const DLTensor,
    owner: *mut c_void,
    flags: u64,
    out: *mut *mut DLManagedTensorVersioned,
) -> i32 {
    status(|| {
        if out.is_null() || owner.is_null() {
            return refuse!(NullArgument, "{} is NULL", if out.is_null() { "out" } else { "owner" });
        }
        let Some(api) = api() else {
            return refuse!(Unsupported, "spk_py_start was not called");
        };
        drop_what_waits();
        // SAFETY: `out` is writable and `tensor` a DLTensor by the caller's promise. The reference is taken when
        // nothing can fail any more, under the GIL.
        unsafe {
            ptr::write_unaligned(out, ptr::null_mut());
            let described = dlpack::import::tensor(tensor, "tensor")?;
            let made = dlpack::export::new(&described, flags, |slot| {
                (api.inc_ref)(owner);
                *slot = Some(Reference(owner));
            })?;
            ptr::write_unaligned(out, made.into_raw().as_ptr());
        }
        Ok(())
    })
}
