//! Complex transforms of one line of any length: directly where the length has small prime factors only, else as a
//! convolution of such a length.

use super::factor;
use super::kernel::{self, Row};
use super::twiddle::unit;
use crate::backend::cpu::isa::Isa;
use crate::backend::cpu::simd::Lanes;
use num_complex::Complex;

/// A plan for lines of one length and direction. Immutable.
pub(in crate::fft) struct ComplexFft<R> {
    n: usize,
    isa: Isa,
    how: How<R>,
}

enum How<R> {
    /// One point.
    Nothing,
    Direct(Row<R>),
    /// A prime length: but for element 0 the transform is a cyclic convolution of p - 1 points in another order.
    Rader {
        row: Row<R>,
        kernel: Vec<Complex<R>>,
        order: Vec<u32>,
        inverse_order: Vec<u32>,
    },
    /// Any length, by jk = (j^2 + k^2 - (j - k)^2) / 2: a product with a chirp, a convolution, and a product.
    Bluestein {
        row: Row<R>,
        kernel: Vec<Complex<R>>,
        chirp: Vec<Complex<R>>,
    },
}

impl<R: Lanes> ComplexFft<R> {
    pub fn new(isa: Isa, n: usize, inverse: bool) -> Self {
        let how = if n <= 1 {
            How::Nothing
        } else if let Some(row) = Row::new(isa, n, inverse) {
            How::Direct(row)
        } else {
            convolution(isa, n, inverse)
        };
        ComplexFft { n, isa, how }
    }

    /// Complex numbers of scratch.
    pub fn scratch_len(&self) -> usize {
        match &self.how {
            How::Nothing => 0,
            How::Direct(row) => row.scratch_len().div_ceil(2),
            How::Rader { row, .. } | How::Bluestein { row, .. } => aligned::<R>(row.n) + row.scratch_len().div_ceil(2),
        }
    }

    /// The plan that works on memory, if the length has small prime factors only.
    pub(super) fn direct(&self) -> Option<&Row<R>> {
        if let How::Direct(row) = &self.how { Some(row) } else { None }
    }

    /// Transforms a line in place and multiplies it by `scale`.
    pub fn run(&self, line: &mut [Complex<R>], scratch: &mut [Complex<R>], scale: R) {
        let one = R::of(1.0);
        match &self.how {
            How::Nothing => line.iter_mut().for_each(|x| *x = Complex::new(x.re * scale, x.im * scale)),
            How::Direct(row) => row.transform(line, scratch, scale),
            How::Rader { row, kernel, order, inverse_order } => {
                let (x, scratch) = scratch.split_at_mut(aligned::<R>(row.n));
                let x = &mut x[..row.n];
                let first = line[0];
                x.iter_mut().zip(order).for_each(|(to, from)| *to = line[*from as usize]);
                row.transform(x, scratch, one);
                let sum = x[0];
                kernel::conjugate_product(self.isa, x, kernel);
                row.transform(x, scratch, one);
                line[0] = Complex::new((first.re + sum.re) * scale, (first.im + sum.im) * scale);
                for (from, to) in x.iter().zip(inverse_order) {
                    line[*to as usize] = Complex::new((first.re + from.re) * scale, (first.im - from.im) * scale);
                }
            }
            How::Bluestein { row, kernel, chirp } => {
                let (x, scratch) = scratch.split_at_mut(aligned::<R>(row.n));
                let x = &mut x[..row.n];
                let (used, rest) = x.split_at_mut(self.n);
                used.copy_from_slice(&line[..self.n]);
                rest.fill(Complex::new(R::ZERO, R::ZERO));
                kernel::product(self.isa, used, chirp);
                row.transform(x, scratch, one);
                kernel::conjugate_product(self.isa, x, kernel);
                row.transform(x, scratch, scale);
                // What is there is the conjugate.
                line.iter_mut().zip(x.iter()).for_each(|(to, from)| *to = conjugate(*from));
                kernel::product(self.isa, line, chirp);
            }
        }
    }
}

pub(super) fn conjugate<R: Lanes>(x: Complex<R>) -> Complex<R> {
    Complex::new(x.re, -x.im)
}

/// A count of complex numbers that ends at a cache line.
fn aligned<R>(count: usize) -> usize {
    count.next_multiple_of(64 / size_of::<Complex<R>>())
}

fn convolution<R: Lanes>(isa: Isa, n: usize, inverse: bool) -> How<R> {
    let lanes = kernel::lanes::<R>(isa).len();
    let m = factor::convolution_length(isa, lanes, 2 * n - 1);
    let bluestein = factor::line_cost(isa, lanes, m);
    // Reordering costs Rader's way a little more than the products the other one.
    let rader = factor::line_cost(isa, lanes, n - 1) + 4.0 * n as f64;
    if rader < bluestein && n >= 17 && is_prime(n) {
        return self::rader(isa, n, inverse);
    }
    let Some(row) = Row::new(isa, m, false) else { unreachable!("a power of two has passes") };
    let wide = |k: usize| {
        // k^2 modulo 2 n, in u128 since k^2 may not fit.
        let square = (k as u128 * k as u128 % (2 * n as u128)) as usize;
        let w = unit(square, 2 * n);
        if inverse { w.conj() } else { w }
    };
    let chirp: Vec<_> = (0..n).map(|k| narrow(wide(k))).collect();
    let mut kernel = vec![Complex::new(0.0, 0.0); m];
    for k in 0..n {
        kernel[k] = wide(k).conj();
        kernel[(m - k) % m] = kernel[k];
    }
    How::Bluestein { kernel: transformed(isa, kernel), row, chirp }
}

