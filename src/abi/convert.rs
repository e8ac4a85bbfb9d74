//! C structs and numbers into Rust's: sizes checked, enums converted, pointers looked at before use.

use crate::backend::cpu::{Exec, Progress, pool};
use crate::eigen;
use crate::error::{Result, refuse};
use crate::fft::{self, Direction, Family, Kind, Method, Mode, Norm, Trig};
use crate::tensor::{Dims, MAX_NDIM};
use std::ffi::{c_char, c_void};
use std::ptr;

/// Resources of one call. Zero everywhere, but for struct_size, and NULL both mean the defaults.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct spk_exec {
    /// sizeof(spk_exec) as the caller knows it.
    pub struct_size: u32,
    /// How many threads may compute, the caller's included; 0 is the global setting (SPK_NUM_THREADS, else all cores).
    pub threads: i32,
    /// CUDA: the stream, as CUDA means it. CPU: NULL.
    pub stream: *mut c_void,
    /// Memory for intermediate results of Fourier transforms, or NULL to let the library allocate; others ignore it. It
    /// overlaps no tensor of the call.
    pub scratch: *mut c_void,
    /// Bytes at `scratch`.
    pub scratch_size: usize,
    /// Called on the calling thread with the fraction done, between lines and between matrices, and with 1 at the end;
    /// non-zero cancels what is not yet done. Must not throw or longjmp. May be NULL.
    pub progress: Option<unsafe extern "C" fn(user: *mut c_void, fraction: f64) -> i32>,
    /// Handed to `progress`.
    pub user: *mut c_void,
}

/// What a Fourier transform shall do.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct spk_fft_desc {
    /// sizeof(spk_fft_desc) as the caller knows it.
    pub struct_size: u32,
    /// An spk_fft_kind.
    pub kind: i32,
    /// An spk_direction.
    pub direction: i32,
    /// An spk_norm.
    pub norm: i32,
    /// SPK_FFT_ flags or 0.
    pub flags: i32,
    /// How many axes; 0 means all, in order.
    pub naxes: i32,
    /// The axes; negative ones count from the end. NULL when naxes is 0.
    pub axes: *const i32,
    /// The transform length along each listed axis, -1 for the input's own (SPK_FFT_C2R, last axis: 2 (m - 1));
    /// NULL for all -1.
    pub lengths: *const i64,
}

/// What a Hermitian eigenvalue solve shall do. NULL means lower triangle, all values.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct spk_eigh_desc {
    /// sizeof(spk_eigh_desc) as the caller knows it.
    pub struct_size: u32,
    /// An spk_uplo.
    pub uplo: i32,
    /// An spk_range.
    pub range: i32,
    /// An spk_structure.
    pub structure: i32,
    /// SPK_RANGE_INDEX: the first wanted, from 0.
    pub index_low: i64,
    /// SPK_RANGE_INDEX: the last wanted.
    pub index_high: i64,
    /// SPK_RANGE_VALUE: wanted values are above this.
    pub value_low: f64,
    /// SPK_RANGE_VALUE: wanted values are at most this.
    pub value_high: f64,
    /// SPK_EIGH_ flags or 0.
    pub flags: i32,
    /// Must be 0.
    pub zero: i32,
}

/// A struct of the C surface that may grow at its end: plain old data that starts with its size.
///
/// # Safety
/// Every bit pattern is a value of the type (nullable pointers and numbers only), and the type has no padding.
unsafe trait Growing: Copy {
    const NAME: &'static str;
}
// SAFETY: numbers, nullable pointers and a nullable function pointer; a test holds that there is no padding.
unsafe impl Growing for spk_exec {
    const NAME: &'static str = "exec";
}
// SAFETY: numbers and nullable pointers; a test holds that there is no padding.
unsafe impl Growing for spk_fft_desc {
    const NAME: &'static str = "desc";
}
// SAFETY: numbers; a test holds that there is no padding.
unsafe impl Growing for spk_eigh_desc {
    const NAME: &'static str = "desc";
}

// SAFETY: numbers and a nullable pointer; a test holds that there is no padding.
unsafe impl Growing for super::spk_convolve_desc {
    const NAME: &'static str = "desc";
}

/// No release has structs beyond this many bytes; a larger size is not a size.
const MAX_STRUCT_SIZE: usize = 4096;

