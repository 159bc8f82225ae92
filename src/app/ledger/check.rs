//! A row by itself: columns that exist, cells of the right kind, values that are possible.

use super::row::{RawCell, RawRow, RowFault};
use crate::app::store::Value;
use crate::history::schema::{SLOTS_MAX, columns};
use crate::history::{Cell, ColumnKind, Parsed, Table, TableBuilder};

/// Longest identifier, in characters: it must fit an index of either store.
pub(crate) const ID_CHARS_MAX: usize = 200;
/// Longest text, in characters.
pub(crate) const TEXT_CHARS_MAX: usize = 2_000;

/// A row that was looked at by itself.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) place: u64,
    /// Its values, `known_on` still to be filled in; or why it is not taken.
    pub(super) row: Result<Vec<Value>, Vec<RowFault>>,
}

/// Checks rows, each by itself.
pub(super) fn check(table: Table, rows: &[RawRow]) -> Vec<Checked> {
    let mut builder = TableBuilder::new(table);
    rows.iter()
        .map(|row| Checked {
            place: row.place,
            row: check_row(&mut builder, table, row),
        })
        .collect()
}

fn check_row(builder: &mut TableBuilder, table: Table, row: &RawRow) -> Result<Vec<Value>, Vec<RowFault>> {
    let specs = columns(table);
    let mut cells = [Cell::Absent; SLOTS_MAX];
    let mut is_given = [false; SLOTS_MAX];
    let mut faults = Vec::new();
    for (name, cell) in &row.cells {
        let Some(slot) = TableBuilder::slot(table, name) else {
            faults.push(unknown_column(table, name));
            continue;
        };
        if is_given[slot] {
            faults.push(RowFault::new(
                name,
                "duplicate_column",
                "the row has this column twice",
                "",
            ));
            continue;
        }
        is_given[slot] = true;
        let kind = specs.get(slot).map_or(ColumnKind::Date, |spec| spec.kind);
        match cell_of(name, kind, cell) {
            Ok(cell) => cells[slot] = cell,
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let parsed = builder
        .parse(&cells[..=specs.len()])
        .map_err(|fault| vec![RowFault::new(fault.column, fault.code, fault.reason, fault.value)])?;
    let mut values: Vec<Value> = parsed[..=specs.len()]
        .iter()
        .map(|cell| value_of(*cell))
        .collect();
    values.push(Value::Null);
    Ok(values)
}

fn unknown_column(table: Table, name: &str) -> RowFault {
    let allowed: Vec<&str> = columns(table)
        .iter()
        .map(|spec| spec.name)
        .chain(["recorded_at"])
        .collect();
    let shown: String = name.chars().take(ID_CHARS_MAX).collect();
    let detail = format!("{table} has no such column; allowed are {}", allowed.join(", "));
    RowFault::new(&shown, "unknown_column", detail, "")
}

fn cell_of<'a>(name: &str, kind: ColumnKind, cell: &'a RawCell) -> Result<Cell<'a>, RowFault> {
    match cell {
        RawCell::Null => Ok(Cell::Absent),
        RawCell::Unfit(what) => {
            let detail = format!("a value is {}, got {what}", kind.allowed());
            Err(RowFault::new(name, "malformed", detail, ""))
        }
        RawCell::Text(text) => text_of(name, kind, text),
        RawCell::Integer(number) if kind == ColumnKind::Amount => {
            Err(number_for_amount(name, number.to_string()))
        }
        RawCell::Number(number) if kind == ColumnKind::Amount => {
            Err(number_for_amount(name, number.to_string()))
        }
        RawCell::Integer(number) => Ok(Cell::Integer(*number)),
        RawCell::Number(number) => Ok(Cell::Number(*number)),
    }
}

fn number_for_amount(name: &str, value: String) -> RowFault {
    let detail =
        "an amount is a decimal string such as \"1234.50\": a number may have lost its cents on the way";
    RowFault::new(name, "number_for_amount", detail, value)
}

