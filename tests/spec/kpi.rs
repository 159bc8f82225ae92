//! What the key figures promise: the numbers worked by hand, and nothing where nothing is defined.

use std::fs;

use duecast::domain::date::parse_iso;
use duecast::history::{History, Snapshot};
use duecast::kpi::{
    self, AgingBucket, CurrencyKpis, Error, ForwardLooking, MonthSales, PaidItem, PromiseOutcome,
};

use crate::support::table_language::Ledger;

mod apart;
mod groups;
mod model_loss;
mod series;

/// The book of the worked examples: sales of 70,000, 80,000 and 100,000 in July, August and
/// September 2026; receivables of 200,000 on 1 July and 212,000 at the end, 72,000 of it overdue.
const BOOK: &str = "
    invoice I1 ACME issued 2026-06-01 due 2026-07-01 200000.00 EUR
    invoice I2 ACME issued 2026-07-10 due 2026-08-09  70000.00 EUR
    invoice I3 BOLT issued 2026-08-10 due 2026-10-09  80000.00 EUR
    invoice I4 BOLT issued 2026-09-10 due 2026-10-10 100000.00 EUR
    payment I1 2026-07-15 128000.00
    payment I2 2026-08-08  70000.00
    payment I3 2026-09-01  40000.00
    dispute I1 2026-07-20  18000.00
";

fn near(value: Option<f64>, expected: f64) {
    let value = value.expect("the figure is defined");
    // The sources print two decimals.
    assert!((value - expected).abs() < 0.005, "{value} is not {expected}");
}

/// Compares a share with a percentage of two decimals.
fn percent(value: Option<f64>, expected: f64) {
    near(value.map(|share| share * 100.0), expected);
}

fn euros(report: &kpi::KpiReport) -> &CurrencyKpis {
    assert_eq!(report.currencies.len(), 1);
    assert_eq!(report.currencies[0].currency.code(), "EUR");
    &report.currencies[0]
}

fn snapshot(history: &History, as_of: &str) -> Snapshot {
    history.as_of(parse_iso(as_of).unwrap())
}

#[test]
fn simple_dso_is_receivables_over_sales_times_days() {
    near(kpi::dso_simple(212_000, 250_000, 92), 78.02);
    near(kpi::dso_simple(10_869, 17_674, 90), 55.35);
}

#[test]
fn countback_takes_the_newest_months_off_first() {
    let months = |days: [u32; 3]| {
        let sales = [100_000, 80_000, 70_000];
        sales
            .into_iter()
            .zip(days)
            .map(|(sales_minor, days)| MonthSales { sales_minor, days })
            .collect::<Vec<_>>()
    };
    let calendar = kpi::dso_countback(212_000, &months([30, 31, 31])).unwrap();
    near(Some(calendar.days), 75.17);
    assert!(!calendar.is_at_least);
    let commercial = kpi::dso_countback(212_000, &months([30, 30, 30])).unwrap();
    near(Some(commercial.days), 73.71);
}

#[test]
fn countback_says_at_least_when_the_history_runs_out() {
    let month = |sales_minor| MonthSales {
        sales_minor,
        days: 30,
    };
    let short = kpi::dso_countback(250, &[month(100), month(100)]).unwrap();
    near(Some(short.days), 60.0);
    assert!(short.is_at_least);
    let exact = kpi::dso_countback(200, &[month(100), month(100)]).unwrap();
    near(Some(exact.days), 60.0);
    assert!(!exact.is_at_least);
    let nothing_owed = kpi::dso_countback(0, &[month(100)]).unwrap();
    near(Some(nothing_owed.days), 0.0);
}

#[test]
fn best_possible_dso_counts_what_is_current_and_the_rest_is_delinquent() {
    let best = kpi::dso_best_possible(140_000, 250_000, 92);
    near(best, 51.52);
    near(
        kpi::average_days_delinquent(kpi::dso_simple(212_000, 250_000, 92), best),
        26.50,
    );
}

