//! Feedback as it is given, kept and answered.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::Date;

/// What is told of a recommendation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackKind {
    /// It was done as recommended.
    Accepted,
    /// Something else was done.
    Overridden,
    /// What was done had an outcome.
    Outcome,
}

impl FeedbackKind {
    /// Returns the name used in answers and in the audit trail.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Overridden => "overridden",
            Self::Outcome => "outcome",
        }
    }
}

/// What came of what was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ActionOutcome)]
pub enum OutcomeWord {
    /// It reached the address.
    Delivered,
    /// It came back.
    Bounced,
    /// It was opened.
    Opened,
    /// Nobody answered.
    NoAnswer,
    /// Somebody was spoken to.
    Reached,
    /// A promise was made.
    Promise,
    /// The claim was disputed.
    DisputeRaised,
    /// It was paid.
    Paid,
    /// An instalment plan was agreed.
    PlanAgreed,
    /// The customer refuses to pay.
    Refused,
    /// It was the wrong person or address.
    WrongContact,
    /// The customer does not want to be contacted so.
    OptOut,
}

impl OutcomeWord {
    /// Returns the word of the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Bounced => "bounced",
            Self::Opened => "opened",
            Self::NoAnswer => "no_answer",
            Self::Reached => "reached",
            Self::Promise => "promise",
            Self::DisputeRaised => "dispute_raised",
            Self::Paid => "paid",
            Self::PlanAgreed => "plan_agreed",
            Self::Refused => "refused",
            Self::WrongContact => "wrong_contact",
            Self::OptOut => "opt_out",
        }
    }
}

/// Feedback as it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// What is told.
    pub kind: FeedbackKind,
    /// What was done instead, for an override.
    pub action: Option<String>,
    /// What came of it, for an outcome.
    pub outcome: Option<OutcomeWord>,
    /// Why, for an override.
    pub reason: Option<String>,
    /// The person who decided, where the client is a system.
    pub decided_by: Option<String>,
    /// The day; today where it is not told.
    pub occurred_on: Option<Date>,
}

/// Feedback as it is kept and answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedbackRecord {
    /// Names it.
    pub feedback_id: String,
    /// The recommendation.
    pub recommendation_id: String,
    /// What was told.
    pub kind: FeedbackKind,
    /// What was done, an action of the catalogue.
    pub action: String,
    /// What came of it.
    pub outcome: Option<OutcomeWord>,
    /// Why.
    pub reason: Option<String>,
    /// The person who decided.
    pub decided_by: Option<String>,
    /// The day.
    pub occurred_on: NaiveDate,
    /// When it was told.
    pub recorded_at: DateTime<Utc>,
    /// Who told.
    pub recorded_by: String,
    /// The fact of the ledger: its `action_id` in `actions`.
    pub action_id: String,
}
