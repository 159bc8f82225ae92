//! What is asked of the key figures, and the days on which it is asked.

use super::window::{WINDOW_DAYS_MAX, default_window_days};
use super::{Error, ForwardLooking, GroupBy};
use crate::domain::date::{add_days, month_start};
use crate::domain::{Date, Money};

/// Most months of a series: ten years.
pub const MONTHS_MAX: u32 = 120;

/// Which key figures are wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KpiPlan {
    /// Days of each window; absent is [`default_window_days`] of its last day.
    pub window_days: Option<u32>,
    /// Reports, one a month: at the end of each earlier month as known then, and at the cut-off.
    pub months: u32,
    /// What each currency is split by.
    pub group_by: Option<GroupBy>,
    /// Factor on the loss rates of the provision matrix.
    pub forward_looking: ForwardLooking,
}

impl Default for KpiPlan {
    /// One report on the whole of each currency, over three calendar months, with the losses of the past.
    fn default() -> Self {
        Self {
            window_days: None,
            months: 1,
            group_by: None,
            forward_looking: ForwardLooking::UNCHANGED,
        }
    }
}

impl KpiPlan {
    /// Refuses a plan that cannot be computed.
    ///
    /// # Errors
    ///
    /// - [`Error::WindowInvalid`] if the window is 0 or above [`WINDOW_DAYS_MAX`].
    /// - [`Error::MonthsInvalid`] if there is no month or more than [`MONTHS_MAX`].
    pub fn check(&self) -> Result<(), Error> {
        if let Some(given) = self
            .window_days
            .filter(|days| !(1..=WINDOW_DAYS_MAX).contains(days))
        {
            return Err(Error::WindowInvalid {
                given,
                max: WINDOW_DAYS_MAX,
            });
        }
        if !(1..=MONTHS_MAX).contains(&self.months) {
            return Err(Error::MonthsInvalid {
                given: self.months,
                max: MONTHS_MAX,
            });
        }
        Ok(())
    }

    /// Returns the days of the reports, oldest first; the last is the cut-off.
    pub(crate) fn days(&self, cutoff: Date) -> Vec<Date> {
        let mut days = vec![cutoff];
        let mut start = month_start(cutoff);
        for _ in 1..self.months {
            let end = add_days(start, -1);
            days.push(end);
            start = month_start(end);
        }
        days.reverse();
        days
    }

    pub(crate) fn window_days_at(&self, as_of: Date) -> u32 {
        self.window_days.unwrap_or_else(|| default_window_days(as_of))
    }
}

/// What a model says is lost of an open invoice, or of one line of its instalment plan.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelLoss {
    /// The invoice.
    pub invoice_id: String,
    /// Due date of the invoice or of the line.
    pub due_date: Date,
    /// What is open of it.
    pub open: Money,
    /// Share of it that never comes in cash.
    pub lifetime_share: f64,
    /// The part of that share which stems from a default within twelve months of the cut-off.
    pub twelve_month_share: f64,
}

#[cfg(test)]
mod tests {
    use super::{KpiPlan, MONTHS_MAX};
    use crate::domain::date::parse_iso;

    #[test]
    fn a_series_stands_at_month_ends_and_ends_at_the_cut_off() {
        let plan = KpiPlan {
            months: 3,
            ..KpiPlan::default()
        };
        let days = |cutoff: &str| -> Vec<String> {
            let days = plan.days(parse_iso(cutoff).unwrap());
            days.iter().map(ToString::to_string).collect()
        };
        assert_eq!(days("2026-03-31"), ["2026-01-31", "2026-02-28", "2026-03-31"]);
        assert_eq!(days("2026-01-15"), ["2025-11-30", "2025-12-31", "2026-01-15"]);
    }

    #[test]
    fn a_plan_without_a_month_or_a_day_is_refused() {
        let plan = KpiPlan::default();
        plan.check().unwrap();
        for months in [0, MONTHS_MAX + 1] {
            assert!(KpiPlan { months, ..plan }.check().is_err());
        }
        for days in [0, 367] {
            let window_days = Some(days);
            assert!(KpiPlan { window_days, ..plan }.check().is_err());
        }
    }
}
