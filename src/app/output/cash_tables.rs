//! The tables of a cash forecast: its rows, the totals of its currencies and groups, and its translation.

use serde_json::Value;

use super::tables::{code, table};
use super::{Assumptions, Document, OutputTable, Values};
use crate::domain::{Date, Money};
use crate::forecast::{CashForecast, CurrencyForecast, ForecastPlan, ForecastRow, Translation};

/// The facts of a forecast, in order.
pub(super) const FACTS: [&str; 16] = [
    "as_of",
    "data_cutoff",
    "model",
    "model_trained_as_of",
    "ledger_fingerprint",
    "bucket",
    "horizon_days",
    "draws",
    "seed",
    "customer_coupling",
    "book_coupling",
    "band_low",
    "band_high",
    "group_by",
    "receiving_calendar",
    "scope",
];
/// The columns of a currency's totals, in order.
pub(super) const TOTAL_COLUMNS: [&str; 13] = [
    "currency",
    "invoice_count",
    "open_balance",
    "overdue",
    "due_beyond_horizon",
    "beyond_horizon",
    "expected_loss",
    "disputed",
    "promised",
    "recurring_beyond_horizon",
    "recurring_loss",
    "new_billing_beyond_horizon",
    "new_billing_loss",
];
/// The columns of the rates of a translation, in order.
pub(super) const RATE_COLUMNS: [&str; 5] = ["from_currency", "to_currency", "rate", "rate_date", "source"];

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

/// Returns the forecast as a document: one row a currency and bucket, then a group each, and what they rest on.
///
/// A translation is a table of its own beside them, with the rates used.
pub fn forecast(
    cash: &CashForecast,
    translation: Option<&Translation>,
    context: &ForecastContext,
) -> Document {
    let mut tables = Vec::new();
    if cash.plan.group_by.is_some() {
        tables.push(("groups", group_totals(cash)));
    }
    if let Some(translation) = translation {
        tables.push(("translated", rows(&translation.rows())));
        tables.push(("translated_total", totals(&[&translation.forecast])));
        tables.push(("rates", rates(translation)));
    }
    Document {
        name: "buckets",
        as_of: cash.as_of,
        table: rows(&cash.rows()),
        sheet_column: Some("currency"),
        assumptions: Some(Assumptions {
            facts: facts(cash, context),
            totals: ("currencies", totals(&cash.currencies.iter().collect::<Vec<_>>())),
            tables,
        }),
    }
}

fn rows(rows: &[ForecastRow]) -> OutputTable {
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
        amount(|row| row.promised),
        amount(|row| row.disputed),
        amount(|row| row.recurring),
        amount(|row| row.new_billing),
        amount(|row| row.total),
        amount(|row| row.total_p10),
        amount(|row| row.total_p50),
        amount(|row| row.total_p90),
        amount(|row| row.cumulative_total),
        amount(|row| row.cumulative_total_p10),
        amount(|row| row.cumulative_total_p50),
        amount(|row| row.cumulative_total_p90),
        text(|row| row.group.clone()),
    ];
    table(ForecastRow::COLUMNS.into_iter().zip(columns))
}

fn facts(cash: &CashForecast, context: &ForecastContext) -> Vec<(&'static str, Value)> {
    let plan = &cash.plan;
    let mut facts = plan_facts(cash.as_of, plan, context);
    facts.extend([
        ("customer_coupling", plan.band.customer_coupling.into()),
        ("book_coupling", plan.band.book_coupling.into()),
        ("band_low", plan.band.low.to_vec().into()),
        ("band_high", plan.band.high.to_vec().into()),
        ("group_by", plan.group_by.map(|by| by.name()).into()),
        (
            "receiving_calendar",
            plan.calendar.map(|calendar| calendar.name()).into(),
        ),
        (
            "scope",
            "expected, p10, p50, p90, contractual: invoices open at the cut-off; recurring and new_billing: \
             invoices not written yet; total: all of them"
                .into(),
        ),
    ]);
    facts
}

/// What the rows of a simulation rest on, whatever they say.
pub(super) fn plan_facts(
    as_of: Date,
    plan: &ForecastPlan,
    context: &ForecastContext,
) -> Vec<(&'static str, Value)> {
    vec![
        ("as_of", as_of.to_string().into()),
        ("data_cutoff", as_of.to_string().into()),
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
    ]
}

/// What is open, and where it is expected to go: a row a currency.
fn totals(books: &[&CurrencyForecast]) -> OutputTable {
    table(total_columns(books))
}

/// The same, a row a group and currency.
fn group_totals(cash: &CashForecast) -> OutputTable {
    let names = cash.groups.iter().map(|one| {
        let name = one.group.as_deref().unwrap_or(ForecastRow::GROUP_UNKNOWN);
        Some(name.to_owned())
    });
    let books: Vec<&CurrencyForecast> = cash.groups.iter().map(|one| &one.forecast).collect();
    let mut columns = vec![("group", Values::Text(names.collect()))];
    columns.extend(total_columns(&books));
    table(columns)
}

fn total_columns(books: &[&CurrencyForecast]) -> Vec<(&'static str, Values)> {
    let amount = |minor: fn(&CurrencyForecast) -> i64| {
        let money = |book: &&CurrencyForecast| Some(Money::from_minor(minor(book), book.currency));
        Values::Amount(books.iter().map(money).collect())
    };
    let codes = books.iter().map(|book| Some(code(book.currency))).collect();
    let counts = books
        .iter()
        .map(|book| Some(i64::from(book.invoice_count)))
        .collect();
    let values = [
        Values::Text(codes),
        Values::Integer(counts),
        amount(|book| book.open_balance),
        amount(|book| book.overdue),
        amount(|book| book.due_beyond_horizon),
        amount(|book| book.beyond_horizon),
        amount(|book| book.expected_loss),
        amount(|book| book.disputed),
        amount(|book| book.promised),
        amount(|book| book.recurring_beyond_horizon),
        amount(|book| book.recurring_loss),
        amount(|book| book.new_billing_beyond_horizon),
        amount(|book| book.new_billing_loss),
    ];
    TOTAL_COLUMNS.into_iter().zip(values).collect()
}

/// The rates of a translation, a row a currency.
fn rates(translation: &Translation) -> OutputTable {
    let rates = &translation.rates;
    let target = code(translation.currency);
    let currencies = rates.iter().map(|rate| Some(code(rate.currency)));
    let values = [
        Values::Text(currencies.collect()),
        Values::Text(vec![Some(target); rates.len()]),
        Values::Number(rates.iter().map(|rate| Some(rate.rate)).collect()),
        Values::Date(rates.iter().map(|rate| Some(rate.rate_date)).collect()),
        Values::Text(rates.iter().map(|rate| Some(rate.source.clone())).collect()),
    ];
    table(RATE_COLUMNS.into_iter().zip(values))
}
