//! The tables about policies on the past: their columns, in order, are a contract with other tools.

use serde_json::Value;

use super::tables::table;
use super::{Assumptions, Document, OutputTable, Values};
use crate::action::evaluate::uplift::Curve;
use crate::action::evaluate::{Comparison, Estimate, Evaluation};
use crate::action::rehearse::{RehearsedAction, RehearsedDay};
use crate::app::service::policy_proof::{Judged, PolicyReport, Rehearsal};
use crate::domain::{Currency, Date};

/// Shares at which curves are written, beside zero.
const CURVE_STEPS: u32 = 20;
/// Amounts a decision are written with two decimals more than the currency has.
const DECIMALS: f64 = 100.0;

/// Returns what policies would have been worth as a document: one row a policy. Amounts are units of the currency a
/// decision; where a policy is refused there are none.
pub fn evaluations(report: &PolicyReport) -> Document {
    let rows = &report.judged;
    let number = |value: &dyn Fn(&Evaluation) -> f64| {
        Values::Number(rows.iter().map(|row| Some(value(&row.evaluation))).collect())
    };
    let amount = |value: &dyn Fn(&Judged) -> Option<f64>| {
        let shown = |row: &Judged| value(row).map(|minor| major(minor, report.currency));
        Values::Number(rows.iter().map(shown).collect())
    };
    let snips =
        |part: fn(&Estimate) -> f64| amount(&|row: &Judged| known(&row.evaluation, |one| part(&one.snips)));
    let robust = |part: fn(&Estimate) -> f64| {
        amount(&|row: &Judged| known(&row.evaluation, |one| part(&one.doubly_robust)))
    };
    let against = |part: fn(&Comparison) -> f64| amount(&|row: &Judged| row.against_wait.as_ref().map(part));
    let names = rows.iter().map(|row| Some(row.evaluation.name.clone())).collect();
    let counts = |value: fn(&Evaluation) -> usize| integers(rows.iter().map(|row| value(&row.evaluation)));
    let refusals = rows.iter().map(|row| row.evaluation.refusal.clone()).collect();
    let currencies = vec![Some(report.currency.code().to_owned()); rows.len()];
    let columns = [
        ("policy", Values::Text(names)),
        ("currency", Values::Text(currencies)),
        ("decisions", counts(|one| one.decisions)),
        ("customers", counts(|one| one.customers)),
        ("left_out", counts(|one| one.left_out)),
        (
            "effective_sample_size",
            number(&|one: &Evaluation| one.effective_sample_size),
        ),
        ("clipped_share", number(&|one: &Evaluation| one.clipped_share)),
        ("snips", snips(|one| one.value)),
        ("snips_low", snips(|one| one.low)),
        ("snips_high", snips(|one| one.high)),
        ("doubly_robust", robust(|one| one.value)),
        ("doubly_robust_low", robust(|one| one.low)),
        ("doubly_robust_high", robust(|one| one.high)),
        ("against_wait", against(|one| one.doubly_robust.value)),
        ("against_wait_low", against(|one| one.doubly_robust.low)),
        ("against_wait_high", against(|one| one.doubly_robust.high)),
        ("against_wait_snips", against(|one| one.snips.value)),
        ("refusal", Values::Text(refusals)),
    ];
    Document {
        name: "policies",
        as_of: report.to,
        table: table(columns),
        sheet_column: None,
        assumptions: Some(Assumptions {
            facts: evaluation_facts(report),
            totals: ("actions", actions(report)),
            tables: vec![
                ("uplift", curve(report.uplift.as_ref(), report.currency)),
                ("qini", curve(report.qini.as_ref(), report.currency)),
            ],
        }),
    }
}

/// Returns a figure of an evaluation that is not refused.
fn known(evaluation: &Evaluation, value: impl Fn(&Evaluation) -> f64) -> Option<f64> {
    evaluation.refusal.is_none().then(|| value(evaluation))
}

fn evaluation_facts(report: &PolicyReport) -> Vec<(&'static str, Value)> {
    let area = |curve: Option<&Curve>| {
        let minor = curve.map(|curve| major(curve.area, report.currency));
        minor.map_or(Value::Null, Value::from)
    };
    vec![
        ("policy", report.policy.as_str().into()),
        ("version", report.version.as_str().into()),
        ("currency", report.currency.code().into()),
        ("model", report.model.as_str().into()),
        ("from", report.from.to_string().into()),
        ("to", report.to.to_string().into()),
        ("window_days", report.terms.window_days.into()),
        ("cost_of_capital", report.terms.cost_of_capital.into()),
        ("open_days", report.terms.open_days.into()),
        ("loss_of_open", report.terms.loss_of_open.into()),
        ("rows", report.counts.rows.into()),
        ("without_propensity", report.counts.without_propensity.into()),
        ("too_recent", report.counts.too_recent.into()),
        ("conflicting", report.counts.conflicting.into()),
        ("without_invoice", report.counts.without_invoice.into()),
        ("without_rate", report.counts.without_rate.into()),
        ("overlapping", report.counts.overlapping.into()),
        ("substituted_share", report.substituted_share.into()),
        ("uplift_area", area(report.uplift.as_ref())),
        ("qini_area", area(report.qini.as_ref())),
        ("remarks", report.remarks.clone().into()),
    ]
}

