//! Cosine and sine transforms of one line: a Fourier transform of the same length (type I: twice that) with a
//! permutation before or after it and one multiplication an element.
//!
//! Types II and III: J. Makhoul, A fast cosine transform in one and two dimensions, IEEE Trans. ASSP 28 (1980). Type IV
//! of even length: complex numbers of half the length. Of odd length n: cos(2 pi a b / 8n) for odd a and b splits by
//! the Chinese remainder theorem into a constant and a real transform of length n without any factors. Type I: the
//! symmetric extension; half as long ones lose digits in proportion to sqrt(n).

use super::line::{BufferSizes, Buffers, LineFft, Number};
use crate::fft::cache::Engine as _;
use crate::fft::desc::{Direction, Family, Trig};
use crate::fft::recipe::LineKind;
use crate::tensor::{Line, Load};
use num_complex::Complex;
use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

/// What happens to a line: which transform, whether its ends are weighted so that its matrix is orthogonal up to a
/// factor, and whether elements have imaginary parts, which are then transformed on their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TrigLine {
    pub trig: Trig,
    pub orthogonal: bool,
    pub complex: bool,
}

/// The engine of one kind and length.
pub(super) struct TrigFft<R: Number> {
    how: TrigLine,
    length: usize,
    inner: LineFft<R>,
    twiddles: Vec<Complex<R>>,
}

impl<R: Number> TrigFft<R> {
    pub fn new(how: TrigLine, n: usize) -> Self {
        let (kind, direction, inner) = match (how.trig.family, how.trig.number) {
            (Family::Cosine, 1) => (LineKind::RealHalf, Direction::Forward, 2 * (n - 1)),
            (Family::Sine, 1) => (LineKind::RealHalf, Direction::Forward, 2 * (n + 1)),
            (_, 3) => (LineKind::HalfReal, Direction::Inverse, n),
            (_, 4) if n.is_multiple_of(2) => (LineKind::Complex, Direction::Forward, n / 2),
            _ => (LineKind::RealHalf, Direction::Forward, n),
        };
        let twiddles = match how.trig.number {
            2 | 3 => (0..=n / 2).map(|k| unit(k, 2 * n)).collect(),
            4 if n.is_multiple_of(2) => (0..n / 2).map(|k| unit(8 * k + 1, 8 * n)).collect(),
            _ => Vec::new(),
        };
        TrigFft { how, length: n, inner: LineFft::new(kind, direction, inner), twiddles }
    }

    /// Bytes of tables.
    pub fn bytes(&self) -> usize {
        self.twiddles.len() * size_of::<Complex<R>>() + self.inner.bytes()
    }

    /// What the inner transform reads: reals, and complex numbers.
    fn inputs(&self) -> (usize, usize) {
        let n = self.length;
        match (self.how.trig.family, self.how.trig.number) {
            (Family::Cosine, 1) => (2 * (n - 1), 0),
            (Family::Sine, 1) => (2 * (n + 1), 0),
            (_, 3) => (0, n / 2 + 1),
            (_, 4) if n.is_multiple_of(2) => (0, n / 2),
            _ => (n, 0),
        }
    }

    /// `real` holds the line and the inner input, `line` the result of a complex line and the inner input.
    pub fn buffer_sizes(&self) -> BufferSizes {
        let (inner, (reals, complexes)) = (self.inner.buffer_sizes(), self.inputs());
        let result = if self.how.complex { self.length } else { 0 };
        BufferSizes {
            line: result + complexes + inner.line,
            real: self.length + reals + inner.real,
            scratch: inner.scratch,
        }
    }

    /// As [`LineFft::run`]; the result is in `real`, of complex lines in `line`.
    pub fn run<T: Load<R>>(&self, from: &Line<'_, T>, take: usize, b: &mut Buffers<'_, R>) {
        let n = self.length;
        b.real[take..n].fill(R::ZERO);
        from.load_real(&mut b.real[..take]);
        if !self.how.complex {
            return self.transform(0, b);
        }
        self.transform(n, b);
        for k in 0..n {
            b.line[k].re = b.real[k];
        }
        b.real[take..n].fill(R::ZERO);
        from.each(0, take, |i, x| b.real[i] = x.load().im);
        self.transform(n, b);
        for k in 0..n {
            b.line[k].im = b.real[k];
        }
    }

