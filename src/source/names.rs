//! Names of columns, compared as people mean them.

use std::collections::BTreeMap;

/// Returns the place of the first of `names` that is a column: letter for letter, else without regard to case, blanks,
/// `_`, `-` and `.`.
///
/// The second place is another column that the name would mean as well. Looking for
/// one name takes one walk through the columns.
///
/// # Examples
///
/// ```
/// use duecast::source::find_column;
///
/// let columns = ["Customer_ID", "Amount in LC"].map(str::to_owned);
/// let names = ["DMBTR", "amount in lc"].map(str::to_owned);
/// assert_eq!(find_column(&columns, &names), Some((1, None)));
/// ```
#[must_use]
pub fn find_column(columns: &[String], names: &[String]) -> Option<(usize, Option<usize>)> {
    ColumnIndex::new(columns).find(names)
}

/// The first two places of a column that has a name.
type Places = (usize, Option<usize>);

/// The columns of a sheet by name, so that looking for many names does not take as many walks through many columns.
#[derive(Clone, Debug, Default)]
pub(crate) struct ColumnIndex {
    exact: BTreeMap<String, Places>,
    folded: BTreeMap<String, Places>,
}

impl ColumnIndex {
    /// Takes in the columns of a sheet.
    pub(crate) fn new(columns: &[String]) -> Self {
        let mut index = Self::default();
        for (place, column) in columns.iter().enumerate() {
            note(&mut index.exact, column.clone(), place);
            note(&mut index.folded, folded(column), place);
        }
        index
    }

    /// Finds what [`find_column`] does.
    pub(crate) fn find(&self, names: &[String]) -> Option<Places> {
        names
            .iter()
            .find_map(|name| self.exact.get(name))
            .or_else(|| {
                let mut plain = names.iter().map(|name| folded(name));
                plain.find_map(|name| self.folded.get(&name).filter(|_| !name.is_empty()))
            })
            .copied()
    }
}

fn note(places: &mut BTreeMap<String, Places>, name: String, place: usize) {
    places
        .entry(name)
        .and_modify(|(_, second)| {
            second.get_or_insert(place);
        })
        .or_insert((place, None));
}

/// The name without what people write now one way and now another.
pub(crate) fn folded(name: &str) -> String {
    name.chars()
        .filter(|letter| {
            !letter.is_whitespace() && !matches!(letter, '_' | '-' | '.' | '\u{feff}' | '\u{ad}')
        })
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(columns: &[&str], names: &[&str]) -> Option<(usize, Option<usize>)> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        find_column(&owned(columns), &owned(names))
    }

    #[test]
    fn the_exact_name_wins_over_the_lenient_one() {
        assert_eq!(find(&["amount", "Amount"], &["Amount"]), Some((1, None)));
        assert_eq!(find(&["B", "a"], &["A", "B"]), Some((0, None)));
    }

    #[test]
    fn case_blanks_and_marks_do_not_matter_otherwise() {
        for column in [
            "Invoice Date",
            "invoice_date",
            "INVOICE-DATE",
            "Invoice\u{a0}Date",
            "InvoiceDate.",
        ] {
            assert_eq!(
                find(&["x", column], &["invoice date"]),
                Some((1, None)),
                "{column}"
            );
        }
        assert_eq!(find(&["Invoice Dates"], &["invoice date"]), None);
        assert_eq!(find(&["", " "], &["-"]), None);
    }

    #[test]
    fn a_name_that_means_two_columns_says_so() {
        assert_eq!(find(&["A", "B", "A"], &["A"]), Some((0, Some(2))));
        assert_eq!(find(&["Due Date", "due_date"], &["DueDate"]), Some((0, Some(1))));
    }
}
