//! Between whole minor units and the floats of an expectation.

/// Returns minor units as a float.
#[expect(
    clippy::cast_precision_loss,
    reason = "an expectation needs no more than 53 bits"
)]
pub(super) fn units(minor: i64) -> f64 {
    minor as f64
}

/// Returns the nearest minor unit, halves away from zero; what is beyond 64 bits becomes the largest.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the rounding and the ends are stated above"
)]
pub(super) fn rounded(minor: f64) -> i64 {
    minor.round() as i64
}
