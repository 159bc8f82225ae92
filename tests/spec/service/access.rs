//! Who may: every role at every route, keys that open nothing, scopes, and the life of a key.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use serde_json::json;

use duecast::app::access::{Principal, Role, Scope};
use duecast::app::http::route_table;
use duecast::app::service::keys::{self, NewKey};

use super::caller::{admin, get, key, post, request, send};
use crate::support::service::Service;

/// A path with something in the place of every `{name}`.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|segment| if segment.starts_with('{') { "none" } else { segment })
        .collect::<Vec<_>>()
        .join("/")
}

/// A body that no handler takes: what is let through ends there and changes nothing.
fn no_body(method: &Method) -> Option<&'static str> {
    (*method == Method::POST || *method == Method::PUT).then_some("[")
}

fn entities(names: &[&str]) -> Scope {
    Scope::Entities(names.iter().map(|name| (*name).to_owned()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_gets_through_to_its_routes_and_to_no_other() {
    let service = Service::start().await;
    let app = service.app();
    for role in Role::ALL {
        let (_, secret) = key(app, &[role], Scope::All).await;
        for (method, path, roles) in route_table() {
            let asked = request(method.clone(), &filled(&path), Some(&secret), no_body(&method));
            let heard = send(app, asked).await;
            let what = format!("{} at {method} {path}: {}", role.name(), heard.status);
            assert_ne!(heard.status, StatusCode::UNAUTHORIZED, "{what}");
            assert_eq!(
                heard.status != StatusCode::FORBIDDEN,
                roles.contains(&role),
                "{what}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_opens_without_a_key() {
    let service = Service::start().await;
    for (method, path, _) in route_table() {
        let heard = send(
            service.app(),
            request(method.clone(), &filled(&path), None, no_body(&method)),
        )
        .await;
        assert_eq!(heard.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(heard.headers["www-authenticate"], "Bearer realm=\"duecast\"");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_for_401_looks_the_same() {
    let service = Service::start().await;
    let app = service.app();
    let (_, good) = admin(app).await;
    assert_eq!(get(app, "/v1/api-keys", Some(&good)).await.status, StatusCode::OK);

    let (revoked_id, revoked) = admin(app).await;
    keys::revoke(&app.store, &revoked_id, &Principal::system(), app.clock.now())
        .await
        .expect("another admin key is left");
    let expiring = NewKey {
        name: "for an hour".to_owned(),
        roles: BTreeSet::from([Role::Admin]),
        scope: Scope::All,
        expires_at: Some(app.clock.now() + TimeDelta::hours(1)),
    };
    let expired = keys::create(&app.store, expiring, &Principal::system(), app.clock.now())
        .await
        .expect("it expires in the future");
    app.gate.forget_keys();
    assert_eq!(
        get(app, "/v1/api-keys", Some(&expired.secret)).await.status,
        StatusCode::OK
    );
    app.clock.set(app.clock.now() + TimeDelta::hours(1));

    let (id, _) = good.split_once('.').expect("a key has two parts");
    let wrong_secret = format!("{id}.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let mut details = BTreeSet::new();
    for sent in [
        None,
        Some(""),
        Some("no-key"),
        Some("a.b.c"),
        Some("duecast_0000000000000000.AAAA"),
        Some(wrong_secret.as_str()),
        Some(revoked.as_str()),
        Some(expired.secret.as_str()),
    ] {
        let heard = get(app, "/v1/api-keys", sent).await;
        assert_eq!(heard.status, StatusCode::UNAUTHORIZED, "{sent:?}");
        details.insert((heard.code().to_owned(), heard.body["detail"].to_string()));
    }
    assert_eq!(details.len(), 1, "{details:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_rotated_with_overlap_and_revoked() {
    let service = Service::start().await;
    let app = service.app();
    let (_, admin) = admin(app).await;
    let wanted = json!({ "name": "treasury system", "roles": ["treasury"], "entities": ["DE01"] });
    let made = post(app, "/v1/api-keys", &admin, &wanted).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.headers["cache-control"], "no-store");
    let old_id = made.body["api_key"]["key_id"].as_str().expect("an id").to_owned();
    let old = made.body["secret"].as_str().expect("a secret").to_owned();
    assert_eq!(get(app, "/v1/ledger", Some(&old)).await.status, StatusCode::OK);

    let path = format!("/v1/api-keys/{old_id}/rotation");
    let rotated = post(app, &path, &admin, &json!({ "overlap_s": 3600 })).await;
    assert_eq!(rotated.status, StatusCode::CREATED, "{}", rotated.body);
    assert_eq!(rotated.body["api_key"]["replaces"], json!(old_id));
    assert_eq!(rotated.body["api_key"]["entities"], json!(["DE01"]));
    let new_id = rotated.body["api_key"]["key_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let new = rotated.body["secret"].as_str().expect("a secret").to_owned();
    for secret in [&old, &new] {
        assert_eq!(get(app, "/v1/ledger", Some(secret)).await.status, StatusCode::OK);
    }
    app.clock.set(app.clock.now() + TimeDelta::hours(1));
    assert_eq!(
        get(app, "/v1/ledger", Some(&old)).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(get(app, "/v1/ledger", Some(&new)).await.status, StatusCode::OK);

    let path = format!("/v1/api-keys/{new_id}");
    let revoked = send(app, request(Method::DELETE, &path, Some(&admin), None)).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert_eq!(
        get(app, "/v1/ledger", Some(&new)).await.status,
        StatusCode::UNAUTHORIZED
    );

    let listed = get(app, "/v1/api-keys", Some(&admin)).await.body.to_string();
    for secret in [&old, &new, &admin] {
        let (_, hidden) = secret.split_once('.').expect("two parts");
        assert!(!listed.contains(hidden), "the list shows a secret");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overlap_of_nothing_ends_the_old_key_at_once() {
    let service = Service::start().await;
    let app = service.app();
    let (_, admin) = admin(app).await;
    let (old_id, old) = key(app, &[Role::Data], Scope::All).await;
    let path = format!("/v1/api-keys/{old_id}/rotation");
    let rotated = post(app, &path, &admin, &json!({ "overlap_s": 0 })).await;
    assert_eq!(rotated.status, StatusCode::CREATED, "{}", rotated.body);
    assert_eq!(
        get(app, "/v1/ledger", Some(&old)).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_admin_key_stays() {
    let service = Service::start().await;
    let app = service.app();
    let (kept, secret) = admin(app).await;
    let listed = get(app, "/v1/api-keys", Some(&secret)).await;
    for other in listed.body["data"].as_array().expect("a list") {
        let id = other["key_id"].as_str().expect("an id");
        if id != kept {
            let path = format!("/v1/api-keys/{id}");
            send(app, request(Method::DELETE, &path, Some(&secret), None)).await;
        }
    }
    let path = format!("/v1/api-keys/{kept}");
    let heard = send(app, request(Method::DELETE, &path, Some(&secret), None)).await;
    assert_eq!(
        (heard.status, heard.code()),
        (StatusCode::CONFLICT, "last_admin_key")
    );
    assert_eq!(
        get(app, "/v1/api-keys", Some(&secret)).await.status,
        StatusCode::OK
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_of_one_entity_reaches_no_key_of_another() {
    let service = Service::start().await;
    let app = service.app();
    let (all_id, _) = admin(app).await;
    let (other_id, _) = key(app, &[Role::Treasury], entities(&["FR01"])).await;
    let (own_id, scoped) = key(app, &[Role::Admin], entities(&["DE01"])).await;

    let listed = get(app, "/v1/api-keys", Some(&scoped)).await;
    let ids: Vec<&str> = listed.body["data"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|row| row["key_id"].as_str())
        .collect();
    assert_eq!(ids, [own_id.as_str()]);
    for id in [&all_id, &other_id] {
        let rotation = format!("/v1/api-keys/{id}/rotation");
        assert_eq!(
            post(app, &rotation, &scoped, &json!({})).await.status,
            StatusCode::NOT_FOUND
        );
        let path = format!("/v1/api-keys/{id}");
        let heard = send(app, request(Method::DELETE, &path, Some(&scoped), None)).await;
        assert_eq!(heard.status, StatusCode::NOT_FOUND);
    }
    for (wanted, status) in [
        (
            json!({ "name": "a", "roles": ["data"] }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({ "name": "a", "roles": ["data"], "entities": ["DE01", "FR01"] }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({ "name": "a", "roles": ["data"], "entities": ["DE01"] }),
            StatusCode::CREATED,
        ),
    ] {
        let heard = post(app, "/v1/api-keys", &scoped, &wanted).await;
        assert_eq!(heard.status, status, "{wanted}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_made_is_refused_with_its_place() {
    let service = Service::start().await;
    let app = service.app();
    let (_, admin) = admin(app).await;
    for (wanted, pointer) in [
        (json!({ "name": "", "roles": ["data"] }), "/name"),
        (json!({ "name": "a", "roles": [] }), "/roles"),
        (json!({ "name": "a", "roles": ["king"] }), "/roles/0"),
        (
            json!({ "name": "a", "roles": ["data"], "entities": [] }),
            "/entities",
        ),
        (
            json!({ "name": "a", "roles": ["data"], "expires_at": "2020-01-01T00:00:00Z" }),
            "/expires_at",
        ),
        (json!({ "name": "a", "roles": ["data"], "role": "data" }), "/role"),
        (json!({ "roles": ["data"] }), "/name"),
    ] {
        let heard = post(app, "/v1/api-keys", &admin, &wanted).await;
        assert_eq!(heard.status, StatusCode::UNPROCESSABLE_ENTITY, "{wanted}");
        assert_eq!(heard.body["errors"][0]["pointer"], json!(pointer), "{wanted}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_tells_what_is_left() {
    let service = Service::start().await;
    let app = service.app();
    let (_, admin) = admin(app).await;
    let heard = get(app, "/v1/api-keys", Some(&admin)).await;
    let limits = &app.config.limits;
    let policy = heard.headers["ratelimit-policy"].to_str().expect("ASCII");
    assert!(
        policy.starts_with(&format!("\"requests\";q={};w=", limits.burst)),
        "{policy}"
    );
    let left = heard.headers["ratelimit"].to_str().expect("ASCII");
    assert!(left.starts_with("\"requests\";r="), "{left}");
}
