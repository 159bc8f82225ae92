//! The report of a backtest: a folder that a person can read and a program can check.
//!
//! ```text
//! report.md        what was replayed, scores, comparisons, slices, limits
//! scorecard.json   every number of the report
//! scores.csv       one row a model and slice
//! cash.csv         one row a model, cut-off, currency and week: forecast and actual
//! cases.csv        one row a cut-off and currency: what was open and what became of it
//! figures/*.svg    the pictures of the report
//! ```
//!
//! The report depends on the replay only: no clock, no host name. Twice the same replay, twice the
//! same bytes.

mod band;
mod chart;
mod guide;
mod markdown;
mod table;
mod verdict;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::domain::{Currency, format_minor};

use super::case::HORIZON;
use super::{BASELINES, Case, Error, ModelScore, Replay, Scorecard, Scores, cash_points};
use table::exact;

/// Currencies with a picture of their own; the others are in `cash.csv`.
const CURRENCIES_DRAWN_MAX: usize = 6;

/// The files of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFiles {
    /// The folder.
    pub folder: PathBuf,
    /// The page to read.
    pub report: PathBuf,
    /// Every number.
    pub scorecard: PathBuf,
    /// The tables.
    pub tables: Vec<PathBuf>,
    /// The pictures.
    pub figures: Vec<PathBuf>,
}

/// A picture and what is told about it.
struct Picture {
    file: String,
    caption: String,
}

/// Writes the report of a replay into a folder, which is made where absent.
///
/// # Errors
///
/// [`Error::FileNotWritten`], [`Error::TableNotWritten`], [`Error::ScorecardNotWritten`] or
/// [`Error::NotDrawn`].
pub fn write(dir: &Path, replay: &Replay, scorecard: &Scorecard) -> Result<ReportFiles, Error> {
    let figures = dir.join("figures");
    fs::create_dir_all(&figures).map_err(|source| Error::FileNotWritten {
        path: figures.clone(),
        source,
    })?;
    let currencies = currencies(replay);
    let pictures = draw(&figures, replay, scorecard, &currencies)?;
    let tables = vec![
        write_scores(dir, scorecard)?,
        write_cash(dir, replay)?,
        write_cases(dir, replay)?,
    ];
    let mut json = serde_json::to_string_pretty(scorecard)?;
    json.push('\n');
    let scorecard_file = dir.join("scorecard.json");
    table::write_text(&scorecard_file, &json)?;
    let text = markdown::page(scorecard, leading(scorecard), &currencies, &pictures);
    let report = dir.join("report.md");
    table::write_text(&report, &text)?;
    Ok(ReportFiles {
        folder: dir.to_path_buf(),
        report,
        scorecard: scorecard_file,
        tables,
        figures: pictures
            .into_iter()
            .map(|picture| figures.join(picture.file))
            .collect(),
    })
}

