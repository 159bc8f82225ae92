//! Parquet files: canonical ones stay on disk, others go row by row through a [`TableBuilder`].

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use polars::prelude::{
    ArrowDataType, DataFrame, DataType, Expr, LazyFrame, NULL, ParquetReader, PlRefPath, ScanArgsParquet,
    SerReader, col, lit,
};

use super::builder::TableBuilder;
use super::csv_reader::{FileFacts, allowed_columns, file_name, missing_columns};
use super::error::Error;
use super::reading::MakeRoom;
use super::schema::{ColumnKind, KNOWN_ON, RECORDED_AT, SUPERSEDED_ON, Table, columns, frame_columns};
use crate::source::encoding::fingerprint;

/// Rows read at a time; a multiple of the row groups that `write::parquet` makes, so that no group is read twice.
const BATCH_ROWS: usize = 1 << 18;

/// A Parquet file whose footer has been read.
#[derive(Clone, Debug)]
pub(crate) struct ParquetFile {
    path: PathBuf,
    name: String,
    rows: usize,
    columns: BTreeMap<String, ArrowDataType>,
}

impl ParquetFile {
    /// Reads the footer of a file.
    pub(crate) fn inspect(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| Error::io(path, source))?;
        let mut reader = ParquetReader::new(file);
        let failed = |source| Error::polars(&format!("reading the footer of {}", path.display()), source);
        let rows = reader.num_rows().map_err(failed)?;
        let schema = reader.schema().map_err(failed)?;
        let columns = schema
            .iter()
            .map(|(name, field)| (name.to_string(), field.dtype.clone()))
            .collect();
        Ok(Self {
            path: path.to_path_buf(),
            name: file_name(path),
            rows,
            columns,
        })
    }

    /// Returns the number of rows.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the name the file goes by in reports.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether the file has the shape of a frame: typed columns, both clocks, nothing to convert.
    pub(crate) fn is_canonical(&self, table: Table) -> bool {
        let fits =
            |name: &str, dtype: &DataType| self.columns.get(name).is_some_and(|arrow| is_of(arrow, dtype));
        columns(table).iter().all(|spec| {
            let name = spec.frame_name();
            let is_absent = !self.columns.contains_key(name);
            let is_under_file_name = name != spec.name && self.columns.contains_key(spec.name);
            if is_absent {
                !spec.required && !is_under_file_name
            } else {
                fits(name, &spec.kind.dtype())
            }
        }) && fits(RECORDED_AT, &DataType::Date)
            && fits(KNOWN_ON, &DataType::Date)
            && (!self.has_versions() || fits(SUPERSEDED_ON, &DataType::Date))
    }

    /// Returns whether rows of the file may be superseded.
    pub(crate) fn has_versions(&self) -> bool {
        self.columns.contains_key(SUPERSEDED_ON)
    }

    /// Returns the columns of the file that the ledger has no use for.
    pub(crate) fn ignored_columns(&self, table: Table) -> Vec<String> {
        let is_known = |name: &str| {
            [RECORDED_AT, KNOWN_ON, SUPERSEDED_ON].contains(&name)
                || columns(table)
                    .iter()
                    .any(|spec| spec.name == name || spec.frame_name() == name)
        };
        self.columns
            .keys()
            .filter(|name| !is_known(name))
            .cloned()
            .collect()
    }

    /// Returns the canonical file as a lazy frame in the full shape; absent optional columns are null, and
    /// `superseded_on` is there where the file has it.
    pub(crate) fn scan(&self, table: Table) -> Result<LazyFrame, Error> {
        let failed = |source| Error::polars(&format!("scanning {}", self.path.display()), source);
        let path = PlRefPath::try_from_path(&self.path).map_err(failed)?;
        let args = ScanArgsParquet {
            glob: false,
            ..ScanArgsParquet::default()
        };
        let superseded_on = self.has_versions().then(|| col(SUPERSEDED_ON));
        let shape: Vec<Expr> = frame_columns(table)
            .into_iter()
            .map(|(name, dtype)| {
                if self.columns.contains_key(name) {
                    col(name)
                } else {
                    lit(NULL).cast(dtype).alias(name)
                }
            })
            .chain(superseded_on)
            .collect();
        Ok(LazyFrame::scan_parquet(path, args).map_err(failed)?.select(shape))
    }

    /// Calls `each` with the given columns of one batch of rows after the other, with the number of its first
    /// row. Columns that the file lacks are left out.
    pub(crate) fn for_each_batch(
        &self,
        names: &[&str],
        each: &mut dyn FnMut(usize, &DataFrame) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let present: Vec<String> = names
            .iter()
            .filter(|name| self.columns.contains_key(**name))
            .map(|&name| name.to_owned())
            .collect();
        let mut first = 0;
        while first < self.rows {
            let file = File::open(&self.path).map_err(|source| Error::io(&self.path, source))?;
            let batch = ParquetReader::new(file)
                .with_columns(Some(present.clone()))
                .with_slice(Some((first, BATCH_ROWS.min(self.rows - first))))
                .finish()
                .map_err(|source| Error::polars(&format!("reading {}", self.path.display()), source))?;
            each(first, &batch)?;
            first += BATCH_ROWS;
        }
        Ok(())
    }

    /// Returns the file's fingerprint and what the report says of it.
    pub(crate) fn facts(&self, table: Table) -> Result<FileFacts, Error> {
        let (_, sha256) = fingerprint(&self.path)?;
        Ok(FileFacts {
            sha256,
            encoding: None,
            ignored_columns: self.ignored_columns(table),
        })
    }

    /// Refuses missing columns, and types that no column of the ledger can be read from, before polars meets them.
    fn check_columns(&self, table: Table) -> Result<(), Error> {
        let specs = columns(table);
        let has = |name: &str| self.columns.contains_key(name);
        let missing = missing_columns(table, |slot| {
            specs
                .get(slot)
                .is_some_and(|spec| has(spec.frame_name()) || has(spec.name))
        });
        if !missing.is_empty() {
            return Err(Error::MissingColumns {
                file: self.name.clone(),
                missing,
                found: self.columns.keys().cloned().collect(),
                allowed: allowed_columns(table),
            });
        }
        let dates = [RECORDED_AT, SUPERSEDED_ON].map(|name| (name, ColumnKind::Date));
        let known = specs
            .iter()
            .flat_map(|spec| [(spec.frame_name(), spec.kind), (spec.name, spec.kind)]);
        for (name, kind) in known.chain(dates) {
            let Some(arrow) = self.columns.get(name).filter(|arrow| !is_readable(arrow)) else {
                continue;
            };
            return Err(Error::ColumnType {
                file: self.name.clone(),
                column: name.to_owned(),
                allowed: allowed_types(kind).to_owned(),
                given: format!("{arrow:?}"),
            });
        }
        Ok(())
    }
}

