//! Layer B: the invoices that rhythms and plans let expect, as items of the forecast.
//!
//! An item's distribution is about days after the cut-off: the days to its issue, and then the lag from issue to
//! cash. The lag is the customer's own where at least ten of its invoices were paid in two years, else that of its
//! part of the business, else the currency's. Where nothing was paid in the currency, it is the customer's own
//! over all currencies, else that of all currencies together; where nothing was paid at all, a planned invoice is taken
//! to be paid when it is due.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::history::{Book, SETTLEMENT_DAYS};
use super::lag::{Lag, LagCounts, WideLags};
use super::planned::{BillingPlan, PlanReject, PlannedInvoice};
use super::recurring::{self, Rhythm, Step, Upcoming};
use super::report::{BillingReport, FoundRhythm};
use super::streams::Cell;
use crate::domain::date::{day_number, from_day_number};
use crate::domain::{Currency, Money};
use crate::forecast::{Attributes, CashItem, Layer, Place};
use crate::model::PaymentDistribution;

/// Paid invoices from which on a customer has a lag of its own.
const PAID_MIN: u32 = 10;
/// Invoices of the currency that are added to those of a customer for its lag.
const CUSTOMER_WEIGHT: f64 = 2.0;

/// The lags from issue to cash that there are.
pub(super) struct Lags<'a> {
    pub(super) wide: &'a WideLags,
    pub(super) cells: BTreeMap<Cell, PaymentDistribution>,
}

impl Lags<'_> {
    /// Returns the lag of a customer's invoices, if the ledger has any that was paid.
    fn of(&self, book: &Book, customer_id: &str, cell: &Cell) -> Option<PaymentDistribution> {
        if !self.wide.paid.contains(&cell.currency)
            && let Some(lag) = self.of_all_currencies(book, customer_id)
        {
            return Some(lag);
        }
        let wider = self.wide.currencies.get(&cell.currency)?;
        let counts = counts_of(book, customer_id, cell.currency);
        if counts.paid_count >= PAID_MIN {
            return Some(Lag::of(&counts, Some((wider, CUSTOMER_WEIGHT))).distribution());
        }
        let of_cell = self.cells.get(cell).cloned();
        Some(of_cell.unwrap_or_else(|| wider.distribution()))
    }

    /// Returns the lag of a customer's invoices in whatever currency, else that of all invoices.
    fn of_all_currencies(&self, book: &Book, customer_id: &str) -> Option<PaymentDistribution> {
        let wider = self.wide.pooled.as_ref()?;
        let currencies = book.currencies().into_iter();
        let counts: Vec<LagCounts> = currencies
            .map(|currency| counts_of(book, customer_id, currency))
            .collect();
        let paid_count: u32 = counts.iter().map(|own| own.paid_count).sum();
        if paid_count >= PAID_MIN {
            Some(Lag::of_all(&counts, Some((wider, CUSTOMER_WEIGHT))).distribution())
        } else {
            Some(wider.distribution())
        }
    }
}

/// Counts the invoices of a customer of the last two years in one currency.
fn counts_of(book: &Book, customer_id: &str, currency: Currency) -> LagCounts {
    let positions = book.of_customer(currency, customer_id);
    LagCounts::of(
        book,
        positions.filter(|position| book.invoices[*position].issue_day > book.cutoff - SETTLEMENT_DAYS),
    )
}

/// The layer while it is put together.
pub(super) struct Recurring<'a> {
    pub(super) book: &'a Book,
    pub(super) attributes: &'a Attributes,
    pub(super) lags: Lags<'a>,
    /// Last day of the forecast.
    pub(super) last_day: i32,
    pub(super) items: Vec<CashItem<'static>>,
    pub(super) report: BillingReport,
}

