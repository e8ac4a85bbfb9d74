//! Transpositions: what was one transform a lane becomes one lane a transform, in blocks of a register squared.

use super::butterfly::{Butterfly, Cv, Legs};
use crate::backend::cpu::simd::{Kernel, Lanes, Vector};
use std::marker::PhantomData;

/// The second half of a line of `a` times `LANES` points: rows of a buffer are transposed and transformed in registers.
/// Output `k2 * a + k1` is element `k2` of row `k1`.
pub(super) struct Finish<'p, R> {
    pub buffer: *const R,
    /// Offset of row k1, in real numbers; the last one is repeated up to a multiple of the lanes.
    pub positions: &'p [u32],
    pub a: usize,
    pub to: *mut R,
    /// Outputs in reverse order wrap around: row k2 goes to row LANES - k2.
    pub reverse: bool,
    pub stream: bool,
    pub scale: R,
}

impl<R: Lanes> Kernel<R> for Finish<'_, R> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector<Scalar = R>>(self) {
        // SAFETY: as promised; the number of lanes is that of V.
        unsafe {
            match V::LANES {
                2 => self.lanes::<V, 2>(),
                4 => self.lanes::<V, 4>(),
                8 => self.lanes::<V, 8>(),
                _ => self.lanes::<V, 16>(),
            }
        }
    }
}

impl<R: Lanes> Finish<'_, R> {
    /// # Safety
    /// As for [`Kernel::run`]; the addresses are as described, and N is the number of lanes.
    #[inline(always)]
    unsafe fn lanes<V: Vector<Scalar = R>, const N: usize>(self)
    where
        Legs: Butterfly<N>,
    {
        if V::LANES != N {
            return;
        }
        let row = 2 * self.a as isize;
        let (leg, zero) = if self.reverse { (-row, -(N as isize) * row) } else { (row, 0) };
        let base = self.to.wrapping_offset(-zero);
        let mut g = 0;
        while g < self.a {
            // SAFETY: rows and results are where the description says.
            unsafe {
                let at = |i: usize| self.buffer.add(*self.positions.get_unchecked(g + V::ORDER[i]) as usize);
                let mut re = [V::load(at(0)); N];
                let mut im = [V::load(at(0).add(N)); N];
                for i in 1..N {
                    re[i] = V::load(at(i));
                    im[i] = V::load(at(i).add(N));
                }
                V::transpose(&mut re);
                V::transpose(&mut im);
                let mut x = [Cv { re: re[0], im: im[0] }; N];
                for i in 0..N {
                    x[V::ORDER[i]] = Cv { re: re[i], im: im[i] };
                }
                Legs::run(&mut x);
                let scale = V::splat(self.scale);
                let left = self.a - g;
                for k in 0..N {
                    let (a, b) = V::zip(x[k].re * scale, x[k].im * scale);
                    let mut to = base.wrapping_offset(k as isize * leg + 2 * g as isize);
                    if k == 0 {
                        to = to.wrapping_offset(zero);
                    }
                    if left < N {
                        a.store_part(to, (2 * left).min(N));
                        b.store_part(to.wrapping_add(N), (2 * left).saturating_sub(N));
                    } else if self.stream {
                        a.stream(to);
                        b.stream(to.wrapping_add(N));
                    } else {
                        a.store(to);
                        b.store(to.wrapping_add(N));
                    }
                }
            }
            g += N;
        }
    }
}

/// Rows of one buffer become columns of another.
pub(super) struct Turn<'p, R> {
    pub from: *const R,
    /// Offsets of as many rows as there are lanes.
    pub positions: &'p [u32],
    /// Where each column goes, in real numbers.
    pub slots: &'p [u32],
    pub to: *mut R,
}

