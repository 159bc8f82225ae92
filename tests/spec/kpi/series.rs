//! A monthly series: each month is what was known at its end.

use duecast::kpi::{self, Error, GroupBy, KpiPlan};

use super::{BOOK, snapshot};
use crate::support::feature_rows;
use crate::support::table_language::Ledger;

fn months(months: u32) -> KpiPlan {
    KpiPlan {
        months,
        ..KpiPlan::default()
    }
}

#[test]
fn a_month_of_a_series_is_the_report_of_that_day() {
    let history = feature_rows::history(&feature_rows::ledger(5));
    let (_, last) = history.date_range().unwrap();
    for group_by in [None, Some(GroupBy::Segment), Some(GroupBy::Customer)] {
        let plan = KpiPlan {
            group_by,
            ..months(8)
        };
        let series = kpi::series(&history.as_of(last), &plan, None).unwrap();
        assert_eq!(series.len(), 8);
        assert!(series.is_sorted_by(|one, next| one.as_of < next.as_of));
        assert_eq!(series[7].as_of, last);
        for report in series {
            let alone = KpiPlan {
                group_by,
                ..months(1)
            };
            let of_its_day = kpi::series(&history.as_of(report.as_of), &alone, None).unwrap();
            assert_eq!(of_its_day, [report]);
        }
    }
}

#[test]
fn a_month_does_not_know_what_was_recorded_after_it() {
    let (history, _folder) = Ledger::parse(
        "
        invoice  I1 ACME issued 2026-06-01 due 2026-07-01 1000.00 EUR
        invoice  I2 ACME issued 2026-07-01 due 2026-07-31  500.00 EUR recorded 2026-09-02
        payment  I1 2026-08-20 400.00 recorded 2026-09-03
        dispute  I1 2026-07-05 300.00 resolved 2026-09-15
        ",
    )
    .history();
    let series = kpi::series(&snapshot(&history, "2026-09-30"), &months(2), None).unwrap();
    let august = &series[0].currencies[0];
    assert_eq!(series[0].as_of.to_string(), "2026-08-31");
    assert_eq!(august.receivables.minor(), 100_000);
    assert_eq!(august.disputed_receivables.minor(), 30_000);
    let september = &series[1].currencies[0];
    assert_eq!(september.receivables.minor(), 110_000);
    assert_eq!(september.disputed_receivables.minor(), 0);
}

#[test]
fn a_series_without_months_or_of_centuries_is_refused() {
    let (history, _folder) = Ledger::parse(BOOK).history();
    for wrong in [0, kpi::MONTHS_MAX + 1] {
        let refusal = kpi::series(&snapshot(&history, "2026-09-30"), &months(wrong), None);
        assert!(matches!(refusal, Err(Error::MonthsInvalid { .. })));
    }
}

#[test]
fn a_month_before_the_ledger_has_no_figures() {
    let (history, _folder) = Ledger::parse(BOOK).history();
    let series = kpi::series(&snapshot(&history, "2026-09-30"), &months(24), None).unwrap();
    assert!(series[0].currencies.is_empty());
    assert_eq!(series[23].currencies.len(), 1);
}
