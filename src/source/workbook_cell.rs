//! The value of a cell of a spreadsheet as text: ISO dates, plain decimal numbers.

use std::fmt::Write as _;

use calamine::{Data, DataRef, ExcelDateTime};

/// Writes a cell of an OpenDocument sheet; an error or no value is no text.
pub(super) fn write_owned(text: &mut String, cell: &Data) {
    match cell {
        Data::Int(value) => append(text, value),
        Data::Float(value) => write_number(text, *value),
        Data::String(value) | Data::DurationIso(value) => text.push_str(value),
        Data::Bool(value) => append(text, value),
        Data::DateTime(value) => write_date(text, *value),
        Data::DateTimeIso(value) => text.push_str(day_of(value)),
        Data::Error(_) | Data::Empty => {}
    }
}

/// Writes a cell of an XLSX sheet; an error or no value is no text.
pub(super) fn write_borrowed(text: &mut String, cell: &DataRef<'_>) {
    match cell {
        DataRef::Int(value) => append(text, value),
        DataRef::Float(value) => write_number(text, *value),
        DataRef::String(value) | DataRef::DurationIso(value) => text.push_str(value),
        DataRef::SharedString(value) => text.push_str(value),
        DataRef::Bool(value) => append(text, value),
        DataRef::DateTime(value) => write_date(text, *value),
        DataRef::DateTimeIso(value) => text.push_str(day_of(value)),
        DataRef::Error(_) | DataRef::Empty => {}
    }
}

fn append(text: &mut String, value: &impl std::fmt::Display) {
    // Writing to a text cannot fail.
    let _ = write!(text, "{value}");
}

/// Spreadsheets compute with fifteen digits; what the file has beyond them is the dust of binary fractions
/// (`0.30000000000000004`), and an amount must not be refused for it.
fn write_number(text: &mut String, value: f64) {
    if !value.is_finite() {
        return;
    }
    let rounded: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    if rounded.abs() > 0.0 {
        append(text, &rounded);
    } else {
        text.push('0');
    }
}

/// The day; its time has no use here. Less than a day is a time.
fn write_date(text: &mut String, value: ExcelDateTime) {
    let days = value.as_f64();
    if !days.is_finite() {
        return;
    }
    if value.is_duration() {
        write_number(text, days);
        return;
    }
    let (year, month, day, hour, minute, second, _) = value.to_ymd_hms_milli();
    let _ = if days < 1.0 {
        write!(text, "{hour:02}:{minute:02}:{second:02}")
    } else {
        write!(text, "{year:04}-{month:02}-{day:02}")
    };
}

/// The date of `2026-01-31T00:00:00`.
fn day_of(text: &str) -> &str {
    text.split_once('T').map_or(text, |(day, _)| day)
}

#[cfg(test)]
mod tests {
    use calamine::{CellErrorType, ExcelDateTimeType};

    use super::*;

    fn text(cell: &Data) -> String {
        let mut text = String::new();
        write_owned(&mut text, cell);
        text
    }

    #[test]
    fn numbers_are_plain_decimals_of_fifteen_digits() {
        for (value, expected) in [
            (0.1 + 0.2, "0.3"),
            (1234.5, "1234.5"),
            (-0.0, "0"),
            (20_260_131.0, "20260131"),
            (1e21, "1000000000000000000000"),
            (1e-7, "0.0000001"),
            (-(1234.56 + 2.5e-13), "-1234.56"),
            (999_999_999_999_999.0, "999999999999999"),
            (f64::NAN, ""),
        ] {
            assert_eq!(text(&Data::Float(value)), expected);
        }
    }

    #[test]
    fn dates_are_iso_and_errors_nothing() {
        let date = |value| Data::DateTime(ExcelDateTime::new(value, ExcelDateTimeType::DateTime, false));
        assert_eq!(text(&date(46_053.0)), "2026-01-31");
        assert_eq!(text(&date(46_053.75)), "2026-01-31");
        assert_eq!(text(&date(0.75)), "18:00:00");
        assert_eq!(
            text(&Data::DateTimeIso("2026-01-31T10:00:00".to_owned())),
            "2026-01-31"
        );
        assert_eq!(text(&Data::Error(CellErrorType::NA)), "");
        assert_eq!(text(&Data::Bool(true)), "true");
    }
}
