//! What is to be done with each sheet of a file.

use std::path::Path;
use std::sync::Arc;

use super::request::input_error;
use crate::history::Error;
use crate::history::link::Origin;
use crate::history::profile::{BoundSection, Profile, SheetFit, Target, Test, quoted_list};
use crate::history::schema::Table;
use crate::source::Sheet;

/// What is to be done with the rows of a sheet.
#[derive(Debug)]
pub(super) struct SheetPlan {
    /// Name of the sheet in rejects.
    pub(super) label: Arc<str>,
    /// Cells of a row.
    pub(super) width: usize,
    /// Rows that fail one of these yield nothing.
    pub(super) filter: Vec<Test>,
    pub(super) sections: Vec<BoundSection>,
    /// Whether a section yields more than what accompanies other records.
    pub(super) has_own: bool,
}

impl SheetPlan {
    fn new(label: &str, sheet: &Sheet, filter: Vec<Test>, sections: Vec<BoundSection>) -> Self {
        Self {
            label: label.into(),
            width: sheet.columns.len(),
            filter,
            // A deduplicated record accompanies others (the customer of an invoice).
            has_own: sections.iter().any(|section| !section.deduplicate),
            sections,
        }
    }

    /// The tables that the sheet may have rows for.
    pub(super) fn tables(&self) -> impl Iterator<Item = Table> {
        self.sections.iter().filter_map(|section| match section.target {
            Target::Table(table) => Some(table),
            Target::Record(_) => None,
        })
    }

    /// Where a row of the sheet stands.
    pub(super) fn origin(&self, line: u64) -> Origin {
        Origin {
            file: Arc::clone(&self.label),
            line,
        }
    }
}

/// The table that counts what is wrong with a row.
pub(super) fn table_of(target: Target) -> Table {
    match target {
        Target::Table(table) => table,
        Target::Record(kind) => match kind.name {
            "customer" => Table::Customers,
            "settlement" | "payment" | "receipt" | "clearing" => Table::Payments,
            "instalment" => Table::InstalmentPlans,
            _ => Table::Invoices,
        },
    }
}

/// Says what is to be done with each sheet of a file, or everything that does not fit at once; `stem` is its label
/// without extension.
pub(super) fn plans(
    profile: &Profile,
    label: &str,
    stem: &str,
    sheets: &[Sheet],
) -> Result<Vec<Option<SheetPlan>>, Error> {
    let path = Path::new(label);
    match sheets {
        [] => Err(input_error(path, "has no sheet with rows".to_owned())),
        [sheet] => {
            let fit = profile.fit(stem, sheet)?;
            whole(profile, path, label, sheet, fit).map(|plan| vec![Some(plan)])
        }
        sheets => several(profile, path, stem, label, sheets),
    }
}

/// The plan of a file that is one sheet: every section that wants it must find its columns.
fn whole(
    profile: &Profile,
    path: &Path,
    label: &str,
    sheet: &Sheet,
    fit: SheetFit,
) -> Result<SheetPlan, Error> {
    if fit.sections.is_empty() {
        return Err(nothing_wanted(profile, path, std::slice::from_ref(sheet)));
    }
    let mut wants = fit.filter_wants;
    for section in &fit.sections {
        wants.add(&section.wants);
    }
    if !wants.are_met() {
        return Err(input_error(
            path,
            format!(
                "{}, which profile `{}` reads; the file has {}",
                wants.described(),
                profile.name(),
                quoted_list(&sheet.columns)
            ),
        ));
    }
    let sections = fit.sections.into_iter().map(|section| section.bound).collect();
    Ok(SheetPlan::new(label, sheet, fit.filter, sections))
}

/// The plans of the sheets of a file; a sheet that no section can read is passed over.
fn several(
    profile: &Profile,
    path: &Path,
    stem: &str,
    label: &str,
    sheets: &[Sheet],
) -> Result<Vec<Option<SheetPlan>>, Error> {
    let mut plans = Vec::with_capacity(sheets.len());
    let mut unmet = Vec::new();
    for sheet in sheets {
        let fit = profile.fit(stem, sheet)?;
        let mut sections = Vec::new();
        for section in fit.sections {
            let mut wants = fit.filter_wants.clone();
            wants.add(&section.wants);
            if wants.are_met() {
                sections.push(section.bound);
                continue;
            }
            let reason = format!(
                "sheet `{}` {}, which {} of profile `{}` reads; it has {}",
                sheet.name,
                wants.described(),
                section.bound.target.described(),
                profile.name(),
                quoted_list(&sheet.columns)
            );
            if section.names_sheet {
                return Err(input_error(path, reason));
            }
            unmet.push(reason);
        }
        let label = format!("{label}#{}", sheet.name);
        plans.push((!sections.is_empty()).then(|| SheetPlan::new(&label, sheet, fit.filter, sections)));
    }
    if plans.iter().any(Option::is_some) {
        return Ok(plans);
    }
    if unmet.is_empty() {
        return Err(nothing_wanted(profile, path, sheets));
    }
    Err(input_error(
        path,
        format!("none of its sheets fits: {}", unmet.join("; ")),
    ))
}

fn nothing_wanted(profile: &Profile, path: &Path, sheets: &[Sheet]) -> Error {
    let (files, names) = profile.patterns();
    let mut allowed = Vec::new();
    if !files.is_empty() {
        allowed.push(format!("names like {}", quoted_list(&files)));
    }
    if !names.is_empty() {
        let given: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
        allowed.push(format!(
            "sheets like {}, got {}",
            quoted_list(&names),
            quoted_list(&given)
        ));
    }
    input_error(
        path,
        format!(
            "profile `{}` reads no file of this name; allowed are {}",
            profile.name(),
            allowed.join(", and ")
        ),
    )
}
