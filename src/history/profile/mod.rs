//! Import profiles: foreign exports mapped onto our tables by declaration, as TOML.
//!
//! A profile says how a file is written (encoding, delimiter, dates, decimal marks, null markers),
//! which rows count, and how one source row becomes a row of one or several of our tables. It is
//! data: the shipped ones are compiled in, and a user's own is read from its path without a rebuild.
//! `profiles/README.md` has every key with an example.

pub(crate) mod cell;
mod check;
mod columns;
mod compile;
mod day;
mod expr;
mod fillable;
mod fit;
mod minor_units;
mod names;
mod notation;
mod pattern;
mod section;
mod types;
mod wanted;

use std::path::Path;

use crate::history::Error;
use crate::history::link::{self, Linker};

use types::ProfileFile;

pub use fillable::{Fillable, fillable};

pub(crate) use cell::quoted_list;
pub(crate) use expr::{CellError, Row, Test};
pub(crate) use fit::{SectionFit, SheetFit};
pub(crate) use section::{BoundSection, Target};
pub(crate) use wanted::{NameFit, SectionWants};

/// The profiles compiled into the program: name and TOML.
const SHIPPED: &[(&str, &str)] = &[
    (
        "bank-receipts",
        include_str!("../../../profiles/bank-receipts.toml"),
    ),
    (
        "business-central",
        include_str!("../../../profiles/business-central.toml"),
    ),
    ("camt", include_str!("../../../profiles/camt.toml")),
    ("canonical", include_str!("../../../profiles/canonical.toml")),
    (
        "cassandra-ap",
        include_str!("../../../profiles/cassandra-ap.toml"),
    ),
    (
        "dynamics-365",
        include_str!("../../../profiles/dynamics-365.toml"),
    ),
    ("einvoice", include_str!("../../../profiles/einvoice.toml")),
    ("erpnext", include_str!("../../../profiles/erpnext.toml")),
    ("erpnext-csv", include_str!("../../../profiles/erpnext-csv.toml")),
    (
        "ibm-late-payments",
        include_str!("../../../profiles/ibm-late-payments.toml"),
    ),
    ("mt940", include_str!("../../../profiles/mt940.toml")),
    ("odoo", include_str!("../../../profiles/odoo.toml")),
    (
        "quickbooks-online",
        include_str!("../../../profiles/quickbooks-online.toml"),
    ),
    (
        "quickbooks-online-csv",
        include_str!("../../../profiles/quickbooks-online-csv.toml"),
    ),
    ("s4-journal", include_str!("../../../profiles/s4-journal.toml")),
    ("sap-ar", include_str!("../../../profiles/sap-ar.toml")),
    (
        "sap-line-items",
        include_str!("../../../profiles/sap-line-items.toml"),
    ),
    (
        "sap-line-items-en",
        include_str!("../../../profiles/sap-line-items-en.toml"),
    ),
    ("sap-tables", include_str!("../../../profiles/sap-tables.toml")),
    ("stripe", include_str!("../../../profiles/stripe.toml")),
    ("stripe-csv", include_str!("../../../profiles/stripe-csv.toml")),
    ("xero", include_str!("../../../profiles/xero.toml")),
    (
        "xero-aged-receivables",
        include_str!("../../../profiles/xero-aged-receivables.toml"),
    ),
    ("xero-csv", include_str!("../../../profiles/xero-csv.toml")),
];

/// Returns the profiles compiled into the program, as (name, TOML) sorted by name.
#[must_use]
pub fn shipped() -> &'static [(&'static str, &'static str)] {
    SHIPPED
}

/// A checked import profile.
///
/// Guaranteed: every table and column it names is one of ours, every required column has a rule,
/// every date format and every mark is readable. What remains open until a file is seen is whether
/// the file has the source columns.
///
/// # Examples
///
/// ```
/// use duecast::history::Profile;
///
/// let profile = Profile::load("ibm-late-payments").expect("it is shipped");
/// assert_eq!(profile.name(), "ibm-late-payments");
/// assert!(Profile::load("imb").is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Profile {
    file: ProfileFile,
}

impl Profile {
    /// Returns the shipped profile of that name, or reads the file at that path.
    ///
    /// # Errors
    ///
    /// - [`Error::Profile`] when there is neither, naming the shipped profiles, or when the profile
    ///   is wrong, naming the line or the table and column and what is allowed.
    /// - [`Error::Io`] when the file cannot be read.
    pub fn load(name_or_path: &str) -> Result<Self, Error> {
        if let Some((name, text)) = SHIPPED.iter().find(|(name, _)| *name == name_or_path) {
            return Self::from_toml(name, text);
        }
        let path = Path::new(name_or_path);
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_toml(name_or_path, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let names: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
                Err(wrong(
                    name_or_path,
                    format!(
                        "no such profile; shipped are {}, and the path of a .toml file is allowed",
                        quoted_list(&names)
                    ),
                ))
            }
            Err(error) => Err(Error::io(path, error)),
        }
    }

    /// Reads a profile from TOML; `origin` is its name in messages.
    ///
    /// # Errors
    ///
    /// [`Error::Profile`], naming the line or the table and column, and what is allowed there.
    pub fn from_toml(origin: &str, text: &str) -> Result<Self, Error> {
        let file: ProfileFile =
            toml::from_str(text).map_err(|error| wrong(origin, syntax_reason(text, &error)))?;
        check::check(&file).map_err(|reason| wrong(origin, reason))?;
        Ok(Self { file })
    }

    /// The name of the profile.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// One line on what the profile reads.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.file.description
    }

    /// What a person should know of every import through the profile.
    pub(crate) fn note(&self) -> Option<&str> {
        self.file.note.as_deref()
    }

    /// Columns that tell exports of this source from others; empty when the profile names none.
    #[must_use]
    pub fn recognise(&self) -> &[String] {
        &self.file.recognise
    }

    /// Texts of cells that mean "nothing", beside the empty one.
    pub(crate) fn null_markers(&self) -> &[String] {
        &self.file.source.null_markers
    }

    /// What joins the records of the profile into rows of our tables.
    pub(crate) fn linker(&self) -> Option<&'static dyn Linker> {
        linker_of(&self.file)
    }
}

fn linker_of(file: &ProfileFile) -> Option<&'static dyn Linker> {
    file.linker.as_deref().and_then(link::named)
}

fn wrong(profile: &str, reason: String) -> Error {
    Error::Profile {
        profile: profile.to_owned(),
        reason,
    }
}

/// Says in which line, under which table, the TOML is wrong.
fn syntax_reason(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().trim();
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else {
        return message.to_owned();
    };
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default().trim();
    let table = before
        .lines()
        .rev()
        .find_map(|line| {
            ["table", "record"].into_iter().find_map(|key| {
                let (found, name) = line.split_once('=')?;
                (found.trim() == key).then(|| format!(", {key} {}", name.trim().replace('"', "`")))
            })
        })
        .unwrap_or_default();
    format!("line {number}{table}: {message}, in: {line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_loads_under_its_own_name() {
        for (name, _) in shipped() {
            assert_eq!(Profile::load(name).unwrap().name(), *name);
        }
    }
}
