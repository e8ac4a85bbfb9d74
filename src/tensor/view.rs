//! Typed views of memory that somebody else owns, any strides, any alignment. Elements are read and written by value;
//! no reference to foreign memory is ever made. A view is taken apart into lines along one axis.
//!
//! This is where trust begins: the constructors are unsafe and state what the door has checked; all else is safe.

use super::scalar::{Element, Load, Real};
use super::shape::{self, Dims};
use super::strides;
use super::walk::Odometer;
use num_complex::Complex;
use std::any::TypeId;
use std::marker::PhantomData;
use std::ptr;

/// A tensor to read from.
pub(crate) struct View<'a, T> {
    origin: *const T,
    shape: Dims,
    strides: Dims,
    memory: PhantomData<&'a T>,
}

/// A tensor to write to and read from. No two indices name the same element.
pub(crate) struct ViewMut<'a, T> {
    origin: *mut T,
    shape: Dims,
    strides: Dims,
    memory: PhantomData<&'a mut T>,
}

// SAFETY: a view reads elements by value, and elements are plain bits that any thread may read.
unsafe impl<T: Element> Send for View<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Element> Sync for View<'_, T> {}
// SAFETY: an exclusive view may be used by whichever thread holds it.
unsafe impl<T: Element> Send for ViewMut<'_, T> {}

impl<'a, T: Element> View<'a, T> {
    /// # Safety
    /// For as long as the view lives every index within `shape` names readable memory of size_of::<T>() bytes at
    /// `origin + sum(index * stride)` (aligned or not), and offsets do not overflow. Nobody writes to it meanwhile,
    /// but for a ViewMut of the same origin, shape and strides whose lines are written after they were read.
    pub unsafe fn new(origin: *const T, shape: Dims, strides: Dims) -> Self {
        View { origin, shape, strides, memory: PhantomData }
    }

    /// A compact tensor in a slice of as many elements.
    pub fn of(elements: &'a [T], shape: &[i64]) -> Self {
        assert_eq!(shape::count(shape), Some(elements.len() as i64));
        View { origin: elements.as_ptr(), shape: shape.into(), strides: strides::row_major(shape), memory: PhantomData }
    }

    pub fn shape(&self) -> &[i64] {
        &self.shape
    }

    pub fn strides(&self) -> &[i64] {
        &self.strides
    }

    /// The address of element 0, for kernels: they may read what the constructor's caller vouched for.
    pub fn address(&self) -> *const T {
        self.origin
    }

    /// The same view if its elements are of type `U`.
    pub fn of_type<U: Element>(&self) -> Option<View<'_, U>> {
        let same = TypeId::of::<T>() == TypeId::of::<U>();
        let (shape, strides) = (self.shape.clone(), self.strides.clone());
        same.then(|| View { origin: self.origin.cast(), shape, strides, memory: PhantomData })
    }

    /// The same elements in this shape, those of extents of 1 as often as it says.
    pub fn broadcast(self, shape: &[i64]) -> Self {
        assert_eq!(shape.len(), self.shape.len());
        let strides = Dims::generate(shape.len(), |d| {
            assert!(self.shape[d] == shape[d] || self.shape[d] == 1, "only extents of 1 are repeated");
            if self.shape[d] == shape[d] { self.strides[d] } else { 0 }
        });
        View { shape: shape.into(), strides, ..self }
    }

    /// The part of extents `shape` from the index `start` on; it is not empty.
    pub fn window(self, start: &[i64], shape: &[i64]) -> Self {
        assert_eq!((start.len(), shape.len()), (self.shape.len(), self.shape.len()));
        let mut offset = 0;
        for d in 0..shape.len() {
            assert!(start[d] >= 0 && shape[d] >= 1 && start[d] + shape[d] <= self.shape[d], "window within the view");
            offset += start[d] * self.strides[d];
        }
        View { origin: self.origin.wrapping_offset(offset as isize), shape: shape.into(), ..self }
    }

    /// The lines along `axis` of the leading corner of extents `region`, in row-major order of the other dimensions.
    pub fn lines(&self, axis: usize, region: &[i64]) -> Lines<'a, T> {
        let walk = line_walk(&self.shape, &self.strides, axis, region);
        Lines { origin: self.origin, walk, len: region[axis] as usize, stride: self.strides[axis], memory: PhantomData }
    }
}

