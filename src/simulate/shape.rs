//! Frames in the shape of the ledger's schema, with both clocks.

use polars::prelude::{Column, DataFrame, PlSmallStr, PolarsResult, Series};

use super::batch::{Batch, constant_date};
use crate::domain::Date;
use crate::domain::date::day_number;
use crate::history::schema::{KNOWN_ON, RECORDED_AT, Table, frame_columns};

/// Returns the rows of a table with both clocks last. Only payments are recorded late; every other fact is known on
/// its business day, and a customer from the beginning.
pub(crate) fn with_clocks(table: Table, batch: &Batch) -> PolarsResult<DataFrame> {
    let own = batch.frame()?;
    let height = own.height();
    let (recorded, known) = match (own.column(RECORDED_AT), table.business_date()) {
        (Ok(recorded), _) => (recorded.clone(), recorded.clone()),
        (Err(_), Some(business)) => {
            let day = own.column(business)?;
            (day.clone(), day.clone())
        }
        (Err(_), None) => {
            let always = Date::from_ymd_opt(1900, 1, 1).expect("1 January 1900 is a date");
            let known = constant_date(KNOWN_ON, day_number(always), height);
            (
                Series::full_null(PlSmallStr::from_static(RECORDED_AT), height, known.dtype()).into(),
                known,
            )
        }
    };
    let mut columns: Vec<Column> = own
        .columns()
        .iter()
        .filter(|column| column.name().as_str() != RECORDED_AT)
        .cloned()
        .collect();
    columns.push(recorded.with_name(PlSmallStr::from_static(RECORDED_AT)));
    columns.push(known.with_name(PlSmallStr::from_static(KNOWN_ON)));
    DataFrame::new(height, columns)
}

/// Returns a table with every column of the schema, in its order; without rows where nothing was simulated.
pub(crate) fn canonical(table: Table, batch: Option<&Batch>) -> PolarsResult<DataFrame> {
    let own = match batch {
        Some(batch) => with_clocks(table, batch)?,
        None => DataFrame::empty(),
    };
    let height = own.height();
    let columns: Vec<Column> = frame_columns(table)
        .into_iter()
        .map(|(name, dtype)| match own.column(name) {
            Ok(column) => column.clone(),
            Err(_) => Series::full_null(PlSmallStr::from_static(name), height, &dtype).into(),
        })
        .collect();
    DataFrame::new(height, columns)
}
