//! Eigenvalues of a tridiagonal matrix by counting: every one lies in a bracket that the counts at its ends prove.
//!
//! A grid, then rounds: brackets of several eigenvalues are cut, brackets of one are narrowed by the secant of the
//! polynomial itself (Anderson and Bjorck 1973) until they are as narrow as rounding allows, eps times the norm. What a
//! bracket does depends on it alone, so results are the same however the work is divided.

use super::sturm::{Point, Polynomial};
use crate::backend::cpu::isa::Isa;
use crate::backend::cpu::simd::Lanes;

/// After so many rounds brackets are only halved; no bracket has more bits than this many halvings use up.
const SECANT_ROUNDS: usize = 60;

/// Points (a, b] between which the eigenvalues numbered `below_a` to `below_b` lie.
#[derive(Clone, Copy)]
struct Bracket {
    a: f64,
    b: f64,
    at_a: Point,
    at_b: Point,
    /// How often in a row the same end has moved: positive for `a`.
    side: i32,
}

impl Bracket {
    fn inside(&self) -> usize {
        self.at_b.below - self.at_a.below
    }

    /// Where the secant of the weighted values crosses zero; never nearer to an end than half the tolerance, so that
    /// brackets close, and the middle when one end has not moved for long.
    fn guess(&self, tolerance: f64, halve: bool) -> f64 {
        let width = self.b - self.a;
        let top = self.at_a.exponent.max(self.at_b.exponent);
        let at_a = self.at_a.mantissa * power(self.at_a.exponent - top);
        let at_b = self.at_b.mantissa * power(self.at_b.exponent - top);
        let secant = at_a / (at_a - at_b);
        let margin = (0.5 * tolerance / width).min(0.5);
        let part = if halve || self.side.abs() > 3 || !(secant > 0.0 && secant < 1.0) {
            0.5
        } else {
            secant.clamp(margin, 1.0 - margin)
        };
        self.a + part * width
    }

    /// The half of a bracket of one that holds it.
    fn narrow(&mut self, x: f64, at_x: Point) {
        let weight = |new: Point, old: Point| {
            let g = 1.0 - new.mantissa / old.mantissa * power((new.exponent - old.exponent).min(1000.0));
            if g > 0.0 { g } else { 0.5 }
        };
        if at_x.below <= self.at_a.below {
            if self.side > 0 {
                self.at_b.mantissa *= weight(at_x, self.at_a);
            }
            self.side = self.side.max(0) + 1;
            (self.a, self.at_a) = (x, Point { below: self.at_a.below, ..at_x });
        } else {
            if self.side < 0 {
                self.at_a.mantissa *= weight(at_x, self.at_b);
            }
            self.side = self.side.min(0) - 1;
            (self.b, self.at_b) = (x, Point { below: self.at_b.below, ..at_x });
        }
    }
}

/// 2^k, 0 for what is too small to count.
fn power(k: f64) -> f64 {
    f64::from_bits(((k.clamp(-1022.0, 1023.0) as i64 + 1023) as u64) << 52)
}

