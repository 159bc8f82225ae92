//! A small ledger for tests, drawn at random: facts of every kind that an account is made from, corrections, and facts
//! that became known late.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;

use super::{History, Table};
use crate::domain::Date;
use crate::domain::date::parse_iso;

/// What a fact is drawn from: its kind, its invoice, its day, its cents.
type Seed = (u8, u8, u8, u16);

const INVOICES: &str = "invoice_id,customer_id,entity,invoice_date,due_date,amount,currency,in_transit,\
    delivery_status,recorded_at,superseded_on\n";

/// Draws the facts.
pub(crate) fn seeds() -> impl Strategy<Value = Vec<Seed>> {
    prop::collection::vec((any::<u8>(), any::<u8>(), any::<u8>(), 0_u16..15_000), 0..40)
}

/// Returns days on which the ledger is looked at.
pub(crate) fn cutoffs() -> Vec<Date> {
    [
        "2025-03-15",
        "2025-06-09",
        "2025-06-10",
        "2025-08-01",
        "2025-12-31",
    ]
    .map(|day| parse_iso(day).expect("a day"))
    .to_vec()
}

/// Returns the ledger of twelve invoices of the customers C0 to C2, and of the facts.
pub(crate) fn history(seeds: &[Seed]) -> History {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("invoices.csv"), invoices()).expect("the invoices are written");
    let mut tables: BTreeMap<Table, String> = BTreeMap::new();
    for (number, seed) in seeds.iter().enumerate() {
        let (table, header, row) = fact(number, *seed);
        let text = tables.entry(table).or_insert_with(|| format!("{header}\n"));
        text.push_str(&row);
        text.push('\n');
    }
    for (table, text) in tables {
        fs::write(folder.path().join(format!("{table}.csv")), text).expect("a table is written");
    }
    History::open(folder.path()).expect("the ledger opens").0
}

fn invoices() -> String {
    let mut text = INVOICES.to_owned();
    for number in 1..=12 {
        let customer = number % 3;
        let (in_transit, delivery) = match number {
            7 => ("25.00", ""),
            8 => ("", "failed"),
            _ => ("", ""),
        };
        let mut add = |amount: &str, recorded: &str, superseded: &str| {
            text.push_str(&format!(
                "I{number},C{customer},north,2025-{number:02}-01,2025-{number:02}-20,{amount},EUR,{in_transit},\
                 {delivery},{recorded},{superseded}\n"
            ));
        };
        if number == 3 || number == 5 {
            add("100.00", &format!("2025-{number:02}-01"), "2025-06-10");
            add("80.00", "2025-06-10", "");
        } else {
            add("100.00", "", "");
        }
    }
    text
}

/// The table of a fact, its header, and its row.
fn fact(number: usize, (kind, invoice, day, cents): Seed) -> (Table, &'static str, String) {
    let invoice = invoice % 12 + 1;
    let (customer, invoice) = (format!("C{}", invoice % 3), format!("I{invoice}"));
    let (month, day) = (day % 6 + 1, day % 28 + 1);
    let (first, later) = (
        format!("2025-{month:02}-{day:02}"),
        format!("2025-{:02}-{day:02}", month + 3),
    );
    let amount = format!("{}.{:02}", cents / 100 + 1, cents % 100);
    let if_even = |text: &str| {
        if cents.is_multiple_of(2) {
            text.to_owned()
        } else {
            String::new()
        }
    };
    match kind % 7 {
        0 | 1 => (
            Table::Payments,
            "payment_id,invoice_id,paid_date,amount,currency,recorded_at",
            format!("P{number},{invoice},{first},{amount},EUR,{}", if_even(&later)),
        ),
        2 => (
            Table::CreditNotes,
            "credit_note_id,customer_id,credit_date,amount,currency,invoice_id",
            format!("N{number},{customer},{first},{amount},EUR,{}", if_even(&invoice)),
        ),
        3 => (
            Table::WriteOffs,
            "write_off_id,invoice_id,write_off_date,amount,currency",
            format!("W{number},{invoice},{first},{amount},EUR"),
        ),
        4 => (
            Table::Disputes,
            "dispute_id,invoice_id,opened_on,amount,currency,resolved_on,outcome",
            format!(
                "D{number},{invoice},{first},{},EUR,{},valid",
                if_even(&amount),
                if day > 14 { later.as_str() } else { "" }
            ),
        ),
        5 => (
            Table::Promises,
            "promise_id,customer_id,created_on,promised_date,invoice_id",
            format!("R{number},{customer},{first},{later},{}", if_even(&invoice)),
        ),
        _ => (
            Table::Actions,
            "action_id,customer_id,action_type,sent_on,invoice_id,level,outcome,outcome_on",
            format!(
                "A{number},{customer},{},{first},{},1,delivered,{}",
                if day > 14 { "wait" } else { "reminder" },
                if_even(&invoice),
                if_even(&later)
            ),
        ),
    }
}
