//! eigen::dense: one dense Hermitian matrix. A real one is reduced to a tridiagonal one by `kernel`, a complex one by
//! faer; eigenvalues come from `tridiagonal`, eigenvectors from faer's divide and conquer, turned back by its blocked
//! reflectors. Scaling, the gauge and memory are here. This is the seam: nothing outside knows of faer.

mod kernel;

use super::tridiagonal::{self, constant};
use crate::backend::cpu::isa;
use crate::backend::cpu::scratch::Buffer;
use crate::backend::cpu::simd::Lanes;
use crate::error::{Result, refuse};
use crate::tensor::{Element, Load, Real};
use faer::diag::{DiagMut, DiagRef};
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{
    ComputeEigenvectors, SelfAdjointEvdParams, self_adjoint_evd_scratch, tridiag, tridiagonal_self_adjoint_evd,
};
use faer::linalg::householder;
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Auto, Conj, MatMut, MatRef, Par, Spec};
use kernel::Reduction;
use num_complex::Complex;
use std::ops::Range;

/// What stands behind, for the build line.
pub(crate) const ENGINE: &str = "own, faer 0.24";

/// Reflectors that are applied together.
const BLOCK: usize = 32;

/// An element of a Hermitian matrix: f32, f64, or complex of these.
pub(crate) trait Number: Element + Load<Self::Precision> + faer::traits::ComplexField {
    type Precision: Lanes + faer::traits::RealField;
    fn new(value: Complex<Self::Precision>) -> Self;
    fn complex(self) -> Complex<Self::Precision>;
    /// Elements between columns.
    fn leading(n: usize) -> usize;
    /// Reduces to tridiagonal form: reflectors stay in the matrix from row k + 1 of column k on, their coefficients go
    /// to `factor`, of which only the diagonals of the blocks count, and the couplings with their phases to `coupling`.
    fn reduce(work: Work<'_, Self>) -> bool;
}

/// The pieces of a [`Solver`] that a reduction works on.
pub(crate) struct Work<'a, C: Number> {
    n: usize,
    matrix: &'a mut [C],
    diagonal: &'a mut [C::Precision],
    coupling: &'a mut [C],
    /// [`BLOCK`] x (n - 1), column-major, upper triangles side by side.
    factor: &'a mut [C],
    vectors: &'a mut [C::Precision],
    stack: &'a mut MemStack,
    go_on: &'a mut dyn FnMut(f64) -> bool,
}

macro_rules! number {
    ($($real:ty),*) => {$(
        impl Number for $real {
            type Precision = $real;
            fn new(value: Complex<$real>) -> Self { value.re }
            fn complex(self) -> Complex<$real> { Complex::new(self, 0.0) }
            fn leading(n: usize) -> usize { kernel::leading_dimension::<$real>(n) }
            fn reduce(work: Work<'_, Self>) -> bool {
                let Work { n, matrix, diagonal, coupling, factor, vectors, stack: _, go_on } = work;
                let (tau, scratch) = vectors.split_at_mut(Self::leading(n));
                let tau = &mut tau[..n - 1];
                let reduction = Reduction { matrix, n, diagonal, coupling, tau, scratch };
                if !kernel::tridiagonalise(reduction, isa::best(), go_on) {
                    return false;
                }
                // faer's coefficient of the same reflector is the inverse; none at all is infinity.
                for (k, tau) in tau.iter().enumerate() {
                    factor[k * BLOCK + k % BLOCK] = 1.0 / *tau;
                }
                true
            }
        }
        impl Number for Complex<$real> {
            type Precision = $real;
            fn new(value: Complex<$real>) -> Self { value }
            fn complex(self) -> Complex<$real> { self }
            fn leading(n: usize) -> usize { n }
            fn reduce(work: Work<'_, Self>) -> bool {
                let Work { n, matrix, diagonal, coupling, factor, stack, go_on, .. } = work;
                let mut a = MatMut::from_column_major_slice_mut(matrix, n, n);
                let h = MatMut::from_column_major_slice_mut(factor, BLOCK, n - 1);
                tridiag::tridiag_in_place(a.rb_mut(), h, Par::Seq, stack, Default::default());
                for k in 0..n {
                    diagonal[k] = a[(k, k)].re;
                    if k + 1 < n {
                        coupling[k] = a[(k + 1, k)];
                    }
                }
                go_on(1.0)
            }
        }
    )*};
}
number!(f32, f64);

/// Why a matrix has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    NotFinite,
    NoConvergence,
    Cancelled,
}

/// Everything that one thread needs to solve matrices of one order, one after the other.
pub(crate) struct Solver<C: Number> {
    n: usize,
    leading: usize,
    matrix: Buffer<C>,
    diagonal: Vec<C::Precision>,
    coupling: Vec<C>,
    /// Ascending; only the wanted ones are set.
    values: Vec<C::Precision>,
    /// Column-major, or empty when vectors are not wanted.
    vectors: Buffer<C>,
    factor: Buffer<C>,
    /// Coefficients and vectors of the reduction.
    work: Buffer<C::Precision>,
    stack: MemBuffer,
}

