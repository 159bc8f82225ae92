//! Two sources for one payment: what was matched at the bank gives way to what the source itself allocated.
//!
//! The rules are those of ledger files (`history::precedence`), applied where payments are written, in the same
//! transaction. The match is not removed: a fact that supersedes it says since when it holds no more.

use std::collections::{BTreeMap, BTreeSet};

use super::ending::end;
use super::intake::Decided;
use super::slots::Slots;
use crate::app::store::{self, Fact, Value, Versions, Write};
use crate::history::precedence::{Allocation, Standing, superseded};
use crate::history::{Table, TableBuilder};

/// Ends the matches that the new payments take the place of, and returns their number.
pub(super) async fn withdraw(write: &mut Write, decided: &mut Decided) -> Result<u64, store::Error> {
    let Some(new) = decided.facts.get(&Table::Payments) else {
        return Ok(0);
    };
    let places = Places::of_payments();
    let touched: BTreeSet<String> = new.iter().filter_map(|fact| places.invoice_of(fact)).collect();
    let mut invoices = write.matched_invoices(&touched).await?;
    let matched = new.iter().filter(|fact| places.is_matched(fact));
    invoices.extend(matched.filter_map(|fact| places.invoice_of(fact)));
    if invoices.is_empty() {
        return Ok(0);
    }
    let known = write
        .facts_by_text(Table::Payments, "invoice_id", &invoices, Versions::Latest)
        .await?;
    let mut latest: BTreeMap<String, &Fact> = BTreeMap::new();
    for fact in known.iter().chain(new) {
        latest.insert(places.slots.key_of(&fact.values), fact);
    }
    let ended = ended(&places, latest.into_values(), &invoices);
    let count = u64::try_from(ended.len()).unwrap_or(u64::MAX);
    for (fact, day) in ended {
        end(decided, Table::Payments, fact, day);
    }
    Ok(count)
}

/// Returns the matches that give way, each with the day from which it holds no more.
fn ended<'f>(
    places: &Places,
    payments: impl Iterator<Item = &'f Fact>,
    invoices: &BTreeSet<String>,
) -> Vec<(Fact, i32)> {
    let mut payments: Vec<&Fact> = payments.collect();
    payments.sort_by_key(|fact| fact.sequence);
    let (mut facts, mut allocations) = (Vec::new(), Vec::new());
    for fact in payments {
        let given = places
            .allocation(fact)
            .filter(|given| invoices.contains(&given.invoice_id));
        if let Some(allocation) = given {
            facts.push(fact);
            allocations.push(allocation);
        }
    }
    let mut ended = Vec::new();
    for (position, by) in superseded(&allocations) {
        if let (Some(fact), Some(by)) = (facts.get(position), facts.get(by)) {
            let day = places.recorded(by);
            ended.extend(day.map(|day| (Fact::clone(fact), day)));
        }
    }
    ended
}

/// Where the columns of a payment stand.
struct Places {
    slots: Slots,
    amount: Option<usize>,
    confidence: Option<usize>,
}

impl Places {
    fn of_payments() -> Self {
        Self {
            slots: Slots::of(Table::Payments),
            amount: TableBuilder::slot(Table::Payments, "amount"),
            confidence: TableBuilder::slot(Table::Payments, "confidence"),
        }
    }

    fn invoice_of(&self, fact: &Fact) -> Option<String> {
        Slots::text(self.slots.invoice, &fact.values).map(str::to_owned)
    }

    fn is_matched(&self, fact: &Fact) -> bool {
        let confidence = self.confidence.and_then(|slot| fact.values.get(slot));
        confidence.is_some_and(|value| *value != Value::Null)
    }

    fn recorded(&self, fact: &Fact) -> Option<i32> {
        let day = |slot: usize| fact.values.get(slot).and_then(Value::day);
        day(self.slots.recorded).or(day(self.slots.known))
    }

    /// Returns what is compared of a payment; nothing of one that the source took back.
    fn allocation(&self, fact: &Fact) -> Option<Allocation> {
        let standing = match (self.is_matched(fact), fact.superseded_on) {
            (true, Some(_)) => Standing::Withdrawn,
            (true, None) => Standing::Provisional,
            (false, None) => Standing::Settled,
            (false, Some(_)) => return None,
        };
        let amount = self.amount.and_then(|slot| fact.values.get(slot));
        let Some(Value::Integer(amount_minor)) = amount else {
            return None;
        };
        let paid_on = self.slots.business.and_then(|slot| fact.values.get(slot));
        Some(Allocation {
            invoice_id: self.invoice_of(fact)?,
            currency: Slots::text(self.slots.currency, &fact.values)?.to_owned(),
            amount_minor: *amount_minor,
            paid_day: paid_on.and_then(Value::day)?,
            standing,
        })
    }
}
