//! The rows that documents are by themselves: customers, invoices, their instalments, receipts.

use std::collections::BTreeMap;

use crate::domain::{Date, format_minor};
use crate::history::link::{Draft, Linked, Record};
use crate::history::schema::Table;

use super::document::{Document, Kind};
use super::documents::Documents;
use super::fields;
use super::notes::Notes;
use super::row::distinct;

/// Adds the customers of the list, and those that only documents name.
pub(super) fn customers(records: &[Record], documents: &Documents<'_>, linked: &mut Linked) {
    let listed = distinct(records, fields::CUSTOMER, "customer_id", Table::Customers, linked);
    // The latest name counts; the id breaks ties, so that the order of the files does not.
    let mut named: BTreeMap<&str, (Date, &str, &str, &Record)> = BTreeMap::new();
    for document in documents.all() {
        let name = document.record.text("customer_name");
        if let Some((customer, name)) = document.customer().zip(name) {
            let latest = named
                .entry(customer)
                .or_insert((document.date, document.id, name, document.record));
            if (document.date, document.id) > (latest.0, latest.1) {
                *latest = (document.date, document.id, name, document.record);
            }
        }
    }
    for record in listed {
        let mut row = Draft::new(Table::Customers, &record.origin());
        for field in record.kind().fields {
            if field.name != "recorded_at" {
                row = row.text_if(field.name, record.text(field.name));
            }
        }
        if let Some(id) = record.text("customer_id") {
            named.remove(id);
        }
        linked.rows.push(row.recorded(record.date("recorded_at")));
    }
    for (customer, (_, _, name, record)) in named {
        let row = Draft::new(Table::Customers, &record.origin())
            .text("customer_id", customer)
            .text("name", name);
        linked.rows.push(row.recorded(None));
    }
}

/// Adds the invoices, and an instalment for each of several due dates.
pub(super) fn invoices(documents: &Documents<'_>, linked: &mut Linked, notes: &mut Notes) {
    for invoice in documents.invoices() {
        let Some(currency) = invoice.currency.filter(|_| invoice.minor > 0) else {
            // An invoice about nothing is owed by nobody.
            linked.passed_over += 1;
            continue;
        };
        let lines = documents.lines(invoice.id);
        let last_due = lines.iter().map(|line| line.due).max();
        let due = if lines.len() > 1 {
            last_due
        } else {
            invoice.record.date("due_date").or(last_due)
        };
        let Some(due) = due else {
            let reason = "an invoice needs a due date, of its own or of its instalments";
            linked
                .faults
                .push(invoice.record.fault(Table::Invoices, "due_date", reason));
            continue;
        };
        linked
            .rows
            .push(invoice_row(invoice, documents, due).recorded(invoice.recorded_at()));
        if lines.len() < 2 {
            continue;
        }
        let total = lines
            .iter()
            .fold(0_i64, |total, line| total.saturating_add(line.minor));
        notes.uneven_plans += u64::from(total != invoice.minor);
        for (number, line) in (1_u32..).zip(lines) {
            let row = Draft::new(Table::InstalmentPlans, &invoice.record.origin())
                .text("plan_id", invoice.id)
                .text("instalment_no", &number.to_string())
                .text("invoice_id", invoice.id)
                .date("agreed_on", invoice.date)
                .date("due_date", line.due)
                .money(line.minor, currency);
            linked.rows.push(row.recorded(invoice.recorded_at()));
        }
    }
}

fn invoice_row(invoice: &Document<'_>, documents: &Documents<'_>, due: Date) -> Draft {
    let of = |field| invoice.record.text(field);
    let row = Draft::new(Table::Invoices, &invoice.record.origin())
        .text("invoice_id", invoice.id)
        .text_if("number", of("number").filter(|number| *number != invoice.id))
        .text_if("customer_id", invoice.customer())
        .date("invoice_date", invoice.date)
        .date("due_date", due);
    let row = match invoice.currency {
        Some(currency) => row.money(invoice.minor, currency),
        None => row,
    };
    row.text_if("entity", of("entity"))
        .text_if("business_unit", of("business_unit"))
        .text_if("payment_terms", documents.printed(invoice, "payment_terms"))
        .text_if(
            "payment_reference",
            documents.printed(invoice, "payment_reference"),
        )
        .text_if(
            "document_type",
            (invoice.kind == Kind::DownPayment).then_some("down_payment"),
        )
}

/// Adds the payments as receipts, and takes back the cancelled ones.
///
/// `elsewhere` is what of each payment no row of `payments` names it for.
pub(super) fn receipts(documents: &Documents<'_>, elsewhere: &BTreeMap<&str, i64>, linked: &mut Linked) {
    for payment in documents.all() {
        let Some(currency) = payment.receipt() else {
            continue;
        };
        let row = |id: &str, day: Date, minor: i64| {
            Draft::new(Table::Receipts, &payment.record.origin())
                .text("receipt_id", id)
                .text_if("customer_id", payment.customer())
                .date("value_date", day)
                .money(minor, currency)
                .text_if("payer_name", payment.record.text("customer_name"))
                .text_if("remittance", payment.record.text("payment_reference"))
                .text("source", "ledger")
        };
        let used = elsewhere.get(payment.id).copied().unwrap_or(0).min(payment.minor);
        let used = (used > 0).then(|| format_minor(used, currency.exponent()));
        let received = row(payment.id, payment.date, payment.minor).text_if("in_ledger", used.as_deref());
        linked.rows.push(received.recorded(payment.recorded_at()));
        if let Some(day) = payment.cancelled_on {
            let id = format!("{}-cancelled", payment.id);
            let returned = row(&id, day, payment.minor.saturating_neg())
                .text("kind", "reversal")
                .text("reversal_of", payment.id);
            linked.rows.push(returned.recorded(Some(day)));
        }
    }
}
