//! Rules bound to the columns of one file, and their value on a row.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::cell::{self, NumberFormat};
use super::minor_units::{MinorUnits, in_major_units};
use super::pattern::matches;
use crate::history::cell::parse_day;

/// Bytes of a date such as `2026-01-31`.
const ISO_BYTES: usize = 10;

/// A source row, with what rules need to know beside its cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) cells: &'a csv::StringRecord,
    /// Number of the data row over all input files, from 0.
    pub(crate) number: u64,
    /// Cells that mean "nothing".
    pub(crate) null_markers: &'a [String],
}

impl<'a> Row<'a> {
    /// The text of a cell; `None` when it is empty, a null marker or behind the end of the row.
    pub(crate) fn text(&self, index: usize) -> Option<&'a str> {
        let text = self.cells.get(index)?;
        let bare = cell::trim(text);
        let is_null = bare.is_empty() || self.null_markers.iter().any(|marker| marker == bare);
        (!is_null).then_some(text)
    }
}

/// A cell that a rule cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CellError {
    /// Column of the source file, or of ours where the value is computed.
    pub(crate) column: String,
    pub(crate) value: String,
    pub(crate) reason: String,
}

/// What the value of a rule must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// A currency code, in capital letters.
    Currency,
    Date,
    Number,
    Integer,
}

/// How values of a rule are written in the source.
#[derive(Clone, Debug)]
pub(crate) struct Notation {
    pub(crate) kind: Kind,
    pub(crate) date_formats: Vec<String>,
    pub(crate) number: NumberFormat,
    pub(crate) trims: bool,
    pub(crate) strips_leading_zeros: bool,
}

impl Notation {
    /// Returns the text in canonical form; most texts have it.
    fn canonical<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, String> {
        let bare = if self.trims { cell::trim(text) } else { text };
        match self.kind {
            Kind::Text if self.strips_leading_zeros => Ok(Cow::Borrowed(cell::strip_leading_zeros(bare))),
            Kind::Text => Ok(Cow::Borrowed(bare)),
            Kind::Currency if bare.bytes().any(|byte| byte.is_ascii_lowercase()) => {
                Ok(Cow::Owned(bare.to_ascii_uppercase()))
            }
            Kind::Currency => Ok(Cow::Borrowed(bare)),
            Kind::Date if self.is_iso(bare) => Ok(Cow::Borrowed(bare)),
            Kind::Date => cell::date(bare, &self.date_formats).map(|date| Cow::Owned(date.to_string())),
            Kind::Number if cell::is_canonical_number(bare, &self.number) => Ok(Cow::Borrowed(bare)),
            Kind::Number => cell::number(bare, &self.number).map(Cow::Owned),
            Kind::Integer => {
                let number = cell::number(bare, &self.number)?;
                cell::whole(&number).map(|whole| Cow::Owned(whole.to_string()))
            }
        }
    }

    /// Whether the text is a date as it is written here, and may be.
    fn is_iso(&self, text: &str) -> bool {
        text.len() == ISO_BYTES
            && self
                .date_formats
                .first()
                .is_some_and(|format| format == "%Y-%m-%d")
            && parse_day(text.as_bytes()).is_ok()
    }
}

/// Where the value comes from.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// A cell; `None` is an optional column that the file does not have.
    Cell(Option<usize>),
    Constant(String),
    Concat(Vec<Expr>),
    AddDays {
        date: Box<Expr>,
        days: Box<Expr>,
    },
    FirstNonzero(Vec<Expr>),
    Coalesce(Vec<Expr>),
    RowNumber {
        before: String,
        width: usize,
        after: String,
        first: u64,
    },
    Map {
        from: Box<Expr>,
        values: BTreeMap<String, String>,
        otherwise: Option<String>,
    },
}

/// What happens to the sign of a number that has been read.
#[derive(Clone, Debug)]
pub(crate) enum Flip {
    Never,
    Always,
    ByColumn {
        name: String,
        index: usize,
        positive: Vec<String>,
        negative: Vec<String>,
    },
}

/// A rule bound to the columns of a file.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) node: Node,
    /// Name for messages: the source column, or ours where the value is computed.
    pub(crate) label: String,
    pub(crate) notation: Notation,
    pub(crate) minor_units: Option<MinorUnits>,
    pub(crate) flip: Flip,
    pub(crate) prefix: Option<String>,
    pub(crate) default: Option<String>,
}

impl Expr {
    /// Whether the rule reads a column that the file does not have, and nothing stands in for it.
    pub(crate) fn is_always_empty(&self) -> bool {
        matches!(self.node, Node::Cell(None)) && self.default.is_none()
    }

    /// Returns the canonical text of the value, `None` when there is none.
    pub(crate) fn evaluate<'r>(&'r self, row: Row<'r>) -> Result<Option<Cow<'r, str>>, CellError> {
        let Some(value) = self.node_value(row)?.filter(|text| !text.is_empty()) else {
            return Ok(self.default.as_deref().map(Cow::Borrowed));
        };
        let value = self.in_major_units(value, row)?;
        let value = self.signed(value, row)?;
        Ok(Some(match &self.prefix {
            Some(prefix) => Cow::Owned(format!("{prefix}{value}")),
            None => value,
        }))
    }

