//! Which collector does what was drawn, or what is recommended for one customer alone.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::prospect::Prospect;
use crate::action::account::Account;
use crate::action::choice::is_gain;
use crate::action::collector::Collector;
use crate::action::explore::Drawn;
use crate::action::policy::{ActionRule, Policy};

/// Minutes of an hour.
const HOUR_MINUTES: f64 = 60.0;

/// What was drawn for a customer, and who does it.
pub(super) type StaffedDraw = Option<(Drawn, Option<usize>)>;

/// Whether a collector can do something for a customer, and has a day that is long enough.
pub(super) fn can_do(collector: &Collector, account: &Account, rule: &ActionRule) -> bool {
    collector.minutes >= rule.minutes
        && collector.can_serve(
            account.language.as_deref(),
            account.collector.as_deref(),
            rule.skill.as_deref(),
        )
}

/// Gives the minutes of what was drawn out, to the customer's own collector first, else to who has the most left.
///
/// Returns what stands of the draws, the collectors with what they have left, and how many draws fell for want of
/// minutes: these customers are planned for like those who were not drawn.
pub(super) fn staffed(
    draws: Vec<Option<Drawn>>,
    prospects: &[Prospect<'_>],
    policy: &Policy,
    collectors: &[Collector],
) -> (Vec<StaffedDraw>, Vec<Collector>, usize) {
    let mut left = collectors.to_vec();
    let mut unstaffed = 0;
    let mut kept = Vec::with_capacity(draws.len());
    for (drawn, prospect) in draws.into_iter().zip(prospects) {
        let Some(drawn) = drawn else {
            kept.push(None);
            continue;
        };
        let rule = prospect.rule(policy, drawn.chosen);
        if rule.minutes == 0 {
            kept.push(Some((drawn, None)));
            continue;
        }
        let account = prospect.account;
        let who = (0..left.len())
            .filter(|place| can_do(&left[*place], account, rule))
            .max_by_key(|place| {
                let is_own = account.collector.as_deref() == Some(left[*place].collector_id.as_str());
                (is_own, left[*place].minutes, Reverse(*place))
            });
        if let Some(place) = who {
            left[place].minutes -= rule.minutes;
            kept.push(Some((drawn, Some(place))));
        } else {
            unstaffed += 1;
            kept.push(None);
        }
    }
    (kept, left, unstaffed)
}

/// Who does an action at the least price of a minute, and that price; the customer's own collector where it is the same.
pub(super) fn cheapest(
    account: &Account,
    rule: &ActionRule,
    collectors: &[Collector],
    hour_prices: &BTreeMap<String, f64>,
) -> Option<(usize, f64)> {
    let mut best: Option<(usize, f64)> = None;
    for (place, collector) in collectors.iter().enumerate() {
        if !can_do(collector, account, rule) {
            continue;
        }
        let price = hour_prices.get(&collector.collector_id).copied().unwrap_or(0.0) / HOUR_MINUTES;
        let is_own = account.collector.as_deref() == Some(collector.collector_id.as_str());
        if best.is_none_or(|(_, least)| price < least || (is_own && price <= least)) {
            best = Some((place, price));
        }
    }
    best
}

/// The best candidate at prices, and who does it.
pub(super) fn best_at(
    prospect: &Prospect<'_>,
    policy: &Policy,
    collectors: &[Collector],
    hour_prices: &BTreeMap<String, f64>,
) -> (usize, Option<usize>) {
    let mut best = (0, None);
    let mut most = 0.0;
    if prospect.is_held_out {
        return best;
    }
    for (candidate, gain) in prospect.gains.iter().enumerate() {
        if !is_gain(gain.total) {
            continue;
        }
        let rule = prospect.rule(policy, candidate);
        let (worth, who) = if rule.minutes == 0 {
            (gain.total, None)
        } else if let Some((who, price)) = cheapest(prospect.account, rule, collectors, hour_prices) {
            (gain.total - price * f64::from(rule.minutes), Some(who))
        } else {
            continue;
        };
        if worth > most {
            most = worth;
            best = (candidate, who);
        }
    }
    best
}
