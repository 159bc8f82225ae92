//! What the tests of the readers of statements share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::source::{Error, Options, Rows, SourceRow};

/// A reader of statements.
pub(crate) type Open = fn(&Path, &Options) -> Result<Box<dyn Rows>, Error>;
/// The cells of a row by column.
pub(crate) type Cells = BTreeMap<String, String>;

/// A file of `tests/data/bank`.
pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/bank")
        .join(name)
}

/// The content of a file of `tests/data/bank`.
pub(crate) fn example_bytes(name: &str) -> Vec<u8> {
    std::fs::read(example(name)).expect("the example is there")
}

/// Every row of a file.
pub(crate) fn read(open: Open, path: &Path) -> Result<Vec<Cells>, Error> {
    let mut rows = open(path, &Options::default())?;
    let columns = rows.sheets()[0].columns.clone();
    let mut row = SourceRow::default();
    let mut all = Vec::new();
    while rows.next_row(&mut row)? {
        assert_eq!(row.cells.len(), columns.len());
        let cells = row.cells.iter().map(ToOwned::to_owned);
        all.push(columns.iter().cloned().zip(cells).collect());
    }
    Ok(all)
}

/// Every row of a file with this content.
pub(crate) fn read_bytes(open: Open, bytes: &[u8]) -> Result<Vec<Cells>, Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("statement");
    std::fs::write(&path, bytes).expect("the file is written");
    read(open, &path)
}

/// Some columns of rows.
pub(crate) fn columns(rows: &[Cells], names: &[&str]) -> Vec<Vec<String>> {
    let cells = |row: &Cells| -> Vec<String> { names.iter().map(|name| row[*name].clone()).collect() };
    rows.iter().map(cells).collect()
}
