//! Columns of a ledger's frames as plain values.

use duecast::domain::Date;
use duecast::domain::date::from_day_number;
use polars::prelude::DataFrame;

/// The texts of a column; an absent one is empty.
pub(crate) fn texts(frame: &DataFrame, column: &str) -> Vec<String> {
    let column = frame.column(column).unwrap().str().unwrap();
    (0..frame.height())
        .map(|row| column.get(row).unwrap_or_default().to_owned())
        .collect()
}

/// The days of a column.
pub(crate) fn days(frame: &DataFrame, column: &str) -> Vec<Option<Date>> {
    let column = frame.column(column).unwrap().date().unwrap().physical();
    (0..frame.height())
        .map(|row| column.get(row).map(from_day_number))
        .collect()
}
