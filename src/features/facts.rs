//! The facts of a snapshot in the order that the replay reads them: customer by customer.
//!
//! polars does the relational work (filter, project, sort; streaming, so that a bucket of a large
//! ledger never drags the rest into memory); the replay then walks plain arrays.

use std::collections::BTreeMap;
use std::ops::Range;

use polars::prelude::*;

use crate::domain::calendar::BusinessCalendar;
use crate::features::Error;
use crate::features::instalment::PlanLine;
use crate::features::relation::{Wanted, bucket, day, find, gather, required, rolled, sorted};
use crate::features::standing::{Origin, Standing, Standings, origins};
use crate::history::{Keep, Snapshot, schema::Table};

/// How a settlement reduced the open amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SettlementKind {
    /// Money arrived.
    Cash,
    /// A credit note or write-off: the debt went away without cash.
    NonCash,
}

/// One invoice as the source reported it. Days are day numbers since 1970-01-01.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InvoiceFact {
    pub(crate) invoice_day: i32,
    pub(crate) due_day: i32,
    /// The due date rolled to the payer's next business day.
    pub(crate) rolled_due_day: i32,
    pub(crate) known_day: i32,
    pub(crate) amount_minor: i64,
    /// Index into [`Facts::groups`].
    pub(crate) group: u32,
}

/// One reduction of an invoice's open amount; they are sorted by their fields, first one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SettlementFact {
    /// Index of the invoice in [`Facts::invoices`].
    pub(crate) invoice: usize,
    pub(crate) known_day: i32,
    pub(crate) day: i32,
    pub(crate) kind: SettlementKind,
    pub(crate) amount_minor: i64,
}

/// A dispute: opened on one day, resolved on a later one or not yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DisputeFact {
    pub(crate) invoice: usize,
    /// Day on which both the dispute and its invoice were known.
    pub(crate) known_day: i32,
    /// Never before `known_day`; `i32::MAX` while it is unresolved as far as the snapshot knows.
    pub(crate) resolved_day: i32,
}

/// A promise to pay by a date, for one invoice or for the whole account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PromiseFact {
    pub(crate) invoice: Option<usize>,
    pub(crate) known_day: i32,
    pub(crate) promised_day: i32,
    /// What was promised in minor units, where it was said.
    pub(crate) amount_minor: Option<i64>,
}

/// Where one customer's facts lie in the arrays of [`Facts`].
#[derive(Debug, Clone)]
pub(crate) struct CustomerFacts {
    pub(crate) id: String,
    /// As known at the snapshot; by it due days are rolled.
    pub(crate) standing: Standing,
    /// What was known before, each with the day number from which the next one holds; only since the customer has
    /// invoices.
    pub(crate) earlier: Vec<(i32, Standing)>,
    pub(crate) invoices: Range<usize>,
    pub(crate) settlements: Range<usize>,
    pub(crate) disputes: Range<usize>,
    pub(crate) promises: Range<usize>,
    pub(crate) contacts: Range<usize>,
    pub(crate) ratings: Range<usize>,
    pub(crate) plans: Range<usize>,
}

/// Every fact of a range of customers, sorted by customer.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) customers: Vec<CustomerFacts>,
    pub(crate) invoices: Vec<InvoiceFact>,
    /// Identity columns of `invoices`, row for row: id, entity, currency.
    pub(crate) identity: DataFrame,
    pub(crate) settlements: Vec<SettlementFact>,
    pub(crate) disputes: Vec<DisputeFact>,
    pub(crate) promises: Vec<PromiseFact>,
    /// Days on which the customer was contacted.
    pub(crate) contacts: Vec<i32>,
    /// Day known and value of each credit score.
    pub(crate) ratings: Vec<(i32, f64)>,
    /// Lines of instalment plans, by invoice and then by the day on which they became known.
    pub(crate) plans: Vec<PlanLine>,
    /// Names of the terms groups, by index.
    pub(crate) groups: Vec<String>,
    /// Names of countries and segments, by index.
    pub(crate) markets: Vec<String>,
    pub(crate) calendars: Vec<BusinessCalendar>,
}

impl Facts {
    /// Collects the facts of the customers in `range` (all where `None`), ids from `.0` to `.1` inclusive.
    ///
    /// # Errors
    ///
    /// [`Error::Table`] when polars cannot read a table; [`Error::Currency`] for a currency that
    /// is not in ISO 4217.
    pub(crate) fn collect(snapshot: &Snapshot, range: Option<(&str, &str)>) -> Result<Self, Error> {
        let wanted = Wanted {
            table: Table::Invoices,
            keep: Keep::All,
            columns: &[
                "customer_id",
                "invoice_id",
                "invoice_date",
                "due_date",
                "known_on",
                "amount_minor",
                "currency",
                "entity",
                "payment_terms",
            ],
            days: &["invoice_date", "due_date", "known_on"],
            keys: &["customer_id", "invoice_id"],
        };
        let invoices = wanted.sorted(snapshot, range)?;
        let origins = origins(snapshot, range)?;
        let mut facts = Self {
            customers: Vec::new(),
            invoices: Vec::with_capacity(invoices.height()),
            identity: invoices.select(["invoice_id", "entity", "currency"])?,
            settlements: Vec::new(),
            disputes: Vec::new(),
            promises: Vec::new(),
            contacts: Vec::new(),
            ratings: Vec::new(),
            plans: Vec::new(),
            groups: Vec::new(),
            markets: Vec::new(),
            calendars: Vec::new(),
        };
        facts.read_invoices(&invoices, &origins)?;
        facts.read_settlements(snapshot, range)?;
        facts.read_disputes(snapshot, range)?;
        facts.read_promises(snapshot, range)?;
        facts.read_contacts(snapshot, range)?;
        facts.read_ratings(snapshot, range)?;
        facts.read_plans(snapshot, range)?;
        Ok(facts)
    }

