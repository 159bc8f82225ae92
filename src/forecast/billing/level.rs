//! The level of weekly billing and its errors, by exponential smoothing.
//!
//! A stream of at least 26 weeks is smoothed by the model that `AutoETS` of augurs chooses among simple and trend
//! models with additive or multiplicative errors (Hyndman, Koehler, Snyder and Grose 2002), after its
//! [`Season`] is taken off. A trend of a quarter is not a law of a year, so the level is held between half and
//! double the mean of the last half year, except where the last four weeks have left that range themselves. A shorter
//! stream, or one that never moves, has the mean of what there is.
//!
//! Errors are what such forecasts would have missed: from up to four origins, 13 weeks apart, the weeks after
//! each are forecast one to 13 steps ahead with what lay before it. Their ratios of actual to expected are
//! brought to a mean of 1, so that they spread a forecast and do not move it.

use augurs_core::{Fit, Predict};
use augurs_ets::AutoETS;

use super::numbers::mean;
use super::season::Season;

/// Weeks of history from which on a stream is smoothed.
const WEEKS_MIN: usize = 26;
/// Weeks between the origins of past forecasts, and their furthest step.
const ORIGIN_WEEKS: usize = 13;
/// Number of origins: together they forecast a year.
const ORIGINS: usize = 4;
/// How far a level may lie from the mean of the last half year.
const LEVEL_MIN: f64 = 0.5;
const LEVEL_MAX: f64 = 2.0;
/// Weeks that may prove a new level.
const PROOF_WEEKS: usize = 4;

/// Coming weeks of billing.
#[derive(Clone, Debug)]
pub(super) struct Projection {
    /// Expected amount of each week after the last.
    pub(super) expected: Vec<f64>,
    /// Whether it was smoothed; otherwise it is a mean.
    pub(super) is_smoothed: bool,
    /// Whether it has a season.
    pub(super) is_seasonal: bool,
}

/// Forecasts the weeks after a history, oldest first, whose last week ends on a day.
pub(super) fn project(weeks: &[f64], last_day: i32, steps: usize) -> Projection {
    if weeks.len() < WEEKS_MIN {
        return Projection {
            expected: vec![mean(weeks).max(0.0); steps],
            is_smoothed: false,
            is_seasonal: false,
        };
    }
    let season = Season::of(weeks, last_day);
    let level = season.removed_from(weeks, last_day);
    let smoothed = smooth(&level, steps);
    let is_smoothed = smoothed.is_some();
    let half_year = mean(&level[level.len() - WEEKS_MIN..]);
    let proof = mean(&level[level.len() - PROOF_WEEKS..]);
    let low = (LEVEL_MIN * half_year).min(proof).max(0.0);
    let high = (LEVEL_MAX * half_year).max(proof).max(low);
    let expected = smoothed
        .unwrap_or_else(|| vec![half_year; steps])
        .into_iter()
        .zip(1_i32..)
        .map(|(level, step)| level.clamp(low, high) * season.at(last_day + 7 * step))
        .collect();
    Projection {
        expected,
        is_smoothed,
        is_seasonal: season.is_there(),
    }
}

/// Returns the smoothed level of the coming weeks, if a model can be found.
fn smooth(level: &[f64], steps: usize) -> Option<Vec<f64>> {
    // Amounts are brought to a mean near 1: the search stops at an absolute tolerance.
    let scale = mean(&level.iter().map(|week| week.abs()).collect::<Vec<f64>>());
    let first = level.first()?;
    let never_moves = level.iter().all(|week| (week - first).abs() <= 1e-9 * scale);
    if scale <= 0.0 || never_moves {
        return None;
    }
    let scaled: Vec<f64> = level.iter().map(|week| week / scale).collect();
    let fitted = AutoETS::non_seasonal().fit(&scaled).ok()?;
    let forecast = fitted.predict(steps, None::<f64>).ok()?;
    let is_whole = forecast.point.len() == steps && forecast.point.iter().all(|week| week.is_finite());
    is_whole.then(|| forecast.point.iter().map(|week| week * scale).collect())
}

/// Returns the ratios of actual to expected billing of past weeks, of mean 1.
pub(super) fn errors(weeks: &[f64], last_day: i32) -> Vec<f64> {
    let mut ratios = Vec::new();
    for origin in (1..=ORIGINS).rev() {
        let ahead = origin * ORIGIN_WEEKS;
        if weeks.len() < WEEKS_MIN + ahead {
            continue;
        }
        let known = weeks.len() - ahead;
        let origin_day = last_day - 7 * i32::try_from(ahead).unwrap_or(0);
        let expected = project(&weeks[..known], origin_day, ORIGIN_WEEKS).expected;
        let pairs = weeks[known..].iter().zip(expected);
        ratios.extend(
            pairs
                .filter(|(_, expected)| *expected > 0.0)
                .map(|(week, expected)| week / expected),
        );
    }
    if ratios.is_empty() {
        ratios = weeks.to_vec();
    }
    let centre = mean(&ratios);
    if centre <= 0.0 {
        return vec![1.0];
    }
    ratios.iter().map(|ratio| ratio / centre).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST_DAY: i32 = 20_775;

    #[test]
    fn a_short_history_has_its_mean_and_a_steady_one_its_level() {
        let short = project(&[100.0, 300.0], LAST_DAY, 3);
        assert!(!short.is_smoothed);
        assert!(short.expected.iter().all(|week| (week - 200.0).abs() < 1e-9));
        let steady = project(&[500.0; 60], LAST_DAY, 13);
        assert!(steady.expected.iter().all(|week| (week - 500.0).abs() < 1e-6));
    }

    #[test]
    fn a_new_level_is_followed_and_a_trend_does_not_run_away() {
        let mut weeks: Vec<f64> = (0..40).map(|week| 100.0 + f64::from(week % 5)).collect();
        weeks.extend((0..12).map(|week| 200.0 + f64::from(week % 5)));
        let stepped = project(&weeks, LAST_DAY, 13).expected;
        assert!(
            stepped.iter().all(|week| (120.0..400.0).contains(week)),
            "{stepped:?}"
        );
        let rising: Vec<f64> = (0..40)
            .map(|week| 10.0 * f64::from(week) + 3.0 * f64::from(week % 2))
            .collect();
        let level = mean(&rising[14..]);
        let risen = project(&rising, LAST_DAY, 57).expected;
        assert!(risen.iter().all(|week| *week <= 2.0 * level + 1e-6), "{risen:?}");
    }

    #[test]
    fn errors_have_a_mean_of_one_and_the_spread_of_the_past() {
        let weeks: Vec<f64> = (0..80)
            .map(|week| if week % 2 == 0 { 50.0 } else { 150.0 })
            .collect();
        let errors = errors(&weeks, LAST_DAY);
        assert_eq!(errors.len(), 52);
        assert!((mean(&errors) - 1.0).abs() < 1e-9);
        assert!(errors.iter().any(|error| *error > 1.3) && errors.iter().any(|error| *error < 0.7));
        assert_eq!(super::errors(&[0.0; 5], LAST_DAY), vec![1.0]);
    }
}
