//! What was done before, and the dunning level that each item has from it.

use super::read::{Places, told};
use super::{Account, Contact};
use crate::action::Error;
use crate::action::kind::{ActionId, Channel};
use crate::domain::date::{add_days, from_day_number};
use crate::history::row_values::RowValues;
use crate::history::{Keep, Snapshot, Table};

/// Days for which a contact is remembered, where it is about no open item: no cap and no cooling-off is longer.
const REMEMBERED_DAYS: i64 = 400;

const NAMES: [&str; 8] = [
    "customer_id",
    "action_type",
    "channel",
    "sent_on",
    "invoice_id",
    "level",
    "outcome",
    "outcome_on",
];

/// Fills in the contacts, oldest first, and the levels of the items.
pub(super) fn fill(snapshot: &Snapshot, places: &Places, accounts: &mut [Account]) -> Result<(), Error> {
    if snapshot.is_bare(Table::Actions) {
        return Ok(());
    }
    // A decision to wait is logged for learning; the customer knew nothing of it.
    let known_of = Keep::Other {
        column: "action_type",
        than: ActionId::WAIT,
    };
    let frame = snapshot.rows(Table::Actions, &NAMES, known_of)?;
    let of = |name: &str| RowValues::of(&frame, name);
    let (ids, actions, channels) = (of("customer_id")?, of("action_type")?, of("channel")?);
    let (sent, invoices, levels) = (of("sent_on")?, of("invoice_id")?, of("level")?);
    let (outcomes, outcome_days) = (of("outcome")?, of("outcome_on")?);
    let since = add_days(snapshot.cutoff(), -REMEMBERED_DAYS);
    for row in 0..frame.height() {
        let place = ids.text(row).and_then(|id| places.find(id));
        let Some(account) = place.and_then(|place| accounts.get_mut(place)) else {
            continue;
        };
        let Some(sent_on) = sent.day(row).map(from_day_number) else {
            continue;
        };
        let invoice = invoices.text(row).filter(|id| !id.is_empty());
        let is_open = invoice.is_some_and(|id| account.items.iter().any(|item| item.invoice_id == id));
        if sent_on < since && !is_open {
            continue;
        }
        account.contacts.push(Contact {
            action: actions.text(row).unwrap_or_default().to_owned(),
            channel: told(channels.text(row)).and_then(|name| Channel::parse(&name.to_lowercase())),
            sent_on,
            invoice_id: invoice.map(str::to_owned),
            level: levels.integer(row).and_then(|level| u32::try_from(level).ok()),
            outcome: told(outcomes.text(row)).map(|outcome| outcome.to_lowercase()),
            outcome_on: outcome_days.day(row).map(from_day_number),
        });
    }
    for account in accounts {
        order(account);
        set_levels(account);
    }
    Ok(())
}

/// Oldest first; the order of the ledger's rows must not show.
fn order(account: &mut Account) {
    account.contacts.sort_by(|left, right| {
        (left.sent_on, &left.action, &left.invoice_id, left.level).cmp(&(
            right.sent_on,
            &right.action,
            &right.invoice_id,
            right.level,
        ))
    });
}

/// The level of an item is the highest that was sent for it and came through; one about the whole account counts for
/// what was overdue.
pub(super) fn set_levels(account: &mut Account) {
    for item in &mut account.items {
        let sent = account.contacts.iter().filter(|contact| {
            !contact.is_void()
                && contact.is_about(item)
                && (contact.invoice_id.is_some() || item.due_date < contact.sent_on)
        });
        item.level = sent.filter_map(|contact| contact.level).max().unwrap_or(0);
    }
}
