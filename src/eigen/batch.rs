//! A tensor of matrices: each one's triangle read, solved, its results written, in parts on several threads.

use super::dense::{Failure, Number, Solver};
use super::desc::{Request, Triangle};
use crate::backend::cpu::pool::{self, Work};
use crate::backend::cpu::{Exec, Poll};
use crate::error::{Error, Result, Status, refuse};
use crate::tensor::{Dims, Lines, LinesMut, Load, Real, View, ViewMut};
use num_complex::Complex;
use std::sync::Mutex;

/// Where results go.
pub(crate) struct Outputs<'a, C: Number> {
    /// (..., m)
    pub values: ViewMut<'a, C::Precision>,
    /// (..., n, m)
    pub vectors: Option<ViewMut<'a, C>>,
    /// (..., 1): 0 or a status for each matrix. Without it the first failure ends the solve.
    pub info: Option<ViewMut<'a, i32>>,
}

/// A thread's share of the batch: lines in the order of matrices.
struct Part<'a, T, C: Number> {
    matrices: usize,
    /// n lines a matrix, so that the triangle of each starts at its diagonal: columns for the lower, rows for the
    /// upper one.
    input: Lines<'a, T>,
    /// One line a matrix.
    values: LinesMut<'a, C::Precision>,
    /// m lines a matrix: its wanted columns.
    vectors: Option<LinesMut<'a, C>>,
    /// One line of one element a matrix.
    info: Option<LinesMut<'a, i32>>,
}

/// Solves all matrices of `a`.
pub(crate) fn solve<T, C: Number>(
    request: &Request,
    a: &View<'_, T>,
    outputs: &mut Outputs<'_, C>,
    exec: &mut Exec<'_>,
) -> Result<()>
where
    T: Load<C::Precision>,
{
    let n = request.n as usize;
    let matrices = request.matrices();
    if matrices == 0 || n == 0 {
        clear_info(outputs);
        return Work::new(0).finish(&mut exec.poll());
    }
    let cost = (n as f64).powi(3) * if outputs.vectors.is_some() { 9.0 } else { 1.5 };
    let threads = pool::useful_threads(exec.threads, matrices, cost);
    let with_vectors = outputs.vectors.is_some();
    // Memory first: what cannot be solved is not looked through either.
    let solvers = (0..threads).map(|_| Solver::new(n, with_vectors)).collect::<Result<Vec<Solver<C>>>>()?;
    if outputs.info.is_none() {
        require_finite(request, a)?;
    }
    let work = Work::new(matrices);
    let failure = Mutex::new(None);
    let parts: Vec<_> = cut(request, a, outputs, threads).into_iter().zip(solvers).collect();
    let mut poll = exec.poll();
    pool::run(parts, &mut poll, |(part, mut solver), poll| run_part(request, part, &mut solver, &work, &failure, poll));
    if let Some(error) = failure.into_inner().unwrap_or(None) {
        return Err(error);
    }
    work.finish(&mut poll)
}

/// The lines that hold the triangle, from the diagonal on.
fn triangle_lines<'a, T: crate::tensor::Element>(request: &Request, a: &View<'a, T>) -> Lines<'a, T> {
    let last = a.shape().len() - 1;
    let axis = if request.triangle == Triangle::Lower { last - 1 } else { last };
    a.lines(axis, a.shape())
}

fn cut<'a, T: Load<C::Precision>, C: Number>(
    request: &Request,
    a: &View<'a, T>,
    outputs: &'a mut Outputs<'_, C>,
    threads: usize,
) -> Vec<Part<'a, T, C>> {
    let shares: Vec<usize> = pool::shares(request.matrices(), threads).collect();
    let times = |k: i64| shares.iter().map(|s| s * k as usize).collect::<Vec<_>>();
    let mut input = triangle_lines(request, a).split(&times(request.n)).into_iter();
    let mut values = all_lines(&mut outputs.values, 0).split(&shares).into_iter();
    let vectors = outputs.vectors.as_mut().map(|v| all_lines(v, 1).split(&times(request.wanted)));
    let info = outputs.info.as_mut().map(|i| all_lines(i, 0).split(&shares));
    let (mut vectors, mut info) = (vectors.map(Vec::into_iter), info.map(Vec::into_iter));
    let mut parts = Vec::with_capacity(threads);
    for matrices in shares {
        let (Some(input), Some(values)) = (input.next(), values.next()) else { break };
        let vectors = vectors.as_mut().and_then(Iterator::next);
        let info = info.as_mut().and_then(Iterator::next);
        parts.push(Part { matrices, input, values, vectors, info });
    }
    parts
}

