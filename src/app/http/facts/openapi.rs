//! The fact routes in the document of the API, made from the schema of the ledger.

use serde_json::{Map, Value as Json, json};
use utoipa::openapi::path::{PathItem, Paths, PathsBuilder};

use super::bulk::{CSV, NDJSON};
use crate::app::ledger::{ID_CHARS_MAX, TEXT_CHARS_MAX};
use crate::history::schema::{KNOWN_ON, RECORDED_AT, Sign, columns};
use crate::history::{ColumnKind, ColumnSpec, Table};

/// Returns the paths of every table.
pub(in crate::app::http) fn paths() -> Paths {
    let mut paths = PathsBuilder::new();
    for table in Table::ALL {
        let single = json!({ "post": create(table), "get": list(table) });
        let bulk = json!({ "post": bulk(table) });
        paths = paths
            .path(format!("/v1/{table}"), item(single))
            .path(format!("/v1/{table}:bulk"), item(bulk));
    }
    paths.build()
}

fn item(description: Json) -> PathItem {
    serde_json::from_value(description).expect("the description of a path has the form of one")
}

fn create(table: Table) -> Json {
    let row = row_schema(table);
    json!({
        "tags": ["facts"],
        "summary": format!("Records rows of {table}, all of them or none."),
        "description": "A row that is sent again changes nothing; one with other content under the same key is a correction: the store keeps both, answers know the last one.",
        "operationId": format!("create_{table}"),
        "requestBody": { "required": true, "content": { "application/json": {
            "schema": { "oneOf": [row.clone(), { "type": "array", "items": row }] }
        } } },
        "responses": {
            "200": answer("Everything was known or is corrected, or a list was written.", &written_schema()),
            "201": answer("The row is a fact that was not known.", &written_schema()),
            "422": problem("No row was written; `errors` points at the rows at fault."),
        },
    })
}

fn bulk(table: Table) -> Json {
    let line = line_schema();
    json!({
        "tags": ["facts"],
        "summary": format!("Records a stream of rows of {table}, each by itself."),
        "description": "A JSON object a line, or CSV with a header of column names. A row without `recorded_at` was known from its own day on, as in the files of a ledger. The answer has a line for each row, then a line with `summary`; where the stream broke off, the last line has `problem` instead, and the lines before it count.",
        "operationId": format!("bulk_{table}"),
        "requestBody": { "required": true, "content": {
            NDJSON: { "schema": { "type": "string" } },
            CSV: { "schema": { "type": "string" } },
        } },
        "responses": { "200": {
            "description": "A result a line.",
            "content": { NDJSON: { "schema": { "type": "string" }, "itemSchema": line } },
        } },
    })
}

fn list(table: Table) -> Json {
    let mut parameters = vec![
        json!({ "name": "limit", "in": "query", "required": false,
            "description": "Rows of the page, 100 where it is left out.",
            "schema": { "type": "integer", "minimum": 1, "maximum": 1000 } }),
        json!({ "name": "cursor", "in": "query", "required": false,
            "description": "The `next_cursor` of the page before.", "schema": { "type": "string" } }),
    ];
    for name in ["customer_id", "invoice_id"] {
        if columns(table).iter().any(|spec| spec.name == name) {
            parameters.push(json!({ "name": name, "in": "query", "required": false,
                "description": "Rows of this one alone.", "schema": { "type": "string" } }));
        }
    }
    let page = object(
        &[
            ("data", json!({ "type": "array", "items": fact_schema(table) })),
            ("next_cursor", json!({ "type": ["string", "null"] })),
        ],
        &["data", "next_cursor"],
    );
    json!({
        "tags": ["facts"],
        "summary": format!("Lists {table}: the latest versions, in the order they were accepted."),
        "operationId": format!("list_{table}"),
        "parameters": parameters,
        "responses": { "200": answer("A page.", &page) },
    })
}

/// What a row may be.
fn row_schema(table: Table) -> Json {
    let mut properties: Vec<(&str, Json)> = columns(table)
        .iter()
        .map(|spec| (spec.name, cell_schema(spec)))
        .collect();
    let known = json!({ "type": ["string", "null"], "format": "date",
        "description": "The day the source knew of it; the business day of the service where it is left out." });
    properties.push((RECORDED_AT, known));
    let required: Vec<&str> = columns(table)
        .iter()
        .filter(|spec| spec.required)
        .map(|spec| spec.name)
        .collect();
    let mut row = object(&properties, &required);
    row["additionalProperties"] = json!(false);
    row
}

/// What a row is when it is listed.
fn fact_schema(table: Table) -> Json {
    let mut properties: Vec<(&str, Json)> = columns(table)
        .iter()
        .map(|spec| (spec.name, typed(spec, !spec.required)))
        .collect();
    let day = |text: &str| json!({ "type": ["string", "null"], "format": "date", "description": text });
    properties.push((RECORDED_AT, day("The day the source knew of it.")));
    properties.push((KNOWN_ON, day("The first day on which a forecast may know of it.")));
    properties.push((
        "sequence",
        json!({ "type": "integer", "format": "int64",
        "description": "Its place in the order of all facts." }),
    ));
    properties.push((
        "supersedes",
        json!({ "type": ["integer", "null"], "format": "int64",
        "description": "The fact that it takes the place of." }),
    ));
    let required: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    object(&properties, &required)
}

