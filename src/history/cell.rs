//! One cell: text to a date, an amount or a number, by hand and without allocation.

use super::schema::Sign;

/// First plausible day, 1900-01-01, as days since 1970-01-01; systems write it where they know no date.
pub(crate) const DAY_MIN: i32 = days_from_civil(1900, 1, 1);
/// Last plausible day, 2199-12-31, as days since 1970-01-01.
pub(crate) const DAY_MAX: i32 = days_from_civil(2199, 12, 31);
/// Largest plausible amount in minor units: ten trillion of a currency with cents. A sum over nine thousand
/// such amounts still fits 64 bits, so that sums of a whole book cannot overflow.
pub(crate) const AMOUNT_MINOR_MAX: i64 = 1_000_000_000_000_000;
/// How far from a whole number of minor units a floating-point amount may be.
const MINOR_TOLERANCE: f64 = 1e-6;

/// Why a cell is not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    DateFormat,
    DateImpossible,
    DateImplausible,
    AmountFormat,
    AmountDecimals(u32),
    AmountTooLarge,
    AmountFraction,
    AmountWithoutCurrency,
    IntegerFormat,
    NumberFormat,
    CurrencyUnknown,
    Missing,
    WrongKind,
    NotPositive,
    Zero,
    Negative,
    NotAShare,
}

impl Fault {
    /// Returns whether the fault is a date that no calendar has or no ledger can mean.
    pub(crate) const fn is_impossible_date(self) -> bool {
        matches!(self, Self::DateImpossible | Self::DateImplausible)
    }

    /// Returns a stable name of the fault, for programs.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::DateFormat
            | Self::AmountFormat
            | Self::IntegerFormat
            | Self::NumberFormat
            | Self::WrongKind => "malformed",
            Self::DateImpossible => "impossible_date",
            Self::AmountDecimals(_) | Self::AmountFraction => "too_many_decimals",
            Self::AmountWithoutCurrency => "missing_currency",
            Self::CurrencyUnknown => "unknown_currency",
            Self::Missing => "missing",
            Self::DateImplausible
            | Self::AmountTooLarge
            | Self::NotPositive
            | Self::Zero
            | Self::Negative
            | Self::NotAShare => "out_of_range",
        }
    }

    /// Returns the reason as it stands in `rejects.csv`.
    pub(crate) fn reason(self) -> String {
        match self {
            Self::DateFormat => "not a date; allowed is year-month-day such as 2026-01-31".to_owned(),
            Self::DateImpossible => "impossible date: the calendar has no such day".to_owned(),
            Self::DateImplausible => "impossible date: allowed are 1900-01-01 to 2199-12-31".to_owned(),
            Self::AmountFormat => {
                "not an amount; allowed are digits with a decimal point such as 1234.50 (other marks: use an import profile)"
                    .to_owned()
            }
            Self::AmountDecimals(exponent) => format!("too many decimals: the currency has {exponent}"),
            Self::AmountTooLarge => "amount too large: at most 10^15 minor units".to_owned(),
            Self::AmountFraction => "amount is not a whole number of minor units".to_owned(),
            Self::AmountWithoutCurrency => "an amount needs a currency in the column currency".to_owned(),
            Self::IntegerFormat => "not a whole number".to_owned(),
            Self::NumberFormat => "not a finite number such as 0.25".to_owned(),
            Self::CurrencyUnknown => "not an ISO 4217 currency code such as EUR".to_owned(),
            Self::Missing => "required value is missing".to_owned(),
            Self::WrongKind => "value of the wrong type".to_owned(),
            Self::NotPositive => "must be more than zero".to_owned(),
            Self::Zero => "must not be zero".to_owned(),
            Self::Negative => "must not be negative".to_owned(),
            Self::NotAShare => "must be between 0 and 1".to_owned(),
        }
    }
}

