//! Accounts as a client sees them, and what names the facts that they rest on.

use std::fmt::Write as _;

use crate::action::account::AccountItem;
use crate::action::policy::Exclusions;
use crate::action::{Account, Policy};
use crate::app::access::Scope;
use crate::app::crypto::sha256_hex;
use crate::domain::Date;
use crate::history::History;
use crate::model::PaymentPrediction;

use super::Error;

/// Reads the accounts that a scope sees, by customer.
pub(super) fn accounts(
    history: &History,
    as_of: Date,
    predictions: &[PaymentPrediction],
    scope: &Scope,
    exclusions: &Exclusions,
) -> Result<Vec<Account>, Error> {
    let snapshot = match scope {
        Scope::All => history.as_of(as_of),
        Scope::Entities(entities) => history.of_entities(entities)?.as_of(as_of),
    };
    Ok(Account::read_all(&snapshot, predictions, exclusions)?)
}

/// Names a scope, and so whose facts advice rests on.
pub(super) fn scope_key(scope: &Scope) -> String {
    match scope {
        Scope::All => String::new(),
        Scope::Entities(entities) => serde_json::json!(entities).to_string(),
    }
}

/// Returns a hash over what is known of a customer, and over whatever else the advice depends on.
///
/// The predictions are not in it: they follow from the facts, the day and the model.
pub(super) fn facts_hash(account: &Account, scope: &str, policy: &Policy, effects_id: &str) -> String {
    let mut text = String::with_capacity(1_024);
    let Account {
        customer_id,
        country,
        party_type,
        is_party_assumed,
        language,
        segment,
        parent_id,
        collector,
        timezone,
        status,
        block,
        do_not_contact,
        reachable,
        is_direct_debit,
        is_key_account,
        credit_limit,
        credit_score,
        items,
        unapplied_credit,
        contacts,
        promises,
        plan_broken_on,
        behaviour,
        ..
    } = account;
    let mut add = |part: &dyn std::fmt::Debug| {
        write!(text, "{part:?}|").expect("writing to a string cannot fail");
    };
    add(&(scope, &policy.version, effects_id, customer_id));
    add(&(
        country,
        party_type,
        is_party_assumed,
        language,
        segment,
        parent_id,
    ));
    add(&(collector, timezone, status, block, do_not_contact, reachable));
    add(&(is_direct_debit, is_key_account, credit_limit, credit_score));
    add(&(unapplied_credit, contacts, promises, plan_broken_on, behaviour));
    for item in items {
        add_item(item, &mut add);
    }
    sha256_hex(text.as_bytes())
}

fn add_item(item: &AccountItem, add: &mut impl FnMut(&dyn std::fmt::Debug)) {
    add(&(&item.invoice_id, &item.entity, item.currency));
    add(&(item.invoice_date, item.due_date));
    add(&(item.open_minor, item.gross_minor, item.disputed_minor));
    add(&(item.promised_minor, item.planned_minor, item.in_transit_minor));
    add(&(item.is_delivered, item.level));
}
