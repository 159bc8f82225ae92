//! From the facts of one currency to the plain numbers the figures are made of.
//!
//! Everything here goes by business date among the facts known at the cut-off. Only the receivables
//! at the start of the window, which [`report()`](super::report()) takes from an earlier snapshot, are
//! those known then.

use std::collections::BTreeMap;

use super::aging::AGING_BUCKETS;
use super::collection::{PaidItem, PromiseOutcome};
use super::dso::MonthSales;
use super::facts::{CurrencyFacts, PromiseFact, SettlementFact, SettlementKind};
use super::window::{PROMISE_TOLERANCE_DAYS, Window};
use crate::domain::Date;
use crate::domain::date::{add_days, day_number, from_day_number, month_start};

/// Days of due dates the provision matrix learns from: a year, so that no season weighs twice.
const COHORT_DAYS: i32 = 365;

/// Days past due after which an amount still unpaid counts as lost in the provision matrix.
const LOSS_DAYS: i32 = 90;

/// Cash by day: what came from one invoice or one customer.
type CashByDay = Vec<(i32, i64)>;

/// Returns the credit sales of the window: invoices issued less credit notes.
pub(crate) fn credit_sales(facts: &CurrencyFacts, window: Window) -> i64 {
    let issued: i64 = facts
        .invoices
        .iter()
        .filter(|invoice| window.contains(invoice.invoice_day))
        .map(|invoice| invoice.gross)
        .sum();
    let credited: i64 = facts
        .credits
        .iter()
        .filter(|(day, _)| window.contains(*day))
        .map(|(_, amount)| amount)
        .sum();
    issued - credited
}

/// Returns the credit sales by calendar month, newest first, back to the first fact.
///
/// The month of the cut-off counts the days that have passed.
pub(crate) fn monthly_sales(facts: &CurrencyFacts, as_of: Date) -> Vec<MonthSales> {
    let mut sales: BTreeMap<Date, i64> = BTreeMap::new();
    for invoice in &facts.invoices {
        let month = month_start(from_day_number(invoice.invoice_day));
        *sales.entry(month).or_default() += invoice.gross;
    }
    for (day, amount) in &facts.credits {
        let month = month_start(from_day_number(*day));
        *sales.entry(month).or_default() -= amount;
    }
    let Some(oldest) = sales.keys().next().copied() else {
        return Vec::new();
    };
    let mut months = Vec::new();
    let mut end = as_of;
    while end >= oldest {
        let start = month_start(end);
        let days = day_number(end) - day_number(start) + 1;
        months.push(MonthSales {
            sales_minor: sales.get(&start).copied().unwrap_or(0),
            days: u32::try_from(days).expect("a month's first day is not after its last"),
        });
        end = add_days(start, -1);
    }
    months
}

/// Cash collected in the window, and what could have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Collection {
    /// Cash of the window on items due by its end.
    pub(crate) collected: i64,
    /// Open at the start of the window, or issued since, and due by its end.
    pub(crate) collectable: i64,
}

/// Returns what was collected of what was overdue at the start or fell due in the window.
pub(crate) fn collection(facts: &CurrencyFacts, window: Window) -> Collection {
    let mut result = Collection::default();
    let mut balances: Vec<i64> = facts.invoices.iter().map(|invoice| invoice.gross).collect();
    for settlement in &facts.settlements {
        let is_due = facts.invoices[settlement.invoice].due_day <= window.last_day;
        if settlement.day < window.first_day {
            balances[settlement.invoice] -= settlement.amount;
        } else if is_due && is_cash_in(settlement, window) {
            result.collected += settlement.amount;
        }
    }
    result.collectable = facts
        .invoices
        .iter()
        .zip(balances)
        .filter(|(invoice, _)| invoice.due_day <= window.last_day)
        .map(|(_, balance)| balance.max(0))
        .sum();
    result
}

/// Returns the payments of the window with their days past due.
pub(crate) fn paid_items(facts: &CurrencyFacts, window: Window) -> Vec<PaidItem> {
    facts
        .settlements
        .iter()
        .filter(|settlement| is_cash_in(settlement, window))
        .map(|settlement| PaidItem {
            amount_minor: settlement.amount,
            days_past_due: settlement.day - facts.invoices[settlement.invoice].due_day,
        })
        .collect()
}

/// Amounts given up in the window, and amounts that came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BadDebt {
    pub(crate) write_offs: i64,
    /// Cash of the window on invoices that had been written off on an earlier day.
    pub(crate) recoveries: i64,
}

/// Returns the write-offs of the window and what came back of this and earlier ones.
pub(crate) fn bad_debt(facts: &CurrencyFacts, window: Window) -> BadDebt {
    let mut first_write_off: BTreeMap<usize, i32> = BTreeMap::new();
    let mut result = BadDebt::default();
    for settlement in &facts.settlements {
        if settlement.kind == SettlementKind::WriteOff {
            let first = first_write_off
                .entry(settlement.invoice)
                .or_insert(settlement.day);
            *first = settlement.day.min(*first);
            if window.contains(settlement.day) {
                result.write_offs += settlement.amount;
            }
        }
    }
    for settlement in &facts.settlements {
        let is_after = first_write_off
            .get(&settlement.invoice)
            .is_some_and(|day| *day < settlement.day);
        if is_after && is_cash_in(settlement, window) {
            result.recoveries += settlement.amount;
        }
    }
    result
}

