//! Drift: of the inputs, of the calibration, of the coverage; rows, metrics and an alarm.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::app::events::{Event, EventType};
use crate::app::jobs::Error;
use crate::app::jobs::measure::{self, Measure};
use crate::app::registry::ServedModel;
use crate::app::state::App;
use crate::app::store::MonitorRow;
use crate::backtest::FeatureProfile;
use crate::domain::Date;
use crate::domain::date::add_days;
use crate::model::outcome;

/// Days of predictions that are judged together.
const WINDOW_DAYS: i64 = 28;

/// How far a book is from the one that the champion was trained on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stability {
    /// Population stability index of each feature.
    pub(super) features: BTreeMap<String, f64>,
    /// Open invoices of the smaller of the two books.
    pub(super) rows: usize,
}

/// Returns the profile of a model version, `None` where it was registered without one.
pub(super) async fn profile_of(app: &App, version: &str) -> Result<Option<FeatureProfile>, Error> {
    let text = app.store.model_profile(version).await?;
    text.map(|text| {
        serde_json::from_str(&text).map_err(|source| Error::Profile {
            version: version.to_owned(),
            source,
        })
    })
    .transpose()
}

/// Writes down the measures of a day, sets the metrics, and raises the alarm where one is out of bounds.
pub(super) async fn run(
    app: &App,
    champion: &Arc<ServedModel>,
    today: Date,
    stability: Option<Stability>,
) -> Result<(), Error> {
    let mut rows = Vec::new();
    if let Some(stability) = stability {
        rows.extend(stability_rows(app, champion, today, &stability));
    }
    rows.extend(quality_rows(app, champion, today).await?);
    app.store.write_monitors(&rows).await?;
    for row in &rows {
        metrics::gauge!("duecast_drift", "measure" => row.measure.clone()).set(row.value);
    }
    let alarms: Vec<&MonitorRow> = rows.iter().filter(|row| row.is_alarm).collect();
    metrics::gauge!("duecast_drift_alarms").set(f64::from(u32::try_from(alarms.len()).unwrap_or(u32::MAX)));
    if alarms.is_empty() {
        return Ok(());
    }
    let told: Vec<serde_json::Value> = alarms
        .iter()
        .map(|row| json!({ "measure": row.measure, "value": row.value, "threshold": row.threshold }))
        .collect();
    let event = Event {
        event_type: EventType::DriftAlarm,
        subject: champion.version.clone(),
        data: json!({ "as_of": today, "model_version": champion.version, "alarms": told }),
    };
    Ok(app.events.publish(event).await?)
}

/// One row a feature and one for the largest; a handful of invoices is never an alarm, for its index is noise.
fn stability_rows(
    app: &App,
    champion: &Arc<ServedModel>,
    today: Date,
    stability: &Stability,
) -> Vec<MonitorRow> {
    let threshold = app.config.monitors.psi_max;
    let is_enough = stability.rows >= app.config.monitors.matured_min;
    let row = |measure: String, value: f64| MonitorRow {
        as_of: today,
        model_version: champion.version.clone(),
        measure,
        value,
        threshold,
        is_alarm: is_enough && value > threshold,
    };
    let mut rows: Vec<MonitorRow> = stability
        .features
        .iter()
        .map(|(feature, value)| row(format!("psi:{feature}"), *value))
        .collect();
    if let Some(largest) = stability.features.values().copied().reduce(f64::max) {
        rows.push(row("psi_max".to_owned(), largest));
    }
    rows
}

/// Calibration and coverage of what the champion said, where enough of it has matured.
async fn quality_rows(app: &App, champion: &Arc<ServedModel>, today: Date) -> Result<Vec<MonitorRow>, Error> {
    let limits = &app.config.monitors;
    let mut rows = Vec::new();
    let row = |measure: &str, value: f64, threshold: f64, is_alarm: bool| MonitorRow {
        as_of: today,
        model_version: champion.version.clone(),
        measure: measure.to_owned(),
        value,
        threshold,
        is_alarm,
    };
    let found = judged(
        app,
        champion,
        today,
        measure::PAID_WITHIN_DAYS,
        measure::calibration_error,
    )
    .await?;
    if let Some(found) = found.filter(|found| found.predictions >= limits.matured_min) {
        let threshold = limits.calibration_error_max;
        rows.push(row(
            "calibration_error",
            found.value,
            threshold,
            found.value > threshold,
        ));
    }
    let found = judged(app, champion, today, measure::horizon_days(), measure::coverage).await?;
    if let Some(found) = found.filter(|found| found.predictions >= limits.matured_min) {
        let threshold = limits.coverage_min;
        rows.push(row("coverage", found.value, threshold, found.value < threshold));
    }
    Ok(rows)
}

/// A measure of predictions and of how their invoices ended.
type Judge = fn(&[crate::app::store::KeptPrediction], &BTreeMap<String, outcome::Ending>) -> Option<Measure>;

/// Judges what was said in the four weeks that ended so many days ago.
async fn judged(
    app: &App,
    champion: &Arc<ServedModel>,
    today: Date,
    age_days: i64,
    judge: Judge,
) -> Result<Option<Measure>, Error> {
    let to = add_days(today, -age_days);
    let from = add_days(to, 1 - WINDOW_DAYS);
    let kept = app.store.kept_predictions(&champion.version, from, to).await?;
    if kept.is_empty() {
        return Ok(None);
    }
    let ledger = Arc::clone(&app.ledger);
    tokio::task::spawn_blocking(move || -> Result<_, Error> {
        let snapshot = ledger.history()?.as_of(today);
        let ids: Vec<String> = kept.iter().map(|said| said.invoice_id.clone()).collect();
        let endings = outcome::endings(&snapshot, &ids)?;
        Ok(judge(&kept, &endings))
    })
    .await?
}
