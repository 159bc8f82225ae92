//! The new ledger, written beside the old one and exchanged with it in one step.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

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
#[derive(Debug)]
pub(super) struct Lock {
    /// Holds the lock until it is dropped; `None` where there is no ledger yet.
    _held: Option<File>,
}

impl Lock {
    /// Takes the lock, and clears what a killed import has left.
    pub(super) fn take(place: &Place) -> Result<Self, Error> {
        let ledger = place.ledger();
        for _ in 0..LOCK_ATTEMPTS {
            let folder = match File::open(&ledger) {
                Ok(folder) => folder,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Self { _held: None });
                }
                Err(error) => return Err(Error::io(&ledger, error)),
            };
            let metadata = folder.metadata().map_err(|error| Error::io(&ledger, error))?;
            if !metadata.is_dir() {
                return Err(Error::Input {
                    path: ledger,
                    reason: "a ledger must be a folder, this is a file".to_owned(),
                });
            }
            match folder.try_lock() {
                Ok(()) => {
                    // The folder that was opened may have been exchanged for a newer one in the meantime.
                    if is_same(&metadata, &ledger)? {
                        clear_leftovers(place);
                        return Ok(Self { _held: Some(folder) });
                    }
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Input {
                        path: ledger,
                        reason: "another import into this ledger is running; wait for it to end".to_owned(),
                    });
                }
                // A file system without locks: the exchange is still atomic.
                Err(TryLockError::Error(_)) => return Ok(Self { _held: None }),
            }
        }
        Err(Error::Input {
            path: ledger,
            reason: "other imports keep replacing this ledger; wait for them to end".to_owned(),
        })
    }
}

#[cfg(unix)]
fn is_same(opened: &fs::Metadata, path: &Path) -> Result<bool, Error> {
    use std::os::unix::fs::MetadataExt;

    let current = fs::metadata(path).map_err(|error| Error::io(path, error))?;
    Ok(opened.dev() == current.dev() && opened.ino() == current.ino())
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

/// A ledger being written; removed when it is dropped before it is published.
#[derive(Debug)]
pub(super) struct Stage {
    place: Place,
    holder: TempDir,
    folder: PathBuf,
}

impl Stage {
    /// Creates the empty new ledger beside the old one, on the same file system.
    pub(super) fn begin(place: &Place) -> Result<Self, Error> {
        fs::create_dir_all(&place.parent).map_err(|error| Error::io(&place.parent, error))?;
        let path = place.staging();
        let name = path.file_name().expect("a staging folder has a name");
        let holder = tempfile::Builder::new()
            .prefix(name)
            .rand_bytes(0)
            .tempdir_in(&place.parent)
            .map_err(|error| Error::io(&path, error))?;
        // A folder of its own in the private one: it becomes the ledger, with the ledger's permissions.
        let folder = holder.path().join("ledger");
        fs::create_dir(&folder).map_err(|error| Error::io(&folder, error))?;
        if let Ok(metadata) = fs::metadata(place.ledger()) {
            fs::set_permissions(&folder, metadata.permissions())
                .map_err(|error| Error::io(&folder, error))?;
        }
        Ok(Self {
            place: place.clone(),
            holder,
            folder,
        })
    }

    /// The folder that becomes the ledger.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes over everything in the old ledger except the files that are written anew.
    pub(super) fn carry_over(&self, rewritten: &BTreeSet<OsString>) -> Result<(), Error> {
        let ledger = self.place.ledger();
        match fs::metadata(&ledger) {
            Ok(_) => carry_folder(&ledger, &self.folder, rewritten),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Error::io(&ledger, error)),
        }
    }

    /// Waits until the new ledger is on the disk.
    pub(super) fn sync(&self) -> Result<(), Error> {
        sync_folder(&self.folder)
    }

    /// Exchanges the new ledger with the old one, which is removed.
    pub(super) fn publish(self) -> Result<(), Error> {
        let ledger = self.place.ledger();
        let had_ledger = fs::symlink_metadata(&ledger).is_ok();
        let swapped = if had_ledger {
            exchange(&self.folder, &ledger, &self.holder.path().join("old"))
        } else {
            fs::rename(&self.folder, &ledger)
        };
        swapped.map_err(|error| match error.kind() {
            io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices => Error::Input {
                path: ledger.clone(),
                reason: "the ledger is a mount point, which cannot be replaced in one step; \
                         make the ledger a folder below it"
                    .to_owned(),
            },
            _ => Error::io(&ledger, error),
        })?;
        // The exchange is done whether or not the system confirms that it is on the disk.
        if let Ok(parent) = File::open(&self.place.parent) {
            let _ = parent.sync_all();
        }
        Ok(())
    }
}

