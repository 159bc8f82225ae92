//! The replay: what the product would have said at past cut-offs, and what happened.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::Date;
use crate::domain::date::day_number;
use crate::features::{self, HORIZON_DAYS};
use crate::forecast::{Attributes, CashBook, CashForecast};
use crate::history::{History, Snapshot};
use crate::model::outcome::{Outcome, outcomes};
use crate::model::{self, FittedModel, ModelName, PaymentPrediction, Reasons};
use crate::model::{TrainingPlan, TrainingSet};

use super::band::{BandFit, BandedCash, Bands, Received};
use super::cash::Receipts;
use super::score::as_text;
use super::{ActualCash, BacktestPlan, Case, Error, JudgedCase};

/// What was said at past cut-offs beside what happened.
///
/// One case costs about 200 bytes and, for each model, 372 bytes.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The plan that was replayed.
    pub plan: BacktestPlan,
    /// Identifies the content of the ledger.
    pub ledger_fingerprint: String,
    /// Last day of which the ledger knows anything: outcomes are those known at its end.
    pub known_until: Date,
    /// The cut-offs at which at least one model answered, in order.
    pub folds: Vec<Fold>,
    /// The cut-offs and models that could not be replayed, with the reason.
    pub skipped: Vec<SkippedFold>,
}

/// One cut-off.
#[derive(Clone, Debug)]
pub struct Fold {
    /// Last day whose facts the models knew.
    pub cutoff: Date,
    /// Days from the cut-off to the end of the ledger.
    pub observed_days: i32,
    /// The open book with its outcomes, by invoice.
    pub cases: Vec<Case>,
    /// Open invoices whose outcome the later ledger does not tell; they are in no score.
    pub without_outcome: usize,
    /// What each model said, in the order of the plan.
    pub forecasts: Vec<FoldForecast>,
    /// What arrived on the open book.
    pub actual_cash: Vec<ActualCash>,
    /// The same by week, currency and legal entity.
    pub received: Received,
}

/// What one model said at one cut-off.
#[derive(Clone, Debug)]
pub struct FoldForecast {
    /// The model.
    pub model: ModelName,
    /// The cut-off at which it was fitted.
    pub fitted_as_of: Date,
    /// Probability of being paid by day 1 .. 91, case after case.
    pub cdf: Vec<f32>,
    /// Probability of being unpaid at the end of the due date, case after case.
    pub late_probability: Vec<f64>,
    /// The weekly cash forecast, with the band that the cut-off could know.
    pub cash: CashForecast,
    /// The same forecast with the band of the plan, which knows no past forecast.
    pub cold_cash: CashForecast,
    /// The band of `cash`: fitted on earlier cut-offs, with what was known of them at this one.
    pub band: BandFit,
}

/// A cut-off, or one model at it, that could not be replayed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SkippedFold {
    /// The cut-off.
    pub cutoff: Date,
    /// The model, or `None` where no model could be tried.
    #[serde(serialize_with = "as_optional_text")]
    pub model: Option<ModelName>,
    /// Why.
    pub reason: String,
}

/// Writes an optional name as text.
fn as_optional_text<S: serde::Serializer>(
    model: &Option<ModelName>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match model {
        Some(name) => as_text(name, serializer),
        None => serializer.serialize_none(),
    }
}

impl Fold {
    /// Returns what a model said, or `None` where it was skipped.
    pub fn forecast_of(&self, model: ModelName) -> Option<&FoldForecast> {
        self.forecasts.iter().find(|said| said.model == model)
    }

    /// Returns every case of the fold beside the answer of a model; empty where it was skipped.
    pub fn judged(&self, model: ModelName) -> impl Iterator<Item = JudgedCase<'_>> {
        self.forecast_of(model).into_iter().flat_map(move |said| {
            let answers = said.cdf.chunks_exact(HORIZON_DAYS);
            self.cases.iter().zip(answers.zip(&said.late_probability)).map(
                move |(case, (cdf, &late_probability))| JudgedCase {
                    case,
                    observed_days: case.observed_days(self.observed_days),
                    cdf,
                    late_probability,
                },
            )
        })
    }
}

