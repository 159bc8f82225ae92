//! The shipped profiles with the columns they know, and how much each column tells.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::Error;
use crate::history::profile::{Profile, SectionWants, shipped};
use crate::source::{Format, folded};

/// How much more a column tells that a profile names in `recognise`.
const MARK_FACTOR: f64 = 2.0;

/// A shipped profile.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) profile: Profile,
    pub(super) sections: Vec<SectionWants>,
    /// The columns of `recognise`, folded.
    pub(super) marks: BTreeSet<String>,
}

/// Every shipped profile.
#[derive(Debug)]
pub(super) struct Catalogue {
    pub(super) entries: Vec<Entry>,
    /// Number of profiles of tables that know a column by this name, letter for letter.
    known_exactly: BTreeMap<String, u32>,
    /// Number of profiles of tables that know a column by this name, folded.
    known: BTreeMap<String, u32>,
}

impl Catalogue {
    /// Reads the shipped profiles.
    pub(super) fn shipped() -> Result<Self, Error> {
        let mut catalogue = Self {
            entries: Vec::new(),
            known_exactly: BTreeMap::new(),
            known: BTreeMap::new(),
        };
        for (name, text) in shipped() {
            let profile = Profile::from_toml(name, text)?;
            let sections = profile.section_wants()?;
            let marks: BTreeSet<String> = profile.recognise().iter().map(|name| folded(name)).collect();
            let aliases = sections
                .iter()
                .flat_map(|section| section.required.iter().chain(&section.optional))
                .flatten();
            let exact: BTreeSet<String> = aliases.cloned().collect();
            let plain: BTreeSet<String> = exact
                .iter()
                .map(|name| folded(name))
                .chain(marks.iter().cloned())
                .collect();
            // Bank statements and e-invoices are told by their format: their columns compete with no others.
            let is_table = matches!(
                profile.format(),
                Format::Auto | Format::Delimited | Format::Workbook | Format::Json
            );
            for name in exact.into_iter().filter(|_| is_table) {
                *catalogue.known_exactly.entry(name).or_insert(0) += 1;
            }
            for name in plain.into_iter().filter(|_| is_table) {
                *catalogue.known.entry(name).or_insert(0) += 1;
            }
            catalogue.entries.push(Entry {
                profile,
                sections,
                marks,
            });
        }
        Ok(catalogue)
    }

    /// How much it tells that a file has a column that a profile knows by this name: the fewer profiles know it, the
    /// more. `is_exact` says that the file writes it letter for letter in this way.
    pub(super) fn weight(&self, entry: &Entry, name: &str, is_exact: bool) -> f64 {
        let plain = folded(name);
        let exactly = self.known_exactly.get(name).filter(|_| is_exact);
        let profiles = exactly.or_else(|| self.known.get(&plain)).copied().unwrap_or(1);
        let rarity = 1.0 / f64::from(profiles.max(1));
        if entry.marks.contains(&plain) {
            MARK_FACTOR * rarity
        } else {
            rarity
        }
    }

    /// What is looked for in order to find the header of a file: one entry a section of any profile.
    pub(super) fn wanted(&self) -> Vec<Vec<Vec<String>>> {
        self.entries
            .iter()
            .filter(|entry| !entry.profile.reads_objects())
            .flat_map(|entry| entry.sections.iter().map(|section| section.required.clone()))
            .collect()
    }
}
