//! `duecast policy`: the one that ships can be used and is where one's own starts; a wrong one is told everything.

use std::fs;

use duecast::action::Policy;

use super::ledgers::{line_of, run};

#[test]
fn the_shipped_policy_is_printed_and_what_is_printed_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let shown = run(folder.path(), "policy show");
    shown.succeeded();
    assert_eq!(shown.out.trim_end(), Policy::DEFAULT_TEXT.trim_end());
    fs::write(folder.path().join("mine.toml"), &shown.out).unwrap();
    let checked = run(folder.path(), "policy check mine.toml");
    checked.succeeded();
    assert!(
        checked.out.contains("mine.toml can be used: \"default\""),
        "{}",
        checked.out
    );
    assert!(line_of(&checked.out, "call:").contains("asked for 250.00 EUR or more"));
    assert!(line_of(&checked.out, "small_amounts:").ends_with("then business"));
    assert!(
        checked.err.contains("offer_discount is in no procedure"),
        "{}",
        checked.err
    );
    assert!(checked.err.contains("no collector is named"), "{}", checked.err);
    let shipped = run(folder.path(), "policy check");
    shipped.succeeded();
    assert!(
        shipped.out.contains("The policy that ships can be used"),
        "{}",
        shipped.out
    );
}

#[test]
fn a_policy_that_cannot_be_used_is_told_everything_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = Policy::DEFAULT_TEXT
        .replace(
            "timezone = \"Europe/Amsterdam\"",
            "timezone = \"Europe/Duckburg\"",
        )
        .replace("propensity_min = 0.05", "propensity_min = 0.01")
        .replace("then = \"business\"", "then = \"buisness\"");
    fs::write(folder.path().join("mine.toml"), wrong).unwrap();
    let ran = run(folder.path(), "policy check mine.toml");
    ran.failed_with("mine.toml cannot be used as a policy");
    for path in ["caps.timezone", "exploration.propensity_min", "procedure[5].then"] {
        assert!(ran.err.contains(path), "{path}: {}", ran.err);
    }
    fs::write(
        folder.path().join("mine.toml"),
        "name = \"x\"\ncurency = \"EUR\"\n",
    )
    .unwrap();
    let ran = run(folder.path(), "policy check mine.toml");
    ran.failed_with("mine.toml is no policy");
    assert!(
        ran.err.contains("curency") && ran.err.contains("line 2"),
        "{}",
        ran.err
    );
    run(folder.path(), "policy check nowhere.toml").failed_with("cannot read the policy nowhere.toml");
}
