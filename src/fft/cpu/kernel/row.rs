//! The transform of one contiguous line of `n = a b` points: `a`-point transforms of `b` columns in a buffer, twiddles,
//! and `b`-point transforms of its rows. Where `b` is the number of lanes these are done in registers; else groups of
//! rows are transposed into a second buffer and transformed as columns.

use super::columns::{Block, Columns, Prefetch, Source, Target};
use super::turn::{Finish, Turn};
use crate::backend::cpu::isa::Isa;
use crate::backend::cpu::simd::{Lanes, dispatch};
use crate::fft::cpu::factor;
use crate::fft::cpu::twiddle::unit;
use num_complex::Complex;

/// A plan for lines of one length and direction.
pub(in crate::fft::cpu) struct Row<R> {
    pub n: usize,
    isa: Isa,
    reverse: bool,
    how: How<R>,
}

enum How<R> {
    /// One butterfly in one lane.
    Whole(Columns<R>),
    Split(Split<R>),
}

struct Split<R> {
    a: usize,
    b: usize,
    columns: Columns<R>,
    table: Vec<R>,
    positions: Vec<u32>,
    /// None: in registers.
    second: Option<(Columns<R>, Vec<u32>)>,
}

impl<R: Lanes> Row<R> {
    /// None where the length has a prime factor that no butterfly has.
    pub fn new(isa: Isa, n: usize, reverse: bool) -> Option<Self> {
        let lanes = super::lanes::<R>(isa).len();
        let how = match factor::split(isa, lanes, n)? {
            (_, 1) => How::Whole(Columns::new(isa, &[n])?),
            (a, b) => How::Split(Split::new(isa, a, b, reverse)?),
        };
        Some(Row { n, isa, reverse, how })
    }

    /// Real numbers of scratch.
    pub fn scratch_len(&self) -> usize {
        match &self.how {
            How::Whole(_) => 0,
            How::Split(s) => {
                let lanes = super::lanes::<R>(self.isa).len();
                let second = s.second.as_ref().map_or(0, |(columns, _)| columns.buffer_len(1));
                s.columns.buffer_len(s.b.div_ceil(lanes)) + second
            }
        }
    }

    /// Transforms `from` into `to`, which may be the same.
    ///
    /// # Safety
    /// Both hold `n` complex numbers; `scratch` has [`Row::scratch_len`] numbers that nobody else uses. `stream` only
    /// where all of `to`'s parts of `a` start at multiples of a register: see [`Row::can_stream`].
    pub unsafe fn run(&self, from: *const R, to: *mut R, scratch: *mut R, scale: R, stream: bool, next: *const R) {
        match &self.how {
            How::Whole(columns) => {
                let block = Block {
                    from: Source::Memory { at: from, row: 2, reverse: self.reverse },
                    to: Target::Memory { at: to, row: 2, stream: false },
                    vectors: 1,
                    part: 1,
                    scale,
                    prefetch: Prefetch::Nothing,
                };
                // SAFETY: as promised: n rows of one complex number.
                unsafe { columns.run(&block, scratch) }
            }
            // SAFETY: as promised.
            How::Split(s) => unsafe { s.run(self, from, to, scratch, scale, stream, next) },
        }
    }

    /// Transforms a line in place.
    pub fn transform(&self, line: &mut [Complex<R>], scratch: &mut [Complex<R>], scale: R) {
        assert!(line.len() == self.n && 2 * scratch.len() >= self.scratch_len());
        let (at, scratch) = (line.as_mut_ptr().cast::<R>(), scratch.as_mut_ptr().cast());
        // SAFETY: the slices hold what is asked for, and are borrowed alone.
        unsafe { self.run(at, at, scratch, scale, false, std::ptr::null()) }
    }

    /// Transforms one line to another.
    pub fn transform_to(&self, from: &[Complex<R>], to: &mut [Complex<R>], scratch: &mut [Complex<R>], scale: R) {
        assert!(from.len() == self.n && to.len() == self.n && 2 * scratch.len() >= self.scratch_len());
        let (at, scratch) = (to.as_mut_ptr().cast(), scratch.as_mut_ptr().cast());
        // SAFETY: as above.
        unsafe { self.run(from.as_ptr().cast(), at, scratch, scale, false, std::ptr::null()) }
    }

