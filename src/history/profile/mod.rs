//! Import profiles: foreign exports mapped onto our tables by declaration, as TOML.
//!
//! A profile says how a file is written (encoding, delimiter, dates, decimal marks, null markers),
//! which rows count, and how one source row becomes a row of one or several of our tables. It is
//! data: the shipped ones are compiled in, and a user's own is read from its path without a rebuild.
//! `profiles/README.md` has every key with an example.

mod cell;
mod compile;
mod expr;
mod notation;
mod types;

use std::path::Path;

use crate::history::Error;

use types::ProfileFile;

pub(crate) use cell::quoted_list;
pub(crate) use compile::{BoundTable, Columns, Header};
pub(crate) use expr::{CellError, Row, Test};
pub(crate) use types::Source;

/// The profiles compiled into the program: name and TOML.
const SHIPPED: &[(&str, &str)] = &[
    (
        "bank-receipts",
        include_str!("../../../profiles/bank-receipts.toml"),
    ),
    ("canonical", include_str!("../../../profiles/canonical.toml")),
    (
        "cassandra-ap",
        include_str!("../../../profiles/cassandra-ap.toml"),
    ),
    (
        "ibm-late-payments",
        include_str!("../../../profiles/ibm-late-payments.toml"),
    ),
    ("sap-ar", include_str!("../../../profiles/sap-ar.toml")),
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
        check(&file).map_err(|reason| wrong(origin, reason))?;
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

    /// How the source files are written.
    pub(crate) fn source(&self) -> &Source {
        &self.file.source
    }

    /// The patterns of file names that sections ask for, for the message about a file that fits none.
    pub(crate) fn patterns(&self) -> Vec<&str> {
        self.file
            .table
            .iter()
            .flat_map(|section| section.files.iter().map(String::as_str))
            .collect()
    }

    /// Binds the profile to a file: `stem` is its name without extension, `columns` its header.
    pub(crate) fn bind(&self, stem: &str, columns: &mut Columns<'_>) -> Result<Bound, Error> {
        let reason = |reason| wrong(&self.file.name, reason);
        let filter = compile::bind_conditions(&self.file.filter, "filter", columns).map_err(reason)?;
        let mut tables = Vec::new();
        for section in &self.file.table {
            if section.files.is_empty() || section.files.iter().any(|pattern| matches(pattern, stem)) {
                tables.push(compile::bind_table(section, &self.file.source, columns).map_err(reason)?);
            }
        }
        Ok(Bound { filter, tables })
    }
}

/// A profile bound to the columns of one file.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    /// Rows that fail one of these yield nothing.
    pub(crate) filter: Vec<Test>,
    /// The records that a row yields.
    pub(crate) tables: Vec<BoundTable>,
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
        .find_map(|line| line.trim().strip_prefix("table = "))
        .map_or_else(String::new, |table| {
            format!(", table {}", table.trim().replace('"', "`"))
        });
    format!("line {number}{table}: {message}, in: {line}")
}

/// Finds what can be wrong with a profile before a file is seen.
fn check(file: &ProfileFile) -> Result<(), String> {
    let source = &file.source;
    if source.encoding != "auto" && encoding_rs::Encoding::for_label(source.encoding.as_bytes()).is_none() {
        return Err(format!(
            "source: encoding must be `auto` or a name of the encoding standard such as `utf-8`, `windows-1252`, \
             `utf-16le`, got `{}`",
            source.encoding
        ));
    }
    if source.delimiter != "auto" && !(source.delimiter.len() == 1 && source.delimiter.is_ascii()) {
        return Err(format!(
            "source: delimiter must be `auto` or one ASCII character, got `{}`",
            source.delimiter
        ));
    }
    notation::check_date_formats(&source.date_formats).map_err(|reason| format!("source: {reason}"))?;
    notation::number_format(&source.decimal_mark, &source.thousands_mark, cell::Minus::Front)
        .map_err(|reason| format!("source: {reason}"))?;
    if file.table.is_empty() {
        return Err("needs at least one [[table]]".to_owned());
    }
    let mut any = Columns::Any;
    compile::bind_conditions(&file.filter, "filter", &mut any)?;
    for section in &file.table {
        compile::bind_table(section, source, &mut any)?;
    }
    Ok(())
}

/// Whether a file stem fits a pattern in which `*` stands for any text; case is ignored.
fn matches(pattern: &str, stem: &str) -> bool {
    let (pattern, stem) = (pattern.to_lowercase(), stem.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = stem.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(*part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(*last)
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

    #[test]
    fn patterns_match_file_stems() {
        for (pattern, stem, expected) in [
            ("invoices", "Invoices", true),
            ("invoices", "invoices-2024", false),
            ("invoices*", "invoices-2024", true),
            ("*settle*2024", "CustSettlement-2024", true),
            ("*settle*2024", "CustSettlement-2023", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, stem), expected, "{pattern} on {stem}");
        }
    }
}
