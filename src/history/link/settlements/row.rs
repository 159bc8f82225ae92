//! Records and their values, in one line each.

use crate::domain::Date;
use crate::history::link::{Fault, Linked, Record};
use crate::history::schema::Table;

/// The date of a field that must have one.
pub(super) fn needed_date(record: &Record, table: Table, field: &'static str) -> Result<Date, Fault> {
    record
        .date(field)
        .ok_or_else(|| record.fault(table, field, "a date such as 2026-01-31 is required"))
}

/// Whether a cell says yes.
pub(super) fn is_yes(text: Option<&str>) -> bool {
    text.is_some_and(|text| matches!(text.to_lowercase().as_str(), "yes" | "y" | "true" | "1" | "x"))
}

/// The records of a kind, sorted by key and content; repeated ones once, conflicting ones as faults.
///
/// Of conflicting records one wins whatever the order of the files, so that a ledger does not depend on it.
pub(super) fn distinct<'a>(
    records: &'a [Record],
    kind: &str,
    key: &'static str,
    table: Table,
    linked: &mut Linked,
) -> Vec<&'a Record> {
    let mut sorted: Vec<&'a Record> = records
        .iter()
        .filter(|record| record.kind().name == kind)
        .collect();
    sorted.sort_by(|one, other| {
        let by_text = one.text(key).cmp(&other.text(key));
        by_text
            .then_with(|| one.cells().cmp(other.cells()))
            .then_with(|| one.origin().cmp(&other.origin()))
    });
    let mut kept: Vec<&'a Record> = Vec::with_capacity(sorted.len());
    for record in sorted {
        let first = kept
            .last()
            .copied()
            .filter(|first| record.text(key).is_some() && first.text(key) == record.text(key));
        match first {
            None => kept.push(record),
            Some(first) if first.cells().eq(record.cells()) => linked.passed_over += 1,
            Some(first) => {
                let origin = first.origin();
                let reason = format!(
                    "duplicate: {} line {} has the same id and other values",
                    origin.file, origin.line
                );
                linked.faults.push(record.fault(table, key, &reason));
            }
        }
    }
    kept
}
