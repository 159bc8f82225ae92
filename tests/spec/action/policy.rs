//! A policy is data: the shipped one is whole, one's own is understood or told everything that is wrong with it.

use duecast::action::kind::{ActionKind, Autonomy, Channel, PartyType};
use duecast::action::policy::Condition;
use duecast::action::{ActionId, Policy};
use duecast::domain::Money;
use duecast::domain::date::parse_iso;

mod wrong;

/// The least that can be used, beside what is added to it.
const SMALL: &str = r#"
name = "small"
currency = "EUR"

[[action]]
id = "mail"
kind = "reminder"
cost = "0.05"
level = 1

[[action]]
id = "call"
kind = "call"
minutes = 10

[[procedure]]
id = "all"
steps = [{ action = "call", from_days_past_due = 10 }, { action = "mail", from_days_past_due = 3 }]
"#;

fn small() -> Policy {
    Policy::from_toml(SMALL, "small.toml").unwrap()
}

/// An action with one more line.
fn action_with(line: &str) -> String {
    format!("[[action]]\nid = \"extra\"\n{line}\n")
}

#[test]
fn the_shipped_policy_has_the_whole_catalogue() {
    let policy = Policy::default_policy();
    assert_eq!(policy.name, "default");
    assert_eq!(policy.version.len(), 12);
    assert_eq!(policy.actions[0].id.as_str(), ActionId::WAIT);
    let named = [
        "pre_due_notice",
        "statement",
        "email_reminder_1",
        "email_reminder_2",
        "email_reminder_3",
        "sms",
        "call",
        "letter",
        "formal_notice",
        "offer_plan",
        "offer_discount",
        "ask_promise",
        "resolve_dispute",
        "escalate_sales",
        "credit_hold",
        "stop_supply",
        "agency_handover",
        "legal_handover",
    ];
    for id in named {
        assert!(policy.action(id).is_some(), "{id}");
    }
    for kind in ActionKind::ALL {
        assert!(policy.actions.iter().any(|rule| rule.kind == kind), "{kind:?}");
    }
    for id in [
        "business",
        "key_account",
        "person",
        "public_body",
        "small_amounts",
    ] {
        assert!(policy.procedure(id).is_some(), "{id}");
    }
    assert!(policy.procedure("nobody").is_none());
    let caps: Vec<(u32, u32)> = policy
        .caps
        .contacts
        .iter()
        .map(|cap| (cap.contacts, cap.days))
        .collect();
    assert_eq!(caps, [(1, 7), (3, 30)]);
    assert!(!policy.natural_person_scoring && policy.unverified_law.is_empty());
}

#[test]
fn the_shipped_policy_lets_nothing_significant_happen_by_itself() {
    let policy = Policy::default_policy();
    for rule in &policy.actions {
        assert!(
            !rule.kind.is_significant() || rule.autonomy == Autonomy::NamedHuman,
            "{}",
            rule.id
        );
        assert!(
            rule.minutes == 0 || rule.autonomy != Autonomy::Auto,
            "{}",
            rule.id
        );
    }
}

#[test]
fn the_shipped_effects_are_sceptical() {
    let policy = Policy::default_policy();
    for (id, odds_ratio, low, high) in [
        ("email_reminder_1", 1.10, 0.95, 1.30),
        ("call", 1.20, 0.90, 1.60),
        ("wait", 1.00, 1.00, 1.00),
    ] {
        let effect = policy.actions[policy.action(id).unwrap()].effect;
        for (given, expected) in [
            (effect.odds_ratio, odds_ratio),
            (effect.low, low),
            (effect.high, high),
        ] {
            assert!((given - expected).abs() < 1e-12, "{id}: {given}");
        }
    }
    // None is sure to help: the interval of each holds 1, no effect.
    for rule in &policy.actions {
        assert!(rule.effect.low <= 1.0 && rule.effect.high >= 1.0, "{}", rule.id);
    }
}

#[test]
fn a_natural_person_climbs_every_level_by_e_mail_or_by_letter() {
    let policy = Policy::default_policy();
    let person = policy.procedure("person").unwrap();
    for channel in [Channel::Email, Channel::Post] {
        let mut levels: Vec<u32> = person
            .steps
            .iter()
            .map(|step| &policy.actions[policy.action(step.action.as_str()).unwrap()])
            .filter(|rule| rule.channel == channel || rule.kind == ActionKind::FormalNotice)
            .map(|rule| rule.level)
            .filter(|level| *level > 0)
            .collect();
        levels.sort_unstable();
        assert_eq!(levels, [1, 2, 3], "{channel:?}");
    }
    let of_person = policy
        .assignments
        .iter()
        .find(|one| one.procedure == "person")
        .unwrap();
    assert_eq!(
        of_person.party_types,
        [PartyType::SoleTrader, PartyType::Consumer]
    );
    // Nothing that sorts by risk comes before natural persons have their procedure.
    let is_sorted_by_risk = policy
        .assignments
        .iter()
        .take_while(|one| one.procedure != "person")
        .any(|one| one.risk_min.is_some() || one.risk_max.is_some());
    assert!(!is_sorted_by_risk);
}

