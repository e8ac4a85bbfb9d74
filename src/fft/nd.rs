//! Runs a recipe: each pass over all its lines, in parts on several threads.

use super::cache;
use super::cpu::{self, BufferSizes, Buffers, Job, LineFft, Number, require_memory};
use super::desc::{Direction, Problem};
use super::recipe::{LineKind, Pass, Place, Recipe};
use crate::backend::cpu::isa;
use crate::backend::cpu::pool::{self, Work};
use crate::backend::cpu::scratch::{self, Arena, Space};
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
        require_memory::<R>(recipe.passes.iter().fold(0, |sum, p| sum.saturating_add(p.points())))?;
        let engines = recipe.passes.iter().map(engine).collect();
        let lines = recipe.passes.iter().map(line_count).sum();
        Ok(Plan { recipe, engines, scale: R::of(problem.scale), lines })
    }

    /// Bytes of scratch that `threads` threads need.
    pub fn scratch_bytes(&self, threads: usize) -> usize {
        let sizes = self.buffer_sizes();
        let space = scratch::piece::<R>(self.space()).unwrap_or(usize::MAX / 4);
        let piece = |count| scratch::piece::<Complex<R>>(count).unwrap_or(usize::MAX / 4);
        let a_thread = space
            + piece(sizes.line)
            + scratch::piece::<R>(sizes.real).unwrap_or(usize::MAX / 4)
            + piece(sizes.scratch);
        let temporary =
            self.recipe.temporary.as_ref().map_or(0, |s| piece(shape::count(s).unwrap_or(i64::MAX) as usize));
        scratch::with_slack(self.most_threads(threads).saturating_mul(a_thread).saturating_add(temporary))
    }

    pub(super) fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    fn buffer_sizes(&self) -> BufferSizes {
        self.engines.iter().map(LineFft::buffer_sizes).fold(BufferSizes::default(), BufferSizes::max)
    }

    /// Real numbers for passes that need no lines.
    fn space(&self) -> usize {
        let passes = self.recipe.passes.iter().zip(&self.engines).filter(|(p, _)| p.kind == LineKind::Complex);
        let most = |p: &Pass| cpu::most_scratch::<R>(isa::best(), p.length);
        passes.map(|(p, engine)| most(p).max(2 * engine.buffer_sizes().scratch)).max().unwrap_or(0)
    }

    /// The most threads that any pass uses.
    pub(super) fn most_threads(&self, threads: usize) -> usize {
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
        let space = self.space();
        let mut rooms: Vec<_> =
            (0..self.most_threads(threads)).map(|_| Room { space: arena.space(space), lines: None }).collect();
        let mut temporary = self.recipe.temporary.as_ref().map(|shape| arena.tensor::<Complex<R>>(shape));
        let work = Work::new(self.lines);
        let last = self.engines.len().saturating_sub(1);
        for (i, (pass, engine)) in self.recipe.passes.iter().zip(&self.engines).enumerate() {
            let scale = if i == last && self.scale != R::of(1.0) { Some(self.scale) } else { None };
            let mut run = Runner {
                pass,
                engine,
                scale,
                work: &work,
                poll: &mut poll,
                rooms: &mut rooms,
                arena: &mut arena,
                sizes,
            };
            let done = match (pass.from, pass.to, temporary.as_mut()) {
                (Place::Input, Place::Temporary, Some(t)) => run.whole(input.of_type(), t.of_type()),
                (Place::Temporary, Place::Temporary, Some(t)) => run.whole_within(t.of_type()),
                (Place::Temporary, _, Some(t)) => run.whole(t.as_view().of_type(), output.of_type()),
                (Place::Output, _, _) => run.whole_within(output.of_type()),
                _ => run.whole(input.of_type(), output.of_type()),
            };
            match (pass.from, pass.to, temporary.as_mut()) {
                _ if done => {}
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

/// One thread's memory.
struct Room<'a, R> {
    space: Space<'a, R>,
    lines: Option<Buffers<'a, R>>,
}

/// One thread's buffers for lines.
fn carve<'a, R: Real>(arena: &mut Arena<'a>, sizes: BufferSizes) -> Buffers<'a, R>
where
    Complex<R>: Element,
{
    Buffers { line: arena.slice(sizes.line), real: arena.slice(sizes.real), scratch: arena.slice(sizes.scratch) }
}

fn engine<R: Number>(pass: &Pass) -> LineFft<R> {
    let key = (pass.kind, pass.direction, pass.length);
    if pass.kind == LineKind::Complex {
        // Its tables are in the cache themselves: those of lines and of whole axes are the same.
        return LineFft::new(pass.kind, pass.direction, pass.length);
    }
    cache::engine(key, || LineFft::new(pass.kind, pass.direction, pass.length))
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
    rooms: &'r mut [Room<'b, R>],
    arena: &'r mut Arena<'b>,
    sizes: BufferSizes,
}

