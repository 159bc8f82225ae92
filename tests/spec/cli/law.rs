//! `law`: what is known, and what it grants on a debt.

use super::ledgers::{Ran, line_of, run};

const CLAIM: &str =
    "law claim --country NL --party consumer --amount 300 --currency EUR --due 2026-03-01 --on 2026-05-01";

fn claim(more: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &format!("{CLAIM} {more}"))
}

#[test]
fn a_claim_is_told_what_it_bears_or_why_nothing() {
    let ran = claim("");
    ran.succeeded();
    let interest = line_of(&ran.out, "interest ");
    assert!(
        interest.contains("none: nl_statutory_2026 is not verified"),
        "{interest}"
    );
    let compensation = line_of(&ran.out, "compensation ");
    assert!(
        compensation.contains("none: no rule on compensation"),
        "{compensation}"
    );
    let cost = line_of(&ran.out, "collection cost ");
    assert!(cost.ends_with(" 45.00 EUR"), "{cost}");
    assert!(
        line_of(&ran.out, "formal notice ").contains("14 days"),
        "{}",
        ran.out
    );
    assert!(ran.err.contains("no legal advice"), "{}", ran.err);
}

#[test]
fn a_rate_that_nobody_verified_can_be_taken_on_by_name() {
    // 61 days at 4 % are 2.0055.
    let ran = claim("--allow nl_statutory_2026 --vat-is-cost");
    ran.succeeded();
    assert!(
        line_of(&ran.out, "interest ").ends_with(" 2.01 EUR"),
        "{}",
        ran.out
    );
    assert!(
        line_of(&ran.out, "collection cost ").ends_with(" 54.45 EUR"),
        "{}",
        ran.out
    );
    claim("--allow nonsense").failed_with("no rule has the id \"nonsense\"");
}

#[test]
fn recurring_instalments_go_to_a_lawyer_and_wrong_words_are_refused() {
    let ran = claim("--instalments");
    ran.succeeded();
    let cost = line_of(&ran.out, "collection cost ");
    assert!(cost.contains("needs legal review"), "{cost}");
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &CLAIM.replace("consumer", "company")).refused_with("--party");
}

#[test]
fn the_list_has_every_rule_of_a_country_with_its_state() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), "law list --country nl");
    ran.succeeded();
    for id in [
        "nl_14_day_letter",
        "eu_late_interest",
        "house_contact",
        "nl_statutory_2026",
    ] {
        assert!(ran.out.contains(id), "{id}\n{}", ran.out);
    }
    assert!(!ran.out.contains("de_compensation"), "{}", ran.out);
    assert!(ran.err.contains("nobody has verified them"), "{}", ran.err);
}
