//! Dunning levels, cooling-off and formal notices.

use duecast::action::policy::{Assignment, Procedure, Step};
use duecast::action::{ActionId, Autonomy, PartyType};

use super::{account, candidate, code, contact, date, item, look, monday, names, policy, refusal};

#[test]
fn a_consumer_gets_every_level_in_turn_and_a_company_may_begin_late() {
    let policy = policy();
    let mut customer = account(vec![item("I1", 10_000, 40)]);
    let found = look(&customer, &policy, monday());
    assert!(candidate(&found, &policy, "reminder_2").is_some());
    customer.party_type = PartyType::Consumer;
    let found = look(&customer, &policy, monday());
    assert!(candidate(&found, &policy, "reminder_1").is_some());
    assert_eq!(code(&found, "reminder_2"), "level_not_reached");
    assert_eq!(code(&found, "notice"), "level_not_reached");
}

#[test]
fn a_level_that_bounced_was_not_sent() {
    let policy = policy();
    for party in [PartyType::Consumer, PartyType::LegalEntity] {
        let mut customer = account(vec![item("I1", 10_000, 40)]);
        customer.party_type = party;
        customer.contacts = vec![contact("reminder_1", "2026-02-10")];
        assert!(candidate(&look(&customer, &policy, monday()), &policy, "reminder_2").is_some());
        customer.contacts[0].outcome = Some("bounced".to_owned());
        let found = look(&customer, &policy, monday());
        assert_eq!(code(&found, "reminder_2"), "level_not_reached", "{party:?}");
        // The e-mail address is of no use; the same level goes through another channel.
        assert_eq!(code(&found, "reminder_1"), "bounced");
    }
}

#[test]
fn a_level_follows_only_after_the_cooling_off_of_the_one_before() {
    let policy = policy();
    let mut customer = account(vec![item("I1", 10_000, 20)]);
    customer.contacts = vec![contact("reminder_1", "2026-03-04")];
    let found = look(&customer, &policy, monday());
    assert_eq!(
        refusal(&found, "reminder_2"),
        Some(("cooling_off".to_owned(), Some(date("2026-03-10"))))
    );
    customer.contacts = vec![contact("reminder_1", "2026-03-02")];
    assert!(candidate(&look(&customer, &policy, monday()), &policy, "reminder_2").is_some());
}

#[test]
fn a_letter_to_a_consumer_leaves_out_what_has_not_had_the_level_before() {
    let policy = policy();
    let mut customer = account(vec![item("I1", 10_000, 30), item("I2", 7_000, 16)]);
    customer.party_type = PartyType::Consumer;
    customer.contacts = vec![contact("reminder_1", "2026-02-15")];
    customer.contacts[0].invoice_id = Some("I1".to_owned());
    let found = look(&customer, &policy, monday());
    let second = candidate(&found, &policy, "reminder_2").unwrap();
    assert_eq!(
        (second.items.clone(), second.amounts_minor.clone()),
        (vec![0], vec![10_000])
    );
    let first = candidate(&found, &policy, "reminder_1").unwrap();
    assert_eq!(first.items, [0, 1]);
}

#[test]
fn one_letter_is_about_everything_that_is_late_enough() {
    let policy = policy();
    let customer = account(vec![
        item("I1", 10_000, 20),
        item("I2", 7_000, 5),
        item("I3", 9_000, 2),
    ]);
    let found = look(&customer, &policy, monday());
    let letter = candidate(&found, &policy, "reminder_1").unwrap();
    assert_eq!(letter.items, [0, 1]);
    assert_eq!(letter.amounts_minor, [10_000, 7_000]);
}

#[test]
fn the_days_of_a_consumers_formal_notice_run_from_the_day_after_delivery_and_are_hard() {
    let policy = policy();
    let mut customer = account(vec![item("I1", 10_000, 60)]);
    customer.party_type = PartyType::Consumer;
    assert_eq!(
        code(&look(&customer, &policy, monday()), "agency"),
        "notice_missing"
    );
    customer.contacts = vec![contact("notice", "2026-02-20")];
    assert_eq!(
        code(&look(&customer, &policy, monday()), "agency"),
        "notice_not_delivered"
    );
    customer.contacts[0].outcome = Some("delivered".to_owned());
    // Delivered on 23 February: the fourteen days are 24 February to 9 March.
    customer.contacts[0].outcome_on = Some(date("2026-02-23"));
    assert_eq!(
        refusal(&look(&customer, &policy, monday()), "agency"),
        Some(("notice_running".to_owned(), Some(monday())))
    );
    customer.contacts[0].outcome_on = Some(date("2026-02-22"));
    let found = look(&customer, &policy, monday());
    let handover = candidate(&found, &policy, "agency").unwrap();
    assert_eq!(handover.autonomy, Autonomy::NamedHuman);
    assert_eq!(handover.window, None);
}

#[test]
fn what_weighs_on_a_person_needs_a_named_human_and_on_a_company_a_look() {
    let mut policy = policy();
    let mut customer = account(vec![item("I1", 10_000, 40)]);
    let found = look(&customer, &policy, monday());
    assert_eq!(
        candidate(&found, &policy, "credit_hold").unwrap().autonomy,
        Autonomy::Review
    );
    customer.party_type = PartyType::SoleTrader;
    let found = look(&customer, &policy, monday());
    assert_eq!(code(&found, "credit_hold"), "natural_person_scoring");
    policy.natural_person_scoring = true;
    let found = look(&customer, &policy, monday());
    assert_eq!(
        candidate(&found, &policy, "credit_hold").unwrap().autonomy,
        Autonomy::NamedHuman
    );
}

#[test]
fn a_step_is_taken_from_its_day_on_and_what_is_a_step_of_others_only_is_not() {
    let mut policy = policy();
    let step = |action: &str, from_days_past_due: i32| Step {
        action: ActionId::new(action),
        from_days_past_due,
    };
    let procedure = |id: &str, steps: Vec<Step>, then: Option<&str>| Procedure {
        id: id.to_owned(),
        steps,
        then: then.map(str::to_owned),
    };
    policy.procedures = vec![
        procedure("mild", vec![step("reminder_1", 8)], Some("strict")),
        procedure("strict", vec![step("call", 12), step("notice", 50)], None),
    ];
    policy.assignments = vec![Assignment {
        procedure: "mild".to_owned(),
        ..Assignment::default()
    }];
    let mut customer = account(vec![item("I1", 10_000, 6)]);
    let found = look(&customer, &policy, monday());
    assert_eq!(found.procedure, "mild");
    assert_eq!(code(&found, "call"), "not_in_procedure");
    assert_eq!(
        refusal(&found, "reminder_1"),
        Some(("step_not_reached".to_owned(), Some(date("2026-03-10"))))
    );
    assert_eq!(found.review_on, date("2026-03-11"));
    let later = account(vec![item("I1", 10_000, 8)]);
    assert!(candidate(&look(&later, &policy, monday()), &policy, "reminder_1").is_some());
    // Once the last step is taken the next procedure follows.
    customer = account(vec![item("I1", 10_000, 20)]);
    customer.contacts = vec![contact("reminder_1", "2026-02-27")];
    let found = look(&customer, &policy, monday());
    assert_eq!(found.procedure, "strict");
    assert!(names(&found, &policy).contains(&"call".to_owned()));
}
