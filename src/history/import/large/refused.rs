//! The rejects of a large import: counted without exception, listed up to a bound.

use std::collections::{BTreeMap, BTreeSet};

use super::super::rejects::is_of;
use crate::history::Reject;
use crate::history::schema::Table;

/// When a row was found bad; within a table rejects are listed in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// By itself.
    Alone,
    /// Beside its invoice.
    Invoice,
    /// Beside the others of its key.
    Key,
}

/// The rejects of an import.
#[derive(Debug, Default)]
pub(super) struct Refused {
    /// Names of the inputs.
    labels: BTreeSet<String>,
    /// Names of the ledger's own files.
    own_files: BTreeMap<Table, String>,
    most: usize,
    /// Each with its row's place in the table.
    listed: Vec<(Table, Phase, u64, Reject)>,
    own_listed: usize,
    imported_listed: usize,
    by_table: BTreeMap<Table, u64>,
    own: BTreeMap<Table, u64>,
    imported: u64,
}

/// Rejects that have been put in order.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Of the ledger and of the inputs, at most so many each.
    pub(super) all: Vec<Reject>,
    /// Those of the inputs; a last one says how many are not listed.
    pub(super) imported: Vec<Reject>,
}

impl Refused {
    /// Returns an empty list that is to have at most so many of the ledger's own rejects, and so many of the inputs'.
    pub(super) fn new(labels: BTreeSet<String>, own_files: BTreeMap<Table, String>, most: usize) -> Self {
        Self {
            labels,
            own_files,
            most,
            ..Self::default()
        }
    }

    /// Takes in a reject of the row that has this place in its table.
    pub(super) fn push(&mut self, table: Table, phase: Phase, place: u64, reject: Reject) {
        *self.by_table.entry(table).or_default() += 1;
        let is_own = self.own_files.get(&table) == Some(&reject.file);
        let listed = if is_own {
            *self.own.entry(table).or_default() += 1;
            &mut self.own_listed
        } else {
            self.imported += u64::from(is_of(&self.labels, &reject.file));
            &mut self.imported_listed
        };
        // The ledger's own are listed apart, because a ledger with one must not be rewritten.
        if *listed < self.most {
            *listed += 1;
            self.listed.push((table, phase, place, reject));
        }
    }

    /// Returns the rejects of a table.
    pub(super) fn of_table(&self, table: Table) -> u64 {
        self.by_table.get(&table).copied().unwrap_or(0)
    }

    /// Returns the rejects of the ledger's own file of a table.
    pub(super) fn own_of(&self, table: Table) -> u64 {
        self.own.get(&table).copied().unwrap_or(0)
    }

    /// Returns the rejects of the inputs.
    pub(super) const fn imported(&self) -> u64 {
        self.imported
    }

    /// Returns the list: by table, then as the rows were found bad.
    pub(super) fn list(mut self) -> Listed {
        self.listed
            .sort_by_key(|(table, phase, place, _)| (*table, *phase, *place));
        let all: Vec<Reject> = self.listed.into_iter().map(|(_, _, _, reject)| reject).collect();
        let is_imported = |reject: &&Reject| is_of(&self.labels, &reject.file);
        let mut imported: Vec<Reject> = all.iter().filter(is_imported).cloned().collect();
        let listed = u64::try_from(imported.len()).unwrap_or(u64::MAX);
        let others = self.imported.saturating_sub(listed);
        if let Some(file) = self.labels.first().filter(|_| others > 0) {
            imported.push(Reject {
                file: file.clone(),
                line: 0,
                column: String::new(),
                value: others.to_string(),
                reason: format!(
                    "so many more rows of the import were rejected; the first {listed} are listed"
                ),
            });
        }
        Listed { all, imported }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reject(file: &str, line: u64) -> Reject {
        Reject {
            file: file.to_owned(),
            line,
            column: "amount".to_owned(),
            value: "x".to_owned(),
            reason: "not an amount".to_owned(),
        }
    }

    fn refused(most: usize) -> Refused {
        let own = BTreeMap::from([(Table::Payments, "payments.csv".to_owned())]);
        Refused::new(BTreeSet::from(["in.csv".to_owned()]), own, most)
    }

    #[test]
    fn rejects_are_listed_by_table_and_phase_and_place_whenever_they_came() {
        let mut refused = refused(9);
        refused.push(Table::Payments, Phase::Key, 1, reject("in.csv", 11));
        refused.push(Table::Payments, Phase::Invoice, 8, reject("in.csv", 18));
        refused.push(Table::Payments, Phase::Invoice, 7, reject("payments.csv", 17));
        refused.push(Table::Invoices, Phase::Key, 9, reject("in.csv", 19));
        assert_eq!(
            (
                refused.of_table(Table::Payments),
                refused.own_of(Table::Payments),
                refused.imported()
            ),
            (3, 1, 3)
        );
        let listed = refused.list();
        let lines = |rejects: &[Reject]| rejects.iter().map(|reject| reject.line).collect::<Vec<_>>();
        assert_eq!(lines(&listed.all), [19, 17, 18, 11]);
        assert_eq!(lines(&listed.imported), [19, 18, 11]);
    }

    #[test]
    fn what_is_beyond_the_bound_is_counted_and_never_hides_the_ledger_s_own() {
        let mut refused = refused(2);
        for line in 1..=5 {
            refused.push(Table::Payments, Phase::Alone, line, reject("in.csv", line));
        }
        refused.push(Table::Payments, Phase::Invoice, 6, reject("payments.csv", 6));
        assert_eq!(refused.imported(), 5);
        let listed = refused.list();
        assert_eq!(listed.all.len(), 3);
        assert_eq!(listed.imported.len(), 3);
        let last = listed.imported.last().unwrap();
        assert_eq!((last.line, last.value.as_str()), (0, "3"));
    }
}
