//! What is asked of the law, and why there may be no answer.

use super::rule::Subject;
use crate::action::kind::PartyType;
use crate::domain::{Currency, Date, Money};

/// A debt of which the law is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Country whose law holds, ISO 3166-1 alpha-2; usually the customer's.
    pub country: Option<&'a str>,
    /// What the customer is before the law.
    pub party_type: PartyType,
    /// What is owed.
    pub amount: Money,
    /// Last day on which paying is on time.
    pub due_date: Date,
    /// Whether the creditor gets value added tax on costs back from the state.
    pub creditor_reclaims_vat: bool,
}

/// Why the law says nothing that may be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRule {
    /// No table has a rule.
    #[error("no rule on {subject} is known for a {party} in {country} on {on}")]
    None {
        /// What it would be about.
        subject: &'static str,
        /// The country, or `an unknown country`.
        country: String,
        /// What the customer is.
        party: &'static str,
        /// The day.
        on: Date,
    },
    /// There is a rule or a rate, and nobody has verified it.
    #[error("{rule} is not verified and switched off: {note}")]
    Unverified {
        /// Its id, which switches it on in a policy.
        rule: String,
        /// What is to be verified.
        note: String,
    },
    /// There is a rule, and only a lawyer can apply it.
    #[error("{rule} needs legal review: {note}")]
    LegalReview {
        /// Its id.
        rule: String,
        /// Why.
        note: String,
    },
    /// The reference rate of a day is not in the tables.
    #[error("the reference rate {rate} of {day} is not in the tables")]
    RateMissing {
        /// Its name.
        rate: String,
        /// The day.
        day: Date,
    },
    /// The rule knows amounts in another currency.
    #[error("{rule} is about amounts in {allowed}, got {given}")]
    CurrencyUnknown {
        /// The rule's id.
        rule: String,
        /// Its currency.
        allowed: Currency,
        /// The amount's.
        given: Currency,
    },
    /// Nothing is late yet.
    #[error("nothing is late on {on}: the last day to pay is {due_date}")]
    NotLate {
        /// The day asked about.
        on: Date,
        /// The last day on which paying is on time.
        due_date: Date,
    },
    /// There is no debt.
    #[error("an amount above zero is needed, got {given}")]
    NothingOwed {
        /// The amount.
        given: Money,
    },
}

impl NoRule {
    pub(super) fn none(subject: Subject, country: Option<&str>, party: PartyType, on: Date) -> Self {
        Self::None {
            subject: subject.name(),
            country: country.unwrap_or("an unknown country").to_owned(),
            party: party.name(),
            on,
        }
    }
}

impl Claim<'_> {
    /// Refuses a claim that is no debt.
    pub(super) fn owed(&self) -> Result<i64, NoRule> {
        match self.amount.minor() {
            owed if owed > 0 => Ok(owed),
            _ => Err(NoRule::NothingOwed { given: self.amount }),
        }
    }

    /// Refuses a debt that is not late.
    pub(super) fn check_late(&self, on: Date) -> Result<(), NoRule> {
        if on > self.due_date {
            return Ok(());
        }
        Err(NoRule::NotLate {
            on,
            due_date: self.due_date,
        })
    }
}
