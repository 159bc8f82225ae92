//! The columns of the day-ahead model: what is known of one invoice on one coming day.
//!
//! A row is an invoice open at a cut-off and a day `k` ahead. It has the standardised features of
//! the invoice (once as they are and once more on days past due), and terms that change from day
//! to day: the payer's hazards at that lateness, its payment-run calendar, the bank calendar, bins
//! of lateness, of lateness standardised by the payer's own level and spread, of the time ahead,
//! and of the phase between payment runs.

use rayon::prelude::*;

use crate::features::{FeatureTable, HORIZON_DAYS, InvoiceView};
use crate::model::coming_day::ComingDay;
use crate::model::day_rows::{DAYS_A_TASK, DayRow};
use crate::model::distribution::single;
use crate::model::invoice_input::{Inputs, InvoiceFacts, InvoiceInput};
use crate::model::matrix::Scaling;
use crate::model::sparse_rows::SparseRows;

/// First day (inclusive) of the lateness bins after the first, in days past due.
const LATENESS_EDGES: [i32; 17] = [-30, -14, -7, -3, -1, 0, 1, 2, 4, 7, 10, 14, 21, 31, 61, 91, 181];
/// First day ahead (inclusive) of the bins of time ahead after the first.
const AHEAD_EDGES: [i32; 12] = [2, 3, 4, 5, 7, 9, 12, 15, 22, 31, 46, 61];
/// Lower bounds of the bins of lateness in spreads from the payer's level.
const Z_EDGES: [f64; 11] = [-3.0, -2.0, -1.25, -0.75, -0.25, 0.25, 0.75, 1.25, 2.0, 3.0, 6.0];
/// Lower bounds of the bins of days since the last run over the usual gap between runs.
const PHASE_EDGES: [f64; 8] = [0.3, 0.6, 0.85, 0.97, 1.03, 1.2, 1.6, 2.5];
/// Runs more often than this have no phase worth speaking of.
const PHASED_GAP_DAYS_MIN: f64 = 3.0;
/// Payment runs at which a rhythm is half believed.
const PHASE_RUNS: f64 = 4.0;
/// Days past the promised date at which the window of a promise opens, and its parts end.
const PROMISE_EDGES: [i32; 3] = [-1, 3, 8];

const LATENESS_BINS: usize = LATENESS_EDGES.len() + 1;
const AHEAD_BINS: usize = AHEAD_EDGES.len() + 1;
const Z_BINS: usize = Z_EDGES.len() + 1;
const PHASE_BINS: usize = PHASE_EDGES.len() + 1;
const PROMISE_BINS: usize = PROMISE_EDGES.len() + 1;

/// Names of the day terms that carry a value of their own.
const VALUE_TERMS: [&str; 14] = [
    "payer_hazard_slow",
    "payer_hazard_fast",
    "payer_hazard_slow_new_customer",
    "group_hazard",
    "book_hazard",
    "payer_hazard_overdue",
    "run_weekday",
    "run_weekday_due",
    "run_month_day",
    "is_holiday",
    "follows_holiday",
    "is_month_end",
    "payer_hazard_at_run",
    "run_probability",
];
const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

const WEEKDAY_AT: usize = VALUE_TERMS.len();
const LATENESS_AT: usize = WEEKDAY_AT + WEEKDAYS.len();
const AHEAD_AT: usize = LATENESS_AT + LATENESS_BINS;
const Z_AT: usize = AHEAD_AT + AHEAD_BINS;
const Z_OWN_AT: usize = Z_AT + Z_BINS;
const PHASE_AT: usize = Z_OWN_AT + Z_BINS;
const PROMISE_AT: usize = PHASE_AT + PHASE_BINS;

/// Number of terms that change from day to day.
pub(crate) const DAY_TERMS: usize = PROMISE_AT + PROMISE_BINS;

/// Returns the names of all columns: features, features on days past due, day terms.
pub(crate) fn column_names(table: &FeatureTable) -> Vec<String> {
    let features = table.feature_names();
    let mut names: Vec<String> = features.iter().map(|name| (*name).to_owned()).collect();
    names.extend(features.iter().map(|name| format!("{name} when overdue")));
    names.extend(VALUE_TERMS.iter().chain(&WEEKDAYS).map(|name| (*name).to_owned()));
    let mut bins = |name: &str, count: usize| names.extend((0..count).map(|bin| format!("{name} bin {bin}")));
    bins("lateness", LATENESS_BINS);
    bins("days ahead", AHEAD_BINS);
    bins("standardised lateness", Z_BINS);
    bins("own standardised lateness", Z_BINS);
    bins("run phase", PHASE_BINS);
    bins("promise", PROMISE_BINS);
    names
}

/// Number of columns of a full row.
pub(crate) fn width(feature_count: usize) -> usize {
    2 * feature_count + DAY_TERMS
}

/// Hands out the terms of a coming day of an invoice: column (from 0) and value; columns that are not named are zero.
fn day_terms(input: &InvoiceInput<'_>, day: &ComingDay<'_>, mut term: impl FnMut(usize, f64)) {
    let (view, facts) = (&input.view, input.facts);
    let late = day.late;
    hazard_terms(view, facts, day, &mut term);
    calendar_terms(view, day, &mut term);
    let mut bin = |start: usize, bin: usize, value: f64| term(start + bin, value);
    bin(
        LATENESS_AT,
        LATENESS_EDGES.partition_point(|edge| *edge <= late),
        1.0,
    );
    bin(
        AHEAD_AT,
        AHEAD_EDGES.partition_point(|edge| *edge <= day.payer.ahead),
        1.0,
    );
    let z = Z_EDGES.partition_point(|edge| *edge <= (f64::from(late) - facts.level) / facts.spread);
    bin(Z_AT, z, 1.0);
    bin(Z_OWN_AT, z, facts.history);
    if view.profile.days_since_run.is_some() && view.profile.run_gap_days >= PHASED_GAP_DAYS_MIN {
        let runs = f64::from(view.profile.run_count);
        bin(
            PHASE_AT,
            PHASE_EDGES.partition_point(|edge| *edge <= day.payer.phase),
            runs / (runs + PHASE_RUNS),
        );
    }
    if let Some((past, kept)) = facts.promise {
        bin(
            PROMISE_AT,
            PROMISE_EDGES.partition_point(|edge| *edge <= past + day.payer.ahead),
            kept,
        );
    }
}

