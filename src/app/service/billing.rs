//! Reads a billing plan from the file that the user names.

use std::io::Read;
use std::path::Path;

use super::Error;
use crate::forecast::BillingPlan;
use crate::history;
use crate::history::encoding::open_text;

/// Reads a billing plan from a CSV file in whatever encoding it is.
///
/// # Errors
///
/// - [`Error::History`] when the file cannot be read.
/// - [`Error::Forecast`] with the rows that cannot be used.
pub fn read_plan(path: &Path) -> Result<BillingPlan, Error> {
    let mut text = String::new();
    open_text(path)
        .map_err(history::Error::from)?
        .reader
        .read_to_string(&mut text)
        .map_err(|source| history::Error::Io {
            path: path.to_owned(),
            source,
        })?;
    Ok(BillingPlan::parse(&text)?)
}
