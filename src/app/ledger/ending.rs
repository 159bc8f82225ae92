//! Facts that only end another: what a source declared void, and matches that gave way.
//!
//! Nothing is removed. A fact with the values of the row supersedes it and says since when it holds no more.

use std::collections::{BTreeMap, BTreeSet};

use super::head::content_hash;
use super::intake::Decided;
use super::row::Terms;
use super::slots::Slots;
use crate::app::access::Scope;
use crate::app::store::{self, Fact, InvoiceOwner, Value, Versions, Write};
use crate::domain::Date;
use crate::domain::date::day_number;
use crate::history::{DAY_MIN, Table};

/// That a row holds no more: its source voided, deleted or used up what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The table of the row.
    pub table: Table,
    /// Its key.
    pub id: String,
    /// Since when that is known; absent is the day of the import.
    pub on: Option<Date>,
}

/// Ends rows that hold; those that the ledger does not have, that ended before or that the client does not see are
/// nothing, and so are those that were recorded later than they are said to be void. Returns their number.
pub(super) async fn end_rows(
    write: &mut Write,
    endings: &[Ending],
    terms: &Terms,
    decided: &mut Decided,
) -> Result<u64, store::Error> {
    let import_day = terms.corrected_on.map_or(DAY_MIN, day_number);
    // Of several days the first counts; none at all stands behind them.
    let mut days: BTreeMap<Table, BTreeMap<String, Option<i32>>> = BTreeMap::new();
    // Others hang on invoices, which therefore stay.
    for ending in endings.iter().filter(|ending| ending.table != Table::Invoices) {
        let day = ending.on.map(day_number);
        let of_table = days.entry(ending.table).or_default();
        let first = of_table.entry(ending.id.clone()).or_insert(day);
        *first = (*first).into_iter().chain(day).min();
    }
    let mut count = 0;
    for (table, days) in days {
        let slots = Slots::of(table);
        let ids: BTreeSet<String> = days.keys().cloned().collect();
        let facts = write
            .facts_by_text(table, table.key()[0], &ids, Versions::Latest)
            .await?;
        let owners = owners(write, &slots, &facts, &terms.scope).await?;
        for fact in facts {
            let id = slots
                .key
                .first()
                .and_then(|slot| Slots::text(Some(*slot), &fact.values));
            let Some(day) = id.and_then(|id| days.get(id)).copied() else {
                continue;
            };
            if fact.superseded_on.is_some() || !is_seen(&slots, &fact, &owners, &terms.scope) {
                continue;
            }
            let recorded = fact.values.get(slots.recorded).and_then(Value::day);
            let since = recorded.unwrap_or(DAY_MIN);
            // A day before that is the word of an older export.
            if day.is_none_or(|day| since <= day) {
                end(decided, table, fact, day.unwrap_or_else(|| import_day.max(since)));
                count += 1;
            }
        }
    }
    Ok(count)
}

/// Adds the fact that ends a row.
pub(super) fn end(decided: &mut Decided, table: Table, ended: Fact, day: i32) {
    let customer = Slots::text(Slots::of(table).customer, &ended.values).map(str::to_owned);
    decided.customers.extend(customer);
    let said = ended.values.len().saturating_sub(1);
    let mut hashed = ended.values[..said].to_vec();
    hashed.push(Value::Day(day));
    let content_hash = content_hash(table, &hashed);
    decided.head.follow(&content_hash);
    let fact = Fact {
        sequence: decided.head.sequence,
        supersedes: Some(ended.sequence),
        content_hash,
        superseded_on: Some(day),
        values: ended.values,
    };
    decided.facts.entry(table).or_default().push(fact);
}

/// Returns whose the invoices of facts are, where a client is limited to some entities.
async fn owners(
    write: &mut Write,
    slots: &Slots,
    facts: &[Fact],
    scope: &Scope,
) -> Result<BTreeMap<String, InvoiceOwner>, store::Error> {
    if *scope == Scope::All {
        return Ok(BTreeMap::new());
    }
    let invoices: BTreeSet<String> = facts
        .iter()
        .filter_map(|fact| Slots::text(slots.invoice, &fact.values).map(str::to_owned))
        .collect();
    write.owners_of_invoices(&invoices).await
}

fn is_seen(slots: &Slots, fact: &Fact, owners: &BTreeMap<String, InvoiceOwner>, scope: &Scope) -> bool {
    let invoice = Slots::text(slots.invoice, &fact.values);
    let owner = invoice.and_then(|invoice_id| owners.get(invoice_id));
    *scope == Scope::All || owner.is_some_and(|owner| scope.sees(owner.entity.as_deref()))
}
