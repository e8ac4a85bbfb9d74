//! The form of DLPack before 1.0: no version, no flags.

use super::export::{self, Owned};
use super::import;
use crate::error::{Result, refuse};
use dlpark::DlpackFlags;
use dlpark::ffi::{DLManagedTensor, DLManagedTensorVersioned};
use std::ptr::{self, NonNull};

/// A foreign legacy tensor, to be released once.
struct Foreign(NonNull<DLManagedTensor>);

// SAFETY: DLPack asks of deleters that any thread may call them.
unsafe impl Send for Foreign {}

impl Drop for Foreign {
    fn drop(&mut self) {
        // SAFETY: the tensor was taken over with its share, which is given up here, once.
        unsafe { release(self.0.as_ptr()) }
    }
}

/// Takes over `legacy`; on failure it stays the caller's.
///
/// # Safety
/// `legacy` is NULL or a live legacy tensor, which the caller gives up on success.
pub(crate) unsafe fn take(legacy: *mut DLManagedTensor, flags: u64, name: &str) -> Result<Owned> {
    let Some(foreign) = NonNull::new(legacy) else {
        return refuse!(NullArgument, "{name} is NULL");
    };
    // SAFETY: the caller's promise. One that was made here gives its share back, so that going to and fro between the
    // two forms nests nothing.
    unsafe {
        let ours = (*legacy).deleter.is_some_and(|deleter| deleter as usize == DELETER as usize);
        if ours && (*legacy.cast::<Made>()).share.flags() == flags {
            return Ok(Box::from_raw(legacy.cast::<Made>()).share);
        }
        let raw = import::read(&raw const (*legacy).dl_tensor, name)?;
        let place = import::check(&raw, name, import::Depth::Data)?;
        export::adopt(&raw, &place, flags, |owner| *owner = Some(Foreign(foreign)))
    }
}

/// A legacy tensor of ours: the struct that consumers see, and the share that keeps its memory, shape and strides.
#[repr(C)]
struct Made {
    managed: DLManagedTensor,
    share: Owned,
}

unsafe extern "C" fn delete(tensor: *mut DLManagedTensor) {
    if !tensor.is_null() {
        // SAFETY: the pointer is the first field of a boxed Made, given up by its one holder.
        drop(unsafe { Box::from_raw(tensor.cast::<Made>()) });
    }
}

/// One value of the function's address, so that comparing it is meaningful.
static DELETER: unsafe extern "C" fn(*mut DLManagedTensor) = delete;

/// Turns a versioned tensor into a legacy one; on failure it stays the caller's.
///
/// # Safety
/// `tensor` is NULL or a live managed tensor, of which the caller gives up a share on success.
pub(crate) unsafe fn from_versioned(
    tensor: *mut DLManagedTensorVersioned,
    name: &str,
) -> Result<NonNull<DLManagedTensor>> {
    // SAFETY: the caller's promise; the version is looked at before the flags.
    let share = unsafe {
        import::check_version(tensor, name)?;
        if (*tensor).flags.contains(DlpackFlags::IS_SUBBYTE_TYPE_PADDED) {
            return refuse!(Unsupported, "{name}: its elements are padded to bytes, which the legacy form cannot say");
        }
        if (*tensor).flags.contains(DlpackFlags::READ_ONLY) {
            return refuse!(ReadOnly, "{name}: marked read-only, which the legacy form cannot say; copy it first");
        }
        import::take(tensor, name)?
    };
    let managed =
        DLManagedTensor { dl_tensor: share.dl_tensor(), manager_ctx: ptr::null_mut(), deleter: Some(DELETER) };
    Ok(NonNull::from(Box::leak(Box::new(Made { managed, share }))).cast())
}

/// Releases a legacy tensor, whoever made it.
///
/// # Safety
/// `tensor` is NULL or a live legacy tensor that the caller gives up.
pub(crate) unsafe fn release(tensor: *mut DLManagedTensor) {
    // SAFETY: the caller's promise.
    unsafe {
        if !tensor.is_null()
            && let Some(deleter) = (*tensor).deleter
        {
            deleter(tensor);
        }
    }
}
