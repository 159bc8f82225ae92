//! Tokens of people (OIDC): signed by an identity provider whose public keys are known.
//!
//! Believed is a token that is signed, with an allowed algorithm, by a key of the provider, and made by the issuer for
//! this audience, now. The keys are fetched when first needed, again when a token names one that is unknown, and
//! again when they are old; while the provider is away the old ones serve.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use super::{Principal, Refusal, Role, Scope};
use crate::app::clock::Timestamp;
use crate::app::config::OidcConfig;

/// Seconds by which the clocks of the provider and of the service may differ.
const LEEWAY_S: i64 = 60;
/// Shortest time between two fetches of the keys, whatever tokens are sent.
const FETCH_PAUSE: Duration = Duration::from_secs(60);
/// Age at which keys are fetched again, so that one that was withdrawn is not believed for ever.
const KEYS_AGE_MAX: Duration = Duration::from_secs(15 * 60);
/// How long the provider may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest set of keys in bytes; real ones have a few thousand.
const KEYS_BYTES_MAX: usize = 1 << 20;
/// Longest subject (OIDC Core 1.0, section 2).
const SUBJECT_MAX: usize = 255;

/// Why an identity provider cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An algorithm is not known, or is one that is never believed.
    #[error(
        "auth.oidc.algorithms may hold RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and EdDSA, \
         and at least one of them, got {given:?}"
    )]
    Algorithm {
        /// What stands there.
        given: String,
    },
    /// The keys are neither behind TLS nor in a file.
    #[error("auth.oidc.jwks must be an https URL or a file, got {given:?}")]
    Place {
        /// What stands there.
        given: String,
    },
    /// The file of keys cannot be read.
    #[error("cannot read the keys of the identity provider in {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The refusal.
        source: std::io::Error,
    },
    /// The provider did not answer.
    #[error("the identity provider did not answer")]
    Fetch {
        /// The refusal.
        source: reqwest::Error,
    },
    /// The provider answered with more than a set of keys.
    #[error("the identity provider's set of keys has more than {bytes_max} bytes")]
    TooLarge {
        /// How many are read.
        bytes_max: usize,
    },
    /// What was read is no set of keys.
    #[error("the keys of the identity provider are no JSON Web Key Set")]
    Unreadable {
        /// The refusal.
        source: serde_json::Error,
    },
}

/// An identity provider.
pub struct Oidc {
    config: OidcConfig,
    algorithms: Vec<Algorithm>,
    place: Place,
    held: RwLock<Held>,
}

enum Place {
    File(PathBuf),
    Url(reqwest::Client),
}

/// The keys, and when they came and were last asked for.
struct Held {
    keys: Arc<Vec<PublicKey>>,
    fetched_at: Option<Instant>,
    tried_at: Option<Instant>,
}

struct PublicKey {
    key_id: Option<String>,
    algorithm: Option<Algorithm>,
    decoding: DecodingKey,
}

impl Oidc {
    /// Returns the provider of a configuration; a file of keys is read now, a URL when the first token comes.
    ///
    /// # Errors
    ///
    /// [`Error`] for a configuration that believes too much or cannot be read.
    pub fn open(config: &OidcConfig) -> Result<Self, Error> {
        let algorithms = algorithms(&config.algorithms)?;
        let (place, keys, fetched_at) = if config.jwks.starts_with("https://") {
            let client = reqwest::Client::builder()
                .https_only(true)
                .redirect(reqwest::redirect::Policy::none())
                .timeout(FETCH_TIMEOUT)
                .build()
                .map_err(|source| Error::Fetch { source })?;
            (Place::Url(client), Vec::new(), None)
        } else if config.jwks.contains("://") || config.jwks.is_empty() {
            return Err(Error::Place {
                given: config.jwks.clone(),
            });
        } else {
            let path = PathBuf::from(&config.jwks);
            let content = std::fs::read(&path).map_err(|source| Error::File {
                path: path.clone(),
                source,
            })?;
            (Place::File(path), public_keys(&content)?, Some(Instant::now()))
        };
        Ok(Self {
            config: config.clone(),
            algorithms,
            place,
            held: RwLock::new(Held {
                keys: Arc::new(keys),
                fetched_at,
                tried_at: None,
            }),
        })
    }

