//! Transforms of one line in a buffer.

use super::cache;
use crate::error::{Result, refuse};
use crate::fft::desc::Direction;
use crate::fft::recipe::LineKind;
use crate::tensor::{Line, Load, Real};
use num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftDirection, FftNum, FftPlanner};
use std::sync::Arc;

/// What the engine computes in.
pub(crate) trait Number: Real + FftNum {}
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
    Complex(Arc<dyn Fft<R>>),
    RealToComplex(Arc<dyn RealToComplex<R>>),
    ComplexToReal(Arc<dyn ComplexToReal<R>>),
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

impl<R: Number> LineFft<R> {
    /// Memory for the tables is the caller's to ask for: [`require_memory`].
    pub fn new(kind: LineKind, direction: Direction, length: usize) -> Self {
        let inverse = direction == Direction::Inverse;
        // realfft's two directions carry fixed signs; the other sign is the conjugate of the bins.
        let (engine, conjugate) = match kind {
            LineKind::Copy => (Engine::None, false),
            LineKind::Complex => {
                let sign = if inverse { FftDirection::Inverse } else { FftDirection::Forward };
                (Engine::Complex(cache::engine(length, inverse, || FftPlanner::new().plan_fft(length, sign))), false)
            }
            LineKind::RealHalf | LineKind::RealFull => {
                let make = || RealFftPlanner::new().plan_fft_forward(length);
                (Engine::RealToComplex(cache::engine(length, false, make)), inverse)
            }
            LineKind::HalfReal => {
                let make = || RealFftPlanner::new().plan_fft_inverse(length);
                (Engine::ComplexToReal(cache::engine(length, true, make)), !inverse)
            }
        };
        LineFft { kind, conjugate, length, engine }
    }

    pub fn buffer_sizes(&self) -> BufferSizes {
        let bins = self.length / 2 + 1;
        let (line, real, scratch) = match &self.engine {
            Engine::None => (self.length, 0, 0),
            Engine::Complex(e) => (self.length, 0, e.get_inplace_scratch_len()),
            Engine::RealToComplex(e) => {
                let line = if self.kind == LineKind::RealFull { self.length } else { bins };
                (line, self.length, e.get_scratch_len())
            }
            Engine::ComplexToReal(e) => (bins, self.length, e.get_scratch_len()),
        };
        BufferSizes { line, real, scratch }
    }

    /// Reads the first `take` elements of a line, zeros beyond, and transforms them within the buffers. The result is
    /// in `line`, or in `real` for half bins to real.
    pub fn run<T: Load<R>>(&self, from: &Line<'_, T>, take: usize, b: &mut Buffers<'_, R>) {
        let zero = Complex::new(R::ZERO, R::ZERO);
        match &self.engine {
            Engine::None => from.load(0, &mut b.line[..take]),
            Engine::Complex(engine) => {
                let line = &mut b.line[..self.length];
                from.load(0, &mut line[..take]);
                line[take..].fill(zero);
                engine.process_with_scratch(line, &mut b.scratch[..engine.get_inplace_scratch_len()]);
            }
            Engine::RealToComplex(engine) => {
                let real = &mut b.real[..self.length];
                from.load_real(&mut real[..take]);
                real[take..].fill(R::ZERO);
                let bins = self.length / 2 + 1;
                let scratch = &mut b.scratch[..engine.get_scratch_len()];
                let sizes_fit = engine.process_with_scratch(real, &mut b.line[..bins], scratch);
                debug_assert!(sizes_fit.is_ok());
                self.conjugate_if_asked(&mut b.line[..bins]);
                if self.kind == LineKind::RealFull {
                    for k in bins..self.length {
                        b.line[k] = b.line[self.length - k].conj();
                    }
                }
            }
            Engine::ComplexToReal(engine) => {
                let bins = &mut b.line[..self.length / 2 + 1];
                from.load(0, &mut bins[..take]);
                bins[take..].fill(zero);
                self.conjugate_if_asked(bins);
                // Bins that a real signal has real: their imaginary parts do not count.
                bins[0].im = R::ZERO;
                if self.length.is_multiple_of(2) {
                    bins[self.length / 2].im = R::ZERO;
                }
                let (real, scratch) = (&mut b.real[..self.length], &mut b.scratch[..engine.get_scratch_len()]);
                let sizes_fit = engine.process_with_scratch(bins, real, scratch);
                debug_assert!(sizes_fit.is_ok());
            }
        }
    }

    fn conjugate_if_asked(&self, bins: &mut [Complex<R>]) {
        if self.conjugate {
            // Not `-im`: what is 0 stays +0.
            bins.iter_mut().for_each(|bin| bin.im = R::ZERO - bin.im);
        }
    }
}

/// The engines' tables are allocated by libraries that abort when they cannot be had, so lengths that could not
/// possibly be served are refused before. `points` is the sum of a plan's lengths.
pub(in crate::fft) fn require_memory<R>(points: usize) -> Result<()> {
    // Measured at most for primes (Bluestein, planning included): 180 bytes a point in f64, 11.25 complex numbers.
    let bytes = points.checked_mul(12 * size_of::<Complex<R>>());
    let mut probe = Vec::<u8>::new();
    match bytes {
        Some(bytes) if bytes < 1 << 20 || probe.try_reserve_exact(bytes).is_ok() => Ok(()),
        _ => refuse!(OutOfMemory, "desc: transforms over {points} points in all need more memory than can be had"),
    }
}
