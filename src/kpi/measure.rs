//! From a book to the plain numbers the figures are made of.
//!
//! Everything here goes by business date among the facts known at the cut-off. Only the receivables
//! at the start of the window, which the [`Book`] holds, are those known then.

use std::collections::BTreeMap;

use super::aging::AGING_BUCKETS;
use super::book::Book;
use super::collection::{PaidItem, PromiseOutcome};
use super::dso::MonthSales;
use super::facts::{Facts, PromiseFact, SettlementFact, SettlementKind};
use super::window::{PROMISE_TOLERANCE_DAYS, Window};
use crate::domain::date::{add_days, day_number, from_day_number, month_start};
use crate::domain::{Currency, Date};

/// Days of due dates the provision matrix learns from: a year, so that no season weighs twice.
const COHORT_DAYS: i32 = 365;

/// Days past due after which an amount still unpaid counts as lost in the provision matrix.
const LOSS_DAYS: i32 = 90;

/// Cash by day: what came from one invoice or one customer.
type CashByDay = Vec<(i32, i64)>;

/// Returns the credit sales of the window: invoices issued less credit notes.
pub(crate) fn credit_sales(book: &Book, window: Window) -> i64 {
    let issued: i64 = book
        .invoices
        .iter()
        .filter(|invoice| window.contains(invoice.invoice_day))
        .map(|invoice| invoice.gross)
        .sum();
    let credited: i64 = book
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
pub(crate) fn monthly_sales(book: &Book, as_of: Date) -> Vec<MonthSales> {
    let mut sales: BTreeMap<Date, i64> = BTreeMap::new();
    for invoice in &book.invoices {
        let month = month_start(from_day_number(invoice.invoice_day));
        *sales.entry(month).or_default() += invoice.gross;
    }
    for (day, amount) in &book.credits {
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
pub(crate) fn collection(book: &Book, window: Window) -> Collection {
    let mut result = Collection::default();
    let mut balances: Vec<i64> = book.invoices.iter().map(|invoice| invoice.gross).collect();
    for settlement in &book.settlements {
        let is_due = book.invoices[settlement.invoice].due_day <= window.last_day;
        if settlement.day < window.first_day {
            balances[settlement.invoice] -= settlement.amount;
        } else if is_due && is_cash_in(settlement, window) {
            result.collected += settlement.amount;
        }
    }
    result.collectable = book
        .invoices
        .iter()
        .zip(balances)
        .filter(|(invoice, _)| invoice.due_day <= window.last_day)
        .map(|(_, balance)| balance.max(0))
        .sum();
    result
}

/// Returns the payments of the window with their days past due.
pub(crate) fn paid_items(book: &Book, window: Window) -> Vec<PaidItem> {
    book.settlements
        .iter()
        .filter(|settlement| is_cash_in(settlement, window))
        .map(|settlement| PaidItem {
            amount_minor: settlement.amount,
            days_past_due: settlement.day - book.invoices[settlement.invoice].due_day,
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
pub(crate) fn bad_debt(book: &Book, window: Window) -> BadDebt {
    let mut first_write_off: BTreeMap<usize, i32> = BTreeMap::new();
    let mut result = BadDebt::default();
    for settlement in &book.settlements {
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
    for settlement in &book.settlements {
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

/// A promise whose deadline has passed, and what became of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DuePromise {
    pub(crate) currency: Currency,
    pub(crate) customer: usize,
    /// Position in [`Facts::invoices`], where it names one.
    pub(crate) invoice: Option<usize>,
    pub(crate) outcome: PromiseOutcome,
}

/// A promise whose deadline lies in the window, as known at its end.
struct Pledge<'a> {
    promise: &'a PromiseFact,
    invoice: Option<usize>,
    currency: Currency,
    deadline: i32,
}

/// Returns the outcome of every promise whose deadline lies in the window.
///
/// The deadline is the promised date plus [`PROMISE_TOLERANCE_DAYS`]. A promise is kept if the cash
/// from its creation to its deadline, of its invoice if it names one, else of its customer, reaches
/// the promised amount; without an amount, what the invoice owed when it was given. A promise with
/// neither is left out. Two promises may point to the same cash.
pub(crate) fn promises(facts: &Facts, window: Window) -> Vec<DuePromise> {
    let pledges: Vec<Pledge<'_>> = facts
        .promises
        .iter()
        .filter_map(|promise| pledge(facts, promise, window))
        .collect();
    if pledges.is_empty() {
        return Vec::new();
    }
    let receipts = Receipts::of(facts, &pledges, window.last_day);
    pledges
        .into_iter()
        .filter_map(|pledge| {
            let promise = pledge.promise;
            let owed = pledge.invoice.map(|invoice| {
                let before = sum_between(receipts.settled.get(&invoice), i32::MIN, promise.created_day - 1);
                facts.invoices[invoice].gross - before
            });
            let amount_minor = promise.amount.or(owed).filter(|amount| *amount > 0)?;
            let cash = match pledge.invoice {
                Some(invoice) => receipts.of_invoice.get(&invoice),
                None => receipts.of_customer.get(&(pledge.currency, promise.customer)),
            };
            let is_kept = sum_between(cash, promise.created_day, pledge.deadline) >= amount_minor;
            Some(DuePromise {
                currency: pledge.currency,
                customer: promise.customer,
                invoice: pledge.invoice,
                outcome: PromiseOutcome {
                    amount_minor,
                    is_kept,
                },
            })
        })
        .collect()
}

/// What came in by day, of the invoices and customers that promised something.
#[derive(Default)]
struct Receipts {
    /// Everything that settled an invoice.
    settled: BTreeMap<usize, CashByDay>,
    of_invoice: BTreeMap<usize, CashByDay>,
    of_customer: BTreeMap<(Currency, usize), CashByDay>,
}

impl Receipts {
    fn of(facts: &Facts, pledges: &[Pledge<'_>], cutoff: i32) -> Self {
        let mut receipts = Self::default();
        for pledge in pledges {
            if let Some(invoice) = pledge.invoice {
                receipts.settled.entry(invoice).or_default();
                receipts.of_invoice.entry(invoice).or_default();
            } else {
                let payer = (pledge.currency, pledge.promise.customer);
                receipts.of_customer.entry(payer).or_default();
            }
        }
        for settlement in facts.known_settlements(cutoff) {
            let entry = (settlement.day, settlement.amount);
            let invoice = &facts.invoices[settlement.invoice];
            if let Some(all) = receipts.settled.get_mut(&settlement.invoice) {
                all.push(entry);
            }
            if settlement.kind == SettlementKind::Cash {
                if let Some(cash) = receipts.of_invoice.get_mut(&settlement.invoice) {
                    cash.push(entry);
                }
                if let Some(cash) = receipts
                    .of_customer
                    .get_mut(&(invoice.currency, invoice.customer))
                {
                    cash.push(entry);
                }
            }
        }
        receipts
    }
}

/// Returns a promise if it was known at the end of the window and its deadline lies in it.
fn pledge<'a>(facts: &Facts, promise: &'a PromiseFact, window: Window) -> Option<Pledge<'a>> {
    let deadline = promise.promised_day + PROMISE_TOLERANCE_DAYS;
    if promise.known_day > window.last_day || !window.contains(deadline) {
        return None;
    }
    let place = facts.known_invoice(promise.invoice, window.last_day);
    let of_invoice = place.map(|place| facts.invoices[place].currency);
    // Without a currency and without an invoice there is nothing to measure the cash in.
    let currency = promise.currency.or(of_invoice)?;
    Some(Pledge {
        promise,
        invoice: place.filter(|_| of_invoice == Some(currency)),
        currency,
        deadline,
    })
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
pub(crate) fn roll_flow(book: &Book, last_day: i32) -> RollFlow {
    let newest = last_day - LOSS_DAYS;
    let cohort = newest - COHORT_DAYS + 1..=newest;
    let mut reached = [0_i64; AGING_BUCKETS];
    for invoice in &book.invoices {
        if cohort.contains(&invoice.due_day) {
            for amount in &mut reached {
                *amount += invoice.gross;
            }
        }
    }
    for settlement in &book.settlements {
        let due_day = book.invoices[settlement.invoice].due_day;
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
