//! Walking over the indices of some dimensions, in row-major order, from any place.

use super::shape::{self, Dims};

/// Gives the offset of each index in turn. Starting in the middle makes it splittable.
#[derive(Clone)]
pub(crate) struct Odometer {
    shape: Dims,
    strides: Dims,
    index: Dims,
    offset: i64,
    left: i64,
}

impl Odometer {
    /// Walks over all indices of `shape`. The caller has checked that no offset overflows.
    pub fn new(shape: Dims, strides: Dims) -> Self {
        let left = shape::count(&shape).unwrap_or(0);
        let index = Dims::filled(shape.len(), 0);
        Odometer { shape, strides, index, offset: 0, left }
    }

    /// Cuts the walk into parts of the given counts; what goes beyond its end is left out.
    pub fn split(self, counts: &[usize]) -> impl Iterator<Item = Self> {
        let mut rest = self;
        counts.iter().map(move |count| {
            let mut part = rest.clone();
            part.left = (*count as i64).min(rest.left);
            rest.left -= part.left;
            if rest.left > 0 {
                rest.move_on(part.left);
            }
            part
        })
    }

    fn move_on(&mut self, count: i64) {
        let mut carry = count;
        for d in (0..self.shape.len()).rev() {
            let at = self.index[d] + carry;
            carry = at / self.shape[d];
            let now = at % self.shape[d];
            self.offset += (now - self.index[d]) * self.strides[d];
            self.index[d] = now;
        }
    }
}

impl Iterator for Odometer {
    type Item = i64;

    #[inline]
    fn next(&mut self) -> Option<i64> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let here = self.offset;
        if self.left > 0 {
            for d in (0..self.shape.len()).rev() {
                self.index[d] += 1;
                self.offset += self.strides[d];
                if self.index[d] < self.shape[d] {
                    break;
                }
                self.offset -= self.strides[d] * self.shape[d];
                self.index[d] = 0;
            }
        }
        Some(here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(shape: &[i64], strides: &[i64]) -> Odometer {
        Odometer::new(shape.into(), strides.into())
    }

    #[test]
    fn visits_every_index_in_row_major_order() {
        let offsets: Vec<i64> = walk(&[2, 1, 3], &[10, 7, -1]).collect();
        assert_eq!(offsets, [0, -1, -2, 10, 9, 8]);
        assert_eq!(walk(&[], &[]).collect::<Vec<_>>(), [0]);
        assert_eq!(walk(&[3, 0], &[1, 1]).count(), 0);
    }

    #[test]
    fn a_split_walk_visits_what_the_whole_one_does() {
        let whole: Vec<i64> = walk(&[3, 2, 4], &[100, -10, 1]).collect();
        for at in 0..=whole.len() {
            let counts = [at, whole.len() - at, 5];
            let parts = walk(&[3, 2, 4], &[100, -10, 1]).split(&counts).flatten();
            assert_eq!(parts.collect::<Vec<i64>>(), whole, "split at {at}");
        }
    }
}
