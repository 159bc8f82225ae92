//! What an action is worth, against numbers worked by hand.

use std::collections::BTreeSet;

use chrono::NaiveTime;
use duecast::action::account::{Account, AccountItem};
use duecast::action::policy::{
    ActionRule, Assumption, Caps, Exclusions, Exploration, Policy, Preconditions, ValueTerms,
};
use duecast::action::value::gain;
use duecast::action::{ActionId, ActionKind, Autonomy, Candidate, Channel, Effects, Exchange, Gain};
use duecast::domain::{Currency, Date};
use duecast::model::PaymentDistribution;

use crate::support::items::plain_item;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// An action without any cost or effect.
pub(super) fn rule(id: &str, kind: ActionKind) -> ActionRule {
    ActionRule {
        id: ActionId::new(id),
        name: id.to_owned(),
        kind,
        channel: Channel::Email,
        cost_minor: 0,
        goodwill_minor: 0,
        minutes: 0,
        skill: None,
        languages: BTreeSet::new(),
        level: 0,
        template: None,
        tone: None,
        autonomy: Autonomy::Auto,
        cooling_off_days: 7,
        is_once_per_invoice: false,
        when: Preconditions::default(),
        effect: Assumption {
            odds_ratio: 1.0,
            low: 1.0,
            high: 1.0,
            days: 14,
        },
        discount_percent: 0.0,
    }
}

/// A policy of these actions after `wait`.
pub(super) fn policy(actions: Vec<ActionRule>) -> Policy {
    let mut all = vec![rule("wait", ActionKind::Wait)];
    all.extend(actions);
    Policy {
        name: "test".to_owned(),
        version: "0".to_owned(),
        currency: Currency::EUR,
        actions: all,
        procedures: Vec::new(),
        assignments: Vec::new(),
        caps: Caps {
            contacts: Vec::new(),
            earliest: NaiveTime::MIN,
            latest: NaiveTime::MIN,
            business_days_only: true,
            timezone: "Europe/Amsterdam".to_owned(),
        },
        exclusions: Exclusions {
            minimum_minor: 0,
            promise_tolerance_days: 0,
            subtract_unapplied_credit: true,
            direct_debit_days: 0,
            grace_days: 0,
            expected_probability: 1.0,
            expected_days: 5,
        },
        value: ValueTerms {
            cost_of_capital: 0.0365,
            loss_share: 0.8,
            rescue_share: 1.0,
            minute_cost_minor: 75.0,
        },
        exploration: Exploration {
            share: 0.0,
            propensity_min: 0.05,
            hold_out_share: 0.0,
            seed: 1,
        },
        collectors: Vec::new(),
        unverified_law: BTreeSet::new(),
        natural_person_scoring: false,
    }
}

fn item(currency: Currency, distribution: PaymentDistribution) -> AccountItem {
    AccountItem {
        currency,
        ..plain_item("I1", day("2026-06-10"), 10, 100_000, distribution)
    }
}

fn account(items: Vec<AccountItem>) -> Account {
    Account {
        is_party_assumed: false,
        ..Account::unknown("C1".to_owned(), day("2026-06-10"), items)
    }
}

/// One payment run, on day 7; who misses it never pays.
fn one_run(probability: f64) -> PaymentDistribution {
    let mut hazards = [0.0; 91];
    hazards[6] = probability;
    PaymentDistribution::from_hazards(hazards).unwrap()
}

/// The whole of the first items of an account.
fn candidate(action: usize, items: usize) -> Candidate {
    Candidate {
        action,
        items: (0..items).collect(),
        amounts_minor: vec![100_000; items],
        window: None,
        autonomy: Autonomy::Auto,
        because: Vec::new(),
    }
}

/// The gain of the first action after `wait`, with what the policy assumes.
fn gain_of(account: &Account, policy: &Policy) -> Gain {
    gain(
        account,
        &candidate(1, account.items.len()),
        policy,
        &Effects::assumed(policy),
        &Exchange::of(Currency::EUR),
    )
}

/// A call that makes the odds of payment three times as high, give or take.
fn call() -> ActionRule {
    ActionRule {
        cost_minor: 1_200,
        goodwill_minor: 100,
        minutes: 10,
        effect: Assumption {
            odds_ratio: 3.0,
            low: 2.0,
            high: 4.5,
            days: 14,
        },
        ..rule("call", ActionKind::Call)
    }
}

fn assert_close(given: f64, expected: f64) {
    assert!((given - expected).abs() < 0.1, "expected {expected}, got {given}");
}

