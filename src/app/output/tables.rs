//! The tables that commands write: their columns, in order, are a contract with other tools.

use super::{Document, Error, OutputColumn, OutputTable, Values};
use crate::domain::{Currency, Date};
use crate::features::FeatureTable;
use crate::history::Reject;
use crate::kpi::{KpiReport, KpiRow};
use crate::model::PaymentPrediction;

/// Probabilities are written with six decimals: more would be noise.
const MILLION: f64 = 1_000_000.0;

/// Returns the predictions as a document: one row an open invoice.
pub fn predictions(as_of: Date, predictions: &[PaymentPrediction]) -> Document {
    let text = |value: fn(&PaymentPrediction) -> String| {
        Values::Text(predictions.iter().map(|row| Some(value(row))).collect())
    };
    let date = |value: fn(&PaymentPrediction) -> Date| {
        Values::Date(predictions.iter().map(|row| Some(value(row))).collect())
    };
    let probability = |value: fn(&PaymentPrediction) -> f64| {
        Values::Number(predictions.iter().map(|row| Some(rounded(value(row)))).collect())
    };
    let open = predictions.iter().map(|row| Some(row.open)).collect();
    let delays = predictions
        .iter()
        .map(|row| Some(row.predicted_delay_days()))
        .collect();
    let reasons = predictions
        .iter()
        .map(|row| row.reasons.iter().map(|one| one.text.clone()).collect())
        .collect();
    let columns = [
        ("invoice_id", text(|row| row.invoice_id.clone())),
        ("customer_id", text(|row| row.customer_id.clone())),
        ("as_of", date(|row| row.as_of)),
        ("due_date", date(|row| row.due_date)),
        ("currency", text(|row| code(row.open.currency()))),
        ("open_amount", Values::Amount(open)),
        ("predicted_payment_date", date(|row| row.quantile_date(0.5))),
        ("payment_date_p10", date(|row| row.quantile_date(0.1))),
        ("payment_date_p90", date(|row| row.quantile_date(0.9))),
        ("predicted_delay_days", Values::Integer(delays)),
        (
            "late_probability",
            probability(PaymentPrediction::late_probability),
        ),
        (
            "unpaid_90_days_probability",
            probability(PaymentPrediction::unpaid_90_days_probability),
        ),
        ("reasons", Values::Texts(reasons)),
    ];
    Document {
        name: "predictions",
        as_of,
        table: table(columns),
        sheet_column: Some("currency"),
        assumptions: None,
    }
}

/// Returns the feature table as a document: one row an open invoice.
///
/// # Errors
///
/// Those of [`OutputTable::from_frame`].
pub fn features(as_of: Date, features: &FeatureTable) -> Result<Document, Error> {
    Ok(Document {
        name: "features",
        as_of,
        table: OutputTable::from_frame(features.frame())?,
        sheet_column: None,
        assumptions: None,
    })
}

/// Returns the key figures as a document: one row a report, currency, group and figure.
pub fn kpis(as_of: Date, reports: &[KpiReport]) -> Document {
    let rows: Vec<KpiRow> = reports.iter().flat_map(KpiReport::rows).collect();
    let text = |value: fn(&KpiRow) -> String| Values::Text(rows.iter().map(|row| Some(value(row))).collect());
    let date = |value: fn(&KpiRow) -> Date| Values::Date(rows.iter().map(|row| Some(value(row))).collect());
    let values = rows.iter().map(|row| row.value.clone()).collect();
    let groupings = rows
        .iter()
        .map(|row| row.group_by.map(|group_by| group_by.to_string()))
        .collect();
    let groups = rows.iter().map(|row| row.group.clone()).collect();
    let columns = [
        ("as_of", date(|row| row.as_of)),
        ("window_start", date(|row| row.window_start)),
        ("group_by", Values::Text(groupings)),
        ("group", Values::Text(groups)),
        ("currency", text(|row| code(row.currency))),
        ("kpi", text(|row| row.kpi.clone())),
        ("unit", text(|row| row.unit.to_owned())),
        ("value", Values::Decimal(values)),
    ];
    Document {
        name: "kpis",
        as_of,
        table: table(columns),
        sheet_column: Some("currency"),
        assumptions: None,
    }
}

/// Returns the rows that were not taken as a document.
pub fn rejects(rejects: &[Reject]) -> Document {
    let text = |value: fn(&Reject) -> &str| {
        Values::Text(
            rejects
                .iter()
                .map(|reject| Some(value(reject).to_owned()))
                .collect(),
        )
    };
    let lines = rejects
        .iter()
        .map(|reject| i64::try_from(reject.line).ok())
        .collect();
    let columns = [
        ("file", text(|reject| &reject.file)),
        ("line", Values::Integer(lines)),
        ("column", text(|reject| &reject.column)),
        ("value", text(|reject| &reject.value)),
        ("reason", text(|reject| &reject.reason)),
    ];
    Document {
        name: "rejects",
        as_of: Date::default(),
        table: table(columns),
        sheet_column: None,
        assumptions: None,
    }
}

pub(super) fn table<'name>(columns: impl IntoIterator<Item = (&'name str, Values)>) -> OutputTable {
    OutputTable::new(
        columns
            .into_iter()
            .map(|(name, values)| OutputColumn::new(name, values))
            .collect(),
    )
}

pub(super) fn code(currency: Currency) -> String {
    currency.code().to_owned()
}

pub(super) fn rounded(probability: f64) -> f64 {
    (probability * MILLION).round() / MILLION
}
