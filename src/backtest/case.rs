//! One open invoice at one cut-off, and what a model said about it.

use crate::domain::date::day_number;
use crate::domain::{Currency, Date};
use crate::features::HORIZON_DAYS;
use crate::model::PaymentPrediction;
use crate::model::outcome::Outcome;

use super::metrics::{self, Binary};

/// The horizon in days, as a signed number.
pub(crate) const HORIZON: i32 = 91;

const _: () = assert!(HORIZON_DAYS == 91, "the measures are defined over 91 days");

/// An invoice that was open at a cut-off, and its outcome as the end of the ledger knows it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The invoice.
    pub invoice_id: String,
    /// Its customer: the block of the bootstrap.
    pub customer_id: String,
    /// Currency of the open amount.
    pub currency: Currency,
    /// Open amount at the cut-off, in minor units.
    pub open_minor: i64,
    /// Due date minus cut-off, in days; zero or negative when due already.
    pub due_in_days: i32,
    /// Invoices that the customer had settled by the cut-off.
    pub customer_paid_count: u32,
    /// What happened.
    pub outcome: Outcome,
}

impl Case {
    /// Joins an invoice, as a model saw it at the cut-off, with what happened.
    pub(crate) fn new(prediction: &PaymentPrediction, cutoff: Date, outcome: Outcome) -> Self {
        Self {
            invoice_id: prediction.invoice_id.clone(),
            customer_id: prediction.customer_id.clone(),
            currency: prediction.open.currency(),
            open_minor: prediction.open.minor(),
            due_in_days: day_number(prediction.due_date) - day_number(cutoff),
            customer_paid_count: prediction.customer_paid_count,
            outcome,
        }
    }

    /// Returns the days from the cut-off to full payment, or `None` while the ledger shows none.
    pub fn paid_after_days(&self) -> Option<i32> {
        match self.outcome {
            Outcome::Paid { days } => Some(days),
            Outcome::EndedOtherwise { .. } | Outcome::Open { .. } => None,
        }
    }

    /// Returns the days over which the case was seen, when the ledger goes on for `until_end` days.
    ///
    /// A credit note or a write-off that ends the invoice ends what can be seen of its payment.
    pub fn observed_days(&self, until_end: i32) -> i32 {
        match self.outcome {
            Outcome::Paid { .. } => until_end,
            Outcome::EndedOtherwise { days } | Outcome::Open { days_observed: days } => until_end.min(days),
        }
    }
}

/// A case beside the answer of one model.
///
/// # Censoring
///
/// The ledger ends equally long after the cut-off for every case of the cut-off. A measure that
/// needs more days than that leaves out *all* cases of the cut-off, paid or not: to leave out only
/// those still open would keep the fast payers of the last weeks, lose the slow ones, and favour
/// models that are too optimistic. An invoice that ends without cash (credited, written off) is seen
/// up to that day, as it is in training: the measures judge when cash comes, not whether the
/// invoice ends in another way, so models that know of other endings and models that do not are
/// measured over the same days.
#[derive(Clone, Copy, Debug)]
pub struct JudgedCase<'a> {
    /// The invoice and its outcome.
    pub case: &'a Case,
    /// Days after the cut-off over which the case was seen.
    pub observed_days: i32,
    /// Probability of being paid by day 1, 2 .. 91 after the cut-off.
    pub cdf: &'a [f32],
    /// Probability of being unpaid at the end of the due date.
    pub late_probability: f64,
}

impl JudgedCase<'_> {
    /// Returns whether the ledger watched the case over the whole horizon.
    pub fn is_matured(&self) -> bool {
        self.observed_days >= HORIZON
    }

    /// Returns the absolute error of the median day, in days, or `None` for a case not matured.
    ///
    /// The median day is capped at the horizon. For an invoice still open at the end of the ledger
    /// the error is its lower bound, the distance of the median day to the horizon.
    pub fn absolute_error_days(&self) -> Option<f64> {
        if !self.is_matured() {
            return None;
        }
        let median_day = metrics::quantile_day(self.cdf, 0.5).unwrap_or(HORIZON);
        let actual_day = self.case.paid_after_days().unwrap_or(HORIZON);
        Some(f64::from((median_day - actual_day).abs()))
    }

    /// Returns the continuous ranked probability score over the observed part of the horizon, in days.
    ///
    /// `None` when not one day was observed.
    pub fn crps_days(&self) -> Option<f64> {
        if self.observed_days < 1 {
            return None;
        }
        let paid = self.case.paid_after_days();
        Some(metrics::crps_days(self.cdf, paid, self.observed_days))
    }

    /// Returns whether the invoice was paid within `days` beside the probability given to it.
    ///
    /// `None` when the ledger ends earlier, or for days outside the horizon.
    pub fn paid_within(&self, days: i32) -> Option<Binary> {
        if days < 1 || days > self.observed_days {
            return None;
        }
        let index = usize::try_from(days - 1).ok()?;
        let probability = f64::from(*self.cdf.get(index)?);
        let happened = self.case.paid_after_days().is_some_and(|settled| settled <= days);
        Some(Binary::new(happened, probability))
    }

    /// Returns whether the invoice was unpaid at the end of its due date beside the probability of it.
    ///
    /// `None` for an invoice due at the cut-off or before (its lateness is known, not predicted),
    /// and when the ledger ends before the due date.
    pub fn late(&self) -> Option<Binary> {
        if self.case.due_in_days < 1 || self.case.due_in_days > self.observed_days {
            return None;
        }
        let happened = self
            .case
            .paid_after_days()
            .is_none_or(|settled| settled > self.case.due_in_days);
        Some(Binary::new(happened, self.late_probability))
    }

    /// Returns the probability mass at or before the settlement, as the interval `[F(k-1), F(k)]`.
    ///
    /// An invoice not settled within the horizon lies in `[F(91), 1]`. `None` for a case not matured.
    pub fn probability_interval(&self) -> Option<(f64, f64)> {
        if !self.is_matured() {
            return None;
        }
        let at = |day: i32| {
            usize::try_from(day - 1)
                .ok()
                .and_then(|index| self.cdf.get(index))
                .map_or(0.0, |&value| f64::from(value))
        };
        match self.case.paid_after_days() {
            Some(day) if day <= HORIZON => Some((at(day - 1), at(day))),
            Some(_) | None => Some((at(HORIZON), 1.0)),
        }
    }
}