/// Returns the day number of a civil date (Hinnant 2014, "chrono-compatible low-level date algorithms").
const fn days_from_civil(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

const fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

fn digits<const COUNT: usize>(bytes: [u8; COUNT]) -> Option<i32> {
    let mut value = 0;
    for byte in bytes {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i32::from(byte - b'0');
    }
    Some(value)
}

/// Parses `YYYY-MM-DD`, whose time part, if it has one, is dropped, into days since 1970-01-01.
pub(crate) fn parse_day(text: &[u8]) -> Result<i32, Fault> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, ref rest @ ..] = text else {
        return Err(Fault::DateFormat);
    };
    if !is_time_part(rest) {
        return Err(Fault::DateFormat);
    }
    let parts = (digits([y1, y2, y3, y4]), digits([m1, m2]), digits([d1, d2]));
    let (Some(year), Some(month), Some(day)) = parts else {
        return Err(Fault::DateFormat);
    };
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return Err(Fault::DateImpossible);
    }
    plausible_day(days_from_civil(year, month, day))
}

/// Returns whether what follows a date is nothing or a time of day.
fn is_time_part(rest: &[u8]) -> bool {
    match rest {
        [] => true,
        [b'T' | b't' | b' ', hour_tens, hour_units, tail @ ..] => {
            hour_tens.is_ascii_digit()
                && hour_units.is_ascii_digit()
                && tail
                    .iter()
                    .all(|byte| byte.is_ascii_digit() || b":.,+-Zz ".contains(byte))
        }
        _ => false,
    }
}

/// Returns the day if a ledger can mean it.
pub(crate) fn plausible_day(day: i32) -> Result<i32, Fault> {
    if (DAY_MIN..=DAY_MAX).contains(&day) {
        Ok(day)
    } else {
        Err(Fault::DateImplausible)
    }
}

/// Parses a decimal amount into minor units of a currency with that exponent.
pub(crate) fn parse_amount(text: &[u8], exponent: u32) -> Result<i64, Fault> {
    let (is_negative, number) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (mut minor, mut has_digits, mut decimals) = (0_i64, false, None);
    for &byte in number {
        match (byte, decimals) {
            (b'0'..=b'9', Some(count)) if count == exponent => {
                has_digits = true;
                if byte != b'0' {
                    return Err(Fault::AmountDecimals(exponent));
                }
            }
            (b'0'..=b'9', _) => {
                has_digits = true;
                decimals = decimals.map(|count| count + 1);
                minor = times_ten(minor)? + i64::from(byte - b'0');
            }
            (b'.', None) => decimals = Some(0),
            _ => return Err(Fault::AmountFormat),
        }
    }
    if !has_digits {
        return Err(Fault::AmountFormat);
    }
    for _ in decimals.unwrap_or(0)..exponent {
        minor = times_ten(minor)?;
    }
    plausible_amount(if is_negative { -minor } else { minor })
}

fn times_ten(minor: i64) -> Result<i64, Fault> {
    if minor > AMOUNT_MINOR_MAX {
        Err(Fault::AmountTooLarge)
    } else {
        Ok(minor * 10)
    }
}

/// Returns the amount if a ledger can mean it.
pub(crate) fn plausible_amount(minor: i64) -> Result<i64, Fault> {
    if (-AMOUNT_MINOR_MAX..=AMOUNT_MINOR_MAX).contains(&minor) {
        Ok(minor)
    } else {
        Err(Fault::AmountTooLarge)
    }
}

/// Converts a floating-point amount in major units that is a whole number of minor units.
pub(crate) fn amount_from_float(major: f64, exponent: u32) -> Result<i64, Fault> {
    let scaled = major * 10_f64.powi(i32::try_from(exponent).unwrap_or(0));
    let rounded = scaled.round();
    #[expect(
        clippy::cast_precision_loss,
        reason = "the limit lies far below 2^53, so it is exact as a float"
    )]
    let limit = AMOUNT_MINOR_MAX as f64;
    if !scaled.is_finite() || rounded.abs() > limit {
        return Err(Fault::AmountTooLarge);
    }
    if (scaled - rounded).abs() > MINOR_TOLERANCE {
        return Err(Fault::AmountFraction);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number within the limit, which lies far below 2^53"
    )]
    let minor = rounded as i64;
    Ok(minor)
}

