//! Roots of 1, to the last bit but one in 2^10.

use num_complex::Complex;
use std::f64::consts::PI;

/// What pi is above its f64.
const PI_LOW: f64 = 1.2246467991473532e-16;

/// exp(-2 pi i k / n). The angle is brought into the first eighth of the circle by whole numbers and kept in two f64.
pub(super) fn unit(k: usize, n: usize) -> Complex<f64> {
    let (k, n) = ((k % n) as u128, n as u128);
    let eighth = (8 * k / n) as u32;
    // The distance to the nearest multiple of a quarter, in eighths of n-ths of the circle.
    let quarter = eighth.div_ceil(2) as u128;
    let distance = (8 * k).abs_diff(2 * n * quarter);
    let (sin, cos) = sin_cos_pi(distance as f64, 4.0 * n as f64);
    let back = 8 * k < 2 * n * quarter;
    let sin = if back { -sin } else { sin };
    match quarter % 4 {
        0 => Complex::new(cos, -sin),
        1 => Complex::new(-sin, -cos),
        2 => Complex::new(-cos, sin),
        _ => Complex::new(sin, cos),
    }
}

/// Sine and cosine of pi `a` / `b`, for quotients up to 1/4.
fn sin_cos_pi(a: f64, b: f64) -> (f64, f64) {
    let high = a / b;
    let low = high.mul_add(-b, a) / b;
    let angle = PI * high;
    let rest = PI.mul_add(high, -angle) + (PI_LOW * high + PI * low);
    let (sin, cos) = angle.sin_cos();
    (cos.mul_add(rest, sin), sin.mul_add(-rest, cos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_lie_on_the_circle_and_quarters_are_exact() {
        for n in [1, 2, 3, 4, 7, 8, 12, 1000, 1 << 20] {
            for k in 0..n.min(3000) {
                let w = unit(k, n);
                let angle = -2.0 * PI * k as f64 / n as f64;
                assert!((w.re - angle.cos()).abs() < 1e-15 && (w.im - angle.sin()).abs() < 1e-15, "{k} of {n}");
            }
        }
        assert_eq!((unit(1, 4), unit(2, 4)), (Complex::new(0.0, -1.0), Complex::new(-1.0, 0.0)));
    }
}
