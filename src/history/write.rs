//! Writes tables as canonical files, whole or not at all.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, DataType, IdxCa, IdxSize, ParquetWriter, PolarsResult};

use super::csv_reader::allowed_columns;
use super::error::Error;
use super::report::Reject;
use super::row_order::order_by;
use super::row_values::RowValues;
use super::schema::{ColumnKind, RECORDED_AT, SUPERSEDED_ON, Table, columns, frame_columns};
use super::staging;
use crate::domain::{Currency, format_minor};

/// Rows of a Parquet row group: small enough that a range of customers touches few rows in vain, large enough
/// that the footer of ten million rows has under a hundred entries.
const ROW_GROUP_ROWS: usize = 1 << 17;

/// Writes a table as `<table>.csv`, sorted by customer, date and key; optional columns without values are left
/// out.
///
/// # Errors
///
/// - [`Error::Io`] when the file cannot be written; an earlier one then stays as it was.
/// - [`Error::MissingColumns`] when the frame lacks required columns.
pub fn csv(folder: &Path, table: Table, frame: &DataFrame) -> Result<PathBuf, Error> {
    let path = folder.join(format!("{table}.csv"));
    let sorted = sorted(table, frame)?;
    let fields = fields(table, &sorted)?;
    let currencies = RowValues::of(&sorted, "currency")?;
    replace(&path, |file| {
        let mut writer = ::csv::Writer::from_writer(file);
        writer
            .write_record(fields.iter().map(|field| field.name))
            .map_err(|source| csv_error(&path, source))?;
        for row in 0..sorted.height() {
            for field in &fields {
                writer
                    .write_field(field.text(row, &currencies))
                    .map_err(|source| csv_error(&path, source))?;
            }
            writer
                .write_record(None::<&[u8]>)
                .map_err(|source| csv_error(&path, source))?;
        }
        writer.flush().map_err(|source| Error::io(&path, source))
    })?;
    Ok(path)
}

/// Writes a table as `<table>.parquet` in the shape of frames, sorted by customer, date and key.
///
/// The rows of a range of customers are thus a slice of row groups. Optional columns without values are left
/// out.
///
/// # Errors
///
/// As [`csv()`], and [`Error::Polars`] when the frame cannot be encoded.
pub fn parquet(folder: &Path, table: Table, frame: &DataFrame) -> Result<PathBuf, Error> {
    let path = folder.join(format!("{table}.parquet"));
    let failed = |source| Error::polars(&format!("writing {}", path.display()), source);
    check_complete(table, frame)?;
    let required = |name: &str| {
        columns(table)
            .iter()
            .any(|spec| spec.required && spec.frame_name() == name)
    };
    let is_clock = |name: &str| columns(table).iter().all(|spec| spec.frame_name() != name);
    let names: Vec<&str> = frame_columns(table)
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| required(name) || is_clock(name) || has_values(frame, name))
        .chain(has_values(frame, SUPERSEDED_ON).then_some(SUPERSEDED_ON))
        .collect();
    let mut whole = frame.clone();
    whole.rechunk_mut_par();
    let order = order(table, &whole)?;
    let whole = whole.select(names).map_err(failed)?;
    in_order(&path, &whole, order.as_deref())?;
    Ok(path)
}

/// Writes a frame as Parquet with the columns and in the order that it has, whole or not at all.
pub(crate) fn as_it_is(path: &Path, mut frame: DataFrame) -> Result<(), Error> {
    frame.rechunk_mut_par();
    in_order(path, &frame, None)
}

/// Writes the rows of a frame in an order, or in that which they have; only two row groups of it are copied at a time.
fn in_order(path: &Path, frame: &DataFrame, order: Option<&[IdxSize]>) -> Result<(), Error> {
    let failed = |source| Error::polars(&format!("writing {}", path.display()), source);
    replace(path, |file| {
        let mut writer = ParquetWriter::new(file).batched(frame.schema()).map_err(failed)?;
        let mut first = 0;
        let mut group = group_from(frame, order, first).map_err(failed)?;
        while group.height() > 0 {
            first += group.height();
            // Most of the writing is one thread's work, beside which the next group is gathered.
            let (written, next) =
                rayon::join(|| writer.write_batch(&group), || group_from(frame, order, first));
            written.map_err(failed)?;
            group = next.map_err(failed)?;
        }
        writer.finish().map_err(failed)?;
        Ok(())
    })
}

