//! One dense Hermitian matrix. First version: faer reduces and iterates; scaling, the gauge and memory are ours. This
//! is the seam: nothing outside knows of faer.

use crate::error::{Result, refuse};
use crate::tensor::{Element, Load, Real};
use faer::diag::DiagMut;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, SelfAdjointEvdParams, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{Auto, MatMut, MatRef, Par, Spec};
use num_complex::Complex;

/// What stands behind, for the build line.
pub(crate) const ENGINE: &str = "faer 0.24";

/// An element of a Hermitian matrix: f32, f64, or complex of these.
pub(crate) trait Number: Element + Load<Self::Precision> + faer::traits::ComplexField {
    type Precision: Real;
    fn new(value: Complex<Self::Precision>) -> Self;
    fn complex(self) -> Complex<Self::Precision>;
}

macro_rules! number {
    ($($real:ty),*) => {$(
        impl Number for $real {
            type Precision = $real;
            fn new(value: Complex<$real>) -> Self { value.re }
            fn complex(self) -> Complex<$real> { Complex::new(self, 0.0) }
        }
        impl Number for Complex<$real> {
            type Precision = $real;
            fn new(value: Complex<$real>) -> Self { value }
            fn complex(self) -> Complex<$real> { self }
        }
    )*};
}
number!(f32, f64);

/// Why a matrix has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    NotFinite,
    NoConvergence,
}

/// Everything that one thread needs to solve matrices of one order, one after the other.
pub(crate) struct Solver<C: Number> {
    n: usize,
    /// Column-major; the lower triangle is filled in by the caller.
    pub matrix: Vec<C>,
    /// Ascending; in the matrix's own type, as the engine wants them.
    values: Vec<C>,
    /// Column-major, or empty when vectors are not wanted.
    vectors: Vec<C>,
    stack: MemBuffer,
}

impl<C: Number> Solver<C> {
    pub fn new(n: usize, with_vectors: bool) -> Result<Self> {
        let refused = || refuse!(OutOfMemory, "scratch: a matrix of order {n} needs more memory than can be had");
        let Some(elements) = n.checked_mul(n) else { return refused() };
        let compute = if with_vectors { ComputeEigenvectors::Yes } else { ComputeEigenvectors::No };
        let need = match n {
            0 | 1 => faer::dyn_stack::StackReq::EMPTY,
            _ => self_adjoint_evd_scratch::<C>(n, compute, Par::Seq, params::<C>()),
        };
        let (matrix, values) = (filled(elements), filled(n));
        let vectors = filled(if with_vectors { elements } else { 0 });
        match (matrix, values, vectors, MemBuffer::try_new(need)) {
            (Some(matrix), Some(values), Some(vectors), Ok(stack)) => Ok(Solver { n, matrix, values, vectors, stack }),
            _ => refused(),
        }
    }

    /// Solves what is in the lower triangle of `matrix`.
    pub fn solve(&mut self) -> std::result::Result<(), Failure> {
        let n = self.n;
        let scale = match self.largest() {
            None => return Err(Failure::NotFinite),
            Some(largest) => unit_scale(self.size(largest)),
        };
        self.rescale(scale);
        if n == 1 {
            self.values[0] = C::new(Complex::new(self.matrix[0].complex().re, C::Precision::ZERO));
            self.vectors.iter_mut().for_each(|v| *v = C::new(Complex::new(one(), C::Precision::ZERO)));
        } else if n > 1 {
            let a = MatRef::from_column_major_slice(&self.matrix, n, n);
            let s = DiagMut::from_slice_mut(&mut self.values);
            let u = (!self.vectors.is_empty()).then(|| MatMut::from_column_major_slice_mut(&mut self.vectors, n, n));
            let stack = MemStack::new(&mut self.stack);
            self_adjoint_evd(a, s, u, Par::Seq, stack, params::<C>()).map_err(|_| Failure::NoConvergence)?;
        }
        let back = C::Precision::of(1.0) / scale;
        self.values.iter_mut().for_each(|v| *v = C::new(scaled(v.complex(), back)));
        for column in self.vectors.chunks_exact_mut(n.max(1)) {
            fix_gauge(column);
        }
        Ok(())
    }

