//! The dated events around invoices, as facts of their customers: disputes, promises, contacts,
//! ratings and instalment plans.

use std::collections::BTreeMap;

use crate::features::Error;
use crate::features::facts::{CustomerFacts, DisputeFact, Facts, PromiseFact};
use crate::features::instalment::PlanLine;
use crate::features::relation::{Wanted, find, gather, required, rolled};
use crate::history::{Keep, Snapshot, schema::Table};

impl Facts {
    pub(crate) fn read_disputes(
        &mut self,
        snapshot: &Snapshot,
        range: Option<(&str, &str)>,
    ) -> Result<(), Error> {
        if snapshot.is_bare(Table::Disputes) {
            return Ok(());
        }
        let wanted = Wanted {
            table: Table::Disputes,
            keep: Keep::All,
            columns: &["customer_id", "invoice_id", "known_on", "resolved_on"],
            days: &["known_on", "resolved_on"],
            keys: &["customer_id", "invoice_id", "known_on", "resolved_on"],
        };
        let frame = wanted.sorted(snapshot, range)?;
        let invoice = frame.column("invoice_id")?.str()?;
        let (known, resolved) = (
            frame.column("known_on")?.i32()?,
            frame.column("resolved_on")?.i32()?,
        );
        let ids = self.identity.column("invoice_id")?.str()?.clone();
        let invoices = &self.invoices;
        let read = |customer: &CustomerFacts, row: usize| {
            let Some(invoice) = find(&ids, &customer.invoices, invoice.get(row)) else {
                return Ok(None);
            };
            let known_day = required(known, row)?.max(invoices[invoice].known_day);
            Ok(Some(DisputeFact {
                invoice,
                known_day,
                resolved_day: resolved.get(row).map_or(i32::MAX, |day| day.max(known_day)),
            }))
        };
        self.disputes = gather(&mut self.customers, &frame, read, |customer, rows| {
            customer.disputes = rows
        })?;
        Ok(())
    }

    pub(crate) fn read_promises(
        &mut self,
        snapshot: &Snapshot,
        range: Option<(&str, &str)>,
    ) -> Result<(), Error> {
        if snapshot.is_bare(Table::Promises) {
            return Ok(());
        }
        let wanted = Wanted {
            table: Table::Promises,
            keep: Keep::All,
            columns: &[
                "customer_id",
                "invoice_id",
                "known_on",
                "promised_date",
                "promised_amount_minor",
            ],
            days: &["known_on", "promised_date"],
            keys: &[
                "customer_id",
                "known_on",
                "promised_date",
                "invoice_id",
                "promised_amount_minor",
            ],
        };
        let frame = wanted.sorted(snapshot, range)?;
        let invoice = frame.column("invoice_id")?.str()?;
        let amount = frame.column("promised_amount_minor")?.i64()?;
        let (known, promised) = (
            frame.column("known_on")?.i32()?,
            frame.column("promised_date")?.i32()?,
        );
        let ids = self.identity.column("invoice_id")?.str()?.clone();
        let read = |customer: &CustomerFacts, row: usize| {
            let named = find(&ids, &customer.invoices, invoice.get(row));
            if named.is_none() && invoice.get(row).is_some() {
                // About an invoice that is not known yet: not about the account.
                return Ok(None);
            }
            Ok(Some(PromiseFact {
                invoice: named,
                known_day: required(known, row)?,
                promised_day: required(promised, row)?,
                amount_minor: amount.get(row),
            }))
        };
        self.promises = gather(&mut self.customers, &frame, read, |customer, rows| {
            customer.promises = rows
        })?;
        Ok(())
    }

    pub(crate) fn read_contacts(
        &mut self,
        snapshot: &Snapshot,
        range: Option<(&str, &str)>,
    ) -> Result<(), Error> {
        if snapshot.is_bare(Table::Actions) {
            return Ok(());
        }
        // To have waited is an action in the log of decisions, and no contact.
        let contacts = Keep::Other {
            column: "action_type",
            than: "wait",
        };
        let wanted = Wanted {
            table: Table::Actions,
            keep: contacts,
            columns: &["customer_id", "known_on"],
            days: &["known_on"],
            keys: &["customer_id", "known_on"],
        };
        let frame = wanted.sorted(snapshot, range)?;
        let known = frame.column("known_on")?.i32()?;
        let read = |_: &CustomerFacts, row: usize| required(known, row).map(Some);
        self.contacts = gather(&mut self.customers, &frame, read, |customer, rows| {
            customer.contacts = rows
        })?;
        Ok(())
    }

    pub(crate) fn read_ratings(
        &mut self,
        snapshot: &Snapshot,
        range: Option<(&str, &str)>,
    ) -> Result<(), Error> {
        if snapshot.is_bare(Table::CreditRatings) {
            return Ok(());
        }
        let wanted = Wanted {
            table: Table::CreditRatings,
            keep: Keep::All,
            columns: &["customer_id", "known_on", "score"],
            days: &["known_on"],
            keys: &["customer_id", "known_on", "score"],
        };
        let frame = wanted.sorted(snapshot, range)?;
        let (known, score) = (frame.column("known_on")?.i32()?, frame.column("score")?.f64()?);
        let read = |_: &CustomerFacts, row: usize| {
            let score = score.get(row).ok_or(Error::Null { column: "score" })?;
            Ok(Some((required(known, row)?, score)))
        };
        self.ratings = gather(&mut self.customers, &frame, read, |customer, rows| {
            customer.ratings = rows
        })?;
        Ok(())
    }

    /// Reads the lines of instalment plans.
    pub(crate) fn read_plans(
        &mut self,
        snapshot: &Snapshot,
        range: Option<(&str, &str)>,
    ) -> Result<(), Error> {
        if snapshot.is_bare(Table::InstalmentPlans) {
            return Ok(());
        }
        let wanted = Wanted {
            table: Table::InstalmentPlans,
            keep: Keep::All,
            columns: &[
                "customer_id",
                "invoice_id",
                "known_on",
                "plan_id",
                "instalment_no",
                "due_date",
                "amount_minor",
            ],
            days: &["known_on", "due_date"],
            keys: &[
                "customer_id",
                "invoice_id",
                "known_on",
                "plan_id",
                "instalment_no",
            ],
        };
        let frame = wanted.sorted(snapshot, range)?;
        let (invoice, plan) = (
            frame.column("invoice_id")?.str()?,
            frame.column("plan_id")?.str()?,
        );
        let (known, due) = (frame.column("known_on")?.i32()?, frame.column("due_date")?.i32()?);
        let amount = frame.column("amount_minor")?.i64()?;
        let ids = self.identity.column("invoice_id")?.str()?.clone();
        let calendars = &self.calendars;
        let mut plans: BTreeMap<String, usize> = BTreeMap::new();
        let read = |customer: &CustomerFacts, row: usize| {
            let Some(invoice) = find(&ids, &customer.invoices, invoice.get(row)) else {
                return Ok(None);
            };
            let next = plans.len();
            let plan = plan.get(row).ok_or(Error::Null { column: "plan_id" })?;
            let due_day = required(due, row)?;
            Ok(Some(PlanLine {
                invoice,
                known_day: required(known, row)?,
                plan: *plans.entry(plan.to_owned()).or_insert(next),
                due_day,
                rolled_due_day: rolled(&calendars[customer.standing.calendar], due_day),
                amount_minor: amount.get(row).ok_or(Error::Null {
                    column: "amount_minor",
                })?,
            }))
        };
        self.plans = gather(&mut self.customers, &frame, read, |customer, rows| {
            customer.plans = rows
        })?;
        Ok(())
    }
}
