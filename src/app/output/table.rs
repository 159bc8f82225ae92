//! A table on its way to a file: named columns of typed values.

use polars::prelude::{Column, DataFrame, DataType, NamedFrom, Series};

use super::Error;
use crate::domain::date::{day_number, from_day_number};
use crate::domain::{Date, Money};

/// Between the entries of a list where the format has no lists.
const LIST_SEPARATOR: &str = "; ";

/// The values of one column, one a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Text, which may come from outside and is guarded in spreadsheets.
    Text(Vec<Option<String>>),
    /// Lists of texts; one cell, joined, where the format has no lists.
    Texts(Vec<Vec<String>>),
    /// Civil dates.
    Date(Vec<Option<Date>>),
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Numbers; one that is not finite is written as absent.
    Number(Vec<Option<f64>>),
    /// Numbers that were written as decimals elsewhere, kept digit for digit.
    Decimal(Vec<Option<String>>),
    /// Truth values.
    Boolean(Vec<Option<bool>>),
    /// Amounts: decimal strings in text formats, numbers in a workbook.
    Amount(Vec<Option<Money>>),
}

impl Values {
    /// Returns the number of values.
    pub fn len(&self) -> usize {
        match self {
            Values::Text(values) => values.len(),
            Values::Texts(values) => values.len(),
            Values::Date(values) => values.len(),
            Values::Integer(values) => values.len(),
            Values::Number(values) => values.len(),
            Values::Decimal(values) => values.len(),
            Values::Boolean(values) => values.len(),
            Values::Amount(values) => values.len(),
        }
    }

    /// Returns true when there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the value of one row.
    pub(super) fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Values::Text(values) => values[row].as_deref().map_or(Cell::Absent, Cell::Text),
            Values::Texts(values) => Cell::Texts(&values[row]),
            Values::Date(values) => values[row].map_or(Cell::Absent, Cell::Date),
            Values::Integer(values) => values[row].map_or(Cell::Absent, Cell::Integer),
            Values::Number(values) => values[row]
                .filter(|value| value.is_finite())
                .map_or(Cell::Absent, Cell::Number),
            Values::Decimal(values) => values[row].as_deref().map_or(Cell::Absent, Cell::Decimal),
            Values::Boolean(values) => values[row].map_or(Cell::Absent, Cell::Boolean),
            Values::Amount(values) => values[row].map_or(Cell::Absent, Cell::Amount),
        }
    }

    fn series(&self, name: &str) -> Series {
        let name = name.into();
        match self {
            Values::Text(values) | Values::Decimal(values) => Series::new(name, values),
            Values::Texts(values) => {
                let joined: Vec<String> = values.iter().map(|texts| joined(texts)).collect();
                Series::new(name, joined)
            }
            Values::Date(values) => {
                let days: Vec<Option<i32>> = values.iter().map(|date| date.map(day_number)).collect();
                Series::new(name, days).into_date()
            }
            Values::Integer(values) => Series::new(name, values),
            Values::Number(values) => Series::new(name, values),
            Values::Boolean(values) => Series::new(name, values),
            Values::Amount(values) => {
                let texts: Vec<Option<String>> = values
                    .iter()
                    .map(|amount| amount.map(Money::to_decimal_string))
                    .collect();
                Series::new(name, texts)
            }
        }
    }
}

/// One value of a table.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'table> {
    Absent,
    Text(&'table str),
    Texts(&'table [String]),
    Date(Date),
    Integer(i64),
    Number(f64),
    Decimal(&'table str),
    Boolean(bool),
    Amount(Money),
}

/// A named column.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    /// The heading.
    pub name: String,
    /// One value a row.
    pub values: Values,
}

impl OutputColumn {
    /// Makes a column.
    pub fn new(name: &str, values: Values) -> Self {
        Self {
            name: name.to_owned(),
            values,
        }
    }
}

/// Columns of one height.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutputTable {
    columns: Vec<OutputColumn>,
}

impl OutputTable {
    /// Makes a table.
    ///
    /// # Panics
    ///
    /// Columns of different heights are a mistake of the caller.
    pub fn new(columns: Vec<OutputColumn>) -> Self {
        let table = Self { columns };
        assert!(
            table
                .columns
                .iter()
                .all(|column| column.values.len() == table.height()),
            "the columns of a table have one height"
        );
        table
    }

    /// Copies a polars frame.
    ///
    /// # Errors
    ///
    /// - [`Error::ColumnType`]: a column is a list, a struct or another type without a written form.
    /// - [`Error::Read`]: polars refused a column.
    pub fn from_frame(df: &DataFrame) -> Result<Self, Error> {
        let columns = df
            .columns()
            .iter()
            .map(|column| Ok(OutputColumn::new(column.name().as_str(), values_of(column)?)))
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Self::new(columns))
    }

    /// Copies the table into a polars frame; amounts and lists become text.
    ///
    /// # Errors
    ///
    /// [`Error::Read`]: two columns share a name.
    pub fn to_frame(&self) -> Result<DataFrame, Error> {
        let columns: Vec<Column> = self
            .columns
            .iter()
            .map(|column| column.values.series(&column.name).into())
            .collect();
        DataFrame::new(self.height(), columns).map_err(Error::Read)
    }

    /// Returns the columns in order.
    pub fn columns(&self) -> &[OutputColumn] {
        &self.columns
    }

    /// Returns the number of rows.
    pub fn height(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

    /// Returns the texts of the column called `name`, where there is one.
    pub(super) fn texts(&self, name: &str) -> Option<&[Option<String>]> {
        let column = self.columns.iter().find(|column| column.name == name)?;
        if let Values::Text(values) = &column.values {
            Some(values)
        } else {
            None
        }
    }
}

/// Joins the entries of a list for a format without lists.
pub(super) fn joined(texts: &[String]) -> String {
    texts.join(LIST_SEPARATOR)
}

fn values_of(column: &Column) -> Result<Values, Error> {
    let cast = |dtype: &DataType| column.cast(dtype).map_err(Error::Read);
    let dtype = column.dtype();
    if dtype == &DataType::String {
        let texts = column.str().map_err(Error::Read)?;
        Ok(Values::Text(
            texts.iter().map(|text| text.map(str::to_owned)).collect(),
        ))
    } else if dtype == &DataType::Date {
        let days = cast(&DataType::Int32)?;
        let days = days.i32().map_err(Error::Read)?;
        Ok(Values::Date(
            days.iter().map(|day| day.map(from_day_number)).collect(),
        ))
    } else if dtype == &DataType::Boolean {
        let truths = column.bool().map_err(Error::Read)?;
        Ok(Values::Boolean(truths.iter().collect()))
    } else if dtype.is_float() {
        let numbers = cast(&DataType::Float64)?;
        let numbers = numbers.f64().map_err(Error::Read)?;
        Ok(Values::Number(numbers.iter().collect()))
    } else if dtype.is_integer() {
        let integers = cast(&DataType::Int64)?;
        let integers = integers.i64().map_err(Error::Read)?;
        Ok(Values::Integer(integers.iter().collect()))
    } else {
        Err(Error::ColumnType {
            column: column.name().to_string(),
            given: format!("{dtype:?}"),
        })
    }
}
