//! What may be dunned: the examples of the field, and every part that is left out.

use duecast::action::account::{AccountStatus, Block, PromiseState};
use duecast::action::dunnable;
use duecast::action::dunnable::is_overdue;
use duecast::domain::{Currency, Money};

use super::{
    account, amounts, candidate, code, codes, contact, date, euros, item, look, monday, policy, promise,
};

#[test]
fn an_item_due_the_day_before_is_one_day_in_arrears_and_not_overdue_within_three_days_of_grace() {
    let late = item("I1", 10_000, 1);
    let mut policy = policy();
    assert!(is_overdue(&late, &policy.exclusions));
    policy.exclusions.grace_days = 3;
    assert!(!is_overdue(&late, &policy.exclusions));
    // Once the grace is exceeded the days count from the due date.
    assert!(is_overdue(&item("I1", 10_000, 4), &policy.exclusions));
    let found = look(&account(vec![item("I1", 10_000, 4)]), &policy, monday());
    assert_eq!(found.days_past_due, 4);
}

#[test]
fn an_interval_of_fourteen_days_lets_the_fifteenth_run_and_not_the_fourteenth() {
    let mut policy = policy();
    policy.actions[1].cooling_off_days = 14;
    let mut customer = account(vec![item("I1", 10_000, 12)]);
    customer.as_of = date("2026-03-13");
    customer.contacts = vec![contact("reminder_1", "2026-03-01")];
    let early = look(&customer, &policy, date("2026-03-14"));
    assert_eq!(code(&early, "reminder_1"), "cooling_off");
    customer.as_of = date("2026-03-14");
    let later = look(&customer, &policy, date("2026-03-15"));
    // The fifteenth of March 2026 is a Sunday, on which companies are not left in peace by this policy.
    assert!(
        candidate(&later, &policy, "reminder_1").is_some(),
        "{:?}",
        later.why_nots
    );
}

#[test]
fn the_level_of_an_account_is_the_highest_of_its_items() {
    let mut customer = account(vec![item("I1", 10_000, 40), item("I2", 10_000, 20)]);
    customer.items[0].level = 1;
    customer.items[1].level = 2;
    assert_eq!(customer.level(), 2);
}

#[test]
fn disputed_promised_planned_and_transferred_parts_are_taken_off_and_never_below_zero() {
    let mut customer = account(vec![item("I1", 100_000, 20)]);
    let owed = &mut customer.items[0];
    (owed.disputed_minor, owed.promised_minor) = (10_000, 20_000);
    (owed.planned_minor, owed.in_transit_minor) = (30_000, 5_000);
    assert_eq!(amounts(&customer, &policy()), [35_000]);
    assert_eq!(
        codes(&customer, &policy()),
        ["disputed", "promised", "planned", "in_transit"]
    );
    customer.items[0].disputed_minor = 90_000;
    assert_eq!(amounts(&customer, &policy()), [0]);
}

#[test]
fn credit_on_account_comes_off_the_oldest_item_of_its_currency() {
    let mut dollars = item("I0", 10_000, 50);
    dollars.currency = Currency::USD;
    let mut customer = account(vec![dollars, item("I1", 10_000, 40), item("I2", 10_000, 20)]);
    customer.unapplied_credit.insert(Currency::EUR, 12_500);
    let policy = policy();
    let found = dunnable(&customer, &policy, &euros().with(Currency::USD, 0.9));
    assert_eq!(found.amounts_minor, [10_000, 0, 7_500]);
    let mut kept = policy;
    kept.exclusions.subtract_unapplied_credit = false;
    assert_eq!(
        dunnable(&customer, &kept, &euros()).amounts_minor,
        [0, 10_000, 10_000]
    );
}

#[test]
fn a_currency_without_a_rate_and_an_invoice_that_never_arrived_are_left_out() {
    let mut dollars = item("I1", 10_000, 20);
    dollars.currency = Currency::USD;
    let mut lost = item("I2", 10_000, 20);
    lost.is_delivered = false;
    let customer = account(vec![dollars, lost]);
    assert_eq!(amounts(&customer, &policy()), [0, 0]);
    assert_eq!(codes(&customer, &policy()), ["no_rate", "not_delivered"]);
}

#[test]
fn less_than_the_minimum_is_let_be_and_the_minimum_itself_is_dunned() {
    let small = account(vec![item("I1", 1_500, 20), item("I2", 999, 20)]);
    assert_eq!(amounts(&small, &policy()), [0, 0]);
    assert_eq!(codes(&small, &policy()), ["below_minimum"]);
    let enough = account(vec![item("I1", 1_500, 20), item("I2", 1_000, 20)]);
    assert_eq!(amounts(&enough, &policy()), [1_500, 1_000]);
}

#[test]
fn a_direct_debit_is_on_its_way_for_some_days_around_the_due_date() {
    let mut customer = account(vec![item("I1", 10_000, 5), item("I2", 10_000, 6)]);
    customer.is_direct_debit = true;
    assert_eq!(amounts(&customer, &policy()), [0, 10_000]);
    let found = dunnable(&customer, &policy(), &euros());
    assert_eq!(found.why_nots[0].until, Some(date("2026-03-08")));
}

#[test]
fn a_customer_for_whom_others_speak_is_not_dunned_and_not_contacted() {
    for status in [
        AccountStatus::Insolvency,
        AccountStatus::Deceased,
        AccountStatus::DebtCounselling,
        AccountStatus::Legal,
    ] {
        let mut customer = account(vec![item("I1", 100_000, 50)]);
        customer.status = status;
        let policy = policy();
        let found = look(&customer, &policy, monday());
        assert_eq!(super::names(&found, &policy), ["wait"], "{status:?}");
        assert!(found.dunnable.abs() < 1e-9);
    }
}

#[test]
fn a_block_ends_after_its_last_day() {
    let mut customer = account(vec![item("I1", 100_000, 20)]);
    let block = |until: &str| Block {
        reason: "agreed with sales".to_owned(),
        until: Some(date(until)),
    };
    customer.block = Some(block("2026-03-09"));
    let blocked = look(&customer, &policy(), monday());
    assert_eq!(code(&blocked, "call"), "blocked");
    assert_eq!(blocked.review_on, date("2026-03-10"));
    customer.block = Some(block("2026-03-08"));
    assert!(candidate(&look(&customer, &policy(), monday()), &policy(), "call").is_some());
}

#[test]
fn of_two_open_promises_for_an_invoice_the_newest_counts_and_it_is_said() {
    let mut customer = account(vec![item("I1", 100_000, 20)]);
    customer.items[0].promised_minor = 100_000;
    customer.promises = vec![
        promise("I1", "2026-03-01", "2026-03-30", PromiseState::Open),
        promise("I1", "2026-03-05", "2026-03-12", PromiseState::Open),
    ];
    assert_eq!(codes(&customer, &policy()), ["conflicting_promises", "promised"]);
    let found = dunnable(&customer, &policy(), &euros());
    assert_eq!(found.why_nots[1].until, Some(date("2026-03-15")));
    assert_eq!(
        found.why_nots[1].text,
        format!(
            "{} promised for 2026-03-12",
            Money::from_minor(100_000, Currency::EUR)
        )
    );
}
