//! Two sources for one payment: what the ledger's own system allocated beats what was matched at the bank.
//!
//! A payment with a `confidence` is provisional: cash application found it. As soon as the system that keeps the
//! receivables says that an amount was paid on an invoice, the provisional payment of that amount on that invoice
//! is superseded, on the day the other was recorded.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataFrame;

use super::error::Error;
use super::row_values::RowValues;
use super::schema::{RECORDED_AT, SUPERSEDED_ON};
use super::versions::{Clocks, last_versions};

/// Column that a payment has only where it was matched, not allocated.
pub(super) const CONFIDENCE: &str = "confidence";
/// Most days between the two dates of one payment: the bank's value date and the day of posting.
const DAYS_APART_MAX: u32 = 5;

/// Whose word a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Matched at the bank, and superseded already.
    Withdrawn,
    /// Matched at the bank.
    Provisional,
    /// Allocated by the source itself.
    Settled,
}

/// What is compared of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// Invoice it pays.
    pub invoice_id: String,
    /// Currency of the amount.
    pub currency: String,
    /// Amount in minor units.
    pub amount_minor: i64,
    /// Day it was paid, as days since 1970-01-01.
    pub paid_day: i32,
    /// Whose word it is.
    pub standing: Standing,
}

/// Returns the provisional payments that are superseded, each with the settled payment that takes its place, as
/// positions in `allocations`.
///
/// A settled payment takes the place of at most one other, of the same invoice, currency and amount, paid at most
/// five days before or after: the nearest. Those withdrawn already come first, so that a second payment of the same
/// amount is not taken for the first.
///
/// # Examples
///
/// ```
/// use duecast::history::precedence::{Allocation, Standing, superseded};
///
/// let matched = Allocation {
///     invoice_id: "I1".to_owned(),
///     currency: "EUR".to_owned(),
///     amount_minor: 10_000,
///     paid_day: 20_000,
///     standing: Standing::Provisional,
/// };
/// let posted = Allocation { paid_day: 20_003, standing: Standing::Settled, ..matched.clone() };
/// assert_eq!(superseded(&[matched, posted]).into_iter().collect::<Vec<_>>(), [(0, 1)]);
/// ```
#[must_use]
pub fn superseded(allocations: &[Allocation]) -> BTreeMap<usize, usize> {
    let mut groups: BTreeMap<(&str, &str, i64), Vec<usize>> = BTreeMap::new();
    for (position, given) in allocations.iter().enumerate() {
        let key = (
            given.invoice_id.as_str(),
            given.currency.as_str(),
            given.amount_minor,
        );
        groups.entry(key).or_default().push(position);
    }
    let mut superseded = BTreeMap::new();
    for group in groups.into_values().filter(|group| group.len() > 1) {
        let mut settled = BTreeSet::new();
        let mut matched = Vec::new();
        for position in group {
            let Some(given) = allocations.get(position) else {
                continue;
            };
            if given.standing == Standing::Settled {
                settled.insert((given.paid_day, position));
            } else {
                matched.push((given.standing, given.paid_day, position));
            }
        }
        matched.sort_unstable();
        for (standing, day, position) in matched {
            let Some(taken) = nearest(&settled, day) else {
                continue;
            };
            settled.remove(&taken);
            if standing == Standing::Provisional {
                superseded.insert(position, taken.1);
            }
        }
    }
    superseded
}

/// Returns the settled payment that is nearest to a day; of two the later, because posting follows the bank.
fn nearest(settled: &BTreeSet<(i32, usize)>, day: i32) -> Option<(i32, usize)> {
    let after = settled.range((day, 0)..).next().copied();
    let before = settled.range(..(day, 0)).next_back().copied();
    [after, before]
        .into_iter()
        .flatten()
        .filter(|(paid, _)| paid.abs_diff(day) <= DAYS_APART_MAX)
        .min_by_key(|(paid, _)| paid.abs_diff(day))
}

/// Returns the clocks of the provisional payments of a frame that are superseded.
pub(super) fn withdrawals(payments: &DataFrame) -> Result<BTreeMap<usize, Clocks>, Error> {
    if matches!(RowValues::of(payments, CONFIDENCE)?, RowValues::Nulls) {
        return Ok(BTreeMap::new());
    }
    let is_last = last_versions(payments, "payment_id")?;
    withdrawals_among(payments, is_last.as_deref())
}

