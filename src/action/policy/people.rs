//! Who is on which procedure, and who works.

use crate::domain::Currency;

use super::compile::{MINUTES_MAX, numbered};
use super::raw::{RawAssignment, RawCollector, RawPolicy};
use super::values::Findings;
use super::{Assignment, CollectorRule};

/// Reads who is on which procedure; where nothing is said and there is one procedure, everybody is on it.
pub(super) fn assignments(raw: &RawPolicy, currency: Currency, findings: &mut Findings) -> Vec<Assignment> {
    match (raw.assignment.as_slice(), raw.procedure.as_slice()) {
        ([], [only]) => vec![Assignment {
            procedure: only.id.clone(),
            ..Assignment::default()
        }],
        (given, _) => numbered("assignment", given, |path, raw| {
            assignment(path, raw, currency, findings)
        }),
    }
}

fn assignment(path: &str, raw: &RawAssignment, currency: Currency, findings: &mut Findings) -> Assignment {
    let at = |field: &str| format!("{path}.{field}");
    let share = (0.0, 1.0);
    let score = (-1e9, 1e9);
    let mut number = |field: &str, given: Option<f64>, range: (f64, f64)| {
        given.map(|given| findings.number(&at(field), Some(given), range, range.0))
    };
    let (risk_min, risk_max) = (
        number("risk_min", raw.risk_min, share),
        number("risk_max", raw.risk_max, share),
    );
    let (score_min, score_max) = (
        number("score_min", raw.score_min, score),
        number("score_max", raw.score_max, score),
    );
    Assignment {
        procedure: raw.procedure.clone(),
        party_types: findings.party_types(&at("party_types"), &raw.party_types),
        countries: findings.countries(&at("countries"), &raw.countries),
        segments: findings.words(&at("segments"), &raw.segments),
        risk_min,
        risk_max,
        open_min_minor: findings.amount(&at("open_min"), raw.open_min.as_deref(), currency),
        open_max_minor: findings.amount(&at("open_max"), raw.open_max.as_deref(), currency),
        score_min,
        score_max,
        all_of: findings.conditions(&at("all_of"), &raw.all_of),
    }
}

/// Reads a collector; leave that ends before it starts is a finding.
pub(super) fn collector(path: &str, raw: &RawCollector, findings: &mut Findings) -> CollectorRule {
    if raw.id.trim().is_empty() {
        findings.add(
            &format!("{path}.id"),
            "a name or number, as in the ledger",
            &"nothing",
        );
    }
    let leave = numbered(&format!("{path}.leave"), &raw.leave, |path, leave| {
        let first = findings.date(&format!("{path}.first"), &leave.first)?;
        let last = findings.date(&format!("{path}.last"), &leave.last)?;
        if last < first {
            let allowed = format!("a day from {first} on, the first day of the leave");
            findings.add(&format!("{path}.last"), &allowed, &last);
        }
        Some((first, last))
    });
    CollectorRule {
        collector_id: raw.id.trim().to_owned(),
        minutes_per_day: findings.whole(
            &format!("{path}.minutes_per_day"),
            Some(raw.minutes_per_day),
            (0, MINUTES_MAX),
            0,
        ),
        skills: findings.words(&format!("{path}.skills"), &raw.skills),
        languages: findings.languages(&format!("{path}.languages"), &raw.languages),
        only_own_customers: raw.only_own_customers,
        leave: leave.into_iter().flatten().collect(),
    }
}
