//! A file of rows that never changes.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::Crc;
use polars::prelude::{
    ChunkAgg, DataFrame, LazyFrame, ParquetReader, PlRefPath, ScanArgsParquet, SerReader, SortMultipleOptions,
};
use serde::{Deserialize, Serialize};

use super::recent::sequences;
use super::{Error, SEQUENCE};
use crate::domain::Date;
use crate::domain::date::from_day_number;
use crate::history::schema::KNOWN_ON;
use crate::history::{Table, write};

/// Size of the blocks files are read in, in bytes.
const BLOCK_BYTES: usize = 1 << 18;

/// The first invoice date and the last day any fact became known, as day numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Extent {
    first_invoice: Option<i32>,
    last_known: Option<i32>,
}

impl Extent {
    /// Returns the extent of the rows of a table; customers are of no day.
    pub(super) fn of(table: Table, frame: &DataFrame) -> Result<Self, Error> {
        if table == Table::Customers {
            return Ok(Self::default());
        }
        let days = |name: &str| {
            frame
                .column(name)
                .and_then(|column| column.date())
                .map_err(|source| Error::polars("reading the days of rows", source))
        };
        let first_invoice = match table {
            Table::Invoices => days("invoice_date")?.physical().min(),
            _ => None,
        };
        Ok(Self {
            first_invoice,
            last_known: days(KNOWN_ON)?.physical().max(),
        })
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            first_invoice: [self.first_invoice, other.first_invoice]
                .into_iter()
                .flatten()
                .min(),
            last_known: self.last_known.max(other.last_known),
        }
    }

    /// Returns the dates; nothing without invoices.
    pub(super) fn dates(self) -> Option<(Date, Date)> {
        let (first, last) = (self.first_invoice?, self.last_known?);
        Some((from_day_number(first), from_day_number(last)))
    }
}

/// A Parquet file of rows of one table, sorted by customer so that a range of customers is a slice of row groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Segment {
    /// Name of the file; no other segment ever has it.
    pub(super) file: String,
    bytes: u64,
    /// CRC-32 of the file: against accidents, nobody gains by a forged cache.
    checksum: u32,
    pub(super) rows: u64,
    /// Largest sequence of its rows.
    pub(super) last: i64,
    pub(super) extent: Extent,
}

impl Segment {
    /// Writes rows, of which there is at least one, and makes them durable.
    pub(super) fn write(folder: &Path, file: String, table: Table, rows: &DataFrame) -> Result<Self, Error> {
        let path = folder.join(&file);
        let by: &[&str] = if rows.column("customer_id").is_ok() {
            &["customer_id", SEQUENCE]
        } else {
            &[SEQUENCE]
        };
        let sorted = rows
            .sort(by, SortMultipleOptions::default())
            .map_err(|source| Error::polars("sorting a segment", source))?;
        let last = sequences(&sorted)?.max().unwrap_or(0);
        let extent = Extent::of(table, &sorted)?;
        let height = sorted.height();
        write::as_it_is(&path, sorted)?;
        let (bytes, checksum) = checksum(&path).map_err(|source| Error::io(&path, source))?;
        Ok(Self {
            file,
            bytes,
            checksum,
            rows: u64::try_from(height).expect("a count of rows fits 64 bits"),
            last,
            extent,
        })
    }

    /// Returns whether the file is there and as it was written.
    pub(super) fn is_whole(&self, folder: &Path) -> bool {
        checksum(&folder.join(&self.file)).is_ok_and(|found| found == (self.bytes, self.checksum))
    }

    pub(super) fn scan(&self, folder: &Path) -> Result<LazyFrame, Error> {
        let path = folder.join(&self.file);
        let failed = |source| Error::polars(&format!("scanning {}", path.display()), source);
        let place = PlRefPath::try_from_path(&path).map_err(failed)?;
        let args = ScanArgsParquet {
            glob: false,
            ..ScanArgsParquet::default()
        };
        LazyFrame::scan_parquet(place, args).map_err(failed)
    }

    pub(super) fn read(&self, folder: &Path) -> Result<DataFrame, Error> {
        let path = folder.join(&self.file);
        let file = File::open(&path).map_err(|source| Error::io(&path, source))?;
        ParquetReader::new(file)
            .finish()
            .map_err(|source| Error::polars(&format!("reading {}", path.display()), source))
    }
}

/// Returns size and CRC-32 of a file.
fn checksum(path: &Path) -> io::Result<(u64, u32)> {
    let mut file = File::open(path)?;
    let mut crc = Crc::new();
    let mut block = vec![0; BLOCK_BYTES];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut block)?;
        if count == 0 {
            return Ok((bytes, crc.sum()));
        }
        bytes += u64::try_from(count).expect("a block fits 64 bits");
        crc.update(&block[..count]);
    }
}
