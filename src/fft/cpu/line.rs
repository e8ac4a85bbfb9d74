//! Transforms of one line in a buffer.

use super::axis::kept;
use super::complex::{ComplexFft, conjugate};
use super::cosine::TrigFft;
use super::kernel;
use super::twiddle::unit;
use crate::backend::cpu::isa::{self, Isa};
use crate::backend::cpu::simd::Lanes;
use crate::error::{Result, refuse};
use crate::fft::cache;
use crate::fft::desc::Direction;
use crate::fft::length::next_fast;
use crate::fft::recipe::LineKind;
use crate::tensor::{Line, Load};
use num_complex::Complex;
use std::sync::Arc;

/// What the engine computes in.
pub(crate) trait Number: Lanes + num_traits::NumAssign {}
impl Number for f32 {}
impl Number for f64 {}

/// The engine for the lines of one pass.
#[derive(Clone)]
pub(crate) struct LineFft<R: Number> {
    kind: LineKind,
    conjugate: bool,
    length: usize,
    engine: Engine<R>,
}

#[derive(Clone)]
enum Engine<R: Number> {
    None,
    Complex(Arc<ComplexFft<R>>),
    Half(Arc<HalfFft<R>>),
    Trig(Arc<TrigFft<R>>),
}

/// Transforms between real lines and the first half of their bins. Lines of even length are complex ones of half the
/// length; odd ones have no imaginary parts.
struct HalfFft<R: Number> {
    isa: Isa,
    inner: ComplexFft<R>,
    roots: Vec<Complex<R>>,
}

impl<R: Number> HalfFft<R> {
    fn new(isa: Isa, n: usize, inverse: bool) -> Self {
        let even = n.is_multiple_of(2);
        let root = |k| {
            let w = unit(k, n);
            Complex::new(R::of(w.re), R::of(w.im))
        };
        let roots = if even { (0..=n / 4).map(root).collect() } else { Vec::new() };
        HalfFft { isa, inner: ComplexFft::new(isa, if even { n / 2 } else { n }, inverse), roots }
    }
}

/// Buffers of one thread: the line as complex numbers, as real ones, and what the engine needs.
pub(crate) struct Buffers<'a, R> {
    pub line: &'a mut [Complex<R>],
    pub real: &'a mut [R],
    pub scratch: &'a mut [Complex<R>],
}

/// How many elements each buffer needs.
#[derive(Clone, Copy, Default)]
pub(crate) struct BufferSizes {
    pub line: usize,
    pub real: usize,
    pub scratch: usize,
}

impl BufferSizes {
    pub fn max(self, other: Self) -> Self {
        BufferSizes {
            line: self.line.max(other.line),
            real: self.real.max(other.real),
            scratch: self.scratch.max(other.scratch),
        }
    }
}

impl<R: Number> cache::Engine for LineFft<R> {
    /// An estimate: a complex number a point, and five for lengths that need a convolution.
    fn bytes(&self) -> usize {
        let a_point = if next_fast(self.length as i64, false) == Some(self.length as i64) { 1 } else { 5 };
        match &self.engine {
            Engine::None => 0,
            Engine::Trig(engine) => engine.bytes(),
            _ => a_point * self.length * size_of::<Complex<R>>(),
        }
    }
}

impl<R: Number> LineFft<R> {
    /// Memory for the tables is the caller's to ask for: [`require_memory`].
    pub fn new(kind: LineKind, direction: Direction, length: usize) -> Self {
        let inverse = direction == Direction::Inverse;
        let isa = isa::best();
        // Transforms of real lines go one way, and those to real lines the other; a sign of its own conjugates the bins.
        let half = |inverse| Engine::Half(Arc::new(HalfFft::new(isa, length, inverse)));
        let (engine, conjugate) = match kind {
            LineKind::Copy => (Engine::None, false),
            LineKind::Trig(how) => (Engine::Trig(Arc::new(TrigFft::new(how, length))), false),
            LineKind::Complex => {
                let made = || ComplexFft::new(isa, length, inverse);
                let engine = kept::<R, _>(length, inverse, || Some(made())).unwrap_or_else(|| Arc::new(made()));
                (Engine::Complex(engine), false)
            }
            LineKind::RealHalf | LineKind::RealFull => (half(false), inverse),
            LineKind::HalfReal => (half(true), !inverse),
        };
        LineFft { kind, conjugate, length, engine }
    }

    pub fn buffer_sizes(&self) -> BufferSizes {
        let bins = self.length / 2 + 1;
        let odd = !self.length.is_multiple_of(2);
        match &self.engine {
            Engine::Trig(engine) => engine.buffer_sizes(),
            Engine::None => BufferSizes { line: self.length, real: 0, scratch: 0 },
            Engine::Complex(e) => BufferSizes { line: self.length, real: 0, scratch: e.scratch_len() },
            Engine::Half(e) => {
                let line = if odd || self.kind == LineKind::RealFull { self.length } else { bins };
                let real = if self.kind == LineKind::HalfReal { self.length } else { 0 };
                BufferSizes { line, real, scratch: e.inner.scratch_len() }
            }
        }
    }

