//! Making a forecast and keeping it: an immutable record beside the document that is given out.

use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::{Error, Question, Sources, Watch, history, step};
use crate::app::access::{Principal, Scope};
use crate::app::clock::Timestamp;
use crate::app::crypto::sha256_hex;
use crate::app::events::{Event, EventType, Events};
use crate::app::output::{self, Format};
use crate::app::service::{self, calibrate, cash, records};
use crate::app::store::{AuditEntry, ForecastHead, RecordText, Store, StoredForecast};
use crate::domain::Currency;
use crate::forecast::record::{ForecastRecord, RecordFiles};
use crate::model::Reasons;

/// Steps of a forecast, for its progress.
const STEPS: u64 = 4;

/// A forecast that was made and is not kept yet.
#[derive(Clone, Debug)]
pub struct Made {
    /// The SHA-256 that names it.
    pub forecast_id: String,
    /// The model that predicted.
    pub model_version: String,
    /// What was asked for.
    pub question: Question,
    /// What the reader should know.
    pub remarks: Vec<String>,
    scope: Scope,
    document: String,
    text: RecordText,
}

/// Forecasts the cash of what the scope sees, as the command line does.
///
/// # Errors
///
/// - [`Error::Cancelled`] when `watch` says so.
/// - [`Error::Ledger`], [`Error::Service`], [`Error::Records`] when a step fails.
pub fn make(sources: &Sources, question: &Question, watch: Watch<'_>) -> Result<Made, Error> {
    step(watch, 0, STEPS, "reading the ledger")?;
    let view = service::view(&history(&sources.ledger, &sources.scope)?, question.as_of)?;
    step(watch, 1, STEPS, "predicting")?;
    let prediction = service::predict(&view, &sources.model.folder, Reasons::LeftOut)?;
    step(watch, 2, STEPS, "simulating")?;
    let (plan, band_remark) = calibrate::with_band(question.plan, &prediction);
    let cash = cash::forecast(&view, &prediction, &plan, &question.billing())?;
    let translation = question
        .currency
        .map(|into| cash::translated(&view, &cash.simulated, into))
        .transpose()?;
    step(watch, 3, STEPS, "writing the record")?;
    let document = output::forecast(cash.forecast(), translation.as_ref(), &prediction.context);
    let record = records::record(&prediction.context, cash.forecast(), &cash.book)?;
    let files = record.files().map_err(service::Error::from)?;
    let mut remarks: Vec<String> = view.remark.iter().chain(&prediction.remark).cloned().collect();
    remarks.extend(band_remark.map(str::to_owned));
    remarks.extend(cash.notes());
    step(watch, STEPS, STEPS, "keeping the record")?;
    Ok(Made {
        forecast_id: forecast_id(record.forecast_id(), question.currency),
        model_version: sources.model.version.clone(),
        question: question.clone(),
        remarks,
        scope: sources.scope.clone(),
        document: text(output::bytes(&document, Format::Json).map_err(service::Error::from)?),
        text: RecordText {
            record: text(files.record),
            lines: packed(&files.lines),
        },
    })
}

/// Keeps a forecast, tells the audit trail and whoever wants to hear of it. Returns whether it is a new one.
///
/// # Errors
///
/// [`Error::Store`], [`Error::Events`] when the store refuses.
pub async fn keep(
    store: &Store,
    events: &Events,
    by: &Principal,
    at: Timestamp,
    made: &Made,
) -> Result<bool, Error> {
    let stored = StoredForecast {
        head: ForecastHead {
            forecast_id: made.forecast_id.clone(),
            created_at: at,
            created_by: by.actor.clone(),
            as_of: made.question.as_of,
            model_version: made.model_version.clone(),
            scope: made.scope.clone(),
            request: made.question.to_json(),
        },
        document: made.document.clone(),
    };
    let is_new = store.insert_forecast(&stored, &made.text).await?;
    let detail = serde_json::json!({
        "request": stored.head.request,
        "model_version": made.model_version,
        "is_new": is_new,
    });
    let entry = AuditEntry {
        at,
        actor: by.actor.clone(),
        action: "forecast.created".to_owned(),
        subject: made.forecast_id.clone(),
        detail,
    };
    store.append_audit(&entry).await?;
    let event = Event {
        event_type: EventType::ForecastFinished,
        subject: made.forecast_id.clone(),
        data: serde_json::json!({
            "forecast_id": made.forecast_id,
            "as_of": made.question.as_of,
            "model_version": made.model_version,
            "is_new": is_new,
        }),
    };
    events.publish(event).await?;
    Ok(is_new)
}

/// Reads the record of a kept forecast, which must be the one that its id names.
pub(super) fn record_of(head: &ForecastHead, text: &RecordText) -> Result<ForecastRecord, Error> {
    let damaged = |reason: String| Error::Damaged {
        forecast_id: head.forecast_id.clone(),
        reason,
    };
    let files = RecordFiles {
        record: text.record.clone().into_bytes(),
        lines: unpacked(&text.lines).map_err(damaged)?,
    };
    let currency = head.request.get("currency").and_then(|code| code.as_str());
    let currency = currency.and_then(|code| Currency::parse(code).ok());
    let record_id = files.forecast_id();
    if forecast_id(&record_id, currency) != head.forecast_id {
        return Err(damaged(format!("its content has the id {record_id}")));
    }
    ForecastRecord::read(&record_id, &files).map_err(|error| damaged(error.to_string()))
}

/// Returns the id of a forecast: that of its record. A translated one says more than its record does, so it has an
/// id of its own: the SHA-256 of that id and the currency.
fn forecast_id(record_id: &str, currency: Option<Currency>) -> String {
    currency.map_or_else(
        || record_id.to_owned(),
        |currency| sha256_hex(format!("{record_id}  {currency}\n").as_bytes()),
    )
}

fn packed(lines: &[u8]) -> String {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let bytes = gzip.write_all(lines).and_then(|()| gzip.finish());
    STANDARD.encode(bytes.expect("a vector takes every byte"))
}

fn unpacked(lines: &str) -> Result<Vec<u8>, String> {
    let bytes = STANDARD.decode(lines).map_err(|error| error.to_string())?;
    let mut unpacked = Vec::new();
    GzDecoder::new(bytes.as_slice())
        .read_to_end(&mut unpacked)
        .map_err(|error| error.to_string())?;
    Ok(unpacked)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

#[cfg(test)]
mod tests {
    use super::{forecast_id, packed, unpacked};
    use crate::domain::Currency;

    #[test]
    fn lines_come_back_as_they_went() {
        let lines = b"{\"invoice_id\":\"I-1\"}\n".repeat(100);
        let text = packed(&lines);
        assert!(text.len() < lines.len());
        assert_eq!(unpacked(&text).unwrap(), lines);
        assert_eq!(packed(&lines), text);
        assert!(unpacked(&text[..40]).is_err());
    }

    #[test]
    fn a_translated_forecast_has_an_id_of_its_own() {
        assert_eq!(forecast_id("ab", None), "ab");
        let in_euros = forecast_id("ab", Some(Currency::EUR));
        assert_eq!(in_euros.len(), 64);
        assert_ne!(in_euros, forecast_id("ab", Some(Currency::USD)));
        assert_ne!(in_euros, forecast_id("cd", Some(Currency::EUR)));
    }
}
