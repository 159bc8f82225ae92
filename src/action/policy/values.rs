//! Reads single values; what cannot be used becomes a finding, and the default takes its place so that reading goes on.

use std::collections::BTreeSet;
use std::fmt::Display;

use chrono::NaiveTime;

use crate::action::kind::PartyType;
use crate::domain::date::parse_iso;
use crate::domain::{Currency, Date, Money};

use super::Condition;
use super::error::Finding;

/// Most days past due, and days until due, that a policy may speak of: ten years.
const DAYS_MAX: i32 = 3_650;

/// What cannot be used, so far.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn add(&mut self, path: &str, allowed: &str, given: &dyn Display) {
        self.0.push(Finding {
            path: path.to_owned(),
            allowed: allowed.to_owned(),
            given: given.to_string(),
        });
    }

    pub(super) fn into_list(self) -> Vec<Finding> {
        self.0
    }

    /// A whole number from `least` to `most`.
    pub(super) fn whole(
        &mut self,
        path: &str,
        given: Option<i64>,
        (least, most): (u32, u32),
        default: u32,
    ) -> u32 {
        let Some(given) = given else { return default };
        match u32::try_from(given) {
            Ok(number) if (least..=most).contains(&number) => number,
            Ok(_) | Err(_) => {
                self.add(path, &format!("a whole number from {least} to {most}"), &given);
                default
            }
        }
    }

    /// A number of days, before or after a due date.
    pub(super) fn days(&mut self, path: &str, given: Option<i64>) -> Option<i32> {
        let given = given?;
        match i32::try_from(given) {
            Ok(days) if (-DAYS_MAX..=DAYS_MAX).contains(&days) => Some(days),
            Ok(_) | Err(_) => {
                let allowed = format!("a whole number of days from -{DAYS_MAX} to {DAYS_MAX}");
                self.add(path, &allowed, &given);
                None
            }
        }
    }

    /// A number from `least` to `most`.
    pub(super) fn number(
        &mut self,
        path: &str,
        given: Option<f64>,
        (least, most): (f64, f64),
        default: f64,
    ) -> f64 {
        let Some(given) = given else { return default };
        if (least..=most).contains(&given) {
            given
        } else {
            self.add(path, &format!("a number from {least} to {most}"), &given);
            default
        }
    }

    /// An amount of zero or more, in minor units.
    pub(super) fn amount(&mut self, path: &str, given: Option<&str>, currency: Currency) -> Option<i64> {
        let given = given?;
        match Money::parse(given, currency) {
            Ok(amount) if amount.minor() >= 0 => Some(amount.minor()),
            Ok(_) | Err(_) => {
                let allowed = format!(
                    "an amount in {currency} of zero or more, as text with at most {} decimals",
                    currency.exponent()
                );
                self.add(path, &allowed, &format!("{given:?}"));
                None
            }
        }
    }

    /// An amount that may be finer than the minor unit, in minor units.
    pub(super) fn fine_amount(
        &mut self,
        path: &str,
        given: Option<&str>,
        currency: Currency,
        default: f64,
    ) -> f64 {
        let Some(given) = given else { return default };
        let is_plain = !given.is_empty() && given.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        match given.parse::<f64>() {
            Ok(amount) if is_plain && amount <= AMOUNT_MAX => amount * minor_units(currency),
            Ok(_) | Err(_) => {
                let allowed = format!("an amount in {currency} from 0 to {AMOUNT_MAX}, as text");
                self.add(path, &allowed, &format!("{given:?}"));
                default
            }
        }
    }

    /// A local time, to the minute.
    pub(super) fn time(&mut self, path: &str, given: Option<&str>, default: NaiveTime) -> NaiveTime {
        let Some(given) = given else { return default };
        NaiveTime::parse_from_str(given, "%H:%M").unwrap_or_else(|_| {
            self.add(path, "a time such as \"08:00\"", &format!("{given:?}"));
            default
        })
    }

    pub(super) fn date(&mut self, path: &str, given: &str) -> Option<Date> {
        let date = parse_iso(given).ok();
        if date.is_none() {
            self.add(path, "a day such as \"2026-12-24\"", &format!("{given:?}"));
        }
        date
    }

    /// One of a few names.
    pub(super) fn named<T: Copy>(
        &mut self,
        path: &str,
        given: &str,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Option<T> {
        let found = all.iter().copied().find(|one| name(*one) == given);
        if found.is_none() {
            let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
            let allowed = format!("one of {}", names.join(", "));
            self.add(path, &allowed, &format!("{given:?}"));
        }
        found
    }

    pub(super) fn party_types(&mut self, path: &str, given: &[String]) -> Vec<PartyType> {
        const ALL: [PartyType; 4] = [
            PartyType::LegalEntity,
            PartyType::SoleTrader,
            PartyType::Consumer,
            PartyType::PublicBody,
        ];
        let found = given
            .iter()
            .enumerate()
            .filter_map(|(index, given)| {
                self.named(&format!("{path}[{index}]"), given, &ALL, PartyType::name)
            })
            .collect::<BTreeSet<PartyType>>();
        found.into_iter().collect()
    }

    pub(super) fn conditions(&mut self, path: &str, given: &[String]) -> Vec<Condition> {
        let found = given
            .iter()
            .enumerate()
            .filter_map(|(index, given)| {
                self.named(
                    &format!("{path}[{index}]"),
                    given,
                    &Condition::ALL,
                    Condition::name,
                )
            })
            .collect::<BTreeSet<Condition>>();
        found.into_iter().collect()
    }

    /// Codes of ISO 3166-1, in capitals.
    pub(super) fn countries(&mut self, path: &str, given: &[String]) -> BTreeSet<String> {
        self.codes(
            path,
            given,
            "two letters of ISO 3166-1, such as \"NL\"",
            |code| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic()),
            str::to_ascii_uppercase,
        )
    }

    /// Languages, in lower case.
    pub(super) fn languages(&mut self, path: &str, given: &[String]) -> BTreeSet<String> {
        self.codes(
            path,
            given,
            "a language such as \"nl\" or \"nl-be\"",
            |code| {
                (2..=8).contains(&code.len())
                    && code
                        .bytes()
                        .all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
            },
            str::to_ascii_lowercase,
        )
    }

    /// Words of which the business makes what it likes.
    pub(super) fn words(&mut self, path: &str, given: &[String]) -> BTreeSet<String> {
        self.codes(
            path,
            given,
            "a word",
            |word| !word.trim().is_empty(),
            |word| word.trim().to_owned(),
        )
    }

    fn codes(
        &mut self,
        path: &str,
        given: &[String],
        allowed: &str,
        is_code: fn(&str) -> bool,
        written: fn(&str) -> String,
    ) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (index, code) in given.iter().enumerate() {
            if is_code(code) {
                found.insert(written(code));
            } else {
                self.add(&format!("{path}[{index}]"), allowed, &format!("{code:?}"));
            }
        }
        found
    }

    /// A name by which other parts of the policy, files and answers refer to a thing.
    pub(super) fn id(&mut self, path: &str, given: &str) {
        let is_id = (1..=64).contains(&given.len())
            && given.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-'
            });
        if !is_id {
            let allowed = "1 to 64 lower-case letters, digits, underscores and hyphens";
            self.add(path, allowed, &format!("{given:?}"));
        }
    }
}

