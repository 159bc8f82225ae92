//! Which receipts at the bank no payment allocates, counted while a ledger is surveyed.

use std::collections::BTreeMap;

use super::error::Error;
use super::keyed_rows::hash_text;
use super::schema::Table;
use super::survey_batch::{Batch, NO_AMOUNT, NO_CODE};

/// What is kept of a receipt.
#[derive(Debug)]
struct ReceiptFacts {
    id: u64,
    /// The receipt itself, or the one that it undoes: what was undone is not counted twice.
    root: u64,
    unapplied_minor: i64,
    code: u16,
}

/// Receipts and what was allocated of them.
#[derive(Debug, Default)]
pub(super) struct CashSurvey {
    receipts: Vec<ReceiptFacts>,
    /// Receipt and amount of each payment that names one.
    allocated: Vec<(u64, i64)>,
    /// Receipts that are settled and not wholly allocated.
    rests: Vec<ReceiptFacts>,
    /// Payments of receipts that are not there.
    strangers: u64,
}

/// What a survey of receipts found.
#[derive(Debug, Default)]
pub(super) struct CashFacts {
    /// Receipts with a rest and the sum of these rests, by the number of the currency.
    pub(super) unapplied: BTreeMap<u16, (u64, i64)>,
    /// Payments that name a receipt which is not there.
    pub(super) strangers: u64,
}

impl CashSurvey {
    /// Takes in a batch of receipts or payments; other tables say nothing of cash.
    pub(super) fn read(&mut self, table: Table, batch: &Batch<'_>) -> Result<(), Error> {
        if table == Table::Payments {
            let allocated = &mut self.allocated;
            batch.for_each_text("receipt_id", |row, id| {
                if let Some(id) = id {
                    allocated.push((hash_text(id), amount_or_zero(batch.amounts[row])));
                }
            })?;
        }
        if table != Table::Receipts {
            return Ok(());
        }
        let first = self.receipts.len();
        let receipts = &mut self.receipts;
        batch.for_each_text("receipt_id", |row, id| {
            let id = hash_text(id.unwrap_or(""));
            receipts.push(ReceiptFacts {
                id,
                root: id,
                unapplied_minor: amount_or_zero(batch.amounts[row]),
                code: batch.codes[row],
            });
        })?;
        batch.for_each_text("reversal_of", |row, of| {
            if let Some(of) = of {
                receipts[first + row].root = hash_text(of);
            }
        })?;
        let accounted = batch.integers("in_ledger_minor")?;
        for (receipt, minor) in receipts[first..].iter_mut().zip(accounted) {
            receipt.unapplied_minor = receipt.unapplied_minor.saturating_sub(amount_or_zero(minor));
        }
        Ok(())
    }

    /// Sets the payments read so far against the receipts read so far: no later one may belong to them.
    pub(super) fn settle(&mut self) {
        self.receipts.sort_by_key(|receipt| receipt.id);
        for (id, minor) in std::mem::take(&mut self.allocated) {
            match self.receipts.binary_search_by_key(&id, |receipt| receipt.id) {
                Ok(place) => {
                    let receipt = &mut self.receipts[place];
                    receipt.unapplied_minor = receipt.unapplied_minor.saturating_sub(minor);
                }
                Err(_) => self.strangers += 1,
            }
        }
        let receipts = std::mem::take(&mut self.receipts).into_iter();
        self.rests
            .extend(receipts.filter(|receipt| receipt.unapplied_minor != 0));
    }

    /// Adds up what is not allocated.
    pub(super) fn finish(mut self) -> CashFacts {
        self.settle();
        let mut facts = CashFacts {
            strangers: self.strangers,
            ..CashFacts::default()
        };
        self.rests.sort_by_key(|receipt| (receipt.root, receipt.code));
        let groups = self
            .rests
            .chunk_by(|left, right| (left.root, left.code) == (right.root, right.code));
        for group in groups {
            let rests = group.iter().map(|receipt| receipt.unapplied_minor);
            let rest = rests.fold(0_i64, i64::saturating_add);
            let code = group.first().map_or(NO_CODE, |receipt| receipt.code);
            if rest == 0 || code == NO_CODE {
                continue;
            }
            let total = facts.unapplied.entry(code).or_default();
            total.0 += 1;
            total.1 = total.1.saturating_add(rest);
        }
        facts
    }
}

fn amount_or_zero(minor: i64) -> i64 {
    if minor == NO_AMOUNT { 0 } else { minor }
}
