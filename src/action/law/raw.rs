//! The tables of rules as they are written in TOML.

use chrono::NaiveTime;
use serde::Deserialize;

use super::rule::RuleStatus;
use crate::action::kind::PartyType;
use crate::domain::{Currency, Date};

/// A file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTable {
    #[serde(default)]
    pub(super) rate: Vec<RawRate>,
    #[serde(default)]
    pub(super) rule: Vec<RawRule>,
}

/// A reference rate in a period.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRate {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) country: String,
    pub(super) valid_from: Date,
    pub(super) valid_until: Option<Date>,
    pub(super) percent: f64,
    pub(super) status: RuleStatus,
    pub(super) source: String,
    #[serde(default)]
    pub(super) note: String,
}

/// A rule: where, for whom and when, and exactly one of the tables at its end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) id: String,
    #[serde(default)]
    pub(super) countries: Vec<String>,
    pub(super) parties: Vec<PartyType>,
    pub(super) valid_from: Date,
    pub(super) valid_until: Option<Date>,
    pub(super) status: RuleStatus,
    pub(super) source: String,
    pub(super) words: String,
    #[serde(default)]
    pub(super) note: String,
    pub(super) interest: Option<RawInterest>,
    pub(super) compensation: Option<RawCompensation>,
    pub(super) collection_cost: Option<RawScale>,
    pub(super) instalment_cost: Option<RawReview>,
    pub(super) notice: Option<RawNotice>,
    pub(super) contact: Option<RawContact>,
    pub(super) term: Option<RawTerm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawInterest {
    pub(super) rate: String,
    pub(super) margin: f64,
    #[serde(default)]
    pub(super) compounds_yearly: bool,
    #[serde(default)]
    pub(super) fixed_at_start: bool,
    #[serde(default)]
    pub(super) waits_days: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCompensation {
    pub(super) currency: Currency,
    pub(super) steps: Vec<RawStep>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub(super) below: Option<String>,
    pub(super) amount: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScale {
    pub(super) currency: Currency,
    pub(super) minimum: String,
    pub(super) maximum: String,
    #[serde(default)]
    pub(super) vat_basis_points: u32,
    #[serde(default)]
    pub(super) needs_notice: bool,
    pub(super) bands: Vec<RawBand>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBand {
    pub(super) up_to: Option<String>,
    pub(super) basis_points: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawReview {
    pub(super) legal_review: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNotice {
    pub(super) days: u32,
    pub(super) required: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawContact {
    pub(super) earliest: NaiveTime,
    pub(super) latest: NaiveTime,
    #[serde(default)]
    pub(super) sundays_off: bool,
    #[serde(default)]
    pub(super) holidays_off: bool,
    #[serde(default)]
    pub(super) caps: Vec<RawCap>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCap {
    pub(super) days: u32,
    pub(super) contacts: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTerm {
    pub(super) days: u32,
    pub(super) days_where_none: u32,
    pub(super) days_of_large_buyer: Option<u32>,
}
