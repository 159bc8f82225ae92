//! The replay of past cut-offs, its scorecard and its report.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use duecast::backtest::{
    BASELINES, BacktestPlan, Case, Error, JudgedCase, Replay, SliceKind, Verdict, historical_forecasts,
    report, score, slices,
};
use duecast::domain::date::{day_number, from_day_number, parse_iso};
use duecast::domain::{Currency, Date};
use duecast::forecast::ForecastPlan;
use duecast::history::History;
use duecast::model::ModelName;
use duecast::model::outcome::Outcome;
use tempfile::TempDir;

use crate::support::table_language::Ledger;

const CUSTOMERS: i32 = 14;
const WEEKS: i32 = 70;

fn date(text: &str) -> Date {
    parse_iso(text).expect("a valid date")
}

/// One invoice of the book: its identifier, issue day and day of payment, if any.
fn invoice(customer: i32, week: i32) -> (String, i32, Option<i32>) {
    let issued = day_number(date("2024-01-01")) + week * 7;
    let delay = customer * 2 + (week * 7 + customer * 3) % 5;
    let is_never_paid = customer == 3 && week % 20 == 0;
    let paid = (!is_never_paid).then_some(issued + 30 + delay);
    (format!("I{customer:02}-{week:02}"), issued, paid)
}

/// A book of weekly invoices, as it is known at the end of `last`.
fn ledger(last: &str) -> (History, TempDir) {
    let last = day_number(date(last));
    let mut text = String::new();
    for customer in 0..CUSTOMERS {
        for week in 0..WEEKS {
            let (id, issued, paid) = invoice(customer, week);
            if issued > last {
                continue;
            }
            let amount = 100 + customer * 10;
            let (from, due) = (from_day_number(issued), from_day_number(issued + 30));
            text.push_str(&format!(
                "invoice {id} C{customer:02} issued {from} due {due} {amount}.00 EUR\n"
            ));
            if let Some(day) = paid.filter(|day| *day <= last) {
                let day = from_day_number(day);
                text.push_str(&format!("payment {id} {day} {amount}.00\n"));
            }
        }
    }
    Ledger::parse(&text).history()
}

fn plan(models: &[ModelName]) -> BacktestPlan {
    BacktestPlan {
        first_cutoff: date("2025-01-05"),
        last_cutoff: date("2025-02-02"),
        stride_days: 14,
        models: models.to_vec(),
        seed: 7,
        refit_every: 1,
        forecast: ForecastPlan {
            draws: 50,
            ..ForecastPlan::default()
        },
    }
}

fn replay(history: &History, plan: &BacktestPlan) -> Replay {
    historical_forecasts(history, plan, &|_, _| {}).expect("the plan can be replayed")
}

const SIMPLE: [ModelName; 2] = [ModelName::DueDate, ModelName::CustomerMean];

#[test]
fn a_plan_lists_its_cutoffs() {
    let cutoffs = plan(&SIMPLE)
        .cutoffs(date("2024-01-01"), date("2025-06-30"))
        .unwrap();
    let expected = ["2025-01-05", "2025-01-19", "2025-02-02"].map(date);
    assert_eq!(cutoffs, expected);
}

#[test]
fn a_plan_that_cannot_be_replayed_is_refused_with_the_reason() {
    let refused = |change: &dyn Fn(&mut BacktestPlan)| {
        let mut plan = plan(&SIMPLE);
        change(&mut plan);
        plan.cutoffs(date("2024-01-01"), date("2025-06-30"))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(&|plan| plan.models.clear()),
        "at least one model must be replayed, got none"
    );
    assert_eq!(
        refused(&|plan| plan.stride_days = 0),
        "stride must be at least 1 day, got 0"
    );
    assert_eq!(
        refused(&|plan| plan.refit_every = 0),
        "refit interval must be at least 1 fold, got 0"
    );
    assert_eq!(
        refused(&|plan| plan.first_cutoff = date("2025-03-01")),
        "first cut-off must not be after the last cut-off 2025-02-02, got 2025-03-01"
    );
    let outside = "cut-offs must lie within the ledger, on or after 2024-01-01 and before \
                   2025-06-30 (at least one day must follow), got ";
    assert_eq!(
        refused(&|plan| plan.first_cutoff = date("2023-12-31")),
        format!("{outside}2023-12-31")
    );
    assert_eq!(
        refused(&|plan| {
            plan.first_cutoff = date("2025-06-30");
            plan.last_cutoff = date("2025-06-30");
        }),
        format!("{outside}2025-06-30")
    );
}

