//! Binds the rules of a profile to the columns of a file, and finds what is wrong with them.
//!
//! The same code checks a profile when it is loaded: it is then bound to a header that has every
//! column, and what remains wrong is the profile's own fault.

use crate::history::builder::TableBuilder;
use crate::history::schema::{self, ColumnKind, RECORDED_AT, Table};

use super::cell::{Minus, quoted_list};
use super::expr::{Check, Expr, Flip, Kind, Node, Notation, Test};
use super::notation::{check_date_formats, number_format, row_number};
use super::types::{Computed, Condition, Rule, Sign, Source, TableSection};

/// The columns of a file, by which rules are bound.
#[derive(Debug)]
pub(crate) enum Columns<'a> {
    /// Checks a profile without a file: every name is a column.
    Any,
    /// The header of a file.
    Named(Header<'a>),
}

/// The header of a file, and what was asked of it in vain.
#[derive(Debug, Default)]
pub(crate) struct Header<'a> {
    pub(crate) names: &'a [String],
    /// Columns that the file lacks.
    pub(crate) missing: Vec<String>,
    /// Columns that the file has twice, so that nobody knows which is meant.
    pub(crate) repeated: Vec<String>,
}

impl Columns<'_> {
    /// Index of a column; what a file lacks is noted, unless it is optional.
    fn index(&mut self, name: &str, optional: bool) -> Option<usize> {
        let header = match self {
            Self::Any => return Some(0),
            Self::Named(header) => header,
        };
        let mut found = header
            .names
            .iter()
            .enumerate()
            .filter(|(_, column)| *column == name);
        let first = found.next().map(|(index, _)| index);
        if found.next().is_some() {
            note(&mut header.repeated, name);
        }
        if first.is_none() && !optional {
            note(&mut header.missing, name);
        }
        first
    }
}

fn note(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

/// A `[[table]]` section bound to the columns of a file.
#[derive(Clone, Debug)]
pub(crate) struct BoundTable {
    pub(crate) table: Table,
    pub(crate) when: Vec<Test>,
    pub(crate) deduplicate: bool,
    /// Cells of a row of the table's builder.
    pub(crate) slots: usize,
    pub(crate) columns: Vec<BoundColumn>,
}

/// A column of ours and the rule that fills it.
#[derive(Clone, Debug)]
pub(crate) struct BoundColumn {
    pub(crate) name: &'static str,
    /// Its place in a row of the table's builder.
    pub(crate) slot: usize,
    pub(crate) rule: Expr,
}

/// Returns our table of that name, or what the names are.
pub(crate) fn table_named(name: &str) -> Result<Table, String> {
    Table::parse(name).ok_or_else(|| {
        let names: Vec<&str> = Table::ALL.iter().map(|table| table.name()).collect();
        format!("no table is named `{name}`; allowed {}", quoted_list(&names))
    })
}

/// Binds conditions; `place` names where they stand for messages.
pub(crate) fn bind_conditions(
    conditions: &[Condition],
    place: &str,
    columns: &mut Columns<'_>,
) -> Result<Vec<Test>, String> {
    let mut tests = Vec::with_capacity(conditions.len());
    for condition in conditions {
        let check = check_of(condition).map_err(|reason| format!("{place}: {reason}"))?;
        if let Some(index) = columns.index(&condition.column, false) {
            tests.push(Test { index, check });
        }
    }
    Ok(tests)
}

/// Binds a section; missing source columns are left in `columns`.
pub(crate) fn bind_table(
    section: &TableSection,
    source: &Source,
    columns: &mut Columns<'_>,
) -> Result<BoundTable, String> {
    let table = table_named(&section.table)?;
    let place = format!("table `{}`", section.table);
    let when = bind_conditions(&section.when, &format!("{place}, when"), columns)?;
    check_names(section, table)?;
    let mut names: Vec<(&'static str, ColumnKind, bool)> = schema::columns(table)
        .iter()
        .map(|spec| (spec.name, spec.kind, spec.required))
        .collect();
    names.push((RECORDED_AT, ColumnKind::Date, false));
    let mut binder = Binder { source, columns };
    let mut bound = Vec::with_capacity(names.len());
    for (name, kind, required) in names {
        let rule = match section.columns.get(name) {
            Some(rule) => rule.clone(),
            None if section.same_names => Rule::of_column(name, !required),
            None => continue,
        };
        let bound_rule = binder
            .bind(&rule, kind_of(kind), name)
            .map_err(|reason| format!("{place}, column `{name}`: {reason}"))?;
        let slot = TableBuilder::slot(table, name).expect("the schema's columns have slots");
        bound.push(BoundColumn {
            name,
            slot,
            rule: bound_rule,
        });
    }
    Ok(BoundTable {
        table,
        when,
        deduplicate: section.deduplicate,
        slots: schema::columns(table).len() + 1,
        columns: bound,
    })
}

/// Every key of `columns` is one of ours, and every required one of ours has a rule.
fn check_names(section: &TableSection, table: Table) -> Result<(), String> {
    let specs = schema::columns(table);
    let is_ours = |name: &str| name == RECORDED_AT || specs.iter().any(|spec| spec.name == name);
    if let Some(unknown) = section.columns.keys().find(|name| !is_ours(name)) {
        let mut known: Vec<&str> = specs.iter().map(|spec| spec.name).collect();
        known.push(RECORDED_AT);
        return Err(format!(
            "table `{}`: no column is named `{unknown}`; allowed {}",
            section.table,
            quoted_list(&known)
        ));
    }
    let missing: Vec<&str> = specs
        .iter()
        .filter(|spec| spec.required && !section.same_names && !section.columns.contains_key(spec.name))
        .map(|spec| spec.name)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "table `{}`: required columns without a rule: {}",
            section.table,
            quoted_list(&missing)
        ))
    }
}

