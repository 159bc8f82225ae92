//! The true daily hazard, the one function that both draws payments and writes the truth.
//!
//! # Definition
//!
//! On a run day `d` with the run before it on `p`, both in days past due, the hazard of an undisputed invoice is
//! `1 - S(d) / S(p)` with `S(x) = 1 / (1 + exp z(x))`, where `z` is the distance from the level in spreads and
//! grows slower once four spreads are exceeded. Read it as: the invoice becomes ready on a logistic day and leaves
//! with the next run. The remainder of a part-paid invoice becomes ready after an exponential time. An action
//! multiplies the odds of the hazard by `exp(effect)`; a promise replaces it until the promised day is over.

use super::calendar_runs::Run;
use super::customer::Customer;
use super::effects::{Lateness, Treatment};
use super::invoice::Invoice;
use super::world::World;

/// Mean days after which the remainder of a part-paid invoice is ready.
const REMAINDER_DAYS: f64 = 15.0;

/// Distance from the level, in spreads, below which nobody pays; the hazard there is under one in a million.
const READY_Z_MIN: f64 = -14.0;

/// Distance from the level, in spreads, from which lateness counts only in part: the long tail of real books.
const TAIL_Z: f64 = 4.0;
const TAIL_SLOPE: f64 = 0.35;

/// Where an open invoice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Never disputed, nothing paid.
    Clear,
    /// In dispute: payment waits.
    Disputed,
    /// The dispute is over, nothing paid.
    Resolved,
    /// A part is paid.
    PartPaid,
}

/// The last action that still says something about an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contact {
    None,
    Action {
        treatment: Treatment,
        since: i32,
        lateness: Lateness,
    },
    Promise {
        on: i32,
    },
}

/// The true hazard of one invoice on one run day, for every condition the invoice can be in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DailyHazard {
    day: i32,
    segment: usize,
    ready: f64,
    gap_days: f64,
    kept: f64,
}

impl DailyHazard {
    /// Computes the hazard on a run day; `shift_days` is the sum of season, shocks and drift on that day.
    pub(crate) fn on_run(customer: &Customer, invoice: &Invoice, run: Run, shift_days: f64) -> Self {
        let before = run.previous.map_or(invoice.issue, |day| day.max(invoice.issue));
        let level = invoice.level_days + shift_days;
        let distance = |day: i32| {
            let z = (f64::from(day - invoice.due) - level) / customer.spread_days;
            if z > TAIL_Z {
                TAIL_Z + TAIL_SLOPE * (z - TAIL_Z)
            } else {
                z
            }
        };
        let z = distance(run.day);
        let ready = if customer.never_pays || z < READY_Z_MIN {
            0.0
        } else {
            (1.0 - (distance(before) - z).exp()) / (1.0 + (-z).exp())
        };
        Self {
            day: run.day,
            segment: customer.segment_index,
            ready,
            gap_days: if customer.never_pays {
                0.0
            } else {
                f64::from(run.day - before)
            },
            kept: if customer.never_pays {
                0.0
            } else {
                customer.promise_kept
            },
        }
    }

    /// Returns the probability of a payment on this day, given that the invoice was open before it.
    pub(crate) fn of(&self, world: &World<'_>, standing: Standing, contact: Contact) -> f64 {
        if standing == Standing::Disputed {
            return 0.0;
        }
        let effect = match contact {
            Contact::Promise { on } if on > self.day => return 0.0,
            Contact::Promise { on } if on == self.day => return self.kept,
            Contact::Action {
                treatment,
                since,
                lateness,
            } if self.is_working(world, since) => world.effects.logit(treatment, self.segment, lateness),
            Contact::None | Contact::Promise { .. } | Contact::Action { .. } => {
                return self.untouched(standing);
            }
        };
        let hazard = self.untouched(standing);
        let odds = effect.exp() * hazard;
        odds / (1.0 - hazard + odds)
    }

    /// Returns the hazard without any action.
    fn untouched(&self, standing: Standing) -> f64 {
        if standing == Standing::PartPaid {
            1.0 - (-self.gap_days / REMAINDER_DAYS).exp()
        } else {
            self.ready
        }
    }

    /// Tells whether an action works on this day: from the day after it on.
    fn is_working(&self, world: &World<'_>, since: i32) -> bool {
        let days = self.day - since;
        days > 0 && i64::from(days) <= i64::from(world.plan.effect_days)
    }
}

/// Returns the days by which a customer is slower in the month of a run.
pub(crate) fn known_shift(world: &World<'_>, customer: &Customer, day: i32) -> f64 {
    let month = world.month(day);
    world.season(month) + world.market(month) + customer.shocks[month]
}
