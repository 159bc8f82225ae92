//! Policies: kept, compared, brought into force.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::desk::place_of;
use super::patch::patched;
use super::plan::{Inputs, planned};
use super::{Desk, Error, InForce};
use crate::action::Policy;
use crate::action::dry_run::difference;
use crate::app::access::{Principal, Scope};
use crate::app::clock::{Timestamp, from_micros, micros};
use crate::app::operations::{Done, Ticket};
use crate::app::store::{AuditEntry, PolicyRow};

/// Where a policy that is not kept comes from, in what is wrong with it.
const SENT: &str = "the policy";
/// Digits of a version.
const VERSION_DIGITS: usize = 12;

/// A version of a policy.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PolicyRecord {
    /// Hash of what it says.
    pub version: String,
    /// Its name.
    pub name: String,
    /// Whether it decides at present.
    pub is_in_force: bool,
    /// When it was kept.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: String,
    /// Its text, TOML; null in lists.
    pub text: Option<String>,
}

/// Another policy than the one in force.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicyChange {
    /// As a whole, TOML.
    Text(String),
    /// The one in force with some values changed (RFC 7396); lists of tables are changed by `id`.
    Patch(serde_json::Value),
}

impl Desk {
    /// Keeps a policy; it decides nothing until it is activated. Returns whether it is new.
    ///
    /// # Errors
    ///
    /// [`Error::Policy`] with every finding, [`Error::Store`].
    pub async fn keep_policy(&self, text: &str, by: &Principal) -> Result<(PolicyRecord, bool), Error> {
        let policy = Policy::from_toml(text, SENT)?;
        let row = PolicyRow {
            version: policy.version.clone(),
            name: policy.name.clone(),
            document: text.to_owned(),
            created_at: micros(self.clock.now()),
            created_by: by.actor.clone(),
        };
        let is_new = self.store.insert_policy(&row).await?;
        if is_new {
            self.note("policy.created", &policy, by).await?;
        }
        Ok((self.policy_record(&policy.version).await?, is_new))
    }

    /// Returns a version with its text.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownPolicy`], [`Error::Store`].
    pub async fn policy_record(&self, version: &str) -> Result<PolicyRecord, Error> {
        let row = self.policy_row(version).await?;
        let text = Some(row.document.clone());
        Ok(PolicyRecord {
            text,
            ..self.record_of(row)
        })
    }

    /// Lists versions, newest first, behind an instant and a version; without their texts.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn policy_records(
        &self,
        before: Option<(Timestamp, String)>,
        limit: i64,
    ) -> Result<Vec<PolicyRecord>, Error> {
        let before = before.map_or((i64::MAX, String::new()), |(at, version)| (micros(at), version));
        let rows = self.store.policies(&before, limit).await?;
        Ok(rows.into_iter().map(|row| self.record_of(row)).collect())
    }

    /// Brings a version into force: every answer from here on is by it. Runs to its end even when the client goes away.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownPolicy`], [`Error::Policy`] for one that this version of the service does not read,
    /// [`Error::Store`].
    pub async fn activate_policy(
        self: &Arc<Self>,
        version: &str,
        by: &Principal,
    ) -> Result<PolicyRecord, Error> {
        let (desk, version, by) = (Arc::clone(self), version.to_owned(), by.clone());
        tokio::spawn(async move {
            let policy = desk.kept_policy(&version).await?;
            let _changing = desk.changing.lock().await;
            let activation_id = uuid::Uuid::now_v7().to_string();
            let at = micros(desk.clock.now());
            desk.store
                .activate_policy(&activation_id, &version, at, &by.actor)
                .await?;
            let learned = desk.in_force().learned();
            desk.bring_into_force(InForce::new(policy.clone(), learned));
            desk.note("policy.activated", &policy, &by).await?;
            desk.policy_record(&version).await
        })
        .await?
    }

    /// Reads a kept version.
    ///
    /// # Errors
    ///
    /// As [`activate_policy`](Self::activate_policy).
    pub async fn kept_policy(&self, version: &str) -> Result<Policy, Error> {
        let row = self.policy_row(version).await?;
        Ok(Policy::from_toml(&row.document, &place_of(version))?)
    }

    /// Reads another policy than the one in force.
    ///
    /// # Errors
    ///
    /// [`Error::Patch`], [`Error::Policy`] with every finding, [`Error::Store`].
    pub async fn changed_policy(&self, change: &PolicyChange) -> Result<Policy, Error> {
        let text = match change {
            PolicyChange::Text(text) => text.clone(),
            PolicyChange::Patch(patch) => {
                let version = self.in_force().policy.version.clone();
                patched(&self.policy_row(&version).await?.document, patch)?
            }
        };
        Ok(Policy::from_toml(&text, SENT)?)
    }

    /// Says what would be done otherwise today under another policy; nothing is kept, and nothing left to chance.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`]; else what the book, the ledger or the stage say.
    pub async fn dry_run(&self, scope: &Scope, policy: Policy, ticket: &Ticket) -> Result<Done, Error> {
        ticket.progress(0, 2, "planning under the policy in force");
        let in_force = self.in_force();
        let next = Arc::new(InForce::new(policy, in_force.learned()));
        let inputs = self
            .inputs(scope, self.clock.today(), Arc::clone(&in_force), false)
            .await?;
        let next_exchange = self.exchange(inputs.open.as_of, next.policy.currency).await?;
        let work = ticket.clone();
        let compared = move || -> Result<serde_json::Value, Error> {
            let (before, _) = planned(&inputs)?;
            if work.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            work.progress(1, 2, "planning under the other policy");
            let as_of = inputs.open.as_of;
            let inputs = Inputs {
                in_force: Arc::clone(&next),
                exchange: next_exchange,
                ..inputs
            };
            let (after, _) = planned(&inputs)?;
            work.progress(2, 2, "done");
            Ok(json!({
                "as_of": as_of,
                "version_before": in_force.policy.version,
                "version_after": next.policy.version,
                "currency_before": in_force.policy.currency.code(),
                "currency_after": next.policy.currency.code(),
                "difference": difference(&before, &after),
                "notes": after.notes,
            }))
        };
        Ok(Done {
            result: tokio::task::spawn_blocking(compared).await??,
            file: None,
        })
    }

    async fn policy_row(&self, version: &str) -> Result<PolicyRow, Error> {
        let unknown = || Error::UnknownPolicy {
            version: version.to_owned(),
        };
        // The store is asked for versions alone: it may refuse other text, which would look like a fault.
        if version.len() != VERSION_DIGITS || !version.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(unknown());
        }
        self.store.policy(version).await?.ok_or_else(unknown)
    }

    fn record_of(&self, row: PolicyRow) -> PolicyRecord {
        PolicyRecord {
            is_in_force: self.in_force().policy.version == row.version,
            version: row.version,
            name: row.name,
            created_at: from_micros(row.created_at),
            created_by: row.created_by,
            text: None,
        }
    }

    async fn note(&self, action: &str, policy: &Policy, by: &Principal) -> Result<(), Error> {
        let entry = AuditEntry {
            at: self.clock.now(),
            actor: by.actor.clone(),
            action: action.to_owned(),
            subject: policy.version.clone(),
            detail: json!({ "name": policy.name }),
        };
        self.store.append_audit(&entry).await?;
        Ok(())
    }
}
