//! The policy as data: what there is to do, when it may be done, and what it is worth.
//!
//! A policy is a TOML file; [`Policy::default_policy`] is the one that ships. Every decision names the policy's
//! version, which is a hash of what the file says. `docs/POLICY.md` explains every field.

mod check;
mod compile;
mod cycle;
mod defaults;
mod error;
mod people;
mod raw;
mod read;
mod remarks;
mod values;
mod words;

use std::collections::BTreeSet;

use chrono::NaiveTime;

use crate::domain::{Currency, Date};

use super::collector::Collector;
use super::kind::{ActionId, ActionKind, Autonomy, Channel, PartyType};
use super::law::Law;

pub use error::{Finding, PolicyError};

/// Catalogue, procedures, caps, values and collectors. Amounts are minor units of `currency`.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Name of the policy.
    pub name: String,
    /// Hash of what it says, twelve hexadecimal digits.
    pub version: String,
    /// Currency of its amounts and of gains.
    pub currency: Currency,
    /// The catalogue; `wait` is the first.
    pub actions: Vec<ActionRule>,
    /// Which steps a customer is on.
    pub procedures: Vec<Procedure>,
    /// Which procedure a customer is on: the first assignment that fits. The last one fits everybody.
    pub assignments: Vec<Assignment>,
    /// How often and when a customer may be contacted.
    pub caps: Caps,
    /// What may not be dunned.
    pub exclusions: Exclusions,
    /// What cash and time are worth.
    pub value: ValueTerms,
    /// What is left to chance, so that effects can be learned.
    pub exploration: Exploration,
    /// Who works.
    pub collectors: Vec<CollectorRule>,
    /// Rules of law that nobody has verified and that are to be applied all the same, by id.
    pub unverified_law: BTreeSet<String>,
    /// Whether limits and blocks are advised for natural persons too (AI Act, annex III 5b); off unless told.
    pub natural_person_scoring: bool,
}

/// An action of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRule {
    /// Its name.
    pub id: ActionId,
    /// Its name for people.
    pub name: String,
    /// What it is.
    pub kind: ActionKind,
    /// Through which channel.
    pub channel: Channel,
    /// What one costs, the collector's time aside.
    pub cost_minor: i64,
    /// What one costs in goodwill.
    pub goodwill_minor: i64,
    /// Minutes of a collector; zero needs none.
    pub minutes: u32,
    /// Skill that the collector needs.
    pub skill: Option<String>,
    /// Languages it exists in, in lower case; none are told: all.
    pub languages: BTreeSet<String>,
    /// Dunning level, for those that have one; zero for none.
    pub level: u32,
    /// Template of the text.
    pub template: Option<String>,
    /// Tone of the text.
    pub tone: Option<String>,
    /// Who may let it happen.
    pub autonomy: Autonomy,
    /// Days after it in which it is not repeated.
    pub cooling_off_days: u32,
    /// Whether it is done at most once for an invoice.
    pub is_once_per_invoice: bool,
    /// When it may be done.
    pub when: Preconditions,
    /// What it is assumed to do, until data speaks.
    pub effect: Assumption,
    /// Percentage taken off the amount, for an offer of a discount.
    pub discount_percent: f64,
}

/// When an action may be done; everything that is set must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preconditions {
    /// Least days past due of an item that it is about.
    pub days_past_due_min: Option<i32>,
    /// Most days past due of the oldest item.
    pub days_past_due_max: Option<i32>,
    /// Least days until an item falls due.
    pub days_to_due_min: Option<i32>,
    /// Most days until an item falls due.
    pub days_to_due_max: Option<i32>,
    /// Least amount it is about.
    pub amount_min_minor: Option<i64>,
    /// Most.
    pub amount_max_minor: Option<i64>,
    /// Least number of open items.
    pub open_items_min: Option<usize>,
    /// Parties that it is for; none are told: all.
    pub party_types: Vec<PartyType>,
    /// Countries that it is for; none are told: all.
    pub countries: BTreeSet<String>,
    /// Actions of which one must have been done for the oldest item.
    pub after: Vec<ActionId>,
    /// All of these hold.
    pub all_of: Vec<Condition>,
    /// One of these holds, where any is told.
    pub any_of: Vec<Condition>,
    /// None of these holds.
    pub none_of: Vec<Condition>,
}

/// Something that is true of an account or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The latest promise was broken.
    BrokenPromise,
    /// A promise can still be kept.
    OpenPromise,
    /// An item is in an unresolved dispute.
    OpenDispute,
    /// An instalment plan was missed in the last twelve months.
    BrokenPlan,
    /// What is open exceeds the credit limit.
    OverCreditLimit,
    /// It is looked after in person.
    KeyAccount,
    /// Fewer than three invoices were ever paid.
    NewCustomer,
    /// Nine of ten of its last invoices were paid in time, and at least five were paid.
    UsuallyPunctual,
    /// It paid a part and stopped, broke a promise or a plan, or asked for time.
    InabilitySignals,
    /// The last e-mail bounced.
    EmailBounced,
    /// Somebody was reached by telephone in the last seven days.
    Reached,
    /// A formal notice was delivered and its days have passed.
    NoticeExpired,
    /// The discount that was offered last was taken.
    DiscountTaken,
}

