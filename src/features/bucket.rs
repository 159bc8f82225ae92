//! The facts of a large book a range of customers at a time, so that memory is bounded.

use polars::prelude::*;

use crate::features::Error;
use crate::features::facts::Facts;
use crate::history::{Snapshot, schema::Table};

/// Invoices held in memory at once: about 500 bytes each with their settlements.
const INVOICES_PER_BUCKET: u64 = 300_000;

/// The facts of the whole book, a range of customers at a time, in the order of their ids.
pub(crate) fn buckets(snapshot: &Snapshot) -> Result<impl Iterator<Item = Result<Facts, Error>>, Error> {
    let ranges = ranges(snapshot)?;
    Ok(ranges.into_iter().map(move |range| {
        let range = range
            .as_ref()
            .map(|(first, last)| (first.as_str(), last.as_str()));
        Facts::collect(snapshot, range)
    }))
}

/// Ranges of customer ids with a bounded number of invoices each; one range over all for a small ledger, also for
/// one without an invoice.
fn ranges(snapshot: &Snapshot) -> Result<Vec<Option<(String, String)>>, Error> {
    let invoices = snapshot.table(Table::Invoices);
    let by_customer = snapshot.collect(
        invoices
            .group_by([col("customer_id")])
            .agg([len().cast(DataType::Int64).alias("invoices")])
            .sort(["customer_id"], SortMultipleOptions::default()),
    )?;
    let (ids, counts) = (
        by_customer.column("customer_id")?.str()?,
        by_customer.column("invoices")?.i64()?,
    );
    let mut ranges: Vec<Option<(String, String)>> = Vec::new();
    let (mut first, mut invoices) = (String::new(), 0);
    for row in 0..by_customer.height() {
        let id = ids.get(row).unwrap_or_default();
        if invoices == 0 {
            id.clone_into(&mut first);
        }
        invoices += counts.get(row).unwrap_or_default().unsigned_abs();
        if invoices >= INVOICES_PER_BUCKET || row + 1 == by_customer.height() {
            ranges.push(Some((first.clone(), id.to_owned())));
            invoices = 0;
        }
    }
    if ranges.len() <= 1 {
        Ok(vec![None])
    } else {
        Ok(ranges)
    }
}
