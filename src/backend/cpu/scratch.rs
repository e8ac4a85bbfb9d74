//! Scratch memory: one block, carved into typed pieces, from the caller or from the heap.

use crate::error::Result;
use crate::tensor::strides::row_major;
use crate::tensor::{Element, Storage, ViewMut, shape};
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;

/// Pieces start at multiples of this: a cache line.
const ALIGNMENT: usize = 64;

/// A block of scratch: the caller's or ours.
pub(crate) enum Block<'a> {
    Lent(&'a mut [u8]),
    Own(Kept),
}

/// Memory of ours, which a thread keeps for its next call when it is done with it.
pub(crate) struct Kept {
    storage: Option<Storage>,
    bytes: usize,
}

/// What a thread keeps at most. Fresh memory costs a page fault every 4 KiB, more than a transform of what it holds.
const MOST_KEPT: usize = 8 << 20;

thread_local! {
    static KEPT: Cell<Option<(Storage, usize)>> = const { Cell::new(None) };
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.bytes <= MOST_KEPT
            && let Some(storage) = self.storage.take()
        {
            // A thread that ends keeps nothing any more: then the memory is freed here.
            let kept = (storage, self.bytes);
            let _ = KEPT.try_with(|cell| cell.set(Some(kept)));
        }
    }
}

impl Block<'_> {
    pub fn allocate(bytes: usize) -> Result<Self> {
        if let Ok(Some((storage, kept))) = KEPT.try_with(Cell::take)
            && kept >= bytes
        {
            return Ok(Block::Own(Kept { storage: Some(storage), bytes: kept }));
        }
        // A little more, so that calls of growing size do not ask each time.
        let bytes = if bytes < MOST_KEPT { bytes.next_power_of_two().max(1 << 16) } else { bytes };
        Ok(Block::Own(Kept { storage: Some(Storage::new(bytes, "scratch")?), bytes }))
    }

    /// All of the block, to be carved.
    pub fn arena(&mut self) -> Arena<'_> {
        let (start, left) = match self {
            Block::Lent(bytes) => (bytes.as_mut_ptr(), bytes.len()),
            Block::Own(kept) => (kept.storage.as_ref().map_or(ptr::null_mut(), Storage::address).cast(), kept.bytes),
        };
        Arena { start, left, memory: PhantomData }
    }
}

/// Elements of our own, 0 at first, aligned as [`Storage`] is.
pub(crate) struct Buffer<T: Element> {
    storage: Storage,
    count: usize,
    elements: PhantomData<T>,
}

impl<T: Element> Buffer<T> {
    pub fn zeroed(count: usize) -> Result<Self> {
        // At least one byte, so that there is an address.
        let bytes = piece::<T>(count.max(1)).unwrap_or(usize::MAX);
        let storage = Storage::new(bytes, "scratch")?;
        // SAFETY: the storage has that many bytes, and nobody else knows of it.
        unsafe { ptr::write_bytes(storage.address().cast::<u8>(), 0, bytes) };
        Ok(Buffer { storage, count, elements: PhantomData })
    }
}

impl<T: Element> std::ops::Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: `count` elements lie in the storage, set since `zeroed`: all zeros are a value of every element type.
        unsafe { std::slice::from_raw_parts(self.storage.address().cast(), self.count) }
    }
}

impl<T: Element> std::ops::DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and `self` is borrowed for as long as the slice.
        unsafe { std::slice::from_raw_parts_mut(self.storage.address().cast(), self.count) }
    }
}

/// The bytes of a block that are still to be given out.
pub(crate) struct Arena<'a> {
    start: *mut u8,
    left: usize,
    memory: PhantomData<&'a mut [u8]>,
}

/// Memory that its holder alone uses, aligned to a cache line and unset. Kernels take it by address.
pub(crate) struct Space<'a, T> {
    start: *mut T,
    count: usize,
    memory: PhantomData<&'a mut [T]>,
}

// SAFETY: exclusive memory of plain elements may be used by whichever thread holds it.
unsafe impl<T: Element> Send for Space<'_, T> {}

impl<T> Space<'_, T> {
    pub fn start(&mut self) -> *mut T {
        self.start
    }

    /// How many elements there is room for.
    pub fn len(&self) -> usize {
        self.count
    }
}

/// Bytes to ask for so that `bytes` bytes can be carved, whatever the block's address.
pub(crate) const fn with_slack(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { bytes.saturating_add(ALIGNMENT) }
}

/// Bytes that a piece of `count` elements takes, or None when that overflows.
pub(crate) fn piece<T>(count: usize) -> Option<usize> {
    count.checked_mul(size_of::<T>())?.checked_next_multiple_of(ALIGNMENT).filter(|b| *b < isize::MAX as usize / 2)
}

impl<'a> Arena<'a> {
    /// Cuts off the next `bytes` bytes, aligned.
    fn cut(&mut self, bytes: usize) -> *mut u8 {
        let pad = self.start.align_offset(ALIGNMENT);
        assert!(pad.saturating_add(bytes) <= self.left, "scratch: {bytes} bytes where {} are left", self.left);
        let piece = self.start.wrapping_add(pad);
        self.start = piece.wrapping_add(bytes);
        self.left -= pad + bytes;
        piece
    }

    /// `count` zeros.
    pub fn slice<T: Element>(&mut self, count: usize) -> &'a mut [T] {
        let bytes = count * size_of::<T>();
        if bytes == 0 {
            return &mut [];
        }
        let piece = self.cut(bytes);
        // SAFETY: the bytes belong to the arena, are given out once, are aligned to 64, and are set here; all zeros
        // are a value of every element type.
        unsafe {
            ptr::write_bytes(piece, 0, bytes);
            std::slice::from_raw_parts_mut(piece.cast(), count)
        }
    }

    /// Room for `count` elements, unset.
    pub fn space<T: Element>(&mut self, count: usize) -> Space<'a, T> {
        let piece = self.cut(count * size_of::<T>());
        Space { start: piece.cast(), count, memory: PhantomData }
    }

    /// A compact tensor whose elements are unset; engines write it before they read it.
    pub fn tensor<T: Element>(&mut self, shape: &[i64]) -> ViewMut<'a, T> {
        let count = shape::count(shape).unwrap_or(0) as usize;
        let piece = self.cut(count * size_of::<T>());
        // SAFETY: the bytes belong to the arena and are given out once; compact strides name each element once.
        unsafe { ViewMut::new(piece.cast(), shape.into(), row_major(shape)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_the_promised_size_fit_at_any_address() {
        for shift in 0..70 {
            let bytes = with_slack(piece::<f64>(3).unwrap() + piece::<f32>(5).unwrap());
            let mut memory = vec![1u8; shift + bytes];
            let mut block = Block::Lent(&mut memory[shift..]);
            let mut arena = block.arena();
            let (a, b) = (arena.slice::<f64>(3), arena.slice::<f32>(5));
            a[0] = 1.0;
            assert_eq!((a.len(), b.len(), b[4]), (3, 5, 0.0));
        }
    }
}
