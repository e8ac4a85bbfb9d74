//! Householder tridiagonalisation of a real symmetric matrix in one pass a column (Golub and Van Loan, Matrix
//! Computations, section 8.3.1, with the rank-2 update of one column fused with the product of the next).
//!
//! The lower triangle is stored by columns. Step k brings column k up to date, makes the reflector u of it, and then goes
//! once over the rest: every element takes the pending update v w' + w v' of the step before, and is multiplied by u on
//! both sides of the diagonal. Four columns go together: an element costs one load, one store and four FMAs, and the
//! vectors' loads are shared by four.

use crate::backend::cpu::isa::Isa;
use crate::backend::cpu::simd::{Kernel, Lanes, Vector, dispatch};
use crate::tensor::Real;

/// Columns that go together.
const COLUMNS: usize = 4;
/// The most lanes of any register.
const MOST_LANES: usize = 16;

/// Elements between columns: room for a register past the end, columns on cache lines, and no distance near a multiple
/// of 4 KiB, where columns would fight for the same places in the cache.
pub(in crate::eigen::dense) fn leading_dimension<R: Lanes>(n: usize) -> usize {
    let page = 4096 / size_of::<R>();
    let leading = (n + MOST_LANES).next_multiple_of(MOST_LANES);
    let near = leading % page < 48 || leading % page > page - 48;
    if leading > page / 2 && near { leading + 5 * MOST_LANES } else { leading }
}

/// What a reduction reads and writes.
pub(in crate::eigen::dense) struct Reduction<'a, R> {
    /// n columns of [`leading_dimension`] elements, 64-byte aligned; rows past n are 0. Afterwards column k holds the
    /// reflector of step k from row k + 1 on, whose first component is 1.
    pub matrix: &'a mut [R],
    pub n: usize,
    pub diagonal: &'a mut [R],
    pub coupling: &'a mut [R],
    /// H_k = 1 - tau_k u u'.
    pub tau: &'a mut [R],
    /// 4 vectors of `leading_dimension` elements, 64-byte aligned.
    pub scratch: &'a mut [R],
}

/// Reduces a matrix; `go_on` is asked between columns, with the part that is done, and false ends the work.
pub(in crate::eigen::dense) fn tridiagonalise<R: Lanes>(
    reduction: Reduction<'_, R>,
    isa: Isa,
    go_on: &mut dyn FnMut(f64) -> bool,
) -> bool {
    let Reduction { n, .. } = reduction;
    let leading = leading_dimension::<R>(n);
    assert!(reduction.matrix.len() >= n * leading && reduction.scratch.len() >= 4 * leading);
    assert!(reduction.diagonal.len() == n && reduction.coupling.len() + 1 >= n && reduction.tau.len() + 1 >= n);
    let aligned = |address: *const R| (address as usize).is_multiple_of(64);
    assert!(aligned(reduction.matrix.as_ptr()) && aligned(reduction.scratch.as_ptr()));
    dispatch(isa, Reduce { reduction, leading, go_on })
}

struct Reduce<'a, 'p, R> {
    reduction: Reduction<'a, R>,
    leading: usize,
    go_on: &'p mut dyn FnMut(f64) -> bool,
}

