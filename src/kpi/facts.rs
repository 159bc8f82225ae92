//! The facts behind the figures, each with the day on which it became known.
//!
//! They are read once; [`books`](super::book::books) looks at them as of any day.

use std::collections::BTreeMap;

use super::Error;
use crate::domain::Currency;

/// An invoice as issued.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InvoiceFact {
    /// Position in [`Facts::customers`].
    pub(crate) customer: usize,
    pub(crate) currency: Currency,
    pub(crate) known_day: i32,
    pub(crate) invoice_day: i32,
    pub(crate) due_day: i32,
    pub(crate) gross: i64,
    /// Whether it asks for money before anything was sold.
    pub(crate) is_down_payment: bool,
    /// Position in [`Facts::labels`], where the invoice tells its group.
    pub(crate) label: Option<usize>,
}

/// How an open amount became smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SettlementKind {
    Cash,
    CreditNote,
    WriteOff,
}

/// A payment, credit note or write-off of one invoice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SettlementFact {
    /// Position among the invoices of the facts or of the book that it is part of.
    pub(crate) invoice: usize,
    pub(crate) kind: SettlementKind,
    pub(crate) known_day: i32,
    pub(crate) day: i32,
    pub(crate) amount: i64,
}

/// A credit note, with or without an invoice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CreditFact {
    pub(crate) customer: usize,
    /// Position in [`Facts::invoices`], where it names one.
    pub(crate) invoice: Option<usize>,
    /// Whether it names no invoice.
    pub(crate) is_on_account: bool,
    pub(crate) currency: Currency,
    pub(crate) known_day: i32,
    pub(crate) day: i32,
    pub(crate) amount: i64,
}

/// A promise to pay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PromiseFact {
    pub(crate) customer: usize,
    /// Position in [`Facts::invoices`], where it names one.
    pub(crate) invoice: Option<usize>,
    pub(crate) currency: Option<Currency>,
    pub(crate) known_day: i32,
    pub(crate) created_day: i32,
    pub(crate) promised_day: i32,
    pub(crate) amount: Option<i64>,
}

/// An objection to an invoice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DisputeFact {
    pub(crate) invoice: usize,
    pub(crate) known_day: i32,
    pub(crate) resolved_day: Option<i32>,
    /// Absent is the whole invoice.
    pub(crate) amount: Option<i64>,
}

/// A line of an instalment plan.
#[derive(Clone, Debug)]
pub(crate) struct LineFact {
    pub(crate) invoice: usize,
    pub(crate) known_day: i32,
    pub(crate) plan_id: String,
    pub(crate) due_day: i32,
    pub(crate) amount: i64,
}

/// What a model expects to lose of an open item at the cut-off of the facts, in minor units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LossFact {
    pub(crate) invoice: usize,
    pub(crate) due_day: i32,
    pub(crate) lifetime: f64,
    pub(crate) twelve_months: f64,
}

/// The group of a customer, where its row tells one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CustomerFact {
    pub(crate) known_day: i32,
    pub(crate) label: Option<usize>,
}

/// Every fact of the ledger up to a cut-off.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) customers: Vec<CustomerFact>,
    pub(crate) invoices: Vec<InvoiceFact>,
    pub(crate) settlements: Vec<SettlementFact>,
    pub(crate) credits: Vec<CreditFact>,
    pub(crate) promises: Vec<PromiseFact>,
    pub(crate) disputes: Vec<DisputeFact>,
    /// By invoice, then by the day on which they became known, then by plan.
    pub(crate) lines: Vec<LineFact>,
    /// Absent without a model.
    pub(crate) losses: Option<Vec<LossFact>>,
    /// The names of the groups.
    pub(crate) labels: Vec<String>,
}

impl Facts {
    /// Returns the group of a fact as known at the end of a day; facts are labelled by their invoice or by
    /// their customer, never by both.
    pub(crate) fn label(&self, customer: usize, invoice: Option<&InvoiceFact>, cutoff: i32) -> Option<usize> {
        let of_customer = || {
            let customer = &self.customers[customer];
            customer.label.filter(|_| customer.known_day <= cutoff)
        };
        invoice.and_then(|invoice| invoice.label).or_else(of_customer)
    }

    /// Returns the invoice of a fact, if it was known at the end of a day.
    pub(crate) fn known_invoice(&self, invoice: Option<usize>, cutoff: i32) -> Option<usize> {
        invoice.filter(|place| self.invoices[*place].known_day <= cutoff)
    }

    /// Returns the settlements that were known at the end of a day, of invoices known by then.
    pub(crate) fn known_settlements(&self, cutoff: i32) -> impl Iterator<Item = &SettlementFact> {
        // A payment may be known before its invoice is; it settles nothing yet.
        self.settlements.iter().filter(move |settlement| {
            settlement.known_day <= cutoff && self.invoices[settlement.invoice].known_day <= cutoff
        })
    }

    /// Refuses a currency whose sums could overflow, so that no later sum needs a check.
    pub(crate) fn check_size(&self) -> Result<(), Error> {
        let mut totals: BTreeMap<Currency, u128> = BTreeMap::new();
        let issued = self
            .invoices
            .iter()
            .map(|invoice| (invoice.currency, invoice.gross));
        let settled = self
            .settlements
            .iter()
            .map(|settlement| (self.invoices[settlement.invoice].currency, settlement.amount));
        let credited = self.credits.iter().map(|credit| (credit.currency, credit.amount));
        for (currency, amount) in issued.chain(settled).chain(credited) {
            *totals.entry(currency).or_default() += u128::from(amount.unsigned_abs());
        }
        match totals.into_iter().find(|(_, total)| *total >= 1 << 62) {
            Some((currency, _)) => Err(Error::AmountOverflow { currency }),
            None => Ok(()),
        }
    }
}
