//! The fit: which dependence the past forecasts ask for.

use serde::Serialize;

use crate::backtest::metrics::{self, real};
use crate::domain::Date;
use crate::domain::date::day_number;
use crate::forecast::Band;

use super::conformal;
use super::grid::{Coupling, Spot, grid};
use super::point::{self, Point};
use super::trial::Trial;

/// Trials from which on a band counts as fitted; below it is mostly the one it started from.
pub const TRIALS_MIN: usize = 8;

/// What the band started from weighs as much as this many trials.
pub(super) const TRIALS_PRIOR: f64 = 8.0;

/// Losses this close to the least, as a share of it, count as equal: the error of a trial's simulation.
const TIE: f64 = 0.002;

/// Weeks ahead whose errors tell the bias.
const WEEKS_OF_BIAS: usize = 4;

/// A band and what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct BandFit {
    /// The band.
    pub band: Band,
    /// What it rests on.
    pub evidence: BandEvidence,
}

/// What a fitted band rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BandEvidence {
    /// Nothing known after this day was used.
    pub known_at: Date,
    /// Past cut-offs of which at least one week was over.
    pub trials: usize,
    /// The first of them.
    pub first_cutoff: Option<Date>,
    /// The last of them.
    pub last_cutoff: Option<Date>,
    /// Weeks that were compared, over all series.
    pub weeks: usize,
    /// The dependence of least loss, before it was drawn towards the start.
    pub least_loss_at: Option<Coupling>,
    /// Mean pinball loss of P10 and P90 there, as a share of a mean week.
    pub least_loss: Option<f64>,
    /// The same under the dependence of the start.
    pub start_loss: Option<f64>,
    /// Running bias of the mean in weeks 1 to 4.
    pub bias: Option<Bias>,
}

/// How far past forecasts were from what arrived, on the whole.
///
/// The bias is told, not taken away: the mean must sum to the open balance, and a band that is moved away from
/// its mean hides what is wrong with the model. The band carries it all the same, for its two sides are
/// calibrated apart: where too much was promised, the low side grows and the high side shrinks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bias {
    /// Mean of `(expected - actual) / mean actual`; above 0 promises too much.
    pub share: f64,
    /// Its standard error, with one independent error in four weekly trials.
    pub standard_error: f64,
    /// Whether it is further from 0 than twice its standard error.
    pub is_significant: bool,
}

/// Fits a band on past forecasts, as far as the end of `known_at` knew what became of them.
///
/// # Definition
///
/// 1. Dependence: the coupling of least mean pinball loss of P10 and P90 over weeks 1 to 8 and all series
///    (currencies, and entities where a currency has at least two), each scaled by what its series received a
///    week. Of couplings whose losses are equal within the error of the simulation, the one nearest to `start`.
/// 2. Evidence: with `n` trials the coupling is `(n fitted + 8 start) / (n + 8)`.
/// 3. Calibration: by week and side the quantile of past errors, adapted online (METHOD section 8); the factors
///    are drawn towards those of `start` in the same way.
///
/// Without a trial the band is `start`.
pub fn fit_band(trials: &[Trial], known_at: Date, start: &Band) -> BandFit {
    let points = point::points(trials, known_at);
    let mut seen: Vec<usize> = points.iter().map(|point| point.trial).collect();
    seen.sort_unstable();
    seen.dedup();
    let cutoff_of = |index: Option<&usize>| index.map(|&index| trials[index].cutoff());
    let from = Coupling {
        customer: start.customer_coupling,
        book: start.book_coupling,
    };
    let mut evidence = BandEvidence {
        known_at,
        trials: seen.len(),
        first_cutoff: cutoff_of(seen.first()),
        last_cutoff: cutoff_of(seen.last()),
        weeks: points.len(),
        least_loss_at: None,
        least_loss: None,
        start_loss: loss(&points, from),
        bias: bias(&points, trials.len()),
    };
    let Some(best) = least(&points, from) else {
        return BandFit {
            band: *start,
            evidence,
        };
    };
    evidence.least_loss_at = Some(best.coupling);
    evidence.least_loss = Some(best.loss);
    let trust = real(seen.len()) / (real(seen.len()) + TRIALS_PRIOR);
    let coupling = from.towards(best.coupling, trust);
    let cutoffs: Vec<i32> = trials.iter().map(|trial| day_number(trial.cutoff())).collect();
    let factors = conformal::factors(&points, Spot::of(coupling), &cutoffs, start);
    BandFit {
        band: Band {
            customer_coupling: coupling.customer,
            book_coupling: coupling.book,
            low: factors.low,
            high: factors.high,
        },
        evidence,
    }
}

/// A dependence and its loss.
#[derive(Clone, Copy, Debug)]
struct Tried {
    coupling: Coupling,
    loss: f64,
}

/// Returns the dependence of least loss: first of the grid, then of what lies around its best point.
fn least(points: &[Point<'_>], from: Coupling) -> Option<Tried> {
    let try_all = |couplings: Vec<Coupling>| -> Vec<Tried> {
        let allowed = couplings.into_iter().filter(|coupling| coupling.is_allowed());
        allowed
            .filter_map(|coupling| loss(points, coupling).map(|loss| Tried { coupling, loss }))
            .collect()
    };
    let mut tried = try_all(grid());
    let coarse = nearest_of_best(&tried, from)?;
    tried.extend(try_all(coarse.coupling.neighbours()));
    nearest_of_best(&tried, from)
}

/// Returns, of those whose loss is the least or as good as that, the one nearest to where the fit started.
fn nearest_of_best(tried: &[Tried], from: Coupling) -> Option<Tried> {
    let least = tried.iter().map(|tried| tried.loss).min_by(f64::total_cmp)?;
    let equal = tried.iter().filter(|tried| tried.loss <= least * (1.0 + TIE));
    equal
        .min_by(|left, right| {
            let distance = |tried: &Tried| tried.coupling.distance(from);
            distance(left).total_cmp(&distance(right))
        })
        .copied()
}

/// Returns the mean loss under a dependence, or `None` without a week to compare.
fn loss(points: &[Point<'_>], coupling: Coupling) -> Option<f64> {
    let spot = Spot::of(coupling);
    let (mut sum, mut weights) = (0.0, 0.0);
    for point in point::fitted(points) {
        sum += point.weight * point.loss(point.quantiles(spot));
        weights += point.weight;
    }
    (weights > 0.0).then(|| sum / weights)
}

/// Returns the running bias of the currencies as a whole.
fn bias(points: &[Point<'_>], trials: usize) -> Option<Bias> {
    let mut errors = vec![(0.0, 0.0); trials];
    let early = points
        .iter()
        .filter(|point| point.is_total && point.week < WEEKS_OF_BIAS);
    for point in early {
        let (sum, count) = &mut errors[point.trial];
        *sum += (point.expected() - point.actual) / point.scale;
        *count += 1.0;
    }
    let means: Vec<f64> = errors
        .into_iter()
        .filter(|&(_, count)| count > 0.0)
        .map(|(sum, count)| sum / count)
        .collect();
    if means.len() < TRIALS_MIN {
        return None;
    }
    let share = metrics::mean(&means)?;
    let squares: Vec<f64> = means.iter().map(|mean| (mean - share).powi(2)).collect();
    // Four weeks of one trial overlap those of its neighbours: about one trial in four is news.
    let independent = (real(means.len()) / 4.0).max(1.0);
    let standard_error = (metrics::mean(&squares)? / independent).sqrt();
    Some(Bias {
        share,
        standard_error,
        is_significant: share.abs() > 2.0 * standard_error,
    })
}
