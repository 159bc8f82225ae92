//! What a source declares void: rows that end, and invoices that nobody owes any more.
//!
//! A source that keeps one state of each document says by its state, not by a document of its own, that something was
//! voided, deleted or used up. A row of the ledger that came of an earlier state ends on the day of the later one. An
//! invoice cannot end, because others hang on it: it is credited in full on that day, whatever was paid on it before,
//! and its payments leave by rows of their own.

use super::{Draft, Fault, FieldKind, Known, LedgerRow, Linked, Linker, Record, RecordKind, Void, may, must};
use crate::history::schema::{RECORDED_AT, Table};

/// Name of the record.
pub(super) const VOID: &str = "void";

/// The record, for every linker that takes it.
pub(super) const VOID_KIND: RecordKind = RecordKind {
    name: VOID,
    fields: &[
        must(
            "table",
            FieldKind::Text,
            "invoices, payments, credit_notes, write_offs or receipts.",
        ),
        must("id", FieldKind::Text, "Key of the row that is void."),
        may(
            "date",
            FieldKind::Date,
            "Day from which it is void; an invoice needs one, for others it is else the day of the export.",
        ),
    ],
};

const KINDS: &[RecordKind] = &[VOID_KIND];

/// Tables whose rows may end.
const ENDING: [Table; 4] = [
    Table::Payments,
    Table::CreditNotes,
    Table::WriteOffs,
    Table::Receipts,
];

/// Ends what the source declares void, and joins nothing.
#[derive(Debug)]
pub(super) struct Voids;

impl Linker for Voids {
    fn name(&self) -> &'static str {
        "voids"
    }

    fn kinds(&self) -> &'static [RecordKind] {
        KINDS
    }

    /// An invoice that is void is credited with the amount the ledger has of it.
    fn reads_ledger(&self) -> bool {
        true
    }

    fn link(&self, records: &[Record], known: &Known) -> Linked {
        let mut linked = Linked::default();
        for record in records {
            take(record, known, &mut linked);
        }
        linked
    }
}

/// Takes a record [`VOID`].
pub(super) fn take(record: &Record, known: &Known, linked: &mut Linked) {
    let table = record.text("table").and_then(Table::parse);
    let id = match record.needed(Table::Invoices, "id") {
        Ok(id) => id,
        Err(fault) => {
            linked.faults.push(fault);
            return;
        }
    };
    match table {
        Some(Table::Invoices) => match credit(record, id, known) {
            Ok(Some(row)) => linked.rows.push(row),
            // Nobody ever owed it here.
            Ok(None) => linked.passed_over += 1,
            Err(fault) => linked.faults.push(fault),
        },
        Some(table) if ENDING.contains(&table) => linked.voids.push(Void {
            table,
            id: id.to_owned(),
            on: record.date("date"),
        }),
        Some(_) | None => {
            let reason = "not a table whose rows end; allowed are invoices, payments, credit_notes, write_offs, \
                          receipts";
            linked.faults.push(record.fault(Table::Invoices, "table", reason));
        }
    }
}

/// The credit of a void invoice; nothing where the ledger does not have it.
fn credit(record: &Record, id: &str, known: &Known) -> Result<Option<LedgerRow>, Fault> {
    let Some(invoice) = known.invoice(id) else {
        return Ok(None);
    };
    let on = record
        .date("date")
        .ok_or_else(|| record.missing(Table::CreditNotes, "date"))?;
    let row = Draft::new(Table::CreditNotes, &record.origin())
        .text("credit_note_id", &format!("{id}/void"))
        .text("customer_id", &invoice.customer_id)
        .date("credit_date", on)
        .money(invoice.amount_minor, invoice.currency)
        .text("invoice_id", id)
        .text("reason", VOID)
        .date(RECORDED_AT, on);
    Ok(Some(row.done()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{KnownInvoice, Origin};
    use super::*;
    use crate::domain::{Currency, Date};

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn record(table: &str, id: &str, date: Option<&str>) -> Record {
        let origin = Origin {
            file: Arc::from("export.json"),
            line: 1,
        };
        let cells = [
            Some(table.to_owned()),
            Some(id.to_owned()),
            date.map(ToOwned::to_owned),
        ];
        Record::alone(&KINDS[0], &origin, &cells)
    }

    fn link(records: &[Record]) -> Linked {
        let known = Known {
            invoices: vec![KnownInvoice {
                invoice_id: "I1".to_owned(),
                number: None,
                payment_reference: None,
                customer_id: "C1".to_owned(),
                invoice_date: day("2025-01-10"),
                due_date: day("2025-02-09"),
                currency: Currency::EUR,
                amount_minor: 10_000,
                open_minor: 4_000,
            }],
            ..Known::default()
        };
        Voids.link(records, &known)
    }

    #[test]
    fn a_row_ends_and_an_invoice_is_credited_in_full() {
        let linked = link(&[
            record("payments", "P1", Some("2025-03-05")),
            record("invoices", "I1", Some("2025-03-06")),
            record("invoices", "I2", Some("2025-03-06")),
        ]);
        let expected = Void {
            table: Table::Payments,
            id: "P1".to_owned(),
            on: Some(day("2025-03-05")),
        };
        assert_eq!(linked.voids, [expected]);
        let [row] = linked.rows.as_slice() else {
            panic!("one row: {:?}", linked.rows);
        };
        let cells: Vec<&str> = row.cells.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(
            cells,
            [
                "I1/void",
                "C1",
                "2025-03-06",
                "100.00",
                "EUR",
                "I1",
                "void",
                "2025-03-06"
            ]
        );
        assert_eq!((linked.passed_over, linked.faults.len()), (1, 0));
    }

    #[test]
    fn an_invoice_needs_a_day_and_a_table_must_be_one_whose_rows_end() {
        let linked = link(&[record("invoices", "I1", None), record("customers", "C1", None)]);
        let columns: Vec<&str> = linked.faults.iter().map(|fault| fault.column).collect();
        assert_eq!(columns, ["date", "table"]);
        assert!(linked.rows.is_empty() && linked.voids.is_empty());
    }
}
