//! Scores that were bought and credits on account: what other tables say of a customer.

use super::Account;
use super::read::Places;
use crate::action::Error;
use crate::domain::Currency;
use crate::history::row_values::RowValues;
use crate::history::{Keep, Snapshot, Table};

/// Fills in the latest external score; of two on a day the later row counts.
pub(super) fn fill_scores(
    snapshot: &Snapshot,
    places: &Places,
    accounts: &mut [Account],
) -> Result<(), Error> {
    if snapshot.is_bare(Table::CreditRatings) {
        return Ok(());
    }
    let columns = ["customer_id", "score_date", "score"];
    let frame = snapshot.rows(Table::CreditRatings, &columns, Keep::All)?;
    let (ids, days) = (
        RowValues::of(&frame, "customer_id")?,
        RowValues::of(&frame, "score_date")?,
    );
    let scores = RowValues::of(&frame, "score")?;
    let mut latest: Vec<Option<(i32, f64)>> = vec![None; accounts.len()];
    for row in 0..frame.height() {
        let Some(place) = ids.text(row).and_then(|id| places.find(id)) else {
            continue;
        };
        let (Some(day), Some(score)) = (days.day(row), scores.number(row)) else {
            continue;
        };
        if latest[place].is_none_or(|(known, _)| day >= known) {
            latest[place] = Some((day, score));
        }
    }
    for (account, found) in accounts.iter_mut().zip(latest) {
        if let Some((_, score)) = found {
            account.credit_score = Some(score);
        }
    }
    Ok(())
}

/// Fills in the credit notes that name no invoice.
pub(super) fn fill_credits(
    snapshot: &Snapshot,
    places: &Places,
    accounts: &mut [Account],
) -> Result<(), Error> {
    if snapshot.is_bare(Table::CreditNotes) {
        return Ok(());
    }
    let columns = ["customer_id", "currency", "amount_minor"];
    let frame = snapshot.rows(Table::CreditNotes, &columns, Keep::Blank("invoice_id"))?;
    let (ids, currencies) = (
        RowValues::of(&frame, "customer_id")?,
        RowValues::of(&frame, "currency")?,
    );
    let amounts = RowValues::of(&frame, "amount_minor")?;
    for row in 0..frame.height() {
        let place = ids.text(row).and_then(|id| places.find(id));
        let currency = currencies.text(row).and_then(|code| Currency::parse(code).ok());
        let account = place.and_then(|place| accounts.get_mut(place));
        if let (Some(account), Some(currency)) = (account, currency) {
            let credit = account.unapplied_credit.entry(currency).or_insert(0);
            *credit = credit.saturating_add(amounts.integer(row).unwrap_or(0));
        }
    }
    Ok(())
}
