//! Advice beside the action: risk, limits, stops of orders, escalation, and the plan most likely to be kept.

use duecast::action::account::risk::RiskLevel;
use duecast::action::account::{Account, AccountItem, AccountStatus, Behaviour, Promise, PromiseState};
use duecast::action::{
    Admissible, Advice, AdviceKind, Autonomy, Candidate, Exchange, PartyType, Policy, advise,
};
use duecast::domain::date::parse_iso;
use duecast::domain::{Currency, Date, Money};
use duecast::model::{HORIZON_DAYS, PaymentDistribution};

use crate::support::items::plain_item;

fn day(text: &str) -> Date {
    parse_iso(text).unwrap()
}

fn as_of() -> Date {
    day("2026-03-02")
}

fn euro(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

/// Paid tomorrow with a probability, else never.
fn tomorrow(probability: f32) -> PaymentDistribution {
    PaymentDistribution::from_cdf(vec![probability; HORIZON_DAYS]).unwrap()
}

/// The same probability on every day.
fn daily(hazard: f64) -> PaymentDistribution {
    PaymentDistribution::from_hazards([hazard; HORIZON_DAYS]).unwrap()
}

fn item(days_past_due: i32, open_minor: i64, distribution: PaymentDistribution) -> AccountItem {
    plain_item("I1", as_of(), days_past_due, open_minor, distribution)
}

/// A Dutch company with one invoice.
fn account(item: AccountItem) -> Account {
    Account {
        country: Some("NL".to_owned()),
        is_party_assumed: false,
        ..Account::unknown("C1".to_owned(), as_of(), vec![item])
    }
}

fn promise(minor: i64, state: PromiseState) -> Promise {
    Promise {
        invoice_id: None,
        created_on: day("2026-01-05"),
        promised_date: day("2026-01-15"),
        amount: Some(euro(minor)),
        state,
    }
}

/// Everything may be offered that the policy calls a plan, about all of the account.
fn with_offer(account: &Account, policy: &Policy) -> Admissible {
    let offer = Candidate {
        action: policy.action("offer_plan").unwrap(),
        items: (0..account.items.len()).collect(),
        amounts_minor: account.items.iter().map(|item| item.open_minor).collect(),
        window: None,
        autonomy: Autonomy::Review,
        because: Vec::new(),
    };
    Admissible {
        candidates: vec![offer],
        ..without_offer()
    }
}

fn without_offer() -> Admissible {
    Admissible {
        candidates: Vec::new(),
        why_nots: Vec::new(),
        dunnable: 0.0,
        open: 0.0,
        amounts_minor: Vec::new(),
        days_past_due: 0,
        procedure: "business".to_owned(),
        review_on: day("2026-04-01"),
    }
}

fn advice_with(policy: &Policy, account: &Account, before: Option<f64>) -> Vec<Advice> {
    let exchange = Exchange::of(Currency::EUR);
    advise(account, &with_offer(account, policy), policy, &exchange, before)
}

fn advice(account: &Account) -> Vec<Advice> {
    advice_with(&Policy::default_policy(), account, None)
}

/// The new limit, if one is advised.
fn limit(all: &[Advice]) -> Option<(Option<Money>, Money, Autonomy)> {
    all.iter().find_map(|advice| match advice.kind {
        AdviceKind::CreditLimit { from, to } => Some((from, to, advice.autonomy)),
        _ => None,
    })
}

fn has(all: &[Advice], kind: &AdviceKind) -> bool {
    all.iter().any(|advice| advice.kind == *kind)
}

/// Days and amounts of the advised plan, with the probability that it is kept.
fn plan(all: &[Advice]) -> Option<(Vec<(Date, i64)>, f64)> {
    all.iter().find_map(|advice| match &advice.kind {
        AdviceKind::InstalmentPlan {
            lines,
            kept_probability,
        } => {
            let lines = lines.iter().map(|line| (line.due, line.amount.minor()));
            Some((lines.collect(), *kept_probability))
        }
        _ => None,
    })
}

/// Owes `open_minor`, kept two promises of 600 and 800.
fn promising(open_minor: i64, hazard: f64) -> Account {
    let mut account = account(item(20, open_minor, daily(hazard)));
    account.promises = vec![
        promise(60_000, PromiseState::Kept),
        promise(80_000, PromiseState::Kept),
    ];
    account
}

#[test]
fn risk_is_the_share_that_is_open_thirty_days_past_due_in_the_worst_currency() {
    let mut both = account(item(-5, 10_000, tomorrow(0.5)));
    assert!((both.risk() - 0.5).abs() < 1e-6);
    both.items.push(item(-5, 90_000, tomorrow(1.0)));
    assert!((both.risk() - 0.05).abs() < 1e-6);
    let mut dollars = item(-5, 100, tomorrow(0.25));
    dollars.currency = Currency::USD;
    both.items.push(dollars);
    assert!((both.risk() - 0.75).abs() < 1e-6);
    let late = account(item(31, 100, tomorrow(0.99)));
    assert!((late.risk() - 1.0).abs() < 1e-9);
}

#[test]
fn a_change_of_the_level_of_risk_is_told_and_no_change_is_not() {
    let account = account(item(-5, 10_000, tomorrow(0.9)));
    let policy = Policy::default_policy();
    let told = advice_with(&policy, &account, Some(0.02));
    assert!(matches!(
        told[0].kind,
        AdviceKind::RiskChange { from: RiskLevel::Low, to: RiskLevel::Medium, probability } if (probability - 0.1).abs() < 1e-6
    ));
    assert_eq!(told[0].autonomy, Autonomy::Auto);
    assert!(advice_with(&policy, &account, Some(0.06)).is_empty());
    assert!(advice_with(&policy, &account, None).is_empty());
}

#[test]
fn a_high_risk_lowers_the_limit_to_what_is_expected_to_be_paid() {
    let mut risky = account(item(-5, 50_000, tomorrow(0.5)));
    risky.credit_limit = Some(euro(100_000));
    let found = limit(&advice(&risky));
    assert_eq!(found, Some((Some(euro(100_000)), euro(50_000), Autonomy::Review)));
    risky.credit_limit = None;
    assert_eq!(
        limit(&advice(&risky)),
        Some((None, euro(25_000), Autonomy::Review))
    );
}

#[test]
fn a_punctual_customer_that_uses_its_limit_is_given_a_quarter_more() {
    let mut punctual = account(item(-5, 90_000, tomorrow(1.0)));
    punctual.credit_limit = Some(euro(100_000));
    punctual.behaviour = Behaviour {
        paid_count: 12,
        usual_days_past_due: Some(-1.0),
        on_time_share: Some(0.95),
    };
    let found = limit(&advice(&punctual));
    assert_eq!(
        found,
        Some((Some(euro(100_000)), euro(120_000), Autonomy::Review))
    );
    let changes: [fn(&mut Account); 4] = [
        |account: &mut Account| account.behaviour.paid_count = 9,
        |account: &mut Account| account.behaviour.on_time_share = Some(0.89),
        |account: &mut Account| account.items[0].open_minor = 79_000,
        |account: &mut Account| account.items.push(item(1, 100, tomorrow(1.0))),
    ];
    for change in changes {
        let mut other = punctual.clone();
        change(&mut other);
        assert_eq!(limit(&advice(&other)), None, "{other:?}");
    }
}

#[test]
fn limits_and_stops_are_not_advised_for_natural_persons_unless_the_policy_says_so() {
    let mut person = account(item(31, 50_000, tomorrow(0.5)));
    person.credit_limit = Some(euro(40_000));
    let mut policy = Policy::default_policy();
    for party in [PartyType::Consumer, PartyType::SoleTrader] {
        person.party_type = party;
        policy.natural_person_scoring = false;
        assert!(advice_with(&policy, &person, None).is_empty(), "{party:?}");
        policy.natural_person_scoring = true;
        let told = advice_with(&policy, &person, Some(0.01));
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!(told[0].autonomy, Autonomy::Review);
        assert!(
            told[1..]
                .iter()
                .all(|advice| advice.autonomy == Autonomy::NamedHuman)
        );
    }
}

#[test]
fn orders_stop_where_an_undisputed_amount_is_thirty_days_overdue_or_more_is_open_than_the_limit() {
    let late = account(item(31, 50_000, tomorrow(0.5)));
    assert!(has(&advice(&late), &AdviceKind::OrderBlock));
    let at_thirty = account(item(30, 50_000, tomorrow(1.0)));
    assert!(!has(&advice(&at_thirty), &AdviceKind::OrderBlock));
    let mut disputed = late.clone();
    disputed.items[0].disputed_minor = 50_000;
    assert!(!has(&advice(&disputed), &AdviceKind::OrderBlock));
    let mut over = account(item(-5, 50_000, tomorrow(0.9)));
    over.credit_limit = Some(euro(49_999));
    assert!(has(&advice(&over), &AdviceKind::OrderBlock));
    over.credit_limit = Some(euro(50_000));
    assert!(!has(&advice(&over), &AdviceKind::OrderBlock));
}

#[test]
fn key_accounts_broken_promises_and_broken_plans_are_escalated_once_something_is_overdue() {
    let mut customer = account(item(5, 50_000, tomorrow(1.0)));
    assert!(!has(&advice(&customer), &AdviceKind::Escalate));
    customer.promises = vec![promise(100, PromiseState::Broken); 2];
    assert!(has(&advice(&customer), &AdviceKind::Escalate));
    customer.promises.pop();
    assert!(!has(&advice(&customer), &AdviceKind::Escalate));
    customer.plan_broken_on = Some(day("2025-12-01"));
    assert!(has(&advice(&customer), &AdviceKind::Escalate));
    customer.plan_broken_on = Some(day("2025-02-01"));
    assert!(!has(&advice(&customer), &AdviceKind::Escalate));
    customer.is_key_account = true;
    assert!(has(&advice(&customer), &AdviceKind::Escalate));
    customer.items[0].days_past_due = 0;
    assert!(!has(&advice(&customer), &AdviceKind::Escalate));
}

#[test]
fn the_plan_most_likely_to_be_kept_has_lines_that_fit_the_means() {
    // Median of 260 (expected in thirty days), 600 and 800; three of four for the promises.
    let (lines, kept) = plan(&advice(&promising(100_000, 0.01))).unwrap();
    let dues = [
        "2026-04-02",
        "2026-05-04",
        "2026-06-02",
        "2026-07-02",
        "2026-08-03",
        "2026-09-02",
    ]
    .map(day);
    let amounts = [16_667, 16_667, 16_667, 16_667, 16_666, 16_666];
    assert_eq!(lines, dues.into_iter().zip(amounts).collect::<Vec<_>>());
    assert!((kept - 0.473_850).abs() < 1e-4, "{kept}");
    // One that may be unable to pay at all soon is asked for fewer, larger lines.
    let (lines, kept) = plan(&advice(&promising(100_000, 0.001))).unwrap();
    assert_eq!(lines.len(), 5);
    assert!((kept - 0.266_830).abs() < 1e-4, "{kept}");
}

#[test]
fn no_line_is_below_the_least_amount() {
    let (lines, kept) = plan(&advice(&promising(10_000, 0.01))).unwrap();
    assert_eq!(
        lines.iter().map(|(_, amount)| *amount).collect::<Vec<_>>(),
        [2500; 4]
    );
    assert!((kept - 0.738_318).abs() < 1e-4, "{kept}");
    assert_eq!(plan(&advice(&promising(4_000, 0.01))), None);
}

#[test]
fn a_broken_promise_makes_every_plan_less_likely() {
    let mut account = promising(100_000, 0.01);
    account.promises.push(promise(60_000, PromiseState::Broken));
    let (lines, kept) = plan(&advice(&account)).unwrap();
    assert_eq!(lines.len(), 6);
    assert!((kept - 0.379_080).abs() < 1e-4, "{kept}");
}

#[test]
fn nothing_is_offered_where_nothing_is_known_or_nothing_may_be_or_a_plan_was_broken() {
    assert_eq!(plan(&advice(&account(item(20, 100_000, daily(0.01))))), None);
    let mut known = promising(100_000, 0.01);
    let policy = Policy::default_policy();
    let exchange = Exchange::of(Currency::EUR);
    assert_eq!(
        plan(&advise(&known, &without_offer(), &policy, &exchange, None)),
        None
    );
    known.plan_broken_on = Some(day("2025-12-01"));
    assert_eq!(plan(&advice(&known)), None);
}

#[test]
fn a_hopeless_plan_is_not_offered_to_a_company_and_never_refused_to_a_person() {
    let mut account = account(item(20, 100_000, daily(0.01)));
    account.promises = vec![promise(5_000, PromiseState::Kept); 2];
    assert_eq!(plan(&advice(&account)), None);
    account.party_type = PartyType::Consumer;
    let (lines, kept) = plan(&advice(&account)).unwrap();
    assert_eq!(lines.iter().map(|(_, amount)| amount).sum::<i64>(), 100_000);
    assert!(kept > 0.0 && kept < 0.25, "{kept}");
}

#[test]
fn of_a_customer_in_other_hands_only_the_risk_is_told() {
    let mut account = promising(100_000, 0.01);
    account.is_key_account = true;
    let policy = Policy::default_policy();
    for status in [
        AccountStatus::Insolvency,
        AccountStatus::Deceased,
        AccountStatus::DebtCounselling,
        AccountStatus::Legal,
    ] {
        account.status = status;
        let told = advice_with(&policy, &account, Some(0.01));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(matches!(told[0].kind, AdviceKind::RiskChange { .. }));
    }
}

#[test]
fn advice_in_json_names_its_kind_and_reads_back() {
    let told = advice(&promising(100_000, 0.01));
    let json = serde_json::to_value(&told).unwrap();
    let last = json.as_array().unwrap().last().unwrap();
    assert_eq!(last["kind"], "instalment_plan");
    assert_eq!(last["lines"][0]["amount"]["amount"], "166.67");
    assert_eq!(serde_json::from_value::<Vec<Advice>>(json).unwrap(), told);
}
