//! What stands between Rust and the C caller beyond [`crate::error::last`]: where results are written, and how the
//! processor rounds.

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

/// While it lives, this thread and those that it starts compute with subnormal numbers, round to nearest and trap
/// nothing, as the engines expect. XLA and PyTorch flush subnormals, which spoils eigenvectors.
pub(crate) struct DefaultFloats {
    /// What the caller had, where that is another setting.
    #[cfg(target_arch = "x86_64")]
    callers: Option<u32>,
}

impl DefaultFloats {
    pub fn new() -> Self {
        DefaultFloats {
            #[cfg(target_arch = "x86_64")]
            callers: mxcsr::replace_unless_default(),
        }
    }
}

impl Drop for DefaultFloats {
    fn drop(&mut self) {
        #[cfg(target_arch = "x86_64")]
        if let Some(setting) = self.callers {
            mxcsr::set(setting);
        }
    }
}

/// The register that says how SSE and AVX compute.
#[cfg(target_arch = "x86_64")]
mod mxcsr {
    use std::arch::asm;

    /// What a process starts with. The lowest six bits only record what has happened.
    const DEFAULT: u32 = 0x1f80;
    const SETTINGS: u32 = !0x3f;

    fn get() -> u32 {
        let mut value = 0;
        // SAFETY: the instruction writes 4 bytes to a variable of ours.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut value, options(nostack, preserves_flags)) };
        value
    }

    /// Sets what was read before, or the default: other values may have bits that fault.
    pub fn set(value: u32) {
        // SAFETY: the instruction reads 4 bytes of a variable of ours, and the processor knows all bits that are set.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const value, options(nostack, preserves_flags)) };
    }

    /// Sets the default, and returns what was there if that is something else.
    pub fn replace_unless_default() -> Option<u32> {
        let found = get();
        let other = (found & SETTINGS != DEFAULT).then_some(found);
        if other.is_some() {
            set(DEFAULT);
        }
        other
    }

    #[cfg(test)]
    mod tests {
        use super::super::DefaultFloats;
        use super::*;
        use std::hint::black_box;

        #[test]
        fn subnormals_count_inside_and_the_callers_setting_is_back_afterwards() {
            let half_of_least = || black_box(f32::MIN_POSITIVE) * black_box(0.5);
            let flushing = DEFAULT | 0x8040;
            let before = get();
            set(flushing);
            let outside = half_of_least();
            let inside = {
                let _floats = DefaultFloats::new();
                (half_of_least(), std::thread::spawn(half_of_least).join().unwrap())
            };
            let after = get();
            set(before);
            assert_eq!(outside, 0.0);
            assert!(inside.0 > 0.0 && inside.1 > 0.0, "{inside:?}");
            assert_eq!(after & SETTINGS, flushing);
        }
    }
}
