//! Element types. [`Real`] is what engines compute in; [`Element`] is what memory may hold; [`Load`] turns the second
//! into the first at the edge.

use half::{bf16, f16};
use num_complex::Complex;

mod sealed {
    pub trait Sealed {}
}

/// Anything that can lie in memory as one element: plain bits, every pattern a value.
pub(crate) trait Element: sealed::Sealed + Copy + Send + Sync + 'static {}

/// What engines compute in: f32 or f64.
pub(crate) trait Real:
    Element
    + Load<Self>
    + PartialOrd
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::Neg<Output = Self>
{
    const ZERO: Self;
    const ONE: Self;
    const NAN: Self;
    const EPSILON: Self;
    const MIN_POSITIVE: Self;
    /// The nearest value of this precision.
    fn of(value: f64) -> Self;
    /// The same value as f64.
    fn wide(self) -> f64;
    fn is_finite(self) -> bool;
}

/// An element that can be read as a number of precision `R`.
pub(crate) trait Load<R: Real>: Element {
    /// Whether the element has an imaginary part.
    const COMPLEX: bool;
    fn load(self) -> Complex<R>;
    /// The real part alone.
    fn load_real(self) -> R {
        self.load().re
    }
}

/// One byte, true unless 0.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Bool(u8);

macro_rules! real {
    ($($t:ty),*) => {$(
        impl sealed::Sealed for $t {}
        impl Element for $t {}
        impl Real for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const NAN: Self = <$t>::NAN;
            const EPSILON: Self = <$t>::EPSILON;
            const MIN_POSITIVE: Self = <$t>::MIN_POSITIVE;
            fn of(value: f64) -> Self { value as $t }
            fn wide(self) -> f64 { self as f64 }
            fn is_finite(self) -> bool { <$t>::is_finite(self) }
        }
        impl Load<$t> for $t {
            const COMPLEX: bool = false;
            #[inline(always)]
            fn load(self) -> Complex<$t> { Complex::new(self, 0.0) }
        }
    )*};
}
real!(f32, f64);

impl<R: Real> sealed::Sealed for Complex<R> {}
impl<R: Real> Element for Complex<R> {}
impl<R: Real> Load<R> for Complex<R> {
    const COMPLEX: bool = true;
    #[inline(always)]
    fn load(self) -> Complex<R> {
        self
    }
}

macro_rules! integer {
    ($($t:ty),*) => {$(
        impl sealed::Sealed for $t {}
        impl Element for $t {}
        impl Load<f32> for $t {
            const COMPLEX: bool = false;
            #[inline(always)]
            fn load(self) -> Complex<f32> { Complex::new(self as f32, 0.0) }
        }
        impl Load<f64> for $t {
            const COMPLEX: bool = false;
            #[inline(always)]
            fn load(self) -> Complex<f64> { Complex::new(self as f64, 0.0) }
        }
    )*};
}
integer!(i8, i16, i32, i64, u8, u16, u32, u64);

impl sealed::Sealed for Bool {}
impl Element for Bool {}
impl Load<f32> for Bool {
    const COMPLEX: bool = false;
    fn load(self) -> Complex<f32> {
        Complex::new(f32::from(self.0 != 0), 0.0)
    }
}
impl Load<f64> for Bool {
    const COMPLEX: bool = false;
    fn load(self) -> Complex<f64> {
        Complex::new(f64::from(self.0 != 0), 0.0)
    }
}

macro_rules! half {
    ($($t:ty),*) => {$(
        impl sealed::Sealed for $t {}
        impl Element for $t {}
        impl Load<f32> for $t {
            const COMPLEX: bool = false;
            #[inline(always)]
            fn load(self) -> Complex<f32> { Complex::new(self.to_f32(), 0.0) }
        }
    )*};
}
half!(f16, bf16);

macro_rules! widens {
    ($($t:ty),*) => {$(
        impl Load<f64> for $t {
            const COMPLEX: bool = <$t as Load<f32>>::COMPLEX;
            #[inline(always)]
            fn load(self) -> Complex<f64> {
                let narrow: Complex<f32> = self.load();
                Complex::new(f64::from(narrow.re), f64::from(narrow.im))
            }
        }
    )*};
}
widens!(f16, bf16, f32, Complex<f32>);

/// Elements of `N` bytes that are only moved, never looked at.
impl<const N: usize> sealed::Sealed for [u8; N] {}
impl<const N: usize> Element for [u8; N] {}