impl<'a, T: Element> ViewMut<'a, T> {
    /// # Safety
    /// As for [`View::new`], with memory that may be written, and no two indices name overlapping elements. Nobody
    /// else uses the memory meanwhile, but for a View as described there.
    pub unsafe fn new(origin: *mut T, shape: Dims, strides: Dims) -> Self {
        ViewMut { origin, shape, strides, memory: PhantomData }
    }

    pub fn shape(&self) -> &[i64] {
        &self.shape
    }

    pub fn strides(&self) -> &[i64] {
        &self.strides
    }

    /// The address of element 0, for kernels: as [`View::address`], to write too.
    pub fn address(&mut self) -> *mut T {
        self.origin
    }

    /// The same view if its elements are of type `U`.
    pub fn of_type<U: Element>(&mut self) -> Option<ViewMut<'_, U>> {
        let same = TypeId::of::<T>() == TypeId::of::<U>();
        let (shape, strides) = (self.shape.clone(), self.strides.clone());
        same.then(|| ViewMut { origin: self.origin.cast(), shape, strides, memory: PhantomData })
    }

    /// The same for a while.
    pub fn reborrow(&mut self) -> ViewMut<'_, T> {
        let (shape, strides) = (self.shape.clone(), self.strides.clone());
        ViewMut { origin: self.origin, shape, strides, memory: PhantomData }
    }

    /// Looks at the same memory without writing.
    pub fn as_view(&self) -> View<'_, T> {
        View { origin: self.origin, shape: self.shape.clone(), strides: self.strides.clone(), memory: PhantomData }
    }

    /// Lets `use_both` read and write the same memory: what it makes writes elements only after it read them.
    pub fn with_view<U>(&mut self, use_both: impl FnOnce(&View<'a, T>, &mut ViewMut<'a, T>) -> U) -> U {
        let (shape, strides) = (self.shape.clone(), self.strides.clone());
        let from = View { origin: self.origin.cast_const(), shape, strides, memory: PhantomData };
        use_both(&from, self)
    }

    /// As [`View::lines`], to read and write.
    pub fn lines_mut(&mut self, axis: usize, region: &[i64]) -> LinesMut<'_, T> {
        let walk = line_walk(&self.shape, &self.strides, axis, region);
        LinesMut {
            origin: self.origin,
            walk,
            len: region[axis] as usize,
            stride: self.strides[axis],
            memory: PhantomData,
        }
    }
}

/// Both views with extents of 1 dropped and dimensions merged that follow each other in both; at least one is left.
pub(super) fn collapse<'a, 'b, T: Element>(from: View<'a, T>, to: ViewMut<'b, T>) -> (View<'a, T>, ViewMut<'b, T>) {
    assert_eq!(from.shape(), to.shape());
    let (mut shape, [mut a, mut b]) = strides::collapse(&from.shape, [&from.strides, &to.strides]);
    if shape.is_empty() {
        shape.push(1);
        a.push(1);
        b.push(1);
    }
    let from = View { origin: from.origin, shape: shape.clone(), strides: a, memory: PhantomData };
    (from, ViewMut { origin: to.origin, shape, strides: b, memory: PhantomData })
}

fn line_walk(shape: &Dims, strides: &Dims, axis: usize, region: &[i64]) -> Odometer {
    assert_eq!(region.len(), shape.len());
    assert!(region.iter().zip(shape.iter()).all(|(r, s)| 0 <= *r && r <= s), "region within the view");
    Odometer::new(Dims::from(region).without(axis), strides.without(axis))
}

/// Lines to read from. Splits into parts for threads.
pub(crate) struct Lines<'a, T> {
    origin: *const T,
    walk: Odometer,
    len: usize,
    stride: i64,
    memory: PhantomData<&'a T>,
}

