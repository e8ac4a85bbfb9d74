//! What stands between Rust and the C caller: no panic crosses, each failure leaves its status and its message.

use crate::dlpack::Owned;
use crate::error::{Error, Result, Status, refuse};
use dlpark::ffi::DLManagedTensorVersioned;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};

thread_local! {
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `body` and turns what comes of it into a status number.
pub(crate) fn status(body: impl FnOnce() -> Result<()>) -> i32 {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => remember(error),
        Err(payload) => remember(Error::new(Status::Panic, panic_message(payload.as_ref()))),
    }
}

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

/// Shows this thread's last message to `read`.
pub(crate) fn with_last_error<R>(read: impl FnOnce(&str) -> R) -> R {
    // While the thread ends its message is gone already: then it reads as empty.
    let message = LAST_ERROR.try_with(|last| last.try_borrow().map(|m| m.clone()).unwrap_or_default());
    read(&message.unwrap_or_default())
}

fn remember(error: Error) -> i32 {
    let status = error.status as i32;
    let _ = LAST_ERROR.try_with(|last| last.try_borrow_mut().map(|mut m| *m = error.message));
    status
}

fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("a bug in spectrapack: {}", text.unwrap_or("panic without a message"))
}
