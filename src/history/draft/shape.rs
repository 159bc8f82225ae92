//! What the cells of a column are: dates, numbers, currency codes or texts, and how they are written.

use std::collections::BTreeSet;

use chrono::Datelike;

use crate::domain::Currency;
use crate::history::profile::cell::{self, Minus, NumberFormat};

/// Formats that dates are tried in; where several fit, the first.
const DATE_FORMATS: [&str; 22] = [
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%m-%y",
    "%m-%d-%y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
];
/// Marks that numbers are tried with: the one before decimals, and the one between groups of digits.
const MARKS: [(char, Option<char>); 8] = [
    ('.', None),
    ('.', Some(',')),
    ('.', Some(' ')),
    ('.', Some('\'')),
    (',', None),
    (',', Some('.')),
    (',', Some(' ')),
    (',', Some('\'')),
];
/// Years of the dates of a ledger; other numbers of eight digits are none.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2099;
/// Bytes of the shortest date: `1.2.25`.
const DATE_BYTES_MIN: usize = 6;
/// Share of the filled cells that must fit, in percent: lists have totals and notes among their rows.
const SHARE_PERCENT: usize = 95;
/// Zeros of a date that is none, such as `00.00.0000`.
const ZEROS_OF_NO_DATE: usize = 6;
/// Different cells that are shown.
const SAMPLES: usize = 3;

/// A column, and what its cells are.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Its heading.
    pub(super) name: String,
    /// Whether a profile can name it: it has a heading that no other column has.
    pub(super) is_usable: bool,
    pub(super) shape: Shape,
    /// Cells with something in them, and all of them.
    pub(super) filled: usize,
    pub(super) rows: usize,
    /// Different filled cells.
    pub(super) different: usize,
    /// Cells that are of the shape.
    pub(super) fitting: usize,
    /// Texts that stand for no date.
    pub(super) nulls: BTreeSet<String>,
    /// The first different cells.
    pub(super) samples: Vec<String>,
    /// The first cell, and what the others are without it.
    pub(super) first: String,
    rest: Shape,
}

/// What the cells of a column are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing.
    Empty,
    /// Dates, in one of these formats; several when nothing tells which.
    Date(Vec<&'static str>),
    Number(Number),
    Currency,
    Text,
}

/// How numbers are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// Decimal and thousands mark; two of them when nothing tells which.
    pub(super) marks: Vec<(char, Option<char>)>,
    /// Where a minus stands.
    pub(super) minus: Place,
    /// Cells below zero.
    pub(super) negative: usize,
    /// Whether all are digits alone, so that they may be identifiers.
    pub(super) is_plain: bool,
    /// Whether a cell has a mark, so that the marks are more than a guess.
    pub(super) has_marks: bool,
}

/// Where a minus stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Front,
    Behind,
    Around,
}

impl Column {
    /// Looks at the cells of a column.
    pub(super) fn of(name: &str, is_usable: bool, cells: &[String]) -> Self {
        let filled: Vec<&str> = cells
            .iter()
            .map(|cell| cell::trim(cell))
            .filter(|cell| !cell.is_empty())
            .collect();
        let mut seen = BTreeSet::new();
        let mut samples = Vec::new();
        for cell in &filled {
            if seen.insert(*cell) && samples.len() < SAMPLES {
                samples.push((*cell).to_owned());
            }
        }
        let (shape, fitting, nulls) = shape(&filled);
        let first = cells
            .first()
            .map(|cell| cell::trim(cell).to_owned())
            .unwrap_or_default();
        let behind: Vec<&str> = filled
            .iter()
            .copied()
            .skip(usize::from(!first.is_empty()))
            .collect();
        let rest = if matches!(shape, Shape::Text) {
            self::shape(&behind).0
        } else {
            shape.clone()
        };
        Self {
            name: name.to_owned(),
            is_usable,
            shape,
            filled: filled.len(),
            rows: cells.len(),
            different: seen.len(),
            fitting,
            nulls,
            samples,
            first,
            rest,
        }
    }

    /// Whether a text is of the column's shape.
    pub(super) fn takes(&self, text: &str) -> bool {
        takes(&self.shape, text)
    }

    /// Whether the cells below the first are dates or numbers.
    pub(super) fn rest_is_typed(&self) -> bool {
        matches!(self.rest, Shape::Date(_) | Shape::Number(_))
    }