/// The eigenvalues numbered `first` to `first + out.len() - 1` in ascending order, within about eps times the norm. `d`
/// and `e` are finite, and squares of their sums neither overflow nor vanish: the caller scales.
pub(in crate::eigen) fn values<R: Lanes>(d: &[R], e: &[R], first: usize, isa: Isa, out: &mut [R]) {
    let n = d.len();
    let count = out.len();
    let last = first + count;
    if out.is_empty() {
        return;
    }
    if e.iter().all(|x| *x == R::ZERO) {
        // Diagonal: exact.
        let mut sorted = d.to_vec();
        sorted.sort_by(|a, b| a.wide().total_cmp(&b.wide()));
        return out.copy_from_slice(&sorted[first..last]);
    }
    let size = |i: usize| e.get(i).map_or(0.0, |x| x.wide().abs());
    let (mut low, mut high) = (f64::MAX, f64::MIN);
    for (i, centre) in d.iter().map(|x| x.wide()).enumerate() {
        let radius = size(i) + if i > 0 { size(i - 1) } else { 0.0 };
        (low, high) = (low.min(centre - radius), high.max(centre + radius));
    }
    let norm = low.abs().max(high.abs());
    if norm == 0.0 {
        return out.fill(R::ZERO);
    }
    let scale = power(-norm.log2().floor());
    let floor = Polynomial::<R>::floor();
    let square = |i: usize| {
        let scaled = R::of(size(i) * scale);
        let square = scaled * scaled;
        if square > floor { square } else { floor }
    };
    let polynomial = Polynomial {
        d: d.iter().map(|x| R::of(x.wide() * scale)).collect(),
        e2: (0..n).map(|i| if i == 0 { R::ZERO } else { square(i - 1) }).collect(),
    };
    let tolerance = R::EPSILON.wide() * norm * scale;
    let (low, high) = (low * scale - 8.0 * tolerance, high * scale + 8.0 * tolerance);
    let mut found = |k: usize, value: f64| {
        if (first..last).contains(&k) {
            out[k - first] = R::of(value / scale);
        }
    };
    let mut rounds = Rounds { polynomial: &polynomial, isa, points: Vec::new(), results: Vec::new() };
    let mut list = rounds.grid(low, high, tolerance, last - first, n);
    list.retain(|b| b.at_a.below < last && b.at_b.below > first);
    let share = if count == n { usize::MAX } else { (64 / list.len().max(1)).clamp(4, 63) };
    let mut next = Vec::with_capacity(list.len());
    for round in 0.. {
        if list.is_empty() {
            break;
        }
        rounds.points.clear();
        for bracket in &list {
            match bracket.inside() {
                1 => rounds.points.push(R::of(bracket.guess(tolerance, round > SECANT_ROUNDS))),
                inside => {
                    let cuts = inside.min(share);
                    let step = (bracket.b - bracket.a) / (cuts + 1) as f64;
                    rounds.points.extend((1..=cuts).map(|j| R::of(bracket.a + step * j as f64)));
                }
            }
        }
        rounds.evaluate();
        next.clear();
        let mut at = 0;
        for bracket in &list {
            if bracket.inside() == 1 {
                let mut bracket = *bracket;
                bracket.narrow(rounds.points[at].wide(), rounds.results[at]);
                at += 1;
                close_or_keep(bracket, tolerance, &mut found, &mut next);
                continue;
            }
            let cuts = bracket.inside().min(share);
            let (mut a, mut at_a) = (bracket.a, bracket.at_a);
            for j in 0..=cuts {
                let (b, at_b) = match j == cuts {
                    true => (bracket.b, bracket.at_b),
                    false => (rounds.points[at + j].wide(), rounds.results[at + j]),
                };
                // Rounding may count one too many or too few beyond the ends.
                let below = at_b.below.clamp(at_a.below, bracket.at_b.below);
                let at_b = Point { below, ..at_b };
                if at_b.below > at_a.below && at_a.below < last && at_b.below > first {
                    close_or_keep(Bracket { a, b, at_a, at_b, side: 0 }, tolerance, &mut found, &mut next);
                }
                (a, at_a) = (b, at_b);
            }
            at += cuts;
        }
        std::mem::swap(&mut list, &mut next);
    }
}

/// A bracket as narrow as the tolerance gives its eigenvalues; another goes to the next round.
fn close_or_keep(bracket: Bracket, tolerance: f64, found: &mut impl FnMut(usize, f64), next: &mut Vec<Bracket>) {
    if bracket.b - bracket.a > tolerance {
        return next.push(bracket);
    }
    let middle = bracket.a + 0.5 * (bracket.b - bracket.a);
    (bracket.at_a.below..bracket.at_b.below).for_each(|k| found(k, middle));
}

/// The points of one round and the polynomial there.
struct Rounds<'a, R> {
    polynomial: &'a Polynomial<R>,
    isa: Isa,
    points: Vec<R>,
    results: Vec<Point>,
}

