//! `duecast evaluate-policy` and `duecast rehearse`: policies on the past, and what they refuse to say.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use duecast::domain::date::{add_days, parse_iso};

use super::ledgers::{line_of, records, run};
use super::trained;

const EVALUATE: &str = "evaluate-policy --ledger ledger --model model --from 2025-01-01 --to 2025-05-31 \
                        --out out/policies.csv";

/// Adds a reminder or a wait, drawn like a coin, the day after some invoices in euro fell due.
fn log_decisions(folder: &Path) {
    let first = parse_iso("2024-01-01").unwrap();
    let mut actions = String::from("action_id,customer_id,action_type,sent_on,invoice_id,propensity\n");
    for number in (121..150_i64).filter(|number| number % 3 != 0) {
        let sent = add_days(first, number * 3 + number % 2 + 31);
        let word = if number % 2 == 0 { "wait" } else { "reminder" };
        actions.push_str(&format!("A{number},ACME,{word},{sent},I{number:03},0.5\n"));
    }
    fs::write(folder.join("ledger/actions.csv"), actions).unwrap();
}

#[test]
fn a_ledger_that_tells_no_propensities_says_nothing_about_a_policy() {
    let folder = trained();
    run(folder.path(), EVALUATE).failed_with("was left to chance");
    assert!(!folder.path().join("out/policies.csv").is_file());
    let backwards = EVALUATE.replace("2025-01-01", "2025-06-30");
    run(folder.path(), &backwards).failed_with("ends before it starts");
}

#[test]
fn thin_overlap_is_refused_with_the_reason_and_without_a_figure() {
    let folder = trained();
    log_decisions(folder.path());
    run(folder.path(), EVALUATE).failed_with("the overlap is too thin");
    let rows = records(&folder.path().join("out/policies.csv"));
    let names: Vec<&str> = rows.iter().map(|row| row["policy"].as_str()).collect();
    assert_eq!(
        names,
        [
            "as_logged",
            "policy",
            "wait",
            "monday_reminders",
            "largest_overdue_first"
        ]
    );
    for row in &rows {
        assert_eq!(row["decisions"], "20");
        assert_eq!(row["snips"], "");
        assert!(!row["refusal"].is_empty());
    }
}

#[test]
fn a_rehearsal_is_one_row_a_past_day_and_action() {
    let folder = trained();
    let done = run(
        folder.path(),
        "rehearse --ledger ledger --model model --from 2025-05-01 --to 2025-06-12 --stride-days 14 \
         --out out/rehearsal.csv",
    );
    done.succeeded();
    assert!(done.out.contains("4 days of policy default"), "{}", done.out);
    assert!(line_of(&done.err, "trained").contains("may know what it predicts"));
    let path = folder.path().join("out/rehearsal.csv");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        text.lines().next().unwrap(),
        "as_of,day,action,customers,contacts,minutes,currency,expected_gain,paid_anyway"
    );
    let rows = records(&path);
    let days: BTreeSet<[&str; 2]> = rows
        .iter()
        .map(|row| [row["as_of"].as_str(), row["day"].as_str()])
        .collect();
    let expected = BTreeSet::from([
        ["2025-05-01", "2025-05-02"],
        ["2025-05-15", "2025-05-16"],
        ["2025-05-29", "2025-05-30"],
        ["2025-06-12", "2025-06-13"],
    ]);
    assert_eq!(days, expected);
}
