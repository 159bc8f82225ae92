//! What is wrong with a policy is found, all of it, with where it stands and what is allowed.

use duecast::action::Policy;
use duecast::action::law::Law;
use duecast::action::policy::{Finding, PolicyError};

use super::{SMALL, action_with};

/// What in the small policy becomes what, where that is found, and what is said to have been given.
const VALUES: &[(&str, &str, &str, &str)] = &[
    ("name = \"small\"", "name = \" \"", "name", "nothing"),
    ("\"EUR\"", "\"EURO\"", "currency", "\"EURO\""),
    (
        "kind = \"reminder\"",
        "kind = \"remindr\"",
        "action[0].kind",
        "\"remindr\"",
    ),
    ("\"0.05\"", "\"0.055\"", "action[0].cost", "\"0.055\""),
    ("\"0.05\"", "\"-1\"", "action[0].cost", "\"-1\""),
    ("level = 1", "level = 10", "action[0].level", "10"),
    ("level = 1", "level = 2", "action[0].level", "2"),
    ("minutes = 10", "minutes = -1", "action[1].minutes", "-1"),
    ("minutes = 10", "level = 1", "action[1].level", "1"),
    (
        "minutes = 10",
        "channel = \"internal\"",
        "action[1].channel",
        "internal",
    ),
    (
        "minutes = 10",
        "channel = \"fax\"",
        "action[1].channel",
        "\"fax\"",
    ),
    (
        "minutes = 10",
        "autonomy = \"robot\"",
        "action[1].autonomy",
        "\"robot\"",
    ),
    (
        "minutes = 10",
        "discount_percent = 2",
        "action[1].discount_percent",
        "2",
    ),
    (
        "minutes = 10",
        "cooling_off_days = 9999",
        "action[1].cooling_off_days",
        "9999",
    ),
    (
        "minutes = 10",
        "when = { countries = [\"NLD\"] }",
        "action[1].when.countries[0]",
        "\"NLD\"",
    ),
    (
        "minutes = 10",
        "when = { party_types = [\"consumer\", \"robot\"] }",
        "action[1].when.party_types[1]",
        "\"robot\"",
    ),
    (
        "minutes = 10",
        "when = { any_of = [\"raining\"] }",
        "action[1].when.any_of[0]",
        "\"raining\"",
    ),
    (
        "minutes = 10",
        "when = { all_of = [\"reached\"], none_of = [\"reached\"] }",
        "action[1].when.none_of",
        "reached",
    ),
    (
        "minutes = 10",
        "when = { days_past_due_min = 9, days_past_due_max = 3 }",
        "action[1].when.days_past_due_max",
        "3",
    ),
    (
        "minutes = 10",
        "when = { amount_min = \"9.00\", amount_max = \"3\" }",
        "action[1].when.amount_max",
        "3.00",
    ),
    (
        "minutes = 10",
        "effect = { odds_ratio = 2.0, low = 0.9, high = 1.5 }",
        "action[1].effect.odds_ratio",
        "2",
    ),
    (
        "minutes = 10",
        "effect = { odds_ratio = 1.0, low = 0.0, high = 1.5 }",
        "action[1].effect.low",
        "0",
    ),
    (
        "from_days_past_due = 10",
        "from_days_past_due = 99999",
        "procedure[0].steps[0].from_days_past_due",
        "99999",
    ),
];

/// What the small policy has at its end, and where something is found.
const SECTIONS: &[(&str, &str)] = &[
    ("[caps]\ntimezone = \"Europe/Duckburg\"", "caps.timezone"),
    ("[caps]\nearliest = \"8 o'clock\"", "caps.earliest"),
    ("[caps]\nearliest = \"19:00\"\nlatest = \"08:00\"", "caps.latest"),
    (
        "[caps]\ncontacts = [{ contacts = 1, days = 0 }]",
        "caps.contacts[0].days",
    ),
    ("[exclusions]\nminimum = \"-1\"", "exclusions.minimum"),
    (
        "[exclusions]\nexpected_probability = 1.1",
        "exclusions.expected_probability",
    ),
    ("[exclusions]\nexpected_days = 0", "exclusions.expected_days"),
    ("[value]\ncost_of_capital = -0.1", "value.cost_of_capital"),
    ("[value]\nloss_share = nan", "value.loss_share"),
    ("[value]\nminute_cost = \"inf\"", "value.minute_cost"),
    (
        "[exploration]\npropensity_min = 0.04",
        "exploration.propensity_min",
    ),
    (
        "[exploration]\npropensity_min = 0.51",
        "exploration.propensity_min",
    ),
    (
        "[exploration]\nshare = 0.6\nhold_out_share = 0.5",
        "exploration.share",
    ),
    (
        "[[collector]]\nid = \" \"\nminutes_per_day = 1",
        "collector[0].id",
    ),
    (
        "[[collector]]\nid = \"a\"\nminutes_per_day = 1441",
        "collector[0].minutes_per_day",
    ),
    (
        "[[collector]]\nid = \"a\"\nminutes_per_day = 1\n[[collector]]\nid = \"a\"\nminutes_per_day = 2",
        "collector[1].id",
    ),
    (
        "[[collector]]\nid = \"a\"\nminutes_per_day = 1\nleave = [{ first = \"2026-12-24\", last = \"2026-12-23\" }]",
        "collector[0].leave[0].last",
    ),
    (
        "[[collector]]\nid = \"a\"\nminutes_per_day = 1\nleave = [{ first = \"2026-02-30\", last = \"2026-12-23\" }]",
        "collector[0].leave[0].first",
    ),
];