impl Recurring<'_> {
    /// Adds the invoices of all active rhythms but those of customers with a plan that counts.
    pub(super) fn add_rhythms(&mut self, rhythms: &[Rhythm], plan: &BillingPlan) {
        let stop_hazard = recurring::stop_hazard(rhythms);
        let payers = plan.payers();
        for rhythm in rhythms {
            let invoice = rhythm.last_invoice(self.book);
            if !rhythm.is_active {
                self.report.stopped_rhythms += 1;
            } else if payers.contains(&(invoice.customer_id.as_str(), invoice.currency)) {
                self.report.replaced_rhythms += 1;
            } else {
                let upcoming = rhythm.upcoming(self.book.cutoff, self.last_day, stop_hazard);
                self.add_rhythm(rhythm, &upcoming);
            }
        }
    }

    fn add_rhythm(&mut self, rhythm: &Rhythm, upcoming: &[Upcoming]) {
        let invoice = rhythm.last_invoice(self.book);
        // The first invoice names the contract: its coming invoices keep their draws from week to week.
        let first_id = &rhythm.first_invoice(self.book).invoice_id;
        let (place, cell) = self.place_of(
            &invoice.customer_id,
            &invoice.invoice_id,
            invoice.currency,
            invoice.entity.as_ref(),
        );
        let Some(lag) = self.lags.of(self.book, &invoice.customer_id, &cell) else {
            return;
        };
        for next in upcoming {
            let date = from_day_number(next.day);
            self.items.push(CashItem {
                layer: Layer::Recurring,
                customer_id: Cow::Owned(invoice.customer_id.clone()),
                invoice_id: Cow::Owned(format!("rhythm {first_id} {date}")),
                is_line: false,
                place: Arc::clone(&place),
                currency: invoice.currency,
                invoice_date: date,
                due_date: from_day_number(next.day.saturating_add(rhythm.term_days)),
                open_minor: rhythm.amount_minor,
                disputed_minor: 0,
                promised: None,
                distribution: Cow::Owned(lag.of_later_invoice(next.day - self.book.cutoff, next.probability)),
            });
        }
        if let Some(next) = upcoming.first() {
            self.report.rhythms.push(FoundRhythm {
                customer_id: invoice.customer_id.clone(),
                entity: invoice.entity.clone(),
                amount: Money::from_minor(rhythm.amount_minor, invoice.currency),
                every: every(rhythm.step),
                times_billed: rhythm.occurrences.len(),
                next_date: from_day_number(next.day),
                probability: next.probability,
            });
        }
    }

    /// Adds the planned invoices that are issued after the cut-off and within the horizon.
    pub(super) fn add_plan(&mut self, plan: &BillingPlan) {
        for planned in &plan.invoices {
            let day = day_number(planned.invoice_date);
            if day <= self.book.cutoff {
                self.report.planned_in_the_past += 1;
                let allowed = from_day_number(self.book.cutoff.saturating_add(1));
                self.leave_out(planned, "on or before the cut-off", &format!("from {allowed}"));
            } else if day > self.last_day {
                self.report.planned_beyond_horizon += 1;
                let allowed = from_day_number(self.last_day);
                self.leave_out(planned, "beyond the horizon", &format!("up to {allowed}"));
            } else {
                self.report.planned_invoices += 1;
                self.add_planned(planned, day);
            }
        }
    }

    fn leave_out(&mut self, planned: &PlannedInvoice, why: &str, allowed: &str) {
        self.report.planned_left_out.push(PlanReject {
            line: planned.line,
            column: "invoice_date".to_owned(),
            reason: format!("{} is {why}; an invoice {allowed} counts", planned.invoice_date),
        });
    }

    fn add_planned(&mut self, planned: &PlannedInvoice, day: i32) {
        let currency = planned.amount.currency();
        let name = format!("plan line {} {}", planned.line, planned.invoice_date);
        let (place, cell) = self.place_of(&planned.customer_id, &name, currency, planned.entity.as_ref());
        let lag = self.lags.of(self.book, &planned.customer_id, &cell);
        let issued_after = day - self.book.cutoff;
        let distribution = lag.map_or_else(
            || on_due_date(planned, day).of_later_invoice(issued_after, 1.0),
            |lag| lag.of_later_invoice(issued_after, 1.0),
        );
        self.items.push(CashItem {
            layer: Layer::Recurring,
            customer_id: Cow::Owned(planned.customer_id.clone()),
            invoice_id: Cow::Owned(name),
            is_line: false,
            place,
            currency,
            invoice_date: planned.invoice_date,
            due_date: planned.due_date,
            open_minor: planned.amount.minor(),
            disputed_minor: 0,
            promised: None,
            distribution: Cow::Owned(distribution),
        });
    }

    /// Returns where a customer's invoices belong, and the cell of new billing that is theirs.
    fn place_of(
        &self,
        customer_id: &str,
        invoice_id: &str,
        currency: Currency,
        entity: Option<&String>,
    ) -> (Arc<Place>, Cell) {
        let mut place = Place::clone(&self.attributes.place(customer_id, invoice_id));
        if let Some(entity) = entity {
            place.entity = Some(entity.clone());
        }
        let cell = Cell {
            currency,
            entity: entity.cloned(),
            segment: place.segment.clone(),
        };
        (Arc::new(place), cell)
    }
}

/// Returns all mass on the due date, counted from the date of issue.
fn on_due_date(planned: &PlannedInvoice, day: i32) -> PaymentDistribution {
    let term = (day_number(planned.due_date) - day).max(1);
    PaymentDistribution::on_day(term).expect("a step from 0 to 1 is a distribution")
}

/// Returns a step in words.
fn every(step: Step) -> String {
    match step {
        Step::Months(1) => "1 month".to_owned(),
        Step::Months(months) => format!("{months} months"),
        Step::Days(days) => format!("{days} days"),
    }
}
