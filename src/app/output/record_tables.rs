//! The tables about records of forecasts: their columns, in order, are a contract with other tools.

use super::{Document, OutputColumn, OutputTable, Values};
use crate::domain::{Currency, Date, Money};
use crate::forecast::variance::{CountdownRow, Movement, MovementRow, Target, Variance, VarianceRow};

/// What stands for all currencies together.
const ALL_CURRENCIES: &str = "all";

/// Columns of rows of one kind.
struct Columns<'rows, Row> {
    rows: &'rows [Row],
    columns: Vec<OutputColumn>,
}

impl<'rows, Row> Columns<'rows, Row> {
    fn of(rows: &'rows [Row]) -> Self {
        Self {
            rows,
            columns: Vec::new(),
        }
    }

    fn text(self, name: &str, value: impl Fn(&Row) -> Option<String>) -> Self {
        let values = self.rows.iter().map(value).collect();
        self.with(name, Values::Text(values))
    }

    fn date(self, name: &str, value: impl Fn(&Row) -> Date) -> Self {
        let values = self.rows.iter().map(|row| Some(value(row))).collect();
        self.with(name, Values::Date(values))
    }

    fn integer(self, name: &str, value: impl Fn(&Row) -> i64) -> Self {
        let values = self.rows.iter().map(|row| Some(value(row))).collect();
        self.with(name, Values::Integer(values))
    }

    fn truth(self, name: &str, value: impl Fn(&Row) -> bool) -> Self {
        let values = self.rows.iter().map(|row| Some(value(row))).collect();
        self.with(name, Values::Boolean(values))
    }

    /// Adds a column of amounts, in minor units of the row's currency.
    fn amount(
        self,
        name: &str,
        currency: impl Fn(&Row) -> Currency,
        minor: impl Fn(&Row) -> Option<i64>,
    ) -> Self {
        let money = |row: &Row| minor(row).map(|minor| Money::from_minor(minor, currency(row)));
        let values = self.rows.iter().map(money).collect();
        self.with(name, Values::Amount(values))
    }

    fn with(mut self, name: &str, values: Values) -> Self {
        self.columns.push(OutputColumn::new(name, values));
        self
    }

    fn document(self, name: &'static str, as_of: Date) -> Document {
        Document {
            name,
            as_of,
            table: OutputTable::new(self.columns),
            sheet_column: Some("currency"),
            assumptions: None,
        }
    }
}

/// Returns actual minus forecast as a document: one row a bucket and currency.
pub fn variance(found: &Variance) -> Document {
    let unit = |row: &VarianceRow| row.unit;
    Columns::of(&found.rows)
        .date("forecast_as_of", |_| found.forecast_as_of)
        .date("actual_as_of", |_| found.actual_as_of)
        .date("bucket_start", |row| row.start)
        .date("bucket_end", |row| row.end)
        .text("bucket", |row| Some(row.label.clone()))
        .truth("partial", |row| row.is_partial)
        .text("currency", |row| Some(currency_name(row)))
        .text("amounts_in", |row| Some(code(row.unit)))
        .amount("forecast", unit, |row| Some(row.forecast))
        .amount("actual", unit, |row| Some(row.actual))
        .amount("difference", unit, |row| Some(row.difference()))
        .amount("timing", unit, |row| Some(row.parts.timing))
        .amount("amount", unit, |row| Some(row.parts.amount))
        .amount("new_invoices", unit, |row| Some(row.parts.new_invoices))
        .amount("unforecast", unit, |row| Some(row.parts.unforecast))
        .amount("currency_effect", unit, |row| Some(row.parts.currency_effect))
        .document("variance", found.actual_as_of)
}

/// Returns a movement as a document: one row a currency, target and customer.
pub fn movement(found: &Movement) -> Document {
    let unit = |row: &MovementRow| row.currency;
    Columns::of(&found.rows)
        .date("from_as_of", |_| found.from_as_of)
        .date("to_as_of", |_| found.to_as_of)
        .date("bucket_start", |row| row.start)
        .date("bucket_end", |row| row.end)
        .text("bucket", |row| Some(row.label.clone()))
        .text("currency", |row| Some(code(row.currency)))
        .text("customer_id", |row| row.customer_id.clone())
        .amount("from", unit, |row| Some(row.from))
        .amount("to", unit, |row| Some(row.to))
        .amount("difference", unit, |row| Some(row.difference()))
        .amount("paid", unit, |row| Some(row.parts.paid))
        .amount("clock", unit, |row| Some(row.parts.clock))
        .amount("behaviour", unit, |row| Some(row.parts.behaviour))
        .amount("new_invoices", unit, |row| Some(row.parts.new_invoices))
        .amount("credits_and_disputes", unit, |row| {
            Some(row.parts.credits_and_disputes)
        })
        .amount("horizon", unit, |row| Some(row.parts.horizon))
        .document("movement", found.to_as_of)
}

/// Returns all forecasts of a target as a document: one row a forecast and currency.
pub fn countdown(target: &Target, as_of: Date, rows: &[CountdownRow]) -> Document {
    let unit = |row: &CountdownRow| row.currency;
    Columns::of(rows)
        .text("target", |_| Some(target.label().to_owned()))
        .date("forecast_as_of", |row| row.as_of)
        .integer("days_ahead", |row| i64::from(row.days_ahead))
        .text("currency", |row| Some(code(row.currency)))
        .text("model", |row| Some(row.model.clone()))
        .amount("expected", unit, |row| Some(row.expected))
        .amount("p10", unit, |row| row.band.map(|(p10, _, _)| p10))
        .amount("p50", unit, |row| row.band.map(|(_, p50, _)| p50))
        .amount("p90", unit, |row| row.band.map(|(_, _, p90)| p90))
        .amount("actual", unit, |row| Some(row.actual))
        .amount("error", unit, |row| Some(row.error()))
        .truth("over", |row| row.is_over)
        .text("forecast_id", |row| Some(row.forecast_id.clone()))
        .document("countdown", as_of)
}

fn currency_name(row: &VarianceRow) -> String {
    row.currency.map_or_else(|| ALL_CURRENCIES.to_owned(), code)
}

fn code(currency: Currency) -> String {
    currency.code().to_owned()
}
