//! The names under which models are in use.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::clock::from_micros;
use crate::app::config::Alias;
use crate::app::store::{self, AliasRow};

/// Which model is in use under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AliasState {
    /// The name.
    pub alias: Alias,
    /// The model.
    pub version: String,
    /// Grows by one with each change; the `ETag` of the alias.
    pub revision: i64,
    /// When it was pointed at the model.
    pub changed_at: DateTime<Utc>,
    /// Who did it.
    pub changed_by: String,
    /// Why the model is not served under it; null where it is.
    pub unusable_because: Option<String>,
}

impl AliasState {
    pub(super) fn from_row(row: AliasRow, unusable_because: Option<String>) -> Result<Self, store::Error> {
        Ok(Self {
            alias: alias_of(&row)?,
            version: row.version,
            revision: row.revision,
            changed_at: from_micros(row.changed_at),
            changed_by: row.changed_by,
            unusable_because,
        })
    }
}

/// Returns the alias of a row.
pub(super) fn alias_of(row: &AliasRow) -> Result<Alias, store::Error> {
    Alias::parse(&row.alias).ok_or_else(|| store::Error::Unreadable {
        table: "model_aliases",
        column: "alias",
        value: row.alias.clone(),
    })
}
