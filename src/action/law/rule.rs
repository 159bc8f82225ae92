//! A rule of law: where, for whom and when it holds, who says so, and what it says.

use std::collections::BTreeSet;

use chrono::NaiveTime;
use serde::{Deserialize, Serialize};

use crate::action::kind::PartyType;
use crate::action::policy::ContactCap;
use crate::domain::{Currency, Date};

/// Whether somebody has compared a rule with its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleStatus {
    /// It holds, by the source it names.
    InForce,
    /// Nobody has checked it: it is switched off until somebody takes it on by its id.
    Unverified,
}

impl RuleStatus {
    /// Returns the name used in files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Unverified => "unverified",
        }
    }
}

/// A rule or a reference rate, as it is shown to people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleSummary {
    /// Names it; also what switches on a rule that is not verified.
    pub id: String,
    /// What it is about: `interest`, `compensation`, `collection_cost`, ..., or `reference_rate`.
    pub subject: &'static str,
    /// Where it holds: country codes, or `any`.
    pub country: String,
    /// For whom; of a reference rate, nobody.
    pub parties: Vec<PartyType>,
    /// First day.
    pub valid_from: Date,
    /// Last day; none is known where there is none.
    pub valid_until: Option<Date>,
    /// Who says so.
    pub source: String,
    /// Whether it is verified.
    pub status: RuleStatus,
    /// Whether it is used.
    pub is_on: bool,
    /// What it says.
    pub words: String,
    /// What to mind; empty where there is nothing.
    pub note: String,
}

/// What rules are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Interest,
    Compensation,
    CollectionCost,
    InstalmentCost,
    Notice,
    Contact,
    Term,
}

impl Subject {
    /// The name in answers; also the key of its table in TOML.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Interest => "interest",
            Self::Compensation => "compensation",
            Self::CollectionCost => "collection_cost",
            Self::InstalmentCost => "instalment_cost",
            Self::Notice => "notice",
            Self::Contact => "contact",
            Self::Term => "term",
        }
    }
}

/// A rule, checked.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) id: String,
    /// None means everywhere.
    pub(super) countries: BTreeSet<String>,
    pub(super) parties: Vec<PartyType>,
    pub(super) valid_from: Date,
    pub(super) valid_until: Option<Date>,
    pub(super) status: RuleStatus,
    pub(super) source: String,
    pub(super) words: String,
    pub(super) note: String,
    pub(super) content: Content,
}

impl Rule {
    /// Whether it is about this customer on this day.
    pub(super) fn fits(&self, country: Option<&str>, party: PartyType, on: Date) -> bool {
        let is_here = self.countries.is_empty() || country.is_some_and(|code| self.countries.contains(code));
        is_here && self.parties.contains(&party) && is_valid(self.valid_from, self.valid_until, on)
    }

    /// The special goes before the general: a country's own rule, then one of several countries, then everybody's.
    pub(super) fn generality(&self) -> u8 {
        match self.countries.len() {
            0 => 2,
            1 => 0,
            _ => 1,
        }
    }

    /// Where it holds, in words.
    pub(super) fn where_it_holds(&self) -> String {
        if self.countries.is_empty() {
            return "any".to_owned();
        }
        let codes: Vec<&str> = self.countries.iter().map(String::as_str).collect();
        codes.join(", ")
    }
}

/// A reference rate in a period.
#[derive(Clone, Debug)]
pub(super) struct Rate {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) country: String,
    pub(super) valid_from: Date,
    pub(super) valid_until: Option<Date>,
    pub(super) percent: f64,
    pub(super) status: RuleStatus,
    pub(super) source: String,
    pub(super) note: String,
}

/// Whether a day is one of a period.
pub(super) fn is_valid(first: Date, last: Option<Date>, day: Date) -> bool {
    first <= day && last.is_none_or(|last| day <= last)
}

/// What a rule says.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Interest(InterestTerms),
    Compensation(Steps),
    CollectionCost(Scale),
    /// Nobody knows how: it stands here so that nothing is computed.
    InstalmentCost,
    Notice(NoticeTerms),
    Contact(ContactTerms),
    Term(TermLimits),
}

impl Content {
    pub(super) const fn subject(&self) -> Subject {
        match self {
            Self::Interest(_) => Subject::Interest,
            Self::Compensation(_) => Subject::Compensation,
            Self::CollectionCost(_) => Subject::CollectionCost,
            Self::InstalmentCost => Subject::InstalmentCost,
            Self::Notice(_) => Subject::Notice,
            Self::Contact(_) => Subject::Contact,
            Self::Term(_) => Subject::Term,
        }
    }
}

/// How interest is reckoned.
#[derive(Clone, Debug)]
pub(super) struct InterestTerms {
    /// Name of the reference rate.
    pub(super) rate: String,
    /// Percentage points on top of it.
    pub(super) margin: f64,
    /// Whether interest is added to the amount after each full year.
    pub(super) compounds_yearly: bool,
    /// Whether the rate of the first day holds for good.
    pub(super) is_fixed_at_start: bool,
    /// Days after the due date on which no interest runs yet.
    pub(super) waits_days: u32,
}

/// A fixed amount by the size of the debt.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    pub(super) currency: Currency,
    /// The amount for debts below the first, which the last step does not have.
    pub(super) steps: Vec<(Option<i64>, i64)>,
}

/// A percentage that falls with the size of the debt.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    pub(super) currency: Currency,
    pub(super) minimum_minor: i64,
    pub(super) maximum_minor: i64,
    pub(super) vat_basis_points: u32,
    pub(super) needs_notice: bool,
    /// Upper end of the band, which the last one does not have, and hundredths of a per cent.
    pub(super) bands: Vec<(Option<i64>, u32)>,
}

/// How long a formal notice must leave.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoticeTerms {
    pub(super) days: u32,
    pub(super) is_required: bool,
}

/// When people may be contacted.
#[derive(Clone, Debug)]
pub(super) struct ContactTerms {
    pub(super) earliest: NaiveTime,
    pub(super) latest: NaiveTime,
    pub(super) sundays_off: bool,
    pub(super) holidays_off: bool,
    pub(super) caps: Vec<ContactCap>,
}

/// How long a contract may leave to pay.
#[derive(Clone, Copy, Debug)]
pub(super) struct TermLimits {
    pub(super) days: u32,
    pub(super) days_where_none: u32,
    pub(super) days_of_large_buyer: Option<u32>,
}
