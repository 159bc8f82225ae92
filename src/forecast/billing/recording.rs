//! How late invoices are recorded, so that the last weeks do not look low because their invoices are not there yet.
//!
//! `G(k)` is the share of the amount issued that is known within `k` days, measured on invoices issued eight weeks
//! to a year and eight weeks before the cut-off: all of them have had their chance to be recorded. What was recorded
//! later than that is a loaded history or a correction and says nothing about the desk, so it is left out.
//! Of a week of which the share `G` is known, the amount is divided by `G`; where less than half is known, the
//! week is left out of the level.

use std::collections::BTreeMap;

use super::history::Book;
use super::numbers::amount_as_f64;
use crate::domain::Currency;

/// Longest delay that is looked for, in days: eight weeks.
const DELAY_DAYS_MAX: i32 = 56;
/// Days before those of the longest delay on which delays are measured.
const MEASURED_DAYS: i32 = 365;
/// A week of which less than this is known is left out.
const KNOWN_SHARE_MIN: f64 = 0.5;
/// Length of a week, in days.
const WEEK: usize = 7;

/// Share of what was issued that is known, by age in whole weeks before the cut-off; the last is the first.
#[derive(Clone, Debug, Default)]
pub(super) struct Recording {
    known: Vec<f64>,
}

impl Recording {
    /// Measures every currency.
    pub(super) fn by_currency(book: &Book) -> BTreeMap<Currency, Self> {
        let mut amounts: BTreeMap<Currency, Vec<f64>> = BTreeMap::new();
        let newest = book.cutoff - DELAY_DAYS_MAX;
        for invoice in &book.invoices {
            let delay = (invoice.known_day - invoice.issue_day).max(0);
            let is_measured = invoice.issue_day <= newest && invoice.issue_day > newest - MEASURED_DAYS;
            if !is_measured || delay >= DELAY_DAYS_MAX {
                continue;
            }
            let by_delay = amounts
                .entry(invoice.currency)
                .or_insert_with(|| vec![0.0; days(DELAY_DAYS_MAX)]);
            by_delay[days(delay)] += amount_as_f64(invoice.amount_minor);
        }
        let shares = amounts.into_iter();
        shares
            .map(|(currency, by_delay)| (currency, Self::of_delays(&by_delay)))
            .collect()
    }

    /// Makes the shares from amounts by delay in days.
    fn of_delays(by_delay: &[f64]) -> Self {
        let total: f64 = by_delay.iter().sum();
        let mut running = 0.0;
        let known_by: Vec<f64> = by_delay
            .iter()
            .map(|amount| {
                running += amount;
                if total > 0.0 { running / total } else { 1.0 }
            })
            .collect();
        let known = known_by.chunks(WEEK).map(super::numbers::mean).collect();
        Self { known }
    }

    /// Returns the share that is known of a week so many weeks before the last.
    pub(super) fn known_share(&self, weeks_before: usize) -> f64 {
        self.known.get(weeks_before).copied().unwrap_or(1.0)
    }

    /// Returns the number of last weeks of which too little is known.
    pub(super) fn unknown_weeks(&self) -> usize {
        self.known
            .iter()
            .take_while(|share| **share < KNOWN_SHARE_MIN)
            .count()
    }
}

/// Returns a delay as a position.
fn days(delay: i32) -> usize {
    usize::try_from(delay).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_at_once_needs_no_correction() {
        let mut by_delay = vec![0.0; 56];
        by_delay[0] = 100.0;
        let recording = Recording::of_delays(&by_delay);
        assert!((recording.known_share(0) - 1.0).abs() < 1e-12);
        assert_eq!(recording.unknown_weeks(), 0);
    }

    #[test]
    fn a_week_of_delay_hides_the_last_week() {
        let mut by_delay = vec![0.0; 56];
        by_delay[7] = 100.0;
        let recording = Recording::of_delays(&by_delay);
        assert!(recording.known_share(0).abs() < 1e-12);
        assert!((recording.known_share(1) - 1.0).abs() < 1e-12);
        assert_eq!(recording.unknown_weeks(), 1);
    }
}
