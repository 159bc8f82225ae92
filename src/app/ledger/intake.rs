//! The rules by which a row becomes a fact: against its invoice, against what was said before, row by row.

use std::collections::{BTreeMap, BTreeSet};

use super::check::Checked;
use super::head::{Head, content_hash};
use super::lookup::Known;
use super::row::{OnFault, Outcome, RowFault, Terms};
use super::slots::Slots;
use crate::app::access::Scope;
use crate::app::store::{Fact, Value, layout};
use crate::domain::date::{day_number, from_day_number};
use crate::history::{DAY_MIN, Table, TableBuilder};

/// What is to be written, and what is to be answered.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) outcomes: Vec<(u64, Outcome)>,
    /// New facts by table, in order.
    pub(super) facts: BTreeMap<Table, Vec<Fact>>,
    /// Customers of which something changes.
    pub(super) customers: BTreeSet<String>,
    /// The head after all of it.
    pub(super) head: Head,
}

/// Decides about rows in their order; a row sees what the rows before it have changed.
pub(super) fn decide(table: Table, rows: Vec<Checked>, known: Known, head: Head, terms: &Terms) -> Decided {
    let mut intake = Intake {
        table,
        slots: Slots::of(table),
        terms,
        known,
        known_since: terms.known_since.map_or(i32::MIN, day_number),
        corrected_on: terms.corrected_on.map(day_number),
        decided: Decided {
            outcomes: Vec::with_capacity(rows.len()),
            facts: BTreeMap::new(),
            customers: BTreeSet::new(),
            head,
        },
        added: BTreeMap::new(),
    };
    for Checked { place, row } in rows {
        let outcome = match row {
            Ok(values) => intake.take(values),
            Err(faults) => Outcome::Rejected(faults),
        };
        intake.decided.outcomes.push((place, outcome));
    }
    intake.decided
}

struct Intake<'a> {
    table: Table,
    slots: Slots,
    terms: &'a Terms,
    known: Known,
    known_since: i32,
    corrected_on: Option<i32>,
    decided: Decided,
    /// Place among the new facts of the table, by key.
    added: BTreeMap<String, usize>,
}

