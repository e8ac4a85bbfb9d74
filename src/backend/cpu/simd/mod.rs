//! backend::cpu::simd: one trait for a register of real lanes, and the way from a generic kernel to the machine code of
//! one instruction set.
//!
//! A kernel is written once, generic over [`Vector`]; its functions are `#[inline(always)]` and carry no target
//! features. [`dispatch`] calls it from a function that carries them, so that everything inlines into that one. A value
//! of a vector type exists only where its instruction set does: the constructors (`load`, `splat`) are unsafe and say
//! so, and every method of a value may rely on it.

#![allow(dead_code, reason = "one complete set of operations for every engine")]

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86_256;
#[cfg(target_arch = "x86_64")]
mod x86_512;

use super::isa::Isa;
use crate::tensor::Real;
use std::ops::{Add, Div, Mul, Neg, Sub};

pub(crate) use portable::Array;

/// A register of `LANES` real numbers.
pub(crate) trait Vector:
    Copy
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    type Scalar: Lanes;
    /// One truth a lane.
    type Mask: Copy;
    const LANES: usize;
    /// Lane `l` of what [`Vector::unzip`] returns is complex number `ORDER[l]` of the two registers.
    const ORDER: &'static [usize];

    /// # Safety
    /// The processor has the instruction set; `LANES` elements are readable at `from`, at any alignment.
    unsafe fn load(from: *const Self::Scalar) -> Self;
    /// The first `count` elements, zeros beyond; `count <= LANES`.
    /// # Safety
    /// The processor has the instruction set; `count` elements are readable at `from`.
    unsafe fn load_part(from: *const Self::Scalar, count: usize) -> Self;
    /// # Safety
    /// The processor has the instruction set.
    unsafe fn splat(value: Self::Scalar) -> Self;
    /// # Safety
    /// `LANES` elements are writable at `to`, at any alignment.
    unsafe fn store(self, to: *mut Self::Scalar);
    /// The first `count` lanes; `count <= LANES`.
    /// # Safety
    /// `count` elements are writable at `to`.
    unsafe fn store_part(self, to: *mut Self::Scalar, count: usize);
    /// A store that goes around the caches; [`fence`] orders it before what other threads see.
    /// # Safety
    /// `LANES` elements are writable at `to`, which is aligned to the register's size.
    unsafe fn stream(self, to: *mut Self::Scalar);

    /// `self * b + c`, rounded once where the processor can.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// `self * b - c`.
    fn mul_sub(self, b: Self, c: Self) -> Self;
    /// `c - self * b`.
    fn neg_mul_add(self, b: Self, c: Self) -> Self;
    fn abs(self) -> Self;
    fn sqrt(self) -> Self;
    /// The smaller of each pair; `other`'s lane where either is NaN.
    fn min(self, other: Self) -> Self;
    /// The larger of each pair; `other`'s lane where either is NaN.
    fn max(self, other: Self) -> Self;
    /// The magnitude of `self` with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// `self < other`; false for NaN.
    fn lt(self, other: Self) -> Self::Mask;
    /// `self <= other`; false for NaN.
    fn le(self, other: Self) -> Self::Mask;
    /// `self` where the mask is true, `other` elsewhere.
    fn select(self, mask: Self::Mask, other: Self) -> Self;
    /// Bit `l` is lane `l`'s truth.
    fn bits(mask: Self::Mask) -> u32;

    // Integers in the lanes of a register, all bits zero at first; [`Vector::integers`] reads them.

    /// `self + 1` in the lanes where `p` and `q` differ in sign.
    fn count_sign_change(self, p: Self, q: Self) -> Self;
    /// `self` plus the biased exponent of `x`, which is not negative.
    fn add_exponent(self, x: Self) -> Self;
    /// The lanes as integers of their width.
    fn integers(self) -> [i64; 16];
    /// `2^-e` for an exponent of `e`; `self` is positive and normal, and below the largest power of two but one.
    fn inverse_power(self) -> Self;

    /// Two registers of interleaved complex numbers become real and imaginary parts, in [`Vector::ORDER`].
    fn unzip(a: Self, b: Self) -> (Self, Self);
    /// The inverse of [`Vector::unzip`].
    fn zip(re: Self, im: Self) -> (Self, Self);
    /// Transposes the `LANES` x `LANES` matrix whose rows are `rows[..LANES]`.
    fn transpose(rows: &mut [Self]);

    /// The lanes in order.
    #[inline(always)]
    fn lanes(self) -> [Self::Scalar; 16] {
        let mut lanes = [Self::Scalar::ZERO; 16];
        // SAFETY: no register has more than 16 lanes.
        unsafe { self.store(lanes.as_mut_ptr()) };
        lanes
    }
    /// The sum of all lanes, always in the same order.
    #[inline(always)]
    fn sum(self) -> Self::Scalar {
        let mut lanes = self.lanes();
        let mut half = Self::LANES / 2;
        while half > 0 {
            for l in 0..half {
                lanes[l] = lanes[l] + lanes[l + half];
            }
            half /= 2;
        }
        lanes[0]
    }
}

