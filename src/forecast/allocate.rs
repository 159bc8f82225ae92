//! Exact split of open amounts over the buckets, the time beyond and the expected loss.
//!
//! # Definition
//!
//! A cumulative probability is held as an integer count of 2^-32. For item `i` (an invoice, or a line of one) with open amount
//! `a_i` (minor units) and bucket `b`, `w_ib` is the difference of two neighbouring counts, so the
//! weights of one invoice sum to 2^32 without rounding. The cells `sum_i a_i w_ib` are 128-bit
//! integers: exact, and independent of the order of the invoices, so those of a total are the sums of those of its
//! groups. They are brought back to minor units once a total and once a group by largest remainder (Hamilton's method), which keeps the sum equal to the open balance
//! and each bucket within one minor unit of its exact mean. The quantisation itself moves a mean by
//! at most `a_i` x 2^-33 at each bucket edge, one cent in 85 million euro.

use crate::model::PaymentDistribution;

/// The integer that stands for probability 1.
const CERTAIN: u64 = 1 << 32;

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
pub(super) fn probability_of(count: u64) -> f64 {
    count as f64 / 4_294_967_296.0
}

/// Fills `counts` with the cumulative probability of cash by each of `days_ahead`.
///
/// The counts never fall, whatever the rounding of the distribution does.
pub(super) fn cumulative_counts(probability_by: impl Fn(i32) -> f64, days_ahead: &[i32], counts: &mut Vec<u64>) {
    counts.clear();
    let mut highest = 0;
    for &days in days_ahead {
        highest = count_of(probability_by(days)).max(highest);
        counts.push(highest);
    }
}

/// Returns the probability of never bringing cash: never paid, or ended by a credit note or a write-off.
pub(super) fn lost_count(distribution: &PaymentDistribution) -> u64 {
    count_of(distribution.never() + distribution.ended_otherwise(distribution.last_day()))
}

/// How an amount is expected to be paid, in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Allocation {
    /// Expected cash of each bucket.
    pub(super) buckets: Vec<i64>,
    /// Expected cash after the last bucket.
    pub(super) beyond_horizon: i64,
    /// Expected amount that never comes in cash: never paid, or ended by a credit note or a write-off.
    pub(super) expected_loss: i64,
}

/// Amounts on their way into the buckets, exact: cells of 2^-32 minor units.
#[derive(Clone, Debug)]
pub(super) struct Split {
    cells: Vec<i128>,
    total: i64,
}

impl Split {
    /// Returns a split of nothing.
    pub(super) fn zero(buckets: usize) -> Self {
        Self {
            cells: vec![0; buckets + 2],
            total: 0,
        }
    }

    /// Splits an amount by its cumulative counts, `lost` of which never become cash.
    ///
    /// The caller has made sure that the sum of the absolute amounts fits an `i64`.
    pub(super) fn add_amount(&mut self, amount: i64, counts: &[u64], lost: u64) {
        self.total += amount;
        let wide = i128::from(amount);
        let mut paid = 0;
        for (cell, &count) in self.cells.iter_mut().zip(counts) {
            *cell += wide * i128::from(count - paid);
            paid = count;
        }
        let unpaid = CERTAIN - paid;
        let lost = lost.min(unpaid);
        self.cells[counts.len()] += wide * i128::from(unpaid - lost);
        self.cells[counts.len() + 1] += wide * i128::from(lost);
    }

    /// Adds another split of the same buckets.
    pub(super) fn add(&mut self, other: &Self) {
        self.total += other.total;
        for (cell, added) in self.cells.iter_mut().zip(&other.cells) {
            *cell += added;
        }
    }

    /// Rounds to minor units; the parts sum to the amounts exactly.
    pub(super) fn settle(&self) -> Allocation {
        let mut buckets = largest_remainder(&self.cells, self.total);
        let expected_loss = buckets.pop().expect("the cells end with the expected loss");
        let beyond_horizon = buckets.pop().expect("the time beyond stands before the loss");
        Allocation {
            buckets,
            beyond_horizon,
            expected_loss,
        }
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
