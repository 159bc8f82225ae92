//! Training without being asked.

use std::sync::Arc;

use chrono::{Datelike, Weekday};

use crate::app::access::Principal;
use crate::app::config::Schedule;
use crate::app::jobs::Error;
use crate::app::jobs::training::{self, TrainingRequest};
use crate::app::state::App;
use crate::domain::Date;
use crate::domain::date::add_days;
use crate::model::outcome;

/// The day of the last run by schedule, in the settings of the store.
const LAST_TRAINING: &str = "last_training";

/// Starts a training run where the schedule says so at the turn of a day.
pub(super) async fn run(app: &App, last_turn: Option<Date>, today: Date) -> Result<(), Error> {
    let last_training = app.store.noted_day(LAST_TRAINING).await?;
    let is_due = match app.config.training.schedule {
        Schedule::Off => false,
        Schedule::Daily => last_training.is_none_or(|last| last < today),
        Schedule::Weekly => {
            let has_monday = holds_monday(last_turn.unwrap_or_else(|| add_days(today, -1)), today);
            has_monday && last_training.is_none_or(|last| last < today)
        }
        Schedule::PaidInvoices(needed) => {
            let paid = paid_since(app, last_training, today).await?;
            u64::try_from(paid).unwrap_or(u64::MAX) >= needed
        }
    };
    if !is_due || app.ledger.head().sequence == 0 {
        return Ok(());
    }
    let request = TrainingRequest {
        is_promotion_asked: true,
        ..TrainingRequest::default()
    };
    let operation = training::train(app, &request, &Principal::system()).await?;
    tracing::info!(operation_id = operation.operation_id, "training by schedule");
    Ok(app.store.note_day(LAST_TRAINING, today).await?)
}

/// Whether a Monday lies after one day and not after another.
fn holds_monday(after: Date, until: Date) -> bool {
    let days = (until - after).num_days();
    (0..days.min(7)).any(|back| add_days(until, -back).weekday() == Weekday::Mon)
}

/// Counts the invoices that were paid in full since the last run; all of them where there was none.
async fn paid_since(app: &App, last: Option<Date>, today: Date) -> Result<usize, Error> {
    let ledger = Arc::clone(&app.ledger);
    tokio::task::spawn_blocking(move || -> Result<_, Error> {
        let history = ledger.history()?;
        let Some((first, _)) = history.date_range() else {
            return Ok(0);
        };
        let since = last.unwrap_or_else(|| add_days(first, -1));
        Ok(outcome::paid_since(&history.as_of(today), since)?)
    })
    .await?
}

#[cfg(test)]
mod tests {
    use super::holds_monday;
    use crate::domain::date::parse_iso;

    #[test]
    fn a_week_has_its_monday_even_when_the_service_slept_over_it() {
        let holds =
            |after: &str, until: &str| holds_monday(parse_iso(after).unwrap(), parse_iso(until).unwrap());
        // 2026-03-30 is a Monday.
        assert!(holds("2026-03-29", "2026-03-30"));
        assert!(!holds("2026-03-30", "2026-03-31"));
        assert!(!holds("2026-03-30", "2026-04-05"));
        assert!(holds("2026-03-27", "2026-04-01"));
        assert!(holds("2026-01-01", "2026-04-01"));
        assert!(!holds("2026-03-30", "2026-03-30"));
    }
}
