//! Rows turned into named columns, once for both file formats and for frames.

use polars::prelude::{
    Column, DataFrame, Float64Chunked, Int32Chunked, Int64Chunked, IntoSeries, NewChunkedArray, PlSmallStr,
    PolarsResult, Series, StringChunked,
};

use crate::domain::date::from_day_number;
use crate::domain::format_minor;

/// Decimals of every simulated currency.
const EXPONENT: u32 = 2;

/// An identifier made of a letter, a number with leading zeros and perhaps a part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id {
    prefix: char,
    number: u64,
    width: usize,
    part: Option<usize>,
}

impl Id {
    /// Returns the identifier of a customer, by position from 0 on.
    pub(crate) fn customer(index: u64) -> Self {
        Self {
            prefix: 'C',
            number: index + 1,
            width: 7,
            part: None,
        }
    }

    /// Returns the identifier of an invoice, or of what hangs on it under another letter.
    pub(crate) fn of_invoice(prefix: char, number: u64) -> Self {
        Self {
            prefix,
            number,
            width: 9,
            part: None,
        }
    }

    /// Returns the identifier with a part, counted from 1.
    pub(crate) fn part(self, part: usize) -> Self {
        Self {
            part: Some(part),
            ..self
        }
    }

    /// Appends the text.
    fn write_to(self, text: &mut String) {
        text.push(self.prefix);
        push_number(text, self.number, self.width);
        if let Some(part) = self.part {
            text.push('-');
            push_number(text, part as u64, 1);
        }
    }
}

/// Appends a number with leading zeros up to a width; the formatter of the standard library is several times slower.
fn push_number(text: &mut String, number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut left = number;
    let mut start = digits.len();
    while left > 0 || digits.len() - start < width {
        start -= 1;
        // The remainder of a division by ten fits a byte.
        digits[start] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    text.push_str(std::str::from_utf8(&digits[start..]).unwrap_or_default());
}

impl std::fmt::Display for Id {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        self.write_to(&mut text);
        formatter.write_str(&text)
    }
}

/// Texts of a column, end to end in one string.
#[derive(Debug, Default)]
struct Texts {
    bytes: String,
    spans: Vec<Option<(usize, usize)>>,
}

impl Texts {
    fn get(&self, row: usize) -> Option<&str> {
        self.spans[row].map(|(start, end)| &self.bytes[start..end])
    }
}

/// The values of one column.
#[derive(Debug)]
enum Values {
    Texts(Texts),
    Dates(Vec<Option<i32>>),
    Minors(Vec<i64>),
    Integers(Vec<Option<i64>>),
    Numbers(Vec<f64>),
}

/// Columns of the same length, named as in files.
#[derive(Debug)]
pub(crate) struct Batch {
    rows: usize,
    columns: Vec<(&'static str, Values)>,
}

/// A batch to which columns are added, each computed row by row.
#[derive(Debug)]
pub(crate) struct Builder<'r, R> {
    rows: &'r [R],
    columns: Vec<(&'static str, Values)>,
}

impl<'r, R> Builder<'r, R> {
    /// Starts a batch of these rows, without columns.
    pub(crate) fn new(rows: &'r [R]) -> Self {
        Self {
            rows,
            columns: Vec::new(),
        }
    }

    /// Adds a column of identifiers.
    pub(crate) fn ids(self, name: &'static str, value: impl Fn(&R) -> Id) -> Self {
        let mut texts = Texts::default();
        for row in self.rows {
            let start = texts.bytes.len();
            value(row).write_to(&mut texts.bytes);
            texts.spans.push(Some((start, texts.bytes.len())));
        }
        self.with(name, Values::Texts(texts))
    }

    /// Adds a column of texts.
    pub(crate) fn texts(self, name: &'static str, value: impl Fn(&'r R) -> Option<&'r str>) -> Self {
        let mut texts = Texts::default();
        for row in self.rows {
            let start = texts.bytes.len();
            let text = value(row);
            texts.bytes.push_str(text.unwrap_or_default());
            texts.spans.push(text.map(|_| (start, texts.bytes.len())));
        }
        self.with(name, Values::Texts(texts))
    }

