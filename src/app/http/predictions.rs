//! When invoices are expected to be paid: those of the ledger, and one that is only thought of.

use axum::Json;
use axum::extract::{Path, State};
use chrono::NaiveDate;

use crate::app::access::{Principal, Scope};
use crate::app::book::NewInvoice;
use crate::app::state::App;
use crate::domain::date::add_days;
use crate::domain::{Currency, Date, Money};

use super::error::{ApiError, FieldError, Problem};
use super::extract::{Answer, Body, Params};
use super::page::{Cursor, Page, PageParams};
use super::prediction_dto::{
    Prediction, PredictionListParams, PredictionParams, PredictionRequest, Shown, WhatIfParams,
};

/// Names the list in its cursors.
const LIST: &str = "predictions";
/// Longest term of payment that is predicted: ten years.
const NET_DAYS_MAX: u32 = 3_650;

/// Returns when an open invoice is expected to be paid, and why.
#[utoipa::path(
    get,
    path = "/v1/invoices/{invoice_id}/prediction",
    operation_id = "get_prediction",
    tag = "predictions",
    params(("invoice_id" = String, Path, description = "The invoice."), PredictionParams),
    responses(
        (status = 200, description = "The prediction.", body = Prediction),
        (status = 400, description = "A parameter cannot be used.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such invoice on that day.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nothing is owed (`already_settled`), or no model is in use (`no_champion`).", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_prediction(
    State(app): State<App>,
    by: Principal,
    Path(invoice_id): Path<String>,
    Params(params): Params<PredictionParams>,
) -> Answer<Json<Prediction>> {
    check_id("invoice", &invoice_id)?;
    let found = app.book.invoice(&invoice_id, params.as_of, &by.scope).await?;
    let Some(outlook) = found else {
        return Err(not_open(&app, &invoice_id, params.as_of, &by.scope).await?);
    };
    let shown = Shown {
        reasons: params.reasons.unwrap_or(false),
        distribution: params.distribution.unwrap_or(false),
    };
    if shown.reasons {
        outlook.explained().await?;
    }
    if params.as_of.is_none() {
        app.shadow.offer(&outlook);
    }
    Ok(Json(Prediction::of(&outlook, shown)))
}

/// Lists the predictions of all open invoices by invoice, without reasons.
#[utoipa::path(
    get,
    path = "/v1/predictions",
    operation_id = "list_predictions",
    tag = "predictions",
    params(PredictionListParams),
    responses(
        (status = 200, description = "One page.", body = Page<Prediction>),
        (status = 400, description = "A parameter cannot be used.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No model is in use (`no_champion`).", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn list_predictions(
    State(app): State<App>,
    by: Principal,
    Params(params): Params<PredictionListParams>,
) -> Answer<Json<Page<Prediction>>> {
    let page = PageParams {
        limit: params.limit,
        cursor: params.cursor,
    };
    let limit = usize::try_from(page.limit(&app)?).unwrap_or(usize::MAX);
    let after = after(&app, &page)?;
    let mut outlooks = match &params.customer_id {
        Some(customer_id) => {
            let customer = app.book.customer(customer_id, None, &by.scope).await?;
            let mut outlooks = customer.map(|customer| customer.invoices).unwrap_or_default();
            outlooks.retain(|outlook| {
                after
                    .as_ref()
                    .is_none_or(|after| outlook.prediction().invoice_id > *after)
            });
            outlooks
        }
        // One more than asked for tells whether there is a next page.
        None => {
            app.book
                .page(after.as_deref(), limit.saturating_add(1), &by.scope)
                .await?
        }
    };
    let is_last = outlooks.len() <= limit;
    outlooks.truncate(limit);
    let last = outlooks.last().filter(|_| !is_last);
    let next_cursor =
        last.map(|last| Cursor::encode(&app.cursor_key, &[LIST, &last.prediction().invoice_id]));
    let data = outlooks
        .iter()
        .map(|outlook| Prediction::of(outlook, Shown::BRIEF))
        .collect();
    Ok(Json(Page { data, next_cursor }))
}

/// Predicts an invoice that is not in the ledger, and keeps nothing of it.
#[utoipa::path(
    post,
    path = "/v1/predictions",
    operation_id = "create_prediction",
    tag = "predictions",
    params(WhatIfParams),
    request_body = PredictionRequest,
    responses(
        (status = 200, description = "The prediction.", body = Prediction),
        (status = 400, description = "The request cannot be understood.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such legal entity.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No model is in use (`no_champion`).", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The invoice cannot be as it is.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn create_prediction(
    State(app): State<App>,
    by: Principal,
    Params(params): Params<WhatIfParams>,
    Body(request): Body<PredictionRequest>,
) -> Answer<Json<Prediction>> {
    let entity = entity_of(request.entity.as_deref(), &by.scope)?;
    let invoice = new_invoice(&request, entity, app.clock.today())?;
    let outlook = app.book.what_if(&invoice, &by.scope).await?;
    let shown = Shown {
        reasons: params.reasons.unwrap_or(false),
        distribution: params.distribution.unwrap_or(false),
    };
    if shown.reasons {
        outlook.explained().await?;
    }
    let mut prediction = Prediction::of(&outlook, shown);
    prediction.invoice_id = None;
    Ok(Json(prediction))
}

/// Refuses what cannot be an id, before a store that cannot even hold it is asked.
pub(super) fn check_id(what: &str, id: &str) -> Answer<()> {
    if id.trim().is_empty() || id.contains('\0') {
        return Err(ApiError::not_found(what, id));
    }
    Ok(())
}

/// Why there is no prediction of an invoice.
async fn not_open(app: &App, invoice_id: &str, as_of: Option<NaiveDate>, scope: &Scope) -> Answer<ApiError> {
    let record = app.book.invoice_record(invoice_id, as_of, scope).await?;
    Ok(match record {
        Some(record) if !record.is_open() => {
            let detail = format!("nothing is owed of invoice {invoice_id:?} any longer");
            ApiError::conflict("already_settled", detail)
        }
        Some(_) | None => ApiError::not_found("invoice", invoice_id),
    })
}

/// The invoice after which the page begins.
fn after(app: &App, page: &PageParams) -> Answer<Option<String>> {
    match page.parts(app)?.as_deref() {
        None => Ok(None),
        Some([list, invoice_id]) if list == LIST => Ok(Some(invoice_id.clone())),
        Some(_) => Err(Cursor::refused()),
    }
}

/// The legal entity of a thought invoice: the one named, else the only one that the client may see.
fn entity_of(named: Option<&str>, scope: &Scope) -> Answer<Option<String>> {
    match (named, scope) {
        (Some(named), scope) if scope.sees(Some(named)) => Ok(Some(named.to_owned())),
        (Some(named), _) => Err(ApiError::not_found("entity", named)),
        (None, Scope::All) => Ok(None),
        (None, Scope::Entities(seen)) if seen.len() == 1 => Ok(seen.first().cloned()),
        (None, Scope::Entities(_)) => {
            let detail = "name the legal entity that would issue the invoice";
            Err(ApiError::invalid("invalid_invoice", detail).at("/entity", "missing", detail))
        }
    }
}

/// Reads the request; every fault is named with its place.
fn new_invoice(request: &PredictionRequest, entity: Option<String>, today: Date) -> Answer<NewInvoice> {
    let mut faults = Vec::new();
    if request.customer_id.trim().is_empty() || request.customer_id.contains('\0') {
        faults.push(fault("customer_id", "must name a customer".to_owned()));
    }
    let currency = Currency::parse(&request.currency);
    if let Err(error) = &currency {
        faults.push(fault("currency", error.to_string()));
    }
    let amount = currency.and_then(|currency| Money::parse(&request.amount, currency));
    match &amount {
        Ok(amount) if amount.minor() <= 0 => {
            faults.push(fault(
                "amount",
                format!("must be more than zero, got {:?}", request.amount),
            ));
        }
        Err(error) if faults.iter().all(|fault| fault.pointer != "/currency") => {
            faults.push(fault("amount", error.to_string()));
        }
        Ok(_) | Err(_) => {}
    }
    let invoice_date = request.invoice_date.unwrap_or(today);
    if invoice_date > today {
        let detail = format!("must be {today} at the latest, which is today; given {invoice_date}");
        faults.push(fault("invoice_date", detail));
    }
    let due_date = due_date(request, invoice_date).map_err(|fault| faults.push(fault));
    match (amount, due_date) {
        (Ok(amount), Ok(due_date)) if faults.is_empty() => Ok(NewInvoice {
            customer_id: request.customer_id.trim().to_owned(),
            amount,
            invoice_date,
            due_date,
            entity,
            payment_terms: request.payment_terms.clone(),
        }),
        _ => Err(ApiError::invalid("invalid_invoice", "the invoice cannot be as it is").at_all(faults)),
    }
}

fn due_date(request: &PredictionRequest, invoice_date: Date) -> Result<Date, FieldError> {
    match (request.due_date, request.net_days) {
        (Some(due_date), None) if due_date >= invoice_date => Ok(due_date),
        (Some(due_date), None) => {
            let detail =
                format!("must be {invoice_date} at the earliest, the date of issue; given {due_date}");
            Err(fault("due_date", detail))
        }
        (None, Some(days)) if days <= NET_DAYS_MAX => Ok(add_days(invoice_date, i64::from(days))),
        (None, Some(days)) => Err(fault(
            "net_days",
            format!("must be {NET_DAYS_MAX} at most, got {days}"),
        )),
        (Some(_), Some(_)) => Err(fault(
            "net_days",
            "give due_date or net_days, not both".to_owned(),
        )),
        (None, None) => Err(fault("due_date", "give due_date or net_days".to_owned())),
    }
}

fn fault(field: &str, detail: String) -> FieldError {
    FieldError {
        pointer: format!("/{field}"),
        code: "invalid_value".to_owned(),
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::parse_iso;

    fn request() -> PredictionRequest {
        PredictionRequest {
            customer_id: "C1".to_owned(),
            amount: "50000.00".to_owned(),
            currency: "EUR".to_owned(),
            invoice_date: None,
            due_date: None,
            net_days: Some(30),
            entity: None,
            payment_terms: None,
        }
    }

    fn today() -> Date {
        parse_iso("2026-03-29").unwrap()
    }

    /// The places that a request is refused for.
    fn refused(request: &PredictionRequest) -> Vec<String> {
        let error = new_invoice(request, None, today()).unwrap_err();
        error
            .problem()
            .errors
            .iter()
            .map(|fault| fault.pointer.clone())
            .collect()
    }

    #[test]
    fn net_days_count_from_today() {
        let invoice = new_invoice(&request(), None, today()).unwrap();
        assert_eq!(
            (invoice.invoice_date, invoice.due_date),
            (today(), add_days(today(), 30))
        );
        assert_eq!(invoice.amount.minor(), 5_000_000);
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let mut wrong = request();
        wrong.customer_id = " ".to_owned();
        wrong.amount = "-1.00".to_owned();
        wrong.invoice_date = Some(add_days(today(), 1));
        wrong.due_date = Some(today());
        assert_eq!(
            refused(&wrong),
            ["/customer_id", "/amount", "/invoice_date", "/net_days"]
        );
    }

    #[test]
    fn an_unknown_currency_is_one_fault_and_not_two() {
        let mut wrong = request();
        wrong.currency = "EUX".to_owned();
        assert_eq!(refused(&wrong), ["/currency"]);
    }

    #[test]
    fn an_amount_finer_than_its_currency_is_refused() {
        let mut wrong = request();
        wrong.amount = "10.005".to_owned();
        assert_eq!(refused(&wrong), ["/amount"]);
    }

    #[test]
    fn a_client_of_one_entity_need_not_name_it() {
        let scope = Scope::Entities(["NL01".to_owned()].into());
        assert_eq!(entity_of(None, &scope).unwrap().as_deref(), Some("NL01"));
        assert_eq!(entity_of(Some("DE01"), &scope).unwrap_err().problem().status, 404);
        let two = Scope::Entities(["DE01".to_owned(), "NL01".to_owned()].into());
        assert_eq!(entity_of(None, &two).unwrap_err().problem().status, 422);
    }
}
