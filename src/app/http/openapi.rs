//! The API as an `OpenAPI` 3.1 document, made from the handlers themselves, and a page to browse it.

use std::sync::OnceLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::info::{InfoBuilder, License};
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::{Response as Described, ResponseBuilder};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::server::Server;
use utoipa::openapi::tag::Tag;
use utoipa::openapi::{OpenApiVersion, PathItem, Ref, RefOr};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::error::{FieldError, Problem};
use super::problem::CONTENT_TYPE;
use super::{
    api_keys, audit, customers, effects, facts, forecasts, imports, kpis, ledger, models, monitors,
    operations, policies, predictions, promotions, recommendations, scenarios, training, variance, webhooks,
    worklist,
};

/// Where the document is.
pub(super) const PATH: &str = "/openapi.json";
/// Where the page is.
const PAGE: &str = "/docs";
/// The name of the scheme by which every route is protected.
const SCHEME: &str = "api_key";

/// Answers that the layers before every handler give.
const COMMON: [(&str, &str); 7] = [
    ("400", "The request cannot be understood."),
    ("401", "No key or token, or one that is not believed."),
    ("403", "The key or token has none of the roles of this route."),
    ("429", "Too many requests of this key."),
    ("500", "The service failed; the cause is in its log."),
    ("503", "The service cannot do this at present."),
    ("504", "The answer took too long."),
];

/// Answers that are given besides where there is a body.
const COMMON_WITH_BODY: [(&str, &str); 4] = [
    ("408", "The body did not come."),
    ("413", "The body is too large."),
    ("415", "The content type or encoding of the body is not read."),
    ("422", "The request is understood and cannot be done as it is."),
];

#[derive(OpenApi)]
#[openapi(
    paths(
        customers::get_invoice,
        customers::get_customer,
        customers::get_customer_profile,
        customers::get_customer_features,
        customers::list_risk_changes,
        predictions::get_prediction,
        predictions::list_predictions,
        predictions::create_prediction,
        recommendations::get_customer_recommendation,
        recommendations::get_recommendation,
        recommendations::create_feedback,
        worklist::get_worklist,
        worklist::create_action_plan,
        policies::list_policies,
        policies::get_policy,
        policies::create_policy,
        policies::activate_policy,
        policies::dry_run_policy,
        policies::rehearse_policy,
        effects::get_effects,
        effects::learn_effects,
        effects::list_laws,
        forecasts::create_forecast,
        forecasts::list_forecasts,
        forecasts::get_forecast,
        forecasts::export_forecast,
        variance::get_variance,
        scenarios::list_scenarios,
        scenarios::create_scenario,
        kpis::get_kpis,
        ledger::get_ledger,
        imports::list_profiles,
        imports::create_import,
        operations::list_operations,
        operations::get_operation,
        operations::get_operation_file,
        operations::cancel_operation,
        training::create_training_job,
        training::create_training_set,
        models::list_models,
        models::get_model,
        models::get_model_card,
        models::get_model_scorecard,
        models::list_aliases,
        promotions::set_alias,
        promotions::rollback_champion,
        promotions::list_promotions,
        promotions::create_promotion,
        promotions::approve_promotion,
        monitors::list_monitors,
        api_keys::list_api_keys,
        api_keys::create_api_key,
        api_keys::rotate_api_key,
        api_keys::revoke_api_key,
        webhooks::list_webhook_endpoints,
        webhooks::create_webhook_endpoint,
        webhooks::get_webhook_endpoint,
        webhooks::update_webhook_endpoint,
        webhooks::delete_webhook_endpoint,
        webhooks::rotate_webhook_secret,
        webhooks::list_webhook_deliveries,
        webhooks::replay_webhook_delivery,
        audit::list_audit_events,
    ),
    components(schemas(Problem, FieldError))
)]
struct Document;

