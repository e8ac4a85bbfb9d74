//! Jobs that a bench times, ours and the peers', behind one C surface.

mod eigen;
mod fft;

use std::ffi::{CStr, CString, c_char, c_void};
use std::hint::black_box;
use std::time::Instant;

/// A prepared computation; every run is the same work.
pub struct Job(Box<dyn FnMut()>);

impl Job {
    fn boxed(run: impl FnMut() + 'static) -> *mut Job {
        Box::into_raw(Box::new(Job(Box::new(run))))
    }
}

/// Seconds that `runs` runs of a job take.
///
/// # Safety
/// `job` comes from this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peers_time(job: *mut Job, runs: u64) -> f64 {
    // SAFETY: the caller's promise.
    let run = unsafe { &mut (*job).0 };
    let start = Instant::now();
    for _ in 0..runs {
        black_box(&mut *run)();
    }
    start.elapsed().as_secs_f64()
}

/// # Safety
/// `job` comes from this library and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peers_free(job: *mut Job) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(job) });
}

/// A function of a library that is loaded at run time; it stays loaded.
fn symbol(library: &CStr, name: &str) -> Option<*mut c_void> {
    let name = CString::new(name).ok()?;
    // SAFETY: two NUL-terminated strings. The peers' constructors are what any program that uses them runs.
    let found = unsafe {
        let handle = libc::dlopen(library.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
        if handle.is_null() { std::ptr::null_mut() } else { libc::dlsym(handle, name.as_ptr()) }
    };
    (!found.is_null()).then_some(found)
}

/// # Safety
/// `text` is NUL-terminated.
unsafe fn borrowed<'a>(text: *const c_char) -> &'a CStr {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }
}
