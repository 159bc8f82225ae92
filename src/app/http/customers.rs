//! Customers and their invoices: what is known of them, how they pay, and whose risk has changed.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};

use crate::app::access::{Principal, Role, Scope};
use crate::app::book::{CustomerRecord, InvoiceOutlook, InvoiceRecord};
use crate::app::state::App;
use crate::domain::Date;
use crate::domain::date::parse_iso;

use super::customer_dto::{CustomerFeatures, CustomerProfile, DayParams, RiskChange, RiskChangeParams};
use super::error::{ApiError, Problem};
use super::extract::{Answer, Params};
use super::page::{Cursor, Page, PageParams};
use super::predictions::check_id;

/// Names the list in its cursors.
const LIST: &str = "risk-changes";
/// Open invoices, the largest ones, whose reasons are told of a customer; each takes some two milliseconds at first.
const EXPLAINED_MAX: usize = 20;
/// Who may see the names of customers.
const NAME_READERS: &[Role] = &[Role::Collections, Role::Admin, Role::Auditor];

/// Returns an invoice, what is owed of it, and what became of it.
#[utoipa::path(
    get,
    path = "/v1/invoices/{invoice_id}",
    operation_id = "get_invoice",
    tag = "customers",
    params(("invoice_id" = String, Path, description = "The invoice."), DayParams),
    responses(
        (status = 200, description = "The invoice.", body = InvoiceRecord),
        (status = 400, description = "A parameter cannot be used.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such invoice on that day.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_invoice(
    State(app): State<App>,
    by: Principal,
    Path(invoice_id): Path<String>,
    Params(params): Params<DayParams>,
) -> Answer<Json<InvoiceRecord>> {
    check_id("invoice", &invoice_id)?;
    let record = app
        .book
        .invoice_record(&invoice_id, params.as_of, &by.scope)
        .await?;
    let record = record.ok_or_else(|| ApiError::not_found("invoice", &invoice_id))?;
    Ok(Json(record))
}

/// Returns a customer.
#[utoipa::path(
    get,
    path = "/v1/customers/{customer_id}",
    operation_id = "get_customer",
    tag = "customers",
    params(("customer_id" = String, Path, description = "The customer."), DayParams),
    responses(
        (status = 200, description = "The customer.", body = CustomerRecord),
        (status = 400, description = "A parameter cannot be used.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such customer on that day.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_customer(
    State(app): State<App>,
    by: Principal,
    Path(customer_id): Path<String>,
    Params(params): Params<DayParams>,
) -> Answer<Json<CustomerRecord>> {
    Ok(Json(record(&app, &by, &customer_id, params.as_of).await?))
}

/// Returns how a customer pays, what it owes, and what is expected of it.
#[utoipa::path(
    get,
    path = "/v1/customers/{customer_id}/profile",
    operation_id = "get_customer_profile",
    tag = "customers",
    params(("customer_id" = String, Path, description = "The customer."), DayParams),
    responses(
        (status = 200, description = "The profile.", body = CustomerProfile),
        (status = 400, description = "A parameter cannot be used.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such customer on that day.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No model is in use (`no_champion`).", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_customer_profile(
    State(app): State<App>,
    by: Principal,
    Path(customer_id): Path<String>,
    Params(params): Params<DayParams>,
) -> Answer<Json<CustomerProfile>> {
    let record = record(&app, &by, &customer_id, params.as_of).await?;
    let outlook = app.book.customer(&customer_id, params.as_of, &by.scope).await?;
    let mut largest: Vec<Arc<InvoiceOutlook>> = outlook
        .as_ref()
        .map(|outlook| outlook.invoices.clone())
        .unwrap_or_default();
    largest.sort_by_key(|one| std::cmp::Reverse(one.prediction().open.minor()));
    largest.truncate(EXPLAINED_MAX);
    for one in &largest {
        one.explained().await?;
    }
    let explained: Vec<&InvoiceOutlook> = largest.iter().map(Arc::as_ref).collect();
    Ok(Json(CustomerProfile::of(record, outlook.as_ref(), &explained)))
}

/// Returns every feature of a customer's open invoices at the end of any day, without names.
#[utoipa::path(
    get,
    path = "/v1/customers/{customer_id}/features",
    operation_id = "get_customer_features",
    tag = "data",
    params(("customer_id" = String, Path, description = "The customer."), DayParams),
    responses(
        (status = 200, description = "The features; without an invoice where nothing was open.", body = CustomerFeatures),
        (status = 400, description = "A parameter cannot be used.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such customer on that day.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No model is in use (`no_champion`).", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_customer_features(
    State(app): State<App>,
    by: Principal,
    Path(customer_id): Path<String>,
    Params(params): Params<DayParams>,
) -> Answer<Json<CustomerFeatures>> {
    let record = record(&app, &by, &customer_id, params.as_of).await?;
    let outlook = app.book.customer(&customer_id, params.as_of, &by.scope).await?;
    let invoices = outlook.map(|outlook| outlook.invoices).unwrap_or_default();
    let invoices: Vec<&InvoiceOutlook> = invoices.iter().map(Arc::as_ref).collect();
    Ok(Json(CustomerFeatures::of(
        record.customer_id,
        record.as_of,
        &invoices,
    )))
}

/// Lists customers whose risk has changed since a day, by day and customer.
///
/// A client of some legal entities sees the customers that owe these something; a page may be short, and the list goes
/// on as long as there is a `next_cursor`.
#[utoipa::path(
    get,
    path = "/v1/risk-changes",
    operation_id = "list_risk_changes",
    tag = "customers",
    params(RiskChangeParams),
    responses(
        (status = 200, description = "One page.", body = Page<RiskChange>),
        (status = 400, description = "A parameter cannot be used.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No model is in use (`no_champion`).", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn list_risk_changes(
    State(app): State<App>,
    by: Principal,
    Params(params): Params<RiskChangeParams>,
) -> Answer<Json<Page<RiskChange>>> {
    let page = PageParams {
        limit: params.limit,
        cursor: params.cursor,
    };
    let limit = page.limit(&app)?;
    let after = after(&app, &page)?;
    let place = after
        .as_ref()
        .map(|(day, customer_id)| (*day, customer_id.as_str()));
    // One more than asked for tells whether there is a next page.
    let mut rows = app
        .store
        .risk_changes_since(params.since, place, limit.saturating_add(1))
        .await?;
    let asked = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_last = rows.len() <= asked;
    rows.truncate(asked);
    let next_cursor = rows.last().filter(|_| !is_last).map(|last| {
        let day = last.as_of.to_string();
        Cursor::encode(&app.cursor_key, &[LIST, &day, &last.customer_id])
    });
    let mut data = Vec::with_capacity(rows.len());
    for row in rows {
        let is_seen = match &by.scope {
            Scope::All => true,
            scope => app.book.customer(&row.customer_id, None, scope).await?.is_some(),
        };
        if is_seen {
            data.push(RiskChange::of(row));
        }
    }
    Ok(Json(Page { data, next_cursor }))
}

/// What the ledger says of a customer, as far as the client may see it.
async fn record(app: &App, by: &Principal, customer_id: &str, as_of: Option<Date>) -> Answer<CustomerRecord> {
    check_id("customer", customer_id)?;
    let record = app.book.record(customer_id, as_of, &by.scope).await?;
    let mut record = record.ok_or_else(|| ApiError::not_found("customer", customer_id))?;
    if !by.has_any(NAME_READERS) {
        record.name = None;
    }
    Ok(record)
}

/// The day and the customer after which the page begins.
fn after(app: &App, page: &PageParams) -> Answer<Option<(Date, String)>> {
    match page.parts(app)?.as_deref() {
        None => Ok(None),
        Some([list, day, customer_id]) if list == LIST => {
            let day = parse_iso(day).map_err(|_| Cursor::refused())?;
            Ok(Some((day, customer_id.clone())))
        }
        Some(_) => Err(Cursor::refused()),
    }
}
