//! Calibration of the cumulative probabilities on later snapshots.
//!
//! **Formula.** `logit p' = c + a ln p - b ln(1 - p)`, beta calibration (Kull, Silva Filho and Flach
//! 2017), one curve for all horizons: with `a, b >= 0` it rises, so that a distribution stays one.
//! `a` and `b` are drawn towards 1.
//!
//! **Where it is used.** What was held back is halved by time, and a curve fitted on either half. Only if each tells the
//! other half better, beyond what the luck of a few customers explains, is there a curve, fitted on both. The parts
//! that were held to what happened knew less than those that will be used, and lag behind a book that is changing: a
//! curve that follows one half alone follows that.

use std::collections::BTreeMap;

use linfa::DatasetBase;
use linfa::traits::Fit;
use serde::{Deserialize, Serialize};

use crate::model::Error;
use crate::model::cash_model::{PaidBy, logistic};
use crate::model::distribution::single;
use crate::model::logistic::SparseLogisticParams;
use crate::model::outcome::Outcome;
use crate::model::sparse_rows::SparseRows;

/// Days ahead at which probability and outcome are compared.
const HORIZONS: [i32; 4] = [3, 7, 14, 28];
/// Penalty on the distance of the slopes from 1.
const PENALTY: f64 = 50.0;
/// Probabilities closer to certainty than this say no more.
const PROBABILITY_MIN: f64 = 1e-5;
/// Comparisons of each part below which there is nothing to calibrate with.
const COMPARISONS_MIN: usize = 1_000;
/// Standard errors, over customers, by which a curve must tell a half better: a one-sided test at 5 %.
const GAIN_ERRORS_MIN: f64 = 1.645;

/// A rising curve from probabilities to probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Calibration {
    paid: f64,
    unpaid: f64,
    shift: f64,
}

/// A probability of being paid by a day, and whether that came true.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comparison<'a> {
    customer: &'a str,
    probability: f64,
    is_paid: bool,
}

impl Calibration {
    /// Leaves every probability as it is.
    pub(crate) const NONE: Self = Self {
        paid: 1.0,
        unpaid: 1.0,
        shift: 0.0,
    };

    /// Fits the curve, or leaves all as it is where not both halves ask for one; the comparisons are in order of time.
    pub(crate) fn fit(comparisons: &[Comparison<'_>]) -> Result<Self, Error> {
        let (older, newer) = comparisons.split_at(comparisons.len() / 2);
        if older.len() < COMPARISONS_MIN {
            return Ok(Self::NONE);
        }
        if curve(older)?.tells_better(newer) && curve(newer)?.tells_better(older) {
            curve(comparisons)
        } else {
            Ok(Self::NONE)
        }
    }

    /// Calibrates the probabilities of all days.
    pub(crate) fn apply(&self, paid_by: PaidBy) -> PaidBy {
        if *self == Self::NONE {
            return paid_by;
        }
        paid_by.map(|probability| {
            // What is certain, or hardly begun, stays so.
            if probability <= PROBABILITY_MIN || probability >= 1.0 - PROBABILITY_MIN {
                return probability;
            }
            self.calibrated(probability)
                .clamp(PROBABILITY_MIN, 1.0 - PROBABILITY_MIN)
        })
    }

    /// Checks that the curve rises.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.paid >= 0.0 && self.unpaid >= 0.0 && self.shift.is_finite() {
            Ok(())
        } else {
            Err("the slopes of a calibration must not be negative".to_owned())
        }
    }

    fn calibrated(&self, probability: f64) -> f64 {
        logistic(self.shift + self.paid * probability.ln() - self.unpaid * (-probability).ln_1p())
    }

    /// Whether the curve has more likelihood than none, beyond doubt. A customer's invoices share its payment runs, so
    /// each customer is one observation.
    fn tells_better(&self, comparisons: &[Comparison<'_>]) -> bool {
        let mut gains: BTreeMap<&str, f64> = BTreeMap::new();
        for comparison in comparisons {
            let gain = self.log_likelihood(comparison) - Self::NONE.log_likelihood(comparison);
            *gains.entry(comparison.customer).or_default() += gain;
        }
        let error = gains.values().map(|gain| gain * gain).sum::<f64>().sqrt();
        gains.values().sum::<f64>() > GAIN_ERRORS_MIN * error
    }

    fn log_likelihood(&self, comparison: &Comparison<'_>) -> f64 {
        let probability = self.calibrated(comparison.probability);
        if comparison.is_paid {
            probability.ln()
        } else {
            (-probability).ln_1p()
        }
    }
}

