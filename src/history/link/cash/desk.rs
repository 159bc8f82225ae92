//! Applies receipts to what is owed, one after the other.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::link::Known;

use super::book::Book;
use super::case::Case;
use super::confidence::TEACHES_FROM;
use super::decision::{Allocation, Decision, Evidence};
use super::mention::{Form, Mention, NumberIndex};
use super::past::{Past, PastReceipts};
use super::payer::{Payer, Payers};
use super::posted::Posted;
use super::receipt::Receipt;

/// What is owed, who pays, and what was received.
#[derive(Debug)]
pub(super) struct Desk<'k> {
    pub(super) book: Book<'k>,
    pub(super) posted: Posted,
    pub(super) numbers: NumberIndex,
    pub(super) payers: Payers<'k>,
    past: PastReceipts<'k>,
    /// Payments of the ledger, whose ids are taken.
    taken: BTreeSet<&'k str>,
    /// Decisions so far that changed what others may be.
    changes: u64,
}

impl<'k> Desk<'k> {
    /// Takes up the ledger, as far as it matters to the receipts of an import.
    pub(super) fn of(known: &'k Known, import: &[Receipt<'k>]) -> Self {
        let book = Book::of(known);
        let ids = known.receipts.iter().map(|receipt| receipt.receipt_id.as_str());
        let mut desk = Self {
            posted: Posted::of(known, &book, import),
            book,
            numbers: NumberIndex::of(&known.invoices),
            payers: Payers::default(),
            past: PastReceipts::of(ids, import),
            taken: BTreeSet::new(),
            changes: 0,
        };
        for (id, name) in &known.customers {
            if let Some(customer) = desk.book.customer(id) {
                desk.payers.add_name(customer, name);
            }
        }
        desk.add_past(known);
        desk
    }

    fn add_past(&mut self, known: &'k Known) {
        for receipt in &known.receipts {
            let customer = receipt
                .customer_id
                .as_deref()
                .and_then(|id| self.book.customer(id));
            let past = Past {
                value_date: receipt.value_date,
                currency: receipt.currency,
                amount_minor: receipt.amount_minor,
                customer,
                allocations: Vec::new(),
                in_ledger_minor: receipt.in_ledger_minor,
                is_undone: false,
            };
            if let Some(place) = self.past.place(&receipt.receipt_id) {
                let (reference, account) =
                    (receipt.end_to_end_id.as_deref(), receipt.payer_account.as_deref());
                self.past.add(place, reference, account, past);
            }
        }
        for payment in &known.payments {
            self.taken.insert(&payment.payment_id);
            let (Some(id), Some(position)) = (&payment.receipt_id, self.book.position(&payment.invoice_id))
            else {
                continue;
            };
            let place = self.past.place(id);
            if let Some(past) = place.and_then(|place| self.past.get_mut(place)) {
                past.allocations.push(Allocation {
                    position,
                    minor: payment.amount_minor,
                    confidence: payment.confidence.unwrap_or(1.0),
                });
            }
        }
        for receipt in &known.receipts {
            let undone = receipt.reversal_of.as_ref().and_then(|id| self.past.place(id));
            if let Some(undone) = undone.and_then(|place| self.past.get_mut(place)) {
                undone.is_undone = true;
            }
            let place = self.past.place(&receipt.receipt_id);
            let Some(past) = place.and_then(|place| self.past.get(place)) else {
                continue;
            };
            let sure = that_teach(&past.allocations);
            if let Some(account) = &receipt.payer_account {
                self.learn(account, &sure);
            }
        }
    }

    fn learn(&mut self, account: &'k str, positions: &[usize]) {
        let owners: BTreeSet<usize> = positions
            .iter()
            .filter_map(|position| self.book.owner(*position))
            .collect();
        for owner in owners {
            self.payers.learn(account, owner);
        }
    }

    /// Whether nothing is left to be done about the receipt.
    pub(super) fn is_done(&self, case: &Case<'_>) -> bool {
        self.past.get(case.place).is_some_and(Past::is_done)
    }

    /// Whether the receipt is in the ledger, or was decided about.
    pub(super) fn is_known(&self, case: &Case<'_>) -> bool {
        self.past.get(case.place).is_some()
    }

    /// Returns how many decisions so far changed what others may be.
    pub(super) const fn changes(&self) -> u64 {
        self.changes
    }

    /// Whether the ledger has a payment of that id.
    pub(super) fn is_taken(&self, payment_id: &str) -> bool {
        self.taken.contains(payment_id)
    }

    /// Finds out about each receipt what no decision changes.
    pub(super) fn cases(&self, receipts: Vec<Receipt<'k>>) -> Vec<Case<'k>> {
        // Many receipts are from few payers.
        let mut payers: BTreeMap<&'k str, Option<Payer>> = BTreeMap::new();
        let mut cases = Vec::with_capacity(receipts.len());
        for (order, receipt) in receipts.into_iter().enumerate() {
            let is_income = receipt.amount_minor > 0;
            let name = receipt
                .payer_name
                .filter(|_| is_income && self.payers.has_names());
            let by_name = name.and_then(|name| {
                let known = payers.entry(name).or_insert_with(|| self.payers.by_name(name));
                known.clone()
            });
            let mentions = if is_income {
                self.mentions(&receipt)
            } else {
                Vec::new()
            };
            // There is room for every receipt.
            let place = self.past.place(receipt.id).unwrap_or(usize::MAX);
            cases.push(Case {
                receipt,
                order,
                place,
                mentions,
                by_name,
            });
        }
        cases
    }

    /// Returns what a receipt names, whether it is open or not, in the order of its texts.
    fn mentions(&self, receipt: &Receipt<'_>) -> Vec<Mention> {
        let mut mentions = Vec::new();
        if self.numbers.is_empty() {
            return mentions;
        }
        if let Some(reference) = receipt.text("structured_reference") {
            mentions.extend(self.numbers.in_reference(reference));
        }
        if let Some(documents) = receipt.text("referred_documents") {
            mentions.extend(self.numbers.in_documents(documents, receipt.currency));
        }
        for text in [receipt.text("remittance"), receipt.end_to_end_id] {
            mentions.extend(text.into_iter().flat_map(|text| self.numbers.in_text(text)));
        }
        mentions
    }

    /// Returns for each invoice the last receipt that names it so that nothing else can be meant.
    pub(super) fn claims(&self, cases: &[Case<'_>]) -> Vec<Option<usize>> {
        let mut claims = vec![None; self.book.count()];
        for case in cases {
            for mention in case.mentions.iter().filter(|mention| mention.form < Form::Serial) {
                if let Some(position) = self.numbers.only(mention)
                    && let Some(claim) = claims.get_mut(position)
                {
                    *claim = Some(case.order);
                }
            }
        }
        claims
    }

    /// Decides about one receipt and settles what it pays.
    pub(super) fn apply(&mut self, case: &Case<'k>, claims: &[Option<usize>]) -> Decision {
        let receipt = &case.receipt;
        let decision = if receipt.amount_minor < 0 {
            self.past.undo(receipt)
        } else {
            self.decide(case, claims)
        };
        if !decision.allocations.is_empty() || decision.in_ledger_minor > 0 {
            self.changes = self.changes.saturating_add(1);
        }
        for allocation in &decision.allocations {
            self.book.settle(allocation.position, allocation.minor);
        }
        if let Some(account) = receipt.payer_account {
            self.learn(account, &that_teach(&decision.allocations));
        }
        let past = Past {
            value_date: receipt.value_date,
            currency: receipt.currency,
            amount_minor: receipt.amount_minor,
            customer: decision.customer,
            allocations: decision.allocations.clone(),
            in_ledger_minor: decision.in_ledger_minor,
            is_undone: false,
        };
        let (reference, account) = (receipt.end_to_end_id, receipt.payer_account);
        self.past.add(case.place, reference, account, past);
        decision
    }
}

/// The invoices of the allocations that are sure enough to tell whose account it was.
fn that_teach(allocations: &[Allocation]) -> Vec<usize> {
    allocations
        .iter()
        .filter(|allocation| allocation.minor > 0 && allocation.confidence >= TEACHES_FROM)
        .map(|allocation| allocation.position)
        .collect()
}

/// The kinds of evidence, in the order they are told.
pub(super) const EVIDENCE: [Evidence; 5] = [
    Evidence::Reference,
    Evidence::Documents,
    Evidence::Number,
    Evidence::Payer,
    Evidence::Sum,
];
