//! Sweeps over lines: products, and the step between a complex line of half the length and a real one.

use super::butterfly::{Cv, mul};
use crate::backend::cpu::isa::Isa;
use crate::backend::cpu::simd::{Kernel, Lanes, Vector, dispatch};
use num_complex::Complex;

struct Product<'a, R> {
    x: &'a mut [Complex<R>],
    by: &'a [Complex<R>],
    conjugate: bool,
}

impl<R: Lanes> Kernel<R> for Product<'_, R> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector<Scalar = R>>(self) {
        let n = V::LANES;
        let count = self.x.len().min(self.by.len());
        let (x, by) = (self.x.as_mut_ptr().cast::<R>(), self.by.as_ptr().cast::<R>());
        let mut i = 0;
        while i < count {
            let here = (count - i).min(n);
            let (low, high) = ((2 * here).min(n), (2 * here).saturating_sub(n));
            // SAFETY: `here` complex numbers are left in both; the processor has the instruction set.
            unsafe {
                let load = |at: *const R| {
                    let (a, b) = match here == n {
                        true => (V::load(at), V::load(at.add(n))),
                        false => (V::load_part(at, low), V::load_part(at.wrapping_add(n), high)),
                    };
                    let (re, im) = V::unzip(a, b);
                    Cv { re, im }
                };
                let y = mul(load(x.add(2 * i)), load(by.add(2 * i)));
                let (a, b) = V::zip(y.re, if self.conjugate { -y.im } else { y.im });
                let to = x.add(2 * i);
                if here == n {
                    a.store(to);
                    b.store(to.add(n));
                } else {
                    a.store_part(to, low);
                    b.store_part(to.wrapping_add(n), high);
                }
            }
            i += n;
        }
    }
}

/// x[i] * by[i], over the shorter length.
pub(in crate::fft::cpu) fn product<R: Lanes>(isa: Isa, x: &mut [Complex<R>], by: &[Complex<R>]) {
    dispatch(isa, Product { x, by, conjugate: false });
}

/// The conjugates of x[i] * by[i].
pub(in crate::fft::cpu) fn conjugate_product<R: Lanes>(isa: Isa, x: &mut [Complex<R>], by: &[Complex<R>]) {
    dispatch(isa, Product { x, by, conjugate: true });
}

/// Pairs k and h - k of a line of h + 1 numbers: what `pair` makes of both and of root k.
fn pairs<R: Lanes>(
    z: &mut [Complex<R>],
    roots: &[Complex<R>],
    first: usize,
    pair: impl Fn(Complex<R>, Complex<R>, Complex<R>) -> (Complex<R>, Complex<R>),
) {
    let h = z.len() - 1;
    for k in first..=h / 2 {
        let (a, b) = pair(z[k], z[h - k], roots[k]);
        z[k] = a;
        z[h - k] = b;
    }
}

/// Turns the transform of h complex numbers, which are 2 h real ones, into the first h + 1 bins of these, times
/// `scale`. `z` has h + 1 places, the last one unset; `roots[k]` is exp(-2 pi i k / (2 h)).
pub(in crate::fft::cpu) fn separate<R: Lanes>(
    _isa: Isa,
    z: &mut [Complex<R>],
    roots: &[Complex<R>],
    conjugate: bool,
    scale: R,
) {
    let h = z.len() - 1;
    let (half, first) = (R::of(0.5) * scale, z[0]);
    let sign = if conjugate { -half } else { half };
    pairs(z, roots, 1, |a, b, w| {
        // Twice the even part e and, times w, the odd part o.
        let (er, ei) = (a.re + b.re, a.im - b.im);
        let (dr, di) = (a.im + b.im, b.re - a.re);
        let (or, oi) = (dr * w.re - di * w.im, dr * w.im + di * w.re);
        (Complex::new((er + or) * half, (ei + oi) * sign), Complex::new((er - or) * half, (oi - ei) * sign))
    });
    z[0] = Complex::new((first.re + first.im) * scale, R::ZERO);
    z[h] = Complex::new((first.re - first.im) * scale, R::ZERO);
}

/// The reverse: of h + 1 bins, whose imaginary parts at both ends do not count, h complex numbers whose inverse
/// transform without a factor is that of the 2 h real numbers.
pub(in crate::fft::cpu) fn merge<R: Lanes>(_isa: Isa, z: &mut [Complex<R>], roots: &[Complex<R>], conjugate: bool) {
    let h = z.len() - 1;
    let (first, last) = (z[0].re, z[h].re);
    let sign = |x: R| if conjugate { R::ZERO - x } else { x };
    pairs(z, roots, 1, |a, b, w| {
        let (ai, bi) = (sign(a.im), sign(b.im));
        let (er, ei) = (a.re + b.re, ai - bi);
        let (dr, di) = (a.re - b.re, ai + bi);
        // i times the difference times the conjugate root.
        let (or, oi) = (dr * w.im - di * w.re, dr * w.re + di * w.im);
        (Complex::new(er + or, ei + oi), Complex::new(er - or, oi - ei))
    });
    z[0] = Complex::new(first + last, first - last);
}
