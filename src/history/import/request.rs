//! What is to be imported, checked before anything is read.

mod given;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::present::Present;
use crate::domain::Date;
use crate::history::Error;
use crate::history::profile::Profile;
use crate::history::schema::Table;

pub use given::files_of;

/// What is to be imported, and where to.
#[derive(Clone, Copy, Debug)]
pub struct ImportRequest<'a> {
    /// How the files map onto our tables.
    pub profile: &'a Profile,
    /// Files, read in this order.
    pub inputs: &'a [PathBuf],
    /// Folder of the ledger; created when it is not there.
    pub ledger: &'a Path,
    /// Largest share of imported records that may be rejected, from 0 to 1.
    pub max_reject_share: f64,
    /// The day the files were made: since then is known what they change in the ledger, where a row does not say it
    /// itself. Absent is the last day on which any of their rows became known.
    pub recorded_at: Option<Date>,
}

/// Checks what can be checked before anything is read; returns the bytes of all inputs.
pub(super) fn check_request(request: &ImportRequest<'_>, ledger: &Path) -> Result<u64, Error> {
    if !(0.0..=1.0).contains(&request.max_reject_share) {
        let share = request.max_reject_share;
        return Err(input_error(
            ledger,
            format!("the share of rejects tolerated must be from 0 to 1, got {share}"),
        ));
    }
    if request.inputs.is_empty() {
        return Err(input_error(
            ledger,
            "an import needs at least one input file".to_owned(),
        ));
    }
    if fs::canonicalize(".").is_ok_and(|here| here.starts_with(ledger)) {
        return Err(input_error(
            ledger,
            "an import replaces the ledger's folder, which is the current one; run it from outside"
                .to_owned(),
        ));
    }
    let mut seen = BTreeSet::new();
    let mut total = 0_u64;
    for input in request.inputs {
        let path = fs::canonicalize(input).map_err(|error| Error::io(input, error))?;
        let metadata = fs::metadata(&path).map_err(|error| Error::io(input, error))?;
        if !metadata.is_file() {
            return Err(input_error(input, "an input must be a file".to_owned()));
        }
        if path.starts_with(ledger) {
            return Err(input_error(
                input,
                "an input must not be part of the ledger itself".to_owned(),
            ));
        }
        if !seen.insert(path) {
            return Err(input_error(input, "the input is given twice".to_owned()));
        }
        total = total.saturating_add(metadata.len());
    }
    Ok(total)
}

/// Names of the inputs in rejects: as given, and told apart from the ledger's own files.
pub(super) fn labels(inputs: &[PathBuf], present: &Present) -> Vec<String> {
    let own: BTreeSet<OsString> = Table::ALL
        .iter()
        .filter_map(|table| present.file_name(*table))
        .collect();
    inputs
        .iter()
        .map(|input| {
            if own.contains(input.as_os_str()) {
                format!("./{}", input.display())
            } else {
                input.display().to_string()
            }
        })
        .collect()
}

pub(super) fn input_error(path: &Path, reason: String) -> Error {
    Error::Input {
        path: path.to_path_buf(),
        reason,
    }
}
