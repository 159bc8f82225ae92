//! The accounts of a snapshot, table by table.

use polars::prelude::{DataFrame, LazyFrame};

use super::{Account, behaviour, contacts, customers, items, judged, people, promises};
use crate::action::Error;
use crate::action::policy::Exclusions;
use crate::history::Snapshot;
use crate::model::PaymentPrediction;

/// The customers of the accounts, sorted, so that each row of a table finds its account.
#[derive(Debug)]
pub(super) struct Places {
    ids: Vec<String>,
}

impl Places {
    pub(super) fn of(accounts: &[Account]) -> Self {
        Self {
            ids: accounts
                .iter()
                .map(|account| account.customer_id.clone())
                .collect(),
        }
    }

    /// Returns the place of a customer's account; none of those that owe nothing.
    pub(super) fn find(&self, customer_id: &str) -> Option<usize> {
        self.ids.binary_search_by(|id| id.as_str().cmp(customer_id)).ok()
    }
}

/// Reads everything; see [`Account::read_all`].
pub(super) fn read_all(
    snapshot: &Snapshot,
    predictions: &[PaymentPrediction],
    exclusions: &Exclusions,
) -> Result<Vec<Account>, Error> {
    let mut accounts = items::read(snapshot, predictions)?;
    if accounts.is_empty() {
        return Ok(accounts);
    }
    let places = Places::of(&accounts);
    customers::fill(snapshot, &places, &mut accounts)?;
    people::fill_scores(snapshot, &places, &mut accounts)?;
    people::fill_credits(snapshot, &places, &mut accounts)?;
    contacts::fill(snapshot, &places, &mut accounts)?;
    behaviour::fill(snapshot, &places, &mut accounts)?;
    let given = promises::read(snapshot, &places)?;
    let plans = judged::read_plans(snapshot)?;
    if !given.is_empty() || !plans.is_empty() {
        let owed = judged::read(snapshot, &places, &given, &plans)?;
        promises::fill(&given, &owed, exclusions.promise_tolerance_days, &mut accounts);
        judged::fill_plans(&plans, &owed, exclusions.promise_tolerance_days, &mut accounts);
    }
    Ok(accounts)
}

/// Collects a query, one chunk a column.
pub(super) fn collected(snapshot: &Snapshot, query: LazyFrame) -> Result<DataFrame, Error> {
    let mut frame = snapshot.collect(query)?;
    frame.rechunk_mut();
    Ok(frame)
}

/// Returns a text of its own; an empty one says nothing.
pub(super) fn told(text: Option<&str>) -> Option<String> {
    text.map(str::trim)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}
