//! Customers of whom more is known than their predictions tell.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The customers to renew, each with the number of its latest mark.
#[derive(Debug, Default)]
pub(super) struct Marks {
    marked: Mutex<Marked>,
}

#[derive(Debug, Default)]
struct Marked {
    last: u64,
    customers: BTreeMap<String, u64>,
}

impl Marks {
    /// Marks customers, also those that are marked already: facts that are being read now may lack the new ones.
    pub(super) fn set(&self, customers: &BTreeSet<String>) {
        let mut marked = self.marked();
        marked.last += 1;
        let mark = marked.last;
        for customer in customers {
            marked.customers.insert(customer.clone(), mark);
        }
    }

    /// Returns the mark of a customer, if it has one.
    pub(super) fn of(&self, customer_id: &str) -> Option<u64> {
        self.marked().customers.get(customer_id).copied()
    }

    /// Takes a mark off, unless the customer was marked again since.
    pub(super) fn clear(&self, customer_id: &str, mark: u64) {
        let mut marked = self.marked();
        if marked.customers.get(customer_id) == Some(&mark) {
            marked.customers.remove(customer_id);
        }
    }

    /// Returns the number of marked customers.
    pub(super) fn count(&self) -> usize {
        self.marked().customers.len()
    }

    /// Returns the marked customers.
    pub(super) fn customers(&self) -> Vec<String> {
        self.marked().customers.keys().cloned().collect()
    }

    fn marked(&self) -> MutexGuard<'_, Marked> {
        self.marked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(marks: &Marks, customer_id: &str) -> u64 {
        marks.set(&BTreeSet::from([customer_id.to_owned()]));
        marks.of(customer_id).unwrap()
    }

    #[test]
    fn a_mark_set_again_outlives_the_renewal_that_was_under_way() {
        let marks = Marks::default();
        let first = set(&marks, "C1");
        let second = set(&marks, "C1");
        marks.clear("C1", first);
        assert_eq!(marks.of("C1"), Some(second));
        marks.clear("C1", second);
        assert_eq!((marks.of("C1"), marks.count()), (None, 0));
    }

    #[test]
    fn marks_are_kept_apart_by_customer() {
        let marks = Marks::default();
        let first = set(&marks, "C1");
        set(&marks, "C2");
        marks.clear("C1", first);
        assert_eq!(marks.customers(), ["C2"]);
    }
}