#[test]
fn what_is_left_out_has_the_values_that_the_shipped_policy_spells_out() {
    let (small, shipped) = (small(), Policy::default_policy());
    assert_eq!(small.caps, shipped.caps);
    assert_eq!(small.exclusions, shipped.exclusions);
    assert_eq!(small.value, shipped.value);
    assert_eq!(small.exploration, shipped.exploration);
    assert_eq!(small.actions[0], {
        let mut wait = shipped.actions[0].clone();
        wait.name = small.actions[0].name.clone();
        wait
    });
    assert_eq!(small.assignments.len(), 1);
    assert_eq!(small.assignments[0].procedure, "all");
    let call = &small.actions[small.action("call").unwrap()];
    assert_eq!((call.channel, call.autonomy), (Channel::Phone, Autonomy::Review));
    assert!((call.effect.odds_ratio - 1.0).abs() < 1e-12);
}

#[test]
fn waiting_is_first_and_steps_are_in_the_order_of_their_days() {
    let policy = small();
    let ids: Vec<&str> = policy.actions.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["wait", "mail", "call"]);
    let days: Vec<i32> = policy.procedures[0]
        .steps
        .iter()
        .map(|step| step.from_days_past_due)
        .collect();
    assert_eq!(days, [3, 10]);
    let named = format!("{SMALL}\n[[action]]\nid = \"wait\"\nkind = \"wait\"\nname = \"Nothing\"\n");
    let named = Policy::from_toml(&named, "p.toml").unwrap();
    assert_eq!(named.actions[0].name, "Nothing");
    assert_eq!(named.actions.len(), 3);
}

#[test]
fn the_version_is_that_of_the_text_whatever_its_line_ends() {
    let policy = small();
    let windows = Policy::from_toml(&SMALL.replace('\n', "\r\n"), "small.toml").unwrap();
    assert_eq!(policy.version, windows.version);
    let changed = Policy::from_toml(&SMALL.replace("0.05", "0.06"), "small.toml").unwrap();
    assert_ne!(policy.version, changed.version);
    assert!(
        policy
            .version
            .bytes()
            .all(|digit| b"0123456789abcdef".contains(&digit))
    );
}

#[test]
fn amounts_are_in_the_minor_units_of_the_policy_s_currency() {
    let yen = SMALL.replace("EUR", "JPY").replace("0.05", "5");
    let policy = Policy::from_toml(&yen, "yen.toml").unwrap();
    assert_eq!(policy.actions[1].cost_minor, 5);
    assert_eq!(policy.exclusions.minimum_minor, 25);
    assert_eq!(small().actions[1].cost_minor, 5);
    assert_eq!(small().exclusions.minimum_minor, 2_500);
    assert!((small().value.minute_cost_minor - 75.0).abs() < 1e-9);
}

#[test]
fn a_collector_on_leave_has_no_minutes() {
    let text = format!(
        "{SMALL}\n[[collector]]\nid = \"anna\"\nminutes_per_day = 300\nlanguages = [\"NL\"]\n\
         leave = [{{ first = \"2026-12-24\", last = \"2027-01-03\" }}]\n"
    );
    let policy = Policy::from_toml(&text, "p.toml").unwrap();
    let minutes = |day: &str| policy.collectors[0].on(parse_iso(day).unwrap()).minutes;
    assert_eq!(minutes("2026-12-23"), 300);
    assert_eq!(minutes("2026-12-24"), 0);
    assert_eq!(minutes("2027-01-03"), 0);
    assert_eq!(minutes("2027-01-04"), 300);
    assert!(policy.collectors[0].languages.contains("nl"));
}

#[test]
fn what_has_no_effect_is_remarked_on() {
    let policy = Policy::default_policy();
    let remarks = policy.remarks();
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    assert!(remarks[0].starts_with("offer_discount is in no procedure"));
    assert!(remarks[1].starts_with("no collector is named"));
    let text = format!(
        "{SMALL}\n{}[[collector]]\nid = \"a\"\nminutes_per_day = 1\n[exploration]\nhold_out_share = 0\n",
        action_with("kind = \"call\"\nskill = \"law\"\nminutes = 5\nautonomy = \"auto\"")
    );
    let remarks = Policy::from_toml(&text, "p.toml").unwrap().remarks().join("\n");
    for part in [
        "extra is in no procedure",
        "extra takes 5 minutes of a person and is auto",
        "extra needs the skill \"law\"",
        "nobody is held out",
    ] {
        assert!(remarks.contains(part), "{part}: {remarks}");
    }
}

#[test]
fn the_document_has_the_catalogue_and_every_condition() {
    let document = include_str!("../../../docs/POLICY.md");
    let policy = Policy::default_policy();
    for rule in &policy.actions {
        let effect = rule.effect;
        let ends = format!(
            "| {:.2} ({:.2} to {:.2}) |",
            effect.odds_ratio, effect.low, effect.high
        );
        let starts = format!("| `{}` | ", rule.id);
        let row = document
            .lines()
            .find(|line| line.starts_with(&starts) && line.ends_with(&ends));
        let cells: Vec<&str> = row.unwrap_or(&starts).split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 8, "{}: {cells:?}", rule.id);
        assert_eq!(cells[3], rule.minutes.to_string(), "{}", rule.id);
        let cost = if rule.cost_minor == 0 {
            "0".to_owned()
        } else {
            Money::from_minor(rule.cost_minor, policy.currency).to_decimal_string()
        };
        assert_eq!(cells[2], cost, "{}", rule.id);
    }
    for condition in Condition::ALL {
        assert!(
            document.contains(&format!("\n| `{}` | ", condition.name())),
            "{condition:?}"
        );
    }
    for kind in ActionKind::ALL {
        assert!(document.contains(&format!("`{}`", kind.name())), "{kind:?}");
    }
}
