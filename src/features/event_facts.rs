//! The dated events around invoices, as facts of their customers: disputes, promises, contacts,
//! ratings and instalment plans.

use polars::prelude::*;

use crate::features::Error;
use crate::features::facts::{CustomerFacts, DisputeFact, Facts, PromiseFact};
use crate::features::relation::{bucket, day, find, gather, required, sorted};
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
        let read = |customer: &CustomerFacts, row: usize| {
            let Some(invoice) = find(&ids, &customer.invoices, invoice.get(row)) else {
                return Ok(None);
            };
            let resolved_day = resolved.get(row).unwrap_or(i32::MAX);
            Ok(Some(DisputeFact {
                invoice,
                known_day: required(known, row)?,
                resolved_day,
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
        let read = |customer: &CustomerFacts, row: usize| {
            Ok(Some(PromiseFact {
                invoice: find(&ids, &customer.invoices, invoice.get(row)),
                known_day: required(known, row)?,
                promised_day: required(promised, row)?,
            }))
        };
        self.promises = gather(&mut self.customers, &frame, read, |customer, rows| {
            customer.promises = rows
        })?;
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
        let read = |_: &CustomerFacts, row: usize| required(known, row).map(Some);
        self.contacts = gather(&mut self.customers, &frame, read, |customer, rows| {
            customer.contacts = rows
        })?;
        let scores = bucket(snapshot.table(Table::CreditRatings), range);
        let frame = sorted(
            scores.select([col("customer_id"), day("known_on"), col("score")]),
            &["customer_id", "known_on", "score"],
        )?;
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
        let read = |customer: &CustomerFacts, row: usize| {
            let Some(invoice) = find(&ids, &customer.invoices, invoice.get(row)) else {
                return Ok(None);
            };
            Ok(Some((invoice, required(known, row)?)))
        };
        self.plans = gather(&mut self.customers, &frame, read, |customer, rows| {
            customer.plans = rows
        })?;
        Ok(())
    }
}
