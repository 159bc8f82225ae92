//! The worklist: one line a customer, never a forbidden action, the same when asked twice.

use std::collections::BTreeSet;

use duecast::action::account::Account;
use duecast::action::choice::Method;
use duecast::action::kind::{ActionId, PartyType};
use duecast::action::law::Law;
use duecast::action::plan::{PlanRequest, plan, recommend};
use duecast::action::policy::{CollectorRule, Policy};
use duecast::action::worklist::{Line, Worklist};
use duecast::action::{Effects, Exchange};
use duecast::domain::Date;
use duecast::model::PaymentDistribution;

use crate::support::items::plain_item;

fn day(day: u32) -> Date {
    Date::from_ymd_opt(2026, 3, day).unwrap()
}

/// A customer who owes one invoice, so many days late, and pays on 2 days of 100.
fn account(number: u32, party_type: PartyType, open_minor: i64, days_past_due: i32) -> Account {
    let distribution = PaymentDistribution::from_hazards([0.02; 91]).unwrap();
    let id = format!("F{number:04}");
    let items = vec![plain_item(&id, day(2), days_past_due, open_minor, distribution)];
    Account {
        country: Some("NL".to_owned()),
        party_type,
        is_party_assumed: false,
        language: Some("nl".to_owned()),
        timezone: Some("Europe/Amsterdam".to_owned()),
        ..Account::unknown(format!("K{number:04}"), day(2), items)
    }
}

/// Companies and people, small and large, early and late; one of seven is in dispute with everything.
fn book() -> Vec<Account> {
    (0_u32..120)
        .map(|number| {
            let party = [
                PartyType::LegalEntity,
                PartyType::Consumer,
                PartyType::LegalEntity,
                PartyType::SoleTrader,
            ][usize::try_from(number % 4).unwrap()];
            let open = 2_000 + i64::from(number % 11) * i64::from(number % 13) * 40_000;
            let late = i32::try_from(number % 8).unwrap() * 9;
            let mut account = account(number, party, open, late);
            if number % 7 == 0 {
                account.items[0].disputed_minor = open;
            }
            account
        })
        .collect()
}

fn policy() -> Policy {
    let mut policy = Policy::default_policy();
    policy.exploration.hold_out_share = 0.0;
    policy.collectors = ["anna", "ben"]
        .into_iter()
        .map(|id| CollectorRule {
            collector_id: id.to_owned(),
            minutes_per_day: 90,
            skills: policy
                .actions
                .iter()
                .filter_map(|rule| rule.skill.clone())
                .collect(),
            languages: BTreeSet::new(),
            only_own_customers: false,
            leave: Vec::new(),
        })
        .collect();
    policy
}

fn facts(account: &Account) -> String {
    format!("{}:{}", account.customer_id, account.items.len())
}

struct World {
    accounts: Vec<Account>,
    policy: Policy,
    law: Law,
    effects: Effects,
    exchange: Exchange,
}

impl World {
    fn new(policy: Policy) -> Self {
        Self {
            accounts: book(),
            law: Law::shipped(),
            effects: Effects::assumed(&policy),
            exchange: Exchange::of(policy.currency),
            policy,
        }
    }

    fn request(&self, explores: bool) -> PlanRequest<'_> {
        PlanRequest {
            as_of: day(2),
            day: day(3),
            accounts: &self.accounts,
            policy: &self.policy,
            law: &self.law,
            effects: &self.effects,
            exchange: &self.exchange,
            model: "test",
            facts: &facts,
            method: Method::Prices,
            explores,
        }
    }

    fn plan(&self, explores: bool) -> Worklist {
        plan(&self.request(explores)).unwrap()
    }

    /// What may be done for a customer, as the rules alone say.
    fn admissible(&self, account: &Account) -> Vec<ActionId> {
        let exchange = &self.exchange;
        duecast::action::admissible::admissible(account, day(3), &self.policy, &self.law, exchange)
            .candidates
            .iter()
            .map(|candidate| self.policy.actions[candidate.action].id.clone())
            .collect()
    }

    fn account(&self, line: &Line) -> &Account {
        let found = self
            .accounts
            .iter()
            .find(|account| account.customer_id == line.customer_id);
        found.unwrap()
    }
}

fn assert_admissible(world: &World, worklist: &Worklist) {
    assert_eq!(worklist.lines.len(), world.accounts.len());
    for line in &worklist.lines {
        let admissible = world.admissible(world.account(line));
        let decision = &line.decision;
        assert!(
            admissible.contains(&decision.action),
            "{}: {}",
            line.customer_id,
            decision.action
        );
        assert_eq!(world.policy.actions[line.rule].id, decision.action);
        let sum: f64 = decision.admissible.iter().map(|share| share.propensity).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
        assert!(decision.propensity > 0.0);
        assert!(decision.gain.is_finite());
        assert_eq!(
            line.alternatives.iter().filter(|other| other.is_chosen).count(),
            1
        );
        assert_eq!(line.alternatives.len(), admissible.len());
    }
    for (collector, minutes) in &worklist.minutes_used {
        assert!(*minutes <= 90, "{collector}: {minutes}");
    }
}

