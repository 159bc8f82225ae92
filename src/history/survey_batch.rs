//! A batch of rows, decoded column by column, and the checks of its single rows.

use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::cell::{DAY_MIN, check_integer, check_number, plausible_amount, plausible_day};
use super::error::Error;
use super::keyed_rows::hash_text;
use super::row_values::RowValues;
use super::schema::{ColumnKind, ColumnSpec, KNOWN_ON, RECORDED_AT, SUPERSEDED_ON, Table, columns};
use super::validate::count;
use crate::domain::Currency;

/// Stands for a date that is absent; no plausible day is so small.
pub(super) const NO_DAY: i32 = i32::MIN;
/// Stands for an amount that is absent; no plausible amount is so small.
pub(super) const NO_AMOUNT: i64 = i64::MIN;
/// Stands for a currency that is absent; there are a few hundred.
pub(super) const NO_CODE: u16 = u16::MAX;

/// Small numbers for currency codes.
#[derive(Debug, Default)]
pub(super) struct Codes {
    names: Vec<String>,
    is_valid: Vec<bool>,
    last: usize,
}

impl Codes {
    /// Returns the number of a code; most rows have that of the row before.
    fn number(&mut self, code: Option<&str>) -> u16 {
        let Some(code) = code else { return NO_CODE };
        if self.names.get(self.last).is_none_or(|last| last != code) {
            self.last = self
                .names
                .iter()
                .position(|name| name == code)
                .unwrap_or_else(|| {
                    self.names.push(code.to_owned());
                    self.is_valid.push(is_currency(code));
                    self.names.len() - 1
                });
        }
        u16::try_from(self.last).unwrap_or(NO_CODE)
    }

    /// Returns the code of a number.
    pub(super) fn name(&self, number: usize) -> &str {
        self.names.get(number).map_or("", String::as_str)
    }

    fn is_valid(&self, number: u16) -> bool {
        self.is_valid.get(usize::from(number)).copied().unwrap_or(false)
    }
}

fn is_currency(code: &str) -> bool {
    Currency::parse(code).is_ok_and(|currency| currency.code() == code)
}

/// A batch of the rows of a table.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    frame: &'a DataFrame,
    table: Table,
    pub(super) business: Vec<i32>,
    pub(super) known: Vec<i32>,
    pub(super) amounts: Vec<i64>,
    pub(super) codes: Vec<u16>,
}

impl<'a> Batch<'a> {
    pub(super) fn of(table: Table, frame: &'a DataFrame, codes: &mut Codes) -> Result<Self, Error> {
        let business = match table.business_date() {
            Some(name) => days(frame, name)?,
            None => vec![NO_DAY; frame.height()],
        };
        let mut numbers = Vec::with_capacity(frame.height());
        RowValues::of(frame, "currency")?
            .for_each_text(frame.height(), |_, code| numbers.push(codes.number(code)));
        let amounts = RowValues::of(frame, "amount_minor")?.integers_or(frame.height(), NO_AMOUNT);
        Ok(Self {
            business,
            known: days(frame, KNOWN_ON)?,
            amounts,
            codes: numbers,
            frame,
            table,
        })
    }

    /// Returns a column of dates that not every table has.
    pub(super) fn days(&self, name: &str) -> Result<Vec<i32>, Error> {
        days(self.frame, name)
    }

    /// Returns a column of whole numbers, with a stand-in for those that are absent.
    pub(super) fn integers(&self, name: &str) -> Result<Vec<i64>, Error> {
        Ok(RowValues::of(self.frame, name)?.integers_or(self.frame.height(), NO_AMOUNT))
    }

    /// Calls `each` with every row of a text column.
    pub(super) fn for_each_text(
        &self,
        name: &str,
        each: impl FnMut(usize, Option<&str>),
    ) -> Result<(), Error> {
        RowValues::of(self.frame, name)?.for_each_text(self.frame.height(), each);
        Ok(())
    }

    /// Returns the hashes of a text column; an absent text has that of an empty one.
    pub(super) fn hashes(&self, name: &str) -> Result<Vec<u64>, Error> {
        let values = RowValues::of(self.frame, name)?;
        let rows = (0..self.frame.height()).into_par_iter();
        Ok(rows
            .map(|row| hash_text(values.text(row).unwrap_or("")))
            .collect())
    }

