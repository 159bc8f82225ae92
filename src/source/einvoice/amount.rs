//! Amounts and percentages of e-invoices: exact decimals, before a currency says how many places count.

use std::fmt;

/// Digits behind the point that are kept; amounts have two or three, prices are not read.
const PLACES: usize = 6;
/// Ten to the power of [`PLACES`].
const ONE: u128 = 1_000_000;
/// Digits before the point; with the places they fit into the number.
const WHOLE_DIGITS_MAX: usize = 18;

/// A decimal number, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decimal {
    millionths: i128,
}

impl Decimal {
    /// Reads a decimal of XML Schema: `-1234.50`, `+7`, `.5`; nothing when it is another text, or too long.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        if whole.len() > WHOLE_DIGITS_MAX || fraction.len() > PLACES {
            return None;
        }
        let millionths: i128 = format!("{whole}{fraction:0<PLACES$}").parse().ok()?;
        Some(Self {
            millionths: if is_negative { -millionths } else { millionths },
        })
    }

    pub(super) fn is_negative(self) -> bool {
        self.millionths < 0
    }

    pub(super) fn negated(self) -> Self {
        Self {
            millionths: -self.millionths,
        }
    }

    /// The number as hundredths, a half away from zero.
    pub(super) fn hundredths(self) -> i128 {
        let half = if self.millionths < 0 { -5_000 } else { 5_000 };
        (self.millionths + half) / 10_000
    }

    /// The share `part / whole` of a number of hundredths, a half rounded up; nothing unless both are positive.
    pub(super) fn share_of(hundredths: u16, part: Self, whole: Self) -> Option<i128> {
        if part.millionths <= 0 || whole.millionths <= 0 {
            return None;
        }
        let twice = part
            .millionths
            .checked_mul(i128::from(hundredths))?
            .checked_mul(2)?;
        Some((twice + whole.millionths) / whole.millionths.checked_mul(2)?)
    }
}

impl fmt::Display for Decimal {
    /// Writes the shortest form: no zeros behind the last digit, no point without digits, no minus zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.millionths.unsigned_abs();
        if self.millionths < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", magnitude / ONE)?;
        let fraction = format!("{:0>PLACES$}", magnitude % ONE);
        match fraction.trim_end_matches('0') {
            "" => Ok(()),
            digits => write!(f, ".{digits}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_one_shortest_form() {
        for (text, expected) in [
            ("1190.00", "1190"),
            (" -12.50 ", "-12.5"),
            ("+7", "7"),
            (".5", "0.5"),
            ("-0.00", "0"),
            ("0.000001", "0.000001"),
            ("007.10000000", "7.1"),
            ("999999999999999999.999999", "999999999999999999.999999"),
        ] {
            let number = Decimal::parse(text).expect("it is a decimal");
            assert_eq!(number.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_decimals() {
        for text in [
            "",
            "-",
            ".",
            "1,5",
            "1e5",
            "--1",
            "1.2.3",
            "NaN",
            "0.0000001",
            "1000000000000000000",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn hundredths_and_shares_round_a_half_away_from_zero() {
        let decimal = |text| Decimal::parse(text).expect("it is a decimal");
        assert_eq!(decimal("2.25").hundredths(), 225);
        assert_eq!(decimal("2.255").hundredths(), 226);
        assert_eq!(decimal("-2.255").hundredths(), -226);
        // 2 percent of 500 are 1 percent of 1000.
        assert_eq!(Decimal::share_of(200, decimal("500"), decimal("1000")), Some(100));
        // 2.25 percent of 357.93 are 0.676...  percent of 1190.
        assert_eq!(
            Decimal::share_of(225, decimal("357.93"), decimal("1190")),
            Some(68)
        );
        assert_eq!(Decimal::share_of(225, decimal("357.93"), decimal("0")), None);
    }
}
