//! One coming day of an invoice: what regressions and trees both need of it, worked out once.

use crate::features::{HORIZON_DAYS, lateness};
use crate::model::invoice_input::{InvoiceInput, days};
use crate::model::payer_day::PayerDay;

/// A coming day of an invoice, and what its payer's habits say about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ComingDay<'a> {
    /// What the day is to the payer.
    pub(crate) payer: PayerDay<'a>,
    /// Days past the rolled due date.
    pub(crate) late: i32,
    pub(crate) lateness_bin: usize,
    /// Logarithm of the probability of being paid in a run on the day.
    pub(crate) paid_in_run: f64,
}

impl<'a> ComingDay<'a> {
    /// Describes day `ahead` (from 1) of an invoice.
    pub(crate) fn new(input: &InvoiceInput<'a>, ahead: usize) -> Self {
        let late = input.days_past_due(ahead);
        let lateness_bin = lateness::bin(late);
        Self {
            payer: PayerDay::new(&input.view, ahead),
            late,
            lateness_bin,
            paid_in_run: paid_in_run(input, lateness_bin),
        }
    }

    /// Describes all days of the horizon, the first day first, given what they are to the payer.
    pub(crate) fn all(
        input: &InvoiceInput<'a>,
        payer: &[PayerDay<'a>; HORIZON_DAYS],
    ) -> [Self; HORIZON_DAYS] {
        let mut before = None;
        let first = input.days_past_due(1);
        let mut bins = lateness::bins_from(first);
        std::array::from_fn(|day| {
            let lateness_bin = bins.next().expect("days go on");
            // Most days are in the bin of the day before, and a logarithm is dear.
            let paid_in_run = match before {
                Some((bin, paid)) if bin == lateness_bin => paid,
                Some(_) | None => paid_in_run(input, lateness_bin),
            };
            before = Some((lateness_bin, paid_in_run));
            Self {
                payer: payer[day],
                late: first + days(day),
                lateness_bin,
                paid_in_run,
            }
        })
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
    use crate::features::{CalendarDay, InvoiceView, PayerProfile};
    use crate::model::day_values::{self, Changes, DayValue};
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
            for (ahead, together) in (1..).zip(ComingDay::all(input, &PayerDay::all(&input.view))) {
                let alone = ComingDay::new(input, ahead);
                assert_eq!(
                    (together.late, together.lateness_bin),
                    (alone.late, alone.lateness_bin)
                );
                assert!((together.payer.run - alone.payer.run).abs() <= 0.0);
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
            let days = ComingDay::all(input, &PayerDay::all(&input.view));
            for (number, DayValue { changes, formula }) in day_values::VALUES.iter().enumerate() {
                let kind = |day: &ComingDay<'_>| match changes {
                    Changes::Never => Some(0),
                    Changes::WithWeekday => Some(day.payer.calendar.weekday),
                    Changes::WithBankDay => Some(day_values::bank_day(day.payer.calendar)),
                    Changes::WithLateness => Some(day.lateness_bin),
                    Changes::Rises | Changes::Daily => None,
                };
                let values = days.each_ref().map(|day| formula.of(input, day));
                if *changes == Changes::Rises {
                    assert!(values.is_sorted(), "value {number} falls");
                }
                for (at, day) in days.iter().enumerate() {
                    let first = days.iter().position(|first| kind(first) == kind(day)).unwrap();
                    let same = (values[at] - values[first]).abs() <= 0.0;
                    assert!(
                        same || kind(day).is_none(),
                        "value {number} on day {}",
                        day.payer.ahead
                    );
                }
            }
        });
    }
}
