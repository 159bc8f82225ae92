//! The invoices around one: what the customer paid before and after it.

use std::collections::BTreeMap;

use crate::features::raw::{RawRow, count};

/// Invoices that fall due within this many days of each other are siblings.
const SIBLING_DAYS: i32 = 3;

/// How the customer treated the invoices around one: were later ones paid, so that it was skipped?
pub(crate) struct Neighbours {
    /// Due day and the number of paid invoices due on it or later, ascending by day.
    paid_from: Vec<(i32, u32)>,
    /// Due days of the open invoices, ascending.
    open_due: Vec<i32>,
}

impl Neighbours {
    /// Takes the number of paid invoices by due day, and the due days of the open ones.
    pub(crate) fn new(paid_by_due_day: &BTreeMap<i32, u32>, mut open_due: Vec<i32>) -> Self {
        let mut paid_from: Vec<(i32, u32)> =
            paid_by_due_day.iter().map(|(day, paid)| (*day, *paid)).collect();
        let mut so_far = 0;
        for (_, paid) in paid_from.iter_mut().rev() {
            so_far += *paid;
            *paid = so_far;
        }
        open_due.sort_unstable();
        Self { paid_from, open_due }
    }

    /// Number of paid invoices that fell due on `day` or later.
    fn paid_from(&self, day: i32) -> u32 {
        let first = self.paid_from.partition_point(|(due, _)| *due < day);
        self.paid_from.get(first).map_or(0, |(_, paid)| *paid)
    }

    fn open_before(&self, day: i32) -> usize {
        self.open_due.partition_point(|due| *due < day)
    }

    pub(crate) fn fill(&self, row: &mut RawRow, due_day: i32) {
        row.later_due_paid = f64::from(self.paid_from(due_day + 1));
        row.earlier_due_open = count(self.open_before(due_day));
        let (from, to) = (due_day - SIBLING_DAYS, due_day + SIBLING_DAYS + 1);
        row.sibling_paid = f64::from(self.paid_from(from) - self.paid_from(to));
        row.sibling_open = count(self.open_before(to) - self.open_before(from));
    }
}
