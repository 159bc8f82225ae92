//! Comma-separated values: RFC 4180, UTF-8, `.` as decimal mark, ISO dates, guarded text.

use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use super::table::{Cell, OutputTable, joined};
use crate::domain::Date;

/// A text that starts with one of these would be run as a formula by a spreadsheet.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Writes the table with its header.
pub(super) fn write(writer: &mut impl Write, table: &OutputTable) -> io::Result<()> {
    let mut line = String::new();
    for (index, column) in table.columns().iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        push_quoted(&mut line, &column.name);
    }
    line.push('\n');
    writer.write_all(line.as_bytes())?;
    for row in 0..table.height() {
        line.clear();
        for (index, column) in table.columns().iter().enumerate() {
            if index > 0 {
                line.push(',');
            }
            push_cell(&mut line, column.values.cell(row));
        }
        line.push('\n');
        writer.write_all(line.as_bytes())?;
    }
    Ok(())
}

fn push_cell(line: &mut String, cell: Cell<'_>) {
    match cell {
        Cell::Absent => {}
        Cell::Text(text) => push_text(line, text),
        Cell::Texts(texts) => push_text(line, &joined(texts)),
        Cell::Date(date) => push_date(line, date),
        Cell::Integer(integer) => push_plain(line, integer),
        Cell::Number(number) => push_plain(line, number),
        Cell::Decimal(digits) => line.push_str(digits),
        Cell::Boolean(truth) => push_plain(line, truth),
        Cell::Amount(amount) => line.push_str(&amount.to_decimal_string()),
    }
}

/// Appends a text from outside: guarded against formulas, quoted where needed.
pub(super) fn push_text(line: &mut String, text: &str) {
    if text.starts_with(FORMULA_STARTS) {
        push_quoted(line, &format!("'{text}"));
    } else {
        push_quoted(line, text);
    }
}

/// Appends a date as `2026-11-22`.
pub(super) fn push_date(line: &mut String, date: Date) {
    push_plain(line, date);
}

fn push_plain(line: &mut String, value: impl Display) {
    // Writing into a String cannot fail.
    let _ = write!(line, "{value}");
}

fn push_quoted(line: &mut String, text: &str) {
    if text.contains(['"', ',', '\n', '\r']) {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{OutputColumn, OutputTable, Values};
    use super::write;

    fn written(values: Values) -> String {
        let table = OutputTable::new(vec![OutputColumn::new("cell", values)]);
        let mut bytes = Vec::new();
        write(&mut bytes, &table).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_text_that_looks_like_a_formula_is_guarded() {
        let texts = ["=1+1", "+1", "-1", "@x", "\tx", "plain"]
            .map(|text| Some(text.to_owned()))
            .to_vec();
        assert_eq!(
            written(Values::Text(texts)),
            "cell\n'=1+1\n'+1\n'-1\n'@x\n'\tx\nplain\n"
        );
        let carriage_return = Values::Text(vec![Some("\rx".to_owned())]);
        assert_eq!(written(carriage_return), "cell\n\"'\rx\"\n");
    }

    #[test]
    fn a_negative_number_is_no_formula() {
        assert_eq!(written(Values::Integer(vec![Some(-7), None])), "cell\n-7\n\n");
        assert_eq!(
            written(Values::Number(vec![Some(0.25), Some(f64::NAN)])),
            "cell\n0.25\n\n"
        );
    }

    #[test]
    fn marks_of_the_format_are_quoted() {
        let texts = Values::Texts(vec![vec!["a, b".to_owned(), "say \"c\"".to_owned()]]);
        assert_eq!(written(texts), "cell\n\"a, b; say \"\"c\"\"\"\n");
    }
}