fn text_of<'a>(name: &str, kind: ColumnKind, text: &'a str) -> Result<Cell<'a>, RowFault> {
    let chars_max = match kind {
        ColumnKind::Text if name != "source" => TEXT_CHARS_MAX,
        // `source` is part of a key.
        ColumnKind::Text
        | ColumnKind::Id
        | ColumnKind::Date
        | ColumnKind::Amount
        | ColumnKind::Currency
        | ColumnKind::Integer
        | ColumnKind::Number => ID_CHARS_MAX,
    };
    let shown = || text.chars().take(ID_CHARS_MAX).collect::<String>();
    if text.contains('\0') {
        return Err(RowFault::new(
            name,
            "malformed",
            "a text must not have the character U+0000",
            shown(),
        ));
    }
    // A text has at least as many bytes as characters: most need no counting.
    if text.len() > chars_max && text.chars().count() > chars_max {
        let detail = format!("a text of this column may have {chars_max} characters at most");
        return Err(RowFault::new(name, "too_long", detail, shown()));
    }
    Ok(Cell::Text(text))
}

fn value_of(cell: Parsed<'_>) -> Value {
    match cell {
        Parsed::Null => Value::Null,
        Parsed::Text(text) => Value::Text(text.to_owned()),
        Parsed::Integer(number) => Value::Integer(number),
        Parsed::Day(day) => Value::Day(day),
        Parsed::Number(number) => Value::Number(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault_of(table: Table, cells: &[(&str, RawCell)]) -> (String, &'static str) {
        let cells = cells
            .iter()
            .map(|(name, cell)| ((*name).to_owned(), cell.clone()))
            .collect();
        let checked = check(table, &[RawRow { place: 0, cells }]);
        let faults = checked[0].row.as_ref().expect_err("the row is bad");
        (faults[0].column.clone(), faults[0].code)
    }

    fn text(text: &str) -> RawCell {
        RawCell::Text(text.to_owned())
    }

    #[test]
    fn a_bad_row_names_its_column_and_a_stable_code() {
        let payment = |name: &'static str, cell: RawCell| {
            let mut cells = vec![
                ("payment_id", text("P1")),
                ("invoice_id", text("I1")),
                ("paid_date", text("2026-01-31")),
                ("amount", text("10.00")),
                ("currency", text("EUR")),
            ];
            cells.retain(|(other, _)| *other != name);
            cells.push((name, cell));
            fault_of(Table::Payments, &cells)
        };
        for (name, cell, code) in [
            ("amount", RawCell::Number(10.0), "number_for_amount"),
            ("amount", RawCell::Integer(10), "number_for_amount"),
            ("amount", text("10.005"), "too_many_decimals"),
            ("amount", text("1,000.00"), "malformed"),
            ("amount", text("0"), "out_of_range"),
            ("paid_date", text("2026-02-30"), "impossible_date"),
            ("paid_date", RawCell::Unfit("an object"), "malformed"),
            ("currency", text("EURO"), "unknown_currency"),
            ("invoice_id", RawCell::Null, "missing"),
            ("payment_id", text("P\0"), "malformed"),
            ("amonut", text("1"), "unknown_column"),
        ] {
            assert_eq!(
                payment(name, cell.clone()),
                (name.to_owned(), code),
                "{name} {cell:?}"
            );
        }
        assert_eq!(payment("method", text(&"x".repeat(2_001))).1, "too_long");
        assert_eq!(payment("invoice_id", text(&"x".repeat(201))).1, "too_long");
    }

    #[test]
    fn decimals_are_those_of_the_currency() {
        let yen = |amount: &str| {
            let cells = vec![
                ("credit_note_id".to_owned(), text("N1")),
                ("customer_id".to_owned(), text("C1")),
                ("credit_date".to_owned(), text("2026-01-31")),
                ("amount".to_owned(), text(amount)),
                ("currency".to_owned(), text("JPY")),
            ];
            let row = RawRow { place: 0, cells };
            check(Table::CreditNotes, &[row]).remove(0).row
        };
        let values = yen("1500").expect("the yen has no decimals");
        assert!(values.contains(&Value::Integer(1_500)));
        assert_eq!(
            yen("1500.5").expect_err("half a yen")[0].code,
            "too_many_decimals"
        );
    }

    #[test]
    fn a_column_that_is_sent_twice_is_refused() {
        let cells = [("customer_id", text("C1")), ("customer_id", text("C2"))];
        assert_eq!(
            fault_of(Table::Customers, &cells),
            ("customer_id".to_owned(), "duplicate_column")
        );
    }
}