/// What is found in the small policy after a change to its text, and in that alone.
fn findings(from: &str, into: &str) -> Vec<Finding> {
    assert_eq!(SMALL.matches(from).count(), 1, "{from:?}");
    findings_of(&SMALL.replace(from, into))
}

/// What is found in the small policy with more at its end.
fn findings_with(more: &str) -> Vec<Finding> {
    findings_of(&format!("{SMALL}\n{more}"))
}

fn findings_of(text: &str) -> Vec<Finding> {
    match Policy::from_toml(text, "p.toml") {
        Err(PolicyError::Invalid { place, findings }) => {
            assert_eq!(place, "p.toml");
            findings
        }
        other => panic!("{other:?} for {text}"),
    }
}

fn paths(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.path.as_str()).collect()
}

#[test]
fn a_text_that_is_no_policy_says_where() {
    for text in [
        "name = ]",
        "nme = \"x\"",
        "name = 1",
        SMALL.replace("minutes = 10", "minutes = \"10\"").as_str(),
        SMALL.replace("cost = \"0.05\"", "cost = 0.05").as_str(),
        SMALL.replace("level = 1", "lvl = 1").as_str(),
    ] {
        let error = Policy::from_toml(text, "p.toml").unwrap_err();
        let PolicyError::Syntax { place, source } = &error else {
            panic!("{error} for {text}");
        };
        assert_eq!(place, "p.toml");
        assert!(source.to_string().contains("line "), "{source}");
        assert_eq!(error.to_string(), "p.toml is no policy");
    }
}

#[test]
fn a_value_that_cannot_be_used_is_named_with_what_is_allowed() {
    for (from, into, path, given) in VALUES {
        let found = findings(from, into);
        assert_eq!(paths(&found), [*path], "{into}: {found:?}");
        assert_eq!(found[0].given, *given, "{into}");
        assert!(!found[0].allowed.is_empty());
    }
}

#[test]
fn a_section_keeps_to_its_ranges() {
    for (more, path) in SECTIONS {
        assert_eq!(paths(&findings_with(more)), [*path], "{more}");
    }
}

#[test]
fn names_must_exist_and_be_one_s_own() {
    let extra_call = action_with("kind = \"call\"").replace("extra", "call");
    assert_eq!(paths(&findings_with(&extra_call)), ["action[2].id"]);
    let blank = action_with("kind = \"call\"").replace("extra", "Ex tra");
    assert_eq!(paths(&findings_with(&blank)), ["action[2].id"]);
    let after = action_with("kind = \"call\"\nwhen = { after = [\"mail\", \"fax\"] }");
    assert_eq!(paths(&findings_with(&after)), ["action[2].when.after[1]"]);
    let found = findings("action = \"mail\"", "action = \"fax\"");
    assert_eq!(paths(&found), ["procedure[0].steps[1].action"]);
    assert!(
        found[0].allowed.contains("mail, call, wait"),
        "{}",
        found[0].allowed
    );
    let found = findings("action = \"mail\"", "action = \"call\"");
    assert_eq!(paths(&found), ["procedure[0].steps[1].action"]);
    let then = "then = \"nobody\"\n";
    assert_eq!(paths(&findings_with(then)), ["procedure[0].then"]);
    assert_eq!(
        paths(&findings_with("[[assignment]]\nprocedure = \"nobody\"")),
        ["assignment[0].procedure"]
    );
}