impl<R: Lanes> Kernel<R> for Reduce<'_, '_, R> {
    type Output = bool;
    #[inline(always)]
    unsafe fn run<V: Vector<Scalar = R>>(self) -> bool {
        let Reduce { reduction, leading, go_on } = self;
        let Reduction { matrix, n, diagonal, coupling, tau, scratch } = reduction;
        scratch[..4 * leading].fill(R::ZERO);
        for j in 0..n {
            // What lies above the diagonal in the register of the diagonal is read, and not used: any number will do.
            matrix[j * leading + j / MOST_LANES * MOST_LANES..j * leading + j].fill(R::ZERO);
        }
        let a = matrix.as_mut_ptr();
        let [mut v, w, mut u, y] = [0, 1, 2, 3].map(|i| scratch.as_mut_ptr().wrapping_add(i * leading));
        // SAFETY: the sizes were checked by `tridiagonalise`. Every index below is less than n rounded up to a register,
        // which is less than the leading dimension.
        unsafe {
            for k in 0..n {
                let column = a.add(k * leading);
                let start = k / V::LANES * V::LANES;
                if k > 0 {
                    let (vk, wk) = (V::splat(*v.add(k)), V::splat(*w.add(k)));
                    let mut i = start;
                    while i < n {
                        let x = V::load(v.add(i)).neg_mul_add(wk, V::load(column.add(i)));
                        V::load(w.add(i)).neg_mul_add(vk, x).store(column.add(i));
                        i += V::LANES;
                    }
                }
                diagonal[k] = *column.add(k);
                if k + 1 == n {
                    break;
                }
                // The vectors' components up to k are done with: as zeros they leave the columns up to k alone.
                (*v.add(k), *w.add(k), *u.add(k)) = (R::ZERO, R::ZERO, R::ZERO);
                if k > 0 {
                    *u.add(k - 1) = R::ZERO;
                }
                let reflector = reflector::<V>(column, k, n, u, y);
                (coupling[k], tau[k]) = (reflector.coupling, reflector.tau);
                let mut j = (k + 1) / COLUMNS * COLUMNS;
                while j < n {
                    if j + COLUMNS <= n {
                        pass::<V, COLUMNS>(a, leading, j, n, v, w, u, y);
                        j += COLUMNS;
                    } else {
                        pass::<V, 1>(a, leading, j, n, v, w, u, y);
                        j += 1;
                    }
                }
                // w = tau y - (tau^2 u'y / 2) u.
                let first = (k + 1) / V::LANES * V::LANES;
                let mut dot = V::splat(R::ZERO);
                let mut i = first;
                while i < n {
                    dot = V::load(u.add(i)).mul_add(V::load(y.add(i)), dot);
                    i += V::LANES;
                }
                let half = R::of(-0.5) * reflector.tau * reflector.tau * dot.sum();
                let (half, scale) = (V::splat(half), V::splat(reflector.tau));
                let mut i = first;
                while i < n {
                    half.mul_add(V::load(u.add(i)), scale * V::load(y.add(i))).store(w.add(i));
                    i += V::LANES;
                }
                for i in first..=k {
                    *w.add(i) = R::ZERO;
                }
                (v, u) = (u, v);
                let left = (n - k) as f64 / n as f64;
                if k % 16 == 0 && !go_on(1.0 - left * left * left) {
                    return false;
                }
            }
        }
        true
    }
}

struct Reflector<R> {
    coupling: R,
    tau: R,
}

/// The reflector that leaves of column k only its component k + 1, into `u` and the column itself; `y` becomes 0.
///
/// # Safety
/// As in [`Reduce::run`].
#[inline(always)]
unsafe fn reflector<V: Vector>(
    column: *mut V::Scalar,
    k: usize,
    n: usize,
    u: *mut V::Scalar,
    y: *mut V::Scalar,
) -> Reflector<V::Scalar> {
    type R<V> = <V as Vector>::Scalar;
    let first = (k + 1) / V::LANES * V::LANES;
    // SAFETY: the caller's promise.
    unsafe {
        let zero = V::splat(R::<V>::ZERO);
        let alpha = *column.add(k + 1);
        let mut sums = [zero; 2];
        let mut i = first;
        while i < n {
            let mut x = V::load(column.add(i));
            if i == first {
                x = x * after::<V>(k + 2, i);
            }
            sums[i / V::LANES % 2] = x.mul_add(x, sums[i / V::LANES % 2]);
            i += V::LANES;
        }
        let tail = (sums[0] + sums[1]).sum();
        // The matrix has a size of about 1: what is dropped here is far below its rounding, and squares that lose digits
        // near the end of the range would make a reflector that is none.
        let nothing = if size_of::<V::Scalar>() == 4 { 1e-30 } else { 1e-280 };
        let (coupling, tau, scale) = if tail.wide() < nothing {
            (alpha, R::<V>::ZERO, R::<V>::ZERO)
        } else {
            let (a, t) = (alpha.wide(), tail.wide());
            let norm = R::<V>::of((a * a + t).sqrt().copysign(a));
            (-norm, (norm + alpha) / norm, R::<V>::ONE / (alpha + norm))
        };
        let scale = V::splat(scale);
        let mut i = first;
        while i < n {
            let mut x = scale * V::load(column.add(i));
            if i == first {
                x = x * after::<V>(k + 2, i);
            }
            x.store(u.add(i));
            zero.store(y.add(i));
            i += V::LANES;
        }
        *u.add(k + 1) = R::<V>::ONE;
        for i in k + 1..n.min(first + V::LANES) {
            *column.add(i) = *u.add(i);
        }
        let mut i = first + V::LANES;
        while i < n {
            V::load(u.add(i)).store(column.add(i));
            i += V::LANES;
        }
        Reflector { coupling, tau }
    }
}