/// Hands out the terms of the features of an invoice.
fn feature_terms(
    input: &InvoiceInput<'_>,
    scaling: &Scaling,
    is_overdue: bool,
    mut term: impl FnMut(usize, f64),
) {
    let count = input.features.len();
    for (index, value) in input.features.iter().enumerate() {
        let value = scaling.apply(index, *value);
        // What never happened in a ledger is zero on every row, and costs time on every step of a fit.
        if value.abs() <= 0.0 {
            continue;
        }
        term(index, value);
        if is_overdue {
            term(count + index, value);
        }
    }
}

/// Makes a row of each day, with its offset, from the terms of this design and those that `more` adds in columns of its
/// own, behind; `more` is told which day it is. The rows have `columns` columns in all.
pub(crate) fn rows(
    inputs: &Inputs<'_>,
    scaling: &Scaling,
    days: &[DayRow],
    columns: usize,
    more: impl Fn(usize, &mut Vec<(usize, f32)>) + Sync,
) -> SparseRows {
    let of_days = 2 * inputs.feature_count();
    let parts: Vec<SparseRows> = days
        .par_chunks(DAYS_A_TASK)
        .enumerate()
        .map(|(task, days)| {
            let (mut part, mut terms) = (SparseRows::new(columns), Vec::new());
            let mut run = None;
            for (place, day) in (task * DAYS_A_TASK..).zip(days) {
                let input = inputs.get(day.row);
                let coming = ComingDay::new(&input, day.ahead);
                let is_overdue = coming.late > 0;
                if run.replace((day.row, is_overdue)) != Some((day.row, is_overdue)) {
                    let term = |column, value| terms.push((column, single(value)));
                    feature_terms(&input, scaling, is_overdue, term);
                    part.share(terms.drain(..));
                }
                let term = |column, value| terms.push((of_days + column, single(value)));
                day_terms(&input, &coming, term);
                more(place, &mut terms);
                part.push(terms.drain(..), day.offset, 1.0);
            }
            part
        })
        .collect();
    let mut all = SparseRows::new(columns);
    parts.into_iter().for_each(|part| all.append(part));
    all
}

/// A regression on the columns of this design.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) intercept: f64,
    pub(crate) coefficients: &'a [f64],
}

/// Log-odds of payment on each day of the horizon by each of some regressions.
pub(crate) fn log_odds<const N: usize>(
    input: &InvoiceInput<'_>,
    days: &[ComingDay<'_>; HORIZON_DAYS],
    scaling: &Scaling,
    lines: [Line<'_>; N],
) -> [[f64; HORIZON_DAYS]; N] {
    let count = input.features.len();
    let mut always = lines.map(|line| line.intercept);
    let mut when_overdue = [0.0; N];
    for (index, value) in input.features.iter().enumerate() {
        let value = scaling.apply(index, *value);
        for (line, (always, when_overdue)) in lines.iter().zip(always.iter_mut().zip(&mut when_overdue)) {
            *always += value * line.coefficients[index];
            *when_overdue += value * line.coefficients[count + index];
        }
    }
    let of_days = lines.map(|line| &line.coefficients[2 * count..]);
    let mut log_odds = [[0.0; HORIZON_DAYS]; N];
    for (at, day) in days.iter().enumerate() {
        let mut by_day = [0.0; N];
        day_terms(input, day, |column, value| {
            for (sum, coefficients) in by_day.iter_mut().zip(of_days) {
                *sum += value * coefficients[column];
            }
        });
        let is_overdue = day.late > 0;
        for which in 0..N {
            let overdue = if is_overdue { when_overdue[which] } else { 0.0 };
            log_odds[which][at] = always[which] + by_day[which] + overdue;
        }
    }
    log_odds
}

fn hazard_terms(
    view: &InvoiceView<'_>,
    facts: InvoiceFacts,
    day: &ComingDay<'_>,
    term: &mut impl FnMut(usize, f64),
) {
    let bin = day.lateness_bin;
    let slow = view.profile.slow[bin];
    term(0, slow);
    term(1, view.profile.fast[bin]);
    term(2, slow * (1.0 - facts.history));
    term(3, view.group[bin]);
    term(4, view.book[bin]);
    if day.late > 0 {
        term(5, slow);
    }
}

fn calendar_terms(view: &InvoiceView<'_>, day: &ComingDay<'_>, term: &mut impl FnMut(usize, f64)) {
    let calendar = day.payer.calendar;
    let weekday = day.payer.weekday_ratio;
    term(6, weekday);
    if day.late >= -1 {
        term(7, weekday);
    }
    term(8, day.payer.place_ratio);
    term(12, view.profile.at_run[day.lateness_bin]);
    term(13, day.payer.run);
    for (index, flag) in [
        (9, calendar.is_holiday),
        (10, calendar.follows_holiday),
        (11, calendar.is_month_end),
    ] {
        if flag {
            term(index, 1.0);
        }
    }
    term(WEEKDAY_AT + calendar.weekday, 1.0);
}