#[test]
fn collection_figures_are_the_ones_worked_by_hand() {
    percent(
        kpi::collection_effectiveness(200_000, 250_000, 212_000, 140_000),
        76.77,
    );
    percent(kpi::collection_rate(118_000, 162_000), 72.84);
    percent(kpi::current_share(140_000, 212_000), 66.04);
    percent(kpi::dispute_rate(18_000, 212_000), 8.49);
    percent(kpi::bad_debt_ratio(2_400, 0, 250_000), 0.96);
    percent(kpi::bad_debt_ratio(3_400, 1_000, 250_000), 0.96);
}

#[test]
fn days_late_are_weighted_by_amount() {
    let paid = [(1_000, -2), (5_000, 10), (4_000, 25)].map(|(amount_minor, days_past_due)| PaidItem {
        amount_minor,
        days_past_due,
    });
    near(kpi::weighted_days_late(&paid), 14.80);
}

#[test]
fn promises_are_kept_by_count_and_by_amount() {
    let promises: Vec<PromiseOutcome> = (0..10)
        .map(|index| PromiseOutcome {
            amount_minor: if index < 7 { 3_500 } else { 2_500 },
            is_kept: index < 7,
        })
        .collect();
    let rates = kpi::promise_kept_rates(&promises);
    percent(rates.by_count, 70.0);
    percent(rates.by_amount, 24_500.0 / 32_000.0 * 100.0);
    percent(rates.by_amount, 76.56);
}

#[test]
fn ageing_starts_on_the_day_after_the_due_date() {
    let table = [
        ("2026-09-30", "current"),
        ("2026-09-29", "1-30"),
        ("2026-08-31", "1-30"),
        ("2026-08-30", "31-60"),
        ("2026-08-01", "31-60"),
        ("2026-07-31", "61-90"),
        ("2026-07-02", "61-90"),
        ("2026-07-01", "91+"),
        ("2026-12-31", "current"),
    ];
    let as_of = parse_iso("2026-09-30").unwrap();
    for (due, expected) in table {
        let days = (as_of - parse_iso(due).unwrap()).num_days();
        let bucket = AgingBucket::of_days_past_due(i32::try_from(days).unwrap());
        assert_eq!(bucket.label(), expected, "due {due}");
    }
    for (index, bucket) in AgingBucket::ALL.into_iter().enumerate() {
        assert_eq!(bucket.index(), index);
    }
}

#[test]
fn the_provision_matrix_is_the_published_one() {
    let rates = kpi::provision_rates(&[100_000, 50_000, 23_000, 8_000, 2_000], 2_000);
    for (rate, expected) in rates.into_iter().zip([2.0, 4.0, 8.6957, 25.0, 100.0]) {
        percent(rate, expected);
    }
    let balances = [300_000, 140_000, 60_000, 23_000, 5_000];
    let provision = |factors: &str| {
        let forward_looking: ForwardLooking = factors.parse().unwrap();
        kpi::expected_credit_loss(&balances, &rates, &forward_looking)
    };
    near(provision("1"), 27_567.39);
    near(provision("1.1"), 27_567.391_3 * 1.1);
    // 6,000 + 5,600 + 5,217.39 + 5,750 + 5,000, bucket by bucket.
    near(
        provision("1.5, 1, 1, 2, 0"),
        9_000.0 + 5_600.0 + 5_217.391_3 + 11_500.0,
    );
}

