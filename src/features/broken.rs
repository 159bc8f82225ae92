//! Promises that were broken of late, one by one: what the columns of the promises count.
//!
//! The rule is that of [`promise`](crate::features::promise): what a promise needs is fixed on the day it became
//! known, and it is judged once, by the cash known at the end of its last day of grace. Here instalment plans do not
//! move what is due; that matters only for a promise that names neither an invoice nor an amount.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use crate::domain::Date;
use crate::domain::date::{day_number, from_day_number};
use crate::features::Error;
use crate::features::event::PROMISE_TOLERANCE_DAYS;
use crate::history::{Snapshot, schema::Table};

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BrokenPromise {
    /// The promise.
    pub promise_id: String,
    /// Who gave it.
    pub customer_id: String,
    /// What it was about; `None` for the whole account.
    pub invoice_id: Option<String>,
    /// The day by which payment was promised.
    pub promised_date: Date,
}

/// A promise that was judged, as day numbers and minor units.
#[derive(Debug, Clone)]
struct Judged {
    promise: BrokenPromise,
    known_day: i32,
    promised_day: i32,
    judged_day: i32,
    amount_minor: Option<i64>,
}

/// An invoice with what has settled it so far.
#[derive(Debug, Clone)]
struct Account {
    customer_id: String,
    known_day: i32,
    due_day: i32,
    amount_minor: i64,
    /// Day on which it was taken note of, amount, and whether it was cash.
    settlements: Vec<(i32, i64, bool)>,
}

impl Account {
    /// What was open before anything of that day; nothing of an invoice that was not known yet.
    fn open_before(&self, day: i32) -> i64 {
        if self.known_day > day {
            return 0;
        }
        let earlier = self.settlements.iter().filter(|(on, _, _)| *on < day);
        (self.amount_minor - earlier.map(|(_, amount, _)| amount).sum::<i64>()).max(0)
    }

    /// The cash that came from one day to another, both included.
    fn cash_between(&self, first: i32, last: i32) -> i64 {
        let cash = self.settlements.iter().filter(|(_, _, is_cash)| *is_cash);
        cash.filter(|(on, _, _)| (first..=last).contains(on))
            .map(|(_, amount, _)| amount)
            .sum()
    }
}

/// Returns the promises whose last day of grace lies after `after` and not after the cut-off, and that were not kept
/// by then; in the order of their ids.
///
/// # Errors
///
/// When polars cannot read a table.
pub fn broken_promises(snapshot: &Snapshot, after: Date) -> Result<Vec<BrokenPromise>, Error> {
    let judged = judged(snapshot, after)?;
    if judged.is_empty() {
        return Ok(Vec::new());
    }
    let customers: BTreeSet<&str> = judged
        .iter()
        .map(|judged| judged.promise.customer_id.as_str())
        .collect();
    let accounts = accounts(
        snapshot,
        &customers.into_iter().map(str::to_owned).collect::<Vec<_>>(),
    )?;
    let mut broken: Vec<BrokenPromise> = judged
        .into_iter()
        .filter(|judged| is_broken(judged, &accounts))
        .map(|judged| judged.promise)
        .collect();
    broken.sort();
    Ok(broken)
}

fn judged(snapshot: &Snapshot, after: Date) -> Result<Vec<Judged>, Error> {
    let (after, until) = (day_number(after), day_number(snapshot.cutoff()));
    let early = lit(Scalar::new_date(after - PROMISE_TOLERANCE_DAYS));
    let recent = col("known_on")
        .gt(early.clone())
        .or(col("promised_date").gt(early));
    let frame = snapshot
        .table(Table::Promises)
        .filter(recent)
        .select([
            col("promise_id"),
            col("customer_id"),
            col("invoice_id"),
            col("known_on").cast(DataType::Int32),
            col("promised_date").cast(DataType::Int32),
            col("promised_amount_minor"),
        ])
        .collect()?;
    let (promise, customer) = (
        frame.column("promise_id")?.str()?,
        frame.column("customer_id")?.str()?,
    );
    let invoice = frame.column("invoice_id")?.str()?;
    let (known, promised) = (
        frame.column("known_on")?.i32()?,
        frame.column("promised_date")?.i32()?,
    );
    let amount = frame.column("promised_amount_minor")?.i64()?;
    let mut judged = Vec::new();
    for row in 0..frame.height() {
        let (Some(known_day), Some(promised_day)) = (known.get(row), promised.get(row)) else {
            continue;
        };
        let judged_day = known_day.max(promised_day) + PROMISE_TOLERANCE_DAYS;
        if judged_day > after && judged_day <= until {
            judged.push(Judged {
                promise: BrokenPromise {
                    promise_id: promise.get(row).unwrap_or_default().to_owned(),
                    customer_id: customer.get(row).unwrap_or_default().to_owned(),
                    invoice_id: invoice.get(row).map(str::to_owned),
                    promised_date: from_day_number(promised_day),
                },
                known_day,
                promised_day,
                judged_day,
                amount_minor: amount.get(row),
            });
        }
    }
    Ok(judged)
}