impl<R: Lanes> Kernel<R> for Turn<'_, R> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector<Scalar = R>>(self) {
        let n = V::LANES;
        for (v, slots) in self.slots.chunks(n).enumerate() {
            // SAFETY: as described; a register exists for each row, and no register has more than 16 lanes.
            unsafe {
                let at = |i: usize| self.from.add(self.positions[V::ORDER[i]] as usize + v * 2 * n);
                let mut re = [V::load(at(0)); 16];
                let mut im = [V::load(at(0).add(n)); 16];
                for i in 1..n {
                    re[i] = V::load(at(i));
                    im[i] = V::load(at(i).add(n));
                }
                V::transpose(&mut re);
                V::transpose(&mut im);
                for i in 0..n {
                    if let Some(slot) = slots.get(V::ORDER[i]) {
                        let to = self.to.add(*slot as usize);
                        re[i].store(to);
                        im[i].store(to.add(n));
                    }
                }
            }
        }
    }
}

/// As many lines of memory as there are lanes, or fewer, become columns of a buffer.
pub(super) struct Gather<'p, R> {
    pub from: *const R,
    /// From line to line, in real numbers.
    pub line: isize,
    pub lines: usize,
    pub slots: &'p [u32],
    pub to: *mut R,
    /// The next lines, which are asked for.
    pub next: *const R,
}

impl<R: Lanes> Kernel<R> for Gather<'_, R> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector<Scalar = R>>(self) {
        let n = V::LANES;
        for (v, slots) in self.slots.chunks(n).enumerate() {
            let (low, high) = ((2 * slots.len()).min(n), (2 * slots.len()).saturating_sub(n));
            // SAFETY: as described; lines that are not there are read as the first one.
            unsafe {
                let load = |i: usize| {
                    let line = if V::ORDER[i] < self.lines { V::ORDER[i] as isize } else { 0 };
                    let at = self.from.offset(line * self.line).add(v * 2 * n);
                    if slots.len() == n {
                        V::unzip(V::load(at), V::load(at.add(n)))
                    } else {
                        V::unzip(V::load_part(at, low), V::load_part(at.wrapping_add(n), high))
                    }
                };
                let (first_re, first_im) = load(0);
                let (mut re, mut im) = ([first_re; 16], [first_im; 16]);
                for i in 1..n {
                    (re[i], im[i]) = load(i);
                    if !self.next.is_null() {
                        let ahead = self.next.wrapping_offset(V::ORDER[i] as isize * self.line).wrapping_add(v * 2 * n);
                        crate::backend::cpu::simd::prefetch(ahead);
                        crate::backend::cpu::simd::prefetch(ahead.wrapping_add(n));
                    }
                }
                V::transpose(&mut re);
                V::transpose(&mut im);
                for i in 0..n {
                    if let Some(slot) = slots.get(V::ORDER[i]) {
                        let to = self.to.add(*slot as usize);
                        re[i].store(to);
                        im[i].store(to.add(n));
                    }
                }
            }
        }
    }
}

/// Columns of a buffer become lines of memory.
pub(super) struct Scatter<'p, R> {
    pub from: *const R,
    /// Offset of each output row of the buffer.
    pub positions: &'p [u32],
    pub to: *mut R,
    pub line: isize,
    pub lines: usize,
    pub number: PhantomData<R>,
}

impl<R: Lanes> Kernel<R> for Scatter<'_, R> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector<Scalar = R>>(self) {
        let n = V::LANES;
        for (v, positions) in self.positions.chunks(n).enumerate() {
            let (low, high) = ((2 * positions.len()).min(n), (2 * positions.len()).saturating_sub(n));
            // SAFETY: as described; rows that are not there are read as the first one and not written.
            unsafe {
                let at = |i: usize| self.from.add(*positions.get(V::ORDER[i]).unwrap_or(&positions[0]) as usize);
                let mut re = [V::load(at(0)); 16];
                let mut im = [V::load(at(0).add(n)); 16];
                for i in 1..n {
                    re[i] = V::load(at(i));
                    im[i] = V::load(at(i).add(n));
                }
                V::transpose(&mut re);
                V::transpose(&mut im);
                for i in 0..n {
                    if V::ORDER[i] >= self.lines {
                        continue;
                    }
                    let to = self.to.offset(V::ORDER[i] as isize * self.line).add(v * 2 * n);
                    let (a, b) = V::zip(re[i], im[i]);
                    if positions.len() == n {
                        a.store(to);
                        b.store(to.add(n));
                    } else {
                        a.store_part(to, low);
                        b.store_part(to.wrapping_add(n), high);
                    }
                }
            }
        }
    }
}