/// Reads a Parquet file of any shape whose columns can be understood; `make_room` is called between batches.
pub(crate) fn read_into(
    builder: &mut TableBuilder,
    path: &Path,
    make_room: MakeRoom<'_>,
) -> Result<FileFacts, Error> {
    let file = ParquetFile::inspect(path)?;
    let table = builder.table();
    file.check_columns(table)?;
    let mut names = vec![RECORDED_AT, SUPERSEDED_ON];
    for spec in columns(table) {
        // A file may have both; the minor units are exact and win.
        let name = if file.columns.contains_key(spec.frame_name()) {
            spec.frame_name()
        } else {
            spec.name
        };
        names.push(name);
    }
    builder.start_file(file.name());
    file.for_each_batch(&names, &mut |first: usize, batch: &DataFrame| {
        let line = u64::try_from(first).expect("row numbers fit 64 bits") + 1;
        builder.push_batch(&file.name, batch, line)?;
        make_room(builder)
    })?;
    file.facts(table)
}

/// Returns whether polars reads the Arrow type as that type.
fn is_of(arrow: &ArrowDataType, dtype: &DataType) -> bool {
    match dtype {
        DataType::String => matches!(
            arrow,
            ArrowDataType::Utf8 | ArrowDataType::LargeUtf8 | ArrowDataType::Utf8View
        ),
        DataType::Date => *arrow == ArrowDataType::Date32,
        DataType::Int64 => *arrow == ArrowDataType::Int64,
        DataType::Float64 => *arrow == ArrowDataType::Float64,
        _ => false,
    }
}

/// Returns whether the type is one this build of polars can hold.
fn is_readable(arrow: &ArrowDataType) -> bool {
    is_of(arrow, &DataType::String)
        || matches!(
            arrow,
            ArrowDataType::Null
                | ArrowDataType::Date32
                | ArrowDataType::Int32
                | ArrowDataType::Int64
                | ArrowDataType::UInt32
                | ArrowDataType::Float32
                | ArrowDataType::Float64
        )
}

const fn allowed_types(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Id | ColumnKind::Text => "text or a whole number",
        ColumnKind::Currency => "text",
        ColumnKind::Date => "a date (Date32) or ISO text",
        ColumnKind::Amount => "minor units (Int64), decimal text or a Float64",
        ColumnKind::Integer => "a whole number (Int64, Int32) or text",
        ColumnKind::Number => "a number (Float64, Int64) or text",
    }
}
