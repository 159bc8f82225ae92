//! `duecast variance`: why a forecast was wrong, or why it moved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::arguments::date;
use super::screen::{Screen, grouped};
use super::{open_ledger, view_of};
use crate::app::output::{self, Given, OutputFile};
use crate::app::service::records;
use crate::domain::{Currency, Date, Money};
use crate::forecast::variance::{Movement, MovementParts, Variance};

/// Customers that are printed of a movement; all of them are in the file.
const MOVERS_SHOWN: usize = 10;

/// Explain a stored forecast by what came, or why it moved since an earlier one
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Folder with the ledger's tables. With --from it is optional: it tells credit notes from payments.
    #[arg(long, value_name = "DIR")]
    ledger: Option<PathBuf>,
    /// Folder of a stored forecast, to be compared with what came.
    #[arg(
        long,
        value_name = "RECORD_DIR",
        required_unless_present = "from",
        conflicts_with = "from",
        requires = "ledger",
        requires = "as_of"
    )]
    forecast: Option<PathBuf>,
    /// Last day whose payments may be known, written YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = date, requires = "forecast")]
    as_of: Option<Date>,
    /// Reporting currency: all amounts in it, and the effect of rates apart.
    #[arg(long, value_name = "CODE", requires = "forecast")]
    currency: Option<Currency>,
    /// Folder of the earlier of two stored forecasts.
    #[arg(long, value_name = "RECORD_DIR", requires = "to")]
    from: Option<PathBuf>,
    /// Folder of the later of two stored forecasts.
    #[arg(long, value_name = "RECORD_DIR", requires = "from")]
    to: Option<PathBuf>,
    /// File for every row: .csv, .parquet, .json, .ndjson or .xlsx.
    #[arg(long, value_name = "FILE")]
    out: Option<OutputFile>,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    if let Some(file) = &arguments.out {
        let folders: [(&'static str, &Option<PathBuf>); 4] = [
            ("--ledger", &arguments.ledger),
            ("--forecast", &arguments.forecast),
            ("--from", &arguments.from),
            ("--to", &arguments.to),
        ];
        let in_use: Vec<Given<'_>> = folders
            .iter()
            .filter_map(|(option, folder)| folder.as_deref().map(|folder| (*option, folder)))
            .collect();
        output::check_targets(&in_use, &[("--out", &file.path)])?;
    }
    if let (Some(from), Some(to)) = (&arguments.from, &arguments.to) {
        return moved(arguments, from, to, screen);
    }
    let folder = arguments.forecast.as_deref().context("--forecast is needed")?;
    let ledger = arguments.ledger.as_deref().context("--ledger is needed")?;
    let as_of = arguments.as_of.context("--as-of is needed")?;
    let record = records::load(folder)?;
    let history = open_ledger(ledger, screen)?;
    let view = view_of(&history, as_of, screen)?;
    let found = records::variance(&history, &view, &record, arguments.currency)?;
    if let Some(file) = &arguments.out {
        output::write(file, &output::variance(&found))?;
    }
    print(&found, screen)
}

fn print(found: &Variance, screen: &Screen) -> anyhow::Result<()> {
    screen.line(screen.bold(format!(
        "Actual until {} against the forecast as of {}",
        found.actual_as_of, found.forecast_as_of
    )))?;
    if found.rows.is_empty() {
        return screen.line("no bucket of the forecast has begun");
    }
    let header = [
        "bucket",
        "currency",
        "forecast",
        "actual",
        "timing",
        "amount",
        "new",
        "unforecast",
        "rates",
    ];
    let mut table = screen.new_table(&header, &[2, 3, 4, 5, 6, 7, 8]);
    for row in &found.rows {
        let shown = |minor: i64| amount(minor, row.unit);
        let mark = if row.is_partial { " (partial)" } else { "" };
        table.add_row([
            format!("{}{mark}", row.label),
            row.currency
                .map_or_else(|| "all".to_owned(), |currency| currency.to_string()),
            shown(row.forecast),
            shown(row.actual),
            shown(row.parts.timing),
            shown(row.parts.amount),
            shown(row.parts.new_invoices),
            shown(row.parts.unforecast),
            shown(row.parts.currency_effect),
        ]);
    }
    screen.table(&table)
}

fn moved(arguments: &Arguments, from: &Path, to: &Path, screen: &Screen) -> anyhow::Result<()> {
    let (from, to) = (records::load(from)?, records::load(to)?);
    let history = match &arguments.ledger {
        Some(ledger) => Some(open_ledger(ledger, screen)?),
        None => {
            screen.note("without --ledger a credit note or a write-off counts as paid");
            None
        }
    };
    let found = records::movement(&from, &to, history.as_ref())?;
    if let Some(file) = &arguments.out {
        output::write(file, &output::movement(&found))?;
    }
    print_movement(&found, screen)
}

/// Prints the largest movers of each currency, all targets together.
fn print_movement(found: &Movement, screen: &Screen) -> anyhow::Result<()> {
    screen.line(screen.bold(format!(
        "Forecast as of {} against the one as of {}",
        found.to_as_of, found.from_as_of
    )))?;
    let mut currencies: Vec<Currency> = found.rows.iter().map(|row| row.currency).collect();
    currencies.dedup();
    for currency in currencies {
        screen.heading(currency.code())?;
        let header = [
            "customer",
            "difference",
            "paid",
            "clock",
            "behaviour",
            "new",
            "credits",
            "horizon",
        ];
        let mut table = screen.new_table(&header, &[1, 2, 3, 4, 5, 6, 7]);
        for (name, difference, parts) in movers(found, currency) {
            let shown = |minor: i64| amount(minor, currency);
            table.add_row([
                name,
                shown(difference),
                shown(parts.paid),
                shown(parts.clock),
                shown(parts.behaviour),
                shown(parts.new_invoices),
                shown(parts.credits_and_disputes),
                shown(parts.horizon),
            ]);
        }
        screen.table(&table)?;
    }
    Ok(())
}

/// Returns the total of a currency and its largest movers: name, difference and parts over all targets.
fn movers(found: &Movement, currency: Currency) -> Vec<(String, i64, MovementParts)> {
    let mut by_customer: BTreeMap<Option<&str>, MovementParts> = BTreeMap::new();
    let mut total = MovementParts::default();
    for row in found.rows.iter().filter(|row| row.currency == currency) {
        let customer = by_customer.entry(row.customer_id.as_deref()).or_default();
        for parts in [customer, &mut total] {
            parts.paid += row.parts.paid;
            parts.clock += row.parts.clock;
            parts.behaviour += row.parts.behaviour;
            parts.new_invoices += row.parts.new_invoices;
            parts.credits_and_disputes += row.parts.credits_and_disputes;
            parts.horizon += row.parts.horizon;
        }
    }
    let mut movers: Vec<(String, i64, MovementParts)> = by_customer
        .into_iter()
        .map(|(customer, parts)| {
            let name = customer.unwrap_or("(billing to come)").to_owned();
            (name, parts.sum(), parts)
        })
        .collect();
    movers.sort_by_key(|(_, difference, _)| std::cmp::Reverse(difference.unsigned_abs()));
    movers.truncate(MOVERS_SHOWN);
    movers.insert(0, ("all".to_owned(), total.sum(), total));
    movers
}

fn amount(minor: i64, currency: Currency) -> String {
    grouped(Money::from_minor(minor, currency).to_decimal_string())
}
