//! Extents, and short lists of them that need no allocation.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// No tensor has more dimensions than this.
pub(crate) const MAX_NDIM: usize = 64;

const INLINE: usize = 8;

/// A list of up to [`MAX_NDIM`] numbers; the usual short one lives in place.
#[derive(Clone, Default)]
pub(crate) struct Dims {
    len: usize,
    inline: [i64; INLINE],
    heap: Vec<i64>,
}

impl Dims {
    /// The numbers that `next` gives, called `len` times.
    #[inline]
    pub fn generate(len: usize, mut next: impl FnMut(usize) -> i64) -> Self {
        let mut dims = Dims { len, inline: [0; INLINE], heap: Vec::new() };
        if len <= INLINE {
            dims.inline[..len].iter_mut().enumerate().for_each(|(i, n)| *n = next(i));
        } else {
            dims.heap.extend((0..len).map(next));
        }
        dims
    }

    /// `len` times the same number.
    pub fn filled(len: usize, value: i64) -> Self {
        Dims::generate(len, |_| value)
    }

    pub fn push(&mut self, value: i64) {
        if self.len < INLINE {
            self.inline[self.len] = value;
        } else {
            if self.len == INLINE {
                self.heap.extend_from_slice(&self.inline);
            }
            self.heap.push(value);
        }
        self.len += 1;
    }

    /// A copy without the number at `index`.
    pub fn without(&self, index: usize) -> Dims {
        self.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, v)| *v).collect()
    }
}

impl Deref for Dims {
    type Target = [i64];
    fn deref(&self) -> &[i64] {
        if self.len <= INLINE { &self.inline[..self.len] } else { &self.heap }
    }
}

impl DerefMut for Dims {
    fn deref_mut(&mut self) -> &mut [i64] {
        if self.len <= INLINE { &mut self.inline[..self.len] } else { &mut self.heap }
    }
}

impl FromIterator<i64> for Dims {
    fn from_iter<I: IntoIterator<Item = i64>>(numbers: I) -> Self {
        let mut dims = Dims::default();
        numbers.into_iter().for_each(|n| dims.push(n));
        dims
    }
}

impl From<&[i64]> for Dims {
    fn from(numbers: &[i64]) -> Self {
        Dims::generate(numbers.len(), |i| numbers[i])
    }
}

impl PartialEq for Dims {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl fmt::Debug for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self[..].fmt(f)
    }
}

/// The number of elements, or None when it overflows i64. A zero extent makes it 0, whatever the others are.
pub(crate) fn count(shape: &[i64]) -> Option<i64> {
    let (mut count, mut overflows) = (1i64, false);
    for extent in shape {
        if *extent == 0 {
            return Some(0);
        }
        let (product, over) = count.overflowing_mul(*extent);
        count = product;
        overflows |= over;
    }
    if overflows { None } else { Some(count) }
}

/// The bytes that `count` elements of `bits` bits take when they are packed, or None when they overflow isize.
pub(crate) fn packed_bytes(count: i64, bits: u64) -> Option<usize> {
    let bytes = if bits.is_multiple_of(8) {
        (count as u64).checked_mul(bits / 8)?
    } else {
        u64::try_from((u128::from(count as u64) * u128::from(bits)).div_ceil(8)).ok()?
    };
    if bytes <= isize::MAX as u64 { Some(bytes as usize) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dims_hold_short_and_long_lists_alike() {
        for len in [0, 1, 7, 8, 9, 64] {
            let dims: Dims = (0..len).collect();
            assert_eq!(dims[..], (0..len).collect::<Vec<i64>>()[..]);
            assert_eq!(dims.clone(), dims);
        }
        let nine: Dims = (0..9).collect();
        assert_eq!(nine.without(8).len(), 8);
        assert_eq!(nine.without(8)[..], (0..8).collect::<Vec<i64>>()[..]);
    }

    #[test]
    fn a_zero_extent_silences_the_overflow_of_the_others() {
        assert_eq!(count(&[i64::MAX, 2]), None);
        assert_eq!(count(&[i64::MAX, 2, 0]), Some(0));
        assert_eq!(count(&[]), Some(1));
    }

    #[test]
    fn packed_bytes_round_up_and_do_not_overflow() {
        assert_eq!(packed_bytes(3, 4), Some(2));
        assert_eq!(packed_bytes(i64::MAX, 8), Some(isize::MAX as usize));
        assert_eq!(packed_bytes(i64::MAX, 16), None);
    }
}
