//! What the program says when it is used wrongly, cannot do its work, or is stopped.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use super::ledgers::{program, run, tiny_ledger};

#[test]
fn the_help_names_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let help = run(folder.path(), "--help");
    help.succeeded();
    for command in [
        "check",
        "import",
        "simulate",
        "features",
        "train",
        "predict",
        "forecast",
        "variance",
        "countdown",
        "kpis",
        "law",
        "backtest",
        "demo",
        "profile",
        "policy",
        "scenario",
        "calibrate",
        "prove",
        "models",
        "serve",
        "config",
        "openapi",
    ] {
        assert!(help.out.contains(&format!("\n  {command} ")), "{command}");
        run(folder.path(), &format!("{command} --help")).succeeded();
    }
    assert_eq!(run(folder.path(), "").code, Some(2));
}

#[test]
fn the_help_of_training_names_every_model() {
    let folder = tempfile::tempdir().unwrap();
    let help = run(folder.path(), "train --help").out;
    let words: Vec<&str> = help
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .collect();
    for model in duecast::model::ModelName::ALL {
        // The default is named once more, as the default.
        let times = if model == duecast::model::ModelName::DEFAULT {
            2
        } else {
            1
        };
        let found = words.iter().filter(|word| **word == model.as_str()).count();
        assert!(found >= times, "{model}: {help}");
    }
}

#[test]
fn wrong_usage_is_told_what_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, told) in [
        (
            "predict --ledger l --as-of 2025-06-30 --model m --out a.txt",
            ".xlsx",
        ),
        (
            "predict --ledger l --as-of 2025-06-30 --model m --out a.csv --distribution d.json",
            ".csv or .parquet",
        ),
        ("train --ledger l --as-of 30.06.2025 --out m", "YYYY-MM-DD"),
        (
            "train --ledger l --as-of 2025-06-30 --out m --model oracle",
            "customer_histogram",
        ),
        (
            "forecast --ledger l --as-of 2025-06-30 --model m --bucket year --out a.csv",
            "month",
        ),
        (
            "backtest --ledger l --from 2025-01-01 --to 2025-02-01 --stride-days 0 --out r",
            "stride-days",
        ),
        (
            "effects --ledger l --model m --from 2025-01-01 --to 2025-02-01 --stride-days 0 --out e.json",
            "stride-days",
        ),
        (
            "effects --ledger l --model m --from 2025-01-01 --to 2025-02-01 --window-days 366 --out e.json",
            "window-days",
        ),
        ("features --ledger l --as-of 2025-06-30", "--out"),
        ("features --dictionary --ledger l", "--ledger"),
        ("oracle", "unrecognized"),
    ] {
        run(folder.path(), arguments).refused_with(told);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_error_names_its_cause() {
    let folder = tiny_ledger();
    let ran = run(folder.path(), "check --ledger nowhere");
    ran.failed_with("nowhere cannot be used");
    assert!(ran.err.contains("\n  caused by: "), "{}", ran.err);
    run(
        folder.path(),
        "predict --ledger ledger --as-of 2025-06-30 --model nowhere --out a.csv",
    )
    .failed_with("nowhere");
    assert!(!folder.path().join("a.csv").is_file());
}

#[test]
fn a_day_before_the_ledger_fails_and_a_day_after_it_is_noted() {
    let folder = tiny_ledger();
    run(
        folder.path(),
        "features --ledger ledger --as-of 2023-12-31 --out a.csv",
    )
    .failed_with("a day from 2024-01-01 on is allowed");
    let after = run(
        folder.path(),
        "features --ledger ledger --as-of 2025-07-09 --out a.csv",
    );
    after.succeeded();
    assert!(after.err.starts_with("note: 2025-07-09 is "), "{}", after.err);
    let within = run(
        folder.path(),
        "features --ledger ledger --as-of 2025-06-01 --out a.csv",
    );
    within.succeeded();
    assert_eq!(within.err, "");
}

#[test]
fn check_reports_and_fails_when_the_ledger_cannot_be_used() {
    let folder = tiny_ledger();
    let good = run(folder.path(), "check --ledger ledger");
    good.succeeded();
    assert!(good.out.contains("can be used, from 2024-01-01"), "{}", good.out);
    let json = run(folder.path(), "check --ledger ledger --format json");
    json.succeeded();
    let value: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value["tables"]["invoices"]["rows_kept"], 183);

    let path = folder.path().join("ledger/payments.csv");
    let mut payments = fs::read_to_string(&path).unwrap();
    for number in 0..40 {
        payments.push_str(&format!("X{number},I001,2025-13-01,1.00,EUR\n"));
    }
    fs::write(&path, payments).unwrap();
    let bad = run(folder.path(), "check --ledger ledger --rejects bad.csv");
    bad.failed_with("cannot be used");
    assert!(bad.out.contains("2025-13-01"), "{}", bad.out);
    let rejects = fs::read_to_string(folder.path().join("bad.csv")).unwrap();
    assert_eq!(rejects.lines().next().unwrap(), "file,line,column,value,reason");
    assert_eq!(rejects.lines().count(), 41);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let folder = tiny_ledger();
    let mut child = program(folder.path(), "features --dictionary")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_nothing_behind_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = program(
        folder.path(),
        "simulate --customers 20000 --invoices 20000000 --seed 1 --out big",
    )
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    // The staging folder shows that the work has begun.
    while fs::read_dir(folder.path()).unwrap().count() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    let sent = std::process::Command::new("sh")
        .args(["-c", &format!("kill -INT {}", child.id())])
        .status()
        .unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "interrupted: simulate; nothing was changed\n"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