fn kind_of(kind: ColumnKind) -> Kind {
    match kind {
        ColumnKind::Id | ColumnKind::Text | ColumnKind::Currency => Kind::Text,
        ColumnKind::Date => Kind::Date,
        ColumnKind::Amount | ColumnKind::Number => Kind::Number,
        ColumnKind::Integer => Kind::Integer,
    }
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
        condition.is_empty.map(Check::Empty),
    ];
    let mut given = tests.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(check), None) => Ok(check),
        _ => Err(format!(
            "the condition on `{}` needs exactly one of `equals`, `not`, `in`, `not_in`, `matches_prefix`, \
             `not_prefix`, `is_empty`",
            condition.column
        )),
    }
}

/// Binds the rules of one column.
struct Binder<'s, 'c, 'h> {
    source: &'s Source,
    columns: &'c mut Columns<'h>,
}

impl Binder<'_, '_, '_> {
    fn bind(&mut self, rule: &Rule, kind: Kind, target: &str) -> Result<Expr, String> {
        let fields = &rule.0;
        let notation = self.notation(rule, kind)?;
        let (node, label) = match (&fields.column, &fields.constant, &fields.computed) {
            (Some(column), None, None) => (
                Node::Cell(self.columns.index(column, fields.optional)),
                column.clone(),
            ),
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

    fn flip(&mut self, sign: Option<&Sign>) -> Flip {
        match sign {
            Some(Sign::Negate) => Flip::Always,
            Some(Sign::ByColumn {
                column,
                positive,
                negative,
            }) => Flip::ByColumn {
                name: column.clone(),
                // A missing column is in the list of missing ones; the file is refused before a row is read.
                index: self.columns.index(column, false).unwrap_or(0),
                positive: positive.clone(),
                negative: negative.clone(),
            },
            Some(Sign::AsIs | Sign::TrailingMinus | Sign::Parentheses) | None => Flip::Never,
        }
    }
}
