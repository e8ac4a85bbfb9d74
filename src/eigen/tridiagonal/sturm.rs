//! The characteristic polynomial of a tridiagonal matrix at many points: a lane a point.
//!
//! p_i = (d_i - x) p_{i-1} - e_{i-1}^2 p_{i-2} has as many changes of sign as there are eigenvalues below x (Givens 1953;
//! Parlett, The Symmetric Eigenvalue Problem, section 3.3). Without the usual division the numbers grow and shrink, so
//! their exponents are pulled out every few rows. The squares of the couplings have a floor that keeps two successive
//! p from vanishing together, far below what rounding moves.
#![allow(unsafe_code)]

use crate::backend::cpu::isa::Isa;
use crate::backend::cpu::simd::{Kernel, Lanes, Vector, dispatch};

/// The value of the polynomial at one point: its sign changes, and mantissa and power of two of p_n.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Point {
    pub below: usize,
    pub mantissa: f64,
    pub exponent: f64,
}

/// What is evaluated: the matrix scaled to a norm in [1, 2), its couplings squared and floored, the first one 0.
pub(super) struct Polynomial<R> {
    pub d: Vec<R>,
    pub e2: Vec<R>,
}

impl<R: Lanes> Polynomial<R> {
    const SINGLE: bool = size_of::<R>() == 4;
    /// Rows between two looks at the exponents.
    const ROWS: usize = if Self::SINGLE { 4 } else { 16 };

    /// The floor of the squares: `ROWS` rows shrink by no more than its power `ROWS / 2`, which is normal.
    pub fn floor() -> R {
        R::of(if Self::SINGLE { 2f64.powi(-50) } else { 2f64.powi(-110) })
    }

    /// Evaluates at `points`, into as many results.
    pub fn evaluate(&self, isa: Isa, points: &[R], results: &mut [Point]) {
        debug_assert!(points.len() == results.len() && self.d.len() == self.e2.len());
        dispatch(isa, Evaluate { polynomial: self, points, results });
    }
}

struct Evaluate<'a, R> {
    polynomial: &'a Polynomial<R>,
    points: &'a [R],
    results: &'a mut [Point],
}

impl<R: Lanes> Kernel<R> for Evaluate<'_, R> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector<Scalar = R>>(self) {
        let (mut points, mut results) = (self.points, self.results);
        while !points.is_empty() {
            // Four registers hide the latency of the chain; fewer where fewer are left.
            let chains = points.len().div_ceil(V::LANES).min(4);
            let take = points.len().min(chains * V::LANES);
            let (now, later) = points.split_at(take);
            let (into, rest) = results.split_at_mut(take);
            // SAFETY: the instruction set is the caller's promise.
            unsafe {
                match chains {
                    1 => chain::<V, 1>(self.polynomial, now, into),
                    2 => chain::<V, 2>(self.polynomial, now, into),
                    3 => chain::<V, 3>(self.polynomial, now, into),
                    _ => chain::<V, 4>(self.polynomial, now, into),
                }
            }
            (points, results) = (later, rest);
        }
    }
}

/// # Safety
/// The processor has `V`'s instruction set. `points` has at most `K * LANES` elements, and more than one register less.
#[inline(always)]
unsafe fn chain<V: Vector, const K: usize>(
    polynomial: &Polynomial<V::Scalar>,
    points: &[V::Scalar],
    results: &mut [Point],
) {
    let n = polynomial.d.len();
    let count = |k: usize| points.len().saturating_sub(k * V::LANES).min(V::LANES);
    // SAFETY: `load_part` reads what `points` holds; `d` and `e2` hold `n` elements each.
    unsafe {
        let zero = V::splat(<V::Scalar as crate::tensor::Real>::ZERO);
        let x: [V; K] = std::array::from_fn(|k| V::load_part(points.as_ptr().add(k * V::LANES), count(k)));
        let mut p = [V::splat(<V::Scalar as crate::tensor::Real>::of(1.0)); K];
        let mut q = [zero; K];
        let (mut changes, mut exponents) = ([zero; K], [zero; K]);
        let (d, e2) = (polynomial.d.as_ptr(), polynomial.e2.as_ptr());
        let mut pulls = 0;
        let mut i = 0;
        while i < n {
            let stop = (i + Polynomial::<V::Scalar>::ROWS).min(n);
            while i < stop {
                let (row, coupling) = (V::splat(*d.add(i)), V::splat(*e2.add(i)));
                for k in 0..K {
                    let next = (row - x[k]).mul_sub(p[k], coupling * q[k]);
                    changes[k] = changes[k].count_sign_change(next, p[k]);
                    (q[k], p[k]) = (p[k], next);
                }
                i += 1;
            }
            for k in 0..K {
                let largest = p[k].abs().max(q[k].abs());
                let shrink = largest.inverse_power();
                (p[k], q[k]) = (p[k] * shrink, q[k] * shrink);
                exponents[k] = exponents[k].add_exponent(largest);
            }
            pulls += 1;
        }
        let bias = if size_of::<V::Scalar>() == 4 { 127 } else { 1023 };
        for k in 0..K {
            let (changes, exponents, p) = (changes[k].integers(), exponents[k].integers(), p[k].lanes());
            for l in 0..count(k) {
                results[k * V::LANES + l] = Point {
                    below: changes[l] as usize,
                    mantissa: crate::tensor::Real::wide(p[l]),
                    exponent: (exponents[l] - bias * pulls) as f64,
                };
            }
        }
    }
}
