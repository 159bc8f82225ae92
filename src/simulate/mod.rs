//! Ledgers with known truth, at any size. In: [`SimulationPlan`]. Out: a ledger folder and its truth.
//!
//! A model is judged on real ledgers against what happened; here it can be judged against what was *likely*,
//! because payments are drawn from a daily hazard that is written down. Beside the ledger, in `truth/`:
//!
//! | file | one row |
//! |---|---|
//! | `customers` | the true parameters of a customer |
//! | `effects.csv` | an action at a collection stage (in a segment): propensity, effect on the logit of the daily hazard |
//! | `market.csv` | a month: season and shared shock, in days |
//! | `outcomes` | an invoice not settled in the ledger: when it is settled after all |
//! | `distribution` | an invoice open at a cut-off and a number of days `k`: the true probability of being settled by then |
//! | `plan.json` | the plan |
//!
//! Each customer has a random stream of its own, so neither order nor threads change a byte. Customers are made in
//! portions and written sorted by customer, so memory does not grow with the ledger.
//!
//! What an invoice would do under another action than the one that was taken is known too: [`action_outlook`] for the
//! open book at a cut-off, [`decision_truth`] for every decision of collections.
//!
//! # Limits
//!
//! The truth of an invoice conditions on its real state at the cut-off. A payment that is made but not yet recorded
//! on that day leaves the invoice open in a snapshot, though not in the truth: such invoices have no truth rows.

mod batch;
mod calendar_runs;
mod collections;
mod customer;
mod effects;
mod error;
mod forward;
mod hazard;
mod invoice;
mod outlook;
mod payment;
mod plan;
mod rows;
mod shape;
mod sinks;
mod statements;
mod tables;
mod truth;
mod world;
mod write;

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::DataFrame;
use rayon::prelude::*;

pub use calendar_runs::RunType;
pub use customer::CustomerTruth;
pub use effects::{ActionEffect, Lateness, SEGMENTS, Treatment};
pub use error::Error;
pub use outlook::{
    ActionTruth, CellTruth, DecisionTruth, InvoiceOutlook, Later, action_outlook, decision_truth,
    true_differences,
};
pub use plan::{CSV_INVOICES_MAX, STAGE_DAYS_PAST_DUE, STAGES, SimulationPlan, StagePolicy};
pub use statements::{
    PrintedInvoice, RemittanceKind, SimulatedReceipt, Statements, TrueAllocation, statements,
};
pub use truth::{InvoiceTruth, OutcomeTruth, TRUTH_DAYS};
pub use write::LedgerFormat;

use crate::domain::Date;
use crate::history::schema::Table;
use customer::Customer;
use invoice::Invoice;
use payment::Course;
use rows::{ActionRow, CreditNoteRow, DisputeRow, InvoiceRow, PaymentRow, PromiseRow, Rows};
use sinks::Sinks;
use tables::Row;
use world::World;

/// Invoices and customers made at once: enough to keep every core busy, little enough for a small machine.
const PORTION_INVOICES: u64 = 131_072;
const PORTION_CUSTOMERS: usize = 8_192;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulationSummary {
    /// Format of ledger and truth.
    pub format: LedgerFormat,
    /// First day of the ledger.
    pub first_day: Date,
    /// Last day of the ledger.
    pub last_day: Date,
    /// Rows of each table that has a file.
    pub rows: BTreeMap<Table, u64>,
    /// Invoices not settled in the ledger.
    pub open_invoices: u64,
    /// Rows of the true distributions, 91 an invoice and cut-off.
    pub distribution_rows: u64,
}

/// A ledger in memory, with its truth.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// Every table, in the shape [`History::from_frames`](crate::history::History::from_frames) takes.
    pub frames: BTreeMap<Table, DataFrame>,
    /// True parameters of every customer.
    pub customers: Vec<CustomerTruth>,
    /// True distributions, by customer, invoice and cut-off.
    pub distribution: Vec<InvoiceTruth>,
    /// What becomes of the invoices that are not settled in the ledger.
    pub outcomes: Vec<OutcomeTruth>,
}

/// Simulates a ledger into a folder, as CSV below [`SimulationPlan::csv_invoices_max`] invoices, else as Parquet.
///
/// `progress` is told the invoices done and their total. An interrupted run leaves an incomplete folder behind.
///
/// # Errors
///
/// - [`Error::Plan`] when a parameter is outside its range.
/// - [`Error::Occupied`] when the folder holds a ledger.
/// - [`Error::Io`], [`Error::Csv`], [`Error::Json`] and [`Error::Frame`] when a file cannot be written.
pub fn write(
    plan: &SimulationPlan,
    folder: &Path,
    progress: &dyn Fn(u64, u64),
) -> Result<SimulationSummary, Error> {
    plan.check()?;
    let truth = write::prepare(folder)?;
    let world = World::new(plan);
    let format = if plan.invoices < plan.csv_invoices_max {
        LedgerFormat::Csv
    } else {
        LedgerFormat::Parquet
    };
    let mut sinks = Sinks::new(folder, &truth, format);
    for_each_portion(&world, &mut |rows, done| {
        sinks.push(rows)?;
        progress(done, plan.invoices);
        Ok(())
    })?;
    sinks::write_parameters(&world, &truth)?;
    let counts = sinks.finish()?;
    Ok(SimulationSummary {
        format,
        first_day: plan.start_date(),
        last_day: plan.end_date,
        rows: counts.tables,
        open_invoices: counts.outcomes,
        distribution_rows: counts.distribution,
    })
}

