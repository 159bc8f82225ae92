//! Monthly roll rates: how readily cash still comes, month after month past due.
//!
//! **What it assumes.** Beyond the horizon an invoice goes on as the book's invoices of its age do, half
//! way between them and what its own last weeks of the horizon say.
//!
//! **Formula.** With `D` payments on `R` days at risk in a month of lateness, the daily rate is
//! `(D + m) / (R + m / q)` with `q` the rate of the month before: a month that few invoices reached is
//! drawn to its neighbour. Days are counted for a week from each past cut-off, and cut-offs are a week apart, so a day of an
//! invoice counts once.
//!
//! **When it is wrong.** For customers of which the book has one of a kind; a lawyer's letter on day 100.
//!
//! **Where it comes from.** Roll rates of receivables by age (Cyert, Davidson and Thompson 1962).

use serde::{Deserialize, Serialize};

use crate::features::{FeatureTable, InvoiceView};
use crate::model::Outcome;

/// Months past due that are told apart; the last one goes on for ever.
const MONTHS: usize = 13;
/// Days of such a month.
const MONTH_DAYS: i32 = 30;
/// Days counted from each past cut-off: their usual distance.
const COUNTED_DAYS: i32 = 7;
/// Strength of the prior, in payments.
const PRIOR_PAYMENTS: f64 = 5.0;
/// How many times its age's rate an invoice may have, up or down.
const RATIO_MAX: f64 = 8.0;
/// No day is surer than this.
const RATE_MAX: f64 = 0.9;

/// Daily probability of cash by month past due, given unpaid until then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RollRates {
    daily: [f64; MONTHS],
}

impl RollRates {
    /// Counts payments and days at risk of open invoices at past cut-offs; outcomes are row for row.
    ///
    /// # Panics
    ///
    /// When there are more outcomes than rows.
    #[must_use]
    pub(crate) fn fit(table: &FeatureTable, outcomes: &[Outcome]) -> Self {
        let mut payments = [0.0; MONTHS];
        let mut days = [0.0; MONTHS];
        for (row, outcome) in outcomes.iter().enumerate() {
            let late = lateness_at_cutoff(&table.invoice(row));
            let (at_risk, is_paid) = at_risk(*outcome);
            for ahead in 1..=at_risk {
                days[month(late + ahead)] += 1.0;
            }
            if is_paid {
                payments[month(late + at_risk)] += 1.0;
            }
        }
        let (all_payments, all_days): (f64, f64) = (payments.iter().sum(), days.iter().sum());
        let mut before = if all_days > 0.0 {
            all_payments / all_days
        } else {
            0.0
        };
        let daily = std::array::from_fn(|month| {
            if before > 0.0 {
                before = (payments[month] + PRIOR_PAYMENTS) / (days[month] + PRIOR_PAYMENTS / before);
            }
            before
        });
        Self { daily }
    }

    /// The daily hazard on day `ahead` of an invoice that has the hazard `own` on day `seen`.
    pub(crate) fn hazard(&self, view: &InvoiceView<'_>, seen: i32, own: f64, ahead: i32) -> f64 {
        let late = lateness_at_cutoff(view);
        let of_age = self.daily[month(late + seen)];
        if of_age <= 0.0 {
            return own;
        }
        // The own hazard rests on a few expected payments: half way, in logarithms.
        let ratio = (own / of_age).clamp(1.0 / RATIO_MAX, RATIO_MAX).sqrt();
        (self.daily[month(late + ahead)] * ratio).min(RATE_MAX)
    }

    /// Checks that every rate is a probability.
    ///
    /// # Errors
    ///
    /// Says which list is not.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.daily.iter().all(|rate| (0.0..=1.0).contains(rate)) {
            Ok(())
        } else {
            Err(format!("roll_rates must be from 0 to 1, are {:?}", self.daily))
        }
    }
}

fn lateness_at_cutoff(view: &InvoiceView<'_>) -> i32 {
    view.cutoff_day - view.rolled_due_day
}

/// Month past due of a lateness; what is not yet due is in the first.
fn month(days_past_due: i32) -> usize {
    let month = (days_past_due.max(1) - 1) / MONTH_DAYS;
    usize::try_from(month).map_or(MONTHS - 1, |month| month.min(MONTHS - 1))
}

/// Days at risk of cash among the first ones, and whether the last of them brought it.
fn at_risk(outcome: Outcome) -> (i32, bool) {
    let (days, is_paid) = match outcome {
        Outcome::Paid { days } => (days, true),
        Outcome::EndedOtherwise { days } => (days - 1, false),
        Outcome::Open { days_observed } => (days_observed, false),
    };
    (days.min(COUNTED_DAYS), is_paid && days <= COUNTED_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_past_due_start_after_the_due_date_and_the_last_goes_on() {
        let months: Vec<usize> = [-40, 0, 1, 30, 31, 360, 361, 5_000].map(month).to_vec();
        assert_eq!(months, [0, 0, 0, 0, 1, 11, 12, 12]);
    }

    #[test]
    fn a_day_counts_once_though_its_invoice_is_open_at_many_cutoffs() {
        assert_eq!(at_risk(Outcome::Paid { days: 3 }), (3, true));
        assert_eq!(at_risk(Outcome::Paid { days: 20 }), (7, false));
        assert_eq!(at_risk(Outcome::EndedOtherwise { days: 3 }), (2, false));
        assert_eq!(at_risk(Outcome::Open { days_observed: 2 }), (2, false));
    }

    #[test]
    fn rates_that_are_no_probabilities_are_refused() {
        let rates = RollRates { daily: [1.5; MONTHS] };
        assert!(rates.check().is_err_and(|reason| reason.contains("roll_rates")));
    }
}