/// Exchanges two folders in one step where the system can, else in two renames.
fn exchange(new: &Path, ledger: &Path, aside: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;

        match renameat_with(CWD, new, CWD, ledger, RenameFlags::EXCHANGE) {
            Ok(()) => return Ok(()),
            // An old kernel, or a file system that cannot exchange.
            Err(Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP) => {}
            Err(error) => return Err(error.into()),
        }
    }
    fs::rename(ledger, aside)?;
    fs::rename(new, ledger).inspect_err(|_| {
        // The old ledger goes back to its place; the first error is the one to report.
        let _ = fs::rename(aside, ledger);
    })
}

fn carry_folder(from: &Path, to: &Path, except: &BTreeSet<OsString>) -> Result<(), Error> {
    let entries = fs::read_dir(from).map_err(|error| Error::io(from, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| Error::io(from, error))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if except.contains(&entry.file_name()) {
            continue;
        }
        let kind = entry.file_type().map_err(|error| Error::io(&source, error))?;
        if kind.is_dir() {
            fs::create_dir(&target).map_err(|error| Error::io(&target, error))?;
            carry_folder(&source, &target, &BTreeSet::new())?;
        } else {
            carry_file(&source, &target, kind.is_symlink()).map_err(|error| Error::io(&target, error))?;
        }
    }
    Ok(())
}

/// Gives the file a second name, which costs no space; copies where the system has no such thing.
fn carry_file(source: &Path, target: &Path, is_link: bool) -> io::Result<()> {
    #[cfg(unix)]
    if is_link {
        return std::os::unix::fs::symlink(fs::read_link(source)?, target);
    }
    #[cfg(not(unix))]
    let _ = is_link;
    if fs::hard_link(source, target).is_err() {
        fs::copy(source, target)?;
    }
    Ok(())
}

/// Waits until the files of a folder and the folder itself are on the disk.
fn sync_folder(folder: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(|error| Error::io(folder, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| Error::io(folder, error))?;
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            sync(&entry.path())?;
        }
    }
    sync(folder)
}

fn sync(path: &Path) -> Result<(), Error> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|error| Error::io(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place_in(folder: &Path) -> Place {
        Place::of(&folder.join("ledger")).unwrap()
    }

    #[test]
    fn a_stage_that_is_dropped_leaves_nothing_and_a_published_one_replaces_the_ledger() {
        let folder = tempfile::tempdir().unwrap();
        let place = place_in(folder.path());
        fs::create_dir(place.ledger()).unwrap();
        fs::write(place.ledger().join("a.csv"), "old").unwrap();
        fs::write(place.ledger().join("note.txt"), "kept").unwrap();

        let stage = Stage::begin(&place).unwrap();
        fs::write(stage.folder().join("a.csv"), "half").unwrap();
        drop(stage);
        assert!(!place.staging().try_exists().unwrap());
        assert_eq!(fs::read_to_string(place.ledger().join("a.csv")).unwrap(), "old");

        let stage = Stage::begin(&place).unwrap();
        fs::write(stage.folder().join("a.csv"), "new").unwrap();
        stage.carry_over(&BTreeSet::from(["a.csv".into()])).unwrap();
        stage.publish().unwrap();
        assert!(!place.staging().try_exists().unwrap());
        assert_eq!(fs::read_to_string(place.ledger().join("a.csv")).unwrap(), "new");
        assert_eq!(
            fs::read_to_string(place.ledger().join("note.txt")).unwrap(),
            "kept"
        );
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

    #[cfg(target_os = "linux")]
    #[test]
    fn the_fallback_without_an_atomic_exchange_also_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let (new, ledger, aside) = (
            folder.path().join("new"),
            folder.path().join("ledger"),
            folder.path().join("aside"),
        );
        for path in [&new, &ledger] {
            fs::create_dir(path).unwrap();
        }
        fs::write(new.join("a"), "new").unwrap();
        exchange(&new, &ledger, &aside).unwrap();
        assert!(ledger.join("a").try_exists().unwrap());
    }
}
