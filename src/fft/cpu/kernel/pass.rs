//! One pass: butterflies over memory, twiddles behind them. Lanes are neighbouring columns. A buffer holds a register
//! of real parts, then one of imaginary parts; memory holds complex numbers as tensors do.

use super::butterfly::{Butterfly, Cv, Legs, mul};
use crate::backend::cpu::isa::Isa;
use crate::backend::cpu::simd::{Lanes, Vector, prefetch};
use crate::tensor::Real;

/// Where a pass reads and writes, and what it multiplies by. Strides count real numbers.
#[derive(Clone, Copy)]
pub(super) struct Step<R> {
    pub from: *const R,
    pub from_leg: isize,
    pub from_point: isize,
    pub from_block: isize,
    pub from_vector: isize,
    /// Added for leg 0 alone: inputs in reverse order wrap around there.
    pub from_zero: isize,
    pub to: *mut R,
    pub to_leg: isize,
    pub to_point: isize,
    pub to_block: isize,
    pub to_vector: isize,
    pub points: usize,
    pub blocks: usize,
    pub vectors: usize,
    /// A complex number for each leg but the first of each point.
    pub twiddles: *const R,
    pub twiddle_block: isize,
    /// Registers to multiply by, at the offsets of `to`; for [`SPLIT`] with strides of its own.
    pub table: *const R,
    /// [`SPLIT`]: the scalar part of the table, a complex number a leg and vector.
    pub scalars: *const R,
    pub table_leg: isize,
    pub table_point: isize,
    pub scalar_leg: isize,
    pub scalar_point: isize,
    pub scale: R,
    /// How many complex numbers the registers of a part kernel hold.
    pub part: usize,
    pub ahead: Ahead<R>,
}

/// What is asked for from memory while a pass computes: at each point `rows` rows of `bytes` bytes.
#[derive(Clone, Copy)]
pub(crate) struct Ahead<R> {
    pub at: *const R,
    /// In real numbers.
    pub stride: isize,
    pub bytes: usize,
    pub rows: usize,
}

impl<R> Ahead<R> {
    pub const NOTHING: Self = Ahead { at: std::ptr::null(), stride: 0, bytes: 0, rows: 0 };
}

/// A compiled pass.
///
/// # Safety
/// Everything that the step names is readable and writable where it says; the processor has the instruction set.
pub(super) type Pass<R> = unsafe fn(&Step<R>);

/// Memory to buffer, with twiddles.
const FIRST: u8 = 0;
const FIRST_PART: u8 = 1;
/// Buffer to buffer, with twiddles.
const MIDDLE: u8 = 2;
/// Buffer to memory, scaled.
const LAST: u8 = 3;
const LAST_PART: u8 = 4;
const LAST_STREAM: u8 = 5;
/// Memory to memory, scaled.
const ONLY: u8 = 6;
const ONLY_PART: u8 = 7;
/// Within a buffer, times a table.
const TABLE: u8 = 8;
/// Memory to buffer, times a table.
const TABLE_ONLY: u8 = 9;
const TABLE_ONLY_PART: u8 = 10;
/// Within a buffer, scaled.
const WITHIN: u8 = 11;
/// Buffer to memory around the caches, times a table times scalars.
const SPLIT: u8 = 12;

