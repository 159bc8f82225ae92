//! A constructed business whose coming cash is known: what layers B and C expect against what came.

use std::fmt::Write;

use duecast::domain::Date;
use duecast::domain::date::{add_days, add_months};
use duecast::forecast::{Billing, BillingPlan};

use super::{assert_near, day, number, planned};
use crate::support::table_language::Ledger;

/// A business with 40 monthly contracts and two new invoices a working day, paid after 30 days without exception.
struct Business {
    /// Customer, date of issue and amount in euros.
    invoices: Vec<(String, Date, u32)>,
}

/// Cut-off of the business: a year and a half of history, half a year of truth.
const BUSINESS_CUTOFF: &str = "2026-06-30";
const BUSINESS_LAG_DAYS: i64 = 30;

impl Business {
    fn new() -> Self {
        let mut invoices = Vec::new();
        for contract in 0..40_u32 {
            let first = add_days(day("2025-01-01"), i64::from(contract % 28));
            let months = (0..24).map(|month| add_months(first, month));
            invoices.extend(months.map(|issued| (format!("K{contract}"), issued, 700 + 13 * contract)));
        }
        let mut serial = 0_u32;
        for number in 0..730 {
            if number % 7 < 5 {
                for _ in 0..2 {
                    let issued = add_days(day("2025-01-01"), number);
                    invoices.push((format!("N{serial}"), issued, 1_000 + (serial * 37) % 400));
                    serial += 1;
                }
            }
        }
        Self { invoices }
    }

    /// The ledger of what happened up to a day.
    fn ledger(&self, last: Date) -> Ledger {
        let mut text = String::new();
        for (number, (customer, issued, euros)) in self.invoices.iter().enumerate() {
            if *issued > last {
                continue;
            }
            let due = add_days(*issued, 14);
            writeln!(
                text,
                "invoice I{number} {customer} issued {issued} due {due} {euros}.00 EUR"
            )
            .unwrap();
            let paid = add_days(*issued, BUSINESS_LAG_DAYS);
            if paid <= last {
                writeln!(text, "payment I{number} {paid} {euros}.00").unwrap();
            }
        }
        Ledger::parse(&text)
    }

    /// Cash in cents that came from day to day after the cut-off, of invoices issued before or after it.
    fn cash(&self, days: (i64, i64), is_issued_before: bool) -> f64 {
        let cutoff = day(BUSINESS_CUTOFF);
        let (first, last) = (add_days(cutoff, days.0), add_days(cutoff, days.1));
        self.invoices
            .iter()
            .filter(|(_, issued, _)| (*issued <= cutoff) == is_issued_before)
            .filter(|(_, issued, _)| {
                let paid = add_days(*issued, BUSINESS_LAG_DAYS);
                first <= paid && paid <= last
            })
            .map(|(_, _, euros)| 100.0 * f64::from(*euros))
            .sum()
    }
}

/// The cash that layers B and C expect after one day ahead and up to another.
fn expected(billing: &Billing, after: i32, to: i32) -> f64 {
    let of_items: f64 = billing
        .recurring
        .iter()
        .map(|item| {
            let share = item.distribution.paid_by(to) - item.distribution.paid_by(after);
            number(item.open_minor) * share
        })
        .sum();
    let mut of_streams = 0.0;
    for stream in &billing.streams {
        for week in &stream.weeks {
            let days = week.last_day - week.first_day + 1;
            for issued in week.first_day..=week.last_day {
                let share = stream.lag.paid_by(to - issued) - stream.lag.paid_by(after - issued);
                of_streams += number(week.expected_minor) / f64::from(days) * share;
            }
        }
    }
    of_items + of_streams
}

#[test]
fn weeks_six_to_thirteen_come_from_what_is_not_written_yet_and_are_expected_within_a_tenth() {
    let business = Business::new();
    let ledger = business.ledger(day("2026-12-31"));
    let billing = planned(&ledger, BUSINESS_CUTOFF, &BillingPlan::default());
    let truth = business.cash((36, 91), false);
    assert_near(expected(&billing, 35, 91), truth, 0.1, "weeks 6 to 13");
    assert!(
        business.cash((36, 91), true) < 0.01 * truth,
        "open invoices alone"
    );
    let rhythms = billing.report.rhythms.len();
    assert_eq!(rhythms, 40, "every contract is found, and nothing else");
}

#[test]
fn nothing_known_after_the_cut_off_changes_what_is_expected() {
    let business = Business::new();
    let none = BillingPlan::default();
    let then = planned(&business.ledger(day(BUSINESS_CUTOFF)), BUSINESS_CUTOFF, &none);
    let later = planned(&business.ledger(day("2026-12-31")), BUSINESS_CUTOFF, &none);
    assert_eq!(format!("{then:?}"), format!("{later:?}"));
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let business = Business::new();
    let none = BillingPlan::default();
    let cutoff = day(BUSINESS_CUTOFF);
    let forward = planned(&business.ledger(cutoff), BUSINESS_CUTOFF, &none);
    let backward = planned(&business.ledger(cutoff).reversed(), BUSINESS_CUTOFF, &none);
    assert_eq!(format!("{forward:?}"), format!("{backward:?}"));
}

#[test]
fn the_weeks_of_a_stream_cover_the_horizon_and_its_errors_have_a_mean_of_one() {
    let business = Business::new();
    let billing = planned(
        &business.ledger(day(BUSINESS_CUTOFF)),
        BUSINESS_CUTOFF,
        &BillingPlan::default(),
    );
    let stream = &billing.streams[0];
    assert_eq!(stream.weeks.len(), 13);
    assert_eq!((stream.weeks[0].first_day, stream.weeks[12].last_day), (1, 91));
    let errors = i32::try_from(stream.errors.len()).unwrap();
    let mean = stream.errors.iter().sum::<f64>() / f64::from(errors);
    assert!((mean - 1.0).abs() < 1e-9, "{mean}");
    // Ten invoices a week of nearly the same amount.
    assert!((8..=11).contains(&stream.lumps), "{}", stream.lumps);
}
