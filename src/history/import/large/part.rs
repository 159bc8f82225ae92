//! A part of a table, taken back from disk.

use polars::prelude::{DataFrame, SortMultipleOptions};

use super::chunks::{FILE, FileNames, LINE, PLACE};
use crate::history::Error;
use crate::history::builder::TableBuilder;
use crate::history::origin::Origins;
use crate::history::row_values::RowValues;
use crate::history::schema::Table;
use crate::history::validate::stages::Rows;

/// Returns the rows of a part as they were read: in their order, each with its file and line, the ledger's own first.
pub(super) fn rows_of(
    table: Table,
    frame: Option<DataFrame>,
    own_rows: u64,
    files: &FileNames,
) -> Result<Rows, Error> {
    let Some(frame) = frame else {
        return Ok(Rows {
            table,
            frame: TableBuilder::new(table).finish()?.frame,
            origins: Origins::default(),
            own_rows: 0,
        });
    };
    let frame = in_order(frame)?;
    let is_own = |place: &i64| u64::try_from(*place).is_ok_and(|place| place < own_rows);
    let own_rows = numbers(&frame, PLACE)?.partition_point(is_own);
    let mut origins = Origins::default();
    let mut file_at_hand = None;
    for (file, line) in numbers(&frame, FILE)?.into_iter().zip(numbers(&frame, LINE)?) {
        if file_at_hand != Some(file) {
            origins.start_file(files.name(file));
            file_at_hand = Some(file);
        }
        origins.push(u64::try_from(line).unwrap_or(0));
    }
    Ok(Rows {
        table,
        frame,
        origins,
        own_rows,
    })
}

/// Returns rows in the order in which they were read.
pub(super) fn in_order(frame: DataFrame) -> Result<DataFrame, Error> {
    if numbers(&frame, PLACE)?.is_sorted() {
        return Ok(frame);
    }
    frame
        .sort([PLACE], SortMultipleOptions::default())
        .map_err(|source| Error::polars("putting the rows of a part in order", source))
}

/// Returns the numbers that rows carry along.
pub(super) fn numbers(frame: &DataFrame, name: &str) -> Result<Vec<i64>, Error> {
    Ok(RowValues::of(frame, name)?.integers_or(frame.height(), 0))
}

/// Returns the keys of the first rows of a part.
pub(super) fn keys(table: Table, frame: &DataFrame, rows: usize) -> Result<DataFrame, Error> {
    frame
        .slice(0, rows)
        .select(table.key().iter().copied())
        .map_err(|source| Error::polars("taking the keys of a table", source))
}

#[cfg(test)]
mod tests {
    use polars::prelude::Column;

    use super::*;

    #[test]
    fn rows_that_come_back_in_another_order_are_read_in_their_own() {
        let mut files = FileNames::default();
        let (own, input) = (files.number("payments.csv"), files.number("in.csv"));
        let columns = vec![
            Column::new("payment_id".into(), ["P3", "P1", "P2"]),
            Column::new(PLACE.into(), [7_i64, 2, 5]),
            Column::new(FILE.into(), [input, own, input]),
            Column::new(LINE.into(), [3_i64, 4, 2]),
        ];
        let frame = DataFrame::new(3, columns).unwrap();
        let rows = rows_of(Table::Payments, Some(frame), 5, &files).unwrap();
        assert_eq!(rows.own_rows, 1);
        let found: Vec<(&str, u64)> = (0..3).map(|row| rows.origins.of(row)).collect();
        assert_eq!(found, [("payments.csv", 4), ("in.csv", 2), ("in.csv", 3)]);
        let ids = RowValues::of(&rows.frame, "payment_id").unwrap();
        assert_eq!(ids.text(2), Some("P3"));
    }
}
