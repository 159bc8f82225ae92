//! Amounts of money on an axis.

use crate::domain::Currency;

/// Returns the amount in units of its currency, for pictures and statistics only.
#[expect(
    clippy::cast_precision_loss,
    reason = "a picture or a statistic needs 15 digits; money itself stays an integer"
)]
pub(crate) fn major(minor: i64, currency: Currency) -> f64 {
    minor as f64 / 10_f64.powi(i32::try_from(currency.exponent()).unwrap_or(0))
}

/// Returns by how much to divide an amount of the given size, and the name of the unit.
pub(crate) fn scale(highest: f64, currency: Currency) -> (f64, String) {
    let code = currency.code();
    if highest >= 5e6 {
        (1e6, format!("million {code}"))
    } else if highest >= 5e3 {
        (1e3, format!("thousand {code}"))
    } else {
        (1.0, code.to_string())
    }
}
