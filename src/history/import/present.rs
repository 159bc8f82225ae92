//! The ledger as it is before an import, and what an import may do to it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, Expr, IntoLazy, JoinArgs, JoinType, col};

use super::large::Chunks;
use super::rejects;
use super::request::input_error;
use crate::history::Error;
use crate::history::builder::{Built, TableBuilder};
use crate::history::reading::{ledger_files, read_through};
use crate::history::report::{DataReport, Reject};
use crate::history::schema::Table;
use crate::history::validate::count;

/// The ledger as it is before the import.
#[derive(Debug, Default)]
pub(super) struct Present {
    /// Whether there is no ledger yet.
    pub(super) is_new: bool,
    pub(super) files: BTreeMap<Table, PathBuf>,
    /// Rows accepted, by table.
    pub(super) rows: BTreeMap<Table, usize>,
    /// Columns of the files that a ledger has no use for.
    ignored: BTreeMap<Table, Vec<String>>,
}

impl Present {
    /// Finds the files of the ledger; one that is not there has none.
    pub(super) fn of(ledger: &Path) -> Result<Self, Error> {
        let mut present = Self::default();
        if is_absent(ledger)? {
            present.is_new = true;
            return Ok(present);
        }
        present.files = ledger_files(ledger)?;
        if present.files.is_empty() && has_other_files(ledger)? {
            return Err(input_error(
                ledger,
                "the folder has files but no table of a ledger; choose a new or an empty folder".to_owned(),
            ));
        }
        Ok(present)
    }

    /// Reads every table into a builder.
    pub(super) fn read(&mut self) -> Result<BTreeMap<Table, TableBuilder>, Error> {
        let mut builders = BTreeMap::new();
        for (table, path) in &self.files {
            let mut builder = TableBuilder::new(*table);
            let facts = read_through(&mut builder, path, &mut |_: &mut TableBuilder| Ok(()))?;
            self.rows.insert(*table, builder.rows());
            self.ignored.insert(*table, facts.ignored_columns);
            builders.insert(*table, builder);
        }
        Ok(builders)
    }

    /// Reads every table through a builder, which `chunks` empties.
    pub(super) fn read_in_chunks(&mut self, chunks: &mut Chunks) -> Result<(), Error> {
        for (table, path) in &self.files {
            let mut builder = TableBuilder::new(*table);
            let facts = read_through(&mut builder, path, &mut |builder: &mut TableBuilder| {
                chunks.make_room(builder)
            })?;
            chunks.take(builder.finish()?)?;
            self.ignored.insert(*table, facts.ignored_columns);
        }
        Ok(())
    }

    /// The keys of the rows that were there before the import; they come first in the frame.
    pub(super) fn keys_of(&self, built: &Built) -> Result<DataFrame, Error> {
        let rows = self.rows.get(&built.table).copied().unwrap_or(0);
        built
            .frame
            .slice(0, rows)
            .select(built.table.key().iter().copied())
            .map_err(|source| Error::polars("taking the keys of a table", source))
    }

    /// Names of the files, as rejects have them.
    pub(super) fn file_names(&self) -> BTreeMap<Table, String> {
        let names = self
            .files
            .keys()
            .filter_map(|table| Some((*table, self.file_name(*table)?)));
        names
            .map(|(table, name)| (table, name.to_string_lossy().into_owned()))
            .collect()
    }

    pub(super) fn file_name(&self, table: Table) -> Option<OsString> {
        self.files
            .get(&table)
            .and_then(|path| path.file_name())
            .map(OsString::from)
    }

    /// Rows of the ledger's own file that are not valid.
    pub(super) fn rejects_of<'r>(
        &self,
        table: Table,
        report: &'r DataReport,
    ) -> impl Iterator<Item = &'r Reject> + use<'r> {
        let name = self
            .file_name(table)
            .map(|name| name.to_string_lossy().into_owned());
        report
            .rejects()
            .iter()
            .filter(move |reject| name.as_deref() == Some(reject.file.as_str()))
    }

    /// Refuses to rewrite a file with content that would be lost.
    pub(super) fn check_rewrite(&self, table: Table, report: &DataReport) -> Result<(), Error> {
        let Some(path) = self.files.get(&table) else {
            return Ok(());
        };
        let ignored = self.ignored.get(&table).map_or(&[][..], Vec::as_slice);
        if !ignored.is_empty() {
            return Err(input_error(
                path,
                format!(
                    "an import would drop the columns {}, which the table {table} does not have; remove them first",
                    ignored.join(", ")
                ),
            ));
        }
        let mut bad = self.rejects_of(table, report);
        match bad.next() {
            None => Ok(()),
            Some(first) => Err(input_error(
                path,
                format!(
                    "an import would drop {} rows that are not valid; repair or remove them first; the first: {first}",
                    1 + bad.count()
                ),
            )),
        }
    }
}

/// Counts the rows whose key is not among the known ones.
pub(super) fn rows_beyond(table: Table, frame: &DataFrame, known: &DataFrame) -> Result<u64, Error> {
    if known.height() == 0 {
        return Ok(count(frame.height()));
    }
    let keys: Vec<Expr> = table.key().iter().map(|name| col(*name)).collect();
    let mut args = JoinArgs::new(JoinType::Anti);
    args.nulls_equal = true;
    let new = frame
        .select(table.key().iter().copied())
        .and_then(|given| {
            given
                .lazy()
                .join(known.clone().lazy(), keys.clone(), keys, args)
                .collect()
        })
        .map_err(|source| Error::polars("comparing a table with the ledger", source))?;
    Ok(count(new.height()))
}

fn is_absent(folder: &Path) -> Result<bool, Error> {
    match fs::metadata(folder) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(Error::io(folder, error)),
    }
}

/// Whether the folder holds anything that no import has put there.
fn has_other_files(folder: &Path) -> Result<bool, Error> {
    for entry in fs::read_dir(folder).map_err(|error| Error::io(folder, error))? {
        let entry = entry.map_err(|error| Error::io(folder, error))?;
        if entry.file_name() != rejects::FILE_NAME {
            return Ok(true);
        }
    }
    Ok(false)
}