    fn node_value<'r>(&'r self, row: Row<'r>) -> Result<Option<Cow<'r, str>>, CellError> {
        match &self.node {
            Node::Cell(index) => {
                let text = index.and_then(|index| row.text(index));
                text.map(|text| self.read(text)).transpose()
            }
            Node::Constant(text) => Ok(Some(Cow::Borrowed(text.as_str()))),
            Node::Concat(parts) => {
                let mut joined = String::new();
                for part in parts {
                    match part.evaluate(row)? {
                        Some(text) => joined.push_str(&text),
                        None => return Ok(None),
                    }
                }
                let read = self.read(&joined)?.into_owned();
                Ok(Some(Cow::Owned(read)))
            }
            Node::AddDays { date, days } => self.add_days(date.evaluate(row)?, days.evaluate(row)?),
            Node::FirstNonzero(numbers) => {
                let mut zero = None;
                for number in numbers {
                    match number.evaluate(row)? {
                        Some(value) if cell::is_zero(&value) => zero = Some(Cow::Borrowed("0")),
                        Some(value) => return Ok(Some(value)),
                        None => {}
                    }
                }
                Ok(zero)
            }
            Node::Coalesce(choices) => {
                for choice in choices {
                    if let Some(value) = choice.evaluate(row)? {
                        return Ok(Some(value));
                    }
                }
                Ok(None)
            }
            Node::RowNumber {
                before,
                width,
                after,
                first,
            } => {
                let number = first.saturating_add(row.number);
                let text = format!("{before}{number:0width$}{after}", width = *width);
                Ok(Some(Cow::Owned(text)))
            }
            Node::Map {
                from,
                values,
                otherwise,
            } => self.look_up(from.evaluate(row)?, values, otherwise.as_ref()),
        }
    }

    fn read<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, CellError> {
        self.notation
            .canonical(text)
            .map_err(|reason| self.error(text, reason))
    }

    fn add_days<'r>(
        &self,
        date: Option<Cow<'r, str>>,
        days: Option<Cow<'r, str>>,
    ) -> Result<Option<Cow<'r, str>>, CellError> {
        let (Some(date), Some(days)) = (date, days) else {
            return Ok(None);
        };
        let sum = crate::domain::date::parse_iso(&date).ok().and_then(|start| {
            let days = chrono::TimeDelta::try_days(days.parse().ok()?)?;
            start.checked_add_signed(days)
        });
        match sum {
            Some(sum) => Ok(Some(Cow::Owned(sum.to_string()))),
            None => Err(self.error(
                &format!("{date} + {days}"),
                "days lead out of the calendar".to_owned(),
            )),
        }
    }

    fn look_up<'r>(
        &self,
        text: Option<Cow<'r, str>>,
        values: &'r BTreeMap<String, String>,
        otherwise: Option<&'r String>,
    ) -> Result<Option<Cow<'r, str>>, CellError> {
        let Some(text) = text else {
            return Ok(None);
        };
        match values.get(text.as_ref()).or(otherwise) {
            Some(value) => Ok(Some(Cow::Borrowed(value.as_str()))),
            None => {
                let known: Vec<&String> = values.keys().collect();
                Err(self.error(
                    &text,
                    format!("not in the profile's map; allowed {}", cell::quoted_list(&known)),
                ))
            }
        }
    }

    fn in_major_units<'r>(&self, value: Cow<'r, str>, row: Row<'r>) -> Result<Cow<'r, str>, CellError> {
        let Some(units) = &self.minor_units else {
            return Ok(value);
        };
        let currency = row.text(units.currency).unwrap_or_default();
        match in_major_units(&value, currency, &units.exceptions) {
            Ok(major) => Ok(Cow::Owned(major)),
            Err(reason) => Err(self.error(&value, reason)),
        }
    }

    fn signed<'r>(&self, value: Cow<'r, str>, row: Row<'r>) -> Result<Cow<'r, str>, CellError> {
        match &self.flip {
            Flip::Never => Ok(value),
            Flip::Always => Ok(Cow::Owned(cell::negated(&value))),
            Flip::ByColumn {
                name,
                index,
                positive,
                negative,
            } => {
                let code = cell::trim(row.text(*index).unwrap_or_default());
                if positive.iter().any(|known| known == code) {
                    Ok(value)
                } else if negative.iter().any(|known| known == code) {
                    Ok(Cow::Owned(cell::negated(&value)))
                } else {
                    Err(CellError {
                        column: name.clone(),
                        value: code.to_owned(),
                        reason: format!(
                            "not a sign code; allowed {} and, negative, {}",
                            cell::quoted_list(positive),
                            cell::quoted_list(negative)
                        ),
                    })
                }
            }
        }
    }

    fn error(&self, value: &str, reason: String) -> CellError {
        CellError {
            column: self.label.clone(),
            value: value.to_owned(),
            reason,
        }
    }
}

/// A test on a cell, bound to a column of the file.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    pub(crate) index: usize,
    pub(crate) check: Check,
}

/// What a [`Test`] asks of the cell.
#[derive(Clone, Debug)]
pub(crate) enum Check {
    OneOf(Vec<String>),
    NotIn(Vec<String>),
    Prefix(String),
    NotPrefix(String),
    Matches(Vec<String>),
    Empty(bool),
}

impl Test {
    /// Whether the row meets the condition; a null marker counts as the empty text.
    pub(crate) fn holds(&self, row: Row<'_>) -> bool {
        let text = cell::trim(row.text(self.index).unwrap_or_default());
        match &self.check {
            Check::OneOf(values) => values.iter().any(|value| value == text),
            Check::NotIn(values) => values.iter().all(|value| value != text),
            Check::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Check::NotPrefix(prefix) => !text.starts_with(prefix.as_str()),
            Check::Matches(patterns) => patterns.iter().any(|pattern| matches(pattern, text)),
            Check::Empty(wanted) => text.is_empty() == *wanted,
        }
    }
}
