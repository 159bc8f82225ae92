//! `duecast kpis`: the key figures of the book.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::arguments::{PrintFormat, ViewArguments};
use super::screen::{Screen, grouped};
use crate::app::output::{self, OutputFile};
use crate::app::service;
use crate::domain::{Currency, Money};
use crate::kpi::{AgingBucket, CurrencyKpis, ForwardLooking, GroupBy, KpiPlan, KpiReport};
use crate::model::Reasons;

/// Shown for what is not defined.
const UNDEFINED: &str = "-";

/// Print the key figures of the book: DSO, collection effectiveness, ageing, provision
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    view: ViewArguments,
    /// Days of the window that ends on the cut-off; three calendar months where not given.
    #[arg(long, value_name = "N")]
    window_days: Option<u32>,
    /// A report at the end of each of the last N months, as known then; the last at the cut-off.
    #[arg(long, value_name = "N")]
    months: Option<u32>,
    /// Figures of each group too: `entity`, `business_unit`, `segment`, `country`, `customer`, `collector` or
    /// `payment_terms`.
    #[arg(long, value_name = "GROUP")]
    group_by: Option<GroupBy>,
    /// Folder of a model made by `duecast train`: what it expects to be lost, beside the provision matrix.
    #[arg(long, value_name = "MODEL_DIR")]
    model: Option<PathBuf>,
    /// Factor on the loss rates of the provision matrix: one number, or five by ageing bucket: 1.2,1.1,1,1,1.
    #[arg(long, value_name = "FACTOR", default_value = "1")]
    forward_looking: ForwardLooking,
    /// How the figures are printed.
    #[arg(long, value_enum, default_value_t = PrintFormat::Text)]
    format: PrintFormat,
    /// File for one row a month, currency, group and figure: .csv, .parquet, .json, .ndjson or .xlsx.
    #[arg(long, value_name = "FILE")]
    out: Option<OutputFile>,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    if let Some(file) = &arguments.out {
        let mut in_use = vec![arguments.view.ledger.given()];
        if let Some(model) = &arguments.model {
            in_use.push(("--model", model.as_path()));
        }
        output::check_targets(&in_use, &[("--out", &file.path)])?;
    }
    let plan = KpiPlan {
        window_days: arguments.window_days,
        months: arguments.months.unwrap_or(1),
        group_by: arguments.group_by,
        forward_looking: arguments.forward_looking,
    };
    plan.check()?;
    let view = arguments.view.open(screen)?;
    let prediction = arguments
        .model
        .as_deref()
        .map(|model| super::predicted(&view, model, Reasons::LeftOut, screen))
        .transpose()?;
    let reports = service::kpis::kpis(&view, &plan, prediction.as_ref())?;
    if let Some(file) = &arguments.out {
        output::write(file, &output::kpis(arguments.view.as_of, &reports))?;
    }
    let latest = reports.last().expect("a checked plan has a month");
    match arguments.format {
        // Who asks for a series gets a list, even of one month.
        PrintFormat::Json if arguments.months.is_some() => screen.line(json(&reports)?),
        PrintFormat::Json => screen.line(json(latest)?),
        PrintFormat::Text => print(&reports, latest, screen),
    }
}

fn json(figures: &impl serde::Serialize) -> anyhow::Result<String> {
    serde_json::to_string_pretty(figures).context("the figures have no JSON form")
}

fn print(reports: &[KpiReport], latest: &KpiReport, screen: &Screen) -> anyhow::Result<()> {
    screen.line(screen.bold(format!(
        "Key figures as of {}, flows from {} ({} days)",
        latest.as_of, latest.window_start, latest.window_days
    )))?;
    if latest.currencies.is_empty() {
        return screen.line("no invoice in the window and none open");
    }
    for book in &latest.currencies {
        screen.heading(book.currency.code())?;
        figures(latest, book, screen)?;
        ageing(book, screen)?;
        groups(latest, book.currency, screen)?;
        months(reports, book.currency, screen)?;
    }
    Ok(())
}