impl<R: Lanes> Rounds<'_, R> {
    fn evaluate(&mut self) {
        self.results.clear();
        self.results.resize(self.points.len(), Point::default());
        self.polynomial.evaluate(self.isa, &self.points, &mut self.results);
    }

    /// Brackets between the points of a uniform grid: a quarter more points than wanted values, but never more than
    /// can be told apart.
    fn grid(&mut self, low: f64, high: f64, tolerance: f64, wanted: usize, n: usize) -> Vec<Bracket> {
        let room = ((high - low) / tolerance).min(1e15) as usize + 2;
        let aim = if wanted == n { n + n / 4 } else { 2 * wanted };
        let count = aim.min(room).next_multiple_of(32);
        let step = (high - low) / (count - 1) as f64;
        self.points.extend((0..count).map(|i| R::of(low + step * i as f64)));
        self.evaluate();
        let mut brackets = Vec::with_capacity(n.min(count));
        let mut below = 0;
        for i in 1..count {
            let now = if i == count - 1 { n } else { self.results[i].below.clamp(below, n) };
            if now > below {
                brackets.push(Bracket {
                    a: self.points[i - 1].wide(),
                    b: self.points[i].wide(),
                    at_a: Point { below, ..self.results[i - 1] },
                    at_b: Point { below: now, ..self.results[i] },
                    side: 0,
                });
            }
            below = now;
        }
        brackets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::cpu::isa;

    fn all<R: Lanes>(d: &[f64], e: &[f64], isa: Isa) -> Vec<f64> {
        let (d, e): (Vec<R>, Vec<R>) = (d.iter().map(|x| R::of(*x)).collect(), e.iter().map(|x| R::of(*x)).collect());
        let mut out = vec![R::ZERO; d.len()];
        values(&d, &e, 0, isa, &mut out);
        out.iter().map(|x| x.wide()).collect()
    }

    fn norm(d: &[f64], e: &[f64]) -> f64 {
        d.iter().chain(e).fold(0.0f64, |m, x| m.max(x.abs()))
    }

    /// Eigenvalues are proven by counts of the plain recurrence of quotients in f64, away from them by some eps.
    fn assert_counts(d: &[f64], e: &[f64], values: &[f64], slack: f64, what: &str) {
        let below = |x: f64| {
            let (mut count, mut q) = (0, 1.0);
            for i in 0..d.len() {
                let e2 = if i > 0 { e[i - 1] * e[i - 1] } else { 0.0 };
                q = d[i] - x - if e2 == 0.0 { 0.0 } else { e2 / if q == 0.0 { f64::MIN_POSITIVE } else { q } };
                count += usize::from(q < 0.0);
            }
            count
        };
        assert!(values.is_sorted(), "{what}: not ascending");
        for (k, x) in values.iter().enumerate() {
            assert!(below(x - slack) <= k, "{what}: value {k} = {x} is too large");
            assert!(below(x + slack) > k, "{what}: value {k} = {x} is too small");
        }
    }

    fn matrices() -> Vec<(String, Vec<f64>, Vec<f64>)> {
        let mut list = Vec::new();
        let mut seed = 7u64;
        let mut random = move || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        for n in [1usize, 2, 3, 5, 17, 32, 33, 100, 300] {
            let mut add = |what: &str, d: Vec<f64>, e: Vec<f64>| list.push((format!("{what} {n}"), d, e));
            let m = n - 1;
            add("zero", vec![0.0; n], vec![0.0; m]);
            add("identity", vec![1.0; n], vec![0.0; m]);
            add("laplacian", vec![2.0; n], vec![-1.0; m]);
            add("random", (0..n).map(|_| random()).collect(), (0..m).map(|_| random()).collect());
            let graded = |i: usize| f64::EPSILON.powf(i as f64 / n as f64);
            add("graded", (0..n).map(graded).collect(), (0..m).map(|i| graded(i) / 4.0).collect());
            add("one large", (0..n).map(|i| if i == n / 2 { 1.0 } else { 1e-9 }).collect(), vec![1e-10; m]);
            add("repeated", (0..n).map(|i| (i % 3) as f64).collect(), vec![1e-18; m]);
            let wilkinson = |i: usize| (i % 21) as f64 - 10.0;
            let glue = |i: usize| if i % 21 == 20 { 1e-8 } else { 1.0 };
            add("glued wilkinson", (0..n).map(|i| wilkinson(i).abs()).collect(), (0..m).map(glue).collect());
        }
        list
    }

    #[test]
    fn every_value_lies_where_the_counts_say_in_every_instruction_set() {
        for isa in isa::available() {
            for (what, d, e) in matrices() {
                let unit = 3.0 * norm(&d, &e).max(f64::MIN_POSITIVE);
                let (single, double) = (all::<f32>(&d, &e, isa), all::<f64>(&d, &e, isa));
                assert_counts(&d, &e, &double, 4.0 * f64::EPSILON * unit, &what);
                // Rounding the input to f32 moves eigenvalues by as much again.
                assert_counts(&d, &e, &single, 8.0 * f64::from(f32::EPSILON) * unit, &what);
            }
        }
    }

    #[test]
    fn a_part_is_the_same_as_in_the_whole_within_the_tolerance() {
        for (what, d, e) in matrices() {
            let whole = all::<f64>(&d, &e, isa::best());
            for (first, count) in [(0, 1), (0, 3), (d.len() / 2, 2), (d.len() - 1, 1)] {
                let count = count.min(d.len() - first);
                let mut part = vec![0.0; count];
                values(&d, &e, first, isa::best(), &mut part);
                for (k, x) in part.iter().enumerate() {
                    let off = (x - whole[first + k]).abs();
                    assert!(
                        off <= 4.0 * f64::EPSILON * 3.0 * norm(&d, &e),
                        "{what}: value {} is off by {off}",
                        first + k
                    );
                }
            }
        }
    }

    #[test]
    fn instruction_sets_agree_within_the_tolerance() {
        for (what, d, e) in matrices() {
            let best = all::<f64>(&d, &e, isa::best());
            let plain = all::<f64>(&d, &e, Isa::Portable);
            for (a, b) in best.iter().zip(&plain) {
                assert!((a - b).abs() <= 6.0 * f64::EPSILON * 3.0 * norm(&d, &e), "{what}: {a} and {b}");
            }
        }
    }
}
