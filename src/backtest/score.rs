//! The scorecard of a replay.

use std::fmt::Display;

use serde::{Serialize, Serializer};

use crate::domain::Date;
use crate::model::ModelName;

use super::band::score_bands;
use super::cash::{WEEKS, fold_points, score_cash};
use super::compare::compare;
use super::metrics::{self, BINS, Binary, ReliabilityBin};
use super::{BandScore, SliceKind, slices};
use super::{Case, CashPoint, CashScore, Comparison, Fold, JudgedCase, Replay, SkippedFold};

/// Days for which "paid within" is scored in every set of cases.
pub const PAID_WITHIN_DAYS: [i32; 3] = [7, 14, 30];

/// Writes a value as its text.
pub(crate) fn as_text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// What a replay is worth, model by model.
///
/// All models are scored on the same cut-offs: those at which every model answered that answered at
/// all. What was left out is in `skipped`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scorecard {
    /// Identifies the content of the ledger.
    pub ledger_fingerprint: String,
    /// First cut-off that is scored.
    pub first_cutoff: Option<Date>,
    /// Last cut-off that is scored.
    pub last_cutoff: Option<Date>,
    /// Days from one cut-off of the plan to the next.
    pub stride_days: u32,
    /// Folds of the plan from one fit to the next.
    pub refit_every: u32,
    /// Seed of the training samples and of the bootstrap.
    pub seed: u64,
    /// Last day of which the ledger knows anything.
    pub known_until: Date,
    /// Cut-offs that were replayed.
    pub folds_replayed: usize,
    /// Cut-offs that are scored.
    pub folds_scored: usize,
    /// Scored cut-offs that the ledger watched over the whole horizon.
    pub folds_matured: usize,
    /// Open invoices of the scored cut-offs without a known outcome; they are in no score.
    pub cases_without_outcome: usize,
    /// One entry a model, in the order of the plan.
    pub models: Vec<ModelScore>,
    /// Models against baselines.
    pub comparisons: Vec<Comparison>,
    /// Cut-offs and models that could not be replayed.
    pub skipped: Vec<SkippedFold>,
}

/// What one model is worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelScore {
    /// The model.
    #[serde(serialize_with = "as_text")]
    pub model: ModelName,
    /// Over all cases.
    pub all: Scores,
    /// Slice by slice.
    pub slices: Vec<SliceScore>,
    /// Week by week ahead.
    pub horizons: Vec<HorizonScore>,
    /// Weekly cash by currency.
    pub cash: Vec<CashScore>,
    /// The bands of the weekly cash, by currency, entity and weeks ahead.
    pub bands: Vec<BandScore>,
    /// Reliability of "paid within 7 days".
    pub reliability_paid_7: Vec<ReliabilityBin>,
    /// Reliability of "late".
    pub reliability_late: Vec<ReliabilityBin>,
    /// See [`metrics::pit_histogram`].
    pub pit_histogram: Option<Vec<f64>>,
}

/// Scores of a set of cases. A measure without a case is absent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Cases of the set.
    pub cases: usize,
    /// Cases that were seen over the whole horizon: those of the errors in days.
    pub matured_cases: usize,
    /// Mean absolute error of the median day.
    pub mae_days: Option<f64>,
    /// Median absolute error of the median day.
    pub median_ae_days: Option<f64>,
    /// Share of median days within 3 days of the truth.
    pub within_3_days: Option<f64>,
    /// Share of median days within 7 days of the truth.
    pub within_7_days: Option<f64>,
    /// Mean of [`metrics::crps_days`].
    pub crps_days: Option<f64>,
    /// "Paid within" 7, 14 and 30 days.
    pub paid_within: Vec<HorizonScore>,
    /// "Unpaid at the end of the due date", of invoices not yet due.
    pub late: BinaryScore,
}

/// Scores of "paid within so many days".
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HorizonScore {
    /// Days after the cut-off.
    pub days: i32,
    /// The scores.
    #[serde(flatten)]
    pub score: BinaryScore,
}

/// Scores of a probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BinaryScore {
    /// Cases that were observed long enough.
    pub cases: usize,
    /// Share of the cases in which the event happened.
    pub observed_share: Option<f64>,
    /// Mean probability given to the event.
    pub mean_probability: Option<f64>,
    /// See [`metrics::log_loss`].
    pub log_loss: Option<f64>,
    /// See [`metrics::brier_score`].
    pub brier: Option<f64>,
    /// See [`metrics::expected_calibration_error`], with ten bins.
    pub calibration_error: Option<f64>,
    /// See [`metrics::calibration_ratio`].
    pub calibration_ratio: Option<f64>,
    /// See [`metrics::auc`].
    pub auc: Option<f64>,
    /// See [`metrics::average_precision`].
    pub average_precision: Option<f64>,
}

/// Scores of one slice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SliceScore {
    /// What the slice is cut by.
    pub kind: SliceKind,
    /// Its value.
    pub value: String,
    /// The scores.
    pub scores: Scores,
}

impl BinaryScore {
    /// Scores events and their probabilities.
    pub fn of(events: &[Binary]) -> Self {
        let indicators: Vec<f64> = events.iter().map(|event| event.indicator()).collect();
        let probabilities: Vec<f64> = events.iter().map(|event| event.probability()).collect();
        Self {
            cases: events.len(),
            observed_share: metrics::mean(&indicators),
            mean_probability: metrics::mean(&probabilities),
            log_loss: metrics::log_loss(events),
            brier: metrics::brier_score(events),
            calibration_error: metrics::expected_calibration_error(events, BINS),
            calibration_ratio: metrics::calibration_ratio(events),
            auc: metrics::auc(events),
            average_precision: metrics::average_precision(events),
        }
    }
}

