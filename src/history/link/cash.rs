//! Cash application: receipts at the bank, matched to the open invoices of the ledger.
//!
//! Evidence, in this order: a creditor reference; documents the payer lists, with amounts; invoice numbers in free
//! text; the payer (by the account it paid from before, else by name) with the amount of one invoice, less a usual
//! discount if need be, or of a sum of some. Each allocation says how likely it is right; below
//! [a threshold](confidence) nothing is allocated. Every receipt is kept: what is not allocated is unapplied cash.
//!
//! - Receipts are taken by value date and id, whatever their order in the files. Amounts are whole minor units.
//! - An invoice never takes more than it owes, nor a receipt gives more than it has: an invoice that is settled takes
//!   nothing, so that an import repeated counts nothing twice.
//! - An invoice that a later receipt names is not guessed for one that names nothing.
//! - What undoes a receipt takes back what that receipt had allocated.
//! - The ledger's own allocations go before those made here, see [`precedence`]; a receipt that the ledger has as a
//!   payment already, or as several, is told so (`in_ledger`) instead of being allocated again, see [`posted`]: first
//!   by payments on the invoices that it names, then, where what it names decides nothing, by those of the payer.
//!
//! The work is that of a few look-ups a receipt, and searches for sums that are bounded each: invoices are found by
//! number, by due date and by what is open, payments of the ledger by amount, day and invoice.

mod batch;
mod book;
mod case;
mod confidence;
mod decide;
mod decision;
mod desk;
mod keys;
mod mention;
mod naming;
mod past;
mod payer;
mod paying;
mod posted;
mod precedence;
mod receipt;
mod reference;
mod rows;
mod subset;
mod token;
mod words;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Known, Linked, Linker, Origin, Record, RecordKind};
use crate::domain::{Currency, format_minor};

use case::Case;
use decision::{Decision, Evidence};
use desk::{Desk, EVIDENCE};
use receipt::Receipt;

/// How often receipts that were left are looked at once more. One pass follows every chain of receipts that help each
/// other forwards in time, so that only chains that run backwards need more; what is left then waits for the next
/// import.
const PASSES_MAX: usize = 8;

/// The linker of receipts at the bank.
#[derive(Debug)]
pub(super) struct Cash;

impl Linker for Cash {
    fn name(&self) -> &'static str {
        "cash"
    }

    fn kinds(&self) -> &'static [RecordKind] {
        receipt::KINDS
    }

    fn reads_ledger(&self) -> bool {
        true
    }

    fn link(&self, records: &[Record], known: &Known) -> Linked {
        let mut linked = Linked::default();
        let read = receipt::read(records, &mut linked);
        let count = read.len();
        let receipts = batch::told_once(read, known);
        let told = count.saturating_sub(receipts.len());
        linked.passed_over += u64::try_from(told).unwrap_or(u64::MAX);
        let given_way = precedence::give_way(known, &origin_of(records));
        if !given_way.is_empty() {
            linked.notes.push(format!(
                "{} matches give way to payments that the ledger has of its own",
                given_way.len()
            ));
        }
        linked.rows.extend(given_way);
        let last_day = rows::last_day(&receipts);
        let mut desk = Desk::of(known, &receipts);
        let cases = desk.cases(receipts);
        let claims = desk.claims(&cases);
        let mut applied = Vec::with_capacity(cases.len());
        for case in &cases {
            if desk.is_done(case) {
                linked.passed_over += 1;
                continue;
            }
            let is_known = desk.is_known(case);
            let decision = desk.apply(case, &claims);
            applied.push(Applied {
                case,
                is_known,
                is_late: is_known,
                changes: desk.changes(),
                decision,
            });
        }
        for _ in 0..PASSES_MAX {
            if !try_again(&mut desk, &claims, &mut applied) {
                break;
            }
        }
        let mut tally = Tally::default();
        linked.rows.reserve(applied.len());
        for one in &applied {
            let receipt = &one.case.receipt;
            if !one.is_known {
                linked.rows.push(rows::of_receipt(receipt, &one.decision, &desk));
            }
            let found_on = last_day.filter(|_| one.is_late);
            linked
                .rows
                .extend(rows::of_allocations(receipt, &one.decision, &desk, found_on));
            tally.add(receipt, &one.decision);
        }
        linked.notes.extend(tally.notes());
        linked
    }
}

/// A receipt with what was decided about it.
struct Applied<'c, 'k> {
    case: &'c Case<'k>,
    /// Whether the ledger had it before.
    is_known: bool,
    /// Whether what it pays was found only with the help of others.
    is_late: bool,
    /// What the desk had changed when it was decided.
    changes: u64,
    decision: Decision,
}

/// Decides again about receipts that were left: what others have paid since may leave only one invoice that can be
/// meant, or tell whose the account is. Says whether anything was found, so that a statement that is imported again
/// finds nothing that the first time did not.
fn try_again<'k>(desk: &mut Desk<'k>, claims: &[Option<usize>], applied: &mut [Applied<'_, 'k>]) -> bool {
    let mut is_found = false;
    for one in applied {
        let is_left = one.case.receipt.amount_minor > 0 && !desk.is_done(one.case);
        // Where nothing has changed, nothing else comes of it.
        if !is_left || one.changes == desk.changes() {
            continue;
        }
        one.decision = desk.apply(one.case, claims);
        one.changes = desk.changes();
        one.is_late = true;
        is_found |= desk.is_done(one.case);
    }
    is_found
}

/// What rows come from that no record is behind.
fn origin_of(records: &[Record]) -> Origin {
    let first = records.first().map(Record::origin);
    first.unwrap_or_else(|| Origin {
        file: Arc::from("ledger"),
        line: 0,
    })
}

/// What became of the receipts, for people.
#[derive(Debug, Default)]
struct Tally {
    receipts: u64,
    undone: u64,
    in_ledger: u64,
    by_evidence: BTreeMap<Evidence, u64>,
    /// Receipts with a rest and the sum of the rests.
    unapplied: BTreeMap<Currency, (u64, i64)>,
}

impl Tally {
    fn add(&mut self, receipt: &Receipt<'_>, decision: &Decision) {
        self.receipts += 1;
        if let Some(evidence) = decision.evidence {
            *self.by_evidence.entry(evidence).or_default() += 1;
        }
        self.undone += u64::from(decision.reversal_of.is_some());
        self.in_ledger += u64::from(decision.in_ledger_minor > 0);
        let allocated = decision::total(decision.allocations.iter().map(|allocation| allocation.minor));
        let rest = receipt
            .amount_minor
            .saturating_sub(allocated)
            .saturating_sub(decision.in_ledger_minor);
        if rest != 0 {
            let unapplied = self.unapplied.entry(receipt.currency).or_default();
            unapplied.0 += 1;
            unapplied.1 = unapplied.1.saturating_add(rest);
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for evidence in EVIDENCE {
            if let Some(count) = self.by_evidence.get(&evidence) {
                notes.push(format!(
                    "{count} of {} receipts allocated {}",
                    self.receipts,
                    evidence.words()
                ));
            }
        }
        if self.undone > 0 {
            notes.push(format!("{} receipts undo another", self.undone));
        }
        if self.in_ledger > 0 {
            notes.push(format!(
                "{} receipts are payments that the ledger has already",
                self.in_ledger
            ));
        }
        for (currency, (count, minor)) in &self.unapplied {
            let sum = format_minor(*minor, currency.exponent());
            notes.push(format!(
                "{count} receipts are not allocated, or not wholly: {sum} {currency} unapplied"
            ));
        }
        notes
    }
}
