//! The words of collections: actions, channels, parties, stages.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The name of an action in the catalogue, for example `email_reminder_1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ActionId(Arc<str>);

impl ActionId {
    /// The action that every catalogue has: do nothing, and look again.
    pub const WAIT: &'static str = "wait";

    /// Makes an id; the policy checks that it is in the catalogue.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self(Arc::from(id))
    }

    /// Returns the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for ActionId {
    fn from(id: String) -> Self {
        Self(Arc::from(id))
    }
}

impl From<ActionId> for String {
    fn from(id: ActionId) -> Self {
        id.as_str().to_owned()
    }
}

impl fmt::Display for ActionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What an action is, whatever its name and channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Do nothing and look again.
    Wait,
    /// Tell of an invoice before it is due.
    PreDueNotice,
    /// Send a list of everything open.
    Statement,
    /// Ask for an overdue amount in writing; has a level.
    Reminder,
    /// Ask for an overdue amount by telephone.
    Call,
    /// The formal demand that the law or the contract asks for; has a level.
    FormalNotice,
    /// Offer an instalment plan.
    OfferPlan,
    /// Offer a discount for paying early.
    OfferDiscount,
    /// Ask for a date of payment.
    AskPromise,
    /// Hand a dispute to its owner.
    ResolveDispute,
    /// Ask the account manager to step in.
    Escalate,
    /// Stop deliveries or orders.
    CreditHold,
    /// Hand the claim to an agency or a lawyer.
    Handover,
}

impl ActionKind {
    /// Every kind, in the order of the catalogue.
    pub const ALL: [Self; 13] = [
        Self::Wait,
        Self::PreDueNotice,
        Self::Statement,
        Self::Reminder,
        Self::Call,
        Self::FormalNotice,
        Self::OfferPlan,
        Self::OfferDiscount,
        Self::AskPromise,
        Self::ResolveDispute,
        Self::Escalate,
        Self::CreditHold,
        Self::Handover,
    ];

    /// Returns the name used in policies, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::PreDueNotice => "pre_due_notice",
            Self::Statement => "statement",
            Self::Reminder => "reminder",
            Self::Call => "call",
            Self::FormalNotice => "formal_notice",
            Self::OfferPlan => "offer_plan",
            Self::OfferDiscount => "offer_discount",
            Self::AskPromise => "ask_promise",
            Self::ResolveDispute => "resolve_dispute",
            Self::Escalate => "escalate",
            Self::CreditHold => "credit_hold",
            Self::Handover => "handover",
        }
    }

    /// Whether it asks the customer for money that is overdue: then all of what may be dunned, and only that, counts.
    #[must_use]
    pub const fn is_dunning(self) -> bool {
        matches!(
            self,
            Self::Reminder | Self::Call | Self::FormalNotice | Self::AskPromise | Self::Handover
        )
    }

    /// Whether it weighs so much on a natural person that a named human must decide (GDPR article 22).
    #[must_use]
    pub const fn is_significant(self) -> bool {
        matches!(self, Self::CreditHold | Self::Handover)
    }

    /// Whether it reaches the customer: contacts are capped, and kept to hours.
    #[must_use]
    pub const fn is_contact(self) -> bool {
        !matches!(
            self,
            Self::Wait | Self::ResolveDispute | Self::Escalate | Self::CreditHold | Self::Handover
        )
    }
}

/// Through which channel an action goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Nobody is told.
    None,
    /// Electronic mail.
    Email,
    /// A text message.
    Sms,
    /// A letter.
    Post,
    /// A telephone call.
    Phone,
    /// A colleague: sales, the owner of a dispute, credit management.
    Internal,
}

impl Channel {
    /// Returns the name used in policies, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Post => "post",
            Self::Phone => "phone",
            Self::Internal => "internal",
        }
    }

    /// Finds the channel of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::None,
            Self::Email,
            Self::Sms,
            Self::Post,
            Self::Phone,
            Self::Internal,
        ]
        .into_iter()
        .find(|channel| channel.name() == name)
    }
}

/// Who may let an action happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Autonomy {
    /// Nobody has to look.
    Auto,
    /// A person sees it before it happens.
    Review,
    /// A person decides and gives their name.
    NamedHuman,
}

impl Autonomy {
    /// Returns the name used in policies, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Review => "review",
            Self::NamedHuman => "named_human",
        }
    }
}

/// What a customer is before the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyType {
    /// A company.
    LegalEntity,
    /// A business that is a natural person.
    SoleTrader,
    /// A natural person who buys for themselves.
    Consumer,
    /// The state, a municipality, a public hospital.
    PublicBody,
}

impl PartyType {
    /// Finds the type of a name of the ledger.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "legal_entity" => Some(Self::LegalEntity),
            "sole_trader" => Some(Self::SoleTrader),
            "consumer" => Some(Self::Consumer),
            "public_body" => Some(Self::PublicBody),
            _ => None,
        }
    }

    /// Returns the name used in the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LegalEntity => "legal_entity",
            Self::SoleTrader => "sole_trader",
            Self::Consumer => "consumer",
            Self::PublicBody => "public_body",
        }
    }

    /// Whether privacy law protects the customer as a person.
    #[must_use]
    pub const fn is_natural_person(self) -> bool {
        matches!(self, Self::SoleTrader | Self::Consumer)
    }
}

/// How late the oldest amount that may be dunned is; effects differ by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nothing is overdue.
    PreDue,
    /// 1 to 14 days past due.
    Early,
    /// 15 to 44 days past due.
    Middle,
    /// 45 days past due and more.
    Late,
}

impl Stage {
    /// Every stage, earliest first.
    pub const ALL: [Self; 4] = [Self::PreDue, Self::Early, Self::Middle, Self::Late];

    /// Returns the stage of days past due; zero and below are not overdue.
    #[must_use]
    pub const fn of(days_past_due: i32) -> Self {
        match days_past_due {
            ..=0 => Self::PreDue,
            1..=14 => Self::Early,
            15..=44 => Self::Middle,
            _ => Self::Late,
        }
    }

    /// Returns the name used in files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PreDue => "pre_due",
            Self::Early => "early",
            Self::Middle => "middle",
            Self::Late => "late",
        }
    }
}
