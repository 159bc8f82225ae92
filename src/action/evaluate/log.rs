//! Decisions as the ledger has them: its table of actions, waiting included, with what came of each.
//!
//! A row is a decision where it tells the probability with which it was chosen. Rows without one are confounded (bad
//! payers are called): they are counted and left out, and so is what cannot be valued. The set from which a row was
//! drawn is not in the ledger: it is taken to be what was chosen anywhere in the log at the same stage and level, the
//! row's own probability kept and the rest shared by how often the others were chosen.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Logged;
use super::bills::{self, Bill, Bills, Course};
use super::reward::RewardTerms;
use super::words;
use crate::action::decision::{Decision, Share};
use crate::action::kind::{ActionId, Autonomy, Channel, Stage};
use crate::action::{Error, Exchange, Policy};
use crate::domain::Date;
use crate::domain::date::{add_days, day_number, from_day_number};
use crate::history::Snapshot;

use rows::Row;

/// Days after the window in which is seen whether what was open is still paid.
const LATER_DAYS: i32 = 91;

/// The decisions of a period, and what was left out.
#[derive(Clone, Debug)]
pub struct Log {
    /// The decisions that can be used, by customer, invoice and day.
    pub logged: Vec<Logged>,
    /// How cash was valued.
    pub terms: RewardTerms,
    /// What was counted.
    pub counts: LogCounts,
}

/// Rows of the ledger, and why some are no decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogCounts {
    /// Rows of the period.
    pub rows: usize,
    /// Without the probability of the choice: confounded.
    pub without_propensity: usize,
    /// Whose window is not over at the end of the ledger.
    pub too_recent: usize,
    /// Several on one day for one invoice: no single decision.
    pub conflicting: usize,
    /// About an invoice that the ledger does not have, or about nothing open.
    pub without_invoice: usize,
    /// In a currency without a rate.
    pub without_rate: usize,
    /// Decisions followed by another action about the same invoice within the window: their reward is shared.
    pub overlapping: usize,
}

/// What came of a decision, in minor units of the policy's currency.
#[derive(Clone, Copy, Debug, Default)]
struct Amounts {
    known_open: f64,
    paid: f64,
    paid_days: f64,
    open_after: f64,
    later: f64,
    later_days: f64,
}

/// A row that is a decision, with what came of it.
struct Found {
    row: Row,
    amounts: Amounts,
    days_past_due: i32,
    cost: f64,
}

/// Reads the decisions of the days `from` to `to`, both included, with what they earned within `window_days`.
///
/// The snapshot is that of the end of what is known: a decision whose window is not over by then is left out.
///
/// # Errors
///
/// [`Error::History`] when the ledger cannot be read.
pub fn read_log(
    snapshot: &Snapshot,
    from: Date,
    to: Date,
    policy: &Policy,
    window_days: u32,
    exchange: &Exchange,
) -> Result<Log, Error> {
    let mut counts = LogCounts::default();
    let last_day = add_days(snapshot.cutoff(), -i64::from(window_days));
    let rows = rows::read(snapshot, from, to, last_day, &mut counts)?;
    let customers: BTreeSet<String> = rows.iter().map(|row| row.customer_id.clone()).collect();
    let bills = bills::read(snapshot, &customers)?;
    let window = i32::try_from(window_days).unwrap_or(i32::MAX / 4);
    counts.overlapping = overlapping(&rows, window);
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let items = about(&bills, &row);
        if items.is_empty() {
            counts.without_invoice += 1;
            continue;
        }
        let Some(amounts) = amounts(&items, row.day, window, exchange) else {
            counts.without_rate += 1;
            continue;
        };
        let rule = words::rule_of(policy, row.word.as_str(), row.channel);
        found.push(Found {
            days_past_due: oldest(&items, row.day - 1),
            amounts,
            cost: rule.map_or(0.0, |rule| words::cost_of(policy, rule)),
            row,
        });
    }
    let terms = measured_terms(&found, policy, window_days, day_number(snapshot.cutoff()));
    Ok(assembled(found, terms, counts))
}

/// The invoices that a row is about: the one that it names, else what was overdue, else what was open.
fn about<'b>(bills: &'b Bills, row: &Row) -> Vec<&'b Bill> {
    let Some(book) = bills.get(&row.customer_id) else {
        return Vec::new();
    };
    if let Some(invoice_id) = &row.invoice_id {
        let place = book.binary_search_by(|bill| bill.invoice_id.cmp(invoice_id));
        return place.map_or_else(|_| Vec::new(), |place| vec![&book[place]]);
    }
    let as_of = row.day - 1;
    let open: Vec<&Bill> = book
        .iter()
        .filter(|bill| bill.issued <= as_of && bill.known_open(as_of) > 0)
        .collect();
    let overdue: Vec<&Bill> = open.iter().copied().filter(|bill| bill.due < as_of).collect();
    if overdue.is_empty() { open } else { overdue }
}

/// Days past due of the oldest invoice.
fn oldest(items: &[&Bill], as_of: i32) -> i32 {
    items.iter().map(|bill| as_of - bill.due).max().unwrap_or(0)
}