    /// Eigenvalue `k`.
    pub fn value(&self, k: usize) -> C::Precision {
        self.values[k].complex().re
    }

    /// The eigenvector of eigenvalue `k`.
    pub fn vector(&self, k: usize) -> &[C] {
        &self.vectors[k * self.n..(k + 1) * self.n]
    }

    /// The largest modulus (of parts) in the lower triangle, None when an element is not finite.
    fn largest(&self) -> Option<C::Precision> {
        let mut largest = C::Precision::ZERO;
        for (j, column) in self.matrix.chunks_exact(self.n.max(1)).enumerate() {
            for x in &column[j..] {
                for part in [x.complex().re, x.complex().im] {
                    if !part.is_finite() {
                        return None;
                    }
                    let modulus = if part < C::Precision::ZERO { -part } else { part };
                    if modulus > largest {
                        largest = modulus;
                    }
                }
            }
        }
        Some(largest)
    }

    /// The Frobenius norm over sqrt(n), which is the root mean square of the eigenvalues. `largest` keeps the squares
    /// from overflowing.
    fn size(&self, largest: C::Precision) -> f64 {
        let largest = largest.wide();
        if largest == 0.0 {
            return 0.0;
        }
        let mut sum = 0.0;
        for (j, column) in self.matrix.chunks_exact(self.n).enumerate() {
            for (i, x) in column[j..].iter().enumerate() {
                let (re, im) = (x.complex().re.wide() / largest, x.complex().im.wide() / largest);
                sum += (re * re + im * im) * if i == 0 { 1.0 } else { 2.0 };
            }
        }
        largest * (sum / self.n as f64).sqrt()
    }

    fn rescale(&mut self, scale: C::Precision) {
        if scale != one() {
            self.matrix.iter_mut().for_each(|x| *x = C::new(scaled(x.complex(), scale)));
        }
    }
}

fn params<C: Number>() -> Spec<SelfAdjointEvdParams, C> {
    Spec::new(<SelfAdjointEvdParams as Auto<C>>::auto())
}

fn one<R: Real>() -> R {
    R::of(1.0)
}

fn scaled<R: Real>(z: Complex<R>, s: R) -> Complex<R> {
    Complex::new(z.re * s, z.im * s)
}

fn norm_sqr<R: Real>(z: Complex<R>) -> R {
    z.re * z.re + z.im * z.im
}