#[test]
fn outcomes_and_cash_are_those_that_the_end_of_the_ledger_knows() {
    let (history, _folder) = ledger("2025-06-30");
    let replay = replay(&history, &plan(&SIMPLE));
    assert_eq!(replay.folds.len(), 3);
    assert!(replay.skipped.is_empty(), "{:?}", replay.skipped);
    let truth: BTreeMap<String, Option<i32>> = (0..CUSTOMERS)
        .flat_map(|customer| (0..WEEKS).map(move |week| invoice(customer, week)))
        .map(|(id, _, paid)| (id, paid))
        .collect();
    for fold in &replay.folds {
        let cutoff = day_number(fold.cutoff);
        let mut first_week = 0;
        for case in &fold.cases {
            let expected = truth[&case.invoice_id].map(|day| day - cutoff);
            assert_eq!(case.paid_after_days(), expected, "{}", case.invoice_id);
            if expected.is_some_and(|day| day <= 7) {
                first_week += case.open_minor;
            }
        }
        assert_eq!(fold.without_outcome, 0);
        assert_eq!(fold.actual_cash.len(), 1);
        assert_eq!(fold.actual_cash[0].between(1, 7), Some(first_week));
        assert_eq!(fold.actual_cash[0].between(90, 92), None);
        for said in &fold.forecasts {
            assert_eq!(said.cdf.len(), fold.cases.len() * 91);
            assert_eq!(said.fitted_as_of, fold.cutoff);
        }
    }
}

#[test]
fn what_a_model_said_does_not_depend_on_what_happened_afterwards() {
    let (whole, _whole_folder) = ledger("2025-06-30");
    let (short, _short_folder) = ledger("2025-02-28");
    let ours = replay(&whole, &plan(&SIMPLE));
    let theirs = replay(&short, &plan(&SIMPLE));
    for (ours, theirs) in ours.folds.iter().zip(&theirs.folds) {
        assert_eq!(ours.cases.len(), theirs.cases.len());
        for (ours, theirs) in ours.forecasts.iter().zip(&theirs.forecasts) {
            assert_eq!(ours.cdf, theirs.cdf);
            assert_eq!(ours.late_probability, theirs.late_probability);
            assert_eq!(ours.cash, theirs.cash);
        }
    }
}

#[test]
fn a_model_is_fitted_anew_as_often_as_the_plan_says() {
    let (history, _folder) = ledger("2025-06-30");
    let seldom = BacktestPlan {
        refit_every: 2,
        ..plan(&SIMPLE)
    };
    let replay = replay(&history, &seldom);
    let fitted: Vec<String> = replay
        .folds
        .iter()
        .map(|fold| fold.forecasts[0].fitted_as_of.to_string())
        .collect();
    assert_eq!(fitted, ["2025-01-05", "2025-01-05", "2025-02-02"]);
}

#[test]
fn a_cutoff_with_too_little_history_is_skipped_with_the_reason() {
    let (history, _folder) = ledger("2025-06-30");
    let early = BacktestPlan {
        first_cutoff: date("2024-01-07"),
        last_cutoff: date("2025-01-05"),
        stride_days: 364,
        ..plan(&SIMPLE)
    };
    let replay = replay(&history, &early);
    assert_eq!(replay.folds.len(), 1);
    assert_eq!(replay.skipped[0].cutoff, date("2024-01-07"));
    assert!(!replay.skipped[0].reason.is_empty());
    let card = score(&replay);
    assert_eq!(card.skipped, replay.skipped);
    let hopeless = BacktestPlan {
        last_cutoff: date("2024-01-07"),
        ..early
    };
    let refused = historical_forecasts(&history, &hopeless, &|_, _| {});
    assert!(matches!(refused, Err(Error::NothingReplayed { folds: 1, .. })));
}

#[test]
fn the_customers_habit_beats_the_due_date() {
    let (history, _folder) = ledger("2025-06-30");
    let models = [SIMPLE[0], SIMPLE[1], ModelName::Delta];
    let card = score(&replay(&history, &plan(&models)));
    assert_eq!(card.folds_scored, 3);
    assert_eq!(card.folds_matured, 3);
    let crps = |name: ModelName| {
        let model = card.models.iter().find(|score| score.model == name);
        model.and_then(|score| score.all.crps_days).unwrap()
    };
    assert!(crps(ModelName::CustomerMean) < crps(ModelName::DueDate));
    assert!(BASELINES.starts_with(&SIMPLE));
    assert_eq!(card.comparisons.len(), 6);
    let against_due_date = &card.comparisons[0];
    assert_eq!(against_due_date.baseline, ModelName::DueDate);
    assert_eq!(against_due_date.verdict, Verdict::Better);
    assert!(against_due_date.difference.upper < 0.0);
    assert_eq!(card.models[0].horizons.len(), 13);
    assert_eq!(card.models[0].cash[0].weeks.len(), 13);
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            for (inner, content) in files(&path) {
                found.insert(format!("{name}/{inner}"), content);
            }
        } else {
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn a_report_is_complete_and_the_same_byte_for_byte() {
    let (history, _folder) = ledger("2025-06-30");
    let models = [SIMPLE[0], SIMPLE[1], ModelName::Delta];
    let mut reports = Vec::new();
    for _ in 0..2 {
        let folder = tempfile::tempdir().unwrap();
        let replay = replay(&history, &plan(&models));
        let written = report::write(folder.path(), &replay, &score(&replay)).unwrap();
        assert!(written.report.ends_with("report.md"));
        assert_eq!(written.figures.len(), 5);
        reports.push(files(folder.path()));
    }
    let names: Vec<&str> = reports[0].keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "cases.csv",
            "cash.csv",
            "figures/cash-eur.svg",
            "figures/crps.svg",
            "figures/error-by-horizon.svg",
            "figures/pit.svg",
            "figures/reliability.svg",
            "report.md",
            "scorecard.json",
            "scores.csv",
        ]
    );
    assert_eq!(reports[0], reports[1]);
    let text = |name: &str| String::from_utf8(reports[0][name].clone()).unwrap();
    let page = text("report.md");
    for heading in ["# Backtest", "## In short", "## More than chance?", "## Limits"] {
        assert!(page.contains(heading), "{heading}");
    }
    // Three models, three cut-offs, thirteen weeks, and the header.
    assert_eq!(text("cash.csv").lines().count(), 3 * 3 * 13 + 1);
    assert!(text("figures/crps.svg").trim_end().ends_with("</svg>"));
    let card: serde_json::Value = serde_json::from_str(&text("scorecard.json")).unwrap();
    assert_eq!(card["models"][0]["model"], "due_date");
}

