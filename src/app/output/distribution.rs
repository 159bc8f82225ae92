//! The payment distribution of every invoice, one row a day: streamed, because 91 days of a million
//! invoices are a file of gigabytes.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use polars::prelude::{Column, DataFrame, DataType, Field, NamedFrom, ParquetWriter, Schema, Series};

use super::delimited::{push_date, push_text};
use super::{Error, Format, StagedFile};
use crate::domain::Date;
use crate::domain::date::{day_number, from_day_number};
use crate::model::{HORIZON_DAYS, PaymentPrediction};

const COLUMN_INVOICE_ID: &str = "invoice_id";
const COLUMN_DATE: &str = "date";
const COLUMN_PAID_BY_PROBABILITY: &str = "paid_by_probability";

/// Probabilities are written with six decimals.
const MILLION: f64 = 1_000_000.0;
/// Invoices a Parquet row group: about a quarter of a million rows, some megabytes.
const INVOICES_PER_ROW_GROUP: usize = 2_880;

/// A file that takes distributions: `.csv` or `.parquet`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributionFile {
    path: PathBuf,
    format: Format,
}

impl DistributionFile {
    /// Where the file is to appear.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl FromStr for DistributionFile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let path = PathBuf::from(text);
        let format = Format::of(&path, &[Format::Csv, Format::Parquet])?;
        Ok(Self { path, format })
    }
}

/// Writes `invoice_id, date, paid_by_probability` for each day of the horizon after the cut-off.
///
/// # Errors
///
/// [`Error::Write`], [`Error::Table`]: the file could not be written.
pub fn write_distributions(file: &DistributionFile, predictions: &[PaymentPrediction]) -> Result<(), Error> {
    let mut staged = StagedFile::create(&file.path)?;
    if file.format == Format::Parquet {
        write_parquet(staged.writer(), predictions, &file.path)?;
    } else {
        write_delimited(staged.writer(), predictions).map_err(Error::at(&file.path))?;
    }
    staged.commit()
}

fn write_delimited(writer: &mut impl Write, predictions: &[PaymentPrediction]) -> io::Result<()> {
    writeln!(
        writer,
        "{COLUMN_INVOICE_ID},{COLUMN_DATE},{COLUMN_PAID_BY_PROBABILITY}"
    )?;
    let mut days: Vec<String> = Vec::new();
    let mut days_as_of = None;
    let mut id = String::new();
    let mut lines = Vec::new();
    for prediction in predictions {
        // All rows of one run share their cut-off, so the dates are formatted once.
        if days_as_of != Some(prediction.as_of) {
            days = horizon_dates(prediction.as_of)
                .map(|date| {
                    let mut text = String::from(",");
                    push_date(&mut text, date);
                    text.push(',');
                    text
                })
                .collect();
            days_as_of = Some(prediction.as_of);
        }
        id.clear();
        push_text(&mut id, &prediction.invoice_id);
        lines.clear();
        for (day, probability) in days.iter().zip(prediction.distribution.days()) {
            lines.extend_from_slice(id.as_bytes());
            lines.extend_from_slice(day.as_bytes());
            push_probability(&mut lines, f64::from(*probability));
            lines.push(b'\n');
        }
        writer.write_all(&lines)?;
    }
    Ok(())
}

/// Appends a probability with six decimals, several times faster than the general formatter.
fn push_probability(bytes: &mut Vec<u8>, probability: f64) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to [0, 1], so the product is between 0 and a million"
    )]
    let mut millionths = (probability.clamp(0.0, 1.0) * MILLION).round() as u32;
    let mut text = *b"0.000000";
    if millionths == 1_000_000 {
        text[0] = b'1';
        millionths = 0;
    }
    for place in text[2..].iter_mut().rev() {
        *place += u8::try_from(millionths % 10).expect("a digit is below ten");
        millionths /= 10;
    }
    bytes.extend_from_slice(&text);
}

fn write_parquet(
    writer: &mut impl Write,
    predictions: &[PaymentPrediction],
    path: &Path,
) -> Result<(), Error> {
    let at = |source| Error::Table {
        path: path.to_owned(),
        source,
    };
    let schema = Schema::from_iter([
        Field::new(COLUMN_INVOICE_ID.into(), DataType::String),
        Field::new(COLUMN_DATE.into(), DataType::Date),
        Field::new(COLUMN_PAID_BY_PROBABILITY.into(), DataType::Float64),
    ]);
    let mut batches = ParquetWriter::new(writer).batched(&schema).map_err(at)?;
    for group in predictions.chunks(INVOICES_PER_ROW_GROUP) {
        let df = row_group(group).map_err(at)?;
        batches.write_batch(&df).map_err(at)?;
    }
    batches.finish().map(|_bytes| ()).map_err(at)
}

fn row_group(predictions: &[PaymentPrediction]) -> polars::prelude::PolarsResult<DataFrame> {
    let height = predictions.len() * HORIZON_DAYS;
    let mut invoice_ids: Vec<&str> = Vec::with_capacity(height);
    let mut dates: Vec<i32> = Vec::with_capacity(height);
    let mut probabilities: Vec<f64> = Vec::with_capacity(height);
    for prediction in predictions {
        let days = horizon_dates(prediction.as_of).zip(prediction.distribution.days());
        for (date, probability) in days {
            invoice_ids.push(&prediction.invoice_id);
            dates.push(day_number(date));
            probabilities.push((f64::from(*probability) * MILLION).round() / MILLION);
        }
    }
    let columns: Vec<Column> = vec![
        Series::new(COLUMN_INVOICE_ID.into(), invoice_ids).into(),
        Series::new(COLUMN_DATE.into(), dates).into_date().into(),
        Series::new(COLUMN_PAID_BY_PROBABILITY.into(), probabilities).into(),
    ];
    DataFrame::new_infer_height(columns)
}

/// The days after the cut-off, in order.
fn horizon_dates(as_of: Date) -> impl Iterator<Item = Date> {
    let first = day_number(as_of);
    (1..)
        .take(HORIZON_DAYS)
        .map(move |day| from_day_number(first + day))
}

#[cfg(test)]
mod tests {
    use super::push_probability;

    #[test]
    fn a_probability_has_six_decimals() {
        let text = |probability: f64| {
            let mut bytes = Vec::new();
            push_probability(&mut bytes, probability);
            String::from_utf8(bytes).unwrap()
        };
        assert_eq!(text(0.0), "0.000000");
        assert_eq!(text(0.123_456_7), "0.123457");
        assert_eq!(text(0.000_001), "0.000001");
        assert_eq!(text(0.999_999_9), "1.000000");
        assert_eq!(text(1.0), "1.000000");
    }
}