/// Lines to write to: each is given out once, and no two share an element.
pub(crate) struct LinesMut<'a, T> {
    origin: *mut T,
    walk: Odometer,
    len: usize,
    stride: i64,
    memory: PhantomData<&'a mut T>,
}

// SAFETY: as for View.
unsafe impl<T: Element> Send for Lines<'_, T> {}
// SAFETY: as for ViewMut: the lines of one value are disjoint from those of every other.
unsafe impl<T: Element> Send for LinesMut<'_, T> {}

impl<'a, T: Element> Lines<'a, T> {
    /// Cuts the lines into parts of the given counts.
    pub fn split(self, counts: &[usize]) -> Vec<Self> {
        let Lines { origin, len, stride, memory, .. } = self;
        self.walk.split(counts).map(|walk| Lines { origin, walk, len, stride, memory }).collect()
    }
}

impl<'a, T: Element> LinesMut<'a, T> {
    /// Cuts the lines into parts of the given counts.
    pub fn split(self, counts: &[usize]) -> Vec<Self> {
        let LinesMut { origin, len, stride, memory, .. } = self;
        self.walk.split(counts).map(|walk| LinesMut { origin, walk, len, stride, memory }).collect()
    }
}

impl<'a, T: Element> Iterator for Lines<'a, T> {
    type Item = Line<'a, T>;
    #[inline]
    fn next(&mut self) -> Option<Line<'a, T>> {
        let offset = self.walk.next()?;
        let origin = self.origin.wrapping_offset(offset as isize);
        Some(Line { origin, len: self.len, stride: self.stride as isize, memory: PhantomData })
    }
}

impl<'a, T: Element> Iterator for LinesMut<'a, T> {
    type Item = LineMut<'a, T>;
    #[inline]
    fn next(&mut self) -> Option<LineMut<'a, T>> {
        let offset = self.walk.next()?;
        let origin = self.origin.wrapping_offset(offset as isize);
        Some(LineMut { origin, len: self.len, stride: self.stride as isize, memory: PhantomData })
    }
}

/// `len` elements a fixed stride apart, to read.
pub(crate) struct Line<'a, T> {
    origin: *const T,
    len: usize,
    stride: isize,
    memory: PhantomData<&'a T>,
}

impl<'a, T: Element> Line<'a, T> {
    /// The elements of a slice.
    pub fn of(elements: &'a [T]) -> Self {
        Line { origin: elements.as_ptr(), len: elements.len(), stride: 1, memory: PhantomData }
    }
}

impl<T: Element> Line<'_, T> {
    /// Shows `count` elements from the `skip`-th on to `take`, with their number among these.
    #[inline(always)]
    pub fn each(&self, skip: usize, count: usize, mut take: impl FnMut(usize, T)) {
        assert!(skip <= self.len && count <= self.len - skip);
        let from = self.origin.wrapping_offset(skip as isize * self.stride);
        if self.stride == 1 {
            for i in 0..count {
                // SAFETY: skip + i < len, so the element is within the view, whose constructor vouched for it.
                take(i, unsafe { ptr::read_unaligned(from.wrapping_add(i)) });
            }
        } else {
            for i in 0..count {
                // SAFETY: as above.
                take(i, unsafe { ptr::read_unaligned(from.wrapping_offset(i as isize * self.stride)) });
            }
        }
    }

    /// Copies the line to another of the same length.
    pub fn copy_to(&self, to: &mut LineMut<'_, T>) {
        assert_eq!(self.len, to.len);
        if self.stride == 1 && to.stride == 1 {
            // SAFETY: both lines have `len` elements within their views; ptr::copy allows that they are the same.
            unsafe { ptr::copy(self.origin.cast::<u8>(), to.origin.cast::<u8>(), self.len * size_of::<T>()) };
        } else {
            // SAFETY: i < len, so the element is within the view, whose constructor vouched for it.
            to.fill_with(|i| unsafe { ptr::read_unaligned(self.origin.wrapping_offset(i as isize * self.stride)) });
        }
    }

    /// Reads the real parts of the first `into.len()` elements.
    pub fn load_real<R: Real>(&self, into: &mut [R])
    where
        T: Load<R>,
    {
        self.each(0, into.len(), |i, x| into[i] = x.load_real());
    }

    /// Reads `into.len()` elements from the `skip`-th on as complex numbers.
    pub fn load<R: Real>(&self, skip: usize, into: &mut [Complex<R>])
    where
        T: Load<R>,
    {
        self.each(skip, into.len(), |i, x| into[i] = x.load());
    }
}

