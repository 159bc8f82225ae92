//! What layers B and C were made of, for people.

use serde::Serialize;

use super::planned::PlanReject;
use crate::domain::{Currency, Date, Money};

/// What was found in the ledger and in the plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BillingReport {
    /// Active rhythms, by currency, customer and entity.
    pub rhythms: Vec<FoundRhythm>,
    /// Number of rhythms that have stopped and are not continued.
    pub stopped_rhythms: usize,
    /// Number of rhythms whose place the plan took.
    pub replaced_rhythms: usize,
    /// Planned invoices that are in the forecast.
    pub planned_invoices: usize,
    /// Planned invoices dated on the cut-off or before: they are in the ledger or were never issued.
    pub planned_in_the_past: usize,
    /// Planned invoices dated after the horizon.
    pub planned_beyond_horizon: usize,
    /// The rows of the plan that are not in the forecast, with the reason, in the order of the file.
    pub planned_left_out: Vec<PlanReject>,
    /// The customers of the plan of whom the ledger knows nothing, sorted; their invoices are in the forecast.
    pub planned_unknown_customers: Vec<String>,
    /// The streams of new billing, by currency and name.
    pub streams: Vec<FoundStream>,
}

/// A customer who is billed a similar amount again and again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundRhythm {
    /// Who is billed.
    pub customer_id: String,
    /// Legal entity that bills.
    pub entity: Option<String>,
    /// Amount of the coming invoices, the median of the last three.
    pub amount: Money,
    /// `1 month`, `3 months`, `14 days`.
    pub every: String,
    /// Days on which it was billed.
    pub times_billed: usize,
    /// Date of the next invoice.
    pub next_date: Date,
    /// Probability of the next invoice.
    pub probability: f64,
}

/// New billing of a part of the business.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundStream {
    /// `EUR/DE01/retail`; a star stands for all that have no stream of their own.
    pub name: String,
    /// Currency.
    pub currency: Currency,
    /// Mean expected billing of a week.
    pub weekly: Money,
    /// How the level was found.
    pub method: LevelMethod,
    /// Whether it has a season.
    pub is_seasonal: bool,
    /// Weeks of history.
    pub weeks_of_history: usize,
    /// Issued but not recorded at the cut-off, as expected; part of the first week's billing.
    pub unrecorded: Money,
    /// Days from issue until half is paid; absent where half is not paid within a year.
    pub median_lag_days: Option<i32>,
}

/// How the level of a stream was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelMethod {
    /// Exponential smoothing, the model chosen by its corrected Akaike criterion.
    Ets,
    /// Mean of what there is: history under 26 weeks, or without any movement.
    Mean,
}

impl LevelMethod {
    /// Returns the name used in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ets => "ets",
            Self::Mean => "mean",
        }
    }
}

impl BillingReport {
    /// Returns what the writer of the plan should look at, in lines: rows that do not count, customers not known.
    #[must_use]
    pub fn plan_remarks(&self) -> Vec<String> {
        let mut remarks: Vec<String> = self
            .planned_left_out
            .iter()
            .map(|row| format!("billing plan, {row}"))
            .collect();
        if !self.planned_unknown_customers.is_empty() {
            remarks.push(format!(
                "billing plan: the ledger does not know the customers {}; their invoices count all the same",
                self.planned_unknown_customers.join(", ")
            ));
        }
        remarks
    }

    /// Returns the report in lines: one for what is recurring, the remarks on the plan, one a stream.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::with_capacity(self.streams.len() + 1);
        lines.push(format!(
            "recurring: {} rhythms found, {} stopped, {} replaced by the plan; {} planned invoices \
             ({} in the past, {} beyond the horizon)",
            self.rhythms.len(),
            self.stopped_rhythms,
            self.replaced_rhythms,
            self.planned_invoices,
            self.planned_in_the_past,
            self.planned_beyond_horizon,
        ));
        lines.extend(self.plan_remarks());
        lines.extend(self.streams.iter().map(|stream| {
            let lag = stream
                .median_lag_days
                .map_or_else(|| "more than a year".to_owned(), |days| format!("{days} days"));
            format!(
                "new billing {}: {} a week ({}{}, {} weeks), half paid after {lag}",
                stream.name,
                stream.weekly,
                stream.method.name(),
                if stream.is_seasonal { ", seasonal" } else { "" },
                stream.weeks_of_history,
            )
        }));
        lines
    }
}