/// A real number with its register in each instruction set.
pub(crate) trait Lanes: Real {
    #[cfg(target_arch = "x86_64")]
    type Wide: Vector<Scalar = Self>;
    #[cfg(target_arch = "x86_64")]
    type Middle: Vector<Scalar = Self>;
    /// 16 bytes, by the compiler's own vectors: SSE2, NEON or none.
    type Portable: Vector<Scalar = Self>;
    /// 32 zeros, then 32 ones: a register from somewhere within them is a mask to multiply by.
    const STEPS: &'static [Self; 64];
}

/// [`Lanes::STEPS`].
macro_rules! steps {
    () => {{
        let mut steps = [0.0; 64];
        let mut i = 32;
        while i < 64 {
            steps[i] = 1.0;
            i += 1;
        }
        &{ steps }
    }};
}

impl Lanes for f64 {
    #[cfg(target_arch = "x86_64")]
    type Wide = x86_512::F64x8;
    #[cfg(target_arch = "x86_64")]
    type Middle = x86_256::F64x4;
    type Portable = Array<f64, 2>;
    const STEPS: &'static [f64; 64] = steps!();
}

impl Lanes for f32 {
    #[cfg(target_arch = "x86_64")]
    type Wide = x86_512::F32x16;
    #[cfg(target_arch = "x86_64")]
    type Middle = x86_256::F32x8;
    type Portable = Array<f32, 4>;
    const STEPS: &'static [f32; 64] = steps!();
}

/// A computation that is generic over the register.
pub(crate) trait Kernel<R: Lanes> {
    type Output;
    /// Implementations are `#[inline(always)]`.
    /// # Safety
    /// The processor has `V`'s instruction set.
    unsafe fn run<V: Vector<Scalar = R>>(self) -> Self::Output;
}

/// Runs a kernel in the instruction set `isa`, which comes from [`super::isa`] and is therefore there.
#[inline]
pub(crate) fn dispatch<R: Lanes, K: Kernel<R>>(isa: Isa, kernel: K) -> K::Output {
    // SAFETY: `Isa` names only what the processor was found to have.
    unsafe {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => wide(kernel),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => middle(kernel),
            Isa::Portable => kernel.run::<R::Portable>(),
        }
    }
}

/// # Safety
/// The processor has the features named.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512cd,avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn wide<R: Lanes, K: Kernel<R>>(kernel: K) -> K::Output {
    // SAFETY: this function's own condition.
    unsafe { kernel.run::<R::Wide>() }
}

/// # Safety
/// The processor has the features named.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn middle<R: Lanes, K: Kernel<R>>(kernel: K) -> K::Output {
    // SAFETY: this function's own condition.
    unsafe { kernel.run::<R::Middle>() }
}

/// Orders earlier [`Vector::stream`]s before whatever comes after. Before other threads are let in, and once a call.
#[inline(always)]
pub(crate) fn fence() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has it.
    unsafe {
        std::arch::x86_64::_mm_sfence()
    };
}

/// Asks for the cache line at `address`, which need not be mapped.
#[inline(always)]
pub(crate) fn prefetch<T>(address: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which never faults.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast())
    };
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

#[cfg(test)]
mod tests {
    use super::*;

    struct EveryOperation;

