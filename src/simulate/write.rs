//! Ledger and truth files, written batch by batch.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, ParquetCompression, ParquetWriter, PolarsError, StatisticsOptions};

use super::batch::Batch;
use super::error::Error;
use super::shape::with_clocks;
use super::tables::Row;
use crate::history::schema::Table;

/// Rows of a Parquet row group. Rows come sorted by customer, so each group holds a narrow range of customers and
/// a reader of one customer skips the other groups by their statistics.
const GROUP_ROWS: usize = 131_072;

/// Format of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerFormat {
    /// Text, amounts as decimals.
    Csv,
    /// Typed columns, amounts as whole minor units.
    Parquet,
}

impl LedgerFormat {
    /// Returns the extension of the files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

/// An open file.
enum Target {
    Csv(Box<csv::Writer<BufWriter<File>>>),
    Parquet(Box<polars::io::parquet::write::BatchedWriter<File>>),
}

/// One file that grows batch by batch. It is made with its first rows, so that tables without facts have no file.
pub(crate) struct Sink<R> {
    path: PathBuf,
    format: LedgerFormat,
    /// Table of the ledger, whose Parquet has both clocks; truth has none.
    table: Option<Table>,
    /// Rows written at once.
    group_rows: usize,
    target: Option<Target>,
    pending: Vec<R>,
    written: u64,
    cell: String,
}

impl<R: Row> Sink<R> {
    /// Names the file; nothing is written yet.
    pub(crate) fn new(folder: &Path, name: &str, format: LedgerFormat) -> Self {
        Self {
            path: folder.join(format!("{name}.{}", format.extension())),
            format,
            table: None,
            group_rows: GROUP_ROWS,
            target: None,
            pending: Vec::new(),
            written: 0,
            cell: String::new(),
        }
    }

    /// Names the file of a table of the ledger.
    pub(crate) fn of_table(folder: &Path, table: Table, format: LedgerFormat) -> Self {
        Self {
            table: Some(table),
            ..Self::new(folder, table.name(), format)
        }
    }

    /// Sets how many rows are written at once, for rows that stand for many lines.
    pub(crate) fn with_group_rows(mut self, group_rows: usize) -> Self {
        self.group_rows = group_rows;
        self
    }

    /// Returns the columns of a Parquet file.
    fn frame(&self, batch: &Batch) -> Result<DataFrame, Error> {
        let frame = match self.table {
            Some(table) => with_clocks(table, batch),
            None => batch.frame(),
        };
        frame.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: PolarsError) -> Error {
        Error::frame(format!("write {}", self.path.display()), source)
    }

    /// Takes rows, and writes whole groups.
    pub(crate) fn push(&mut self, rows: Vec<R>) -> Result<(), Error> {
        self.pending.extend(rows);
        let whole = self.pending.len() / self.group_rows * self.group_rows;
        let pending = std::mem::take(&mut self.pending);
        for group in pending[..whole].chunks(self.group_rows) {
            self.write(&R::batch(group))?;
        }
        self.pending = pending;
        self.pending.drain(..whole);
        Ok(())
    }

    /// Writes what is left and closes the file; returns the number of lines.
    pub(crate) fn finish(mut self, keep_empty: bool) -> Result<u64, Error> {
        if !self.pending.is_empty() || (keep_empty && self.target.is_none()) {
            let pending = std::mem::take(&mut self.pending);
            self.write(&R::batch(&pending))?;
        }
        match self.target {
            Some(Target::Csv(mut writer)) => {
                writer.flush().map_err(|source| Error::io(&self.path, source))?;
            }
            Some(Target::Parquet(writer)) => {
                writer
                    .finish()
                    .map_err(|source| Error::frame(format!("write {}", self.path.display()), source))?;
            }
            None => {}
        }
        Ok(self.written)
    }

    fn write(&mut self, batch: &Batch) -> Result<(), Error> {
        let mut target = match self.target.take() {
            Some(target) => target,
            None => self.open(batch)?,
        };
        match &mut target {
            Target::Csv(writer) => {
                write_csv(writer, batch, &mut self.cell).map_err(|source| Error::csv(&self.path, source))?;
            }
            Target::Parquet(writer) => {
                let frame = self.frame(batch)?;
                writer.write_batch(&frame).map_err(|source| self.failed(source))?;
            }
        }
        self.target = Some(target);
        self.written += batch.rows() as u64;
        Ok(())
    }

    fn open(&self, batch: &Batch) -> Result<Target, Error> {
        let file = File::create(&self.path).map_err(|source| Error::io(&self.path, source))?;
        match self.format {
            LedgerFormat::Csv => {
                let mut writer = csv::Writer::from_writer(BufWriter::new(file));
                writer
                    .write_record(batch.names())
                    .map_err(|source| Error::csv(&self.path, source))?;
                Ok(Target::Csv(Box::new(writer)))
            }
            LedgerFormat::Parquet => {
                let frame = self.frame(batch)?;
                let writer = ParquetWriter::new(file)
                    .with_compression(ParquetCompression::Zstd(None))
                    .with_statistics(StatisticsOptions::default())
                    .batched(frame.schema())
                    .map_err(|source| self.failed(source))?;
                Ok(Target::Parquet(Box::new(writer)))
            }
        }
    }
}

/// Writes the rows of a batch.
fn write_csv(
    writer: &mut csv::Writer<BufWriter<File>>,
    batch: &Batch,
    cell: &mut String,
) -> Result<(), csv::Error> {
    let columns = batch.names().count();
    for row in 0..batch.rows() {
        for column in 0..columns {
            cell.clear();
            batch.write_cell(column, row, cell);
            writer.write_field(cell.as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(())
}

/// Makes the folder and its `truth` folder, and refuses a folder that holds a ledger.
pub(crate) fn prepare(folder: &Path) -> Result<PathBuf, Error> {
    let truth = folder.join("truth");
    fs::create_dir_all(&truth).map_err(|source| Error::io(&truth, source))?;
    for place in [folder, truth.as_path()] {
        for entry in fs::read_dir(place).map_err(|source| Error::io(place, source))? {
            let path = entry.map_err(|source| Error::io(place, source))?.path();
            let stem = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default();
            let is_data = path
                .extension()
                .is_some_and(|extension| extension == "csv" || extension == "parquet");
            if is_data && (place == truth || Table::parse(stem).is_some()) {
                return Err(Error::Occupied { path });
            }
        }
    }
    Ok(truth)
}
