//! One customer before the choice: what may be done, and what each would be worth.

use super::PlanRequest;
use super::staff;
use crate::action::account::Account;
use crate::action::admissible::admissible;
use crate::action::candidate::{Admissible, Candidate};
use crate::action::choice::{CustomerOffers, Offer, is_gain};
use crate::action::collector::Collector;
use crate::action::explore::is_held_out;
use crate::action::gain::Gain;
use crate::action::kind::Autonomy;
use crate::action::policy::{ActionRule, Policy};
use crate::action::value::gains;

/// A customer, what may be done for it, and what each of these would be worth.
pub(super) struct Prospect<'a> {
    pub(super) account: &'a Account,
    pub(super) admissible: Admissible,
    /// In the order of the candidates.
    pub(super) gains: Vec<Gain>,
    pub(super) is_held_out: bool,
}

impl<'a> Prospect<'a> {
    pub(super) fn of(request: &PlanRequest<'_>, account: &'a Account) -> Self {
        let policy = request.policy;
        let mut admissible = admissible(account, request.day, policy, request.law, request.exchange);
        if admissible.candidates.is_empty() {
            admissible.candidates.push(waiting());
        }
        let candidates = &admissible.candidates;
        let gains = gains(account, candidates, policy, request.effects, request.exchange);
        Self {
            account,
            admissible,
            gains,
            is_held_out: is_held_out(&policy.exploration, &account.customer_id),
        }
    }

    /// The rule of a candidate.
    pub(super) fn rule<'p>(&self, policy: &'p Policy, candidate: usize) -> &'p ActionRule {
        &policy.actions[self.admissible.candidates[candidate].action]
    }

    /// What is offered, in the order of the candidates; to those held out only to wait.
    pub(super) fn offers(&self, policy: &Policy) -> CustomerOffers<'a> {
        let count = if self.is_held_out { 1 } else { self.gains.len() };
        let offers = (0..count)
            .map(|candidate| {
                let rule = self.rule(policy, candidate);
                Offer {
                    candidate,
                    gain: self.gains[candidate].total,
                    minutes: rule.minutes,
                    skill: rule.skill.clone(),
                }
            })
            .collect();
        CustomerOffers {
            customer_id: &self.account.customer_id,
            language: self.account.language.as_deref(),
            collector: self.account.collector.as_deref(),
            offers,
        }
    }

    /// Candidates that may be drawn: never those that a named human decides or that weigh heavily, and those that take
    /// minutes only where one was planned and somebody can do it.
    pub(super) fn explorable(&self, policy: &Policy, collectors: &[Collector], planned: usize) -> Vec<usize> {
        let takes_minutes = self.rule(policy, planned).minutes > 0;
        (0..self.gains.len())
            .filter(|candidate| {
                let rule = self.rule(policy, *candidate);
                let autonomy = self.admissible.candidates[*candidate].autonomy;
                let is_free = autonomy != Autonomy::NamedHuman && !rule.kind.is_significant();
                let somebody_can = || {
                    collectors
                        .iter()
                        .any(|collector| staff::can_do(collector, self.account, rule))
                };
                let is_staffed = rule.minutes == 0 || (takes_minutes && somebody_can());
                is_free && is_staffed && is_gain(self.gains[*candidate].total)
            })
            .collect()
    }
}

/// To wait; a catalogue begins with it.
fn waiting() -> Candidate {
    Candidate {
        action: 0,
        items: Vec::new(),
        amounts_minor: Vec::new(),
        window: None,
        autonomy: Autonomy::Auto,
        because: Vec::new(),
    }
}
