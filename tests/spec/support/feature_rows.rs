//! Small simulated ledgers, and the rows of their feature tables to the bit.

use std::collections::BTreeMap;

use duecast::features::FeatureTable;
use duecast::history::History;
use duecast::history::schema::Table;
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