    /// Whether the first cell is of the shape of those below it; an empty one is of any.
    pub(super) fn takes_first(&self) -> bool {
        self.first.is_empty() || takes(&self.rest, &self.first)
    }
}

fn takes(shape: &Shape, text: &str) -> bool {
    match shape {
        Shape::Date(formats) => formats.iter().any(|format| is_date(text, format)) || is_no_date(text),
        Shape::Number(number) => number
            .marks
            .iter()
            .any(|marks| is_number(text, *marks, number.minus)),
        Shape::Currency => Currency::parse(text).is_ok(),
        Shape::Empty | Shape::Text => true,
    }
}

/// The shape of filled cells, how many are of it, and those that stand for no date.
fn shape(filled: &[&str]) -> (Shape, usize, BTreeSet<String>) {
    if filled.is_empty() {
        return (Shape::Empty, 0, BTreeSet::new());
    }
    if let Some((formats, fitting, nulls)) = dates(filled) {
        return (Shape::Date(formats), fitting, nulls);
    }
    if let Some((number, fitting)) = numbers(filled) {
        return (Shape::Number(number), fitting, BTreeSet::new());
    }
    let codes = count(filled, |cell| Currency::parse(cell).is_ok());
    if is_enough(codes, filled.len()) {
        return (Shape::Currency, codes, BTreeSet::new());
    }
    (Shape::Text, filled.len(), BTreeSet::new())
}