impl<C: Number> Solver<C> {
    pub fn new(n: usize, with_vectors: bool) -> Result<Self> {
        let refused = || refuse!(OutOfMemory, "scratch: a matrix of order {n} needs more memory than can be had");
        let leading = C::leading(n);
        let (Some(elements), Some(square)) = (n.checked_mul(leading), n.checked_mul(n)) else { return refused() };
        let compute = if with_vectors { ComputeEigenvectors::Yes } else { ComputeEigenvectors::No };
        let need = match n {
            0 | 1 => faer::dyn_stack::StackReq::EMPTY,
            _ => self_adjoint_evd_scratch::<C>(n, compute, Par::Seq, params::<C>())
                .or(householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<C>(n - 1, BLOCK, n)),
        };
        let vectors = if with_vectors { square } else { 0 };
        let Ok(stack) = MemBuffer::try_new(need) else { return refused() };
        Ok(Solver {
            n,
            leading,
            matrix: Buffer::zeroed(elements)?,
            diagonal: vec![C::Precision::ZERO; n],
            coupling: vec![C::new(Complex::new(C::Precision::ZERO, C::Precision::ZERO)); n.saturating_sub(1)],
            values: vec![C::Precision::ZERO; n],
            vectors: Buffer::zeroed(vectors)?,
            factor: Buffer::zeroed(BLOCK * n.saturating_sub(1))?,
            work: Buffer::zeroed(5 * kernel::leading_dimension::<C::Precision>(n))?,
            stack,
        })
    }

    /// Column `k` of the lower triangle, from the diagonal on, to be filled in.
    pub fn column(&mut self, k: usize) -> &mut [C] {
        &mut self.matrix[k * self.leading + k..k * self.leading + self.n]
    }

    /// Solves what is in the lower triangle, for the eigenvalues numbered `wanted`. `go_on` is asked now and then, with
    /// the part that is done.
    pub fn solve(
        &mut self,
        wanted: Range<usize>,
        go_on: &mut dyn FnMut(f64) -> bool,
    ) -> std::result::Result<(), Failure> {
        let n = self.n;
        let scale = match self.largest() {
            None => return Err(Failure::NotFinite),
            Some(largest) => unit_scale(self.size(largest)),
        };
        self.rescale(scale);
        if n == 1 {
            self.values[0] = self.matrix[0].complex().re;
            self.vectors.iter_mut().for_each(|v| *v = C::new(Complex::new(C::Precision::ONE, C::Precision::ZERO)));
        } else if let Some((diagonal, coupling)) = self.constant() {
            self.closed_form(diagonal, coupling, wanted.clone());
        } else if n > 1 {
            let finished = C::reduce(Work {
                n,
                matrix: &mut self.matrix,
                diagonal: &mut self.diagonal,
                coupling: &mut self.coupling,
                factor: &mut self.factor,
                vectors: &mut self.work,
                stack: MemStack::new(&mut self.stack),
                go_on,
            });
            if !finished {
                return Err(Failure::Cancelled);
            }
            if !self.vectors.is_empty() {
                self.find_vectors(wanted.clone())?;
            }
            // Not those that came with the vectors: whoever asks for less gets the same.
            let moduli: Vec<_> = self.coupling.iter().map(|x| modulus(x.complex())).collect();
            let values = &mut self.values[wanted.clone()];
            tridiagonal::values(&self.diagonal, &moduli, wanted.start, isa::best(), values);
        }
        let back = C::Precision::ONE / scale;
        self.values[wanted.clone()].iter_mut().for_each(|v| *v *= back);
        if !self.vectors.is_empty() {
            self.vectors[wanted.start * n..wanted.end * n].chunks_exact_mut(n.max(1)).for_each(fix_gauge);
        }
        Ok(())
    }

    /// Diagonal and coupling of a real matrix that is tridiagonal with constant ones. Most others differ at once.
    fn constant(&self) -> Option<(C::Precision, C::Precision)> {
        let n = self.n;
        let real = |x: C| x.complex().re;
        let (a, b) = (real(self.matrix[0]), real(*self.matrix.get(1).filter(|_| n > 1)?));
        let fits = |column: &[C]| {
            let zero = |x: &C| real(*x) == C::Precision::ZERO;
            real(column[0]) == a && column.get(1).is_none_or(|x| real(*x) == b) && column.iter().skip(2).all(zero)
        };
        (C::IS_REAL && b != C::Precision::ZERO && self.columns().all(fits)).then_some((a, b))
    }

