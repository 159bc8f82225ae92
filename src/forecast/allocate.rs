//! Exact split of open amounts over the buckets, the time beyond and the expected loss.
//!
//! # Definition
//!
//! A cumulative probability is held as an integer count of 2^-32. For item `i` (an invoice, or a line of one) with open amount
//! `a_i` (minor units) and bucket `b`, `w_ib` is the difference of two neighbouring counts, so the
//! weights of one invoice sum to 2^32 without rounding. The cells `sum_i a_i w_ib` are 128-bit
//! integers: exact, and independent of the order of the invoices. They are brought back to minor units once per
//! currency by largest remainder (Hamilton's method), which keeps the sum equal to the open balance
//! and each bucket within one minor unit of its exact mean. The quantisation itself moves a mean by
//! at most `a_i` x 2^-33 at each bucket edge, one cent in 85 million euro.

use super::item::CashItem;
use crate::model::PaymentDistribution;

/// The integer that stands for probability 1.
pub(crate) const CERTAIN: u64 = 1 << 32;

/// Returns a probability as a count of 2^-32; what is not a probability is moved to the nearest one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the clamped product lies within 0 and 2^32; a NaN becomes 0"
)]
fn count_of(probability: f64) -> u64 {
    (probability.clamp(0.0, 1.0) * 4_294_967_296.0).round() as u64
}

/// Returns the probability that a count of 2^-32 stands for, exactly.
#[expect(
    clippy::cast_precision_loss,
    reason = "a count is at most 2^32, well within the 53 bits of a double"
)]
pub(crate) fn probability_of(count: u64) -> f64 {
    count as f64 / 4_294_967_296.0
}

/// Fills `counts` with the cumulative probability of being paid by each of `days_ahead`.
///
/// The counts never fall, whatever the rounding of the distribution does.
pub(crate) fn cumulative_counts(
    distribution: &PaymentDistribution,
    days_ahead: &[i32],
    counts: &mut Vec<u64>,
) {
    counts.clear();
    let mut highest = 0;
    for &days in days_ahead {
        highest = count_of(distribution.paid_by(days)).max(highest);
        counts.push(highest);
    }
}

/// How the open balance of one currency is expected to be paid, in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allocation {
    /// Expected cash of each bucket.
    pub(crate) buckets: Vec<i64>,
    /// Expected cash after the last bucket.
    pub(crate) beyond_horizon: i64,
    /// Expected amount that never comes in cash: never paid, or ended by a credit note or a write-off.
    pub(crate) expected_loss: i64,
}

/// Splits the open amounts of one currency; the parts sum to their total exactly.
///
/// The caller has made sure that the sum of the absolute open amounts fits an `i64`.
pub(crate) fn allocate(items: &[CashItem<'_>], days_ahead: &[i32]) -> Allocation {
    let mut cells = vec![0_i128; days_ahead.len() + 2];
    let mut counts = Vec::with_capacity(days_ahead.len());
    let mut total = 0_i64;
    for item in items {
        let open = item.open_minor;
        total += open;
        cumulative_counts(item.distribution, days_ahead, &mut counts);
        let mut paid = 0;
        for (cell, &count) in cells.iter_mut().zip(&counts) {
            *cell += i128::from(open) * i128::from(count - paid);
            paid = count;
        }
        let unpaid = CERTAIN - paid;
        let distribution = item.distribution;
        let without_cash = distribution.never() + distribution.ended_otherwise(distribution.last_day());
        let lost = count_of(without_cash).min(unpaid);
        cells[days_ahead.len()] += i128::from(open) * i128::from(unpaid - lost);
        cells[days_ahead.len() + 1] += i128::from(open) * i128::from(lost);
    }
    let mut buckets = largest_remainder(&cells, total);
    let expected_loss = buckets.pop().expect("the cells end with the expected loss");
    let beyond_horizon = buckets.pop().expect("the time beyond stands before the loss");
    Allocation {
        buckets,
        beyond_horizon,
        expected_loss,
    }
}

/// Rounds cells of 2^-32 minor units to minor units that sum to `total`.
///
/// The missing units go to the largest remainders, the earlier cell first where two are equal.
fn largest_remainder(cells: &[i128], total: i64) -> Vec<i64> {
    let certain = i128::from(CERTAIN);
    let mut parts: Vec<i64> = cells
        .iter()
        .map(|cell| {
            i64::try_from(cell.div_euclid(certain))
                .expect("a cell is bounded by the sum of absolute amounts, which fits an i64")
        })
        .collect();
    let given: i128 = parts.iter().copied().map(i128::from).sum();
    let missing =
        usize::try_from(i128::from(total) - given).expect("rounding down leaves less than one unit a cell");
    let mut order: Vec<usize> = (0..cells.len()).collect();
    order.sort_by_key(|&index| (-cells[index].rem_euclid(certain), index));
    for &index in order.iter().take(missing) {
        parts[index] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{CERTAIN, count_of, largest_remainder, probability_of};

    #[test]
    fn a_probability_survives_the_round_trip() {
        for probability in [0.0, 0.25, 0.5, 1.0] {
            assert!((probability_of(count_of(probability)) - probability).abs() < 1e-12);
        }
        assert_eq!(count_of(f64::NAN), 0);
        assert_eq!(count_of(1.5), CERTAIN);
        assert_eq!(count_of(-0.1), 0);
    }

    #[test]
    fn missing_units_go_to_the_largest_remainders_then_to_the_earlier_cell() {
        let half = i128::from(CERTAIN) / 2;
        assert_eq!(largest_remainder(&[half, half], 1), vec![1, 0]);
        assert_eq!(largest_remainder(&[half / 2, half + half / 2], 1), vec![0, 1]);
        assert_eq!(largest_remainder(&[0, 0, 0], 0), vec![0, 0, 0]);
    }

    #[test]
    fn a_credit_is_split_with_its_sign() {
        let third = -i128::from(CERTAIN) * 10 / 4;
        let rest = -i128::from(CERTAIN) * 10 - third;
        let parts = largest_remainder(&[third, rest], -10);
        assert_eq!(parts.iter().sum::<i64>(), -10);
        assert_eq!(parts, vec![-2, -8]);
    }
}
