//! Receipts that are done with, for those that undo them.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Currency, Date};

use super::decision::{Allocation, Decision};
use super::receipt::Receipt;

/// What banks write where the payer gave no reference of its own.
const NO_TRACE: &str = "NOTPROVIDED";

/// A receipt that is done with.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) value_date: Date,
    pub(super) currency: Currency,
    pub(super) amount_minor: i64,
    /// Who paid, by number, if that is known.
    pub(super) customer: Option<usize>,
    /// What is allocated of it, and was not undone.
    pub(super) allocations: Vec<Allocation>,
    pub(super) in_ledger_minor: i64,
    pub(super) is_undone: bool,
}

impl Past {
    /// Whether nothing is left to be done about it: a receipt of which nothing is allocated may find its invoice yet.
    pub(super) fn is_done(&self) -> bool {
        let is_untouched = self.allocations.is_empty() && self.in_ledger_minor == 0 && !self.is_undone;
        !is_untouched || self.amount_minor <= 0
    }
}

/// By what a receipt is found that another undoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Trace<'k> {
    /// The payer's own reference.
    Reference(&'k str),
    Account(&'k str),
}

/// A trace with the currency and amount that is undone.
type TraceKey<'k> = (Trace<'k>, Currency, i64);

/// Receipts by their place among the ids of the ledger and of the import.
#[derive(Debug)]
pub(super) struct PastReceipts<'k> {
    /// All ids there can be, sorted.
    ids: Vec<&'k str>,
    /// Those that are done with.
    receipts: Vec<Option<Past>>,
    /// For every trace that something of the import undoes, the receipts that have it, by value date and place.
    traced: BTreeMap<TraceKey<'k>, BTreeSet<(Date, usize)>>,
}

impl<'k> PastReceipts<'k> {
    /// Makes room for the receipts of the ledger, whose ids these are, and of an import.
    pub(super) fn of(ids: impl Iterator<Item = &'k str>, import: &[Receipt<'k>]) -> Self {
        let mut ids: Vec<&'k str> = ids.chain(import.iter().map(|receipt| receipt.id)).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut traced = BTreeMap::new();
        for receipt in import {
            if receipt.amount_minor < 0 && receipt.reversal_of.is_none() {
                let undone = receipt.amount_minor.saturating_neg();
                let keys = keys_of(
                    receipt.end_to_end_id,
                    receipt.payer_account,
                    receipt.currency,
                    undone,
                );
                traced.extend(keys.into_iter().flatten().map(|key| (key, BTreeSet::new())));
            }
        }
        Self {
            receipts: ids.iter().map(|_| None).collect(),
            ids,
            traced,
        }
    }

    /// Notes a receipt with the payer's own reference and account.
    pub(super) fn add(
        &mut self,
        place: usize,
        reference: Option<&'k str>,
        account: Option<&'k str>,
        past: Past,
    ) {
        if !self.traced.is_empty() {
            let keys = keys_of(reference, account, past.currency, past.amount_minor);
            for key in keys.into_iter().flatten() {
                if let Some(receipts) = self.traced.get_mut(&key) {
                    receipts.insert((past.value_date, place));
                }
            }
        }
        if let Some(slot) = self.receipts.get_mut(place) {
            *slot = Some(past);
        }
    }

    /// Returns the place of an id.
    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    pub(super) fn get(&self, place: usize) -> Option<&Past> {
        self.receipts.get(place).and_then(Option::as_ref)
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Past> {
        self.receipts.get_mut(place).and_then(Option::as_mut)
    }

    /// Undoes exactly what the receipt had allocated that this one takes back.
    pub(super) fn undo(&mut self, receipt: &Receipt<'k>) -> Decision {
        let Some(place) = self.undone_by(receipt) else {
            return Decision::default();
        };
        let id = self.ids.get(place).map(|id| (*id).to_owned());
        let Some(past) = self.get_mut(place) else {
            return Decision::default();
        };
        past.is_undone = true;
        let mut rest = receipt.amount_minor.saturating_neg();
        let mut decision = Decision {
            customer: past.customer,
            reversal_of: id,
            ..Decision::default()
        };
        // Where less comes back than was allocated, the last allocation goes first.
        for allocation in past.allocations.iter_mut().rev() {
            let minor = allocation.minor.min(rest).max(0);
            if minor == 0 {
                continue;
            }
            rest = rest.saturating_sub(minor);
            allocation.minor = allocation.minor.saturating_sub(minor);
            decision.allocations.push(Allocation {
                minor: minor.saturating_neg(),
                ..*allocation
            });
        }
        decision
    }

    /// Returns the receipt that is undone: the one that is named, else the last of the same trace and amount.
    fn undone_by(&mut self, receipt: &Receipt<'k>) -> Option<usize> {
        if let Some(id) = receipt.reversal_of {
            let place = self.place(id)?;
            let past = self.get(place)?;
            let is_it = !past.is_undone
                && past.amount_minor > 0
                && past.currency == receipt.currency
                && past.value_date <= receipt.value_date;
            return is_it.then_some(place);
        }
        let undone = receipt.amount_minor.saturating_neg();
        let keys = keys_of(
            receipt.end_to_end_id,
            receipt.payer_account,
            receipt.currency,
            undone,
        );
        keys.into_iter()
            .flatten()
            .find_map(|key| self.last_of(&key, receipt.value_date))
    }

    /// Returns the last receipt of a trace up to a day that is not undone; those that are, are never looked at again.
    fn last_of(&mut self, key: &TraceKey<'k>, by: Date) -> Option<usize> {
        let receipts = self.traced.get_mut(key)?;
        loop {
            let last = receipts.range(..=(by, usize::MAX)).next_back().copied()?;
            let past = self.receipts.get(last.1).and_then(Option::as_ref);
            if past.is_some_and(|past| !past.is_undone) {
                return Some(last.1);
            }
            receipts.remove(&last);
        }
    }
}

/// Returns the keys under which a receipt is found again, the better first.
fn keys_of<'k>(
    reference: Option<&'k str>,
    account: Option<&'k str>,
    currency: Currency,
    minor: i64,
) -> [Option<TraceKey<'k>>; 2] {
    let reference = reference.filter(|text| *text != NO_TRACE).map(Trace::Reference);
    let account = account.filter(|text| *text != NO_TRACE).map(Trace::Account);
    [reference, account].map(|trace| trace.map(|trace| (trace, currency, minor)))
}