#[test]
fn only_law_that_nobody_has_verified_is_switched_on() {
    let law = Law::shipped();
    let unverified: Vec<&str> = law.unverified().collect();
    let first = unverified[0];
    let currency = "currency = \"EUR\"";
    let taking = |ids: &[&str]| format!("{currency}\nunverified_law = {ids:?}");
    let policy = Policy::from_toml(&SMALL.replace(currency, &taking(&[first])), "p.toml").unwrap();
    assert!(policy.unverified_law.iter().eq([first]));
    // What was verified since is on anyway, and a policy that was kept is still read.
    let since = taking(&["eu_compensation"]);
    assert!(Policy::from_toml(&SMALL.replace(currency, &since), "p.toml").is_ok());
    // One that is not in the tables, and one that a lawyer has to decide.
    let wrong = ["uk_base_2062_h1", "nl_instalment_cost"];
    let found = findings(currency, &taking(&[first, wrong[0], wrong[1]]));
    assert_eq!(paths(&found), ["unverified_law[1]", "unverified_law[2]"]);
    for (finding, id) in found.iter().zip(wrong) {
        assert_eq!(finding.given, format!("{id:?}"));
        assert!(
            finding.allowed.contains(&unverified.join(", ")),
            "{}",
            finding.allowed
        );
    }
}

#[test]
fn a_cycle_is_shown() {
    let text = SMALL
        .replace("level = 1", "when = { after = [\"call\"] }")
        .replace("minutes = 10", "when = { after = [\"mail\"] }");
    let found = findings_of(&text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].path, "action[1].when.after");
    assert_eq!(found[0].given, "call after mail after call");

    let more = "then = \"next\"\n[[procedure]]\nid = \"next\"\nthen = \"all\"\n\
                steps = [{ action = \"mail\", from_days_past_due = 1 }]\n[[assignment]]\nprocedure = \"all\"\n";
    let found = findings_with(more);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].path, "procedure[0].then");
    assert_eq!(found[0].given, "all then next then all");
}

#[test]
fn nothing_significant_may_be_automatic() {
    for kind in ["credit_hold", "handover"] {
        let auto = action_with(&format!("kind = \"{kind}\"\nautonomy = \"auto\""));
        assert_eq!(paths(&findings_with(&auto)), ["action[2].autonomy"]);
    }
    let review = action_with("kind = \"handover\"\nautonomy = \"review\"");
    assert!(Policy::from_toml(&format!("{SMALL}\n{review}"), "p.toml").is_ok());
}

#[test]
fn waiting_costs_nothing_and_has_no_other_name() {
    let costly = "[[action]]\nid = \"wait\"\nkind = \"wait\"\ncost = \"1\"\n";
    assert_eq!(paths(&findings_with(costly)), ["action[2]"]);
    assert_eq!(
        paths(&findings_with(&action_with("kind = \"wait\""))),
        ["action[2].kind"]
    );
    let other = "[[action]]\nid = \"wait\"\nkind = \"statement\"\n";
    assert_eq!(paths(&findings_with(other)), ["action[2].kind"]);
}

#[test]
fn a_milder_step_does_not_come_after_a_harder_one() {
    let harder = action_with("kind = \"formal_notice\"\nlevel = 2");
    let text = SMALL.replace("action = \"call\"", "action = \"extra\"") + &harder;
    assert!(Policy::from_toml(&text, "p.toml").is_ok());
    let text = text.replace("from_days_past_due = 3 ", "from_days_past_due = 20 ");
    assert_eq!(
        paths(&findings_of(&text)),
        ["procedure[0].steps[0].from_days_past_due"]
    );
}

#[test]
fn everybody_is_on_a_procedure_and_every_assignment_can_be_reached() {
    let risky = "[[assignment]]\nprocedure = \"all\"\nrisk_min = 0.5\n";
    let all = "[[assignment]]\nprocedure = \"all\"\n";
    assert_eq!(paths(&findings_with(risky)), ["assignment[0]"]);
    assert_eq!(paths(&findings_with(&format!("{all}{all}"))), ["assignment[0]"]);
    let both = Policy::from_toml(&format!("{SMALL}\n{risky}{all}"), "p.toml").unwrap();
    assert_eq!(both.assignments.len(), 2);
    let none = &SMALL[..SMALL.find("[[procedure]]").unwrap()];
    assert_eq!(paths(&findings_of(none)), ["procedure"]);
    let backwards = format!("{risky}risk_max = 0.4\n{all}");
    assert_eq!(paths(&findings_with(&backwards)), ["assignment[0].risk_max"]);
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = SMALL
        .replace("0.05", "-1")
        .replace("minutes = 10", "minutes = -1")
        .replace("action = \"mail\"", "action = \"fax\"")
        + "[caps]\ntimezone = \"Mars\"\n";
    let found = findings_of(&text);
    assert_eq!(
        paths(&found),
        [
            "action[0].cost",
            "action[1].minutes",
            "caps.timezone",
            "procedure[0].steps[1].action"
        ]
    );
    let message = Policy::from_toml(&text, "p.toml").unwrap_err().to_string();
    for finding in &found {
        assert!(message.contains(&format!("\n  {finding}")), "{message}");
    }
}
