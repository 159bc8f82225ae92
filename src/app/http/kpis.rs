//! The key figures of the book.

#![expect(
    unused_qualifications,
    reason = "utoipa writes the path of the parameters it is given"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::access::Principal;
use crate::app::config::Alias;
use crate::app::service::{self, treasury};
use crate::app::state::App;
use crate::domain::Date;
use crate::kpi::{ForwardLooking, GroupBy, KpiPlan, KpiReport};

use super::error::Problem;
use super::extract::{Answer, Params};
use super::forecasts::in_query;

/// What key figures are split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KpiGrouping {
    /// Legal entity that issued the invoice.
    Entity,
    /// Part of the business that issued it.
    BusinessUnit,
    /// Segment of the customer.
    Segment,
    /// Country of the customer.
    Country,
    /// The customer.
    Customer,
    /// Who looks after the customer.
    Collector,
    /// Terms of the invoice, as printed.
    PaymentTerms,
}

impl From<KpiGrouping> for GroupBy {
    fn from(grouping: KpiGrouping) -> Self {
        match grouping {
            KpiGrouping::Entity => Self::Entity,
            KpiGrouping::BusinessUnit => Self::BusinessUnit,
            KpiGrouping::Segment => Self::Segment,
            KpiGrouping::Country => Self::Country,
            KpiGrouping::Customer => Self::Customer,
            KpiGrouping::Collector => Self::Collector,
            KpiGrouping::PaymentTerms => Self::PaymentTerms,
        }
    }
}

/// Which key figures are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct KpiParams {
    /// Last day whose facts may be known; the business day where it is left out.
    as_of: Option<Date>,
    /// Figures of each group too.
    #[param(inline)]
    group_by: Option<KpiGrouping>,
    /// A report at the end of each of the last months, as known then; one where it is left out.
    #[param(minimum = 1, maximum = 120)]
    months: Option<u32>,
    /// Days of the window that ends on the cut-off; three calendar months where it is left out.
    #[param(minimum = 1, maximum = 366)]
    window_days: Option<u32>,
    /// Factor on the loss rates of the provision matrix: one number, or five by ageing bucket: `1.2,1.1,1,1,1`.
    forward_looking: Option<String>,
}

impl KpiParams {
    fn plan(&self) -> Result<KpiPlan, treasury::Error> {
        let factors = self.forward_looking.as_deref().map(str::parse::<ForwardLooking>);
        Ok(KpiPlan {
            window_days: self.window_days,
            months: self.months.unwrap_or(1),
            group_by: self.group_by.map(GroupBy::from),
            forward_looking: factors
                .transpose()
                .map_err(service::Error::from)?
                .unwrap_or_default(),
        })
    }
}

/// The key figures of the book.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KpiAnswer {
    /// Last day whose facts are known.
    as_of: Date,
    /// The model whose expected losses the last report holds; null where none is in use.
    model_version: Option<String>,
    /// What the reader should know.
    remarks: Vec<String>,
    /// One report a month, oldest first, as `duecast kpis --format json` prints them; amounts are decimal strings,
    /// shares fractions, and null is not defined.
    #[schema(value_type = Vec<Object>)]
    reports: Vec<KpiReport>,
}

/// Read the key figures of the book
///
/// DSO, collection effectiveness, ageing, provision, and what the champion expects to be lost.
#[utoipa::path(
    get,
    path = "/v1/kpis",
    tag = "treasury",
    operation_id = "get_kpis",
    params(KpiParams),
    responses(
        (status = 200, description = "The key figures.", body = KpiAnswer),
        (status = 400, description = "Not understood.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another role.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No invoice.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Cannot be done.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not at present.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_kpis(
    State(app): State<App>,
    by: Principal,
    Params(params): Params<KpiParams>,
) -> Answer<Json<KpiAnswer>> {
    let plan = params.plan().map_err(in_query)?;
    let days = (params.as_of, app.clock.today());
    let ledger = Arc::clone(&app.ledger);
    let model = app.registry.alias(Alias::Champion);
    let figures =
        treasury::blocking(move || treasury::key_figures(&ledger, &by.scope, model.as_deref(), days, &plan))
            .await
            .map_err(in_query)?;
    Ok(Json(KpiAnswer {
        as_of: figures.as_of,
        model_version: figures.model_version,
        remarks: figures.remarks,
        reports: figures.reports,
    }))
}