/// Returns the type of a column and what it means.
fn typed(spec: &ColumnSpec, is_nullable: bool) -> Json {
    let name = match spec.kind {
        ColumnKind::Integer => "integer",
        ColumnKind::Number => "number",
        ColumnKind::Id | ColumnKind::Text | ColumnKind::Date | ColumnKind::Amount | ColumnKind::Currency => {
            "string"
        }
    };
    let mut schema = json!({ "type": name, "description": spec.doc });
    if is_nullable {
        schema["type"] = json!([name, "null"]);
    }
    if spec.kind == ColumnKind::Date {
        schema["format"] = json!("date");
    }
    schema
}

/// Returns what may be sent for a column.
fn cell_schema(spec: &ColumnSpec) -> Json {
    let mut schema = typed(spec, !spec.required);
    match spec.kind {
        ColumnKind::Amount => schema["pattern"] = json!("^[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)$"),
        ColumnKind::Currency => schema["pattern"] = json!("^[A-Z]{3}$"),
        ColumnKind::Id => schema["maxLength"] = json!(ID_CHARS_MAX),
        ColumnKind::Text => {
            let chars_max = if spec.name == "source" {
                ID_CHARS_MAX
            } else {
                TEXT_CHARS_MAX
            };
            schema["maxLength"] = json!(chars_max);
        }
        ColumnKind::Date | ColumnKind::Integer | ColumnKind::Number => {}
    }
    if spec.required && matches!(spec.kind, ColumnKind::Id | ColumnKind::Text) {
        schema["pattern"] = json!("\\S");
    }
    match (spec.kind, spec.sign) {
        (ColumnKind::Integer, Sign::Positive) => schema["minimum"] = json!(1),
        (ColumnKind::Number, Sign::Positive) => schema["exclusiveMinimum"] = json!(0),
        (ColumnKind::Integer | ColumnKind::Number, Sign::NotNegative) => schema["minimum"] = json!(0),
        (ColumnKind::Integer | ColumnKind::Number, Sign::Share) => {
            schema["minimum"] = json!(0);
            schema["maximum"] = json!(1);
        }
        _ => {}
    }
    schema
}

fn written_schema() -> Json {
    let row = object(
        &[
            ("index", json!({ "type": "integer", "format": "int64" })),
            ("status", status_schema()),
        ],
        &["index", "status"],
    );
    let head = object(
        &[
            ("sequence", json!({ "type": "integer", "format": "int64" })),
            ("fingerprint", json!({ "type": "string" })),
        ],
        &["sequence", "fingerprint"],
    );
    let counts = ["rows", "added", "corrected", "unchanged", "rejected"];
    let summary: Vec<(&str, Json)> = counts
        .iter()
        .map(|name| (*name, json!({ "type": "integer", "format": "int64" })))
        .collect();
    object(
        &[
            ("data", json!({ "type": "array", "items": row })),
            ("summary", object(&summary, &counts)),
            ("ledger", head),
        ],
        &["data", "summary", "ledger"],
    )
}

fn line_schema() -> Json {
    object(
        &[
            ("line", json!({ "type": "integer", "format": "int64" })),
            ("status", status_schema()),
            (
                "errors",
                json!({ "type": "array", "items": { "$ref": "#/components/schemas/FieldError" } }),
            ),
        ],
        &["line", "status"],
    )
}

fn status_schema() -> Json {
    json!({ "type": "string", "enum": ["added", "corrected", "unchanged", "rejected"] })
}

fn object(properties: &[(&str, Json)], required: &[&str]) -> Json {
    let properties: Map<String, Json> = properties
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

fn answer(description: &str, schema: &Json) -> Json {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

fn problem(description: &str) -> Json {
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    json!({ "description": description, "content": { "application/problem+json": { "schema": schema } } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_described_comes_out_as_it_went_in() {
        let paths = paths();
        for table in Table::ALL {
            for (path, wanted) in [
                (
                    format!("/v1/{table}"),
                    json!({ "post": create(table), "get": list(table) }),
                ),
                (format!("/v1/{table}:bulk"), json!({ "post": bulk(table) })),
            ] {
                let item = paths.get_path_item(&path).expect("every table has its paths");
                let shown = serde_json::to_value(item).expect("a path is JSON");
                assert_eq!(shown, wanted, "{path}");
            }
        }
    }

    #[test]
    fn amounts_are_text_and_unknown_columns_are_refused() {
        let row = row_schema(Table::Invoices);
        assert_eq!(row["properties"]["amount"]["type"], json!("string"));
        assert_eq!(row["additionalProperties"], json!(false));
        assert!(
            row["required"]
                .as_array()
                .is_some_and(|names| names.contains(&json!("due_date")))
        );
    }
}
