//! Which files a ledger folder has, and their rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::builder::TableBuilder;
use super::csv_reader::{self, FileFacts};
use super::error::Error;
use super::parquet_reader;
use super::schema::Table;

/// Name of the file in which imports list the rows they did not take.
pub(crate) const REJECTS_FILE: &str = "rejects.csv";

/// Returns the file of each table that has one; other files of the folder are not read.
pub(crate) fn ledger_files(folder: &Path) -> Result<BTreeMap<Table, PathBuf>, Error> {
    let names = file_names(folder)?;
    let mut files = BTreeMap::new();
    for table in Table::ALL {
        let csv = format!("{table}.csv");
        let parquet = format!("{table}.parquet");
        let name = match (names.contains(&csv), names.contains(&parquet)) {
            (true, true) => {
                return Err(Error::TwoFiles {
                    table,
                    folder: folder.to_path_buf(),
                });
            }
            (true, false) => csv,
            (false, true) => parquet,
            (false, false) => continue,
        };
        files.insert(table, folder.join(name));
    }
    Ok(files)
}

/// Returns the names of table files that a ledger has no use for, such as `credit_note.csv`.
pub(crate) fn unknown_files(folder: &Path) -> Result<Vec<String>, Error> {
    let names = file_names(folder)?;
    Ok(names.into_iter().filter(|name| is_unknown(name)).collect())
}

/// Whether the file looks like a table of a ledger without being one; hidden files are the system's.
fn is_unknown(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    let is_tabular = ["csv", "parquet"]
        .iter()
        .any(|known| extension.eq_ignore_ascii_case(known));
    // Names of tables are lower case throughout: `Payments.CSV` is not read.
    let is_table = Table::parse(stem).is_some() && extension == extension.to_ascii_lowercase();
    is_tabular && !is_table && name != REJECTS_FILE && !name.starts_with('.')
}

/// Returns the error of a ledger without a required table.
pub(crate) fn missing_table(folder: &Path, table: Table) -> Result<Error, Error> {
    let found = file_names(folder)?.into_iter().collect();
    Ok(Error::MissingTable {
        table,
        folder: folder.to_path_buf(),
        found,
    })
}

/// Returns whether the file is Parquet, by its extension.
pub(crate) fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "parquet")
}

/// What is done between rows with a builder that may have become full.
pub(crate) type MakeRoom<'a> = &'a mut dyn FnMut(&mut TableBuilder) -> Result<(), Error>;

/// Reads the rows of one file of a ledger.
pub(crate) fn read_into(builder: &mut TableBuilder, path: &Path) -> Result<FileFacts, Error> {
    read_through(builder, path, &mut |_: &mut TableBuilder| Ok(()))
}

/// Reads the rows of one file of a ledger through a builder, which `make_room` may empty again and again.
pub(crate) fn read_through(
    builder: &mut TableBuilder,
    path: &Path,
    make_room: MakeRoom<'_>,
) -> Result<FileFacts, Error> {
    if is_parquet(path) {
        parquet_reader::read_into(builder, path, make_room)
    } else {
        csv_reader::read_into(builder, path, make_room)
    }
}

fn file_names(folder: &Path) -> Result<BTreeSet<String>, Error> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(|source| Error::io(folder, source))? {
        let entry = entry.map_err(|source| Error::io(folder, source))?;
        names.insert(entry.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}
