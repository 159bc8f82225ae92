//! The turn of a business day: the book of the new day, what is kept of it, and what has become of the day before.
//!
//! Everything is written under the day, so that a turn which was broken off is simply done again; what is told to
//! others may then be told twice. Days over which the service slept are caught up with in one turn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::app::book;
use crate::app::config::Alias;
use crate::app::events::{Event, EventType};
use crate::app::jobs::monitors::{self, Stability};
use crate::app::jobs::{Error, purge, schedule, shadow};
use crate::app::registry::ServedModel;
use crate::app::state::App;
use crate::app::store::{KeptPrediction, RiskRow};
use crate::backtest::{self, FeatureProfile};
use crate::domain::Date;
use crate::domain::date::add_days;
use crate::features::{self, BrokenPromise};
use crate::history::History;
use crate::model::{PaymentPrediction, Reasons};

/// The last day that was turned, in the settings of the store.
const LAST_TURN: &str = "last_turn";
/// Customers of one event.
const CUSTOMERS_MAX: usize = 1_000;
/// Days of the probabilities that are kept.
const PAID_WITHIN_DAYS: [i32; 2] = [7, 30];

/// Turns the day where it has not been turned; returns whether there was something to do.
///
/// # Errors
///
/// Those of the steps; the day then counts as not turned. [`Error::Store`] when the store fails.
pub async fn catch_up(app: &App) -> Result<bool, Error> {
    let today = app.clock.today();
    let last = app.store.noted_day(LAST_TURN).await?;
    // A clock that was set back turns no day twice.
    if last.is_some_and(|last| last >= today) {
        return Ok(false);
    }
    turn(app, last, today).await?;
    app.store.note_day(LAST_TURN, today).await?;
    metrics::counter!("duecast_days_turned_total").increment(1);
    tracing::info!(%today, "day turned");
    Ok(true)
}

async fn turn(app: &App, last: Option<Date>, today: Date) -> Result<(), Error> {
    let has_book = match app.book.rebuild().await {
        Ok(()) => true,
        Err(book::Error::NoChampion) => false,
        Err(error) => return Err(error.into()),
    };
    if has_book {
        renew_risks(app, today).await?;
    }
    // Without an earlier turn only the day before is looked at: older promises are old news.
    let yesterday = add_days(today, -1);
    let looked_until = last.map_or_else(|| add_days(yesterday, -1), |last| add_days(last, -1));
    tell_broken_promises(app, looked_until, yesterday).await?;
    if let Some(champion) = app.registry.alias(Alias::Champion) {
        let stability = keep_predictions(app, &champion, today).await?;
        monitors::run(app, &champion, today, stability).await?;
    }
    purge::run(app, today).await?;
    schedule::run(app, last, today).await
}

/// Writes the risk of each customer with open invoices, and tells of those that have another one than before.
async fn renew_risks(app: &App, today: Date) -> Result<(), Error> {
    let latest: BTreeMap<String, RiskRow> = app
        .store
        .latest_risks()
        .await?
        .into_iter()
        .map(|row| (row.customer_id.clone(), row))
        .collect();
    let rows: Vec<RiskRow> = app
        .book
        .risks()
        .await?
        .into_iter()
        .map(|risk| {
            let previous_risk = latest.get(&risk.customer_id).and_then(|before| {
                // The row of today is there when the turn is done again: what counts is what was before it.
                if before.as_of == today {
                    before.previous_risk.clone()
                } else {
                    Some(before.risk.clone())
                }
            });
            RiskRow {
                customer_id: risk.customer_id,
                as_of: today,
                risk: risk.risk.name().to_owned(),
                previous_risk,
                late_share: risk.late_share,
                expected_delay_days: risk.expected_delay_days,
            }
        })
        .collect();
    app.store.write_risks(&rows).await?;
    let changed: Vec<&RiskRow> = rows.iter().filter(|row| is_changed(row)).collect();
    for part in changed.chunks(CUSTOMERS_MAX) {
        let customers: Vec<serde_json::Value> = part
            .iter()
            .map(|row| {
                json!({
                    "customer_id": row.customer_id,
                    "risk": row.risk,
                    "previous_risk": row.previous_risk,
                })
            })
            .collect();
        let event = Event {
            event_type: EventType::RiskChanged,
            subject: today.to_string(),
            data: json!({ "as_of": today, "customers": customers }),
        };
        app.events.publish(event).await?;
    }
    Ok(())
}

/// Whether a customer has another risk than before; a new customer has not changed.
fn is_changed(row: &RiskRow) -> bool {
    row.previous_risk
        .as_ref()
        .is_some_and(|before| *before != row.risk)
}

