//! The few relational helpers with which facts are collected.

use std::ops::Range;

use polars::prelude::*;

use crate::domain::calendar::BusinessCalendar;
use crate::domain::date::{day_number, from_day_number};
use crate::features::Error;
use crate::features::facts::CustomerFacts;
use crate::history::{Keep, Snapshot, schema::Table};

/// What is read of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) table: Table,
    pub(crate) keep: Keep,
    pub(crate) columns: &'a [&'static str],
    /// Those of the columns that are dates, and read as day numbers.
    pub(crate) days: &'a [&'static str],
    /// What it is sorted by.
    pub(crate) keys: &'a [&'static str],
}

impl Wanted<'_> {
    /// Reads the rows of the customers in `range`, sorted, in one chunk a column.
    pub(crate) fn sorted(
        &self,
        snapshot: &Snapshot,
        range: Option<(&str, &str)>,
    ) -> Result<DataFrame, Error> {
        if range.is_none() && snapshot.is_small(&[self.table]) {
            self.looked_up(snapshot)
        } else {
            self.queried(snapshot, range)
        }
    }

    /// Without a query: a small table is sorted in less time than one is planned.
    fn looked_up(&self, snapshot: &Snapshot) -> Result<DataFrame, Error> {
        let mut frame = snapshot.rows(self.table, self.columns, self.keep)?;
        for name in self.days {
            let days = frame.column(name)?.cast(&DataType::Int32)?;
            frame.with_column(days)?;
        }
        let stable = SortMultipleOptions::default().with_maintain_order(true);
        frame.sort_in_place(self.keys, stable.with_multithreaded(false))?;
        frame.rechunk_mut();
        Ok(frame)
    }

    fn queried(&self, snapshot: &Snapshot, range: Option<(&str, &str)>) -> Result<DataFrame, Error> {
        let known = snapshot.table(self.table);
        let kept = match self.keep.condition() {
            Some(condition) => known.filter(condition),
            None => known,
        };
        let columns: Vec<Expr> = self
            .columns
            .iter()
            .map(|name| {
                if self.days.contains(name) {
                    day(name)
                } else {
                    col(*name)
                }
            })
            .collect();
        sorted(snapshot, bucket(kept, range).select(columns), self.keys)
    }
}

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

/// Rolls a day number to the calendar's next business day.
pub(crate) fn rolled(calendar: &BusinessCalendar, day: i32) -> i32 {
    day_number(calendar.roll_forward(from_day_number(day)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert, proptest};

    use super::Wanted;
    use crate::history::small_ledger::{cutoffs, history, seeds};
    use crate::history::{Keep, Table};

    const CONTACTS: Keep = Keep::Other {
        column: "action_type",
        than: "wait",
    };

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_small_table_is_sorted_as_a_query_sorts_it(seeds in seeds()) {
            let history = history(&seeds);
            for (table, keep, day) in [
                (Table::Invoices, Keep::All, "due_date"),
                (Table::Payments, Keep::All, "paid_date"),
                (Table::Disputes, Keep::All, "resolved_on"),
                (Table::Promises, Keep::All, "promised_date"),
                (Table::Actions, CONTACTS, "sent_on"),
            ] {
                let wanted = Wanted {
                    table,
                    keep,
                    columns: &["customer_id", "invoice_id", "known_on", day],
                    days: &["known_on", day],
                    keys: &["customer_id", day, "invoice_id"],
                };
                for cutoff in cutoffs() {
                    let snapshot = history.as_of(cutoff);
                    let found = wanted.looked_up(&snapshot).unwrap();
                    let queried = wanted.queried(&snapshot, None).unwrap();
                    let is_same = found.equals_missing(&queried) && found.schema() == queried.schema();
                    prop_assert!(is_same, "{table} on {cutoff}: {found:?} {queried:?}");
                }
            }
        }
    }
}