/// The transform of a convolution's kernel in f64, divided by its length.
fn transformed<R: Lanes>(isa: Isa, mut kernel: Vec<Complex<f64>>) -> Vec<Complex<R>> {
    if let Some(row) = Row::<f64>::new(isa, kernel.len(), false) {
        let scale = 1.0 / kernel.len() as f64;
        let mut scratch = vec![Complex::new(0.0, 0.0); row.scratch_len().div_ceil(2)];
        row.transform(&mut kernel, &mut scratch, scale);
    }
    kernel.into_iter().map(narrow).collect()
}

fn narrow<R: Lanes>(x: Complex<f64>) -> Complex<R> {
    Complex::new(R::of(x.re), R::of(x.im))
}

fn rader<R: Lanes>(isa: Isa, p: usize, inverse: bool) -> How<R> {
    let Some(row) = Row::new(isa, p - 1, false) else { unreachable!("its cost was finite") };
    let g = generator(p);
    let power = |exponent: usize| power(g, exponent, p);
    // With j = g^a and k = g^-b the product jk is g^(a - b).
    let order = powers(g, p);
    let inverse_order = powers(power(p - 2), p);
    let kernel = inverse_order
        .iter()
        .map(|k| if inverse { unit(*k as usize, p).conj() } else { unit(*k as usize, p) })
        .collect();
    How::Rader { row, kernel: transformed(isa, kernel), order, inverse_order }
}

/// g^0, g^1, ... modulo p.
fn powers(g: usize, p: usize) -> Vec<u32> {
    let mut x = 1u64;
    (0..p - 1)
        .map(|_| {
            let now = x as u32;
            x = x * g as u64 % p as u64;
            now
        })
        .collect()
}

fn power(base: usize, mut exponent: usize, p: usize) -> usize {
    let (mut square, mut result) = (base as u128, 1u128);
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = result * square % p as u128;
        }
        square = square * square % p as u128;
        exponent /= 2;
    }
    result as usize
}

fn is_prime(n: usize) -> bool {
    (2..).take_while(|p| p * p <= n).all(|p| !n.is_multiple_of(p))
}

/// The smallest number whose powers are all numbers below `p`.
fn generator(p: usize) -> usize {
    let mut factors = Vec::new();
    let (mut rest, mut q) = (p - 1, 2);
    while rest > 1 {
        if q * q > rest {
            q = rest;
        }
        if rest.is_multiple_of(q) {
            factors.push(q);
            while rest.is_multiple_of(q) {
                rest /= q;
            }
        }
        q += 1;
    }
    (2..p).find(|g| factors.iter().all(|q| power(*g, (p - 1) / q, p) != 1)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::cpu::isa;
    use crate::fft::cpu::reference::{Exact, random};

    /// The relative error in the 2-norm of both directions, in units of eps sqrt(log2 n).
    fn error<R: Lanes>(isa: Isa, n: usize) -> f64 {
        let x: Vec<Complex<R>> = random(n);
        let eps = R::EPSILON.wide();
        let mut worst = 0.0f64;
        for inverse in [false, true] {
            let engine = ComplexFft::<R>::new(isa, n, inverse);
            let mut scratch = vec![Complex::new(R::NAN, R::NAN); engine.scratch_len()];
            let mut y = x.clone();
            engine.run(&mut y, &mut scratch, R::of(1.0));
            let (mut off, mut all) = (0.0, 0.0);
            for (k, want) in Exact::new(n, inverse).transform(&x).into_iter().enumerate() {
                off += (y[k].re.wide() - want.re).powi(2) + (y[k].im.wide() - want.im).powi(2);
                all += want.re.powi(2) + want.im.powi(2);
            }
            worst = worst.max((off / all).sqrt());
        }
        worst / (eps * (n as f64).log2().sqrt())
    }

    fn is_smooth(n: usize) -> bool {
        factor::radices(isa::best(), n).is_some()
    }

    fn all_lengths<R: Lanes>(lengths: impl Iterator<Item = usize> + Clone) {
        for isa in isa::available() {
            for n in lengths.clone() {
                let error = error::<R>(isa, n);
                let bound = if is_smooth(n) { 0.5 } else { 1.0 };
                // Of a few points there is little to average over: an error of half a unit is allowed there.
                let bound = if n < 16 { bound * 1.5 } else { bound };
                assert!(error <= bound, "{n} points, {}, {}: {error}", isa.name(), std::any::type_name::<R>());
            }
        }
    }

    #[test]
    fn all_lengths_up_to_300_are_exact_in_f64() {
        all_lengths::<f64>(2..=300);
    }

    #[test]
    fn all_lengths_up_to_300_are_exact_in_f32() {
        all_lengths::<f32>(2..=300);
    }

    #[test]
    fn longer_lengths_of_every_kind_are_exact() {
        let some = [512, 1000, 1001, 1009, 1024, 1155, 2003, 2187, 2197, 3072, 3125, 4096, 4099];
        all_lengths::<f64>(some.into_iter());
        all_lengths::<f32>(some.into_iter());
    }

    #[test]
    fn one_point_is_scaled() {
        let engine = ComplexFft::<f64>::new(isa::best(), 1, false);
        let mut x = [Complex::new(3.0, -2.0)];
        engine.run(&mut x, &mut [], 0.5);
        assert_eq!(x[0], Complex::new(1.5, -1.0));
    }

    #[test]
    fn generators_generate() {
        for p in [17, 19, 23, 1009, 65537] {
            let mut all = powers(generator(p), p);
            all.sort_unstable();
            assert!(all.iter().enumerate().all(|(i, x)| *x as usize == i + 1), "{p}");
        }
    }
}