/// Ones in the lanes of a register at row `start` that lie at `row` or below, zeros above.
///
/// # Safety
/// The processor has `V`'s instruction set. `row` lies at most two registers from `start`.
#[inline(always)]
unsafe fn after<V: Vector>(row: usize, start: usize) -> V {
    let zeros = (row as isize - start as isize).clamp(0, MOST_LANES as isize) as usize;
    // SAFETY: LANES elements from at most element 32 of 64.
    unsafe { V::load(V::Scalar::STEPS.as_ptr().add(2 * MOST_LANES - zeros)) }
}

/// Columns j to j + C: takes the pending update, adds the products with `u` to `y`.
///
/// # Safety
/// As in [`Reduce::run`]; `j + C <= n`, and j is a multiple of [`COLUMNS`] or C is 1.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "one step of a loop, inlined")]
unsafe fn pass<V: Vector, const C: usize>(
    a: *mut V::Scalar,
    leading: usize,
    j: usize,
    n: usize,
    v: *const V::Scalar,
    w: *const V::Scalar,
    u: *const V::Scalar,
    y: *mut V::Scalar,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let zero = V::splat(<V::Scalar as Real>::ZERO);
        let row = |p: *const V::Scalar| -> [V; C] { std::array::from_fn(|q| V::splat(*p.add(j + q))) };
        let (vj, wj, uj) = (row(v), row(w), row(u));
        let mut products = [zero; C];
        let mut i = j / V::LANES * V::LANES;
        // The registers that hold the diagonal: one, but where four columns are more than a register.
        while i < j + C {
            let (vi, wi, ui) = (V::load(v.add(i)), V::load(w.add(i)), V::load(u.add(i)));
            let mut yi = V::load(y.add(i));
            for q in 0..C {
                let at = a.add((j + q) * leading + i);
                let x = vi.neg_mul_add(wj[q], wi.neg_mul_add(vj[q], V::load(at)));
                x.store(at);
                yi = (x * after::<V>(j + q, i)).mul_add(uj[q], yi);
                products[q] = (x * after::<V>(j + q + 1, i)).mul_add(ui, products[q]);
            }
            yi.store(y.add(i));
            i += V::LANES;
        }
        while i < n {
            let (vi, wi, ui) = (V::load(v.add(i)), V::load(w.add(i)), V::load(u.add(i)));
            let mut yi = V::load(y.add(i));
            for q in 0..C {
                let at = a.add((j + q) * leading + i);
                let x = vi.neg_mul_add(wj[q], wi.neg_mul_add(vj[q], V::load(at)));
                x.store(at);
                yi = x.mul_add(uj[q], yi);
                products[q] = x.mul_add(ui, products[q]);
            }
            yi.store(y.add(i));
            i += V::LANES;
        }
        for (q, product) in products.into_iter().enumerate() {
            *y.add(j + q) = *y.add(j + q) + product.sum();
        }
    }
}
