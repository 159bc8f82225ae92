//! Which files a ledger folder has, and their rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::builder::TableBuilder;
use super::csv_reader::{self, FileFacts};
use super::error::Error;
use super::parquet_reader;
use super::schema::Table;

/// Returns the file of each table that has one; other files of the folder are none of ours.
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

/// Reads the rows of one file of a ledger.
pub(crate) fn read_into(builder: &mut TableBuilder, path: &Path) -> Result<FileFacts, Error> {
    if is_parquet(path) {
        parquet_reader::read_into(builder, path)
    } else {
        csv_reader::read_into(builder, path)
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
