//! The definition, summed in pairs of f64 with roots of 1 to 100 bits: what engines are tested against.

use crate::tensor::Real;
use num_complex::Complex;

/// A number as a sum of two f64.
#[derive(Clone, Copy)]
struct Pair(f64, f64);

impl Pair {
    fn sum(a: f64, b: f64) -> Pair {
        let s = a + b;
        let t = s - a;
        Pair(s, (a - (s - t)) + (b - t))
    }
    fn add(self, b: Pair) -> Pair {
        let s = Pair::sum(self.0, b.0);
        Pair::sum(s.0, s.1 + self.1 + b.1)
    }
    fn mul(self, b: Pair) -> Pair {
        let p = self.0 * b.0;
        Pair::sum(p, self.0.mul_add(b.0, -p) + (self.0 * b.1 + self.1 * b.0))
    }
    fn div(self, b: f64) -> Pair {
        let q = self.0 / b;
        Pair::sum(q, ((-q).mul_add(b, self.0) + self.1) / b)
    }
    fn neg(self) -> Pair {
        Pair(-self.0, -self.1)
    }
}

/// Sine and cosine of a small angle by their series.
fn sin_cos(x: Pair) -> (Pair, Pair) {
    let (mut term, mut sums) = (Pair(1.0, 0.0), [Pair(0.0, 0.0), Pair(0.0, 0.0)]);
    for i in 0..30usize {
        let signed = if i % 4 < 2 { term } else { term.neg() };
        sums[i % 2] = sums[i % 2].add(signed);
        term = term.mul(x).div(i as f64 + 1.0);
    }
    (sums[1], sums[0])
}

/// The transform by definition.
pub(super) struct Exact {
    roots: Vec<(Pair, Pair)>,
}

impl Exact {
    pub fn new(n: usize, inverse: bool) -> Self {
        let pi = Pair(std::f64::consts::PI, 1.2246467991473532e-16);
        let root = |k: usize| {
            // The nearest eighth of the circle, and what is left.
            let quarter = (4 * k + n / 2) / n;
            let rest = 4 * k as i64 - (quarter * n) as i64;
            let (sin, cos) = sin_cos(pi.mul(Pair(rest as f64, 0.0)).div(2.0 * n as f64));
            let (cos, sin) = match quarter % 4 {
                0 => (cos, sin),
                1 => (sin.neg(), cos),
                2 => (cos.neg(), sin.neg()),
                _ => (sin, cos.neg()),
            };
            (cos, if inverse { sin } else { sin.neg() })
        };
        Exact { roots: (0..n).map(root).collect() }
    }

    pub fn transform<R: Real>(&self, x: &[Complex<R>]) -> Vec<Complex<f64>> {
        let n = x.len();
        (0..n)
            .map(|k| {
                let (mut re, mut im) = (Pair(0.0, 0.0), Pair(0.0, 0.0));
                for (j, x) in x.iter().enumerate() {
                    let (c, s) = self.roots[j * k % n];
                    let (a, b) = (Pair(x.re.wide(), 0.0), Pair(x.im.wide(), 0.0));
                    re = re.add(a.mul(c)).add(b.mul(s).neg());
                    im = im.add(a.mul(s)).add(b.mul(c));
                }
                Complex::new(re.0, im.0)
            })
            .collect()
    }
}

/// Numbers between -1 and 1, the same every time.
pub(super) fn random<R: Real>(n: usize) -> Vec<Complex<R>> {
    let mut state = 0x9e3779b97f4a7c15u64 ^ n as u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        R::of((state >> 11) as f64 / (1u64 << 52) as f64 - 1.0)
    };
    (0..n).map(|_| Complex::new(next(), next())).collect()
}
