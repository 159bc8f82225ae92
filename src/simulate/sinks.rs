//! The files of a simulated ledger, all of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::customer::Customer;
use super::effects::{Lateness, SEGMENTS, Treatment};
use super::error::Error;
use super::rows::{
    ActionRow, CreditNoteRow, DisputeRow, DistributionRow, InvoiceRow, OutcomeRow, PaymentRow, PromiseRow,
    Rows,
};
use super::tables::{CustomerTruthRow, EffectRow};
use super::world::World;
use super::write::{LedgerFormat, Sink};
use crate::history::schema::Table;

/// Distributions written at once; each is 91 lines.
const DISTRIBUTION_GROUP: usize = 1_440;

/// One growing file a table.
pub(crate) struct Sinks {
    customers: Sink<Customer>,
    invoices: Sink<InvoiceRow>,
    payments: Sink<PaymentRow>,
    credit_notes: Sink<CreditNoteRow>,
    disputes: Sink<DisputeRow>,
    promises: Sink<PromiseRow>,
    actions: Sink<ActionRow>,
    true_customers: Sink<CustomerTruthRow>,
    distribution: Sink<DistributionRow>,
    outcomes: Sink<OutcomeRow>,
}

/// Rows written.
#[derive(Debug)]
pub(crate) struct Counts {
    /// By table that has a file.
    pub(crate) tables: BTreeMap<Table, u64>,
    /// Invoices not settled in the ledger.
    pub(crate) outcomes: u64,
    /// Lines of the true distributions, 91 an invoice and cut-off.
    pub(crate) distribution: u64,
}

impl Sinks {
    /// Names the files.
    pub(crate) fn new(folder: &Path, truth: &Path, format: LedgerFormat) -> Self {
        Self {
            customers: Sink::of_table(folder, Table::Customers, format),
            invoices: Sink::of_table(folder, Table::Invoices, format),
            payments: Sink::of_table(folder, Table::Payments, format),
            credit_notes: Sink::of_table(folder, Table::CreditNotes, format),
            disputes: Sink::of_table(folder, Table::Disputes, format),
            promises: Sink::of_table(folder, Table::Promises, format),
            actions: Sink::of_table(folder, Table::Actions, format),
            true_customers: Sink::new(truth, "customers", format),
            distribution: Sink::new(truth, "distribution", format).with_group_rows(DISTRIBUTION_GROUP),
            outcomes: Sink::new(truth, "outcomes", format),
        }
    }

    /// Takes the rows of the next customers.
    pub(crate) fn push(&mut self, rows: Rows) -> Result<(), Error> {
        let truths = rows.customers.iter().cloned().map(CustomerTruthRow).collect();
        self.true_customers.push(truths)?;
        self.customers.push(rows.customers)?;
        self.invoices.push(rows.invoices)?;
        self.payments.push(rows.payments)?;
        self.credit_notes.push(rows.credit_notes)?;
        self.disputes.push(rows.disputes)?;
        self.promises.push(rows.promises)?;
        self.actions.push(rows.actions)?;
        self.distribution.push(rows.distribution)?;
        self.outcomes.push(rows.outcomes)
    }

    /// Closes the files. The required tables have a file even when they are empty, as truth has.
    pub(crate) fn finish(self) -> Result<Counts, Error> {
        let mut tables = BTreeMap::new();
        tables.insert(Table::Customers, self.customers.finish(true)?);
        tables.insert(Table::Invoices, self.invoices.finish(true)?);
        tables.insert(Table::Payments, self.payments.finish(true)?);
        tables.insert(Table::CreditNotes, self.credit_notes.finish(false)?);
        tables.insert(Table::Disputes, self.disputes.finish(false)?);
        tables.insert(Table::Promises, self.promises.finish(false)?);
        tables.insert(Table::Actions, self.actions.finish(false)?);
        tables.retain(|table, rows| *rows > 0 || *table == Table::Payments);
        self.true_customers.finish(true)?;
        Ok(Counts {
            tables,
            outcomes: self.outcomes.finish(true)?,
            distribution: self.distribution.finish(false)?,
        })
    }
}

/// Writes what the whole simulation has in common: effects, market and plan.
pub(crate) fn write_parameters(world: &World<'_>, truth: &Path) -> Result<(), Error> {
    let mut effects = Sink::new(truth, "effects", LedgerFormat::Csv);
    effects.push(effect_rows(world))?;
    effects.finish(true)?;
    let mut market = Sink::new(truth, "market", LedgerFormat::Csv);
    market.push(world.ledger_months())?;
    market.finish(true)?;
    let path = truth.join("plan.json");
    let text = serde_json::to_string_pretty(world.plan).map_err(|source| Error::Json {
        path: path.clone(),
        source,
    })?;
    fs::write(&path, text + "\n").map_err(|source| Error::io(&path, source))
}

/// Lists what collections may do at each stage, by segment where effects differ by it; waiting is the choice without an
/// effect. An effect is that of an action on the stage's days past due.
fn effect_rows(world: &World<'_>) -> Vec<EffectRow> {
    let plan = world.plan;
    let is_known = |treatment: &Treatment| match treatment {
        Treatment::Wait | Treatment::Reminder | Treatment::Call => true,
        Treatment::Sms | Treatment::Letter => plan.policy.iter().any(|stage| stage.of(*treatment) > 0.0),
    };
    let segments: Vec<(usize, Option<&'static str>)> = if plan.effects.is_empty() {
        vec![(0, None)]
    } else {
        SEGMENTS.into_iter().map(Some).enumerate().collect()
    };
    let mut rows = Vec::new();
    for ((level, policy), days_past_due) in (1..).zip(&plan.policy).zip(plan.stage_days_past_due) {
        for treatment in Treatment::ALL.into_iter().filter(is_known) {
            let is_waiting = treatment == Treatment::Wait;
            for (segment, name) in &segments {
                rows.push(EffectRow {
                    action_type: treatment.name(),
                    stage: level,
                    days_past_due: i64::from(days_past_due),
                    propensity: policy.of(treatment),
                    logit_effect: world
                        .effects
                        .logit(treatment, *segment, Lateness::of(days_past_due)),
                    effect_days: if is_waiting {
                        0
                    } else {
                        i64::from(plan.effect_days)
                    },
                    segment: *name,
                });
            }
        }
    }
    rows
}