/// Largest amount that a minute may cost.
const AMOUNT_MAX: f64 = 1_000_000.0;

/// Minor units in a unit of a currency.
pub(super) fn minor_units(currency: Currency) -> f64 {
    10_f64.powi(i32::try_from(currency.exponent()).expect("a currency has at most four decimals"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_may_cost_a_part_of_a_cent_and_nothing_else_is_read_into_it() {
        let mut findings = Findings::default();
        let cost = findings.fine_amount("p", Some("0.755"), Currency::EUR, 1.0);
        assert!((cost - 75.5).abs() < 1e-9, "{cost}");
        for text in ["", "-1", "1e3", "inf", "NaN", "1,5", "."] {
            let refused = findings.fine_amount("p", Some(text), Currency::EUR, 7.0);
            assert!((refused - 7.0).abs() < 1e-9, "{text:?}");
        }
        assert_eq!(findings.into_list().len(), 7);
    }

    #[test]
    fn a_number_that_is_none_is_out_of_every_range() {
        let mut findings = Findings::default();
        findings.number("p", Some(f64::NAN), (0.0, 1.0), 0.5);
        findings.number("p", Some(1.0), (0.0, 1.0), 0.5);
        findings.number("p", None, (0.0, 1.0), 0.5);
        assert_eq!(findings.into_list().len(), 1);
    }
}
