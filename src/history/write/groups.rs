//! Tables whose rows come sorted and a group at a time, written to the same bytes as those of one frame.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, ParquetWriter};

use super::{ROW_GROUP_ROWS, csv_error, fields, parquet_columns, replace, write_rows};
use crate::history::error::Error;
use crate::history::schema::Table;

/// Gives the next so many rows of a table, in the order of its file and with every column.
pub(crate) type NextRows<'a> = &'a mut dyn FnMut(usize) -> Result<DataFrame, Error>;

/// What is known of a table before its rows come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extent {
    pub(crate) rows: usize,
    /// Columns that have a value in any row.
    pub(crate) filled: BTreeSet<String>,
}

/// Does what [`parquet`](super::parquet) does.
pub(crate) fn parquet(
    folder: &Path,
    table: Table,
    extent: &Extent,
    next: NextRows<'_>,
) -> Result<PathBuf, Error> {
    let path = folder.join(format!("{table}.parquet"));
    let failed = |source| Error::polars(&format!("writing {}", path.display()), source);
    let names = parquet_columns(table, &|name| extent.filled.contains(name));
    let sizes = group_sizes(extent.rows);
    let (first, others) = sizes
        .split_first()
        .map_or((0, &[][..]), |(first, others)| (*first, others));
    replace(&path, |file| {
        let group = next(first)?.select(names.iter().copied()).map_err(failed)?;
        let mut writer = ParquetWriter::new(file).batched(group.schema()).map_err(failed)?;
        writer.write_batch(&group).map_err(failed)?;
        for rows in others {
            let group = next(*rows)?.select(names.iter().copied()).map_err(failed)?;
            writer.write_batch(&group).map_err(failed)?;
        }
        writer.finish().map_err(failed)?;
        Ok(())
    })?;
    Ok(path)
}

/// Does what [`csv()`](super::csv()) does.
pub(crate) fn csv(
    folder: &Path,
    table: Table,
    extent: &Extent,
    next: NextRows<'_>,
) -> Result<PathBuf, Error> {
    let path = folder.join(format!("{table}.csv"));
    let is_filled = |name: &str| extent.filled.contains(name);
    replace(&path, |file| {
        let failed = |source| csv_error(&path, source);
        let mut writer = ::csv::Writer::from_writer(file);
        let header = next(0)?;
        let columns = fields(table, &header, &is_filled)?;
        writer
            .write_record(columns.iter().map(|field| field.name))
            .map_err(failed)?;
        for rows in group_sizes(extent.rows) {
            let group = next(rows)?;
            write_rows(&mut writer, &group, &fields(table, &group, &is_filled)?, &failed)?;
        }
        writer.flush().map_err(|source| Error::io(&path, source))
    })?;
    Ok(path)
}

/// Returns the rows of each row group of a table with so many rows.
fn group_sizes(rows: usize) -> Vec<usize> {
    let firsts = (0..rows).step_by(ROW_GROUP_ROWS);
    firsts.map(|first| ROW_GROUP_ROWS.min(rows - first)).collect()
}

#[cfg(test)]
mod tests {
    use polars::prelude::{Column, ParquetReader, SerReader};

    use super::*;
    use crate::history::schema::{KNOWN_ON, RECORDED_AT};
    use crate::history::{ColumnBuilder, ColumnKind, Parsed, write};

    #[test]
    fn row_groups_hold_all_rows_and_only_the_last_is_smaller() {
        let whole = ROW_GROUP_ROWS;
        for (rows, expected) in [
            (0, vec![]),
            (7, vec![7]),
            (whole, vec![whole]),
            (2 * whole - 1, vec![whole, whole - 1]),
            (2 * whole + 1, vec![whole, whole, 1]),
        ] {
            assert_eq!(group_sizes(rows), expected, "{rows}");
        }
    }

    /// Rates of so many days, each the next, in the order of their file.
    fn rates(rows: usize) -> DataFrame {
        let day = |name: &'static str| {
            let mut column = ColumnBuilder::new(name, ColumnKind::Date);
            (0..rows).for_each(|row| column.push(Parsed::Day(i32::try_from(row).unwrap())));
            column.finish()
        };
        let source: Vec<Option<&str>> = (0..rows).map(|row| (row % 5 == 0).then_some("ECB")).collect();
        let columns = vec![
            Column::new("from_currency".into(), vec!["USD"; rows]),
            Column::new("to_currency".into(), vec!["EUR"; rows]),
            day("rate_date"),
            Column::new("rate".into(), vec![0.875_f64; rows]),
            Column::new("source".into(), source),
            day(RECORDED_AT),
            day(KNOWN_ON),
        ];
        DataFrame::new(rows, columns).unwrap()
    }

    #[test]
    fn a_table_in_groups_becomes_the_same_bytes_as_one_frame() {
        let rows = 2 * ROW_GROUP_ROWS + 3;
        let whole = rates(rows);
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        for folder in [&one, &other] {
            std::fs::create_dir(folder).unwrap();
        }
        let filled = whole.get_column_names().into_iter().map(ToString::to_string);
        let extent = Extent {
            rows,
            filled: filled.collect(),
        };
        for is_parquet in [true, false] {
            let mut done = 0_usize;
            let mut next = |rows: usize| -> Result<DataFrame, Error> {
                let mut group = whole.slice(i64::try_from(done).unwrap(), rows);
                group.rechunk_mut_par();
                done += rows;
                Ok(group)
            };
            let (expected, given) = if is_parquet {
                let expected = write::parquet(&one, Table::FxRates, &whole).unwrap();
                (
                    expected,
                    parquet(&other, Table::FxRates, &extent, &mut next).unwrap(),
                )
            } else {
                let expected = write::csv(&one, Table::FxRates, &whole).unwrap();
                (expected, csv(&other, Table::FxRates, &extent, &mut next).unwrap())
            };
            assert!(
                std::fs::read(expected).unwrap() == std::fs::read(&given).unwrap(),
                "{is_parquet}"
            );
            if is_parquet {
                let mut reader = ParquetReader::new(std::fs::File::open(&given).unwrap());
                assert_eq!(reader.num_rows().unwrap(), rows);
            }
        }
    }
}