/// Converts a whole number of major units.
pub(crate) fn amount_from_integer(major: i64, exponent: u32) -> Result<i64, Fault> {
    let mut minor = plausible_amount(major)?;
    for _ in 0..exponent {
        minor *= 10;
        plausible_amount(minor)?;
    }
    Ok(minor)
}

/// Parses a whole number.
pub(crate) fn parse_integer(text: &str) -> Result<i64, Fault> {
    text.parse().map_err(|_| Fault::IntegerFormat)
}

/// Parses a finite number.
pub(crate) fn parse_number(text: &str) -> Result<f64, Fault> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
        .ok_or(Fault::NumberFormat)
}

/// Checks a whole number or an amount against what its column allows.
pub(crate) fn check_integer(value: i64, sign: Sign) -> Result<i64, Fault> {
    match sign {
        Sign::Positive if value <= 0 => Err(Fault::NotPositive),
        Sign::NonZero if value == 0 => Err(Fault::Zero),
        Sign::NotNegative if value < 0 => Err(Fault::Negative),
        Sign::Share if !(0..=1).contains(&value) => Err(Fault::NotAShare),
        _ => Ok(value),
    }
}

/// Checks a number against what its column allows.
pub(crate) fn check_number(value: f64, sign: Sign) -> Result<f64, Fault> {
    match sign {
        _ if !value.is_finite() => Err(Fault::NumberFormat),
        Sign::Positive if value <= 0.0 => Err(Fault::NotPositive),
        Sign::NonZero if value.abs() <= 0.0 => Err(Fault::Zero),
        Sign::NotNegative if value < 0.0 => Err(Fault::Negative),
        Sign::Share if !(0.0..=1.0).contains(&value) => Err(Fault::NotAShare),
        _ => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_agree_with_the_calendar() {
        for (text, day) in [
            ("1970-01-01", 0),
            ("2000-02-29", 11_016),
            ("1900-01-01", -25_567),
            ("2199-12-31", 84_005),
        ] {
            assert_eq!(parse_day(text.as_bytes()), Ok(day), "{text}");
        }
        assert_eq!(parse_day(b"1970-01-02T23:59:59.5+02:00"), Ok(1));
        assert_eq!(parse_day(b"1970-01-02 00:00"), Ok(1));
    }

    #[test]
    fn a_bad_date_says_whether_the_form_or_the_day_is_wrong() {
        assert_eq!(parse_day(b"2025-02-29"), Err(Fault::DateImpossible));
        assert_eq!(parse_day(b"2025-13-01"), Err(Fault::DateImpossible));
        assert_eq!(parse_day(b"9999-12-31"), Err(Fault::DateImplausible));
        for text in ["31.01.2025", "2025-1-31", "2025-01-31x", "", "2025-01-31T"] {
            assert_eq!(parse_day(text.as_bytes()), Err(Fault::DateFormat), "{text}");
        }
    }

    #[test]
    fn amounts_become_minor_units_or_say_why_not() {
        for (text, exponent, minor) in [
            ("1234.5", 2, 123_450),
            ("-0.01", 2, -1),
            (".5", 2, 50),
            ("7", 0, 7),
            ("1.500", 2, 150),
            ("5.", 2, 500),
        ] {
            assert_eq!(parse_amount(text.as_bytes(), exponent), Ok(minor), "{text}");
        }
        assert_eq!(parse_amount(b"1.505", 2), Err(Fault::AmountDecimals(2)));
        assert_eq!(
            parse_amount(b"99999999999999999999", 2),
            Err(Fault::AmountTooLarge)
        );
        for text in ["", "-", ".", "1,5", "1.2.3", "1e5", "12 EUR"] {
            assert_eq!(
                parse_amount(text.as_bytes(), 2),
                Err(Fault::AmountFormat),
                "{text}"
            );
        }
    }

    #[test]
    fn a_float_amount_must_be_a_whole_number_of_minor_units() {
        assert_eq!(amount_from_float(1234.56, 2), Ok(123_456));
        assert_eq!(amount_from_float(0.125, 2), Err(Fault::AmountFraction));
        assert_eq!(amount_from_float(f64::NAN, 2), Err(Fault::AmountTooLarge));
    }
}
