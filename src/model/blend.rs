//! Blending distributions: how much each of several models is believed, learned on later snapshots.
//!
//! The blend is a mixture of distributions, so it is coherent over all horizons. Its weights maximise
//! the likelihood of what happened after cut-offs that no part was fitted on, by expectation
//! maximisation (Dempster, Laird and Rubin 1977), with pseudo-invoices that favour equal weights.
//! Invoices that are past due and those that are not have weights of their own.

use serde::{Deserialize, Serialize};

use crate::features::HORIZON_DAYS;
use crate::model::cash_model::PaidBy;
use crate::model::outcome::Outcome;

/// Number of models that are blended.
pub(crate) const PARTS: usize = 3;
/// Pseudo-invoices that favour equal weights. Many, since an invoice is judged at several cut-offs and the invoices
/// of a customer share its payment runs.
const PRIOR_INVOICES: f64 = 300.0;
/// Weights before anything is known.
const PRIOR: [f64; PARTS] = [1.0 / 3.0; PARTS];
/// Steps of expectation maximisation; the weights have settled long before.
const STEPS: usize = 60;
/// A model that said "impossible" may be wrong.
const PROBABILITY_MIN: f64 = 1e-6;

/// What each part says of one invoice.
pub(crate) type Parts = [PaidBy; PARTS];

/// The weight of each part; they sum to one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Blend {
    /// For invoices that are not past due at the cut-off.
    current: [f64; PARTS],
    /// For invoices that are.
    overdue: [f64; PARTS],
}

/// One invoice to learn weights from.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) parts: Parts,
    pub(crate) is_overdue: bool,
    pub(crate) outcome: Outcome,
}

impl Blend {
    /// What is believed before anything is known.
    pub(crate) const PRIOR: Self = Self {
        current: PRIOR,
        overdue: PRIOR,
    };

    /// Learns the weights.
    pub(crate) fn fit(judged: &[Judged]) -> Self {
        Self {
            current: weights(judged.iter().filter(|judged| !judged.is_overdue)),
            overdue: weights(judged.iter().filter(|judged| judged.is_overdue)),
        }
    }

    /// The mixture of what the parts say.
    pub(crate) fn mix(&self, parts: &Parts, is_overdue: bool) -> PaidBy {
        let weights = if is_overdue { &self.overdue } else { &self.current };
        std::array::from_fn(|day| {
            let shares = weights.iter().zip(parts).map(|(weight, part)| weight * part[day]);
            shares.sum::<f64>().min(1.0)
        })
    }

    /// Log-likelihood of what happened, given the mixture.
    pub(crate) fn log_likelihood(&self, judged: &[Judged]) -> f64 {
        let likelihoods = judged.iter().filter_map(|judged| {
            let mixed = self.mix(&judged.parts, judged.is_overdue);
            likelihood(&mixed, judged.outcome)
        });
        likelihoods.map(f64::ln).sum()
    }

    /// Checks that the weights are shares of a whole.
    pub(crate) fn check(&self) -> Result<(), String> {
        for weights in [self.current, self.overdue] {
            let sum: f64 = weights.iter().sum();
            if (sum - 1.0).abs() > 1e-9 || weights.iter().any(|weight| *weight < 0.0) {
                return Err(format!("the weights of a blend must sum to one, are {weights:?}"));
            }
        }
        Ok(())
    }
}

fn weights<'a>(judged: impl Iterator<Item = &'a Judged>) -> [f64; PARTS] {
    let likelihoods: Vec<[f64; PARTS]> = judged
        .filter_map(|judged| {
            let likelihood = |part: &PaidBy| likelihood(part, judged.outcome);
            let of_parts = [
                likelihood(&judged.parts[0])?,
                likelihood(&judged.parts[1])?,
                likelihood(&judged.parts[2])?,
            ];
            Some(of_parts)
        })
        .collect();
    let mut weights = PRIOR;
    for _ in 0..STEPS {
        let mut counts = PRIOR.map(|weight| PRIOR_INVOICES * weight);
        for likelihood in &likelihoods {
            let joint: [f64; PARTS] = std::array::from_fn(|part| weights[part] * likelihood[part]);
            let sum: f64 = joint.iter().sum();
            for (count, joint) in counts.iter_mut().zip(joint) {
                *count += joint / sum;
            }
        }
        let sum: f64 = counts.iter().sum();
        weights = counts.map(|count| count / sum);
    }
    weights
}

/// Probability of what happened: payment on its day, or none while it was watched.
fn likelihood(paid_by: &PaidBy, outcome: Outcome) -> Option<f64> {
    let at = |days: i32| match usize::try_from(days) {
        Ok(0) | Err(_) => 0.0,
        Ok(days) => paid_by[days.min(HORIZON_DAYS) - 1],
    };
    let horizon = i32::try_from(HORIZON_DAYS).expect("a short horizon");
    let probability = match outcome {
        Outcome::Paid { days } if days <= horizon => at(days) - at(days - 1),
        Outcome::Paid { .. } => 1.0 - at(horizon),
        Outcome::Open { days_observed: days } | Outcome::EndedOtherwise { days } if days >= 1 => {
            1.0 - at(days)
        }
        Outcome::Open { .. } | Outcome::EndedOtherwise { .. } => return None,
    };
    Some(probability.max(PROBABILITY_MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sure_on(day: usize) -> PaidBy {
        std::array::from_fn(|at| if at + 1 >= day { 0.9 } else { 0.0 })
    }

    fn judged(days: i32, is_overdue: bool) -> Judged {
        Judged {
            parts: [sure_on(5), sure_on(9), sure_on(40)],
            is_overdue,
            outcome: Outcome::Paid { days },
        }
    }

    #[test]
    fn the_part_that_was_right_is_believed_each_where_it_was() {
        let book: Vec<Judged> = (0..8_000)
            .map(|at| judged(if at % 2 == 0 { 5 } else { 40 }, at % 2 == 1))
            .collect();
        let blend = Blend::fit(&book);
        assert!(blend.current[0] > 0.75 && blend.overdue[2] > 0.75, "{blend:?}");
        blend.check().unwrap();
        let mixed = blend.mix(&book[0].parts, false);
        assert!(mixed[4] > 0.6 && mixed[3].abs() < f64::EPSILON);
        assert!(mixed.is_sorted());
    }

    #[test]
    fn what_was_said_with_more_certainty_is_more_likely_and_the_unobserved_says_nothing() {
        let said_on = |day| Judged {
            parts: [sure_on(day), sure_on(day), sure_on(day)],
            ..judged(5, false)
        };
        let log_likelihood = |judged: Judged| Blend::PRIOR.log_likelihood(&[judged]);
        assert!((log_likelihood(said_on(5)) - 0.9_f64.ln()).abs() < 1e-12);
        assert!(log_likelihood(judged(5, false)) < log_likelihood(said_on(5)));
        assert!(log_likelihood(said_on(9)) < log_likelihood(judged(5, false)));
        let unobserved = Judged {
            outcome: Outcome::Open { days_observed: 0 },
            ..said_on(5)
        };
        assert!(log_likelihood(unobserved).abs() < f64::EPSILON);
    }

    #[test]
    fn without_invoices_to_learn_from_every_part_counts_the_same() {
        assert_eq!(Blend::fit(&[]), Blend::PRIOR);
    }
}
