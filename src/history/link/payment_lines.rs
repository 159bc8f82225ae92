//! Payments whose lines name the invoices they were put against, without saying what of a line was cash.
//!
//! `QuickBooks` applies credits within a payment: a customer who owes 100 and has a credit of 30 pays 70, and the line
//! of the invoice says 100. The cash of a payment is its amount less what of it is unapplied. What the lines of its
//! invoices come to beyond that, credits paid, whatever kind of document they were: those parts are rows of
//! `credit_notes`, taken from the lines in their order, and the rest are rows of `payments`.
//!
//! The source keeps the last state of a payment only. Of several states the newest counts; what an earlier one said and
//! it does not (another invoice, a credit, all of a voided or deleted payment) ends on the day it was changed.

mod earlier;
mod fields;
mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::{Known, Linked, Linker, Record, RecordKind, void};

use earlier::Earlier;
use fields::{LINE, PAYMENT};
use state::{Head, Line, State};

/// Splits lines of payments into cash and credits.
#[derive(Debug)]
pub(crate) struct PaymentLines;

impl Linker for PaymentLines {
    fn name(&self) -> &'static str {
        "payment_lines"
    }

    fn kinds(&self) -> &'static [RecordKind] {
        fields::KINDS
    }

    /// What an earlier state of a payment became is in the ledger.
    fn reads_ledger(&self) -> bool {
        true
    }

    fn link(&self, records: &[Record], known: &Known) -> Linked {
        let mut linked = Linked::default();
        let mut payments: BTreeMap<&str, State<'_>> = BTreeMap::new();
        for record in records {
            if record.kind().name == LINE {
                match Line::read(record) {
                    Ok(line) => {
                        let state = payments.entry(line.payment_id).or_default();
                        linked.passed_over += state.take_line(line);
                    }
                    Err(fault) => {
                        if let Some(id) = record.text("payment_id") {
                            payments.entry(id).or_default().is_faulty = true;
                        }
                        linked.faults.push(fault);
                    }
                }
            } else if record.kind().name == PAYMENT {
                match Head::read(record) {
                    Ok(head) => {
                        let state = payments.entry(head.payment_id).or_default();
                        linked.passed_over += state.take_head(head);
                    }
                    Err(fault) => linked.faults.push(fault),
                }
            } else {
                void::take(record, known, &mut linked);
            }
        }
        let earlier = Earlier::of(known);
        let mut credited = 0_u64;
        for (id, state) in &payments {
            let first = linked.rows.len();
            credited += state.rows(&mut linked.rows);
            earlier.end(id, state, first, &mut linked);
        }
        if credited > 0 {
            linked.notes.push(format!(
                "{credited} lines of payments come to more than the cash of their payment; the rest are credits, \
                 taken from the first lines"
            ));
        }
        linked
    }
}
