//! Which part of a ledger a row belongs to.

use std::hash::{DefaultHasher, Hasher};

use polars::prelude::DataFrame;

use crate::history::Error;
use crate::history::row_values::RowValues;
use crate::history::schema::Table;

/// Divides rows by the invoice they belong to; those without one by their own key.
pub(super) fn by_invoice(table: Table, frame: &DataFrame, parts: usize) -> Result<Vec<usize>, Error> {
    divided(frame, &["invoice_id"], table.key(), parts)
}

/// Divides rows by their own key.
pub(super) fn by_key(table: Table, frame: &DataFrame, parts: usize) -> Result<Vec<usize>, Error> {
    divided(frame, table.key(), table.key(), parts)
}

/// Divides payments by the receipt they name.
pub(super) fn by_receipt(payments: &DataFrame, parts: usize) -> Result<Vec<usize>, Error> {
    divided(payments, Table::Receipts.key(), Table::Receipts.key(), parts)
}

/// Divides rows by the cells of some columns, or of others where these have no value.
fn divided(frame: &DataFrame, by: &[&str], otherwise: &[&str], parts: usize) -> Result<Vec<usize>, Error> {
    let (by, otherwise) = (values(frame, by)?, values(frame, otherwise)?);
    let mut bytes = Vec::new();
    let mut divided = Vec::with_capacity(frame.height());
    for row in 0..frame.height() {
        let is_empty = by.iter().all(|values| values.is_null(row));
        bytes.clear();
        // Not the hash of keys that are compared in memory: that depends on whether a column has any value at all.
        for values in if is_empty { &otherwise } else { &by } {
            values.write_bytes(row, &mut bytes);
        }
        divided.push(part_of(&bytes, parts));
    }
    Ok(divided)
}

fn values<'f>(frame: &'f DataFrame, columns: &[&str]) -> Result<Vec<RowValues<'f>>, Error> {
    columns.iter().map(|name| RowValues::of(frame, name)).collect()
}

fn part_of(bytes: &[u8], parts: usize) -> usize {
    // Its seed is fixed.
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    let parts = u64::try_from(parts).unwrap_or(u64::MAX).max(1);
    usize::try_from(hasher.finish() % parts).expect("a part has a number below that of the parts")
}

#[cfg(test)]
mod tests {
    use polars::prelude::Column;

    use super::*;

    fn frame(ids: &[&str], invoices: &[Option<&str>]) -> DataFrame {
        let columns = vec![
            Column::new("payment_id".into(), ids),
            Column::new("invoice_id".into(), invoices),
        ];
        DataFrame::new(ids.len(), columns).unwrap()
    }

    #[test]
    fn rows_of_one_invoice_share_a_part_and_those_without_one_go_by_their_key() {
        let payments = frame(&["P1", "P2", "P3"], &[Some("I1"), Some("I1"), None]);
        let without = frame(&["P3"], &[None]);
        let parts = by_invoice(Table::Payments, &payments, 1 << 20).unwrap();
        assert_eq!(parts[0], parts[1]);
        assert_ne!(parts[0], parts[2]);
        // Whether the column has a value in any other row makes no difference.
        assert_eq!(
            by_invoice(Table::Payments, &without, 1 << 20).unwrap(),
            [parts[2]]
        );
        assert_eq!(by_key(Table::Payments, &payments, 1 << 20).unwrap()[2], parts[2]);
        let invoice = DataFrame::new(1, vec![Column::new("invoice_id".into(), ["I1"])]).unwrap();
        assert_eq!(
            by_invoice(Table::Invoices, &invoice, 1 << 20).unwrap(),
            [parts[0]]
        );
    }
}