/// The rows of a row group that begins with that row of the file; none behind the end.
fn group_from(frame: &DataFrame, order: Option<&[IdxSize]>, first: usize) -> PolarsResult<DataFrame> {
    match order {
        Some(order) => {
            let rows = order.iter().skip(first).take(ROW_GROUP_ROWS).copied().collect();
            frame.take(&IdxCa::from_vec("rows".into(), rows))
        }
        None => {
            let offset = i64::try_from(first).expect("polars counts rows in 32 bits");
            Ok(frame.slice(offset, ROW_GROUP_ROWS))
        }
    }
}

/// Writes the rejected rows as CSV.
///
/// # Errors
///
/// [`Error::Io`] when the file cannot be written.
pub fn rejects(path: &Path, rejects: &[Reject]) -> Result<(), Error> {
    replace(path, |file| {
        let mut writer = ::csv::Writer::from_writer(file);
        let failed = |source| csv_error(path, source);
        writer
            .write_record(["file", "line", "column", "value", "reason"])
            .map_err(failed)?;
        for reject in rejects {
            let line = reject.line.to_string();
            writer
                .write_record([&reject.file, &line, &reject.column, &reject.value, &reject.reason])
                .map_err(failed)?;
        }
        writer.flush().map_err(|source| Error::io(path, source))
    })
}

/// Writes beside the file and renames, so that a reader sees the old file or the new one.
pub(crate) fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<(), Error>,
) -> Result<(), Error> {
    let failed = |source| Error::io(path, source);
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let temporary = staging::file_in(folder).map_err(failed)?;
    let mut buffered = BufWriter::new(temporary.as_file());
    write(&mut buffered)?;
    buffered.flush().map_err(failed)?;
    drop(buffered);
    // The bytes must be on disk before the name points at them.
    temporary.as_file().sync_all().map_err(failed)?;
    temporary
        .persist(path)
        .map_err(|error| Error::io(path, error.error))?;
    Ok(())
}

/// A column of a CSV file.
struct Field<'a> {
    name: &'static str,
    kind: ColumnKind,
    values: RowValues<'a>,
}

impl Field<'_> {
    fn text(&self, row: usize, currencies: &RowValues<'_>) -> String {
        match (self.kind, self.values.integer(row)) {
            (ColumnKind::Amount, Some(minor)) => {
                let currency = currencies.text(row).and_then(|code| Currency::parse(code).ok());
                // Without a currency the row was never valid; two decimals then at least show the amount.
                format_minor(minor, currency.map_or(2, Currency::exponent))
            }
            _ => self.values.shown(row),
        }
    }
}

fn fields(table: Table, frame: &DataFrame) -> Result<Vec<Field<'_>>, Error> {
    check_complete(table, frame)?;
    let mut fields = Vec::new();
    for spec in columns(table) {
        if spec.required || has_values(frame, spec.frame_name()) {
            let values = RowValues::of(frame, spec.frame_name())?;
            fields.push(Field {
                name: spec.name,
                kind: spec.kind,
                values,
            });
        }
    }
    for name in [RECORDED_AT, SUPERSEDED_ON] {
        if has_values(frame, name) {
            fields.push(Field {
                name,
                kind: ColumnKind::Date,
                values: RowValues::of(frame, name)?,
            });
        }
    }
    Ok(fields)
}

fn has_values(frame: &DataFrame, name: &str) -> bool {
    frame.column(name).is_ok_and(|column| !column.is_full_null())
}

