//! When to ask again: the first day on which something changes by itself.

use super::look::Look;
use crate::action::account::PromiseState;
use crate::action::candidate::WhyNot;
use crate::domain::Date;
use crate::domain::date::add_days;

/// Days after which an account is looked at again, whatever happens.
const REVIEW_DAYS_MAX: i64 = 30;

/// Returns the day: the first on which a reason has ended, an item is overdue, or a step of the procedure is reached.
pub(super) fn review_on(look: &Look<'_>, why_nots: &[WhyNot]) -> Date {
    let facts = &look.facts;
    let (account, exclusions) = (facts.account, &facts.policy.exclusions);
    // Days past due are those at `as_of`: a worklist sees a day only once it has ended.
    let lag = (facts.day - account.as_of).num_days();
    let ended = why_nots
        .iter()
        .filter_map(|why_not| why_not.until)
        .map(|until| add_days(until, 1));
    let overdue = account
        .items
        .iter()
        .map(|item| add_days(item.due_date, i64::from(exclusions.grace_days) + 1 + lag));
    let tomorrow = add_days(facts.day, 1);
    // One whose last day lies between `as_of` and the day is judged as soon as its facts are known.
    let promises = account
        .promises
        .iter()
        .filter(|promise| promise.state == PromiseState::Open)
        .map(|promise| add_days(promise.last_day(exclusions.promise_tolerance_days), 1).max(tomorrow));
    let steps = look.procedure.into_iter().flat_map(move |procedure| {
        procedure.steps.iter().flat_map(move |step| {
            let days = i64::from(step.from_days_past_due) + lag;
            account
                .items
                .iter()
                .map(move |item| add_days(item.due_date, days))
        })
    });
    let last = add_days(facts.day, REVIEW_DAYS_MAX);
    let changes = ended.chain(overdue).chain(promises).chain(steps);
    changes
        .filter(|day| *day > facts.day)
        .min()
        .unwrap_or(last)
        .min(last)
}