/// The comparisons of one invoice, as far as it was watched.
pub(crate) fn comparisons<'a>(
    customer: &'a str,
    paid_by: &PaidBy,
    outcome: Outcome,
) -> impl Iterator<Item = Comparison<'a>> {
    HORIZONS.into_iter().filter_map(move |horizon| {
        let is_paid = match outcome {
            Outcome::Paid { days } => days <= horizon,
            Outcome::Open { days_observed } if days_observed >= horizon => false,
            Outcome::EndedOtherwise { days } if days > horizon => false,
            Outcome::Open { .. } | Outcome::EndedOtherwise { .. } => return None,
        };
        let day = usize::try_from(horizon - 1).expect("a horizon is at least a day");
        Some(Comparison {
            customer,
            probability: paid_by[day].clamp(PROBABILITY_MIN, 1.0 - PROBABILITY_MIN),
            is_paid,
        })
    })
}

/// A logistic regression on the two logarithms; the offset makes the slopes' distance from 1 its coefficients.
fn curve(comparisons: &[Comparison<'_>]) -> Result<Calibration, Error> {
    let mut rows = SparseRows::new(2);
    for Comparison { probability, .. } in comparisons {
        let (paid, unpaid) = (probability.ln(), -(-probability).ln_1p());
        rows.push([(0, single(paid)), (1, single(unpaid))], paid + unpaid, 1.0);
    }
    let events = comparisons.iter().map(|comparison| comparison.is_paid).collect();
    let estimator = SparseLogisticParams {
        penalty: PENALTY,
        ..SparseLogisticParams::default()
    };
    let fitted = estimator.check()?.fit(&DatasetBase::new(rows, events))?;
    Ok(Calibration {
        paid: (1.0 + fitted.coefficients[0]).max(0.0),
        unpaid: (1.0 + fitted.coefficients[1]).max(0.0),
        shift: fitted.intercept,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::features::HORIZON_DAYS;

    /// Names of as many customers as tests need.
    static CUSTOMERS: LazyLock<Vec<String>> =
        LazyLock::new(|| (0..200).map(|customer| format!("C-{customer}")).collect());

    /// Comparisons whose true log-odds are those that were said times the slope of their place and customer. A fifth of
    /// them are of the first two customers.
    fn said(slope: impl Fn(usize, usize) -> f64) -> Vec<Comparison<'static>> {
        let mut random = ChaCha8Rng::seed_from_u64(8);
        (0..40_000)
            .map(|place| {
                let of_two = random.random::<f64>() < 0.2;
                let customer = random.random_range(if of_two { 0..2 } else { 2..CUSTOMERS.len() });
                let log_odds = random.random::<f64>() * 6.0 - 3.0;
                Comparison {
                    customer: &CUSTOMERS[customer],
                    probability: logistic(log_odds),
                    is_paid: random.random::<f64>() < logistic(slope(place, customer) * log_odds),
                }
            })
            .collect()
    }

    #[test]
    fn what_was_said_too_surely_is_taken_back() {
        let calibration = Calibration::fit(&said(|_, _| 0.5)).unwrap();
        for (given, wanted) in [(logistic(2.0), logistic(1.0)), (logistic(-2.0), logistic(-1.0))] {
            assert!(
                (calibration.calibrated(given) - wanted).abs() < 0.02,
                "{calibration:?}"
            );
        }
        let rising: PaidBy = std::array::from_fn(|day| {
            f64::from(u32::try_from(day).unwrap()) / f64::from(u32::try_from(HORIZON_DAYS).unwrap())
        });
        assert!(calibration.apply(rising).is_sorted());
    }

    #[test]
    fn what_was_said_right_is_left_alone() {
        assert_eq!(Calibration::fit(&said(|_, _| 1.0)).unwrap(), Calibration::NONE);
        assert_eq!(Calibration::fit(&[]).unwrap(), Calibration::NONE);
    }

    #[test]
    fn what_one_half_of_the_time_denies_is_left_alone() {
        let reversed = said(|place, _| if place < 20_000 { 0.5 } else { 1.5 });
        assert_eq!(Calibration::fit(&reversed).unwrap(), Calibration::NONE);
    }

    #[test]
    fn what_two_large_customers_ask_for_is_left_alone() {
        let of_two = said(|_, customer| if customer < 2 { 0.0 } else { 1.0 });
        assert_eq!(Calibration::fit(&of_two).unwrap(), Calibration::NONE);
    }

    #[test]
    fn an_invoice_is_compared_only_as_far_as_it_was_watched() {
        let half = [0.5; HORIZON_DAYS];
        let open = Outcome::Open { days_observed: 10 };
        assert_eq!(comparisons("C-1", &half, open).count(), 2);
        assert_eq!(comparisons("C-1", &half, Outcome::Paid { days: 5 }).count(), 4);
    }
}
