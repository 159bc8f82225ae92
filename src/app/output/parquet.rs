//! Parquet: dates and numbers typed; amounts and joined lists as text, because currencies differ in scale.

use std::io::Write;
use std::path::Path;

use polars::prelude::ParquetWriter;

use super::{Error, OutputTable};

/// Writes the table as one Parquet file.
pub(super) fn write(writer: &mut impl Write, table: &OutputTable, path: &Path) -> Result<(), Error> {
    let mut df = table.to_frame()?;
    ParquetWriter::new(writer)
        .finish(&mut df)
        .map(|_bytes| ())
        .map_err(|source| Error::Table {
            path: path.to_owned(),
            source,
        })
}
