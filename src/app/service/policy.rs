//! Reads a policy from a file, or takes the one that ships.

use std::path::{Path, PathBuf};

use crate::action::Policy;
use crate::action::policy::PolicyError;

/// Why there is no policy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read the policy {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The refusal of the operating system.
        source: std::io::Error,
    },
    /// The file is no policy, or has values that cannot be used.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// Reads a policy from a file; without one, it is the policy that ships.
///
/// # Errors
///
/// - [`Error::Read`] when the file cannot be read.
/// - [`Error::Policy`] for all of what is wrong with it.
pub fn load(path: Option<&Path>) -> Result<Policy, Error> {
    let Some(path) = path else {
        return Ok(Policy::default_policy());
    };
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(Policy::from_toml(&text, &path.display().to_string())?)
}
