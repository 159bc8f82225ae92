//! Who asks, and what that role may do.

// How many requests an actor may make, and how many failed logins an address.
mod traffic;

// Keys of systems: their form, and what is kept of them.
mod key;

// Why somebody was not let in.
mod refusal;

// Tokens of people, signed by an identity provider.
mod oidc;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use key::{KeySecret, is_secret};
pub use oidc::{Error as OidcError, Oidc};
pub use refusal::Refusal;
pub(crate) use traffic::{Allowance, Traffic};

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

    /// Returns whether everything that another scope sees is seen by this one too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Entities(_), Self::All) => false,
            (Self::Entities(seen), Self::Entities(others)) => others.is_subset(seen),
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

    fn entities(names: &[&str]) -> Scope {
        Scope::Entities(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn a_scope_covers_what_it_sees_and_no_more() {
        assert!(Scope::All.covers(&Scope::All));
        assert!(Scope::All.covers(&entities(&["DE01"])));
        assert!(entities(&["DE01", "FR01"]).covers(&entities(&["DE01"])));
        assert!(!entities(&["DE01"]).covers(&entities(&["DE01", "FR01"])));
        assert!(!entities(&["DE01"]).covers(&Scope::All));
    }

    #[test]
    fn rows_without_an_entity_are_for_those_who_see_all() {
        assert!(Scope::All.sees(None));
        assert!(!entities(&["DE01"]).sees(None));
        assert!(entities(&["DE01"]).sees(Some("DE01")));
        assert!(!entities(&["DE01"]).sees(Some("FR01")));
    }
}
