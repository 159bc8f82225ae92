//! A forecast read back from its JSON, to be written in another format.

use serde_json::{Map, Value};

use super::cash_tables::{FACTS, RATE_COLUMNS, TOTAL_COLUMNS};
use super::{Assumptions, Document, Error, OutputColumn, OutputTable, Values};
use crate::domain::date::parse_iso;
use crate::domain::{Currency, Money};
use crate::forecast::ForecastRow;

/// What the rows of a forecast are called.
const NAME: &str = "buckets";

type Row = Map<String, Value>;

/// Reads the JSON form of the document that [`forecast`](super::forecast()) makes.
///
/// # Errors
///
/// [`Error::Unreadable`] when the text is not such a document.
pub fn read_forecast(text: &str) -> Result<Document, Error> {
    read(text).map_err(|reason| Error::Unreadable { name: NAME, reason })
}

fn read(text: &str) -> Result<Document, String> {
    let document: Row = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let fact = |name: &'static str| {
        let value = document.get(name).cloned();
        value
            .map(|value| (name, value))
            .ok_or_else(|| format!("it lacks {name}"))
    };
    let facts = FACTS.into_iter().map(fact).collect::<Result<Vec<_>, String>>()?;
    let as_of = document
        .get("as_of")
        .and_then(Value::as_str)
        .and_then(|text| parse_iso(text).ok())
        .ok_or_else(|| "its as_of is no date".to_owned())?;
    let group_columns: Vec<&str> = std::iter::once("group").chain(TOTAL_COLUMNS).collect();
    let beside: [(&'static str, &[&str]); 4] = [
        ("groups", &group_columns),
        ("translated", &ForecastRow::COLUMNS),
        ("translated_total", &TOTAL_COLUMNS),
        ("rates", &RATE_COLUMNS),
    ];
    let mut tables = Vec::new();
    for (name, columns) in beside {
        if document.contains_key(name) {
            tables.push((name, table(&document, name, columns)?));
        }
    }
    Ok(Document {
        name: NAME,
        as_of,
        table: table(&document, NAME, &ForecastRow::COLUMNS)?,
        sheet_column: Some("currency"),
        assumptions: Some(Assumptions {
            facts,
            totals: ("currencies", table(&document, "currencies", &TOTAL_COLUMNS)?),
            tables,
        }),
    })
}

fn table(document: &Row, name: &str, columns: &[&str]) -> Result<OutputTable, String> {
    let rows = document.get(name).and_then(Value::as_array);
    let rows = rows.ok_or_else(|| format!("its {name} are no list"))?;
    let rows = rows
        .iter()
        .map(|row| {
            row.as_object()
                .ok_or_else(|| format!("a row of {name} is no object"))
        })
        .collect::<Result<Vec<&Row>, String>>()?;
    let columns = columns
        .iter()
        .map(|column| Ok(OutputColumn::new(column, values(&rows, column)?)))
        .collect::<Result<Vec<_>, String>>()?;
    Ok(OutputTable::new(columns))
}

/// Returns a column in the type that its name has in every table of a forecast.
fn values(rows: &[&Row], column: &str) -> Result<Values, String> {
    Ok(match column {
        "as_of" | "bucket_start" | "bucket_end" | "rate_date" => {
            Values::Date(cells(rows, column, |_, cell| parse_iso(cell.as_str()?).ok())?)
        }
        "bucket" | "currency" | "group" | "from_currency" | "to_currency" | "source" => {
            Values::Text(cells(rows, column, |_, cell| Some(cell.as_str()?.to_owned()))?)
        }
        "invoice_count" => Values::Integer(cells(rows, column, |_, cell| cell.as_i64())?),
        "rate" => Values::Number(cells(rows, column, |_, cell| cell.as_f64())?),
        _ => Values::Amount(cells(rows, column, |row, cell| {
            let currency = Currency::parse(row.get("currency")?.as_str()?).ok()?;
            Money::parse(cell.as_str()?, currency).ok()
        })?),
    })
}

fn cells<T>(
    rows: &[&Row],
    column: &str,
    read: impl Fn(&Row, &Value) -> Option<T>,
) -> Result<Vec<Option<T>>, String> {
    rows.iter()
        .map(|row| {
            let cell = row.get(column).ok_or_else(|| format!("a row lacks {column}"))?;
            if cell.is_null() {
                return Ok(None);
            }
            let value = read(row, cell).ok_or_else(|| format!("{cell} is no {column}"))?;
            Ok(Some(value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Format, bytes};
    use super::{FACTS, RATE_COLUMNS, TOTAL_COLUMNS, read_forecast};
    use crate::forecast::ForecastRow;

    /// A row as it is written, with a value of the right type in every column.
    fn row(columns: &[&str]) -> String {
        let cells: Vec<String> = columns
            .iter()
            .map(|column| {
                let value = match *column {
                    "as_of" | "bucket_start" | "bucket_end" | "rate_date" => "\"2026-01-31\"",
                    "currency" => "\"EUR\"",
                    "bucket" | "group" | "from_currency" | "to_currency" | "source" => "\"a, b\"",
                    "invoice_count" => "3",
                    "rate" => "1.0831",
                    _ => "\"-12.50\"",
                };
                format!("\"{column}\": {value}")
            })
            .collect();
        format!("{{{}}}", cells.join(", "))
    }

    /// The text of a document with a row in every table.
    fn text() -> String {
        let facts = FACTS.map(|fact| match fact {
            "as_of" => "  \"as_of\": \"2026-01-31\",\n".to_owned(),
            "band_low" => "  \"band_low\": [0.25,1.0],\n".to_owned(),
            "group_by" => "  \"group_by\": null,\n".to_owned(),
            _ => format!("  \"{fact}\": 20261122,\n"),
        });
        let groups: Vec<&str> = std::iter::once("group").chain(TOTAL_COLUMNS).collect();
        let tables: [(&str, &[&str]); 6] = [
            ("currencies", &TOTAL_COLUMNS),
            ("groups", &groups),
            ("translated", &ForecastRow::COLUMNS),
            ("translated_total", &TOTAL_COLUMNS),
            ("rates", &RATE_COLUMNS),
            ("buckets", &ForecastRow::COLUMNS),
        ];
        let tables: Vec<String> = tables
            .iter()
            .map(|(name, columns)| format!("  \"{name}\": [\n    {}\n  ]", row(columns)))
            .collect();
        format!("{{\n{}{}\n}}\n", facts.concat(), tables.join(",\n"))
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let document = read_forecast(&text()).unwrap();
        let written = bytes(&document, Format::Json).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), text());
    }

    #[test]
    fn another_text_is_refused_with_the_reason() {
        for (from, to, reason) in [
            ("2026-01-31", "yesterday", "as_of"),
            ("\"rate\": 1.0831", "\"rate\": \"high\"", "rate"),
            ("-12.50", "much", "much"),
            ("\"seed\": 20261122,", "", "seed"),
        ] {
            let refusal = read_forecast(&text().replace(from, to)).unwrap_err();
            assert!(refusal.to_string().contains(reason), "{refusal}");
        }
        assert!(read_forecast("[]").is_err());
    }
}
