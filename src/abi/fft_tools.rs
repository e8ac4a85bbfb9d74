//! Beside the transforms: lengths that are fast, and the cache of engines.

use super::{convert, guard};
use crate::error::refuse;
use crate::fft::{self, cache};

/// Finds the least length of at least `n` that transforms fast.
///
/// Such a length has the prime factors 2, 3, 5, 7 and 11 only, for `real` other than 0 (real input or output) 2, 3 and
/// 5 only; SciPy's next_fast_len answers the same. Padding to it costs less than a transform of a length with large
/// prime factors. 0 gives 0.
///
/// Ownership: *borrows* `out_length`.
/// Threads: any.
/// Errors: SPK_NULL_ARGUMENT, SPK_INVALID_ARGUMENT (`n` is negative, or the length would be beyond 2^63 - 1),
/// SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_fft_next_fast_len(n: i64, real: i32, out_length: *mut i64) -> i32 {
    guard::status(|| {
        let found = if n < 0 { None } else { fft::next_fast(n, real != 0) };
        let Some(length) = found else {
            let why = if n < 0 { "is negative" } else { "has no such length up to 2^63 - 1" };
            return refuse!(InvalidArgument, "n: {n} {why}");
        };
        // SAFETY: the caller vouches for `out_length`; NULL is refused.
        unsafe { convert::store(out_length, "out_length", length) }
    })
}

/// Tells how much the cache behind transforms holds, and how much it may hold.
///
/// Transforms and plans find engines for recent lengths there, with their tables of factors. Entries are engines: one
/// for each length, kind, direction and precision. Bytes are those of the tables; some are estimates. Each pointer may
/// be NULL.
///
/// Ownership: *borrows* all arguments.
/// Threads: any.
/// Errors: SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spk_fft_cache_info(
    out_entries: *mut usize,
    out_bytes: *mut usize,
    out_max_entries: *mut usize,
    out_max_bytes: *mut usize,
) -> i32 {
    guard::status(|| {
        let (held, limit) = cache::extent();
        let slots = [
            (out_entries, held.entries),
            (out_bytes, held.bytes),
            (out_max_entries, limit.entries),
            (out_max_bytes, limit.bytes),
        ];
        for (slot, number) in slots.into_iter().filter(|(slot, _)| !slot.is_null()) {
            // SAFETY: not NULL, and writable by the caller's promise.
            unsafe { convert::store(slot, "out", number) }?;
        }
        Ok(())
    })
}

/// Sets how much the cache behind transforms may hold, and frees what is beyond.
///
/// The engines that were used least recently go first. One that takes more than `max_bytes` alone is never kept. 0
/// entries, or 0 bytes, turn the cache off. The default is 64 entries and 64 MiB.
///
/// Ownership: *borrows* nothing.
/// Threads: any.
/// Errors: SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn spk_fft_cache_set_limit(max_entries: usize, max_bytes: usize) -> i32 {
    guard::status(|| {
        cache::set_limit(cache::Extent { entries: max_entries, bytes: max_bytes });
        Ok(())
    })
}

/// Frees all that the cache behind transforms holds.
///
/// Plans keep what they need, and so do transforms under way.
///
/// Ownership: *borrows* nothing.
/// Threads: any.
/// Errors: SPK_PANIC.
/// Since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn spk_fft_cache_clear() -> i32 {
    guard::status(|| {
        cache::clear();
        Ok(())
    })
}
