//! How late do customers pay? Reads the sample ledger, says what was found, and draws the days past due.
//!
//! Run with: `cargo run --release --example 01_history`

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use duecast::history::History;
use duecast::history::schema::Table;
use polars::prelude::*;

/// Bars are drawn to this width.
const BAR_WIDTH: usize = 50;

/// Upper ends of the classes of days past due; the last class has none.
const CLASS_ENDS: [i32; 8] = [-10, -3, -1, 0, 3, 7, 14, 30];

fn main() -> anyhow::Result<()> {
    let (history, report) =
        History::open(Path::new("data/sample")).context("run this from the root of the repository")?;
    println!("{report}");

    let (_, last) = history.date_range().context("the ledger is empty")?;
    let snapshot = history.as_of(last);
    // The day on which an invoice was settled is the day of its last payment.
    let paid = snapshot
        .settlements()
        .filter(col("kind").eq(lit("cash")))
        .group_by([col("invoice_id")])
        .agg([col("date").max().alias("paid_date")]);
    let lateness = snapshot
        .table(Table::Invoices)
        .join(
            paid,
            [col("invoice_id")],
            [col("invoice_id")],
            JoinArgs::new(JoinType::Inner),
        )
        .select([
            (col("paid_date").cast(DataType::Int32) - col("due_date").cast(DataType::Int32))
                .alias("days_past_due"),
        ])
        .collect()?;

    let mut classes: BTreeMap<usize, usize> = BTreeMap::new();
    for days in lateness.column("days_past_due")?.i32()?.iter().flatten() {
        let class = CLASS_ENDS.partition_point(|end| *end < days);
        *classes.entry(class).or_default() += 1;
    }
    let largest = classes.values().copied().max().context("nothing is paid")?;

    println!(
        "Days past due of {} invoices with a payment, as of {last}:",
        lateness.height()
    );
    for class in 0..=CLASS_ENDS.len() {
        let count = classes.get(&class).copied().unwrap_or_default();
        let bar = "#".repeat(count * BAR_WIDTH / largest);
        println!("{:>12} {count:>6} {bar}", label(class));
    }
    Ok(())
}

/// Names a class of days past due.
fn label(class: usize) -> String {
    match (
        class.checked_sub(1).and_then(|below| CLASS_ENDS.get(below)),
        CLASS_ENDS.get(class),
    ) {
        (None, Some(end)) => format!("up to {end}"),
        (Some(start), Some(end)) if start + 1 == *end => format!("{end}"),
        (Some(start), Some(end)) => format!("{} to {end}", start + 1),
        (Some(start), None) => format!("over {start}"),
        (None, None) => String::new(),
    }
}
