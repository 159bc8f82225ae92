//! What can be wrong with a scenario.

use std::path::PathBuf;

/// Why a scenario was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No scenario of that name is shipped, and no file is there.
    #[error(
        "no scenario is called {given:?}; shipped are {allowed}, and the path of a .toml or .json file is allowed"
    )]
    NameUnknown {
        /// The name or path asked for.
        given: String,
        /// The shipped scenarios.
        allowed: String,
    },
    /// The file's extension names no format of scenarios.
    #[error("the file of a scenario must end in .toml or .json, got {given:?}")]
    ExtensionUnknown {
        /// The path as given.
        given: String,
    },
    /// The file cannot be read.
    #[error("cannot read the scenario {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The refusal of the operating system.
        source: std::io::Error,
    },
    /// The text is no scenario: wrong syntax, an unknown key or a value of the wrong type.
    #[error("scenario {scenario:?}: {reason}")]
    Syntax {
        /// The scenario, or the file.
        scenario: String,
        /// Where and why.
        reason: String,
    },
    /// A key that this kind of shock needs is absent.
    #[error("scenario {scenario:?}, {place}: the key {key} is missing; {allowed} is allowed")]
    KeyMissing {
        /// The scenario, or the file.
        scenario: String,
        /// The shock, by number and kind.
        place: String,
        /// The key.
        key: &'static str,
        /// What it may say.
        allowed: String,
    },
    /// A key that says nothing in this kind of shock.
    #[error("scenario {scenario:?}, {place}: the key {key} says nothing here; allowed are {allowed}")]
    KeyUseless {
        /// The scenario, or the file.
        scenario: String,
        /// The shock, by number and kind.
        place: String,
        /// The key.
        key: &'static str,
        /// The keys of such a shock.
        allowed: String,
    },
    /// A value is out of range.
    #[error("scenario {scenario:?}, {place}: {key} is out of range; {allowed} is allowed; got {given}")]
    OutOfRange {
        /// The scenario, or the file.
        scenario: String,
        /// The shock, by number and kind.
        place: String,
        /// The key.
        key: &'static str,
        /// The values allowed.
        allowed: String,
        /// The value given.
        given: String,
    },
    /// A selector names customers or places that are not there.
    #[error(
        "scenario {scenario:?}, {place}: {what} that the book does not know: {given}; {allowed}, \
         or missing = \"ignore\""
    )]
    NamesUnknown {
        /// The scenario.
        scenario: String,
        /// The shock, by number and kind.
        place: String,
        /// The key of the selector.
        what: &'static str,
        /// The names that are not known.
        given: String,
        /// What is known.
        allowed: String,
    },
    /// The customers of the ledger cannot be read.
    #[error("cannot read the customers of the ledger")]
    Customers(#[from] polars::prelude::PolarsError),
}
