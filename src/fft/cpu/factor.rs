//! How lengths are taken apart: which radices in which order, and which two factors a line is split into.

use crate::backend::cpu::isa::Isa;

/// Whether the instruction set has butterflies of 6, 9, 10 and 16 points too: those with 32 registers.
fn has_large(isa: Isa) -> bool {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => true,
        _ => false,
    }
}

/// The radices of a length in the order of passes; None where it has a prime factor above 13. Large odd ones come
/// first, then eights, sixteens last: measured best in the nearest cache.
pub(super) fn radices(isa: Isa, n: usize) -> Option<Vec<usize>> {
    let mut rest = n;
    let mut take = |p: usize| {
        let mut count = 0;
        while rest > 0 && rest.is_multiple_of(p) {
            rest /= p;
            count += 1;
        }
        count
    };
    let (mut twos, mut threes, fives) = (take(2), take(3), take(5));
    let (sevens, elevens, thirteens) = (take(7), take(11), take(13));
    if rest != 1 || n < 2 {
        return None;
    }
    let large = has_large(isa);
    let mut found = Vec::new();
    let mut push = |radix: usize, count: usize| found.extend(std::iter::repeat_n(radix, count));
    push(13, thirteens);
    push(11, elevens);
    let tens = if large { fives.min(twos) } else { 0 };
    twos -= tens;
    push(10, tens);
    let nines = if large { threes / 2 } else { 0 };
    threes -= 2 * nines;
    push(9, nines);
    push(7, sevens);
    let sixes = if large && twos % 3 == 1 { threes.min(1) } else { 0 };
    (twos, threes) = (twos - sixes, threes - sixes);
    push(6, sixes);
    push(5, fives - tens);
    push(3, threes);
    // Eights until sixteens are left.
    let four_bits = large && twos >= 4;
    while twos >= 3 && !(four_bits && twos % 4 == 0) {
        push(8, 1);
        twos -= 3;
    }
    if four_bits && twos % 4 == 0 {
        push(16, twos / 4);
        twos = 0;
    }
    match twos {
        1 => push(2, 1),
        2 => push(4, 1),
        _ => {}
    }
    Some(found)
}

/// What a point of a butterfly costs, in additions and multiplications.
fn cost(radix: usize) -> f64 {
    match radix {
        2 => 5.0,
        3 => 6.0,
        4 => 6.5,
        5 => 8.5,
        6 => 8.5,
        7 => 11.0,
        8 => 9.0,
        9 => 11.0,
        10 => 11.5,
        11 => 15.0,
        13 => 17.0,
        _ => 12.5,
    }
}

fn passes_cost(radices: &[usize]) -> f64 {
    // A pass reads and writes its buffer, whatever its radix.
    radices.iter().map(|r| cost(*r) + 6.0).sum()
}

/// The number of lanes, rounded up.
fn whole(count: usize, lanes: usize) -> f64 {
    (count.div_ceil(lanes) * lanes) as f64
}

/// What a transform of `n` points costs as one line; infinity where it has a prime factor above 13.
pub(super) fn line_cost(isa: Isa, lanes: usize, n: usize) -> f64 {
    match split(isa, lanes, n) {
        None => f64::INFINITY,
        Some((_, 1)) => 30.0 * n as f64,
        Some((a, b)) => split_cost(isa, lanes, a, b).unwrap_or(f64::INFINITY),
    }
}

fn split_cost(isa: Isa, lanes: usize, a: usize, b: usize) -> Option<f64> {
    let first = passes_cost(&radices(isa, a)?) * a as f64 * whole(b, lanes);
    let second = if b == lanes {
        (cost(lanes) + 14.0) * whole(a, lanes) * b as f64
    } else {
        (passes_cost(&radices(isa, b)?) + 14.0) * whole(a, lanes) * b as f64
    };
    // Calls and loops that start.
    Some((first + second) / lanes as f64 + 60.0 * (1.0 + if b == lanes { 0.0 } else { a.div_ceil(lanes) as f64 }))
}

/// The cheapest `a b = n`; `b` is 1 where the line is one butterfly.
pub(super) fn split(isa: Isa, lanes: usize, n: usize) -> Option<(usize, usize)> {
    let whole_line = radices(isa, n)?.len() == 1;
    if whole_line && n < lanes * lanes {
        return Some((n, 1));
    }
    if n.is_multiple_of(lanes) && n / lanes >= lanes {
        return Some((n / lanes, lanes));
    }
    let splits = (2..=n / 2).filter(|b| n.is_multiple_of(*b)).filter_map(|b| {
        let a = n / b;
        split_cost(isa, lanes, a, b).map(|cost| (cost, a, b))
    });
    let best = splits.min_by(|x, y| x.0.total_cmp(&y.0)).map(|(_, a, b)| (a, b));
    best.or(if whole_line { Some((n, 1)) } else { None })
}

/// The length of a cyclic convolution that holds `least` points at the least cost.
pub(super) fn convolution_length(isa: Isa, lanes: usize, least: usize) -> usize {
    let start = least.next_multiple_of(lanes);
    let end = least.next_power_of_two().max(start);
    let lengths = (start..=end).step_by(lanes);
    let costs = lengths.filter(|m| radices(isa, *m).is_some()).map(|m| (line_cost(isa, lanes, m), m));
    costs.min_by(|x, y| x.0.total_cmp(&y.0)).map_or(end, |(_, m)| m)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::cpu::isa;

    #[test]
    fn radices_multiply_to_the_length_and_exist() {
        for isa in isa::available() {
            for n in 2..3000 {
                let smooth = (2..=n).fold(n, |m, p| if p <= 13 { strip(m, p) } else { m }) == 1;
                let found = radices(isa, n);
                assert_eq!(found.is_some(), smooth, "{n}");
                if let Some(found) = found {
                    assert_eq!(found.iter().product::<usize>(), n);
                    let known = if has_large(isa) {
                        &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16][..]
                    } else {
                        &[2, 3, 4, 5, 7, 8, 11, 13]
                    };
                    assert!(found.iter().all(|r| known.contains(r)), "{n}: {found:?}");
                }
            }
        }
    }

    fn strip(mut m: usize, p: usize) -> usize {
        while m.is_multiple_of(p) {
            m /= p;
        }
        m
    }
}