/// Reads the invoices of some customers with their settlements.
fn accounts(snapshot: &Snapshot, customers: &[String]) -> Result<BTreeMap<String, Account>, Error> {
    let asked = df!("customer_id" => customers)?.lazy();
    let theirs = snapshot.table(Table::Invoices).join(
        asked,
        [col("customer_id")],
        [col("customer_id")],
        JoinArgs::new(JoinType::Semi),
    );
    let invoices = theirs
        .clone()
        .select([
            col("invoice_id"),
            col("customer_id"),
            col("known_on").cast(DataType::Int32),
            col("due_date").cast(DataType::Int32),
            col("amount_minor"),
        ])
        .collect()?;
    let (id, customer) = (
        invoices.column("invoice_id")?.str()?,
        invoices.column("customer_id")?.str()?,
    );
    let (known, due) = (
        invoices.column("known_on")?.i32()?,
        invoices.column("due_date")?.i32()?,
    );
    let amount = invoices.column("amount_minor")?.i64()?;
    let mut accounts = BTreeMap::new();
    for row in 0..invoices.height() {
        let account = Account {
            customer_id: customer.get(row).unwrap_or_default().to_owned(),
            known_day: known.get(row).unwrap_or(i32::MAX),
            due_day: due.get(row).unwrap_or(i32::MAX),
            amount_minor: amount.get(row).unwrap_or_default(),
            settlements: Vec::new(),
        };
        accounts.insert(id.get(row).unwrap_or_default().to_owned(), account);
    }
    settle(snapshot, theirs, &mut accounts)?;
    Ok(accounts)
}

/// Adds what has settled the invoices.
fn settle(
    snapshot: &Snapshot,
    theirs: LazyFrame,
    accounts: &mut BTreeMap<String, Account>,
) -> Result<(), Error> {
    let settled = snapshot
        .settlements()
        .join(
            theirs.select([col("invoice_id")]),
            [col("invoice_id")],
            [col("invoice_id")],
            JoinArgs::new(JoinType::Semi),
        )
        .select([
            col("invoice_id"),
            col("kind"),
            col("known_on").cast(DataType::Int32),
            col("amount_minor"),
        ])
        .collect()?;
    let (id, kind) = (
        settled.column("invoice_id")?.str()?,
        settled.column("kind")?.str()?,
    );
    let (known, amount) = (
        settled.column("known_on")?.i32()?,
        settled.column("amount_minor")?.i64()?,
    );
    for row in 0..settled.height() {
        let Some(account) = id.get(row).and_then(|id| accounts.get_mut(id)) else {
            continue;
        };
        // A payment that was recorded before its invoice waits for it.
        let day = known.get(row).unwrap_or(i32::MAX).max(account.known_day);
        let settled = (
            day,
            amount.get(row).unwrap_or_default(),
            kind.get(row) == Some("cash"),
        );
        account.settlements.push(settled);
    }
    Ok(())
}

/// Judges one promise; one that was given when nothing was open promises nothing.
fn is_broken(judged: &Judged, accounts: &BTreeMap<String, Account>) -> bool {
    let (given, last) = (judged.known_day, judged.judged_day);
    let (covered, unsaid, cash) = if let Some(id) = &judged.promise.invoice_id {
        let Some(account) = accounts.get(id) else {
            return false;
        };
        let open = account.open_before(given);
        (open, open, account.cash_between(given, last))
    } else {
        let theirs = || {
            let customer = &judged.promise.customer_id;
            accounts
                .values()
                .filter(move |account| account.customer_id == *customer)
        };
        let owed = |due_by: i32| -> i64 {
            let due = theirs().filter(|account| account.due_day <= due_by);
            due.fold(0_i64, |sum, account| {
                sum.saturating_add(account.open_before(given))
            })
        };
        let covered = owed(i32::MAX);
        let unsaid = Some(owed(judged.promised_day))
            .filter(|due| *due > 0)
            .unwrap_or(covered);
        let cash = theirs().fold(0_i64, |sum, account| {
            sum.saturating_add(account.cash_between(given, last))
        });
        (covered, unsaid, cash)
    };
    let needed = judged.amount_minor.unwrap_or(unsaid).min(covered);
    needed > 0 && cash < needed
}

#[cfg(test)]
mod tests {
    use super::{Account, BrokenPromise, Judged, is_broken};
    use crate::domain::date::from_day_number;
    use std::collections::BTreeMap;

    /// A promise of day 100 for day 110, judged on day 113, of an invoice of 500 with these settlements.
    fn broken(amount_minor: Option<i64>, names_invoice: bool, settlements: &[(i32, i64, bool)]) -> bool {
        let account = Account {
            customer_id: "C1".to_owned(),
            known_day: 50,
            due_day: 80,
            amount_minor: 500,
            settlements: settlements.to_vec(),
        };
        let judged = Judged {
            promise: BrokenPromise {
                promise_id: "P1".to_owned(),
                customer_id: "C1".to_owned(),
                invoice_id: names_invoice.then(|| "I1".to_owned()),
                promised_date: from_day_number(110),
            },
            known_day: 100,
            promised_day: 110,
            judged_day: 113,
            amount_minor,
        };
        is_broken(&judged, &BTreeMap::from([("I1".to_owned(), account)]))
    }

    #[test]
    fn a_promise_is_broken_when_its_cash_has_not_come_by_the_last_day_of_grace() {
        for names_invoice in [true, false] {
            assert!(broken(None, names_invoice, &[]));
            assert!(broken(Some(300), names_invoice, &[(105, 299, true)]));
            assert!(broken(Some(300), names_invoice, &[(114, 300, true)]));
            assert!(!broken(Some(300), names_invoice, &[(113, 300, true)]));
            assert!(!broken(
                Some(300),
                names_invoice,
                &[(100, 100, true), (108, 200, true)]
            ));
        }
    }

    #[test]
    fn cash_before_the_promise_and_credit_notes_do_not_keep_it() {
        assert!(broken(Some(300), true, &[(99, 200, true)]));
        assert!(broken(None, true, &[(105, 500, false)]));
    }

    #[test]
    fn nobody_can_break_a_promise_of_nothing() {
        assert!(!broken(None, true, &[(90, 500, true)]));
        assert!(!broken(Some(300), false, &[(90, 500, true)]));
    }
}
