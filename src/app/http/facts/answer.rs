//! What is said of the rows that were sent.

use serde::Serialize;

use crate::app::http::error::FieldError;
use crate::app::ledger::{Head, Outcome, Recorded};

/// What became of a request.
#[derive(Debug, Serialize)]
pub(super) struct Written {
    data: Vec<WrittenRow>,
    summary: Summary,
    ledger: Head,
}

#[derive(Debug, Serialize)]
struct WrittenRow {
    index: u64,
    status: &'static str,
}

impl Written {
    pub(super) fn of(recorded: &Recorded) -> Self {
        let mut summary = Summary::default();
        let data = recorded
            .outcomes
            .iter()
            .map(|(index, outcome)| {
                summary.count(outcome);
                WrittenRow {
                    index: *index,
                    status: status_of(outcome),
                }
            })
            .collect();
        Self {
            data,
            summary,
            ledger: recorded.head.clone(),
        }
    }
}

/// One line of the answer to a stream.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    line: u64,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

impl Line {
    pub(super) fn of(line: u64, outcome: &Outcome) -> Self {
        Self {
            line,
            status: status_of(outcome),
            errors: fields_of("", outcome),
        }
    }
}

/// How many rows became what.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Summary {
    rows: u64,
    added: u64,
    corrected: u64,
    unchanged: u64,
    rejected: u64,
}

impl Summary {
    pub(super) fn count(&mut self, outcome: &Outcome) {
        self.rows += 1;
        match outcome {
            Outcome::Added => self.added += 1,
            Outcome::Corrected => self.corrected += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Rejected(_) => self.rejected += 1,
        }
    }

    /// Returns whether nothing was said of any row.
    pub(super) const fn is_empty(&self) -> bool {
        self.rows == 0
    }
}

const fn status_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Added => "added",
        Outcome::Corrected => "corrected",
        Outcome::Unchanged => "unchanged",
        Outcome::Rejected(_) => "rejected",
    }
}

/// Returns the faults of a row with their places below the place of the row.
pub(super) fn fields_of(row: &str, outcome: &Outcome) -> Vec<FieldError> {
    let Outcome::Rejected(faults) = outcome else {
        return Vec::new();
    };
    faults
        .iter()
        .map(|fault| {
            let pointer = if fault.column.is_empty() {
                row.to_owned()
            } else {
                format!("{row}/{}", fault.column.replace('~', "~0").replace('/', "~1"))
            };
            let detail = if fault.value.is_empty() {
                fault.detail.clone()
            } else {
                format!("{}; given {:?}", fault.detail, fault.value)
            };
            FieldError {
                pointer,
                code: fault.code.to_owned(),
                detail,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ledger::RowFault;

    #[test]
    fn faults_point_into_the_row() {
        let fault = |column: &str| RowFault {
            column: column.to_owned(),
            code: "malformed",
            detail: "not a date".to_owned(),
            value: "x".to_owned(),
        };
        let outcome = Outcome::Rejected(vec![fault("due_date"), fault("a/b~c"), fault("")]);
        let fields = fields_of("/3", &outcome);
        let pointers: Vec<&str> = fields.iter().map(|field| field.pointer.as_str()).collect();
        assert_eq!(pointers, ["/3/due_date", "/3/a~1b~0c", "/3"]);
        assert_eq!(fields[0].detail, "not a date; given \"x\"");
        assert!(fields_of("/3", &Outcome::Added).is_empty());
    }
}
