//! Lengths that transform fast: those without large prime factors.

/// The least length of at least `target` (which is not negative) whose prime factors are 2, 3, 5, 7 and 11, or 2, 3
/// and 5 for real transforms: SciPy's rule. 0 stays 0; None when it is beyond i64.
pub(crate) fn next_fast(target: i64, real: bool) -> Option<i64> {
    if target <= 6 {
        return Some(target);
    }
    let target = i128::from(target);
    // Every product of the odd factors up to the target, each filled up with as many twos as it needs.
    let odd: &[i128] = if real { &[3, 5] } else { &[3, 5, 7, 11] };
    let least = least_from(1, odd, target);
    i64::try_from(least).ok()
}

fn least_from(product: i128, odd: &[i128], target: i128) -> i128 {
    let Some((factor, rest)) = odd.split_first() else {
        let mut filled = product;
        while filled < target {
            filled *= 2;
        }
        return filled;
    };
    let mut least = i128::MAX;
    let mut product = product;
    loop {
        least = least.min(least_from(product, rest, target));
        if product >= target {
            return least;
        }
        product *= factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_smooth(mut n: i64, factors: &[i64]) -> bool {
        factors.iter().for_each(|p| {
            while n % p == 0 {
                n /= p;
            }
        });
        n == 1
    }

    #[test]
    fn the_next_fast_length_is_the_first_without_large_factors() {
        for (real, factors) in [(false, &[2, 3, 5, 7, 11][..]), (true, &[2, 3, 5][..])] {
            for target in 1..5000 {
                let expected = (target..).find(|n| is_smooth(*n, factors));
                assert_eq!(next_fast(target, real), expected, "{target} {real}");
            }
        }
    }

    #[test]
    fn the_ends_of_the_range_are_met() {
        assert_eq!(next_fast(0, false), Some(0));
        assert_eq!(next_fast(i64::MAX, true), None);
        let near = next_fast(i64::MAX / 2, false).unwrap();
        assert!(near >= i64::MAX / 2 && is_smooth(near, &[2, 3, 5, 7, 11]));
    }
}