/// A model and the cut-off at which it was fitted.
struct Fitted {
    model: FittedModel,
    as_of: Date,
}

/// What stays the same from cut-off to cut-off.
struct Setting<'a> {
    plan: &'a BacktestPlan,
    models: Vec<ModelName>,
    later: Snapshot,
    known_until: Date,
    receipts: Receipts,
}

/// Replays the product at the cut-offs of the plan.
///
/// At each cut-off every model sees `History::as_of(cutoff)` and nothing else; outcomes and payments
/// are those that the end of the ledger knows. `progress` is called after each cut-off with the
/// number done and the total. The result depends on the ledger and the plan only.
///
/// # Errors
///
/// - those of [`BacktestPlan::check`];
/// - [`Error::NothingReplayed`] when no model could be trained at any cut-off;
/// - the error of a stage that fails for another reason than training.
pub fn historical_forecasts(
    history: &History,
    plan: &BacktestPlan,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Replay, Error> {
    let cutoffs = plan.check(history)?;
    plan.forecast.check()?;
    let (_, known_until) = history.date_range().ok_or(Error::LedgerEmpty)?;
    let later = history.as_of(known_until);
    let setting = Setting {
        plan,
        models: plan.distinct_models(),
        receipts: Receipts::read(&later)?,
        later,
        known_until,
    };
    let refit_every = usize::try_from(plan.refit_every).unwrap_or(usize::MAX);
    let mut fitted: BTreeMap<ModelName, Fitted> = BTreeMap::new();
    let mut folds = Vec::new();
    let mut skipped = Vec::new();
    let mut bands = Bands::default();
    for (index, &cutoff) in cutoffs.iter().enumerate() {
        let snapshot = history.as_of(cutoff);
        if index.is_multiple_of(refit_every) {
            fitted.clear();
        }
        fit_missing(&setting, &snapshot, &mut fitted, &mut skipped);
        if !fitted.is_empty() {
            folds.extend(predict_fold(
                &setting,
                &snapshot,
                &fitted,
                &mut bands,
                &mut skipped,
            )?);
        }
        progress(index + 1, cutoffs.len());
    }
    if folds.is_empty() {
        let first = skipped.into_iter().next();
        return Err(Error::NothingReplayed {
            folds: cutoffs.len(),
            reason: first.map_or_else(|| "unknown".to_string(), |fold| fold.reason),
        });
    }
    Ok(Replay {
        plan: plan.clone(),
        ledger_fingerprint: history.fingerprint().to_string(),
        known_until,
        folds,
        skipped,
    })
}

/// Fits every model of the plan that has no fit yet; what cannot be fitted is recorded as skipped.
fn fit_missing(
    setting: &Setting<'_>,
    snapshot: &Snapshot,
    fitted: &mut BTreeMap<ModelName, Fitted>,
    skipped: &mut Vec<SkippedFold>,
) {
    let cutoff = snapshot.cutoff();
    let missing: Vec<ModelName> = setting
        .models
        .iter()
        .copied()
        .filter(|name| !fitted.contains_key(name))
        .collect();
    if missing.is_empty() {
        return;
    }
    let training_plan = TrainingPlan {
        seed: setting.plan.seed,
        ..TrainingPlan::default()
    };
    let training = match TrainingSet::build(snapshot, &training_plan) {
        Ok(training) => training,
        Err(error) => {
            skipped.push(SkippedFold {
                cutoff,
                model: None,
                reason: with_causes(&error),
            });
            return;
        }
    };
    for name in missing {
        match model::fit(name, &training, setting.plan.seed) {
            Ok(model) => {
                let as_of = cutoff;
                fitted.insert(name, Fitted { model, as_of });
            }
            Err(error) => skipped.push(SkippedFold {
                cutoff,
                model: Some(name),
                reason: with_causes(&error),
            }),
        }
    }
}

/// Predicts the open book of one cut-off and joins what happened.
///
/// A cut-off without an open invoice has nothing to predict and is recorded as skipped.
fn predict_fold(
    setting: &Setting<'_>,
    snapshot: &Snapshot,
    fitted: &BTreeMap<ModelName, Fitted>,
    bands: &mut Bands,
    skipped: &mut Vec<SkippedFold>,
) -> Result<Option<Fold>, Error> {
    let cutoff = snapshot.cutoff();
    let book = features::book(snapshot)?;
    let attributes = Attributes::read(snapshot)?;
    let mut known = outcomes(&setting.later, cutoff)?;
    let mut begun: Option<(Fold, Vec<String>, Vec<bool>)> = None;
    for (name, model) in setting
        .models
        .iter()
        .filter_map(|name| fitted.get(name).map(|model| (*name, model)))
    {
        let predictions = model.model.predict(&book, Reasons::LeftOut)?;
        if predictions.is_empty() {
            break;
        }
        let (fold, ids, kept) =
            begun.get_or_insert_with(|| start_fold(setting, cutoff, &predictions, &mut known));
        let same_book = ids.len() == predictions.len()
            && ids
                .iter()
                .zip(&predictions)
                .all(|(id, prediction)| *id == prediction.invoice_id);
        if !same_book {
            return Err(Error::BooksDiffer { model: name, cutoff });
        }
        let cash_book = CashBook::new(cutoff, &predictions, &attributes)?;
        let cash = bands.forecast(name, &cash_book, &setting.plan.forecast, &fold.received)?;
        let said = fold_forecast(name, model.as_of, &predictions, kept, cash)?;
        fold.forecasts.push(said);
    }
    if begun.is_none() {
        skipped.push(SkippedFold {
            cutoff,
            model: None,
            reason: "no invoice was open".to_string(),
        });
    }
    Ok(begun.map(|(fold, _, _)| fold))
}

/// Returns the fold without answers, the invoices of the book and which of them have an outcome.
fn start_fold(
    setting: &Setting<'_>,
    cutoff: Date,
    predictions: &[PaymentPrediction],
    known: &mut BTreeMap<String, Outcome>,
) -> (Fold, Vec<String>, Vec<bool>) {
    let mut cases = Vec::with_capacity(predictions.len());
    let mut kept = Vec::with_capacity(predictions.len());
    for prediction in predictions {
        let outcome = known.remove(&prediction.invoice_id);
        kept.push(outcome.is_some());
        if let Some(outcome) = outcome {
            cases.push(Case::new(prediction, cutoff, outcome));
        }
    }
    let book = predictions
        .iter()
        .map(|prediction| (prediction.invoice_id.as_str(), prediction.open.currency()));
    let fold = Fold {
        cutoff,
        observed_days: day_number(setting.known_until) - day_number(cutoff),
        without_outcome: predictions.len() - cases.len(),
        cases,
        forecasts: Vec::new(),
        actual_cash: setting.receipts.after(cutoff, setting.known_until, book),
        received: setting.receipts.by_week(cutoff, predictions),
    };
    let ids = predictions
        .iter()
        .map(|prediction| prediction.invoice_id.clone())
        .collect();
    (fold, ids, kept)
}

/// Keeps what one model said, in compact form.
fn fold_forecast(
    model: ModelName,
    fitted_as_of: Date,
    predictions: &[PaymentPrediction],
    kept: &[bool],
    cash: BandedCash,
) -> Result<FoldForecast, Error> {
    let mut cdf = Vec::with_capacity(predictions.len() * HORIZON_DAYS);
    let mut late_probability = Vec::with_capacity(predictions.len());
    for (prediction, _) in predictions.iter().zip(kept).filter(|(_, kept)| **kept) {
        let days = prediction.distribution.days();
        if days.len() != HORIZON_DAYS {
            return Err(Error::HorizonDiffers {
                expected: HORIZON_DAYS,
                given: days.len(),
                invoice_id: prediction.invoice_id.clone(),
            });
        }
        cdf.extend_from_slice(days);
        late_probability.push(prediction.late_probability());
    }
    Ok(FoldForecast {
        model,
        fitted_as_of,
        cdf,
        late_probability,
        cash: cash.warm,
        cold_cash: cash.cold,
        band: cash.fit,
    })
}

/// Returns the message of an error followed by those of its causes.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
