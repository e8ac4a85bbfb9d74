//! Convolution of two tensors: by transforms, or term by term where one of them is small.

use super::cpu::Number;
use super::desc::{Desc, Direction, Kind, Norm, Problem, resolve_axes};
use super::length::next_fast;
use super::nd::{Output, Plan};
use crate::backend::cpu::Exec;
use crate::backend::cpu::pool::{self, Work};
use crate::backend::cpu::scratch::{self, Block};
use crate::error::{Result, refuse};
use crate::tensor::strides::row_major;
use crate::tensor::{Dims, Element, Load, View, ViewMut, copy, shape};
use num_complex::Complex;
use std::ops::{Add, Mul};

/// Which part of the whole convolution is wanted: all, what is centred and as large as the first tensor, or what needs
/// no zeros beyond the edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Full,
    Same,
    Valid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Auto,
    Fft,
    Direct,
}

/// A convolution whose every number is known and sound.
#[derive(Debug)]
pub(crate) struct Convolution {
    /// Shapes of the two tensors.
    a: Dims,
    b: Dims,
    /// The convolved axes; along the others the tensors are multiplied, extents of 1 as often as needed.
    convolved: Vec<bool>,
    /// The shape of the whole, and where in it the output lies.
    full: Dims,
    start: Dims,
    output: Dims,
    direct: bool,
}

