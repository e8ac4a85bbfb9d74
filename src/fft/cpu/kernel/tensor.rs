//! One axis of a whole tensor: blocks of neighbouring columns, single rows, or rows gathered one a lane. Units of work
//! do not depend on how many threads share them, so results do not either.

use super::columns::{Block, Columns, Prefetch, Source, Target};
use super::row::Row;
use super::turn::{Gather, Scatter};
use crate::backend::cpu::isa::Isa;
use crate::backend::cpu::scratch::Space;
use crate::backend::cpu::simd::{Lanes, dispatch, fence};
use crate::fft::cpu::complex::ComplexFft;
use crate::tensor::{View, ViewMut};
use num_complex::Complex;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

/// What leaves the caches is stored around them: input and output together above this many bytes.
const STREAM_BYTES: usize = 2 << 20;
/// Buffers of columns are kept below this.
const BUFFER_BYTES: usize = 4 << 20;

/// Lines in lanes: a plan for columns and where a line's elements are among them.
pub(in crate::fft) struct Batch<R> {
    columns: Columns<R>,
    slots: Vec<u32>,
    positions: Vec<u32>,
}

impl<R: Lanes> Batch<R> {
    pub fn new(isa: Isa, radices: &[usize], inverse: bool) -> Option<Self> {
        let columns = Columns::new(isa, radices)?;
        let (n, register) = (columns.n, 2 * super::lanes::<R>(isa).len());
        let time = |j: usize| columns.time_row(if inverse { (n - j) % n } else { j }) * register;
        let slots = (0..n).map(|j| time(j) as u32).collect();
        let positions = (0..n).map(|k| (columns.frequency_row(k) * register) as u32).collect();
        Some(Batch { columns, slots, positions })
    }
}

/// How an axis is transformed.
pub(in crate::fft) enum Way<R: Lanes> {
    /// Lanes are neighbours along another axis.
    Columns(Arc<Columns<R>>),
    /// Line by line.
    Rows(Arc<ComplexFft<R>>),
    /// Lanes are lines.
    Batch(Arc<Batch<R>>),
}

/// One dimension besides the transformed one.
#[derive(Clone, Copy)]
struct Outer {
    extent: usize,
    from: isize,
    to: isize,
}

/// An axis of a tensor to transform. Strides count real numbers.
pub(in crate::fft) struct Job<'a, R: Lanes> {
    isa: Isa,
    way: Way<R>,
    inverse: bool,
    scale: R,
    from: *const R,
    to: *mut R,
    from_row: isize,
    to_row: isize,
    /// The dimension that lanes run along; extent 1 for rows.
    across: Outer,
    outer: Vec<Outer>,
    /// Elements across of one unit.
    width: usize,
    stream: bool,
    n: usize,
    memory: PhantomData<&'a mut [R]>,
}

// SAFETY: a job only names memory that its views vouch for; units write to disjoint parts of it and read what no other
// unit writes, and each thread has units of its own.
unsafe impl<R: Lanes> Sync for Job<'_, R> {}

/// What a job can be made of.
pub(in crate::fft) struct Layout {
    axis: usize,
    across: Option<usize>,
    pub contiguous: bool,
    /// Lines that are a fixed distance apart.
    pub neighbours: usize,
    /// Extent of the dimension across.
    pub columns: usize,
}

impl Layout {
    /// Looks at two tensors, of which `region` is transformed along `axis`.
    pub fn of<R: Lanes>(
        axis: usize,
        from: &View<'_, Complex<R>>,
        to: &ViewMut<'_, Complex<R>>,
        region: &[i64],
    ) -> Self {
        let unit = |d: usize| from.strides()[d] == 1 && to.strides()[d] == 1;
        let contiguous = unit(axis);
        let others = (0..region.len()).filter(|d| *d != axis && region[*d] > 1);
        let across = match contiguous {
            true => others.clone().max_by_key(|d| region[*d]),
            false => others.clone().find(|d| unit(*d)),
        };
        let extent = across.map_or(1, |d| region[d] as usize);
        Layout { axis, across, contiguous, neighbours: extent, columns: if contiguous { 0 } else { extent } }
    }
}

