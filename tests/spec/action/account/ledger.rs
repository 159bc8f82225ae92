//! Accounts as they are read from a ledger.

use std::fs;

use duecast::action::account::PromiseState;
use duecast::action::{Account, Channel, Error, PartyType, Policy};
use duecast::domain::date::add_days;
use duecast::domain::{Currency, Money};
use duecast::history::{History, Snapshot};
use duecast::model::{PaymentDistribution, PaymentPrediction};

use super::{AS_OF, date};

const CUSTOMERS: &str = "customer_id,country,party_type,language,status,dunning_block,dunning_block_until,\
    do_not_contact,reachable_by,timezone,payment_method,key_account,credit_limit,currency,collector\n\
    C1,nl,consumer,NL,,promised by sales,2026-03-31,sms phone,email post,Europe/Amsterdam,direct_debit,yes,500.00,EUR,anna\n";
const INVOICES: &str = "invoice_id,customer_id,invoice_date,due_date,amount,currency,delivery_status,in_transit\n\
    I1,C1,2026-01-05,2026-02-04,100.00,EUR,,25.00\n\
    I2,C1,2026-01-20,2026-02-19,200.00,EUR,failed,\n\
    P1,C1,2025-11-01,2025-12-01,50.00,EUR,,\n\
    P2,C1,2025-11-02,2025-12-02,50.00,EUR,,\n\
    J1,C2,2026-02-01,2026-03-20,300.00,USD,,\n\
    K1,C3,2026-02-01,2026-03-03,10.00,EUR,,\n";
const PAYMENTS: &str = "payment_id,invoice_id,paid_date,amount,currency\n\
    A1,P1,2025-11-28,50.00,EUR\n\
    A2,P2,2025-12-12,50.00,EUR\n\
    A3,I1,2026-02-20,40.00,EUR\n\
    A4,K1,2026-03-01,10.00,EUR\n";
const CREDITS: &str = "credit_note_id,customer_id,credit_date,amount,currency,invoice_id\n\
    N1,C1,2026-02-01,12.50,EUR,\n";
const ACTIONS: &str = "action_id,customer_id,action_type,channel,sent_on,invoice_id,level,outcome,outcome_on\n\
    T1,C1,reminder,email,2026-02-12,I1,1,delivered,2026-02-12\n\
    T2,C1,reminder,email,2026-02-25,I1,2,bounced,2026-02-25\n\
    T3,C1,wait,,2026-03-01,I1,,,\n\
    T4,C1,call,phone,2026-02-14,,,reached,2026-03-20\n";
const PROMISES: &str = "promise_id,customer_id,created_on,promised_date,invoice_id,promised_amount,currency\n\
    R1,C1,2026-02-14,2026-02-18,I1,40.00,EUR\n\
    R2,C1,2026-03-01,2026-03-05,I2,,\n\
    R3,C1,2026-03-04,2026-03-06,I1,60.00,EUR\n";

fn ledger() -> (Snapshot, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("customers", CUSTOMERS),
        ("invoices", INVOICES),
        ("payments", PAYMENTS),
        ("credit_notes", CREDITS),
        ("actions", ACTIONS),
        ("promises", PROMISES),
    ] {
        fs::write(folder.path().join(format!("{name}.csv")), text).unwrap();
    }
    let (history, report) = History::open(folder.path()).unwrap();
    assert!(report.rejects().is_empty(), "{:?}", report.rejects());
    (history.as_of(date(AS_OF)), folder)
}

fn predictions(snapshot: &Snapshot) -> Vec<PaymentPrediction> {
    let predicted = snapshot
        .open_items()
        .unwrap()
        .into_iter()
        .map(|open| PaymentPrediction {
            invoice_id: open.invoice_id,
            customer_id: open.customer_id,
            entity: open.entity,
            as_of: snapshot.cutoff(),
            invoice_date: open.invoice_date,
            due_date: open.due_date,
            open: open.open,
            gross: open.gross,
            customer_paid_count: 0,
            distribution: PaymentDistribution::from_cdf(vec![0.2; 91]).unwrap(),
            lines: Vec::new(),
            reasons: Vec::new(),
        });
    predicted.collect()
}

fn read(predictions: &[PaymentPrediction], snapshot: &Snapshot) -> Vec<Account> {
    let mut exclusions = Policy::default_policy().exclusions;
    exclusions.promise_tolerance_days = 3;
    Account::read_all(snapshot, predictions, &exclusions).unwrap()
}

