//! Scratch memory: one block, carved into typed pieces, from the caller or from the heap.

use crate::error::Result;
use crate::tensor::strides::row_major;
use crate::tensor::{Element, Storage, ViewMut, shape};
use std::marker::PhantomData;
use std::ptr;

/// Pieces start at multiples of this: a cache line.
const ALIGNMENT: usize = 64;

/// A block of scratch: the caller's or ours.
pub(crate) enum Block<'a> {
    Lent(&'a mut [u8]),
    Own(Storage, usize),
}

impl Block<'_> {
    pub fn allocate(bytes: usize) -> Result<Self> {
        Ok(Block::Own(Storage::new(bytes, "scratch")?, bytes))
    }

    /// All of the block, to be carved.
    pub fn arena(&mut self) -> Arena<'_> {
        let (start, left) = match self {
            Block::Lent(bytes) => (bytes.as_mut_ptr(), bytes.len()),
            Block::Own(storage, bytes) => (storage.address().cast(), *bytes),
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