    /// Whether rows are finished in registers.
    pub fn is_fused(&self) -> bool {
        matches!(&self.how, How::Split(s) if s.second.is_none())
    }

    /// Whether results may be streamed to `to`.
    pub fn can_stream(&self, to: *const R) -> bool {
        let bytes = super::lanes::<R>(self.isa).len() * size_of::<R>();
        match &self.how {
            How::Split(s) => {
                s.second.is_none()
                    && (to as usize).is_multiple_of(bytes)
                    && (s.a * 2 * size_of::<R>()).is_multiple_of(bytes)
            }
            How::Whole(_) => false,
        }
    }
}

impl<R: Lanes> Split<R> {
    fn new(isa: Isa, a: usize, b: usize, reverse: bool) -> Option<Self> {
        let order = super::lanes::<R>(isa);
        let lanes = order.len();
        let columns = Columns::new(isa, &factor::radices(isa, a)?)?;
        let vectors = b.div_ceil(lanes);
        let row = vectors * 2 * lanes;
        let mut table = vec![R::ZERO; columns.rows * row];
        let mut positions = Vec::with_capacity(a + lanes);
        for k in 0..a {
            let at = columns.frequency_row(k) * row;
            positions.push(at as u32);
            for c in 0..vectors * lanes {
                let column = c / lanes * lanes + order[c % lanes];
                let w = unit(k * column % (a * b), a * b);
                let to = at + c / lanes * 2 * lanes + c % lanes;
                table[to] = R::of(w.re);
                table[to + lanes] = R::of(if reverse { -w.im } else { w.im });
            }
        }
        while positions.len() % lanes != 0 {
            positions.push(positions[a - 1]);
        }
        let second = if b == lanes {
            None
        } else {
            let columns = Columns::new(isa, &factor::radices(isa, b)?)?;
            let place = |c: usize| columns.time_row(if reverse { (b - c) % b } else { c }) * 2 * lanes;
            let slots = (0..b).map(|c| place(c) as u32).collect();
            Some((columns, slots))
        };
        Some(Split { a, b, columns, table, positions, second })
    }

    /// # Safety
    /// As for [`Row::run`].
    #[allow(clippy::too_many_arguments, reason = "those of Row::run and the row")]
    unsafe fn run(
        &self,
        row: &Row<R>,
        from: *const R,
        to: *mut R,
        buffer: *mut R,
        scale: R,
        stream: bool,
        next: *const R,
    ) {
        let lanes = super::lanes::<R>(row.isa).len();
        let vectors = self.b.div_ceil(lanes);
        let prefetch = match next.is_null() {
            true => Prefetch::Nothing,
            false => Prefetch::Line { at: next, bytes: 2 * row.n * size_of::<R>() },
        };
        let block = Block {
            from: Source::Memory { at: from, row: 2 * self.b as isize, reverse: row.reverse },
            to: Target::Table(self.table.as_ptr()),
            vectors,
            part: self.b % lanes,
            scale,
            prefetch,
        };
        // SAFETY: as promised: `a` rows of `b` columns in memory, and buffers for all of them.
        unsafe {
            self.columns.run(&block, buffer);
            let Some((second, slots)) = &self.second else {
                let (positions, a, reverse) = (&self.positions[..], self.a, row.reverse);
                return dispatch(row.isa, Finish { buffer, positions, a, to, reverse, stream, scale });
            };
            let turned = buffer.add(self.columns.buffer_len(vectors));
            for (group, positions) in self.positions.chunks(lanes).enumerate() {
                dispatch(row.isa, Turn { from: buffer, positions, slots, to: turned });
                let here = to.add(2 * lanes * group);
                let left = self.a - lanes * group;
                let block = Block {
                    from: Source::Buffer,
                    to: Target::Memory { at: here, row: 2 * self.a as isize, stream: false },
                    vectors: 1,
                    part: if left < lanes { left } else { 0 },
                    scale,
                    prefetch: Prefetch::Nothing,
                };
                second.run(&block, turned);
            }
        }
    }
}
