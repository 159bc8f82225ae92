//! `[[table]]` and `[[record]]` sections, bound to the columns of a sheet.

use crate::history::builder::TableBuilder;
use crate::history::link::{FieldKind, Linker, RecordKind};
use crate::history::schema::{self, ColumnKind, RECORDED_AT, Table};

use super::cell::quoted_list;
use super::columns::Columns;
use super::compile::{Binder, bind_conditions};
use super::expr::{Expr, Kind, Test};
use super::names::Names;
use super::types::{Rule, Section, Source};

/// What a section fills.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// A table of ours.
    Table(Table),
    /// A record of the linker.
    Record(&'static RecordKind),
}

/// A column of ours, or a field of a record.
#[derive(Clone, Copy, Debug)]
struct Slot {
    name: &'static str,
    kind: Kind,
    is_required: bool,
    /// Its place in a row of the table's builder, or in a record.
    place: usize,
}

impl Target {
    /// "table `invoices`", for messages.
    pub(crate) fn described(self) -> String {
        match self {
            Self::Table(table) => format!("table `{table}`"),
            Self::Record(kind) => format!("record `{}`", kind.name),
        }
    }

    /// Name of the table or record.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Table(table) => table.name(),
            Self::Record(kind) => kind.name,
        }
    }

    /// Cells of a row of the table's builder, or fields of the record.
    pub(crate) fn width(self) -> usize {
        match self {
            Self::Table(table) => schema::columns(table).len() + 1,
            Self::Record(kind) => kind.fields.len(),
        }
    }

    fn slots(self) -> Vec<Slot> {
        match self {
            Self::Table(table) => {
                let own = schema::columns(table)
                    .iter()
                    .map(|spec| (spec.name, kind_of(spec.kind), spec.required));
                own.chain([(RECORDED_AT, Kind::Date, false)])
                    .map(|(name, kind, is_required)| Slot {
                        name,
                        kind,
                        is_required,
                        place: TableBuilder::slot(table, name).expect("the schema's columns have slots"),
                    })
                    .collect()
            }
            Self::Record(record) => record
                .fields
                .iter()
                .enumerate()
                .map(|(place, field)| Slot {
                    name: field.name,
                    kind: kind_of_field(field.kind),
                    is_required: field.required,
                    place,
                })
                .collect(),
        }
    }
}

/// A section bound to the columns of a sheet.
#[derive(Clone, Debug)]
pub(crate) struct BoundSection {
    pub(crate) target: Target,
    pub(crate) when: Vec<Test>,
    pub(crate) deduplicate: bool,
    /// Those that may have a value.
    pub(crate) columns: Vec<BoundColumn>,
}

/// A column of ours, or a field of a record, and the rule that fills it.
#[derive(Clone, Debug)]
pub(crate) struct BoundColumn {
    pub(crate) name: &'static str,
    /// Its place in a row of the table's builder, or in the record.
    pub(crate) slot: usize,
    pub(crate) is_required: bool,
    pub(crate) rule: Expr,
}

/// What a section fills, or why there is no such thing.
pub(crate) fn target_of(section: &Section, linker: Option<&'static dyn Linker>) -> Result<Target, String> {
    match (&section.table, &section.record) {
        (Some(name), None) => table_named(name).map(Target::Table),
        (None, Some(name)) => {
            let Some(linker) = linker else {
                return Err(format!(
                    "record `{name}`: a [[record]] needs a linker: `linker = \"..\"` at the top; allowed {}",
                    quoted_list(&crate::history::link::names())
                ));
            };
            let kinds: &'static [RecordKind] = linker.kinds();
            kinds
                .iter()
                .find(|kind| kind.name == name)
                .map(Target::Record)
                .ok_or_else(|| {
                    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
                    format!(
                        "linker `{}` has no record `{name}`; allowed {}",
                        linker.name(),
                        quoted_list(&names)
                    )
                })
        }
        (Some(table), Some(record)) => Err(format!(
            "a section fills a table or a record, got both: `{table}` and `{record}`"
        )),
        (None, None) => {
            Err("a [[table]] needs `table = \"..\"`, a [[record]] needs `record = \"..\"`".to_owned())
        }
    }
}

/// Returns our table of that name, or what the names are.
fn table_named(name: &str) -> Result<Table, String> {
    Table::parse(name).ok_or_else(|| {
        let names: Vec<&str> = Table::ALL.iter().map(|table| table.name()).collect();
        format!("no table is named `{name}`; allowed {}", quoted_list(&names))
    })
}

/// Binds a section; missing source columns are left in `columns`.
pub(crate) fn bind_section(
    section: &Section,
    target: Target,
    source: &Source,
    columns: &mut Columns<'_>,
) -> Result<BoundSection, String> {
    let place = target.described();
    let when = bind_conditions(&section.when, &format!("{place}, when"), columns)?;
    let slots = target.slots();
    check_names(section, &place, &slots)?;
    let mut binder = Binder { source, columns };
    let mut bound = Vec::with_capacity(slots.len());
    for slot in slots {
        let rule = match section.columns.get(slot.name) {
            Some(rule) => rule.clone(),
            None if section.same_names => Rule::of_column(Names::of(slot.name), !slot.is_required),
            None => continue,
        };
        let rule = binder
            .bind(&rule, slot.kind, slot.name)
            .map_err(|reason| format!("{place}, column `{}`: {reason}", slot.name))?;
        if !slot.is_required && rule.is_always_empty() {
            continue;
        }
        bound.push(BoundColumn {
            name: slot.name,
            slot: slot.place,
            is_required: slot.is_required,
            rule,
        });
    }
    Ok(BoundSection {
        target,
        when,
        deduplicate: section.deduplicate,
        columns: bound,
    })
}

/// Every key of `columns` is one of ours, and every required one of ours has a rule.
fn check_names(section: &Section, place: &str, slots: &[Slot]) -> Result<(), String> {
    let is_ours = |name: &str| slots.iter().any(|slot| slot.name == name);
    if let Some(unknown) = section.columns.keys().find(|name| !is_ours(name)) {
        let known: Vec<&str> = slots.iter().map(|slot| slot.name).collect();
        return Err(format!(
            "{place}: no column is named `{unknown}`; allowed {}",
            quoted_list(&known)
        ));
    }
    let missing: Vec<&str> = slots
        .iter()
        .filter(|slot| slot.is_required && !section.same_names && !section.columns.contains_key(slot.name))
        .map(|slot| slot.name)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "{place}: required columns without a rule: {}",
            quoted_list(&missing)
        ))
    }
}

fn kind_of(kind: ColumnKind) -> Kind {
    match kind {
        ColumnKind::Id | ColumnKind::Text => Kind::Text,
        ColumnKind::Currency => Kind::Currency,
        ColumnKind::Date => Kind::Date,
        ColumnKind::Amount | ColumnKind::Number => Kind::Number,
        ColumnKind::Integer => Kind::Integer,
    }
}

fn kind_of_field(kind: FieldKind) -> Kind {
    match kind {
        FieldKind::Text => Kind::Text,
        FieldKind::Date => Kind::Date,
        FieldKind::Number => Kind::Number,
        FieldKind::Integer => Kind::Integer,
    }
}
