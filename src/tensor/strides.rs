//! Strides: signed, in elements. Where elements lie, whether they lie apart, and whether two tensors do.

use super::shape::Dims;

/// Compact row-major strides; extents of 0 count as 1, so that no stride is 0.
pub(crate) fn row_major(shape: &[i64]) -> Dims {
    let mut strides = Dims::filled(shape.len(), 1);
    let mut step = 1i64;
    for (stride, extent) in strides.iter_mut().zip(shape).rev() {
        *stride = step;
        // The product overflows only next to an extent of 0, where strides do not matter.
        step = step.saturating_mul((*extent).max(1));
    }
    strides
}

/// The lowest and the highest offset of an element, counted from element 0; None when they overflow i64. The tensor
/// is not empty. Strides of extents of 1 do not matter.
pub(crate) fn span(shape: &[i64], strides: &[i64]) -> Option<(i64, i64)> {
    let (mut low, mut high) = (0i64, 0i64);
    for (extent, stride) in shape.iter().zip(strides) {
        let reach = match extent - 1 {
            0 => 0,
            steps => stride.checked_mul(steps)?,
        };
        if reach < 0 {
            low = low.checked_add(reach)?;
        } else {
            high = high.checked_add(reach)?;
        }
    }
    Some((low, high))
}

/// Two dimensions for which different indices may meet in one element, if there are such: the first has too small a
/// stride for the second. None says that all elements lie apart.
///
/// Sorted by stride, each stride must reach past all that the smaller ones span. Layouts that interleave otherwise
/// without meeting are counted as meeting; no library makes them.
pub(crate) fn self_overlap(shape: &[i64], strides: &[i64]) -> Option<usize> {
    if shape.contains(&0) {
        return None;
    }
    let mut order: Vec<usize> = (0..shape.len()).filter(|&d| shape[d] > 1).collect();
    order.sort_by_key(|&d| strides[d].unsigned_abs());
    let mut reach = 0u128;
    for d in order {
        let stride = strides[d].unsigned_abs() as u128;
        if stride <= reach {
            return Some(d);
        }
        reach += stride * (shape[d] - 1) as u128;
    }
    None
}

/// A strided set of elements in bytes.
pub(crate) struct Footprint<'a> {
    pub address: usize,
    pub item_bytes: usize,
    pub shape: &'a [i64],
    pub strides: &'a [i64],
}

