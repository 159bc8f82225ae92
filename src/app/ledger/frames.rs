//! Rows of a frame on their way into the ledger: what an import has read goes the way of every other fact.

use polars::prelude::DataFrame;

use super::{RawCell, RawRow};
use crate::domain::{Currency, format_minor};
use crate::history::row_values::RowValues;
use crate::history::schema::{RECORDED_AT, columns};
use crate::history::{ColumnKind, Error, Table};

/// Returns the rows of a canonical frame by the names of the ledger's files, amounts as decimal strings; `first` is
/// the place of the first one, what is absent is left out.
pub(crate) fn raw_rows(table: Table, frame: &DataFrame, first: u64) -> Result<Vec<RawRow>, Error> {
    let currencies = RowValues::of(frame, "currency")?;
    let mut read = Vec::new();
    for spec in columns(table) {
        read.push((spec.name, spec.kind, RowValues::of(frame, spec.frame_name())?));
    }
    read.push((RECORDED_AT, ColumnKind::Date, RowValues::of(frame, RECORDED_AT)?));
    let rows = (first..).zip(0..frame.height()).map(|(place, row)| RawRow {
        place,
        cells: read
            .iter()
            .filter_map(|(name, kind, values)| {
                let cell = cell(*kind, values, row, &currencies)?;
                Some(((*name).to_owned(), cell))
            })
            .collect(),
    });
    Ok(rows.collect())
}

fn cell(kind: ColumnKind, values: &RowValues<'_>, row: usize, currencies: &RowValues<'_>) -> Option<RawCell> {
    match kind {
        ColumnKind::Amount => {
            let currency = currencies.text(row).and_then(|code| Currency::parse(code).ok())?;
            let amount = format_minor(values.integer(row)?, currency.exponent());
            Some(RawCell::Text(amount))
        }
        ColumnKind::Integer => values.integer(row).map(RawCell::Integer),
        ColumnKind::Number => values.number(row).map(RawCell::Number),
        ColumnKind::Id | ColumnKind::Text | ColumnKind::Date | ColumnKind::Currency => {
            (!values.is_null(row)).then(|| RawCell::Text(values.shown(row)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{RawCell, raw_rows};
    use crate::history::{Cell, Table, TableBuilder};

    /// The cells of one row as text, by name.
    fn shown(table: Table, cells: &[(&str, &str)]) -> Vec<String> {
        let mut builder = TableBuilder::new(table);
        let mut slots = vec![Cell::Absent; builder.slots()];
        for (name, text) in cells {
            slots[TableBuilder::slot(table, name).unwrap()] = Cell::Text(text);
        }
        builder.push(1, &slots).unwrap();
        let rows = raw_rows(table, &builder.finish().unwrap().frame, 7).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].place, 7);
        rows[0]
            .cells
            .iter()
            .map(|(name, cell)| match cell {
                RawCell::Text(text) => format!("{name}={text}"),
                RawCell::Integer(value) => format!("{name}={value} whole"),
                RawCell::Number(value) => format!("{name}={value} number"),
                other => format!("{name} is {other:?}"),
            })
            .collect()
    }

    #[test]
    fn amounts_are_written_in_the_decimals_of_their_currency() {
        for (currency, given, expected) in [
            ("EUR", "12.5", "amount=12.50"),
            ("JPY", "12", "amount=12"),
            ("KWD", "-0.005", "amount=-0.005"),
        ] {
            let cells = shown(
                Table::Payments,
                &[
                    ("payment_id", "P1"),
                    ("invoice_id", "I1"),
                    ("paid_date", "2025-03-12"),
                    ("amount", given),
                    ("currency", currency),
                ],
            );
            let currency = format!("currency={currency}");
            assert_eq!(
                cells,
                [
                    "payment_id=P1",
                    "invoice_id=I1",
                    "paid_date=2025-03-12",
                    expected,
                    currency.as_str(),
                    "recorded_at=2025-03-12",
                ]
            );
        }
    }

    #[test]
    fn whole_numbers_and_numbers_keep_their_kind_and_absent_cells_are_left_out() {
        let cells = shown(
            Table::Actions,
            &[
                ("action_id", "A1"),
                ("customer_id", "C1"),
                ("action_type", "call"),
                ("sent_on", "2025-03-12"),
                ("level", "2"),
                ("propensity", "0.25"),
            ],
        );
        assert_eq!(
            cells,
            [
                "action_id=A1",
                "customer_id=C1",
                "action_type=call",
                "sent_on=2025-03-12",
                "level=2 whole",
                "propensity=0.25 number",
                "recorded_at=2025-03-12",
            ]
        );
    }
}