    impl<R: Lanes> Kernel<R> for EveryOperation {
        type Output = ();
        #[inline(always)]
        unsafe fn run<V: Vector<Scalar = R>>(self) {
            let n = V::LANES;
            let at = |i: usize| R::of(((i * 7 + 3) % 11) as f64 - 4.5);
            let bt = |i: usize| R::of(((i * 5 + 1) % 13) as f64 * 0.25 + 0.5);
            let a: Vec<R> = (0..2 * n).map(at).collect();
            let b: Vec<R> = (0..2 * n).map(bt).collect();
            // SAFETY: `a`, `b` and `out` hold two registers each; the instruction set is the caller's promise.
            unsafe {
                let (x, y, c) = (V::load(a.as_ptr()), V::load(b.as_ptr()), V::splat(R::of(0.5)));
                let check = |what: &str, v: V, f: &dyn Fn(R, R) -> R| {
                    let lanes = v.lanes();
                    for l in 0..n {
                        assert_eq!(lanes[l].wide(), f(a[l], b[l]).wide(), "{what}, lane {l} of {n}");
                    }
                };
                let half = R::of(0.5);
                check("add", x + y, &|p, q| p + q);
                check("sub", x - y, &|p, q| p - q);
                check("mul", x * y, &|p, q| p * q);
                check("div", x / y, &|p, q| p / q);
                check("neg", -x, &|p, _| -p);
                check("mul_add", x.mul_add(y, c), &|p, q| p * q + half);
                check("mul_sub", x.mul_sub(y, c), &|p, q| p * q - half);
                check("neg_mul_add", x.neg_mul_add(y, c), &|p, q| half - p * q);
                check("abs", x.abs(), &|p, _| R::of(p.wide().abs()));
                check("sqrt", y.sqrt(), &|_, q| {
                    if n > 0 {
                        R::of(if size_of::<R>() == 4 { f64::from((q.wide() as f32).sqrt()) } else { q.wide().sqrt() })
                    } else {
                        q
                    }
                });
                check("min", x.min(y), &|p, q| if p < q { p } else { q });
                check("max", x.max(y), &|p, q| if p > q { p } else { q });
                check("copysign", y.copysign(x), &|p, q| R::of(q.wide().copysign(p.wide())));
                check("lt", x.select(x.lt(y), y), &|p, q| if p < q { p } else { q });
                check("le", x.select(x.le(x), y), &|p, _| p);
                let truth = V::bits(x.lt(y));
                for l in 0..n {
                    assert_eq!(truth >> l & 1 == 1, a[l] < b[l]);
                }
                assert_eq!(truth >> n, 0);
                let nan = V::splat(R::NAN);
                assert_eq!(V::bits(nan.lt(x)) | V::bits(x.le(nan)), 0);
                check("min of a NaN", nan.min(x), &|p, _| p);
                assert!((x.sum().wide() - a[..n].iter().map(|v| v.wide()).sum::<f64>()).abs() < 1e-5);
                for count in 0..=n {
                    let part = V::load_part(a.as_ptr(), count).lanes();
                    let mut out = vec![R::of(9.0); n];
                    x.store_part(out.as_mut_ptr(), count);
                    for l in 0..n {
                        assert_eq!(part[l].wide(), if l < count { a[l].wide() } else { 0.0 });
                        assert_eq!(out[l].wide(), if l < count { a[l].wide() } else { 9.0 });
                    }
                }
                let none = V::splat(R::ZERO);
                let changed = none.count_sign_change(x, y).count_sign_change(x, -x).integers();
                let exponents = none.add_exponent(y).add_exponent(y).integers();
                let bias = if size_of::<R>() == 4 { 127 } else { 1023 };
                for l in 0..n {
                    assert_eq!(changed[l], 1 + i64::from(a[l] < R::ZERO));
                    let exponent = b[l].wide().log2().floor();
                    assert_eq!(exponents[l], 2 * (exponent as i64 + bias));
                    assert_eq!(y.inverse_power().lanes()[l].wide(), (-exponent).exp2());
                }
                let (re, im) = V::unzip(x, V::load(a.as_ptr().add(n)));
                for l in 0..n {
                    assert_eq!(re.lanes()[l].wide(), a[2 * V::ORDER[l]].wide(), "unzip, lane {l} of {n}");
                    assert_eq!(im.lanes()[l].wide(), a[2 * V::ORDER[l] + 1].wide());
                }
                let (p, q) = V::zip(re, im);
                let mut out = vec![R::ZERO; 2 * n];
                p.store(out.as_mut_ptr());
                q.store(out.as_mut_ptr().add(n));
                assert!(out.iter().zip(&a).all(|(o, a)| o.wide() == a.wide()), "zip undoes unzip");
                let matrix: Vec<R> = (0..n * n).map(|i| R::of(i as f64)).collect();
                let mut rows: Vec<V> = (0..n).map(|i| V::load(matrix.as_ptr().add(i * n))).collect();
                V::transpose(&mut rows);
                for (i, row) in rows.iter().enumerate() {
                    for j in 0..n {
                        assert_eq!(row.lanes()[j].wide(), (j * n + i) as f64, "transpose {n}");
                    }
                }
                let mut line = vec![R::ZERO; 3 * n];
                let aligned = line.as_mut_ptr().add(line.as_ptr().align_offset(n * size_of::<R>()));
                x.stream(aligned);
                fence();
                assert_eq!((*aligned).wide(), a[0].wide());
                prefetch(aligned);
            }
        }
    }

    #[test]
    fn every_operation_does_what_its_lanes_would() {
        for isa in super::super::isa::available() {
            dispatch::<f64, _>(isa, EveryOperation);
            dispatch::<f32, _>(isa, EveryOperation);
        }
    }
}
