//! How well a profile fits a JSON document: whether its paths lead to objects with what it must have.

use std::collections::BTreeSet;

use super::catalogue::{Catalogue, Entry};
use super::look::{BYTES_READ, Look};
use super::score::{Score, UNMARKED_FACTOR};
use crate::history::Error;
use crate::history::profile::{Row, SectionFit, SheetFit};
use crate::source::{self, Options, Rows, SourceRow, folded};

/// Rows that are looked at.
const ROWS_READ: u64 = 1_000;

/// Scores a profile on a JSON file; nothing when its paths lead nowhere, or to objects of another kind.
pub(super) fn score(catalogue: &Catalogue, entry: &Entry, look: &Look<'_>) -> Result<Option<Score>, Error> {
    let profile = &entry.profile;
    let options = Options {
        bytes_max: Some(BYTES_READ),
        ..profile.options(&look.stem)?
    };
    // That the document is another one's is what is to be found out; what is wrong with it says the import.
    let Ok(mut rows) = source::open(look.path, look.label, &options) else {
        return Ok(None);
    };
    let mut fits = Vec::new();
    for sheet in rows.sheets() {
        fits.push(profile.fit(&look.stem, sheet)?);
    }
    let mut best: Option<(f64, usize, usize)> = None;
    let mut filled: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut source_row = SourceRow::default();
    for _ in 0..ROWS_READ {
        if !matches!(rows.next_row(&mut source_row), Ok(true)) {
            break;
        }
        let Some(fit) = fits.get(source_row.sheet) else {
            continue;
        };
        let row = Row {
            cells: &source_row.cells,
            number: 0,
            null_markers: profile.null_markers(),
        };
        let Some(there) = best_section(fit, row) else {
            continue;
        };
        if best.is_none_or(|known| there.0 > known.0) {
            best = Some(there);
        }
        let columns = (0..source_row.cells.len()).filter(|place| row.text(*place).is_some());
        filled.extend(columns.map(|place| (source_row.sheet, place)));
    }
    let Some((fit, found, asked)) = best else {
        return Ok(None);
    };
    let mut score = Score {
        fit,
        found,
        asked,
        ..Score::default()
    };
    tell(catalogue, entry, rows.as_ref(), &filled, &mut score);
    Ok(Some(score))
}

/// The section that the row fits best, of those that want it: share, number found, and number of what it must have.
fn best_section(fit: &SheetFit, row: Row<'_>) -> Option<(f64, usize, usize)> {
    if !fit.filter.iter().all(|test| test.holds(row)) {
        return None;
    }
    let wanting = fit.sections.iter().filter(|section| {
        let mut tests = section.bound.when.iter();
        tests.all(|test| test.holds(row))
    });
    let mut best: Option<(f64, usize, usize)> = None;
    for section in wanting {
        let there = required(section, row);
        if best.is_none_or(|known| there.0 > known.0 || (there.0 >= known.0 && there.2 > known.2)) {
            best = Some(there);
        }
    }
    best
}

/// Share and number of the required columns of ours that the row fills, and their number.
fn required(section: &SectionFit, row: Row<'_>) -> (f64, usize, usize) {
    let mut asked = 0_u32;
    let mut found = 0_u32;
    for column in section.bound.columns.iter().filter(|column| column.is_required) {
        asked += 1;
        found += u32::from(matches!(column.rule.evaluate(row), Ok(Some(_))));
    }
    let share = if asked == 0 {
        1.0
    } else {
        f64::from(found) / f64::from(asked)
    };
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    (share, count(found), count(asked))
}

/// Adds what the paths tell that lead to something.
fn tell(
    catalogue: &Catalogue,
    entry: &Entry,
    rows: &dyn Rows,
    filled: &BTreeSet<(usize, usize)>,
    score: &mut Score,
) {
    let mut told = BTreeSet::new();
    let mut is_marked = entry.marks.is_empty();
    for (sheet, place) in filled {
        let column = rows
            .sheets()
            .get(*sheet)
            .and_then(|sheet| sheet.columns.get(*place));
        let Some(column) = column else {
            continue;
        };
        let is_mark = column.split('.').any(|part| entry.marks.contains(&folded(part)));
        is_marked = is_marked || is_mark;
        if told.insert(column.clone()) {
            let weight = catalogue.weight(entry, column, true);
            score.evidence += weight;
            score.telling.push((weight, column.clone()));
        }
    }
    if !is_marked {
        score.fit *= UNMARKED_FACTOR;
    }
}
