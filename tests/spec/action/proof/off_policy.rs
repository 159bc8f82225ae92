//! Policies judged from the log of another one, beside what they are truly worth.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use duecast::action::decision::Share;
use duecast::action::effect::EffectContext;
use duecast::action::evaluate::log::read_log;
use duecast::action::evaluate::{Evaluation, EvaluationPlan, Logged, evaluate};
use duecast::action::learn::{self, LearnPlan};
use duecast::action::{ActionId, Decision, Effects};
use duecast::domain::Date;
use duecast::domain::date::add_days;
use duecast::simulate::{DecisionTruth, Lateness, Treatment};

use super::observations::observations;
use super::world::{WINDOW_DAYS, World};

/// What a paid decision counts, so that values read as per cent.
const PAID: f64 = 100.0;

/// A policy with its estimates and its true value: the share of decisions that are paid within the window, in per cent.
pub(crate) struct Judged {
    pub(crate) evaluation: Evaluation,
    pub(crate) truth: f64,
}

/// A policy over logged decisions.
type Target = Box<dyn Fn(&Decision) -> Vec<Share>>;

/// Decisions by invoice and day.
type Truths<'a> = BTreeMap<(&'a str, Date), &'a DecisionTruth>;

/// Judges some policies on the later half of the log: to wait, to remind, to call, what was learned from the earlier
/// half, and a handover, which nobody ever tried.
pub(crate) fn judged(world: &World) -> Result<Vec<Judged>> {
    let mut days: Vec<Date> = world.decisions.iter().map(|decision| decision.day).collect();
    days.sort_unstable();
    let middle = *days.get(days.len() / 2).context("no decisions")?;
    let last = *days.last().context("no decisions")?;
    let known = add_days(middle, -i64::from(WINDOW_DAYS));
    let earlier: Vec<DecisionTruth> = world
        .decisions
        .iter()
        .filter(|decision| decision.day <= known)
        .cloned()
        .collect();
    let truths: Truths<'_> = world
        .decisions
        .iter()
        .filter(|decision| decision.day > middle)
        .map(|decision| ((decision.invoice_id.as_str(), decision.day), decision))
        .collect();
    let snapshot = world.history.as_of(world.plan.end_date);
    let first = add_days(middle, 1);
    let log = read_log(
        &snapshot,
        first,
        last,
        &world.policy,
        WINDOW_DAYS,
        &world.exchange,
    )?;
    let logged = rewarded(log.logged, &truths, &means(&earlier));
    // An invoice that is paid on the very day of the decision is in the log, and says nothing.
    anyhow::ensure!(
        logged.len() == truths.len(),
        "{} decisions of the log are among the {} true ones",
        logged.len(),
        truths.len()
    );
    let learned = learn::learn(
        &world.policy,
        &world.assumed(),
        &observations(&earlier),
        &LearnPlan::default(),
    );
    let targets: [(&str, Target); 5] = [
        ("wait", always("wait")),
        ("remind", always("reminder")),
        ("call", always("call")),
        ("learned", best(learned.effects)),
        ("hand over", always("handover")),
    ];
    Ok(targets
        .into_iter()
        .map(|(name, target)| Judged {
            evaluation: evaluate(&logged, name, &*target, &EvaluationPlan::default()),
            truth: true_value(&logged, &truths, &*target),
        })
        .collect())
}

/// Takes the decisions of a log of which the truth is known, with what was paid as the reward.
fn rewarded(log: Vec<Logged>, truths: &Truths<'_>, means: &Means) -> Vec<Logged> {
    log.into_iter()
        .filter_map(|one| {
            let truth = truth_of(&one.decision, truths)?;
            let cell = (truth.segment, Lateness::of(truth.days_past_due));
            Some(Logged {
                reward: if truth.is_paid { PAID } else { 0.0 },
                paid_share: f64::from(u8::from(truth.is_paid)),
                in_hand: truth.days_in_hand / f64::from(WINDOW_DAYS),
                predicted: means.get(&cell).cloned().unwrap_or_default(),
                decision: one.decision,
            })
        })
        .collect()
}

fn truth_of<'a>(decision: &Decision, truths: &Truths<'a>) -> Option<&'a DecisionTruth> {
    let invoice_id = decision.invoice_id.as_deref()?;
    truths.get(&(invoice_id, decision.day)).copied()
}

/// The mean reward of each action by segment and lateness.
type Means = BTreeMap<Cell, BTreeMap<ActionId, f64>>;

/// Segment and lateness.
type Cell = (&'static str, Lateness);

fn means(decisions: &[DecisionTruth]) -> Means {
    let mut sums: BTreeMap<Cell, BTreeMap<ActionId, (f64, f64)>> = BTreeMap::new();
    for decision in decisions {
        let cell = (decision.segment, Lateness::of(decision.days_past_due));
        let action = ActionId::new(decision.chosen.name());
        let sum = sums.entry(cell).or_default().entry(action).or_default();
        sum.0 += if decision.is_paid { PAID } else { 0.0 };
        sum.1 += 1.0;
    }
    sums.into_iter()
        .map(|(cell, actions)| {
            let means = actions
                .into_iter()
                .map(|(action, (paid, count))| (action, paid / count));
            (cell, means.collect())
        })
        .collect()
}

fn always(action: &str) -> Target {
    let action = ActionId::new(action);
    Box::new(move |_: &Decision| {
        vec![Share {
            action: action.clone(),
            propensity: 1.0,
        }]
    })
}

/// The action with the largest effect in the cell; waiting has none.
fn best(effects: Effects) -> Target {
    Box::new(move |decision: &Decision| {
        let context = EffectContext {
            segment: decision.segment.as_deref(),
            stage: decision.stage,
        };
        let mut best = (ActionId::new(Treatment::Wait.name()), 0.0);
        for treatment in Treatment::ALL.into_iter().skip(1) {
            let action = ActionId::new(treatment.name());
            let shift = effects.of(&action, context).shift;
            if shift > best.1 {
                best = (action, shift);
            }
        }
        vec![Share {
            action: best.0,
            propensity: 1.0,
        }]
    })
}

/// The true share of decisions that a policy would have had paid; an action that nobody knows counts as waiting.
fn true_value(logged: &[Logged], truths: &Truths<'_>, target: &dyn Fn(&Decision) -> Vec<Share>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for one in logged {
        if let Some(truth) = truth_of(&one.decision, truths) {
            count += 1.0;
            for share in target(&one.decision) {
                let treatment = Treatment::parse(share.action.as_str()).unwrap_or(Treatment::Wait);
                sum += PAID * share.propensity * truth.paid_within[treatment.index()];
            }
        }
    }
    sum / count
}
