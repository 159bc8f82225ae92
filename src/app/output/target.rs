//! Where results may go: never over what a command reads, and never over each other.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Error;

/// A path of the command line with the option it was given for.
pub type Given<'a> = (&'static str, &'a Path);

/// Refuses results that would lie in the ledger or the model of a command, or in one place twice.
///
/// A target need not be there; symbolic links are followed, so that no other name leads to the same file.
///
/// # Errors
///
/// - [`Error::TargetInUse`]: a result lies in one of the folders in use, or is a folder around one.
/// - [`Error::TargetTwice`]: two results have the same target.
/// - [`Error::Write`]: a path cannot be resolved.
pub fn check_targets(in_use: &[Given<'_>], results: &[Given<'_>]) -> Result<(), Error> {
    let mut seen: Vec<(&'static str, PathBuf)> = Vec::new();
    for (option, path) in results.iter().copied() {
        let places = places(path)?;
        for (owner, folder) in in_use.iter().copied() {
            let own = resolved(folder)?;
            // A folder around the ledger counts too: a model is replaced whole, with all that is in it.
            let is_own = |place: &PathBuf| place.starts_with(&own) || own.starts_with(place);
            if places.iter().any(is_own) {
                return Err(Error::TargetInUse {
                    option,
                    path: path.to_owned(),
                    owner,
                    folder: folder.to_owned(),
                });
            }
        }
        if let Some((first, _)) = seen.iter().find(|(_, place)| places.contains(place)) {
            return Err(Error::TargetTwice {
                path: path.to_owned(),
                first,
                second: option,
            });
        }
        seen.extend(places.into_iter().map(|place| (option, place)));
    }
    Ok(())
}

/// Refuses a folder with files, unless every one of `marks` tells that it is an earlier result.
///
/// # Errors
///
/// - [`Error::FolderOccupied`]: the folder holds something else.
/// - [`Error::Write`]: the folder cannot be read.
pub fn check_folder(folder: &Path, what: &'static str, marks: &[&str]) -> Result<(), Error> {
    let is_earlier = marks.iter().all(|mark| folder.join(mark).is_file());
    if is_filled(folder)? && !is_earlier {
        return Err(Error::FolderOccupied {
            path: folder.to_owned(),
            what,
        });
    }
    Ok(())
}

/// Returns true when the folder is there and has an entry.
pub(crate) fn is_filled(folder: &Path) -> Result<bool, Error> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::at(folder)(error)),
    }
}

/// The places that writing to a path may change: the name itself, and where a link of that name leads.
fn places(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut places = vec![resolved(path)?];
    if let (Some(parent), Some(name)) = (path.parent(), path.file_name()) {
        let named = resolved(parent)?.join(name);
        if !places.contains(&named) {
            places.push(named);
        }
    }
    Ok(places)
}

/// Returns the absolute path without links and dots, as far as it is there; the rest as it would be made.
fn resolved(path: &Path) -> Result<PathBuf, Error> {
    let start = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    let absolute = std::path::absolute(start).map_err(Error::at(path))?;
    let mut resolved = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                resolved.pop();
            }
            Component::Prefix(_) | Component::RootDir => resolved.push(component),
            Component::Normal(name) => {
                resolved.push(name);
                // What is not there has no link to follow.
                if let Ok(real) = fs::canonicalize(&resolved) {
                    resolved = real;
                }
            }
        }
    }
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::{Given, check_folder, check_targets};
    use std::fs;
    use std::path::{Path, PathBuf};

    /// What is said about these targets beside the ledger `ledger` of the folder.
    fn refusal(folder: &Path, targets: &[&str]) -> Option<String> {
        let paths: Vec<PathBuf> = targets.iter().map(|target| folder.join(target)).collect();
        let results: Vec<Given<'_>> = ["--out", "--distribution"]
            .into_iter()
            .zip(paths.iter().map(PathBuf::as_path))
            .collect();
        let ledger = folder.join("ledger");
        check_targets(&[("--ledger", ledger.as_path())], &results)
            .err()
            .map(|error| error.to_string())
    }

    #[test]
    fn a_target_in_or_around_the_ledger_is_refused_by_any_name() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("ledger")).unwrap();
        for target in [
            "ledger",
            "ledger/invoices.csv",
            "ledger/new/deeper/a.csv",
            "new/../ledger/a.csv",
            "./ledger/./a.csv",
            ".",
        ] {
            let told = refusal(folder.path(), &[target]).expect(target);
            assert!(told.contains("--out") && told.contains("--ledger"), "{told}");
        }
        for target in ["a.csv", "ledger.csv", "ledger-2/a.csv", "ledger/../a.csv"] {
            assert_eq!(refusal(folder.path(), &[target]), None, "{target}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_into_the_ledger_or_out_of_it_is_refused() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("ledger");
        fs::create_dir(&ledger).unwrap();
        fs::write(folder.path().join("elsewhere.csv"), "kept").unwrap();
        symlink(&ledger, folder.path().join("alias")).unwrap();
        symlink("../elsewhere.csv", ledger.join("payments.csv")).unwrap();
        for target in ["alias", "alias/a.csv", "ledger/payments.csv"] {
            assert!(refusal(folder.path(), &[target]).is_some(), "{target}");
        }
    }

    #[test]
    fn one_place_for_two_results_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let told = refusal(folder.path(), &["a.csv", "new/../a.csv"]).unwrap();
        assert!(
            told.contains("--out") && told.contains("--distribution"),
            "{told}"
        );
        assert_eq!(refusal(folder.path(), &["a.csv", "b.csv"]), None);
    }

    #[test]
    fn a_folder_is_new_empty_or_an_earlier_result() {
        let folder = tempfile::tempdir().unwrap();
        let marks = ["report.md", "scorecard.json"];
        let check = || check_folder(folder.path(), "an earlier report", &marks);
        check_folder(&folder.path().join("new"), "an earlier report", &marks).unwrap();
        check().unwrap();
        fs::write(folder.path().join("report.md"), "mine").unwrap();
        assert!(check().is_err());
        fs::write(folder.path().join("scorecard.json"), "{}").unwrap();
        check().unwrap();
    }
}
