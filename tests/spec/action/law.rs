//! The law as dated tables. Every worked number was computed independently, most of them are from the sources.

mod tables;

use std::collections::BTreeSet;

use duecast::action::PartyType;
use duecast::action::law::{Claim, Law, NoRule};
use duecast::domain::date::{add_days, parse_iso};
use duecast::domain::{Currency, Date, Money};

fn day(text: &str) -> Date {
    parse_iso(text).unwrap()
}

fn claim<'a>(country: &'a str, party_type: PartyType, amount: &str, due: &str) -> Claim<'a> {
    let currency = if country == "GB" {
        Currency::GBP
    } else {
        Currency::EUR
    };
    Claim {
        country: Some(country),
        party_type,
        amount: Money::parse(amount, currency).unwrap(),
        due_date: day(due),
        creditor_reclaims_vat: true,
    }
}

fn with(ids: &[&str]) -> Law {
    let ids: BTreeSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    Law::shipped().allowing(&ids)
}

/// A law with one rule of interest of a made-up country, at a constant reference rate.
fn made_up(percent: &str, terms: &str) -> Law {
    let text = format!(
        r#"
        [[rate]]
        id = "r"
        name = "r"
        country = "ZZ"
        valid_from = "2000-01-01"
        percent = {percent}
        status = "in_force"
        source = "made up"

        [[rule]]
        id = "i"
        countries = ["ZZ"]
        parties = ["consumer"]
        valid_from = "2000-01-01"
        status = "in_force"
        source = "made up"
        words = "interest"
        interest = {{ rate = "r", {terms} }}
        "#
    );
    Law::from_toml(&[("made-up.toml", &text)]).unwrap()
}

fn interest(law: &Law, claim: &Claim<'_>, until: &str) -> i64 {
    law.interest(claim, day(until)).unwrap().amount.minor()
}

#[test]
fn ten_thousand_late_over_a_change_of_rate_bear_127_19() {
    let law = with(&["ecb_mro_2026_h2"]);
    for country in ["FR", "NL"] {
        let owed = claim(country, PartyType::LegalEntity, "10000", "2026-06-15");
        let found = law.interest(&owed, day("2026-07-30")).unwrap();
        assert_eq!(found.amount.to_string(), "127.19 EUR", "{country}");
        let days: Vec<i32> = found.periods.iter().map(|period| period.days).collect();
        assert_eq!(days, [15, 30]);
        let expected = [(10.15, 4_171.232_876_712), (10.40, 8_547.945_205_479)];
        for (period, (rate, amount)) in found.periods.iter().zip(expected) {
            assert!((period.rate_percent - rate).abs() < 1e-9, "{period:?}");
            assert!((period.amount - amount).abs() < 1e-6, "{period:?}");
        }
    }
}

#[test]
fn a_rate_that_nobody_verified_refuses_with_what_is_to_be_verified() {
    let owed = claim("NL", PartyType::LegalEntity, "10000", "2026-06-15");
    let refused = Law::shipped().interest(&owed, day("2026-07-30")).unwrap_err();
    assert!(
        matches!(&refused, NoRule::Unverified { rule, note } if rule == "ecb_mro_2026_h2" && note.contains("ECB")),
        "{refused}"
    );
    // The half-year before is known: until its last day there is an answer.
    assert_eq!(interest(&Law::shipped(), &owed, "2026-06-30"), 4171);
}

#[test]
fn a_rate_that_no_table_has_is_not_guessed() {
    let owed = claim("DE", PartyType::LegalEntity, "1000", "2026-06-15");
    let refused = Law::shipped().interest(&owed, day("2026-07-30")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the reference rate de_base of 2026-07-01 is not in the tables"
    );
}

