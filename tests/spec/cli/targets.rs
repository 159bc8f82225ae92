//! Results never overwrite what a command reads, nor each other, nor the files of something else.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::ledgers::{run, tiny_ledger};

/// Name and content of every file of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn no_result_goes_into_the_ledger_or_the_model() {
    let folder = tiny_ledger();
    let (ledger, model) = (folder.path().join("ledger"), folder.path().join("model"));
    fs::create_dir(&model).unwrap();
    fs::write(model.join("model.json"), "mine").unwrap();
    let before = (files(&ledger), files(&model));
    let view = "--ledger ledger --as-of 2025-06-30";
    for (command, owner) in [
        (format!("features {view} --out ledger/invoices.csv"), "--ledger"),
        (format!("kpis {view} --out ./ledger/new/kpis.csv"), "--ledger"),
        (format!("train {view} --out ledger/model"), "--ledger"),
        (format!("train {view} --out ."), "--ledger"),
        (
            format!("predict {view} --model model --out a.csv --distribution ledger/payments.csv"),
            "--ledger",
        ),
        (
            format!("predict {view} --model model --out model/model.json"),
            "--model",
        ),
        (
            format!("forecast {view} --model model --out new/../model/cash.csv"),
            "--model",
        ),
        (
            "check --ledger ledger --rejects ledger/rejects.csv".to_owned(),
            "--ledger",
        ),
        (
            "backtest --ledger ledger --from 2025-02-02 --to 2025-02-16 --out ledger/report".to_owned(),
            "--ledger",
        ),
    ] {
        let ran = run(folder.path(), &command);
        ran.refused_with("name a place outside it");
        assert!(ran.err.contains(owner), "{}", ran.err);
    }
    assert_eq!((files(&ledger), files(&model)), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn two_results_need_two_places() {
    let folder = tiny_ledger();
    let predict = "predict --ledger ledger --as-of 2025-06-30 --model model --out a.csv --distribution";
    for same in ["a.csv", "./a.csv", "ledger/../a.csv"] {
        run(folder.path(), &format!("{predict} {same}")).refused_with("--out and --distribution both name");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_backtest_replaces_its_own_report_but_no_other_files() {
    let folder = tiny_ledger();
    let backtest =
        "backtest --ledger ledger --from 2025-02-02 --to 2025-02-16 --models due_date,customer_mean --out";
    let foreign = folder.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::write(foreign.join("report.md"), "mine").unwrap();
    run(folder.path(), &format!("{backtest} foreign")).failed_with("holds files of something else");
    assert_eq!(
        files(&foreign),
        BTreeMap::from([("report.md".to_owned(), b"mine".to_vec())])
    );
    for out in ["empty", "report", "report"] {
        run(folder.path(), &format!("{backtest} {out}")).succeeded();
    }
}

#[test]
fn a_ledger_without_payments_and_a_file_of_no_table_are_not_passed_over_in_silence() {
    let folder = tiny_ledger();
    let ledger = folder.path().join("ledger");
    fs::write(ledger.join("rejects.csv"), "file,line,column,value,reason\n").unwrap();
    let quiet = run(folder.path(), "check --ledger ledger");
    quiet.succeeded();
    assert!(!quiet.out.contains("warning: the ledger"), "{}", quiet.out);
    assert!(!quiet.out.contains("not read"), "{}", quiet.out);

    fs::rename(ledger.join("payments.csv"), ledger.join("payment.csv")).unwrap();
    let told = run(folder.path(), "check --ledger ledger");
    told.succeeded();
    for part in [
        "warning: the ledger has no payments file",
        "every invoice counts as unpaid",
        "payment.csv; a file must be named customers, invoices, payments",
    ] {
        assert!(told.out.contains(part), "{part} in {}", told.out);
    }
    assert!(!told.out.contains("rejects.csv"), "{}", told.out);
    let json = run(folder.path(), "check --ledger ledger --format json");
    let value: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value["payments_missing"], true);
    assert_eq!(value["unknown_files"], serde_json::json!(["payment.csv"]));

    let features = run(
        folder.path(),
        "features --ledger ledger --as-of 2025-06-30 --out a.csv",
    );
    features.succeeded();
    assert!(
        features.err.contains("note: the ledger has no payments file"),
        "{}",
        features.err
    );
    assert!(features.err.contains("note: not read"), "{}", features.err);
}
