//! Why a policy cannot be used: everything at once.

use std::fmt;

use serde::Serialize;

/// Why a text is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text is no TOML, has an unknown field, or a value of the wrong type.
    #[error("{place} is no policy")]
    Syntax {
        /// The file, or wherever the text comes from.
        place: String,
        /// What the reader of TOML says, with line and column.
        source: toml::de::Error,
    },
    /// Values that cannot be used.
    #[error("{place} cannot be used as a policy:{}", in_lines(.findings))]
    Invalid {
        /// The file, or wherever the text comes from.
        place: String,
        /// All of them, not only the first.
        findings: Vec<Finding>,
    },
}

/// A value of a policy that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where it stands; lists count from zero: `action[3].cost`.
    pub path: String,
    /// What is allowed.
    pub allowed: String,
    /// What was given.
    pub given: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {} is allowed, got {}",
            self.path, self.allowed, self.given
        )
    }
}

fn in_lines(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("\n  {finding}")).collect()
}