#[test]
fn dutch_interest_compounds_after_each_full_year_and_other_interest_does_not() {
    let owed = claim("ZZ", PartyType::Consumer, "1000", "2025-03-31");
    let compounding = made_up("4.0", "margin = 0.0, compounds_yearly = true");
    assert_eq!(interest(&compounding, &owed, "2026-05-05"), 4399);
    let simple = made_up("4.0", "margin = 0.0");
    assert_eq!(interest(&simple, &owed, "2026-05-05"), 4384);
}

#[test]
fn dutch_commercial_interest_follows_the_half_years_and_compounds_on_its_own_day() {
    let owed = claim("NL", PartyType::PublicBody, "10000", "2023-12-31");
    // 182 days at 12.50 %, 184 at 12.25 %, then 31 at 11.15 % of 11,240.82.
    assert_eq!(interest(&Law::shipped(), &owed, "2025-01-31"), 134_727);
    let european = claim("FR", PartyType::PublicBody, "10000", "2023-12-31");
    assert_eq!(interest(&Law::shipped(), &european, "2025-01-31"), 133_552);
}

#[test]
fn a_leap_year_has_366_days_over_365() {
    let owed = claim("ZZ", PartyType::Consumer, "1000", "2023-12-31");
    let law = made_up("4.0", "margin = 0.0, compounds_yearly = true");
    assert_eq!(interest(&law, &owed, "2024-12-31"), 4011);
    assert_eq!(interest(&law, &owed, "2025-04-10"), 5151);
}

#[test]
fn german_interest_is_nine_points_above_the_base_rate_for_businesses_and_five_for_consumers() {
    let business = claim("DE", PartyType::SoleTrader, "1000", "2025-12-31");
    assert_eq!(interest(&Law::shipped(), &business, "2026-04-10"), 2814);
    // From the 31st day after the due date, 2 January, 73 days at 6.27 %.
    let consumer = claim("DE", PartyType::Consumer, "1000", "2025-12-02");
    assert_eq!(interest(&Law::shipped(), &consumer, "2026-03-15"), 1254);
    assert_eq!(interest(&Law::shipped(), &consumer, "2026-01-01"), 0);
}

#[test]
fn british_interest_keeps_the_rate_at_which_it_began_and_is_rounded_once() {
    // The published example: 1,000 at 8.5 % for 50 days. Rounding the day to 23 pence first would give 11.50.
    let owed = claim("ZZ", PartyType::Consumer, "1000", "2025-03-31");
    let law = made_up("0.5", "margin = 8.0, fixed_at_start = true");
    assert_eq!(interest(&law, &owed, "2025-05-20"), 1164);
    // 212 days at 12.25 %, into a half-year that has another rate.
    let owed = claim("GB", PartyType::LegalEntity, "1000", "2025-08-31");
    let found = Law::shipped().interest(&owed, day("2026-03-31")).unwrap();
    assert_eq!((found.amount.minor(), found.periods.len()), (7115, 1));
}

#[test]
fn nothing_is_owed_before_it_is_late() {
    let owed = claim("NL", PartyType::LegalEntity, "1000", "2026-03-01");
    let law = Law::shipped();
    assert_eq!(interest(&law, &owed, "2026-03-01"), 0);
    assert_eq!(
        law.compensation(&owed, day("2026-03-01"))
            .unwrap_err()
            .to_string(),
        "nothing is late on 2026-03-01: the last day to pay is 2026-03-01"
    );
    let credit = claim("NL", PartyType::LegalEntity, "-5", "2026-03-01");
    for refused in [
        law.interest(&credit, day("2026-04-01")).unwrap_err(),
        law.compensation(&credit, day("2026-04-01")).unwrap_err(),
    ] {
        assert_eq!(
            refused.to_string(),
            "an amount above zero is needed, got -5.00 EUR"
        );
    }
}

