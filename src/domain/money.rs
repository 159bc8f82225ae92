//! Exact amounts: whole minor units of one currency, never a float.

mod expectation;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::currency::Currency;

/// What can be wrong with a currency, an amount or a sum.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// The code is not a currency.
    #[error("currency is unknown; allowed a three-letter code of ISO 4217 such as EUR; given {given:?}")]
    CurrencyUnknown {
        /// The text that was given.
        given: String,
    },
    /// The text is not a decimal number.
    #[error(
        "amount is not a decimal number; allowed an optional sign, digits and one point, such as -1234.50; given {given:?}"
    )]
    AmountInvalid {
        /// The text that was given.
        given: String,
    },
    /// The amount is finer than the currency's minor unit.
    #[error(
        "amount has too many decimals; allowed {} for {currency}; given {given:?}",
        .currency.exponent()
    )]
    TooManyDecimals {
        /// The currency that sets the number of decimals.
        currency: Currency,
        /// The text that was given.
        given: String,
    },
    /// The amount does not fit in 64 bits of minor units.
    #[error("amount is too large; allowed up to 9223372036854775807 minor units; given {given}")]
    TooLarge {
        /// The amount, or the sum, that was given.
        given: String,
    },
    /// Two amounts of different currencies meet.
    #[error("currencies differ; allowed two amounts in {left}; given one in {right}")]
    CurrencyMismatch {
        /// The currency of the first amount.
        left: Currency,
        /// The currency of the second amount.
        right: Currency,
    },
    /// There is nothing to split by.
    #[error("weights are all zero; allowed at least one positive weight; given {count} weights")]
    WeightsEmpty {
        /// How many weights were given.
        count: usize,
    },
}

/// An amount of money: whole minor units of one currency.
///
/// `+` is not implemented, because a sum may fail: see [`checked_add`](Self::checked_add). Floats appear in one place,
/// [`expected`](Self::expected), which states its rounding.
///
/// In JSON an amount is text, so that no reader makes a float of it.
///
/// # Examples
///
/// ```
/// use duecast::domain::{Currency, Money};
///
/// let amount = Money::parse("1234.5", Currency::EUR)?;
/// assert_eq!(amount.minor(), 123_450);
/// assert_eq!(amount.to_string(), "1234.50 EUR");
/// assert_eq!(
///     serde_json::to_string(&amount).unwrap(),
///     r#"{"amount":"1234.50","currency":"EUR"}"#
/// );
/// assert!(amount.checked_add(Money::from_minor(1, Currency::USD)).is_err());
/// # Ok::<(), duecast::domain::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "MoneyText", into = "MoneyText")]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// Makes an amount of minor units, such as cents.
    ///
    /// ```
    /// # use duecast::domain::{Currency, Money};
    /// assert_eq!(Money::from_minor(-5, Currency::EUR).to_string(), "-0.05 EUR");
    /// ```
    #[must_use]
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Makes an amount of nothing.
    ///
    /// ```
    /// # use duecast::domain::{Currency, Money};
    /// assert_eq!(Money::zero(Currency::EUR).to_string(), "0.00 EUR");
    /// ```
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::from_minor(0, currency)
    }

    /// Returns the number of minor units.
    ///
    /// ```
    /// # use duecast::domain::{Currency, Money};
    /// assert_eq!(Money::from_minor(1_250, Currency::EUR).minor(), 1_250);
    /// ```
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// Returns the currency.
    ///
    /// ```
    /// # use duecast::domain::{Currency, Money};
    /// assert_eq!(Money::zero(Currency::GBP).currency(), Currency::GBP);
    /// ```
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Reads a plain decimal number: optional sign, digits, at most one point; surrounding blanks do not matter.
    ///
    /// Decimals beyond the currency's own are accepted only when they are zeros. Thousands marks, decimal
    /// commas and trailing signs belong to an import profile and are refused here.
    ///
    /// ```
    /// # use duecast::domain::{Currency, Money};
    /// assert_eq!(Money::parse("1.500", Currency::EUR)?.minor(), 150);
    /// assert!(Money::parse("1.505", Currency::EUR).is_err());
    /// assert!(Money::parse("1,50", Currency::EUR).is_err());
    /// # Ok::<(), duecast::domain::MoneyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`MoneyError::AmountInvalid`] when the text is not such a number.
    /// - [`MoneyError::TooManyDecimals`] when a surplus decimal is not zero.
    /// - [`MoneyError::TooLarge`] when the amount does not fit.
    pub fn parse(decimal: &str, currency: Currency) -> Result<Self, MoneyError> {
        let given = || decimal.to_owned();
        let text = decimal.trim();
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let mut digits = whole.bytes().chain(fraction.bytes());
        if whole.len() + fraction.len() == 0 || !digits.all(|digit| digit.is_ascii_digit()) {
            return Err(MoneyError::AmountInvalid { given: given() });
        }
        let (kept, surplus) = fraction.split_at(fraction.len().min(currency.decimals()));
        if surplus.bytes().any(|digit| digit != b'0') {
            return Err(MoneyError::TooManyDecimals {
                currency,
                given: given(),
            });
        }
        let padding = std::iter::repeat_n(b'0', currency.decimals() - kept.len());
        let mut digits = whole.bytes().chain(kept.bytes()).chain(padding);
        let magnitude = digits.try_fold(0_u64, |sum, digit| {
            sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
        });
        let minor = magnitude.and_then(|magnitude| signed(is_negative, magnitude));
        minor.map_or_else(
            || Err(MoneyError::TooLarge { given: given() }),
            |minor| Ok(Self { minor, currency }),
        )
    }

    /// Adds an amount of the same currency.
    ///
    /// ```
    /// # use duecast::domain::{Currency, Money};
    /// let sum = Money::from_minor(150, Currency::EUR).checked_add(Money::from_minor(50, Currency::EUR))?;
    /// assert_eq!(sum, Money::from_minor(200, Currency::EUR));
    /// # Ok::<(), duecast::domain::MoneyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`MoneyError::CurrencyMismatch`] when the currencies differ.
    /// - [`MoneyError::TooLarge`] when the sum does not fit.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, "+", i64::checked_add)
    }

    /// Subtracts an amount of the same currency.
    ///
    /// ```
    /// # use duecast::domain::{Currency, Money};
    /// let rest = Money::from_minor(150, Currency::EUR).checked_sub(Money::from_minor(200, Currency::EUR))?;
    /// assert_eq!(rest.to_string(), "-0.50 EUR");
    /// # Ok::<(), duecast::domain::MoneyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`MoneyError::CurrencyMismatch`] when the currencies differ.
    /// - [`MoneyError::TooLarge`] when the difference does not fit.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, "-", i64::checked_sub)
    }

    fn combine(
        self,
        other: Self,
        sign: &str,
        operation: fn(i64, i64) -> Option<i64>,
    ) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch {
                left: self.currency,
                right: other.currency,
            });
        }
        let minor = operation(self.minor, other.minor).ok_or_else(|| MoneyError::TooLarge {
            given: format!("{self} {sign} {other}"),
        })?;
        Ok(Self { minor, ..self })
    }

    /// Splits the amount by weights so that the parts add up to the whole exactly (largest remainder).
    ///
    /// Every part is its share rounded towards zero; the minor units left over go one each to the parts with
    /// the largest remainders, the earlier part first when two are equal. A part of weight zero is zero, and the split of a
    /// negative amount is the mirror image of the split of the positive one.
    ///
    /// ```
    /// # use duecast::domain::{Currency, Money};
    /// let parts = Money::from_minor(100, Currency::EUR).allocate(&[1, 1, 1])?;
    /// let minor: Vec<i64> = parts.iter().map(|part| part.minor()).collect();
    /// assert_eq!(minor, [34, 33, 33]);
    /// # Ok::<(), duecast::domain::MoneyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`MoneyError::WeightsEmpty`] when no weight is positive.
    pub fn allocate(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        if total == 0 {
            return Err(MoneyError::WeightsEmpty { count: weights.len() });
        }
        let whole = self.minor.unsigned_abs();
        let mut left_over = whole;
        let mut shares = Vec::with_capacity(weights.len());
        let mut remainders = Vec::with_capacity(weights.len());
        for (index, weight) in weights.iter().enumerate() {
            let product = u128::from(whole) * u128::from(*weight);
            let share = u64::try_from(product / total).expect("a share is at most the whole");
            left_over -= share;
            shares.push(share);
            remainders.push((product % total, index));
        }
        remainders.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        for ((_, index), _) in remainders.iter().zip(0..left_over) {
            shares[*index] += 1;
        }
        let part = |share| Self {
            minor: signed(self.minor < 0, share).expect("a share is at most the whole"),
            ..self
        };
        Ok(shares.into_iter().map(part).collect())
    }

    /// Returns the amount as a decimal number with all decimals of the currency and no currency code.
    ///
    /// ```
    /// # use duecast::domain::{Currency, Money};
    /// assert_eq!(Money::from_minor(123_450, Currency::EUR).to_decimal_string(), "1234.50");
    /// ```
    #[must_use]
    pub fn to_decimal_string(self) -> String {
        format_minor(self.minor, self.currency.exponent())
    }
}