/// What an action is assumed to do: the odds of payment on a day are multiplied by `odds_ratio`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assumption {
    /// The middle.
    pub odds_ratio: f64,
    /// Five per cent quantile.
    pub low: f64,
    /// Ninety-five per cent quantile.
    pub high: f64,
    /// Days for which it works.
    pub days: u32,
}

/// The steps of a kind of customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Procedure {
    /// Its name.
    pub id: String,
    /// Its steps, by the days past due from which on they are taken.
    pub steps: Vec<Step>,
    /// The procedure that follows once the last step is taken.
    pub then: Option<String>,
}

/// A step of a procedure.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The action.
    pub action: ActionId,
    /// Days past due from which on it may be taken; negative is before the due date.
    pub from_days_past_due: i32,
}

/// Which customers are on a procedure; everything that is set must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// The procedure.
    pub procedure: String,
    /// Parties; none are told: all.
    pub party_types: Vec<PartyType>,
    /// Countries; none are told: all.
    pub countries: BTreeSet<String>,
    /// Segments; none are told: all.
    pub segments: BTreeSet<String>,
    /// Least probability of being open thirty days past due.
    pub risk_min: Option<f64>,
    /// Most, exclusive.
    pub risk_max: Option<f64>,
    /// Least open amount.
    pub open_min_minor: Option<i64>,
    /// Most, exclusive.
    pub open_max_minor: Option<i64>,
    /// Least external score.
    pub score_min: Option<f64>,
    /// Most, exclusive.
    pub score_max: Option<f64>,
    /// All of these hold.
    pub all_of: Vec<Condition>,
}

/// How often and when a customer may be contacted, over all channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Caps {
    /// At most so many contacts in so many days.
    pub contacts: Vec<ContactCap>,
    /// Earliest local time of a contact.
    pub earliest: NaiveTime,
    /// Latest local time of a contact.
    pub latest: NaiveTime,
    /// Whether nobody is contacted on weekends and public holidays; natural persons never are on Sundays and holidays.
    pub business_days_only: bool,
    /// Time zone of customers of whom none is known.
    pub timezone: String,
}

/// At most so many contacts in so many days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactCap {
    /// The days.
    pub days: u32,
    /// The contacts.
    pub contacts: u32,
}

/// What may not be dunned.
#[derive(Clone, Debug, PartialEq)]
pub struct Exclusions {
    /// Amount below which nothing is dunned.
    pub minimum_minor: i64,
    /// Days past the promised date in which a promise still counts as open.
    pub promise_tolerance_days: u32,
    /// Whether credit on account is taken off.
    pub subtract_unapplied_credit: bool,
    /// Days around a due date in which a direct debit is taken to be on its way.
    pub direct_debit_days: u32,
    /// Days past due that are let pass.
    pub grace_days: u32,
    /// Probability of payment within `expected_days`, without any action, from which on an action is not worth asking.
    pub expected_probability: f64,
    /// Days for it.
    pub expected_days: u32,
}

/// What cash and time are worth.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueTerms {
    /// Cost of capital, a year.
    pub cost_of_capital: f64,
    /// Share of an amount that is lost where it is never paid.
    pub loss_share: f64,
    /// Share of those who would never pay whom an action can still move; the others are beyond reach.
    pub rescue_share: f64,
    /// What a collector's minute costs.
    pub minute_cost_minor: f64,
}

/// What is left to chance.
#[derive(Clone, Debug, PartialEq)]
pub struct Exploration {
    /// Share of the decisions that are drawn.
    pub share: f64,
    /// Least probability of each action among which is drawn.
    pub propensity_min: f64,
    /// Share of customers for which nothing is done.
    pub hold_out_share: f64,
    /// Seed of all draws.
    pub seed: u64,
}

/// A collector, over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectorRule {
    /// Name or number, as in the ledger.
    pub collector_id: String,
    /// Minutes for customers on a working day.
    pub minutes_per_day: u32,
    /// What they can beyond what everybody can.
    pub skills: BTreeSet<String>,
    /// Languages, in lower case; none are told: all.
    pub languages: BTreeSet<String>,
    /// Whether they work for their own customers alone.
    pub only_own_customers: bool,
    /// First and last days of leave.
    pub leave: Vec<(Date, Date)>,
}

impl CollectorRule {
    /// Returns the collector on a day: without minutes on leave.
    #[must_use]
    pub fn on(&self, day: Date) -> Collector {
        let is_on_leave = self
            .leave
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&day));
        Collector {
            collector_id: self.collector_id.clone(),
            minutes: if is_on_leave { 0 } else { self.minutes_per_day },
            skills: self.skills.clone(),
            languages: self.languages.clone(),
            only_own_customers: self.only_own_customers,
        }
    }
}

impl Policy {
    /// Finds an action of the catalogue.
    #[must_use]
    pub fn action(&self, id: &str) -> Option<usize> {
        self.actions.iter().position(|rule| rule.id.as_str() == id)
    }

    /// Returns the law that ships, with the unverified rules that the policy switches on.
    #[must_use]
    pub fn law(&self) -> Law {
        Law::shipped().allowing(&self.unverified_law)
    }

    /// Finds a procedure.
    #[must_use]
    pub fn procedure(&self, id: &str) -> Option<&Procedure> {
        self.procedures.iter().find(|procedure| procedure.id == id)
    }
}
