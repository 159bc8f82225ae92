//! Endings without cash: the daily probability that a credit note or a write-off ends an open invoice.
//!
//! **What it assumes.** The probability depends on how late the day is (`lateness` zone) and on whether a
//! dispute was open at the cut-off, and on nothing else.
//!
//! **Formula.** After `D` endings on `R` days at risk, with prior rate `q` worth `m` endings, the rate is
//! `(D + m) / (R + m / q)`, the posterior mean of a gamma prior on a Poisson rate (Robbins 1956; Morris
//! 1983). The book's rate `D / R` is the prior of the invoices with and without a dispute, and theirs that
//! of their zones. A book in which nothing ever ended without cash has the rate zero: its predictions are,
//! to the bit, those of cash alone.
//!
//! **Exposure.** Calendar days from the day after the cut-off: a credit note needs no bank day. Cash comes
//! first on a day, so the day of payment is no day at risk of another ending.
//!
//! **When it is wrong.** A dispute that is resolved within the horizon keeps its rate: early days are given
//! too little and late days too much.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::features::lateness::{self, ZONES};
use crate::features::{FeatureTable, HORIZON_DAYS, InvoiceView, column};
use crate::model::distribution::horizon_days;
use crate::model::{Error, Outcome, PaymentDistribution};

/// Strength of each prior, in endings. An ending is counted at each past cut-off, a week apart, at which its
/// invoice was open: five are worth about one invoice.
const PRIOR_ENDINGS: f64 = 5.0;

/// Daily probability of ending without cash, given open until then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OtherEndings {
    /// By lateness zone, where no dispute was open at the cut-off.
    undisputed: [f64; ZONES],
    /// By lateness zone, where a dispute was open at the cut-off.
    disputed: [f64; ZONES],
}

/// Endings without cash, and the days on which they could come.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    endings: f64,
    days: f64,
}

impl Tally {
    fn plus(self, other: Self) -> Self {
        Self {
            endings: self.endings + other.endings,
            days: self.days + other.days,
        }
    }

    /// Endings a day, drawn towards `prior`.
    fn rate(self, prior: f64) -> f64 {
        if prior > 0.0 {
            (self.endings + PRIOR_ENDINGS) / (self.days + PRIOR_ENDINGS / prior)
        } else {
            0.0
        }
    }
}

impl OtherEndings {
    /// Counts endings and exposure of open invoices at past cut-offs; outcomes are row for row.
    ///
    /// # Panics
    ///
    /// When there are more outcomes than rows.
    #[must_use]
    pub fn fit(table: &FeatureTable, outcomes: &[Outcome]) -> Self {
        let is_disputed = disputed(table).expect("is_disputed is a feature of every table");
        let mut cells = [[Tally::default(); ZONES]; 2];
        for (row, outcome) in outcomes.iter().enumerate() {
            let view = table.invoice(row);
            let zones = &mut cells[usize::from(is_disputed[row])];
            let (days, has_ended) = at_risk(*outcome);
            for ahead in 1..=days {
                zones[zone(&view, ahead)].days += 1.0;
            }
            if has_ended {
                zones[zone(&view, days)].endings += 1.0;
            }
        }
        let states = cells.map(|zones| zones.into_iter().fold(Tally::default(), Tally::plus));
        let all = states[0].plus(states[1]);
        let book = if all.days > 0.0 {
            all.endings / all.days
        } else {
            0.0
        };
        let rates = |state: usize| {
            let prior = states[state].rate(book);
            cells[state].map(|cell| cell.rate(prior))
        };
        Self {
            undisputed: rates(0),
            disputed: rates(1),
        }
    }

    /// Returns the probability of ending without cash on each day of the horizon, given open until then.
    #[must_use]
    pub fn daily(&self, view: &InvoiceView<'_>, is_disputed: bool) -> [f64; HORIZON_DAYS] {
        let rates = if is_disputed {
            &self.disputed
        } else {
            &self.undisputed
        };
        let mut daily = [0.0; HORIZON_DAYS];
        let bins = lateness::bins_from(view.cutoff_day + 1 - view.rolled_due_day);
        for (rate, bin) in daily.iter_mut().zip(bins) {
            *rate = rates[lateness::zone(bin)];
        }
        daily
    }

    /// Adds the endings without cash to the distribution of each row.
    ///
    /// # Errors
    ///
    /// [`Error::Table`] when the table does not know which invoices are disputed.
    pub(crate) fn apply(
        &self,
        table: &FeatureTable,
        distributions: Vec<PaymentDistribution>,
    ) -> Result<Vec<PaymentDistribution>, Error> {
        let rows = distributions.into_par_iter().zip(disputed(table)?).enumerate();
        Ok(rows
            .map(|(row, (distribution, is_disputed))| {
                distribution.with_other_endings(&self.daily(&table.invoice(row), is_disputed))
            })
            .collect())
    }

    /// Checks that every rate is a probability.
    ///
    /// # Errors
    ///
    /// Names the list that is not.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (name, rates) in [("undisputed", &self.undisputed), ("disputed", &self.disputed)] {
            if !rates.iter().all(|rate| (0.0..=1.0).contains(rate)) {
                return Err(format!("other_endings.{name} must be from 0 to 1, are {rates:?}"));
            }
        }
        Ok(())
    }
}

/// Days of the horizon at risk of ending without cash, and whether the last of them brought that.
fn at_risk(outcome: Outcome) -> (i32, bool) {
    let (days, has_ended) = match outcome {
        Outcome::Paid { days } => (days - 1, false),
        Outcome::EndedOtherwise { days } => (days, true),
        Outcome::Open { days_observed } => (days_observed, false),
    };
    (days.min(horizon_days()), has_ended && days <= horizon_days())
}

/// Lateness zone of the day `ahead` days after the cut-off.
fn zone(view: &InvoiceView<'_>, ahead: i32) -> usize {
    lateness::zone(lateness::bin(view.cutoff_day + ahead - view.rolled_due_day))
}

/// Whether a dispute was open at the cut-off, row for row.
fn disputed(table: &FeatureTable) -> Result<Vec<bool>, Error> {
    let flags = table.numbers(column::IS_DISPUTED)?;
    Ok(flags
        .iter()
        .map(|flag| flag.is_some_and(|flag| flag > 0.5))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_drawn_towards_its_prior_and_stays_zero_where_nothing_ever_ended() {
        let tally = Tally {
            endings: 5.0,
            days: 500.0,
        };
        // (5 + 5) / (500 + 5 / 0.002)
        assert!((tally.rate(0.002) - 10.0 / 3_000.0).abs() < 1e-15);
        assert!((Tally::default().rate(0.002) - 0.002).abs() < 1e-15);
        assert!(tally.rate(0.0).abs() < f64::EPSILON);
    }

    #[test]
    fn cash_comes_first_on_a_day_and_what_ends_beyond_the_horizon_is_exposure_only() {
        assert_eq!(at_risk(Outcome::Paid { days: 1 }), (0, false));
        assert_eq!(at_risk(Outcome::EndedOtherwise { days: 91 }), (91, true));
        assert_eq!(at_risk(Outcome::EndedOtherwise { days: 92 }), (91, false));
        assert_eq!(at_risk(Outcome::Open { days_observed: 200 }), (91, false));
    }

    #[test]
    fn a_rate_that_is_no_probability_is_refused_by_name() {
        let endings = OtherEndings {
            undisputed: [0.0; ZONES],
            disputed: [1.5; ZONES],
        };
        assert!(
            endings
                .check()
                .is_err_and(|reason| reason.contains("other_endings.disputed"))
        );
    }
}
