//! Tridiagonal Toeplitz matrices: the diagonal is `a` throughout, the couplings have modulus `b`. Eigenvalue k of n is
//! a - 2b + 4b sin^2((k + 1) pi / (2n + 2)), its vector has components sqrt(2 / (n + 1)) sin((i + 1)(k + 1) pi / (n + 1)),
//! with signs that alternate where the coupling is positive. (Smith, Numerical Solution of Partial Differential
//! Equations, chapter 3.) By the square of the sine the smallest eigenvalue of a Laplacian keeps all its digits, where
//! 2 - 2 cos loses them.

/// Eigenvalue `k` in ascending order, `b >= 0`.
pub(in crate::eigen) fn value(n: usize, a: f64, b: f64, k: usize) -> f64 {
    // Near the upper end the sine is near 1: from there the cosine says more.
    let half = |k: usize| (k + 1) as f64 * std::f64::consts::PI / (2 * n + 2) as f64;
    if 2 * (k + 1) <= n + 1 {
        let s = half(k).sin();
        (a - 2.0 * b) + 4.0 * b * s * s
    } else {
        let c = half(n - 1 - k).sin();
        (a + 2.0 * b) - 4.0 * b * c * c
    }
}

/// Component `i` of the eigenvector of eigenvalue `k` where every coupling is -b.
pub(in crate::eigen) fn component(n: usize, k: usize, i: usize) -> f64 {
    // The angle's multiple of pi, reduced exactly: (i + 1)(k + 1) modulo 2(n + 1).
    let period = 2 * (n as u128 + 1);
    let turn = ((i as u128 + 1) * (k as u128 + 1)) % period;
    let (turn, sign) = if turn > n as u128 { (period - turn, -1.0) } else { (turn, 1.0) };
    let turn = turn.min(n as u128 + 1 - turn);
    sign * (2.0 / (n + 1) as f64).sqrt() * (turn as f64 * std::f64::consts::PI / (n + 1) as f64).sin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_eigenvalue_of_a_laplacian_keeps_its_digits() {
        // 4 sin^2(pi / 4002) in quadruple precision.
        let exact = 2.464_935_042_164_399e-6;
        assert!((value(2000, 2.0, 1.0, 0) / exact - 1.0).abs() < 1e-15);
    }

    #[test]
    fn pairs_are_eigenpairs_in_ascending_order_and_orthonormal() {
        for n in [1usize, 2, 3, 10, 77] {
            let (a, b) = (0.5, 1.25);
            let mut previous = f64::MIN;
            for k in 0..n {
                let w = value(n, a, b, k);
                assert!(w > previous);
                previous = w;
                let v: Vec<f64> = (0..n).map(|i| component(n, k, i)).collect();
                for i in 0..n {
                    let before = if i > 0 { v[i - 1] } else { 0.0 };
                    let after = v.get(i + 1).copied().unwrap_or(0.0);
                    assert!((a * v[i] - b * (before + after) - w * v[i]).abs() < 1e-14);
                }
                for other in 0..=k {
                    let dot: f64 = (0..n).map(|i| v[i] * component(n, other, i)).sum();
                    assert!((dot - f64::from(u8::from(other == k))).abs() < 1e-13);
                }
            }
        }
    }
}
