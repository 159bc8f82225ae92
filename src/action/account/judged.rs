//! Invoices with what settled them, day by day: what promises and instalment plans are judged by.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{Column, DataFrame, IntoLazy, col};

use super::Account;
use super::promises::Given;
use super::read::{Places, collected};
use crate::action::Error;
use crate::domain::Currency;
use crate::domain::date::{day_number, from_day_number};
use crate::history::row_values::RowValues;
use crate::history::{Keep, Snapshot, Table};

const OF_INVOICE: [&str; 6] = [
    "invoice_id",
    "customer_id",
    "invoice_date",
    "due_date",
    "currency",
    "amount_minor",
];

/// An invoice of a customer that promised something or is on a plan. Days are day numbers.
#[derive(Debug)]
pub(super) struct Owed {
    pub(super) invoice_id: String,
    pub(super) invoice_day: i32,
    pub(super) due_day: i32,
    pub(super) currency: Currency,
    pub(super) gross_minor: i64,
    /// Day, amount, and whether it was cash.
    pub(super) settlements: Vec<(i32, i64, bool)>,
}

impl Owed {
    /// What was open before anything of that day.
    pub(super) fn open_before(&self, day: i32) -> i64 {
        let earlier = self.settlements.iter().filter(|(on, _, _)| *on < day);
        (self.gross_minor - earlier.map(|(_, amount, _)| amount).sum::<i64>()).max(0)
    }

    /// What came from one day to another, both included: cash, or what was given up.
    pub(super) fn settled_between(&self, first: i32, last: i32, is_cash: bool) -> i64 {
        let settled = self
            .settlements
            .iter()
            .filter(|(on, _, cash)| *cash == is_cash && (first..=last).contains(on));
        settled.map(|(_, amount, _)| amount).sum()
    }
}

/// A line of an instalment plan. Days are day numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    invoice_id: String,
    agreed_day: i32,
    plan_id: String,
    due_day: i32,
    amount_minor: i64,
}

/// Reads all lines of plans, by invoice, agreement and due date.
pub(super) fn read_plans(snapshot: &Snapshot) -> Result<Vec<Line>, Error> {
    if snapshot.is_bare(Table::InstalmentPlans) {
        return Ok(Vec::new());
    }
    let columns = ["plan_id", "invoice_id", "agreed_on", "due_date", "amount_minor"];
    let frame = snapshot.rows(Table::InstalmentPlans, &columns, Keep::All)?;
    let of = |name: &str| RowValues::of(&frame, name);
    let (plans, invoices, agreed) = (of("plan_id")?, of("invoice_id")?, of("agreed_on")?);
    let (due, amounts) = (of("due_date")?, of("amount_minor")?);
    let mut lines = Vec::with_capacity(frame.height());
    for row in 0..frame.height() {
        if let (Some(agreed_day), Some(due_day)) = (agreed.day(row), due.day(row)) {
            lines.push(Line {
                invoice_id: invoices.text(row).unwrap_or_default().to_owned(),
                agreed_day,
                plan_id: plans.text(row).unwrap_or_default().to_owned(),
                due_day,
                amount_minor: amounts.integer(row).unwrap_or(0),
            });
        }
    }
    lines.sort();
    Ok(lines)
}

/// Reads the invoices that promises and plans are about, by the place of their customer.
pub(super) fn read(
    snapshot: &Snapshot,
    places: &Places,
    given: &[Given],
    plans: &[Line],
) -> Result<BTreeMap<usize, Vec<Owed>>, Error> {
    let whole: BTreeSet<usize> = given
        .iter()
        .filter(|promise| promise.invoice_id.is_none())
        .map(|promise| promise.place)
        .collect();
    let mut named: BTreeSet<&str> = plans.iter().map(|line| line.invoice_id.as_str()).collect();
    named.extend(given.iter().filter_map(|promise| promise.invoice_id.as_deref()));
    let frame = snapshot.rows(Table::Invoices, &OF_INVOICE, Keep::All)?;
    let of = |name: &str| RowValues::of(&frame, name);
    let (ids, customers) = (of("invoice_id")?, of("customer_id")?);
    let (issued, due) = (of("invoice_date")?, of("due_date")?);
    let (currencies, amounts) = (of("currency")?, of("amount_minor")?);
    let mut owed: BTreeMap<String, (usize, Owed)> = BTreeMap::new();
    for row in 0..frame.height() {
        let (Some(id), Some(customer)) = (ids.text(row), customers.text(row)) else {
            continue;
        };
        let is_named = named.contains(id);
        if !is_named && whole.is_empty() {
            continue;
        }
        let Some(place) = places.find(customer) else {
            continue;
        };
        let currency = currencies.text(row).and_then(|code| Currency::parse(code).ok());
        if let Some(currency) = currency.filter(|_| is_named || whole.contains(&place)) {
            let invoice = Owed {
                invoice_id: id.to_owned(),
                invoice_day: issued.day(row).unwrap_or(i32::MAX),
                due_day: due.day(row).unwrap_or(i32::MAX),
                currency,
                gross_minor: amounts.integer(row).unwrap_or(0),
                settlements: Vec::new(),
            };
            owed.insert(id.to_owned(), (place, invoice));
        }
    }
    settle(snapshot, &mut owed)?;
    let mut by_place: BTreeMap<usize, Vec<Owed>> = BTreeMap::new();
    for (place, invoice) in owed.into_values() {
        by_place.entry(place).or_default().push(invoice);
    }
    Ok(by_place)
}

