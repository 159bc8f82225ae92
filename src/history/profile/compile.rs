//! Binds the rules of a profile to the columns of a file, and finds what is wrong with them.
//!
//! The same code checks a profile when it is loaded: it is then bound to a header that has every
//! column, and what remains wrong is the profile's own fault.

use super::cell::Minus;
use super::columns::Columns;
use super::expr::{Check, Expr, Flip, Kind, Node, Notation, Test};
use super::minor_units::MinorUnits;
use super::notation::{check_date_formats, number_format, row_number};
use super::types::{Computed, Condition, Rule, Sign, Source};

/// Binds conditions; `place` names where they stand for messages.
pub(crate) fn bind_conditions(
    conditions: &[Condition],
    place: &str,
    columns: &mut Columns<'_>,
) -> Result<Vec<Test>, String> {
    let mut tests = Vec::with_capacity(conditions.len());
    for condition in conditions {
        if condition.column.all().is_empty() {
            return Err(format!("{place}: a condition needs a `column`"));
        }
        let check = check_of(condition).map_err(|reason| format!("{place}: {reason}"))?;
        let index = columns.index(&condition.column, condition.optional);
        // A column that the file may lack is empty in every row: it lies behind the end of all.
        if let Some(index) = index.or(condition.optional.then_some(usize::MAX)) {
            tests.push(Test { index, check });
        }
    }
    Ok(tests)
}

fn check_of(condition: &Condition) -> Result<Check, String> {
    let tests = [
        condition
            .equals
            .as_ref()
            .map(|text| Check::OneOf(vec![text.clone()])),
        condition
            .not
            .as_ref()
            .map(|text| Check::NotIn(vec![text.clone()])),
        condition.one_of.as_ref().map(|texts| Check::OneOf(texts.clone())),
        condition.not_in.as_ref().map(|texts| Check::NotIn(texts.clone())),
        condition
            .matches_prefix
            .as_ref()
            .map(|text| Check::Prefix(text.clone())),
        condition
            .not_prefix
            .as_ref()
            .map(|text| Check::NotPrefix(text.clone())),
        condition
            .matches
            .as_ref()
            .map(|patterns| Check::Matches(patterns.clone())),
        condition.is_empty.map(Check::Empty),
    ];
    let mut given = tests.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(check), None) => Ok(check),
        _ => Err(format!(
            "the condition on {} needs exactly one of `equals`, `not`, `in`, `not_in`, `matches_prefix`, \
             `not_prefix`, `matches`, `is_empty`",
            condition.column
        )),
    }
}

/// Binds the rules of one column.
pub(super) struct Binder<'s, 'c, 'h> {
    pub(super) source: &'s Source,
    pub(super) columns: &'c mut Columns<'h>,
}