#[test]
fn a_gain_is_earlier_cash_and_avoided_loss_less_cost_and_goodwill() {
    // Even odds become 3 to 1: paid on day 7 with probability 0.75 instead of 0.5, else open for the whole year.
    // A quarter of EUR 1,000.00 comes 365 - 7 days sooner at 3.65 % a year: 250.00 x 358 x 0.0001 = 8.95.
    // A quarter is not lost, of which four fifths would have been: 200.00. Ten minutes cost 7.50.
    let gain = gain_of(
        &account(vec![item(Currency::EUR, one_run(0.5))]),
        &policy(vec![call()]),
    );
    assert_close(gain.earlier_cash, 895.0);
    assert_close(gain.avoided_loss, 20_000.0);
    assert_close(gain.cost, 1_950.0);
    assert_close(gain.goodwill, 100.0);
    assert_close(gain.discount, 0.0);
    assert_close(gain.total, 18_845.0);
    assert!((gain.uplift - 0.25).abs() < 1e-6);
    assert!((gain.paid_without - 0.5).abs() < 1e-6);
    assert!(gain.is_assumption);
    // The quantiles of the odds ratio are 2 and 4.5: of even odds they make probabilities of 2/3 and 9/11.
    let worth = |paid: f64| (paid - 0.5) * (3_580.0 + 80_000.0) - 2_050.0;
    assert_close(gain.low, worth(2.0 / 3.0));
    assert_close(gain.high, worth(9.0 / 11.0));
}

#[test]
fn to_wait_is_worth_nothing_more_than_itself() {
    let account = account(vec![item(Currency::EUR, one_run(0.5))]);
    let policy = policy(vec![call()]);
    let waiting = gain(
        &account,
        &candidate(0, 1),
        &policy,
        &Effects::assumed(&policy),
        &Exchange::of(Currency::EUR),
    );
    assert_eq!(waiting, Gain::default());
}

#[test]
fn what_is_paid_tomorrow_anyway_is_not_worth_a_call() {
    let paid = PaymentDistribution::from_cdf(vec![1.0; 91]).unwrap();
    let gain = gain_of(&account(vec![item(Currency::EUR, paid)]), &policy(vec![call()]));
    assert_close(gain.total, -2_050.0);
    assert_close(gain.high - gain.low, 0.0);
    assert!(gain.uplift.abs() < 1e-6);
}

#[test]
fn a_discount_is_taken_by_those_who_would_have_paid_in_time_anyway_too() {
    let offer = ActionRule {
        discount_percent: 2.0,
        ..rule("offer_discount", ActionKind::OfferDiscount)
    };
    let account = account(vec![item(Currency::EUR, one_run(0.5))]);
    // It convinces nobody, and half of EUR 1,000.00 is paid within its days all the same: 2 % of 500.00.
    let gain = gain_of(&account, &policy(vec![offer.clone()]));
    assert_close(gain.discount, 1_000.0);
    assert_close(gain.total, -1_000.0);
    // A reminder gives no discount, whatever its rule says.
    let reminder = ActionRule {
        kind: ActionKind::Reminder,
        ..offer
    };
    assert_close(gain_of(&account, &policy(vec![reminder])).total, 0.0);
}

#[test]
fn an_action_that_annoys_costs_money() {
    let harmful = ActionRule {
        effect: Assumption {
            odds_ratio: 1.0 / 3.0,
            low: 1.0 / 3.0,
            high: 1.0 / 3.0,
            days: 14,
        },
        ..rule("call", ActionKind::Call)
    };
    // Paid with probability 0.25 instead of 0.5.
    let gain = gain_of(
        &account(vec![item(Currency::EUR, one_run(0.5))]),
        &policy(vec![harmful]),
    );
    assert_close(gain.total, -20_895.0);
}

#[test]
fn items_add_up_in_the_currency_of_the_policy_and_those_without_a_rate_are_left_out() {
    let policy = policy(vec![call()]);
    let both = account(vec![
        item(Currency::EUR, one_run(0.5)),
        item(Currency::USD, one_run(0.5)),
    ]);
    let gain_at = |exchange: &Exchange| {
        gain(
            &both,
            &candidate(1, 2),
            &policy,
            &Effects::assumed(&policy),
            exchange,
        )
    };
    let without_rate = gain_at(&Exchange::of(Currency::EUR));
    assert_close(without_rate.total, 18_845.0);
    let with_rate = gain_at(&Exchange::of(Currency::EUR).with(Currency::USD, 0.5));
    assert_close(with_rate.total, 1.5 * 20_895.0 - 2_050.0);
    assert!((with_rate.paid_without - 0.5).abs() < 1e-6);
}

#[test]
fn an_action_on_nothing_costs_what_it_costs() {
    let gain = gain_of(&account(Vec::new()), &policy(vec![call()]));
    assert_close(gain.total, -2_050.0);
    assert!(gain.paid_without.abs() < 1e-9);
}