/// Adds what settled the invoices.
fn settle(snapshot: &Snapshot, owed: &mut BTreeMap<String, (usize, Owed)>) -> Result<(), Error> {
    if owed.is_empty() {
        return Ok(());
    }
    if let Some(few) = snapshot.few_settlements()? {
        for settlement in few {
            let invoice = owed.get_mut(&settlement.invoice_id);
            if let (Some((_, invoice)), Some(day)) = (invoice, settlement.day) {
                let settled = (day, settlement.amount_minor, settlement.is_cash);
                invoice.settlements.push(settled);
            }
        }
        return Ok(());
    }
    let names: Vec<&str> = owed.keys().map(String::as_str).collect();
    let asked = DataFrame::new(names.len(), vec![Column::new("invoice_id".into(), &names)]);
    let asked = asked.map_err(|source| Error::Table {
        doing: "naming the invoices of promises",
        source,
    })?;
    let query = snapshot
        .settlements()
        .select([col("invoice_id"), col("kind"), col("date"), col("amount_minor")])
        .semi_join(asked.lazy(), col("invoice_id"), col("invoice_id"));
    let frame = collected(snapshot, query)?;
    let of = |name: &str| RowValues::of(&frame, name);
    let (ids, kinds) = (of("invoice_id")?, of("kind")?);
    let (days, amounts) = (of("date")?, of("amount_minor")?);
    for row in 0..frame.height() {
        let invoice = ids.text(row).and_then(|id| owed.get_mut(id));
        if let (Some((_, invoice)), Some(day)) = (invoice, days.day(row)) {
            let is_cash = kinds.text(row) == Some("cash");
            invoice
                .settlements
                .push((day, amounts.integer(row).unwrap_or(0), is_cash));
        }
    }
    Ok(())
}

/// Fills in the day on which an agreed instalment was missed last.
pub(super) fn fill_plans(
    lines: &[Line],
    owed: &BTreeMap<usize, Vec<Owed>>,
    tolerance_days: u32,
    accounts: &mut [Account],
) {
    let tolerance = i32::try_from(tolerance_days).unwrap_or(i32::MAX);
    let mut by_invoice: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in lines {
        by_invoice.entry(line.invoice_id.as_str()).or_default().push(line);
    }
    for (place, invoices) in owed {
        let Some(account) = accounts.get_mut(*place) else {
            continue;
        };
        let as_of = day_number(account.as_of);
        let missed = invoices.iter().filter_map(|invoice| {
            let theirs = by_invoice.get(invoice.invoice_id.as_str())?;
            missed_day(theirs, invoice, as_of, tolerance)
        });
        account.plan_broken_on = missed.max().map(from_day_number);
    }
}

/// The due day of the last line that was not paid in time; a plan counts until another replaces it.
fn missed_day(lines: &[&Line], invoice: &Owed, as_of: i32, tolerance: i32) -> Option<i32> {
    let mut missed = None;
    for plan in
        lines.chunk_by(|left, right| left.agreed_day == right.agreed_day && left.plan_id == right.plan_id)
    {
        let Some(agreed) = plan.first().map(|line| line.agreed_day) else {
            continue;
        };
        let replaced = lines.iter().map(|line| line.agreed_day).find(|day| *day > agreed);
        // What the plan does not cover was agreed to be paid before it.
        let covered: i64 = plan.iter().map(|line| line.amount_minor).sum();
        let beside = (invoice.open_before(agreed) - covered).max(0);
        let mut asked = 0_i64;
        for line in plan {
            asked = asked.saturating_add(line.amount_minor);
            let last_day = line.due_day.saturating_add(tolerance);
            if last_day > as_of || replaced.is_some_and(|day| day <= last_day) {
                continue;
            }
            let paid = invoice.settled_between(agreed, last_day, true)
                + invoice.settled_between(agreed, last_day, false);
            // Nothing is missed that was no longer owed.
            if paid < asked.min(invoice.open_before(agreed) - beside) {
                missed = missed.max(Some(line.due_day));
            }
        }
    }
    missed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(agreed_day: i32, due_day: i32) -> Line {
        Line {
            invoice_id: "I1".to_owned(),
            agreed_day,
            plan_id: format!("P{agreed_day}"),
            due_day,
            amount_minor: 300,
        }
    }

    fn missed(lines: &[Line], settlements: &[(i32, i64, bool)], as_of: i32) -> Option<i32> {
        let invoice = Owed {
            invoice_id: "I1".to_owned(),
            invoice_day: 50,
            due_day: 80,
            currency: Currency::EUR,
            gross_minor: 900,
            settlements: settlements.to_vec(),
        };
        missed_day(&lines.iter().collect::<Vec<_>>(), &invoice, as_of, 2)
    }

    #[test]
    fn a_line_is_missed_after_its_tolerance_unless_the_cash_came() {
        let plan = [line(100, 110), line(100, 140), line(100, 170)];
        assert_eq!(missed(&plan, &[], 111), None);
        assert_eq!(missed(&plan, &[], 112), Some(110));
        assert_eq!(missed(&plan, &[(112, 300, true)], 141), None);
        assert_eq!(missed(&plan, &[(112, 300, true)], 142), Some(140));
        assert_eq!(missed(&plan, &[(101, 900, true)], 200), None);
    }

    #[test]
    fn a_plan_that_was_replaced_in_time_is_not_missed() {
        let plans = [line(100, 110), line(108, 150)];
        assert_eq!(missed(&plans, &[], 130), None);
        assert_eq!(missed(&plans, &[], 152), Some(150));
    }
}
