//! Amounts and counts as floats and back, and the median.

/// Returns an amount as a double, exact up to 2^53 minor units.
#[expect(
    clippy::cast_precision_loss,
    reason = "levels and shares of amounts are rounded to 53 bits whatever is done"
)]
pub(super) fn amount_as_f64(minor: i64) -> f64 {
    minor as f64
}

/// Returns a sum of amounts as a double.
#[expect(
    clippy::cast_precision_loss,
    reason = "a hazard is rounded to 53 bits whatever is done"
)]
pub(super) fn sum_as_f64(minor: i128) -> f64 {
    minor as f64
}

/// Returns the nearest amount of whole minor units; what does not fit is moved to the largest that does.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding is meant, and a cast saturates"
)]
pub(super) fn amount_of(value: f64) -> i64 {
    value.round() as i64
}

/// Returns the nearest count, at least one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is at least one, and a cast saturates"
)]
pub(super) fn count_of(value: f64) -> u32 {
    value.round().max(1.0) as u32
}

/// Returns a number of things as a double.
pub(super) fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Returns the middle value, the later of two; nothing of nothing.
pub(super) fn median<T: Copy + Ord>(values: &[T]) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// Returns the mean; zero of nothing.
pub(super) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.iter().sum::<f64>() / as_f64(values.len())
}
