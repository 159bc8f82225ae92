//! Where a ledger is, and the right to replace it.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::history::Error;

/// How often a ledger is opened anew when another import has just replaced it.
const LOCK_ATTEMPTS: u32 = 3;

/// The place of a ledger: the folder it is in, and its name there.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) parent: PathBuf,
    pub(super) name: OsString,
}

impl Place {
    /// Finds the place of a ledger that may not be there yet; a symbolic link leads to its target.
    pub(super) fn of(ledger: &Path) -> Result<Self, Error> {
        let nameless = || Error::Input {
            path: ledger.to_path_buf(),
            reason: "a ledger must be a folder with a name, not the root of the file system".to_owned(),
        };
        let (parent, name) = match fs::canonicalize(ledger) {
            Ok(real) => (
                real.parent().map(Path::to_path_buf),
                real.file_name().map(OsString::from),
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let parent = match ledger.parent() {
                    Some(parent) if parent.as_os_str().is_empty() => Some(PathBuf::from(".")),
                    parent => parent.map(Path::to_path_buf),
                };
                (parent, ledger.file_name().map(OsString::from))
            }
            Err(error) => return Err(Error::io(ledger, error)),
        };
        Ok(Self {
            parent: parent.ok_or_else(nameless)?,
            name: name.ok_or_else(nameless)?,
        })
    }

    /// The ledger itself.
    pub(super) fn ledger(&self) -> PathBuf {
        self.parent.join(&self.name)
    }

    /// A file beside the ledger, named after it.
    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.name.clone();
        name.push(suffix);
        self.parent.join(name)
    }

    /// Start of the names of staging folders.
    fn staging_prefix(&self) -> OsString {
        let mut prefix = OsString::from(".");
        prefix.push(&self.name);
        prefix.push(".import-");
        prefix
    }

    /// The staging folder of this process.
    pub(super) fn staging(&self) -> PathBuf {
        let mut name = self.staging_prefix();
        name.push(std::process::id().to_string());
        self.parent.join(name)
    }
}

/// The right to replace a ledger: one import at a time.
///
/// A ledger that is there is locked itself; for a new one its parent folder is, until the ledger has
/// appeared in it. No lock file is left behind.
#[derive(Debug)]
pub(super) struct Lock {
    /// Holds the lock until it is dropped; `None` where the file system has none.
    held: Option<File>,
    /// Folders made to have something to lock, innermost first.
    made: Vec<PathBuf>,
}

impl Lock {
    /// Takes the lock, and clears what a killed import has left.
    pub(super) fn take(place: &Place) -> Result<Self, Error> {
        let ledger = place.ledger();
        for _ in 0..LOCK_ATTEMPTS {
            let taken = match File::open(&ledger) {
                Ok(folder) => Self::of_present(place, folder)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => Self::of_new(place)?,
                Err(error) => return Err(Error::io(&ledger, error)),
            };
            if let Some(lock) = taken {
                return Ok(lock);
            }
        }
        Err(Error::Input {
            path: ledger,
            reason: "other imports keep replacing this ledger; wait for them to end".to_owned(),
        })
    }

