//! Shares of amounts, in integers.

/// What stands for the share 1.
const WHOLE: i128 = 1_000_000;

/// Returns a share of an amount, rounded to the minor unit, halves away from zero.
///
/// The share is read to six decimals, so that equal shares of an amount and of its negative cancel exactly. What
/// does not fit 64 bits becomes the nearest amount that does.
pub(super) fn part_of(minor: i64, share: f64) -> i64 {
    let product = i128::from(minor) * i128::from(millionths(share));
    let rounded = (product.abs() + WHOLE / 2) / WHOLE * product.signum();
    i64::try_from(rounded).unwrap_or(if rounded < 0 { -i64::MAX } else { i64::MAX })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a checked share is at most ten, a factor"
)]
fn millionths(share: f64) -> i64 {
    (share * 1e6).round() as i64
}

#[cfg(test)]
mod tests {
    use super::part_of;

    #[test]
    fn halves_go_away_from_zero_and_large_amounts_stay_exact() {
        assert_eq!(part_of(10_000, 0.02), 200);
        assert_eq!(part_of(25, 0.02), 1);
        assert_eq!(part_of(-25, 0.02), -1);
        assert_eq!(part_of(24, 0.02), 0);
        assert_eq!(part_of(9_007_199_254_740_993, 1.0), 9_007_199_254_740_993);
        assert_eq!(part_of(i64::MAX, 10.0), i64::MAX);
    }
}