/// All lines along the axis that is `from_last` before the last.
fn all_lines<'v, T: crate::tensor::Element>(view: &'v mut ViewMut<'_, T>, from_last: usize) -> LinesMut<'v, T> {
    let region = Dims::from(view.shape());
    view.lines_mut(region.len() - 1 - from_last, &region)
}

fn run_part<T: Load<C::Precision>, C: Number>(
    request: &Request,
    mut part: Part<'_, T, C>,
    solver: &mut Solver<C>,
    work: &Work,
    failure: &Mutex<Option<Error>>,
    mut poll: Option<&mut Poll<'_>>,
) {
    let n = request.n as usize;
    for _ in 0..part.matrices {
        if !work.goes_on() {
            return;
        }
        read_triangle(request.triangle, &mut part.input, n, solver);
        let wanted = request.first as usize..(request.first + request.wanted) as usize;
        let outcome = solver.solve(wanted, &mut |part| work.within(part, poll.as_deref_mut()));
        if outcome == Err(Failure::Cancelled) {
            return;
        }
        if let (Err(why), None) = (outcome, &part.info) {
            let mut first = failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            first.get_or_insert_with(|| refusal(why));
            return;
        }
        write_results(request, &mut part, solver, outcome.is_ok());
        if let Some(mut line) = part.info.as_mut().and_then(Iterator::next) {
            line.fill_with(|_| outcome.map_or_else(|why| refusal(why).status as i32, |()| 0));
        }
        work.advance(1, poll.as_deref_mut());
    }
}

/// Fills the lower triangle of a column-major matrix from its next n lines.
fn read_triangle<T: Load<C::Precision>, C: Number>(
    triangle: Triangle,
    lines: &mut Lines<'_, T>,
    n: usize,
    solver: &mut Solver<C>,
) {
    // Row k of the upper triangle is the conjugate of column k of the lower one.
    let flip = if triangle == Triangle::Upper { C::Precision::of(-1.0) } else { C::Precision::of(1.0) };
    for (k, line) in lines.take(n).enumerate() {
        let column = solver.column(k);
        line.each(k, n - k, |i, x| {
            let z = x.load();
            let im = if i == 0 { C::Precision::ZERO } else { z.im * flip };
            column[i] = C::new(Complex::new(z.re, im));
        });
    }
}

fn write_results<T, C: Number>(request: &Request, part: &mut Part<'_, T, C>, solver: &Solver<C>, solved: bool) {
    let first = request.first as usize;
    let nan = C::Precision::NAN;
    if let Some(mut line) = part.values.next() {
        line.fill_with(|k| if solved { solver.value(first + k) } else { nan });
    }
    let Some(columns) = &mut part.vectors else { return };
    for (k, mut column) in columns.take(request.wanted as usize).enumerate() {
        if solved {
            column.write(solver.vector(first + k));
        } else {
            column.fill_with(|_| C::new(Complex::new(nan, nan)));
        }
    }
}

/// Looks through every triangle before anything is written.
fn require_finite<R: Real, T: Load<R>>(request: &Request, a: &View<'_, T>) -> Result<()> {
    let n = request.n as usize;
    for (line_number, line) in triangle_lines(request, a).enumerate() {
        let (matrix, k) = (line_number / n, line_number % n);
        let mut bad = None;
        line.each(k, n - k, |i, x| {
            let z: Complex<R> = x.load();
            if !(z.re.is_finite() && (i == 0 || z.im.is_finite())) && bad.is_none() {
                bad = Some((k + i, z));
            }
        });
        if let Some((other, z)) = bad {
            let (row, column) = if request.triangle == Triangle::Lower { (other, k) } else { (k, other) };
            return refuse!(
                NotFinite,
                "a: element ({row}, {column}) of matrix {matrix} is {} {:+}i",
                z.re.wide(),
                z.im.wide()
            );
        }
    }
    Ok(())
}

fn refusal(why: Failure) -> Error {
    match why {
        Failure::NotFinite => Error::new(Status::NotFinite, "a: a matrix holds NaN or Inf"),
        // Told by `Work::finish` instead.
        Failure::Cancelled => Error::new(Status::Cancelled, "exec: progress asked to stop"),
        Failure::NoConvergence => Error::new(Status::NoConvergence, "a: the iteration on a matrix did not converge"),
    }
}

/// There is nothing to solve: every matrix of order 0 is solved.
fn clear_info<C: Number>(outputs: &mut Outputs<'_, C>) {
    if let Some(info) = &mut outputs.info {
        all_lines(info, 0).for_each(|mut line| line.fill_with(|_| 0));
    }
}
