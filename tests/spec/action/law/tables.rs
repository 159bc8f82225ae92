//! The tables themselves: complete, documented, and refused where they contradict themselves.

use std::collections::BTreeSet;

use duecast::action::law::{Law, LawError, RuleStatus};

/// A rule that is right; tests change a part of it.
const RULE: &str = r#"
[[rule]]
id = "n"
countries = ["NL"]
parties = ["consumer"]
valid_from = "2020-01-01"
status = "in_force"
source = "made up"
words = "a notice"
notice = { days = 14, required = true }
"#;

fn findings(text: &str) -> Vec<String> {
    match Law::from_toml(&[("t.toml", text)]) {
        Err(LawError::Invalid { findings }) => findings,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_rule_names_its_source_and_is_in_the_document_with_its_state() {
    let document = include_str!("../../../../docs/LAW.md");
    let law = Law::shipped();
    assert!(law.rules().len() >= 40, "{} rules", law.rules().len());
    for rule in law.rules() {
        assert!(!rule.source.is_empty() && !rule.words.is_empty(), "{}", rule.id);
        let row = document
            .lines()
            .find(|line| line.starts_with(&format!("| `{}` |", rule.id)));
        let row = row.unwrap_or_else(|| panic!("docs/LAW.md has no row for {}", rule.id));
        assert!(row.contains(&rule.source), "docs/LAW.md: source of {}", rule.id);
        let state = if rule.is_on { "| on |" } else { "| off |" };
        assert!(row.contains(state), "docs/LAW.md: state of {}", rule.id);
    }
}

#[test]
fn what_is_not_verified_is_off_and_says_why() {
    let law = Law::shipped();
    let unverified = law
        .rules()
        .iter()
        .filter(|rule| rule.status == RuleStatus::Unverified);
    let mut ids = BTreeSet::new();
    for rule in unverified {
        assert!(!rule.is_on && !rule.note.is_empty(), "{}", rule.id);
        ids.insert(rule.id.clone());
    }
    for id in [
        "ecb_mro_2026_h2",
        "nl_statutory_2026",
        "uk_base_2026_h1",
        "nl_instalment_cost",
    ] {
        assert!(ids.contains(id), "{id}");
    }
    let allowed = law.allowing(&ids);
    let off: Vec<&str> = allowed
        .rules()
        .iter()
        .filter(|rule| !rule.is_on)
        .map(|rule| rule.id.as_str())
        .collect();
    assert_eq!(off, ["nl_instalment_cost"]);
}

#[test]
fn a_table_that_is_right_is_taken() {
    assert_eq!(Law::from_toml(&[("t.toml", RULE)]).unwrap().rules().len(), 1);
    assert!(Law::from_toml(&[]).unwrap().rules().is_empty());
}

#[test]
fn an_unknown_key_is_refused_with_its_place() {
    let error = Law::from_toml(&[("t.toml", &RULE.replace("words", "text"))]).unwrap_err();
    assert_eq!(error.to_string(), "t.toml is no table of rules");
}

#[test]
fn everything_that_is_wrong_is_found_at_once() {
    let wrong = RULE
        .replace("\"NL\"", "\"nl\"")
        .replace("\"made up\"", "\"\"")
        .replace("[\"consumer\"]", "[]")
        .replace("valid_from", "valid_until = \"2019-12-31\"\nvalid_from")
        .replace("in_force", "unverified");
    let found = findings(&wrong);
    for part in [
        "codes of two capitals",
        "source",
        "parties",
        "valid_until",
        "note",
    ] {
        assert!(
            found.iter().any(|finding| finding.contains(part)),
            "{part}: {found:?}"
        );
    }
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(
        found
            .iter()
            .all(|finding| finding.starts_with("t.toml: rule n: ")),
        "{found:?}"
    );
}

#[test]
fn a_rule_says_exactly_one_thing() {
    let two = format!("{RULE}term = {{ days = 30, days_where_none = 30 }}\n");
    assert!(findings(&two)[0].contains("got 2"));
    let none = RULE.replace("notice = { days = 14, required = true }", "");
    assert!(findings(&none)[0].contains("got 0"));
}

#[test]
fn two_rules_of_equal_rank_do_not_hold_on_one_day() {
    let second = RULE.replace("id = \"n\"", "id = \"m\"");
    let found = findings(&format!("{RULE}{second}"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("rule m") && found[0].contains("got n"),
        "{found:?}"
    );
    // One after the other, of other parties, or more general they may.
    for apart in [
        second
            .replace("2020-01-01", "2018-01-01")
            .replace("status", "valid_until = \"2019-12-31\"\nstatus"),
        second.replace("consumer", "legal_entity"),
        second.replace("countries = [\"NL\"]\n", ""),
    ] {
        let text = format!("{RULE}{apart}");
        assert!(Law::from_toml(&[("t.toml", &text)]).is_ok(), "{apart}");
    }
    let twice = findings(&format!("{RULE}{RULE}"));
    assert!(
        twice.iter().any(|finding| finding.contains("the only one")),
        "{twice:?}"
    );
}

#[test]
fn scales_rise_and_end_open_and_rates_are_known_once() {
    let scale = |bands: &str| {
        RULE.replace(
            "notice = { days = 14, required = true }",
            &format!(
                "collection_cost = {{ currency = \"EUR\", minimum = \"40.00\", maximum = \"10.00\", bands = [{bands}] }}"
            ),
        )
    };
    let found = findings(&scale(
        "{ up_to = \"2.00\", basis_points = 1 }, { up_to = \"1.00\", basis_points = 1 }",
    ));
    assert!(
        found
            .iter()
            .any(|finding| finding.contains("at most the maximum 10.00, got 40.00")),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|finding| finding.contains("upper ends that rise")),
        "{found:?}"
    );
    assert!(findings(&scale(""))[1].contains("at least one line"));

    let rate = "[[rate]]\nid = \"a\"\nname = \"r\"\ncountry = \"NL\"\nvalid_from = \"2020-01-01\"\npercent = 900.0\n\
                status = \"in_force\"\nsource = \"made up\"\n";
    let twice = format!("{rate}{}", rate.replace("\"a\"", "\"b\"").replace("900.0", "nan"));
    let found = findings(&twice);
    assert!(
        found.iter().any(|finding| finding.contains("got 900")),
        "{found:?}"
    );
    assert!(
        found.iter().any(|finding| finding.contains("got NaN")),
        "{found:?}"
    );
    assert!(
        found.iter().any(|finding| finding.contains("no other row of r")),
        "{found:?}"
    );
    let unknown = RULE.replace(
        "notice = { days = 14, required = true }",
        "interest = { rate = \"x\", margin = 1.0 }",
    );
    assert!(findings(&unknown)[0].contains("interest.rate must be one of"));
}
