//! By how much an effect differs by weekday, hour and collector: deviations, pooled hard towards none.
//!
//! Weekdays are compared with waiting on the same weekday, which chance chose. Nobody who waits has an hour or a
//! collector: these are compared with the other contacts of the same cell, and tell of the customers whom somebody
//! calls as much as of the call. They are told as such.

use std::collections::BTreeMap;

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use super::contrast::{contrast, deviation};
use super::pool::Normal;
use super::report::Interval;
use super::response::Response;
use super::rows::{Row, is_enough};
use super::{LearnPlan, Observation};
use crate::action::kind::ActionId;

/// Standard deviation of deviations before anything is measured: odds by a tenth.
const DEVIATION_PRIOR: f64 = 0.1;

/// What an effect may differ by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModifierKind {
    /// The day of the week.
    Weekday,
    /// The part of the day, in the customer's own time.
    Hour,
    /// Who did it.
    Collector,
}

/// By how much the shift of an action differs from that of its cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModifierReport {
    /// The action.
    pub action: ActionId,
    /// What it differs by.
    pub kind: ModifierKind,
    /// `mon` to `sun`, `before_10`, `10_to_12`, `12_to_14`, `14_to_17`, `from_17`, or the collector.
    pub value: String,
    /// Decisions for the action.
    pub decisions: u64,
    /// Deviation of the shift, pooled towards none.
    pub deviation: Interval,
    /// Whether chance chose what is compared; else the deviation may come from who is contacted.
    pub is_randomised: bool,
}

/// The decisions of a cell with what was learned of it.
pub(super) struct Group<'a> {
    pub(super) rows: &'a [Row<'a>],
    pub(super) waiting: f64,
    pub(super) shift: f64,
}

/// Tells the deviations of an action.
pub(super) fn modifiers<'a>(
    action: &ActionId,
    groups: impl Iterator<Item = Group<'a>>,
    response: &Response,
    plan: &LearnPlan,
) -> Vec<ModifierReport> {
    let mut by_value: BTreeMap<(ModifierKind, usize, String), Vec<Row<'a>>> = BTreeMap::new();
    for group in groups {
        for row in group.rows {
            let shift = if row.is_acted { group.shift } else { 0.0 };
            let row = Row {
                offset: group.waiting + shift,
                ..*row
            };
            for (kind, place, value) in values(row.observation) {
                if kind == ModifierKind::Weekday || row.is_acted {
                    by_value.entry((kind, place, value)).or_default().push(row);
                }
            }
        }
    }
    let mut reports = Vec::new();
    for ((kind, _, value), mut rows) in by_value {
        rows.sort_by_key(|row| row.customer);
        let acted = rows.iter().filter(|row| row.is_acted).count();
        let (measured, error) = match kind {
            ModifierKind::Weekday if is_enough(&rows, plan) => {
                let compared = contrast(&rows, response);
                (compared.shift, compared.shift_error)
            }
            ModifierKind::Hour | ModifierKind::Collector if acted >= plan.arm_min => {
                deviation(&rows, response)
            }
            ModifierKind::Weekday | ModifierKind::Hour | ModifierKind::Collector => continue,
        };
        let prior = DEVIATION_PRIOR * DEVIATION_PRIOR;
        let kept = prior / (prior + error * error);
        let pooled = Normal {
            mean: kept * measured,
            std_error: (prior * (1.0 - kept)).sqrt(),
        };
        reports.push(ModifierReport {
            action: action.clone(),
            kind,
            value,
            decisions: u64::try_from(acted).unwrap_or(u64::MAX),
            deviation: pooled.interval(),
            is_randomised: kind == ModifierKind::Weekday,
        });
    }
    reports
}

/// What a decision is grouped by, with the place of the group in its order.
fn values(observation: &Observation) -> Vec<(ModifierKind, usize, String)> {
    let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let weekday = usize::try_from(observation.day.weekday().num_days_from_monday()).unwrap_or(0) % 7;
    let mut values = vec![(ModifierKind::Weekday, weekday, weekdays[weekday].to_owned())];
    if let Some(hour) = observation.hour {
        let (place, part) = match hour {
            ..10 => (0, "before_10"),
            10..12 => (1, "10_to_12"),
            12..14 => (2, "12_to_14"),
            14..17 => (3, "14_to_17"),
            17.. => (4, "from_17"),
        };
        values.push((ModifierKind::Hour, place, part.to_owned()));
    }
    if let Some(collector) = &observation.collector {
        values.push((ModifierKind::Collector, 0, collector.clone()));
    }
    values
}
