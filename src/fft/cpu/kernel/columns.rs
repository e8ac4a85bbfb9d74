//! Transforms of neighbouring columns, one a lane: decimation in frequency, in place in a small buffer, depth first so
//! that parts stay in the nearest cache. The first pass reads the tensor and the last one writes it, in the order that
//! the digits of the frequency say: nothing is packed, permuted or copied.

use super::pass::{Ahead, Pass, Passes, Step, passes, step};
use crate::backend::cpu::isa::Isa;
use crate::backend::cpu::simd::Lanes;
use crate::fft::cpu::twiddle::unit;
use crate::tensor::Real;
use std::cell::Cell;

/// What passes work on without going deeper first: most of the nearest cache.
const NEAR_BYTES: usize = 32 << 10;

/// A transform of columns of one length.
pub(in crate::fft) struct Columns<R> {
    pub n: usize,
    lanes: usize,
    passes: Vec<Passes<R>>,
    twiddles: Vec<Vec<R>>,
    /// Rows of the buffer between neighbouring values of each digit. The first two are padded, so that the legs of a
    /// butterfly do not share sets of the nearest cache.
    strides: Vec<usize>,
    /// Rows of the buffer.
    pub rows: usize,
}

/// Where columns come from.
#[derive(Clone, Copy)]
pub(in crate::fft) enum Source<R> {
    /// Complex numbers in rows `row` real numbers apart; with `reverse` row j is read as row n - j.
    Memory { at: *const R, row: isize, reverse: bool },
    /// They are in the buffer, row j at [`Columns::time_row`].
    Buffer,
}

/// Where their transforms go.
#[derive(Clone, Copy)]
pub(in crate::fft) enum Target<R> {
    /// Rows of complex numbers; `stream` around the caches, for which rows start at multiples of a register.
    Memory { at: *mut R, row: isize, stream: bool },
    /// They stay in the buffer, row k at [`Columns::frequency_row`].
    Buffer,
    /// The same, times registers at the same offsets. Not scaled.
    Table(*const R),
    /// Streamed rows, times the product of a register a row and a complex number a row and vector. Not scaled.
    Split { at: *mut R, row: isize, table: *const R, scalars: *const R },
}

/// What is asked for meanwhile.
#[derive(Clone, Copy)]
pub(in crate::fft) enum Prefetch<R> {
    Nothing,
    /// As many rows as are transformed, of `bytes` bytes.
    Rows {
        at: *const R,
        row: isize,
        bytes: usize,
    },
    /// `bytes` bytes, evenly.
    Line {
        at: *const R,
        bytes: usize,
    },
}

/// Some columns to transform.
#[derive(Clone, Copy)]
pub(in crate::fft) struct Block<R> {
    pub from: Source<R>,
    pub to: Target<R>,
    pub vectors: usize,
    /// 0, or how many columns the last register has.
    pub part: usize,
    pub scale: R,
    pub prefetch: Prefetch<R>,
}

/// Twiddles of a pass: for each point one a leg but the first.
fn twiddles<R: Real>(length: usize, radix: usize) -> Vec<R> {
    let points = length / radix;
    if points == 1 {
        return Vec::new();
    }
    let mut table = Vec::with_capacity(2 * points * (radix - 1));
    for point in 0..points {
        for leg in 1..radix {
            let w = unit(point * leg, length);
            table.extend([R::of(w.re), R::of(w.im)]);
        }
    }
    table
}

impl<R: Lanes> Columns<R> {
    /// None where the instruction set has no passes for one of the radices, whose product is the length.
    pub fn new(isa: Isa, radices: &[usize]) -> Option<Self> {
        let n = radices.iter().product();
        let mut length = n;
        let (mut tables, mut kernels) = (Vec::new(), Vec::new());
        for &radix in radices {
            tables.push(twiddles(length, radix));
            kernels.push(passes(isa, radix)?);
            length /= radix;
        }
        let mut strides = vec![1; radices.len()];
        for i in (0..radices.len().saturating_sub(1)).rev() {
            let apart = strides[i + 1] * radices[i + 1];
            strides[i] = if i < 2 && apart.is_multiple_of(8) { apart + 1 } else { apart };
        }
        let rows = strides.first()? * radices[0];
        Some(Columns { n, lanes: super::lanes::<R>(isa).len(), passes: kernels, twiddles: tables, strides, rows })
    }

    /// Real numbers that the buffer holds for `vectors` registers of columns.
    pub fn buffer_len(&self, vectors: usize) -> usize {
        self.rows * vectors * 2 * self.lanes
    }

