//! Which decisions can be compared, and with which weights.

use std::collections::BTreeMap;

use super::{LearnPlan, LeftOut, Observation};
use crate::action::kind::{ActionId, Stage};

/// How far a logged probability may be from the one in its list.
const PROPENSITY_TOLERANCE: f64 = 1e-3;

/// A decision in the comparison of an action with waiting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) observation: &'a Observation,
    /// Number of the customer.
    pub(super) customer: usize,
    /// Whether it was acted on; else it waited.
    pub(super) is_acted: bool,
    /// Shift that is known of it before.
    pub(super) offset: f64,
    /// Inverse of the probability of what was done.
    pub(super) weight: f64,
    /// Inverse of the probability of either, so that all rows together stand for everybody.
    pub(super) share: f64,
}

/// The decisions that can be compared, ordered by customer.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    usable: Vec<(usize, &'a Observation)>,
    pub(super) left_out: LeftOut,
}

impl<'a> Rows<'a> {
    /// Sorts decisions by what they say, so that the order in which they were given does not matter.
    pub(super) fn sorted(observations: &'a [Observation], plan: &LearnPlan) -> Self {
        let mut left_out = LeftOut::default();
        let mut kept: Vec<&Observation> = Vec::new();
        for observation in observations {
            left_out.decisions += 1;
            if !is_sound(observation, plan) {
                left_out.unusable += 1;
            } else if is_randomised(observation) {
                left_out.clipped += u64::from(observation.propensity * plan.clip < 1.0);
                kept.push(observation);
            } else {
                left_out.not_randomised += 1;
            }
        }
        kept.sort_by(|one, other| {
            one.customer_id
                .cmp(&other.customer_id)
                .then_with(|| one.day.cmp(&other.day))
                .then_with(|| one.action.cmp(&other.action))
                .then_with(|| one.stage.cmp(&other.stage))
                .then_with(|| one.in_hand.total_cmp(&other.in_hand))
                .then_with(|| bits(&one.hazards).cmp(bits(&other.hazards)))
                .then_with(|| one.propensity.total_cmp(&other.propensity))
        });
        let mut usable: Vec<(usize, &Observation)> = Vec::with_capacity(kept.len());
        for observation in kept {
            let customer = match usable.last() {
                Some((number, before)) if before.customer_id == observation.customer_id => *number,
                Some((number, _)) => number + 1,
                None => 0,
            };
            usable.push((customer, observation));
        }
        Self { usable, left_out }
    }

    /// The decisions for an action or for waiting in which either could have been drawn, by stage and segment.
    pub(super) fn of(&self, action: &ActionId, plan: &LearnPlan) -> BTreeMap<(Stage, String), Vec<Row<'a>>> {
        let wait = ActionId::new(ActionId::WAIT);
        let clip = if plan.clip >= 1.0 { plan.clip } else { 1.0 };
        let mut cells: BTreeMap<(Stage, String), Vec<Row<'a>>> = BTreeMap::new();
        for &(customer, observation) in &self.usable {
            let is_acted = observation.action == *action;
            if !is_acted && observation.action != wait {
                continue;
            }
            let (to_act, to_wait) = (probability(observation, action), probability(observation, &wait));
            if to_act <= 0.0 || to_wait <= 0.0 {
                continue;
            }
            let own = if is_acted { to_act } else { to_wait };
            let segment = observation.segment.clone().unwrap_or_default();
            cells.entry((observation.stage, segment)).or_default().push(Row {
                observation,
                customer,
                is_acted,
                offset: 0.0,
                weight: (1.0 / own).min(clip),
                share: (1.0 / (to_act + to_wait)).min(clip),
            });
        }
        cells
    }
}

/// Whether a cell has enough decisions of each sort and outcome.
pub(super) fn is_enough(rows: &[Row<'_>], plan: &LearnPlan) -> bool {
    [true, false].into_iter().all(|is_acted| {
        let of_sort = || rows.iter().filter(move |row| row.is_acted == is_acted);
        let (count, paid) = (
            of_sort().count(),
            of_sort().filter(|row| row.observation.in_hand > 0.0).count(),
        );
        let rarer = paid.min(count - paid);
        // One of each is the least from which a mean and its spread can be told.
        count >= plan.arm_min.max(2) && rarer >= plan.outcomes_min.max(1)
    }) && has_customers(rows, plan.arm_min.max(2))
}

/// Whether rows come from at least so many customers.
fn has_customers(rows: &[Row<'_>], least: usize) -> bool {
    let mut customers: Vec<usize> = rows.iter().map(|row| row.customer).collect();
    customers.sort_unstable();
    customers.dedup();
    customers.len() >= least
}

/// The probability with which an action could have been drawn; zero where it could not.
fn probability(observation: &Observation, action: &ActionId) -> f64 {
    observation
        .admissible
        .iter()
        .filter(|share| share.action == *action)
        .map(|share| share.propensity)
        .sum()
}

/// The bits of numbers, which can be ordered whatever they are.
fn bits(numbers: &[f64]) -> impl Iterator<Item = u64> {
    numbers.iter().map(|number| number.to_bits())
}

/// Whether all probabilities of a decision are some, and agree.
fn is_sound(observation: &Observation, plan: &LearnPlan) -> bool {
    let is_probability = |value: f64| (0.0..=1.0).contains(&value);
    let listed = probability(observation, &observation.action);
    let total: f64 = observation.admissible.iter().map(|share| share.propensity).sum();
    u32::try_from(observation.hazards.len()) == Ok(plan.window_days)
        && observation.hazards.iter().all(|hazard| is_probability(*hazard))
        && is_probability(observation.in_hand)
        && is_probability(observation.propensity)
        && observation.propensity > 0.0
        && observation
            .admissible
            .iter()
            .all(|share| is_probability(share.propensity))
        && total <= 1.0 + PROPENSITY_TOLERANCE
        && (observation.admissible.is_empty()
            || (listed - observation.propensity).abs() <= PROPENSITY_TOLERANCE)
}

/// Whether chance chose between waiting and something else, and what was done was among it.
fn is_randomised(observation: &Observation) -> bool {
    let could = |is_wait: bool| {
        observation
            .admissible
            .iter()
            .any(|share| (share.action.as_str() == ActionId::WAIT) == is_wait && share.propensity > 0.0)
    };
    could(true) && could(false) && probability(observation, &observation.action) > 0.0
}
