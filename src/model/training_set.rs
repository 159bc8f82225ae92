//! Features at past cut-offs joined with what happened next: the only place where they meet.

use linfa::DatasetBase;
use polars::prelude::*;

use crate::domain::Date;
use crate::domain::date::{day_number, from_day_number};
use crate::features::{self, FeatureTable, Sampling, column};
use crate::history::{Snapshot, schema::Table};
use crate::model::Error;
use crate::model::outcome::{Closing, Outcome, closings};
use crate::model::records::Outcomes;

/// Payments below which nothing can be learned.
const PAYMENTS_MIN: usize = 30;

/// How the training set is drawn from a snapshot.
///
/// | field | meaning | default |
/// | --- | --- | --- |
/// | `stride_days` | days between past cut-offs | 7 |
/// | `span_days` | how far back cut-offs go | 364 |
/// | `rows_max` | open invoices at past cut-offs that are kept, by an exact sample beyond | 150,000 |
/// | `seed` | seed of that sample | 20261122 |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrainingPlan {
    /// Days between past cut-offs.
    pub stride_days: u32,
    /// How far back the first past cut-off lies.
    pub span_days: u32,
    /// Rows that are kept at most (expected number).
    pub rows_max: u32,
    /// Seed of the sample.
    pub seed: u64,
}

impl Default for TrainingPlan {
    fn default() -> Self {
        Self {
            stride_days: 7,
            span_days: 364,
            rows_max: 150_000,
            seed: 20_261_122,
        }
    }
}

/// Open invoices at past cut-offs with their features and outcomes.
#[derive(Debug, Clone)]
pub struct TrainingSet {
    pub(crate) as_of: Date,
    pub(crate) first_cutoff: Date,
    pub(crate) last_cutoff: Date,
    dataset: DatasetBase<FeatureTable, Outcomes>,
}

impl TrainingSet {
    /// Draws the training set from everything known at the snapshot's cut-off.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for a stride or a row limit of zero, [`Error::TooLittleHistory`] when fewer than 30
    /// payments can be learned from.
    pub fn build(snapshot: &Snapshot, plan: &TrainingPlan) -> Result<Self, Error> {
        for (name, value) in [("stride_days", plan.stride_days), ("rows_max", plan.rows_max)] {
            if value == 0 {
                return Err(Error::Parameter {
                    name,
                    allowed: "at least 1",
                    given: 0.0,
                });
            }
        }
        let closings = closings(snapshot)?;
        let too_little = |given| Error::TooLittleHistory {
            as_of: snapshot.cutoff(),
            needed: PAYMENTS_MIN,
            given,
        };
        let Some(first_payment) = closings
            .values()
            .filter(|closing| closing.is_cash)
            .map(|c| c.known_day)
            .min()
        else {
            return Err(too_little(0));
        };
        let cutoffs = past_cutoffs(first_payment, day_number(snapshot.cutoff()), plan);
        let (Some(first_cutoff), Some(last_cutoff)) = (cutoffs.first().copied(), cutoffs.last().copied())
        else {
            return Err(too_little(0));
        };
        let known = snapshot
            .table(Table::Invoices)
            .select([len().cast(DataType::Int64)])
            .collect()?;
        let known = known.columns()[0].i64()?.get(0).unwrap_or_default();
        let closed = i64::try_from(closings.len()).unwrap_or(i64::MAX);
        let share = sample_share(known - closed, cutoffs.len(), plan.rows_max);
        let table = features::at_cutoffs(
            snapshot,
            &cutoffs,
            Sampling {
                share,
                seed: plan.seed,
            },
        )?;
        let observed = day_number(snapshot.cutoff());
        let ids = table.text(column::INVOICE_ID)?;
        let outcomes: Vec<Outcome> = (0..table.len())
            .map(|row| {
                let closing = ids.get(row).and_then(|id| closings.get(id)).copied();
                Closing::outcome(closing, day_number(table.cutoff(row)), observed)
            })
            .collect();
        let paid = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Paid { .. }))
            .count();
        if paid < PAYMENTS_MIN {
            return Err(too_little(paid));
        }
        Ok(Self {
            as_of: snapshot.cutoff(),
            first_cutoff,
            last_cutoff,
            dataset: DatasetBase::new(table, Outcomes(outcomes)),
        })
    }

    /// Returns the number of open invoices at past cut-offs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dataset.targets.0.len()
    }

    /// Returns whether there is nothing to learn from.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dataset.targets.0.is_empty()
    }

    /// Returns the set in the form that linfa's `Fit` takes.
    #[must_use]
    pub fn dataset(&self) -> &DatasetBase<FeatureTable, Outcomes> {
        &self.dataset
    }

    /// Returns the first and the last past cut-off.
    #[must_use]
    pub fn window(&self) -> (Date, Date) {
        (self.first_cutoff, self.last_cutoff)
    }

    /// Returns the day whose knowledge the outcomes are.
    #[must_use]
    pub fn as_of(&self) -> Date {
        self.as_of
    }
}

/// Past cut-offs, oldest first: from one stride ago back to `span_days` ago or a month after the first payment.
fn past_cutoffs(first_payment: i32, as_of: i32, plan: &TrainingPlan) -> Vec<Date> {
    const SETTLING_IN_DAYS: i32 = 30;
    let stride = i32::try_from(plan.stride_days).unwrap_or(i32::MAX);
    let span = i32::try_from(plan.span_days).unwrap_or(i32::MAX);
    let history = as_of - first_payment;
    // A young ledger has no month to spare.
    let settling_in = SETTLING_IN_DAYS.min(history / 2);
    let reach = span.min(history - settling_in);
    let mut cutoffs: Vec<Date> = (1..=reach / stride)
        .map(|back| from_day_number(as_of - back * stride))
        .collect();
    cutoffs.reverse();
    cutoffs
}

/// Share of rows to keep so that about `rows_max` are; the book open today stands for every past one.
fn sample_share(open: i64, cutoffs: usize, rows_max: u32) -> f64 {
    let open = f64::from(u32::try_from(open.max(1)).unwrap_or(u32::MAX));
    let cutoffs = f64::from(u32::try_from(cutoffs).unwrap_or(u32::MAX));
    (f64::from(rows_max) / (open * cutoffs)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_cutoffs_step_back_from_the_cutoff_and_leave_a_month_to_settle_in() {
        let plan = TrainingPlan {
            span_days: 70,
            ..TrainingPlan::default()
        };
        let cutoffs = past_cutoffs(19_000, 20_000, &plan);
        assert_eq!(cutoffs.len(), 10);
        assert_eq!(cutoffs.last().copied(), Some(from_day_number(19_993)));
        let young = past_cutoffs(19_950, 20_000, &plan);
        assert_eq!(young.first().copied(), Some(from_day_number(20_000 - 21)));
    }
}
