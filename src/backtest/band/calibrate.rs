//! The band of a model that is about to be used: its kind is replayed over the last half year.

use serde::Serialize;

use crate::backtest::Error;
use crate::backtest::cash::Receipts;
use crate::backtest::metrics::{self, real};
use crate::backtest::replay::with_causes;
use crate::domain::Date;
use crate::domain::date::add_days;
use crate::features;
use crate::forecast::{Attributes, Band, CashBook, ForecastPlan};
use crate::history::{History, Snapshot};
use crate::model::{self, FittedModel, ModelName, Reasons, TrainingPlan, TrainingSet};

use super::fit::{BandFit, TRIALS_MIN, fit_band};
use super::grid::{Coupling, Quantiles, Spot};
use super::point::{self, Point};
use super::score::BAND_WEEKS_SCORED;
use super::trial::Trial;

/// Days of history before the first cut-off: a model of a few weeks says little about the one in use.
const HISTORY_DAYS_MIN: i64 = 91;

/// What to calibrate, and on which past.
///
/// # Parameters
///
/// | field | meaning | range |
/// |---|---|---|
/// | `model` | the kind of model that is replayed | any |
/// | `as_of` | nothing known later is used | within the ledger |
/// | `weeks` | how many weekly cut-offs before it are replayed; 26 by custom | at least 1 |
/// | `refit_weeks` | cut-offs from one fit to the next; 4 by custom | at least 1 |
/// | `seed` | of the training samples | any |
/// | `forecast` | seed, most draws and calendar of the simulations; its band is where the fit starts | see [`ForecastPlan`] |
#[derive(Clone, Copy, Debug)]
pub struct CalibrationPlan {
    /// The kind of model.
    pub model: ModelName,
    /// Last day whose facts may be known.
    pub as_of: Date,
    /// Weekly cut-offs that are replayed.
    pub weeks: u32,
    /// Cut-offs from one fit to the next.
    pub refit_weeks: u32,
    /// Seed of the training samples.
    pub seed: u64,
    /// How cash is simulated.
    pub forecast: ForecastPlan,
}

/// A band with what it rests on and what it would have been worth.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// The band and its evidence.
    pub fit: BandFit,
    /// Cut-offs at which the model was fitted.
    pub fitted_as_of: Vec<Date>,
    /// Coverage before and after, on weeks that the band of their cut-off could not know.
    pub held_out: Vec<HeldOut>,
    /// Whether the band is the one of the start, because the fitted one was worse on these weeks.
    pub is_start_kept: bool,
}

/// Coverage of weeks ahead by the band of the start and by bands fitted on earlier cut-offs only.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeldOut {
    /// How many weeks ahead, from 1.
    pub week: u32,
    /// Cut-offs and series that were compared.
    pub forecasts: usize,
    /// Share of the actuals within the band of the start; 0.8 is right.
    pub coverage_before: f64,
    /// Share of the actuals within the fitted band.
    pub coverage_after: f64,
    /// Mean width of the band of the start, relative to the mean actual of its series.
    pub width_before: f64,
    /// Mean width of the fitted band, relative to the mean actual of its series.
    pub width_after: f64,
    /// Mean pinball loss of P10 and P90 under the band of the start, as a share of a mean week.
    pub loss_before: f64,
    /// The same under the fitted band.
    pub loss_after: f64,
}

/// Replays a kind of model over the weeks before a day and fits its band.
///
/// At every cut-off the model was fitted on an older one, or on that day: it never knew what it is compared
/// with. `progress` is called with the number of cut-offs done and the total.
///
/// # Errors
///
/// - [`Error::LedgerEmpty`]: there is no invoice.
/// - [`Error::NotCalibrated`]: no past forecast can be compared with what arrived.
/// - The error of a stage that fails for another reason than training.
pub fn calibrate(
    history: &History,
    plan: &CalibrationPlan,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Calibration, Error> {
    plan.forecast.check()?;
    let (first, last) = history.date_range().ok_or(Error::LedgerEmpty)?;
    // Weeks after the last known fact did not pass without a payment: nobody has looked.
    let as_of = plan.as_of.min(last);
    let receipts = Receipts::read(&history.as_of(as_of))?;
    let cutoffs: Vec<Date> = (1..=plan.weeks)
        .rev()
        .map(|weeks| add_days(as_of, -7 * i64::from(weeks)))
        .filter(|cutoff| *cutoff >= add_days(first, HISTORY_DAYS_MIN))
        .collect();
    let refit_every = usize::try_from(plan.refit_weeks.max(1)).unwrap_or(usize::MAX);
    let mut fitted: Option<FittedModel> = None;
    let mut fitted_as_of = Vec::new();
    let mut trials = Vec::new();
    let mut reason = format!(
        "the ledger begins on {first}, and the first cut-off needs {HISTORY_DAYS_MIN} days before it"
    );
    for (index, &cutoff) in cutoffs.iter().enumerate() {
        let snapshot = history.as_of(cutoff);
        if fitted.is_none() || index.is_multiple_of(refit_every) {
            match fit_model(&snapshot, plan) {
                Ok(model) => {
                    fitted = Some(model);
                    fitted_as_of.push(cutoff);
                }
                Err(error) => reason = with_causes(&error),
            }
        }
        if let Some(model) = &fitted {
            trials.extend(trial(&snapshot, model, plan, &receipts)?);
        }
        progress(index + 1, cutoffs.len());
    }
    let start = &plan.forecast.band;
    let mut fit = fit_band(&trials, as_of, start);
    if fit.evidence.trials == 0 {
        if !trials.is_empty() {
            reason = "next to nothing was received on the open invoices".to_string();
        }
        return Err(Error::NotCalibrated { as_of, reason });
    }
    let held_out = held_out(&trials, as_of, start);
    let is_start_kept = is_worse(&held_out);
    if is_start_kept {
        fit.band = *start;
    }
    Ok(Calibration {
        fit,
        fitted_as_of,
        held_out,
        is_start_kept,
    })
}

/// Fits the model on everything known at a cut-off.
fn fit_model(snapshot: &Snapshot, plan: &CalibrationPlan) -> Result<FittedModel, model::Error> {
    let training_plan = TrainingPlan {
        seed: plan.seed,
        ..TrainingPlan::default()
    };
    let training = TrainingSet::build(snapshot, &training_plan)?;
    model::fit(plan.model, &training, plan.seed)
}

/// Predicts the open book of a cut-off and simulates it; `None` where nothing was open.
fn trial(
    snapshot: &Snapshot,
    model: &FittedModel,
    plan: &CalibrationPlan,
    receipts: &Receipts,
) -> Result<Option<Trial>, Error> {
    let predictions = model.predict(&features::book(snapshot)?, Reasons::LeftOut)?;
    if predictions.is_empty() {
        return Ok(None);
    }
    let cutoff = snapshot.cutoff();
    let received = receipts.by_week(cutoff, &predictions);
    let attributes = Attributes::read(snapshot)?;
    let book = CashBook::new(cutoff, &predictions, &attributes)?;
    Ok(Some(Trial::new(&book, &plan.forecast, received)?))
}

/// One week under both bands.
struct Compared<'a> {
    point: Point<'a>,
    before: Quantiles,
    after: Quantiles,
}

