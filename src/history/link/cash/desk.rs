//! Applies receipts to what is owed, one after the other.

use std::collections::BTreeSet;

use crate::history::link::Known;

use super::book::Book;
use super::confidence::{ACCOUNT_OFTEN, ALLOCATED_FROM, TEACHES_FROM};
use super::decision::{Allocation, Decision, Evidence, Named, Question};
use super::mention::{Form, Mention, NumberIndex};
use super::naming::by_names;
use super::past::{Past, PastReceipts};
use super::payer::{Payer, Payers};
use super::paying::by_payer;
use super::receipt::Receipt;

/// What is owed, who pays, and what was received.
#[derive(Debug)]
pub(super) struct Desk<'k> {
    pub(super) book: Book<'k>,
    numbers: NumberIndex,
    payers: Payers,
    past: PastReceipts,
    /// Payments of the ledger, whose ids are taken.
    taken: BTreeSet<&'k str>,
}

impl<'k> Desk<'k> {
    /// Takes up the ledger.
    pub(super) fn of(known: &'k Known) -> Self {
        let mut desk = Self {
            book: Book::of(known),
            numbers: NumberIndex::of(&known.invoices),
            payers: Payers::default(),
            past: PastReceipts::default(),
            taken: BTreeSet::new(),
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
            if receipt.in_ledger_minor > 0
                && let Some(customer) = customer
            {
                // The payments that explained it explain no other.
                let (minor, currency) = (receipt.in_ledger_minor, receipt.currency);
                self.book.explain(customer, minor, currency, receipt.value_date);
            }
            let traces = [receipt.end_to_end_id.as_deref(), receipt.payer_account.as_deref()];
            self.past.add(&receipt.receipt_id, traces, past);
        }
        for payment in &known.payments {
            self.taken.insert(&payment.payment_id);
            let (Some(id), Some(position)) = (&payment.receipt_id, self.book.position(&payment.invoice_id))
            else {
                continue;
            };
            if let Some(past) = self.past.get_mut(id) {
                past.allocations.push(Allocation {
                    position,
                    minor: payment.amount_minor,
                    confidence: payment.confidence.unwrap_or(1.0),
                });
            }
        }
        for receipt in &known.receipts {
            if let Some(undone) = receipt.reversal_of.as_ref().and_then(|id| self.past.get_mut(id)) {
                undone.is_undone = true;
            }
            let Some(past) = self.past.get(&receipt.receipt_id) else {
                continue;
            };
            let sure = that_teach(&past.allocations);
            if let Some(account) = &receipt.payer_account {
                self.learn(account, &sure);
            }
        }
    }

    fn learn(&mut self, account: &str, positions: &[usize]) {
        let owners: BTreeSet<usize> = positions
            .iter()
            .filter_map(|position| self.book.owner(*position))
            .collect();
        for owner in owners {
            self.payers.learn(account, owner);
        }
    }

    /// Whether the ledger has the receipt and nothing is left to be done about it.
    pub(super) fn is_done(&self, receipt: &Receipt<'_>) -> bool {
        self.past.get(receipt.id).is_some_and(Past::is_done)
    }

    /// Whether the ledger has the receipt.
    pub(super) fn is_known(&self, receipt: &Receipt<'_>) -> bool {
        self.past.get(receipt.id).is_some()
    }

    /// Whether the ledger has a payment of that id.
    pub(super) fn is_taken(&self, payment_id: &str) -> bool {
        self.taken.contains(payment_id)
    }

    /// Returns what each receipt names, whether it is open or not, in the order of its texts.
    pub(super) fn mentions(&self, receipt: &Receipt<'_>) -> Vec<Mention> {
        let mut mentions = Vec::new();
        if let Some(reference) = receipt.text("structured_reference") {
            mentions.extend(self.numbers.in_reference(reference));
        }
        if let Some(documents) = receipt.text("referred_documents") {
            mentions.extend(self.numbers.in_documents(documents, receipt.currency));
        }
        for field in ["remittance", "end_to_end_id"] {
            if let Some(text) = receipt.text(field) {
                mentions.extend(self.numbers.in_text(text));
            }
        }
        mentions
    }

    /// Decides about one receipt and settles what it pays.
    pub(super) fn apply(
        &mut self,
        receipt: &Receipt<'_>,
        order: usize,
        mentions: &[Mention],
        claims: &[Option<usize>],
    ) -> Decision {
        let decision = if receipt.amount_minor < 0 {
            self.past.undo(receipt)
        } else {
            self.decide(receipt, order, mentions, claims)
        };
        for allocation in &decision.allocations {
            self.book.settle(allocation.position, allocation.minor);
        }
        if let Some(account) = receipt.text("payer_account") {
            self.learn(account, &that_teach(&decision.allocations));
        }
        let traces = [receipt.text("end_to_end_id"), receipt.text("payer_account")];
        let past = Past {
            value_date: receipt.value_date,
            currency: receipt.currency,
            amount_minor: receipt.amount_minor,
            customer: decision.customer,
            allocations: decision.allocations.clone(),
            in_ledger_minor: decision.in_ledger_minor,
            is_undone: false,
        };
        self.past.add(receipt.id, traces, past);
        decision
    }