/// Reads a struct that may come from a caller with an older or a newer header.
unsafe fn read<T: Growing>(source: *const T) -> Result<Option<T>> {
    if source.is_null() {
        return Ok(None);
    }
    let name = T::NAME;
    let known = size_of::<T>();
    // SAFETY: not NULL; by the caller's promise at least a uint32_t is there.
    let size = unsafe { ptr::read_unaligned(source.cast::<u32>()) } as usize;
    if size < known {
        return refuse!(AbiMismatch, "{name}: struct_size = {size} where {known} bytes are needed");
    }
    if size > MAX_STRUCT_SIZE {
        return refuse!(AbiMismatch, "{name}: struct_size = {size} is no size of any version");
    }
    for at in known..size {
        // SAFETY: the caller says that `size` bytes are there.
        let byte = unsafe { ptr::read(source.cast::<u8>().add(at)) };
        if byte != 0 {
            return refuse!(AbiMismatch, "{name}: byte {at} of {size} is set, and this version knows {known} bytes");
        }
    }
    // SAFETY: `known` bytes are there, and every bit pattern is a value.
    Ok(Some(unsafe { ptr::read_unaligned(source) }))
}

/// `exec` with its defaults filled in. `progress` is where the callback's state lives for as long as the result.
///
/// # Safety
/// `exec` is NULL or points to an spk_exec whose scratch, callback and user pointer outlive the result.
pub(crate) unsafe fn exec<'a>(source: *const spk_exec, progress: &'a mut Option<Progress>) -> Result<Exec<'a>> {
    // SAFETY: the caller's promise.
    let Some(exec) = (unsafe { read(source) })? else {
        return Ok(Exec::with_threads(pool::default_threads()));
    };
    if exec.threads < 0 {
        return refuse!(InvalidArgument, "exec: threads = {} is negative", exec.threads);
    }
    if exec.scratch.is_null() && exec.scratch_size > 0 {
        return refuse!(NullArgument, "exec: scratch is NULL with scratch_size = {}", exec.scratch_size);
    }
    if exec.scratch_size > isize::MAX as usize {
        return refuse!(InvalidArgument, "exec: scratch_size = {} is more than there can be", exec.scratch_size);
    }
    if !exec.stream.is_null() {
        return refuse!(InvalidArgument, "exec: stream is {:p}, and work on the CPU takes NULL", exec.stream);
    }
    let threads = if exec.threads == 0 { pool::default_threads() } else { exec.threads as usize };
    let mut made = Exec::with_threads(threads);
    if !exec.scratch.is_null() {
        // SAFETY: the caller lends `scratch_size` writable bytes for the length of the call.
        let bytes = unsafe { std::slice::from_raw_parts_mut(exec.scratch.cast(), exec.scratch_size) };
        made = made.with_scratch(bytes);
    }
    if let Some(callback) = exec.progress {
        let user = exec.user;
        // SAFETY: the caller promises a function that takes `user` and does not unwind.
        let call: Progress = Box::new(move |fraction| unsafe { callback(user, fraction) } != 0);
        made = made.with_progress(progress.insert(call));
    }
    Ok(made)
}

/// The description of a transform of a tensor of `ndim` dimensions.
///
/// # Safety
/// `source` is NULL or points to an spk_fft_desc whose arrays hold `naxes` numbers.
pub(crate) unsafe fn fft_desc(source: *const spk_fft_desc, ndim: usize) -> Result<fft::Desc> {
    // SAFETY: the caller's promise.
    let Some(desc) = (unsafe { read(source) })? else {
        return refuse!(NullArgument, "desc is NULL");
    };
    let kind = match desc.kind {
        0 => Kind::C2C,
        1 => Kind::R2C,
        2 => Kind::C2R,
        n @ 11..=14 => Kind::Trig(Trig { family: Family::Cosine, number: (n - 10) as u8 }),
        n @ 21..=24 => Kind::Trig(Trig { family: Family::Sine, number: (n - 20) as u8 }),
        other => return refuse!(InvalidArgument, "desc: kind = {other} is no spk_fft_kind"),
    };
    let direction = match desc.direction {
        0 => Direction::Forward,
        1 => Direction::Inverse,
        other => return refuse!(InvalidArgument, "desc: direction = {other} is no spk_direction"),
    };
    let norm = match desc.norm {
        0 => Norm::Backward,
        1 => Norm::Ortho,
        2 => Norm::Forward,
        other => return refuse!(InvalidArgument, "desc: norm = {other} is no spk_norm"),
    };
    let orthogonal = match (kind, desc.flags & !super::SPK_FFT_OVERWRITE) {
        (_, 0) => None,
        (Kind::Trig(_), super::SPK_FFT_ORTHOGONALIZE) => Some(true),
        (Kind::Trig(_), super::SPK_FFT_NOT_ORTHOGONALIZE) => Some(false),
        _ => return refuse!(InvalidArgument, "desc: flags = {:#x} has bits that mean nothing here", desc.flags),
    };
    if desc.naxes < 0 || desc.naxes as usize > MAX_NDIM {
        return refuse!(BadAxis, "desc: naxes = {} is not within 0 to {MAX_NDIM}", desc.naxes);
    }
    let count = if desc.naxes == 0 { ndim } else { desc.naxes as usize };
    let axes = match (desc.naxes, desc.axes.is_null()) {
        (0, _) => (0..ndim as i32).collect(),
        (n, true) => return refuse!(NullArgument, "desc: axes is NULL with naxes = {n}"),
        // SAFETY: the caller says that `naxes` numbers are there.
        (_, false) => (0..count).map(|i| unsafe { ptr::read_unaligned(desc.axes.add(i)) }).collect(),
    };
    let lengths = match desc.lengths.is_null() {
        true => vec![-1; count],
        // SAFETY: the caller says that one number an axis is there.
        false => (0..count).map(|i| unsafe { ptr::read_unaligned(desc.lengths.add(i)) }).collect(),
    };
    Ok(fft::Desc { kind, direction, norm, orthogonal, axes, lengths })
}

