//! What a receipt is: money that the ledger has posted, or money for what it names, or for what its payer owes.

use std::collections::BTreeSet;

use crate::domain::date::day_number;

use super::case::{Case, Names, Only};
use super::confidence::{ACCOUNT_OFTEN, ALLOCATED_FROM};
use super::decision::{Decision, Named, Question};
use super::desk::Desk;
use super::mention::{Form, Mention};
use super::naming::by_names;
use super::payer::Payer;
use super::paying::by_payer;
use super::posted::Sought;
use super::receipt::Receipt;

impl Desk<'_> {
    /// Decides about a receipt that is more than zero.
    pub(super) fn decide(&mut self, case: &Case<'_>, claims: &[Option<usize>]) -> Decision {
        let receipt = &case.receipt;
        let payer = self.payer_of(case);
        let names = self.resolve(case, &payer);
        // What the ledger has posted on what is named is this money, however much is still open.
        if let Some(decision) = self.posted_as_named(receipt, &names) {
            return decision;
        }
        let question = Question {
            receipt,
            order: case.order,
            amount: receipt.amount_minor,
            payer: &payer,
            named: &names.open,
            book: &self.book,
            claims,
        };
        let customer = payer.only();
        let by_names = by_names(&question);
        let is_at_odds = by_names
            .as_ref()
            .is_some_and(|decision| decision.allocations.is_empty());
        if let Some(decision) = by_names.filter(is_sure) {
            return self.with_customer(decision, customer);
        }
        let candidates = self.owners_of(&names.settled);
        let candidates: BTreeSet<usize> = payer.customers.iter().copied().chain(candidates).collect();
        let posted = &mut self.posted;
        let explained = candidates
            .into_iter()
            .find(|candidate| posted.explained(&sought(receipt, *candidate)));
        if let Some(candidate) = explained {
            return in_ledger(receipt, candidate);
        }
        // What it names is paid: paid twice perhaps, and not another invoice that happens to have the amount.
        let is_payers = |position: &usize| {
            let owner = self.book.owner(*position);
            owner.is_none_or(|owner| payer.customers.is_empty() || payer.customers.contains(&owner))
        };
        let is_paid = names.open.is_empty() && names.settled.iter().any(is_payers);
        let by_payer = if is_paid || is_at_odds {
            None
        } else {
            by_payer(&question)
        };
        match by_payer.filter(is_sure) {
            Some(decision) => self.with_customer(decision, customer),
            None => Decision {
                customer,
                ..Decision::default()
            },
        }
    }

    /// The receipt is payments that the ledger has on the invoices which it names.
    fn posted_as_named(&mut self, receipt: &Receipt<'_>, names: &Names) -> Option<Decision> {
        let owners = self.owners_of(&names.all);
        let posted = &mut self.posted;
        let owner = owners
            .into_iter()
            .find(|owner| posted.explained_as_named(&sought(receipt, *owner), &names.all, &names.surely))?;
        Some(in_ledger(receipt, owner))
    }

    fn owners_of<'p>(&self, positions: impl IntoIterator<Item = &'p usize>) -> BTreeSet<usize> {
        let positions = positions.into_iter();
        positions
            .filter_map(|position| self.book.owner(*position))
            .collect()
    }

    fn with_customer(&self, decision: Decision, payer: Option<usize>) -> Decision {
        let owners = self.owners_of(decision.allocations.iter().map(|allocation| &allocation.position));
        let only = owners.first().copied().filter(|_| owners.len() == 1);
        Decision {
            customer: only.or(payer),
            ..decision
        }
    }

    fn payer_of(&self, case: &Case<'_>) -> Payer {
        let receipt = &case.receipt;
        let given = receipt.customer_id.and_then(|id| self.book.customer(id));
        match given {
            Some(customer) => Payer {
                customers: vec![customer],
                probability: ACCOUNT_OFTEN,
            },
            None => self.payers.who(receipt.payer_account, case.by_name.as_ref()),
        }
    }

    /// Returns the invoices that a receipt names.
    fn resolve(&self, case: &Case<'_>, payer: &Payer) -> Names {
        let mut names = Names::default();
        for mention in &case.mentions {
            let Some(position) = self.meant(&case.receipt, mention, payer) else {
                continue;
            };
            let is_sure = mention.form < Form::Serial;
            let owner = self.book.owner(position);
            let is_payers = owner.is_some_and(|owner| payer.customers.contains(&owner));
            if is_sure {
                names.surely.insert(position);
            }
            if is_sure || is_payers || payer.customers.is_empty() {
                names.all.insert(position);
            }
            if self.book.open(position) == 0 {
                if is_sure {
                    names.settled.push(position);
                }
                continue;
            }
            match names.open.iter_mut().find(|named| named.position == position) {
                Some(known) => {
                    known.form = known.form.min(mention.form);
                    known.amount_minor = known.amount_minor.or(mention.amount_minor);
                }
                None => names.open.push(Named {
                    position,
                    form: mention.form,
                    amount_minor: mention.amount_minor,
                }),
            }
        }
        names
    }

    /// Returns the invoice that a mention means, if it can only be one.
    fn meant(&self, receipt: &Receipt<'_>, mention: &Mention, payer: &Payer) -> Option<usize> {
        let (mut all, mut payers) = (Only::default(), Only::default());
        let (mut exact, mut open) = (Only::default(), Only::default());
        for position in self.numbers.invoices(mention) {
            let invoice = self.book.invoice(position);
            if invoice.is_none_or(|invoice| invoice.currency != receipt.currency) {
                continue;
            }
            all.add(position);
            let owed = self.book.open(position);
            if owed <= 0 {
                continue;
            }
            open.add(position);
            let owner = self.book.owner(position);
            if owner.is_some_and(|owner| payer.customers.contains(&owner)) {
                payers.add(position);
            }
            if owed == receipt.amount_minor {
                exact.add(position);
            }
        }
        [all, payers, exact, open].iter().find_map(Only::get)
    }
}

/// What the ledger has of a customer, if it is the receipt.
fn sought(receipt: &Receipt<'_>, customer: usize) -> Sought {
    Sought {
        customer,
        currency: receipt.currency,
        day: day_number(receipt.value_date),
        minor: receipt.amount_minor,
    }
}

/// The receipt is payments of a customer that the ledger has already.
fn in_ledger(receipt: &Receipt<'_>, customer: usize) -> Decision {
    Decision {
        in_ledger_minor: receipt.amount_minor,
        customer: Some(customer),
        ..Decision::default()
    }
}

fn is_sure(decision: &Decision) -> bool {
    !decision.allocations.is_empty() && decision.confidence() >= ALLOCATED_FROM
}
