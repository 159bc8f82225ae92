//! What a policy would have done at each decision of a log.

use std::collections::BTreeMap;

use super::desk::Desk;
use super::{Error, EvaluationRequest};
use crate::action::decision::{Decision, Share};
use crate::action::evaluate::{Logged, words};
use crate::action::rules::Targets;
use crate::action::worklist::{Line, Worklist};
use crate::action::{Account, ActionId, ActionKind, Policy};
use crate::domain::Date;
use crate::domain::date::add_days;
use crate::history::History;
use crate::model::LoadedModel;

/// What a policy would have done at each decision, by decision id.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    /// What it would have done.
    pub(super) targets: Targets,
    /// The best that the log tried beside waiting, with its predicted gain.
    pub(super) treatments: BTreeMap<String, (ActionId, f64)>,
    /// Share of the decisions at which something else stands in for what the log never tried.
    pub(super) substituted_share: f64,
}

/// Plans every day of decisions, and reads off what would have been done at each; tells each decision what the model
/// says about it.
pub(super) fn answers(
    history: &History,
    model: &LoadedModel,
    request: &EvaluationRequest<'_>,
    logged: &mut [Logged],
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Answers, Error> {
    let law = request.policy.law();
    let desk = Desk {
        history,
        model,
        policy: request.policy,
        law: &law,
        effects: request.effects,
    };
    let mut days: BTreeMap<Date, Vec<usize>> = BTreeMap::new();
    for (place, one) in logged.iter().enumerate() {
        days.entry(one.decision.day).or_default().push(place);
    }
    let (mut answers, mut substituted, mut asked) = (Answers::default(), 0_u32, 0_u32);
    for (done, (day, places)) in days.iter().enumerate() {
        progress(done, days.len());
        let (accounts, worklist) = desk.plan(add_days(*day, -1), *day, None)?;
        let known = Known::of(&accounts, &worklist, request.policy);
        for place in places {
            let decision = &mut logged[*place].decision;
            let answer = known.answer(decision);
            if let Some(probability) = known.paid_probability(decision, request.window_days) {
                decision.paid_probability = probability;
            }
            decision.gain = answer.gain;
            asked += 1;
            substituted += u32::from(answer.is_substituted);
            let target = vec![Share {
                action: answer.action,
                propensity: 1.0,
            }];
            answers.targets.insert(decision.decision_id.clone(), target);
            if let Some(treatment) = answer.treatment {
                answers.treatments.insert(decision.decision_id.clone(), treatment);
            }
        }
    }
    progress(days.len(), days.len());
    answers.substituted_share = f64::from(substituted) / f64::from(asked.max(1));
    Ok(answers)
}

/// What a policy would have done at a decision.
struct Answer {
    action: ActionId,
    gain: f64,
    is_substituted: bool,
    treatment: Option<(ActionId, f64)>,
}

/// A day as it was planned.
struct Known<'a> {
    accounts: &'a [Account],
    lines: BTreeMap<&'a str, &'a Line>,
    policy: &'a Policy,
    /// What the cheapest minute of a collector is worth; none where nobody works.
    minute_price: Option<f64>,
}

impl<'a> Known<'a> {
    fn of(accounts: &'a [Account], worklist: &'a Worklist, policy: &'a Policy) -> Self {
        let lines = worklist.lines.iter();
        Self {
            accounts,
            lines: lines.map(|line| (line.customer_id.as_str(), line)).collect(),
            policy,
            minute_price: worklist
                .hour_prices
                .values()
                .copied()
                .reduce(f64::min)
                .map(|price| price / 60.0),
        }
    }

    /// Returns what the policy would have done at a decision, in the words of the log.
    fn answer(&self, decision: &Decision) -> Answer {
        let wait = words::word_of_kind(self.policy, ActionKind::Wait, &decision.admissible);
        let waiting = |treatment| Answer {
            action: wait.clone(),
            gain: 0.0,
            is_substituted: false,
            treatment,
        };
        let account = Account::find(self.accounts, &decision.customer_id);
        let line = self.lines.get(decision.customer_id.as_str());
        let (Some(account), Some(line)) = (account, line) else {
            return waiting(None);
        };
        let tried = self.tried(line, decision);
        let treatment = tried
            .iter()
            .find(|one| !one.is_wait)
            .map(|one| (one.word.clone(), one.gain));
        let is_about = decision.invoice_id.as_ref().is_none_or(|id| {
            let mut items = line.candidate.items.iter();
            items.any(|item| {
                account
                    .items
                    .get(*item)
                    .is_some_and(|item| item.invoice_id == *id)
            })
        });
        if !is_about {
            return waiting(treatment);
        }
        if let Some(action) = words::word_among(self.policy, line.rule, &decision.admissible) {
            return Answer {
                action,
                gain: line.gain.total,
                is_substituted: false,
                treatment,
            };
        }
        let best = tried
            .iter()
            .filter(|one| one.worth.is_some())
            .max_by(|left, right| {
                let worth = |one: &Tried| one.worth.unwrap_or(f64::NEG_INFINITY);
                worth(left).total_cmp(&worth(right))
            });
        match best.filter(|one| one.worth.is_some_and(|worth| worth > 0.0)) {
            Some(one) => Answer {
                action: one.word.clone(),
                gain: one.gain,
                is_substituted: true,
                treatment,
            },
            None => Answer {
                is_substituted: true,
                ..waiting(treatment)
            },
        }
    }

    /// The alternatives of a line that the log tried at a decision, best first.
    fn tried(&self, line: &Line, decision: &Decision) -> Vec<Tried> {
        line.alternatives
            .iter()
            .filter_map(|alternative| {
                let place = self.policy.action(alternative.action.as_str())?;
                let rule = &self.policy.actions[place];
                let minutes = f64::from(rule.minutes);
                let price = if rule.minutes == 0 {
                    Some(0.0)
                } else {
                    self.minute_price.map(|price| price * minutes)
                };
                Some(Tried {
                    word: words::word_among(self.policy, place, &decision.admissible)?,
                    is_wait: rule.kind == ActionKind::Wait,
                    gain: alternative.gain.total,
                    worth: price.map(|price| alternative.gain.total - price),
                })
            })
            .collect()
    }

    /// The probability that a unit of what the decision is about is paid within the window.
    fn paid_probability(&self, decision: &Decision, window_days: u32) -> Option<f64> {
        let account = Account::find(self.accounts, &decision.customer_id)?;
        let window = i32::try_from(window_days).unwrap_or(i32::MAX);
        let is_about = |invoice_id: &str, is_overdue: bool| {
            decision
                .invoice_id
                .as_ref()
                .map_or(is_overdue, |named| named == invoice_id)
        };
        let (mut paid, mut open) = (0.0, 0.0);
        for item in &account.items {
            if is_about(&item.invoice_id, item.days_past_due > 0) {
                #[expect(clippy::cast_precision_loss, reason = "a weight needs no more than 53 bits")]
                let amount = item.open_minor as f64;
                paid += amount * item.distribution.paid_by(window);
                open += amount;
            }
        }
        (open > 0.0).then(|| paid / open)
    }
}

/// An alternative that the log tried too.
struct Tried {
    word: ActionId,
    is_wait: bool,
    gain: f64,
    /// The gain, less what the minutes are worth elsewhere; none where nobody has any.
    worth: Option<f64>,
}
