//! Temporary files and folders that become the real ones by a rename.
//!
//! `tempfile` closes them to everybody but their owner; what becomes a ledger or a model is as open as the
//! user's umask says.

use std::io;
use std::path::Path;

use tempfile::{Builder, NamedTempFile, TempDir};

/// Makes a temporary file in `folder`.
pub(crate) fn file_in(folder: &Path) -> io::Result<NamedTempFile> {
    open_to_umask(&mut Builder::new(), 0o666).tempfile_in(folder)
}

/// Makes a temporary folder in `parent` with a name that starts with `prefix`.
pub(crate) fn folder_in(parent: &Path, prefix: &str) -> io::Result<TempDir> {
    open_to_umask(Builder::new().prefix(prefix), 0o777).tempdir_in(parent)
}

#[cfg(unix)]
fn open_to_umask<'b, 'p, 's>(builder: &'b mut Builder<'p, 's>, mode: u32) -> &'b mut Builder<'p, 's> {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn open_to_umask<'b, 'p, 's>(builder: &'b mut Builder<'p, 's>, _mode: u32) -> &'b mut Builder<'p, 's> {
    builder
}