/// Does what [`withdrawals`] does with some payments of a ledger, all those of each invoice; `is_last` tells which of
/// them are the last version of their payment, all where it is absent.
pub(super) fn withdrawals_among(
    payments: &DataFrame,
    is_last: Option<&[bool]>,
) -> Result<BTreeMap<usize, Clocks>, Error> {
    let confidence = RowValues::of(payments, CONFIDENCE)?;
    if matches!(confidence, RowValues::Nulls) {
        return Ok(BTreeMap::new());
    }
    let superseded_on = RowValues::of(payments, SUPERSEDED_ON)?;
    let recorded = RowValues::of(payments, RECORDED_AT)?;
    let (ids, currencies) = (
        RowValues::of(payments, "invoice_id")?,
        RowValues::of(payments, "currency")?,
    );
    let (amounts, days) = (
        RowValues::of(payments, "amount_minor")?,
        RowValues::of(payments, "paid_date")?,
    );
    let height = payments.height();
    let is_matched = |row: &usize| !confidence.is_null(*row);
    // Only invoices with a provisional payment are compared: most have none.
    let invoices: BTreeSet<&str> = (0..height)
        .filter(is_matched)
        .filter_map(|row| ids.text(row))
        .collect();
    let (mut rows, mut allocations) = (Vec::new(), Vec::new());
    for row in 0..height {
        let is_last = is_last.is_none_or(|is_last| is_last.get(row) == Some(&true));
        let standing = match (is_matched(&row), superseded_on.day(row)) {
            (true, Some(_)) => Standing::Withdrawn,
            (true, None) => Standing::Provisional,
            (false, None) => Standing::Settled,
            (false, Some(_)) => continue,
        };
        let invoice_id = ids.text(row).filter(|id| is_last && invoices.contains(id));
        if let (Some(invoice_id), Some(currency), Some(amount_minor), Some(paid_day)) = (
            invoice_id,
            currencies.text(row),
            amounts.integer(row),
            days.day(row),
        ) {
            rows.push(row);
            allocations.push(Allocation {
                invoice_id: invoice_id.to_owned(),
                currency: currency.to_owned(),
                amount_minor,
                paid_day,
                standing,
            });
        }
    }
    let mut clocks = BTreeMap::new();
    for (position, by) in superseded(&allocations) {
        if let (Some(row), Some(by)) = (rows.get(position), rows.get(by)) {
            let given_way = Clocks {
                recorded: None,
                superseded: recorded.day(*by),
            };
            clocks.insert(*row, given_way);
        }
    }
    Ok(clocks)
}

#[cfg(test)]
mod tests {
    use polars::prelude::Column;

    use super::*;
    use crate::history::{ColumnBuilder, ColumnKind, Parsed};

    fn payment(amount_minor: i64, paid_day: i32, standing: Standing) -> Allocation {
        Allocation {
            invoice_id: "I1".to_owned(),
            currency: "EUR".to_owned(),
            amount_minor,
            paid_day,
            standing,
        }
    }

    fn pairs(allocations: &[Allocation]) -> Vec<(usize, usize)> {
        superseded(allocations).into_iter().collect()
    }

    #[test]
    fn the_ledger_s_own_payment_takes_the_place_of_the_nearest_match_of_its_amount() {
        let given = [
            payment(500, 100, Standing::Provisional),
            payment(500, 90, Standing::Provisional),
            payment(500, 92, Standing::Settled),
            payment(499, 100, Standing::Settled),
        ];
        // Day 90 comes first and takes day 92; nothing of this amount is left for day 100.
        assert_eq!(pairs(&given), [(1, 2)]);
    }

    #[test]
    fn five_days_apart_are_one_payment_and_six_are_two() {
        for (day, expected) in [(105, 1), (95, 1), (106, 0), (94, 0)] {
            let given = [
                payment(500, 100, Standing::Provisional),
                payment(500, day, Standing::Settled),
            ];
            assert_eq!(pairs(&given).len(), expected, "{day}");
        }
    }

    #[test]
    fn a_payment_that_has_taken_the_place_of_one_match_leaves_the_next_alone() {
        let given = [
            payment(500, 100, Standing::Withdrawn),
            payment(500, 101, Standing::Settled),
            payment(500, 101, Standing::Provisional),
        ];
        assert!(pairs(&given).is_empty());
    }

    #[test]
    fn another_invoice_or_currency_is_another_payment() {
        let matched = payment(500, 100, Standing::Provisional);
        let posted = payment(500, 100, Standing::Settled);
        for other in [
            Allocation {
                invoice_id: "I2".to_owned(),
                ..posted.clone()
            },
            Allocation {
                currency: "USD".to_owned(),
                ..posted
            },
        ] {
            assert!(pairs(&[matched.clone(), other]).is_empty());
        }
    }

    #[test]
    fn only_the_clock_of_the_match_changes_in_the_ledger() {
        let day = |name: &'static str, days: [i32; 2]| {
            let mut column = ColumnBuilder::new(name, ColumnKind::Date);
            for day in days {
                column.push(Parsed::Day(day));
            }
            column.finish()
        };
        let columns = vec![
            Column::new("payment_id".into(), ["M1", "P1"]),
            Column::new("invoice_id".into(), ["I1", "I1"]),
            Column::new("currency".into(), ["EUR", "EUR"]),
            Column::new("amount_minor".into(), [500_i64, 500_i64]),
            Column::new("confidence".into(), [Some(0.99_f64), None]),
            day("paid_date", [100, 103]),
            day(RECORDED_AT, [100, 105]),
        ];
        let frame = DataFrame::new(2, columns).expect("the columns have one length");
        let expected = Clocks {
            recorded: None,
            superseded: Some(105),
        };
        assert_eq!(
            withdrawals(&frame)
                .expect("it has the columns")
                .into_iter()
                .collect::<Vec<_>>(),
            [(0, expected)]
        );
    }
}
