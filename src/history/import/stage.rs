//! The new ledger, written beside the old one and exchanged with it in one step.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::lock::Place;
use crate::history::Error;

/// A ledger being written; removed when it is dropped before it is published.
#[derive(Debug)]
pub(super) struct Stage {
    place: Place,
    holder: TempDir,
    folder: PathBuf,
    /// Whether the import found no ledger: then it must not replace anything.
    is_new: bool,
}

impl Stage {
    /// Creates the empty new ledger beside the old one, on the same file system.
    ///
    /// `is_new` says that there is no old one.
    pub(super) fn begin(place: &Place, is_new: bool) -> Result<Self, Error> {
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
            is_new,
        })
    }

    /// The folder that becomes the ledger.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Creates a folder for what is only needed until the ledger is written.
    pub(super) fn make_scratch(&self) -> Result<PathBuf, Error> {
        let scratch = self.holder.path().join("parts");
        fs::create_dir(&scratch).map_err(|error| Error::io(&scratch, error))?;
        Ok(scratch)
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

    /// Exchanges the new ledger with the old one, which is removed; a first ledger replaces nothing.
    pub(super) fn publish(self) -> Result<(), Error> {
        use io::ErrorKind as Kind;

        // The new ledger is locked before anybody can find it, until nothing is left beside it: the next import
        // would clear this one's leftovers, and this one the next one's stage.
        let successor = File::open(&self.folder).map_err(|error| Error::io(&self.folder, error))?;
        // A file system without locks: the exchange is still atomic.
        let _ = successor.try_lock();
        let ledger = self.place.ledger();
        let has_old = !self.is_new && fs::symlink_metadata(&ledger).is_ok();
        let swapped = if has_old {
            exchange(&self.folder, &ledger, &self.holder.path().join("old"))
        } else {
            // Fails on a folder with files, on a file and on a link.
            fs::rename(&self.folder, &ledger)
        };
        swapped.map_err(|error| match error.kind() {
            Kind::DirectoryNotEmpty | Kind::AlreadyExists | Kind::NotADirectory if !has_old => Error::Input {
                path: ledger.clone(),
                reason:
                    "there was no ledger when the import began, now something is there; it is left as it is, \
                         import again or name another folder"
                        .to_owned(),
            },
            Kind::ResourceBusy | Kind::CrossesDevices => Error::Input {
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
        // The import is done; what cannot be removed only takes space, and the next import clears it.
        let _ = self.holder.close();
        drop(successor);
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

        let stage = Stage::begin(&place, false).unwrap();
        fs::write(stage.folder().join("a.csv"), "half").unwrap();
        drop(stage);
        assert!(!place.staging().try_exists().unwrap());
        assert_eq!(fs::read_to_string(place.ledger().join("a.csv")).unwrap(), "old");

        let stage = Stage::begin(&place, false).unwrap();
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
    fn a_first_ledger_replaces_nothing_that_came_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let place = place_in(folder.path());
        let stage = Stage::begin(&place, true).unwrap();
        fs::write(stage.folder().join("a.csv"), "new").unwrap();
        fs::create_dir(place.ledger()).unwrap();
        fs::write(place.ledger().join("a.csv"), "other").unwrap();
        let refused = stage.publish().unwrap_err();
        assert!(refused.to_string().contains("left as it is"), "{refused}");
        assert_eq!(fs::read_to_string(place.ledger().join("a.csv")).unwrap(), "other");
        assert!(!place.staging().try_exists().unwrap());
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
