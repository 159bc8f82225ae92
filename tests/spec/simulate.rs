//! A simulated ledger is reproducible, consistent, and drawn from the distribution it writes down.

mod actions;
mod truth;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{Datelike, Weekday};
use duecast::domain::Currency;
use duecast::domain::calendar::BusinessCalendar;
use duecast::domain::date::Date;
use duecast::history::History;
use duecast::history::schema::Table;
use duecast::simulate::{self, CustomerTruth, Error, LedgerFormat, RunType, Simulation, SimulationPlan};
use polars::prelude::DataFrame;

use crate::support::frames::{days, texts};

fn date(text: &str) -> Date {
    duecast::domain::date::parse_iso(text).unwrap()
}

fn small_plan() -> SimulationPlan {
    SimulationPlan {
        customers: 40,
        invoices: 800,
        seed: 7,
        truth_cutoffs: vec![date("2025-06-30"), date("2026-06-30")],
        ..SimulationPlan::default()
    }
}

fn minors(frame: &DataFrame, column: &str) -> Vec<i64> {
    let column = frame.column(column).unwrap().i64().unwrap();
    (0..frame.height()).map(|row| column.get(row).unwrap()).collect()
}

/// Returns the bytes of every file below a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for place in [folder.to_path_buf(), folder.join("truth")] {
        for entry in fs::read_dir(&place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn written(plan: &SimulationPlan) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    simulate::write(plan, folder.path(), &|_, _| {}).unwrap();
    files(folder.path())
}

fn written_with_threads(plan: &SimulationPlan, threads: usize) -> BTreeMap<String, Vec<u8>> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap()
        .install(|| written(plan))
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_threads() {
    for csv_invoices_max in [u64::MAX, 0] {
        let plan = SimulationPlan {
            csv_invoices_max,
            ..small_plan()
        };
        let first = written_with_threads(&plan, 1);
        let second = written_with_threads(&plan, 3);
        let names: Vec<&String> = first.keys().collect();
        assert_eq!(names, second.keys().collect::<Vec<_>>());
        assert!(first.len() >= 12, "{names:?}");
        for (name, bytes) in &first {
            assert!(*bytes == second[name], "{name} differs");
        }
    }
}

#[test]
fn another_seed_gives_other_invoices() {
    let other = SimulationPlan {
        seed: 8,
        ..small_plan()
    };
    assert_ne!(
        written(&small_plan())["invoices.csv"],
        written(&other)["invoices.csv"]
    );
}

#[test]
fn truth_cutoffs_change_no_fact() {
    let without = SimulationPlan {
        truth_cutoffs: Vec::new(),
        ..small_plan()
    };
    let (with, without) = (written(&small_plan()), written(&without));
    assert_eq!(with["payments.csv"], without["payments.csv"]);
    assert!(!without.keys().any(|name| name.contains("distribution")));
}

#[test]
fn a_written_ledger_opens_without_rejects_in_both_formats() {
    for (csv_invoices_max, format) in [(u64::MAX, LedgerFormat::Csv), (0, LedgerFormat::Parquet)] {
        let plan = SimulationPlan {
            csv_invoices_max,
            ..small_plan()
        };
        let folder = tempfile::tempdir().unwrap();
        let summary = simulate::write(&plan, folder.path(), &|_, _| {}).unwrap();
        assert_eq!(summary.format, format);
        assert_eq!(summary.rows[&Table::Invoices], plan.invoices);
        assert_eq!(summary.rows[&Table::Customers], plan.customers);
        assert_eq!(summary.first_day, date("2023-07-01"));
        let (history, report) = History::open(folder.path()).unwrap();
        assert!(report.rejects().is_empty(), "{report}");
        let open = history.as_of(plan.end_date).open_items().unwrap();
        assert_eq!(u64::try_from(open.len()).unwrap(), summary.open_invoices);
    }
}

