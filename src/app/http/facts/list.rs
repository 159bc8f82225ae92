//! Facts out: the latest versions, a page at a time, in the order they were accepted.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::app::access::{Principal, Scope};
use crate::app::http::error::ApiError;
use crate::app::http::extract::Answer;
use crate::app::http::page::{Cursor, Page, PageParams};
use crate::app::ledger::FactFilter;
use crate::app::state::App;
use crate::history::Table;
use crate::history::schema::columns;

/// Which facts are asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParams {
    customer_id: Option<String>,
    invoice_id: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

pub(super) async fn page(
    app: App,
    table: Table,
    principal: Principal,
    params: ListParams,
) -> Answer<Response> {
    for (name, wanted) in [
        ("customer_id", &params.customer_id),
        ("invoice_id", &params.invoice_id),
    ] {
        if let Some(text) = wanted {
            check_filter(table, name, text)?;
        }
    }
    let asked = PageParams {
        limit: params.limit,
        cursor: params.cursor,
    };
    let limit = asked.limit(&app)?;
    let filter = FactFilter {
        customer_id: params.customer_id,
        invoice_id: params.invoice_id,
        entities: match principal.scope {
            Scope::All => None,
            Scope::Entities(entities) => Some(entities.into_iter().collect()),
        },
        after: asked.parts(&app)?.map_or(Ok(0), |parts| after(table, &parts))?,
        // One more than asked for tells whether there are more.
        limit: limit + 1,
    };
    let mut rows = app.ledger.list(table, &filter).await?;
    let is_more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > limit;
    if is_more {
        rows.pop();
    }
    let next_cursor = rows
        .last()
        .filter(|_| is_more)
        .map(|(sequence, _)| Cursor::encode(&app.cursor_key, &[table.name(), &sequence.to_string()]));
    let page = Page {
        data: rows.into_iter().map(|(_, row)| row).collect(),
        next_cursor,
    };
    Ok(Json(page).into_response())
}

fn check_filter(table: Table, name: &str, text: &str) -> Answer<()> {
    let refused = |code: &str, detail: String| {
        let error = ApiError::malformed(
            "invalid_parameter",
            "a parameter of the query string cannot be used",
        );
        Err(error.at(name, code, detail))
    };
    if !columns(table).iter().any(|spec| spec.name == name) {
        return refused("unknown_field", format!("{table} have no {name}"));
    }
    if text.contains('\0') {
        return refused(
            "invalid_value",
            format!("{name} must not have the character U+0000"),
        );
    }
    Ok(())
}

/// Returns the number of the last fact of the page before.
fn after(table: Table, parts: &[String]) -> Answer<i64> {
    match parts {
        [list, sequence] if list == table.name() => sequence.parse().map_err(|_| Cursor::refused()),
        _ => Err(Cursor::refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_of_one_list() {
        let parts = |texts: [&str; 2]| texts.map(str::to_owned);
        assert_eq!(after(Table::Invoices, &parts(["invoices", "7"])).ok(), Some(7));
        assert!(after(Table::Payments, &parts(["invoices", "7"])).is_err());
        assert!(after(Table::Invoices, &parts(["invoices", "x"])).is_err());
    }

    #[test]
    fn a_filter_is_a_column_of_the_table() {
        assert!(check_filter(Table::Payments, "invoice_id", "I1").is_ok());
        assert!(check_filter(Table::Customers, "invoice_id", "I1").is_err());
        assert!(check_filter(Table::Payments, "invoice_id", "I\0").is_err());
    }
}
