//! `duecast kpis` with all it can be asked for.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::ledgers::{line_of, records, run, tiny_ledger};
use super::trained;

#[test]
fn a_series_by_group_with_a_model_is_one_row_a_month_currency_group_and_figure() {
    let folder = trained();
    let done = run(
        folder.path(),
        "kpis --ledger ledger --as-of 2025-06-30 --months 3 --group-by customer --model model \
         --forward-looking 1.1 --format json --out out/figures.csv",
    );
    done.succeeded();
    let months: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(months.as_array().unwrap().len(), 3);
    assert_eq!(months[2]["as_of"], "2025-06-30");
    assert_eq!(months[2]["group_by"], "customer");
    assert_eq!(months[2]["groups"].as_array().unwrap().len(), 2);
    assert_eq!(months[2]["forward_looking"][4], 1.1);
    let text = fs::read_to_string(folder.path().join("out/figures.csv")).unwrap();
    assert_eq!(
        text.lines().next().unwrap(),
        "as_of,window_start,group_by,group,currency,kpi,unit,value"
    );
    let rows = records(&folder.path().join("out/figures.csv"));
    let keys: BTreeSet<[&str; 5]> = rows
        .iter()
        .map(|row| ["as_of", "group_by", "group", "currency", "kpi"].map(|column| row[column].as_str()))
        .collect();
    assert_eq!(keys.len(), rows.len());
    assert!(keys.contains(&["2025-04-30", "customer", "NIPPON", "JPY", "dso_simple"]));
    assert!(keys.contains(&["2025-06-30", "", "", "EUR", "expected_loss_lifetime"]));
    assert!(!keys.contains(&["2025-05-31", "", "", "EUR", "expected_loss_lifetime"]));
}

#[test]
fn groups_and_months_are_tables_for_people() {
    let folder = tiny_ledger();
    let done = run(
        folder.path(),
        "kpis --ledger ledger --as-of 2025-06-30 --months 2 --group-by customer",
    );
    done.succeeded();
    for text in ["ACME", "NIPPON", "│ 2025-05-31", "DSO"] {
        assert!(line_of(&done.out, text).contains('┆'), "{text}");
    }
}

#[test]
fn a_wrong_group_or_factor_is_told_what_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, told) in [
        ("--group-by colour", "segment"),
        ("--forward-looking 1,2", "five of them"),
        ("--forward-looking 11", "from 0 to 10"),
    ] {
        let ran = run(
            folder.path(),
            &format!("kpis --ledger l --as-of 2025-06-30 {arguments}"),
        );
        ran.refused_with(told);
    }
}
