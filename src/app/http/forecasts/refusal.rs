//! What a client is told when treasury got no answer.

use crate::app::http::error::ApiError;
use crate::app::output;
use crate::app::service::treasury::Error;
use crate::app::service::{self, records};
use crate::forecast::{self, scenario};
use crate::kpi;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        refusal(error, "/")
    }
}

/// Returns the problem of a request whose parameters stand in the query string.
pub(in crate::app::http) fn in_query(error: Error) -> ApiError {
    refusal(error, "")
}

/// Returns the problem; `prefix` stands before the names of fields in pointers.
fn refusal(error: Error, prefix: &str) -> ApiError {
    let detail = error.to_string();
    let invalid = |code: &str, field: &str| invalid(code, &format!("{prefix}{field}"), &detail);
    match error {
        Error::Cancelled => ApiError::conflict("cancelled", detail),
        Error::NoChampion => ApiError::conflict("no_champion", detail),
        Error::DayAhead { .. } => invalid("day_ahead", "as_of"),
        Error::DrawsTooMany { .. } => invalid("out_of_range", "draws"),
        Error::ScenarioCount { .. } => invalid("out_of_range", "scenarios"),
        Error::ScenarioUnknown { place, .. } => invalid("unknown_scenario", &format!("scenarios/{place}")),
        Error::ScenarioInvalid { place, .. } => invalid("invalid_scenario", &format!("scenarios/{place}")),
        Error::ScenarioTwice { place, .. } => invalid("repeated_scenario", &format!("scenarios/{place}")),
        Error::NotFound { forecast_id } => ApiError::not_found("forecast", &forecast_id),
        Error::Service(error) => of_service(&error, prefix),
        Error::Records(error) => of_records(&error, prefix),
        Error::Ledger(error) => ApiError::fault(&*error),
        Error::Events(error) => ApiError::fault(&*error),
        Error::Store(error) => ApiError::from(error),
        Error::Damaged { .. } | Error::Stopped { .. } | Error::Json { .. } => ApiError::fault(&error),
    }
}

fn invalid(code: &str, pointer: &str, detail: &str) -> ApiError {
    ApiError::invalid(code, detail).at(pointer, code, detail)
}

fn of_service(error: &service::Error, prefix: &str) -> ApiError {
    let detail = error.to_string();
    match error {
        service::Error::LedgerEmpty => ApiError::conflict("ledger_empty", detail),
        service::Error::CutoffBeforeLedger { .. } => {
            invalid("before_ledger", &format!("{prefix}as_of"), &detail)
        }
        service::Error::Forecast(error) => of_forecast(error, prefix),
        service::Error::Scenario(error) => of_scenario(error, prefix),
        service::Error::Kpi(error) => of_kpi(error, prefix),
        service::Error::Output(error) => of_output(error, prefix),
        service::Error::Ledger { .. }
        | service::Error::History(_)
        | service::Error::Features(_)
        | service::Error::Model(_)
        | service::Error::Backtest(_)
        | service::Error::Simulate(_) => ApiError::fault(error),
    }
}

fn of_records(error: &records::Error, prefix: &str) -> ApiError {
    match error {
        records::Error::Forecast(error) => of_forecast(error, prefix),
        records::Error::Read { .. }
        | records::Error::Unusable { .. }
        | records::Error::NoRecord { .. }
        | records::Error::Output(_) => ApiError::fault(error),
    }
}

fn of_forecast(error: &forecast::Error, prefix: &str) -> ApiError {
    let detail = error.to_string();
    let invalid = |code: &str, field: &str| invalid(code, &format!("{prefix}{field}"), &detail);
    match error {
        forecast::Error::HorizonInvalid { .. } => invalid("out_of_range", "horizon_days"),
        forecast::Error::DrawsInvalid { .. } => invalid("out_of_range", "draws"),
        forecast::Error::GroupByUnknown { .. } => invalid("unknown_group", "group_by"),
        forecast::Error::CalendarUnknown { .. } => invalid("unknown_calendar", "calendar"),
        forecast::Error::BucketUnknown { .. } => invalid("unknown_bucket", "bucket"),
        forecast::Error::RateMissing { .. } => invalid("rate_missing", "currency"),
        forecast::Error::AmountOverflow { .. } => ApiError::invalid("amounts_too_large", detail),
        forecast::Error::CouplingInvalid { .. }
        | forecast::Error::CouplingsExceedOne { .. }
        | forecast::Error::BandFactorInvalid { .. }
        | forecast::Error::NoPredictions
        | forecast::Error::MixedAsOf { .. }
        | forecast::Error::InvoiceRepeated { .. }
        | forecast::Error::LinesDiffer { .. }
        | forecast::Error::NotComparable { .. }
        | forecast::Error::RateInvalid { .. }
        | forecast::Error::Money(_)
        | forecast::Error::Ledger(_)
        | forecast::Error::Table(_)
        | forecast::Error::BillingPlanInvalid { .. }
        | forecast::Error::RecordInvalid { .. }
        | forecast::Error::RecordAltered { .. }
        | forecast::Error::RecordsReversed { .. }
        | forecast::Error::TargetInvalid { .. } => ApiError::fault(error),
    }
}