    /// Transforms the first elements of `real`; `kept` elements at the start of `line` are not touched.
    fn transform(&self, kept: usize, b: &mut Buffers<'_, R>) {
        let (reals, complexes) = self.inputs();
        let (x, rest) = b.real.split_at_mut(self.length);
        let (v, real) = rest.split_at_mut(reals);
        let (z, line) = b.line[kept..].split_at_mut(complexes);
        let mut inner = Buffers { line, real, scratch: &mut *b.scratch };
        self.prepare(x);
        match (self.how.trig.family, self.how.trig.number) {
            (Family::Cosine, 1) => self.cosine_1(x, v, &mut inner),
            (Family::Sine, 1) => self.sine_1(x, v, &mut inner),
            (_, 2) => self.cosine_2(x, v, &mut inner),
            (_, 3) => self.cosine_3(x, z, &mut inner),
            _ if complexes > 0 => self.cosine_4_even(x, z, &mut inner),
            _ => self.cosine_4_odd(x, v, &mut inner),
        }
        self.finish(x);
    }

    /// Weights the ends, and turns the input of a sine transform of type II to IV into that of a cosine transform.
    fn prepare(&self, x: &mut [R]) {
        let (trig, last, root) = (self.how.trig, x.len() - 1, R::of(SQRT_2));
        if self.how.orthogonal {
            match (trig.family, trig.number) {
                (Family::Cosine, 1) => [0, last].into_iter().for_each(|end| x[end] *= root),
                (Family::Cosine, 3) => x[0] *= root,
                (Family::Sine, 3) => x[last] *= root,
                _ => {}
            }
        }
        match (trig.family, trig.number) {
            (Family::Sine, 2) => negate_odd(x),
            (Family::Sine, 3 | 4) => x.reverse(),
            _ => {}
        }
    }

    /// The same at the other end.
    fn finish(&self, y: &mut [R]) {
        let (trig, last, root) = (self.how.trig, y.len() - 1, R::of(FRAC_1_SQRT_2));
        match (trig.family, trig.number) {
            (Family::Sine, 2) => y.reverse(),
            (Family::Sine, 3 | 4) => negate_odd(y),
            _ => {}
        }
        if self.how.orthogonal {
            match (trig.family, trig.number) {
                (Family::Cosine, 1) => [0, last].into_iter().for_each(|end| y[end] *= root),
                (Family::Cosine, 2) => y[0] *= root,
                (Family::Sine, 2) => y[last] *= root,
                _ => {}
            }
        }
    }

    fn cosine_1(&self, x: &mut [R], v: &mut [R], inner: &mut Buffers<'_, R>) {
        let last = x.len() - 1;
        v[..=last].copy_from_slice(x);
        for j in 1..last {
            v[2 * last - j] = x[j];
        }
        self.inner.run(&Line::of(v), v.len(), inner);
        for (k, y) in x.iter_mut().enumerate() {
            *y = inner.line[k].re;
        }
    }

    fn sine_1(&self, x: &mut [R], v: &mut [R], inner: &mut Buffers<'_, R>) {
        let n = x.len();
        (v[0], v[n + 1]) = (R::ZERO, R::ZERO);
        for j in 0..n {
            v[j + 1] = x[j];
            v[2 * n + 1 - j] = -x[j];
        }
        self.inner.run(&Line::of(v), v.len(), inner);
        for (k, y) in x.iter_mut().enumerate() {
            *y = -inner.line[k + 1].im;
        }
    }

    fn cosine_2(&self, x: &mut [R], v: &mut [R], inner: &mut Buffers<'_, R>) {
        let n = x.len();
        for (j, x) in x.iter().enumerate() {
            v[if j.is_multiple_of(2) { j / 2 } else { n - 1 - j / 2 }] = *x;
        }
        self.inner.run(&Line::of(v), n, inner);
        let two = R::of(2.0);
        x[0] = two * inner.line[0].re;
        for k in 1..=n / 2 {
            let turned = inner.line[k] * self.twiddles[k];
            x[n - k] = -two * turned.im;
            x[k] = two * turned.re;
        }
    }

    fn cosine_3(&self, x: &mut [R], z: &mut [Complex<R>], inner: &mut Buffers<'_, R>) {
        let n = x.len();
        z[0] = Complex::new(x[0], R::ZERO);
        for k in 1..=n / 2 {
            z[k] = Complex::new(x[k], -x[n - k]) * self.twiddles[k].conj();
        }
        self.inner.run(&Line::of(z), z.len(), inner);
        for (j, y) in x.iter_mut().enumerate() {
            *y = inner.real[if j.is_multiple_of(2) { j / 2 } else { n - 1 - j / 2 }];
        }
    }

