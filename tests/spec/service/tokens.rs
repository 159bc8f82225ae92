//! Tokens of people: which are believed, and what each that is not is missing.
//!
//! The keys in `tests/data/auth` were made for these tests and sign nothing else.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use duecast::app::access::{Oidc, Principal, Refusal, Role, Scope};
use duecast::app::config::OidcConfig;

const PROVIDER_EC: &[u8] = include_bytes!("../../data/auth/provider_es256.pem");
const PROVIDER_RSA: &[u8] = include_bytes!("../../data/auth/provider_rs256.pem");
const STRANGER_EC: &[u8] = include_bytes!("../../data/auth/stranger_es256.pem");
/// The secret that the set of keys holds, and that must not count.
const SHARED: &[u8] = b"a shared secret that must never be believed";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_774_785_600, 0).expect("2026-03-29T12:00:00Z")
}

fn config() -> OidcConfig {
    OidcConfig {
        issuer: "https://id.example.com".to_owned(),
        audience: "duecast".to_owned(),
        jwks: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/auth/jwks.json").to_owned(),
        roles_claim: "duecast_roles".to_owned(),
        entities_claim: "duecast_entities".to_owned(),
        algorithms: vec!["RS256".to_owned(), "ES256".to_owned()],
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example.com",
        "aud": ["duecast", "other"],
        "sub": "anna",
        "exp": now().timestamp() + 300,
        "nbf": now().timestamp() - 300,
        "duecast_roles": ["treasury", "astronaut"],
        "duecast_entities": ["DE01"],
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    if let Some(claims) = claims.as_object_mut() {
        claims.remove(name);
    }
    claims
}

fn signed(algorithm: Algorithm, key_id: Option<&str>, key: &EncodingKey, claims: &Value) -> String {
    let mut header = Header::new(algorithm);
    header.kid = key_id.map(str::to_owned);
    encode(&header, claims, key).expect("the token can be signed")
}

fn ec(claims: &Value) -> String {
    let key = EncodingKey::from_ec_pem(PROVIDER_EC).expect("a key");
    signed(Algorithm::ES256, Some("ec-1"), &key, claims)
}

async fn verify(token: &str) -> Result<Principal, Refusal> {
    Oidc::open(&config())
        .expect("the provider is usable")
        .verify(token, now())
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_provider_is_believed_and_unknown_roles_are_ignored() {
    let principal = verify(&ec(&claims())).await.expect("it is believed");
    assert_eq!(principal.actor, "oidc:anna");
    assert_eq!(principal.roles, BTreeSet::from([Role::Treasury]));
    assert_eq!(
        principal.scope,
        Scope::Entities(["DE01".to_owned()].into_iter().collect())
    );

    let rsa = EncodingKey::from_rsa_pem(PROVIDER_RSA).expect("a key");
    assert!(
        verify(&signed(Algorithm::RS256, Some("rsa-1"), &rsa, &claims()))
            .await
            .is_ok()
    );
    // Without a key id: the provider has one key of the kind.
    assert!(
        verify(&signed(Algorithm::RS256, None, &rsa, &claims()))
            .await
            .is_ok()
    );

    let all = verify(&ec(&without("duecast_entities")))
        .await
        .expect("it is believed");
    assert_eq!(all.scope, Scope::All);
    let powerless = verify(&ec(&without("duecast_roles")))
        .await
        .expect("it is believed");
    assert!(powerless.roles.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_for_us_or_not_for_today_is_refused() {
    let second = now().timestamp();
    for (claims, reason) in [
        (with("iss", json!("https://id.example.org")), "issuer"),
        (without("iss"), "claims"),
        (with("aud", json!("another")), "audience"),
        (without("aud"), "claims"),
        (without("sub"), "claims"),
        (without("exp"), "claims"),
        (with("exp", json!(second - 61)), "expired"),
        (with("nbf", json!(second + 61)), "early"),
        (with("nbf", json!("soon")), "early"),
        (with("duecast_entities", json!(5)), "entities"),
        (with("duecast_roles", json!({})), "roles"),
    ] {
        assert_eq!(
            verify(&ec(&claims)).await,
            Err(Refusal::Token(reason)),
            "{claims}"
        );
    }
    // Clocks differ by up to a minute.
    for claims in [with("exp", json!(second - 59)), with("nbf", json!(second + 59))] {
        assert!(verify(&ec(&claims)).await.is_ok(), "{claims}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_provider_did_not_sign_is_refused() {
    let stranger = EncodingKey::from_ec_pem(STRANGER_EC).expect("a key");
    let forged = signed(Algorithm::ES256, Some("ec-1"), &stranger, &claims());
    assert_eq!(verify(&forged).await, Err(Refusal::Token("signature")));
    let unknown = signed(Algorithm::ES256, Some("ec-2"), &stranger, &claims());
    assert_eq!(verify(&unknown).await, Err(Refusal::Token("key")));

    let good = ec(&claims());
    let (head, signature) = good.rsplit_once('.').expect("three parts");
    let (header, _) = head.split_once('.').expect("three parts");
    let other = URL_SAFE_NO_PAD.encode(with("sub", json!("bert")).to_string());
    assert_eq!(
        verify(&format!("{header}.{other}.{signature}")).await,
        Err(Refusal::Token("signature"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_does_not_choose_how_it_is_checked() {
    let content = URL_SAFE_NO_PAD.encode(claims().to_string());
    for algorithm in ["none", "None", "NONE", ""] {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": algorithm, "typ": "JWT" }).to_string());
        for signature in ["", "AAAA"] {
            let refused = verify(&format!("{header}.{content}.{signature}")).await;
            assert_eq!(refused, Err(Refusal::Token("malformed")), "{algorithm:?}");
        }
    }
    let shared = EncodingKey::from_secret(SHARED);
    for key_id in [Some("shared-1"), Some("ec-1"), None] {
        let token = signed(Algorithm::HS256, key_id, &shared, &claims());
        assert_eq!(verify(&token).await, Err(Refusal::Token("algorithm")));
    }
    // A key of another kind than the algorithm's is none.
    let rsa = EncodingKey::from_rsa_pem(PROVIDER_RSA).expect("a key");
    let crossed = signed(Algorithm::RS256, Some("ec-1"), &rsa, &claims());
    assert_eq!(verify(&crossed).await, Err(Refusal::Token("key")));
    // Signed by the provider, but with an algorithm that is not on the list.
    let unlisted = signed(Algorithm::RS512, Some("rsa-1"), &rsa, &claims());
    assert_eq!(verify(&unlisted).await, Err(Refusal::Token("algorithm")));
}

#[test]
fn a_configuration_that_believes_too_much_is_refused() {
    for algorithms in [vec!["HS256"], vec!["none"], vec!["RS256", "HS512"], vec![]] {
        let config = OidcConfig {
            algorithms: algorithms.iter().map(|name| (*name).to_owned()).collect(),
            ..config()
        };
        assert!(Oidc::open(&config).is_err(), "{algorithms:?}");
    }
    for jwks in [
        "http://id.example.com/keys",
        "ftp://id.example.com/keys",
        "",
        "no/such/file",
    ] {
        let config = OidcConfig {
            jwks: jwks.to_owned(),
            ..config()
        };
        assert!(Oidc::open(&config).is_err(), "{jwks:?}");
    }
}

#[test]
fn the_test_day_is_the_one_it_says() {
    assert_eq!(now().to_rfc3339(), "2026-03-29T12:00:00+00:00");
}
