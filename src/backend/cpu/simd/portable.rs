//! Registers of 16 bytes as plain arrays: the compiler turns them into SSE2 or NEON, which every processor of those
//! families has.

use super::Vector;
use std::array::from_fn;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// `N` numbers, lane by lane.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Array<T, const N: usize>([T; N]);

macro_rules! operator {
    ($t:ty, $n:literal, $($trait:ident $method:ident $op:tt),*) => {$(
        impl $trait for Array<$t, $n> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, b: Self) -> Self { Array(from_fn(|l| self.0[l] $op b.0[l])) }
        }
    )*};
}

/// Fused only where the processor has it in its base: elsewhere it would be a library call.
macro_rules! fused {
    ($a:expr, $b:expr, $c:expr) => {
        if cfg!(any(target_arch = "aarch64", target_feature = "fma")) { $a.mul_add($b, $c) } else { $a * $b + $c }
    };
}

macro_rules! array {
    ($t:ty, $bits:ty, $n:literal, $mantissa:literal, $bias:literal, $order:expr) => {
        operator!($t, $n, Add add +, Sub sub -, Mul mul *, Div div /);
        impl Neg for Array<$t, $n> {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self { Array(self.0.map(|x| -x)) }
        }
        impl Vector for Array<$t, $n> {
            type Scalar = $t;
            type Mask = [bool; $n];
            const LANES: usize = $n;
            const ORDER: &'static [usize] = $order;
            #[inline(always)]
            unsafe fn load(from: *const $t) -> Self {
                // SAFETY: the caller's promise; unaligned reads.
                Array(unsafe { from.cast::<[$t; $n]>().read_unaligned() })
            }
            #[inline(always)]
            unsafe fn load_part(from: *const $t, count: usize) -> Self {
                // SAFETY: only the first `count` are read.
                Array(from_fn(|l| if l < count { unsafe { from.add(l).read_unaligned() } } else { 0.0 }))
            }
            #[inline(always)]
            unsafe fn splat(value: $t) -> Self { Array([value; $n]) }
            #[inline(always)]
            unsafe fn store(self, to: *mut $t) {
                // SAFETY: the caller's promise; unaligned writes.
                unsafe { to.cast::<[$t; $n]>().write_unaligned(self.0) }
            }
            #[inline(always)]
            unsafe fn store_part(self, to: *mut $t, count: usize) {
                for l in 0..count.min($n) {
                    // SAFETY: only the first `count` are written.
                    unsafe { to.add(l).write_unaligned(self.0[l]) }
                }
            }
            #[inline(always)]
            unsafe fn stream(self, to: *mut $t) {
                // SAFETY: the caller's promise. No way around the caches here.
                unsafe { self.store(to) }
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self { Array(from_fn(|l| fused!(self.0[l], b.0[l], c.0[l]))) }
            #[inline(always)]
            fn mul_sub(self, b: Self, c: Self) -> Self { Array(from_fn(|l| fused!(self.0[l], b.0[l], -c.0[l]))) }
            #[inline(always)]
            fn neg_mul_add(self, b: Self, c: Self) -> Self { Array(from_fn(|l| fused!(-self.0[l], b.0[l], c.0[l]))) }
            #[inline(always)]
            fn abs(self) -> Self { Array(self.0.map(<$t>::abs)) }
            #[inline(always)]
            fn sqrt(self) -> Self { Array(self.0.map(<$t>::sqrt)) }
            #[inline(always)]
            fn min(self, b: Self) -> Self { Array(from_fn(|l| if self.0[l] < b.0[l] { self.0[l] } else { b.0[l] })) }
            #[inline(always)]
            fn max(self, b: Self) -> Self { Array(from_fn(|l| if self.0[l] > b.0[l] { self.0[l] } else { b.0[l] })) }
            #[inline(always)]
            fn copysign(self, b: Self) -> Self { Array(from_fn(|l| self.0[l].copysign(b.0[l]))) }
            #[inline(always)]
            fn lt(self, b: Self) -> [bool; $n] { from_fn(|l| self.0[l] < b.0[l]) }
            #[inline(always)]
            fn le(self, b: Self) -> [bool; $n] { from_fn(|l| self.0[l] <= b.0[l]) }
            #[inline(always)]
            fn select(self, mask: [bool; $n], b: Self) -> Self {
                Array(from_fn(|l| if mask[l] { self.0[l] } else { b.0[l] }))
            }
            #[inline(always)]
            fn bits(mask: [bool; $n]) -> u32 { (0..$n).map(|l| u32::from(mask[l]) << l).sum() }
            #[inline(always)]
            fn count_sign_change(self, p: Self, q: Self) -> Self {
                let changed = |l: usize| (p.0[l].to_bits() ^ q.0[l].to_bits()) >> (<$bits>::BITS - 1);
                Array(from_fn(|l| <$t>::from_bits(self.0[l].to_bits().wrapping_add(changed(l)))))
            }
            #[inline(always)]
            fn add_exponent(self, x: Self) -> Self {
                let biased = |l: usize| x.0[l].to_bits() >> $mantissa;
                Array(from_fn(|l| <$t>::from_bits(self.0[l].to_bits().wrapping_add(biased(l)))))
            }
            #[inline(always)]
            fn integers(self) -> [i64; 16] {
                from_fn(|l| if l < $n { self.0[l].to_bits() as i64 } else { 0 })
            }
            #[inline(always)]
            fn inverse_power(self) -> Self {
                Array(self.0.map(|x| <$t>::from_bits((2 * $bias - (x.to_bits() >> $mantissa)) << $mantissa)))
            }
            #[inline(always)]
            fn unzip(a: Self, b: Self) -> (Self, Self) {
                let both = |i: usize| if i < $n { a.0[i] } else { b.0[i - $n] };
                (Array(from_fn(|l| both(2 * l))), Array(from_fn(|l| both(2 * l + 1))))
            }
            #[inline(always)]
            fn zip(re: Self, im: Self) -> (Self, Self) {
                let both = |i: usize| if i % 2 == 0 { re.0[i / 2] } else { im.0[i / 2] };
                (Array(from_fn(both)), Array(from_fn(|l| both(l + $n))))
            }
            #[inline(always)]
            fn transpose(rows: &mut [Self]) {
                let old: [Self; $n] = from_fn(|i| rows[i]);
                for i in 0..$n {
                    rows[i] = Array(from_fn(|j| old[j].0[i]));
                }
            }
        }
    };
}
array!(f64, u64, 2, 52, 1023, &[0, 1]);
array!(f32, u32, 4, 23, 127, &[0, 1, 2, 3]);
