//! What was known on a given day? Shows everything a model may know about the largest open invoice.
//!
//! Run with: `cargo run --release --example 02_features`

use std::path::Path;

use anyhow::Context;
use duecast::domain::date::parse_iso;
use duecast::features::{self, column};
use duecast::history::History;

fn main() -> anyhow::Result<()> {
    let (history, _) =
        History::open(Path::new("data/sample")).context("run this from the root of the repository")?;
    let cutoff = parse_iso("2026-03-29")?;
    // A snapshot is all that features accept: what became known later cannot get in.
    let table = features::book(&history.as_of(cutoff))?;

    let invoice_ids = table.text(column::INVOICE_ID)?;
    let customer_ids = table.text(column::CUSTOMER_ID)?;
    let open_minor = table.integers(column::OPEN_MINOR)?;
    let row = (0..table.len())
        .max_by_key(|row| open_minor.get(*row))
        .context("no invoice is open")?;

    println!(
        "{} invoices are open as of {cutoff}, with {} features each.",
        table.len(),
        table.feature_names().len()
    );
    println!(
        "The largest is {} of customer {}, due {}:\n",
        invoice_ids.get(row).unwrap_or_default(),
        customer_ids.get(row).unwrap_or_default(),
        table.due_date(row)
    );
    let mut family = "";
    for feature in features::features() {
        if feature.family != family {
            family = feature.family;
            println!("{family}");
        }
        let value = table.numbers(feature.name)?.get(row);
        let value = value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
        println!(
            "  {:<34} {value:>12} {:<12} {}",
            feature.name, feature.unit, feature.meaning
        );
    }
    Ok(())
}