#[test]
fn a_figure_without_a_denominator_is_not_defined() {
    assert_eq!(kpi::dso_simple(100, 0, 92), None);
    assert_eq!(kpi::dso_simple(100, -5, 92), None);
    assert_eq!(kpi::dso_countback(100, &[]), None);
    assert_eq!(kpi::average_days_delinquent(Some(1.0), None), None);
    assert_eq!(kpi::collection_effectiveness(0, 0, 0, 0), None);
    assert_eq!(kpi::collection_rate(0, 0), None);
    assert_eq!(kpi::current_share(0, 0), None);
    assert_eq!(kpi::weighted_days_late(&[]), None);
    assert_eq!(kpi::promise_kept_rates(&[]).by_count, None);
    assert_eq!(kpi::promise_kept_rates(&[]).by_amount, None);
    assert_eq!(kpi::dispute_rate(0, 0), None);
    assert_eq!(kpi::bad_debt_ratio(5, 0, 0), None);
    let rates = kpi::provision_rates(&[10, 0, 0, 0, 0], 0);
    assert_eq!(rates[1], None);
    let unchanged = ForwardLooking::UNCHANGED;
    assert_eq!(
        kpi::expected_credit_loss(&[0, 7, 0, 0, 0], &rates, &unchanged),
        None
    );
    assert_eq!(
        kpi::expected_credit_loss(&[7, 0, 0, 0, 0], &rates, &unchanged),
        Some(0.0)
    );
}

#[test]
fn the_report_reads_the_worked_book_off_a_snapshot() {
    let (history, _folder) = Ledger::parse(BOOK).history();
    let report = kpi::report(&snapshot(&history, "2026-09-30"), 92).unwrap();
    assert_eq!(report.window_start, parse_iso("2026-07-01").unwrap());
    let kpis = euros(&report);
    assert_eq!(kpis.receivables.minor(), 21_200_000);
    assert_eq!(kpis.current_receivables.minor(), 14_000_000);
    assert_eq!(kpis.overdue_receivables.minor(), 7_200_000);
    assert_eq!(kpis.begin_receivables.minor(), 20_000_000);
    assert_eq!(kpis.credit_sales.minor(), 25_000_000);
    near(kpis.dso_simple, 78.02);
    near(kpis.dso_countback, 75.17);
    assert!(!kpis.dso_countback_is_at_least);
    near(kpis.dso_best_possible, 51.52);
    near(kpis.average_days_delinquent, 26.50);
    percent(kpis.collection_effectiveness, 76.77);
    percent(kpis.current_share, 66.04);
    percent(kpis.dispute_rate, 8.49);
    // Due by the end of September: I1 and I2, 270,000, of which 198,000 came.
    percent(kpis.collection_rate, 73.33);
    // 128,000 x 14, 70,000 x -1 and 40,000 x -38 over 238,000.
    near(kpis.weighted_days_late, 202_000.0 / 238_000.0);
    assert_eq!(kpis.promise_kept_by_count, None);
    assert_eq!(kpis.aging[0].invoice_count, 2);
    assert_eq!(kpis.aging[4].open.minor(), 7_200_000);
}

#[test]
fn nothing_known_later_moves_a_report() {
    let later = format!("{BOOK}\n    payment I1 2026-10-05 72000.00\n");
    let (before, _folder) = Ledger::parse(BOOK).history();
    let (after, _other) = Ledger::parse(&later).history();
    let text = |history: &History| {
        let report = kpi::report(&snapshot(history, "2026-09-30"), 92).unwrap();
        serde_json::to_string(&report).unwrap()
    };
    assert_eq!(text(&before), text(&after));
}

#[test]
fn a_written_off_amount_that_comes_back_is_a_recovery() {
    let (history, _folder) = Ledger::parse(
        "
        invoice   I1 ACME issued 2026-07-01 due 2026-07-31 1000.00 EUR
        invoice   I2 ACME issued 2026-07-02 due 2026-07-31 9000.00 EUR
        write_off I1 2026-08-31 1000.00
        payment   I1 2026-09-15  400.00
        payment   I2 2026-07-31 9000.00
        ",
    )
    .history();
    let report = kpi::report(&snapshot(&history, "2026-09-30"), 92).unwrap();
    percent(euros(&report).bad_debt_ratio, 6.0);
}

