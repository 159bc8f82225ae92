//! Where an exact amount meets a float: expectations, and what is read off them.

use super::Money;
use crate::domain::currency::Currency;

impl Money {
    /// Returns the amount times a probability, rounded to the nearest minor unit, halves away from zero.
    ///
    /// A probability outside 0 to 1 (a sum of floats may overshoot by an ulp) counts as the nearer end, and 1 returns
    /// the amount unchanged. Above 2^53 minor units the product carries the precision of a float, about 16 digits.
    ///
    /// ```
    /// # use duecast::domain::{Currency, Money};
    /// let amount = Money::from_minor(101, Currency::EUR);
    /// assert_eq!(amount.expected(0.5).minor(), 51);
    /// assert_eq!(Money::from_minor(-101, Currency::EUR).expected(0.5).minor(), -51);
    /// ```
    ///
    /// # Panics
    ///
    /// In debug builds when the probability is not a number; in release builds that counts as 0.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "an amount meets a float; the rounding is stated above"
    )]
    pub fn expected(self, probability: f64) -> Self {
        debug_assert!(!probability.is_nan(), "a probability is a number");
        if probability >= 1.0 {
            return self;
        }
        let minor = (self.minor as f64 * probability.max(0.0)).round() as i64;
        Self { minor, ..self }
    }

    /// Returns the amount nearest to a number of minor units, halves away from zero; beyond 64 bits the largest, zero
    /// where it is no number.
    ///
    /// ```
    /// # use duecast::domain::{Currency, Money};
    /// assert_eq!(Money::nearest(1_234.4, Currency::EUR).to_string(), "12.34 EUR");
    /// ```
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the rounding and the ends are stated above"
    )]
    pub fn nearest(minor: f64, currency: Currency) -> Self {
        Self::from_minor(minor.round() as i64, currency)
    }
}
