//! A policy as written: names and amounts are still text.

use serde::Deserialize;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPolicy {
    pub(super) name: String,
    pub(super) currency: String,
    #[serde(default)]
    pub(super) natural_person_scoring: bool,
    #[serde(default)]
    pub(super) unverified_law: Vec<String>,
    #[serde(default)]
    pub(super) action: Vec<RawAction>,
    #[serde(default)]
    pub(super) procedure: Vec<RawProcedure>,
    #[serde(default)]
    pub(super) assignment: Vec<RawAssignment>,
    #[serde(default)]
    pub(super) caps: RawCaps,
    #[serde(default)]
    pub(super) exclusions: RawExclusions,
    #[serde(default)]
    pub(super) value: RawValue,
    #[serde(default)]
    pub(super) exploration: RawExploration,
    #[serde(default)]
    pub(super) collector: Vec<RawCollector>,
}

/// An action of the catalogue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAction {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) kind: String,
    pub(super) channel: Option<String>,
    pub(super) cost: Option<String>,
    pub(super) goodwill: Option<String>,
    pub(super) minutes: Option<i64>,
    pub(super) skill: Option<String>,
    #[serde(default)]
    pub(super) languages: Vec<String>,
    pub(super) level: Option<i64>,
    pub(super) template: Option<String>,
    pub(super) tone: Option<String>,
    pub(super) autonomy: Option<String>,
    pub(super) cooling_off_days: Option<i64>,
    #[serde(default)]
    pub(super) once_per_invoice: bool,
    pub(super) discount_percent: Option<f64>,
    #[serde(default)]
    pub(super) when: RawWhen,
    pub(super) effect: Option<RawEffect>,
}

/// When an action may be done.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWhen {
    pub(super) days_past_due_min: Option<i64>,
    pub(super) days_past_due_max: Option<i64>,
    pub(super) days_to_due_min: Option<i64>,
    pub(super) days_to_due_max: Option<i64>,
    pub(super) amount_min: Option<String>,
    pub(super) amount_max: Option<String>,
    pub(super) open_items_min: Option<i64>,
    #[serde(default)]
    pub(super) party_types: Vec<String>,
    #[serde(default)]
    pub(super) countries: Vec<String>,
    #[serde(default)]
    pub(super) after: Vec<String>,
    #[serde(default)]
    pub(super) all_of: Vec<String>,
    #[serde(default)]
    pub(super) any_of: Vec<String>,
    #[serde(default)]
    pub(super) none_of: Vec<String>,
}

/// What an action is assumed to do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEffect {
    pub(super) odds_ratio: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) days: Option<i64>,
}

/// The steps of a kind of customer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProcedure {
    pub(super) id: String,
    #[serde(default)]
    pub(super) steps: Vec<RawStep>,
    pub(super) then: Option<String>,
}

/// A step of a procedure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub(super) action: String,
    pub(super) from_days_past_due: i64,
}

/// Which customers are on a procedure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAssignment {
    pub(super) procedure: String,
    #[serde(default)]
    pub(super) party_types: Vec<String>,
    #[serde(default)]
    pub(super) countries: Vec<String>,
    #[serde(default)]
    pub(super) segments: Vec<String>,
    pub(super) risk_min: Option<f64>,
    pub(super) risk_max: Option<f64>,
    pub(super) open_min: Option<String>,
    pub(super) open_max: Option<String>,
    pub(super) score_min: Option<f64>,
    pub(super) score_max: Option<f64>,
    #[serde(default)]
    pub(super) all_of: Vec<String>,
}

/// How often and when a customer may be contacted.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCaps {
    pub(super) contacts: Option<Vec<RawContactCap>>,
    pub(super) earliest: Option<String>,
    pub(super) latest: Option<String>,
    pub(super) business_days_only: Option<bool>,
    pub(super) timezone: Option<String>,
}

/// At most so many contacts in so many days.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawContactCap {
    pub(super) days: i64,
    pub(super) contacts: i64,
}

/// What may not be dunned.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExclusions {
    pub(super) minimum: Option<String>,
    pub(super) promise_tolerance_days: Option<i64>,
    pub(super) subtract_unapplied_credit: Option<bool>,
    pub(super) direct_debit_days: Option<i64>,
    pub(super) grace_days: Option<i64>,
    pub(super) expected_probability: Option<f64>,
    pub(super) expected_days: Option<i64>,
}

/// What cash and time are worth.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawValue {
    pub(super) cost_of_capital: Option<f64>,
    pub(super) loss_share: Option<f64>,
    pub(super) rescue_share: Option<f64>,
    pub(super) minute_cost: Option<String>,
}

/// What is left to chance.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExploration {
    pub(super) share: Option<f64>,
    pub(super) propensity_min: Option<f64>,
    pub(super) hold_out_share: Option<f64>,
    pub(super) seed: Option<u64>,
}

/// A collector.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCollector {
    pub(super) id: String,
    pub(super) minutes_per_day: i64,
    #[serde(default)]
    pub(super) skills: Vec<String>,
    #[serde(default)]
    pub(super) languages: Vec<String>,
    #[serde(default)]
    pub(super) only_own_customers: bool,
    #[serde(default)]
    pub(super) leave: Vec<RawLeave>,
}

/// Leave, first and last day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLeave {
    pub(super) first: String,
    pub(super) last: String,
}
