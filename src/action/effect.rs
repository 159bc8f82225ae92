//! What an action does to the daily hazard of payment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::kind::{ActionId, ActionKind, Stage};
use super::policy::{ActionRule, Policy};

/// Standard deviations from the middle of a normal distribution to its ninety-five per cent quantile.
pub(super) const Z95: f64 = 1.644_853_626_951_472_2;
/// Change of the logit beyond which nobody believes an effect: odds times or by twenty.
const SHIFT_MAX: f64 = 3.0;
/// Largest standard error that is told; what is larger says nothing either.
const STD_ERROR_MAX: f64 = 2.0;
/// Days for which an effect is given where no policy says.
const DAYS_USUAL: u32 = 14;

/// What an action does, in one context.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Change of the logit of the daily hazard of payment against waiting.
    pub shift: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Days for which it works, from the day after the action on.
    pub days: u32,
    /// Where it comes from.
    pub source: EffectSource,
}

/// Where an effect comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectSource {
    /// Nobody has measured it: a sceptical prior.
    Assumption,
    /// Mostly measured on this many randomised decisions for the action and its comparison.
    Learned {
        /// How many.
        decisions: u64,
    },
}

/// Where an effect is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EffectContext<'a> {
    /// Segment of the customer.
    pub segment: Option<&'a str>,
    /// Stage of the oldest amount.
    pub stage: Stage,
}

/// The effects of every action, by stage and segment: an assumption until learned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Effects {
    /// Of an action at large.
    pub(super) actions: BTreeMap<ActionId, Effect>,
    /// Of an action in a cell, where decisions have taught more: `stage`, then segment (empty where unknown).
    pub(super) cells: BTreeMap<ActionId, BTreeMap<Stage, BTreeMap<String, Effect>>>,
}

impl Effect {
    /// No effect, known to be none.
    const NONE: Self = Self {
        shift: 0.0,
        std_error: 0.0,
        days: DAYS_USUAL,
        source: EffectSource::Assumption,
    };

    /// What a policy assumes of an action: the quantiles of its odds ratio, read as a normal distribution of the
    /// logit.
    fn assumed(rule: &ActionRule) -> Self {
        if rule.kind == ActionKind::Wait {
            return Self {
                days: rule.effect.days,
                ..Self::NONE
            };
        }
        let spread = (rule.effect.high.ln() - rule.effect.low.ln()) / (2.0 * Z95);
        Self {
            shift: rule.effect.odds_ratio.ln(),
            std_error: spread.abs(),
            days: rule.effect.days,
            source: EffectSource::Assumption,
        }
        .sound()
    }

    /// Whether nobody has measured it.
    #[must_use]
    pub fn is_assumption(&self) -> bool {
        self.source == EffectSource::Assumption
    }

    /// The effect within what can be believed; what is no number is no effect.
    pub(super) fn sound(self) -> Self {
        if !self.shift.is_finite() {
            return Self {
                days: self.days,
                ..Self::NONE
            };
        }
        let std_error = if self.std_error.is_finite() {
            self.std_error.clamp(0.0, STD_ERROR_MAX)
        } else {
            STD_ERROR_MAX
        };
        Self {
            shift: self.shift.clamp(-SHIFT_MAX, SHIFT_MAX),
            std_error,
            ..self
        }
    }
}

impl Effects {
    /// Returns what a policy assumes of each of its actions.
    #[must_use]
    pub fn assumed(policy: &Policy) -> Self {
        Self {
            actions: policy
                .actions
                .iter()
                .map(|rule| (rule.id.clone(), Effect::assumed(rule)))
                .collect(),
            cells: BTreeMap::new(),
        }
    }

    /// Adds what a policy assumes of actions of which nothing else is known, and takes its word for the days.
    #[must_use]
    pub fn completed(mut self, policy: &Policy) -> Self {
        for rule in &policy.actions {
            let days = rule.effect.days;
            self.actions
                .entry(rule.id.clone())
                .and_modify(|effect| effect.days = days)
                .or_insert_with(|| Effect::assumed(rule));
            let stages = self
                .cells
                .get_mut(&rule.id)
                .into_iter()
                .flat_map(BTreeMap::values_mut);
            for effect in stages.flat_map(BTreeMap::values_mut) {
                effect.days = days;
            }
        }
        self
    }

