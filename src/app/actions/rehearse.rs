//! A policy on the past book: what it would have done on past days.

use std::sync::Arc;

use super::{Desk, Error, InForce};
use crate::action::Policy;
use crate::app::access::Scope;
use crate::app::operations::{Done, Ticket};
use crate::app::registry::ServedModel;
use crate::app::service::policy_proof::{self, RehearsalRequest};
use crate::domain::Date;

/// Which past days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RehearsalPeriod {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Days from one to the next.
    pub stride_days: u32,
}

impl RehearsalPeriod {
    /// Refuses a period that is none, or that has not passed.
    ///
    /// # Errors
    ///
    /// [`Error::Period`].
    pub fn check(&self, today: Date) -> Result<(), Error> {
        if self.from <= self.to && self.to <= today {
            Ok(())
        } else {
            Err(Error::Period {
                from: self.from,
                to: self.to,
                today,
            })
        }
    }
}

impl Desk {
    /// Replays a policy on the past book of a scope, with the effects in force.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`]; else what the ledger or the stages say.
    pub async fn rehearse(
        &self,
        scope: &Scope,
        policy: Policy,
        period: RehearsalPeriod,
        model: Arc<ServedModel>,
        ticket: &Ticket,
    ) -> Result<Done, Error> {
        let ledger = Arc::clone(&self.ledger);
        let tried = InForce::new(policy, self.in_force().learned());
        let (scope, work) = (scope.clone(), ticket.clone());
        let replayed = move || -> Result<serde_json::Value, Error> {
            let whole = ledger.history()?;
            let history = match &scope {
                Scope::All => whole,
                Scope::Entities(entities) => whole.of_entities(entities)?,
            };
            let request = RehearsalRequest {
                from: period.from,
                to: period.to,
                stride_days: period.stride_days,
                policy: &tried.policy,
                effects: &tried.effects,
            };
            let told = |done: usize, total: usize| {
                let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
                work.progress(number(done), number(total), "days");
                !work.cancel.is_cancelled()
            };
            let rehearsal = policy_proof::rehearse(&history, &model.loaded, &request, &told)?;
            Ok(serde_json::to_value(&rehearsal)?)
        };
        Ok(Done {
            result: tokio::task::spawn_blocking(replayed).await??,
            file: None,
        })
    }
}
