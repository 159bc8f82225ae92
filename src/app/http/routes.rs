//! Every route with the roles that may call it: one table, and the only place where routes are made.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use crate::app::access::Role::{self, Admin, Auditor, Collections, Data, Treasury};
use crate::app::state::App;
use crate::history::Table;

use super::{
    api_keys, audit, customers, effects, facts, forecasts, imports, kpis, ledger, models, monitors,
    operations, policies, predictions, promotions, recommendations, scenarios, training, variance, webhooks,
    worklist,
};

/// A route: what is asked, who may ask, who answers.
pub(crate) struct Route {
    /// The method.
    pub(crate) method: Method,
    /// The path as axum matches it.
    pub(crate) path: String,
    /// Roles that may call it; one of them is enough.
    pub(crate) roles: &'static [Role],
    /// Who answers.
    pub(crate) handler: MethodRouter<App>,
}

const EVERYBODY: &[Role] = &Role::ALL;
const READERS: &[Role] = &[Treasury, Collections, Data, Admin, Auditor];
const WORKERS: &[Role] = &[Treasury, Collections, Data, Admin];
const TREASURERS: &[Role] = &[Treasury, Admin];
const TREASURY_READERS: &[Role] = &[Treasury, Admin, Auditor];
const COLLECTORS: &[Role] = &[Collections, Admin];
const COLLECTION_READERS: &[Role] = &[Collections, Admin, Auditor];
const DATA_TEAM: &[Role] = &[Data, Admin];
const DATA_READERS: &[Role] = &[Data, Admin, Auditor];
const FACT_WRITERS: &[Role] = &[Collections, Data, Admin];
const FACT_READERS: &[Role] = &[Collections, Admin, Auditor];
const EFFECT_READERS: &[Role] = &[Collections, Data, Admin, Auditor];
const ADMINS: &[Role] = &[Admin];
const ADMIN_READERS: &[Role] = &[Admin, Auditor];

/// Returns every route behind a key.
pub(crate) fn routes() -> Vec<Route> {
    let mut all = Vec::new();
    for table in Table::ALL {
        all.extend(fact_routes(table));
    }
    all.extend(collections_routes());
    all.extend(action_routes());
    all.extend(treasury_routes());
    all.extend(data_routes());
    all.extend(admin_routes());
    all
}

/// Returns method, path and roles of every route behind a key, for those who check the table from outside.
#[must_use]
pub fn route_table() -> Vec<(Method, String, &'static [Role])> {
    routes()
        .into_iter()
        .map(|route| (route.method, route.path, route.roles))
        .collect()
}

fn fact_routes(table: Table) -> Vec<Route> {
    vec![
        Route {
            method: Method::POST,
            path: format!("/v1/{table}"),
            roles: FACT_WRITERS,
            handler: facts::record(table),
        },
        Route {
            method: Method::POST,
            path: format!("/v1/{table}:bulk"),
            roles: FACT_WRITERS,
            handler: facts::record_bulk(table),
        },
        Route {
            method: Method::GET,
            path: format!("/v1/{table}"),
            roles: FACT_READERS,
            handler: facts::list(table),
        },
    ]
}

fn collections_routes() -> Vec<Route> {
    vec![
        get("/v1/invoices/{invoice_id}", FACT_READERS, customers::get_invoice),
        get(
            "/v1/customers/{customer_id}",
            FACT_READERS,
            customers::get_customer,
        ),
        get(
            "/v1/customers/{customer_id}/profile",
            COLLECTION_READERS,
            customers::get_customer_profile,
        ),
        get(
            "/v1/customers/{customer_id}/features",
            DATA_READERS,
            customers::get_customer_features,
        ),
        get(
            "/v1/invoices/{invoice_id}/prediction",
            COLLECTION_READERS,
            predictions::get_prediction,
        ),
        get(
            "/v1/predictions",
            COLLECTION_READERS,
            predictions::list_predictions,
        ),
        post("/v1/predictions", COLLECTORS, predictions::create_prediction),
        get(
            "/v1/risk-changes",
            COLLECTION_READERS,
            customers::list_risk_changes,
        ),
    ]
}

fn action_routes() -> Vec<Route> {
    vec![
        get(
            "/v1/customers/{customer_id}/recommendation",
            COLLECTION_READERS,
            recommendations::get_customer_recommendation,
        ),
        get(
            "/v1/recommendations/{recommendation_id}",
            COLLECTION_READERS,
            recommendations::get_recommendation,
        ),
        post(
            "/v1/recommendations/{recommendation_id}/feedback",
            COLLECTORS,
            recommendations::create_feedback,
        ),
        get("/v1/worklist", COLLECTION_READERS, worklist::get_worklist),
        post("/v1/action-plans", COLLECTORS, worklist::create_action_plan),
        get("/v1/policies", COLLECTION_READERS, policies::list_policies),
        post("/v1/policies", ADMINS, policies::create_policy),
        get("/v1/policies/{version}", COLLECTION_READERS, policies::get_policy),
        post(
            "/v1/policies/{version}/activate",
            ADMINS,
            policies::activate_policy,
        ),
        post("/v1/policies:dry-run", COLLECTORS, policies::dry_run_policy),
        post(
            "/v1/policies/{version}/rehearsal",
            COLLECTORS,
            policies::rehearse_policy,
        ),
        get("/v1/effects", EFFECT_READERS, effects::get_effects),
        post("/v1/effects:learn", DATA_TEAM, effects::learn_effects),
        get("/v1/laws", COLLECTION_READERS, effects::list_laws),
    ]
}

