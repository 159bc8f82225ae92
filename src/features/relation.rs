//! The few relational helpers with which facts are collected.

use std::collections::BTreeMap;
use std::ops::Range;

use polars::prelude::*;

use crate::domain::calendar::BusinessCalendar;
use crate::domain::date::{day_number, from_day_number};
use crate::features::Error;
use crate::features::facts::CustomerFacts;
use crate::history::{Snapshot, schema::Table};

/// Restricts a table to customers with ids in `range`; sorted Parquet prunes row groups by it.
pub(crate) fn bucket(table: LazyFrame, range: Option<(&str, &str)>) -> LazyFrame {
    match range {
        None => table,
        Some((first, last)) => table.filter(
            col("customer_id")
                .gt_eq(lit(first.to_owned()))
                .and(col("customer_id").lt_eq(lit(last.to_owned()))),
        ),
    }
}

/// A date column as its day number.
pub(crate) fn day(column: &str) -> Expr {
    col(column).cast(DataType::Int32)
}

/// Collects `table` sorted by `keys`, in one chunk a column.
pub(crate) fn sorted(snapshot: &Snapshot, table: LazyFrame, keys: &[&str]) -> Result<DataFrame, Error> {
    let keys: Vec<PlSmallStr> = keys.iter().map(|key| (*key).into()).collect();
    let sorted = table.sort(keys, SortMultipleOptions::default().with_maintain_order(true));
    let mut frame = snapshot.collect(sorted)?;
    frame.rechunk_mut();
    Ok(frame)
}

/// Calls `read` with each customer and the rows of `frame` (sorted by customer) that are theirs.
fn for_customers(
    customers: &mut [CustomerFacts],
    frame: &DataFrame,
    mut read: impl FnMut(&mut CustomerFacts, Range<usize>) -> Result<(), Error>,
) -> Result<(), Error> {
    let ids = frame.column("customer_id")?.str()?;
    let mut row = 0;
    for customer in customers {
        while row < frame.height() && ids.get(row).is_none_or(|id| id < customer.id.as_str()) {
            row += 1;
        }
        let start = row;
        while row < frame.height() && ids.get(row) == Some(customer.id.as_str()) {
            row += 1;
        }
        read(customer, start..row)?;
    }
    Ok(())
}

/// Collects what `read` makes of each row of `frame` (sorted by customer) and tells `place` which are a customer's.
pub(crate) fn gather<T>(
    customers: &mut [CustomerFacts],
    frame: &DataFrame,
    mut read: impl FnMut(&CustomerFacts, usize) -> Result<Option<T>, Error>,
    mut place: impl FnMut(&mut CustomerFacts, Range<usize>),
) -> Result<Vec<T>, Error> {
    let mut facts = Vec::with_capacity(frame.height());
    for_customers(customers, frame, |customer, rows| {
        let start = facts.len();
        for row in rows {
            facts.extend(read(customer, row)?);
        }
        place(customer, start..facts.len());
        Ok(())
    })?;
    Ok(facts)
}

/// Position of an invoice id among one customer's invoices, which are sorted by id.
pub(crate) fn find(ids: &StringChunked, invoices: &Range<usize>, id: Option<&str>) -> Option<usize> {
    let id = id?;
    let (mut low, mut high) = (invoices.start, invoices.end);
    while low < high {
        let middle = low + (high - low) / 2;
        match ids.get(middle).cmp(&Some(id)) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Equal => return Some(middle),
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

/// The value of a column that is never null.
pub(crate) fn required(column: &Int32Chunked, row: usize) -> Result<i32, Error> {
    column.get(row).ok_or(Error::Null { column: "date" })
}

/// Country of each customer that has one.
pub(crate) fn countries(
    snapshot: &Snapshot,
    range: Option<(&str, &str)>,
) -> Result<BTreeMap<String, String>, Error> {
    let mut countries = BTreeMap::new();
    if snapshot.is_bare(Table::Customers) {
        return Ok(countries);
    }
    let table = bucket(snapshot.table(Table::Customers), range);
    let frame = snapshot.collect(
        table
            .select([col("customer_id"), col("country")])
            .filter(col("country").is_not_null()),
    )?;
    let (id, country) = (
        frame.column("customer_id")?.str()?,
        frame.column("country")?.str()?,
    );
    for row in 0..frame.height() {
        if let (Some(id), Some(country)) = (id.get(row), country.get(row)) {
            countries.insert(id.to_owned(), country.to_owned());
        }
    }
    Ok(countries)
}

/// Rolls a day number to the calendar's next business day.
pub(crate) fn rolled(calendar: &BusinessCalendar, day: i32) -> i32 {
    day_number(calendar.roll_forward(from_day_number(day)))
}
