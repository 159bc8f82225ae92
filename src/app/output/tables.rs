//! The tables that commands write: their columns, in order, are a contract with other tools.

use serde_json::Value;

use super::{Assumptions, Document, Error, OutputColumn, OutputTable, Values};
use crate::domain::{Currency, Date, Money};
use crate::features::FeatureTable;
use crate::forecast::{CashForecast, CurrencyForecast, ForecastRow};
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

/// Where a forecast comes from, for its reader.
#[derive(Clone, Debug)]
pub struct ForecastContext {
    /// The name of the model.
    pub model: String,
    /// The last day whose facts the model was fitted on.
    pub model_trained_as_of: Date,
    /// The content of the ledger.
    pub ledger_fingerprint: String,
}

/// Returns the forecast as a document: one row a currency and bucket, and what it rests on.
pub fn forecast(cash: &CashForecast, context: &ForecastContext) -> Document {
    let rows = cash.rows();
    let date =
        |value: fn(&ForecastRow) -> Date| Values::Date(rows.iter().map(|row| Some(value(row))).collect());
    let text =
        |value: fn(&ForecastRow) -> String| Values::Text(rows.iter().map(|row| Some(value(row))).collect());
    let amount =
        |value: fn(&ForecastRow) -> Money| Values::Amount(rows.iter().map(|row| Some(value(row))).collect());
    let counts = rows
        .iter()
        .map(|row| Some(i64::from(row.invoice_count)))
        .collect();
    let columns = [
        date(|row| row.as_of),
        date(|row| row.bucket_start),
        date(|row| row.bucket_end),
        text(|row| row.bucket.clone()),
        text(|row| code(row.currency)),
        amount(|row| row.expected),
        amount(|row| row.p10),
        amount(|row| row.p50),
        amount(|row| row.p90),
        amount(|row| row.contractual),
        amount(|row| row.cumulative_expected),
        amount(|row| row.cumulative_p10),
        amount(|row| row.cumulative_p50),
        amount(|row| row.cumulative_p90),
        Values::Integer(counts),
    ];
    Document {
        name: "buckets",
        as_of: cash.as_of,
        table: table(ForecastRow::COLUMNS.into_iter().zip(columns)),
        sheet_column: Some("currency"),
        assumptions: Some(Assumptions {
            facts: forecast_facts(cash, context),
            totals: ("currencies", totals(&cash.currencies)),
        }),
    }
}

fn forecast_facts(cash: &CashForecast, context: &ForecastContext) -> Vec<(&'static str, Value)> {
    let plan = &cash.plan;
    vec![
        ("as_of", cash.as_of.to_string().into()),
        ("data_cutoff", cash.as_of.to_string().into()),
        ("model", context.model.clone().into()),
        (
            "model_trained_as_of",
            context.model_trained_as_of.to_string().into(),
        ),
        ("ledger_fingerprint", context.ledger_fingerprint.clone().into()),
        ("bucket", plan.bucket.name().into()),
        ("horizon_days", plan.horizon_days.into()),
        ("draws", plan.draws.into()),
        ("seed", plan.seed.into()),
        ("coupling", plan.coupling.into()),
        (
            "scope",
            "invoices open at the cut-off; invoices not written yet are not in it".into(),
        ),
    ]
}

fn totals(books: &[CurrencyForecast]) -> OutputTable {
    let amount = |minor: fn(&CurrencyForecast) -> i64| {
        let money = |book: &CurrencyForecast| Some(Money::from_minor(minor(book), book.currency));
        Values::Amount(books.iter().map(money).collect())
    };
    let codes = books.iter().map(|book| Some(code(book.currency))).collect();
    let counts = books
        .iter()
        .map(|book| Some(i64::from(book.invoice_count)))
        .collect();
    table([
        ("currency", Values::Text(codes)),
        ("invoice_count", Values::Integer(counts)),
        ("open_balance", amount(|book| book.open_balance)),
        ("overdue", amount(|book| book.overdue)),
        ("due_beyond_horizon", amount(|book| book.due_beyond_horizon)),
        ("beyond_horizon", amount(|book| book.beyond_horizon)),
        ("expected_loss", amount(|book| book.expected_loss)),
    ])
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

fn table<'name>(columns: impl IntoIterator<Item = (&'name str, Values)>) -> OutputTable {
    OutputTable::new(
        columns
            .into_iter()
            .map(|(name, values)| OutputColumn::new(name, values))
            .collect(),
    )
}

fn code(currency: Currency) -> String {
    currency.code().to_owned()
}

fn rounded(probability: f64) -> f64 {
    (probability * MILLION).round() / MILLION
}