/// Prints every figure but the ageing, which has a table of its own.
fn figures(report: &KpiReport, book: &CurrencyKpis, screen: &Screen) -> anyhow::Result<()> {
    let mut table = screen.new_table(&["figure", "value", "unit"], &[1]);
    let is_ageing = |kpi: &str| {
        AgingBucket::ALL
            .iter()
            .any(|bucket| kpi.ends_with(&format!("_{}", bucket.label())))
    };
    let rows = report.currency_rows();
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
    let has_model = book.expected_loss_lifetime.is_some();
    let mut header = vec!["days past due", "invoices", "open", "loss rate"];
    if has_model {
        header.push("expected loss (model)");
    }
    let mut table = screen.new_table(&header, &[1, 2, 3, 4]);
    for line in &book.aging {
        let mut cells = vec![
            line.bucket.label().to_owned(),
            grouped(line.invoice_count),
            grouped(line.open.to_decimal_string()),
            line.loss_rate
                .map_or_else(|| UNDEFINED.to_owned(), |rate| format!("{:.2} %", rate * 100.0)),
        ];
        if has_model {
            cells.push(amount(line.expected_loss));
        }
        table.add_row(cells);
    }
    screen.table(&table)
}

/// Prints the main figures of the groups of a currency.
fn groups(report: &KpiReport, currency: Currency, screen: &Screen) -> anyhow::Result<()> {
    let Some(group_by) = report.group_by else {
        return Ok(());
    };
    let rows: Vec<(String, &CurrencyKpis)> = report
        .groups
        .iter()
        .filter(|of_group| of_group.kpis.currency == currency)
        .map(|of_group| {
            let name = of_group.group.clone().unwrap_or_else(|| UNDEFINED.to_owned());
            (name, &of_group.kpis)
        })
        .collect();
    overview(group_by.name(), &rows, screen)
}

/// Prints the main figures of a currency month by month.
fn months(reports: &[KpiReport], currency: Currency, screen: &Screen) -> anyhow::Result<()> {
    if reports.len() < 2 {
        return Ok(());
    }
    let mut rows = Vec::new();
    for report in reports {
        let of_currency = report.currencies.iter().filter(|kpis| kpis.currency == currency);
        rows.extend(of_currency.map(|kpis| (report.as_of.to_string(), kpis)));
    }
    overview("as of", &rows, screen)
}

/// Prints one line a row with the figures that are compared most.
fn overview(first: &str, rows: &[(String, &CurrencyKpis)], screen: &Screen) -> anyhow::Result<()> {
    let header = [
        first,
        "receivables",
        "overdue",
        "DSO",
        "countback",
        "CEI",
        "days late",
        "provision",
    ];
    let mut table = screen.new_table(&header, &[1, 2, 3, 4, 5, 6, 7]);
    for (name, kpis) in rows {
        let overdue = kpis.current_share.map(|current| 1.0 - current);
        table.add_row([
            name.clone(),
            amount(Some(kpis.receivables)),
            percent(overdue),
            days(kpis.dso_simple),
            days(kpis.dso_countback),
            percent(kpis.collection_effectiveness),
            days(kpis.weighted_days_late),
            amount(kpis.expected_credit_loss),
        ]);
    }
    screen.table(&table)
}

fn amount(money: Option<Money>) -> String {
    money.map_or_else(
        || UNDEFINED.to_owned(),
        |money| grouped(money.to_decimal_string()),
    )
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| UNDEFINED.to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn days(days: Option<f64>) -> String {
    days.map_or_else(|| UNDEFINED.to_owned(), |days| format!("{days:.1}"))
}

/// Writes a figure for people: a share in per cent, days with one decimal, `-` where it is not defined.
fn shown(unit: &str, value: Option<&str>) -> String {
    let Some(value) = value else {
        return UNDEFINED.to_owned();
    };
    match (unit, value.parse::<f64>()) {
        ("share", Ok(share)) => percent(Some(share)),
        ("days", Ok(number)) => days(Some(number)),
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
