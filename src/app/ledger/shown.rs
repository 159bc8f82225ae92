//! A fact as the API shows it: dates and decimal amounts as text.

use serde_json::{Map, Value as Json, json};

use super::slots::Slots;
use crate::app::store::{Fact, Value};
use crate::domain::date::from_day_number;
use crate::domain::{Currency, format_minor};
use crate::history::schema::{KNOWN_ON, RECORDED_AT, columns};
use crate::history::{ColumnKind, Table};

/// The columns of a fact by their names in files, and its place in the ledger.
pub(crate) type Shown = Map<String, Json>;

/// Shows a fact.
pub(super) fn shown(table: Table, fact: &Fact) -> Shown {
    let slots = Slots::of(table);
    let exponent = Slots::text(slots.currency, &fact.values)
        .and_then(|code| Currency::parse(code).ok())
        .map(Currency::exponent);
    let mut all = Map::new();
    let kinds = columns(table)
        .iter()
        .map(|spec| (spec.name, spec.kind))
        .chain([(RECORDED_AT, ColumnKind::Date), (KNOWN_ON, ColumnKind::Date)]);
    for ((name, kind), value) in kinds.zip(&fact.values) {
        let cell = match value {
            Value::Null => Json::Null,
            Value::Text(text) => json!(text),
            Value::Integer(minor) if kind == ColumnKind::Amount => {
                // Without a currency there is no amount: intake refuses it.
                exponent.map_or(Json::Null, |exponent| json!(format_minor(*minor, exponent)))
            }
            Value::Integer(number) => json!(number),
            Value::Day(day) => json!(from_day_number(*day).to_string()),
            Value::Number(number) => json!(number),
        };
        all.insert(name.to_owned(), cell);
    }
    all.insert("sequence".to_owned(), json!(fact.sequence));
    all.insert("supersedes".to_owned(), json!(fact.supersedes));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::store::layout;

    #[test]
    fn amounts_are_decimal_text_in_the_decimals_of_their_currency() {
        let note = |currency: &str, minor: i64| {
            let mut values = vec![Value::Null; layout(Table::CreditNotes).len()];
            values[3] = Value::Integer(minor);
            values[4] = Value::Text(currency.to_owned());
            values[2] = Value::Day(0);
            let fact = Fact {
                sequence: 3,
                supersedes: Some(1),
                content_hash: String::new(),
                superseded_on: None,
                values,
            };
            shown(Table::CreditNotes, &fact)
        };
        let euro = note("EUR", 123_450);
        assert_eq!(euro["amount"], json!("1234.50"));
        assert_eq!(euro["credit_date"], json!("1970-01-01"));
        assert_eq!(euro["invoice_id"], Json::Null);
        assert_eq!((&euro["sequence"], &euro["supersedes"]), (&json!(3), &json!(1)));
        assert_eq!(note("JPY", 1_500)["amount"], json!("1500"));
    }
}
