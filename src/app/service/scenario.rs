//! The use case of scenarios: the forecast against itself under changed inputs.

use std::path::Path;

use crate::app::service::cash::{self, Billing};
use crate::app::service::{Error, Prediction, View};
use crate::forecast::scenario::{self, Context, Scenario, Touched, shipped};
use crate::forecast::{self, DifferenceRow, ForecastPlan};

/// One scenario against the forecast as it is.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The scenario.
    pub scenario: Scenario,
    /// What each of its shocks touched.
    pub touched: Vec<Touched>,
    /// What the reader should know.
    pub remarks: Vec<String>,
    /// Scenario minus base, by currency and bucket, over all layers.
    pub rows: Vec<DifferenceRow>,
}

/// Returns the shipped scenario of that name, if there is one.
pub fn named(name: &str) -> Option<Result<Scenario, scenario::Error>> {
    let (name, text) = shipped().iter().find(|(known, _)| *known == name)?;
    Some(Scenario::from_toml(name, text))
}

/// Returns the shipped scenario of that name, or reads the file at that path.
///
/// # Errors
///
/// - [`scenario::Error::NameUnknown`] when there is neither.
/// - [`scenario::Error::ExtensionUnknown`] when the file is neither .toml nor .json.
/// - Those of [`Scenario::from_toml`].
pub fn load(name_or_path: &str) -> Result<Scenario, scenario::Error> {
    if let Some(scenario) = named(name_or_path) {
        return scenario;
    }
    let path = Path::new(name_or_path);
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let names: Vec<&str> = shipped().iter().map(|(name, _)| *name).collect();
            return Err(scenario::Error::NameUnknown {
                given: name_or_path.to_owned(),
                allowed: names.join(", "),
            });
        }
        Err(source) => {
            return Err(scenario::Error::Read {
                path: path.to_owned(),
                source,
            });
        }
    };
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("toml") => Scenario::from_toml(name_or_path, &text),
        Some("json") => Scenario::from_json(name_or_path, &text),
        Some(_) | None => Err(scenario::Error::ExtensionUnknown {
            given: name_or_path.to_owned(),
        }),
    }
}

/// Simulates the predicted book as it is and under each scenario, with the same random numbers.
///
/// Beside the comparisons it returns the remarks on the billing plan.
///
/// # Errors
///
/// - Those of [`scenario::apply()`].
/// - Those of [`forecast::simulate()`] and of reading the ledger for it.
pub fn compare(
    view: &View,
    prediction: &Prediction,
    scenarios: Vec<Scenario>,
    plan: &ForecastPlan,
    billing: &Billing,
) -> Result<(Vec<Comparison>, Vec<String>), Error> {
    let context = Context::read(&view.snapshot)?;
    let (book, found) = cash::book(view, prediction, plan, billing)?;
    let plan_remarks = found.map(|found| found.plan_remarks()).unwrap_or_default();
    let base = forecast::simulate(&book, plan)?;
    let comparisons: Result<Vec<Comparison>, Error> = scenarios
        .into_iter()
        .map(|scenario| {
            let applied = scenario::apply(&scenario, &book, &context)?;
            let changed = forecast::simulate(&applied.book, plan)?;
            Ok(Comparison {
                touched: applied.touched,
                remarks: applied.remarks,
                rows: base.difference(&changed)?,
                scenario,
            })
        })
        .collect();
    Ok((comparisons?, plan_remarks))
}
