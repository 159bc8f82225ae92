//! Amounts of bank statements, exact.

use crate::domain::Currency;

/// Decimals kept: ISO 20022 allows five.
const DECIMALS: usize = 5;
/// What one of the currency is.
const UNIT: u128 = 100_000;
/// Digits before the mark: ISO 20022 allows eighteen in all.
const DIGITS_MAX: usize = 18;

/// An amount in hundred thousandths of its currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Amount(i128);

impl Amount {
    /// Reads digits with at most one mark and no sign.
    pub(crate) fn parse(text: &str, mark: char) -> Option<Self> {
        let (whole, decimals) = text.trim().split_once(mark).unwrap_or((text.trim(), ""));
        let decimals = decimals.trim_end_matches('0');
        let is_number = !whole.is_empty()
            && whole.len() <= DIGITS_MAX
            && decimals.len() <= DECIMALS
            && whole.chars().chain(decimals.chars()).all(|c| c.is_ascii_digit());
        if !is_number {
            return None;
        }
        format!("{whole}{decimals:0<DECIMALS$}").parse().ok().map(Self)
    }

    /// With the other sign when `is_credit` is false.
    pub(crate) fn signed(self, is_credit: bool) -> Self {
        if is_credit {
            self
        } else {
            Self(self.0.saturating_neg())
        }
    }

    /// Without sign.
    pub(crate) fn size(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// The sum, if there is room for it.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The amount as canonical decimal, with at least the decimals of the currency.
    pub(crate) fn text(self, currency: &str) -> String {
        let least = Currency::parse(currency).map_or(2, Currency::exponent);
        let least = usize::try_from(least).unwrap_or(DECIMALS);
        let size = self.0.unsigned_abs();
        let mut decimals = format!("{:0>DECIMALS$}", size % UNIT);
        while decimals.len() > least && decimals.ends_with('0') {
            decimals.pop();
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        let mark = if decimals.is_empty() { "" } else { "." };
        format!("{sign}{}{mark}{decimals}", size / UNIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_the_decimals_of_their_currency() {
        for (text, currency, expected) in [
            ("1234.5", "EUR", "1234.50"),
            ("1234", "JPY", "1234"),
            ("1.234", "KWD", "1.234"),
            ("0.12345", "EUR", "0.12345"),
            ("7.500000", "EUR", "7.50"),
            ("3", "???", "3.00"),
        ] {
            let amount = Amount::parse(text, '.').expect("a number");
            assert_eq!(amount.text(currency), expected);
            assert_eq!(amount.signed(false).text(currency), format!("-{expected}"));
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            ",5",
            "1.5",
            "-1,00",
            "1,2,3",
            "1,123456",
            "1e5",
            "1234567890123456789",
            "\u{661}",
        ] {
            assert_eq!(Amount::parse(text, ','), None, "{text:?}");
        }
    }

    #[test]
    fn sums_that_have_no_room_are_none() {
        assert_eq!(Amount(i128::MAX).plus(Amount(1)), None);
    }
}
