//! Models against baselines: is the difference more than chance?

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::ModelName;

use super::bootstrap::{self, BlockSums, Interval, paired_block_bootstrap};
use super::score::as_text;
use super::{Case, JudgedCase};

/// The models that every other model must beat.
pub const BASELINES: [ModelName; 3] = [
    ModelName::DueDate,
    ModelName::CustomerMean,
    ModelName::CustomerHistogram,
];

/// With fewer customers than this the bootstrap says nothing: an interval of a handful of blocks is
/// far too narrow.
pub const CUSTOMERS_MIN: usize = 10;

/// A measure that is compared; for each of them smaller is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Continuous ranked probability score, in days.
    Crps,
    /// Mean absolute error of the median day, in days.
    Mae,
    /// Log-loss of being unpaid at the end of the due date, in nats.
    LateLogLoss,
}

impl Measure {
    /// Every measure, in the order of the report.
    pub const ALL: [Self; 3] = [Self::Crps, Self::Mae, Self::LateLogLoss];

    /// Returns the name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crps => "crps_days",
            Self::Mae => "mae_days",
            Self::LateLogLoss => "late_log_loss",
        }
    }

    /// Returns the measure of one case, or `None` where the case does not count.
    fn of(self, judged: &JudgedCase<'_>) -> Option<f64> {
        match self {
            Self::Crps => judged.crps_days(),
            Self::Mae => judged.absolute_error_days(),
            Self::LateLogLoss => judged.late().map(super::metrics::Binary::log_loss),
        }
    }
}

/// What may be said about a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole 95 % interval lies below zero.
    Better,
    /// The whole 95 % interval lies above zero.
    Worse,
    /// The interval holds zero: nothing may be claimed.
    NotShown,
    /// Too few customers for an interval that means anything.
    TooFewCustomers,
}

impl Verdict {
    /// Returns the words used in the report.
    pub fn words(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::NotShown => "no difference shown",
            Self::TooFewCustomers => "too few customers",
        }
    }

    /// Returns what an interval over that many customers allows to say.
    fn of(interval: Interval, customers: usize) -> Self {
        if customers < CUSTOMERS_MIN {
            Self::TooFewCustomers
        } else if interval.upper < 0.0 {
            Self::Better
        } else if interval.lower > 0.0 {
            Self::Worse
        } else {
            Self::NotShown
        }
    }
}

/// A model against a baseline in one measure, on the same cases.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The model.
    #[serde(serialize_with = "as_text")]
    pub model: ModelName,
    /// The baseline.
    #[serde(serialize_with = "as_text")]
    pub baseline: ModelName,
    /// The measure; smaller is better.
    pub measure: Measure,
    /// Model minus baseline with its 95 % interval.
    pub difference: Interval,
    /// Customers that were drawn.
    pub customers: usize,
    /// What may be said.
    pub verdict: Verdict,
}

/// The sums of one model by measure and customer.
struct ModelSums {
    model: ModelName,
    /// For each of [`Measure::ALL`]: sum of the measure and number of cases, by customer.
    by_measure: Vec<(Vec<f64>, Vec<f64>)>,
}

/// Compares every model with every baseline among them.
///
/// `judged` holds for each model the same cases in the same order.
pub(crate) fn compare(
    judged: &[(ModelName, Vec<JudgedCase<'_>>)],
    cases: &[&Case],
    seed: u64,
) -> Vec<Comparison> {
    let blocks = customer_blocks(cases);
    let customers = blocks.iter().max().map_or(0, |last| last + 1);
    let sums: Vec<ModelSums> = judged
        .iter()
        .map(|(model, cases)| model_sums(*model, cases, &blocks, customers))
        .collect();
    let mut labels = Vec::new();
    let mut series = Vec::new();
    for ours in sums.iter().filter(|sums| !BASELINES.contains(&sums.model)) {
        for baseline in sums.iter().filter(|sums| BASELINES.contains(&sums.model)) {
            let pairs = ours.by_measure.iter().zip(&baseline.by_measure);
            for (measure, (ours_sums, baseline_sums)) in Measure::ALL.into_iter().zip(pairs) {
                labels.push((ours.model, baseline.model, measure));
                series.push(BlockSums {
                    differences: ours_sums
                        .0
                        .iter()
                        .zip(&baseline_sums.0)
                        .map(|(ours, baseline)| ours - baseline)
                        .collect(),
                    cases: ours_sums.1.clone(),
                });
            }
        }
    }
    let intervals = paired_block_bootstrap(&series, bootstrap::DRAWS, seed);
    labels
        .into_iter()
        .zip(intervals)
        .filter_map(|((model, baseline, measure), interval)| {
            let difference = interval?;
            Some(Comparison {
                model,
                baseline,
                measure,
                difference,
                customers,
                verdict: Verdict::of(difference, customers),
            })
        })
        .collect()
}

/// Returns the number of the customer of each case; customers are numbered by identifier.
pub(super) fn customer_blocks(cases: &[&Case]) -> Vec<usize> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases {
        numbers.insert(case.customer_id.as_str(), 0);
    }
    for (number, slot) in numbers.values_mut().enumerate() {
        *slot = number;
    }
    cases
        .iter()
        .map(|case| numbers[case.customer_id.as_str()])
        .collect()
}

/// Sums the measures of one model by customer.
fn model_sums(model: ModelName, cases: &[JudgedCase<'_>], blocks: &[usize], customers: usize) -> ModelSums {
    let by_measure = Measure::ALL
        .into_iter()
        .map(|measure| {
            let mut sums = vec![0.0_f64; customers];
            let mut counts = vec![0.0_f64; customers];
            for (judged, &block) in cases.iter().zip(blocks) {
                if let Some(value) = measure.of(judged) {
                    sums[block] += value;
                    counts[block] += 1.0;
                }
            }
            (sums, counts)
        })
        .collect();
    ModelSums { model, by_measure }
}
