//! A coming day of a payer: what its habits say of the day, whichever invoice is asked about.

use crate::features::{CalendarDay, HORIZON_DAYS, InvoiceView};
use crate::model::invoice_input::days;

/// Phase where no rhythm is known.
const NO_PHASE: f64 = -1.0;
/// Gaps since the last run beyond which the payer has stopped.
const PHASE_MAX: f64 = 20.0;

/// A coming day of a payer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PayerDay<'a> {
    pub(crate) calendar: &'a CalendarDay,
    /// Days ahead of the cut-off, from 1.
    pub(crate) ahead: i32,
    /// Log-ratio of the payer's runs by the weekday.
    pub(crate) weekday_ratio: f64,
    /// Log-ratio of the payer's runs at the day's place in the month.
    pub(crate) place_ratio: f64,
    /// Logarithm of the probability of a payment run on the day.
    pub(crate) run: f64,
    /// Days since the last run over the usual gap between runs.
    pub(crate) phase: f64,
}

impl<'a> PayerDay<'a> {
    /// Describes day `ahead` (from 1) of the payer of an invoice.
    pub(crate) fn new(view: &InvoiceView<'a>, ahead: usize) -> Self {
        let (profile, calendar) = (view.profile, &view.days[ahead - 1]);
        let place_ratio = profile.place_ratio(calendar);
        let ahead = days(ahead);
        let phase = match profile.days_since_run {
            Some(since) if profile.run_gap_days > 0.0 => {
                (f64::from(since + ahead) / profile.run_gap_days).min(PHASE_MAX)
            }
            Some(_) | None => NO_PHASE,
        };
        Self {
            calendar,
            ahead,
            weekday_ratio: profile.weekday[calendar.weekday],
            place_ratio,
            run: profile.run_log_probability(calendar, place_ratio),
            phase,
        }
    }

    /// Describes all days of the horizon, the first day first.
    pub(crate) fn all(view: &InvoiceView<'a>) -> [Self; HORIZON_DAYS] {
        std::array::from_fn(|day| Self::new(view, day + 1))
    }
}
