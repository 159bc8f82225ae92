//! Receipts that are done with, for those that undo them.

use std::collections::BTreeMap;

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

/// Receipts by id, and by what a receipt is found that another undoes.
#[derive(Debug, Default)]
pub(super) struct PastReceipts {
    by_id: BTreeMap<String, Past>,
    /// Ids by reference or account and amount, in the order they came.
    traces: BTreeMap<(String, i64), Vec<String>>,
}

impl PastReceipts {
    /// Notes a receipt; `traces` are the payer's own reference and account.
    pub(super) fn add(&mut self, id: &str, traces: [Option<&str>; 2], past: Past) {
        for key in keys_of(traces, past.amount_minor) {
            self.traces.entry(key).or_default().push(id.to_owned());
        }
        self.by_id.insert(id.to_owned(), past);
    }

    pub(super) fn get(&self, id: &str) -> Option<&Past> {
        self.by_id.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Past> {
        self.by_id.get_mut(id)
    }

    /// Undoes exactly what the receipt had allocated that this one takes back.
    pub(super) fn undo(&mut self, receipt: &Receipt<'_>) -> Decision {
        let Some(id) = self.undone_by(receipt) else {
            return Decision::default();
        };
        let Some(past) = self.by_id.get_mut(&id) else {
            return Decision::default();
        };
        past.is_undone = true;
        let mut rest = receipt.amount_minor.saturating_neg();
        let mut decision = Decision {
            customer: past.customer,
            reversal_of: Some(id),
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

    /// Returns the id of the receipt that is undone: the one that is named, else the last of the same trace and amount.
    fn undone_by(&self, receipt: &Receipt<'_>) -> Option<String> {
        let is_it = |id: &str| {
            self.by_id.get(id).is_some_and(|past| {
                !past.is_undone
                    && past.amount_minor > 0
                    && past.currency == receipt.currency
                    && past.value_date <= receipt.value_date
            })
        };
        if let Some(id) = receipt.text("reversal_of") {
            return is_it(id).then(|| id.to_owned());
        }
        let traces = [receipt.text("end_to_end_id"), receipt.text("payer_account")];
        let wanted = receipt.amount_minor.saturating_neg();
        keys_of(traces, wanted).into_iter().find_map(|key| {
            let ids = self.traces.get(&key)?;
            ids.iter().rev().find(|id| is_it(id)).cloned()
        })
    }
}

/// Returns the keys under which a receipt is found again, the better first.
fn keys_of(traces: [Option<&str>; 2], minor: i64) -> Vec<(String, i64)> {
    let named = ["reference", "account"].into_iter().zip(traces);
    named
        .filter_map(|(kind, trace)| {
            let trace = trace.filter(|trace| *trace != NO_TRACE)?;
            Some((format!("{kind} {trace}"), minor))
        })
        .collect()
}
