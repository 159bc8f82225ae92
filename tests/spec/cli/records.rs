//! The life of a forecast: stored, explained by what came, counted down to.

use std::fs;

use super::ledgers::{line_of, records, run};
use super::trained;

#[test]
fn a_forecast_is_stored_once_explained_and_counted_down_to() {
    let folder = trained();
    let forecast = "forecast --ledger ledger --as-of 2025-06-01 --model model --out cash.csv --record stored";
    let first = run(folder.path(), forecast);
    first.succeeded();
    assert!(first.out.contains("stored"), "{}", first.out);
    let second = run(folder.path(), forecast);
    second.succeeded();
    assert!(second.out.contains("was there already"), "{}", second.out);
    let mut ids = fs::read_dir(folder.path().join("stored")).unwrap();
    let id = ids.next().unwrap().unwrap().file_name().into_string().unwrap();
    assert!(ids.next().is_none());

    let explain =
        format!("variance --ledger ledger --forecast stored/{id} --as-of 2025-06-30 --out variance.csv");
    run(folder.path(), &explain).succeeded();
    let rows = records(&folder.path().join("variance.csv"));
    assert!(!rows.is_empty());
    let minor = |text: &str| -> i64 { text.replace('.', "").parse().unwrap() };
    for row in &rows {
        let parts = [
            "timing",
            "amount",
            "new_invoices",
            "unforecast",
            "currency_effect",
        ];
        let sum: i64 = parts.iter().map(|part| minor(&row[*part])).sum();
        assert_eq!(sum, minor(&row["actual"]) - minor(&row["forecast"]), "{row:?}");
        assert_eq!(
            row["partial"] == "true",
            row["bucket_end"].as_str() > "2025-06-30"
        );
    }

    let countdown = run(
        folder.path(),
        "countdown --ledger ledger --records stored --week 2025-W24 --out countdown.csv",
    );
    countdown.succeeded();
    assert!(
        line_of(&countdown.out, "WAPE").contains("1 forecasts"),
        "{}",
        countdown.out
    );
    let rows = records(&folder.path().join("countdown.csv"));
    assert!(
        rows.iter()
            .all(|row| row["forecast_id"] == id && row["days_ahead"] == "8")
    );
}

#[test]
fn two_stored_forecasts_are_compared() {
    let folder = trained();
    for as_of in ["2025-06-01", "2025-06-08"] {
        let forecast =
            format!("forecast --ledger ledger --as-of {as_of} --model model --out cash.csv --record {as_of}");
        run(folder.path(), &forecast).succeeded();
    }
    let path = |as_of: &str| {
        let mut ids = fs::read_dir(folder.path().join(as_of)).unwrap();
        let id = ids.next().unwrap().unwrap().file_name().into_string().unwrap();
        format!("{as_of}/{id}")
    };
    let (from, to) = (path("2025-06-01"), path("2025-06-08"));
    let moved = run(
        folder.path(),
        &format!("variance --from {from} --to {to} --out moved.csv"),
    );
    moved.succeeded();
    assert!(moved.err.contains("--ledger"), "{}", moved.err);
    assert!(!records(&folder.path().join("moved.csv")).is_empty());
    let told = run(
        folder.path(),
        &format!("variance --ledger ledger --from {from} --to {to}"),
    );
    told.succeeded();
    assert!(!told.err.contains("--ledger"), "{}", told.err);
    run(folder.path(), &format!("variance --from {to} --to {from}")).failed_with("forward in time");
}

#[test]
fn a_variance_needs_one_question() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "variance --ledger l").refused_with("--forecast");
    run(folder.path(), "variance --forecast a --from b --to c").refused_with("cannot be used with");
    run(folder.path(), "variance --from a").refused_with("--to");
    run(folder.path(), "countdown --ledger l --records r").refused_with("--week");
    run(folder.path(), "countdown --ledger l --records r --week 2026-10").refused_with("2026-W40");
}
