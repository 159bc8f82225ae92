//! `rejects.csv` of a ledger: what imports did not take, file by file.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use crate::history::{Error, Reject};

pub(super) use crate::history::reading::REJECTS_FILE as FILE_NAME;

/// Reads the rejects of earlier imports; a ledger without the file has none.
pub(super) fn read(path: &Path) -> Result<Vec<Reject>, Error> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(path, error)),
    };
    let mut rejects = Vec::new();
    for record in csv::Reader::from_reader(io::BufReader::new(file)).records() {
        let record = record.map_err(|source| Error::Csv {
            path: path.to_path_buf(),
            source,
        })?;
        let cell = |index: usize| record.get(index).unwrap_or_default().to_owned();
        rejects.push(Reject {
            file: cell(0),
            line: cell(1).parse().unwrap_or(0),
            column: cell(2),
            value: cell(3),
            reason: cell(4),
        });
    }
    Ok(rejects)
}

/// Replaces what earlier imports of the same files left; rejects of other files stay.
///
/// So a file that was repaired and imported again clears its own rejects, and the same import twice
/// changes nothing.
pub(super) fn merged(earlier: &[Reject], labels: &BTreeSet<String>, rejected: &[Reject]) -> Vec<Reject> {
    let kept = earlier.iter().filter(|reject| !is_of(labels, &reject.file));
    let mut all: Vec<Reject> = kept.chain(rejected).cloned().collect();
    all.sort_by(|left, right| order(left).cmp(&order(right)));
    all
}

/// Whether a reject is of one of the files, or of a sheet of one: `book.xlsx#Sheet1`.
pub(super) fn is_of(labels: &BTreeSet<String>, file: &str) -> bool {
    labels.contains(file)
        || file
            .match_indices('#')
            .any(|(place, _)| labels.contains(&file[..place]))
}

/// By file and line, whichever file was imported last.
fn order(reject: &Reject) -> (&str, u64, &str, &str, &str) {
    (
        &reject.file,
        reject.line,
        &reject.column,
        &reject.value,
        &reject.reason,
    )
}
