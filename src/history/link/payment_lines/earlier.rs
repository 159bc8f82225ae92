//! What earlier states of payments became in the ledger.

use std::collections::{BTreeMap, BTreeSet};

use super::state::State;
use crate::history::link::{Known, KnownCredit, Linked, Void};
use crate::history::schema::Table;

/// Rows of the ledger by the payment they are of.
pub(super) struct Earlier<'a> {
    rows: BTreeMap<&'a str, Vec<(Table, &'a str)>>,
}

impl<'a> Earlier<'a> {
    pub(super) fn of(known: &'a Known) -> Self {
        let mut rows: BTreeMap<&str, Vec<(Table, &str)>> = BTreeMap::new();
        for payment in &known.payments {
            // One that was matched at the bank is not the source's own.
            if let (Some(receipt), None) = (payment.receipt_id.as_deref(), payment.confidence) {
                let row = (Table::Payments, payment.payment_id.as_str());
                rows.entry(receipt).or_default().push(row);
            }
        }
        for credit in &known.credits {
            if let Some(payment) = payment_of(credit) {
                let row = (Table::CreditNotes, credit.id.as_str());
                rows.entry(payment).or_default().push(row);
            }
        }
        Self { rows }
    }

    /// Ends the rows of a payment that its newest state, whose rows are those from `first` on, no longer has.
    pub(super) fn end(&self, payment_id: &str, state: &State<'_>, first: usize, linked: &mut Linked) {
        if !state.is_complete() {
            return;
        }
        let of_ledger = self.rows.get(payment_id).map(Vec::as_slice).unwrap_or_default();
        let receipt = (Table::Receipts, payment_id);
        let still: BTreeSet<(Table, &str)> = linked
            .rows
            .iter()
            .skip(first)
            .filter_map(|row| Some((row.table, row.cells.first()?.1.as_str())))
            .collect();
        let ended: Vec<Void> = of_ledger
            .iter()
            .chain([&receipt])
            .filter(|row| !still.contains(*row))
            .map(|(table, id)| Void {
                table: *table,
                id: (*id).to_owned(),
                on: state.changed_on(),
            })
            .collect();
        linked.voids.extend(ended);
    }
}

/// The payment in which a credit was used, as the id of its row has it: `PAYMENT-INVOICE-credit`.
fn payment_of(credit: &KnownCredit) -> Option<&str> {
    let invoice = credit.invoice_id.as_deref()?;
    let lines = credit.id.strip_suffix("-credit")?;
    let (payment, rest) = lines.split_once(&format!("-{invoice}"))?;
    (rest.is_empty() || rest.starts_with('-')).then_some(payment)
}
