//! Every other reason against an action, and customers for whom nothing can be done.

use duecast::action::policy::Condition;
use duecast::action::{Channel, PartyType};
use duecast::model::PaymentDistribution;

use super::{account, candidate, code, contact, date, item, look, monday, names, policy, refusal};

#[test]
fn a_customer_that_disputes_everything_is_not_dunned_and_its_disputes_go_to_their_owners() {
    let policy = policy();
    let mut customer = account(vec![item("I1", 10_000, 60), item("I2", 7_000, 40)]);
    for item in &mut customer.items {
        item.disputed_minor = item.open_minor;
    }
    let found = look(&customer, &policy, monday());
    assert_eq!(names(&found, &policy), ["wait", "resolve_dispute"]);
    let resolve = candidate(&found, &policy, "resolve_dispute").unwrap();
    assert_eq!(resolve.amounts_minor, [10_000, 7_000]);
    assert!(found.dunnable.abs() < 1e-9);
    assert!((found.open - 17_000.0).abs() < 1e-9);
}

#[test]
fn what_is_left_of_a_disputed_invoice_may_be_dunned() {
    let policy = policy();
    let mut customer = account(vec![item("I1", 10_000, 20)]);
    customer.items[0].disputed_minor = 4_000;
    let found = look(&customer, &policy, monday());
    assert_eq!(candidate(&found, &policy, "call").unwrap().amounts_minor, [6_000]);
}

#[test]
fn to_wait_is_first_and_is_all_that_is_left_where_nothing_else_may_be_done() {
    let policy = policy();
    let found = look(&account(vec![item("I1", 10_000, -10)]), &policy, monday());
    assert_eq!(names(&found, &policy), ["wait"]);
    let told: Vec<&str> = found
        .why_nots
        .iter()
        .filter_map(|why_not| why_not.action.as_ref())
        .map(|id| id.as_str())
        .collect();
    let all: Vec<&str> = policy.actions[1..].iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(told, all, "every other action says why not");
    assert_eq!(found.days_past_due, -10);
    // It is overdue on the 19th, which a worklist of the 20th knows.
    assert_eq!(found.review_on, date("2026-03-20"));
}

#[test]
fn what_is_expected_within_days_is_not_asked_for() {
    let policy = policy();
    let mut customer = account(vec![item("I1", 10_000, 20), item("I2", 10_000, 20)]);
    customer.items[0].distribution = PaymentDistribution::from_cdf(vec![1.0; 91]).unwrap();
    customer.items[1].distribution = PaymentDistribution::from_cdf(vec![0.5; 91]).unwrap();
    // (100 x 1 + 100 x 0.5) / 200 is 75 per cent.
    assert_eq!(
        code(&look(&customer, &policy, monday()), "call"),
        "expected_anyway"
    );
    customer.items[1].distribution = PaymentDistribution::from_cdf(vec![0.375; 91]).unwrap();
    assert!(candidate(&look(&customer, &policy, monday()), &policy, "call").is_some());
}

#[test]
fn channels_that_are_declined_unknown_or_dead_are_not_used() {
    let policy = policy();
    let mut customer = account(vec![item("I1", 10_000, 20)]);
    customer.do_not_contact = vec![(Channel::Phone, Some(date("2026-03-09")))];
    customer.reachable = Some(vec![Channel::Phone, Channel::Post]);
    let found = look(&customer, &policy, monday());
    assert_eq!(
        refusal(&found, "call"),
        Some(("do_not_contact".to_owned(), Some(monday())))
    );
    assert_eq!(code(&found, "reminder_1"), "no_channel");
    customer.as_of = monday();
    let found = look(&customer, &policy, date("2026-03-10"));
    assert!(candidate(&found, &policy, "call").is_some());
}

#[test]
fn a_text_that_does_not_exist_in_the_customers_language_is_not_sent() {
    let mut policy = policy();
    policy.actions[1].languages.insert("de".to_owned());
    let mut customer = account(vec![item("I1", 10_000, 20)]);
    assert_eq!(
        code(&look(&customer, &policy, monday()), "reminder_1"),
        "no_language"
    );
    customer.language = None;
    assert!(candidate(&look(&customer, &policy, monday()), &policy, "reminder_1").is_some());
}

#[test]
fn preconditions_are_about_the_amount_the_party_and_what_is_known_of_the_customer() {
    let mut policy = policy();
    policy.actions[4].when.amount_min_minor = Some(20_000);
    policy.actions[1].when.party_types = vec![PartyType::PublicBody];
    policy.actions[2].when.none_of = vec![Condition::NewCustomer];
    policy.actions[3].when.after = vec![policy.actions[2].id.clone()];
    let mut customer = account(vec![item("I1", 10_000, 40)]);
    let found = look(&customer, &policy, monday());
    for id in ["call", "reminder_1", "reminder_2", "notice"] {
        assert_eq!(code(&found, id), "precondition", "{id}");
    }
    customer.contacts = vec![contact("reminder_2", "2026-02-20")];
    let found = look(&customer, &policy, monday());
    assert!(
        candidate(&found, &policy, "notice").is_some(),
        "{:?}",
        found.why_nots
    );
}

#[test]
fn what_is_done_once_for_an_invoice_is_not_done_again_and_an_old_word_counts() {
    let mut policy = policy();
    policy.actions[1].is_once_per_invoice = true;
    policy.actions[1].level = 0;
    let mut customer = account(vec![item("I1", 10_000, 20), item("I2", 7_000, 15)]);
    let mut old = contact("reminder", "2026-02-01");
    old.invoice_id = Some("I1".to_owned());
    customer.contacts = vec![old];
    let found = look(&customer, &policy, monday());
    assert_eq!(candidate(&found, &policy, "reminder_1").unwrap().items, [1]);
    let mut newer = contact("reminder", "2026-02-26");
    newer.invoice_id = Some("I2".to_owned());
    customer.contacts.push(newer);
    let found = look(&customer, &policy, monday());
    assert_eq!(code(&found, "reminder_1"), "once_per_invoice");
}
