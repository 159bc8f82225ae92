//! Invoices with everything that settled them, to tell what came of a decision.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{DataFrame, LazyFrame, col};

use crate::action::Error;
use crate::domain::Currency;
use crate::history::row_values::RowValues;
use crate::history::{Snapshot, Table};

/// The invoices of each customer, by invoice id.
pub(super) type Bills = BTreeMap<String, Vec<Bill>>;

/// An invoice.
#[derive(Clone, Debug)]
pub(super) struct Bill {
    pub(super) invoice_id: String,
    pub(super) currency: Currency,
    pub(super) issued: i32,
    pub(super) due: i32,
    pub(super) gross_minor: i64,
    /// What settled it, by day.
    pub(super) flows: Vec<Flow>,
}

/// Something that settled a part of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Flow {
    pub(super) day: i32,
    pub(super) known: i32,
    pub(super) minor: i64,
    pub(super) is_cash: bool,
}

/// What came of an invoice in the days after a decision, in minor units of its currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Course {
    /// Open at the end of the day of the decision.
    pub(super) open: i64,
    /// Cash within the window.
    pub(super) paid: i64,
    /// Cash within the window, times the days from it to the end of the window.
    pub(super) paid_days: i64,
    /// Open at the end of the window.
    pub(super) open_after: i64,
    /// Cash after the window, as far as it is followed.
    pub(super) later: i64,
    /// Cash after the window, times the days from the end of the window.
    pub(super) later_days: i64,
}

impl Bill {
    /// Returns what was known to be open at the end of a day.
    pub(super) fn known_open(&self, day: i32) -> i64 {
        let settled: i64 = self
            .flows
            .iter()
            .filter(|flow| flow.known <= day)
            .map(|flow| flow.minor)
            .sum();
        self.gross_minor - settled
    }

    /// Follows the invoice from a day through the window, and for some days after it.
    pub(super) fn course(&self, day: i32, window_days: i32, later_days: i32) -> Course {
        let (end, last) = (day + window_days, day + window_days + later_days);
        let mut left = self.gross_minor;
        let mut course = Course::default();
        for flow in self.flows.iter().filter(|flow| flow.day <= day) {
            left -= flow.minor;
        }
        left = left.max(0);
        course.open = left;
        for flow in self
            .flows
            .iter()
            .filter(|flow| flow.day > day && flow.day <= last)
        {
            // An overpayment earns nothing; a reversal takes back.
            let part = flow.minor.min(left);
            left -= part;
            if flow.is_cash && flow.day <= end {
                course.paid += part;
                course.paid_days += part * i64::from(end - flow.day);
            } else if flow.is_cash {
                course.later += part;
                course.later_days += part * i64::from(flow.day - end);
            }
        }
        let in_window: i64 = self
            .flows
            .iter()
            .filter(|flow| flow.day <= end)
            .map(|flow| flow.minor)
            .sum();
        course.open_after = (self.gross_minor - in_window).max(0);
        course
    }
}

/// Reads the invoices of some customers.
pub(super) fn read(snapshot: &Snapshot, customers: &BTreeSet<String>) -> Result<Bills, Error> {
    let mut bills = invoices(snapshot, customers)?;
    let columns = [
        "invoice_id",
        "customer_id",
        "kind",
        "date",
        "known_on",
        "amount_minor",
    ];
    let frame = collected(snapshot, snapshot.settlements().select(columns.map(col)))?;
    let of = |name: &str| RowValues::of(&frame, name);
    let (ids, owners, kinds) = (of("invoice_id")?, of("customer_id")?, of("kind")?);
    let (days, known, amounts) = (of("date")?, of("known_on")?, of("amount_minor")?);
    for row in 0..frame.height() {
        let Some(book) = owners.text(row).and_then(|owner| bills.get_mut(owner)) else {
            continue;
        };
        let id = ids.text(row).unwrap_or_default();
        let place = book.binary_search_by(|bill| bill.invoice_id.as_str().cmp(id));
        let (Ok(place), Some(day)) = (place, days.day(row)) else {
            continue;
        };
        book[place].flows.push(Flow {
            day,
            known: known.day(row).unwrap_or(day),
            minor: amounts.integer(row).unwrap_or(0),
            is_cash: kinds.text(row) == Some("cash"),
        });
    }
    for bill in bills.values_mut().flatten() {
        bill.flows.sort_unstable();
    }
    Ok(bills)
}

