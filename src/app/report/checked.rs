//! The page of what is in a ledger: what was read, what it adds up to, what was rejected and what looks odd.

use std::collections::BTreeMap;

use crate::app::output::Error;
use crate::chart::grouped;
use crate::domain::{Currency, Date};
use crate::history::{DataReport, Table};

use super::Report;
use super::months::{MonthFlow, months};
use super::page::{Block, Grid, Page, Tile};

/// Rejects on the page; all of them are in `rejects.csv`.
const REJECTS_SHOWN: usize = 50;
/// Characters shown of a value.
const VALUE_CHARS: usize = 80;

/// What the page is made of.
#[derive(Clone, Copy, Debug)]
pub struct CheckSources<'a> {
    /// The ledger, as people name it.
    pub ledger: &'a str,
    /// What reading it found.
    pub report: &'a DataReport,
    /// The first invoice date and the last day of which anything is known.
    pub period: Option<(Date, Date)>,
    /// Why the other commands would refuse it.
    pub refusal: Option<&'a str>,
    /// What happened in each month, given by its first day.
    pub months: &'a BTreeMap<Currency, BTreeMap<Date, MonthFlow>>,
}

/// Composes the page.
///
/// # Errors
///
/// [`Error::NotDrawn`] when a picture cannot be drawn.
pub fn compose_check(sources: &CheckSources<'_>) -> Result<Report, Error> {
    let report = sources.report;
    let mut blocks = vec![Block::Tiles(tiles(report))];
    for (currency, flows) in sources.months {
        blocks.extend(months(*currency, flows)?.map(Block::Picture));
    }
    blocks.push(Block::Grid(tables(report)));
    for grid in [totals(report), unapplied(report)] {
        if !grid.rows.is_empty() {
            blocks.push(Block::Grid(grid));
        }
    }
    for (heading, points) in [
        ("What looks odd", report.all_warnings()),
        ("What is worth knowing", report.notes()),
    ] {
        if !points.is_empty() {
            blocks.push(Block::Heading(heading.to_owned()));
            blocks.push(Block::Points(points));
        }
    }
    blocks.extend(rejects(report));
    Ok(Report {
        page: Page {
            title: format!("What is in {}", sources.ledger),
            subtitle: match (sources.refusal, sources.period) {
                (Some(refusal), _) => format!("It cannot be used: {refusal}."),
                (None, Some((first, last))) => format!("It can be used, from {first} to {last}."),
                (None, None) => "It has no invoice.".to_owned(),
            },
            blocks,
        },
    })
}

fn tiles(report: &DataReport) -> Vec<Tile> {
    let tile = |name: &str, value: u64, remark: &str| Tile {
        name: name.to_owned(),
        value: grouped(value),
        remark: remark.to_owned(),
    };
    let kept = |table: Table| report.tables.get(&table).map_or(0, |facts| facts.rows_kept);
    vec![
        tile("invoices", kept(Table::Invoices), "kept"),
        tile("payments", kept(Table::Payments), "kept"),
        tile("customers", kept(Table::Customers), "kept"),
        tile(
            "rejected",
            report.rows_rejected(),
            &format!("of {} rows read", grouped(report.rows_read())),
        ),
    ]
}

fn tables(report: &DataReport) -> Grid {
    let date = |date: Option<Date>| date.map_or_else(|| "-".to_owned(), |date| date.to_string());
    Grid {
        caption: "Tables".to_owned(),
        header: names(&[
            "table",
            "files",
            "first date",
            "last date",
            "read",
            "kept",
            "rejected",
            "duplicates",
        ]),
        text_columns: 4,
        rows: report
            .tables
            .iter()
            .filter(|(_, facts)| facts.rows_read > 0 || !facts.files.is_empty())
            .map(|(table, facts)| {
                vec![
                    table.name().to_owned(),
                    facts.files.join(", "),
                    date(facts.first_date),
                    date(facts.last_date),
                    grouped(facts.rows_read),
                    grouped(facts.rows_kept),
                    grouped(facts.rows_rejected),
                    grouped(facts.duplicates_equal),
                ]
            })
            .collect(),
    }
}

fn totals(report: &DataReport) -> Grid {
    let mut rows = Vec::new();
    for (table, facts) in &report.tables {
        for (currency, total) in &facts.totals {
            rows.push(vec![
                table.name().to_owned(),
                currency.clone(),
                grouped(total.rows),
                grouped(&total.total),
            ]);
        }
    }
    Grid {
        caption: "Totals by currency".to_owned(),
        header: names(&["table", "currency", "rows", "sum"]),
        text_columns: 2,
        rows,
    }
}

fn unapplied(report: &DataReport) -> Grid {
    Grid {
        caption: "Unapplied cash".to_owned(),
        header: names(&["currency", "receipts", "sum"]),
        text_columns: 1,
        rows: report
            .unapplied_cash
            .iter()
            .map(|(currency, total)| vec![currency.clone(), grouped(total.rows), grouped(&total.total)])
            .collect(),
    }
}

/// The first rejects; nothing where there are none.
fn rejects(report: &DataReport) -> Vec<Block> {
    let all = report.rejects();
    if all.is_empty() {
        return Vec::new();
    }
    let shown = all.len().min(REJECTS_SHOWN);
    let caption = if shown < all.len() {
        format!("The first {shown} of {} rejected rows", grouped(all.len()))
    } else {
        "Rejected rows".to_owned()
    };
    vec![Block::Grid(Grid {
        caption,
        header: names(&["file", "line", "column", "value", "reason"]),
        text_columns: 5,
        rows: all
            .iter()
            .take(REJECTS_SHOWN)
            .map(|reject| {
                vec![
                    reject.file.clone(),
                    reject.line.to_string(),
                    reject.column.clone(),
                    shortened(&reject.value),
                    reject.reason.clone(),
                ]
            })
            .collect(),
    })]
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn shortened(value: &str) -> String {
    let mut shown: String = value.chars().take(VALUE_CHARS).collect();
    if value.chars().nth(VALUE_CHARS).is_some() {
        shown.push('…');
    }
    shown
}