/// What came of the invoices; none where a currency has no rate.
fn amounts(items: &[&Bill], day: i32, window: i32, exchange: &Exchange) -> Option<Amounts> {
    let mut sum = Amounts::default();
    for bill in items {
        let course: Course = bill.course(day, window, LATER_DAYS);
        let minor = |amount: i64| exchange.minor(amount, bill.currency);
        sum.known_open += minor(bill.known_open(day - 1).max(0))?;
        sum.paid += minor(course.paid)?;
        sum.paid_days += minor(course.paid_days)?;
        sum.open_after += minor(course.open_after)?;
        sum.later += minor(course.later)?;
        sum.later_days += minor(course.later_days)?;
    }
    Some(sum)
}

/// Counts the decisions that are followed by another action about the same invoice within the window.
fn overlapping(rows: &[Row], window: i32) -> usize {
    rows.windows(2)
        .filter(|pair| {
            let (one, next) = (&pair[0], &pair[1]);
            one.customer_id == next.customer_id
                && one.invoice_id == next.invoice_id
                && next.day - one.day <= window
                && next.word.as_str() != ActionId::WAIT
        })
        .count()
}

/// Measures what becomes of what is open at the end of a window, over all decisions that are followed long enough.
fn measured_terms(found: &[Found], policy: &Policy, window_days: u32, last: i32) -> RewardTerms {
    let window = i32::try_from(window_days).unwrap_or(i32::MAX / 4);
    let (mut open, mut later, mut later_days) = (0.0, 0.0, 0.0);
    for one in found {
        if one.row.day.saturating_add(window) <= last - LATER_DAYS {
            open += one.amounts.open_after;
            later += one.amounts.later;
            later_days += one.amounts.later_days;
        }
    }
    let ratio = |above: f64, below: f64| if below > 0.0 { above / below } else { 0.0 };
    let lost = if open > 0.0 {
        (1.0 - ratio(later, open)).clamp(0.0, 1.0)
    } else {
        0.0
    };
    RewardTerms {
        window_days,
        cost_of_capital: policy.value.cost_of_capital,
        open_days: ratio(later_days, later).max(0.0),
        loss_of_open: policy.value.loss_share * lost,
    }
}

/// What was chosen at a stage and level, and how often.
type Chosen = BTreeMap<(Stage, Option<i64>), BTreeMap<ActionId, f64>>;

fn assembled(found: Vec<Found>, terms: RewardTerms, counts: LogCounts) -> Log {
    let mut chosen = Chosen::new();
    for one in &found {
        let place = (Stage::of(one.days_past_due), one.row.level);
        let of_place = chosen.entry(place).or_default();
        *of_place.entry(one.row.word.clone()).or_default() += 1.0;
    }
    let logged = found.into_iter().map(|one| logged(one, &chosen, terms)).collect();
    Log {
        logged,
        terms,
        counts,
    }
}

fn logged(one: Found, chosen: &Chosen, terms: RewardTerms) -> Logged {
    let Found {
        row,
        amounts,
        days_past_due,
        cost,
    } = one;
    let stage = Stage::of(days_past_due);
    let admissible = admissible(&row, stage, chosen);
    let decision = Decision {
        decision_id: row.action_id,
        customer_id: row.customer_id,
        invoice_id: row.invoice_id,
        as_of: from_day_number(row.day - 1),
        day: from_day_number(row.day),
        action: row.word,
        channel: row.channel.unwrap_or(Channel::None),
        propensity: row.propensity,
        is_randomised: row.propensity < 1.0,
        is_hold_out: false,
        admissible,
        segment: row.segment,
        stage,
        days_past_due,
        dunnable: amounts.known_open,
        gain: 0.0,
        paid_probability: 0.0,
        collector: None,
        autonomy: Autonomy::Auto,
        facts_hash: String::new(),
        model: String::new(),
        policy: "ledger".to_owned(),
        seed: 0,
        reasons: Vec::new(),
        overridden_by: None,
    };
    let of_open = |part: f64, whole: f64| {
        if whole > 0.0 {
            (part / whole).clamp(0.0, 1.0)
        } else {
            0.0
        }
    };
    Logged {
        decision,
        reward: terms.of(amounts.paid_days, amounts.paid) - cost,
        paid_share: of_open(amounts.paid, amounts.known_open),
        in_hand: of_open(
            amounts.paid_days,
            amounts.known_open * f64::from(terms.window_days),
        ),
        predicted: BTreeMap::new(),
    }
}

/// What a row could have been, with probabilities: its own as logged, the rest shared among what else was chosen.
fn admissible(row: &Row, stage: Stage, chosen: &Chosen) -> Vec<Share> {
    let mut others: BTreeMap<ActionId, f64> = BTreeMap::new();
    for ((of_stage, level), actions) in chosen {
        // A wait may have no level: it stands beside every level of its stage.
        let is_same_level = row.level.is_none() || level.is_none() || *level == row.level;
        if *of_stage != stage || !is_same_level {
            continue;
        }
        for (action, count) in actions.iter().filter(|(action, _)| **action != row.word) {
            *others.entry(action.clone()).or_default() += count;
        }
    }
    let total: f64 = others.values().sum();
    let rest = 1.0 - row.propensity;
    let mut shares = vec![Share {
        action: row.word.clone(),
        propensity: row.propensity,
    }];
    if rest > 0.0 && total > 0.0 {
        shares.extend(others.into_iter().map(|(action, count)| Share {
            action,
            propensity: rest * count / total,
        }));
    }
    shares.sort_by(|left, right| left.action.cmp(&right.action));
    shares
}
