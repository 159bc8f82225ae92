//! Whatever two exports say: the past stays as it was, and an export imported again changes nothing.

use std::ops::Range;
use std::path::PathBuf;

use duecast::domain::date::from_day_number;
use duecast::history::{Snapshot, Table};
use polars::prelude::DataFrame;
use proptest::prelude::*;

use super::super::desk::{Desk, shipped_profile};
use super::{COLUMNS, open};

/// What a snapshot says of some tables, clocks apart: rows as text, sorted.
fn said(snapshot: &Snapshot) -> Vec<String> {
    let mut rows = Vec::new();
    for table in [Table::Customers, Table::Invoices, Table::Payments] {
        let frame = snapshot
            .collect(snapshot.table(table))
            .expect("the ledger is read");
        rows.extend((0..frame.height()).map(|row| format!("{table} {}", text_of(&frame, row))));
    }
    rows.sort();
    rows
}

fn text_of(frame: &DataFrame, row: usize) -> String {
    frame
        .columns()
        .iter()
        .filter(|column| !["recorded_at", "known_on"].contains(&column.name().as_str()))
        .map(|column| format!("{} ", column.get(row).expect("a row of the frame")))
        .collect()
}

/// 2025-01-01.
const FIRST_DAY: i32 = 20_089;
/// Things of the first export are younger than so many days, and the others not.
const FIRST_DAYS: i32 = 60;

/// What an export says of one thing: the customer's limit, the invoice's amount and days to pay, what is paid.
type Values = (u16, u16, u8, u16);

/// The files of an export.
fn export(desk: &Desk, name: &str, things: &[(usize, Values)]) -> Vec<PathBuf> {
    let mut customers = "customer_id,credit_limit,currency\n".to_owned();
    let mut invoices = COLUMNS.to_owned();
    let mut payments = "payment_id,invoice_id,paid_date,amount,currency\n".to_owned();
    for (number, (limit, amount, terms, paid)) in things {
        let issued_day = FIRST_DAY + i32::try_from(*number).expect("few things");
        let issued = from_day_number(issued_day);
        let due = from_day_number(issued_day + i32::from(*terms));
        customers += &format!("C{number},{limit}.00,EUR\n");
        invoices += &format!("I{number},C{number},{issued},{due},{amount}.00,EUR\n");
        payments += &format!("P{number},I{number},{issued},{paid}.00,EUR\n");
    }
    vec![
        desk.put(&format!("customers-{name}.csv"), customers),
        desk.put(&format!("invoices-{name}.csv"), invoices),
        desk.put(&format!("payments-{name}.csv"), payments),
    ]
}

fn numbered(values: &[Values], first: usize) -> Vec<(usize, Values)> {
    values
        .iter()
        .enumerate()
        .map(|(index, values)| (first + index, *values))
        .collect()
}

fn an_export(rows: Range<usize>) -> impl Strategy<Value = Vec<Values>> {
    // Few values, so that some rows change and others do not.
    prop::collection::vec((1_u16..3, 100_u16..102, 10_u8..12, 1_u16..3), rows)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn before_the_second_export_the_ledger_says_what_the_first_did_and_after_it_what_the_second_does(
        first in an_export(1..8),
        second in an_export(8..12),
    ) {
        let canonical = shipped_profile("canonical");
        let (grown, of_first, of_second) = (Desk::new(), Desk::new(), Desk::new());
        // The second export has all of the first, with values of its own, and things that are new since then.
        let a = numbered(&first, 0);
        let (again, more) = second.split_at(first.len());
        let new = numbered(more, usize::try_from(FIRST_DAYS).expect("positive"));
        let b = [numbered(again, 0), new.clone()].concat();
        let made_on = from_day_number(FIRST_DAY + FIRST_DAYS);
        grown.import_of(&canonical, &export(&grown, "a", &a), 0.0, None).expect("the first");
        grown.import_of(&canonical, &export(&grown, "b", &b), 0.0, Some(made_on)).expect("the second");
        of_first.import_of(&canonical, &export(&of_first, "a", &a), 0.0, None).expect("the first alone");
        of_second.import_of(&canonical, &export(&of_second, "b", &b), 0.0, None).expect("the second alone");
        let (grown_history, a_history, b_history) = (open(&grown), open(&of_first), open(&of_second));
        for number in [0, 3, 7, FIRST_DAYS - 1, FIRST_DAYS, FIRST_DAYS + 4, FIRST_DAYS + 30] {
            let cutoff = from_day_number(FIRST_DAY + number);
            let expected = if number < FIRST_DAYS { &a_history } else { &b_history };
            let mut found = said(&grown_history.as_of(cutoff));
            if number < FIRST_DAYS {
                // Customers without a clock are known from the beginning, those of the second export too.
                let is_new = |row: &String| new.iter().any(|(of, _)| row.starts_with(&format!("customers \"C{of}\"")));
                found.retain(|row| !is_new(row));
            }
            prop_assert_eq!(found, said(&expected.as_of(cutoff)));
        }
        let files = grown.files();
        for (name, things, day) in [("b", &b, Some(made_on)), ("a", &a, None), ("b", &b, Some(made_on))] {
            grown.import_of(&canonical, &export(&grown, name, things), 0.0, day).expect("once more");
            prop_assert_eq!(grown.files(), files.clone());
        }
    }

    #[test]
    fn the_order_of_exports_about_different_things_does_not_matter(
        first in an_export(1..6),
        second in an_export(1..6),
    ) {
        let canonical = shipped_profile("canonical");
        let (one, other) = (Desk::new(), Desk::new());
        let (a, b) = (numbered(&first, 0), numbered(&second, 30));
        for (desk, names) in [(&one, ["a", "b"]), (&other, ["b", "a"])] {
            for name in names {
                let things = if name == "a" { &a } else { &b };
                desk.import(&canonical, &export(desk, name, things), 0.0).expect("an import");
            }
        }
        prop_assert_eq!(one.files(), other.files());
    }
}