    /// Returns what an action does: in its cell, else among the other segments of the stage, else at large.
    ///
    /// An action of which nothing is known has no effect.
    #[must_use]
    pub fn of(&self, action: &ActionId, context: EffectContext<'_>) -> Effect {
        let segments = self
            .cells
            .get(action)
            .and_then(|stages| stages.get(&context.stage));
        let in_cell = segments.and_then(|segments| {
            segments
                .get(context.segment.unwrap_or_default())
                .or_else(|| segments.get(""))
        });
        in_cell
            .or_else(|| self.actions.get(action))
            .map_or(Effect::NONE, |effect| effect.sound())
    }

    /// Whether nothing was learned about any action.
    #[must_use]
    pub fn is_assumption_only(&self) -> bool {
        let in_cells = self
            .cells
            .values()
            .flat_map(BTreeMap::values)
            .flat_map(BTreeMap::values);
        self.actions.values().chain(in_cells).all(Effect::is_assumption)
    }

    /// Sets the effect of an action at large, as somebody measured it elsewhere.
    #[must_use]
    pub fn with(mut self, action: ActionId, effect: Effect) -> Self {
        self.actions.insert(action, effect);
        self
    }

    /// Sets the effect of an action in a cell; no segment means the segments that have no cell of their own.
    #[must_use]
    pub fn with_cell(mut self, action: ActionId, context: EffectContext<'_>, effect: Effect) -> Self {
        self.cells
            .entry(action)
            .or_default()
            .entry(context.stage)
            .or_default()
            .insert(context.segment.unwrap_or_default().to_owned(), effect);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(shift: f64) -> Effect {
        Effect {
            shift,
            std_error: 0.1,
            days: 10,
            source: EffectSource::Learned { decisions: 500 },
        }
    }

    fn context(segment: Option<&str>, stage: Stage) -> EffectContext<'_> {
        EffectContext { segment, stage }
    }

    #[test]
    fn a_cell_goes_before_the_rest_of_its_stage_and_that_before_the_action_at_large() {
        let call = ActionId::new("call");
        let effects = Effects::default()
            .with(call.clone(), effect(0.1))
            .with_cell(call.clone(), context(None, Stage::Early), effect(0.2))
            .with_cell(call.clone(), context(Some("retail"), Stage::Early), effect(0.3));
        let shift = |segment, stage| effects.of(&call, context(segment, stage)).shift;
        assert!((shift(Some("retail"), Stage::Early) - 0.3).abs() < 1e-12);
        assert!((shift(Some("industry"), Stage::Early) - 0.2).abs() < 1e-12);
        assert!((shift(None, Stage::Early) - 0.2).abs() < 1e-12);
        assert!((shift(Some("retail"), Stage::Late) - 0.1).abs() < 1e-12);
        assert!(!effects.is_assumption_only());
    }

    #[test]
    fn an_unknown_action_and_one_that_is_no_number_have_no_effect() {
        let call = ActionId::new("call");
        let poisoned = Effects::default().with(call.clone(), effect(f64::NAN));
        for effects in [Effects::default(), poisoned] {
            let of_call = effects.of(&call, context(None, Stage::Late));
            assert!(of_call.shift.abs() < 1e-12);
            assert!(of_call.is_assumption());
        }
        let huge = Effects::default().with(call.clone(), effect(1e9));
        assert!((huge.of(&call, context(None, Stage::Late)).shift - SHIFT_MAX).abs() < 1e-12);
    }

    #[test]
    fn effects_survive_being_written_and_read() {
        let call = ActionId::new("call");
        let effects = Effects::default().with(call.clone(), effect(0.1)).with_cell(
            call,
            context(Some("retail"), Stage::Early),
            effect(0.3),
        );
        let text = serde_json::to_string(&effects).unwrap();
        assert_eq!(serde_json::from_str::<Effects>(&text).unwrap(), effects);
    }
}