#[test]
fn every_customer_gets_one_line_with_an_action_that_may_be_done() {
    let world = World::new(policy());
    let worklist = world.plan(false);
    assert_admissible(&world, &worklist);
    let priorities: Vec<u32> = worklist.lines.iter().map(|line| line.priority).collect();
    assert_eq!(priorities, (1..=120).collect::<Vec<u32>>());
    assert!(worklist.value <= worklist.bound + 1e-6);
    assert!((worklist.value - worklist.planned_value).abs() < 1e-6);
    assert!(worklist.value >= worklist.greedy_value - 1e-6);
    assert!(worklist.value >= 0.0);
    assert!(worklist.lines.iter().all(|line| !line.decision.is_randomised));
    assert!(worklist.is_assumption && worklist.notes.iter().any(|note| note.contains("assumption")));
    // In dispute with everything: nothing is asked for.
    for line in &worklist.lines {
        let account = world.account(line);
        if account.items[0].disputed_minor == account.items[0].open_minor {
            assert_eq!(line.dunnable.values().sum::<i64>(), 0);
            assert!(
                !world.policy.actions[line.rule].kind.is_dunning(),
                "{}",
                line.customer_id
            );
        }
    }
}

#[test]
fn asked_twice_the_plan_is_the_same_and_draws_are_too() {
    let mut policy = policy();
    policy.exploration.share = 0.5;
    let world = World::new(policy);
    let once = world.plan(true);
    assert_admissible(&world, &once);
    assert_eq!(format!("{once:?}"), format!("{:?}", world.plan(true)));
    let ids: BTreeSet<&str> = once
        .lines
        .iter()
        .map(|line| line.decision.decision_id.as_str())
        .collect();
    assert_eq!(ids.len(), once.lines.len());
    assert!(ids.iter().all(|id| id.len() == 32));
}

#[test]
fn what_is_drawn_keeps_its_propensity_and_never_weighs_heavily() {
    let mut policy = policy();
    policy.exploration.share = 1.0;
    let world = World::new(policy);
    let worklist = world.plan(true);
    assert_admissible(&world, &worklist);
    let drawn: Vec<&Line> = worklist
        .lines
        .iter()
        .filter(|line| line.decision.is_randomised)
        .collect();
    assert!(!drawn.is_empty());
    let least = world.policy.exploration.propensity_min;
    for line in drawn {
        let decision = &line.decision;
        assert!(decision.propensity >= least - 1e-6 && decision.propensity < 1.0);
        for share in decision.admissible.iter().filter(|share| share.propensity > 0.0) {
            let rule = &world.policy.actions[world.policy.action(share.action.as_str()).unwrap()];
            assert!(!rule.kind.is_significant(), "{}", rule.id);
        }
    }
}

#[test]
fn nothing_is_done_for_those_held_out() {
    let mut policy = policy();
    policy.exploration.hold_out_share = 1.0;
    let world = World::new(policy);
    let worklist = world.plan(true);
    for line in &worklist.lines {
        assert_eq!(line.decision.action.as_str(), ActionId::WAIT);
        assert!(line.decision.is_hold_out && !line.decision.is_randomised);
        assert!(
            line.decision
                .reasons
                .iter()
                .any(|reason| reason.contains("held out"))
        );
    }
}

#[test]
fn no_effect_however_poisoned_pushes_a_forbidden_action_through() {
    for poison in [1e308, -1e308, 1e9, -1e9] {
        let mut world = World::new(policy());
        let mut written = serde_json::to_value(&world.effects).unwrap();
        assert!(poisoned(&mut written, poison) > 0, "there is nothing to poison");
        world.effects = serde_json::from_value(written).unwrap();
        assert_admissible(&world, &world.plan(false));
        assert_admissible(&world, &world.plan(true));
    }
}

/// Writes a value over every shift; returns how many.
fn poisoned(value: &mut serde_json::Value, poison: f64) -> usize {
    match value {
        serde_json::Value::Object(fields) => fields
            .iter_mut()
            .map(|(name, field)| {
                if name == "shift" {
                    *field = serde_json::json!(poison);
                    1
                } else {
                    poisoned(field, poison)
                }
            })
            .sum(),
        serde_json::Value::Array(items) => items.iter_mut().map(|item| poisoned(item, poison)).sum(),
        _ => 0,
    }
}

#[test]
fn a_recommendation_is_the_line_of_the_plan_at_its_prices() {
    let mut policy = policy();
    // Minutes are not short: no whole contact stands between the prices and the plan.
    for collector in &mut policy.collectors {
        collector.minutes_per_day = 10_000;
    }
    policy.exploration.share = 0.3;
    let world = World::new(policy);
    let worklist = world.plan(true);
    let request = world.request(true);
    for line in &worklist.lines {
        let alone = recommend(&request, world.account(line), &worklist.hour_prices);
        assert_eq!(alone.decision.decision_id, line.decision.decision_id);
        assert_eq!(
            alone.decision.action, line.decision.action,
            "{}",
            line.customer_id
        );
        assert_eq!(alone.decision.is_randomised, line.decision.is_randomised);
        assert_eq!(alone.candidate, line.candidate);
        assert_eq!(alone.review_on, line.review_on);
    }
}

#[test]
fn without_minutes_nothing_is_planned_that_takes_any() {
    let mut policy = policy();
    for collector in &mut policy.collectors {
        collector.leave = vec![(day(1), day(31))];
    }
    let world = World::new(policy);
    let worklist = world.plan(true);
    assert_admissible(&world, &worklist);
    for line in &worklist.lines {
        assert_eq!(world.policy.actions[line.rule].minutes, 0, "{}", line.customer_id);
        assert_eq!(line.decision.collector, None);
    }
    assert!(
        worklist
            .notes
            .iter()
            .any(|note| note.contains("no collector has minutes"))
    );
    assert!(worklist.minutes_used.values().all(|minutes| *minutes == 0));
}
