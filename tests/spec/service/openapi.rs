//! The document of the API: what is served is what is committed.

use crate::support::service::Service;

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_the_committed_one() {
    let service = Service::start().await;
    let reply = service.get("/openapi.json").await;
    assert_eq!(reply.status, 200);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
    let committed = std::fs::read_to_string(path).expect("docs/openapi.json is there");
    assert!(
        reply.text == committed,
        "renew it: duecast openapi > docs/openapi.json"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_says_its_version_its_licence_and_how_to_come_in() {
    let document = Service::start().await.get("/openapi.json").await.body;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["license"]["identifier"], "Apache-2.0 OR MIT");
    let scheme = &document["components"]["securitySchemes"]["api_key"];
    assert_eq!(scheme["type"], "http");
    assert_eq!(scheme["scheme"], "bearer");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reference_in_the_document_leads_somewhere() {
    fn references(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(object) => {
                for (name, inner) in object {
                    match inner.as_str() {
                        Some(target) if name == "$ref" => found.push(target.to_owned()),
                        _ => references(inner, found),
                    }
                }
            }
            serde_json::Value::Array(values) => values.iter().for_each(|inner| references(inner, found)),
            _ => {}
        }
    }
    let document = Service::start().await.get("/openapi.json").await.body;
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for target in found {
        let pointer = target.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_served_with_its_files() {
    let service = Service::start().await;
    let page = service.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("swagger-ui"));
    let style = service.get("/docs/swagger-ui.css").await;
    assert_eq!(style.status, 200);
}
