//! What is given as input: files, and folders that stand for the files in them.

use std::fs;
use std::path::{Path, PathBuf};

use super::input_error;
use crate::history::Error;

/// Files and folders that the folders given may hold in all.
const ENTRIES_MAX: usize = 100_000;
/// Folders below each other that are looked into.
const DEPTH_MAX: usize = 16;

/// Returns the files that inputs stand for: a file for itself, a folder for every file in it and in the folders below
/// it, by name.
///
/// Hidden files and folders are passed over, and so are the locks that office programs leave (`~$list.xlsx`). A link to
/// a file is that file; a link to a folder is passed over, so that no walk goes round in circles.
///
/// # Examples
///
/// ```
/// use duecast::history::import::files_of;
///
/// let folder = tempfile::tempdir()?;
/// for name in ["b.csv", "a.csv", ".hidden"] {
///     std::fs::write(folder.path().join(name), "x")?;
/// }
/// let files = files_of(&[folder.path().to_path_buf()])?;
/// assert_eq!(files, [folder.path().join("a.csv"), folder.path().join("b.csv")]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// - [`Error::Io`] when an input is not there or a folder cannot be read.
/// - [`Error::Input`] when a folder has no file, or more files or deeper folders than are looked at.
pub fn files_of(inputs: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut walk = Walk::default();
    for input in inputs {
        let metadata = fs::metadata(input).map_err(|error| Error::io(input, error))?;
        if !metadata.is_dir() {
            walk.files.push(input.clone());
            continue;
        }
        let before = walk.files.len();
        walk.folder(input, 1)?;
        if walk.files.len() == before {
            return Err(input_error(
                input,
                "at least one file expected in the folder, got none (hidden ones do not count)".to_owned(),
            ));
        }
    }
    Ok(walk.files)
}

/// The files found so far.
#[derive(Debug, Default)]
struct Walk {
    files: Vec<PathBuf>,
    /// Entries seen, hidden ones included.
    seen: usize,
}

impl Walk {
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), Error> {
        if depth > DEPTH_MAX {
            return Err(input_error(
                folder,
                format!("at most {DEPTH_MAX} folders below each other are looked into, got one more"),
            ));
        }
        for path in self.entries(folder)? {
            // Of the entry itself: a link to a folder may lead back up.
            let kind = fs::symlink_metadata(&path).map_err(|error| Error::io(&path, error))?;
            if kind.is_dir() {
                self.folder(&path, depth + 1)?;
            } else if fs::metadata(&path)
                .map_err(|error| Error::io(&path, error))?
                .is_file()
            {
                self.files.push(path);
            }
        }
        Ok(())
    }

    /// The entries of a folder that are not hidden, by name.
    fn entries(&mut self, folder: &Path) -> Result<Vec<PathBuf>, Error> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| Error::io(folder, error))? {
            let entry = entry.map_err(|error| Error::io(folder, error))?;
            self.seen += 1;
            if self.seen > ENTRIES_MAX {
                return Err(input_error(
                    folder,
                    format!("at most {ENTRIES_MAX} files and folders are looked at, got more"),
                ));
            }
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !(name.starts_with('.') || name.starts_with("~$")) {
                paths.push(entry.path());
            }
        }
        paths.sort();
        Ok(paths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(root: &Path, files: &[PathBuf]) -> Vec<String> {
        let name = |file: &PathBuf| file.strip_prefix(root).unwrap().display().to_string();
        files.iter().map(name).collect()
    }

    #[test]
    fn a_folder_is_its_files_by_name_and_a_file_is_itself() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("b/inner")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        for name in [
            "c.xml",
            "a.xml",
            "b/2.xml",
            "b/inner/1.xml",
            ".hidden",
            ".git/config",
            "~$a.xlsx",
        ] {
            fs::write(root.join(name), "x").unwrap();
        }
        let files = files_of(&[root.join("c.xml"), root.to_path_buf()]).unwrap();
        assert_eq!(
            names(root, &files),
            ["c.xml", "a.xml", "b/2.xml", "b/inner/1.xml", "c.xml"]
        );
    }

    #[test]
    fn what_cannot_be_walked_is_refused_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let missing = files_of(&[root.join("nowhere")]).unwrap_err();
        assert!(matches!(missing, Error::Io { .. }), "{missing}");
        fs::create_dir(root.join("empty")).unwrap();
        let empty = files_of(&[root.join("empty")]).unwrap_err().to_string();
        assert!(empty.contains("at least one file expected"), "{empty}");
        let deep: PathBuf = std::iter::repeat_n("d", DEPTH_MAX).collect();
        fs::create_dir_all(root.join(&deep)).unwrap();
        let refused = files_of(&[root.to_path_buf()]).unwrap_err().to_string();
        assert!(refused.contains("at most 16 folders"), "{refused}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_back_up_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("a.csv"), "x").unwrap();
        std::os::unix::fs::symlink(root, root.join("back")).unwrap();
        std::os::unix::fs::symlink(root.join("a.csv"), root.join("b.csv")).unwrap();
        let files = files_of(&[root.to_path_buf()]).unwrap();
        assert_eq!(names(root, &files), ["a.csv", "b.csv"]);
    }
}