/// Returns the document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    document.openapi = OpenApiVersion::Version31;
    document.info = InfoBuilder::new()
        .title("duecast")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Predicts when business customers pay: payment distributions, cash forecasts and replayable proof.",
        ))
        .license(Some(license()))
        .build();
    document.servers = Some(vec![Server::new("/")]);
    document.paths.merge(facts::paths());
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("prefix_id.secret")
        .description(Some(
            "An API key, or a token of the identity provider: `Authorization: Bearer prefix_id.secret`.",
        ))
        .build();
    document
        .components
        .get_or_insert_default()
        .security_schemes
        .insert(SCHEME.to_owned(), RefOr::T(SecurityScheme::Http(scheme)));
    let mut tags: Vec<String> = Vec::new();
    for operation in document.paths.paths.values_mut().flat_map(operations_of) {
        complete(operation);
        tags.extend(operation.tags.iter().flatten().cloned());
    }
    tags.sort();
    tags.dedup();
    document.tags = Some(tags.iter().map(Tag::new).collect());
    document
}

/// Returns the document as it is served and committed.
#[must_use]
pub fn text() -> String {
    let mut text = document().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Serves the document, made once.
pub(super) async fn serve() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text: &'static str = TEXT.get_or_init(text);
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// Returns the page; its files are in the binary, and it asks nobody else.
pub(super) fn page() -> SwaggerUi {
    SwaggerUi::new(PAGE).config(Config::new([PATH]).validator_url("none"))
}

fn license() -> License {
    let mut license = License::new("Apache-2.0 OR MIT");
    license.identifier = Some("Apache-2.0 OR MIT".to_owned());
    license
}

fn operations_of(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete]
        .into_iter()
        .flatten()
}

/// Adds what every operation has: the answers of the layers before it, and that a key is needed.
fn complete(operation: &mut Operation) {
    let with_body: &[(&str, &str)] = if operation.request_body.is_some() {
        &COMMON_WITH_BODY
    } else {
        &[]
    };
    for (status, description) in COMMON.iter().chain(with_body) {
        operation
            .responses
            .responses
            .entry((*status).to_owned())
            .or_insert_with(|| RefOr::T(problem(description)));
    }
    if operation.security.is_none() {
        operation.security = Some(vec![SecurityRequirement::new(SCHEME, Vec::<String>::new())]);
    }
}

fn problem(description: &str) -> Described {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description(description)
        .content(CONTENT_TYPE, content)
        .build()
}

#[cfg(test)]
mod tests {
    use super::{document, operations_of};
    use crate::app::access::Role;
    use crate::app::http::routes::routes;
    use axum::http::Method;
    use std::collections::BTreeSet;
    use utoipa::openapi::HttpMethod;

    #[test]
    fn every_route_is_in_the_document_and_nothing_else() {
        let mut document = document();
        let routes = routes();
        for route in &routes {
            let method = match route.method {
                Method::GET => HttpMethod::Get,
                Method::POST => HttpMethod::Post,
                Method::PUT => HttpMethod::Put,
                Method::DELETE => HttpMethod::Delete,
                ref other => panic!("{other} has no place in the document"),
            };
            let operation = document.paths.get_path_operation(&route.path, method);
            assert!(
                operation.is_some(),
                "{} {} is not in the document",
                route.method,
                route.path
            );
        }
        let described = document.paths.paths.values_mut().flat_map(operations_of).count();
        assert_eq!(described, routes.len());
    }

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let mut document = document();
        let mut names = BTreeSet::new();
        for operation in document.paths.paths.values_mut().flat_map(operations_of) {
            let name = operation.operation_id.clone().expect("an operation has a name");
            assert!(names.insert(name.clone()), "{name} is there twice");
        }
    }

    #[test]
    fn every_route_is_in_the_table_for_people() {
        let table = include_str!("../../../docs/API.md");
        for route in routes() {
            let roles: Vec<&str> = if route.roles.len() == Role::ALL.len() {
                vec!["everybody"]
            } else {
                route.roles.iter().map(|role| role.name()).collect()
            };
            let row = format!("| {} | `{}` | {} |", route.method, route.path, roles.join(", "));
            assert!(table.contains(&row), "docs/API.md has no row {row}");
        }
    }
}