/// A case of a customer, with an open amount.
fn case(customer: &str, open_minor: i64, outcome: Outcome) -> Case {
    Case {
        invoice_id: format!("{customer}-{open_minor}"),
        customer_id: customer.to_string(),
        currency: Currency::parse("EUR").unwrap(),
        open_minor,
        due_in_days: 10,
        customer_paid_count: 3,
        outcome,
    }
}

#[test]
fn a_measure_that_needs_more_days_than_observed_leaves_out_paid_and_unpaid_alike() {
    let cdf = vec![0.5_f32; 91];
    let paid = case("A", 100, Outcome::Paid { days: 5 });
    let open = case("A", 100, Outcome::Open { days_observed: 20 });
    for case in [&paid, &open] {
        let judged = JudgedCase {
            case,
            observed_days: case.observed_days(20),
            cdf: &cdf,
            late_probability: 0.4,
        };
        assert!(judged.paid_within(14).is_some());
        assert!(judged.paid_within(30).is_none());
        assert!(judged.absolute_error_days().is_none());
        assert!(judged.late().is_some());
        assert_eq!(judged.crps_days(), Some(20.0 * 0.25));
    }
}

#[test]
fn an_invoice_credited_early_is_seen_up_to_that_day() {
    let credited = case("A", 100, Outcome::EndedOtherwise { days: 9 });
    assert_eq!(credited.observed_days(200), 9);
    let cdf = vec![0.5_f32; 91];
    let judged = JudgedCase {
        case: &credited,
        observed_days: credited.observed_days(200),
        cdf: &cdf,
        late_probability: 0.4,
    };
    assert!(judged.late().is_none(), "it was not seen on its due date");
    assert!(judged.paid_within(7).is_some_and(|event| !event.happened()));
}

#[test]
fn an_invoice_still_open_after_the_horizon_counts_with_its_least_error() {
    let open = case("A", 100, Outcome::Open { days_observed: 120 });
    let mut cdf = vec![0.0_f32; 91];
    cdf[39..].fill(1.0);
    let judged = JudgedCase {
        case: &open,
        observed_days: open.observed_days(120),
        cdf: &cdf,
        late_probability: 1.0,
    };
    assert_eq!(judged.absolute_error_days(), Some(51.0));
}

#[test]
fn slices_of_a_kind_hold_every_case_once() {
    let cases: Vec<Case> = (0..40)
        .map(|number| {
            let customer = format!("C{:02}", number % 12);
            case(&customer, 100 + number, Outcome::Paid { days: 3 })
        })
        .collect();
    let cases: Vec<&Case> = cases.iter().collect();
    let parts = slices(&cases);
    for kind in SliceKind::ALL {
        let mut members: Vec<usize> = parts
            .iter()
            .filter(|slice| slice.kind == kind)
            .flat_map(|slice| slice.members.clone())
            .collect();
        members.sort_unstable();
        assert_eq!(members, (0..40).collect::<Vec<_>>(), "{kind:?}");
    }
    let deciles = parts.iter().filter(|slice| slice.kind == SliceKind::AmountDecile);
    assert!(deciles.clone().all(|slice| slice.members.len() == 4));
    assert_eq!(deciles.count(), 10);
    let sizes: Vec<&str> = parts
        .iter()
        .filter(|slice| slice.kind == SliceKind::CustomerSize)
        .map(|slice| slice.value.as_str())
        .collect();
    assert_eq!(sizes, ["ten largest", "others"]);
}
