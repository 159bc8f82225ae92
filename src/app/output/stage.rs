//! Staging: output is prepared under a temporary name beside its target and moved when complete.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::Error;
use crate::app::interrupt;

/// Bytes gathered before the operating system is asked to write: large files are written in few calls.
const BUFFER_BYTES: usize = 1 << 20;

/// A file that appears under its name only when it is complete.
///
/// Dropped without [`StagedFile::commit`], it leaves no trace.
#[derive(Debug)]
pub struct StagedFile {
    target: PathBuf,
    staging: PathBuf,
    writer: BufWriter<File>,
}

impl StagedFile {
    /// Opens the staging file beside `target`, making the folder above it where needed.
    ///
    /// # Errors
    ///
    /// [`Error::Write`]: the folder or the file cannot be made.
    pub fn create(target: &Path) -> Result<Self, Error> {
        if target.is_dir() {
            return Err(Error::Write {
                path: target.to_owned(),
                source: std::io::ErrorKind::IsADirectory.into(),
            });
        }
        let staging = staging_path(target)?;
        interrupt::stage(&staging);
        let file = File::create(&staging).map_err(Error::at(target))?;
        Ok(Self {
            target: target.to_owned(),
            staging,
            writer: BufWriter::with_capacity(BUFFER_BYTES, file),
        })
    }

    /// Returns the place to write to.
    pub fn writer(&mut self) -> &mut BufWriter<File> {
        &mut self.writer
    }

    /// Moves the complete file to its name, replacing a file that was there.
    ///
    /// # Errors
    ///
    /// [`Error::Write`]: the last bytes could not be written, or the file could not be moved.
    pub fn commit(mut self) -> Result<(), Error> {
        self.writer.flush().map_err(Error::at(&self.target))?;
        interrupt::complete(&self.target, || fs::rename(&self.staging, &self.target))
            .map_err(Error::at(&self.target))
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        interrupt::discard(&self.staging);
    }
}

/// A folder whose files appear under their names only when all of them are complete.
///
/// Dropped without [`StagedFolder::commit`], it leaves no trace.
#[derive(Debug)]
pub struct StagedFolder {
    target: PathBuf,
    staging: PathBuf,
}

impl StagedFolder {
    /// Makes the staging folder beside `target`; files of an existing `target` are replaced by namesakes.
    ///
    /// # Errors
    ///
    /// [`Error::Write`]: the folder cannot be made.
    pub fn create(target: &Path) -> Result<Self, Error> {
        let staging = staging_path(target)?;
        interrupt::stage(&staging);
        fs::create_dir_all(&staging).map_err(Error::at(target))?;
        Ok(Self {
            target: target.to_owned(),
            staging,
        })
    }

    /// Returns the folder to write into.
    pub fn path(&self) -> &Path {
        &self.staging
    }

    /// Moves the complete files to their place.
    ///
    /// A new or empty target appears in one step. In a folder with files, each new file replaces its
    /// namesake; nothing else in it is touched.
    ///
    /// # Errors
    ///
    /// [`Error::Write`]: something could not be moved.
    pub fn commit(self) -> Result<(), Error> {
        interrupt::complete(&self.target, || {
            // An empty folder may be replaced by a rename; anything else takes the files one by one.
            if fs::rename(&self.staging, &self.target).is_ok() {
                return Ok(());
            }
            move_files(&self.staging, &self.target)?;
            fs::remove_dir_all(&self.staging)
        })
        .map_err(Error::at(&self.target))
    }
}

impl Drop for StagedFolder {
    fn drop(&mut self) {
        interrupt::discard(&self.staging);
    }
}

fn move_files(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            move_files(&entry.path(), &target)?;
        } else {
            fs::rename(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Names a hidden neighbour of `target`, unique to this process, and makes the folder above it.
fn staging_path(target: &Path) -> Result<PathBuf, Error> {
    // A path like `.` has no name until it is resolved.
    let target = match target.file_name() {
        Some(_) => target.to_owned(),
        None => fs::canonicalize(target).map_err(Error::at(target))?,
    };
    let name = target.file_name().ok_or_else(|| Error::Write {
        path: target.clone(),
        source: std::io::ErrorKind::InvalidInput.into(),
    })?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.partial", std::process::id()));
    let parent = target.parent().unwrap_or(Path::new(""));
    if !parent.as_os_str().is_empty() {
        fs::create_dir_all(parent).map_err(Error::at(parent))?;
    }
    Ok(parent.join(hidden))
}

#[cfg(test)]
mod tests {
    use super::{StagedFile, StagedFolder};
    use std::fs;
    use std::io::Write;

    #[test]
    fn a_file_appears_only_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("new/book.csv");
        let mut staged = StagedFile::create(&target).unwrap();
        staged.writer().write_all(b"a\n").unwrap();
        assert!(!target.is_file());
        staged.commit().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"a\n");
        assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn an_abandoned_file_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("book.csv");
        fs::write(&target, "old").unwrap();
        let mut staged = StagedFile::create(&target).unwrap();
        staged.writer().write_all(b"new").unwrap();
        drop(staged);
        assert_eq!(fs::read(&target).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_replaces_namesakes_and_touches_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("report");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("notes.txt"), "mine").unwrap();
        fs::write(target.join("report.md"), "old").unwrap();
        let staged = StagedFolder::create(&target).unwrap();
        fs::write(staged.path().join("report.md"), "new").unwrap();
        staged.commit().unwrap();
        assert_eq!(fs::read(target.join("notes.txt")).unwrap(), b"mine");
        assert_eq!(fs::read(target.join("report.md")).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