impl Intake<'_> {
    fn take(&mut self, mut values: Vec<Value>) -> Outcome {
        if let Err(fault) = self.attach(&mut values).and_then(|()| self.check_scope(&values)) {
            return Outcome::Rejected(vec![fault]);
        }
        let key = self.slots.key_of(&values);
        let is_said = values[self.slots.recorded] != Value::Null;
        if !is_said {
            values[self.slots.recorded] = self.imputed(&values);
        }
        let Some(before) = self.before(&key) else {
            self.add(key, values, None);
            return Outcome::Added;
        };
        let recorded = self.slots.recorded;
        if self.slots.is_same(&before.values, &values)
            // A day that was imputed says nothing: it does not bring back what had ended either.
            && (!is_said
                || (self.back_on(before, &values).is_none()
                    && (before.values[recorded] == values[recorded]
                        // Exports overlap: what they say again they may date otherwise. A row that holds no more
                        // is void, or another source has taken its place.
                        || self.corrected_on.is_some()
                        || before.superseded_on.is_some())))
        {
            return Outcome::Unchanged;
        }
        let keeps_clock = self.table == Table::Customers || self.slots.is_continued(&before.values, &values);
        if let Some(day) = self.corrected_on.filter(|_| !keeps_clock) {
            match self.corrected_since(&key, before, &values, day) {
                Ok(Some(day)) => values[recorded] = Value::Day(day),
                Ok(None) => return Outcome::Unchanged,
                Err(fault) => return Outcome::Rejected(vec![fault]),
            }
        }
        if let Err(fault) = self.check_correction(&key, before, &values) {
            return Outcome::Rejected(vec![fault]);
        }
        if keeps_clock && before.values[recorded] != Value::Null {
            values[recorded] = before.values[recorded].clone();
            if self.slots.is_same(&before.values, &values) {
                return Outcome::Unchanged;
            }
        }
        let (supersedes, owner) = (
            before.sequence,
            Slots::text(self.slots.customer, &before.values).map(str::to_owned),
        );
        self.decided.customers.extend(owner);
        self.add(key, values, Some(supersedes));
        Outcome::Corrected
    }

    /// Returns the version that the ledger has of a row, those of this request included.
    fn before(&self, key: &str) -> Option<&Fact> {
        match self.added.get(key) {
            Some(index) => self.decided.facts.get(&self.table)?.get(*index),
            None => self.known.latest.get(key),
        }
    }

    /// Checks a row against its invoice, and gives it the invoice's customer.
    fn attach(&self, values: &mut [Value]) -> Result<(), RowFault> {
        if !self.table.hangs_on_invoice() {
            return Ok(());
        }
        let Some(invoice_id) = Slots::text(self.slots.invoice, values) else {
            return Ok(());
        };
        let owner = self
            .known
            .invoices
            .get(invoice_id)
            .filter(|owner| self.terms.scope.sees(owner.entity.as_deref()));
        let Some(owner) = owner else {
            return Err(unknown_invoice(invoice_id));
        };
        if let Some(currency) =
            Slots::text(self.slots.currency, values).filter(|given| *given != owner.currency)
        {
            let detail = format!("not the currency of its invoice, which is {}", owner.currency);
            return Err(RowFault::new("currency", "other_currency", detail, currency));
        }
        let customer = Slots::text(self.slots.customer, values);
        let is_import = self.corrected_on.is_some();
        if let Some(customer) = customer.filter(|given| !is_import && *given != owner.customer_id) {
            let detail = "not the customer of its invoice; leave it out to take the invoice's";
            return Err(RowFault::new("customer_id", "other_customer", detail, customer));
        }
        if let Some(slot) = self.slots.customer {
            values[slot] = Value::Text(owner.customer_id.clone());
        }
        Ok(())
    }

    /// Checks that a client that is limited to entities writes rows of these alone, and takes no other's place.
    fn check_scope(&self, values: &[Value]) -> Result<(), RowFault> {
        if self.terms.scope == Scope::All {
            return Ok(());
        }
        self.check_entity(values)?;
        let key = self.slots.key_of(values);
        match self.before(&key) {
            Some(before) if self.check_entity(&before.values).is_err() => {
                let detail =
                    "the row is there already and belongs to an entity that this client does not see";
                Err(RowFault::new(self.table.key()[0], "other_entity", detail, ""))
            }
            _ => Ok(()),
        }
    }

    fn check_entity(&self, values: &[Value]) -> Result<(), RowFault> {
        let refused = |column: &str, detail: &str, value: &str| {
            Err(RowFault::new(column, "other_entity", detail, value))
        };
        if self.table == Table::Invoices {
            let entity = Slots::text(self.slots.entity, values);
            return if self.terms.scope.sees(entity) {
                Ok(())
            } else {
                refused(
                    "entity",
                    "not an entity that this client sees",
                    entity.unwrap_or_default(),
                )
            };
        }
        if self.slots.invoice.is_none() {
            return refused(
                "",
                "only a client that sees every entity may write this table",
                "",
            );
        }
        let Some(invoice_id) = Slots::text(self.slots.invoice, values) else {
            let detail = "a row without an invoice is of no entity; this client is limited to some";
            return refused("invoice_id", detail, "");
        };
        let owner = self.known.invoices.get(invoice_id);
        if owner.is_some_and(|owner| self.terms.scope.sees(owner.entity.as_deref())) {
            Ok(())
        } else {
            Err(unknown_invoice(invoice_id))
        }
    }

    /// Returns since when a correction by an import is known, or nothing where the ledger has been told so before.
    ///
    /// These are the rules of ledger files: the row's own day where it is later than that of the row before, else the
    /// day of the import; an older export does not undo a younger one.
    fn corrected_since(
        &self,
        key: &str,
        before: &Fact,
        values: &[Value],
        import_day: i32,
    ) -> Result<Option<i32>, RowFault> {
        let was_said = || {
            let mut versions = self.known.versions.get(key).into_iter().flatten();
            versions.any(|fact| self.slots.is_same(&fact.values, values))
        };
        if let Some(ended) = before.superseded_on {
            let back_on = self.back_on(before, values);
            let is_new = back_on.is_some() || !was_said();
            return Ok(is_new.then_some(back_on.unwrap_or(import_day.max(ended))));
        }
        let recorded = |values: &[Value]| values[self.slots.recorded].day();
        let business = |values: &[Value]| self.slots.business.and_then(|slot| values[slot].day());
        let since = recorded(&before.values).unwrap_or(i32::MIN);
        // A day that equals the business date may be imputed from it, and says nothing.
        let own = recorded(values).filter(|day| business(values) != Some(*day));
        let day = own.filter(|day| *day > since).unwrap_or(import_day);
        if day <= since && was_said() {
            return Ok(None);
        }
        if day < since && business(&before.values) != Some(since) {
            let since = from_day_number(since);
            let detail = format!(
                "the ledger has other values for the key, recorded on {since}, which is later than this export; import \
                 exports in the order they were made"
            );
            return Err(RowFault::new(self.table.key()[0], "older_export", detail, ""));
        }
        Ok(Some(day))
    }

    /// Returns the day on which a row that had ended holds again: one that its source, which allocated it, says to lie
    /// behind the end.
    fn back_on(&self, before: &Fact, values: &[Value]) -> Option<i32> {
        let ended = before.superseded_on?;
        let confidence = TableBuilder::slot(self.table, "confidence").and_then(|slot| values.get(slot));
        if confidence.is_some_and(|value| *value != Value::Null) {
            return None;
        }
        let business = self.slots.business.and_then(|slot| values[slot].day());
        let said = values[self.slots.recorded]
            .day()
            .filter(|day| business != Some(*day));
        said.filter(|day| *day > ended)
    }

    fn check_correction(&self, key: &str, before: &Fact, values: &[Value]) -> Result<(), RowFault> {
        if self.terms.on_fault == OnFault::Refuse && self.added.contains_key(key) {
            let detail = "the request has another row with this key and other content";
            return Err(RowFault::new(
                self.table.key()[0],
                "duplicate_in_request",
                detail,
                "",
            ));
        }
        if self.table != Table::Invoices {
            return Ok(());
        }
        let is_used = values[self.slots.key[0]]
            .text()
            .is_some_and(|invoice_id| self.known.in_use.contains(invoice_id));
        for (column, slot) in [
            ("customer_id", self.slots.customer),
            ("currency", self.slots.currency),
        ] {
            let given = Slots::text(slot, values);
            if is_used && given != Slots::text(slot, &before.values) {
                let detail = "payments or other rows hang on the invoice, so it stays as it was";
                let value = given.unwrap_or_default();
                return Err(RowFault::new(column, "invoice_in_use", detail, value));
            }
        }
        Ok(())
    }

    /// Returns since when a row is known that does not say it, see [`Terms::known_since`].
    fn imputed(&self, values: &[Value]) -> Value {
        self.slots
            .business
            .and_then(|slot| values[slot].day())
            .map_or(Value::Null, |business| Value::Day(business.max(self.known_since)))
    }

    fn add(&mut self, key: String, mut values: Vec<Value>, supersedes: Option<i64>) {
        let day = |slot: Option<usize>| slot.and_then(|slot| values[slot].day());
        let known = day(Some(self.slots.recorded)).max(day(self.slots.business));
        values[self.slots.known] = Value::Day(known.unwrap_or(DAY_MIN));
        if let Some(customer) = Slots::text(self.slots.customer, &values).map(str::to_owned) {
            if self.table != Table::Customers && self.known.customers.insert(customer.clone()) {
                self.add_customer(&customer);
            }
            self.decided.customers.insert(customer);
        }
        let index = self.decided.facts.get(&self.table).map_or(0, Vec::len);
        self.added.insert(key, index);
        self.push(self.table, values, supersedes);
    }

    /// Adds a customer of whom nothing is known but that it owes: a ledger may come without master data.
    fn add_customer(&mut self, customer_id: &str) {
        let slots = Slots::of(Table::Customers);
        let mut values = vec![Value::Null; layout(Table::Customers).len()];
        if let Some(slot) = slots.customer {
            values[slot] = Value::Text(customer_id.to_owned());
        }
        values[slots.known] = Value::Day(DAY_MIN);
        self.push(Table::Customers, values, None);
    }

    fn push(&mut self, table: Table, values: Vec<Value>, supersedes: Option<i64>) {
        // Without `known_on`, which follows from the others.
        let said = values.len().saturating_sub(1);
        let content_hash = content_hash(table, &values[..said]);
        self.decided.head.follow(&content_hash);
        let fact = Fact {
            sequence: self.decided.head.sequence,
            supersedes,
            content_hash,
            superseded_on: None,
            values,
        };
        self.decided.facts.entry(table).or_default().push(fact);
    }
}

fn unknown_invoice(invoice_id: &str) -> RowFault {
    let detail = "no such invoice: send invoices before what hangs on them";
    RowFault::new("invoice_id", "unknown_invoice", detail, invoice_id)
}
