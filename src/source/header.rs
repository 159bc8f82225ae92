//! Which row names the columns: titles may stand above it.

use std::collections::BTreeSet;

use super::names::folded;

/// Rows among which the header is looked for.
pub(super) const ROWS_SEARCHED: usize = 50;
/// Bytes among which the header is looked for; a row that begins among them counts whole.
pub(super) const HEAD_BYTES: usize = 1 << 20;

/// How well a row does as a header: sections that find all their columns, then columns found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    sections: usize,
    columns: usize,
}

/// Names of columns, as a header row has them.
pub(super) fn trimmed<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = cells
        .map(|name| {
            name.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
                .to_owned()
        })
        .collect();
    // Empty cells behind the last name are no columns, in text files and spreadsheets alike.
    while names.len() > 1 && names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    names
}

/// Names of columns where no row has them: `1`, `2`, ...
pub(super) fn numbered(columns: usize) -> Vec<String> {
    (1..=columns).map(|number| number.to_string()).collect()
}

/// How well a row does as a header for what is wanted, the names of which are folded.
fn fit(names: &[String], wanted: &[Vec<Vec<String>>]) -> Fit {
    let known: BTreeSet<String> = names.iter().map(|name| folded(name)).collect();
    let is_known = |aliases: &Vec<String>| {
        let mut aliases = aliases.iter().filter(|name| !name.is_empty());
        aliases.any(|name| known.contains(name))
    };
    let mut fit = Fit::default();
    for section in wanted.iter().filter(|section| !section.is_empty()) {
        let found = section.iter().filter(|aliases| is_known(aliases)).count();
        fit.columns += found;
        fit.sections += usize::from(found == section.len());
    }
    fit
}

/// Returns the place of the header among the first rows, and how well it does; without any match the first row.
pub(super) fn best(rows: &[Vec<String>], wanted: &[Vec<Vec<String>>]) -> (usize, Fit) {
    let fold = |aliases: &Vec<String>| -> Vec<String> { aliases.iter().map(|name| folded(name)).collect() };
    let wanted: Vec<Vec<Vec<String>>> = wanted
        .iter()
        .map(|section| section.iter().map(fold).collect())
        .collect();
    let mut best = (0, Fit::default());
    for (place, names) in rows.iter().enumerate().take(ROWS_SEARCHED) {
        let fit = fit(names, &wanted);
        if fit > best.1 {
            best = (place, fit);
        }
    }
    best
}

/// Whether a row repeats the header, as lists do on each page.
pub(super) fn is_repeated<'a>(names: &[String], cells: impl Iterator<Item = &'a str>) -> bool {
    let mut cells = cells.map(str::trim);
    names.iter().all(|name| cells.next() == Some(name.as_str())) && cells.all(str::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn wanted(sections: &[&[&str]]) -> Vec<Vec<Vec<String>>> {
        sections
            .iter()
            .map(|section| section.iter().map(|name| row(&[name])).collect())
            .collect()
    }

    #[test]
    fn the_row_that_most_sections_can_read_is_the_header() {
        let rows = [
            row(&["List of Account 4711"]),
            row(&["Account"]),
            row(&["Account", "Amount", "Date"]),
            row(&["Account", "Amount", "Date"]),
        ];
        let sections = wanted(&[&["Account"], &["Account", "Amount"]]);
        assert_eq!(best(&rows, &sections).0, 2);
        assert_eq!(best(&rows, &wanted(&[&["Nothing"]])).0, 0);
        assert_eq!(best(&rows, &[]).0, 0);
    }

    #[test]
    fn a_repeated_header_is_told_from_a_row() {
        let names = row(&["A", "B"]);
        assert!(is_repeated(&names, [" A", "B ", ""].into_iter()));
        assert!(!is_repeated(&names, ["A"].into_iter()));
        assert!(!is_repeated(&names, ["A", "B", "1"].into_iter()));
    }
}
