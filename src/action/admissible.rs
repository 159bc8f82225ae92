//! What may be done for a customer on a day, under policy and law, and why the rest may not.
//!
//! Nothing here depends on what an action is worth: whatever effects are believed in, what is not admissible is never
//! chosen. Every action that is left out says why, with the first reason that holds:
//!
//! | code | meaning |
//! |---|---|
//! | `insolvency`, `deceased`, `debt_counselling`, `legal`, `blocked` | the customer is not contacted |
//! | `not_in_procedure`, `step_not_reached` | the customer's procedure does not take it, or not yet |
//! | `nothing_to_dun` | nothing that it could be about |
//! | `level_not_reached`, `level_passed`, `once_per_invoice` | a milder level comes first, or it was done |
//! | `notice_missing`, `notice_not_delivered`, `notice_running` | the formal notice before a handover |
//! | `precondition`, `no_language`, `natural_person_scoring` | the policy does not have it for this customer |
//! | `cooling_off`, `contact_cap` | too soon after what was done |
//! | `expected_anyway` | the cash is expected without it |
//! | `do_not_contact`, `no_channel`, `bounced` | the channel does not lead to the customer |
//! | `outside_contact_days`, `outside_contact_hours` | not on this day, or at no hour of it |
//! | `call_instead` | a punctual payer gets a person, not a letter |
//!
//! Amounts are left out with a code too: `disputed`, `promised`, `planned`, `in_transit`, `direct_debit`,
//! `unapplied_credit`, `not_delivered`, `no_rate`, `grace`, `below_minimum`, `conflicting_promises`.

mod about;
mod caps;
mod check;
mod condition;
mod facts;
mod hours;
mod look;
mod notice;
mod past;
mod procedure;
mod refusal;
mod review;

use super::account::Account;
use super::candidate::{Admissible, Candidate, WhyNot};
use super::exchange::Exchange;
use super::kind::{ActionKind, Channel};
use super::law::Law;
use super::policy::Policy;
use crate::domain::Date;
use look::{Look, Urgency};

/// Returns what may be done for a customer on a day; to wait always may.
///
/// `day` is the day of the worklist, `as_of` of the account the last day whose facts are known.
#[must_use]
pub fn admissible(
    account: &Account,
    day: Date,
    policy: &Policy,
    law: &Law,
    exchange: &Exchange,
) -> Admissible {
    let tolerance = policy.exclusions.promise_tolerance_days;
    let later = account.with_promises_on(day, tolerance);
    let account = later.as_ref().unwrap_or(account);
    let look = Look::of(account, day, policy, law, exchange);
    let mut candidates = Vec::new();
    let mut why_nots = look.dunnable.why_nots.clone();
    for (action, rule) in policy.actions.iter().enumerate() {
        match check::candidate(&look, action) {
            Ok(candidate) => candidates.push(candidate),
            Err(refusal) => why_nots.push(refusal.of(&rule.id)),
        }
    }
    give_way_to_calls(&look, &mut candidates, &mut why_nots);
    candidates.sort_by_key(|candidate| policy.actions[candidate.action].kind != ActionKind::Wait);
    let overdue: Vec<(usize, i64)> = look
        .overdue
        .iter()
        .map(|place| (*place, look.dunnable.amounts_minor[*place]))
        .collect();
    Admissible {
        dunnable: look.worth(&overdue),
        open: look.facts.open(),
        days_past_due: days_past_due(&look),
        procedure: look
            .procedure
            .map(|procedure| procedure.id.clone())
            .unwrap_or_default(),
        review_on: review::review_on(&look, &why_nots),
        amounts_minor: look.dunnable.amounts_minor,
        candidates,
        why_nots,
    }
}

/// A punctual payer that is suddenly late gets a person, not a letter.
fn give_way_to_calls(look: &Look<'_>, candidates: &mut Vec<Candidate>, why_nots: &mut Vec<WhyNot>) {
    let Some(Urgency::SuddenlyLate { text }) = &look.urgency else {
        return;
    };
    let rule = |candidate: &Candidate| &look.facts.policy.actions[candidate.action];
    if !candidates
        .iter()
        .any(|candidate| rule(candidate).kind == ActionKind::Call)
    {
        return;
    }
    candidates.retain(|candidate| {
        let rule = rule(candidate);
        let is_letter = rule.kind == ActionKind::Reminder && rule.channel != Channel::Phone;
        if is_letter {
            why_nots.push(WhyNot::of_action(
                &rule.id,
                "call_instead",
                format!("{text}: a call instead"),
                None,
            ));
        }
        !is_letter
    });
}

/// Days past due of the oldest amount that may be dunned; of the next one due where nothing is overdue.
fn days_past_due(look: &Look<'_>) -> i32 {
    let items = &look.facts.account.items;
    let overdue = look.overdue.iter().map(|place| items[*place].days_past_due).max();
    overdue.unwrap_or_else(|| {
        let coming = items
            .iter()
            .map(|item| item.days_past_due)
            .filter(|days| *days <= 0);
        coming.max().unwrap_or(0)
    })
}
