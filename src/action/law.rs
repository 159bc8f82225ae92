//! The law as dated tables: interest, compensation, collection cost, notices, contact hours.
//!
//! Every number is a row of `laws/*.toml` with its country, its parties, its period and its source; nothing is in
//! code but the arithmetic. A row that nobody has verified is switched off and refuses with its note, until a policy
//! takes it on by its id. Where several rules fit, a country's own goes before one of several countries, and that
//! before everybody's; rules on contact add up, and the tightest holds. None of it is legal advice.
//!
//! ```
//! use duecast::action::law::{Claim, Law};
//! use duecast::action::PartyType;
//! use duecast::domain::{Currency, Money, date::parse_iso};
//!
//! let claim = Claim {
//!     country: Some("NL"),
//!     party_type: PartyType::Consumer,
//!     amount: Money::parse("300", Currency::EUR)?,
//!     due_date: parse_iso("2026-03-01")?,
//!     creditor_reclaims_vat: true,
//! };
//! let cost = Law::shipped().collection_cost(&claim, parse_iso("2026-05-01")?)?;
//! assert_eq!(cost.amount.to_string(), "45.00 EUR");
//! assert!(cost.needs_notice);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod claim;
mod compile;
mod contact;
mod cost;
mod interest;
mod raw;
mod rule;

use std::collections::BTreeSet;

pub use claim::{Claim, NoRule};
pub use contact::{ContactHours, DaysOff, Notice, Term};
pub use cost::Compensation;
pub use interest::{Interest, InterestPeriod};
pub use rule::{RuleStatus, RuleSummary};

use crate::action::kind::PartyType;
use crate::domain::Date;
use rule::{Content, Rate, Rule, Subject};

/// The tables that ship, by the path of their file.
const SHIPPED: [(&str, &str); 7] = [
    ("laws/rates.toml", include_str!("../../laws/rates.toml")),
    ("laws/eu.toml", include_str!("../../laws/eu.toml")),
    ("laws/nl.toml", include_str!("../../laws/nl.toml")),
    ("laws/de.toml", include_str!("../../laws/de.toml")),
    ("laws/gb.toml", include_str!("../../laws/gb.toml")),
    ("laws/us.toml", include_str!("../../laws/us.toml")),
    ("laws/house.toml", include_str!("../../laws/house.toml")),
];

/// Why tables of rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LawError {
    /// The text is not TOML, or has keys that no rule has.
    #[error("{place} is no table of rules")]
    Syntax {
        /// The file.
        place: String,
        /// Where and why.
        source: toml::de::Error,
    },
    /// The rules contradict themselves or each other.
    #[error("the tables of rules are wrong: {}", .findings.join("; "))]
    Invalid {
        /// All that is wrong: where, what is allowed, what was given.
        findings: Vec<String>,
    },
}

/// The rules of law that are known.
#[derive(Clone, Debug)]
pub struct Law {
    rules: Vec<Rule>,
    rates: Vec<Rate>,
    allowed: BTreeSet<String>,
    summaries: Vec<RuleSummary>,
}

impl Law {
    /// Returns the rules that ship.
    ///
    /// # Panics
    ///
    /// Never: a test reads the tables.
    #[must_use]
    pub fn shipped() -> Self {
        Self::from_toml(&SHIPPED).expect("the shipped tables are tested")
    }

    /// Reads tables, each with the name of its place for messages.
    ///
    /// # Errors
    ///
    /// - [`LawError::Syntax`] for the first text that is no table of rules.
    /// - [`LawError::Invalid`] with everything else that is wrong.
    pub fn from_toml(texts: &[(&str, &str)]) -> Result<Self, LawError> {
        let (rules, rates) = compile::compile(texts)?;
        let allowed = BTreeSet::new();
        let summaries = summarised(&rules, &rates, &allowed);
        Ok(Self {
            rules,
            rates,
            allowed,
            summaries,
        })
    }

    /// Switches on rules and rates that nobody has verified, by their ids; others are as before.
    ///
    /// What needs legal review cannot be switched on.
    #[must_use]
    pub fn allowing(mut self, unverified: &BTreeSet<String>) -> Self {
        self.allowed.extend(unverified.iter().cloned());
        self.summaries = summarised(&self.rules, &self.rates, &self.allowed);
        self
    }

    /// Returns every rule and reference rate, in the order of the tables, rules first.
    #[must_use]
    pub fn rules(&self) -> &[RuleSummary] {
        &self.summaries
    }

