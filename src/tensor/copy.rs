//! Copying elements from one layout to another.

use super::scalar::Element;
use super::view::collapse;
use super::{View, ViewMut};

/// Copies every element; the shapes are equal.
pub(crate) fn elements<T: Element>(from: View<'_, T>, to: ViewMut<'_, T>) {
    if to.shape().contains(&0) {
        return;
    }
    let (from, mut to) = collapse(from, to);
    let shape = from.shape();
    // Along the dimension whose elements lie closest in the output; the last one on ties.
    let axis = (0..shape.len()).rev().min_by_key(|&d| to.strides()[d].unsigned_abs()).unwrap_or(0);
    for (from, mut to) in from.lines(axis, shape).zip(to.lines_mut(axis, shape)) {
        from.copy_to(&mut to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_tensor_costs_nothing_however_long_its_other_extents() {
        let shape = [1 << 33, 1 << 30, 0];
        let mut nothing: [[u8; 1]; 0] = [];
        // SAFETY: there are no elements.
        let (a, b) = unsafe {
            (
                View::new(nothing.as_ptr(), shape[..].into(), [1, 1, 1][..].into()),
                ViewMut::new(nothing.as_mut_ptr(), shape[..].into(), [1, 1, 1][..].into()),
            )
        };
        elements(a, b);
    }

    #[test]
    fn a_transpose_is_copied_element_by_element() {
        let from: Vec<[u8; 2]> = (0..6).map(|i| [i, 100 + i]).collect();
        let mut to = vec![[0u8; 2]; 6];
        // SAFETY: both hold 2 x 3 elements at the strides given.
        let (a, b) = unsafe {
            (
                View::new(from.as_ptr(), [2, 3][..].into(), [3, 1][..].into()),
                ViewMut::new(to.as_mut_ptr(), [2, 3][..].into(), [1, 2][..].into()),
            )
        };
        elements(a, b);
        assert_eq!(to.iter().map(|e| e[0]).collect::<Vec<_>>(), [0, 3, 1, 4, 2, 5]);
    }
}
