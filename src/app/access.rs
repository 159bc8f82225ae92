//! Who asks, and what that role may do.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a client may do; a client may have several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Forecasts, scenarios, variance and key figures; no contact data.
    Treasury,
    /// Customers, their predictions, and what the collections system reports.
    Collections,
    /// Training, models and pseudonymised data.
    Data,
    /// Everything, keys and webhooks included.
    Admin,
    /// Reads everything and the audit trail; changes nothing.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Treasury,
        Self::Collections,
        Self::Data,
        Self::Admin,
        Self::Auditor,
    ];

    /// Returns the name used in configuration, tokens and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Treasury => "treasury",
            Self::Collections => "collections",
            Self::Data => "data",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }

    /// Returns the role of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Legal entities that a client may see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scope {
    /// Every entity, and rows without one.
    #[default]
    All,
    /// These alone; rows without an entity are not seen.
    Entities(BTreeSet<String>),
}

impl Scope {
    /// Returns whether rows of an entity are seen.
    #[must_use]
    pub fn sees(&self, entity: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Entities(seen) => entity.is_some_and(|entity| seen.contains(entity)),
        }
    }

    /// Returns whether all that the other sees is seen.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Entities(_), Self::All) => false,
            (Self::Entities(seen), Self::Entities(wanted)) => wanted.is_subset(seen),
        }
    }
}

/// Who asks: a key or a person, already authenticated and let through to the route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Stable name for the audit trail: `key:KEY_ID`, `oidc:SUBJECT`, or `system`.
    pub actor: String,
    /// What it may do.
    pub roles: BTreeSet<Role>,
    /// Which legal entities it may see.
    pub scope: Scope,
}

impl Principal {
    /// Returns the service itself, which may do and see everything: the scheduler and the command line.
    #[must_use]
    pub fn system() -> Self {
        Self {
            actor: "system".to_owned(),
            roles: Role::ALL.into_iter().collect(),
            scope: Scope::All,
        }
    }

    /// Returns whether the client has one of the roles.
    #[must_use]
    pub fn has_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn a_scope_covers_what_it_sees_whole() {
        let scope = |names: &[&str]| Scope::Entities(names.iter().map(|name| (*name).to_owned()).collect());
        assert!(Scope::All.covers(&Scope::All));
        assert!(Scope::All.covers(&scope(&["NL01"])));
        assert!(scope(&["DE01", "NL01"]).covers(&scope(&["NL01"])));
        assert!(!scope(&["NL01"]).covers(&scope(&["DE01", "NL01"])));
        assert!(!scope(&["NL01"]).covers(&Scope::All));
    }
}
