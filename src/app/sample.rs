//! The sample ledger of `data/sample`, carried inside the program so that the demo runs from any folder.

use std::fs;
use std::path::Path;

use crate::app::output::{Error, StagedFolder, is_filled};

/// Name of the ledger's folder below the demo's.
const LEDGER: &str = "ledger";

/// The tables of the sample, by file name.
const FILES: [(&str, &str); 7] = [
    ("customers.csv", include_str!("../../data/sample/customers.csv")),
    ("invoices.csv", include_str!("../../data/sample/invoices.csv")),
    ("payments.csv", include_str!("../../data/sample/payments.csv")),
    (
        "credit_notes.csv",
        include_str!("../../data/sample/credit_notes.csv"),
    ),
    ("disputes.csv", include_str!("../../data/sample/disputes.csv")),
    ("promises.csv", include_str!("../../data/sample/promises.csv")),
    ("actions.csv", include_str!("../../data/sample/actions.csv")),
];

/// Writes the sample ledger into `ledger` below `folder`, which must be new, empty or an earlier demo's.
///
/// # Errors
///
/// - [`Error::FolderOccupied`]: the folder holds something that is not this demo's.
/// - [`Error::Write`]: a file cannot be read or written.
pub fn place(folder: &Path) -> Result<(), Error> {
    let ledger = folder.join(LEDGER);
    if is_filled(folder)? && !(is_filled(&ledger)? && is_sample(&ledger)?) {
        return Err(Error::FolderOccupied {
            path: folder.to_owned(),
            what: "that of an earlier demo",
        });
    }
    let staged = StagedFolder::create(&ledger)?;
    for (name, text) in FILES {
        fs::write(staged.path().join(name), text).map_err(Error::at(&ledger))?;
    }
    staged.commit()
}

/// Returns true when every file of the folder is one of the sample's, byte for byte.
fn is_sample(ledger: &Path) -> Result<bool, Error> {
    for entry in fs::read_dir(ledger).map_err(Error::at(ledger))? {
        let entry = entry.map_err(Error::at(ledger))?;
        let known = FILES.iter().find(|(name, _)| entry.file_name() == *name);
        let Some((_, text)) = known else {
            return Ok(false);
        };
        if fs::read(entry.path()).map_err(Error::at(ledger))? != text.as_bytes() {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::place;
    use std::fs;

    #[test]
    fn the_sample_is_placed_once_and_again() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("demo");
        place(&folder).unwrap();
        place(&folder).unwrap();
        assert!(folder.join("ledger/invoices.csv").is_file());
    }

    #[test]
    fn the_ledger_of_somebody_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("ledger")).unwrap();
        fs::write(folder.path().join("ledger/invoices.csv"), "mine").unwrap();
        assert!(place(folder.path()).is_err());
        let text = fs::read(folder.path().join("ledger/invoices.csv")).unwrap();
        assert_eq!(text, b"mine");
    }
}
