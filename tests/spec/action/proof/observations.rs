//! Logged decisions as the learner takes them.

use std::collections::BTreeMap;

use duecast::action::decision::Share;
use duecast::action::learn::Observation;
use duecast::action::{ActionId, Stage};
use duecast::domain::Date;
use duecast::domain::date::add_days;
use duecast::simulate::{DecisionTruth, Lateness, Treatment};

use super::world::WINDOW_DAYS;

/// Decisions as many as which the cell's mean counts in the baseline of a customer.
const PRIOR_DECISIONS: f64 = 4.0;

/// Returns what the ledger says about decisions; of the truth, nothing. The baseline is plain: how often the customer
/// paid after earlier decisions, drawn towards the mean of the segment and lateness, at any day of the window alike.
pub(crate) fn observations(decisions: &[DecisionTruth]) -> Vec<Observation> {
    let mut cells: BTreeMap<(&str, Lateness), (f64, f64)> = BTreeMap::new();
    let mut customers: BTreeMap<&str, Vec<(Date, f64)>> = BTreeMap::new();
    for decision in decisions {
        let paid = f64::from(u8::from(decision.is_paid));
        let sums = cells.entry(cell(decision)).or_default();
        *sums = (sums.0 + paid, sums.1 + 1.0);
        customers
            .entry(&decision.customer_id)
            .or_default()
            .push((decision.day, paid));
    }
    decisions
        .iter()
        .map(|decision| {
            let (paid, count) = cells[&cell(decision)];
            let known = add_days(decision.day, -i64::from(WINDOW_DAYS));
            let (mut own_paid, mut own) = (0.0, 0.0);
            for (day, paid) in &customers[decision.customer_id.as_str()] {
                if *day <= known {
                    own_paid += paid;
                    own += 1.0;
                }
            }
            let baseline = (PRIOR_DECISIONS * paid / count + own_paid) / (PRIOR_DECISIONS + own);
            observation(decision, baseline)
        })
        .collect()
}

fn cell(decision: &DecisionTruth) -> (&str, Lateness) {
    (decision.segment, Lateness::of(decision.days_past_due))
}

fn observation(decision: &DecisionTruth, baseline: f64) -> Observation {
    let share = |treatment: Treatment| Share {
        action: ActionId::new(treatment.name()),
        propensity: decision.propensities[treatment.index()],
    };
    Observation {
        customer_id: decision.customer_id.clone(),
        action: ActionId::new(decision.chosen.name()),
        propensity: decision.propensities[decision.chosen.index()],
        admissible: Treatment::ALL.map(share).to_vec(),
        segment: Some(decision.segment.to_owned()),
        stage: Stage::of(decision.days_past_due),
        day: decision.day,
        hour: None,
        collector: None,
        hazards: vec![1.0 - (1.0 - baseline).powf(1.0 / f64::from(WINDOW_DAYS)); WINDOW_DAYS as usize],
        in_hand: decision.days_in_hand / f64::from(WINDOW_DAYS),
    }
}