    /// Locks a ledger that is there; `None` when another one has just taken its place.
    fn of_present(place: &Place, folder: File) -> Result<Option<Self>, Error> {
        let ledger = place.ledger();
        let metadata = folder.metadata().map_err(|error| Error::io(&ledger, error))?;
        if !metadata.is_dir() {
            return Err(Error::Input {
                path: ledger,
                reason: "a ledger must be a folder, this is a file".to_owned(),
            });
        }
        match folder.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Input {
                    path: ledger,
                    reason: "another import into this ledger is running; wait for it to end".to_owned(),
                });
            }
            // A file system without locks: the exchange is still atomic.
            Err(TryLockError::Error(_)) => return Ok(Some(Self::without(Vec::new()))),
        }
        // The folder that was opened may have been exchanged for a newer one in the meantime.
        if !is_same(&metadata, &ledger)? {
            return Ok(None);
        }
        clear_leftovers(place);
        Ok(Some(Self {
            held: Some(folder),
            made: Vec::new(),
        }))
    }

    /// Locks the parent of a ledger that is not there; `None` when it has come or the parent has gone.
    fn of_new(place: &Place) -> Result<Option<Self>, Error> {
        let (ledger, parent) = (place.ledger(), &place.parent);
        let made = make_folders(parent)?;
        let folder = match File::open(parent) {
            Ok(folder) => folder,
            Err(error) => {
                return match error.kind() {
                    io::ErrorKind::NotFound => Ok(None),
                    // Writable but not readable: publishing still replaces nothing.
                    io::ErrorKind::PermissionDenied => Ok(Some(Self::without(made))),
                    _ => Err(Error::io(parent, error)),
                };
            }
        };
        let metadata = folder.metadata().map_err(|error| Error::io(parent, error))?;
        match folder.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Input {
                    path: ledger,
                    reason: format!(
                        "another import of a new ledger in {} is running; wait for it to end",
                        parent.display()
                    ),
                });
            }
            // A file system without locks: publishing still replaces nothing.
            Err(TryLockError::Error(_)) => return Ok(Some(Self::without(made))),
        }
        let is_there = ledger.try_exists().map_err(|error| Error::io(&ledger, error))?;
        if is_there || !is_same(&metadata, parent)? {
            return Ok(None);
        }
        // A killed import may have had the same process id, as every process of a container has; what
        // cannot be removed is reported when the folder is made.
        let _ = fs::remove_dir_all(place.staging());
        Ok(Some(Self {
            held: Some(folder),
            made,
        }))
    }

    fn without(made: Vec<PathBuf>) -> Self {
        Self { held: None, made }
    }
}

impl Drop for Lock {
    /// Removes the folders made for the lock where the import put nothing into them.
    fn drop(&mut self) {
        // Without the lock another import may be about to use them.
        if self.held.is_some() {
            for folder in &self.made {
                // A folder with files is not removed, which is what is wanted.
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

/// Makes a folder with those above it; returns the ones that were absent, innermost first.
fn make_folders(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let absent = folder
        .ancestors()
        .filter(|folder| !folder.as_os_str().is_empty())
        .take_while(|folder| fs::metadata(folder).is_err())
        .map(Path::to_path_buf)
        .collect();
    fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
    Ok(absent)
}

/// Returns whether the path still leads to what was opened.
#[cfg(unix)]
fn is_same(opened: &fs::Metadata, path: &Path) -> Result<bool, Error> {
    use std::os::unix::fs::MetadataExt;

    match fs::metadata(path) {
        Ok(current) => Ok(opened.dev() == current.dev() && opened.ino() == current.ino()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io(path, error)),
    }
}

#[cfg(not(unix))]
fn is_same(_opened: &fs::Metadata, _path: &Path) -> Result<bool, Error> {
    Ok(true)
}

/// Removes staging folders of imports that were killed; whoever holds the lock runs alone.
fn clear_leftovers(place: &Place) {
    let prefix = place.staging_prefix();
    let Ok(entries) = fs::read_dir(&place.parent) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let rest = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        // Behind the prefix stands a process id; `ledger.import-x` is another ledger.
        let is_leftover = rest.is_some_and(|rest| rest.iter().all(u8::is_ascii_digit));
        if is_leftover {
            // What cannot be removed only takes space, and the import does not depend on it.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place_in(folder: &Path) -> Place {
        Place::of(&folder.join("ledger")).unwrap()
    }

    #[test]
    fn one_import_at_a_time_and_the_next_clears_what_a_killed_one_left() {
        let folder = tempfile::tempdir().unwrap();
        let place = place_in(folder.path());
        fs::create_dir(place.ledger()).unwrap();
        let leftover = folder.path().join(".ledger.import-0");
        fs::create_dir(&leftover).unwrap();
        let lock = Lock::take(&place).unwrap();
        assert!(!leftover.try_exists().unwrap());
        let refused = Lock::take(&place).unwrap_err();
        assert!(refused.to_string().contains("another import"), "{refused}");
        drop(lock);
        Lock::take(&place).unwrap();
    }

    #[test]
    fn a_new_ledger_is_made_by_one_import_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let place = place_in(&folder.path().join("not/there"));
        let lock = Lock::take(&place).unwrap();
        let refused = Lock::take(&place).unwrap_err();
        assert!(refused.to_string().contains("another import"), "{refused}");
        fs::create_dir(place.ledger()).unwrap();
        drop(lock);
        Lock::take(&place).unwrap();
        assert_eq!(fs::read_dir(&place.parent).unwrap().count(), 1);
    }

    #[test]
    fn a_lock_for_nothing_leaves_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let place = place_in(&folder.path().join("not/there"));
        drop(Lock::take(&place).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