/// The description of a convolution; NULL gives the defaults.
///
/// # Safety
/// `source` is NULL or points to an spk_convolve_desc whose array holds `naxes` numbers.
pub(super) unsafe fn convolve_desc(source: *const super::spk_convolve_desc) -> Result<super::fft_convolve::Asked> {
    use super::fft_convolve::Asked;
    // SAFETY: the caller's promise.
    let Some(desc) = (unsafe { read(source) })? else {
        return Ok(Asked { mode: Mode::Full, method: Method::Auto, correlate: false, axes: Vec::new() });
    };
    let mode = match desc.mode {
        0 => Mode::Full,
        1 => Mode::Same,
        2 => Mode::Valid,
        other => return refuse!(InvalidArgument, "desc: mode = {other} is no spk_convolve_mode"),
    };
    let method = match desc.method {
        0 => Method::Auto,
        1 => Method::Fft,
        2 => Method::Direct,
        other => return refuse!(InvalidArgument, "desc: method = {other} is no spk_convolve_method"),
    };
    if desc.flags & !super::SPK_CONVOLVE_CORRELATE != 0 {
        return refuse!(InvalidArgument, "desc: flags = {:#x} has bits that this version does not know", desc.flags);
    }
    if desc.zero != 0 {
        return refuse!(InvalidArgument, "desc: zero = {} must be 0", desc.zero);
    }
    if desc.naxes < 0 || desc.naxes as usize > MAX_NDIM {
        return refuse!(BadAxis, "desc: naxes = {} is not within 0 to {MAX_NDIM}", desc.naxes);
    }
    if desc.naxes > 0 && desc.axes.is_null() {
        return refuse!(NullArgument, "desc: axes is NULL with naxes = {}", desc.naxes);
    }
    // SAFETY: the caller says that `naxes` numbers are there.
    let axes = (0..desc.naxes as usize).map(|i| unsafe { ptr::read_unaligned(desc.axes.add(i)) }).collect();
    Ok(Asked { mode, method, correlate: desc.flags != 0, axes })
}

/// The description of an eigenvalue solve; NULL gives the defaults.
///
/// # Safety
/// `source` is NULL or points to an spk_eigh_desc.
pub(crate) unsafe fn eigh_desc(source: *const spk_eigh_desc) -> Result<eigen::Desc> {
    // SAFETY: the caller's promise.
    let Some(desc) = (unsafe { read(source) })? else {
        return Ok(eigen::Desc::default());
    };
    let triangle = match desc.uplo {
        0 => eigen::Triangle::Lower,
        1 => eigen::Triangle::Upper,
        other => return refuse!(InvalidArgument, "desc: uplo = {other} is no spk_uplo"),
    };
    let range = match desc.range {
        0 => eigen::Range::All,
        1 => eigen::Range::Index(desc.index_low, desc.index_high),
        2 => eigen::Range::Value(desc.value_low, desc.value_high),
        other => return refuse!(InvalidArgument, "desc: range = {other} is no spk_range"),
    };
    match desc.structure {
        0 | 1 => {}
        s @ 2..=5 => return refuse!(Unsupported, "desc: structure = {s}: this version solves all matrices as dense"),
        other => return refuse!(InvalidArgument, "desc: structure = {other} is no spk_structure"),
    }
    if desc.flags & !super::SPK_EIGH_OVERWRITE != 0 {
        return refuse!(InvalidArgument, "desc: flags = {:#x} has bits that this version does not know", desc.flags);
    }
    if desc.zero != 0 {
        return refuse!(InvalidArgument, "desc: zero = {} must be 0", desc.zero);
    }
    Ok(eigen::Desc { triangle, range })
}

