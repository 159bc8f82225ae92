//! Cells of a frame by row number, whatever their type: to hash, to compare, to show and to fingerprint.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hasher};

use polars::prelude::{
    Column, DataFrame, DataType, Float64Chunked, Int32Chunked, Int64Chunked, StringChunked,
};

use super::error::Error;
use super::keyed_rows::write_text;
use crate::domain::date::from_day_number;

/// A column of a frame in one of the types the ledger has.
#[derive(Debug)]
pub(crate) enum RowValues<'a> {
    /// Nothing in any row.
    Nulls,
    Text(&'a StringChunked),
    Days(&'a Int32Chunked),
    Integers(&'a Int64Chunked),
    Numbers(&'a Float64Chunked),
}

impl<'a> RowValues<'a> {
    /// Looks a column up; absent and wholly empty columns read as nulls.
    pub(crate) fn of(frame: &'a DataFrame, name: &str) -> Result<Self, Error> {
        frame.column(name).map_or(Ok(Self::Nulls), Self::from_column)
    }

    pub(crate) fn from_column(column: &'a Column) -> Result<Self, Error> {
        let failed = |source| Error::polars("reading a column", source);
        // A wholly empty column is a single scalar; asking for its values would allocate them.
        if column.is_full_null() {
            return Ok(Self::Nulls);
        }
        Ok(match column.dtype() {
            DataType::Date => Self::Days(column.date().map_err(failed)?.physical()),
            DataType::Int64 => Self::Integers(column.i64().map_err(failed)?),
            DataType::Float64 => Self::Numbers(column.f64().map_err(failed)?),
            _ => Self::Text(column.str().map_err(failed)?),
        })
    }

    pub(crate) fn text(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::Text(values) => values.get(row),
            Self::Nulls | Self::Days(_) | Self::Integers(_) | Self::Numbers(_) => None,
        }
    }

    pub(crate) fn day(&self, row: usize) -> Option<i32> {
        match self {
            Self::Days(values) => values.get(row),
            Self::Nulls | Self::Text(_) | Self::Integers(_) | Self::Numbers(_) => None,
        }
    }

    pub(crate) fn integer(&self, row: usize) -> Option<i64> {
        match self {
            Self::Integers(values) => values.get(row),
            Self::Nulls | Self::Text(_) | Self::Days(_) | Self::Numbers(_) => None,
        }
    }

    pub(crate) fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Numbers(values) => values.get(row),
            Self::Nulls | Self::Text(_) | Self::Days(_) | Self::Integers(_) => None,
        }
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Nulls => true,
            Self::Text(values) => values.get(row).is_none(),
            Self::Days(values) => values.get(row).is_none(),
            Self::Integers(values) => values.get(row).is_none(),
            Self::Numbers(values) => values.get(row).is_none(),
        }
    }

    /// Returns the number of nulls among so many rows.
    pub(crate) fn null_count(&self, height: usize) -> usize {
        match self {
            Self::Nulls => height,
            Self::Text(values) => values.null_count(),
            Self::Days(values) => values.null_count(),
            Self::Integers(values) => values.null_count(),
            Self::Numbers(values) => values.null_count(),
        }
    }

    /// Returns all days, with a stand-in for null.
    pub(crate) fn days_or(&self, height: usize, null: i32) -> Vec<i32> {
        match self {
            Self::Days(values) => values.iter().map(|day| day.unwrap_or(null)).collect(),
            Self::Nulls | Self::Text(_) | Self::Integers(_) | Self::Numbers(_) => vec![null; height],
        }
    }

    /// Returns all integers, with a stand-in for null.
    pub(crate) fn integers_or(&self, height: usize, null: i64) -> Vec<i64> {
        match self {
            Self::Integers(values) => values.iter().map(|value| value.unwrap_or(null)).collect(),
            Self::Nulls | Self::Text(_) | Self::Days(_) | Self::Numbers(_) => vec![null; height],
        }
    }

    /// Calls `each` with every row and its text.
    pub(crate) fn for_each_text(&self, height: usize, mut each: impl FnMut(usize, Option<&str>)) {
        match self {
            Self::Text(values) => values.iter().enumerate().for_each(|(row, text)| each(row, text)),
            Self::Nulls | Self::Days(_) | Self::Integers(_) | Self::Numbers(_) => {
                (0..height).for_each(|row| each(row, None));
            }
        }
    }

    /// Adds the cell to a hash; equal cells add the same.
    fn hash_into(&self, row: usize, hasher: &mut DefaultHasher) {
        match self {
            Self::Text(values) => write_text(hasher, values.get(row).unwrap_or("")),
            Self::Days(_) => hasher.write_i32(self.day(row).unwrap_or(i32::MIN)),
            Self::Integers(_) => hasher.write_i64(self.integer(row).unwrap_or(i64::MIN)),
            Self::Numbers(_) => hasher.write_u64(self.number(row).map_or(u64::MAX, f64::to_bits)),
            Self::Nulls => hasher.write_u8(0),
        }
    }

    /// Hashes the cells of a row, those of its key.
    pub(crate) fn hash_row(key: &[Self], row: usize) -> u64 {
        let mut hasher = DefaultHasher::new();
        for values in key {
            values.hash_into(row, &mut hasher);
        }
        hasher.finish()
    }

    /// Returns whether two rows have the same value, nulls being equal.
    pub(crate) fn is_same(&self, row: usize, other: usize) -> bool {
        match self {
            Self::Nulls => true,
            Self::Text(values) => values.get(row) == values.get(other),
            Self::Days(values) => values.get(row) == values.get(other),
            Self::Integers(values) => values.get(row) == values.get(other),
            Self::Numbers(values) => values.get(row).map(f64::to_bits) == values.get(other).map(f64::to_bits),
        }
    }

    /// Compares the values of two rows: null comes first, texts go by their bytes.
    pub(crate) fn compare(&self, row: usize, other: usize) -> Ordering {
        match self {
            Self::Nulls => Ordering::Equal,
            Self::Text(values) => values.get(row).cmp(&values.get(other)),
            Self::Days(values) => values.get(row).cmp(&values.get(other)),
            Self::Integers(values) => values.get(row).cmp(&values.get(other)),
            Self::Numbers(values) => match (values.get(row), values.get(other)) {
                (Some(one), Some(two)) => one.total_cmp(&two),
                (one, two) => one.is_some().cmp(&two.is_some()),
            },
        }
    }

    /// Returns the cell as text for people.
    pub(crate) fn shown(&self, row: usize) -> String {
        match self {
            Self::Nulls => String::new(),
            Self::Text(values) => values.get(row).unwrap_or("").to_owned(),
            Self::Days(_) => self
                .day(row)
                .map(|day| from_day_number(day).to_string())
                .unwrap_or_default(),
            Self::Integers(_) => self
                .integer(row)
                .map(|value| value.to_string())
                .unwrap_or_default(),
            Self::Numbers(_) => self
                .number(row)
                .map(|value| value.to_string())
                .unwrap_or_default(),
        }
    }

    /// Appends an unambiguous encoding of the cell.
    pub(crate) fn write_bytes(&self, row: usize, bytes: &mut Vec<u8>) {
        if self.is_null(row) {
            bytes.push(0);
            return;
        }
        bytes.push(1);
        match self {
            Self::Nulls => {}
            Self::Text(values) => {
                let text = values.get(row).unwrap_or("");
                bytes.extend_from_slice(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
            Self::Days(_) => bytes.extend_from_slice(&self.day(row).unwrap_or(0).to_le_bytes()),
            Self::Integers(_) => bytes.extend_from_slice(&self.integer(row).unwrap_or(0).to_le_bytes()),
            Self::Numbers(_) => {
                bytes.extend_from_slice(&self.number(row).unwrap_or(0.0).to_bits().to_le_bytes())
            }
        }
    }
}
