//! Payments whose lines name the invoices they were put against, without saying what of a line was cash.
//!
//! `QuickBooks` applies credits within a payment: a customer who owes 100 and has a credit of 30 pays 70, and the line
//! of the invoice says 100. The cash of a payment is its amount less what of it is unapplied. What the lines of its
//! invoices come to beyond that, credits paid, whatever kind of document they were: those parts are rows of
//! `credit_notes`, taken from the lines in their order, and the rest are rows of `payments`.

use std::collections::BTreeMap;

use super::{Fault, FieldKind, Known, LedgerRow, Linked, Linker, Record, RecordKind, may, must};
use crate::domain::{Currency, format_minor};
use crate::history::schema::{RECORDED_AT, Table};

/// Table that lines belong to, for faults.
const TABLE: Table = Table::Payments;

const KINDS: &[RecordKind] = &[RecordKind {
    name: "line",
    fields: &[
        must("payment_id", FieldKind::Text, "Payment that the line is of."),
        must(
            "invoice_id",
            FieldKind::Text,
            "Invoice that the line is put against.",
        ),
        must("customer_id", FieldKind::Text, "Customer that paid."),
        must("date", FieldKind::Date, "Date the cash came in."),
        must(
            "amount",
            FieldKind::Number,
            "What of the invoice the line settles, more than zero.",
        ),
        must("payment_amount", FieldKind::Number, "Cash of the whole payment."),
        may("unapplied", FieldKind::Number, "Part of that which no line uses."),
        must("currency", FieldKind::Text, "Currency of the amounts."),
        may("method", FieldKind::Text, "How it was paid."),
        may("recorded_at", FieldKind::Date, "Date the payment was entered."),
    ],
}];

/// Splits lines of payments into cash and credits.
#[derive(Debug)]
pub(crate) struct PaymentLines;

impl Linker for PaymentLines {
    fn name(&self) -> &'static str {
        "payment_lines"
    }

    fn kinds(&self) -> &'static [RecordKind] {
        KINDS
    }

    fn link(&self, records: &[Record], _known: &Known) -> Linked {
        let mut linked = Linked::default();
        let mut payments: BTreeMap<&str, Vec<Line<'_>>> = BTreeMap::new();
        for record in records {
            match Line::read(record) {
                Ok(line) => {
                    let lines = payments.entry(line.payment_id).or_default();
                    if lines.iter().any(|known| known.record.cells().eq(record.cells())) {
                        // The same payment in two overlapping exports.
                        linked.passed_over += 1;
                    } else {
                        lines.push(line);
                    }
                }
                Err(fault) => linked.faults.push(fault),
            }
        }
        let mut credited = 0_u64;
        for lines in payments.values() {
            credited += split(lines, &mut linked);
        }
        if credited > 0 {
            linked.notes.push(format!(
                "{credited} lines of payments come to more than the cash of their payment; the rest are credits, \
                 taken from the first lines"
            ));
        }
        linked
    }
}

/// A line of a payment, checked.
struct Line<'a> {
    record: &'a Record,
    payment_id: &'a str,
    invoice_id: &'a str,
    currency: Currency,
    amount: i64,
    /// Cash of its payment, less what is unapplied.
    cash: i64,
}

impl<'a> Line<'a> {
    fn read(record: &'a Record) -> Result<Self, Fault> {
        let payment_id = record.needed(TABLE, "payment_id")?;
        let invoice_id = record.needed(TABLE, "invoice_id")?;
        record.needed(TABLE, "customer_id")?;
        record.needed(TABLE, "date")?;
        let currency = record
            .currency(TABLE, "currency")?
            .ok_or_else(|| record.missing(TABLE, "currency"))?;
        let minor = |field: &'static str| record.minor(TABLE, field, currency);
        let amount = minor("amount")?.ok_or_else(|| record.missing(TABLE, "amount"))?;
        if amount <= 0 {
            return Err(record.fault(TABLE, "amount", "a line settles more than zero"));
        }
        let payment_amount =
            minor("payment_amount")?.ok_or_else(|| record.missing(TABLE, "payment_amount"))?;
        let unapplied = minor("unapplied")?.unwrap_or(0);
        if payment_amount < 0 {
            return Err(record.fault(TABLE, "payment_amount", "a payment comes to zero or more"));
        }
        if !(0..=payment_amount).contains(&unapplied) {
            let reason = "from zero to the amount of the payment";
            return Err(record.fault(TABLE, "unapplied", reason));
        }
        Ok(Self {
            record,
            payment_id,
            invoice_id,
            currency,
            amount,
            cash: payment_amount.saturating_sub(unapplied),
        })
    }

    /// A row on a part of the line.
    fn row(&self, table: Table, id: String, amount: i64) -> LedgerRow {
        let (key, date) = match table {
            Table::CreditNotes => ("credit_note_id", "credit_date"),
            _ => ("payment_id", "paid_date"),
        };
        let mut cells = vec![
            (key, id),
            ("invoice_id", self.invoice_id.to_owned()),
            ("amount", format_minor(amount, self.currency.exponent())),
            ("currency", self.currency.code().to_owned()),
        ];
        let mut copy = |column: &'static str, field: &str| {
            if let Some(text) = self.record.text(field) {
                cells.push((column, text.to_owned()));
            }
        };
        copy("customer_id", "customer_id");
        copy(date, "date");
        copy(RECORDED_AT, "recorded_at");
        if table == Table::Payments {
            copy("method", "method");
            copy("receipt_id", "payment_id");
        }
        LedgerRow {
            table,
            origin: self.record.origin(),
            cells,
        }
    }
}