#[test]
fn the_dutch_scale_falls_with_the_debt_between_40_and_6775() {
    for (owed, cost) in [
        ("125", "40.00"),
        ("266.67", "40.00"),
        ("266.73", "40.01"),
        ("300", "45.00"),
        ("2500", "375.00"),
        ("3000", "425.00"),
        ("5000", "625.00"),
        ("10000", "875.00"),
        ("23000", "1005.00"),
        ("200000", "2775.00"),
        ("1000000", "6775.00"),
        ("5000000", "6775.00"),
    ] {
        for party in [PartyType::Consumer, PartyType::LegalEntity] {
            let claim = claim("NL", party, owed, "2026-03-01");
            let found = Law::shipped().collection_cost(&claim, day("2026-05-01")).unwrap();
            assert_eq!(found.amount.to_decimal_string(), cost, "{owed} {party:?}");
            // Only a consumer must have had the letter first.
            assert_eq!(found.needs_notice, party == PartyType::Consumer);
        }
    }
}

#[test]
fn value_added_tax_is_added_where_the_creditor_does_not_get_it_back() {
    let mut owed = claim("NL", PartyType::Consumer, "300", "2026-03-01");
    owed.creditor_reclaims_vat = false;
    let found = Law::shipped().collection_cost(&owed, day("2026-05-01")).unwrap();
    assert_eq!((found.amount.minor(), found.vat.minor()), (5445, 945));
}

#[test]
fn dutch_instalments_refuse_for_legal_review_even_when_they_are_allowed() {
    let owed = claim("NL", PartyType::Consumer, "300", "2026-03-01");
    for law in [Law::shipped(), with(&["nl_instalment_cost"])] {
        let refused = law.collection_cost_of_instalments(&owed, day("2026-05-01"));
        assert!(matches!(refused, Err(NoRule::LegalReview { .. })), "{refused:?}");
        let rule = law
            .rules()
            .iter()
            .find(|rule| rule.id == "nl_instalment_cost")
            .unwrap();
        assert!(!rule.is_on);
    }
    // Before 1 October 2024 there was no such rule.
    let earlier = claim("NL", PartyType::Consumer, "300", "2024-03-01");
    let found = Law::shipped().collection_cost_of_instalments(&earlier, day("2024-09-30"));
    assert_eq!(found.unwrap().amount.minor(), 4500);
}

#[test]
fn compensation_is_forty_euros_and_forty_to_a_hundred_pounds() {
    for (country, owed, amount) in [
        ("FR", "10", 4000),
        ("DE", "100000", 4000),
        ("NL", "300", 4000),
        ("GB", "999.99", 4000),
        ("GB", "1000", 7000),
        ("GB", "9999.99", 7000),
        ("GB", "10000", 10_000),
    ] {
        let claim = claim(country, PartyType::LegalEntity, owed, "2026-03-01");
        let found = Law::shipped().compensation(&claim, day("2026-03-02")).unwrap();
        assert_eq!(found.amount.minor(), amount, "{country} {owed}");
    }
}

#[test]
fn consumers_owe_no_compensation_and_no_country_no_rule() {
    let consumer = claim("NL", PartyType::Consumer, "300", "2026-03-01");
    let refused = Law::shipped()
        .compensation(&consumer, day("2026-04-01"))
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "no rule on compensation is known for a consumer in NL on 2026-04-01"
    );
    let mut nowhere = claim("NL", PartyType::LegalEntity, "300", "2026-03-01");
    nowhere.country = None;
    let refused = Law::shipped().interest(&nowhere, day("2026-04-01")).unwrap_err();
    assert!(refused.to_string().contains("an unknown country"), "{refused}");
}

#[test]
fn amounts_in_another_currency_than_the_rule_are_refused() {
    let mut owed = claim("GB", PartyType::LegalEntity, "300", "2026-03-01");
    owed.amount = Money::from_minor(30_000, Currency::EUR);
    let refused = Law::shipped().compensation(&owed, day("2026-04-01")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "uk_compensation is about amounts in GBP, got EUR"
    );
}

