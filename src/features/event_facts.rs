//! The dated events around invoices, as facts of their customers: disputes, promises, contacts,
//! ratings and instalment plans.

use polars::prelude::*;

use crate::features::Error;
use crate::features::facts::{DisputeFact, Facts, PromiseFact};
use crate::features::relation::{bucket, day, find, for_customers, required, sorted};
use crate::history::{Snapshot, schema::Table};

impl Facts {
    pub(crate) fn read_disputes(
        &mut self,
        snapshot: &Snapshot,
        range: Option<(&str, &str)>,
    ) -> Result<(), Error> {
        let frame = sorted(
            bucket(snapshot.table(Table::Disputes), range).select([
                col("customer_id"),
                col("invoice_id"),
                day("known_on"),
                day("resolved_on"),
            ]),
            &["customer_id", "invoice_id", "known_on", "resolved_on"],
        )?;
        let invoice = frame.column("invoice_id")?.str()?;
        let (known, resolved) = (
            frame.column("known_on")?.i32()?,
            frame.column("resolved_on")?.i32()?,
        );
        let ids = self.identity.column("invoice_id")?.str()?.clone();
        let mut disputes = Vec::with_capacity(frame.height());
        for_customers(&mut self.customers, &frame, |customer, rows| {
            let start = disputes.len();
            for row in rows {
                let Some(invoice) = find(&ids, &customer.invoices, invoice.get(row)) else {
                    continue;
                };
                let resolved_day = resolved.get(row).unwrap_or(i32::MAX);
                disputes.push(DisputeFact {
                    invoice,
                    known_day: required(known, row)?,
                    resolved_day,
                });
            }
            customer.disputes = start..disputes.len();
            Ok(())
        })?;
        self.disputes = disputes;
        Ok(())
    }

    pub(crate) fn read_promises(
        &mut self,
        snapshot: &Snapshot,
        range: Option<(&str, &str)>,
    ) -> Result<(), Error> {
        let frame = sorted(
            bucket(snapshot.table(Table::Promises), range).select([
                col("customer_id"),
                col("invoice_id"),
                day("known_on"),
                day("promised_date"),
            ]),
            &["customer_id", "known_on", "promised_date", "invoice_id"],
        )?;
        let invoice = frame.column("invoice_id")?.str()?;
        let (known, promised) = (
            frame.column("known_on")?.i32()?,
            frame.column("promised_date")?.i32()?,
        );
        let ids = self.identity.column("invoice_id")?.str()?.clone();
        let mut promises = Vec::with_capacity(frame.height());
        for_customers(&mut self.customers, &frame, |customer, rows| {
            let start = promises.len();
            for row in rows {
                promises.push(PromiseFact {
                    invoice: find(&ids, &customer.invoices, invoice.get(row)),
                    known_day: required(known, row)?,
                    promised_day: required(promised, row)?,
                });
            }
            customer.promises = start..promises.len();
            Ok(())
        })?;
        self.promises = promises;
        Ok(())
    }

    pub(crate) fn read_contacts_and_ratings(
        &mut self,
        snapshot: &Snapshot,
        range: Option<(&str, &str)>,
    ) -> Result<(), Error> {
        let actions = bucket(snapshot.table(Table::Actions), range);
        let frame = sorted(
            actions.select([col("customer_id"), day("known_on")]),
            &["customer_id", "known_on"],
        )?;
        let known = frame.column("known_on")?.i32()?;
        let mut contacts = Vec::with_capacity(frame.height());
        for_customers(&mut self.customers, &frame, |customer, rows| {
            let start = contacts.len();
            for row in rows {
                contacts.push(required(known, row)?);
            }
            customer.contacts = start..contacts.len();
            Ok(())
        })?;
        self.contacts = contacts;
        let scores = bucket(snapshot.table(Table::CreditRatings), range);
        let frame = sorted(
            scores.select([col("customer_id"), day("known_on"), col("score")]),
            &["customer_id", "known_on", "score"],
        )?;
        let (known, score) = (frame.column("known_on")?.i32()?, frame.column("score")?.f64()?);
        let mut ratings = Vec::with_capacity(frame.height());
        for_customers(&mut self.customers, &frame, |customer, rows| {
            let start = ratings.len();
            for row in rows {
                ratings.push((
                    required(known, row)?,
                    score.get(row).ok_or(Error::Null { column: "score" })?,
                ));
            }
            customer.ratings = start..ratings.len();
            Ok(())
        })?;
        self.ratings = ratings;
        Ok(())
    }

    /// Reads the days on which invoices were put on an instalment plan.
    pub(crate) fn read_plans(
        &mut self,
        snapshot: &Snapshot,
        range: Option<(&str, &str)>,
    ) -> Result<(), Error> {
        let plans = bucket(snapshot.table(Table::InstalmentPlans), range);
        let frame = sorted(
            plans.select([col("customer_id"), col("invoice_id"), day("known_on")]),
            &["customer_id", "invoice_id", "known_on"],
        )?;
        let invoice = frame.column("invoice_id")?.str()?;
        let known = frame.column("known_on")?.i32()?;
        let ids = self.identity.column("invoice_id")?.str()?.clone();
        let mut plans = Vec::with_capacity(frame.height());
        for_customers(&mut self.customers, &frame, |customer, rows| {
            let start = plans.len();
            for row in rows {
                if let Some(invoice) = find(&ids, &customer.invoices, invoice.get(row)) {
                    plans.push((invoice, required(known, row)?));
                }
            }
            customer.plans = start..plans.len();
            Ok(())
        })?;
        self.plans = plans;
        Ok(())
    }
}
