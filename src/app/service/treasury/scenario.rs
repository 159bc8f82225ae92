//! What if: the forecast against itself under changed inputs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Error, Question, Sources, Watch, history, json, step};
use crate::app::output;
use crate::app::service::{self, calibrate};
use crate::forecast::scenario::{Scenario, shipped};
use crate::model::Reasons;

/// Most scenarios of one comparison; each is a simulation.
pub const SCENARIOS_MAX: usize = 20;
/// Steps of a comparison, for its progress.
const STEPS: u64 = 3;

/// Scenarios against the forecast as it is.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The model that predicted.
    pub model_version: String,
    /// What the reader should know.
    pub remarks: Vec<String>,
    /// The differences with what they rest on, as the command line writes them.
    pub differences: Value,
}

/// Reads scenarios: the name of a shipped one, or one as an object with the keys of a scenario file.
///
/// # Errors
///
/// [`Error::ScenarioCount`], [`Error::ScenarioUnknown`], [`Error::ScenarioInvalid`], [`Error::ScenarioTwice`].
pub fn parse(given: &[Value]) -> Result<Vec<Scenario>, Error> {
    if !(1..=SCENARIOS_MAX).contains(&given.len()) {
        return Err(Error::ScenarioCount {
            given: given.len(),
            max: SCENARIOS_MAX,
        });
    }
    let mut names = BTreeSet::new();
    let mut scenarios = Vec::with_capacity(given.len());
    for (place, one) in given.iter().enumerate() {
        let scenario = scenario(place, one)?;
        if !names.insert(scenario.name.clone()) {
            return Err(Error::ScenarioTwice {
                place,
                name: scenario.name,
            });
        }
        scenarios.push(scenario);
    }
    Ok(scenarios)
}

fn scenario(place: usize, given: &Value) -> Result<Scenario, Error> {
    let invalid = |reason: String| Error::ScenarioInvalid { place, reason };
    match given {
        Value::String(name) => match service::scenario::named(name) {
            Some(scenario) => scenario.map_err(|error| invalid(error.to_string())),
            None => Err(Error::ScenarioUnknown {
                place,
                given: name.clone(),
                allowed: shipped()
                    .iter()
                    .map(|(name, _)| *name)
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        },
        Value::Object(fields) => {
            let name = fields.get("name").and_then(Value::as_str);
            let origin = name.map_or_else(|| format!("number {}", place + 1), str::to_owned);
            Scenario::from_json(&origin, &given.to_string()).map_err(|error| invalid(error.to_string()))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => Err(invalid(format!(
            "a scenario is the name of a shipped one or an object, got {given}"
        ))),
    }
}

/// Simulates the book of what the scope sees as it is and under each scenario.
///
/// # Errors
///
/// - [`Error::Cancelled`] when `watch` says so.
/// - [`Error::Ledger`], [`Error::Service`] when a step fails.
pub fn compare(
    sources: &Sources,
    question: &Question,
    scenarios: Vec<Scenario>,
    watch: Watch<'_>,
) -> Result<Compared, Error> {
    step(watch, 0, STEPS, "reading the ledger")?;
    let view = service::view(&history(&sources.ledger, &sources.scope)?, question.as_of)?;
    step(watch, 1, STEPS, "predicting")?;
    let prediction = service::predict(&view, &sources.model.folder, Reasons::LeftOut)?;
    step(watch, 2, STEPS, "simulating")?;
    let (plan, band_remark) = calibrate::with_band(question.plan, &prediction);
    let (comparisons, plan_remarks) =
        service::scenario::compare(&view, &prediction, scenarios, &plan, &question.billing())?;
    step(watch, STEPS, STEPS, "writing the differences")?;
    let mut remarks: Vec<String> = view.remark.iter().chain(&prediction.remark).cloned().collect();
    remarks.extend(band_remark.map(str::to_owned));
    remarks.extend(plan_remarks);
    for comparison in &comparisons {
        let name = &comparison.scenario.name;
        remarks.extend(
            comparison
                .remarks
                .iter()
                .map(|remark| format!("{name}: {remark}")),
        );
    }
    let document = output::scenarios(question.as_of, &comparisons, &plan, &prediction.context);
    Ok(Compared {
        model_version: sources.model.version.clone(),
        remarks,
        differences: json(&document)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{SCENARIOS_MAX, parse};
    use serde_json::json;

    #[test]
    fn a_scenario_is_a_shipped_name_or_an_object() {
        let own = json!({
            "name": "slow", "description": "a week later", "shock": [{"kind": "delay", "days": 7}],
        });
        let scenarios = parse(&[json!("worst"), own]).unwrap();
        let names: Vec<&str> = scenarios.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["worst", "slow"]);
    }

    #[test]
    fn what_is_no_scenario_is_told_what_is_allowed() {
        let other = json!({
            "name": "slow", "description": "a week later", "shock": [{"kind": "delay", "dayz": 7}],
        });
        for (given, told) in [
            (vec![], "1 to 20"),
            (vec![json!("worst"); SCENARIOS_MAX + 1], "1 to 20"),
            (vec![json!("worst"), json!("worst")], "each is allowed once"),
            (vec![json!("/etc/passwd")], "top_five_late"),
            (vec![json!(7)], "an object"),
            (vec![other], "dayz"),
        ] {
            let refusal = parse(&given).unwrap_err().to_string();
            assert!(refusal.contains(told), "{refusal}");
        }
    }
}
