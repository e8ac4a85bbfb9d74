//! Runs a recipe: each pass over all its lines, in parts on several threads.

use super::cpu::{BufferSizes, Buffers, LineFft, Number, require_memory};
use super::desc::Problem;
use super::recipe::{LineKind, Pass, Place, Recipe};
use crate::backend::cpu::pool::{self, Work};
use crate::backend::cpu::scratch::{self, Arena};
use crate::backend::cpu::{Exec, Poll};
use crate::error::Result;
use crate::tensor::{Element, LineMut, Lines, LinesMut, Load, Real, View, ViewMut, shape};
use num_complex::Complex;

/// How many points are transformed between two looks at the progress callback: about a millisecond's worth.
const POINTS_PER_POLL: usize = 1 << 16;

/// A transform with everything prepared. Immutable; threads may share it.
pub(crate) struct Plan<R: Number> {
    recipe: Recipe,
    engines: Vec<LineFft<R>>,
    scale: R,
    lines: usize,
}

/// What the last pass writes: complex numbers, or real ones from `real`.
pub(crate) trait Output<R: Number>: Element {
    fn write(line: &mut LineMut<'_, Self>, buffers: &Buffers<'_, R>, scale: Option<R>);
}

impl<R: Number> Output<R> for Complex<R>
where
    Complex<R>: Element,
{
    fn write(line: &mut LineMut<'_, Self>, buffers: &Buffers<'_, R>, scale: Option<R>) {
        match scale {
            None => line.fill_with(|i| buffers.line[i]),
            Some(s) => line.fill_with(|i| Complex::new(buffers.line[i].re * s, buffers.line[i].im * s)),
        }
    }
}

macro_rules! real_output {
    ($($t:ty),*) => {$(
        impl Output<$t> for $t {
            fn write(line: &mut LineMut<'_, Self>, buffers: &Buffers<'_, $t>, scale: Option<$t>) {
                let s = scale.unwrap_or(1.0);
                line.fill_with(|i| buffers.real[i] * s);
            }
        }
    )*};
}
real_output!(f32, f64);

impl<R: Number> Plan<R>
where
    Complex<R>: Load<R>,
{
    pub fn new(problem: &Problem) -> Result<Self> {
        let recipe = Recipe::new(problem);
        require_memory::<R>(recipe.passes.iter().fold(0, |sum, p| sum.saturating_add(p.length)))?;
        let engines = recipe.passes.iter().map(|p| LineFft::new(p.kind, p.direction, p.length)).collect();
        let lines = recipe.passes.iter().map(line_count).sum();
        Ok(Plan { recipe, engines, scale: R::of(problem.scale), lines })
    }

    /// Bytes of scratch that `threads` threads need.
    pub fn scratch_bytes(&self, threads: usize) -> usize {
        let sizes = self.buffer_sizes();
        let piece = |count| scratch::piece::<Complex<R>>(count).unwrap_or(usize::MAX / 4);
        let a_thread =
            piece(sizes.line) + scratch::piece::<R>(sizes.real).unwrap_or(usize::MAX / 4) + piece(sizes.scratch);
        let temporary =
            self.recipe.temporary.as_ref().map_or(0, |s| piece(shape::count(s).unwrap_or(i64::MAX) as usize));
        scratch::with_slack(self.most_threads(threads).saturating_mul(a_thread).saturating_add(temporary))
    }

    fn buffer_sizes(&self) -> BufferSizes {
        self.engines.iter().map(LineFft::buffer_sizes).fold(BufferSizes::default(), BufferSizes::max)
    }

    /// The most threads that any pass uses.
    fn most_threads(&self, threads: usize) -> usize {
        self.recipe.passes.iter().map(|p| pass_threads(p, threads)).max().unwrap_or(1)
    }

    /// Transforms `input` into `output`, whose shapes are the problem's.
    pub fn execute<T: Load<R>, O: Output<R> + Load<R>>(
        &self,
        input: View<'_, T>,
        mut output: ViewMut<'_, O>,
        exec: &mut Exec<'_>,
    ) -> Result<()> {
        let threads = exec.threads;
        let (mut block, mut poll) = exec.scratch(self.scratch_bytes(threads))?;
        let mut arena = block.arena();
        let sizes = self.buffer_sizes();
        let mut buffers: Vec<_> = (0..self.most_threads(threads)).map(|_| carve(&mut arena, sizes)).collect();
        let mut temporary = self.recipe.temporary.as_ref().map(|shape| arena.tensor::<Complex<R>>(shape));
        let work = Work::new(self.lines);
        let last = self.engines.len().saturating_sub(1);
        for (i, (pass, engine)) in self.recipe.passes.iter().zip(&self.engines).enumerate() {
            let scale = if i == last && self.scale != R::of(1.0) { Some(self.scale) } else { None };
            let mut run = Runner { pass, engine, scale, work: &work, poll: &mut poll, buffers: &mut buffers };
            match (pass.from, pass.to, temporary.as_mut()) {
                (Place::Input, Place::Temporary, Some(t)) => {
                    run.across(input.lines(pass.axis, &pass.source), t.lines_mut(pass.axis, &pass.target))
                }
                (Place::Temporary, Place::Temporary, Some(t)) => run.within(t.lines_mut(pass.axis, &pass.target)),
                (Place::Temporary, _, Some(t)) => {
                    run.across(t.as_view().lines(pass.axis, &pass.source), output.lines_mut(pass.axis, &pass.target))
                }
                (Place::Output, _, _) => run.within(output.lines_mut(pass.axis, &pass.target)),
                _ => run.across(input.lines(pass.axis, &pass.source), output.lines_mut(pass.axis, &pass.target)),
            }
            if !work.goes_on() {
                break;
            }
        }
        work.finish(&mut poll)
    }
}

