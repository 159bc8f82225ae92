//! The command line keeps its contract: files, columns, exit codes, messages. The real program runs.

mod calibrate;
mod figures;
mod finding;
mod law;
mod ledgers;
mod policies;
mod policy_proof;
mod records;
mod scenarios;
mod targets;
mod usage;

use std::fs;
use std::path::Path;

use duecast::domain::date::{add_days, parse_iso};
use serde_json::Value;

use crate::support::table_language::Ledger;
use ledgers::{Ran, line_of, records, run, tiny_ledger};

/// Trains the plain model on the tiny ledger, which every prediction here rests on.
fn trained() -> tempfile::TempDir {
    let folder = tiny_ledger();
    let trained = run(
        folder.path(),
        "train --ledger ledger --as-of 2025-06-30 --model customer_histogram --out model",
    );
    trained.succeeded();
    assert!(
        trained.out.contains("model customer_histogram"),
        "{}",
        trained.out
    );
    folder
}

fn predict(folder: &Path, out: &str) -> Ran {
    run(
        folder,
        &format!("predict --ledger ledger --as-of 2025-06-30 --model model --out {out}"),
    )
}

#[test]
fn predict_writes_one_row_an_open_invoice_with_the_columns_of_the_contract() {
    let folder = trained();
    predict(folder.path(), "out/book.csv").succeeded();
    let text = fs::read_to_string(folder.path().join("out/book.csv")).unwrap();
    assert_eq!(
        text.lines().next().unwrap(),
        "invoice_id,customer_id,as_of,due_date,currency,open_amount,predicted_payment_date,payment_date_p10,\
         payment_date_p90,predicted_delay_days,late_probability,unpaid_90_days_probability,reasons"
    );
    let rows = records(&folder.path().join("out/book.csv"));
    assert!(rows.len() >= 10, "{} rows", rows.len());
    for row in &rows {
        let late: f64 = row["late_probability"].parse().unwrap();
        assert!((0.0..=1.0).contains(&late));
        if row["due_date"].as_str() <= "2025-06-30" {
            assert_eq!(row["late_probability"], "1", "{row:?}");
        }
        assert!(
            row["payment_date_p10"] <= row["predicted_payment_date"],
            "{row:?}"
        );
        assert!(
            row["predicted_payment_date"] <= row["payment_date_p90"],
            "{row:?}"
        );
    }
    let yen = rows.iter().find(|row| row["currency"] == "JPY").unwrap();
    assert!(!yen["open_amount"].contains('.'), "{yen:?}");
    let euro = rows.iter().find(|row| row["currency"] == "EUR").unwrap();
    assert_eq!(euro["open_amount"].split('.').nth(1).unwrap().len(), 2);
}

#[test]
fn a_text_that_a_spreadsheet_would_run_is_guarded_in_csv_and_kept_in_json() {
    let folder = trained();
    predict(folder.path(), "book.csv").succeeded();
    predict(folder.path(), "book.json").succeeded();
    let text = fs::read_to_string(folder.path().join("book.csv")).unwrap();
    assert!(text.contains("\n'=1+1,"), "{text}");
    let json: Value = serde_json::from_slice(&fs::read(folder.path().join("book.json")).unwrap()).unwrap();
    let row = json
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["invoice_id"] == "=1+1")
        .unwrap();
    assert_eq!(row["open_amount"], "10.00");
    assert!(row["reasons"].is_array());
}

#[test]
fn the_extension_decides_the_format_and_the_same_input_gives_the_same_bytes() {
    let folder = trained();
    for (extension, magic) in [
        ("csv", "invoice_id,"),
        ("json", "[\n"),
        ("ndjson", "{\"invoice_id\""),
        ("parquet", "PAR1"),
        ("xlsx", "PK"),
    ] {
        let once = format!("once.{extension}");
        let twice = format!("twice.{extension}");
        predict(folder.path(), &once).succeeded();
        predict(folder.path(), &twice).succeeded();
        let bytes = fs::read(folder.path().join(once)).unwrap();
        assert!(bytes.starts_with(magic.as_bytes()), "{extension}");
        assert_eq!(bytes, fs::read(folder.path().join(twice)).unwrap(), "{extension}");
    }
}

#[test]
fn the_distribution_has_91_rising_days_an_invoice() {
    let folder = trained();
    predict(folder.path(), "book.csv --distribution days.csv").succeeded();
    predict(folder.path(), "book.csv --distribution days.parquet").succeeded();
    let parquet = fs::read(folder.path().join("days.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1"));
    let book = records(&folder.path().join("book.csv"));
    let days = records(&folder.path().join("days.csv"));
    assert_eq!(days.len(), 91 * book.len());
    for (invoice, rows) in book.iter().zip(days.chunks(91)) {
        assert_eq!(rows[0]["date"], "2025-07-01");
        assert_eq!(rows[90]["date"], "2025-09-29");
        let mut before = 0.0;
        for row in rows {
            assert_eq!(row["invoice_id"], invoice["invoice_id"]);
            let probability: f64 = row["paid_by_probability"].parse().unwrap();
            assert!(probability >= before && probability <= 1.0, "{row:?}");
            before = probability;
        }
    }
}