#[test]
fn a_rule_holds_from_its_first_day_and_codes_may_be_written_as_people_do() {
    let owed = claim("NL", PartyType::Consumer, "300", "2012-06-01");
    assert!(Law::shipped().collection_cost(&owed, day("2012-06-30")).is_err());
    assert!(Law::shipped().collection_cost(&owed, day("2012-07-01")).is_ok());
    let british = claim("GB", PartyType::LegalEntity, "1000", "2026-03-01");
    for code in ["uk", " GB "] {
        let same = Claim {
            country: Some(code),
            ..british
        };
        assert!(
            Law::shipped().compensation(&same, day("2026-04-01")).is_ok(),
            "{code}"
        );
    }
}

#[test]
fn the_fourteen_days_count_from_the_day_after_delivery() {
    let law = Law::shipped();
    let on = day("2026-04-01");
    let letter = law.notice(Some("NL"), PartyType::Consumer, on);
    assert!(letter.required);
    // Delivered on the 1st: the 2nd is day one, the 15th day fourteen.
    assert_eq!(letter.last_day(on), day("2026-04-15"));
    for (country, party) in [
        (Some("NL"), PartyType::LegalEntity),
        (Some("DE"), PartyType::Consumer),
        (None, PartyType::SoleTrader),
    ] {
        let own = law.notice(country, party, on);
        assert_eq!((own.required, own.last_day(on)), (false, add_days(on, 14)));
    }
}

#[test]
fn natural_persons_are_left_in_peace_at_night_on_sundays_and_on_holidays() {
    let law = Law::shipped();
    let on = day("2026-04-01");
    for (country, party) in [
        (Some("NL"), PartyType::Consumer),
        (Some("NL"), PartyType::SoleTrader),
        (Some("FR"), PartyType::Consumer),
        (None, PartyType::SoleTrader),
    ] {
        let hours = law.contact_hours(country, party, on);
        assert_eq!(
            (hours.earliest.to_string(), hours.latest.to_string()),
            ("07:00:00".into(), "20:00:00".into())
        );
        assert!(hours.days_off.sundays && hours.days_off.holidays);
        assert!(hours.is_day_off(day("2026-04-05"), country), "a Sunday");
        assert!(!hours.is_day_off(day("2026-04-04"), country), "a Saturday");
    }
    let dutch = law.contact_hours(Some("NL"), PartyType::Consumer, on);
    assert!(dutch.is_day_off(day("2026-04-27"), Some("NL")), "King's Day");
    assert!(!dutch.is_day_off(day("2026-04-28"), Some("NL")));
}

#[test]
fn the_tightest_of_several_rules_on_contact_holds_and_companies_have_none() {
    let law = Law::shipped();
    let on = day("2026-04-01");
    let hours = law.contact_hours(Some("US"), PartyType::Consumer, on);
    assert_eq!(
        (hours.earliest.to_string(), hours.latest.to_string()),
        ("08:00:00".into(), "20:00:00".into())
    );
    assert_eq!(hours.caps.len(), 1);
    assert_eq!((hours.caps[0].days, hours.caps[0].contacts), (7, 7));
    let company = law.contact_hours(Some("NL"), PartyType::LegalEntity, on);
    assert_eq!(company.earliest.to_string(), "00:00:00");
    assert!(!company.is_day_off(day("2026-04-05"), Some("NL")) && company.source.is_empty());
}

#[test]
fn terms_are_bounded_for_public_bodies_and_large_buyers() {
    let law = Law::shipped();
    let on = day("2026-04-01");
    assert_eq!(
        law.longest_term(Some("FR"), PartyType::PublicBody, on)
            .unwrap()
            .days,
        30
    );
    assert_eq!(
        law.longest_term(Some("FR"), PartyType::LegalEntity, on)
            .unwrap()
            .days,
        60
    );
    let dutch = law.longest_term(Some("NL"), PartyType::LegalEntity, on).unwrap();
    assert_eq!((dutch.days, dutch.days_of_large_buyer), (60, Some(30)));
    assert!(law.longest_term(Some("NL"), PartyType::Consumer, on).is_none());
}
