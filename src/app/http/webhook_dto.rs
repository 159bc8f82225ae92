//! Webhook endpoints and deliveries as they are asked for and shown.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::service::webhooks::EndpointWish;
use crate::app::store::{DeliveryRow, DeliveryStatus, EndpointRow};

/// What an endpoint is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookEndpointRequest {
    /// An `https` URL of a public host.
    #[schema(example = "https://example.com/duecast")]
    url: String,
    /// Event types it wants to hear of; empty or left out for everything.
    #[serde(default)]
    event_types: Vec<String>,
    /// Whether anything is sent.
    #[serde(default = "enabled")]
    is_enabled: bool,
}

const fn enabled() -> bool {
    true
}

/// An endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookEndpoint {
    /// Its id.
    endpoint_id: String,
    /// Where events are sent.
    url: String,
    /// Event types it hears of; empty for everything.
    event_types: Vec<String>,
    /// Whether anything is sent.
    is_enabled: bool,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// By whom.
    created_by: String,
    /// The secret that signs, `whsec_...`; shown when it is new, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// A delivery of an event to an endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookDelivery {
    /// Its id.
    delivery_id: String,
    /// The event, which is the `webhook-id` of the request.
    event_id: String,
    /// What happened.
    event_type: String,
    /// Where to.
    endpoint_id: String,
    /// `waiting`, `delivered` or `dead`.
    status: String,
    /// Attempts so far.
    attempts: i64,
    /// When it is tried next, while it is waiting.
    next_attempt_at: Option<DateTime<Utc>>,
    /// What the receiver answered last.
    last_status: Option<i64>,
    /// What went wrong last.
    last_error: Option<String>,
}

/// Which deliveries are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeliveryParams {
    /// `waiting`, `delivered` or `dead`.
    pub(super) status: Option<String>,
    /// Of one endpoint.
    pub(super) endpoint_id: Option<String>,
    /// Rows of the page, 100 where it is left out.
    #[param(minimum = 1, maximum = 1000)]
    pub(super) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
}

impl WebhookEndpointRequest {
    pub(super) fn wish(&self) -> EndpointWish {
        EndpointWish {
            url: self.url.clone(),
            event_types: self.event_types.clone(),
            is_enabled: self.is_enabled,
        }
    }
}

pub(super) fn shown(endpoint: &EndpointRow) -> WebhookEndpoint {
    WebhookEndpoint {
        endpoint_id: endpoint.endpoint_id.clone(),
        url: endpoint.url.clone(),
        event_types: endpoint.event_types.clone(),
        is_enabled: endpoint.is_enabled,
        created_at: endpoint.created_at,
        created_by: endpoint.created_by.clone(),
        secret: None,
    }
}

pub(super) fn with_secret(endpoint: &EndpointRow) -> WebhookEndpoint {
    WebhookEndpoint {
        secret: endpoint.secrets.first().cloned(),
        ..shown(endpoint)
    }
}

pub(super) fn delivery(row: DeliveryRow) -> WebhookDelivery {
    WebhookDelivery {
        next_attempt_at: (row.status == DeliveryStatus::Waiting).then_some(row.next_attempt_at),
        delivery_id: row.delivery_id,
        event_id: row.event_id,
        event_type: row.event_type,
        endpoint_id: row.endpoint_id,
        status: row.status.name().to_owned(),
        attempts: row.attempts,
        last_status: row.last_status,
        last_error: row.last_error,
    }
}