    fn radix(&self, level: usize) -> usize {
        self.passes[level].radix
    }

    fn levels(&self) -> usize {
        self.passes.len()
    }

    /// Where input row `j` is in the buffer.
    pub fn time_row(&self, j: usize) -> usize {
        let (mut row, mut rest, mut length) = (0, j, self.n);
        for level in 0..self.levels() {
            length /= self.radix(level);
            row += rest / length * self.strides[level];
            rest %= length;
        }
        row
    }

    /// Where output row `k` is in the buffer.
    pub fn frequency_row(&self, k: usize) -> usize {
        let (mut row, mut rest) = (0, k);
        for level in 0..self.levels() {
            row += rest % self.radix(level) * self.strides[level];
            rest /= self.radix(level);
        }
        row
    }

    /// Transforms columns.
    ///
    /// # Safety
    /// The block names memory that is there; `buffer` has room for [`Columns::buffer_len`] numbers and is used by
    /// nobody else; the plan is for an instruction set that the processor has.
    pub unsafe fn run(&self, block: &Block<R>, buffer: *mut R) {
        let row = (block.vectors * 2 * self.lanes) as isize;
        let (at, per) = match block.prefetch {
            Prefetch::Nothing => (std::ptr::null(), 0),
            Prefetch::Rows { at, .. } => (at, 0),
            Prefetch::Line { at, bytes } => {
                let butterflies: usize = self.passes.iter().map(|p| self.n / p.radix).sum();
                (at, bytes.div_ceil(butterflies).next_multiple_of(64))
            }
        };
        let run = Run { plan: self, block, buffer, row, ahead: Cell::new(at), per };
        // SAFETY: as promised.
        unsafe { run.start() }
    }
}

/// One run. Offsets within the buffer count real numbers.
struct Run<'a, R> {
    plan: &'a Columns<R>,
    block: &'a Block<R>,
    buffer: *mut R,
    row: isize,
    ahead: Cell<*const R>,
    per: usize,
}

