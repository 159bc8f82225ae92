//! What is told of an operation, and who is told.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::access::{Principal, Role, Scope};
use crate::app::clock::{from_micros, micros};
use crate::app::store::{self, OperationRow};

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OperationKind)]
pub enum Kind {
    /// Trains a model and holds it against the champion.
    Training,
    /// Exports what a model is trained on.
    TrainingSet,
    /// Reads a foreign file into the ledger.
    Import,
    /// Makes a cash forecast.
    Forecast,
    /// Compares cash forecasts under changed assumptions.
    Scenario,
    /// Plans the actions of a day.
    ActionPlan,
    /// Says what another policy would change.
    PolicyDryRun,
    /// Replays a policy on the past book.
    PolicyRehearsal,
    /// Learns what actions do.
    EffectsLearning,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Training,
        Self::TrainingSet,
        Self::Import,
        Self::Forecast,
        Self::Scenario,
        Self::ActionPlan,
        Self::PolicyDryRun,
        Self::PolicyRehearsal,
        Self::EffectsLearning,
    ];

    /// Returns the name in answers and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::TrainingSet => "training_set",
            Self::Import => "import",
            Self::Forecast => "forecast",
            Self::Scenario => "scenario",
            Self::ActionPlan => "action_plan",
            Self::PolicyDryRun => "policy_dry_run",
            Self::PolicyRehearsal => "policy_rehearsal",
            Self::EffectsLearning => "effects_learning",
        }
    }

    /// Returns the kind of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Returns the roles that start and cancel it; admin and auditor see it as well.
    #[must_use]
    pub const fn workers(self) -> &'static [Role] {
        match self {
            Self::Training | Self::TrainingSet | Self::EffectsLearning => &[Role::Data, Role::Admin],
            Self::Import => &[Role::Collections, Role::Data, Role::Admin],
            Self::Forecast | Self::Scenario => &[Role::Treasury, Role::Admin],
            Self::ActionPlan | Self::PolicyDryRun | Self::PolicyRehearsal => {
                &[Role::Collections, Role::Admin]
            }
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Where an operation is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OperationStatus)]
pub enum Status {
    /// It waits for its turn.
    Queued,
    /// It is at work.
    Running,
    /// It has a result.
    Succeeded,
    /// It has a problem.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Returns the name in answers and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Returns the status of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Returns whether nothing changes any more.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        match self {
            Self::Queued | Self::Running => false,
            Self::Succeeded | Self::Failed | Self::Cancelled => true,
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How far an operation is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OperationProgress)]
pub struct Progress {
    /// Steps done.
    pub done: u64,
    /// Steps in all; 0 while that is unknown.
    pub total: u64,
    /// What it does at present.
    pub note: Option<String>,
}

/// Why an operation failed, as RFC 9457 has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OperationProblem {
    /// Identifies the kind of problem; the last part is `code`.
    pub r#type: String,
    /// What kind of problem it is, in a few words.
    pub title: String,
    /// What is wrong here.
    pub detail: String,
    /// Stable, for programs.
    pub code: String,
}

impl OperationProblem {
    pub(super) fn new(code: &str, detail: &str) -> Self {
        Self {
            r#type: format!("urn:duecast:problem:{code}"),
            title: "The operation failed".to_owned(),
            detail: detail.to_owned(),
            code: code.to_owned(),
        }
    }

    pub(super) fn interrupted() -> Self {
        Self::new(
            "interrupted",
            "the service ended before the work did; start it again",
        )
    }
}

/// Long work and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Operation {
    /// UUID version 7.
    pub operation_id: String,
    /// What it does.
    pub kind: Kind,
    /// Where it is in its life.
    pub status: Status,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Who asked for it.
    pub created_by: String,
    /// When it left the queue.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// How far it is.
    pub progress: Progress,
    /// What was asked for.
    pub request: serde_json::Value,
    /// What came of it, when it succeeded.
    pub result: Option<serde_json::Value>,
    /// What went wrong, when it failed.
    pub problem: Option<OperationProblem>,
    /// Whether `/v1/operations/{operation_id}/file` has a file.
    pub has_file: bool,
    #[serde(skip)]
    pub(super) file: Option<PathBuf>,
    /// What its owner may see: nobody who sees less is told of it.
    #[serde(skip)]
    pub(super) scope: Scope,
}

impl Operation {
    /// Returns whether the client may know of it.
    pub(super) fn is_visible_to(&self, by: &Principal) -> bool {
        (by.has_any(self.kind.workers()) || by.has_any(&[Role::Auditor])) && by.scope.covers(&self.scope)
    }

