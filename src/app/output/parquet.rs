//! Parquet: dates and numbers typed, amounts as decimals of 18 digits, joined lists as text.
//!
//! A column of amounts has one scale, the largest number of decimals among its currencies: beside euros, 1500
//! yen are written as 1500.00, which is the same amount. polars itself writes decimals only with a feature that
//! costs minutes of build; its Parquet writer below needs none.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{CompatLevel, ParquetWriter, PolarsError};
use polars_arrow::array::{ArrayRef, MutablePrimitiveArray, PrimitiveArray};
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field};
use polars_arrow::record_batch::RecordBatchT;
use polars_parquet::write::{
    CompressionOptions, Encoding, FileWriter, StatisticsOptions, Version, WriteOptions, row_group_iter,
};

use super::table::Values;
use super::{Error, OutputTable};
use crate::domain::Money;

/// Digits of an amount.
const PRECISION: usize = 18;
/// The first amount that has more digits, in the smallest unit of its column.
const TOO_LONG: i128 = 10_i128.pow(18);

/// Writes the table as one Parquet file.
pub(super) fn write(writer: &mut impl Write, table: &OutputTable, path: &Path) -> Result<(), Error> {
    let has_amounts = table
        .columns()
        .iter()
        .any(|column| matches!(column.values, Values::Amount(_)));
    let written = if has_amounts && table.height() > 0 {
        write_with_amounts(writer, table)?
    } else {
        let mut df = table.to_frame()?;
        ParquetWriter::new(writer).finish(&mut df)
    };
    written.map(|_bytes| ()).map_err(|source| Error::Table {
        path: path.to_owned(),
        source,
    })
}

/// Writes a table with amounts; the outer error is about the table, the inner one about writing it.
fn write_with_amounts(
    writer: &mut impl Write,
    table: &OutputTable,
) -> Result<Result<u64, PolarsError>, Error> {
    let frame = table.to_frame()?;
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (column, typed) in frame.columns().iter().zip(table.columns()) {
        let array: ArrayRef = if let Values::Amount(amounts) = &typed.values {
            Box::new(decimals(&typed.name, amounts)?)
        } else {
            let series = column.as_materialized_series().rechunk();
            series.to_arrow(0, CompatLevel::newest())
        };
        fields.push(Field::new(column.name().clone(), array.dtype().clone(), true));
        arrays.push(array);
    }
    let schema: ArrowSchema = fields.into_iter().collect();
    Ok(write_arrays(writer, schema, arrays, table.height()))
}

fn write_arrays(
    writer: &mut impl Write,
    schema: ArrowSchema,
    arrays: Vec<ArrayRef>,
    rows: usize,
) -> Result<u64, PolarsError> {
    let options = WriteOptions {
        statistics: StatisticsOptions::default(),
        version: Version::V1,
        compression: CompressionOptions::Zstd(None),
        data_page_size: None,
    };
    let encodings = vec![vec![Encoding::Plain]; arrays.len()];
    let batch = RecordBatchT::try_new(rows, Arc::new(schema.clone()), arrays)?;
    let mut file = FileWriter::try_new(writer, schema, options)?;
    let types = file.parquet_schema().fields().to_vec();
    let count = u64::try_from(rows).expect("a count of rows fits 64 bits");
    file.write(count, row_group_iter(batch, encodings.into(), types, options))?;
    file.end(None)
}

/// Returns amounts as decimals of one scale.
fn decimals(column: &str, amounts: &[Option<Money>]) -> Result<PrimitiveArray<i128>, Error> {
    let exponents = amounts
        .iter()
        .flatten()
        .map(|amount| amount.currency().exponent());
    let exponent = exponents.max().unwrap_or(0);
    let mut units: Vec<Option<i128>> = Vec::with_capacity(amounts.len());
    for amount in amounts {
        let unit = amount.map(|money| {
            let missing = exponent - money.currency().exponent();
            i128::from(money.minor()) * 10_i128.pow(missing)
        });
        if unit.is_some_and(|unit| unit.abs() >= TOO_LONG) {
            return Err(Error::AmountTooLong {
                column: column.to_owned(),
                allowed: PRECISION,
            });
        }
        units.push(unit);
    }
    let scale = usize::try_from(exponent).expect("a currency has at most four decimals");
    let array = PrimitiveArray::from(MutablePrimitiveArray::<i128>::from(units));
    Ok(array.to(ArrowDataType::Decimal(PRECISION, scale)))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::path::Path;

    use polars_parquet::read::read_metadata;

    use super::super::table::{OutputColumn, OutputTable, Values};
    use super::{decimals, write};
    use crate::domain::{Currency, Money};

    fn amounts() -> Vec<Option<Money>> {
        let yen = Currency::parse("JPY").unwrap();
        vec![
            Some(Money::from_minor(-1_250, Currency::EUR)),
            None,
            Some(Money::from_minor(1_500, yen)),
        ]
    }

    #[test]
    fn amounts_of_a_column_share_the_largest_scale() {
        let array = decimals("open", &amounts()).unwrap();
        let units: Vec<Option<i128>> = array.iter().map(|unit| unit.copied()).collect();
        assert_eq!(units, [Some(-1_250), None, Some(150_000)]);
    }

    #[test]
    fn a_file_says_that_its_amounts_are_decimals() {
        let table = OutputTable::new(vec![
            OutputColumn::new("name", Values::Text(vec![Some("a".to_owned()), None, None])),
            OutputColumn::new("open", Values::Amount(amounts())),
        ]);
        let mut bytes = Vec::new();
        write(&mut bytes, &table, Path::new("book.parquet")).unwrap();
        let metadata = read_metadata(&mut Cursor::new(bytes)).unwrap();
        assert_eq!(metadata.num_rows, 3);
        let types = format!("{:?}", metadata.schema_descr.fields());
        assert!(types.contains("Decimal(18, 2)"), "{types}");
    }

    #[test]
    fn an_amount_of_nineteen_digits_is_refused() {
        let amount = Money::from_minor(1_000_000_000_000_000_000, Currency::EUR);
        let refusal = decimals("open", &[Some(amount)]).unwrap_err().to_string();
        assert_eq!(
            refusal,
            "column \"open\" has an amount of more than 18 digits, which a decimal of Parquet cannot hold; use .csv"
        );
    }
}