    fn cosine_4_even(&self, x: &mut [R], z: &mut [Complex<R>], inner: &mut Buffers<'_, R>) {
        let n = x.len();
        for j in 0..n / 2 {
            z[j] = Complex::new(x[2 * j], x[n - 1 - 2 * j]) * self.twiddles[j];
        }
        self.inner.run(&Line::of(z), n / 2, inner);
        let two = R::of(2.0);
        for k in 0..n / 2 {
            let turned = inner.line[k] * self.twiddles[k];
            x[2 * k] = two * turned.re;
            x[n - 1 - 2 * k] = -two * turned.im;
        }
    }

    fn cosine_4_odd(&self, x: &mut [R], v: &mut [R], inner: &mut Buffers<'_, R>) {
        let n = x.len();
        for t in 0..n {
            let (j, negative) = fold(t, n);
            v[(1 + 8 * t) % n] = if negative { -x[j] } else { x[j] };
        }
        self.inner.run(&Line::of(v), n, inner);
        // 1 / 8n = u / 8 + v / n up to whole turns: u = 1 / n modulo 8, v = 1 / 8 modulo n.
        let root = R::of(SQRT_2);
        let (c, s) = match n % 8 {
            1 => (root, root),
            3 => (-root, root),
            5 => (-root, -root),
            _ => (root, -root),
        };
        let eighth = (1..8).find(|m| (n * m + 1).is_multiple_of(8)).map_or(0, |m| (n * m + 1) / 8);
        for t in 0..n {
            let q = (eighth + t) % n;
            let bin = if q <= n / 2 { inner.line[q] } else { inner.line[n - q].conj() };
            let y = bin.re * c + bin.im * s;
            let (k, negative) = fold(t, n);
            x[k] = if negative { -y } else { y };
        }
    }
}

/// For a = 1 + 8t: the place 0 to n - 1 whose 2j + 1 has the same cosine at odd multiples, or the negative one.
fn fold(t: usize, n: usize) -> (usize, bool) {
    let a = 1 + 8 * t;
    let a = if a > 4 * n { 8 * n - a } else { a };
    if a > 2 * n { ((4 * n - a) / 2, true) } else { (a / 2, false) }
}

fn negate_odd<R: Number>(x: &mut [R]) {
    x.iter_mut().skip(1).step_by(2).for_each(|x| *x = -*x);
}

/// exp(-i pi p / q) for 0 <= p / q <= 1/2, right to the last bit or nearly so.
fn unit<R: Number>(p: usize, q: usize) -> Complex<R> {
    let swap = 4 * p > q;
    // The angle from the nearer axis, in quarters of q / 2 turns: exact integers.
    let (top, bottom) = if swap { ((q - 2 * p) as f64, 2.0 * q as f64) } else { (p as f64, q as f64) };
    const PI_LOW: f64 = 1.224_646_799_147_353_2e-16;
    let part = top / bottom;
    let rest = (-part).mul_add(bottom, top) / bottom;
    let angle = part * std::f64::consts::PI;
    let low = part.mul_add(std::f64::consts::PI, -angle) + part.mul_add(PI_LOW, rest * std::f64::consts::PI);
    let (s, c) = angle.sin_cos();
    let (s, c) = (low.mul_add(c, s), (-low).mul_add(s, c));
    let (s, c) = if swap { (c, s) } else { (s, c) };
    Complex::new(R::of(c), R::of(-s))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Units of the last place that are off, against a reference in whole turns: the double angle formulas hold.
    #[test]
    fn units_lie_on_the_circle_and_meet_at_the_diagonal() {
        for q in [1usize, 2, 3, 8, 100, 4096, 1_000_003] {
            for p in (0..=q / 2).step_by(1 + q / 50) {
                let w = unit::<f64>(p, q);
                let turn = std::f64::consts::PI * p as f64 / q as f64;
                assert!((w.re - turn.cos()).abs() < 3e-16 && (w.im + turn.sin()).abs() < 3e-16, "{p}/{q}");
            }
        }
        assert_eq!(unit::<f64>(1, 4).re, FRAC_1_SQRT_2);
        assert_eq!(unit::<f64>(1, 6).im, -0.5);
        assert_eq!(unit::<f64>(0, 7), Complex::new(1.0, -0.0));
    }

    #[test]
    fn folding_meets_each_place_once() {
        for n in (1..60).step_by(2) {
            let mut places: Vec<usize> = (0..n).map(|t| fold(t, n).0).collect();
            places.sort_unstable();
            assert_eq!(places, (0..n).collect::<Vec<_>>());
        }
    }
}
