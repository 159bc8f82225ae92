//! Payment terms: due dates, instalments, discounts and the texts people write.

use duecast::domain::date::parse_iso;
use duecast::domain::terms::{Discount, DueRule, Instalment, PaymentTerms, Percent, TermsError};
use duecast::domain::{Currency, Date, Money};
use proptest::prelude::*;

fn day(text: &str) -> Date {
    parse_iso(text).unwrap()
}

fn terms(text: &str) -> PaymentTerms {
    PaymentTerms::parse(text).unwrap()
}

fn percent(text: &str) -> Percent {
    Percent::parse(text).unwrap()
}

fn euro(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

#[test]
fn due_dates_follow_the_terms_in_calendar_days() {
    for (invoice_date, text, due_date) in [
        ("2026-01-15", "net 30", "2026-02-14"),
        ("2026-01-15", "EOM", "2026-01-31"),
        ("2026-01-15", "EOM then +30 days", "2026-03-02"),
        ("2026-01-15", "+30 days then EOM", "2026-02-28"),
        ("2026-01-31", "net 30", "2026-03-02"),
        ("2026-01-15", "due on receipt", "2026-01-15"),
        ("2026-01-31", "EOM of next month", "2026-02-28"),
        ("2026-01-15", "EOM in 2 months", "2026-03-31"),
        ("2026-01-15", "day 15", "2026-01-15"),
        ("2026-01-16", "day 15", "2026-02-15"),
        ("2026-01-16", "day 15 of next month", "2026-02-15"),
        ("2026-01-16", "day 31 of next month", "2026-02-28"),
        ("2026-12-31", "day 10 in 2 months", "2027-02-10"),
        ("2026-02-28", "day 31", "2026-02-28"),
    ] {
        assert_eq!(terms(text).due_date(day(invoice_date)), day(due_date), "{text}");
    }
}

#[test]
fn the_two_meanings_of_30_eom_are_two_rules() {
    let from = day("2026-01-15");
    let month_first = DueRule::EndOfMonthThenDays { days: 30 };
    let days_first = DueRule::DaysThenEndOfMonth { days: 30 };
    assert_eq!(month_first.due_date(from), day("2026-03-02"));
    assert_eq!(days_first.due_date(from), day("2026-02-28"));
}

#[test]
fn two_ten_net_thirty_takes_two_percent_off_until_day_ten() {
    let dues = terms("2/10 net 30").due_dates(day("2026-01-15"), euro("1000.00"));
    assert_eq!(dues.instalments.len(), 1);
    assert_eq!(dues.instalments[0].due_date, day("2026-02-14"));
    assert_eq!(dues.instalments[0].amount, euro("1000.00"));
    let offer = dues.discounts[0];
    assert_eq!(offer.deadline, day("2026-01-25"));
    assert_eq!((offer.payable, offer.taken_off), (euro("980.00"), euro("20.00")));
}

#[test]
fn two_ten_net_thirty_is_worth_37_24_percent_simple_and_44_59_compounded() {
    let discount = terms("2/10 net 30").discounts()[0];
    let value = discount.annualised(30).unwrap();
    // 2/98 x 365/20 and (1 + 2/98)^(365/20) - 1, to the printed precision.
    assert!((value.simple - 0.3724).abs() < 0.000_05);
    assert!((value.compounded - 0.4459).abs() < 0.000_05);
    assert!(discount.annualised(10).is_none(), "no day is gained");
    assert!(discount.annualised(5).is_none());
}

#[test]
fn instalments_add_up_to_the_amount() {
    let plan = terms("33.33% on receipt; 33.33% net 30; 33.34% net 60");
    let dues = plan.due_dates(day("2026-01-15"), euro("100.00"));
    let minor: Vec<i64> = dues.instalments.iter().map(|part| part.amount.minor()).collect();
    assert_eq!(minor, [3_333, 3_333, 3_334]);
    let numbers: Vec<usize> = dues.instalments.iter().map(|part| part.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(dues.instalments[2].due_date, day("2026-03-16"));
    assert_eq!(plan.due_date(day("2026-01-15")), day("2026-03-16"));
}

#[test]
fn grace_days_postpone_lateness_and_not_the_due_date() {
    let patient = terms("net 30, grace 5 days");
    assert_eq!(patient.grace_days(), 5);
    assert_eq!(patient.due_date(day("2026-01-15")), day("2026-02-14"));
    assert_eq!(patient.tolerated_until(day("2026-01-15")), day("2026-02-19"));
}

#[test]
fn a_discount_never_outlasts_the_due_date() {
    let dues = terms("2/10 net EOM").due_dates(day("2026-01-28"), euro("100.00"));
    assert_eq!(dues.discounts[0].deadline, day("2026-01-31"));
}

#[test]
fn common_texts_are_understood() {
    for (text, canonical) in [
        ("net 30", "net 30"),
        ("NET30", "net 30"),
        ("n/30", "net 30"),
        ("Net 30 days", "net 30"),
        ("30 days", "net 30"),
        ("30 days net", "net 30"),
        ("Payment within 14 days", "net 14"),
        ("due in 45 days", "net 45"),
        ("30 days from invoice date", "net 30"),
        ("2/10 net 30", "2/10 net 30"),
        ("2/10, n/30", "2/10 net 30"),
        ("2% 10 days, net 30", "2/10 net 30"),
        ("2% 10 net 30 days", "2/10 net 30"),
        ("2.25/14 net 30", "2.25/14 net 30"),
        ("3/7 2/14 net 30", "3/7 2/14 net 30"),
        ("3% 7 days, 2% 14 days, net 30", "3/7 2/14 net 30"),
        ("EOM", "EOM"),
        ("end of month", "EOM"),
        ("End of the month.", "EOM"),
        ("end of next month", "EOM of next month"),
        ("EOM + 30", "EOM then +30 days"),
        ("30 days after end of month", "EOM then +30 days"),
        ("30 days then EOM", "+30 days then EOM"),
        ("due on receipt", "due on receipt"),
        ("Payable immediately", "due on receipt"),
        ("Cash on delivery", "due on receipt"),
        ("15th of month", "day 15"),
        ("10 prox", "day 10 of next month"),
        ("15 MFI", "day 15 of next month"),
        ("50% net 30, 50% net 60", "50% net 30; 50% net 60"),
        (
            "30% on receipt and 70% in 60 days",
            "30% due on receipt; 70% net 60",
        ),
    ] {
        assert_eq!(terms(text).to_string(), canonical, "{text}");
    }
}

#[test]
fn german_and_french_terms_are_understood() {
    for (text, canonical) in [
        ("30 Tage netto", "net 30"),
        ("Zahlbar innerhalb von 30 Tagen ohne Abzug.", "net 30"),
        ("30 Tage nach Rechnungsdatum", "net 30"),
        ("Zahlungsziel: 14 Tage", "net 14"),
        ("Zahlbar sofort ohne Abzug", "due on receipt"),
        ("Sofort fällig", "due on receipt"),
        ("14 Tage 2% Skonto, 30 Tage netto", "2/14 net 30"),
        ("14 Tage 2,25 % Skonto, 30 Tage netto", "2.25/14 net 30"),
        (
            "Innerhalb von 14 Tagen 2 % Skonto, innerhalb von 30 Tagen ohne Abzug",
            "2/14 net 30",
        ),
        ("2% Skonto innerhalb 14 Tagen, 30 Tage netto", "2/14 net 30"),
        ("7 Tage 3%, 14 Tage 2%, 30 Tage netto", "3/7 2/14 net 30"),
        ("10 days 2%, net 30", "2/10 net 30"),
        ("30 Tage nach Monatsende", "EOM then +30 days"),
        ("30 jours", "net 30"),
        ("Paiement à 45 jours", "net 45"),
        ("À réception de facture", "due on receipt"),
        ("fin de mois", "EOM"),
    ] {
        assert_eq!(terms(text).to_string(), canonical, "{text}");
    }
    for text in [
        "30 Tage nach Erhalt der Rechnung",
        "30 jours à réception de facture",
        "14 Tage 2%",
        "14 Tage 2,255% Skonto, 30 Tage netto",
        "zahlbar bis 15.02.2026",
        "nach Vereinbarung",
        "Vorkasse",
    ] {
        let error = PaymentTerms::parse(text).unwrap_err();
        assert!(
            matches!(error, TermsError::NotUnderstood { .. }),
            "{text}: {error}"
        );
    }
}

#[test]
fn a_text_with_two_meanings_is_refused_and_both_are_named() {
    for text in [
        "30 jours fin de mois",
        "30 EOM",
        "net 30 EOM",
        "30 days EOM",
        "EOM 30",
        "30 days end of month",
    ] {
        assert_eq!(
            PaymentTerms::parse(text).unwrap_err().to_string(),
            format!(
                "payment terms have two meanings; allowed \"EOM then +30 days\" or \"+30 days then EOM\"; given {text:?}"
            )
        );
    }
    let error = PaymentTerms::parse("2/10 EOM").unwrap_err();
    assert!(matches!(error, TermsError::Ambiguous { .. }));
}

#[test]
fn a_text_that_is_not_understood_is_refused() {
    for text in [
        "",
        "30",
        "net",
        "net -30",
        "net 70000",
        "soon",
        "1 month",
        "2/10/30",
        "Z030",
        "%",
        "30 days from receipt",
        "net 30 or so",
    ] {
        let error = PaymentTerms::parse(text).unwrap_err();
        assert!(matches!(error, TermsError::NotUnderstood { .. }), "{text}");
    }
}

#[test]
fn terms_that_contradict_themselves_are_refused() {
    let error = |text| PaymentTerms::parse(text).unwrap_err();
    assert!(matches!(error("day 32"), TermsError::DayInvalid { given: 32 }));
    assert!(matches!(error("day 0"), TermsError::DayInvalid { given: 0 }));
    assert!(matches!(
        error("2/40 net 30"),
        TermsError::DiscountsInconsistent { .. }
    ));
    assert!(matches!(
        error("2/10 1/5 net 30"),
        TermsError::DiscountsInconsistent { .. }
    ));
    assert!(matches!(
        error("100/10 net 30"),
        TermsError::DiscountsInconsistent { .. }
    ));
    assert!(matches!(
        error("2/10 due on receipt"),
        TermsError::DiscountsInconsistent { .. }
    ));
    assert!(matches!(
        error("2.255/10 net 30"),
        TermsError::PercentInvalid { .. }
    ));
    assert_eq!(
        error("50% net 30; 40% net 60").to_string(),
        "instalments are not the whole; allowed positive percentages that add up to 100%; given 50% + 40%"
    );
    assert!(PaymentTerms::try_instalments(Vec::new()).is_err());
}

#[test]
fn percentages_have_at_most_two_decimals() {
    for (text, basis_points) in [
        ("2", 200),
        ("2.5%", 250),
        ("2.25", 225),
        ("0.05", 5),
        ("100 %", 10_000),
    ] {
        assert_eq!(percent(text).basis_points(), basis_points);
    }
    for text in ["", "%", "-1", "100.01", "2.255", "2,5", ".5", "1000"] {
        assert!(Percent::parse(text).is_err(), "{text}");
    }
    assert_eq!(percent("2.50").to_string(), "2.5%");
    assert_eq!(percent("2.05").to_string(), "2.05%");
}

#[test]
fn terms_are_their_text_in_json() {
    let json = serde_json::to_string(&terms("2/10 net 30")).unwrap();
    assert_eq!(json, "\"2/10 net 30\"");
    assert_eq!(
        serde_json::from_str::<PaymentTerms>(&json).unwrap(),
        terms("2/10 net 30")
    );
    assert!(serde_json::from_str::<PaymentTerms>("\"30 EOM\"").is_err());
}

fn any_rule() -> impl Strategy<Value = DueRule> {
    prop_oneof![
        Just(DueRule::OnReceipt),
        any::<u16>().prop_map(|days| DueRule::NetDays { days }),
        any::<u8>().prop_map(|extra_months| DueRule::EndOfMonth { extra_months }),
        any::<u16>().prop_map(|days| DueRule::EndOfMonthThenDays { days }),
        any::<u16>().prop_map(|days| DueRule::DaysThenEndOfMonth { days }),
        (1_u8..=31, any::<u8>()).prop_map(|(day, extra_months)| DueRule::DayOfMonth { day, extra_months }),
    ]
}

fn any_instalments() -> impl Strategy<Value = Vec<Instalment>> {
    (any_rule(), any_rule(), 1_u16..10_000, any::<bool>()).prop_map(|(first, second, share, is_single)| {
        let points = |points| Percent::from_basis_points(points).unwrap();
        if is_single {
            return vec![Instalment {
                percent: Percent::WHOLE,
                due: first,
            }];
        }
        vec![
            Instalment {
                percent: points(share),
                due: first,
            },
            Instalment {
                percent: points(10_000 - share),
                due: second,
            },
        ]
    })
}

proptest! {
    #[test]
    fn what_terms_print_reads_back(
        instalments in any_instalments(),
        discount in prop::option::of((1_u16..10_000, any::<u16>())),
        grace_days in any::<u16>(),
    ) {
        let plain = PaymentTerms::try_instalments(instalments).unwrap().with_grace_days(grace_days);
        let discounts = discount
            .map(|(points, days)| Discount { percent: Percent::from_basis_points(points).unwrap(), days })
            .into_iter()
            .collect();
        let written = plain.clone().with_discounts(discounts).unwrap_or(plain);
        prop_assert_eq!(PaymentTerms::parse(&written.to_string()), Ok(written));
    }

    #[test]
    fn instalments_and_discounts_conserve_the_amount(
        instalments in any_instalments(),
        minor in any::<i64>(),
        points in 1_u16..10_000,
    ) {
        let amount = Money::from_minor(minor, Currency::EUR);
        let plan = PaymentTerms::try_instalments(instalments).unwrap();
        let dues = plan.due_dates(day("2026-01-15"), amount);
        let sum = dues.instalments.iter().try_fold(Money::zero(Currency::EUR), |sum, part| sum.checked_add(part.amount));
        prop_assert_eq!(sum, Ok(amount));
        let discount = Discount { percent: Percent::from_basis_points(points).unwrap(), days: 10 };
        let offer = discount.offer(day("2026-01-15"), day("2026-02-14"), amount);
        prop_assert_eq!(offer.payable.checked_add(offer.taken_off), Ok(amount));
    }

    #[test]
    fn nothing_is_due_before_the_invoice_date(rule in any_rule(), number in 0_i32..40_000) {
        let invoice_date = duecast::domain::date::from_day_number(number);
        prop_assert!(rule.due_date(invoice_date) >= invoice_date);
    }

    #[test]
    fn no_text_makes_the_reader_panic(characters in prop::collection::vec(any::<char>(), 0..30)) {
        let text: String = characters.into_iter().collect();
        let _ = PaymentTerms::parse(&text);
    }
}