/// Compares both bands on every trial that had at least [`TRIALS_MIN`] before it.
fn held_out(trials: &[Trial], as_of: Date, start: &Band) -> Vec<HeldOut> {
    let points = point::points(trials, as_of);
    let mut compared = Vec::new();
    for (index, trial) in trials.iter().enumerate() {
        let fit = fit_band(&trials[..index], trial.cutoff(), start);
        if fit.evidence.trials < TRIALS_MIN {
            continue;
        }
        for point in points.iter().filter(|point| point.trial == index) {
            compared.push(Compared {
                point: *point,
                before: banded(point, start),
                after: banded(point, &fit.band),
            });
        }
    }
    let mut rows = Vec::new();
    for week in BAND_WEEKS_SCORED {
        let index = usize::try_from(week - 1).expect("a week ahead is a small number");
        let weeks: Vec<&Compared<'_>> = compared.iter().filter(|one| one.point.week == index).collect();
        if weeks.is_empty() {
            continue;
        }
        rows.push(HeldOut {
            week,
            forecasts: weeks.len(),
            coverage_before: mean(&weeks, |one| inside(&one.point, one.before)),
            coverage_after: mean(&weeks, |one| inside(&one.point, one.after)),
            width_before: mean(&weeks, |one| (one.before.p90 - one.before.p10) / one.point.scale),
            width_after: mean(&weeks, |one| (one.after.p90 - one.after.p10) / one.point.scale),
            loss_before: mean(&weeks, |one| loss(&one.point, one.before)),
            loss_after: mean(&weeks, |one| loss(&one.point, one.after)),
        });
    }
    rows
}

/// Whether the fitted band lost more than that of the start on the weeks that it had not seen.
fn is_worse(held_out: &[HeldOut]) -> bool {
    let sum = |loss: fn(&HeldOut) -> f64| -> f64 {
        let weeks = held_out.iter().map(|row| loss(row) * real(row.forecasts));
        weeks.sum()
    };
    sum(|row| row.loss_after) > sum(|row| row.loss_before)
}

/// Returns the pinball loss of both ends of a band, as a share of a mean week.
fn loss(point: &Point<'_>, band: Quantiles) -> f64 {
    let low = metrics::pinball_loss(0.1, band.p10, point.actual);
    let high = metrics::pinball_loss(0.9, band.p90, point.actual);
    (low + high) / 2.0 / point.scale
}

/// Returns the mean of a measure of weeks, at least one.
fn mean(weeks: &[&Compared<'_>], measure: impl Fn(&Compared<'_>) -> f64) -> f64 {
    let sum: f64 = weeks.iter().map(|one| measure(one)).sum();
    sum / real(weeks.len())
}

/// Returns the quantiles of a week under a band, as a forecast applies it: no P10 is moved below zero.
fn banded(point: &Point<'_>, band: &Band) -> Quantiles {
    let spot = Spot::of(Coupling {
        customer: band.customer_coupling,
        book: band.book_coupling,
    });
    let said = point.quantiles(spot);
    let low = said.p50 - band.low[point.week] * (said.p50 - said.p10);
    Quantiles {
        p10: if said.p10 >= 0.0 { low.max(0.0) } else { low },
        p50: said.p50,
        p90: said.p50 + band.high[point.week] * (said.p90 - said.p50),
    }
}

/// Returns 1 for an actual within the band, ends included, else 0.
fn inside(point: &Point<'_>, band: Quantiles) -> f64 {
    if band.p10 <= point.actual && point.actual <= band.p90 {
        1.0
    } else {
        0.0
    }
}