fn product<R: Real>(a: Complex<R>, b: Complex<R>) -> Complex<R> {
    Complex::new(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
}

fn filled<C: Number>(count: usize) -> Option<Vec<C>> {
    let mut elements = Vec::new();
    elements.try_reserve_exact(count).ok()?;
    elements.resize(count, C::new(Complex::new(C::Precision::ZERO, C::Precision::ZERO)));
    Some(elements)
}

/// The power of two that brings a matrix of this size to a size of about 1. The engine's divide and conquer deflates by
/// absolute thresholds: left at 1e-12, or at 1e6, a matrix of order 129 loses most of its eigenvectors' digits. A power
/// of two changes no digit of the input.
fn unit_scale<R: Real>(size: f64) -> R {
    if size == 0.0 {
        return one();
    }
    // Clamped so that neither the factor nor its inverse leaves the normal range.
    let limit = -(R::MIN_POSITIVE.wide().log2()) - 2.0;
    R::of((-size.log2().floor()).clamp(-limit, limit).exp2())
}

/// Turns an eigenvector so that its component of largest modulus, the first on ties, is real and positive.
fn fix_gauge<C: Number>(vector: &mut [C]) {
    let (mut at, mut largest) = (0usize, C::Precision::ZERO);
    // Rounding makes equal moduli differ in the last bits, so a later one must be larger by more than that.
    let tie = C::Precision::of(1.0 + 64.0 * C::Precision::EPSILON.wide());
    for (i, x) in vector.iter().enumerate() {
        let modulus = norm_sqr(x.complex());
        if modulus > largest * tie {
            (at, largest) = (i, modulus);
        }
    }
    let Some(pivot) = vector.get(at).map(|x| x.complex()) else { return };
    let modulus = C::Precision::of(pivot.re.wide().hypot(pivot.im.wide()));
    if modulus == C::Precision::ZERO || (pivot.im == C::Precision::ZERO && pivot.re > C::Precision::ZERO) {
        return;
    }
    let turn = Complex::new(pivot.re / modulus, -pivot.im / modulus);
    vector.iter_mut().for_each(|x| *x = C::new(product(x.complex(), turn)));
    vector[at] = C::new(Complex::new(vector[at].complex().re, C::Precision::ZERO));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gauge_makes_the_largest_component_real_and_positive() {
        let mut v = [Complex::new(0.0f64, 0.6), Complex::new(0.0, -0.8)];
        fix_gauge(&mut v);
        assert!((v[1].re - 0.8).abs() < 1e-15 && v[1].im == 0.0);
        assert!((v[0].re + 0.6).abs() < 1e-15);
        let mut tie = [-0.5f64.sqrt(), 0.5f64.sqrt() * (1.0 + 1e-15)];
        fix_gauge(&mut tie);
        assert!(tie[0] > 0.0, "the first on ties");
    }

    #[test]
    fn the_scale_is_a_power_of_two_that_brings_any_size_near_one() {
        assert_eq!(unit_scale::<f64>(0.0), 1.0);
        for size in [f64::MAX, f64::MIN_POSITIVE, 1e-300, 1e-12, 0.7, 1.0, 5.0, 1e300] {
            let scale = unit_scale::<f64>(size);
            assert_eq!(scale.log2().fract(), 0.0);
            assert!((1.0 / 64.0..64.0).contains(&(size * scale)), "{size} became {}", size * scale);
        }
        let tiny = f32::from_bits(1);
        assert!((tiny * unit_scale::<f32>(f64::from(tiny))).is_normal());
    }

    /// Residual and orthogonality in units of n * eps * the matrix's size.
    fn errors_of_a_random_matrix(n: usize, size: f64) -> (f64, f64) {
        let mut seed = 1u64;
        let mut random = || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        let mut full = vec![0.0; n * n];
        for j in 0..n {
            for i in j..n {
                let x = random() * size;
                (full[j * n + i], full[i * n + j]) = (x, x);
            }
        }
        let mut solver = Solver::<f64>::new(n, true).unwrap();
        solver.matrix.copy_from_slice(&full);
        solver.solve().unwrap();
        let (mut residual, mut orthogonality) = (0.0f64, 0.0f64);
        for k in 0..n {
            let v = solver.vector(k);
            for i in 0..n {
                let av: f64 = (0..n).map(|j| full[i * n + j] * v[j]).sum();
                residual = residual.max((av - solver.value(k) * v[i]).abs());
                let dot: f64 = v.iter().zip(solver.vector(i)).map(|(a, b)| a * b).sum();
                orthogonality = orthogonality.max((dot - f64::from(u8::from(i == k))).abs());
            }
        }
        let unit = n as f64 * f64::EPSILON;
        (residual / (unit * size * (n as f64).sqrt()), orthogonality / unit)
    }

    #[test]
    fn vectors_keep_their_digits_at_any_scale() {
        for n in [128, 129, 200] {
            for size in [1e-150, 1e-12, 1.0, 1e6, 1e12, 1e150] {
                let (residual, orthogonality) = errors_of_a_random_matrix(n, size);
                assert!(residual < 1.0 && orthogonality < 1.0, "n = {n}, size = {size}: {residual}, {orthogonality}");
            }
        }
    }
}