#[test]
fn the_provision_matrix_of_a_report_follows_the_invoices_through_the_buckets() {
    let (history, _folder) = Ledger::parse(
        "
        invoice   I1 ACME issued 2026-01-01 due 2026-01-31 500.00 EUR
        invoice   I2 ACME issued 2026-01-01 due 2026-01-31 270.00 EUR
        invoice   I3 ACME issued 2026-01-01 due 2026-01-31 230.00 EUR
        invoice   I4 ACME issued 2026-09-01 due 2026-10-31 100.00 EUR
        payment   I1 2026-01-31 500.00
        payment   I2 2026-02-15 270.00
        payment   I3 2026-03-15 210.00
        write_off I3 2026-06-30  20.00
        ",
    )
    .history();
    let report = kpi::report(&snapshot(&history, "2026-09-30"), 92).unwrap();
    let kpis = euros(&report);
    let rates: Vec<Option<f64>> = kpis.aging.iter().map(|line| line.loss_rate).collect();
    for (rate, expected) in rates.into_iter().zip([2.0, 4.0, 8.6957, 100.0, 100.0]) {
        percent(rate, expected);
    }
    assert_eq!(kpis.expected_credit_loss.unwrap().minor(), 200);
}

#[test]
fn a_promise_is_kept_by_the_cash_that_comes_before_its_deadline() {
    let folder = tempfile::tempdir().unwrap();
    Ledger::parse(
        "
        invoice I1 ACME issued 2026-07-01 due 2026-07-31 1000.00 EUR
        invoice I2 ACME issued 2026-07-01 due 2026-07-31 3000.00 EUR
        payment I1 2026-08-13 1000.00
        payment I2 2026-08-14 3000.00
        ",
    )
    .write(folder.path());
    // Three days of grace: 13 August is in time for a promise of the 10th, 14 August is not.
    let promises = "promise_id,customer_id,created_on,promised_date,promised_amount,currency,invoice_id\n\
         P1,ACME,2026-08-01,2026-08-10,1000.00,EUR,I1\n\
         P2,ACME,2026-08-01,2026-08-10,3000.00,EUR,I2\n\
         P3,ACME,2026-08-01,2026-12-31,3000.00,EUR,I2\n";
    fs::write(folder.path().join("promises.csv"), promises).unwrap();
    let (history, _report) = History::open(folder.path()).unwrap();
    let report = kpi::report(&snapshot(&history, "2026-09-30"), 92).unwrap();
    let kpis = euros(&report);
    assert_eq!(kpis.promises_due, 2);
    percent(kpis.promise_kept_by_count, 50.0);
    percent(kpis.promise_kept_by_amount, 25.0);
}

#[test]
fn rows_name_each_figure_with_its_unit() {
    let (history, _folder) = Ledger::parse(BOOK).history();
    let report = kpi::report(&snapshot(&history, "2026-09-30"), 92).unwrap();
    let rows = report.rows();
    let row = |kpi: &str| rows.iter().find(|row| row.kpi == kpi).unwrap();
    assert_eq!(row("receivables").value.as_deref(), Some("212000.00"));
    assert_eq!(row("dso_simple").value.as_deref(), Some("78.016000"));
    assert_eq!(row("dso_simple").unit, "days");
    assert_eq!(row("current_share").unit, "share");
    assert_eq!(row("open_91+").value.as_deref(), Some("72000.00"));
    assert_eq!(row("promise_kept_by_count").value, None);
}

#[test]
fn a_forward_looking_factor_is_one_number_or_five() {
    for wrong in ["", "-0.1", "11", "nan", "1,1", "1,1,1,1,1,1", "1;1"] {
        let refusal = wrong.parse::<ForwardLooking>();
        assert!(
            matches!(refusal, Err(Error::ForwardLookingInvalid { .. })),
            "{wrong:?}"
        );
    }
}

#[test]
fn a_window_of_nothing_or_of_years_is_refused() {
    let (history, _folder) = Ledger::parse(BOOK).history();
    let snapshot = snapshot(&history, "2026-09-30");
    for window_days in [0, 367] {
        let refusal = kpi::report(&snapshot, window_days);
        assert!(matches!(refusal, Err(Error::WindowInvalid { .. })));
    }
}