    pub(super) fn to_row(&self) -> OperationRow {
        OperationRow {
            operation_id: self.operation_id.clone(),
            kind: self.kind.name().to_owned(),
            status: self.status.name().to_owned(),
            created_at: micros(self.created_at),
            created_by: self.created_by.clone(),
            started_at: self.started_at.map(micros),
            ended_at: self.ended_at.map(micros),
            done: i64::try_from(self.progress.done).unwrap_or(i64::MAX),
            total: i64::try_from(self.progress.total).unwrap_or(i64::MAX),
            note: self.progress.note.clone(),
            request: self.request.to_string(),
            result: self.result.as_ref().map(ToString::to_string),
            problem: self
                .problem
                .as_ref()
                .map(|problem| serde_json::json!(problem).to_string()),
            file: self.file.as_ref().map(|path| path.to_string_lossy().into_owned()),
            entities: match &self.scope {
                Scope::All => None,
                Scope::Entities(entities) => Some(serde_json::json!(entities).to_string()),
            },
        }
    }

    pub(super) fn from_row(row: OperationRow) -> Result<Self, store::Error> {
        let kind = Kind::parse(&row.kind).ok_or_else(|| unreadable("kind", &row.kind))?;
        let status = Status::parse(&row.status).ok_or_else(|| unreadable("status", &row.status))?;
        let scope = match &row.entities {
            None => Scope::All,
            Some(text) => Scope::Entities(json("entities", text)?),
        };
        Ok(Self {
            operation_id: row.operation_id,
            kind,
            status,
            created_at: from_micros(row.created_at),
            created_by: row.created_by,
            started_at: row.started_at.map(from_micros),
            ended_at: row.ended_at.map(from_micros),
            progress: Progress {
                done: u64::try_from(row.done).unwrap_or(0),
                total: u64::try_from(row.total).unwrap_or(0),
                note: row.note,
            },
            request: json("request", &row.request)?,
            result: row.result.map(|text| json("result", &text)).transpose()?,
            problem: row.problem.map(|text| json("problem", &text)).transpose()?,
            has_file: row.file.is_some(),
            file: row.file.map(PathBuf::from),
            scope,
        })
    }
}

fn json<T: serde::de::DeserializeOwned>(column: &'static str, text: &str) -> Result<T, store::Error> {
    serde_json::from_str(text).map_err(|_| unreadable(column, text))
}

fn unreadable(column: &'static str, value: &str) -> store::Error {
    store::Error::Unreadable {
        table: "operations",
        column,
        value: value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Operation, OperationProblem, Progress, Status};
    use crate::app::access::{Principal, Role, Scope};
    use crate::app::clock::from_micros;

    fn entities(names: &[&str]) -> Scope {
        Scope::Entities(names.iter().map(|name| (*name).to_owned()).collect())
    }

    fn operation(kind: Kind, scope: Scope) -> Operation {
        Operation {
            operation_id: "o1".to_owned(),
            kind,
            status: Status::Failed,
            created_at: from_micros(1_000),
            created_by: "key:k".to_owned(),
            started_at: Some(from_micros(2_000)),
            ended_at: None,
            progress: Progress {
                done: 1,
                total: 3,
                note: Some("reading".to_owned()),
            },
            request: serde_json::json!({"model": "hazard"}),
            result: None,
            problem: Some(OperationProblem::interrupted()),
            has_file: true,
            file: Some("cache/operations/o1.csv".into()),
            scope,
        }
    }

    fn client(role: Role, scope: Scope) -> Principal {
        Principal {
            actor: "key:other".to_owned(),
            roles: [role].into_iter().collect(),
            scope,
        }
    }

    #[test]
    fn an_operation_comes_back_from_its_row() {
        for scope in [Scope::All, entities(&["NL01", "DE01"])] {
            let written = operation(Kind::Import, scope);
            assert_eq!(Operation::from_row(written.to_row()).unwrap(), written);
        }
    }

    #[test]
    fn a_row_of_an_unknown_kind_is_refused() {
        let mut row = operation(Kind::Import, Scope::All).to_row();
        row.kind = "dance".to_owned();
        let error = Operation::from_row(row).unwrap_err().to_string();
        assert!(error.contains("kind \"dance\""), "{error}");
    }

    #[test]
    fn each_role_sees_its_kinds_of_work() {
        let seen = |role: Role| {
            Kind::ALL
                .into_iter()
                .filter(|kind| operation(*kind, Scope::All).is_visible_to(&client(role, Scope::All)))
                .map(Kind::name)
                .collect::<Vec<&str>>()
        };
        assert_eq!(seen(Role::Treasury), ["forecast", "scenario"]);
        assert_eq!(
            seen(Role::Collections),
            ["import", "action_plan", "policy_dry_run", "policy_rehearsal"]
        );
        assert_eq!(
            seen(Role::Data),
            ["training", "training_set", "import", "effects_learning"]
        );
        assert_eq!(seen(Role::Admin).len(), Kind::ALL.len());
        assert_eq!(seen(Role::Auditor).len(), Kind::ALL.len());
    }
}