impl<R: Number> Runner<'_, '_, '_, R>
where
    Complex<R>: Element,
{
    /// From one complex tensor to another without lines, if there is a way.
    fn whole(&mut self, from: Option<View<'_, Complex<R>>>, to: Option<ViewMut<'_, Complex<R>>>) -> bool {
        let (Some(from), Some(mut to)) = (from, to) else { return false };
        let Some(job) = self.job(&from, &mut to) else { return false };
        self.share(&job);
        true
    }

    /// The same within one tensor.
    fn whole_within(&mut self, to: Option<ViewMut<'_, Complex<R>>>) -> bool {
        let Some(mut to) = to else { return false };
        let Some(job) = to.with_view(|from, to| self.job(from, to)) else { return false };
        self.share(&job);
        true
    }

    fn job<'v>(&self, from: &View<'v, Complex<R>>, to: &mut ViewMut<'v, Complex<R>>) -> Option<Job<'v, R>> {
        let pass = self.pass;
        if pass.kind != LineKind::Complex || pass.take != pass.length {
            return None;
        }
        let inverse = pass.direction == Direction::Inverse;
        cpu::job(pass.axis, from, to, &pass.target, inverse, self.scale.unwrap_or(R::of(1.0)))
    }

    /// Does a job's units on several threads.
    fn share(&mut self, job: &Job<'_, R>) {
        let (units, work) = (job.units(), self.work);
        let threads = pass_threads(self.pass, self.rooms.len()).min(units);
        let lines = line_count(self.pass);
        let mut start = 0;
        let parts: Vec<_> = pool::shares(units, threads)
            .zip(self.rooms.iter_mut())
            .map(|(count, room)| {
                start += count;
                (start - count..start, &mut room.space)
            })
            .collect();
        let often = (POINTS_PER_POLL / job.unit_points()).max(1);
        pool::run(parts, self.poll, |(range, space), mut poll| {
            if !work.goes_on() {
                return;
            }
            // Units stand for equal shares of the lines.
            let done = |unit: usize| lines * unit / units;
            let (mut told, mut at, end) = (range.start, range.start, range.end);
            job.run(range, space, || {
                at += 1;
                if at - told < often && at < end {
                    return true;
                }
                let since = done(at) - done(told);
                told = at;
                work.advance(since, poll.as_deref_mut())
            });
        });
    }

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
        let threads = pass_threads(self.pass, self.rooms.len());
        pool::shares(line_count(self.pass), threads).collect()
    }

    fn run<L: Iterator + Send>(&mut self, parts: Vec<L>, line: impl Fn(L::Item, &mut Buffers<'_, R>) + Sync) {
        let often = (POINTS_PER_POLL / self.pass.length.max(1)).max(1);
        let work = self.work;
        let (arena, sizes) = (&mut *self.arena, self.sizes);
        let lines = self.rooms.iter_mut().map(|room| room.lines.get_or_insert_with(|| carve(arena, sizes)));
        let parts: Vec<_> = parts.into_iter().zip(lines).collect();
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

#[cfg(test)]
#[allow(unsafe_code, reason = "tests make views of their own memory")]
mod tests {
    // Whole plans on tensors: every way that an axis may go gives what its lines give one by one.
    use super::super::desc::{Desc, Kind, Norm};
    use super::*;
    use crate::tensor::strides::row_major;

    fn random(count: usize) -> Vec<Complex<f64>> {
        let mut state = 88172645463325252u64 + count as u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        (0..count).map(|_| Complex::new(next(), next())).collect()
    }

    fn plan(shape: &[i64], axes: &[i32], direction: Direction) -> Plan<f64> {
        let lengths = vec![-1; axes.len()];
        let desc =
            Desc { kind: Kind::C2C, direction, norm: Norm::Backward, axes: axes.to_vec(), lengths, orthogonal: None };
        Plan::new(&Problem::new(shape, true, &desc).unwrap()).unwrap()
    }

    fn run(plan: &Plan<f64>, shape: &[i64], x: &[Complex<f64>], threads: usize) -> Vec<Complex<f64>> {
        let mut y = vec![Complex::new(f64::NAN, f64::NAN); x.len()];
        // SAFETY: both vectors hold the shape's elements, compact.
        unsafe {
            let from = View::new(x.as_ptr(), shape.into(), row_major(shape));
            let to = ViewMut::new(y.as_mut_ptr(), shape.into(), row_major(shape));
            plan.execute(from, to, &mut Exec::with_threads(threads)).unwrap();
        }
        y
    }

    fn run_in_place(plan: &Plan<f64>, shape: &[i64], x: &[Complex<f64>]) -> Vec<Complex<f64>> {
        let mut y = x.to_vec();
        // SAFETY: as above; the two views are of the same tensor.
        unsafe {
            let from = View::new(y.as_ptr(), shape.into(), row_major(shape));
            let to = ViewMut::new(y.as_mut_ptr(), shape.into(), row_major(shape));
            plan.execute(from, to, &mut Exec::with_threads(1)).unwrap();
        }
        y
    }

    /// Line by line, through plans of one dimension.
    fn by_lines(shape: &[i64], axis: usize, direction: Direction, x: &[Complex<f64>]) -> Vec<Complex<f64>> {
        let n = shape[axis] as usize;
        let inner: usize = shape[axis + 1..].iter().product::<i64>() as usize;
        let one = plan(&[n as i64], &[0], direction);
        let mut y = x.to_vec();
        for start in 0..x.len() / n {
            let base = start / inner * inner * n + start % inner;
            let line: Vec<_> = (0..n).map(|j| x[base + j * inner]).collect();
            run(&one, &[n as i64], &line, 1).into_iter().enumerate().for_each(|(k, z)| y[base + k * inner] = z);
        }
        y
    }

    fn distance(a: &[Complex<f64>], b: &[Complex<f64>]) -> f64 {
        let off: f64 = a.iter().zip(b).map(|(a, b)| (a - b).norm_sqr()).sum();
        (off / b.iter().map(|b| b.norm_sqr()).sum::<f64>()).sqrt()
    }

    const SHAPES: [&[i64]; 14] = [
        &[5, 7],
        &[16, 16],
        &[9, 3],
        &[64, 33],
        &[30, 1],
        &[1000, 24],
        &[37, 20],
        &[128, 512],
        &[3, 16, 5],
        &[4, 60, 17],
        &[2, 3, 96, 9],
        &[700, 8],
        &[20, 1024],
        &[512, 300],
    ];

    #[test]
    fn every_axis_gives_what_its_lines_give() {
        for shape in SHAPES {
            let x = random(shape.iter().product::<i64>() as usize);
            for axis in 0..shape.len() {
                for direction in [Direction::Forward, Direction::Inverse] {
                    let y = run(&plan(shape, &[axis as i32], direction), shape, &x, 1);
                    let off = distance(&y, &by_lines(shape, axis, direction, &x));
                    assert!(off < 2e-15, "{shape:?}, axis {axis}, {direction:?}: {off}");
                }
            }
        }
    }

    #[test]
    fn several_axes_are_repeated_ones_and_the_inverse_leads_back() {
        for shape in SHAPES {
            let x = random(shape.iter().product::<i64>() as usize);
            let axes: Vec<i32> = (0..shape.len() as i32).collect();
            let y = run(&plan(shape, &axes, Direction::Forward), shape, &x, 1);
            let each = (0..shape.len()).fold(x.clone(), |x, axis| by_lines(shape, axis, Direction::Forward, &x));
            assert!(distance(&y, &each) < 3e-15, "{shape:?}");
            let back = run(&plan(shape, &axes, Direction::Inverse), shape, &y, 1);
            assert!(distance(&back, &x) < 3e-15, "{shape:?}");
        }
    }

    #[test]
    fn threads_and_places_do_not_change_a_bit() {
        for shape in SHAPES {
            let x = random(shape.iter().product::<i64>() as usize);
            let axes: Vec<i32> = (0..shape.len() as i32).collect();
            let plan = plan(shape, &axes, Direction::Inverse);
            let y = run(&plan, shape, &x, 1);
            let same = |z: &[Complex<f64>]| {
                z.iter().zip(&y).all(|(a, b)| a.re.to_bits() == b.re.to_bits() && a.im.to_bits() == b.im.to_bits())
            };
            for threads in [2, 3, 8] {
                assert!(same(&run(&plan, shape, &x, threads)), "{shape:?} on {threads} threads");
            }
            assert!(same(&run_in_place(&plan, shape, &x)), "{shape:?} in place");
        }
    }

    #[test]
    fn nan_stays_in_its_line_and_tiny_numbers_survive() {
        let shape = [64, 40];
        let mut x = random(64 * 40);
        x[5 * 40 + 7].re = f64::NAN;
        let y = run(&plan(&shape, &[0], Direction::Forward), &shape, &x, 1);
        for (i, z) in y.iter().enumerate() {
            assert_eq!(z.re.is_nan() || z.im.is_nan(), i % 40 == 7, "element {i}");
        }
        let tiny = vec![Complex::new(5e-324, 0.0); 64 * 40];
        let y = run(&plan(&shape, &[0], Direction::Forward), &shape, &tiny, 1);
        assert_eq!(y[0].re, 64.0 * 5e-324);
    }
}
