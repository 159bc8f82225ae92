//! What a profile may fill, told to whoever writes one.

use crate::history::link::{self, FieldKind};
use crate::history::schema::{self, Table};

/// A column of a table, or a field of a linker's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fillable {
    /// The linker; none for a table of ours.
    pub linker: Option<&'static str>,
    /// Name of the table or record, as a section has it.
    pub section: &'static str,
    /// Name of the column or field.
    pub name: &'static str,
    /// What a value may be.
    pub allowed: &'static str,
    /// Whether every row must have a value.
    pub is_required: bool,
    /// What it means.
    pub doc: &'static str,
}

/// Returns everything that a profile may fill: our tables, then the records of each linker.
///
/// # Examples
///
/// ```
/// use duecast::history::profile::fillable;
///
/// let settled = fillable().into_iter().find(|one| one.section == "settlement" && one.name == "date");
/// assert_eq!(settled.and_then(|one| one.linker), Some("settlements"));
/// ```
#[must_use]
pub fn fillable() -> Vec<Fillable> {
    let columns = Table::ALL.into_iter().flat_map(|table| {
        schema::columns(table).iter().map(move |spec| Fillable {
            linker: None,
            section: table.name(),
            name: spec.name,
            allowed: spec.kind.allowed(),
            is_required: spec.required,
            doc: spec.doc,
        })
    });
    let fields = link::all().iter().flat_map(|linker| {
        linker.kinds().iter().flat_map(|kind| {
            kind.fields.iter().map(|field| Fillable {
                linker: Some(linker.name()),
                section: kind.name,
                name: field.name,
                allowed: allowed(field.kind),
                is_required: field.required,
                doc: field.doc,
            })
        })
    });
    columns.chain(fields).collect()
}

const fn allowed(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::Date => "a date such as 2026-01-31",
        FieldKind::Number => "a number such as -1234.50",
        FieldKind::Integer => "a whole number",
    }
}
