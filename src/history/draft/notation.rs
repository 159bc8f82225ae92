//! How dates and numbers are written in all files together: what one column leaves open another may decide.

use super::sample::Sample;
use super::shape::{Column, Shape};

/// The mark before decimals, and the one between groups of digits.
pub(super) type Marks = (char, Option<char>);

/// How dates and numbers are written.
#[derive(Debug)]
pub(super) struct Notation {
    /// Whether days come before months, where one column says so and none the opposite; and that column.
    order: Option<(bool, String)>,
    /// The mark before decimals, likewise.
    decimal: Option<(char, String)>,
    /// The format of `[source]`.
    pub(super) date_format: Option<&'static str>,
    /// The marks of `[source]`.
    pub(super) marks: Marks,
}

impl Notation {
    /// Looks at every column.
    pub(super) fn of(samples: &[Sample]) -> Self {
        let columns = || samples.iter().flat_map(|sample| &sample.columns);
        let mut notation = Self {
            order: agreed(columns().filter_map(|column| order(column).map(|is| (is, column)))),
            decimal: agreed(columns().filter_map(|column| decimal(column).map(|mark| (mark, column)))),
            date_format: None,
            marks: ('.', None),
        };
        notation.date_format = columns().find_map(|column| notation.date(column));
        let marks: Vec<Marks> = columns()
            .filter(|column| matches!(&column.shape, Shape::Number(number) if number.has_marks))
            .filter_map(|column| notation.number(column))
            .collect();
        if let Some((decimal, _)) = marks.first() {
            let mut groups = marks.iter().filter(|(mark, _)| mark == decimal);
            notation.marks = (*decimal, groups.find_map(|(_, group)| *group));
        }
        notation
    }

    /// The format of a column of dates; nothing when it cannot be decided, or has none.
    pub(super) fn date(&self, column: &Column) -> Option<&'static str> {
        let Shape::Date(formats) = &column.shape else {
            return None;
        };
        if let [only] = formats.as_slice() {
            return Some(*only);
        }
        let (is_day_first, _) = self.order.as_ref()?;
        let mut fitting = formats
            .iter()
            .filter(|format| day_first(format) == Some(*is_day_first));
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Some(*only),
            _ => None,
        }
    }

    /// The marks of a column of numbers; nothing when they cannot be decided, or it has none.
    pub(super) fn number(&self, column: &Column) -> Option<Marks> {
        let Shape::Number(number) = &column.shape else {
            return None;
        };
        if !number.has_marks {
            return Some(self.marks);
        }
        if let [only] = number.marks.as_slice() {
            return Some(*only);
        }
        let (decimal, _) = self.decimal.as_ref()?;
        number.marks.iter().find(|(mark, _)| mark == decimal).copied()
    }

    /// The column by which the order of day and month was decided for one that leaves it open.
    pub(super) fn order_by(&self) -> Option<&str> {
        self.order.as_ref().map(|(_, column)| column.as_str())
    }

    /// The column by which the decimal mark was decided for one that leaves it open.
    pub(super) fn decimal_by(&self) -> Option<&str> {
        self.decimal.as_ref().map(|(_, column)| column.as_str())
    }
}

/// What the columns say, and the first that says it; nothing when they contradict each other.
fn agreed<'c, T: PartialEq>(mut told: impl Iterator<Item = (T, &'c Column)>) -> Option<(T, String)> {
    let (first, column) = told.next()?;
    told.all(|(other, _)| other == first)
        .then(|| (first, column.name.clone()))
}

/// Whether the dates of a column have the day before the month, where they say so.
fn order(column: &Column) -> Option<bool> {
    match &column.shape {
        Shape::Date(formats) => match formats.as_slice() {
            [only] => day_first(only),
            _ => None,
        },
        _ => None,
    }
}

fn day_first(format: &str) -> Option<bool> {
    if format.starts_with("%d") {
        Some(true)
    } else if format.starts_with("%m") {
        Some(false)
    } else {
        None
    }
}

/// The decimal mark of a column, where its cells say which it is.
fn decimal(column: &Column) -> Option<char> {
    match &column.shape {
        Shape::Number(number) if number.has_marks => match number.marks.as_slice() {
            [(mark, _)] => Some(*mark),
            _ => None,
        },
        _ => None,
    }
}
