//! What others want to hear of: kept in the store with the change, delivered by webhook afterwards.
//!
//! An event is a CloudEvents 1.0 body, signed as Standard Webhooks asks. Delivery is at least once: a receiver
//! that has seen the `webhook-id` before answers 2xx and does nothing.

mod delivery;
mod guard;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::clock::{Clock, Timestamp};
use crate::app::config::WebhookConfig;
use crate::app::store::{self, NewEvent, Store};

pub use delivery::{Dispatcher, signature};
pub use guard::{Refusal, checked_url};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// A forecast is ready.
    ForecastFinished,
    /// The risk of customers is another one than the day before.
    RiskChanged,
    /// The day of a promise has passed without the payment.
    PromiseBroken,
    /// Another model answers.
    ModelPromoted,
    /// Inputs, calibration or coverage have left their bounds.
    DriftAlarm,
}

impl EventType {
    /// Every type.
    pub const ALL: [Self; 5] = [
        Self::ForecastFinished,
        Self::RiskChanged,
        Self::PromiseBroken,
        Self::ModelPromoted,
        Self::DriftAlarm,
    ];

    /// Returns the CloudEvents type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForecastFinished => "com.duecast.forecast.finished",
            Self::RiskChanged => "com.duecast.customer.risk_changed",
            Self::PromiseBroken => "com.duecast.promise.broken",
            Self::ModelPromoted => "com.duecast.model.promoted",
            Self::DriftAlarm => "com.duecast.drift.alarm",
        }
    }

    /// Returns the type of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Something that happened; ids only, no names and no amounts.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What happened.
    pub event_type: EventType,
    /// To what: an id.
    pub subject: String,
    /// The rest, an object.
    pub data: Value,
}

/// Why an event was not kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Takes events in.
#[derive(Clone, Debug)]
pub struct Events {
    store: Store,
    clock: Clock,
}

impl Events {
    /// Returns a place for events.
    #[must_use]
    pub const fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Keeps an event, with a delivery for each endpoint that wants it.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn publish(&self, event: Event) -> Result<(), Error> {
        let now = self.clock.now();
        let event_id = Uuid::now_v7().to_string();
        self.store
            .insert_event(&NewEvent {
                body: cloud_event(&event_id, &event, now).to_string(),
                event_type: event.event_type.name().to_owned(),
                event_id,
                occurred_at: now,
            })
            .await?;
        Ok(())
    }

    /// Returns what delivers the events.
    #[must_use]
    pub fn dispatcher(&self, config: &WebhookConfig) -> Dispatcher {
        Dispatcher::new(self.store.clone(), self.clock.clone(), config.clone())
    }
}

/// Returns the body of an event as CloudEvents 1.0 has it.
fn cloud_event(event_id: &str, event: &Event, now: Timestamp) -> Value {
    json!({
        "specversion": "1.0",
        "id": event_id,
        "source": "/duecast",
        "type": event.event_type.name(),
        "subject": event.subject,
        "time": now.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        "datacontenttype": "application/json",
        "data": event.data,
    })
}
