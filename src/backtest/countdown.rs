//! Scores of every forecast that was ever made for one target.

use std::collections::BTreeMap;

use serde::Serialize;

use super::metrics;
use super::score::as_text;
use crate::chart::major;
use crate::domain::Currency;
use crate::forecast::variance::CountdownRow;

/// Scores of the forecasts of one target, in one currency; losses in units of the currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CountdownScore {
    /// Currency; currencies are never added up.
    #[serde(serialize_with = "as_text")]
    pub currency: Currency,
    /// Forecasts scored.
    pub forecasts: usize,
    /// See [`metrics::wape`].
    pub wape: Option<f64>,
    /// See [`metrics::bias`].
    pub bias: Option<f64>,
    /// Share of the actuals within P10 to P90, of the forecasts with a band; 0.8 is right.
    pub coverage: Option<f64>,
    /// Mean [`metrics::pinball_loss`] of P10.
    pub pinball_p10: Option<f64>,
    /// Mean [`metrics::pinball_loss`] of P50.
    pub pinball_p50: Option<f64>,
    /// Mean [`metrics::pinball_loss`] of P90.
    pub pinball_p90: Option<f64>,
}

/// Scores the rows of a countdown by currency; a target that is not over has no score yet.
#[must_use]
pub fn score_countdown(rows: &[CountdownRow]) -> Vec<CountdownScore> {
    let mut by_currency: BTreeMap<Currency, Vec<&CountdownRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_over) {
        by_currency.entry(row.currency).or_default().push(row);
    }
    by_currency
        .into_iter()
        .map(|(currency, rows)| score(currency, &rows))
        .collect()
}

fn score(currency: Currency, rows: &[&CountdownRow]) -> CountdownScore {
    let forecast: Vec<f64> = rows.iter().map(|row| major(row.expected, currency)).collect();
    let actual: Vec<f64> = rows.iter().map(|row| major(row.actual, currency)).collect();
    let bands: Vec<[f64; 4]> = rows
        .iter()
        .filter_map(|row| {
            let (p10, p50, p90) = row.band?;
            Some([p10, p50, p90, row.actual].map(|minor| major(minor, currency)))
        })
        .collect();
    let column = |index: usize| -> Vec<f64> { bands.iter().map(|band| band[index]).collect() };
    let pinball = |share: f64, index: usize| {
        let losses: Vec<f64> = bands
            .iter()
            .map(|band| metrics::pinball_loss(share, band[index], band[3]))
            .collect();
        metrics::mean(&losses)
    };
    CountdownScore {
        currency,
        forecasts: rows.len(),
        wape: metrics::wape(&forecast, &actual),
        bias: metrics::bias(&forecast, &actual),
        coverage: metrics::coverage(&column(0), &column(2), &column(3)),
        pinball_p10: pinball(0.1, 0),
        pinball_p50: pinball(0.5, 1),
        pinball_p90: pinball(0.9, 2),
    }
}