    /// Reads the first `take` elements of a line, zeros beyond, and transforms them within the buffers. The result is
    /// in `line`, or in `real` for half bins to real.
    pub fn run<T: Load<R>>(&self, from: &Line<'_, T>, take: usize, b: &mut Buffers<'_, R>) {
        let zero = Complex::new(R::ZERO, R::ZERO);
        match &self.engine {
            Engine::None => from.load(0, &mut b.line[..take]),
            Engine::Trig(engine) => engine.run(from, take, b),
            Engine::Complex(engine) => {
                let line = &mut b.line[..self.length];
                from.load(0, &mut line[..take]);
                line[take..].fill(zero);
                engine.run(line, b.scratch, R::of(1.0));
            }
            Engine::Half(engine) if self.kind == LineKind::HalfReal => self.bins_to_real(engine, from, take, b),
            Engine::Half(engine) => self.real_to_bins(engine, from, take, b),
        }
    }

    fn real_to_bins<T: Load<R>>(&self, engine: &HalfFft<R>, from: &Line<'_, T>, take: usize, b: &mut Buffers<'_, R>) {
        let (zero, n) = (Complex::new(R::ZERO, R::ZERO), self.length);
        let bins = n / 2 + 1;
        if n.is_multiple_of(2) {
            let (line, one) = (&mut b.line[..bins], R::of(1.0));
            line.fill(zero);
            from.each(0, take, |i, x| {
                let pair = &mut line[i / 2];
                *(if i % 2 == 0 { &mut pair.re } else { &mut pair.im }) = x.load_real();
            });
            engine.inner.run(&mut line[..n / 2], b.scratch, one);
            kernel::separate(engine.isa, line, &engine.roots, self.conjugate, one);
        } else {
            let line = &mut b.line[..n];
            from.each(0, take, |i, x| line[i] = Complex::new(x.load_real(), R::ZERO));
            line[take..].fill(zero);
            engine.inner.run(line, b.scratch, R::of(1.0));
            line[0].im = R::ZERO;
            self.conjugate_if_asked(&mut line[..bins]);
        }
        if self.kind == LineKind::RealFull {
            for k in bins..n {
                b.line[k] = conjugate(b.line[n - k]);
            }
        }
    }

    fn bins_to_real<T: Load<R>>(&self, engine: &HalfFft<R>, from: &Line<'_, T>, take: usize, b: &mut Buffers<'_, R>) {
        let (zero, n) = (Complex::new(R::ZERO, R::ZERO), self.length);
        let count = n / 2 + 1;
        let bins = &mut b.line[..count];
        from.load(0, &mut bins[..take]);
        bins[take..].fill(zero);
        let real = &mut b.real[..n];
        if n.is_multiple_of(2) {
            kernel::merge(engine.isa, bins, &engine.roots, self.conjugate);
            engine.inner.run(&mut bins[..n / 2], b.scratch, R::of(1.0));
            for (pair, z) in real.chunks_mut(2).zip(bins) {
                pair.copy_from_slice(&[z.re, z.im]);
            }
        } else {
            self.conjugate_if_asked(bins);
            // The bin that a real signal has real: its imaginary part does not count.
            bins[0].im = R::ZERO;
            let line = &mut b.line[..n];
            for k in count..n {
                line[k] = conjugate(line[n - k]);
            }
            engine.inner.run(line, b.scratch, R::of(1.0));
            real.iter_mut().zip(line).for_each(|(x, z)| *x = z.re);
        }
    }

    fn conjugate_if_asked(&self, bins: &mut [Complex<R>]) {
        if self.conjugate {
            // Not `-im`: what is 0 stays +0.
            bins.iter_mut().for_each(|bin| bin.im = R::ZERO - bin.im);
        }
    }
}

/// The engines' tables are allocated in ways that abort when they cannot be had, so lengths that could not possibly be
/// served are refused before. `points` is the sum of a plan's lengths.
pub(in crate::fft) fn require_memory<R>(points: usize) -> Result<()> {
    // At most for primes: a chirp, a kernel and twiddles of a convolution of twice the length, and what made them.
    let bytes = points.checked_mul(12 * size_of::<Complex<R>>());
    let mut probe = Vec::<u8>::new();
    match bytes {
        Some(bytes) if bytes < 1 << 20 || probe.try_reserve_exact(bytes).is_ok() => Ok(()),
        _ => refuse!(OutOfMemory, "desc: transforms over {points} points in all need more memory than can be had"),
    }
}
