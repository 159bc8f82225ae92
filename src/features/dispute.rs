//! Disputes: payment waits while one is open, from the day it is known to the day it is resolved.

use crate::features::facts::DisputeFact;
use crate::features::raw::RawRow;

impl DisputeFact {
    /// Returns whether payment waits for the dispute at the end of `day`.
    pub(crate) fn is_open(&self, day: i32) -> bool {
        self.known_day <= day && day < self.resolved_day
    }

    fn is_resolved(&self, day: i32) -> bool {
        self.known_day <= day && self.resolved_day <= day
    }
}

/// Fills the columns of the disputes of one open invoice; `disputes` are the customer's.
pub(crate) fn fill(row: &mut RawRow, disputes: &[DisputeFact], invoice: usize, cutoff: i32) {
    for dispute in disputes.iter().filter(|dispute| dispute.invoice == invoice) {
        if dispute.is_open(cutoff) {
            row.is_disputed = 1.0;
            row.dispute_days = f64::from(cutoff - dispute.known_day);
        } else if dispute.is_resolved(cutoff) {
            row.disputes_resolved += 1.0;
        }
    }
}