    /// Returns the ids of the rules and rates that nobody has verified and that can be switched on.
    pub fn unverified(&self) -> impl Iterator<Item = &str> {
        let can_be_on = |rule: &&Rule| !matches!(rule.content, Content::InstalmentCost);
        let rules = self.rules.iter().filter(can_be_on);
        let rules = rules.map(|rule| (rule.status, rule.id.as_str()));
        let rates = self.rates.iter().map(|rate| (rate.status, rate.id.as_str()));
        rules
            .chain(rates)
            .filter(|(status, _)| *status == RuleStatus::Unverified)
            .map(|(_, id)| id)
    }

    /// Finds the rule that holds for a customer on a day, if it is switched on.
    fn rule(
        &self,
        subject: Subject,
        country: Option<&str>,
        party: PartyType,
        on: Date,
    ) -> Result<&Rule, NoRule> {
        let code = country.map(canonical);
        let fitting = self
            .rules
            .iter()
            .filter(|rule| rule.content.subject() == subject && rule.fits(code.as_deref(), party, on));
        let Some(rule) = fitting.min_by_key(|rule| rule.generality()) else {
            return Err(NoRule::none(subject, country, party, on));
        };
        if is_on(rule.status, &rule.id, &self.allowed) {
            Ok(rule)
        } else {
            Err(NoRule::Unverified {
                rule: rule.id.clone(),
                note: rule.note.clone(),
            })
        }
    }

    /// Every rule on a subject that holds for a customer on a day and is switched on, the special before the general.
    fn rules_on(&self, subject: Subject, country: Option<&str>, party: PartyType, on: Date) -> Vec<&Rule> {
        let code = country.map(canonical);
        let mut fitting: Vec<&Rule> = self
            .rules
            .iter()
            .filter(|rule| rule.content.subject() == subject && rule.fits(code.as_deref(), party, on))
            .filter(|rule| is_on(rule.status, &rule.id, &self.allowed))
            .collect();
        fitting.sort_by_key(|rule| rule.generality());
        fitting
    }

    /// Finds the value of a reference rate on a day, if it is known and switched on.
    fn rate(&self, name: &str, day: Date) -> Result<&Rate, NoRule> {
        let found = self
            .rates
            .iter()
            .find(|rate| rate.name == name && rule::is_valid(rate.valid_from, rate.valid_until, day));
        let Some(rate) = found else {
            return Err(NoRule::RateMissing {
                rate: name.to_owned(),
                day,
            });
        };
        if is_on(rate.status, &rate.id, &self.allowed) {
            Ok(rate)
        } else {
            Err(NoRule::Unverified {
                rule: rate.id.clone(),
                note: rate.note.clone(),
            })
        }
    }
}

fn is_on(status: RuleStatus, id: &str, allowed: &BTreeSet<String>) -> bool {
    status == RuleStatus::InForce || allowed.contains(id)
}

/// A country code as the tables have it.
fn canonical(country: &str) -> String {
    let code = country.trim().to_ascii_uppercase();
    match code.as_str() {
        "UK" => "GB".to_owned(),
        "EL" => "GR".to_owned(),
        _ => code,
    }
}

fn summarised(rules: &[Rule], rates: &[Rate], allowed: &BTreeSet<String>) -> Vec<RuleSummary> {
    let of_rules = rules.iter().map(|rule| RuleSummary {
        id: rule.id.clone(),
        subject: rule.content.subject().name(),
        country: rule.where_it_holds(),
        parties: rule.parties.clone(),
        valid_from: rule.valid_from,
        valid_until: rule.valid_until,
        source: rule.source.clone(),
        status: rule.status,
        is_on: is_on(rule.status, &rule.id, allowed) && !matches!(rule.content, Content::InstalmentCost),
        words: rule.words.clone(),
        note: rule.note.clone(),
    });
    let of_rates = rates.iter().map(|rate| RuleSummary {
        id: rate.id.clone(),
        subject: "reference_rate",
        country: rate.country.clone(),
        parties: Vec::new(),
        valid_from: rate.valid_from,
        valid_until: rate.valid_until,
        source: rate.source.clone(),
        status: rate.status,
        is_on: is_on(rate.status, &rate.id, allowed),
        words: format!("{} {} % a year", rate.name, rate.percent),
        note: rate.note.clone(),
    });
    of_rules.chain(of_rates).collect()
}
