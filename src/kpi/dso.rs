//! Days sales outstanding: simple, countback, best possible, and the delinquent rest.
//!
//! Receivables and sales stand on the same basis (both gross of tax); credit notes reduce sales.
//! Amounts are minor units of one currency.

use super::ratio;

/// Credit sales of one calendar month, or of the part of it that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthSales {
    /// Credit sales, minor units.
    pub sales_minor: i64,
    /// Days of the month that have passed.
    pub days: u32,
}

/// Result of the countback method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Countback {
    /// Days of sales that stand in the receivables.
    pub days: f64,
    /// Whether the history ran out first: the true figure is then `days` or more.
    pub is_at_least: bool,
}

/// Returns the days sales outstanding, simple method.
///
/// # Definition
///
/// `ending receivables / credit sales x days of the window`. `None` without sales.
///
/// # Examples
///
/// ```
/// let dso = duecast::kpi::dso_simple(212_000, 250_000, 92).unwrap();
/// assert!((dso - 78.016).abs() < 1e-9);
/// assert_eq!(duecast::kpi::dso_simple(212_000, 0, 92), None);
/// ```
#[must_use]
pub fn dso_simple(ending_receivables: i64, credit_sales: i64, days: u32) -> Option<f64> {
    ratio(ending_receivables, credit_sales).map(|share| share * f64::from(days))
}

/// Returns the best possible days sales outstanding: what it would be if nothing were overdue.
///
/// # Definition
///
/// `current receivables / credit sales x days of the window`. `None` without sales.
#[must_use]
pub fn dso_best_possible(current_receivables: i64, credit_sales: i64, days: u32) -> Option<f64> {
    dso_simple(current_receivables, credit_sales, days)
}

/// Returns the average days delinquent: the part of the DSO that lateness explains.
///
/// # Definition
///
/// `DSO - best possible DSO`, both simple, over the same window.
#[must_use]
pub fn average_days_delinquent(dso: Option<f64>, best_possible: Option<f64>) -> Option<f64> {
    Some(dso? - best_possible?)
}

/// Returns the days sales outstanding, countback (exhaustion) method.
///
/// # Definition
///
/// Takes the newest month's sales off the receivables and counts its days, then the month before,
/// and so on; the last month counts pro rata. Robust against a recent jump in sales, which bends
/// the simple method. `months` holds the newest month first. `None` where no month has sales.
///
/// A month with more credits than sales adds to what is left to explain, and its days count. No
/// receivables are no days.
#[must_use]
pub fn dso_countback(ending_receivables: i64, months: &[MonthSales]) -> Option<Countback> {
    if months.iter().all(|month| month.sales_minor <= 0) {
        return None;
    }
    let mut left = ending_receivables;
    let mut days = 0.0;
    if left <= 0 {
        return Some(Countback {
            days,
            is_at_least: false,
        });
    }
    for month in months {
        if left <= month.sales_minor {
            days += ratio(left, month.sales_minor).unwrap_or(0.0) * f64::from(month.days);
            return Some(Countback {
                days,
                is_at_least: false,
            });
        }
        left = left.saturating_sub(month.sales_minor);
        days += f64::from(month.days);
    }
    Some(Countback {
        days,
        is_at_least: true,
    })
}