#[test]
fn frames_are_a_history() {
    let simulation = simulate::simulate(&small_plan()).unwrap();
    let open = simulation.outcomes.len();
    let history = History::from_frames(&simulation.frames).unwrap();
    let items = history.as_of(small_plan().end_date).open_items().unwrap();
    assert_eq!(items.len(), open);
}

#[test]
fn a_folder_that_holds_a_ledger_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    simulate::write(&small_plan(), folder.path(), &|_, _| {}).unwrap();
    let again = simulate::write(&small_plan(), folder.path(), &|_, _| {});
    assert!(matches!(again, Err(Error::Occupied { .. })), "{again:?}");
}

#[test]
fn progress_ends_at_the_number_of_invoices() {
    let folder = tempfile::tempdir().unwrap();
    let last = std::cell::Cell::new((0, 0));
    simulate::write(&small_plan(), folder.path(), &|done, total| {
        last.set((done, total))
    })
    .unwrap();
    assert_eq!(last.get(), (800, 800));
}

#[test]
fn every_customer_has_an_invoice_and_no_invoice_is_paid_twice() {
    let simulation = simulate::simulate(&small_plan()).unwrap();
    let invoices = &simulation.frames[&Table::Invoices];
    let mut customers = texts(invoices, "customer_id");
    assert!(customers.is_sorted());
    customers.dedup();
    assert_eq!(customers.len(), 40);
    let mut open: BTreeMap<String, i64> = texts(invoices, "invoice_id")
        .into_iter()
        .zip(minors(invoices, "amount_minor"))
        .collect();
    assert_eq!(open.len(), 800);
    for table in [Table::Payments, Table::CreditNotes] {
        let frame = &simulation.frames[&table];
        let amounts = minors(frame, "amount_minor");
        for (invoice, amount) in texts(frame, "invoice_id").iter().zip(amounts) {
            *open.get_mut(invoice).unwrap() -= amount;
        }
    }
    let still_open: Vec<String> = open
        .iter()
        .filter(|(_, amount)| **amount != 0)
        .map(|(invoice, _)| invoice.clone())
        .collect();
    assert!(open.values().all(|amount| *amount >= 0));
    let mut unsettled: Vec<String> = simulation
        .outcomes
        .iter()
        .map(|outcome| outcome.invoice_id.clone())
        .collect();
    unsettled.sort();
    assert_eq!(still_open, unsettled);
}

#[test]
fn no_fact_is_known_after_the_end() {
    let plan = SimulationPlan {
        late_record_share: 1.0,
        ..small_plan()
    };
    let simulation = simulate::simulate(&plan).unwrap();
    let facts = [
        (Table::Invoices, &["invoice_date", "known_on"][..]),
        (Table::Payments, &["paid_date", "recorded_at", "known_on"][..]),
        (Table::CreditNotes, &["credit_date", "known_on"][..]),
        (Table::Disputes, &["opened_on", "resolved_on", "known_on"][..]),
        (Table::Promises, &["created_on", "known_on"][..]),
        (Table::Actions, &["sent_on", "outcome_on", "known_on"][..]),
    ];
    for (table, columns) in facts {
        let frame = &simulation.frames[&table];
        assert!(frame.height() > 0, "{table} is empty");
        for column in columns {
            let latest = days(frame, column).into_iter().flatten().max();
            assert!(latest <= Some(plan.end_date), "{table}.{column} {latest:?}");
        }
    }
    let payments = &simulation.frames[&Table::Payments];
    let lags = days(payments, "paid_date")
        .into_iter()
        .zip(days(payments, "recorded_at"));
    for (paid, recorded) in lags {
        let lag = (recorded.unwrap() - paid.unwrap()).num_days();
        assert!((1..=3).contains(&lag), "recorded {lag} days after the payment");
    }
}

fn customers_by_id(simulation: &Simulation) -> BTreeMap<String, CustomerTruth> {
    let customers = simulation.customers.iter().cloned();
    customers
        .map(|customer| (customer.customer_id.clone(), customer))
        .collect()
}