/// A tensor in the precision of the computation.
pub(crate) enum Operand<'a, R> {
    Real(View<'a, R>),
    Complex(View<'a, Complex<R>>),
}

/// What results consist of: R or Complex<R>.
pub(crate) trait Term<R: Number>: Output<R> + Load<R> + Add<Output = Self> + Mul<Output = Self> {}
impl<R: Number, T: Output<R> + Load<R> + Add<Output = T> + Mul<Output = T>> Term<R> for T {}

impl Convolution {
    /// `a` and `b` are the shapes of the tensors, named `in` and `kernel`; no axes mean all.
    pub fn new(a: &[i64], b: &[i64], axes: &[i32], mode: Mode, method: Method) -> Result<Self> {
        let ndim = a.len();
        if b.len() != ndim {
            return refuse!(ShapeMismatch, "kernel: ndim = {} where in has {ndim}", b.len());
        }
        if ndim == 0 {
            return refuse!(BadNdim, "in: ndim = 0, and a convolution needs an axis");
        }
        let listed = resolve_axes(ndim, axes)?;
        let convolved: Vec<bool> = (0..ndim).map(|d| listed.is_empty() || listed.contains(&d)).collect();
        let (mut full, mut start, mut output) = (Dims::default(), Dims::default(), Dims::default());
        let (mut a_larger, mut b_larger) = (false, false);
        for d in 0..ndim {
            let (m, n) = (a[d], b[d]);
            if !convolved[d] {
                if m != n && m != 1 && n != 1 {
                    return refuse!(ShapeMismatch, "kernel: shape[{d}] = {n} where in has {m}, along no listed axis");
                }
                full.push(if m == 1 { n } else { m });
                output.push(full[d]);
                start.push(0);
                continue;
            }
            for (name, extent) in [("in", m), ("kernel", n)] {
                if extent == 0 {
                    return refuse!(BadShape, "{name}: shape[{d}] = 0 along a convolved axis");
                }
            }
            let Some(whole) = m.checked_add(n - 1) else {
                return refuse!(BadShape, "kernel: shape[{d}] = {n} with {m} of in is beyond 2^63 - 1");
            };
            // As in SciPy an extent of 1 is held by any.
            (a_larger, b_larger) = (a_larger || (m > n && n > 1), b_larger || (n > m && m > 1));
            let (from, extent) = match mode {
                Mode::Full => (0, whole),
                Mode::Same => ((whole - m) / 2, m),
                Mode::Valid => (m.min(n) - 1, m.max(n) - m.min(n) + 1),
            };
            full.push(whole);
            start.push(from);
            output.push(extent);
        }
        if mode == Mode::Valid && a_larger && b_larger {
            return refuse!(
                ShapeMismatch,
                "kernel: shape {b:?} where in has {a:?}: neither holds the other, as valid needs"
            );
        }
        if shape::count(&full).and_then(|n| shape::packed_bytes(n, 256)).is_none() {
            return refuse!(BadShape, "out: shape = {:?} has more than 2^63 - 1 bytes", &full[..]);
        }
        let mut made = Convolution { a: a.into(), b: b.into(), convolved, full, start, output, direct: false };
        made.direct = match method {
            Method::Auto => made.direct_is_faster(),
            Method::Direct => true,
            // Along axes where one extent is 1 there is nothing to transform.
            Method::Fft => made.axes().is_empty(),
        };
        Ok(made)
    }

    pub fn output_shape(&self) -> &[i64] {
        &self.output
    }

    pub fn is_convolved(&self, axis: usize) -> bool {
        self.convolved[axis]
    }

    pub fn is_direct(&self) -> bool {
        self.direct
    }

    /// The axes along which transforms are needed.
    fn axes(&self) -> Vec<usize> {
        (0..self.a.len()).filter(|&d| self.convolved[d] && self.a[d] > 1 && self.b[d] > 1).collect()
    }

    fn padded(&self, axis: usize) -> i64 {
        next_fast(self.full[axis], true).unwrap_or(self.full[axis])
    }

    fn direct_is_faster(&self) -> bool {
        let product = |of: &dyn Fn(usize) -> i64| (0..self.a.len()).map(|d| of(d) as f64).product::<f64>();
        let taps = product(&|d| if self.convolved[d] { self.a[d].min(self.b[d]) } else { 1 });
        let outputs = product(&|d| self.output[d]);
        let points = product(&|d| if self.convolved[d] { self.padded(d) } else { self.full[d] });
        let lengths = product(&|d| if self.convolved[d] { self.padded(d) } else { 1 });
        taps * outputs <= DIRECT_TERMS * points * (lengths + 1.0).log2() + DIRECT_START
    }

    /// Convolves into `out` by transforms; `conjugate` takes the complex conjugate of `b`.
    pub fn by_fft<R: Number, O: Term<R>>(
        &self,
        a: Operand<'_, R>,
        b: Operand<'_, R>,
        conjugate: bool,
        mut out: ViewMut<'_, O>,
        exec: &mut Exec<'_>,
    ) -> Result<()> {
        let axes: Vec<i32> = self.axes().iter().map(|&d| d as i32).collect();
        let lengths: Vec<i64> = self.axes().iter().map(|&d| self.padded(d)).collect();
        let kind = |forward, complex: bool| match (O::COMPLEX, forward) {
            (true, _) => (Kind::C2C, complex),
            (false, true) => (Kind::R2C, false),
            (false, false) => (Kind::C2R, true),
        };
        let problem = |shape: &[i64], forward: bool, complex: bool, direction| {
            let (kind, complex) = kind(forward, complex);
            let (axes, lengths) = (axes.clone(), lengths.clone());
            // No factor on the way there.
            let norm = if forward && direction == Direction::Inverse { Norm::Forward } else { Norm::Backward };
            Problem::new(shape, complex, &Desc { kind, direction, norm, orthogonal: None, axes, lengths })
        };
        // The spectrum of the first has every line of the result; that of the second may be repeated.
        let transformed = |d: usize| self.axes().contains(&d);
        let batch = |x: &[i64]| (0..x.len()).all(|d| transformed(d) || x[d] == self.full[d]);
        let swap = !batch(a.shape()) && batch(b.shape());
        let (first, second) = if swap { (b, a) } else { (a, b) };
        let whole: Dims =
            (0..self.a.len()).map(|d| if transformed(d) { first.shape()[d] } else { self.full[d] }).collect();
        let first = first.broadcast(&whole);
        // exp(+i...) of x, conjugated, is exp(-i...) of the conjugate.
        let way = |conjugate| if conjugate { Direction::Inverse } else { Direction::Forward };
        let (turn_first, turn_second) = (conjugate && swap, conjugate && !swap);

        let forward = problem(first.shape(), true, first.is_complex(), way(turn_first))?;
        let spectrum_shape = Dims::from(forward.output_shape());
        let mut block = allocate::<Complex<R>>(&spectrum_shape)?;
        let mut spectrum = block.arena().tensor::<Complex<R>>(&spectrum_shape);
        first.transform(&Plan::new(&forward)?, spectrum.reborrow(), &mut exec.part(0.0, 0.3))?;
        pause(exec, 0.3)?;

        let forward = problem(second.shape(), true, second.is_complex(), way(turn_second))?;
        let mut second_block = allocate::<Complex<R>>(forward.output_shape())?;
        let mut factor = second_block.arena().tensor::<Complex<R>>(forward.output_shape());
        second.transform(&Plan::new(&forward)?, factor.reborrow(), &mut exec.part(0.3, 0.6))?;
        let factor = factor.as_view().broadcast(&spectrum_shape);
        multiply(spectrum.reborrow(), factor, exec.threads, move |x: Complex<R>, y: Complex<R>| {
            let x = if turn_first { x.conj() } else { x };
            x * if turn_second { y.conj() } else { y }
        });
        drop(second_block);
        pause(exec, 0.65)?;

        let back = problem(&spectrum_shape, false, true, Direction::Inverse)?;
        let plan = Plan::new(&back)?;
        let mut part = exec.part(0.65, 0.95);
        if back.output_shape() == out.shape() {
            plan.execute(spectrum.as_view(), out.reborrow(), &mut part)?;
        } else {
            let mut result_block = allocate::<O>(back.output_shape())?;
            let mut result = result_block.arena().tensor::<O>(back.output_shape());
            plan.execute(spectrum.as_view(), result.reborrow(), &mut part)?;
            copy::elements(result.as_view().window(&self.start, &self.output), out);
        }
        exec.poll().stop(1.0);
        Ok(())
    }

    /// Convolves compact tensors into `out` term by term.
    pub fn directly<R: Number, O: Term<R>>(
        &self,
        a: &[O],
        b: &[O],
        mut out: ViewMut<'_, O>,
        exec: &mut Exec<'_>,
    ) -> Result<()> {
        let last = self.a.len() - 1;
        // The smaller one is the outer loop, so that the inner one is long.
        let swap = a.len() < b.len();
        let (a, b) = if swap { (b, a) } else { (a, b) };
        let shapes = if swap { (&self.b, &self.a) } else { (&self.a, &self.b) };
        let terms = Terms { how: self, a, b, shapes, strides: (row_major(shapes.0), row_major(shapes.1)) };
        let rows = shape::count(&self.output.without(last)).unwrap_or(0) as usize;
        let row = self.output[last] as usize;
        let threads = pool::useful_threads(exec.threads, rows, 2.0 * b.len() as f64 * row as f64);
        let bytes = scratch::piece::<O>(row.max(1)).and_then(|bytes| bytes.checked_mul(threads + 1));
        let bytes = bytes.unwrap_or(usize::MAX / 4);
        let mut block = Block::allocate(scratch::with_slack(bytes))?;
        let mut arena = block.arena();
        let shares: Vec<usize> = pool::shares(rows, threads).collect();
        let mut first = 0;
        let mut parts = Vec::with_capacity(threads);
        for (lines, count) in out.lines_mut(last, &self.output).split(&shares).into_iter().zip(&shares) {
            parts.push((first, lines, arena.slice::<O>(row)));
            first += count;
        }
        let (work, zero) = (Work::new(rows), arena.slice::<O>(1)[0]);
        let mut poll = exec.poll();
        pool::run(parts, &mut poll, |(first, lines, sums), mut poll| {
            let mut index = Dims::filled(last, 0);
            for (row, mut line) in lines.enumerate() {
                self.row_index(first + row, &mut index);
                sums.fill(zero);
                terms.add(0, 0, 0, &index, sums);
                line.write(sums);
                if !work.advance(1, poll.as_deref_mut()) {
                    return;
                }
            }
        });
        work.finish(&mut poll)
    }

    /// The index in the whole of a row of the output.
    fn row_index(&self, row: usize, index: &mut Dims) {
        let mut rest = row as i64;
        for d in (0..index.len()).rev() {
            index[d] = self.start[d] + rest % self.output[d];
            rest /= self.output[d];
        }
    }
}

/// How many terms of a direct sum take as long as a point of transforms takes for each halving of its length, and as
/// long as the rest of a convolution by transforms; measured.
const DIRECT_TERMS: f64 = 2.0;
const DIRECT_START: f64 = 4000.0;

/// A direct sum under way.
struct Terms<'a, O> {
    how: &'a Convolution,
    a: &'a [O],
    b: &'a [O],
    shapes: (&'a Dims, &'a Dims),
    strides: (Dims, Dims),
}