    fn decide(
        &mut self,
        receipt: &Receipt<'_>,
        order: usize,
        mentions: &[Mention],
        claims: &[Option<usize>],
    ) -> Decision {
        let payer = self.payer_of(receipt);
        let (named, settled) = self.resolve(receipt, mentions, &payer);
        let question = Question {
            receipt,
            order,
            amount: receipt.amount_minor,
            payer: &payer,
            named: &named,
            book: &self.book,
            claims,
        };
        let customer = payer.only();
        let by_names = by_names(&question);
        let is_named = by_names.as_ref().is_some_and(is_sure);
        let by_payer = if is_named { None } else { by_payer(&question) };
        let is_at_odds = by_names
            .as_ref()
            .is_some_and(|decision| decision.allocations.is_empty());
        if let Some(decision) = by_names.filter(is_sure) {
            return self.with_customer(decision, customer);
        }
        let owners = settled.iter().filter_map(|position| self.book.owner(*position));
        let candidates: BTreeSet<usize> = payer.customers.iter().copied().chain(owners).collect();
        let (minor, currency, on) = (receipt.amount_minor, receipt.currency, receipt.value_date);
        for candidate in candidates {
            if self.book.explain(candidate, minor, currency, on) {
                return Decision {
                    in_ledger_minor: minor,
                    customer: Some(candidate),
                    ..Decision::default()
                };
            }
        }
        // What it names is paid: paid twice perhaps, and not another invoice that happens to have the amount.
        let is_payers = |position: &usize| {
            let owner = self.book.owner(*position);
            owner.is_none_or(|owner| payer.customers.is_empty() || payer.customers.contains(&owner))
        };
        let is_paid = named.is_empty() && settled.iter().any(is_payers);
        match by_payer.filter(is_sure) {
            Some(decision) if !is_paid && !is_at_odds => self.with_customer(decision, customer),
            _ => Decision {
                customer,
                ..Decision::default()
            },
        }
    }

    fn with_customer(&self, decision: Decision, payer: Option<usize>) -> Decision {
        let owners: BTreeSet<usize> = positions_of(&decision)
            .iter()
            .filter_map(|position| self.book.owner(*position))
            .collect();
        let only = owners.first().copied().filter(|_| owners.len() == 1);
        Decision {
            customer: only.or(payer),
            ..decision
        }
    }

    fn payer_of(&self, receipt: &Receipt<'_>) -> Payer {
        let given = receipt.text("customer_id").and_then(|id| self.book.customer(id));
        match given {
            Some(customer) => Payer {
                customers: vec![customer],
                probability: ACCOUNT_OFTEN,
            },
            None => self
                .payers
                .who(receipt.text("payer_account"), receipt.text("payer_name")),
        }
    }

    /// Returns the open invoices that mentions mean, and those settled already.
    fn resolve(
        &self,
        receipt: &Receipt<'_>,
        mentions: &[Mention],
        payer: &Payer,
    ) -> (Vec<Named>, Vec<usize>) {
        let mut named: Vec<Named> = Vec::new();
        let mut settled = Vec::new();
        for mention in mentions {
            let Some(position) = self.meant(receipt, mention, payer) else {
                continue;
            };
            if self.book.open(position) == 0 {
                if mention.form < Form::Serial {
                    settled.push(position);
                }
                continue;
            }
            match named.iter_mut().find(|named| named.position == position) {
                Some(known) => {
                    known.form = known.form.min(mention.form);
                    known.amount_minor = known.amount_minor.or(mention.amount_minor);
                }
                None => named.push(Named {
                    position,
                    form: mention.form,
                    amount_minor: mention.amount_minor,
                }),
            }
        }
        (named, settled)
    }

    /// Returns the invoice that a mention means, if it can only be one.
    fn meant(&self, receipt: &Receipt<'_>, mention: &Mention, payer: &Payer) -> Option<usize> {
        let in_currency = |position: &usize| {
            let invoice = self.book.invoice(*position);
            invoice.is_some_and(|invoice| invoice.currency == receipt.currency)
        };
        let is_payers = |position: &usize| {
            let owner = self.book.owner(*position);
            owner.is_some_and(|owner| payer.customers.contains(&owner))
        };
        let is_open = |position: &usize| self.book.open(*position) > 0;
        let is_exact = |position: &usize| self.book.open(*position) == receipt.amount_minor;
        let all: Vec<usize> = mention.invoices.iter().copied().filter(in_currency).collect();
        let open: Vec<usize> = all.iter().copied().filter(is_open).collect();
        let payers: Vec<usize> = open.iter().copied().filter(is_payers).collect();
        let exact: Vec<usize> = open.iter().copied().filter(is_exact).collect();
        [all, payers, exact, open]
            .iter()
            .find_map(|candidates| match candidates.as_slice() {
                [position] => Some(*position),
                _ => None,
            })
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

fn is_sure(decision: &Decision) -> bool {
    !decision.allocations.is_empty() && decision.confidence() >= ALLOCATED_FROM
}

fn positions_of(decision: &Decision) -> Vec<usize> {
    let allocations = decision.allocations.iter();
    allocations.map(|allocation| allocation.position).collect()
}

/// Returns for each invoice the last receipt that names it so that nothing else can be meant.
pub(super) fn claims(mentions: &[Vec<Mention>], invoices: usize) -> Vec<Option<usize>> {
    let mut claims = vec![None; invoices];
    for (order, mentions) in mentions.iter().enumerate() {
        for mention in mentions.iter().filter(|mention| mention.form < Form::Serial) {
            if let [position] = mention.invoices.as_slice()
                && let Some(claim) = claims.get_mut(*position)
            {
                *claim = Some(order);
            }
        }
    }
    claims
}

/// The kinds of evidence, in the order they are told.
pub(super) const EVIDENCE: [Evidence; 5] = [
    Evidence::Reference,
    Evidence::Documents,
    Evidence::Number,
    Evidence::Payer,
    Evidence::Sum,
];
