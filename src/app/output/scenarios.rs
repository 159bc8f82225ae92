//! The table of scenarios: one row a scenario, currency and bucket.

use std::collections::BTreeSet;

use super::cash_tables::plan_facts;
use super::{Assumptions, Document, Error, ForecastContext, OutputColumn, OutputTable, Values};
use crate::app::service::scenario::Comparison;
use crate::domain::{Date, Money};
use crate::forecast::scenario::{Scenario, Touched, TouchedMoney};
use crate::forecast::{DifferenceRow, ForecastPlan};

/// Refuses scenarios whose rows could not be told apart.
///
/// # Errors
///
/// [`Error::ScenarioTwice`]: two have one name.
pub fn check_scenarios(scenarios: &[Scenario]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    match scenarios.iter().find(|one| !seen.insert(one.name.as_str())) {
        Some(twice) => Err(Error::ScenarioTwice {
            name: twice.name.clone(),
        }),
        None => Ok(()),
    }
}

/// Returns the differences that scenarios make as a document, and what they rest on.
pub fn scenarios(
    as_of: Date,
    comparisons: &[Comparison],
    plan: &ForecastPlan,
    context: &ForecastContext,
) -> Document {
    let rows: Vec<(&str, &DifferenceRow)> = comparisons
        .iter()
        .flat_map(|one| one.rows.iter().map(move |row| (one.scenario.name.as_str(), row)))
        .collect();
    let date = |value: fn(&DifferenceRow) -> Date| {
        Values::Date(rows.iter().map(|(_, row)| Some(value(row))).collect())
    };
    let amount = |minor: fn(&DifferenceRow) -> i64| {
        let money = |row: &DifferenceRow| Some(Money::from_minor(minor(row), row.currency));
        Values::Amount(rows.iter().map(|(_, row)| money(row)).collect())
    };
    let names = rows.iter().map(|(name, _)| Some((*name).to_owned())).collect();
    let codes = rows
        .iter()
        .map(|(_, row)| Some(row.currency.code().to_owned()))
        .collect();
    let labels = rows.iter().map(|(_, row)| Some(row.bucket.clone())).collect();
    let columns = [
        ("scenario", Values::Text(names)),
        ("currency", Values::Text(codes)),
        ("bucket_start", date(|row| row.bucket_start)),
        ("bucket_end", date(|row| row.bucket_end)),
        ("bucket", Values::Text(labels)),
        ("base_expected", amount(|row| row.base_expected)),
        ("scenario_expected", amount(|row| row.other_expected)),
        ("difference", amount(|row| row.expected)),
        ("difference_p10", amount(|row| row.p10)),
        ("difference_p50", amount(|row| row.p50)),
        ("difference_p90", amount(|row| row.p90)),
        ("cumulative_difference", amount(|row| row.cumulative_expected)),
        ("cumulative_difference_p10", amount(|row| row.cumulative_p10)),
        ("cumulative_difference_p50", amount(|row| row.cumulative_p50)),
        ("cumulative_difference_p90", amount(|row| row.cumulative_p90)),
    ];
    let mut facts = plan_facts(as_of, plan, context);
    facts.push((
        "scope",
        "difference = scenario - base over all layers, with the same random numbers".into(),
    ));
    Document {
        name: "scenarios",
        as_of,
        table: table(columns),
        sheet_column: Some("currency"),
        assumptions: Some(Assumptions {
            facts,
            totals: ("shocks", shocks(comparisons)),
            tables: Vec::new(),
        }),
    }
}

/// One row a shock and currency: what was touched, and on which assumption.
fn shocks(comparisons: &[Comparison]) -> OutputTable {
    let rows: Vec<(&str, &Touched, Option<&TouchedMoney>)> = comparisons
        .iter()
        .flat_map(|one| {
            one.touched
                .iter()
                .map(move |touched| (one.scenario.name.as_str(), touched))
        })
        .flat_map(|(name, touched)| {
            // A shock that touched nothing is told too.
            let none = touched.money.is_empty().then_some((name, touched, None));
            let some = touched
                .money
                .iter()
                .map(move |money| (name, touched, Some(money)));
            none.into_iter().chain(some)
        })
        .collect();
    let count = |value: fn(&Touched) -> usize| {
        let counts = rows
            .iter()
            .map(|(_, touched, _)| i64::try_from(value(touched)).ok());
        Values::Integer(counts.collect())
    };
    let amount = |value: fn(&TouchedMoney) -> Money| {
        Values::Amount(rows.iter().map(|(_, _, money)| money.map(value)).collect())
    };
    let names = rows.iter().map(|(name, _, _)| Some((*name).to_owned()));
    let words = rows.iter().map(|(_, touched, _)| Some(touched.shock.clone()));
    let assumptions = rows.iter().map(|(_, touched, _)| touched.assumption.clone());
    let codes = rows
        .iter()
        .map(|(_, _, money)| money.map(|money| money.amount.currency().code().to_owned()));
    table([
        ("scenario", Values::Text(names.collect())),
        ("shock", Values::Text(words.collect())),
        ("assumption", Values::Text(assumptions.collect())),
        ("items", count(|touched| touched.items)),
        ("customers", count(|touched| touched.customers)),
        ("streams", count(|touched| touched.streams)),
        ("currency", Values::Text(codes.collect())),
        ("amount", amount(|money| money.amount)),
        ("recurring", amount(|money| money.recurring)),
        ("new_billing", amount(|money| money.new_billing)),
        ("discount", amount(|money| money.discount)),
        ("discount_anyway", amount(|money| money.discount_anyway)),
    ])
}

fn table<'name>(columns: impl IntoIterator<Item = (&'name str, Values)>) -> OutputTable {
    OutputTable::new(
        columns
            .into_iter()
            .map(|(name, values)| OutputColumn::new(name, values))
            .collect(),
    )
}