#[test]
fn the_forecast_adds_up_to_the_open_balance_to_the_cent() {
    let folder = trained();
    for bucket in ["day", "week", "month"] {
        let arguments = format!(
            "forecast --ledger ledger --as-of 2025-06-30 --model model --bucket {bucket} --out cash.json"
        );
        run(folder.path(), &arguments).succeeded();
        let json: Value =
            serde_json::from_slice(&fs::read(folder.path().join("cash.json")).unwrap()).unwrap();
        assert_eq!(json["as_of"], "2025-06-30");
        assert_eq!(json["model"], "customer_histogram");
        assert!(json["seed"].is_number());
        let currencies = json["currencies"].as_array().unwrap();
        assert_eq!(currencies.len(), 2);
        for book in currencies {
            let expected: i64 = json["buckets"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|row| row["currency"] == book["currency"])
                .map(|row| minor(&row["expected"]))
                .sum();
            assert_eq!(
                expected + minor(&book["beyond_horizon"]) + minor(&book["expected_loss"]),
                minor(&book["open_balance"]),
                "{bucket} {book}"
            );
        }
    }
}

/// A decimal string as a count of its last digit.
fn minor(amount: &Value) -> i64 {
    amount.as_str().unwrap().replace('.', "").parse().unwrap()
}

#[test]
fn a_forecast_can_be_a_workbook_or_a_table() {
    let folder = trained();
    let forecast = "forecast --ledger ledger --as-of 2025-06-30 --model model --out";
    run(folder.path(), &format!("{forecast} cash.csv")).succeeded();
    run(folder.path(), &format!("{forecast} cash.xlsx")).succeeded();
    let text = fs::read_to_string(folder.path().join("cash.csv")).unwrap();
    assert!(
        text.starts_with("as_of,bucket_start,bucket_end,bucket,currency,expected,p10,p50,p90,contractual,"),
        "{text}"
    );
    assert!(
        fs::read(folder.path().join("cash.xlsx"))
            .unwrap()
            .starts_with(b"PK")
    );
}

#[test]
fn a_forecast_comes_with_a_page_for_the_treasurer() {
    let folder = trained();
    let forecast = "forecast --ledger ledger --as-of 2025-06-30 --model model --bucket day --out cash.csv";
    run(folder.path(), &format!("{forecast} --report page.html")).succeeded();
    run(folder.path(), &format!("{forecast} --report page.md")).succeeded();
    let html = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(html.contains("Receipts forecast as of 2025-06-30"), "{html}");
    let text = fs::read_to_string(folder.path().join("page.md")).unwrap();
    assert!(
        text.contains("| 2025-W27 | 2025-07-06 |"),
        "the page goes by week: {text}"
    );
    assert!(folder.path().join("page-eur-weeks.svg").is_file());
    run(folder.path(), &format!("{forecast} --report page.pdf")).refused_with(".html or .md");
}

#[test]
fn features_come_as_a_table_and_as_a_dictionary() {
    let folder = tiny_ledger();
    run(
        folder.path(),
        "features --ledger ledger --as-of 2025-06-30 --out features.csv",
    )
    .succeeded();
    let rows = records(&folder.path().join("features.csv"));
    assert!(rows.len() >= 10, "{} rows", rows.len());
    let dictionary = run(folder.path(), "features --dictionary");
    dictionary.succeeded();
    for name in duecast::features::features() {
        assert!(rows[0].contains_key(name.name), "{}", name.name);
        assert!(dictionary.out.contains(name.name), "{}", name.name);
    }
}

#[test]
fn kpis_are_printed_for_people_and_for_programs() {
    let folder = tiny_ledger();
    let text = run(
        folder.path(),
        "kpis --ledger ledger --as-of 2025-06-30 --out kpis.csv",
    );
    text.succeeded();
    assert!(line_of(&text.out, "dso countback").contains("days"));
    let json = run(
        folder.path(),
        "kpis --ledger ledger --as-of 2025-06-30 --format json",
    );
    json.succeeded();
    let value: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value["currencies"].as_array().unwrap().len(), 2);
    let rows = records(&folder.path().join("kpis.csv"));
    assert!(
        rows.iter()
            .any(|row| row["kpi"] == "receivables" && row["currency"] == "EUR")
    );
}

