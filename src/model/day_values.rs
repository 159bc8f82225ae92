//! What trees may ask about an invoice on a coming day: its features, and values of that day.

use ndarray::{Array2, ArrayView1};

use crate::features::{FeatureTable, lateness};
use crate::model::Error;
use crate::model::design::RowFacts;
use crate::model::distribution::single;
use crate::model::matrix;

/// Names of the values that change from day to day.
pub(crate) const NAMES: [&str; 21] = [
    "days_past_due_on_day",
    "days_ahead",
    "standardised_lateness",
    "days_past_usual",
    "weekday",
    "day_of_month",
    "days_to_month_end",
    "bank_calendar",
    "payer_hazard_slow",
    "payer_hazard_fast",
    "group_hazard",
    "book_hazard",
    "run_weekday",
    "run_month_day",
    "run_phase",
    "days_past_promise_on_day",
    "payer_hazard_at_run",
    "run_probability",
    "payer_hazard_by_runs",
    "days_to_payment_run",
    "plain_log_odds",
];

/// Days past the promised date where nothing was promised.
const NO_PROMISE: f64 = -99.0;
/// Phase where no rhythm is known.
const NO_PHASE: f64 = -1.0;

/// A table, ready to give the values of its rows on coming days.
#[derive(Debug)]
pub(crate) struct DayValues<'a> {
    table: &'a FeatureTable,
    features: Array2<f64>,
    facts: Vec<RowFacts>,
}

impl<'a> DayValues<'a> {
    /// Prepares a table whose features are a matrix already.
    pub(crate) fn new(table: &'a FeatureTable) -> Result<Self, Error> {
        Ok(Self {
            table,
            features: matrix::features(table)?,
            facts: RowFacts::of_table(table)?,
        })
    }

    /// Number of features, which are the first columns.
    pub(crate) fn fixed_count(&self) -> usize {
        self.features.ncols()
    }

    /// Number of columns: features and values of the day.
    pub(crate) fn width(&self) -> usize {
        self.features.ncols() + NAMES.len()
    }

    /// The features of row `row`.
    pub(crate) fn fixed(&self, row: usize) -> ArrayView1<'_, f64> {
        self.features.row(row)
    }

    /// The values of day `ahead` (from 1) of row `row`; `plain` is the plain model's log-odds on that day.
    pub(crate) fn on_day(&self, row: usize, ahead: usize, plain: f64) -> [f32; NAMES.len()] {
        let view = self.table.invoice(row);
        let facts = self.facts[row];
        let profile = view.profile;
        let day = view.days[ahead - 1];
        let ahead = i32::try_from(ahead).expect("the horizon fits i32");
        let late = view.cutoff_day + ahead - view.rolled_due_day;
        let past_usual = f64::from(late) - facts.level;
        let bin = lateness::bin(late);
        let phase = match profile.days_since_run {
            Some(since) if profile.run_gap_days > 0.0 => {
                (f64::from(since + ahead) / profile.run_gap_days).min(20.0)
            }
            Some(_) | None => NO_PHASE,
        };
        let bank_calendar = match (day.is_holiday, day.follows_holiday, day.is_month_end) {
            (true, _, _) => -1.0,
            (_, true, _) => 1.0,
            (_, _, true) => 2.0,
            (false, false, false) => 0.0,
        };
        let run = profile.run_probability(&day).ln();
        let small = |number: usize| f64::from(u32::try_from(number).expect("a small number"));
        [
            f64::from(late),
            f64::from(ahead),
            past_usual / facts.spread,
            past_usual,
            small(day.weekday),
            f64::from(day.day_of_month),
            f64::from(day.days_to_month_end),
            bank_calendar,
            profile.slow[bin],
            profile.fast[bin],
            view.group[bin],
            view.book[bin],
            profile.weekday[day.weekday],
            profile.place_ratio(&day),
            phase,
            facts
                .promise
                .map_or(NO_PROMISE, |(past, _)| f64::from(past + ahead)),
            profile.at_run[bin],
            run,
            run + ln_logistic(profile.at_run[bin]),
            0.0,
            plain,
        ]
        .map(single)
    }

    /// The table.
    pub(crate) fn table(&self) -> &'a FeatureTable {
        self.table
    }
}

/// Logarithm of the probability of log-odds.
fn ln_logistic(log_odds: f64) -> f64 {
    -(-log_odds).exp().ln_1p()
}