/// One thread's buffers.
fn carve<'a, R: Real>(arena: &mut Arena<'a>, sizes: BufferSizes) -> Buffers<'a, R>
where
    Complex<R>: Element,
{
    Buffers { line: arena.slice(sizes.line), real: arena.slice(sizes.real), scratch: arena.slice(sizes.scratch) }
}

fn line_count(pass: &Pass) -> usize {
    shape::count(&pass.target.without(pass.axis)).unwrap_or(0) as usize
}

fn pass_threads(pass: &Pass, threads: usize) -> usize {
    let n = pass.length as f64;
    let flops = if pass.kind == LineKind::Copy { n } else { 5.0 * n * (n + 1.0).log2() };
    pool::useful_threads(threads, line_count(pass), flops)
}

/// One pass under way.
struct Runner<'r, 'b, 'p, R: Number> {
    pass: &'r Pass,
    engine: &'r LineFft<R>,
    scale: Option<R>,
    work: &'r Work,
    poll: &'r mut Poll<'p>,
    buffers: &'r mut [Buffers<'b, R>],
}

impl<R: Number> Runner<'_, '_, '_, R> {
    /// From one tensor to another.
    fn across<T: Load<R>, O: Output<R>>(&mut self, from: Lines<'_, T>, to: LinesMut<'_, O>) {
        let shares = self.shares();
        let parts = from.split(&shares).into_iter().zip(to.split(&shares)).map(|(f, t)| f.zip(t));
        let (engine, take, scale) = (self.engine, self.pass.take, self.scale);
        self.run(parts.collect(), |(from, mut to), buffers| {
            engine.run(&from, take, buffers);
            O::write(&mut to, buffers, scale);
        });
    }

    /// Within one tensor.
    fn within<O: Output<R> + Load<R>>(&mut self, lines: LinesMut<'_, O>) {
        let parts = lines.split(&self.shares());
        let (engine, take, scale) = (self.engine, self.pass.take, self.scale);
        self.run(parts, |mut line, buffers| {
            engine.run(&line.as_line(), take, buffers);
            O::write(&mut line, buffers, scale);
        });
    }

    /// How many lines each thread gets.
    fn shares(&self) -> Vec<usize> {
        let threads = pass_threads(self.pass, self.buffers.len());
        pool::shares(line_count(self.pass), threads).collect()
    }

    fn run<L: Iterator + Send>(&mut self, parts: Vec<L>, line: impl Fn(L::Item, &mut Buffers<'_, R>) + Sync) {
        let often = (POINTS_PER_POLL / self.pass.length.max(1)).max(1);
        let work = self.work;
        let parts: Vec<_> = parts.into_iter().zip(self.buffers.iter_mut()).collect();
        pool::run(parts, self.poll, |(lines, buffers), mut poll| {
            let mut since = 0;
            if !work.goes_on() {
                return;
            }
            for one in lines {
                line(one, buffers);
                since += 1;
                if since == often {
                    if !work.advance(since, poll.as_deref_mut()) {
                        return;
                    }
                    since = 0;
                }
            }
            work.advance(since, poll);
        });
    }
}
