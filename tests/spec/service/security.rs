//! The rows of `docs/SECURITY.md` that no other file tests.

mod scope;
mod secrets;
mod webhooks;

use std::fs;
use std::path::Path;

use axum::http::Method;
use duecast::app::access::Role;
use duecast::app::http::route_table;
use serde_json::json;

use crate::support::service::Service;

/// Routes that read no body.
const BODILESS: [&str; 5] = [
    "/v1/policies/{version}/activate",
    "/v1/aliases/champion:rollback",
    "/v1/promotions/{promotion_id}/approval",
    "/v1/webhook-endpoints/{endpoint_id}/rotation",
    "/v1/webhook-deliveries/{delivery_id}/replay",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_route_takes_a_field_that_it_does_not_know() {
    let service = Service::start().await;
    for (method, path, _) in route_table() {
        let is_read = matches!(method, Method::POST | Method::PUT);
        let is_stream = path.ends_with(":bulk") || path == "/v1/imports";
        if !is_read || is_stream || BODILESS.contains(&path.as_str()) {
            continue;
        }
        let asked: Vec<&str> = path
            .split('/')
            .map(|segment| if segment.starts_with('{') { "none" } else { segment })
            .collect();
        let admin = service.as_role(Role::Admin);
        for field in ["is_admin", "created_by", "sequence"] {
            let reply = admin
                .json(method.clone(), &asked.join("/"), &json!({ field: "1" }))
                .await;
            assert_eq!(reply.status, 422, "{method} {path} {field}: {}", reply.text);
            let error = &reply.body["errors"][0];
            assert_eq!(error["pointer"], format!("/{field}"), "{method} {path}: {error}");
            let code = error["code"].as_str().unwrap();
            assert!(["unknown_field", "unknown_column"].contains(&code), "{code}");
        }
    }
}

/// All code of a folder, in one text.
fn code_of(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&code_of(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
    text
}

#[test]
fn every_test_that_the_security_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/SECURITY.md")).unwrap();
    let code = code_of(&root.join("tests")) + &code_of(&root.join("src"));
    let quoted: Vec<&str> = page.split('`').skip(1).step_by(2).collect();
    let named: Vec<&str> = quoted
        .iter()
        .filter_map(|name| name.strip_prefix("test "))
        .collect();
    assert!(named.len() > 20, "the page names {} tests", named.len());
    for name in named {
        assert!(code.contains(&format!("fn {name}(")), "there is no test {name}");
    }
    for path in quoted.iter().filter(|text| text.starts_with("src/")) {
        assert!(root.join(path).try_exists().unwrap(), "there is no {path}");
    }
}
