//! Promises in the choice of an action, and payers that are suddenly late.

use duecast::action::account::{Behaviour, PromiseState};
use duecast::action::policy::ContactCap;

use super::{account, candidate, code, contact, date, item, look, monday, policy, promise, refusal};

#[test]
fn an_open_promise_leaves_nothing_to_dun_until_its_tolerance_has_passed() {
    let policy = policy();
    let mut customer = account(vec![item("I1", 10_000, 20)]);
    customer.items[0].promised_minor = 10_000;
    customer.promises = vec![promise("I1", "2026-03-02", "2026-03-10", PromiseState::Open)];
    let found = look(&customer, &policy, monday());
    assert_eq!(super::names(&found, &policy), ["wait"]);
    assert_eq!(code(&found, "call"), "nothing_to_dun");
    // 10 March and three days of tolerance: on the 14th it is kept or broken.
    assert_eq!(found.review_on, date("2026-03-14"));
}

#[test]
fn the_day_after_a_promise_was_broken_nothing_has_to_cool_off() {
    let mut policy = policy();
    policy.caps.contacts = vec![ContactCap { days: 7, contacts: 1 }];
    policy.actions[4].when.days_past_due_min = Some(15);
    let mut customer = account(vec![item("I1", 10_000, 12)]);
    // The call in which it was given, and the reminder before it.
    customer.contacts = vec![contact("reminder_1", "2026-02-25"), contact("call", "2026-03-03")];
    customer.promises = vec![promise("I1", "2026-03-03", "2026-03-05", PromiseState::Broken)];
    let found = look(&customer, &policy, monday());
    let call = candidate(&found, &policy, "call").unwrap();
    assert!(
        call.because[0].contains("first broken promise"),
        "{:?}",
        call.because
    );
    assert!(
        candidate(&found, &policy, "reminder_2").is_some(),
        "{:?}",
        found.why_nots
    );
    // Somebody has called about it since: everything is as usual.
    customer.contacts.push(contact("call", "2026-03-09"));
    let found = look(&customer, &policy, date("2026-03-10"));
    assert_eq!(code(&found, "reminder_2"), "precondition");
    customer.promises.clear();
    customer.contacts.pop();
    let found = look(&customer, &policy, monday());
    assert_eq!(code(&found, "call"), "precondition");
}

#[test]
fn a_promise_whose_last_day_is_the_day_itself_can_still_be_kept() {
    let policy = policy();
    let mut customer = account(vec![item("I1", 10_000, 20)]);
    customer.as_of = monday();
    customer.promises = vec![promise("I1", "2026-03-03", "2026-03-06", PromiseState::Broken)];
    let found = look(&customer, &policy, monday());
    assert_eq!(super::names(&found, &policy), ["wait"]);
    assert_eq!(found.review_on, date("2026-03-10"));
}

#[test]
fn a_punctual_payer_that_is_suddenly_late_gets_a_person_and_no_letter() {
    let mut policy = policy();
    let mut customer = account(vec![item("I1", 10_000, 6)]);
    customer.behaviour = Behaviour {
        paid_count: 20,
        usual_days_past_due: Some(-1.0),
        on_time_share: Some(0.95),
    };
    let found = look(&customer, &policy, monday());
    let call = candidate(&found, &policy, "call").unwrap();
    assert_eq!(call.because[0], "usually punctual, now 6 days late");
    assert_eq!(code(&found, "reminder_1"), "call_instead");
    // Too small an amount for a call: the letter stays.
    policy.actions[4].when.amount_min_minor = Some(25_000);
    let found = look(&customer, &policy, monday());
    assert_eq!(code(&found, "call"), "precondition");
    assert!(candidate(&found, &policy, "reminder_1").is_some());
}

#[test]
fn caps_end_on_the_day_on_which_there_is_room_again() {
    let mut policy = policy();
    policy.caps.contacts = vec![ContactCap {
        days: 30,
        contacts: 2,
    }];
    let mut customer = account(vec![item("I1", 10_000, 20)]);
    let mut second = contact("letter of another system", "2026-02-20");
    second.invoice_id = Some("I1".to_owned());
    customer.contacts = vec![contact("reminder_1", "2026-02-10"), second.clone(), second];
    // One letter that was logged twice is one contact.
    let found = look(&customer, &policy, monday());
    assert_eq!(
        refusal(&found, "call"),
        Some(("contact_cap".to_owned(), Some(date("2026-03-11"))))
    );
    assert!(candidate(&look(&customer, &policy, date("2026-03-12")), &policy, "call").is_some());
}
