//! What goes along with the action: a change of risk, a credit limit, a stop of orders, escalation, an instalment plan.
//!
//! Advice is never carried out by itself. For natural persons a change of risk is reviewed; limits and stops are not
//! even advised unless the policy says so (AI Act, annex III 5b), and then a named human decides. A plan is offered or
//! not mentioned: nobody is advised to refuse one.

mod limit;
mod plan;

use serde::{Deserialize, Serialize};

use super::account::risk::{OVERDUE_DAYS, RiskLevel};
use super::account::{Account, AccountItem, AccountStatus, PromiseState};
use super::candidate::Admissible;
use super::exchange::Exchange;
use super::kind::{ActionKind, Autonomy};
use super::policy::Policy;
use crate::domain::{Date, Money};

/// Broken promises from which on somebody else should speak to the customer.
const BROKEN_PROMISES: usize = 2;
/// Days in which a broken instalment plan is remembered.
const BROKEN_PLAN_DAYS: i64 = 365;

/// Something to consider beside the action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// What it is.
    #[serde(flatten)]
    pub kind: AdviceKind,
    /// In words.
    pub text: String,
    /// Why, in words.
    pub because: Vec<String>,
    /// Who may let it happen.
    pub autonomy: Autonomy,
}

/// What is advised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AdviceKind {
    /// The customer's level of risk is another than when it was last looked at.
    RiskChange {
        /// The level before.
        from: RiskLevel,
        /// The level now.
        to: RiskLevel,
        /// Probability of being open thirty days past due.
        probability: f64,
    },
    /// Another credit limit.
    CreditLimit {
        /// The limit that is agreed, if there is one.
        from: Option<Money>,
        /// The limit that is advised.
        to: Money,
    },
    /// No new orders until something is paid.
    OrderBlock,
    /// Somebody who knows the customer, or decides more, steps in.
    Escalate,
    /// Payment in lines, the plan that is most likely to be kept.
    InstalmentPlan {
        /// What to pay, and when.
        lines: Vec<PlanLine>,
        /// Probability that every line is kept.
        kept_probability: f64,
    },
}

/// A line of an instalment plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLine {
    /// When it is due.
    pub due: Date,
    /// What is due.
    pub amount: Money,
}

/// Returns what to consider for a customer beside the action; `before` is its risk at an earlier look.
///
/// Of a customer that is insolvent, dead, in debt counselling or in court only a change of risk is told: the rest is
/// in other hands.
#[must_use]
pub fn advise(
    account: &Account,
    admissible: &Admissible,
    policy: &Policy,
    exchange: &Exchange,
    before: Option<f64>,
) -> Vec<Advice> {
    let standing = Standing::of(account, policy, exchange);
    let mut all = Vec::new();
    all.extend(risk_change(account, standing.risk, before));
    if account.status != AccountStatus::Active {
        return all;
    }
    let is_person = account.party_type.is_natural_person();
    if !is_person || policy.natural_person_scoring {
        all.extend(limit::credit_limit(account, &standing, exchange));
        all.extend(limit::order_block(account, &standing, exchange));
    }
    all.extend(escalation(account, &standing, policy));
    all.extend(plan::instalment_plan(account, admissible, policy, exchange));
    all
}

/// What several kinds of advice look at; amounts in minor units of the policy's currency.
#[derive(Clone, Copy, Debug)]
struct Standing {
    risk: f64,
    open: f64,
    /// Overdue, and neither disputed nor promised, planned or on its way.
    overdue: f64,
    /// Of that, what has been overdue for more than thirty days.
    long_overdue: f64,
    /// The policy's least amount.
    minimum: f64,
}

impl Standing {
    fn of(account: &Account, policy: &Policy, exchange: &Exchange) -> Self {
        let mut standing = Self {
            risk: account.risk(),
            open: 0.0,
            overdue: 0.0,
            long_overdue: 0.0,
            minimum: exchange
                .minor(policy.exclusions.minimum_minor, policy.currency)
                .unwrap_or_default(),
        };
        for item in &account.items {
            let value = |minor: i64| exchange.minor(minor, item.currency).unwrap_or_default();
            standing.open += value(item.open_minor);
            if item.days_past_due > 0 {
                standing.overdue += value(undisputed_minor(item));
            }
            if item.days_past_due > OVERDUE_DAYS {
                standing.long_overdue += value(undisputed_minor(item));
            }
        }
        standing
    }

    /// Whether something is overdue that is worth a word.
    fn is_overdue(&self) -> bool {
        self.overdue > 0.0 && self.overdue >= self.minimum
    }
}

/// What is owed of an item beyond disputes, promises, plans and what is on its way.
fn undisputed_minor(item: &AccountItem) -> i64 {
    let parts = [
        item.disputed_minor,
        item.promised_minor,
        item.planned_minor,
        item.in_transit_minor,
    ];
    let left = parts
        .iter()
        .fold(item.open_minor, |left, part| left.saturating_sub(*part));
    left.max(0)
}

fn risk_change(account: &Account, risk: f64, before: Option<f64>) -> Option<Advice> {
    let before = before?;
    let (from, to) = (RiskLevel::of(before), RiskLevel::of(risk));
    if from == to || account.items.is_empty() {
        return None;
    }
    let autonomy = if account.party_type.is_natural_person() {
        Autonomy::Review
    } else {
        Autonomy::Auto
    };
    Some(Advice {
        kind: AdviceKind::RiskChange {
            from,
            to,
            probability: risk,
        },
        text: format!("risk changes from {} to {}", from.name(), to.name()),
        because: vec![format!(
            "probability of being open 30 days past due {:.0} %, before {:.0} %",
            risk * 100.0,
            before * 100.0
        )],
        autonomy,
    })
}

fn escalation(account: &Account, standing: &Standing, policy: &Policy) -> Option<Advice> {
    if !standing.is_overdue() {
        return None;
    }
    let broken = account
        .promises
        .iter()
        .filter(|promise| promise.state == PromiseState::Broken);
    let broken = broken.count();
    let mut because = Vec::new();
    if account.is_key_account {
        because.push("a key account is overdue".to_owned());
    }
    if broken >= BROKEN_PROMISES {
        because.push(format!("{broken} broken promises"));
    }
    if has_broken_plan(account) {
        because.push("an instalment plan was broken in the last twelve months".to_owned());
    }
    if because.is_empty() {
        return None;
    }
    let rule = policy
        .actions
        .iter()
        .find(|rule| rule.kind == ActionKind::Escalate);
    Some(Advice {
        kind: AdviceKind::Escalate,
        text: "let the account manager or a senior collector speak to the customer".to_owned(),
        because,
        autonomy: rule.map_or(Autonomy::Review, |rule| rule.autonomy),
    })
}

/// Whether an instalment plan was missed in the last twelve months.
fn has_broken_plan(account: &Account) -> bool {
    let days = account.plan_broken_on.map(|day| (account.as_of - day).num_days());
    days.is_some_and(|days| (0..=BROKEN_PLAN_DAYS).contains(&days))
}