impl<'a, R: Lanes> Job<'a, R> {
    /// A job for views whose layout was looked at. `inverse` is that of the way's plan too.
    #[allow(clippy::too_many_arguments, reason = "they describe one pass")]
    pub fn new(
        isa: Isa,
        way: Way<R>,
        layout: &Layout,
        from: &View<'a, Complex<R>>,
        to: &mut ViewMut<'a, Complex<R>>,
        region: &[i64],
        inverse: bool,
        scale: R,
    ) -> Self {
        for shape in [from.shape(), to.shape()] {
            assert!(region.len() == shape.len() && region.iter().zip(shape).all(|(r, s)| 1 <= *r && r <= s));
        }
        let dimension = |d: usize| Outer {
            extent: region[d] as usize,
            from: 2 * from.strides()[d] as isize,
            to: 2 * to.strides()[d] as isize,
        };
        let line = dimension(layout.axis);
        let lanes = super::lanes::<R>(isa).len();
        let (mut across, mut width) = (Outer { extent: 1, from: 0, to: 0 }, 1);
        let mut taken = None;
        if let (Way::Columns(_) | Way::Batch(_), Some(d)) = (&way, layout.across) {
            (across, taken) = (dimension(d), Some(d));
            width = lanes;
        }
        if let Way::Columns(columns) = &way {
            assert!(columns.n == line.extent && across.from == 2 && across.to == 2);
            width = lanes * registers::<R>(across.extent.div_ceil(lanes), line);
        }
        let n = line.extent;
        assert!(match &way {
            Way::Columns(columns) => columns.n == n,
            Way::Rows(engine) => engine.direct().is_some_and(|row| row.n == n) && layout.contiguous,
            Way::Batch(batch) => batch.columns.n == n && layout.contiguous,
        });
        let outer: Vec<_> = (0..region.len())
            .filter(|d| *d != layout.axis && Some(*d) != taken && region[*d] > 1)
            .map(dimension)
            .collect();
        let points: i64 = region.iter().product();
        let mut job = Job {
            isa,
            way,
            inverse,
            scale,
            from: from.address().cast(),
            to: to.address().cast(),
            from_row: line.from,
            to_row: line.to,
            across,
            outer,
            width,
            stream: false,
            n,
            memory: PhantomData,
        };
        let large = 4 * points as usize * size_of::<R>() > STREAM_BYTES;
        job.stream = large && job.from != job.to.cast_const() && job.is_aligned();
        job
    }

    /// Whether everything that is stored starts at a multiple of a cache line.
    fn is_aligned(&self) -> bool {
        let whole = |stride: isize| (stride.unsigned_abs() * size_of::<R>()).is_multiple_of(64);
        let outer = (self.to as usize).is_multiple_of(64) && self.outer.iter().all(|o| whole(o.to));
        outer
            && match &self.way {
                Way::Columns(_) => whole(self.to_row),
                Way::Rows(engine) => engine.direct().is_some_and(|row| row.can_stream(self.to)),
                Way::Batch(_) => false,
            }
    }

    /// Real numbers of scratch that one thread needs.
    pub fn scratch_len(&self) -> usize {
        way_scratch(&self.way, self.width / super::lanes::<R>(self.isa).len())
    }

    fn blocks(&self) -> usize {
        self.across.extent.div_ceil(self.width)
    }

    /// Parts that threads may share out.
    pub fn units(&self) -> usize {
        self.outer.iter().map(|o| o.extent).product::<usize>() * self.blocks()
    }

    /// Points that are transformed in one unit.
    pub fn unit_points(&self) -> usize {
        self.n * self.width
    }

    /// Offsets of a unit, and how many elements across it has.
    fn place(&self, unit: usize) -> (isize, isize, usize) {
        let (mut rest, block) = (unit / self.blocks(), unit % self.blocks());
        let first = block * self.width;
        let (mut from, mut to) = (self.across.from * first as isize, self.across.to * first as isize);
        for o in self.outer.iter().rev() {
            from += o.from * (rest % o.extent) as isize;
            to += o.to * (rest % o.extent) as isize;
            rest /= o.extent;
        }
        (from, to, self.width.min(self.across.extent - first))
    }

