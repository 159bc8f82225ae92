//! What is decided about a receipt, and the question that is asked.

use std::collections::BTreeSet;

use super::book::Book;
use super::mention::Form;
use super::payer::Payer;
use super::receipt::Receipt;

/// On what a receipt was allocated, the strongest evidence first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Evidence {
    Reference,
    Documents,
    Number,
    Payer,
    Sum,
}

impl Evidence {
    /// What a person calls it.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Reference => "by reference",
            Self::Documents => "by the documents named",
            Self::Number => "by invoice number",
            Self::Payer => "by payer and amount",
            Self::Sum => "by payer and a sum of invoices",
        }
    }
}

/// A part of a receipt for one invoice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Allocation {
    /// Position of the invoice.
    pub(super) position: usize,
    /// More than zero, in minor units; less where a receipt is undone.
    pub(super) minor: i64,
    /// Probability that it is right.
    pub(super) confidence: f64,
}

/// What becomes of a receipt.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Decision {
    pub(super) allocations: Vec<Allocation>,
    pub(super) evidence: Option<Evidence>,
    /// Part that payments of the ledger account for.
    pub(super) in_ledger_minor: i64,
    /// Who paid, by number, if that is known.
    pub(super) customer: Option<usize>,
    /// The receipt that it undoes.
    pub(super) reversal_of: Option<String>,
}

impl Decision {
    /// Allocates amounts to invoices, all with the same confidence.
    pub(super) fn of(parts: Vec<(usize, i64)>, confidence: f64, evidence: Evidence) -> Self {
        let allocations = parts
            .into_iter()
            .filter(|(_, minor)| *minor > 0)
            .map(|(position, minor)| Allocation {
                position,
                minor,
                confidence,
            })
            .collect();
        Self {
            allocations,
            evidence: Some(evidence),
            ..Self::default()
        }
    }

    /// Returns the least confidence of its allocations; 1 without any.
    pub(super) fn confidence(&self) -> f64 {
        self.allocations
            .iter()
            .fold(1.0, |least, allocation| allocation.confidence.min(least))
    }
}

/// An invoice that a receipt names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) position: usize,
    pub(super) form: Form,
    /// What the payer says to pay on it.
    pub(super) amount_minor: Option<i64>,
}

/// What is to be decided about a receipt.
#[derive(Debug)]
pub(super) struct Question<'q, 'k> {
    pub(super) receipt: &'q Receipt<'q>,
    /// Its place in the order of receipts.
    pub(super) order: usize,
    /// What is to be allocated, more than zero.
    pub(super) amount: i64,
    pub(super) payer: &'q Payer,
    /// Open invoices it names.
    pub(super) named: &'q [Named],
    pub(super) book: &'q Book<'k>,
    /// For each invoice the last receipt that names it.
    pub(super) claims: &'q [Option<usize>],
}

/// What the payer says about an invoice that a receipt names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stance {
    Agrees,
    Unknown,
    Contradicts,
}

impl Question<'_, '_> {
    /// Returns what is owed of an invoice.
    pub(super) fn open(&self, position: usize) -> i64 {
        self.book.open(position)
    }

    /// Whether a later receipt names the invoice: then it is not for one that does not.
    pub(super) fn is_claimed(&self, position: usize) -> bool {
        let last = self.claims.get(position).copied().flatten();
        last.is_some_and(|last| last > self.order)
    }

    /// Whether the invoice is one of the payer's, as far as the payer is known.
    pub(super) fn is_payers(&self, position: usize) -> bool {
        let owner = self.book.owner(position);
        owner.is_some_and(|owner| self.payer.customers.contains(&owner))
    }

    /// Returns what is known of the payer and these invoices.
    pub(super) fn stance(&self, positions: &[usize]) -> Stance {
        if self.payer.customers.is_empty() {
            let owners = || positions.iter().filter_map(|position| self.book.owner(*position));
            let first = owners().next();
            // Invoices of several customers are rarely paid at once: one number is likely to be wrong.
            return if owners().all(|owner| Some(owner) == first) {
                Stance::Unknown
            } else {
                Stance::Contradicts
            };
        }
        if positions.iter().all(|position| self.is_payers(*position)) {
            Stance::Agrees
        } else {
            Stance::Contradicts
        }
    }

    /// Returns open invoices of customers in the currency of the receipt that it may be for without naming them.
    pub(super) fn items(&self, customers: &[usize]) -> Vec<usize> {
        let (currency, on) = (self.receipt.currency, self.receipt.value_date);
        let all = customers
            .iter()
            .flat_map(|customer| self.book.items(*customer, currency, on));
        self.unnamed(all)
    }

    /// Returns those of [`items`](Self::items) that owe from one amount to another, however many items there are;
    /// nothing where there are too many of these to tell them apart.
    pub(super) fn owing(&self, customers: &[usize], amounts: (i64, i64)) -> Option<Vec<usize>> {
        let (currency, on) = (self.receipt.currency, self.receipt.value_date);
        let mut all = Vec::new();
        for customer in customers {
            all.extend(self.book.owing(*customer, currency, amounts, on)?);
        }
        Some(self.unnamed(all.into_iter()))
    }

    /// Leaves out what the receipt names and what a later one does.
    fn unnamed(&self, positions: impl Iterator<Item = usize>) -> Vec<usize> {
        let strong = self.named.iter().filter(|named| named.form < Form::Serial);
        let strong: BTreeSet<usize> = strong.map(|named| named.position).collect();
        let mut items: Vec<usize> = positions
            .filter(|position| !strong.contains(position) && !self.is_claimed(*position))
            .collect();
        items.sort_unstable();
        items.dedup();
        items
    }
}

/// Sums amounts.
pub(super) fn total(amounts: impl Iterator<Item = i64>) -> i64 {
    amounts.fold(0, i64::saturating_add)
}
