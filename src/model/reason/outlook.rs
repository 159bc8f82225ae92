//! What is explained: the expected lateness of an invoice, and how likely it is paid in time.

use crate::features::{HORIZON_DAYS, InvoiceView};
use crate::model::cash_model::PaidBy;

/// An invoice past due is asked for payment within this many days.
const OVERDUE_DAYS_AHEAD: i32 = 7;

/// The two figures that reasons are about, read off one payment distribution of cash.
///
/// They are those of cash within the 91 days of the horizon, as if nothing but cash could end an invoice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// Expected days past the agreed due date, on an instalment plan that of the last line; positive is late.
    /// What is paid after day 91, or never, counts as paid on day 91.
    pub days_late: f64,
    /// Probability of having been paid by the agreed due date, or by day 91 where that lies later; within seven
    /// days where it has come.
    pub paid_in_time: f64,
}

impl Outlook {
    /// Reads the figures off the probabilities of having been paid by each coming day.
    pub(super) fn of(view: &InvoiceView<'_>, paid_by: &PaidBy) -> Self {
        let due_day = view.instalments.last().map_or(view.due_day, |line| line.due_day);
        let to_due = due_day - view.cutoff_day;
        let asked = if to_due > 0 { to_due } else { OVERDUE_DAYS_AHEAD };
        let asked = usize::try_from(asked).expect("at least one day");
        // E[min(T, 91)] is the sum of P(T > k) over k = 0 .. 90, the first of which is 1.
        let waited: f64 = paid_by[..HORIZON_DAYS - 1].iter().map(|paid| 1.0 - paid).sum();
        Self {
            days_late: 1.0 + waited - f64::from(to_due),
            paid_in_time: paid_by[asked.min(HORIZON_DAYS) - 1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::PayerProfile;
    use crate::features::lateness::BINS;

    /// The outlook of an invoice due `to_due` days after the cut-off.
    fn outlook(to_due: i32, paid_by: &PaidBy) -> Outlook {
        let hazards = [-3.0; BINS];
        let profile = PayerProfile::typical(&hazards);
        let view = InvoiceView {
            profile: &profile,
            group: &hazards,
            book: &hazards,
            days: &[],
            cutoff_day: 20_000,
            rolled_due_day: 20_000 + to_due,
            due_day: 20_000 + to_due,
            invoice_day: 19_970,
            instalments: &[],
        };
        Outlook::of(&view, paid_by)
    }

    #[test]
    fn a_sure_day_is_so_many_days_after_the_due_date() {
        let on_day_12: PaidBy = std::array::from_fn(|day| if day >= 11 { 1.0 } else { 0.0 });
        let late = outlook(5, &on_day_12);
        assert!((late.days_late - 7.0).abs() < 1e-12 && late.paid_in_time.abs() < 1e-12);
        let early = outlook(20, &on_day_12);
        assert!((early.days_late + 8.0).abs() < 1e-12 && (early.paid_in_time - 1.0).abs() < 1e-12);
        let far = outlook(300, &on_day_12);
        assert!((far.paid_in_time - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_never_paid_counts_as_paid_on_the_last_day_of_the_horizon() {
        let never = [0.0; HORIZON_DAYS];
        assert!((outlook(-10, &never).days_late - 101.0).abs() < 1e-12);
    }

    #[test]
    fn an_invoice_past_due_is_asked_for_payment_within_a_week() {
        let rising: PaidBy = std::array::from_fn(|day| if day >= 6 { 0.5 } else { 0.1 });
        assert!((outlook(0, &rising).paid_in_time - 0.5).abs() < 1e-12);
        assert!((outlook(-40, &rising).paid_in_time - 0.5).abs() < 1e-12);
        assert!((outlook(6, &rising).paid_in_time - 0.1).abs() < 1e-12);
    }
}
