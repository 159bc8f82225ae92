//! Why treasury got no answer.

use crate::app::service::{self, records};
use crate::app::{events, ledger, store};
use crate::domain::Date;

/// Why treasury got no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody stopped the work.
    #[error("it was cancelled")]
    Cancelled,
    /// No model is in use.
    #[error("no model is champion; register one and promote it")]
    NoChampion,
    /// The day has not come.
    #[error("nothing can be said as of {given}, which has not come; a day up to {today} is allowed")]
    DayAhead {
        /// The day asked for.
        given: Date,
        /// The business day.
        today: Date,
    },
    /// More draws than this service simulates.
    #[error("number of draws is out of range; 1 to {max} are allowed; got {given}")]
    DrawsTooMany {
        /// Draws asked for.
        given: u32,
        /// Most draws allowed.
        max: u32,
    },
    /// No scenario, or too many.
    #[error("number of scenarios is out of range; 1 to {max} are allowed; got {given}")]
    ScenarioCount {
        /// Scenarios asked for.
        given: usize,
        /// Most scenarios allowed.
        max: usize,
    },
    /// No shipped scenario has that name.
    #[error(
        "no shipped scenario is called {given:?}; there are {allowed}; a scenario as an object is allowed too"
    )]
    ScenarioUnknown {
        /// Its place in the list, from 0.
        place: usize,
        /// The name asked for.
        given: String,
        /// The names there are.
        allowed: String,
    },
    /// A scenario makes no sense.
    #[error("{reason}")]
    ScenarioInvalid {
        /// Its place in the list, from 0.
        place: usize,
        /// What is wrong, what is allowed, what was given.
        reason: String,
    },
    /// Two scenarios have one name, by which rows are told apart.
    #[error(
        "two scenarios are called {name:?}; the rows of a scenario go by its name, so each is allowed once"
    )]
    ScenarioTwice {
        /// The place of the second, from 0.
        place: usize,
        /// The name of both.
        name: String,
    },
    /// There is no such forecast, or this client may not know of it.
    #[error("there is no forecast {forecast_id:?}")]
    NotFound {
        /// The id asked for.
        forecast_id: String,
    },
    /// A kept forecast is not what its id names.
    #[error("the record of forecast {forecast_id} in the store cannot be used: {reason}")]
    Damaged {
        /// The forecast.
        forecast_id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The work did not come to its end.
    #[error("the work stopped: {reason}")]
    Stopped {
        /// Why.
        reason: String,
    },
    /// A result has no JSON form.
    #[error("a result has no JSON form")]
    Json {
        /// The refusal.
        source: serde_json::Error,
    },
    /// The use case of the command line failed.
    #[error(transparent)]
    Service(Box<service::Error>),
    /// A record could not be made or explained.
    #[error(transparent)]
    Records(Box<records::Error>),
    /// The ledger could not be read.
    #[error(transparent)]
    Ledger(Box<ledger::Error>),
    /// The event could not be told.
    #[error(transparent)]
    Events(Box<events::Error>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<service::Error> for Error {
    fn from(error: service::Error) -> Self {
        Self::Service(Box::new(error))
    }
}

impl From<records::Error> for Error {
    fn from(error: records::Error) -> Self {
        Self::Records(Box::new(error))
    }
}

impl From<ledger::Error> for Error {
    fn from(error: ledger::Error) -> Self {
        Self::Ledger(Box::new(error))
    }
}

impl From<events::Error> for Error {
    fn from(error: events::Error) -> Self {
        Self::Events(Box::new(error))
    }
}
