//! Memory of our own: aligned to 256 bytes, and refused rather than aborted when it cannot be had.

use crate::error::{Result, refuse};
use std::ffi::c_void;
use std::ptr::{self, NonNull};

/// Every allocation starts at a multiple of this, which suits every vector unit and JAX's rule of 64.
const ALIGNMENT: usize = 256;

/// An allocation of fixed size, or nothing for 0 bytes. The bytes start unset.
pub(crate) struct Storage {
    data: Option<NonNull<c_void>>,
}

// SAFETY: plain memory that the value alone owns; it may be freed on any thread.
unsafe impl Send for Storage {}
// SAFETY: a shared Storage only tells its address.
unsafe impl Sync for Storage {}

impl Storage {
    /// `bytes` bytes, or OUT_OF_MEMORY. `what` names them in the message.
    pub fn new(bytes: usize, what: &str) -> Result<Self> {
        if bytes == 0 {
            return Ok(Storage { data: None });
        }
        let mut data = ptr::null_mut();
        // SAFETY: `data` receives the address; the alignment is a power of two and a multiple of a pointer's size.
        let failed = unsafe { libc::posix_memalign(&mut data, ALIGNMENT, bytes) };
        match NonNull::new(data) {
            Some(data) if failed == 0 => {
                ask_for_huge_pages(data, bytes);
                Ok(Storage { data: Some(data) })
            }
            _ => refuse!(OutOfMemory, "{what}: {bytes} bytes could not be allocated"),
        }
    }

    /// The address, NULL for 0 bytes.
    pub fn address(&self) -> *mut c_void {
        self.data.map_or(ptr::null_mut(), NonNull::as_ptr)
    }
}

/// Large memory costs one page fault for every 4 KiB on its first touch, or one for every 2 MiB where Linux is asked.
fn ask_for_huge_pages(data: NonNull<c_void>, bytes: usize) {
    #[cfg(target_os = "linux")]
    if bytes >= 4 << 20 {
        let page = 4096;
        let pad = data.as_ptr().align_offset(page);
        // SAFETY: the pages lie within the allocation, which is larger than a page. The advice changes no contents, and
        // it does not matter when it is refused.
        unsafe {
            libc::madvise(data.as_ptr().wrapping_byte_add(pad), (bytes - pad) / page * page, libc::MADV_HUGEPAGE)
        };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (data, bytes);
}

impl Drop for Storage {
    fn drop(&mut self) {
        // SAFETY: the address came from posix_memalign, or is NULL, and nobody uses it any more.
        unsafe { libc::free(self.address()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_is_aligned_and_a_petabyte_is_refused() {
        let some = Storage::new(100, "x").unwrap();
        assert_eq!(some.address() as usize % ALIGNMENT, 0);
        assert!(Storage::new(0, "x").unwrap().address().is_null());
        let refused = Storage::new(1 << 50, "x").err().unwrap();
        assert_eq!(refused.status, crate::error::Status::OutOfMemory);
    }
}
