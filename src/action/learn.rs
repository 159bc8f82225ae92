//! Learns what actions do from logged decisions that were left to chance.
//!
//! # Method
//!
//! Only decisions count in which both the action and waiting could have been drawn, with probabilities that were
//! logged: of the others nobody knows whether the customer paid because of the action or was chosen because of
//! how it pays.
//!
//! 1. In each cell (stage and segment) the model's share of the window in which cash is in hand is moved, by a shift
//!    of the logit of its hazards, until it agrees with what was paid: once for those acted on, once for those who
//!    waited, each weighted by the inverse of the clipped propensity. The difference of the two shifts is the
//!    measured effect; the difference of the two means over everybody in the cell is the days of money, robust
//!    to a wrong model because the propensities are known (Robins, Rotnitzky and Zhao 1994). Standard errors are
//!    clustered by customer, with a Satterthwaite number of degrees of freedom.
//! 2. The cells of an action are pooled towards their typical effect, and that towards the assumption
//!    (`learn/pool.rs`).
//! 3. Weekday, hour and collector are told as deviations, pooled hard (`learn/modifier.rs`).
//!
//! The customer is the unit that may not be split: decisions of one customer may depend on each other in any way.

mod contrast;
mod modifier;
mod pool;
mod report;
mod response;
mod rows;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::Date;

use super::decision::Share;
use super::effect::{Effect, EffectSource, Effects};
use super::kind::{ActionId, ActionKind, Stage};
use super::policy::{ActionRule, Policy};
use contrast::{Contrast, contrast};
use pool::{Pooled, pooled};
use response::Response;
use rows::{Row, Rows};

pub use modifier::{ModifierKind, ModifierReport};
pub use report::{ActionReport, CellReport, Interval, Learned, LeftOut};

/// Days within which a payment is set down to a decision.
pub const WINDOW_DAYS: u32 = 14;

/// A logged decision with what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The customer.
    pub customer_id: String,
    /// What was done; `wait` too.
    pub action: ActionId,
    /// Probability with which it was chosen.
    pub propensity: f64,
    /// Whatever could have been chosen, each with its probability, the chosen action included.
    pub admissible: Vec<Share>,
    /// Segment of the customer.
    pub segment: Option<String>,
    /// Stage of the oldest amount.
    pub stage: Stage,
    /// The day of the action.
    pub day: Date,
    /// The hour of the contact, in the customer's own time.
    pub hour: Option<u32>,
    /// Who did it.
    pub collector: Option<String>,
    /// Predicted probability of payment on each day of the window without an action, given that none came before.
    pub hazards: Vec<f64>,
    /// Share of the window in which what was open was in hand: what is paid on day `t` of `W` counts `(W - t) / W`,
    /// parts by their amount.
    pub in_hand: f64,
}

/// How to learn.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `window_days` | 14 | days after a decision in which payment counts |
/// | `clip` | 20 | largest weight of a decision |
/// | `decisions_min` | 100 | decisions from which on an effect may be called learned |
/// | `arm_min` | 10 | decisions of each sort, action and wait, below which a cell joins the rest of its stage |
/// | `outcomes_min` | 5 | decisions of each sort that were paid, and that were not, for the same |
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnPlan {
    /// Days after a decision in which payment counts.
    pub window_days: u32,
    /// Largest weight of a decision.
    pub clip: f64,
    /// Decisions from which on an effect may be called learned.
    pub decisions_min: u64,
    /// Decisions of each sort that a cell needs.
    pub arm_min: usize,
    /// Decisions of each sort and outcome that a cell needs.
    pub outcomes_min: usize,
}

impl Default for LearnPlan {
    fn default() -> Self {
        Self {
            window_days: WINDOW_DAYS,
            clip: 20.0,
            decisions_min: 100,
            arm_min: 10,
            outcomes_min: 5,
        }
    }
}

/// Learns effects from logged decisions; `prior` is what is assumed without them.
///
/// Without decisions the result is the prior. The prior must not have been learned from the same decisions. The
/// order of the observations does not matter.
#[must_use]
pub fn learn(policy: &Policy, prior: &Effects, observations: &[Observation], plan: &LearnPlan) -> Learned {
    let prior = prior.clone().completed(policy);
    let rows = Rows::sorted(observations, plan);
    let mut learned = Learned {
        effects: prior.clone(),
        cells: Vec::new(),
        actions: Vec::new(),
        modifiers: Vec::new(),
        left_out: rows.left_out,
        notes: Vec::new(),
    };
    for rule in &policy.actions {
        if rule.kind == ActionKind::Wait {
            continue;
        }
        if let Some(before) = prior.actions.get(&rule.id) {
            learn_action(rule, before.sound(), &rows, plan, &mut learned);
        }
    }
    learned.notes = learned.left_out.in_words(plan);
    learned
}