impl Scores {
    /// Scores a set of cases.
    pub fn of(judged: &[JudgedCase<'_>]) -> Self {
        let errors: Vec<f64> = judged
            .iter()
            .filter_map(JudgedCase::absolute_error_days)
            .collect();
        let crps: Vec<f64> = judged.iter().filter_map(JudgedCase::crps_days).collect();
        let late: Vec<Binary> = judged.iter().filter_map(JudgedCase::late).collect();
        Self {
            cases: judged.len(),
            matured_cases: errors.len(),
            mae_days: metrics::mean(&errors),
            median_ae_days: metrics::median(&errors),
            within_3_days: metrics::share_within(&errors, 3.0),
            within_7_days: metrics::share_within(&errors, 7.0),
            crps_days: metrics::mean(&crps),
            paid_within: PAID_WITHIN_DAYS
                .iter()
                .map(|&days| paid_within(judged, days))
                .collect(),
            late: BinaryScore::of(&late),
        }
    }
}

/// Scores "paid within so many days".
fn paid_within(judged: &[JudgedCase<'_>], days: i32) -> HorizonScore {
    let events: Vec<Binary> = judged.iter().filter_map(|case| case.paid_within(days)).collect();
    HorizonScore {
        days,
        score: BinaryScore::of(&events),
    }
}

/// Returns the models of a replay that answered at least once, in the order of the plan.
fn answering_models(replay: &Replay) -> Vec<ModelName> {
    let mut models = replay.plan.distinct_models();
    models.retain(|&model| replay.folds.iter().any(|fold| fold.forecast_of(model).is_some()));
    models
}

/// Returns the folds at which every one of the models answered.
fn common_folds<'a>(replay: &'a Replay, models: &[ModelName]) -> Vec<&'a Fold> {
    replay
        .folds
        .iter()
        .filter(|fold| models.iter().all(|&model| fold.forecast_of(model).is_some()))
        .collect()
}

/// Scores a replay.
///
/// A pure function: the same replay gives the same scorecard, whatever the number of threads.
pub fn score(replay: &Replay) -> Scorecard {
    let models = answering_models(replay);
    let folds = common_folds(replay, &models);
    let cases: Vec<&Case> = folds.iter().flat_map(|fold| &fold.cases).collect();
    let judged: Vec<(ModelName, Vec<JudgedCase<'_>>)> = models
        .iter()
        .map(|&model| {
            let cases = folds.iter().flat_map(|fold| fold.judged(model)).collect();
            (model, cases)
        })
        .collect();
    let parts = slices(&cases);
    let scores = judged
        .iter()
        .map(|(model, judged)| {
            let points: Vec<CashPoint> = folds.iter().flat_map(|fold| fold_points(fold, *model)).collect();
            let bands = score_bands(&folds, *model, replay.known_until);
            model_score(*model, judged, &parts, &points, bands)
        })
        .collect();
    Scorecard {
        ledger_fingerprint: replay.ledger_fingerprint.clone(),
        first_cutoff: folds.first().map(|fold| fold.cutoff),
        last_cutoff: folds.last().map(|fold| fold.cutoff),
        stride_days: replay.plan.stride_days,
        refit_every: replay.plan.refit_every,
        seed: replay.plan.seed,
        known_until: replay.known_until,
        folds_replayed: replay.folds.len(),
        folds_scored: folds.len(),
        folds_matured: folds
            .iter()
            .filter(|fold| fold.observed_days >= super::case::HORIZON)
            .count(),
        cases_without_outcome: folds.iter().map(|fold| fold.without_outcome).sum(),
        models: scores,
        comparisons: compare(&judged, &cases, replay.plan.seed),
        skipped: replay.skipped.clone(),
    }
}

/// Scores one model.
fn model_score(
    model: ModelName,
    judged: &[JudgedCase<'_>],
    parts: &[super::Slice],
    points: &[CashPoint],
    bands: Vec<BandScore>,
) -> ModelScore {
    let paid_7: Vec<Binary> = judged.iter().filter_map(|case| case.paid_within(7)).collect();
    let late: Vec<Binary> = judged.iter().filter_map(JudgedCase::late).collect();
    let intervals: Vec<(f64, f64)> = judged
        .iter()
        .filter_map(JudgedCase::probability_interval)
        .collect();
    let slices = parts
        .iter()
        .map(|part| {
            let members: Vec<JudgedCase<'_>> = part.members.iter().map(|&member| judged[member]).collect();
            SliceScore {
                kind: part.kind,
                value: part.value.clone(),
                scores: Scores::of(&members),
            }
        })
        .collect();
    let weeks = i32::try_from(WEEKS).unwrap_or(0);
    ModelScore {
        model,
        all: Scores::of(judged),
        slices,
        horizons: (1..=weeks).map(|week| paid_within(judged, week * 7)).collect(),
        cash: score_cash(points),
        bands,
        reliability_paid_7: metrics::reliability(&paid_7, BINS),
        reliability_late: metrics::reliability(&late, BINS),
        pit_histogram: metrics::pit_histogram(&intervals, BINS),
    }
}
