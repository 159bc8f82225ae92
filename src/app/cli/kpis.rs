//! `duecast kpis`: the key figures of the book.

use anyhow::Context;
use clap::Args;

use super::arguments::{PrintFormat, ViewArguments};
use super::screen::{Screen, grouped};
use crate::app::output::{self, OutputFile};
use crate::app::service;
use crate::kpi::{CurrencyKpis, KpiReport};

/// Print the key figures of the book: DSO, collection effectiveness, ageing, provision
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    view: ViewArguments,
    /// Days of the window that ends on the cut-off; three calendar months where not given.
    #[arg(long, value_name = "N")]
    window_days: Option<u32>,
    /// How the figures are printed.
    #[arg(long, value_enum, default_value_t = PrintFormat::Text)]
    format: PrintFormat,
    /// File for one row a currency and figure: .csv, .parquet, .json, .ndjson or .xlsx.
    #[arg(long, value_name = "FILE")]
    out: Option<OutputFile>,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    if let Some(file) = &arguments.out {
        output::check_targets(&[arguments.view.ledger.given()], &[("--out", &file.path)])?;
    }
    let view = arguments.view.open(screen)?;
    let report = service::kpis(&view, arguments.window_days)?;
    if let Some(file) = &arguments.out {
        output::write(file, &output::kpis(&report))?;
    }
    match arguments.format {
        PrintFormat::Json => {
            let json = serde_json::to_string_pretty(&report).context("the figures have no JSON form")?;
            screen.line(json)
        }
        PrintFormat::Text => print(&report, screen),
    }
}

fn print(report: &KpiReport, screen: &Screen) -> anyhow::Result<()> {
    screen.line(screen.bold(format!(
        "Key figures as of {}, flows from {} ({} days)",
        report.as_of, report.window_start, report.window_days
    )))?;
    if report.currencies.is_empty() {
        return screen.line("no invoice in the window and none open");
    }
    for book in &report.currencies {
        screen.heading(book.currency.code())?;
        figures(report, book, screen)?;
        ageing(book, screen)?;
    }
    Ok(())
}

/// Prints every figure but the ageing, which has a table of its own.
fn figures(report: &KpiReport, book: &CurrencyKpis, screen: &Screen) -> anyhow::Result<()> {
    let mut table = screen.new_table(&["figure", "value", "unit"], &[1]);
    let is_ageing = |kpi: &str| {
        ["open_", "invoices_", "loss_rate_"]
            .iter()
            .any(|start| kpi.starts_with(start))
    };
    let rows = report.rows();
    for row in rows
        .iter()
        .filter(|row| row.currency == book.currency && !is_ageing(&row.kpi))
    {
        table.add_row([
            row.kpi.replace('_', " "),
            shown(row.unit, row.value.as_deref()),
            row.unit.to_owned(),
        ]);
    }
    screen.table(&table)
}

fn ageing(book: &CurrencyKpis, screen: &Screen) -> anyhow::Result<()> {
    let mut table = screen.new_table(&["days past due", "invoices", "open", "loss rate"], &[1, 2, 3]);
    for line in &book.aging {
        table.add_row([
            line.bucket.label().to_owned(),
            grouped(line.invoice_count),
            grouped(line.open.to_decimal_string()),
            line.loss_rate
                .map_or_else(|| "-".to_owned(), |rate| format!("{:.2} %", rate * 100.0)),
        ]);
    }
    screen.table(&table)
}

/// Writes a figure for people: a share in per cent, days with one decimal, `-` where it is not defined.
fn shown(unit: &str, value: Option<&str>) -> String {
    let Some(value) = value else {
        return "-".to_owned();
    };
    match (unit, value.parse::<f64>()) {
        ("share", Ok(share)) => format!("{:.1} %", share * 100.0),
        ("days", Ok(days)) => format!("{days:.1}"),
        _ => grouped(value),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn figures_are_written_for_people() {
        assert_eq!(shown("share", Some("0.767700")), "76.8 %");
        assert_eq!(shown("days", Some("41.260000")), "41.3");
        assert_eq!(shown("amount", Some("1234.50")), "1,234.50");
        assert_eq!(shown("days", None), "-");
    }
}
