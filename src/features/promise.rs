//! Promises to pay: what each covers, and whether it was kept.
//!
//! A promise that names an invoice covers it; one that names none covers the account, that is, the
//! invoices that were known when it was given. It is judged by the cash known at the end of the
//! promised date and its days of grace, never later: what the judgement was then, it stays.

use std::collections::{BTreeMap, BTreeSet};

use crate::features::facts::{CustomerFacts, Facts, PromiseFact};
use crate::features::raw::RawRow;

/// A promise that waits for its date.
#[derive(Debug, Clone, Copy)]
struct Given {
    needed_minor: i64,
    cash_before_minor: i64,
}

/// The promises of one customer so far, by their index in the facts.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    given: BTreeMap<usize, Given>,
    kept: BTreeSet<usize>,
}

impl Promises {
    /// Takes note of a promise of `needed_minor`, and of the cash that had come in before it.
    ///
    /// A promise when nothing is open promises nothing, and is never judged.
    pub(crate) fn give(&mut self, promise: usize, needed_minor: i64, cash_before_minor: i64) {
        if needed_minor > 0 {
            self.given.insert(
                promise,
                Given {
                    needed_minor,
                    cash_before_minor,
                },
            );
        }
    }

    /// Returns whether a promise was kept by the cash that has come in by its last day.
    pub(crate) fn judge(&mut self, promise: usize, cash_minor: i64) -> Option<bool> {
        let given = self.given.remove(&promise)?;
        let is_kept = cash_minor - given.cash_before_minor >= given.needed_minor;
        if is_kept {
            self.kept.insert(promise);
        }
        Some(is_kept)
    }

    /// Fills the columns of the latest promise that covers an open invoice; a kept one covers nothing more.
    pub(crate) fn fill(
        &self,
        row: &mut RawRow,
        facts: &Facts,
        customer: &CustomerFacts,
        invoice: usize,
        cutoff: i32,
    ) {
        let known_day = facts.invoices[invoice].known_day;
        let latest = customer
            .promises
            .clone()
            .map(|index| (index, facts.promises[index]))
            .rfind(|(_, promise)| promise.known_day <= cutoff && promise.covers(invoice, known_day))
            .filter(|(index, _)| !self.kept.contains(index));
        if let Some((_, promise)) = latest {
            row.has_promise = 1.0;
            row.days_past_promise = f64::from(cutoff - promise.promised_day);
        }
    }
}

impl PromiseFact {
    /// Returns whether it is about `invoice`, which was known from `invoice_known_day` on.
    fn covers(&self, invoice: usize, invoice_known_day: i32) -> bool {
        match self.invoice {
            Some(named) => named == invoice,
            None => invoice_known_day <= self.known_day,
        }
    }
}
