//! One axis of a tensor of complex numbers of the engine's own precision: which way it is transformed.

use super::complex::ComplexFft;
use super::factor;
use super::kernel::{self, Batch, Columns, Job, Layout, Way};
use super::line::Number;
use crate::backend::cpu::isa;
use crate::fft::cache;
use crate::fft::desc::Direction;
use crate::fft::recipe::LineKind;
use crate::tensor::{View, ViewMut};
use num_complex::Complex;
use std::sync::Arc;

/// Rows below this many points are transformed many at a time.
const SHORT: usize = 128;

/// The tables of a way, or that there is none, in the cache.
struct Kept<T> {
    table: Option<Arc<T>>,
    bytes: usize,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Kept { table: self.table.clone(), bytes: self.bytes }
    }
}

impl<T: Send + Sync + 'static> cache::Engine for Kept<T> {
    /// An estimate: a complex number a point.
    fn bytes(&self) -> usize {
        self.bytes
    }
}

pub(super) fn kept<R: Number, T: Send + Sync + 'static>(
    n: usize,
    inverse: bool,
    make: impl FnOnce() -> Option<T>,
) -> Option<Arc<T>> {
    let direction = if inverse { Direction::Inverse } else { Direction::Forward };
    let bytes = n * size_of::<Complex<R>>();
    cache::engine((LineKind::Complex, direction, n), || Kept { table: make().map(Arc::new), bytes }).table
}

/// The job for a pass, if there is a way but line by line through a buffer.
#[allow(clippy::too_many_arguments, reason = "they describe one pass")]
pub(in crate::fft) fn job<'a, R: Number>(
    axis: usize,
    from: &View<'a, Complex<R>>,
    to: &mut ViewMut<'a, Complex<R>>,
    region: &[i64],
    inverse: bool,
    scale: R,
) -> Option<Job<'a, R>> {
    let isa = isa::best();
    let n = region[axis] as usize;
    if n < 2 {
        return None;
    }
    let radices = || factor::radices(isa, n);
    let layout = Layout::of(axis, from, to, region);
    let lanes = kernel::lanes::<R>(isa).len();
    let way = if layout.contiguous {
        let rows = |engine: Arc<ComplexFft<R>>| engine.direct().is_some().then_some(Way::Rows(engine));
        let fused = n.is_multiple_of(lanes) && n / lanes >= lanes;
        if layout.neighbours >= lanes / 2 && (n < SHORT || !fused) && kernel::columns_fit(n) {
            radices()?;
            Way::Batch(kept::<R, _>(n, inverse, || Batch::new(isa, &radices()?, inverse))?)
        } else {
            rows(kept::<R, _>(n, inverse, || Some(ComplexFft::new(isa, n, inverse)))?)?
        }
    } else {
        if layout.columns < 2 || !kernel::columns_fit(n) {
            return None;
        }
        radices()?;
        Way::Columns(kept::<R, _>(n, false, || Columns::new(isa, &radices()?))?)
    };
    Some(Job::new(isa, way, &layout, from, to, region, inverse, scale))
}