impl Footprint<'_> {
    /// First byte and one past the last byte. The tensor was checked, so nothing overflows.
    fn range(&self) -> (i128, i128) {
        let (low, high) = span(self.shape, self.strides).unwrap_or((0, 0));
        let (at, item) = (self.address as i128, self.item_bytes as i128);
        (at + low as i128 * item, at + (high as i128 + 1) * item)
    }

    /// The greatest common divisor of all steps between elements in bytes; 0 for a single element.
    fn step_bytes(&self) -> u128 {
        let steps = self.shape.iter().zip(self.strides).filter(|(extent, _)| **extent > 1);
        steps.fold(0, |g, (_, stride)| gcd(g, stride.unsigned_abs() as u128 * self.item_bytes as u128))
    }

    /// Whether the two may share a byte. Exact for ranges that do not meet and for sets that interleave with a common
    /// step (real and imaginary parts, every second row); otherwise it errs on the side of yes.
    pub fn may_overlap(&self, other: &Footprint<'_>) -> bool {
        if self.shape.contains(&0) || other.shape.contains(&0) {
            return false;
        }
        let ((a_low, a_end), (b_low, b_end)) = (self.range(), other.range());
        if a_end <= b_low || b_end <= a_low {
            return false;
        }
        let step = gcd(self.step_bytes(), other.step_bytes());
        if step == 0 {
            return true;
        }
        let ahead = (other.address as i128 - self.address as i128).rem_euclid(step as i128) as u128;
        let apart = ahead >= self.item_bytes as u128 && step - ahead >= other.item_bytes as u128;
        !apart
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Drops dimensions of extent 1 and merges those that follow each other in memory in every layout given. Gives the
/// merged shape and, for each layout, its strides.
pub(crate) fn collapse<const N: usize>(shape: &[i64], layouts: [&[i64]; N]) -> (Dims, [Dims; N]) {
    let mut merged = Dims::default();
    let mut strides: [Dims; N] = std::array::from_fn(|_| Dims::default());
    for d in (0..shape.len()).filter(|&d| shape[d] != 1) {
        let follows = merged.last().is_some()
            && layouts
                .iter()
                .zip(&strides)
                .all(|(layout, done)| done.last().is_some_and(|outer| layout[d].checked_mul(shape[d]) == Some(*outer)));
        if follows && let Some(extent) = merged.last_mut() {
            *extent *= shape[d];
            for (layout, done) in layouts.iter().zip(&mut strides) {
                if let Some(stride) = done.last_mut() {
                    *stride = layout[d];
                }
            }
        } else {
            merged.push(shape[d]);
            layouts.iter().zip(&mut strides).for_each(|(layout, done)| done.push(layout[d]));
        }
    }
    (merged, strides)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<'a>(address: usize, item_bytes: usize, shape: &'a [i64], strides: &'a [i64]) -> Footprint<'a> {
        Footprint { address, item_bytes, shape, strides }
    }

    #[test]
    fn row_major_strides_of_empty_tensors_are_positive() {
        assert_eq!(row_major(&[2, 0, 3])[..], [3, 3, 1]);
        assert_eq!(row_major(&[4, 5])[..], [5, 1]);
    }

    #[test]
    fn span_ignores_the_strides_of_extents_of_one() {
        assert_eq!(span(&[1, 3], &[i64::MAX, -2]), Some((-4, 0)));
        assert_eq!(span(&[3, 3], &[i64::MAX, 1]), None);
    }

    #[test]
    fn self_overlap_finds_zero_and_short_strides_and_passes_transposes() {
        assert_eq!(self_overlap(&[3, 4], &[4, 1]), None);
        assert_eq!(self_overlap(&[3, 4], &[1, 3]), None);
        assert_eq!(self_overlap(&[3, 4], &[-4, 1]), None);
        assert_eq!(self_overlap(&[3, 4], &[0, 1]), Some(0));
        assert_eq!(self_overlap(&[3, 4], &[3, 1]), Some(0));
        assert_eq!(self_overlap(&[1, 4], &[0, 1]), None);
        assert_eq!(self_overlap(&[0, 4], &[0, 0]), None);
    }

    #[test]
    fn interleaved_views_do_not_overlap() {
        let (even, odd) = (at(1000, 8, &[10], &[2]), at(1008, 8, &[10], &[2]));
        assert!(!even.may_overlap(&odd));
        assert!(even.may_overlap(&at(1004, 8, &[10], &[2])));
        assert!(even.may_overlap(&at(1016, 8, &[10], &[2])));
        assert!(!at(1000, 8, &[10], &[1]).may_overlap(&at(1080, 8, &[10], &[1])));
        assert!(at(1000, 8, &[10], &[1]).may_overlap(&at(1144, 8, &[10], &[-1])));
        assert!(at(1000, 8, &[], &[]).may_overlap(&at(1004, 4, &[], &[])));
    }

    #[test]
    fn collapse_merges_what_lies_together_in_both_layouts() {
        let (shape, [a, b]) = collapse(&[2, 1, 3, 4], [&[12, 99, 4, 1], &[24, 7, 8, 2]]);
        assert_eq!((&shape[..], &a[..], &b[..]), (&[24][..], &[1][..], &[2][..]));
        let (shape, [a, b]) = collapse(&[2, 3], [&[3, 1], &[1, 2]]);
        assert_eq!((&shape[..], &a[..], &b[..]), (&[2, 3][..], &[3, 1][..], &[1, 2][..]));
    }
}