#[test]
fn an_account_has_what_the_ledger_says_of_its_customer() {
    let (snapshot, _folder) = ledger();
    let accounts = read(&predictions(&snapshot), &snapshot);
    let ids: Vec<&str> = accounts
        .iter()
        .map(|account| account.customer_id.as_str())
        .collect();
    assert_eq!(ids, ["C1", "C2"], "C3 has paid everything");
    let customer = &accounts[0];
    assert_eq!(
        (customer.party_type, customer.is_party_assumed),
        (PartyType::Consumer, false)
    );
    assert_eq!(
        (customer.country.as_deref(), customer.language.as_deref()),
        (Some("NL"), Some("nl"))
    );
    assert_eq!(customer.block.as_ref().unwrap().until, Some(date("2026-03-31")));
    assert_eq!(
        customer.do_not_contact,
        [(Channel::Sms, None), (Channel::Phone, None)]
    );
    assert_eq!(customer.reachable, Some(vec![Channel::Email, Channel::Post]));
    assert!(customer.is_direct_debit && customer.is_key_account);
    assert_eq!(
        customer.credit_limit,
        Some(Money::from_minor(50_000, Currency::EUR))
    );
    assert_eq!(customer.unapplied_credit[&Currency::EUR], 1_250);
    assert_eq!(
        (accounts[1].party_type, accounts[1].is_party_assumed),
        (PartyType::LegalEntity, true)
    );
}

#[test]
fn an_item_has_what_is_open_in_transit_and_sent_for_it() {
    let (snapshot, _folder) = ledger();
    let accounts = read(&predictions(&snapshot), &snapshot);
    let items = &accounts[0].items;
    assert_eq!(
        (items[0].invoice_id.as_str(), items[1].invoice_id.as_str()),
        ("I1", "I2")
    );
    assert_eq!((items[0].open_minor, items[0].in_transit_minor), (6_000, 2_500));
    assert!(items[0].is_delivered && !items[1].is_delivered);
    // The second level bounced.
    assert_eq!((items[0].level, items[1].level), (1, 0));
    assert_eq!(items[0].days_past_due, 32);
    let said: Vec<(&str, Option<&str>)> = accounts[0]
        .contacts
        .iter()
        .map(|contact| (contact.action.as_str(), contact.outcome.as_deref()))
        .collect();
    // To wait is no contact, and what came of the call is not known yet.
    assert_eq!(
        said,
        [
            ("reminder", Some("delivered")),
            ("call", None),
            ("reminder", Some("bounced"))
        ]
    );
}

#[test]
fn promises_are_kept_open_or_broken_and_the_open_ones_cover_their_items() {
    let (snapshot, _folder) = ledger();
    let accounts = read(&predictions(&snapshot), &snapshot);
    let states: Vec<PromiseState> = accounts[0].promises.iter().map(|promise| promise.state).collect();
    // 18 February and three days: the 40.00 of the 20th keep the first. 5 March and three days are over on the 8th.
    assert_eq!(
        states,
        [PromiseState::Kept, PromiseState::Broken, PromiseState::Open]
    );
    let promised: Vec<i64> = accounts[0].items.iter().map(|item| item.promised_minor).collect();
    assert_eq!(promised, [6_000, 0]);
}

#[test]
fn behaviour_is_that_of_the_invoices_that_were_paid() {
    let (snapshot, _folder) = ledger();
    let accounts = read(&predictions(&snapshot), &snapshot);
    let behaviour = accounts[0].behaviour;
    assert_eq!(behaviour.paid_count, 2);
    // Three days early and ten days late.
    assert!((behaviour.usual_days_past_due.unwrap() - 3.5).abs() < 1e-12);
    assert!((behaviour.on_time_share.unwrap() - 0.5).abs() < 1e-12);
    assert_eq!(accounts[1].behaviour.paid_count, 0);
}

#[test]
fn an_item_without_a_prediction_is_left_out_and_one_of_another_day_is_an_error() {
    let (snapshot, _folder) = ledger();
    let mut predicted = predictions(&snapshot);
    predicted.retain(|prediction| prediction.invoice_id == "I2");
    let accounts = read(&predicted, &snapshot);
    assert_eq!((accounts.len(), accounts[0].items.len()), (1, 1));
    predicted[0].as_of = add_days(predicted[0].as_of, -1);
    let exclusions = Policy::default_policy().exclusions;
    let error = Account::read_all(&snapshot, &predicted, &exclusions).unwrap_err();
    assert!(matches!(error, Error::AsOf { .. }), "{error}");
}