#[test]
fn never_payers_never_pay() {
    let plan = SimulationPlan {
        never_paying_share: 0.3,
        ..small_plan()
    };
    let simulation = simulate::simulate(&plan).unwrap();
    let customers = customers_by_id(&simulation);
    assert!(customers.values().filter(|customer| customer.never_pays).count() >= 4);
    for customer in texts(&simulation.frames[&Table::Payments], "customer_id") {
        assert!(!customers[&customer].never_pays, "{customer} paid");
    }
    for outcome in &simulation.outcomes {
        let never_pays = customers[&outcome.customer_id].never_pays;
        assert!(!never_pays || outcome.settled_by != Some("cash"), "{outcome:?}");
    }
}

/// Tells whether a weekday's run falls on this day: on that weekday, or on the first business day after it.
fn is_weekly_run(day: Date, weekday: Weekday, calendar: &BusinessCalendar) -> bool {
    let mut planned = day;
    while planned.weekday() != weekday {
        planned = planned.pred_opt().unwrap();
        if calendar.is_business_day(planned) {
            return false;
        }
    }
    true
}

#[test]
fn payments_fall_on_business_days_and_on_the_payers_run_days() {
    let simulation = simulate::simulate(&small_plan()).unwrap();
    let customers = customers_by_id(&simulation);
    let payments = &simulation.frames[&Table::Payments];
    let facts = texts(payments, "customer_id")
        .into_iter()
        .zip(days(payments, "paid_date"))
        .zip(texts(payments, "currency"));
    for ((customer, paid), currency) in facts {
        let paid = paid.unwrap();
        let calendar = BusinessCalendar::for_currency(Currency::parse(&currency).unwrap());
        assert!(calendar.is_business_day(paid), "{customer} paid on {paid}");
        let run_type = customers[&customer].run_type;
        assert!(
            run_type.is_run_day(paid, &calendar),
            "{customer} {run_type:?} paid on {paid}"
        );
        match run_type {
            RunType::Daily => {}
            RunType::Weekly(weekday) => assert!(is_weekly_run(paid, weekday, &calendar), "{paid}"),
            RunType::TwiceMonthly => {
                // The 15th or the last day of a month, and at most four closed days later.
                assert!(
                    paid.day() <= 5 || (15..=20).contains(&paid.day()) || paid.day() >= 28,
                    "{paid}"
                );
            }
            RunType::MonthEnd => assert!(paid.day() >= 24, "{paid}"),
        }
    }
}

#[test]
fn a_plan_outside_its_ranges_is_refused_by_name() {
    let base = SimulationPlan::default();
    let cases = [
        (
            "customers",
            SimulationPlan {
                customers: 0,
                ..base.clone()
            },
        ),
        (
            "invoices",
            SimulationPlan {
                invoices: 149,
                ..base.clone()
            },
        ),
        (
            "years",
            SimulationPlan {
                years: 0,
                ..base.clone()
            },
        ),
        (
            "truth_cutoffs",
            SimulationPlan {
                truth_cutoffs: vec![date("2026-07-01")],
                ..base.clone()
            },
        ),
        (
            "drifting_share",
            SimulationPlan {
                drifting_share: 0.95,
                ..base.clone()
            },
        ),
        (
            "partial_share",
            SimulationPlan {
                partial_share: f64::NAN,
                ..base.clone()
            },
        ),
        (
            "call_effect",
            SimulationPlan {
                call_effect: 3.5,
                ..base.clone()
            },
        ),
    ];
    for (expected, plan) in cases {
        match plan.check() {
            Err(Error::Plan { name, .. }) => assert_eq!(name, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
    assert!(base.check().is_ok());
}

#[test]
fn the_message_of_a_refused_plan_says_what_is_allowed() {
    let plan = SimulationPlan {
        invoices: 10,
        ..SimulationPlan::default()
    };
    assert_eq!(
        plan.check().unwrap_err().to_string(),
        "invoices must be from the number of customers (150) to 999999999, got 10"
    );
}