fn is_cash_in(settlement: &SettlementFact, window: Window) -> bool {
    settlement.kind == SettlementKind::Cash && window.contains(settlement.day)
}

/// Returns the outcome of every promise whose deadline lies in the window.
///
/// The deadline is the promised date plus [`PROMISE_TOLERANCE_DAYS`]. A promise is kept if the cash
/// from its creation to its deadline, of its invoice if it names one, else of its customer, reaches
/// the promised amount; without an amount, what the invoice owed when it was given. A promise with
/// neither is left out. Two promises may point to the same cash.
pub(crate) fn promises(facts: &CurrencyFacts, window: Window) -> Vec<PromiseOutcome> {
    let due: Vec<&PromiseFact> = facts
        .promises
        .iter()
        .filter(|promise| window.contains(promise.promised_day + PROMISE_TOLERANCE_DAYS))
        .collect();
    if due.is_empty() {
        return Vec::new();
    }
    let mut of_invoice: BTreeMap<usize, CashByDay> = BTreeMap::new();
    let mut of_customer: BTreeMap<&str, CashByDay> = BTreeMap::new();
    let mut settled: BTreeMap<usize, CashByDay> = BTreeMap::new();
    for settlement in &facts.settlements {
        let entry = (settlement.day, settlement.amount);
        settled.entry(settlement.invoice).or_default().push(entry);
        if settlement.kind == SettlementKind::Cash {
            let customer = facts.invoices[settlement.invoice].customer_id.as_str();
            of_invoice.entry(settlement.invoice).or_default().push(entry);
            of_customer.entry(customer).or_default().push(entry);
        }
    }
    due.into_iter()
        .filter_map(|promise| {
            let owed = promise.invoice.map(|invoice| {
                let before = sum_between(settled.get(&invoice), i32::MIN, promise.created_day - 1);
                facts.invoices[invoice].gross - before
            });
            let amount_minor = promise.amount.or(owed).filter(|amount| *amount > 0)?;
            let cash = match promise.invoice {
                Some(invoice) => of_invoice.get(&invoice),
                None => of_customer.get(promise.customer_id.as_str()),
            };
            let deadline = promise.promised_day + PROMISE_TOLERANCE_DAYS;
            Some(PromiseOutcome {
                amount_minor,
                is_kept: sum_between(cash, promise.created_day, deadline) >= amount_minor,
            })
        })
        .collect()
}

/// Returns the cash of the days `first` to `last`, both inclusive.
fn sum_between(cash: Option<&CashByDay>, first: i32, last: i32) -> i64 {
    cash.into_iter()
        .flatten()
        .filter(|(day, _)| (first..=last).contains(day))
        .map(|(_, amount)| amount)
        .sum()
}

/// How far the sales of a past year rolled through the ageing buckets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RollFlow {
    /// Amount that came to be in each bucket.
    pub(crate) reached: [i64; AGING_BUCKETS],
    /// Amount still unpaid 90 days after the due date.
    pub(crate) loss: i64,
}

/// Returns the flow of the invoices that fell due in the year which ended 90 days before the
/// cut-off, so that each has been watched for 90 days past due.
///
/// What is unpaid by then counts as lost: later receipts make the matrix a cautious one. Credit
/// notes take a sale back whatever their date, because they are no credit loss; write-offs pay
/// nothing.
pub(crate) fn roll_flow(facts: &CurrencyFacts, last_day: i32) -> RollFlow {
    let newest = last_day - LOSS_DAYS;
    let cohort = newest - COHORT_DAYS + 1..=newest;
    let mut reached = [0_i64; AGING_BUCKETS];
    for invoice in &facts.invoices {
        if cohort.contains(&invoice.due_day) {
            for amount in &mut reached {
                *amount += invoice.gross;
            }
        }
    }
    for settlement in &facts.settlements {
        let due_day = facts.invoices[settlement.invoice].due_day;
        if !cohort.contains(&due_day) || settlement.kind == SettlementKind::WriteOff {
            continue;
        }
        if settlement.kind == SettlementKind::CreditNote {
            reached[0] -= settlement.amount;
        }
        // The bucket after `current` holds what is unpaid at the end of the due date, the next ones
        // what is unpaid 30, 60 and 90 days later.
        for (amount, days) in reached.iter_mut().skip(1).zip([0, 30, 60, LOSS_DAYS]) {
            let is_credit = settlement.kind == SettlementKind::CreditNote;
            if is_credit || settlement.day <= due_day + days {
                *amount -= settlement.amount;
            }
        }
    }
    let reached = reached.map(|amount| amount.max(0));
    RollFlow {
        reached,
        loss: reached[AGING_BUCKETS - 1],
    }
}
