//! `duecast scenario`: the shipped questions, one's own, and what is refused.

use std::fs;

use super::ledgers::{line_of, records, run};
use super::trained;

const COMMAND: &str = "scenario --ledger ledger --as-of 2025-06-30 --model model";

#[test]
fn the_shipped_scenarios_are_listed_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let list = run(folder.path(), "scenario list");
    list.succeeded();
    for (name, text) in duecast::forecast::scenario::shipped() {
        assert!(line_of(&list.out, name).len() > name.len());
        assert_eq!(
            run(folder.path(), &format!("scenario show {name}"))
                .out
                .trim_end(),
            text.trim_end()
        );
    }
    run(folder.path(), "scenario show nowhere").failed_with("no shipped scenario has that name");
    run(folder.path(), "scenario --scenario base").refused_with("--ledger");
}

#[test]
fn scenarios_are_rows_of_differences_whose_base_is_zero() {
    let folder = trained();
    let arguments = format!("{COMMAND} --scenario base --scenario top_five_late --out what_if.csv");
    let ran = run(folder.path(), &arguments);
    ran.succeeded();
    assert!(
        ran.out
            .contains("the 5 largest debtors of each currency: paid 30 days later"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("assumption: whatever they would have done"),
        "{}",
        ran.out
    );
    let text = fs::read_to_string(folder.path().join("what_if.csv")).unwrap();
    assert_eq!(
        text.lines().next().unwrap(),
        "scenario,currency,bucket_start,bucket_end,bucket,base_expected,scenario_expected,difference,\
         difference_p10,difference_p50,difference_p90,cumulative_difference,cumulative_difference_p10,\
         cumulative_difference_p50,cumulative_difference_p90"
    );
    let rows = records(&folder.path().join("what_if.csv"));
    let (base, late): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row["scenario"] == "base");
    assert_eq!(base.len(), late.len());
    for row in base {
        assert_eq!(row["base_expected"], row["scenario_expected"]);
        for column in [
            "difference",
            "difference_p10",
            "difference_p90",
            "cumulative_difference_p90",
        ] {
            assert_eq!(row[column].parse::<f64>(), Ok(0.0), "{row:?}");
        }
    }
    let first = late[0]["cumulative_difference"].parse::<f64>().unwrap();
    assert!(first < 0.0, "{:?}", late[0]);
}

#[test]
fn one_s_own_scenario_is_a_file_and_unknown_customers_are_named() {
    let folder = trained();
    let scenario = |customer: &str| {
        format!(
            "{{\"name\": \"mine\", \"description\": \"d\", \"shock\": [{{\"kind\": \"default\", \
             \"probability\": 1, \"select\": {{\"customers\": [\"{customer}\"]}}}}]}}"
        )
    };
    let path = folder.path().join("mine.json");
    fs::write(&path, scenario("ACME")).unwrap();
    run(
        folder.path(),
        &format!("{COMMAND} --scenario mine.json --out mine.xlsx"),
    )
    .succeeded();
    fs::write(&path, scenario("ZORG")).unwrap();
    run(
        folder.path(),
        &format!("{COMMAND} --scenario mine.json --out zorg.csv"),
    )
    .failed_with("ZORG");
    fs::write(folder.path().join("mine.txt"), "").unwrap();
    run(
        folder.path(),
        &format!("{COMMAND} --scenario mine.txt --out txt.csv"),
    )
    .failed_with(".toml or .json");
    run(
        folder.path(),
        &format!("{COMMAND} --scenario nowhere --out no.csv"),
    )
    .failed_with("top_five_late");
    assert!(!folder.path().join("zorg.csv").try_exists().unwrap());
}

#[test]
fn a_scenario_is_not_overwritten_by_its_result() {
    let folder = trained();
    let text = "name = \"mine\"\ndescription = \"d\"\n";
    let path = folder.path().join("mine.json");
    fs::write(&path, text).unwrap();
    fs::write(folder.path().join("plan.csv"), text).unwrap();
    for (arguments, owner) in [
        (
            "--scenario base --scenario ./mine.json --out mine.json",
            "--scenario",
        ),
        (
            "--scenario base --billing-plan plan.csv --out plan.csv",
            "--billing-plan",
        ),
    ] {
        run(folder.path(), &format!("{COMMAND} {arguments}")).refused_with(owner);
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn two_scenarios_of_one_name_are_refused() {
    let folder = trained();
    fs::write(
        folder.path().join("other.toml"),
        "name = \"base\"\ndescription = \"d\"\n",
    )
    .unwrap();
    for second in ["base", "other.toml"] {
        let arguments = format!("{COMMAND} --scenario base --scenario {second} --out twice.csv");
        run(folder.path(), &arguments).refused_with("names \"base\" twice");
    }
    assert!(!folder.path().join("twice.csv").try_exists().unwrap());
}

#[test]
fn the_base_of_a_scenario_is_the_forecast_of_the_same_plan_and_calendar() {
    let folder = trained();
    fs::write(
        folder.path().join("plan.csv"),
        "customer_id,invoice_date,due_date,amount,currency\nACME,2025-07-10,2025-08-09,5000.00,EUR\n",
    )
    .unwrap();
    let with = "--billing-plan plan.csv --calendar TARGET";
    let view = "--ledger ledger --as-of 2025-06-30 --model model";
    run(folder.path(), &format!("forecast {view} {with} --out cash.csv")).succeeded();
    run(
        folder.path(),
        &format!("{COMMAND} --scenario base {with} --out base.csv"),
    )
    .succeeded();
    run(
        folder.path(),
        &format!("{COMMAND} --scenario base --out plain.csv"),
    )
    .succeeded();
    let column = |file: &str, name: &str| -> Vec<String> {
        let rows = records(&folder.path().join(file));
        rows.iter().map(|row| row[name].clone()).collect()
    };
    assert_eq!(column("base.csv", "base_expected"), column("cash.csv", "total"));
    assert_ne!(
        column("base.csv", "base_expected"),
        column("plain.csv", "base_expected")
    );
}