/// Refuses frames that a reader could not take back.
fn check_complete(table: Table, frame: &DataFrame) -> Result<(), Error> {
    let has = |name: &str, dtype: &DataType| frame.column(name).is_ok_and(|column| column.dtype() == dtype);
    let missing: Vec<String> = frame_columns(table)
        .into_iter()
        .filter(|(name, dtype)| {
            let spec = columns(table).iter().find(|spec| spec.frame_name() == *name);
            spec.is_none_or(|spec| spec.required) && !has(name, dtype)
        })
        .map(|(name, _)| name.to_owned())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::MissingColumns {
        file: format!("frame of {table}"),
        missing,
        found: frame
            .get_column_names()
            .into_iter()
            .map(ToString::to_string)
            .collect(),
        allowed: allowed_columns(table),
    })
}

fn sorted(table: Table, frame: &DataFrame) -> Result<DataFrame, Error> {
    let mut whole = frame.clone();
    whole.rechunk_mut_par();
    match order(table, &whole)? {
        Some(order) => whole
            .take(&IdxCa::from_vec("rows".into(), order))
            .map_err(|source| Error::polars("sorting a table", source)),
        None => Ok(whole),
    }
}

/// Returns the rows of a table by customer, date and key; nothing when they stand so already.
fn order(table: Table, frame: &DataFrame) -> Result<Option<Vec<IdxSize>>, Error> {
    let by: Vec<&str> = [Some("customer_id"), table.business_date()]
        .into_iter()
        .flatten()
        .chain(table.key().iter().copied())
        // Versions of one row stand in the order of time.
        .chain(has_values(frame, SUPERSEDED_ON).then_some(RECORDED_AT))
        .chain([SUPERSEDED_ON])
        .filter(|name| has_values(frame, name))
        .collect();
    let mut unique: Vec<&str> = Vec::with_capacity(by.len());
    for name in by {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    order_by(frame, &unique)
}

fn csv_error(path: &Path, source: ::csv::Error) -> Error {
    match source.into_kind() {
        ::csv::ErrorKind::Io(source) => Error::io(path, source),
        kind => Error::Input {
            path: path.to_path_buf(),
            reason: format!("cannot be written: {kind:?}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{ParquetReader, SerReader};

    use super::*;
    use crate::history::builder::{Cell, TableBuilder};

    /// Invoices of one customer and day by their numbers.
    fn invoices(numbers: impl Iterator<Item = usize>) -> DataFrame {
        let mut builder = TableBuilder::new(Table::Invoices);
        for number in numbers {
            let id = format!("I{number:07}");
            let mut cells = vec![Cell::Absent; builder.slots()];
            for (column, text) in [
                ("invoice_id", id.as_str()),
                ("customer_id", "C1"),
                ("invoice_date", "2026-01-31"),
                ("due_date", "2026-03-02"),
                ("amount", "1.00"),
                ("currency", "EUR"),
            ] {
                let slot = TableBuilder::slot(Table::Invoices, column).unwrap();
                cells[slot] = Cell::Text(text);
            }
            builder.push(1, &cells).unwrap();
        }
        builder.finish().unwrap().frame
    }

    fn written(frame: &DataFrame) -> DataFrame {
        let folder = tempfile::tempdir().unwrap();
        let path = parquet(folder.path(), Table::Invoices, frame).unwrap();
        ParquetReader::new(File::open(path).unwrap()).finish().unwrap()
    }

    #[test]
    fn a_file_of_several_row_groups_has_every_row_in_order_however_they_came() {
        let rows = ROW_GROUP_ROWS + 5;
        let turned = written(&invoices((0..rows).rev()));
        assert_eq!(turned.height(), rows);
        let ids = RowValues::of(&turned, "invoice_id").unwrap();
        for row in 0..rows {
            assert_eq!(ids.text(row), Some(format!("I{row:07}").as_str()));
        }
        assert!(written(&invoices(0..rows)).equals_missing(&turned));
    }

    #[test]
    fn a_table_without_rows_is_a_file_without_rows() {
        let read = written(&invoices(0..0));
        assert_eq!(read.height(), 0);
        assert!(read.column("invoice_id").is_ok());
    }
}
