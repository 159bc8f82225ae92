//! Records of a stream into rows; a record that is none becomes a fault of its line.

use std::sync::Arc;

use super::body::{Row, strict};
use super::split::{Record, fields};
use crate::app::http::error::ApiError;
use crate::app::http::extract::Answer;
use crate::app::ledger::{Outcome, RawCell, RawRow, RowFault};
use crate::history::Table;
use crate::history::schema::{RECORDED_AT, columns};

/// A row, or the line that has none and why.
pub(super) type Parsed = Result<RawRow, (u64, Outcome)>;

/// Reads the records of one stream.
#[derive(Clone, Debug)]
pub(super) enum Parser {
    /// JSON objects of a table.
    Ndjson(Table),
    /// Rows of CSV under these column names.
    Csv(Arc<[String]>),
}

impl Parser {
    /// Reads the header of CSV.
    ///
    /// # Errors
    ///
    /// 422 `unknown_column` or `duplicate_column`, before a row is read.
    pub(super) fn of_header(table: Table, header: &Record) -> Answer<Self> {
        let mut names: Vec<String> = Vec::new();
        for field in fields(header.bytes.as_deref().unwrap_or_default()) {
            let name = String::from_utf8_lossy(&field).trim().to_owned();
            let is_known = name == RECORDED_AT || columns(table).iter().any(|spec| spec.name == name);
            if !is_known {
                let detail = format!("the header names a column that {table} does not have: {name:?}");
                return Err(ApiError::invalid("unknown_column", detail));
            }
            if names.contains(&name) {
                let detail = format!("the header names {name} twice");
                return Err(ApiError::invalid("duplicate_column", detail));
            }
            names.push(name);
        }
        Ok(Self::Csv(names.into()))
    }

    /// Reads records, in their order.
    pub(super) fn parse(&self, records: Vec<Record>) -> Vec<Parsed> {
        records
            .into_iter()
            .map(|Record { line, bytes }| {
                let cells = match bytes {
                    None => Err(whole("line_too_long", "the line is longer than a line may be")),
                    Some(bytes) => self.cells(&bytes),
                };
                match cells {
                    Ok(cells) => Ok(RawRow { place: line, cells }),
                    Err(fault) => Err((line, Outcome::Rejected(vec![fault]))),
                }
            })
            .collect()
    }

    fn cells(&self, bytes: &[u8]) -> Result<Vec<(String, RawCell)>, RowFault> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(whole("invalid_utf8", "the line is not UTF-8"));
        };
        match self {
            Self::Ndjson(table) => match serde_json::from_str::<Row>(text) {
                Ok(Row(cells)) => Ok(strict(*table, cells)),
                Err(error) if error.is_data() => {
                    Err(whole("not_an_object", "a line is a row, which is a JSON object"))
                }
                Err(_) => Err(whole("invalid_json", "the line is not JSON")),
            },
            Self::Csv(names) => {
                let fields = fields(bytes);
                if fields.len() != names.len() {
                    let detail = format!(
                        "the row has {} fields, where the header has {}",
                        fields.len(),
                        names.len()
                    );
                    return Err(whole("other_width", &detail));
                }
                let cell = |field: Vec<u8>| RawCell::Text(String::from_utf8_lossy(&field).into_owned());
                Ok(names.iter().cloned().zip(fields.into_iter().map(cell)).collect())
            }
        }
    }
}

fn whole(code: &'static str, detail: &str) -> RowFault {
    RowFault::new("", code, detail, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(line: u64, text: &[u8]) -> Record {
        Record {
            line,
            bytes: Some(text.to_vec()),
        }
    }

    fn codes(parser: &Parser, records: Vec<Record>) -> Vec<(u64, &'static str)> {
        parser
            .parse(records)
            .into_iter()
            .map(|parsed| match parsed {
                Ok(row) => (row.place, "row"),
                Err((line, Outcome::Rejected(faults))) => (line, faults[0].code),
                Err((line, _)) => (line, "no fault"),
            })
            .collect()
    }

    #[test]
    fn a_line_that_is_no_row_says_why() {
        let records = vec![
            record(1, br#"{"customer_id": "C1"}"#),
            record(2, br#"{"customer_id": "#),
            record(3, b"[1]"),
            record(4, b"{\"customer_id\": \"\xff\"}"),
            Record { line: 5, bytes: None },
        ];
        assert_eq!(
            codes(&Parser::Ndjson(Table::Customers), records),
            [
                (1, "row"),
                (2, "invalid_json"),
                (3, "not_an_object"),
                (4, "invalid_utf8"),
                (5, "line_too_long")
            ]
        );
    }

    #[test]
    fn rows_of_csv_have_the_columns_of_their_header() {
        let parser =
            Parser::of_header(Table::Customers, &record(1, b"customer_id, name")).expect("known columns");
        let records = vec![record(2, b"C1,\"A, B\""), record(3, b"C1")];
        let parsed = parser.parse(records);
        let cells = &parsed[0].as_ref().expect("two fields").cells;
        assert_eq!(cells[1], ("name".to_owned(), RawCell::Text("A, B".to_owned())));
        assert!(parsed[1].is_err());
        for header in ["customer_id,nmae", "name,name", ""] {
            assert!(
                Parser::of_header(Table::Customers, &record(1, header.as_bytes())).is_err(),
                "{header}"
            );
        }
    }
}