/// Splits the lines of one payment, and returns how many of them credits paid in whole or in part.
fn split(lines: &[Line<'_>], linked: &mut Linked) -> u64 {
    let settled = lines
        .iter()
        .fold(0_i64, |sum, line| sum.saturating_add(line.amount));
    let cash = lines.first().map_or(0, |line| line.cash);
    let mut credit = settled.saturating_sub(cash).max(0);
    let mut credited = 0;
    // Two lines may be put against one invoice.
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for line in lines {
        let count = counts.entry(line.invoice_id).or_default();
        *count = count.saturating_add(1);
        let mut id = format!("{}-{}", line.payment_id, line.invoice_id);
        if *count > 1 {
            id = format!("{id}-{count}");
        }
        let from_credit = credit.min(line.amount);
        credit = credit.saturating_sub(from_credit);
        if from_credit > 0 {
            credited += 1;
            let row = line.row(Table::CreditNotes, format!("{id}-credit"), from_credit);
            linked.rows.push(row);
        }
        let paid = line.amount.saturating_sub(from_credit);
        if paid > 0 {
            linked.rows.push(line.row(Table::Payments, id, paid));
        }
    }
    credited
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::Origin;
    use super::*;

    /// Lines of payments as `payment invoice amount payment_amount unapplied`.
    fn linked(lines: &[&str]) -> Linked {
        let kind = &KINDS[0];
        let records: Vec<Record> = lines
            .iter()
            .zip(1..)
            .map(|(line, number)| {
                let texts: Vec<&str> = line.split(' ').collect();
                let mut cells = vec![None; kind.fields.len()];
                let fields = [
                    "payment_id",
                    "invoice_id",
                    "amount",
                    "payment_amount",
                    "unapplied",
                ];
                for (field, text) in fields.into_iter().zip(texts) {
                    cells[kind.slot(field)] = Some(text.to_owned());
                }
                for (field, text) in [("customer_id", "C"), ("date", "2026-03-01"), ("currency", "USD")] {
                    cells[kind.slot(field)] = Some(text.to_owned());
                }
                let origin = Origin {
                    file: Arc::from("payments.json"),
                    line: number,
                };
                Record::alone(kind, &origin, &cells)
            })
            .collect();
        PaymentLines.link(&records, &Known::default())
    }

    /// Rows as `table id amount`.
    fn rows(linked: &Linked) -> Vec<String> {
        linked
            .rows
            .iter()
            .map(|row| {
                let amount = row.cells.iter().find(|(name, _)| *name == "amount");
                let amount = amount.map_or("", |(_, text)| text.as_str());
                format!("{} {} {amount}", row.table, row.cells[0].1)
            })
            .collect()
    }

    #[test]
    fn lines_within_the_cash_are_payments() {
        let linked = linked(&[
            "P1 I1 55.00 65.00 10.00",
            "P2 I1 5 105.5 0",
            "P2 I2 100.50 105.5 0",
        ]);
        assert_eq!(
            rows(&linked),
            [
                "payments P1-I1 55.00",
                "payments P2-I1 5.00",
                "payments P2-I2 100.50"
            ]
        );
        assert!(linked.notes.is_empty() && linked.faults.is_empty());
    }

    #[test]
    fn what_exceeds_the_cash_is_a_credit_and_the_cash_is_conserved() {
        let linked = linked(&["P1 I1 20 70 0", "P1 I2 80 70 0", "P2 I3 15 0 0"]);
        assert_eq!(
            rows(&linked),
            [
                "credit_notes P1-I1-credit 20.00",
                "credit_notes P1-I2-credit 10.00",
                "payments P1-I2 70.00",
                "credit_notes P2-I3-credit 15.00",
            ]
        );
        assert!(linked.notes[0].starts_with("3 lines"), "{:?}", linked.notes);
    }

    #[test]
    fn the_same_line_twice_is_one_and_another_line_on_the_invoice_has_its_own_id() {
        let linked = linked(&["P1 I1 20 50 0", "P1 I1 20 50 0", "P1 I1 30 50 0"]);
        assert_eq!(rows(&linked), ["payments P1-I1 20.00", "payments P1-I1-2 30.00"]);
        assert_eq!(linked.passed_over, 1);
    }

    #[test]
    fn amounts_that_cannot_be_are_faults() {
        for (line, column) in [
            ("P1 I1 0 50 0", "amount"),
            ("P1 I1 -5 50 0", "amount"),
            ("P1 I1 5.001 50 0", "amount"),
            ("P1 I1 5 -50 0", "payment_amount"),
            ("P1 I1 5 50 60", "unapplied"),
            ("P1 I1 5 50 -1", "unapplied"),
        ] {
            let linked = linked(&[line]);
            assert!(linked.rows.is_empty(), "{line}");
            assert_eq!(linked.faults[0].column, column, "{line}");
        }
    }
}
