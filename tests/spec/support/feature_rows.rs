//! Small simulated ledgers, and the rows of their feature tables to the bit.

use std::collections::BTreeMap;

use duecast::features::FeatureTable;
use duecast::history::schema::{Table, frame_columns};
use duecast::history::{Cell, History, TableBuilder};
use duecast::simulate::{self, SimulationPlan};
use polars::prelude::*;

/// A year of 25 customers.
pub(crate) fn ledger(seed: u64) -> BTreeMap<Table, DataFrame> {
    let plan = SimulationPlan {
        customers: 25,
        invoices: 700,
        seed,
        years: 1,
        ..SimulationPlan::default()
    };
    simulate::frames(&plan).unwrap()
}

pub(crate) fn history(frames: &BTreeMap<Table, DataFrame>) -> History {
    History::from_frames(frames).unwrap()
}

/// The text of a key column in a row.
pub(crate) fn text_of(table: &FeatureTable, name: &str, row: usize) -> String {
    table.text(name).unwrap().get(row).unwrap().to_owned()
}

/// What a ledger holds of one customer.
pub(crate) fn of_customer(
    frames: &BTreeMap<Table, DataFrame>,
    customer_id: &str,
) -> BTreeMap<Table, DataFrame> {
    let is_own = col("customer_id").eq(lit(customer_id.to_owned()));
    let tables = frames
        .iter()
        .filter(|(_, frame)| frame.column("customer_id").is_ok());
    tables
        .map(|(table, frame)| {
            let own = frame.clone().lazy().filter(is_own.clone());
            (*table, own.collect().unwrap())
        })
        .collect()
}

/// The ledger with one more row; cells are given by the names of their columns in files.
pub(crate) fn with_row(
    frames: &BTreeMap<Table, DataFrame>,
    table: Table,
    cells: &[(&str, Cell<'_>)],
) -> BTreeMap<Table, DataFrame> {
    let mut builder = TableBuilder::new(table);
    let mut row = vec![Cell::Absent; builder.slots()];
    for (column, cell) in cells {
        row[TableBuilder::slot(table, column).unwrap()] = *cell;
    }
    builder.push(1, &row).unwrap();
    let added = builder.finish().unwrap().frame;
    let names: Vec<&str> = frame_columns(table).iter().map(|(name, _)| *name).collect();
    let mut frames = frames.clone();
    let grown = match frames.get(&table) {
        Some(frame) => {
            let known = frame.select(names.iter().copied()).unwrap();
            known
                .vstack(&added.select(names.iter().copied()).unwrap())
                .unwrap()
        }
        None => added,
    };
    frames.insert(table, grown);
    frames
}

/// Everything a model can see of a table, to the bit.
pub(crate) fn fingerprint(table: &FeatureTable) -> Vec<String> {
    let mut rows = Vec::new();
    let numbers: Vec<&Float64Chunked> = table
        .feature_names()
        .iter()
        .map(|name| table.numbers(name).unwrap())
        .collect();
    for row in 0..table.len() {
        let mut line = table.text("invoice_id").unwrap().get(row).unwrap().to_owned();
        for column in &numbers {
            line += &format!(" {:016x}", column.get(row).unwrap().to_bits());
        }
        let view = table.invoice(row);
        let profile = view.profile;
        let hazards = profile
            .slow
            .iter()
            .chain(&profile.fast)
            .chain(&profile.weekday)
            .chain(profile.places.as_flattened())
            .chain(&profile.at_run);
        for value in hazards.chain(view.group).chain(view.book) {
            line += &format!(" {:016x}", value.to_bits());
        }
        line += &format!(
            " {:?} {:?} {:?} {:?}",
            profile.days_since_run,
            profile.run_count,
            profile.regime,
            table.integers("open_minor").unwrap().get(row)
        );
        rows.push(line);
    }
    rows
}
