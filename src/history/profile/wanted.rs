//! What a profile looks for in files, before one is opened with it.

use std::collections::BTreeMap;

use super::columns::Columns;
use super::fit::asked_by;
use super::{Profile, pattern, wrong};
use crate::history::Error;
use crate::source::Format;

/// What a section of a profile asks of a file.
#[derive(Clone, Debug)]
pub(crate) struct SectionWants {
    /// Columns that it cannot do without, each as the names it may have.
    pub(crate) required: Vec<Vec<String>>,
    /// Columns that it reads where they are.
    pub(crate) optional: Vec<Vec<String>>,
}

/// How a profile takes the name of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NameFit {
    /// It reads only files of other names.
    Other,
    /// It reads files of any name.
    Any,
    /// It asks for files of this name.
    Asked,
}

impl Profile {
    /// The format that the profile reads.
    pub(crate) fn format(&self) -> Format {
        self.file.source.format
    }

    /// Whether the profile says which objects of a JSON document are rows.
    pub(crate) fn reads_objects(&self) -> bool {
        !self.file.sheet.is_empty()
    }

    /// Whether a double quote encloses cells.
    pub(crate) fn is_quoted(&self) -> bool {
        self.file.source.quoted
    }

    /// What each section asks of a file, whatever the name of the file.
    pub(crate) fn section_wants(&self) -> Result<Vec<SectionWants>, Error> {
        let file = &self.file;
        let reason = |reason| wrong(&file.name, reason);
        let mut all = Vec::new();
        for section in file.sections() {
            let mut columns = Columns::Asked(Vec::new());
            asked_by(file, section, &mut columns).map_err(reason)?;
            let Columns::Asked(asked) = columns else {
                continue;
            };
            // A column that one rule must have and another may have is required.
            let mut optional_by_names: BTreeMap<Vec<String>, bool> = BTreeMap::new();
            for column in asked {
                // The column of groups is made by the reader.
                let is_made = file
                    .source
                    .grouped
                    .as_ref()
                    .is_some_and(|name| column.names.contains(name));
                let is_optional = optional_by_names.entry(column.names).or_insert(true);
                *is_optional = *is_optional && (column.is_optional || is_made);
            }
            let mut wants = SectionWants {
                required: Vec::new(),
                optional: Vec::new(),
            };
            for (names, is_optional) in optional_by_names {
                if is_optional {
                    wants.optional.push(names);
                } else {
                    wants.required.push(names);
                }
            }
            all.push(wants);
        }
        Ok(all)
    }

    /// How the profile takes a file of that name without extension.
    pub(crate) fn name_fit(&self, stem: &str) -> NameFit {
        let mut best = NameFit::Other;
        for section in self.file.sections() {
            if section.files.is_empty() {
                best = best.max(NameFit::Any);
            } else if pattern::allow(&section.files, stem) {
                best = NameFit::Asked;
            }
        }
        best
    }
}
