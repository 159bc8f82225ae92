//! From whole minor units to the floats of an expectation.

/// Returns minor units as a float.
#[expect(
    clippy::cast_precision_loss,
    reason = "an expectation needs no more than 53 bits"
)]
pub(super) fn units(minor: i64) -> f64 {
    minor as f64
}
