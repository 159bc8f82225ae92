//! Decisions drawn in cells whose true effect is known.

use duecast::action::decision::Share;
use duecast::action::learn::Observation;
use duecast::action::{ActionId, Stage};
use duecast::domain::Date;
use duecast::domain::date::add_days;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// A cell of decisions about invoices that are paid in one of two weekly runs, if at all.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    pub(super) stage: Stage,
    pub(super) segment: &'static str,
    /// Mean logit of the hazard of a run.
    pub(super) level: f64,
    /// True shift of it by an action.
    pub(super) shift: f64,
    pub(super) decisions: usize,
    pub(super) customers: usize,
}

pub(super) const CELL: Cell = Cell {
    stage: Stage::Early,
    segment: "retail",
    level: -1.2,
    shift: 0.4,
    decisions: 4_000,
    customers: 1_000,
};

/// Days of the window, and the days of its two runs.
const WINDOW: usize = 14;
const RUNS: [usize; 2] = [3, 10];

/// Hazards of the days of the window for one of both runs.
pub(super) fn hazards(of_run: f64) -> Vec<f64> {
    (1..=WINDOW)
        .map(|day| if RUNS.contains(&day) { of_run } else { 0.0 })
        .collect()
}

/// Mean days that are left of the window when it is paid, for a hazard of a run: 11 after the first, 4 after the second.
fn days_left(of_run: f64) -> f64 {
    11.0 * of_run + 4.0 * (1.0 - of_run) * of_run
}

/// Draws decisions and what came of them, and returns the true mean difference of the days in hand too.
///
/// Those who are expected to pay badly are acted on five times as often as others.
pub(super) fn drawn(cell: &Cell, random: &mut ChaCha8Rng) -> (Vec<Observation>, f64) {
    let levels: Vec<f64> = (0..cell.customers).map(|_| 0.8 * normal(random)).collect();
    let monday: Date = "2026-03-02".parse().unwrap();
    let (mut observations, mut difference, mut count) = (Vec::new(), 0.0, 0.0);
    for _ in 0..cell.decisions {
        let customer = random.random_range(0..cell.customers);
        let logit = cell.level + levels[customer];
        let (without, with) = (sigmoid(logit), sigmoid(logit + cell.shift));
        difference += days_left(with) - days_left(without);
        count += 1.0;
        // The model is a little too hopeful, and noisy.
        let predicted = sigmoid(logit + 0.12 + 0.25 * normal(random));
        let (remind, wait) = if predicted < 0.22 {
            (0.75, 0.15)
        } else {
            (0.15, 0.75)
        };
        let number: f64 = random.random();
        let (action, propensity) = if number < remind {
            ("reminder", remind)
        } else if number < remind + wait {
            ("wait", wait)
        } else {
            ("call", 0.1)
        };
        let of_run = if action == "wait" { without } else { with };
        let left = RUNS
            .iter()
            .find(|_| random.random::<f64>() < of_run)
            .map_or(0, |day| WINDOW - day);
        observations.push(Observation {
            customer_id: format!("C{customer:04}"),
            action: ActionId::new(action),
            propensity,
            admissible: shares(&[("wait", wait), ("reminder", remind), ("call", 0.1)]),
            segment: Some(cell.segment.to_owned()),
            stage: cell.stage,
            day: add_days(monday, random.random_range(0..5)),
            hour: (action == "call").then(|| random.random_range(9..17)),
            collector: (action == "call").then(|| "anna".to_owned()),
            hazards: hazards(predicted),
            in_hand: f64::from(u32::try_from(left).unwrap()) / 14.0,
        });
    }
    (observations, difference / count)
}

pub(super) fn normal(random: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(random)
}

pub(super) fn shares(named: &[(&str, f64)]) -> Vec<Share> {
    named
        .iter()
        .map(|(action, propensity)| Share {
            action: ActionId::new(action),
            propensity: *propensity,
        })
        .collect()
}
