//! A policy in words: conditions by name, and what a rule asks for.

use std::collections::BTreeSet;

use crate::action::kind::{ActionId, PartyType};
use crate::domain::{Currency, Money};

use super::{Assignment, Condition, Preconditions};

impl Condition {
    /// Every condition.
    pub const ALL: [Self; 13] = [
        Self::BrokenPromise,
        Self::OpenPromise,
        Self::OpenDispute,
        Self::BrokenPlan,
        Self::OverCreditLimit,
        Self::KeyAccount,
        Self::NewCustomer,
        Self::UsuallyPunctual,
        Self::InabilitySignals,
        Self::EmailBounced,
        Self::Reached,
        Self::NoticeExpired,
        Self::DiscountTaken,
    ];

    /// Returns the name used in policies.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BrokenPromise => "broken_promise",
            Self::OpenPromise => "open_promise",
            Self::OpenDispute => "open_dispute",
            Self::BrokenPlan => "broken_plan",
            Self::OverCreditLimit => "over_credit_limit",
            Self::KeyAccount => "key_account",
            Self::NewCustomer => "new_customer",
            Self::UsuallyPunctual => "usually_punctual",
            Self::InabilitySignals => "inability_signals",
            Self::EmailBounced => "email_bounced",
            Self::Reached => "reached",
            Self::NoticeExpired => "notice_expired",
            Self::DiscountTaken => "discount_taken",
        }
    }
}

impl Preconditions {
    /// Returns what must hold, in words: `days past due 14 or more, after email_reminder_1`.
    #[must_use]
    pub fn words(&self, currency: Currency) -> String {
        let mut words = Words(Vec::new());
        words.range(
            "days past due",
            self.days_past_due_min,
            self.days_past_due_max,
            "to",
        );
        words.range("days until due", self.days_to_due_min, self.days_to_due_max, "to");
        let money = |minor: Option<i64>| minor.map(|minor| money(minor, currency));
        words.range(
            "asked for",
            money(self.amount_min_minor),
            money(self.amount_max_minor),
            "to",
        );
        words.range("open items", self.open_items_min, None, "to");
        words.parties(&self.party_types);
        words.list("in ", &self.countries);
        if !self.after.is_empty() {
            let after: Vec<&str> = self.after.iter().map(ActionId::as_str).collect();
            words.0.push(format!("after {}", after.join(" or ")));
        }
        words.conditions("", &self.all_of, " and ");
        words.conditions("", &self.any_of, " or ");
        words.conditions("not ", &self.none_of, " or ");
        words.joined("always")
    }
}

impl Assignment {
    /// Returns for whom it is, in words: `consumer or sole_trader`, `everybody`.
    #[must_use]
    pub fn words(&self, currency: Currency) -> String {
        let mut words = Words(Vec::new());
        words.parties(&self.party_types);
        words.list("in ", &self.countries);
        words.list("segment ", &self.segments);
        words.range("risk", self.risk_min, self.risk_max, "to below");
        let money = |minor: Option<i64>| minor.map(|minor| money(minor, currency));
        words.range(
            "open",
            money(self.open_min_minor),
            money(self.open_max_minor),
            "to below",
        );
        words.range("score", self.score_min, self.score_max, "to below");
        words.conditions("", &self.all_of, " and ");
        words.joined("everybody")
    }
}

fn money(minor: i64, currency: Currency) -> String {
    Money::from_minor(minor, currency).to_string()
}

/// Parts of a sentence.
struct Words(Vec<String>);

impl Words {
    fn range<T: std::fmt::Display>(&mut self, what: &str, least: Option<T>, most: Option<T>, to: &str) {
        match (least, most) {
            (None, None) => {}
            (Some(least), None) => self.0.push(format!("{what} {least} or more")),
            (None, Some(most)) if to == "to" => self.0.push(format!("{what} {most} or less")),
            (None, Some(most)) => self.0.push(format!("{what} below {most}")),
            (Some(least), Some(most)) => self.0.push(format!("{what} {least} {to} {most}")),
        }
    }

    fn parties(&mut self, parties: &[PartyType]) {
        if !parties.is_empty() {
            let names: Vec<&str> = parties.iter().map(|party| party.name()).collect();
            self.0.push(names.join(" or "));
        }
    }

    fn list(&mut self, before: &str, names: &BTreeSet<String>) {
        if !names.is_empty() {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            self.0.push(format!("{before}{}", names.join(" or ")));
        }
    }

    fn conditions(&mut self, before: &str, conditions: &[Condition], between: &str) {
        if !conditions.is_empty() {
            let names: Vec<&str> = conditions.iter().map(|condition| condition.name()).collect();
            self.0.push(format!("{before}{}", names.join(between)));
        }
    }

    fn joined(self, otherwise: &str) -> String {
        if self.0.is_empty() {
            otherwise.to_owned()
        } else {
            self.0.join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_condition_is_the_one_that_is_written_in_json() {
        for condition in Condition::ALL {
            let json = serde_json::to_string(&condition).unwrap();
            assert_eq!(json, format!("\"{}\"", condition.name()));
        }
        let mut sorted = Condition::ALL;
        sorted.sort_unstable();
        assert_eq!(sorted, Condition::ALL);
    }

    #[test]
    fn a_rule_says_in_words_what_it_asks_for() {
        assert_eq!(Preconditions::default().words(Currency::EUR), "always");
        let when = Preconditions {
            days_past_due_min: Some(14),
            amount_max_minor: Some(50_000),
            any_of: vec![Condition::EmailBounced, Condition::Reached],
            none_of: vec![Condition::OpenDispute],
            ..Preconditions::default()
        };
        assert_eq!(
            when.words(Currency::EUR),
            "days past due 14 or more, asked for 500.00 EUR or less, email_bounced or reached, not open_dispute"
        );
        let assignment = Assignment {
            risk_min: Some(0.5),
            open_max_minor: Some(10_000),
            ..Assignment::default()
        };
        assert_eq!(
            assignment.words(Currency::EUR),
            "risk 0.5 or more, open below 100.00 EUR"
        );
        assert_eq!(Assignment::default().words(Currency::EUR), "everybody");
    }
}