/// Simulates a ledger in memory and returns its tables, for tests and benches.
///
/// # Errors
///
/// - [`Error::Plan`] when a parameter is outside its range.
/// - [`Error::Frame`] when a table cannot be made.
pub fn frames(plan: &SimulationPlan) -> Result<BTreeMap<Table, DataFrame>, Error> {
    simulate(plan).map(|simulation| simulation.frames)
}

/// Simulates a ledger in memory with its truth.
///
/// # Errors
///
/// As for [`frames`].
pub fn simulate(plan: &SimulationPlan) -> Result<Simulation, Error> {
    plan.check()?;
    let world = World::new(plan);
    let mut all = Rows::default();
    for_each_portion(&world, &mut |rows, _| {
        all.append(rows);
        Ok(())
    })?;
    let mut frames = BTreeMap::new();
    for table in Table::ALL {
        let batch = match table {
            Table::Customers => Some(Customer::batch(&all.customers)),
            Table::Invoices => Some(InvoiceRow::batch(&all.invoices)),
            Table::Payments => Some(PaymentRow::batch(&all.payments)),
            Table::CreditNotes => Some(CreditNoteRow::batch(&all.credit_notes)),
            Table::Disputes => Some(DisputeRow::batch(&all.disputes)),
            Table::Promises => Some(PromiseRow::batch(&all.promises)),
            Table::Actions => Some(ActionRow::batch(&all.actions)),
            Table::WriteOffs
            | Table::InstalmentPlans
            | Table::CreditRatings
            | Table::FxRates
            | Table::Receipts => None,
        };
        let frame = shape::canonical(table, batch.as_ref())
            .map_err(|source| Error::frame(format!("make the table {table}"), source))?;
        frames.insert(table, frame);
    }
    Ok(Simulation {
        frames,
        customers: all.customers.iter().map(Customer::truth).collect(),
        distribution: all.distribution.into_iter().map(Into::into).collect(),
        outcomes: all.outcomes.iter().map(Into::into).collect(),
    })
}

/// Makes the customers in portions, in order, and hands each portion with the number of invoices done on.
fn for_each_portion(
    world: &World<'_>,
    take: &mut dyn FnMut(Rows, u64) -> Result<(), Error>,
) -> Result<(), Error> {
    let firsts = first_invoices(world);
    let customers = firsts.len() - 1;
    let mut start = 0;
    while start < customers {
        let mut end = start + 1;
        while end < customers
            && end - start < PORTION_CUSTOMERS
            && firsts[end] - firsts[start] < PORTION_INVOICES
        {
            end += 1;
        }
        let made: Vec<Rows> = (start..end)
            .into_par_iter()
            .map(|index| simulate_customer(world, index as u64, firsts[index], firsts[index + 1]))
            .collect();
        let mut portion = Rows::default();
        for rows in made {
            portion.append(rows);
        }
        take(portion, firsts[end])?;
        start = end;
    }
    Ok(())
}

/// Returns the number of invoices before each customer, and of all: one for each, the rest by activity.
fn first_invoices(world: &World<'_>) -> Vec<u64> {
    let plan = world.plan;
    let activity: Vec<f64> = (0..plan.customers)
        .into_par_iter()
        .map(|index| Customer::activity(world, index))
        .collect();
    let total: f64 = activity.iter().sum();
    let extra = plan.invoices - plan.customers;
    let mut firsts = vec![0];
    let mut before = 0.0;
    for (position, share) in (1..).zip(&activity) {
        before += share;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of at most 999,999,999 invoices, rounded to a whole number"
        )]
        let given = ((before / total) * extra as f64).round() as u64;
        firsts.push(position + given.min(extra));
    }
    if let Some(last) = firsts.last_mut() {
        *last = plan.invoices;
    }
    firsts
}

/// Makes one customer with all invoices and what becomes of them.
fn simulate_customer(world: &World<'_>, index: u64, first: u64, next: u64) -> Rows {
    let mut rows = Rows::default();
    let mut customer = live(world, index, first, next, &mut |customer, invoice, course| {
        rows.add(world, customer, invoice, course);
    });
    rows.sort();
    // The shocks are only needed while the customer lives.
    customer.shocks = Vec::new();
    rows.customers.push(customer);
    rows
}

/// Draws one customer and hands each invoice with what becomes of it on.
fn live(
    world: &World<'_>,
    index: u64,
    first: u64,
    next: u64,
    take: &mut dyn FnMut(&Customer, &Invoice, &Course),
) -> Customer {
    let (customer, mut stream) = Customer::draw(world, index);
    let invoices = invoice::draw_invoices(world, &customer, first + 1, next - first, &mut stream);
    for invoice in &invoices {
        let course = payment::follow(world, &customer, invoice, &mut stream);
        take(&customer, invoice, &course);
    }
    customer
}