#[inline(always)]
unsafe fn pass<V: Vector, const N: usize, const KIND: u8>(s: &Step<V::Scalar>)
where
    Legs: Butterfly<N>,
{
    let lanes = V::LANES;
    let part = matches!(KIND, FIRST_PART | LAST_PART | ONLY_PART | TABLE_ONLY_PART);
    let from_memory = matches!(KIND, FIRST | FIRST_PART | ONLY | ONLY_PART | TABLE_ONLY | TABLE_ONLY_PART);
    let to_memory = matches!(KIND, LAST | LAST_PART | LAST_STREAM | ONLY | ONLY_PART | SPLIT);
    let (low, high) = ((2 * s.part).min(lanes), (2 * s.part).saturating_sub(lanes));
    let mut ahead = s.ahead.at;
    for block in 0..s.blocks as isize {
        for point in 0..s.points as isize {
            let from = s.from.wrapping_offset(block * s.from_block + point * s.from_point);
            let offset = block * s.to_block + point * s.to_point;
            let to = s.to.wrapping_offset(offset);
            let twiddles = s.twiddles.wrapping_offset(block * s.twiddle_block + point * 2 * (N as isize - 1));
            for v in 0..s.vectors as isize {
                let from = from.wrapping_offset(v * s.from_vector);
                // SAFETY: the step names readable memory, and the processor has V's instruction set.
                let load = |k: usize| unsafe {
                    let mut at = from.wrapping_offset(k as isize * s.from_leg);
                    if from_memory && k == 0 {
                        at = at.wrapping_offset(s.from_zero);
                    }
                    let (a, b) = if part && from_memory {
                        (V::load_part(at, low), V::load_part(at.wrapping_add(lanes), high))
                    } else {
                        (V::load(at), V::load(at.wrapping_add(lanes)))
                    };
                    let (re, im) = if from_memory { V::unzip(a, b) } else { (a, b) };
                    Cv { re, im }
                };
                let mut x: [Cv<V>; N] = [load(0); N];
                for k in 1..N {
                    x[k] = load(k);
                }
                Legs::run(&mut x);
                for k in 0..N {
                    let offset = v * s.to_vector + k as isize * s.to_leg;
                    let to = to.wrapping_offset(offset);
                    // SAFETY: the step names memory that is there: twiddles and tables, and room for the result.
                    unsafe {
                        let constant = |at: *const V::Scalar| Cv { re: V::splat(*at), im: V::splat(*at.add(1)) };
                        let y = match KIND {
                            FIRST | FIRST_PART | MIDDLE if k > 0 => mul(x[k], constant(twiddles.add(2 * k - 2))),
                            FIRST | FIRST_PART | MIDDLE => x[k],
                            TABLE | TABLE_ONLY | TABLE_ONLY_PART => {
                                let at = s.table.offset(block * s.to_block + point * s.to_point + offset);
                                mul(x[k], Cv { re: V::load(at), im: V::load(at.add(lanes)) })
                            }
                            SPLIT => {
                                let at = s.table.offset(point * s.table_point + k as isize * s.table_leg);
                                let scalar =
                                    s.scalars.offset(point * s.scalar_point + k as isize * s.scalar_leg + 2 * v);
                                let w = mul(Cv { re: V::load(at), im: V::load(at.add(lanes)) }, constant(scalar));
                                mul(x[k], w)
                            }
                            _ => {
                                let scale = V::splat(s.scale);
                                Cv { re: x[k].re * scale, im: x[k].im * scale }
                            }
                        };
                        let (a, b) = if to_memory { V::zip(y.re, y.im) } else { (y.re, y.im) };
                        if matches!(KIND, LAST_STREAM | SPLIT) {
                            a.stream(to);
                            b.stream(to.wrapping_add(lanes));
                        } else if part && to_memory {
                            a.store_part(to, low);
                            b.store_part(to.wrapping_add(lanes), high);
                        } else {
                            a.store(to);
                            b.store(to.wrapping_add(lanes));
                        }
                    }
                }
            }
            for _ in 0..s.ahead.rows {
                for line in 0..s.ahead.bytes / 64 {
                    prefetch(ahead.wrapping_byte_add(64 * line));
                }
                ahead = ahead.wrapping_offset(s.ahead.stride);
            }
        }
    }
}

/// The passes of one radix.
#[derive(Clone, Copy)]
pub(super) struct Passes<R> {
    pub radix: usize,
    pub first: Pass<R>,
    pub first_part: Pass<R>,
    pub middle: Pass<R>,
    pub last: Pass<R>,
    pub last_part: Pass<R>,
    pub last_stream: Pass<R>,
    pub only: Pass<R>,
    pub only_part: Pass<R>,
    pub table: Pass<R>,
    pub table_only: Pass<R>,
    pub table_only_part: Pass<R>,
    pub within: Pass<R>,
    pub split: Pass<R>,
}

