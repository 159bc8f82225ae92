//! What earlier exports made of the items of this one, and of what they are set against.
//!
//! Where a clearing document is not in an export, cash is inferred; where a later one has it, its own rows take the
//! place of that cash. Where a later one lacks what an earlier one had, nothing may be inferred a second time.

use std::collections::{BTreeMap, BTreeSet};

use super::book::Book;
use super::item::{Item, Kind};
use crate::domain::Date;
use crate::history::Table;
use crate::history::link::{Known, LedgerRow, Void};

/// A row of the ledger that was made of an item.
#[derive(Clone, Copy, Debug)]
struct Made<'a> {
    table: Table,
    id: &'a str,
    known_on: Date,
    is_on_account: bool,
}

/// By invoice, what of it items settled in the ledger that are not in the export.
#[derive(Clone, Debug, Default)]
pub(super) struct Elsewhere<'a>(BTreeMap<&'a str, i64>);

impl Elsewhere<'_> {
    /// Takes as much of an amount as was settled of the invoice; returns how much that is.
    pub(super) fn take(&mut self, invoice_id: &str, minor: i64) -> i64 {
        let Some(left) = self.0.get_mut(invoice_id) else {
            return 0;
        };
        let taken = minor.min((*left).max(0));
        *left -= taken;
        taken
    }
}

/// Rows of the ledger beside the items of an export.
#[derive(Debug)]
pub(super) struct Earlier<'a> {
    pub(super) elsewhere: Elsewhere<'a>,
    /// By the item they were made of, for the items of the export.
    made: BTreeMap<&'a str, Vec<Made<'a>>>,
}

impl<'a> Earlier<'a> {
    pub(super) fn of(book: &Book<'_>, known: &'a Known) -> Self {
        let own: BTreeSet<String> = book
            .items
            .iter()
            .chain(book.reversed.iter().map(|(item, _)| item))
            .map(|item| item.key.id())
            .collect();
        // What was matched at the bank gives way to the ledger's own payments, inferred ones too.
        let payments = known
            .payments
            .iter()
            .filter(|payment| payment.confidence.is_none());
        let payments = payments.map(|payment| {
            let invoice = Some(payment.invoice_id.as_str());
            let id = payment.payment_id.as_str();
            (
                Table::Payments,
                id,
                invoice,
                payment.known_on,
                payment.amount_minor,
            )
        });
        let credits = known.credits.iter().map(|credit| {
            let invoice = credit.invoice_id.as_deref();
            let id = credit.id.as_str();
            (credit.table, id, invoice, credit.known_on, credit.amount_minor)
        });
        let mut earlier = Self {
            elsewhere: Elsewhere::default(),
            made: BTreeMap::new(),
        };
        for (table, id, invoice, known_on, minor) in payments.chain(credits) {
            let item = id.split('/').next().unwrap_or(id);
            if own.contains(item) {
                earlier.made.entry(item).or_default().push(Made {
                    table,
                    id,
                    known_on,
                    is_on_account: invoice.is_none(),
                });
            } else if let Some(invoice) = invoice {
                let settled = earlier.elsewhere.0.entry(invoice).or_insert(0);
                *settled = settled.saturating_add(minor);
            }
        }
        earlier
    }

    /// The rows that hold no longer, given those that the export gives.
    pub(super) fn voids(&self, book: &Book<'_>, rows: &[LedgerRow]) -> Vec<Void> {
        let given: BTreeSet<(Table, &str)> = rows
            .iter()
            .filter_map(|row| Some((row.table, row.cells.first()?.1.as_str())))
            .collect();
        let is_gone = |made: &&Made<'_>| !given.contains(&(made.table, made.id));
        let mut voids = Vec::new();
        for item in &book.items {
            let Some(clearing) = &item.clearing else {
                continue;
            };
            let stale = self.made_of(item).iter().filter(is_gone);
            let stale = stale.filter(|made| is_replaced(item, made));
            // What took their place counts from the clearing on; a day later both would count.
            voids.extend(stale.map(|made| {
                let on = clearing.on.max(made.known_on);
                void(made.table, made.id, Some(on))
            }));
        }
        for (item, on) in &book.reversed {
            let made: Vec<&Made<'_>> = self.made_of(item).iter().filter(is_gone).collect();
            // A reversal is often posted under the day of what it reverses, which says nothing of when it was made:
            // known it is since the export.
            let on = on.filter(|on| item.cash_on <= *on && made.iter().all(|made| made.known_on <= *on));
            voids.extend(made.iter().map(|made| void(made.table, made.id, on)));
            voids.push(void(Table::Receipts, &item.key.id(), on));
        }
        voids
    }

    fn made_of(&self, item: &Item<'_>) -> &[Made<'a>] {
        self.made
            .get(item.key.id().as_str())
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}

/// Whether the export says otherwise what a row said that it does not give: the row was inferred, or on account.
fn is_replaced(item: &Item<'_>, made: &Made<'_>) -> bool {
    if item.is_debit {
        let suffix = made.id.split_once('/').map(|(_, suffix)| suffix);
        suffix.is_some_and(|suffix| !matches!(suffix, "discount" | "reversal"))
    } else {
        item.kind == Kind::CreditNote && made.is_on_account
    }
}

fn void(table: Table, id: &str, on: Option<Date>) -> Void {
    Void {
        table,
        id: id.to_owned(),
        on,
    }
}