    fn read_invoices(
        &mut self,
        frame: &DataFrame,
        origins: &BTreeMap<String, Vec<Origin>>,
    ) -> Result<(), Error> {
        let customer = frame.column("customer_id")?.str()?;
        let (invoiced, due) = (
            frame.column("invoice_date")?.i32()?,
            frame.column("due_date")?.i32()?,
        );
        let (known, amount) = (
            frame.column("known_on")?.i32()?,
            frame.column("amount_minor")?.i64()?,
        );
        let (currency, terms) = (
            frame.column("currency")?.str()?,
            frame.column("payment_terms")?.str()?,
        );
        let mut groups: BTreeMap<String, u32> = BTreeMap::new();
        let mut standings = Standings::default();
        for row in 0..frame.height() {
            let id = customer.get(row).unwrap_or_default();
            if self.customers.last().is_none_or(|last| last.id != id) {
                let currency = currency
                    .get(first_known(customer, known, row))
                    .unwrap_or_default();
                let origins = origins.get(id).map(Vec::as_slice).unwrap_or_default();
                let (standing, earlier) = standings.in_turn(origins, currency)?;
                self.customers
                    .push(CustomerFacts::starting_at(id, standing, earlier, row));
            }
            let last = self
                .customers
                .last_mut()
                .expect("a customer was pushed for this row");
            last.invoices.end = row + 1;
            let (invoice_day, due_day) = (required(invoiced, row)?, required(due, row)?);
            let group = match terms.get(row) {
                Some(terms) if !terms.is_empty() => terms.to_owned(),
                _ => format!("net {}", due_day - invoice_day),
            };
            let next = u32::try_from(groups.len()).expect("fewer groups than u32 holds");
            let group = *groups.entry(group).or_insert_with_key(|name| {
                self.groups.push(name.clone());
                next
            });
            let calendar = standings.calendar(last.standing);
            self.invoices.push(InvoiceFact {
                invoice_day,
                due_day,
                rolled_due_day: rolled(calendar, due_day),
                known_day: required(known, row)?,
                amount_minor: amount.get(row).ok_or(Error::Null {
                    column: "amount_minor",
                })?,
                group,
            });
        }
        for customer in &mut self.customers {
            let known = self.invoices[customer.invoices.clone()].iter();
            let first = known.map(|invoice| invoice.known_day).min();
            // Without a known invoice nothing is written down and nothing counted, wherever the customer lived.
            customer
                .earlier
                .retain(|(until_day, _)| first.is_some_and(|first| first < *until_day));
        }
        (self.calendars, self.markets) = standings.into_lists();
        Ok(())
    }

    fn read_settlements(&mut self, snapshot: &Snapshot, range: Option<(&str, &str)>) -> Result<(), Error> {
        let settling = [Table::Payments, Table::CreditNotes, Table::WriteOffs];
        if settling.into_iter().all(|table| snapshot.is_bare(table)) {
            return Ok(());
        }
        let frame = sorted(
            snapshot,
            bucket(snapshot.settlements(), range).select([
                col("customer_id"),
                col("invoice_id"),
                col("kind"),
                day("date"),
                day("known_on"),
                col("amount_minor"),
            ]),
            &["customer_id"],
        )?;
        let (invoice, kind) = (frame.column("invoice_id")?.str()?, frame.column("kind")?.str()?);
        let (date, known) = (frame.column("date")?.i32()?, frame.column("known_on")?.i32()?);
        let amount = frame.column("amount_minor")?.i64()?;
        let ids = self.identity.column("invoice_id")?.str()?.clone();
        let read = |customer: &CustomerFacts, row: usize| {
            let Some(invoice) = find(&ids, &customer.invoices, invoice.get(row)) else {
                return Ok(None);
            };
            let is_cash = kind.get(row) == Some("cash");
            Ok(Some(SettlementFact {
                invoice,
                kind: if is_cash {
                    SettlementKind::Cash
                } else {
                    SettlementKind::NonCash
                },
                day: required(date, row)?,
                known_day: required(known, row)?,
                amount_minor: amount.get(row).ok_or(Error::Null {
                    column: "amount_minor",
                })?,
            }))
        };
        let mut settlements = gather(&mut self.customers, &frame, read, |customer, rows| {
            customer.settlements = rows
        })?;
        // Integers sort faster than the text keys, and every field takes part: ties are equal rows.
        for customer in &self.customers {
            settlements[customer.settlements.clone()].sort_unstable();
        }
        self.settlements = settlements;
        Ok(())
    }
}

/// Of the invoices of the customer whose rows begin at `start` the one that was known first: it is the same at every
/// cut-off, which the first by its id is not.
fn first_known(customer: &StringChunked, known: &Int32Chunked, start: usize) -> usize {
    let id = customer.get(start);
    let own = (start..customer.len()).take_while(|row| customer.get(*row) == id);
    own.min_by_key(|row| known.get(*row)).unwrap_or(start)
}

impl CustomerFacts {
    fn starting_at(id: &str, standing: Standing, earlier: Vec<(i32, Standing)>, row: usize) -> Self {
        Self {
            id: id.to_owned(),
            standing,
            earlier,
            invoices: row..row,
            settlements: 0..0,
            disputes: 0..0,
            promises: 0..0,
            contacts: 0..0,
            ratings: 0..0,
            plans: 0..0,
        }
    }
}