/// Decisions by what was done.
fn actions(report: &PolicyReport) -> OutputTable {
    let names = report
        .actions
        .iter()
        .map(|(action, _)| Some(action.to_string()))
        .collect();
    table([
        ("action", Values::Text(names)),
        (
            "decisions",
            integers(report.actions.iter().map(|(_, count)| *count)),
        ),
    ])
}

fn curve(curve: Option<&Curve>, currency: Currency) -> OutputTable {
    let points = curve
        .map(|curve| curve.at_shares(CURVE_STEPS))
        .unwrap_or_default();
    let amount = |minor: f64| Some(major(minor, currency));
    table([
        (
            "share",
            Values::Number(points.iter().map(|point| Some(point.share)).collect()),
        ),
        (
            "value",
            Values::Number(points.iter().map(|point| amount(point.value)).collect()),
        ),
        (
            "random",
            Values::Number(points.iter().map(|point| amount(point.random)).collect()),
        ),
    ])
}

/// Returns a rehearsal as a document: one row a day and action.
pub fn rehearsal(found: &Rehearsal) -> Document {
    let mut rows: Vec<(&RehearsedDay, String, &RehearsedAction)> = Vec::new();
    for day in &found.days {
        for (action, tally) in &day.actions {
            rows.push((day, action.to_string(), tally));
        }
    }
    let date = |value: fn(&RehearsedDay) -> Date| {
        Values::Date(rows.iter().map(|(day, _, _)| Some(value(day))).collect())
    };
    let count =
        |value: fn(&RehearsedAction) -> usize| integers(rows.iter().map(|(_, _, tally)| value(tally)));
    let names = rows.iter().map(|(_, action, _)| Some(action.clone())).collect();
    let minutes = rows
        .iter()
        .map(|(_, _, tally)| i64::try_from(tally.minutes).ok())
        .collect();
    let gains = rows
        .iter()
        .map(|(_, _, tally)| Some(major(tally.gain, found.currency)))
        .collect();
    let currencies = vec![Some(found.currency.code().to_owned()); rows.len()];
    let columns = [
        ("as_of", date(|day| day.as_of)),
        ("day", date(|day| day.day)),
        ("action", Values::Text(names)),
        ("customers", count(|tally| tally.customers)),
        ("contacts", count(|tally| tally.contacts)),
        ("minutes", Values::Integer(minutes)),
        ("currency", Values::Text(currencies)),
        ("expected_gain", Values::Number(gains)),
        ("paid_anyway", count(|tally| tally.paid_anyway)),
    ];
    Document {
        name: "rehearsal",
        as_of: found.days.last().map_or_else(Date::default, |day| day.as_of),
        table: table(columns),
        sheet_column: None,
        assumptions: Some(Assumptions {
            facts: vec![
                ("policy", found.policy.as_str().into()),
                ("version", found.version.as_str().into()),
                ("currency", found.currency.code().into()),
                ("model", found.model.as_str().into()),
                ("remarks", found.remarks.clone().into()),
            ],
            totals: ("days", days(found)),
            tables: Vec::new(),
        }),
    }
}

/// Totals of each day.
fn days(found: &Rehearsal) -> OutputTable {
    let date = |value: fn(&RehearsedDay) -> Date| {
        Values::Date(found.days.iter().map(|day| Some(value(day))).collect())
    };
    let sum = |value: fn(&RehearsedAction) -> usize| {
        integers(
            found
                .days
                .iter()
                .map(|day| day.actions.values().map(value).sum::<usize>()),
        )
    };
    let gains = found
        .days
        .iter()
        .map(|day| Some(major(day.gain, found.currency)))
        .collect();
    table([
        ("as_of", date(|day| day.as_of)),
        ("day", date(|day| day.day)),
        ("customers", integers(found.days.iter().map(|day| day.customers))),
        ("contacts", sum(|tally| tally.contacts)),
        ("expected_gain", Values::Number(gains)),
        ("paid_anyway", sum(|tally| tally.paid_anyway)),
    ])
}

fn integers(counts: impl Iterator<Item = usize>) -> Values {
    Values::Integer(counts.map(|count| i64::try_from(count).ok()).collect())
}

/// An amount of minor units as units of its currency, rounded to hundredths of a minor unit.
pub(crate) fn major(minor: f64, currency: Currency) -> f64 {
    let exponent = i32::try_from(currency.exponent()).unwrap_or(2);
    (minor * DECIMALS).round() / DECIMALS / 10_f64.powi(exponent)
}
