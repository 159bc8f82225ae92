//! The gate: who may come in, how often, and what was answered already.

use std::net::IpAddr;

use crate::app::access::{Allowance, Oidc, OidcError, Principal, Refusal, Traffic, is_secret};
use crate::app::clock::Clock;
use crate::app::config::ServerConfig;
use crate::app::store::{self, Store};

use super::keyring::KeyRing;
use super::replays::Replays;

/// Why somebody did not come in.
#[derive(Debug)]
pub enum Denied {
    /// Not let in.
    Refused(Refusal),
    /// It cannot be found out at present.
    Store(store::Error),
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<store::Error> for Denied {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

/// What stands before every route.
#[derive(Debug)]
pub struct Gate {
    keys: KeyRing,
    oidc: Option<Oidc>,
    clock: Clock,
    traffic: Traffic,
    replays: Replays,
}

impl Gate {
    /// Returns the gate of a configuration.
    ///
    /// # Errors
    ///
    /// [`OidcError`] when the identity provider of the configuration cannot be used.
    pub fn open(config: &ServerConfig, store: &Store, clock: &Clock) -> Result<Self, OidcError> {
        Ok(Self {
            keys: KeyRing::new(store.clone(), clock.clone()),
            oidc: config.auth.oidc.as_ref().map(Oidc::open).transpose()?,
            clock: clock.clone(),
            traffic: Traffic::new(&config.limits),
            replays: Replays::default(),
        })
    }

    /// Returns who sent a key or a token.
    ///
    /// # Errors
    ///
    /// [`Denied`] for a text that is neither, or not valid.
    pub async fn authenticate(&self, text: &str) -> Result<Principal, Denied> {
        if is_secret(text) {
            return self.keys.authenticate(text).await;
        }
        match &self.oidc {
            Some(oidc) => Ok(oidc.verify(text, self.clock.now()).await?),
            None => Err(Refusal::Malformed.into()),
        }
    }

    /// Makes a change of a key known at once.
    pub fn forget_keys(&self) {
        self.keys.forget();
    }

    /// Counts a request of an actor.
    pub(crate) fn count(&self, actor: &str) -> Allowance {
        self.traffic.count(actor)
    }

    /// Counts a failed login; returns the seconds to wait where an address has had too many.
    pub(crate) fn count_failure(&self, address: IpAddr) -> Option<u32> {
        self.traffic.count_failure(address)
    }

    /// Returns what was answered already.
    pub(crate) const fn replays(&self) -> &Replays {
        &self.replays
    }
}