    fn closed_form(&mut self, a: C::Precision, b: C::Precision, wanted: Range<usize>) {
        let n = self.n;
        let size = b.wide().abs();
        for k in wanted {
            self.values[k] = C::Precision::of(constant::value(n, a.wide(), size, k));
            let Some(vector) = self.vectors.get_mut(k * n..(k + 1) * n) else { continue };
            for (i, x) in vector.iter_mut().enumerate() {
                let sign = if b.wide() > 0.0 && i % 2 == 1 { -1.0 } else { 1.0 };
                let value = C::Precision::of(sign * constant::component(n, k, i));
                *x = C::new(Complex::new(value, C::Precision::ZERO));
            }
        }
    }

    /// Eigenpairs of the tridiagonal matrix, turned back by the reflectors.
    fn find_vectors(&mut self, wanted: Range<usize>) -> std::result::Result<(), Failure> {
        let n = self.n;
        let real = |x: C::Precision| C::new(Complex::new(x, C::Precision::ZERO));
        let diagonal: Vec<C> = self.diagonal.iter().map(|x| real(*x)).collect();
        let mut coupling = self.coupling.clone();
        coupling.push(real(C::Precision::ZERO));
        let mut values = vec![real(C::Precision::ZERO); n];
        let stack = MemStack::new(&mut self.stack);
        let mut vectors = MatMut::from_column_major_slice_mut(&mut self.vectors, n, n);
        let (d, e) = (DiagRef::from_slice(&diagonal), DiagRef::from_slice(&coupling));
        let s = DiagMut::from_slice_mut(&mut values);
        tridiagonal_self_adjoint_evd(d, e, s, Some(vectors.rb_mut()), Par::Seq, stack, params::<C>())
            .map_err(|_| Failure::NoConvergence)?;
        let matrix = MatRef::from_column_major_slice_with_stride(&self.matrix, n, n, self.leading);
        let reflectors = matrix.submatrix(1, 0, n - 1, n - 1);
        let mut factor = MatMut::from_column_major_slice_mut(&mut self.factor, BLOCK, n - 1);
        if C::IS_REAL {
            for start in (0..n - 1).step_by(BLOCK) {
                let count = BLOCK.min(n - 1 - start);
                let block = factor.rb_mut().submatrix_mut(0, start, count, count);
                let essentials = reflectors.submatrix(start, start, n - 1 - start, count);
                householder::upgrade_householder_factor(block, essentials, BLOCK, 1, Par::Seq);
            }
        }
        householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
            reflectors,
            factor.rb(),
            Conj::No,
            vectors.submatrix_mut(1, wanted.start, n - 1, wanted.len()),
            Par::Seq,
            stack,
        );
        Ok(())
    }

    /// Eigenvalue `k`, which was wanted.
    pub fn value(&self, k: usize) -> C::Precision {
        self.values[k]
    }

    /// The eigenvector of eigenvalue `k`.
    pub fn vector(&self, k: usize) -> &[C] {
        &self.vectors[k * self.n..(k + 1) * self.n]
    }

    /// The lower triangle by columns.
    fn columns(&self) -> impl Iterator<Item = &[C]> {
        let (n, leading) = (self.n, self.leading);
        (0..n).map(move |k| &self.matrix[k * leading + k..k * leading + n])
    }

    /// The largest modulus (of parts) in the lower triangle, None when an element is not finite.
    fn largest(&self) -> Option<C::Precision> {
        let mut largest = C::Precision::ZERO;
        for column in self.columns() {
            for x in column {
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
        for column in self.columns() {
            for (i, x) in column.iter().enumerate() {
                let (re, im) = (x.complex().re.wide() / largest, x.complex().im.wide() / largest);
                sum += (re * re + im * im) * if i == 0 { 1.0 } else { 2.0 };
            }
        }
        largest * (sum / self.n as f64).sqrt()
    }

    fn rescale(&mut self, scale: C::Precision) {
        if scale != C::Precision::ONE {
            self.matrix.iter_mut().for_each(|x| *x = C::new(scaled(x.complex(), scale)));
        }
    }
}

fn params<C: Number>() -> Spec<SelfAdjointEvdParams, C> {
    Spec::new(<SelfAdjointEvdParams as Auto<C>>::auto())
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

fn modulus<R: Real>(z: Complex<R>) -> R {
    R::of(z.re.wide().hypot(z.im.wide()))
}

/// The power of two that brings a matrix of this size to a size of about 1. The engine's divide and conquer deflates by
/// absolute thresholds: left at 1e-12, or at 1e6, a matrix of order 129 loses most of its eigenvectors' digits. A power
/// of two changes no digit of the input.
fn unit_scale<R: Real>(size: f64) -> R {
    if size == 0.0 {
        return R::ONE;
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
    let modulus = modulus(pivot);
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
        (0..n).for_each(|k| solver.column(k).copy_from_slice(&full[k * n + k..(k + 1) * n]));
        solver.solve(0..n, &mut |_| true).unwrap();
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
