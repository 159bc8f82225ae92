//! Why there is no advice.

use crate::action;
use crate::action::policy::PolicyError;
use crate::app::service::policy_proof;
use crate::app::{book, ledger, store};
use crate::domain::Date;
use crate::history;

/// Why there is no advice, or why something about it was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The customer is not in the ledger, or not seen.
    #[error("there is no customer {customer_id:?}")]
    UnknownCustomer {
        /// The id asked for.
        customer_id: String,
    },
    /// The customer owes nothing.
    #[error("nothing is open of customer {customer_id:?}, so there is nothing to be done")]
    NothingOpen {
        /// The customer.
        customer_id: String,
    },
    /// The recommendation was never made, or is not seen.
    #[error("there is no recommendation {recommendation_id:?}")]
    UnknownRecommendation {
        /// The id asked for.
        recommendation_id: String,
    },
    /// The policy is not kept.
    #[error("there is no policy {version:?}")]
    UnknownPolicy {
        /// The version asked for.
        version: String,
    },
    /// A day that no plan is made for.
    #[error("a worklist is for a day from {first} to {last}, given {given}")]
    Day {
        /// The business day.
        first: Date,
        /// The last day that is planned.
        last: Date,
        /// The day asked for.
        given: Date,
    },
    /// The plan that a page belongs to was replaced.
    #[error("the worklist was made anew since the page before; begin again without a cursor")]
    Renewed,
    /// It was decided in another way before.
    #[error("the recommendation was decided before, and in another way: {before}")]
    AlreadyDecided {
        /// What was decided.
        before: String,
    },
    /// An outcome of what nobody said was done.
    #[error("nobody has accepted or overridden the recommendation, so it has no outcome yet")]
    NotDecided,
    /// A field of feedback cannot be as it is.
    #[error("{reason}")]
    Feedback {
        /// The field.
        field: &'static str,
        /// What is wrong, what is allowed, what was given.
        reason: String,
    },
    /// The ledger did not take what was done as a fact.
    #[error("the ledger does not take the action: {reason}")]
    Refused {
        /// Its faults.
        reason: String,
    },
    /// A change of the policy in force cannot be made.
    #[error("the policy cannot be changed so: {reason}")]
    Patch {
        /// What is wrong.
        reason: String,
    },
    /// A period ends before it begins, or has not come.
    #[error("the period must end by {today} and not before it begins, given {from} to {to}")]
    Period {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
        /// The business day.
        today: Date,
    },
    /// The work was stopped.
    #[error("it was cancelled")]
    Cancelled,
    /// No model is in use.
    #[error("no model is the champion; train one and promote it")]
    NoChampion,
    /// The policy makes no sense.
    #[error(transparent)]
    Policy(Box<PolicyError>),
    /// The book has no answer.
    #[error(transparent)]
    Book(Box<book::Error>),
    /// The ledger has no answer.
    #[error(transparent)]
    Ledger(Box<ledger::Error>),
    /// The facts cannot be read.
    #[error(transparent)]
    History(Box<history::Error>),
    /// Stage 5 failed.
    #[error(transparent)]
    Action(Box<action::Error>),
    /// A policy could not be put to the past.
    #[error(transparent)]
    Proof(Box<policy_proof::Error>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A table cannot be read.
    #[error("a table of facts cannot be read")]
    Table(#[from] polars::prelude::PolarsError),
    /// Something has no JSON form.
    #[error("a document has no JSON form")]
    Json(#[from] serde_json::Error),
    /// A file cannot be written.
    #[error("the file of a plan cannot be written")]
    File(#[from] std::io::Error),
    /// Work that was handed to another thread ended without a result.
    #[error("the work on advice was broken off")]
    Stopped(#[from] tokio::task::JoinError),
}

impl From<PolicyError> for Error {
    fn from(error: PolicyError) -> Self {
        Self::Policy(Box::new(error))
    }
}

impl From<book::Error> for Error {
    fn from(error: book::Error) -> Self {
        Self::Book(Box::new(error))
    }
}

impl From<ledger::Error> for Error {
    fn from(error: ledger::Error) -> Self {
        Self::Ledger(Box::new(error))
    }
}

impl From<history::Error> for Error {
    fn from(error: history::Error) -> Self {
        Self::History(Box::new(error))
    }
}

impl From<action::Error> for Error {
    fn from(error: action::Error) -> Self {
        Self::Action(Box::new(error))
    }
}

impl From<policy_proof::Error> for Error {
    fn from(error: policy_proof::Error) -> Self {
        match error {
            policy_proof::Error::Cancelled => Self::Cancelled,
            error => Self::Proof(Box::new(error)),
        }
    }
}
