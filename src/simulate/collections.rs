//! A ledger on which the choice of actions can be judged.

use super::effects::{ActionEffect, Lateness, SEGMENTS, Treatment};
use super::plan::{STAGES, SimulationPlan, StagePolicy};

/// Invoices of a customer in the two years, on average.
const INVOICES_EACH: u64 = 20;

/// Days past due of the decisions: one in each lateness.
const DAYS_PAST_DUE: [i32; STAGES] = [5, 20, 50];

/// Every action has the same chance, so that each can be learned; waiting has the rest.
const SHARE: f64 = 0.15;

/// Change of the logit of the daily hazard, by segment: early, middle and late. No action is the best everywhere, and
/// some do harm, so that to choose pays.
const EFFECTS: [(Treatment, [[f64; 3]; 3]); 4] = [
    (
        Treatment::Reminder,
        [[0.1, 0.0, -0.2], [0.6, 0.3, 0.1], [0.0, 0.2, 0.0]],
    ),
    (
        Treatment::Call,
        [[0.9, 0.6, 0.4], [0.5, 0.9, 0.6], [1.0, 1.2, 0.9]],
    ),
    (
        Treatment::Sms,
        [[0.7, 0.5, 0.2], [0.1, 0.0, -0.1], [-0.4, -0.3, -0.2]],
    ),
    (
        Treatment::Letter,
        [[0.0, 0.4, 0.8], [0.2, 0.5, 0.7], [0.3, 0.2, 0.1]],
    ),
];

impl SimulationPlan {
    /// Returns a plan of two years in which collections chooses at random among five actions and logs every decision,
    /// waiting too. Effects differ by segment and lateness; no payment is recorded late, so that what a snapshot calls
    /// open is open in truth.
    ///
    /// ```
    /// let plan = duecast::simulate::SimulationPlan::collections(500, 1);
    /// assert!(plan.check().is_ok());
    /// assert!(plan.policy.iter().all(|stage| stage.wait() >= 0.05));
    /// ```
    #[must_use]
    pub fn collections(customers: u64, seed: u64) -> Self {
        let policy = StagePolicy {
            reminder: SHARE,
            call: SHARE,
            sms: SHARE,
            letter: SHARE,
        };
        Self {
            customers,
            invoices: customers.saturating_mul(INVOICES_EACH),
            seed,
            years: 2,
            never_paying_share: 0.02,
            late_record_share: 0.0,
            promise_share: 0.1,
            policy: [policy; STAGES],
            stage_days_past_due: DAYS_PAST_DUE,
            effects: effects(),
            log_waits: true,
            ..Self::default()
        }
    }
}

fn effects() -> Vec<ActionEffect> {
    let mut entries = Vec::new();
    for (treatment, by_segment) in EFFECTS {
        for (segment, by_lateness) in SEGMENTS.into_iter().zip(by_segment) {
            for (lateness, logit) in Lateness::ALL.into_iter().zip(by_lateness) {
                entries.push(ActionEffect {
                    treatment,
                    segment,
                    lateness,
                    logit,
                });
            }
        }
    }
    entries
}