macro_rules! compiled {
    ($name:ident, $features:literal) => {
        /// # Safety
        /// As for [`Pass`].
        #[target_feature(enable = $features)]
        unsafe fn $name<V: Vector, const N: usize, const KIND: u8>(s: &Step<V::Scalar>)
        where
            Legs: Butterfly<N>,
        {
            // SAFETY: as promised.
            unsafe { pass::<V, N, KIND>(s) }
        }
    };
}
#[cfg(target_arch = "x86_64")]
compiled!(wide, "avx512f,avx512dq,avx512bw,avx512vl,avx512cd,avx2,fma,bmi1,bmi2,lzcnt,popcnt");
#[cfg(target_arch = "x86_64")]
compiled!(middle, "avx2,fma,bmi1,bmi2,lzcnt,popcnt");

/// # Safety
/// As for [`Pass`].
unsafe fn portable<V: Vector, const N: usize, const KIND: u8>(s: &Step<V::Scalar>)
where
    Legs: Butterfly<N>,
{
    // SAFETY: as promised.
    unsafe { pass::<V, N, KIND>(s) }
}

macro_rules! table {
    ($compiled:ident, $v:ty, $radix:expr; $($n:literal),*) => {
        match $radix {
            $($n => Some(Passes {
                radix: $n,
                first: $compiled::<$v, $n, FIRST>,
                first_part: $compiled::<$v, $n, FIRST_PART>,
                middle: $compiled::<$v, $n, MIDDLE>,
                last: $compiled::<$v, $n, LAST>,
                last_part: $compiled::<$v, $n, LAST_PART>,
                last_stream: $compiled::<$v, $n, LAST_STREAM>,
                only: $compiled::<$v, $n, ONLY>,
                only_part: $compiled::<$v, $n, ONLY_PART>,
                table: $compiled::<$v, $n, TABLE>,
                table_only: $compiled::<$v, $n, TABLE_ONLY>,
                table_only_part: $compiled::<$v, $n, TABLE_ONLY_PART>,
                within: $compiled::<$v, $n, WITHIN>,
                split: $compiled::<$v, $n, SPLIT>,
            }),)*
            _ => None,
        }
    };
}

/// The radices that some instruction set has passes for.
pub(in crate::fft::cpu) const RADICES: [usize; 12] = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16];

/// The passes of a radix, if the instruction set has them. All have those of 2, 3, 4, 5, 7, 8, 11 and 13.
pub(super) fn passes<R: Lanes>(isa: Isa, radix: usize) -> Option<Passes<R>> {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => table!(wide, R::Wide, radix; 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => table!(middle, R::Middle, radix; 2, 3, 4, 5, 7, 8, 11, 13),
        Isa::Portable => table!(portable, R::Portable, radix; 2, 3, 4, 5, 7, 8, 11, 13),
    }
}

/// A step that does nothing yet: one butterfly of one register, no prefetch.
pub(super) fn step<R: Real>(from: *const R, to: *mut R, lanes: usize) -> Step<R> {
    let two = 2 * lanes as isize;
    Step {
        from,
        from_leg: 0,
        from_point: 0,
        from_block: 0,
        from_vector: two,
        from_zero: 0,
        to,
        to_leg: 0,
        to_point: 0,
        to_block: 0,
        to_vector: two,
        points: 1,
        blocks: 1,
        vectors: 1,
        twiddles: std::ptr::null(),
        twiddle_block: 0,
        table: std::ptr::null(),
        scalars: std::ptr::null(),
        table_leg: 0,
        table_point: 0,
        scalar_leg: 0,
        scalar_point: 0,
        scale: R::of(1.0),
        part: 0,
        ahead: Ahead::NOTHING,
    }
}