#[test]
fn a_backtest_leaves_its_report() {
    let folder = tiny_ledger();
    let done = run(
        folder.path(),
        "backtest --ledger ledger --from 2025-02-02 --to 2025-02-16 --models due_date,customer_mean --out report",
    );
    done.succeeded();
    assert!(line_of(&done.out, "customer_mean").contains('┆'));
    for file in ["report.md", "scorecard.json", "scores.csv", "cash.csv"] {
        assert!(folder.path().join("report").join(file).is_file(), "{file}");
    }
}

/// A ledger in which every customer is either always five days early or always ten days late.
fn ledger_without_chance() -> tempfile::TempDir {
    let first = parse_iso("2024-01-01").unwrap();
    let mut text = String::new();
    for (week, customer) in (0..70_i64).flat_map(|week| (0..12_i64).map(move |customer| (week, customer))) {
        let issued = add_days(first, 7 * week);
        let due = add_days(issued, 30);
        let paid = add_days(due, if customer % 2 == 0 { -5 } else { 10 });
        text.push_str(&format!(
            "invoice I{customer}-{week} C{customer} issued {issued} due {due} 100.00 EUR\n\
             payment I{customer}-{week} {paid} 100.00\n"
        ));
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("ledger")).unwrap();
    Ledger::parse(&text).write(&folder.path().join("ledger"));
    folder
}

#[test]
fn a_backtest_too_good_to_be_true_leaves_its_report_and_fails() {
    let folder = ledger_without_chance();
    let stopped = run(
        folder.path(),
        "backtest --ledger ledger --from 2025-02-02 --to 2025-03-23 --models customer_mean --refit-every 8 --out report",
    );
    stopped.failed_with("the AUC of late payment must be at most 0.97, got 1.0000 of customer_mean over");
    assert!(line_of(&stopped.out, "customer_mean").contains('┆'));
    let page = fs::read_to_string(folder.path().join("report/report.md")).unwrap();
    assert!(page.starts_with("# Backtest\n\n## Leak suspected\n"), "{page}");
}

#[test]
fn the_same_seed_simulates_the_same_ledger_and_a_real_one_is_left_alone() {
    let folder = tiny_ledger();
    let simulate = "simulate --customers 12 --invoices 200 --seed 5 --out";
    for out in ["one", "two", "two"] {
        run(folder.path(), &format!("{simulate} {out}")).succeeded();
    }
    for table in ["customers.csv", "invoices.csv", "payments.csv"] {
        let read = |name: &str| fs::read(folder.path().join(name).join(table)).unwrap();
        assert_eq!(read("one"), read("two"), "{table}");
    }
    let before = fs::read(folder.path().join("ledger/invoices.csv")).unwrap();
    run(folder.path(), &format!("{simulate} ledger")).failed_with("must hold no ledger");
    assert_eq!(
        fs::read(folder.path().join("ledger/invoices.csv")).unwrap(),
        before
    );
}

#[test]
fn importing_the_same_file_again_changes_nothing() {
    let folder = tiny_ledger();
    let import = "import --profile canonical --input ledger/invoices.csv ledger/payments.csv --ledger mine";
    run(folder.path(), import).succeeded();
    let first = fs::read(folder.path().join("mine/invoices.csv")).unwrap();
    let again = run(folder.path(), import);
    again.succeeded();
    assert!(again.out.contains("mine is unchanged"), "{}", again.out);
    assert_eq!(fs::read(folder.path().join("mine/invoices.csv")).unwrap(), first);
    run(
        folder.path(),
        "import --profile nowhere --input ledger/invoices.csv --ledger mine",
    )
    .failed_with("no such profile");
}

#[test]
fn the_shipped_profiles_are_listed_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let list = run(folder.path(), "profile list");
    list.succeeded();
    for (name, text) in duecast::history::profile::shipped() {
        assert!(line_of(&list.out, name).len() > name.len());
        assert_eq!(
            run(folder.path(), &format!("profile show {name}")).out.trim_end(),
            text.trim_end()
        );
    }
    run(folder.path(), "profile show nowhere").failed_with("no shipped profile has that name");
}

#[test]
fn the_demo_shows_the_main_job_in_any_folder_but_not_over_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let demo = run(folder.path(), "demo");
    demo.succeeded();
    for step in 1..=6 {
        let heading = format!("{step}  ");
        assert!(
            demo.out.lines().any(|line| line.starts_with(&heading)),
            "{}",
            demo.out
        );
    }
    for line in demo.out.lines() {
        assert!(line.chars().count() <= 100, "{line}");
        assert!(!line.contains('\x1b'), "{line}");
    }
    let out = folder.path().join("duecast-demo");
    for file in [
        "ledger/invoices.csv",
        "model/card.md",
        "report/report.md",
        "predictions.csv",
        "cash.xlsx",
        "cash.html",
    ] {
        assert!(out.join(file).is_file(), "{file}");
    }
    fs::write(out.join("ledger/invoices.csv"), "mine").unwrap();
    run(folder.path(), "demo").failed_with("holds files of something else");
}
