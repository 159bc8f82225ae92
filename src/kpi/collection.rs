//! How well money is collected: shares of what could have been collected, days late, promises.
//!
//! Every share is a fraction (0.7677 is 76.77 %). Amounts are minor units of one currency.

use super::{ratio, wide_ratio};

/// One payment and how many days after the due date it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidItem {
    /// Amount paid, minor units.
    pub amount_minor: i64,
    /// Days past due on the day of payment; negative is early.
    pub days_past_due: i32,
}

/// One promise whose deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromiseOutcome {
    /// Promised amount, minor units.
    pub amount_minor: i64,
    /// Whether at least that amount came by the deadline.
    pub is_kept: bool,
}

/// Share of the promises that were kept.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PromiseRates {
    /// Promises kept / promises due.
    pub by_count: Option<f64>,
    /// Amount of the promises kept / amount of the promises due.
    pub by_amount: Option<f64>,
}

/// Returns the collection effectiveness index, a share.
///
/// # Definition
///
/// `(begin receivables + credit sales - end receivables) / (begin receivables + credit sales - end
/// current receivables)`: of what could have been collected in the window, how much was. The
/// sales are those of the whole window; one published variant divides them by the days, which does
/// not add up in its units.
///
/// # Examples
///
/// ```
/// let cei = duecast::kpi::collection_effectiveness(200, 250, 212, 140).unwrap();
/// assert!((cei - 0.7677).abs() < 5e-5);
/// ```
#[must_use]
pub fn collection_effectiveness(
    begin_receivables: i64,
    credit_sales: i64,
    end_receivables: i64,
    end_current_receivables: i64,
) -> Option<f64> {
    let base = begin_receivables.checked_add(credit_sales)?;
    ratio(
        base.checked_sub(end_receivables)?,
        base.checked_sub(end_current_receivables)?,
    )
}

/// Returns the collection rate, a share.
///
/// # Definition
///
/// `cash on items that were collectable / (overdue at the start + fell due in the window)`.
#[must_use]
pub fn collection_rate(collected: i64, collectable: i64) -> Option<f64> {
    ratio(collected, collectable)
}

/// Returns the share of the receivables that is not yet overdue.
#[must_use]
pub fn current_share(current_receivables: i64, receivables: i64) -> Option<f64> {
    ratio(current_receivables, receivables)
}

/// Returns the amount-weighted days past due of payments.
///
/// # Definition
///
/// `sum(paid amount x days past due) / sum(paid amount)`; early payments count against late ones,
/// a reversed payment takes its weight back. `None` where nothing was paid on balance.
#[must_use]
pub fn weighted_days_late(paid: &[PaidItem]) -> Option<f64> {
    let weighted: i128 = paid
        .iter()
        .map(|item| i128::from(item.amount_minor) * i128::from(item.days_past_due))
        .sum();
    let total: i128 = paid.iter().map(|item| i128::from(item.amount_minor)).sum();
    wide_ratio(weighted, total)
}

/// Returns the share of promises kept, by count and by amount.
///
/// A promise is kept or not: one that was met in part adds nothing to the amount kept.
#[must_use]
pub fn promise_kept_rates(promises: &[PromiseOutcome]) -> PromiseRates {
    let (mut kept, mut due) = (0_i64, 0_i64);
    let (mut kept_amount, mut due_amount) = (0_i128, 0_i128);
    for promise in promises {
        let amount = i128::from(promise.amount_minor);
        due += 1;
        due_amount += amount;
        if promise.is_kept {
            kept += 1;
            kept_amount += amount;
        }
    }
    PromiseRates {
        by_count: ratio(kept, due),
        by_amount: wide_ratio(kept_amount, due_amount),
    }
}

/// Returns the share of the receivables that is disputed.
#[must_use]
pub fn dispute_rate(disputed: i64, receivables: i64) -> Option<f64> {
    ratio(disputed, receivables)
}

/// Returns the bad-debt ratio, a share.
///
/// # Definition
///
/// `(write-offs - recoveries) / credit sales`; negative where more came back than was written off.
#[must_use]
pub fn bad_debt_ratio(write_offs: i64, recoveries: i64, credit_sales: i64) -> Option<f64> {
    ratio(write_offs.checked_sub(recoveries)?, credit_sales)
}