    /// Transforms some units; stops where `goes_on` says so, which is asked after each.
    pub fn run(&self, units: Range<usize>, scratch: &mut Space<'_, R>, mut goes_on: impl FnMut() -> bool) {
        assert!(units.end <= self.units() && scratch.len() >= self.scratch_len());
        let end = units.end;
        for unit in units {
            let (from, to, count) = self.place(unit);
            let next = if unit + 1 < end { Some(self.from.wrapping_offset(self.place(unit + 1).0)) } else { None };
            let (from, to) = (self.from.wrapping_offset(from), self.to.wrapping_offset(to));
            // SAFETY: the views vouch for all elements of the region, of which this unit is a part; the scratch is
            // large enough and this thread's own; the plans are for instructions that the processor has.
            unsafe { self.one(from, to, count, next, scratch.start()) };
            if !goes_on() {
                break;
            }
        }
        if self.stream {
            fence();
        }
    }

    /// # Safety
    /// The addresses are those of a unit; `scratch` has [`Job::scratch_len`] numbers.
    unsafe fn one(&self, from: *const R, to: *mut R, count: usize, next: Option<*const R>, scratch: *mut R) {
        let lanes = super::lanes::<R>(self.isa).len();
        // SAFETY: as promised.
        unsafe {
            match &self.way {
                Way::Columns(columns) => {
                    let bytes = self.width * 2 * size_of::<R>();
                    let prefetch = match next {
                        Some(at) => Prefetch::Rows { at, row: self.from_row, bytes },
                        None => Prefetch::Nothing,
                    };
                    let block = Block {
                        from: Source::Memory { at: from, row: self.from_row, reverse: self.inverse },
                        to: Target::Memory { at: to, row: self.to_row, stream: self.stream },
                        vectors: count.div_ceil(lanes),
                        part: count % lanes,
                        scale: self.scale,
                        prefetch,
                    };
                    columns.run(&block, scratch);
                }
                Way::Rows(engine) => {
                    let next = next.unwrap_or(std::ptr::null());
                    if let Some(row) = engine.direct() {
                        row.run(from, to, scratch, self.scale, self.stream, next);
                    }
                }
                Way::Batch(batch) => {
                    let next = next.unwrap_or(std::ptr::null());
                    let (slots, line) = (&batch.slots[..], self.across.from);
                    dispatch(self.isa, Gather { from, line, lines: count, slots, to: scratch, next });
                    let block = Block {
                        from: Source::Buffer,
                        to: Target::Buffer,
                        vectors: 1,
                        part: 0,
                        scale: self.scale,
                        prefetch: Prefetch::Nothing,
                    };
                    batch.columns.run(&block, scratch);
                    let (positions, line) = (&batch.positions[..], self.across.to);
                    let scatter = Scatter { from: scratch, positions, to, line, lines: count, number: PhantomData };
                    dispatch(self.isa, scatter);
                }
            }
        }
    }
}

/// How many registers of columns make a block: two; more where rows share sets of the caches; all where they are few.
fn registers<R>(all: usize, line: Outer) -> usize {
    let row = line.from.unsigned_abs() * size_of::<R>();
    let most = if row.is_multiple_of(4096) { 4 } else { 2 };
    let most = if all <= 8 { 8 } else { most };
    let room = BUFFER_BYTES / 2 / (line.extent * 128);
    all.min(most).min(room.max(1))
}

fn way_scratch<R: Lanes>(way: &Way<R>, registers: usize) -> usize {
    match way {
        Way::Columns(columns) => columns.buffer_len(registers),
        Way::Rows(engine) => engine.direct().map_or(0, Row::scratch_len),
        Way::Batch(batch) => batch.columns.buffer_len(1),
    }
}

/// The most that any way takes for transforms of `n` points, in real numbers, whatever the layout.
pub(in crate::fft) fn most_scratch<R: Lanes>(isa: Isa, n: usize) -> usize {
    let register = 2 * super::lanes::<R>(isa).len();
    // Padding adds less than an eighth and two radices.
    let rows = n + n / 8 + 32;
    if columns_fit(n) { rows * register * (BUFFER_BYTES / 2 / (n.max(1) * 128)).clamp(1, 8) } else { 0 }
}

/// Whether columns of `n` points fit into a buffer at all.
pub(in crate::fft) fn columns_fit(n: usize) -> bool {
    n <= BUFFER_BYTES / 2 / 128
}
