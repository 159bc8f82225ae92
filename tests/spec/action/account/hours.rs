//! Contact hours: the tighter of policy and law, in the customer's own time.

use chrono::NaiveTime;
use duecast::action::candidate::ContactWindow;
use duecast::action::{Account, PartyType, Policy};
use duecast::domain::Date;

use super::{account, candidate, code, date, item, look, policy, refusal};

fn at(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).unwrap()
}

fn open_from(earliest: NaiveTime, latest: NaiveTime) -> Policy {
    let mut policy = policy();
    policy.caps.earliest = earliest;
    policy.caps.latest = latest;
    policy
}

fn consumer() -> Account {
    let mut customer = account(vec![item("I1", 10_000, 20)]);
    customer.party_type = PartyType::Consumer;
    customer
}

fn window(customer: &Account, policy: &Policy, day: Date) -> Option<ContactWindow> {
    let found = look(customer, policy, day);
    candidate(&found, policy, "call").and_then(|call| call.window.clone())
}

#[test]
fn a_person_is_called_within_the_hours_of_policy_and_law_in_its_own_time() {
    let policy = open_from(at(8, 0), at(21, 0));
    let found = window(&consumer(), &policy, date("2026-03-09")).unwrap();
    assert_eq!((found.from, found.until), (at(8, 0), at(20, 0)));
    assert_eq!(found.timezone, "Europe/Amsterdam");
    let early = open_from(at(6, 0), at(18, 0));
    let found = window(&consumer(), &early, date("2026-03-09")).unwrap();
    assert_eq!((found.from, found.until), (at(7, 0), at(18, 0)));
    let mut abroad = consumer();
    abroad.timezone = Some("America/New_York".to_owned());
    assert_eq!(
        window(&abroad, &policy, date("2026-03-09")).unwrap().timezone,
        "America/New_York"
    );
}

#[test]
fn a_time_zone_that_nobody_knows_is_that_of_the_policy() {
    let mut policy = policy();
    policy.caps.timezone = "Europe/Paris".to_owned();
    for told in [None, Some("Mars/Olympus".to_owned())] {
        let mut customer = consumer();
        customer.timezone = told;
        assert_eq!(
            window(&customer, &policy, date("2026-03-09")).unwrap().timezone,
            "Europe/Paris"
        );
    }
}

#[test]
fn nobody_is_called_when_policy_and_law_leave_no_hour() {
    let policy = open_from(at(20, 0), at(22, 0));
    assert_eq!(
        code(&look(&consumer(), &policy, date("2026-03-09")), "call"),
        "outside_contact_hours"
    );
    let company = account(vec![item("I1", 10_000, 20)]);
    assert!(window(&company, &policy, date("2026-03-09")).is_some());
}

#[test]
fn a_person_is_left_in_peace_on_sundays_and_holidays_and_is_told_when_it_is_next() {
    let policy = policy();
    let outside = |until: &str| Some(("outside_contact_days".to_owned(), Some(date(until))));
    // A Sunday; Easter Monday; the second day of Christmas, a Saturday, and the Sunday after it.
    assert_eq!(
        refusal(&look(&consumer(), &policy, date("2026-03-15")), "call"),
        outside("2026-03-15")
    );
    assert_eq!(
        refusal(&look(&consumer(), &policy, date("2026-04-06")), "call"),
        outside("2026-04-06")
    );
    assert_eq!(
        refusal(&look(&consumer(), &policy, date("2026-12-26")), "call"),
        outside("2026-12-27")
    );
    assert!(window(&consumer(), &policy, date("2026-03-14")).is_some());
}

#[test]
fn with_business_days_only_nobody_is_contacted_from_friday_to_monday() {
    let mut policy = policy();
    policy.caps.business_days_only = true;
    let company = account(vec![item("I1", 10_000, 20)]);
    assert_eq!(
        refusal(&look(&company, &policy, date("2026-03-14")), "call"),
        Some(("outside_contact_days".to_owned(), Some(date("2026-03-15"))))
    );
    // What reaches nobody may be done on any day.
    let mut disputed = company.clone();
    disputed.items[0].disputed_minor = 10_000;
    assert!(
        candidate(
            &look(&disputed, &policy, date("2026-03-14")),
            &policy,
            "resolve_dispute"
        )
        .is_some()
    );
}

#[test]
fn an_hour_that_the_night_of_a_change_of_the_clock_skips_is_no_hour() {
    let company = account(vec![item("I1", 10_000, 20)]);
    let night = date("2026-03-29");
    let policy = open_from(at(2, 15), at(2, 45));
    assert_eq!(
        code(&look(&company, &policy, night), "call"),
        "outside_contact_hours"
    );
    let policy = open_from(at(2, 15), at(6, 0));
    let found = window(&company, &policy, night).unwrap();
    assert_eq!((found.from, found.until), (at(3, 0), at(6, 0)));
    // In autumn the hour comes twice: it is there.
    let policy = open_from(at(2, 15), at(2, 45));
    let found = window(&company, &policy, date("2026-10-25")).unwrap();
    assert_eq!((found.from, found.until), (at(2, 15), at(2, 45)));
}
