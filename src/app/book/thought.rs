//! The history of one customer, as it is and with an invoice that is only thought of.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

use crate::app::book::Error;
use crate::app::book::outlook::NewInvoice;
use crate::app::ledger::CustomerFacts;
use crate::domain::Date;
use crate::history::schema::{RECORDED_AT, Table, frame_columns};
use crate::history::{Cell, History, TableBuilder};

/// Id of the invoice that is only thought of: after every usual id, so that the first invoice of the customer, whose
/// currency may choose its calendar, stays the first.
const THOUGHT_ID: &str = "~what-if";

/// Returns the history of a customer; an empty one where nothing is known.
pub(super) fn history_of(facts: Option<&CustomerFacts>) -> Result<History, Error> {
    match facts {
        Some(facts) => Ok(facts.history()?),
        None => {
            let nothing = TableBuilder::new(Table::Invoices).finish()?.frame;
            Ok(History::from_frames(&BTreeMap::from([(
                Table::Invoices,
                nothing,
            )]))?)
        }
    }
}

/// Returns the history of a customer with one more invoice, known today, and the id it has there.
pub(super) fn with_invoice(
    facts: Option<&CustomerFacts>,
    invoice: &NewInvoice,
    today: Date,
) -> Result<(History, String), Error> {
    let mut frames = facts.map(|facts| facts.frames.clone()).unwrap_or_default();
    let invoice_id = free_id(frames.get(&Table::Invoices))?;
    let added = row(invoice, &invoice_id, today)?;
    let names: Vec<&str> = frame_columns(Table::Invoices)
        .iter()
        .map(|(name, _)| *name)
        .collect();
    let invoices = match frames.get(&Table::Invoices) {
        Some(known) => known
            .select(names.iter().copied())?
            .vstack(&added.select(names.iter().copied())?)?,
        None => added,
    };
    frames.insert(Table::Invoices, invoices);
    Ok((History::from_frames(&frames)?, invoice_id))
}

/// An id that no invoice of the customer has.
fn free_id(invoices: Option<&DataFrame>) -> Result<String, Error> {
    let mut id = THOUGHT_ID.to_owned();
    if let Some(invoices) = invoices {
        let ids = invoices.column("invoice_id")?.str()?;
        while ids.iter().any(|known| known == Some(id.as_str())) {
            id.push('~');
        }
    }
    Ok(id)
}

fn row(invoice: &NewInvoice, invoice_id: &str, today: Date) -> Result<DataFrame, Error> {
    let mut builder = TableBuilder::new(Table::Invoices);
    let mut cells = vec![Cell::Absent; builder.slots()];
    let currency = invoice.amount.currency();
    for (column, cell) in [
        ("invoice_id", Cell::Text(invoice_id)),
        ("customer_id", Cell::Text(&invoice.customer_id)),
        ("invoice_date", Cell::Date(invoice.invoice_date)),
        ("due_date", Cell::Date(invoice.due_date)),
        ("amount", Cell::Minor(invoice.amount.minor())),
        ("currency", Cell::Text(currency.code())),
        ("entity", optional(invoice.entity.as_deref())),
        ("payment_terms", optional(invoice.payment_terms.as_deref())),
        (RECORDED_AT, Cell::Date(today)),
    ] {
        let slot = TableBuilder::slot(Table::Invoices, column).expect("invoices have these columns");
        cells[slot] = cell;
    }
    builder.push(1, &cells).map_err(|reject| Error::Impossible {
        column: reject.column,
        reason: reject.reason,
        value: reject.value,
    })?;
    Ok(builder.finish()?.frame)
}

fn optional(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Absent, Cell::Text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::{add_days, parse_iso};
    use crate::domain::{Currency, Money};

    fn invoice(amount_minor: i64) -> NewInvoice {
        let today = parse_iso("2026-03-29").unwrap();
        NewInvoice {
            customer_id: "C1".to_owned(),
            amount: Money::from_minor(amount_minor, Currency::EUR),
            invoice_date: today,
            due_date: add_days(today, 30),
            entity: None,
            payment_terms: Some("net 30".to_owned()),
        }
    }

    #[test]
    fn an_unknown_customer_has_the_invoice_alone() {
        let today = parse_iso("2026-03-29").unwrap();
        let (history, invoice_id) = with_invoice(None, &invoice(5_000_000), today).unwrap();
        let open = history.as_of(today).open_items().unwrap();
        assert_eq!(open.len(), 1);
        assert_eq!(
            (open[0].invoice_id.as_str(), open[0].open.minor()),
            (invoice_id.as_str(), 5_000_000)
        );
    }

    #[test]
    fn the_id_is_one_that_the_customer_does_not_use() {
        let today = parse_iso("2026-03-29").unwrap();
        let known = row(&invoice(100), THOUGHT_ID, today).unwrap();
        assert_eq!(free_id(Some(&known)).unwrap(), "~what-if~");
        assert_eq!(free_id(None).unwrap(), "~what-if");
    }

    #[test]
    fn an_amount_of_nothing_is_refused_with_its_column() {
        let today = parse_iso("2026-03-29").unwrap();
        let error = with_invoice(None, &invoice(0), today).unwrap_err();
        assert!(
            matches!(&error, Error::Impossible { column, .. } if column == "amount"),
            "{error}"
        );
    }

    #[test]
    fn the_history_of_nobody_is_empty() {
        let today = parse_iso("2026-03-29").unwrap();
        assert!(
            history_of(None)
                .unwrap()
                .as_of(today)
                .open_items()
                .unwrap()
                .is_empty()
        );
    }
}
