//! Why somebody was not let in.

/// Why somebody was not let in; for the log and the counters, the client is told none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing was sent, or not as `Authorization: Bearer`.
    Missing,
    /// What was sent has the form of neither a key nor a token.
    Malformed,
    /// There is no such key.
    UnknownKey,
    /// The key has another secret.
    WrongSecret,
    /// The key was revoked.
    Revoked,
    /// The key is out of date.
    Expired,
    /// The token is not believed, for this reason.
    Token(&'static str),
    /// The identity provider has not answered since the service started, so that no token can be checked.
    ProviderAway,
}

impl Refusal {
    /// Returns the name in counters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::WrongSecret => "wrong_secret",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Token(_) => "token",
            Self::ProviderAway => "provider_away",
        }
    }
}
