//! One coming day of an invoice: what regressions and trees both need of it, worked out once.

use crate::features::{CalendarDay, HORIZON_DAYS, lateness};
use crate::model::invoice_input::{InvoiceInput, days};

/// A coming day of an invoice, and what its payer's habits say about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ComingDay<'a> {
    pub(crate) calendar: &'a CalendarDay,
    /// Days ahead of the cut-off, from 1.
    pub(crate) ahead: i32,
    /// Days past the rolled due date.
    pub(crate) late: i32,
    pub(crate) lateness_bin: usize,
    /// Log-ratio of the payer's runs at the day's place in the month.
    pub(crate) place_ratio: f64,
    /// Logarithm of the probability of a payment run on the day.
    pub(crate) run: f64,
    /// Logarithm of the probability of being paid in a run on the day.
    pub(crate) paid_in_run: f64,
}

impl<'a> ComingDay<'a> {
    /// Describes day `ahead` (from 1) of an invoice.
    pub(crate) fn new(input: &InvoiceInput<'a>, ahead: usize) -> Self {
        let lateness_bin = lateness::bin(input.days_past_due(ahead));
        Self::in_bin(input, ahead, lateness_bin, paid_in_run(input, lateness_bin))
    }

    /// Describes all days of the horizon, the first day first.
    pub(crate) fn all(input: &InvoiceInput<'a>) -> [Self; HORIZON_DAYS] {
        let mut before = None;
        let mut bins = lateness::bins_from(input.days_past_due(1));
        std::array::from_fn(|day| {
            let ahead = day + 1;
            let lateness_bin = bins.next().expect("days go on");
            // Most days are in the bin of the day before, and a logarithm is dear.
            let paid = match before {
                Some((bin, paid)) if bin == lateness_bin => paid,
                Some(_) | None => paid_in_run(input, lateness_bin),
            };
            before = Some((lateness_bin, paid));
            Self::in_bin(input, ahead, lateness_bin, paid)
        })
    }

    fn in_bin(input: &InvoiceInput<'a>, ahead: usize, lateness_bin: usize, paid_in_run: f64) -> Self {
        let profile = input.view.profile;
        let calendar = &input.view.days[ahead - 1];
        let place_ratio = profile.place_ratio(calendar);
        Self {
            calendar,
            ahead: days(ahead),
            late: input.days_past_due(ahead),
            lateness_bin,
            place_ratio,
            run: profile.run_log_probability(calendar, place_ratio),
            paid_in_run,
        }
    }
}

/// Logarithm of the probability of being paid in a run by an invoice in this lateness bin.
fn paid_in_run(input: &InvoiceInput<'_>, lateness_bin: usize) -> f64 {
    -(-input.view.profile.at_run[lateness_bin]).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::lateness::BINS;
    use crate::features::{InvoiceView, PayerProfile};
    use crate::model::day_values::{self, Changes};
    use crate::model::invoice_input::InvoiceFacts;

    /// Runs a test on an invoice due in thirty days whose payer has other hazards in each bin of lateness.
    fn on_invoice(test: impl Fn(&InvoiceInput<'_>)) {
        let hazards: [f64; BINS] =
            std::array::from_fn(|bin| -3.0 + 0.05 * f64::from(u8::try_from(bin).unwrap()));
        let profile = PayerProfile {
            weekday: [0.1, 0.2, 0.3, 0.4, 0.5, -1.0, -2.0],
            ..PayerProfile::typical(&hazards)
        };
        let calendar: Vec<CalendarDay> = (0..HORIZON_DAYS)
            .map(|day| CalendarDay {
                weekday: day % 7,
                day_of_month: 1,
                days_to_month_end: 29,
                places: [day % 11, day % 5, day % 5],
                is_holiday: day == 9,
                follows_holiday: day == 10,
                is_month_end: day == 20,
            })
            .collect();
        test(&InvoiceInput {
            view: InvoiceView {
                profile: &profile,
                group: &hazards,
                book: &hazards,
                days: &calendar,
                cutoff_day: 20_000,
                rolled_due_day: 20_030,
                due_day: 20_030,
                invoice_day: 20_000,
                instalments: &[],
            },
            features: &[],
            facts: InvoiceFacts {
                level: 2.0,
                spread: 3.0,
                history: 0.5,
                promise: Some((-10, 0.5)),
            },
        });
    }

    #[test]
    fn days_described_together_are_those_described_alone() {
        on_invoice(|input| {
            for (ahead, together) in (1..).zip(ComingDay::all(input)) {
                let alone = ComingDay::new(input, ahead);
                assert_eq!(
                    (together.late, together.lateness_bin),
                    (alone.late, alone.lateness_bin)
                );
                assert!((together.run - alone.run).abs() <= 0.0);
                assert!((together.paid_in_run - alone.paid_in_run).abs() <= 0.0);
                // The logarithm of a probability is that of its odds less that of one plus them.
                let log_odds = input.view.profile.at_run[alone.lateness_bin];
                assert!((alone.paid_in_run - (log_odds - log_odds.exp().ln_1p())).abs() < 1e-12);
            }
        });
    }

    #[test]
    fn a_value_that_changes_with_weekday_or_lateness_is_the_same_where_these_are_and_one_that_rises_never_falls()
     {
        on_invoice(|input| {
            let days = ComingDay::all(input);
            let values = days.map(|day| day_values::on_day(input, &day));
            for (value, changes) in day_values::CHANGES.iter().enumerate() {
                let kind = |day: &ComingDay<'_>| match changes {
                    Changes::Never => Some(0),
                    Changes::WithWeekday => Some(day.calendar.weekday),
                    Changes::WithBankDay => Some(day_values::bank_day(day.calendar)),
                    Changes::WithLateness => Some(day.lateness_bin),
                    Changes::Rises | Changes::Daily => None,
                };
                let name = day_values::NAMES[value];
                if *changes == Changes::Rises {
                    assert!(values.is_sorted_by_key(|of_day| of_day[value]), "{name} falls");
                }
                for (at, day) in days.iter().enumerate() {
                    let first = days.iter().position(|first| kind(first) == kind(day)).unwrap();
                    let same = (values[at][value] - values[first][value]).abs() <= 0.0;
                    assert!(same || kind(day).is_none(), "{name} on day {}", day.ahead);
                }
            }
        });
    }
}