fn treasury_routes() -> Vec<Route> {
    vec![
        post("/v1/forecasts", TREASURERS, forecasts::create_forecast),
        get("/v1/forecasts", TREASURY_READERS, forecasts::list_forecasts),
        get(
            "/v1/forecasts/{forecast_id}",
            TREASURY_READERS,
            forecasts::get_forecast,
        ),
        get(
            "/v1/forecasts/{forecast_id}/export",
            TREASURY_READERS,
            forecasts::export_forecast,
        ),
        get(
            "/v1/forecasts/{forecast_id}/variance",
            TREASURY_READERS,
            variance::get_variance,
        ),
        get("/v1/scenarios", TREASURY_READERS, scenarios::list_scenarios),
        post("/v1/scenarios", TREASURERS, scenarios::create_scenario),
        get("/v1/kpis", TREASURY_READERS, kpis::get_kpis),
    ]
}

fn data_routes() -> Vec<Route> {
    vec![
        get("/v1/ledger", EVERYBODY, ledger::get_ledger),
        get("/v1/profiles", FACT_WRITERS, imports::list_profiles),
        post("/v1/imports", FACT_WRITERS, imports::create_import),
        get("/v1/operations", READERS, operations::list_operations),
        get(
            "/v1/operations/{operation_id}",
            READERS,
            operations::get_operation,
        ),
        get(
            "/v1/operations/{operation_id}/file",
            READERS,
            operations::get_operation_file,
        ),
        delete(
            "/v1/operations/{operation_id}",
            WORKERS,
            operations::cancel_operation,
        ),
        post("/v1/training-jobs", DATA_TEAM, training::create_training_job),
        post("/v1/training-sets", DATA_TEAM, training::create_training_set),
        get("/v1/models", DATA_READERS, models::list_models),
        get("/v1/models/{version}", DATA_READERS, models::get_model),
        get("/v1/models/{version}/card", DATA_READERS, models::get_model_card),
        get(
            "/v1/models/{version}/scorecard",
            DATA_READERS,
            models::get_model_scorecard,
        ),
        get("/v1/aliases", DATA_READERS, models::list_aliases),
        put("/v1/aliases/{alias}", DATA_TEAM, promotions::set_alias),
        post(
            "/v1/aliases/champion:rollback",
            DATA_TEAM,
            promotions::rollback_champion,
        ),
        get("/v1/promotions", DATA_READERS, promotions::list_promotions),
        post("/v1/promotions", DATA_TEAM, promotions::create_promotion),
        post(
            "/v1/promotions/{promotion_id}/approval",
            DATA_TEAM,
            promotions::approve_promotion,
        ),
        get("/v1/monitors", DATA_READERS, monitors::list_monitors),
    ]
}

fn admin_routes() -> Vec<Route> {
    vec![
        get("/v1/api-keys", ADMIN_READERS, api_keys::list_api_keys),
        post("/v1/api-keys", ADMINS, api_keys::create_api_key),
        post("/v1/api-keys/{key_id}/rotation", ADMINS, api_keys::rotate_api_key),
        delete("/v1/api-keys/{key_id}", ADMINS, api_keys::revoke_api_key),
        get(
            "/v1/webhook-endpoints",
            ADMIN_READERS,
            webhooks::list_webhook_endpoints,
        ),
        post("/v1/webhook-endpoints", ADMINS, webhooks::create_webhook_endpoint),
        get(
            "/v1/webhook-endpoints/{endpoint_id}",
            ADMIN_READERS,
            webhooks::get_webhook_endpoint,
        ),
        put(
            "/v1/webhook-endpoints/{endpoint_id}",
            ADMINS,
            webhooks::update_webhook_endpoint,
        ),
        delete(
            "/v1/webhook-endpoints/{endpoint_id}",
            ADMINS,
            webhooks::delete_webhook_endpoint,
        ),
        post(
            "/v1/webhook-endpoints/{endpoint_id}/rotation",
            ADMINS,
            webhooks::rotate_webhook_secret,
        ),
        get(
            "/v1/webhook-deliveries",
            ADMIN_READERS,
            webhooks::list_webhook_deliveries,
        ),
        post(
            "/v1/webhook-deliveries/{delivery_id}/replay",
            ADMINS,
            webhooks::replay_webhook_delivery,
        ),
        get("/v1/audit-events", ADMIN_READERS, audit::list_audit_events),
    ]
}

fn get<H: Handler<T, App>, T: 'static>(path: &str, roles: &'static [Role], handler: H) -> Route {
    route(Method::GET, MethodFilter::GET, path, roles, handler)
}

fn post<H: Handler<T, App>, T: 'static>(path: &str, roles: &'static [Role], handler: H) -> Route {
    route(Method::POST, MethodFilter::POST, path, roles, handler)
}

fn put<H: Handler<T, App>, T: 'static>(path: &str, roles: &'static [Role], handler: H) -> Route {
    route(Method::PUT, MethodFilter::PUT, path, roles, handler)
}

fn delete<H: Handler<T, App>, T: 'static>(path: &str, roles: &'static [Role], handler: H) -> Route {
    route(Method::DELETE, MethodFilter::DELETE, path, roles, handler)
}

fn route<H: Handler<T, App>, T: 'static>(
    method: Method,
    filter: MethodFilter,
    path: &str,
    roles: &'static [Role],
    handler: H,
) -> Route {
    Route {
        method,
        path: path.to_owned(),
        roles,
        handler: on(filter, handler),
    }
}
