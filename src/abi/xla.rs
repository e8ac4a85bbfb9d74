//! Handlers that XLA calls: the C surface's functions on the buffers of a call frame.

use super::{spk_eigh, spk_eigh_desc, spk_exec, spk_fft, spk_fft_desc};
use crate::error::{Result, refuse};
use crate::hosts::xla::{self, Call};
use std::ffi::c_void;
use std::ptr;

/// The attribute `how`, which has one number for each of `N` settings.
fn how<const N: usize>(call: &Call<'_>) -> Result<[i32; N]> {
    let numbers = call.integers("how")?;
    match <[i32; N]>::try_from(numbers) {
        Ok(numbers) => Ok(numbers),
        Err(numbers) => refuse!(InvalidArgument, "attribute how: {numbers:?} has not {N} numbers"),
    }
}

fn resources(threads: i32) -> spk_exec {
    spk_exec {
        struct_size: size_of::<spk_exec>() as u32,
        threads,
        stream: ptr::null_mut(),
        scratch: ptr::null_mut(),
        scratch_size: 0,
        progress: None,
        user: ptr::null_mut(),
    }
}

/// Handles a call of XLA's typed FFI that computes spk_fft.
///
/// To be registered for the CPU, as by jax.ffi.register_ffi_target; `call_frame` is an XLA_FFI_CallFrame of API 0.3,
/// and the question for metadata is answered. One argument is transformed into one result, both dense buffers of F32,
/// F64, C64 or C128. The attributes are arrays of int64: `how` is kind, direction, norm and threads, as in spk_fft_desc
/// and spk_exec, and `axes` and `lengths` have one number for each axis, of which there is at least one.
///
/// Ownership: *borrows* `call_frame`; an error that it returns is XLA's to destroy.
/// Threads: any.
/// Errors: NULL is success; else an XLA_FFI_Error with the message that spk_fft leaves.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_xla_fft(call_frame: *mut c_void) -> *mut c_void {
    let compute = |call: &Call<'_>| {
        let [kind, direction, norm, threads] = how(call)?;
        let axes: Vec<i32> = call.integers("axes")?;
        let lengths: Vec<i64> = call.integers("lengths")?;
        if axes.is_empty() || axes.len() != lengths.len() {
            return refuse!(InvalidArgument, "attribute axes: {axes:?} with lengths {lengths:?}");
        }
        let (input, output) = (call.argument(0, "in")?, call.result(0, "out")?);
        let desc = spk_fft_desc {
            struct_size: size_of::<spk_fft_desc>() as u32,
            kind,
            direction,
            norm,
            flags: 0,
            naxes: i32::try_from(axes.len()).unwrap_or(i32::MAX),
            axes: axes.as_ptr(),
            lengths: lengths.as_ptr(),
        };
        // SAFETY: XLA vouches for the buffers; the description's arrays are alive and of one length.
        Ok(unsafe { spk_fft(&input, &desc, &resources(threads), &output) })
    };
    // SAFETY: the caller vouches for the frame.
    unsafe { xla::answer(call_frame, compute) }
}

/// Handles a call of XLA's typed FFI that computes spk_eigh.
///
/// As spk_xla_fft. The argument is `a`, the results are `w` and, if there are two, `v`. The attribute `how` is uplo,
/// range and threads, as in spk_eigh_desc and spk_exec, and `index` is index_low and index_high.
///
/// Ownership: *borrows* `call_frame`; an error that it returns is XLA's to destroy.
/// Threads: any.
/// Errors: NULL is success; else an XLA_FFI_Error with the message that spk_eigh leaves.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_xla_eigh(call_frame: *mut c_void) -> *mut c_void {
    let compute = |call: &Call<'_>| {
        let [uplo, range, threads] = how(call)?;
        let index: Vec<i64> = call.integers("index")?;
        let [index_low, index_high] = index[..] else {
            return refuse!(InvalidArgument, "attribute index: {index:?} is no pair");
        };
        let (a, w) = (call.argument(0, "a")?, call.result(0, "w")?);
        let v = if call.result_count() > 1 { Some(call.result(1, "v")?) } else { None };
        let desc = spk_eigh_desc {
            struct_size: size_of::<spk_eigh_desc>() as u32,
            uplo,
            range,
            structure: 0,
            index_low,
            index_high,
            value_low: 0.0,
            value_high: 0.0,
            flags: 0,
            zero: 0,
        };
        let v = v.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: XLA vouches for the buffers; NULL stands for vectors that are not wanted.
        Ok(unsafe { spk_eigh(&a, &desc, &resources(threads), &w, v, ptr::null()) })
    };
    // SAFETY: the caller vouches for the frame.
    unsafe { xla::answer(call_frame, compute) }
}
