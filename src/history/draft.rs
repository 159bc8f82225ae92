//! A draft of an import profile, drawn from an export that no shipped profile reads.
//!
//! The cells say what a column is and how it is written; the headings, in six languages, say which of our columns it
//! may be. Each line of the draft says where it comes from. What cannot be decided is a line that is commented out,
//! and the draft then says at its top what a person must fill in. The same files give the same draft.

mod notation;
mod page;
mod readings;
mod sample;
mod section;
mod shape;
mod terms;
mod words;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Error;
use super::profile::Profile;

use notation::Notation;
use page::{Page, mark, quoted};
use sample::{Sample, shown};
use section::Writer;
use shape::Shape;
use words::Words;

/// A drafted profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The profile, with comments.
    pub toml: String,
    /// What a person must fill in before it loads; nothing when it does.
    pub missing: Vec<String>,
}

/// Drafts a profile for files that belong together; `names` are the names the files go by, in the order of `inputs`.
///
/// # Examples
///
/// ```
/// use duecast::history::{Profile, draft::draft};
///
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("export.csv");
/// std::fs::write(
///     &file,
///     "Rechnungsnr;Kunde;Rechnungsdatum;Fällig am;Betrag;Währung\nR1;K1;15.01.2025;14.02.2025;1.234,56;EUR\n",
/// )?;
/// let draft = draft(&[file], &["export.csv".to_owned()])?;
/// assert!(draft.missing.is_empty());
/// assert!(draft.toml.contains("due_date = \"Fällig am\""));
/// assert_eq!(Profile::from_toml("draft", &draft.toml)?.name(), "export");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// - [`Error::Input`] when a file is no table that a draft could be drawn from, with what to do instead.
/// - [`Error::Source`] or [`Error::Io`] when a file cannot be read as rows at all.
pub fn draft(inputs: &[PathBuf], names: &[String]) -> Result<Draft, Error> {
    let words = Words::read();
    let mut samples = Vec::with_capacity(inputs.len());
    for (input, name) in inputs.iter().zip(names) {
        samples.push(Sample::read(input, name, &words)?);
    }
    let Some(first) = samples.first() else {
        return Err(Error::Input {
            path: Path::new("").to_path_buf(),
            reason: "a draft needs at least one file".to_owned(),
        });
    };
    let notation = Notation::of(&samples);
    let mut body = Page::default();
    let mut missing = Vec::new();
    write_source(&mut body, &samples, &notation);
    for sample in &samples {
        let given = words.assign(&sample.columns);
        let mut writer = Writer {
            page: &mut body,
            missing: &mut missing,
            notation: &notation,
            sample,
            given: &given,
            has_others: samples.len() > 1,
        };
        writer.write();
    }
    let name = name_of(&first.stem);
    let described = described(&samples);
    let body = format!(
        "name = {}\ndescription = {}\n\n{}",
        quoted(&name),
        quoted(&format!("{described}, as drafted")),
        body.text()
    );
    // What the draft says must hold; if it does not, a person has to see why.
    if missing.is_empty()
        && let Err(error) = Profile::from_toml(&name, &body)
    {
        missing.push(error.to_string());
    }
    let toml = format!("{}{}\n", top(&described, &missing), body.trim_end());
    Ok(Draft { toml, missing })
}

/// What a reader of the draft must know first.
fn top(described: &str, missing: &[String]) -> String {
    let mut page = Page::default();
    page.comment(&format!(
        "Drafted from {described}, by the headings and the first rows: read every line before you rely on it."
    ));
    if missing.is_empty() {
        page.comment(
            "Every required column was found. Set name and description, then import with --profile.",
        );
    } else {
        page.comment("It does not load yet. A person must fill in:");
        for what in missing {
            page.comment(&format!("- {what}"));
        }
    }
    page.gap();
    page.text()
}

/// How all files are written.
fn write_source(page: &mut Page, samples: &[Sample], notation: &Notation) {
    let columns = || samples.iter().flat_map(|sample| &sample.columns);
    page.line("[source]");
    if let Some(format) = notation.date_format {
        page.line(&format!("date_formats = [{}]", quoted(format)));
    } else if let Some(column) = columns().find(|column| matches!(column.shape, Shape::Date(_))) {
        page.comment(&format!(
            "no date_formats: whether days or months come first is told by no cell, neither of `{}` nor of others",
            shown(&column.name)
        ));
    }
    for column in columns() {
        let has_marks = matches!(&column.shape, Shape::Number(number) if number.has_marks);
        if has_marks && notation.number(column).is_none() {
            page.comment(&format!(
                "which mark stands before the decimals of `{}` is told by no cell: its own rule must say it",
                shown(&column.name)
            ));
        }
    }
    let (decimal, thousands) = notation.marks;
    page.line(&format!("decimal_mark = {}", quoted(&decimal.to_string())));
    page.line(&format!("thousands_mark = {}", quoted(&mark(thousands))));
    let nulls: BTreeSet<&String> = columns().flat_map(|column| &column.nulls).collect();
    if !nulls.is_empty() {
        page.comment("these stand where there is no date");
        let nulls: Vec<String> = nulls.into_iter().map(|null| quoted(null)).collect();
        page.line(&format!("null_markers = [{}]", nulls.join(", ")));
    }
    page.gap();
}

/// "`export.csv` (10 rows)", for each file.
fn described(samples: &[Sample]) -> String {
    let files: Vec<String> = samples
        .iter()
        .map(|sample| {
            let sheet = sample
                .sheet
                .as_ref()
                .map(|sheet| format!(", sheet {}", shown(sheet)))
                .unwrap_or_default();
            format!("{}{sheet} ({} rows)", shown(&sample.stem), sample.rows)
        })
        .collect();
    files.join(" and ")
}

/// A name for the profile, from that of the first file.
fn name_of(stem: &str) -> String {
    let mut name = String::new();
    for letter in stem.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            name.push(letter);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() {
        "export".to_owned()
    } else {
        name.to_owned()
    }
}
