//! The audit trail: what it holds, that it is read in pages, and that no row can be changed unseen.

use axum::http::StatusCode;
use serde_json::json;

use duecast::app::access::{Role, Scope};
use duecast::app::state::App;
use duecast::app::store::{AuditEntry, AuditFault};

use super::caller::{admin, get, key, post};
use crate::support::service::Service;

async fn append(app: &App, subject: &str) {
    app.store
        .append_audit(&AuditEntry {
            at: app.clock.now(),
            actor: "system".to_owned(),
            action: "test.done".to_owned(),
            subject: subject.to_owned(),
            detail: json!({ "b": 1, "a": [true, null] }),
        })
        .await
        .expect("the trail can be written");
}

/// Changes the store behind the service's back.
async fn tamper(app: &App, statement: &'static str) {
    let pool = sqlx::AnyPool::connect(&app.config.store.url)
        .await
        .expect("the store can be reached");
    sqlx::query(statement)
        .execute(&pool)
        .await
        .expect("the statement can be run");
    pool.close().await;
}

async fn fault(app: &App) -> Option<AuditFault> {
    app.store
        .verify_audit()
        .await
        .expect("the trail can be read")
        .fault
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_to_keys_is_in_the_trail() {
    let service = Service::start().await;
    let app = service.app();
    let (admin_id, secret) = admin(app).await;
    let made = post(
        app,
        "/v1/api-keys",
        &secret,
        &json!({ "name": "a", "roles": ["data"] }),
    )
    .await;
    let made_id = made.body["api_key"]["key_id"].as_str().expect("an id");
    let path = format!("/v1/audit-events?subject={made_id}");
    let heard = get(app, &path, Some(&secret)).await;
    let rows = heard.body["data"].as_array().expect("a list");
    assert_eq!(rows.len(), 1, "{}", heard.body);
    assert_eq!(rows[0]["action"], json!("api_key.created"));
    assert_eq!(rows[0]["actor"], json!(format!("key:{admin_id}")));
    assert_eq!(rows[0]["detail"]["roles"], json!(["data"]));
    assert_eq!(fault(app).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_is_read_in_pages_with_a_cursor_that_cannot_be_made_up() {
    let service = Service::start().await;
    let app = service.app();
    let (_, auditor) = key(app, &[Role::Auditor], Scope::All).await;
    for number in 0..5 {
        append(app, &format!("S-{number}")).await;
    }
    let mut subjects = Vec::new();
    let mut path = "/v1/audit-events?action=test.done&limit=2".to_owned();
    let mut cursors = Vec::new();
    loop {
        let heard = get(app, &path, Some(&auditor)).await;
        assert_eq!(heard.status, StatusCode::OK, "{}", heard.body);
        for row in heard.body["data"].as_array().expect("a list") {
            subjects.push(row["subject"].as_str().expect("a subject").to_owned());
        }
        let Some(cursor) = heard.body["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/audit-events?action=test.done&limit=2&cursor={cursor}");
        cursors.push(cursor.to_owned());
    }
    assert_eq!(subjects, ["S-4", "S-3", "S-2", "S-1", "S-0"]);

    let cursor = cursors.first().expect("there were several pages");
    let altered: String = cursor.chars().rev().collect();
    for (path, code) in [
        (format!("/v1/audit-events?cursor={altered}"), "invalid_cursor"),
        ("/v1/audit-events?cursor=".to_owned(), "invalid_cursor"),
        (format!("/v1/api-keys?cursor={cursor}"), "invalid_cursor"),
        ("/v1/audit-events?limit=0".to_owned(), "invalid_parameter"),
        ("/v1/audit-events?limit=1001".to_owned(), "invalid_parameter"),
        ("/v1/audit-events?page=2".to_owned(), "invalid_parameter"),
    ] {
        let heard = get(app, &path, Some(&auditor)).await;
        assert_eq!(
            (heard.status, heard.code()),
            (StatusCode::BAD_REQUEST, code),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_written_at_once_form_one_chain() {
    let service = Service::start().await;
    let app = service.app();
    let before = app
        .store
        .verify_audit()
        .await
        .expect("the trail can be read")
        .rows;
    let writers: Vec<_> = (0..16)
        .map(|number| {
            let app = std::sync::Arc::clone(app);
            tokio::spawn(async move { append(&app, &format!("S-{number}")).await })
        })
        .collect();
    for writer in writers {
        writer.await.expect("the writer ends");
    }
    let proof = app.store.verify_audit().await.expect("the trail can be read");
    assert_eq!((proof.rows - before, proof.fault), (16, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_changed_is_found() {
    for (statement, number) in [
        (
            "update audit_events set actor = 'nobody' where subject = 'S-1'",
            1,
        ),
        ("update audit_events set detail = '{}' where subject = 'S-2'", 2),
        (
            "update audit_events set hash = previous_hash where subject = 'S-3'",
            3,
        ),
    ] {
        let service = Service::start().await;
        let app = service.app();
        let before = app
            .store
            .verify_audit()
            .await
            .expect("the trail can be read")
            .rows;
        for number in 1..=3 {
            append(app, &format!("S-{number}")).await;
        }
        assert_eq!(fault(app).await, None);
        tamper(app, statement).await;
        assert_eq!(
            fault(app).await,
            Some(AuditFault::Altered(before + number)),
            "{statement}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_taken_out_is_missed_also_at_the_end() {
    for (statement, number) in [
        ("delete from audit_events where subject = 'S-2'", 2),
        ("delete from audit_events where subject = 'S-3'", 3),
    ] {
        let service = Service::start().await;
        let app = service.app();
        let before = app
            .store
            .verify_audit()
            .await
            .expect("the trail can be read")
            .rows;
        for number in 1..=3 {
            append(app, &format!("S-{number}")).await;
        }
        tamper(app, statement).await;
        assert_eq!(
            fault(app).await,
            Some(AuditFault::Missing(before + number)),
            "{statement}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_was_taken_away_is_missed() {
    let service = Service::start().await;
    let app = service.app();
    append(app, "S-1").await;
    tamper(app, "delete from settings where name = 'audit_head'").await;
    assert!(matches!(fault(app).await, Some(AuditFault::Missing(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_of_one_entity_sees_what_it_did_alone() {
    let service = Service::start().await;
    let app = service.app();
    let entity = Scope::Entities(["DE01".to_owned()].into_iter().collect());
    let (own_id, scoped) = key(app, &[Role::Admin], entity).await;
    let wanted = json!({ "name": "a", "roles": ["data"], "entities": ["DE01"] });
    assert_eq!(
        post(app, "/v1/api-keys", &scoped, &wanted).await.status,
        StatusCode::CREATED
    );
    let heard = get(app, "/v1/audit-events", Some(&scoped)).await;
    let actors: Vec<&str> = heard.body["data"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|row| row["actor"].as_str())
        .collect();
    assert_eq!(actors, [format!("key:{own_id}").as_str()]);
    let others = get(app, "/v1/audit-events?actor=system", Some(&scoped)).await;
    assert_eq!(others.body["data"], json!([]));
}
