//! Rows on their way from the readers to the spills: a chunk at a time, divided as the first step needs them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use polars::prelude::{Column, DataFrame, DataType, Int64Chunked, IntoColumn};

use super::super::limits::Limits;
use super::parts;
use super::refused::{Phase, Refused};
use super::spill::Spill;
use crate::history::Error;
use crate::history::builder::{Built, TableBuilder};
use crate::history::origin::{Counts, Origins};
use crate::history::schema::{SUPERSEDED_ON, Table};
use crate::history::validate::stages::ImportDay;

/// Column of a row's place in its table: the order in which rows were read, which decides between those of one key.
pub(super) const PLACE: &str = "~place";
/// Column of the number of the file that a row comes from.
pub(super) const FILE: &str = "~file";
/// Column of the line in it.
pub(super) const LINE: &str = "~line";

/// What is known of a table once its rows are set aside.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Files that rows came from.
    pub(super) files: Vec<String>,
    /// The same, by name: there may be a hundred thousand.
    named: BTreeSet<String>,
    pub(super) counts: Counts,
    /// Rows accepted.
    pub(super) rows: u64,
    /// Those of the ledger itself, which come first.
    pub(super) own_rows: u64,
    /// Rejects so far.
    rejects: u64,
}

/// Takes chunks of rows out of builders.
#[derive(Debug)]
pub(in crate::history::import) struct Chunks {
    folder: PathBuf,
    pub(super) parts: usize,
    pub(super) limits: Limits,
    /// The ledger's own rows come first; afterwards this is false.
    pub(super) is_own: bool,
    /// Rows by the invoice they belong to, where the table has any part in invoices; others by their own key.
    pub(super) spills: BTreeMap<Table, Spill>,
    /// Keys of the ledger's own rows, where the rows themselves are not divided by them.
    pub(super) own_keys: BTreeMap<Table, Spill>,
    pub(super) tables: BTreeMap<Table, Taken>,
    pub(super) files: FileNames,
    pub(super) days: ImportDay,
    pub(super) refused: Refused,
}

impl Chunks {
    /// Returns chunks that are to be set aside in so many parts below a folder.
    pub(super) fn new(folder: &Path, parts: usize, limits: Limits, refused: Refused) -> Self {
        Self {
            folder: folder.to_path_buf(),
            parts,
            limits,
            is_own: true,
            spills: BTreeMap::new(),
            own_keys: BTreeMap::new(),
            tables: BTreeMap::new(),
            files: FileNames::default(),
            days: ImportDay::default(),
            refused,
        }
    }

    /// Takes the rows of a builder that is full.
    pub(in crate::history::import) fn make_room(&mut self, builder: &mut TableBuilder) -> Result<(), Error> {
        if builder.held() < self.limits.chunk_rows {
            return Ok(());
        }
        let built = builder.split_off()?;
        self.take(built)
    }

    /// Takes rows, and what was found of others.
    pub(in crate::history::import) fn take(&mut self, built: Built) -> Result<(), Error> {
        let Built {
            table,
            mut frame,
            rejects,
            origins,
            counts,
            ..
        } = built;
        let taken = self.tables.entry(table).or_default();
        for file in origins.files() {
            if !taken.named.contains(file) {
                taken.named.insert(file.to_owned());
                taken.files.push(file.to_owned());
            }
        }
        taken.counts.add(counts);
        for reject in rejects {
            taken.rejects += 1;
            self.refused.push(table, Phase::Alone, taken.rejects, reject);
        }
        let height = frame.height();
        let first = taken.rows;
        taken.rows += u64::try_from(height).expect("polars counts rows in 32 bits");
        if self.is_own {
            taken.own_rows = taken.rows;
        }
        self.days.add(&frame, if self.is_own { height } else { 0 })?;
        complete(&mut frame)?;
        add_places(&mut frame, first, &origins, &mut self.files)?;
        let is_by_invoice = table == Table::Invoices || table.hangs_on_invoice();
        let divided = if is_by_invoice {
            parts::by_invoice(table, &frame, self.parts)?
        } else {
            parts::by_key(table, &frame, self.parts)?
        };
        let new = |name: &str| Spill::new(&self.folder, &format!("{name}-{table}"), self.parts);
        let spill = self.spills.entry(table).or_insert_with(|| new("read"));
        spill.append(&frame, &divided)?;
        if self.is_own && table.hangs_on_invoice() {
            let keys = frame
                .select(table.key().iter().copied())
                .map_err(|source| Error::polars("taking the keys of a table", source))?;
            let divided = parts::by_key(table, &keys, self.parts)?;
            let own_keys = self.own_keys.entry(table).or_insert_with(|| new("own"));
            own_keys.append(&keys, &divided)?;
        }
        Ok(())
    }

    /// Returns an empty spill in the same folder.
    pub(super) fn spill(&self, name: &str) -> Spill {
        Spill::new(&self.folder, name, self.parts)
    }

    /// Returns the folder that everything is set aside in.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Numbers for the names of files, so that a row carries a number.
#[derive(Debug, Default)]
pub(super) struct FileNames {
    numbers: BTreeMap<String, i64>,
    names: Vec<String>,
}

impl FileNames {
    /// Returns the number of a name, a new one for a new name.
    pub(super) fn number(&mut self, name: &str) -> i64 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = i64::try_from(self.names.len()).expect("fewer files than rows");
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }

    /// Returns the name of a number.
    pub(super) fn name(&self, number: i64) -> &str {
        let place = usize::try_from(number).ok();
        place
            .and_then(|place| self.names.get(place))
            .map_or("", String::as_str)
    }
}

/// Gives a frame the column that only some chunks have, so that all of a table have one shape.
fn complete(frame: &mut DataFrame) -> Result<(), Error> {
    if frame.column(SUPERSEDED_ON).is_ok() {
        return Ok(());
    }
    let column = Column::full_null(SUPERSEDED_ON.into(), frame.height(), &DataType::Date);
    add(frame, column)
}

/// Adds a column of whole numbers.
pub(super) fn add_numbers(frame: &mut DataFrame, name: &str, numbers: Vec<i64>) -> Result<(), Error> {
    add(frame, Int64Chunked::from_vec(name.into(), numbers).into_column())
}

fn add(frame: &mut DataFrame, column: Column) -> Result<(), Error> {
    frame
        .with_column(column)
        .map_err(|source| Error::polars("giving rows their place", source))?;
    Ok(())
}

fn add_places(
    frame: &mut DataFrame,
    first: u64,
    origins: &Origins,
    names: &mut FileNames,
) -> Result<(), Error> {
    let height = frame.height();
    let first = i64::try_from(first).expect("fewer rows than 2^63");
    let (mut files, mut lines) = (Vec::with_capacity(height), Vec::with_capacity(height));
    for row in 0..height {
        let (file, line) = origins.of(row);
        files.push(names.number(file));
        lines.push(i64::try_from(line).unwrap_or(i64::MAX));
    }
    add_numbers(frame, PLACE, (first..).take(height).collect())?;
    add_numbers(frame, FILE, files)?;
    add_numbers(frame, LINE, lines)
}