/// Tensor flags, if they are ones that DLPack 1.3 names.
pub(crate) fn tensor_flags(flags: u64) -> Result<u64> {
    let known = super::SPK_TENSOR_READ_ONLY | super::SPK_TENSOR_COPIED | super::SPK_TENSOR_SUBBYTE_PADDED;
    if flags & !known != 0 {
        return refuse!(InvalidArgument, "flags = {flags:#x} has bits beyond {known:#x}");
    }
    Ok(flags)
}

/// `count` numbers at `source`.
///
/// # Safety
/// `source` is NULL or holds `count` numbers.
pub(crate) unsafe fn numbers(source: *const i64, count: i32, name: &str) -> Result<Dims> {
    if count < 0 || count as usize > MAX_NDIM {
        return refuse!(BadNdim, "ndim = {count} is not within 0 to {MAX_NDIM}");
    }
    if source.is_null() && count > 0 {
        return refuse!(NullArgument, "{name} is NULL with ndim = {count}");
    }
    // SAFETY: the caller's promise; with count 0 nothing is read.
    Ok((0..count as usize).map(|i| unsafe { ptr::read_unaligned(source.add(i)) }).collect())
}

/// Stores a result where the caller asked for it.
///
/// # Safety
/// `slot` is NULL or points to a writable `T`, aligned or not.
pub(crate) unsafe fn store<T>(slot: *mut T, name: &str, value: T) -> Result<()> {
    if slot.is_null() {
        return refuse!(NullArgument, "{name} is NULL");
    }
    // SAFETY: the caller's promise.
    unsafe { ptr::write_unaligned(slot, value) };
    Ok(())
}

/// A handle that this library gave out.
///
/// # Safety
/// `handle` is NULL or a live handle of type `T`.
pub(crate) unsafe fn handle<'a, T>(handle: *const T, name: &str) -> Result<&'a T> {
    // SAFETY: the caller's promise; NULL gives None.
    match unsafe { handle.as_ref() } {
        Some(handle) => Ok(handle),
        None => refuse!(NullArgument, "{name} is NULL"),
    }
}

/// Copies `text` to `buf` of `len` bytes: always NUL-terminated (if there is room for that), never half a character.
/// Returns the bytes that the whole text needs with its NUL.
///
/// # Safety
/// `buf` is NULL or has `len` writable bytes.
pub(crate) unsafe fn copy_string(text: &str, buf: *mut c_char, len: usize) -> usize {
    if !buf.is_null() && len > 0 {
        let fits = text.len().min(len - 1);
        let cut = (0..=fits).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        // SAFETY: cut < len bytes are written, then one NUL; `text` is ours and does not overlap.
        unsafe {
            ptr::copy_nonoverlapping(text.as_ptr(), buf.cast::<u8>(), cut);
            *buf.add(cut) = 0;
        }
    }
    text.len() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;

    #[test]
    fn structs_have_no_padding_and_the_documented_layout() {
        assert_eq!(size_of::<spk_exec>(), 4 + 4 + 8 * 5);
        assert_eq!(offset_of!(spk_exec, user), 40);
        assert_eq!(size_of::<spk_fft_desc>(), 6 * 4 + 2 * 8);
        assert_eq!(offset_of!(spk_fft_desc, axes), 24);
        assert_eq!(size_of::<super::super::spk_convolve_desc>(), 6 * 4 + 8);
        assert_eq!(size_of::<spk_eigh_desc>(), 4 * 4 + 4 * 8 + 2 * 4);
        assert_eq!(offset_of!(spk_eigh_desc, index_low), 16);
    }

    #[test]
    fn strings_are_cut_between_characters() {
        let mut buf = [1 as c_char; 8];
        // SAFETY: the buffer has 8 bytes.
        let needed = unsafe { copy_string("ab\u{e9}d", buf.as_mut_ptr(), 4) };
        assert_eq!(needed, 6);
        assert_eq!(&buf[..4], &[b'a' as c_char, b'b' as c_char, 0, 1]);
    }

    #[test]
    fn a_larger_struct_passes_when_the_rest_is_zero() {
        #[repr(C)]
        struct Newer(spk_eigh_desc, [u8; 8]);
        // SAFETY: all zeros are a value of both.
        let mut newer: Newer = unsafe { std::mem::zeroed() };
        newer.0.struct_size = size_of::<Newer>() as u32;
        // SAFETY: the struct is as large as it says.
        assert!(unsafe { eigh_desc(&raw const newer.0) }.is_ok());
        newer.1[7] = 1;
        // SAFETY: as above.
        let refused = unsafe { eigh_desc(&raw const newer.0) }.unwrap_err();
        assert_eq!(refused.status, crate::error::Status::AbiMismatch);
    }
}
