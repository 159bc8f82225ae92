//! What an action is worth against waiting.
//!
//! # Definition
//!
//! An item of amount `A` that stays open for `T` days (to payment, to another ending, else to the end of the
//! tail) and is never paid with probability `q` has the value
//! `A (1 - r E[T] / 365 - l q)`, with the yearly cost of capital `r` and the share `l` that is lost where nobody
//! pays. An action multiplies the odds of payment on the days on which it works; what follows
//! is in `value/course.rs`: cash that comes sooner is no rescue, and of those who would never pay an action can reach
//! no more than the policy assumes. The
//! gain is the difference of the values, less the contact, the collector's time, goodwill and discount.
//!
//! What ends otherwise (a credit note, a write-off) binds capital until then and counts as no loss: the model does
//! not say which of the two it would be, and to avoid a credit note earns nothing.
//!
//! A discount is taken by everybody who pays while the offer stands, those who would have paid by then anyway too.

mod course;

use std::collections::BTreeMap;

use super::account::{Account, AccountItem};
use super::candidate::Candidate;
use super::effect::{Effect, EffectContext, Effects, Z95};
use super::exchange::Exchange;
use super::gain::Gain;
use super::kind::{ActionKind, Stage};
use super::policy::{ActionRule, Policy, ValueTerms};
use course::{Course, Waiting};

/// Days after which the share that is paid is told.
const UPLIFT_DAYS: i32 = 30;
const DAYS_OF_YEAR: f64 = 365.0;

/// Returns what a candidate is worth against waiting, in minor units of the policy's currency.
///
/// Waiting is worth nothing more than itself: every figure is zero. Items without a rate of exchange are left out.
#[must_use]
pub fn gain(
    account: &Account,
    candidate: &Candidate,
    policy: &Policy,
    effects: &Effects,
    exchange: &Exchange,
) -> Gain {
    Waits::default().gain(account, candidate, policy, effects, exchange)
}

/// Returns what each of an account's candidates is worth, as [`gain`] does.
#[must_use]
pub fn gains(
    account: &Account,
    candidates: &[Candidate],
    policy: &Policy,
    effects: &Effects,
    exchange: &Exchange,
) -> Vec<Gain> {
    let mut waits = Waits::default();
    candidates
        .iter()
        .map(|candidate| waits.gain(account, candidate, policy, effects, exchange))
        .collect()
}

/// The effect of a candidate on the account it is about.
pub(super) fn effect_of(
    account: &Account,
    candidate: &Candidate,
    rule: &ActionRule,
    effects: &Effects,
) -> Effect {
    let context = EffectContext {
        segment: account.segment.as_deref(),
        stage: stage(account, candidate),
    };
    effects.of(&rule.id, context)
}

/// Items without an action, by place in the account and days on which an action would work: all candidates of an
/// account are about the same few.
#[derive(Debug, Default)]
struct Waits(BTreeMap<(usize, u32), (Waiting, Course)>);

impl Waits {
    fn of(&mut self, place: usize, item: &AccountItem, days: u32, terms: &ValueTerms) -> &(Waiting, Course) {
        self.0.entry((place, days)).or_insert_with(|| {
            let waiting = Waiting::of(&item.distribution, days, terms.rescue_share);
            let without = waiting.under(0.0);
            (waiting, without)
        })
    }

    fn gain(
        &mut self,
        account: &Account,
        candidate: &Candidate,
        policy: &Policy,
        effects: &Effects,
        exchange: &Exchange,
    ) -> Gain {
        let rule = policy.actions.get(candidate.action);
        let Some(rule) = rule.filter(|rule| rule.kind != ActionKind::Wait) else {
            return Gain::default();
        };
        let effect = effect_of(account, candidate, rule, effects);
        let shifts = [
            effect.shift,
            effect.shift - Z95 * effect.std_error,
            effect.shift + Z95 * effect.std_error,
        ];
        let mut sums = [Sums::default(); 3];
        let (mut amount, mut paid_without) = (0.0, 0.0);
        for (place, item, minor) in asked(account, candidate, exchange) {
            let (waiting, without) = self.of(place, item, effect.days, &policy.value);
            amount += minor;
            paid_without += minor * without.paid_in_month;
            for (sum, shift) in sums.iter_mut().zip(shifts) {
                sum.add(minor, without, &waiting.under(shift));
            }
        }
        told(rule, &policy.value, effect, sums, amount, paid_without)
    }
}

/// The items of a candidate with their places in the account, each with what is asked for in the policy's currency.
fn asked<'a>(
    account: &'a Account,
    candidate: &'a Candidate,
    exchange: &'a Exchange,
) -> impl Iterator<Item = (usize, &'a AccountItem, f64)> {
    candidate
        .items
        .iter()
        .zip(&candidate.amounts_minor)
        .filter_map(move |(index, minor)| {
            let item = account.items.get(*index)?;
            let minor = exchange.minor(*minor, item.currency)?;
            (minor > 0.0).then_some((*index, item, minor))
        })
}

/// The stage of the oldest amount that a candidate is about.
fn stage(account: &Account, candidate: &Candidate) -> Stage {
    let oldest = candidate
        .items
        .iter()
        .filter_map(|index| account.items.get(*index))
        .map(|item| item.days_past_due)
        .max();
    Stage::of(oldest.unwrap_or(0))
}

/// Sums over items, weighed by amount.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    /// Days by which it is open for less.
    days: f64,
    /// By how much less is never paid.
    never: f64,
    /// By how much more is paid in a month.
    paid_in_month: f64,
    /// What is paid while the action works.
    paid_in_window: f64,
}

impl Sums {
    fn add(&mut self, minor: f64, without: &Course, with: &Course) {
        self.days += minor * (without.days_open - with.days_open);
        self.never += minor * (without.never - with.never);
        self.paid_in_month += minor * (with.paid_in_month - without.paid_in_month);
        self.paid_in_window += minor * with.paid_in_window;
    }
}

/// The gain in money, with its quantiles over the uncertainty of the effect.
fn told(
    rule: &ActionRule,
    terms: &ValueTerms,
    effect: Effect,
    sums: [Sums; 3],
    amount: f64,
    paid_without: f64,
) -> Gain {
    let discount_share = if rule.kind == ActionKind::OfferDiscount {
        rule.discount_percent / 100.0
    } else {
        0.0
    };
    let cost = minor_units(rule.cost_minor) + f64::from(rule.minutes) * terms.minute_cost_minor;
    let goodwill = minor_units(rule.goodwill_minor);
    let [middle, low, high] = sums.map(|sum| {
        let earlier_cash = sum.days * terms.cost_of_capital / DAYS_OF_YEAR;
        let avoided_loss = sum.never * terms.loss_share;
        let discount = sum.paid_in_window * discount_share;
        Gain {
            total: earlier_cash + avoided_loss - cost - goodwill - discount,
            earlier_cash,
            avoided_loss,
            discount,
            ..Gain::default()
        }
    });
    // With a discount, a stronger effect need not be worth more.
    let share = |part: f64| if amount > 0.0 { part / amount } else { 0.0 };
    Gain {
        low: middle.total.min(low.total).min(high.total),
        high: middle.total.max(low.total).max(high.total),
        cost,
        goodwill,
        uplift: share(sums[0].paid_in_month),
        paid_without: share(paid_without),
        is_assumption: effect.is_assumption(),
        ..middle
    }
}

/// Costs of a contact as a number.
#[expect(clippy::cast_precision_loss, reason = "costs are far below 2^53 minor units")]
fn minor_units(minor: i64) -> f64 {
    minor as f64
}
