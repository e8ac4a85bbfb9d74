//! Version and build.

use super::convert;
use std::ffi::c_char;

/// Major version of the header; equal to the library's `spk_version() / 10000`.
pub const SPK_VERSION_MAJOR: u32 = 0;
/// Minor version of the header. Until 1.0 a new minor version may change the ABI.
pub const SPK_VERSION_MINOR: u32 = 1;
/// Patch version of the header.
pub const SPK_VERSION_PATCH: u32 = 0;

/// Gives the version of the library that runs.
///
/// The number is major * 10000 + minor * 100 + patch; compare it with the header's SPK_VERSION_MAJOR and
/// SPK_VERSION_MINOR when the library was loaded at run time.
///
/// Ownership: nothing changes hands.
/// Threads: any.
/// Errors: none.
/// Since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn spk_version() -> u32 {
    SPK_VERSION_MAJOR * 10_000 + SPK_VERSION_MINOR * 100 + SPK_VERSION_PATCH
}

/// Copies one line on how the library was built and what it runs on.
///
/// The line holds the version, the target, the DLPack version, the engines and the CPU's vector extensions. At most
/// `len` bytes are written to `buf`, always with a terminating NUL; `buf` may be NULL when `len` is 0. The return
/// value is the number of bytes the whole line needs, its NUL included.
///
/// Ownership: *borrows* `buf`.
/// Threads: any.
/// Errors: none.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_build_info(buf: *mut c_char, len: usize) -> usize {
    let line = format!(
        "spectrapack {} {}-{} | DLPack {}.{} | fft: {} | eigen: {} | cpu: {}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH,
        std::env::consts::OS,
        dlpark::ffi::DLPACK_MAJOR_VERSION,
        dlpark::ffi::DLPACK_MINOR_VERSION,
        crate::fft::ENGINE,
        crate::eigen::ENGINE,
        crate::backend::cpu::isa::best().name(),
    );
    // SAFETY: the caller vouches for `buf` and `len`.
    unsafe { convert::copy_string(&line, buf, len) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn version_constants_are_those_of_the_crate() {
        let text = format!("{}.{}.{}", super::SPK_VERSION_MAJOR, super::SPK_VERSION_MINOR, super::SPK_VERSION_PATCH);
        assert_eq!(text, env!("CARGO_PKG_VERSION"));
    }
}