/// A cell with what was measured in it.
struct Cell<'a> {
    stage: Stage,
    segment: String,
    rows: Vec<Row<'a>>,
    contrast: Contrast,
}

fn learn_action(rule: &ActionRule, prior: Effect, rows: &Rows<'_>, plan: &LearnPlan, learned: &mut Learned) {
    let response = Response::new(prior.days);
    let cells = measured(rows.of(&rule.id, plan), &response, plan);
    if cells.is_empty() {
        return;
    }
    let contrasts: Vec<&Contrast> = cells.iter().map(|cell| &cell.contrast).collect();
    let pooled = pooled(&contrasts, prior);
    let decisions: u64 = cells.iter().map(|cell| cell.contrast.decisions).sum();
    let source = source(pooled.data_share, decisions, plan);
    let at_large = Effect {
        shift: pooled.typical.mean,
        std_error: pooled.unseen_error,
        days: prior.days,
        source,
    };
    learned.effects.actions.insert(rule.id.clone(), at_large.sound());
    learned.actions.push(ActionReport {
        action: rule.id.clone(),
        decisions,
        shift: pooled.typical.interval(),
        between_cells: pooled.between,
        data_share: pooled.data_share,
        source,
    });
    let in_cells = learn_cells(rule, prior, &cells, &pooled, decisions, plan, &mut learned.cells);
    learned.effects.cells.insert(rule.id.clone(), in_cells);
    let shifts: Vec<f64> = pooled.cells.iter().map(|cell| cell.normal.mean).collect();
    let grouped = cells.iter().zip(shifts).map(|(cell, shift)| modifier::Group {
        rows: &cell.rows,
        waiting: cell.contrast.waiting,
        shift,
    });
    learned
        .modifiers
        .extend(modifier::modifiers(&rule.id, grouped, &response, plan));
}

/// The effects of the cells, each with its report.
fn learn_cells(
    rule: &ActionRule,
    prior: Effect,
    cells: &[Cell<'_>],
    pooled: &Pooled,
    decisions: u64,
    plan: &LearnPlan,
    reports: &mut Vec<CellReport>,
) -> BTreeMap<Stage, BTreeMap<String, Effect>> {
    let mut effects: BTreeMap<Stage, BTreeMap<String, Effect>> = BTreeMap::new();
    for (cell, posterior) in cells.iter().zip(&pooled.cells) {
        let own = cell.contrast.decisions;
        // A small cell is carried by the others; then it is they that are counted.
        let counted = if own >= plan.decisions_min { own } else { decisions };
        let effect = Effect {
            shift: posterior.normal.mean,
            std_error: posterior.normal.std_error,
            days: prior.days,
            source: source(posterior.data_share, counted, plan),
        };
        reports.push(CellReport {
            action: rule.id.clone(),
            stage: cell.stage,
            segment: cell.segment.clone(),
            decisions: own,
            acted: cell.contrast.acted,
            customers: cell.contrast.customers,
            difference: cell.contrast.difference(plan.window_days),
            measured_shift: cell.contrast.shift(),
            shift: posterior.normal.interval(),
            data_share: posterior.data_share,
            source: effect.source,
        });
        effects
            .entry(cell.stage)
            .or_default()
            .insert(cell.segment.clone(), effect.sound());
    }
    effects
}

/// Learned where at least half of what is known comes from enough decisions.
fn source(data_share: f64, decisions: u64, plan: &LearnPlan) -> EffectSource {
    if data_share >= 0.5 && decisions >= plan.decisions_min {
        EffectSource::Learned { decisions }
    } else {
        EffectSource::Assumption
    }
}

/// Measures every cell that has enough decisions; the others of a stage are taken together, and left out where
/// that is not enough either.
fn measured<'a>(
    by_cell: BTreeMap<(Stage, String), Vec<Row<'a>>>,
    response: &Response,
    plan: &LearnPlan,
) -> Vec<Cell<'a>> {
    let mut kept: BTreeMap<(Stage, String), Vec<Row<'a>>> = BTreeMap::new();
    for ((stage, segment), rows) in by_cell {
        let segment = if rows::is_enough(&rows, plan) {
            segment
        } else {
            String::new()
        };
        kept.entry((stage, segment)).or_default().extend(rows);
    }
    kept.into_iter()
        .filter(|(_, rows)| rows::is_enough(rows, plan))
        .map(|((stage, segment), mut rows)| {
            // Decisions of a customer stand together.
            rows.sort_by_key(|row| row.customer);
            let contrast = contrast(&rows, response);
            Cell {
                stage,
                segment,
                rows,
                contrast,
            }
        })
        .collect()
}