impl<O: Element + Add<Output = O> + Mul<Output = O>> Terms<'_, O> {
    /// Adds all terms of a row from dimension `d` on; `at_a` and `at_b` are the elements that the ones before chose.
    fn add(&self, d: usize, at_a: usize, at_b: usize, index: &[i64], sums: &mut [O]) {
        let (m, n) = (self.shapes.0[d], self.shapes.1[d]);
        let (step_a, step_b) = (self.strides.0[d] as usize, self.strides.1[d] as usize);
        if d == index.len() {
            return self.add_row(&self.a[at_a..at_a + m as usize], &self.b[at_b..at_b + n as usize], sums);
        }
        let here = index[d];
        if !self.how.convolved[d] {
            let own = |extent: i64| if extent == 1 { 0 } else { here as usize };
            return self.add(d + 1, at_a + own(m) * step_a, at_b + own(n) * step_b, index, sums);
        }
        for k in (here - m + 1).max(0)..=here.min(n - 1) {
            self.add(d + 1, at_a + (here - k) as usize * step_a, at_b + k as usize * step_b, index, sums);
        }
    }

    fn add_row(&self, a: &[O], b: &[O], sums: &mut [O]) {
        let last = self.shapes.0.len() - 1;
        if !self.how.convolved[last] {
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = *sum + a[if a.len() == 1 { 0 } else { i }] * b[if b.len() == 1 { 0 } else { i }];
            }
            return;
        }
        let start = self.how.start[last] as usize;
        for (k, &factor) in b.iter().enumerate() {
            let (from, end) = (start.max(k), (start + sums.len()).min(k + a.len()));
            if from < end {
                let terms = &a[from - k..end - k];
                sums[from - start..end - start].iter_mut().zip(terms).for_each(|(sum, &x)| *sum = *sum + x * factor);
            }
        }
    }
}

