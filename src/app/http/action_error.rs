//! What a client is told when there is no advice.

use crate::action::policy::PolicyError;
use crate::app::actions::Error;
use crate::app::operations::Failure;
use crate::app::service::{self, policy_proof};

use super::error::ApiError;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::UnknownCustomer { customer_id } => Self::not_found("customer", &customer_id),
            Error::UnknownRecommendation { recommendation_id } => {
                Self::not_found("recommendation", &recommendation_id)
            }
            Error::UnknownPolicy { version } => Self::not_found("policy", &version),
            Error::NothingOpen { .. } => Self::conflict("nothing_open", detail),
            Error::NoChampion => Self::conflict("no_champion", detail),
            Error::Renewed => Self::conflict("worklist_renewed", detail),
            Error::AlreadyDecided { .. } => Self::conflict("already_decided", detail),
            Error::NotDecided => Self::conflict("not_decided", detail),
            Error::Day { .. } => {
                Self::invalid("invalid_day", detail.clone()).at("day", "out_of_range", detail)
            }
            Error::Feedback { field, .. } => Self::invalid(
                "invalid_feedback",
                "the feedback cannot be as it is",
            )
            .at(format!("/{field}"), "invalid_value", detail),
            Error::Refused { .. } => Self::invalid("action_refused", detail),
            Error::Patch { .. } => Self::invalid("invalid_policy", "the policy cannot be used").at(
                "/patch",
                "invalid_value",
                detail,
            ),
            Error::Period { .. } => {
                Self::invalid("invalid_period", detail.clone()).at("/to", "out_of_range", detail)
            }
            Error::Policy(error) => of_policy(&error),
            Error::Book(error) => Self::from(*error),
            Error::Ledger(error) => Self::from(*error),
            Error::Store(error) => Self::from(error),
            Error::Proof(error) => of_proof(*error),
            fault @ (Error::Cancelled
            | Error::History(_)
            | Error::Action(_)
            | Error::Table(_)
            | Error::Json(_)
            | Error::File(_)
            | Error::Stopped(_)) => Self::fault(&fault),
        }
    }
}

/// Returns how long work on advice ends that did not succeed.
pub(super) fn failure(error: Error) -> Failure {
    if matches!(error, Error::Cancelled) {
        Failure::cancelled()
    } else {
        Failure::from(ApiError::from(error))
    }
}

/// Every finding with its place in the policy.
fn of_policy(error: &PolicyError) -> ApiError {
    let refused = ApiError::invalid("invalid_policy", "the policy cannot be used");
    match error {
        PolicyError::Syntax { source, .. } => refused.at("/text", "syntax", source.to_string()),
        PolicyError::Invalid { findings, .. } => findings.iter().fold(refused, |refused, finding| {
            let detail = format!(
                "{}: allowed is {}, given {}",
                finding.path, finding.allowed, finding.given
            );
            refused.at("/text", "invalid_value", detail)
        }),
    }
}

fn of_proof(error: policy_proof::Error) -> ApiError {
    let detail = error.to_string();
    match error {
        policy_proof::Error::PeriodBackwards { .. } => {
            ApiError::invalid("invalid_period", detail.clone()).at("/to", "out_of_range", detail)
        }
        policy_proof::Error::NothingDrawn { .. } => ApiError::invalid("nothing_drawn", detail),
        policy_proof::Error::Service(error)
            if matches!(
                *error,
                service::Error::LedgerEmpty | service::Error::CutoffBeforeLedger { .. }
            ) =>
        {
            ApiError::invalid("too_little_history", detail)
        }
        fault @ (policy_proof::Error::Action(_)
        | policy_proof::Error::Service(_)
        | policy_proof::Error::Cancelled) => ApiError::fault(&fault),
    }
}
