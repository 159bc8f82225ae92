//! A cell of a row to a typed value, by the kind of its column.

use std::borrow::Cow;

use super::builder::Cell;
use super::cell::{self, Fault};
use super::column::Parsed;
use super::schema::{ColumnKind, ColumnSpec, Sign};
use crate::domain::{Currency, date};

/// Whether there is plainly nothing to trim, as with most cells: the text begins and ends with a visible character of
/// ASCII.
pub(super) fn is_bare(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_graphic) && bytes.last().is_some_and(u8::is_ascii_graphic)
}

/// Returns the text without blanks around it.
pub(super) fn trim(text: &str) -> &str {
    if is_bare(text) { text } else { text.trim() }
}

pub(super) fn parse_cell<'a>(
    cell: Cell<'a>,
    spec: &ColumnSpec,
    currency: Option<Currency>,
) -> Result<Parsed<'a>, Fault> {
    let cell = match cell {
        Cell::Text(text) => {
            let text = trim(text);
            if text.is_empty() {
                Cell::Absent
            } else {
                Cell::Text(text)
            }
        }
        other => other,
    };
    if matches!(cell, Cell::Absent) {
        return Ok(Parsed::Null);
    }
    match spec.kind {
        ColumnKind::Id | ColumnKind::Text => match cell {
            Cell::Text(text) => Ok(Parsed::Text(text)),
            _ => Err(Fault::WrongKind),
        },
        ColumnKind::Currency => match cell {
            Cell::Text(text) if is_currency(text, currency) => Ok(Parsed::Text(text)),
            _ => Err(Fault::CurrencyUnknown),
        },
        ColumnKind::Date => parse_date(cell),
        ColumnKind::Amount => parse_amount(cell, spec.sign, currency),
        ColumnKind::Integer => parse_integer(cell, spec.sign),
        ColumnKind::Number => parse_number(cell, spec.sign),
    }
}

/// Returns whether the text is a currency code, letter for letter; the row's own currency is known to be one.
fn is_currency(text: &str, row: Option<Currency>) -> bool {
    row.is_some_and(|currency| currency.code() == text)
        || Currency::parse(text).is_ok_and(|currency| currency.code() == text)
}

pub(super) fn parse_date(cell: Cell<'_>) -> Result<Parsed<'_>, Fault> {
    match cell {
        Cell::Absent => Ok(Parsed::Null),
        Cell::Text(text) => match trim(text) {
            "" => Ok(Parsed::Null),
            text => cell::parse_day(text.as_bytes()).map(Parsed::Day),
        },
        Cell::Date(day) => cell::plausible_day(date::day_number(day)).map(Parsed::Day),
        Cell::Minor(_) | Cell::Integer(_) | Cell::Number(_) => Err(Fault::WrongKind),
    }
}

fn parse_amount(cell: Cell<'_>, sign: Sign, currency: Option<Currency>) -> Result<Parsed<'_>, Fault> {
    let exponent = currency.ok_or(Fault::AmountWithoutCurrency)?.exponent();
    let minor = match cell {
        Cell::Text(text) => cell::parse_amount(text.as_bytes(), exponent)?,
        Cell::Minor(minor) => cell::plausible_amount(minor)?,
        Cell::Integer(major) => cell::amount_from_integer(major, exponent)?,
        Cell::Number(major) => cell::amount_from_float(major, exponent)?,
        Cell::Absent | Cell::Date(_) => return Err(Fault::WrongKind),
    };
    cell::check_integer(minor, sign).map(Parsed::Integer)
}

fn parse_integer(cell: Cell<'_>, sign: Sign) -> Result<Parsed<'_>, Fault> {
    let value = match cell {
        Cell::Text(text) => cell::parse_integer(text)?,
        Cell::Integer(value) => value,
        Cell::Absent | Cell::Date(_) | Cell::Minor(_) | Cell::Number(_) => return Err(Fault::WrongKind),
    };
    cell::check_integer(value, sign).map(Parsed::Integer)
}

fn parse_number(cell: Cell<'_>, sign: Sign) -> Result<Parsed<'_>, Fault> {
    let number = match cell {
        Cell::Text(text) => cell::parse_number(text)?,
        Cell::Number(number) => number,
        #[expect(
            clippy::cast_precision_loss,
            reason = "scores are small whole numbers; beyond 2^53 the nearest number is meant"
        )]
        Cell::Integer(value) => value as f64,
        Cell::Absent | Cell::Date(_) | Cell::Minor(_) => return Err(Fault::WrongKind),
    };
    cell::check_number(number, sign).map(Parsed::Number)
}

pub(super) fn shown(cell: Cell<'_>) -> String {
    let text: Cow<'_, str> = match cell {
        Cell::Absent => Cow::Borrowed(""),
        Cell::Text(text) => Cow::Borrowed(text),
        Cell::Date(day) => Cow::Owned(day.to_string()),
        Cell::Minor(value) | Cell::Integer(value) => Cow::Owned(value.to_string()),
        Cell::Number(value) => Cow::Owned(value.to_string()),
    };
    text.into_owned()
}