impl<R: Number> Operand<'_, R> {
    fn shape(&self) -> &[i64] {
        match self {
            Operand::Real(view) => view.shape(),
            Operand::Complex(view) => view.shape(),
        }
    }

    fn is_complex(&self) -> bool {
        matches!(self, Operand::Complex(_))
    }

    fn broadcast(self, shape: &[i64]) -> Self {
        match self {
            Operand::Real(view) => Operand::Real(view.broadcast(shape)),
            Operand::Complex(view) => Operand::Complex(view.broadcast(shape)),
        }
    }

    fn transform(self, plan: &Plan<R>, to: ViewMut<'_, Complex<R>>, exec: &mut Exec<'_>) -> Result<()> {
        match self {
            Operand::Real(view) => plan.execute(view, to, exec),
            Operand::Complex(view) => plan.execute(view, to, exec),
        }
    }
}

fn allocate<T: Element>(shape: &[i64]) -> Result<Block<'static>> {
    let count = shape::count(shape).unwrap_or(i64::MAX) as usize;
    Block::allocate(scratch::with_slack(scratch::piece::<T>(count).unwrap_or(usize::MAX / 4)))
}

/// Tells how far it is, between two transforms.
fn pause(exec: &mut Exec<'_>, fraction: f64) -> Result<()> {
    if exec.poll().stop(fraction) {
        return refuse!(Cancelled, "exec: progress asked to stop at {fraction} of a convolution");
    }
    Ok(())
}

/// Multiplies element by element, in parts on several threads.
fn multiply<T: Element>(mut x: ViewMut<'_, T>, y: View<'_, T>, threads: usize, f: impl Fn(T, T) -> T + Sync) {
    let shape = Dims::from(x.shape());
    let last = shape.len() - 1;
    let rows = shape::count(&shape.without(last)).unwrap_or(0) as usize;
    let threads = pool::useful_threads(threads, rows, 6.0 * shape[last] as f64);
    let shares: Vec<usize> = pool::shares(rows, threads).collect();
    let parts = x.lines_mut(last, &shape).split(&shares).into_iter().zip(y.lines(last, &shape).split(&shares));
    let parts = parts.collect();
    pool::run(parts, &mut Exec::with_threads(1).poll(), |(to, from), _| {
        to.zip(from).for_each(|(mut to, from)| to.update_with(&from, &f));
    });
}