impl<R: Lanes> Run<'_, R> {
    fn stride(&self, level: usize) -> isize {
        self.plan.strides[level] as isize * self.row
    }

    /// A step of this block, all in the buffer at `at`.
    fn step(&self, at: isize) -> Step<R> {
        let here = self.buffer.wrapping_offset(at);
        Step {
            vectors: self.block.vectors,
            part: self.block.part,
            scale: self.block.scale,
            ..step(here, here, self.plan.lanes)
        }
    }

    /// # Safety
    /// As for [`Columns::run`], of which this is a part.
    unsafe fn call(&self, pass: Pass<R>, mut s: Step<R>, writes: bool) {
        let points = s.points * s.blocks;
        match self.block.prefetch {
            Prefetch::Rows { row, bytes, .. } if writes => {
                let rows = self.plan.passes[self.plan.levels() - 1].radix;
                s.ahead = Ahead { at: self.ahead.get(), stride: row, bytes, rows };
                self.ahead.set(s.ahead.at.wrapping_offset(row * (rows * points) as isize));
            }
            Prefetch::Line { .. } => {
                let stride = (self.per / size_of::<R>()) as isize;
                s.ahead = Ahead { at: self.ahead.get(), stride, bytes: self.per, rows: 1 };
                self.ahead.set(s.ahead.at.wrapping_offset(stride * points as isize));
            }
            _ => {}
        }
        // SAFETY: as promised.
        unsafe { pass(&s) }
    }

    /// A pass that reads or writes memory: whole registers, then the one that is not full.
    ///
    /// # Safety
    /// As for [`Columns::run`].
    unsafe fn edge(&self, [whole, part]: [Pass<R>; 2], s: Step<R>, writes: bool) {
        let before = s.vectors - 1;
        // SAFETY: as promised.
        unsafe {
            if self.block.part == 0 {
                return self.call(whole, s, writes);
            }
            if before > 0 {
                self.call(whole, Step { vectors: before, ..s }, writes);
            }
            let mut last = Step { vectors: 1, ..s };
            last.from = s.from.wrapping_offset(s.from_vector * before as isize);
            last.to = s.to.wrapping_offset(s.to_vector * before as isize);
            last.table = s.table.wrapping_offset(s.to_vector * before as isize);
            if before > 0 { part(&last) } else { self.call(part, last, writes) }
        }
    }

    /// # Safety
    /// As for [`Columns::run`].
    unsafe fn start(&self) {
        let p = &self.plan.passes[0];
        if self.plan.levels() == 1 {
            let mut s = self.step(0);
            (s.from_leg, s.to_leg) = (self.row, self.row);
            let memory = matches!(self.block.from, Source::Memory { .. });
            if let Source::Memory { at, row, reverse } = self.block.from {
                read(&mut s, at, row, reverse, self.plan.n as isize, 1);
            }
            let kernels = match self.block.to {
                Target::Memory { at, row, stream } => {
                    (s.to, s.to_leg) = (at, row);
                    match memory {
                        true => [p.only, p.only_part],
                        false => [if stream { p.last_stream } else { p.last }, p.last_part],
                    }
                }
                Target::Table(table) => {
                    s.table = table;
                    if memory { [p.table_only, p.table_only_part] } else { [p.table; 2] }
                }
                // Neither reads memory: what is in the buffer has whole registers.
                Target::Buffer => [p.within; 2],
                Target::Split { at, row, table, scalars } => {
                    (s.to, s.to_leg, s.table, s.scalars) = (at, row, table, scalars);
                    self.split_strides(&mut s, [0, 1]);
                    [p.split; 2]
                }
            };
            // SAFETY: as promised; a step of one butterfly over all rows.
            return unsafe { self.edge(kernels, s, true) };
        }
        // SAFETY: as promised.
        unsafe {
            match self.block.from {
                Source::Memory { at, row, reverse } => self.first([p.first, p.first_part], at, row, reverse),
                Source::Buffer => {
                    let mut s = self.spread(0);
                    (s.from_leg, s.from_point, s.from_block) = (s.to_leg, s.to_point, s.to_block);
                    self.call(p.middle, s, false);
                }
            }
            self.descend(0, 0, 0, 1);
        }
    }

    /// The first pass: its points lie in the buffer by the second digit and the rest.
    fn spread(&self, at: isize) -> Step<R> {
        let (radix, next) = (self.plan.radix(0), self.plan.radix(1));
        let points = self.plan.n / radix;
        let mut s = self.step(at);
        s.to_leg = self.stride(0);
        s.to_point = self.row;
        s.twiddles = self.plan.twiddles[0].as_ptr();
        s.points = points;
        if self.plan.levels() > 2 {
            s.blocks = next;
            s.points = points / next;
            s.to_block = self.stride(1);
            s.twiddle_block = (s.points * (radix - 1) * 2) as isize;
        }
        s
    }

    /// # Safety
    /// As for [`Columns::run`].
    unsafe fn first(&self, pass: [Pass<R>; 2], at: *const R, row: isize, reverse: bool) {
        let radix = self.plan.radix(0);
        let points = self.plan.n / radix;
        let mut s = self.spread(0);
        read(&mut s, at, row, reverse, self.plan.n as isize, points as isize);
        s.from_block = s.from_point * s.points as isize;
        // SAFETY: as promised; together the calls are all points, each once.
        unsafe {
            if !reverse {
                return self.edge(pass, s, false);
            }
            // Only the first point wraps around, in its leg 0.
            self.edge(pass, Step { points: 1, blocks: 1, ..s }, false);
            s.from_zero = 0;
            if s.points > 1 {
                let mut rest = Step { points: s.points - 1, blocks: 1, ..s };
                rest.from = s.from.wrapping_offset(s.from_point);
                rest.to = s.to.wrapping_offset(s.to_point);
                rest.twiddles = s.twiddles.wrapping_add(2 * (radix - 1));
                self.edge(pass, rest, false);
            }
            if s.blocks > 1 {
                let mut rest = Step { blocks: s.blocks - 1, ..s };
                rest.from = s.from.wrapping_offset(s.from_block);
                rest.to = s.to.wrapping_offset(s.to_block);
                rest.twiddles = s.twiddles.wrapping_offset(s.twiddle_block);
                self.edge(pass, rest, false);
            }
        }
    }

    /// Goes on where the pass of `level` is done at `at`; `row` is the lowest output row of this part and `done` the
    /// number of parts.
    ///
    /// # Safety
    /// As for [`Columns::run`].
    unsafe fn descend(&self, level: usize, at: isize, row: usize, done: usize) {
        let (radix, left) = (self.plan.radix(level), self.plan.levels() - level);
        let children = self.plan.strides[level] * radix;
        // SAFETY: as promised; the steps stay within the part.
        unsafe {
            if left == 2 {
                let mut s = self.step(at);
                (s.points, s.from_point) = (radix, self.stride(level));
                return self.last(s, at, row, [done, done * radix, 0]);
            }
            if left == 3 && children * (self.row as usize) * size_of::<R>() <= NEAR_BYTES {
                let mut s = self.step(at);
                (s.blocks, s.from_block, s.to_block) = (radix, self.stride(level), self.stride(level));
                self.middle(level + 1, s);
                let mut s = self.step(at);
                let next = self.plan.radix(level + 1);
                (s.points, s.from_point) = (next, self.stride(level + 1));
                (s.blocks, s.from_block) = (radix, self.stride(level));
                return self.last(s, at, row, [done * radix, done * radix * next, done]);
            }
            for j in 0..radix {
                let child = at + self.stride(level) * j as isize;
                self.middle(level + 1, self.step(child));
                self.descend(level + 1, child, row + done * j, done * radix);
            }
        }
    }

    /// # Safety
    /// As for [`Columns::run`].
    unsafe fn middle(&self, level: usize, mut s: Step<R>) {
        let radix = self.plan.radix(level);
        let mut length = self.plan.n;
        (0..=level).for_each(|l| length /= self.plan.radix(l));
        s.points = length;
        (s.from_leg, s.to_leg) = (self.stride(level), self.stride(level));
        (s.from_point, s.to_point) = (self.row, self.row);
        s.twiddles = self.plan.twiddles[level].as_ptr();
        debug_assert_eq!(self.plan.twiddles[level].len(), 2 * length * (radix - 1));
        // SAFETY: as promised.
        unsafe { self.call(self.plan.passes[level].middle, s, false) }
    }

    /// The last pass over points (and blocks) whose places in the buffer are given: output rows start at `row`, and
    /// `weights` are those of point, leg and block.
    ///
    /// # Safety
    /// As for [`Columns::run`].
    unsafe fn last(&self, mut s: Step<R>, at: isize, row: usize, weights: [usize; 3]) {
        let p = &self.plan.passes[self.plan.levels() - 1];
        s.from_leg = self.row;
        (s.to_leg, s.to_point, s.to_block) = (s.from_leg, s.from_point, s.from_block);
        let kernels = match self.block.to {
            Target::Memory { at, row: apart, stream } => {
                let [point, leg, block] = weights.map(|w| w as isize * apart);
                s.to = at.wrapping_offset(row as isize * apart);
                (s.to_point, s.to_leg, s.to_block) = (point, leg, block);
                [if stream { p.last_stream } else { p.last }, p.last_part]
            }
            Target::Buffer => [p.within; 2],
            Target::Table(table) => {
                s.table = table.wrapping_offset(at);
                [p.table; 2]
            }
            Target::Split { at, row: apart, table, scalars } => {
                // Blocks are called one by one: the table has no stride for them.
                let [point, leg, block] = weights.map(|w| w as isize * apart);
                (s.to_point, s.to_leg) = (point, leg);
                let (blocks, from) = (s.blocks, s.from);
                s.blocks = 1;
                for b in 0..blocks {
                    let here = row + b * weights[2];
                    s.from = from.wrapping_offset(b as isize * s.from_block);
                    s.to = at.wrapping_offset(row as isize * apart + b as isize * block);
                    let two = 2 * self.plan.lanes;
                    s.table = table.wrapping_add(here * two);
                    s.scalars = scalars.wrapping_add(here * 2 * self.block.vectors);
                    self.split_strides(&mut s, [weights[0], weights[1]]);
                    // SAFETY: as promised.
                    unsafe { self.call(p.split, s, true) };
                }
                return;
            }
        };
        // SAFETY: as promised.
        unsafe { self.edge(kernels, s, true) }
    }

    fn split_strides(&self, s: &mut Step<R>, [point, leg]: [usize; 2]) {
        let (register, scalar) = (2 * self.plan.lanes, 2 * self.block.vectors);
        (s.table_point, s.table_leg) = ((point * register) as isize, (leg * register) as isize);
        (s.scalar_point, s.scalar_leg) = ((point * scalar) as isize, (leg * scalar) as isize);
    }
}

/// Sets where a step reads rows `row` apart, legs `points` rows from each other.
fn read<R: Real>(s: &mut Step<R>, at: *const R, row: isize, reverse: bool, n: isize, points: isize) {
    if reverse {
        s.from = at.wrapping_offset(n * row);
        (s.from_point, s.from_leg, s.from_zero) = (-row, -points * row, -n * row);
    } else {
        (s.from, s.from_point, s.from_leg, s.from_zero) = (at, row, points * row, 0);
    }
}
