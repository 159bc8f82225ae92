//! Decisions as they are read from the table of actions.

use std::fs;
use std::path::Path;

use duecast::action::evaluate::log::{Log, read_log};
use duecast::action::evaluate::words;
use duecast::action::{Channel, Exchange, Policy, Stage};
use duecast::history::History;

use super::{date, share};

const INVOICES: &str = "invoice_id,customer_id,invoice_date,due_date,amount,currency\n\
    I1,ACME,2025-01-01,2025-01-31,1000.00,EUR\n\
    I2,BETA,2025-01-01,2025-01-31,500.00,EUR\n\
    I3,BETA,2025-01-01,2025-06-30,70.00,EUR\n\
    I4,GAMMA,2025-01-01,2025-01-31,9000,JPY\n";
const PAYMENTS: &str = "payment_id,invoice_id,paid_date,amount,currency\n\
    P1,I1,2025-02-10,1000.00,EUR\n";
const ACTIONS: &str = "action_id,customer_id,action_type,channel,sent_on,invoice_id,level,propensity,chosen_by\n\
    A1,ACME,reminder,email,2025-02-05,I1,1,0.6,policy\n\
    A2,BETA,wait,,2025-02-05,I2,,0.4,policy\n\
    A3,BETA,call,phone,2025-02-25,I2,2,,human\n\
    A4,BETA,reminder,email,2025-12-20,I2,3,0.5,policy\n\
    A5,GAMMA,reminder,email,2025-02-05,I4,1,0.6,policy\n\
    A6,ACME,reminder,email,2025-02-05,I9,1,0.6,policy\n\
    A7,BETA,reminder,email,2025-03-05,,1,0.5,policy\n\
    A8,BETA,call,phone,2025-03-05,,1,0.5,policy\n";

fn ledger(folder: &Path) -> History {
    for (name, content) in [
        ("invoices", INVOICES),
        ("payments", PAYMENTS),
        ("actions", ACTIONS),
    ] {
        fs::write(folder.join(format!("{name}.csv")), content).unwrap();
    }
    let (history, report) = History::open(folder).unwrap();
    assert_eq!(report.rows_rejected(), 0);
    history
}

fn read(history: &History, policy: &Policy, from: &str, to: &str) -> Log {
    let end = history.as_of(date("2025-12-25"));
    let exchange = Exchange::of(policy.currency);
    read_log(&end, date(from), date(to), policy, 14, &exchange).unwrap()
}

#[test]
fn a_decision_is_a_row_with_a_probability_and_the_rest_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let policy = Policy::default_policy();
    let log = read(&ledger(folder.path()), &policy, "2025-01-01", "2025-12-31");
    let found: Vec<&str> = log
        .logged
        .iter()
        .map(|one| one.decision.decision_id.as_str())
        .collect();
    assert_eq!(found, ["A1", "A2"]);
    let counts = log.counts;
    assert_eq!((counts.rows, counts.without_propensity), (8, 1));
    assert_eq!((counts.too_recent, counts.conflicting), (1, 2));
    assert_eq!((counts.without_invoice, counts.without_rate), (1, 1));
    let reminder = &log.logged[0].decision;
    assert_eq!(reminder.as_of, date("2025-02-04"));
    assert_eq!((reminder.days_past_due, reminder.stage), (4, Stage::Early));
    assert!((reminder.dunnable - 100_000.0).abs() < 1e-9);
    // Each row keeps its own probability; the other action of the stage has the rest.
    assert_eq!(reminder.admissible[0].action, share("reminder", 0.6).action);
    assert!((reminder.admissible[0].propensity - 0.6).abs() < 1e-12);
    assert!((reminder.admissible[1].propensity - 0.4).abs() < 1e-12);
    assert_eq!(log.logged[1].decision.admissible.len(), 2);
    // A day later nothing of it is in the period.
    assert!(
        read(&ledger(folder.path()), &policy, "2025-02-06", "2025-02-20")
            .logged
            .is_empty()
    );
}

#[test]
fn a_reward_is_earlier_cash_and_avoided_loss_less_the_cost() {
    let folder = tempfile::tempdir().unwrap();
    let policy = Policy::default_policy();
    let log = read(&ledger(folder.path()), &policy, "2025-02-01", "2025-02-10");
    // What was open after the window, 500.00, was still unpaid 91 days later, so all of it counts as lost.
    assert!((log.terms.loss_of_open - policy.value.loss_share).abs() < 1e-12);
    assert!(log.terms.open_days.abs() < 1e-12);
    // Paid five days after the decision, nine before the end of the window.
    let rule = words::rule_of(&policy, "reminder", Some(Channel::Email)).unwrap();
    let earlier = policy.value.cost_of_capital / 365.0 * 9.0;
    let expected = 100_000.0 * (earlier + policy.value.loss_share) - words::cost_of(&policy, rule);
    assert!((log.logged[0].reward - expected).abs() < 1e-6);
    // Waiting costs nothing and earned nothing.
    assert!(log.logged[1].reward.abs() < 1e-9);
}