/// The formats that fit the most cells, when these are enough, and the cells that stand for no date.
fn dates(filled: &[&str]) -> Option<(Vec<&'static str>, usize, BTreeSet<String>)> {
    let nulls: BTreeSet<String> = filled
        .iter()
        .filter(|cell| is_no_date(cell))
        .map(|cell| (*cell).to_owned())
        .collect();
    let cells: Vec<&str> = filled.iter().copied().filter(|cell| !is_no_date(cell)).collect();
    let fitting: Vec<(&'static str, usize)> = DATE_FORMATS
        .into_iter()
        .map(|format| (format, count(&cells, |cell| is_date(cell, format))))
        .collect();
    let most = fitting.iter().map(|(_, fitting)| *fitting).max().unwrap_or(0);
    if most == 0 || !is_enough(most, cells.len()) {
        return None;
    }
    let formats: Vec<&'static str> = fitting
        .iter()
        .filter(|(_, fitting)| *fitting == most)
        .map(|(format, _)| *format)
        .collect();
    Some((formats, most, nulls))
}

/// How the most cells are written as numbers, when these are enough.
fn numbers(filled: &[&str]) -> Option<(Number, usize)> {
    let minus = if count(filled, |cell| cell.ends_with('-')) > 0 {
        Place::Behind
    } else if count(filled, |cell| cell.starts_with('(') && cell.ends_with(')')) > 0 {
        Place::Around
    } else {
        Place::Front
    };
    let fitting: Vec<((char, Option<char>), usize)> = MARKS
        .into_iter()
        .map(|marks| (marks, count(filled, |cell| is_number(cell, marks, minus))))
        .collect();
    let most = fitting.iter().map(|(_, fitting)| *fitting).max().unwrap_or(0);
    if most == 0 || !is_enough(most, filled.len()) {
        return None;
    }
    // The fewest marks that fit, for each decimal mark.
    let first = |decimal: char| {
        let mut best = fitting.iter().filter(|(_, fitting)| *fitting == most);
        best.find(|((mark, _), _)| *mark == decimal)
            .map(|(marks, _)| *marks)
    };
    let is_plain = filled
        .iter()
        .all(|cell| cell.bytes().all(|byte| byte.is_ascii_digit()));
    let has_marks = count(filled, |cell| {
        cell.contains(['.', ',', ' ', '\'', '\u{a0}', '\u{202f}', '\u{2019}'])
    }) > 0;
    let mut marks: Vec<(char, Option<char>)> = ['.', ','].into_iter().filter_map(first).collect();
    if !has_marks {
        // Digits alone are read alike by both.
        marks.truncate(1);
    }
    let number = Number {
        marks,
        minus,
        negative: count(filled, |cell| cell.contains(['-', '(', '\u{2212}'])),
        is_plain,
        has_marks,
    };
    Some((number, most))
}

fn is_date(text: &str, format: &str) -> bool {
    // Most cells are none, and are told so at once.
    let may_be = text.len() >= DATE_BYTES_MIN && text.starts_with(|first: char| first.is_ascii_digit());
    may_be && cell::date(text, &[format.to_owned()]).is_ok_and(|date| YEARS.contains(&date.year()))
}

/// Whether a text is the date of nothing: zeros with or without marks.
fn is_no_date(text: &str) -> bool {
    let is_zeros = text.chars().all(|c| c == '0' || matches!(c, '.' | '-' | '/'));
    is_zeros && text.matches('0').count() >= ZEROS_OF_NO_DATE
}

fn is_number(text: &str, marks: (char, Option<char>), minus: Place) -> bool {
    cell::number(text, &number_format(marks, minus)).is_ok()
}

/// How numbers with these marks are written.
pub(super) fn number_format(
    (decimal_mark, thousands_mark): (char, Option<char>),
    minus: Place,
) -> NumberFormat {
    NumberFormat {
        decimal_mark,
        thousands_mark,
        minus: match minus {
            Place::Front => Minus::Front,
            Place::Behind => Minus::Trailing,
            Place::Around => Minus::Parentheses,
        },
    }
}

fn is_enough(fitting: usize, all: usize) -> bool {
    fitting.saturating_mul(100) >= all.saturating_mul(SHARE_PERCENT)
}

fn count(cells: &[&str], test: impl Fn(&str) -> bool) -> usize {
    cells.iter().filter(|cell| test(cell)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(cells: &[&str]) -> Column {
        let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
        Column::of("X", true, &cells)
    }

    #[test]
    fn a_day_above_twelve_decides_the_order_of_day_and_month() {
        let table: [(&[&str], &[&'static str]); 6] = [
            (&["31.01.2025", "01.02.2025"], &["%d.%m.%Y"]),
            (&["01/02/2025", "03/04/2025"], &["%d/%m/%Y", "%m/%d/%Y"]),
            (&["01/02/2025", "13/04/2025"], &["%d/%m/%Y"]),
            (&["01/02/2025", "04/13/2025"], &["%m/%d/%Y"]),
            (&["20250131", "20250201"], &["%Y%m%d"]),
            (&["26-Apr-11"], &["%d-%b-%y"]),
        ];
        for (cells, expected) in table {
            assert_eq!(column(cells).shape, Shape::Date(expected.to_vec()), "{cells:?}");
        }
        let cleared = column(&["00.00.0000", "31.01.2025", ""]);
        assert_eq!(cleared.shape, Shape::Date(vec!["%d.%m.%Y"]));
        assert_eq!((cleared.filled, cleared.fitting, cleared.rows), (2, 1, 3));
        assert!(cleared.nulls.contains("00.00.0000"));
        assert!(matches!(
            column(&["18000001", "18000002"]).shape,
            Shape::Number(_)
        ));
    }

    #[test]
    fn marks_and_signs_are_those_that_fit_every_cell() {
        type Case<'c> = (&'c [&'c str], &'c [(char, Option<char>)], Place);
        let table: [Case<'_>; 6] = [
            (&["1.234,56-", "12,00"], &[(',', Some('.'))], Place::Behind),
            (&["1,234.56", "(12.00)"], &[('.', Some(','))], Place::Around),
            (&["1 234,5", "-7,25"], &[(',', Some(' '))], Place::Front),
            (&["12.50", "7.25"], &[('.', None)], Place::Front),
            (&["12", "7"], &[('.', None)], Place::Front),
            (
                &["1.234", "2.000"],
                &[('.', None), (',', Some('.'))],
                Place::Front,
            ),
        ];
        for (cells, marks, minus) in table {
            let Shape::Number(number) = column(cells).shape else {
                panic!("{cells:?} are numbers");
            };
            assert_eq!(
                (number.marks.as_slice(), number.minus),
                (marks, minus),
                "{cells:?}"
            );
        }
    }

    #[test]
    fn codes_are_told_from_texts() {
        assert_eq!(column(&["EUR", "USD", "EUR"]).shape, Shape::Currency);
        assert_eq!(column(&["EUR", "Euro"]).shape, Shape::Text);
        assert_eq!(column(&["", " "]).shape, Shape::Empty);
    }
}