impl Binder<'_, '_, '_> {
    pub(super) fn bind(&mut self, rule: &Rule, kind: Kind, target: &str) -> Result<Expr, String> {
        let fields = &rule.0;
        let notation = self.notation(rule, kind)?;
        let (node, label) = match (&fields.column, &fields.constant, &fields.computed) {
            (Some(names), None, None) => {
                let index = self.columns.index(names, fields.optional);
                (Node::Cell(index), self.columns.label(index, names))
            }
            (None, Some(constant), None) => (Node::Constant(constant.clone()), target.to_owned()),
            (None, None, Some(computed)) => (self.computed(computed, kind, target)?, target.to_owned()),
            _ => return Err("needs exactly one of `column`, `constant`, `computed`".to_owned()),
        };
        if fields.optional && fields.column.is_none() {
            return Err("`optional` is for a `column`".to_owned());
        }
        Ok(Expr {
            node,
            label,
            notation,
            minor_units: self.minor_units(rule, kind)?,
            flip: self.flip(fields.sign.as_ref()),
            prefix: fields.prefix.clone(),
            default: fields.default.clone(),
        })
    }

    fn bind_all(&mut self, rules: &[Rule], kind: Kind, target: &str) -> Result<Vec<Expr>, String> {
        if rules.is_empty() {
            return Err("a computed list needs at least one value".to_owned());
        }
        rules.iter().map(|rule| self.bind(rule, kind, target)).collect()
    }

    fn computed(&mut self, computed: &Computed, kind: Kind, target: &str) -> Result<Node, String> {
        match computed {
            Computed::Concat(parts) => Ok(Node::Concat(self.bind_all(parts, Kind::Text, target)?)),
            Computed::Coalesce(choices) => Ok(Node::Coalesce(self.bind_all(choices, kind, target)?)),
            Computed::FirstNonzero(numbers) if kind == Kind::Number || kind == Kind::Integer => {
                Ok(Node::FirstNonzero(self.bind_all(numbers, kind, target)?))
            }
            Computed::FirstNonzero(_) => Err("`first_nonzero` is for numbers".to_owned()),
            Computed::AddDays { date, days } if kind == Kind::Date => Ok(Node::AddDays {
                date: Box::new(self.bind(date, Kind::Date, target)?),
                days: Box::new(self.bind(days, Kind::Integer, target)?),
            }),
            Computed::AddDays { .. } => Err("`add_days` is for dates".to_owned()),
            Computed::RowNumber { format, first } => row_number(format, *first),
            Computed::Map {
                from,
                values,
                otherwise,
            } => Ok(Node::Map {
                from: Box::new(self.bind(from, Kind::Text, target)?),
                values: values.clone(),
                otherwise: otherwise.clone(),
            }),
        }
    }

    fn notation(&self, rule: &Rule, kind: Kind) -> Result<Notation, String> {
        let fields = &rule.0;
        let is_number = kind == Kind::Number || kind == Kind::Integer;
        if fields.date_formats.is_some() && kind != Kind::Date {
            return Err("`date_formats` is for dates".to_owned());
        }
        if (fields.sign.is_some() || fields.decimal_mark.is_some() || fields.thousands_mark.is_some())
            && !is_number
        {
            return Err("`sign`, `decimal_mark` and `thousands_mark` are for numbers".to_owned());
        }
        if fields.strip_leading_zeros && kind != Kind::Text {
            return Err("`strip_leading_zeros` is for texts".to_owned());
        }
        let date_formats = fields.date_formats.as_ref().unwrap_or(&self.source.date_formats);
        check_date_formats(date_formats)?;
        let minus = match fields.sign {
            Some(Sign::TrailingMinus) => Minus::Trailing,
            Some(Sign::Parentheses) => Minus::Parentheses,
            Some(Sign::AsIs | Sign::Negate | Sign::ByColumn { .. }) | None => Minus::Front,
        };
        Ok(Notation {
            kind,
            date_formats: date_formats.clone(),
            number: number_format(
                fields.decimal_mark.as_ref().unwrap_or(&self.source.decimal_mark),
                fields
                    .thousands_mark
                    .as_ref()
                    .unwrap_or(&self.source.thousands_mark),
                minus,
            )?,
            trims: fields.trim.unwrap_or(true),
            strips_leading_zeros: fields.strip_leading_zeros,
        })
    }

    fn minor_units(&mut self, rule: &Rule, kind: Kind) -> Result<Option<MinorUnits>, String> {
        let Some(names) = &rule.0.minor_units else {
            return Ok(None);
        };
        if kind != Kind::Number || rule.0.column.is_none() {
            return Err("`minor_units` is for an amount read from a `column`".to_owned());
        }
        Ok(Some(MinorUnits {
            // A missing column is in the list of missing ones; the file is refused before a row is read.
            currency: self.columns.index(names, false).unwrap_or(0),
            exceptions: self.source.minor_digits.clone(),
        }))
    }

    fn flip(&mut self, sign: Option<&Sign>) -> Flip {
        match sign {
            Some(Sign::Negate) => Flip::Always,
            Some(Sign::ByColumn {
                column,
                positive,
                negative,
            }) => {
                let index = self.columns.index(column, false);
                Flip::ByColumn {
                    name: self.columns.label(index, column),
                    // A missing column is in the list of missing ones; the file is refused before a row is read.
                    index: index.unwrap_or(0),
                    positive: positive.clone(),
                    negative: negative.clone(),
                }
            }
            Some(Sign::AsIs | Sign::TrailingMinus | Sign::Parentheses) | None => Flip::Never,
        }
    }
}