fn invoices(snapshot: &Snapshot, customers: &BTreeSet<String>) -> Result<Bills, Error> {
    let columns = [
        "invoice_id",
        "customer_id",
        "invoice_date",
        "due_date",
        "amount_minor",
        "currency",
    ];
    let frame = collected(snapshot, snapshot.table(Table::Invoices).select(columns.map(col)))?;
    let of = |name: &str| RowValues::of(&frame, name);
    let (ids, owners, currencies) = (of("invoice_id")?, of("customer_id")?, of("currency")?);
    let (issued, due, amounts) = (of("invoice_date")?, of("due_date")?, of("amount_minor")?);
    let mut bills = Bills::new();
    for row in 0..frame.height() {
        let (Some(id), Some(owner)) = (ids.text(row), owners.text(row)) else {
            continue;
        };
        let currency = currencies.text(row).and_then(|code| Currency::parse(code).ok());
        let (Some(currency), Some(issued), Some(due)) = (currency, issued.day(row), due.day(row)) else {
            continue;
        };
        if customers.contains(owner) {
            bills.entry(owner.to_owned()).or_default().push(Bill {
                invoice_id: id.to_owned(),
                currency,
                issued,
                due,
                gross_minor: amounts.integer(row).unwrap_or(0),
                flows: Vec::new(),
            });
        }
    }
    for book in bills.values_mut() {
        book.sort_unstable_by(|left, right| left.invoice_id.cmp(&right.invoice_id));
    }
    Ok(bills)
}

/// Collects a query, one chunk a column.
pub(super) fn collected(snapshot: &Snapshot, query: LazyFrame) -> Result<DataFrame, Error> {
    let mut frame = snapshot.collect(query)?;
    frame.rechunk_mut();
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(day: i32, minor: i64, is_cash: bool) -> Flow {
        Flow {
            day,
            known: day + 1,
            minor,
            is_cash,
        }
    }

    fn bill(flows: Vec<Flow>) -> Bill {
        Bill {
            invoice_id: "I1".to_owned(),
            currency: Currency::parse("EUR").unwrap(),
            issued: 0,
            due: 30,
            gross_minor: 1_000,
            flows,
        }
    }

    #[test]
    fn cash_within_the_window_is_told_with_its_days_to_the_end() {
        let bill = bill(vec![
            flow(30, 100, true),
            flow(36, 300, true),
            flow(60, 600, true),
        ]);
        let course = bill.course(35, 14, 91);
        assert_eq!(course.open, 900);
        assert_eq!((course.paid, course.paid_days), (300, 300 * 13));
        assert_eq!(course.open_after, 600);
        assert_eq!((course.later, course.later_days), (600, 600 * 11));
        // What came on day 30 was known on day 31 only.
        assert_eq!(bill.known_open(30), 1_000);
        assert_eq!(bill.known_open(31), 900);
    }

    #[test]
    fn a_credit_note_is_no_cash_and_an_overpayment_earns_no_more_than_what_is_open() {
        let credited = bill(vec![flow(36, 400, false), flow(40, 900, true)]).course(35, 14, 91);
        assert_eq!((credited.open, credited.paid), (1_000, 600));
        assert_eq!(credited.open_after, 0);
        let reversed = bill(vec![flow(36, 1_000, true), flow(37, -1_000, true)]).course(35, 14, 91);
        assert_eq!((reversed.paid, reversed.open_after), (0, 1_000));
        // 1000 x 13 days, less 1000 x 12 days.
        assert_eq!(reversed.paid_days, 1_000);
    }
}