/// Returns the model that the pictures show: the smallest CRPS, a baseline only among baselines.
fn leading(scorecard: &Scorecard) -> Option<&ModelScore> {
    let order = |score: &&ModelScore| {
        (
            BASELINES.contains(&score.model),
            score.all.crps_days.unwrap_or(f64::INFINITY),
        )
    };
    scorecard.models.iter().min_by(|a, b| {
        let (a, b) = (order(a), order(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    })
}

/// Returns the currencies of the replay, that with the most cases first.
fn currencies(replay: &Replay) -> Vec<Currency> {
    let mut counts: BTreeMap<Currency, usize> = BTreeMap::new();
    for case in replay.folds.iter().flat_map(|fold| &fold.cases) {
        *counts.entry(case.currency).or_default() += 1;
    }
    let mut ranked: Vec<(Currency, usize)> = counts.into_iter().collect();
    ranked.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.into_iter().map(|(currency, _)| currency).collect()
}

/// Draws every picture into the folder.
fn draw(
    folder: &Path,
    replay: &Replay,
    scorecard: &Scorecard,
    currencies: &[Currency],
) -> Result<Vec<Picture>, Error> {
    let mut drawn: Vec<(String, String, String)> = vec![
        (
            "crps.svg".to_string(),
            "Error of the whole distribution by model".to_string(),
            chart::crps_bars(scorecard)?,
        ),
        (
            "reliability.svg".to_string(),
            "Predicted probabilities against observed shares".to_string(),
            chart::reliability(scorecard)?,
        ),
        (
            "error-by-horizon.svg".to_string(),
            "Error by weeks ahead".to_string(),
            chart::error_by_horizon(scorecard, currencies.first().copied())?,
        ),
    ];
    if let Some(score) = leading(scorecard) {
        let points = cash_points(replay, score.model);
        for &currency in currencies.iter().take(CURRENCIES_DRAWN_MAX) {
            drawn.push((
                format!("cash-{}.svg", currency.code().to_ascii_lowercase()),
                format!("Predicted and actual weekly cash in {}", currency.code()),
                chart::cash(score, currency, &points)?,
            ));
        }
        if let Some(shares) = &score.pit_histogram {
            drawn.push((
                "pit.svg".to_string(),
                "Where in its own distribution the truth falls".to_string(),
                chart::pit(score, shares)?,
            ));
        }
    }
    let mut pictures = Vec::new();
    for (file, caption, svg) in drawn {
        table::write_text(&folder.join(&file), &svg)?;
        pictures.push(Picture { file, caption });
    }
    Ok(pictures)
}

/// Returns the names of the columns of a set of scores.
fn score_header() -> Vec<String> {
    let mut header: Vec<String> = [
        "model",
        "slice",
        "value",
        "cases",
        "matured_cases",
        "mae_days",
        "median_ae_days",
        "within_3_days",
        "within_7_days",
        "crps_days",
    ]
    .map(String::from)
    .to_vec();
    let mut events: Vec<String> = super::score::PAID_WITHIN_DAYS
        .iter()
        .map(|days| format!("paid_within_{days}"))
        .collect();
    events.push("late".to_string());
    for event in events {
        for measure in [
            "cases",
            "observed_share",
            "mean_probability",
            "log_loss",
            "brier",
            "calibration_error",
            "calibration_ratio",
            "auc",
            "average_precision",
        ] {
            header.push(format!("{event}_{measure}"));
        }
    }
    header
}

/// Returns the row of a set of scores.
fn score_row(model: &str, slice: &str, value: &str, scores: &Scores) -> Vec<String> {
    let mut row = vec![
        model.to_string(),
        slice.to_string(),
        value.to_string(),
        scores.cases.to_string(),
        scores.matured_cases.to_string(),
        exact(scores.mae_days),
        exact(scores.median_ae_days),
        exact(scores.within_3_days),
        exact(scores.within_7_days),
        exact(scores.crps_days),
    ];
    let paid = scores.paid_within.iter().map(|horizon| &horizon.score);
    for event in paid.chain([&scores.late]) {
        row.push(event.cases.to_string());
        row.extend(
            [
                event.observed_share,
                event.mean_probability,
                event.log_loss,
                event.brier,
                event.calibration_error,
                event.calibration_ratio,
                event.auc,
                event.average_precision,
            ]
            .map(exact),
        );
    }
    row
}

/// Writes `scores.csv`.
fn write_scores(dir: &Path, scorecard: &Scorecard) -> Result<PathBuf, Error> {
    let mut rows = Vec::new();
    for score in &scorecard.models {
        let model = score.model.to_string();
        rows.push(score_row(&model, "all", "", &score.all));
        for slice in &score.slices {
            rows.push(score_row(&model, slice.kind.name(), &slice.value, &slice.scores));
        }
    }
    let header = score_header();
    let names: Vec<&str> = header.iter().map(String::as_str).collect();
    let path = dir.join("scores.csv");
    table::write_csv(&path, &names, &rows)?;
    Ok(path)
}

/// Writes `cash.csv`.
fn write_cash(dir: &Path, replay: &Replay) -> Result<PathBuf, Error> {
    let header = [
        "model",
        "cutoff",
        "currency",
        "week",
        "start",
        "end",
        "expected",
        "p10",
        "p50",
        "p90",
        "contractual",
        "actual",
    ];
    let mut rows = Vec::new();
    for model in replay.plan.distinct_models() {
        for point in cash_points(replay, model) {
            let amount = |minor: i64| format_minor(minor, point.currency.exponent());
            rows.push(vec![
                model.to_string(),
                point.cutoff.to_string(),
                point.currency.code().to_string(),
                point.week.to_string(),
                point.start.to_string(),
                point.end.to_string(),
                amount(point.expected_minor),
                amount(point.p10_minor),
                amount(point.p50_minor),
                amount(point.p90_minor),
                amount(point.contractual_minor),
                point.actual_minor.map_or_else(String::new, amount),
            ]);
        }
    }
    let path = dir.join("cash.csv");
    table::write_csv(&path, &header, &rows)?;
    Ok(path)
}

/// Writes `cases.csv`.
fn write_cases(dir: &Path, replay: &Replay) -> Result<PathBuf, Error> {
    let header = [
        "cutoff",
        "currency",
        "observed_days",
        "open_invoices",
        "open_amount",
        "overdue_invoices",
        "paid_within_7_days",
        "paid_within_91_days",
        "paid_later",
        "not_paid",
    ];
    let mut rows = Vec::new();
    for fold in &replay.folds {
        let mut by_currency: BTreeMap<Currency, Vec<&Case>> = BTreeMap::new();
        for case in &fold.cases {
            by_currency.entry(case.currency).or_default().push(case);
        }
        for (currency, cases) in by_currency {
            let paid = |from: i32, to: i32| {
                let days = cases.iter().filter_map(|case| case.paid_after_days());
                days.filter(|day| (from..=to).contains(day)).count().to_string()
            };
            let overdue = cases.iter().filter(|case| case.due_in_days < 0).count();
            let waiting = cases.iter().filter(|case| case.paid_after_days().is_none());
            let open = cases
                .iter()
                .fold(0_i64, |sum, case| sum.saturating_add(case.open_minor));
            rows.push(vec![
                fold.cutoff.to_string(),
                currency.code().to_string(),
                fold.observed_days.to_string(),
                cases.len().to_string(),
                format_minor(open, currency.exponent()),
                overdue.to_string(),
                paid(0, 7),
                paid(0, HORIZON),
                paid(HORIZON + 1, i32::MAX),
                waiting.count().to_string(),
            ]);
        }
    }
    let path = dir.join("cases.csv");
    table::write_csv(&path, &header, &rows)?;
    Ok(path)
}