    /// Returns who sent a token.
    ///
    /// # Errors
    ///
    /// [`Refusal::Token`] with the reason; [`Refusal::ProviderAway`] when no key of the provider is known yet.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Principal, Refusal> {
        let header = decode_header(token).map_err(|_| Refusal::Token("malformed"))?;
        // The list decides, never the token: what it does not hold is refused before a key is looked for.
        if !self.algorithms.contains(&header.alg) || header.crit.is_some() {
            return Err(Refusal::Token("algorithm"));
        }
        let key = self.key(header.kid.as_deref(), header.alg).await?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_audience(&[&self.config.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Times are compared below, with the clock of the service.
        validation.validate_exp = false;
        let claims = decode::<Value>(token, &key, &validation)
            .map_err(|error| Refusal::Token(reason(error.kind())))?
            .claims;
        self.principal(&claims, now)
    }

    fn principal(&self, claims: &Value, now: Timestamp) -> Result<Principal, Refusal> {
        let now = now.timestamp();
        let expires = claims.get("exp").and_then(Value::as_i64);
        if expires.is_none_or(|expires| now >= expires.saturating_add(LEEWAY_S)) {
            return Err(Refusal::Token("expired"));
        }
        if let Some(begins) = claims.get("nbf") {
            let is_begun = begins
                .as_i64()
                .is_some_and(|begins| now >= begins.saturating_sub(LEEWAY_S));
            if !is_begun {
                return Err(Refusal::Token("early"));
            }
        }
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
        if subject.is_empty() || subject.len() > SUBJECT_MAX {
            return Err(Refusal::Token("subject"));
        }
        let roles = match claims.get(&self.config.roles_claim) {
            None | Some(Value::Null) => BTreeSet::new(),
            Some(value) => names(value).ok_or(Refusal::Token("roles"))?,
        };
        let scope = match claims.get(&self.config.entities_claim) {
            None => Scope::All,
            Some(value) => Scope::Entities(names(value).ok_or(Refusal::Token("entities"))?),
        };
        Ok(Principal {
            actor: format!("oidc:{subject}"),
            roles: roles.iter().filter_map(|name| Role::parse(name)).collect(),
            scope,
        })
    }

    /// Returns the key that a token names; the provider is asked where it is unknown or all keys are old.
    async fn key(&self, key_id: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey, Refusal> {
        let found = self.held_key(key_id, algorithm);
        if (found.is_none() || self.is_old()) && self.takes_turn() {
            match self.fetch().await {
                Ok(keys) => self.hold(keys),
                Err(error) => {
                    tracing::warn!(cause = %cause(&error), "the keys of the identity provider stay as they were")
                }
            }
        }
        match self.held_key(key_id, algorithm) {
            Some(key) => Ok(key),
            None if self.is_without_keys() => Err(Refusal::ProviderAway),
            None => Err(Refusal::Token("key")),
        }
    }

    fn held_key(&self, key_id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
        let keys = Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner).keys);
        let mut fitting = keys.iter().filter(|key| {
            key.decoding.family() == algorithm.family()
                && key.algorithm.is_none_or(|only| only == algorithm)
                && key_id.is_none_or(|key_id| key.key_id.as_deref() == Some(key_id))
        });
        let first = fitting.next()?;
        // A token that names no key is checked only where there is no choice.
        (key_id.is_some() || fitting.next().is_none()).then(|| first.decoding.clone())
    }

    fn is_old(&self) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.fetched_at.is_none_or(|at| at.elapsed() > KEYS_AGE_MAX)
    }

    fn is_without_keys(&self) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.fetched_at.is_none()
    }

    /// Returns whether the caller may ask the provider; the next one may after a pause.
    fn takes_turn(&self) -> bool {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.tried_at.is_some_and(|at| at.elapsed() < FETCH_PAUSE) {
            return false;
        }
        held.tried_at = Some(Instant::now());
        true
    }

    fn hold(&self, keys: Vec<PublicKey>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.keys = Arc::new(keys);
        held.fetched_at = Some(Instant::now());
    }

    async fn fetch(&self) -> Result<Vec<PublicKey>, Error> {
        let content = match &self.place {
            Place::File(path) => tokio::fs::read(path).await.map_err(|source| Error::File {
                path: path.clone(),
                source,
            })?,
            Place::Url(client) => download(client, &self.config.jwks).await?,
        };
        public_keys(&content)
    }
}

impl fmt::Debug for Oidc {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Oidc")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

async fn download(client: &reqwest::Client, url: &str) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Fetch { source };
    let answer = client.get(url).send().await.map_err(failed)?;
    let mut answer = answer.error_for_status().map_err(failed)?;
    let mut content = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        content.extend_from_slice(&chunk);
        if content.len() > KEYS_BYTES_MAX {
            return Err(Error::TooLarge {
                bytes_max: KEYS_BYTES_MAX,
            });
        }
    }
    Ok(content)
}

fn algorithms(names: &[String]) -> Result<Vec<Algorithm>, Error> {
    let mut all = Vec::new();
    for name in names {
        match name.parse::<Algorithm>() {
            Ok(algorithm) if algorithm.family() != AlgorithmFamily::Hmac => all.push(algorithm),
            Ok(_) | Err(_) => return Err(Error::Algorithm { given: name.clone() }),
        }
    }
    if all.is_empty() {
        return Err(Error::Algorithm { given: String::new() });
    }
    Ok(all)
}

/// Reads a set of keys; those that are not for signatures, or secrets, are left out.
fn public_keys(content: &[u8]) -> Result<Vec<PublicKey>, Error> {
    let set: JwkSet = serde_json::from_slice(content).map_err(|source| Error::Unreadable { source })?;
    Ok(set.keys.iter().filter_map(public_key).collect())
}

fn public_key(key: &Jwk) -> Option<PublicKey> {
    let is_for_signatures = key
        .common
        .public_key_use
        .as_ref()
        .is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    if !is_for_signatures || matches!(key.algorithm, AlgorithmParameters::OctetKey(_)) {
        return None;
    }
    let algorithm = match key.common.key_algorithm {
        None => None,
        Some(name) => Some(Algorithm::try_from(name).ok()?),
    };
    Some(PublicKey {
        key_id: key.common.key_id.clone(),
        algorithm,
        decoding: DecodingKey::from_jwk(key).ok()?,
    })
}

/// Reads a claim that is a list of names, or one text with spaces between them.
fn names(value: &Value) -> Option<BTreeSet<String>> {
    match value {
        Value::String(text) => Some(text.split_whitespace().map(str::to_owned).collect()),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidSignature => "signature",
        ErrorKind::InvalidIssuer => "issuer",
        ErrorKind::InvalidAudience => "audience",
        ErrorKind::MissingRequiredClaim(_) => "claims",
        _ => "malformed",
    }
}

/// Returns an error with what caused it.
fn cause(error: &Error) -> String {
    let source = std::error::Error::source(error).map_or_else(String::new, |source| format!(": {source}"));
    format!("{error}{source}")
}
