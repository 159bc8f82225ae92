//! `duecast countdown`: every forecast ever made for one day, week or month, beside what came.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::arguments::{LedgerArgument, date};
use super::screen::{Screen, grouped};
use super::{open_ledger, view_of};
use crate::app::output::{self, OutputFile};
use crate::app::service::{self, records};
use crate::backtest::{CountdownScore, score_countdown};
use crate::domain::{Currency, Date, Money};
use crate::forecast::variance::{CountdownRow, Target};

/// Show every stored forecast of one day, week or month beside what came
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    ledger: LedgerArgument,
    /// Folder of all stored forecasts, as given to `duecast forecast --record`.
    #[arg(long, value_name = "DIR")]
    records: PathBuf,
    /// ISO week, written 2026-W40.
    #[arg(
        long,
        value_name = "WEEK",
        value_parser = week,
        required_unless_present_any = ["month", "day"],
        conflicts_with_all = ["month", "day"]
    )]
    week: Option<Target>,
    /// Calendar month, written 2026-10.
    #[arg(long, value_name = "MONTH", value_parser = month, conflicts_with = "day")]
    month: Option<Target>,
    /// Day, written 2026-10-01.
    #[arg(long, value_name = "DAY", value_parser = day)]
    day: Option<Target>,
    /// Last day whose payments may be known; the last that the ledger knows of where not given.
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<Date>,
    /// File for one row a forecast and currency: .csv, .parquet, .json, .ndjson or .xlsx.
    #[arg(long, value_name = "FILE")]
    out: Option<OutputFile>,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    if let Some(file) = &arguments.out {
        output::check_targets(
            &[arguments.ledger.given(), ("--records", &arguments.records)],
            &[("--out", &file.path)],
        )?;
    }
    let given = [&arguments.week, &arguments.month, &arguments.day];
    let target = given
        .into_iter()
        .find_map(Option::as_ref)
        .context("--week, --month or --day is needed")?;
    let history = open_ledger(&arguments.ledger.ledger, screen)?;
    let (_, last) = history.date_range().ok_or(service::Error::LedgerEmpty)?;
    let view = view_of(&history, arguments.as_of.unwrap_or(last), screen)?;
    let found = records::countdown(&view, &records::load_all(&arguments.records)?, target)?;
    let as_of = view.snapshot.cutoff();
    if let Some(file) = &arguments.out {
        output::write(file, &output::countdown(target, as_of, &found))?;
    }
    print(target, as_of, &found, screen)
}

fn print(target: &Target, as_of: Date, rows: &[CountdownRow], screen: &Screen) -> anyhow::Result<()> {
    screen.line(screen.bold(format!(
        "Forecasts of {} ({} to {}), actual until {as_of}",
        target.label(),
        target.start(),
        target.end()
    )))?;
    if rows.is_empty() {
        return screen.line("no stored forecast has buckets that make up these days");
    }
    for of_currency in rows.chunk_by(|one, other| one.currency == other.currency) {
        let currency = of_currency[0].currency;
        screen.heading(currency.code())?;
        let header = ["as of", "days ahead", "expected", "P10", "P90", "actual", "error"];
        let mut table = screen.new_table(&header, &[1, 2, 3, 4, 5, 6]);
        for row in of_currency {
            table.add_row(cells(row));
        }
        screen.table(&table)?;
    }
    for score in score_countdown(rows) {
        screen.line(scored(&score))?;
    }
    if rows.iter().any(|row| !row.is_over) {
        screen.note(format!(
            "{} is not over on {as_of}: it has no scores yet",
            target.label()
        ));
    }
    Ok(())
}

fn cells(row: &CountdownRow) -> [String; 7] {
    let shown = |minor: i64| amount(minor, row.currency);
    let banded = |minor: Option<i64>| minor.map_or_else(|| "-".to_owned(), shown);
    [
        row.as_of.to_string(),
        row.days_ahead.to_string(),
        shown(row.expected),
        banded(row.band.map(|(p10, _, _)| p10)),
        banded(row.band.map(|(_, _, p90)| p90)),
        shown(row.actual),
        shown(row.error()),
    ]
}

fn scored(score: &CountdownScore) -> String {
    let percent =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{:.1} %", value * 100.0));
    format!(
        "{}: {} forecasts, WAPE {}, bias {}, within the band {}",
        score.currency,
        score.forecasts,
        percent(score.wape),
        percent(score.bias),
        percent(score.coverage)
    )
}

fn amount(minor: i64, currency: Currency) -> String {
    grouped(Money::from_minor(minor, currency).to_decimal_string())
}

fn week(text: &str) -> Result<Target, String> {
    target(text, "2026-W40")
}

fn month(text: &str) -> Result<Target, String> {
    target(text, "2026-10")
}

fn day(text: &str) -> Result<Target, String> {
    target(text, "2026-10-01")
}

/// Reads a target written like the example: each kind has a length of its own.
fn target(text: &str, example: &str) -> Result<Target, String> {
    let found: Target = text
        .parse()
        .map_err(|error: crate::forecast::Error| error.to_string())?;
    if text.len() == example.len() {
        Ok(found)
    } else {
        Err(format!("one written like {example} is allowed, got {text:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{day, month, week};

    #[test]
    fn a_week_is_no_month_and_a_month_no_day() {
        assert!(week("2026-W40").is_ok() && month("2026-10").is_ok() && day("2026-10-01").is_ok());
        assert!(week("2026-10").unwrap_err().contains("2026-W40"));
        assert!(month("2026-10-01").is_err() && day("2026-W40").is_err());
    }
}