/// Tells of the promises whose last day of grace lies after one day and not after another, and that were not kept.
async fn tell_broken_promises(app: &App, after: Date, until: Date) -> Result<(), Error> {
    let ledger = Arc::clone(&app.ledger);
    let broken = tokio::task::spawn_blocking(move || -> Result<Vec<BrokenPromise>, Error> {
        let history = ledger.history()?;
        Ok(features::broken_promises(&history.as_of(until), after)?)
    })
    .await??;
    for promise in broken {
        let event = Event {
            event_type: EventType::PromiseBroken,
            subject: promise.promise_id.clone(),
            data: json!({
                "promise_id": promise.promise_id,
                "customer_id": promise.customer_id,
                "invoice_id": promise.invoice_id,
                "promised_date": promise.promised_date,
            }),
        };
        app.events.publish(event).await?;
    }
    Ok(())
}

/// Keeps what the champion and its shadows say of some open invoices, and measures how the book has moved.
async fn keep_predictions(
    app: &App,
    champion: &Arc<ServedModel>,
    today: Date,
) -> Result<Option<Stability>, Error> {
    let profile = monitors::profile_of(app, &champion.version).await?;
    let mut models = vec![Arc::clone(champion)];
    models.extend(shadow::models(app));
    let (ledger, kept_max) = (Arc::clone(&app.ledger), app.config.monitors.predictions_kept);
    let looked = tokio::task::spawn_blocking(move || -> Result<Looked, Error> {
        look(&ledger.history()?, today, &models, profile.as_ref(), kept_max)
    })
    .await??;
    app.store.keep_predictions(&looked.predictions).await?;
    Ok(looked.stability)
}

struct Looked {
    predictions: Vec<KeptPrediction>,
    stability: Option<Stability>,
}

fn look(
    history: &History,
    today: Date,
    models: &[Arc<ServedModel>],
    profile: Option<&FeatureProfile>,
    kept_max: usize,
) -> Result<Looked, Error> {
    let book = features::book(&history.as_of(today))?;
    let stability = match profile {
        Some(profile) if !book.is_empty() => Some(Stability {
            features: backtest::stability(profile, &book)?,
            rows: profile.rows.min(book.len()),
        }),
        Some(_) | None => None,
    };
    let mut predictions = Vec::new();
    if !book.is_empty() {
        for model in models {
            let said = model.loaded.model.predict(&book, Reasons::LeftOut)?;
            let chosen = chosen(said.iter().map(|row| row.invoice_id.as_str()), kept_max);
            predictions.extend(
                said.iter()
                    .filter(|row| chosen.contains(row.invoice_id.as_str()))
                    .map(|row| kept(&model.version, row)),
            );
        }
    }
    Ok(Looked {
        predictions,
        stability,
    })
}

/// Chooses at most so many invoices, the same ones for every model and every day: those of the smallest hashes.
fn chosen<'a>(invoices: impl Iterator<Item = &'a str>, most: usize) -> BTreeSet<&'a str> {
    let mut hashed: Vec<([u8; 32], &str)> = invoices
        .map(|invoice| (Sha256::digest(invoice.as_bytes()).into(), invoice))
        .collect();
    hashed.sort_unstable();
    hashed.truncate(most);
    hashed.into_iter().map(|(_, invoice)| invoice).collect()
}

fn kept(model_version: &str, said: &PaymentPrediction) -> KeptPrediction {
    let paid_within = |days: i32| said.distribution.paid_by(days);
    KeptPrediction {
        as_of: said.as_of,
        invoice_id: said.invoice_id.clone(),
        model_version: model_version.to_owned(),
        customer_id: said.customer_id.clone(),
        entity: said.entity.clone(),
        due_date: said.due_date,
        late_probability: said.late_probability(),
        paid_within_7: paid_within(PAID_WITHIN_DAYS[0]),
        paid_within_30: paid_within(PAID_WITHIN_DAYS[1]),
        p10: said.quantile_date(0.1),
        p50: said.quantile_date(0.5),
        p90: said.quantile_date(0.9),
    }
}

#[cfg(test)]
mod tests {
    use super::{chosen, is_changed};
    use crate::app::store::RiskRow;
    use crate::domain::date::from_day_number;

    #[test]
    fn the_choice_is_the_same_in_any_order_and_grows_with_its_limit() {
        let invoices: Vec<String> = (0..50).map(|number| format!("I-{number}")).collect();
        let few = chosen(invoices.iter().map(String::as_str), 5);
        assert_eq!(few.len(), 5);
        assert_eq!(few, chosen(invoices.iter().rev().map(String::as_str), 5));
        let more = chosen(invoices.iter().map(String::as_str), 20);
        assert!(few.is_subset(&more));
        assert_eq!(chosen(invoices.iter().map(String::as_str), 1_000).len(), 50);
    }

    #[test]
    fn a_customer_without_an_earlier_risk_has_not_changed() {
        let row = |previous: Option<&str>| RiskRow {
            customer_id: "C".to_owned(),
            as_of: from_day_number(20_000),
            risk: "high".to_owned(),
            previous_risk: previous.map(str::to_owned),
            late_share: 0.5,
            expected_delay_days: 3.0,
        };
        assert!(is_changed(&row(Some("low"))));
        assert!(!is_changed(&row(Some("high"))));
        assert!(!is_changed(&row(None)));
    }
}