    /// Adds a column of days.
    pub(crate) fn dates(self, name: &'static str, value: impl Fn(&R) -> Option<i32>) -> Self {
        let days = self.rows.iter().map(value).collect();
        self.with(name, Values::Dates(days))
    }

    /// Adds a column of amounts in minor units.
    pub(crate) fn minors(self, name: &'static str, value: impl Fn(&R) -> i64) -> Self {
        let amounts = self.rows.iter().map(value).collect();
        self.with(name, Values::Minors(amounts))
    }

    /// Adds a column of whole numbers.
    pub(crate) fn integers(self, name: &'static str, value: impl Fn(&R) -> Option<i64>) -> Self {
        let values = self.rows.iter().map(value).collect();
        self.with(name, Values::Integers(values))
    }

    /// Adds a column of numbers.
    pub(crate) fn numbers(self, name: &'static str, value: impl Fn(&R) -> f64) -> Self {
        let values = self.rows.iter().map(value).collect();
        self.with(name, Values::Numbers(values))
    }

    /// Ends the batch.
    pub(crate) fn finish(self) -> Batch {
        Batch {
            rows: self.rows.len(),
            columns: self.columns,
        }
    }

    fn with(mut self, name: &'static str, values: Values) -> Self {
        self.columns.push((name, values));
        self
    }
}

impl Batch {
    /// Returns the number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the names of the columns in files.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.columns.iter().map(|(name, _)| *name)
    }

    /// Appends the text of one cell; an absent value has none.
    pub(crate) fn write_cell(&self, column: usize, row: usize, text: &mut String) {
        match &self.columns[column].1 {
            Values::Texts(texts) => text.push_str(texts.get(row).unwrap_or_default()),
            Values::Dates(days) => {
                if let Some(day) = days[row] {
                    text.push_str(&from_day_number(day).to_string());
                }
            }
            Values::Minors(amounts) => text.push_str(&format_minor(amounts[row], EXPONENT)),
            Values::Integers(values) => {
                if let Some(value) = values[row] {
                    text.push_str(&value.to_string());
                }
            }
            // Six decimals hold every probability and day the truth is compared with.
            Values::Numbers(values) => text.push_str(&format!("{:.6}", values[row])),
        }
    }

    /// Returns the columns as a frame, amounts as whole minor units under the name of the schema.
    pub(crate) fn frame(&self) -> PolarsResult<DataFrame> {
        let columns = self
            .columns
            .iter()
            .map(|(name, values)| series(name, values).into())
            .collect();
        DataFrame::new(self.rows, columns)
    }
}

fn series(name: &'static str, values: &Values) -> Series {
    let plain = PlSmallStr::from_static(name);
    match values {
        Values::Texts(texts) => {
            let rows = (0..texts.spans.len()).map(|row| texts.get(row));
            StringChunked::from_iter_options(plain, rows).into_series()
        }
        Values::Dates(days) => Int32Chunked::from_iter_options(plain, days.iter().copied())
            .into_date()
            .into_series(),
        Values::Minors(amounts) => {
            let minor = PlSmallStr::from_string(format!("{name}_minor"));
            Int64Chunked::from_vec(minor, amounts.clone()).into_series()
        }
        Values::Integers(values) => match values.iter().copied().collect::<Option<Vec<i64>>>() {
            Some(whole) => Int64Chunked::from_vec(plain, whole).into_series(),
            None => Int64Chunked::from_iter_options(plain, values.iter().copied()).into_series(),
        },
        Values::Numbers(values) => Float64Chunked::from_vec(plain, values.clone()).into_series(),
    }
}

/// Returns a column that holds the same day in every row.
pub(crate) fn constant_date(name: &'static str, day: i32, rows: usize) -> Column {
    Int32Chunked::from_vec(PlSmallStr::from_static(name), vec![day; rows])
        .into_date()
        .into_series()
        .into()
}