/// `len` elements a fixed stride apart, to write and to read.
pub(crate) struct LineMut<'a, T> {
    origin: *mut T,
    len: usize,
    stride: isize,
    memory: PhantomData<&'a mut T>,
}

impl<T: Element> LineMut<'_, T> {
    /// The same line to read from.
    pub fn as_line(&self) -> Line<'_, T> {
        Line { origin: self.origin, len: self.len, stride: self.stride, memory: PhantomData }
    }

    /// Sets the whole line to what `value` gives for each place.
    #[inline(always)]
    pub fn fill_with(&mut self, mut value: impl FnMut(usize) -> T) {
        if self.stride == 1 {
            for i in 0..self.len {
                // SAFETY: i < len, so the element is within the view, whose constructor vouched for it.
                unsafe { ptr::write_unaligned(self.origin.wrapping_add(i), value(i)) };
            }
        } else {
            for i in 0..self.len {
                // SAFETY: as above.
                unsafe { ptr::write_unaligned(self.origin.wrapping_offset(i as isize * self.stride), value(i)) };
            }
        }
    }

    /// Sets each element to what `value` gives for it and for the element of `other` at its place.
    #[inline(always)]
    pub fn update_with(&mut self, other: &Line<'_, T>, value: impl Fn(T, T) -> T) {
        assert_eq!(self.len, other.len);
        for i in 0..self.len as isize {
            let (to, from) =
                (self.origin.wrapping_offset(i * self.stride), other.origin.wrapping_offset(i * other.stride));
            // SAFETY: i < len, so both elements are within their views, whose constructors vouched for them.
            unsafe { ptr::write_unaligned(to, value(ptr::read_unaligned(to), ptr::read_unaligned(from))) };
        }
    }

    /// Sets the whole line; `from` is as long as the line.
    pub fn write(&mut self, from: &[T]) {
        assert_eq!(from.len(), self.len);
        self.fill_with(|i| from[i]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_reversed_view_read_and_write_the_right_elements() {
        let mut memory: Vec<f64> = (0..24).map(f64::from).collect();
        let last = memory.as_mut_ptr().wrapping_add(23);
        // SAFETY: 2 x 3 x 4 elements with negative strides from the last one stay inside the vector.
        let mut view = unsafe { ViewMut::new(last, [2, 3, 4][..].into(), [-12, -4, -1][..].into()) };
        let mut seen = Vec::new();
        for mut line in view.lines_mut(1, &[2, 3, 4]) {
            let mut buffer = [0.0; 3];
            line.as_line().each(0, 3, |i, x| buffer[i] = x);
            seen.push(buffer[0]);
            line.write(&buffer.map(|x| -x));
        }
        assert_eq!(seen, [23.0, 22.0, 21.0, 20.0, 11.0, 10.0, 9.0, 8.0]);
        assert!(memory.iter().enumerate().all(|(i, x)| *x == -(i as f64)));
    }

    #[test]
    fn elements_at_odd_addresses_are_read() {
        let bytes: Vec<u8> = (0..17).collect();
        // SAFETY: 16 bytes from the second on.
        let view = unsafe { View::<u64>::new(bytes.as_ptr().wrapping_add(1).cast(), [2][..].into(), [1][..].into()) };
        let mut got = [0u64; 2];
        view.lines(0, &[2]).next().unwrap().each(0, 2, |i, x| got[i] = x);
        assert_eq!(got[0], u64::from_le_bytes([1, 2, 3, 4, 5, 6, 7, 8]));
    }
}
