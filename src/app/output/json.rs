//! JSON: amounts as decimal strings, dates as ISO strings, lists as arrays, columns in their order.

use std::io::{self, Write};

use serde_json::to_writer;

use super::Document;
use super::table::{Cell, OutputTable};

/// Writes one object a line.
pub(super) fn write_lines(writer: &mut impl Write, table: &OutputTable) -> io::Result<()> {
    for row in 0..table.height() {
        write_row(writer, table, row)?;
        writer.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes the rows as an array; with assumptions, an object that holds them and the array.
pub(super) fn write_document(writer: &mut impl Write, document: &Document) -> io::Result<()> {
    let Some(assumptions) = &document.assumptions else {
        write_array(writer, &document.table, "")?;
        return writer.write_all(b"\n");
    };
    writer.write_all(b"{\n")?;
    for (name, value) in &assumptions.facts {
        writer.write_all(b"  ")?;
        write_key(writer, name)?;
        to_writer(&mut *writer, value)?;
        writer.write_all(b",\n")?;
    }
    for (name, table) in std::iter::once(&assumptions.totals).chain(&assumptions.tables) {
        writer.write_all(b"  ")?;
        write_key(writer, name)?;
        write_array(writer, table, "  ")?;
        writer.write_all(b",\n")?;
    }
    writer.write_all(b"  ")?;
    write_key(writer, document.name)?;
    write_array(writer, &document.table, "  ")?;
    writer.write_all(b"\n}\n")
}

fn write_array(writer: &mut impl Write, table: &OutputTable, indent: &str) -> io::Result<()> {
    writer.write_all(b"[")?;
    for row in 0..table.height() {
        writer.write_all(if row == 0 { b"\n" } else { b",\n" })?;
        write!(writer, "{indent}  ")?;
        write_row(writer, table, row)?;
    }
    if table.height() > 0 {
        write!(writer, "\n{indent}")?;
    }
    writer.write_all(b"]")
}

fn write_row(writer: &mut impl Write, table: &OutputTable, row: usize) -> io::Result<()> {
    writer.write_all(b"{")?;
    for (index, column) in table.columns().iter().enumerate() {
        if index > 0 {
            writer.write_all(b", ")?;
        }
        write_key(writer, &column.name)?;
        write_cell(writer, column.values.cell(row))?;
    }
    writer.write_all(b"}")
}

fn write_key(writer: &mut impl Write, name: &str) -> io::Result<()> {
    to_writer(&mut *writer, name)?;
    writer.write_all(b": ")
}

fn write_cell(writer: &mut impl Write, cell: Cell<'_>) -> io::Result<()> {
    match cell {
        Cell::Absent => writer.write_all(b"null"),
        Cell::Text(text) | Cell::Decimal(text) => Ok(to_writer(writer, text)?),
        Cell::Texts(texts) => Ok(to_writer(writer, texts)?),
        Cell::Date(date) => write!(writer, "\"{date}\""),
        Cell::Integer(integer) => write!(writer, "{integer}"),
        Cell::Number(number) => Ok(to_writer(writer, &number)?),
        Cell::Boolean(truth) => write!(writer, "{truth}"),
        Cell::Amount(amount) => write!(writer, "\"{}\"", amount.to_decimal_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{OutputColumn, OutputTable, Values};
    use super::super::{Assumptions, Document};
    use super::{write_document, write_lines};
    use crate::domain::date::from_day_number;
    use crate::domain::{Currency, Money};

    fn document(assumptions: Option<Assumptions>) -> Document {
        let money = Money::from_minor(-1250, Currency::parse("EUR").unwrap());
        Document {
            name: "rows",
            as_of: from_day_number(20_000),
            table: OutputTable::new(vec![
                OutputColumn::new("text", Values::Text(vec![Some("a\"b".to_owned())])),
                OutputColumn::new("amount", Values::Amount(vec![Some(money)])),
                OutputColumn::new("list", Values::Texts(vec![vec!["x".to_owned()]])),
            ]),
            sheet_column: None,
            assumptions,
        }
    }

    #[test]
    fn a_line_is_one_object_in_column_order() {
        let mut bytes = Vec::new();
        write_lines(&mut bytes, &document(None).table).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "{\"text\": \"a\\\"b\", \"amount\": \"-12.50\", \"list\": [\"x\"]}\n"
        );
    }

    #[test]
    fn a_document_with_assumptions_is_valid_json() {
        let assumptions = Assumptions {
            facts: vec![("seed", 7.into())],
            totals: ("currencies", OutputTable::default()),
            tables: vec![("rates", OutputTable::default())],
        };
        let mut bytes = Vec::new();
        write_document(&mut bytes, &document(Some(assumptions))).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["seed"], 7);
        assert_eq!(value["currencies"].as_array().unwrap().len(), 0);
        assert_eq!(value["rates"].as_array().unwrap().len(), 0);
        assert_eq!(value["rows"][0]["amount"], "-12.50");
    }
}
