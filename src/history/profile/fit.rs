//! A profile held against the sheets of a file: which sections read them, and what they miss.

use super::columns::{Columns, Header};
use super::compile::bind_conditions;
use super::expr::Test;
use super::names::Names;
use super::section::{BoundSection, bind_section, target_of};
use super::types::{HeaderRow, ProfileFile, RepeatedHeaders, Section};
use super::{Profile, linker_of, pattern, wrong};
use crate::history::Error;
use crate::source::{ColumnIndex, Options, Sheet};

/// How the sections of a profile fit a sheet.
#[derive(Debug)]
pub(crate) struct SheetFit {
    /// Rows that fail one of these yield nothing.
    pub(crate) filter: Vec<Test>,
    /// The sections that want the sheet, by names of file and sheet.
    pub(crate) sections: Vec<SectionFit>,
    /// What the filters miss.
    pub(crate) filter_wants: Wants,
}

/// How a section fits a sheet.
#[derive(Debug)]
pub(crate) struct SectionFit {
    pub(crate) bound: BoundSection,
    /// Whether the section asks for sheets of this name.
    pub(crate) names_sheet: bool,
    pub(crate) wants: Wants,
}

/// What is asked of a sheet in vain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wants {
    /// Columns that it lacks.
    pub(crate) missing: Vec<Names>,
    /// Columns that it has twice.
    pub(crate) repeated: Vec<Names>,
}

impl Wants {
    /// Whether the sheet has everything once.
    pub(crate) fn are_met(&self) -> bool {
        self.missing.is_empty() && self.repeated.is_empty()
    }

    /// Adds what another part misses.
    pub(crate) fn add(&mut self, other: &Self) {
        for (all, new) in [
            (&mut self.missing, &other.missing),
            (&mut self.repeated, &other.repeated),
        ] {
            for names in new {
                if !all.contains(names) {
                    all.push(names.clone());
                }
            }
        }
    }

    /// "lacks the columns `A` and has more than one of the columns `B`"; nothing when all are met.
    pub(crate) fn described(&self) -> String {
        let listed = |names: &[Names]| {
            names
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let mut wrong = Vec::new();
        if !self.missing.is_empty() {
            wrong.push(format!("lacks the columns {}", listed(&self.missing)));
        }
        if !self.repeated.is_empty() {
            wrong.push(format!(
                "has more than one of the columns {}",
                listed(&self.repeated)
            ));
        }
        wrong.join(" and ")
    }

    fn of(columns: Columns<'_>) -> Self {
        match columns {
            Columns::Named(header) => Self {
                missing: header.missing,
                repeated: header.repeated,
            },
            Columns::Any | Columns::Asked(_) => Self::default(),
        }
    }
}

impl Profile {
    /// Binds the profile to a sheet of a file; `stem` is the file's name without extension.
    pub(crate) fn fit(&self, stem: &str, sheet: &Sheet) -> Result<SheetFit, Error> {
        let file = &self.file;
        let reason = |reason| wrong(&file.name, reason);
        let index = ColumnIndex::new(&sheet.columns);
        let mut columns = header_of(sheet, &index);
        let filter = bind_conditions(&file.filter, "filter", &mut columns).map_err(reason)?;
        let filter_wants = Wants::of(columns);
        let mut sections = Vec::new();
        for section in wanting(file, stem).filter(|section| pattern::allow(&section.sheets, &sheet.name)) {
            let target = target_of(section, linker_of(file)).map_err(reason)?;
            let mut columns = header_of(sheet, &index);
            let bound = bind_section(section, target, &file.source, &mut columns).map_err(reason)?;
            sections.push(SectionFit {
                bound,
                names_sheet: !section.sheets.is_empty(),
                wants: Wants::of(columns),
            });
        }
        Ok(SheetFit {
            filter,
            sections,
            filter_wants,
        })
    }

    /// The patterns of names of files, and those of names of sheets, for the message about a file that fits none.
    pub(crate) fn patterns(&self) -> (Vec<&str>, Vec<&str>) {
        let texts = |of: fn(&Section) -> &[String]| {
            let sections = self.file.sections();
            sections.flat_map(of).map(String::as_str).collect::<Vec<_>>()
        };
        (
            texts(|section| section.files.as_slice()),
            texts(|section| section.sheets.as_slice()),
        )
    }

    /// How a file of that name without extension is to be read.
    pub(crate) fn options(&self, stem: &str) -> Result<Options, Error> {
        let file = &self.file;
        let source = &file.source;
        let mut wanted = Vec::new();
        let mut sheets: Vec<(String, String, Vec<String>)> = file
            .sheet
            .iter()
            .map(|sheet| (sheet.name.clone(), sheet.path.clone(), Vec::new()))
            .collect();
        for section in wanting(file, stem) {
            let mut columns = Columns::Asked(Vec::new());
            asked_by(file, section, &mut columns).map_err(|reason| wrong(&file.name, reason))?;
            let Columns::Asked(asked) = columns else {
                continue;
            };
            for (name, _, names) in &mut sheets {
                if pattern::allow(&section.sheets, name) {
                    let all = asked.iter().flat_map(|column| &column.names);
                    add_new(names, all);
                }
            }
            let required = asked.into_iter().filter(|column| !column.is_optional);
            wanted.push(required.map(|column| column.names).collect());
        }
        if source.header_row == HeaderRow::First {
            wanted.clear();
        }
        Ok(Options {
            format: source.format,
            encoding: source.encoding.clone(),
            delimiter: match source.delimiter.as_bytes() {
                [byte] => Some(*byte),
                _ => None,
            },
            quoted: source.quoted,
            skip_lines: source.skip_lines,
            header: source.header,
            skips_repeated_headers: source.repeated_headers == RepeatedHeaders::Skip,
            sheets,
            wanted,
            bytes_max: None,
        })
    }
}

/// The sections that read files of that name.
fn wanting<'f>(file: &'f ProfileFile, stem: &str) -> impl Iterator<Item = &'f Section> {
    file.sections()
        .filter(move |section| pattern::allow(&section.files, stem))
}

fn header_of<'a>(sheet: &'a Sheet, index: &'a ColumnIndex) -> Columns<'a> {
    Columns::Named(Header {
        names: &sheet.columns,
        index,
        missing: Vec::new(),
        repeated: Vec::new(),
    })
}

/// Notes the columns of the filters and of a section.
pub(super) fn asked_by(
    file: &ProfileFile,
    section: &Section,
    columns: &mut Columns<'_>,
) -> Result<(), String> {
    bind_conditions(&file.filter, "filter", columns)?;
    let target = target_of(section, linker_of(file))?;
    bind_section(section, target, &file.source, columns)?;
    Ok(())
}

fn add_new<'a>(names: &mut Vec<String>, more: impl Iterator<Item = &'a String>) {
    for name in more {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
}
