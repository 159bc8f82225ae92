//! The entry (`:61:`) and the balances (`:60F:`, `:62F:`) of a statement.

use std::fmt;

use chrono::Datelike;

use crate::domain::Date;
use crate::source::bank::{Amount, clean, reference};

/// Years of two digits from here on are of the last century.
const CENTURY_TURN: i32 = 80;

/// A balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Balance {
    pub(super) currency: String,
    /// Negative when the account is overdrawn.
    pub(super) amount: Amount,
}

impl fmt::Display for Balance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}",
            self.amount.text(&self.currency),
            self.currency
        )
    }
}

impl Balance {
    /// Reads `C260131EUR1234,56`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("a balance such as C260131EUR1234,56 expected, got {text:?}");
        let is_credit = match text.get(..1) {
            Some("C") => true,
            Some("D") => false,
            _ => return Err(wrong()),
        };
        date_of(text.get(1..7).ok_or_else(wrong)?)?;
        let currency = text.get(7..10).ok_or_else(wrong)?;
        let amount = text
            .get(10..)
            .and_then(|rest| Amount::parse(rest, ','))
            .ok_or_else(wrong)?;
        if !currency.chars().all(|c| c.is_ascii_uppercase()) {
            return Err(wrong());
        }
        Ok(Self {
            currency: currency.to_owned(),
            amount: amount.signed(is_credit),
        })
    }
}

/// The mark of an entry: `C`, `D`, `RC`, `RD`, `EC`, `ED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Whether the balance grows; the reversal of a credit makes it smaller.
    pub(super) is_credit: bool,
    pub(super) is_reversal: bool,
    /// Expected entries are not booked.
    pub(super) is_booked: bool,
}

impl Mark {
    /// Reads the mark at the start of a text, and gives the rest.
    fn split(text: &str) -> Option<(Self, &str)> {
        for (letters, is_credit, is_reversal, is_booked) in [
            ("RC", false, true, true),
            ("RD", true, true, true),
            ("EC", true, false, false),
            ("ED", false, false, false),
            ("C", true, false, true),
            ("D", false, false, true),
        ] {
            if let Some(rest) = text.strip_prefix(letters) {
                let mark = Self {
                    is_credit,
                    is_reversal,
                    is_booked,
                };
                return Some((mark, rest));
            }
        }
        None
    }
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) value_date: Date,
    pub(super) booking_date: Date,
    pub(super) mark: Mark,
    /// Without sign.
    pub(super) amount: Amount,
    /// Type of the network without its first letter: `TRF`, `DDT`, `RTI`.
    pub(super) kind: String,
    /// Reference for the account's owner.
    pub(super) reference: String,
    pub(super) bank_reference: String,
    pub(super) supplement: String,
}

impl Line {
    /// Reads `2601310131CR1234,56NTRFREFERENCE//BANKREFERENCE` and the lines below.
    pub(super) fn parse(lines: &[String]) -> Result<Self, String> {
        let (first, further) = lines.split_first().ok_or("an entry expected, got none")?;
        let wrong = |what: &str| {
            format!("{what} expected, as in 2601310131C1234,56NTRFREFERENCE//BANK, got {first:?}")
        };
        let value_date = date_of(first.get(..6).ok_or_else(|| wrong("a value date"))?)?;
        let rest = first.get(6..).unwrap_or_default();
        let entry = rest
            .get(..4)
            .filter(|day| day.chars().all(|c| c.is_ascii_digit()));
        let (booking_date, rest) = match entry {
            Some(day) => (near(day, value_date)?, rest.get(4..).unwrap_or_default()),
            None => (value_date, rest),
        };
        let (mark, rest) = Mark::split(rest).ok_or_else(|| wrong("C, D, RC, RD, EC or ED"))?;
        // A letter here is the last of the currency, which the balances say.
        let rest = rest
            .strip_prefix(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(rest);
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != ',')
            .unwrap_or(rest.len());
        let (amount, rest) = rest.split_at(digits);
        let amount = Amount::parse(amount, ',').ok_or_else(|| wrong("an amount with a decimal comma"))?;
        let kind = rest.get(1..4).ok_or_else(|| wrong("a type such as NTRF"))?;
        let references = rest.get(4..).unwrap_or_default();
        let (own, bank) = references.split_once("//").unwrap_or((references, ""));
        Ok(Self {
            value_date,
            booking_date,
            mark,
            amount,
            kind: kind.to_owned(),
            reference: reference(own),
            bank_reference: reference(bank),
            supplement: clean(&further.join(" ")),
        })
    }
}

/// Reads `YYMMDD`.
fn date_of(text: &str) -> Result<Date, String> {
    let wrong = || format!("a date as YYMMDD expected, got {text:?}");
    let [year, month, day] = [0, 2, 4].map(|start| two_digits(text, start));
    let year = i32::try_from(year.ok_or_else(wrong)?).map_err(|_| wrong())?;
    let century = if year < CENTURY_TURN { 2000 } else { 1900 };
    let (month, day) = (month.ok_or_else(wrong)?, day.ok_or_else(wrong)?);
    Date::from_ymd_opt(century + year, month, day).ok_or_else(wrong)
}

/// Reads `MMDD` in the year that brings it nearest to another date: around new year that is not the other's year.
fn near(text: &str, other: Date) -> Result<Date, String> {
    let wrong = || format!("an entry date as MMDD expected, got {text:?}");
    let month = two_digits(text, 0).ok_or_else(wrong)?;
    let day = two_digits(text, 2).ok_or_else(wrong)?;
    [-1, 0, 1]
        .into_iter()
        .filter_map(|years| Date::from_ymd_opt(other.year() + years, month, day))
        .min_by_key(|date| date.signed_duration_since(other).num_days().abs())
        .ok_or_else(wrong)
}

fn two_digits(text: &str, start: usize) -> Option<u32> {
    let digits = text.get(start..start + 2)?;
    digits.chars().all(|c| c.is_ascii_digit()).then_some(())?;
    digits.parse().ok()
}