    /// Returns the columns of the key.
    pub(super) fn keys(&self) -> Result<Vec<RowValues<'a>>, Error> {
        self.table
            .key()
            .iter()
            .map(|name| RowValues::of(self.frame, name))
            .collect()
    }

    /// Counts the cells that no file could have brought in.
    pub(super) fn defects(&self, codes: &Codes) -> Result<u64, Error> {
        let mut defects = self.clock_defects()? + self.end_defects()?;
        for spec in columns(self.table) {
            defects += self.column_defects(spec, codes)?;
        }
        Ok(defects)
    }

    fn column_defects(&self, spec: &ColumnSpec, codes: &Codes) -> Result<u64, Error> {
        let values = RowValues::of(self.frame, spec.frame_name())?;
        let height = self.frame.height();
        let missing = if spec.required {
            values.null_count(height)
        } else {
            0
        };
        let bad = match (spec.kind, &values) {
            (_, RowValues::Nulls) => 0,
            (ColumnKind::Id | ColumnKind::Text, RowValues::Text(texts)) => {
                texts.iter().flatten().filter(|text| !is_trimmed(text)).count()
            }
            (ColumnKind::Currency, RowValues::Text(_)) if spec.name == "currency" => {
                let is_bad = |code: &&u16| **code != NO_CODE && !codes.is_valid(**code);
                self.codes.iter().filter(is_bad).count()
            }
            (ColumnKind::Currency, RowValues::Text(texts)) => {
                texts.iter().flatten().filter(|code| !is_currency(code)).count()
            }
            (ColumnKind::Date, RowValues::Days(days)) => days
                .iter()
                .flatten()
                .filter(|day| plausible_day(*day).is_err())
                .count(),
            (ColumnKind::Amount, RowValues::Integers(amounts)) => {
                let is_bad = |minor: i64, code: u16| {
                    code == NO_CODE
                        || plausible_amount(minor).is_err()
                        || check_integer(minor, spec.sign).is_err()
                };
                let with_codes = amounts.iter().zip(&self.codes);
                with_codes
                    .filter(|(minor, code)| minor.is_some_and(|minor| is_bad(minor, **code)))
                    .count()
            }
            (ColumnKind::Integer, RowValues::Integers(integers)) => integers
                .iter()
                .flatten()
                .filter(|value| check_integer(*value, spec.sign).is_err())
                .count(),
            (ColumnKind::Number, RowValues::Numbers(numbers)) => numbers
                .iter()
                .flatten()
                .filter(|value| check_number(*value, spec.sign).is_err())
                .count(),
            // A column of another type than its kind.
            _ => height,
        };
        Ok(count(missing + bad))
    }

    /// Counts the rows whose end is not a day.
    fn end_defects(&self) -> Result<u64, Error> {
        let bad = match RowValues::of(self.frame, SUPERSEDED_ON)? {
            RowValues::Nulls => 0,
            RowValues::Days(days) => days
                .iter()
                .flatten()
                .filter(|day| plausible_day(*day).is_err())
                .count(),
            RowValues::Text(_) | RowValues::Integers(_) | RowValues::Numbers(_) => self.frame.height(),
        };
        Ok(count(bad))
    }

    /// Counts the rows whose `known_on` is not the later of both clocks.
    fn clock_defects(&self) -> Result<u64, Error> {
        let recorded = days(self.frame, RECORDED_AT)?;
        let has_business_date = self.table.business_date().is_some();
        let rows = self.known.iter().zip(recorded).zip(&self.business);
        let is_wrong = |((known, recorded), business): &((&i32, i32), &i32)| {
            if has_business_date {
                *recorded == NO_DAY || **known != (**business).max(*recorded)
            } else {
                **known != (*recorded).max(DAY_MIN)
            }
        };
        Ok(count(rows.filter(is_wrong).count()))
    }
}

fn days(frame: &DataFrame, name: &str) -> Result<Vec<i32>, Error> {
    Ok(RowValues::of(frame, name)?.days_or(frame.height(), NO_DAY))
}

fn is_trimmed(text: &str) -> bool {
    match (text.as_bytes().first(), text.as_bytes().last()) {
        // Printable ASCII at both ends needs no closer look, and is what identifiers look like.
        (Some(b'!'..=b'~'), Some(b'!'..=b'~')) => true,
        (Some(_), Some(_)) => text.trim() == text,
        _ => false,
    }
}