fn of_scenario(error: &scenario::Error, prefix: &str) -> ApiError {
    match error {
        scenario::Error::NameUnknown { .. }
        | scenario::Error::Syntax { .. }
        | scenario::Error::KeyMissing { .. }
        | scenario::Error::KeyUseless { .. }
        | scenario::Error::OutOfRange { .. }
        | scenario::Error::NamesUnknown { .. } => invalid(
            "invalid_scenario",
            &format!("{prefix}scenarios"),
            &error.to_string(),
        ),
        scenario::Error::ExtensionUnknown { .. }
        | scenario::Error::Read { .. }
        | scenario::Error::Customers(_) => ApiError::fault(error),
    }
}

fn of_kpi(error: &kpi::Error, prefix: &str) -> ApiError {
    let detail = error.to_string();
    let invalid = |code: &str, field: &str| invalid(code, &format!("{prefix}{field}"), &detail);
    match error {
        kpi::Error::WindowInvalid { .. } => invalid("out_of_range", "window_days"),
        kpi::Error::MonthsInvalid { .. } => invalid("out_of_range", "months"),
        kpi::Error::GroupUnknown { .. } => invalid("unknown_group", "group_by"),
        kpi::Error::ForwardLookingInvalid { .. } => invalid("out_of_range", "forward_looking"),
        kpi::Error::AmountOverflow { .. } => ApiError::invalid("amounts_too_large", detail),
        kpi::Error::History(_) | kpi::Error::Table { .. } | kpi::Error::CellInvalid { .. } => {
            ApiError::fault(error)
        }
    }
}

fn of_output(error: &output::Error, prefix: &str) -> ApiError {
    match error {
        output::Error::SheetTooLong { .. } | output::Error::AmountTooLong { .. } => invalid(
            "too_large_for_format",
            &format!("{prefix}format"),
            &error.to_string(),
        ),
        output::Error::ExtensionUnknown { .. }
        | output::Error::Write { .. }
        | output::Error::Table { .. }
        | output::Error::Read(_)
        | output::Error::ColumnType { .. }
        | output::Error::NotDrawn { .. }
        | output::Error::Workbook { .. }
        | output::Error::FolderOccupied { .. }
        | output::Error::TargetInUse { .. }
        | output::Error::TargetTwice { .. }
        | output::Error::Unreadable { .. }
        | output::Error::ScenarioTwice { .. } => ApiError::fault(error),
    }
}

#[cfg(test)]
mod tests {
    use super::in_query;
    use crate::app::http::error::ApiError;
    use crate::app::service;
    use crate::app::service::treasury::Error;
    use crate::forecast;

    fn draws() -> Error {
        Error::from(service::Error::from(forecast::Error::DrawsInvalid {
            given: 0,
            max: 10_000,
        }))
    }

    #[test]
    fn a_refusal_names_the_field_where_it_stands() {
        let body = ApiError::from(draws());
        assert_eq!(body.problem().status, 422);
        assert_eq!(body.problem().errors[0].pointer, "/draws");
        assert!(body.problem().detail.contains("1 to 10000"));
        assert_eq!(in_query(draws()).problem().errors[0].pointer, "draws");
    }

    #[test]
    fn a_fault_says_nothing_of_its_cause() {
        let fault = ApiError::from(Error::Damaged {
            forecast_id: "f1".to_owned(),
            reason: "altered by hand".to_owned(),
        });
        assert_eq!(fault.problem().status, 500);
        assert!(!fault.problem().detail.contains("hand"));
    }
}