/// Returns minor units as a decimal number with `exponent` decimals.
///
/// ```
/// use duecast::domain::format_minor;
///
/// assert_eq!(format_minor(123_450, 2), "1234.50");
/// assert_eq!(format_minor(-5, 3), "-0.005");
/// assert_eq!(format_minor(1500, 0), "1500");
/// ```
#[must_use]
pub fn format_minor(minor: i64, exponent: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let magnitude = minor.unsigned_abs();
    if exponent == 0 {
        return format!("{sign}{magnitude}");
    }
    let decimals = usize::try_from(exponent).expect("a usize has at least 32 bits");
    let digits = format!("{magnitude:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    format!("{sign}{whole}.{fraction}")
}

/// Gives a magnitude its sign; nothing when it does not fit.
fn signed(is_negative: bool, magnitude: u64) -> Option<i64> {
    if is_negative {
        0_i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.to_decimal_string(), self.currency))
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads what [`Display`](fmt::Display) writes: an amount, a blank and a currency code.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let invalid = || MoneyError::AmountInvalid {
            given: text.to_owned(),
        };
        let (amount, code) = text.trim().rsplit_once(' ').ok_or_else(invalid)?;
        Self::parse(amount, Currency::parse(code)?)
    }
}

/// The shape of an amount in JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MoneyText {
    amount: String,
    currency: Currency,
}

impl From<Money> for MoneyText {
    fn from(money: Money) -> Self {
        Self {
            amount: money.to_decimal_string(),
            currency: money.currency,
        }
    }
}

impl TryFrom<MoneyText> for Money {
    type Error = MoneyError;

    fn try_from(text: MoneyText) -> Result<Self, MoneyError> {
        Self::parse(&text.amount, text.currency)
    }
}
