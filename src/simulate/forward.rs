//! One invoice followed forward: the probability of each state it can be in, day by day.

use super::calendar_runs::Run;
use super::customer::Customer;
use super::effects::{Lateness, Treatment};
use super::hazard::{Contact, DailyHazard, Standing};
use super::invoice::Invoice;
use super::payment::{RESOLVE_SHARE, VALID_SHARE, promised_day};
use super::plan::STAGES;
use super::world::World;

/// Probability of being open that is not followed any further.
const SETTLED_REST: f64 = 1e-12;

/// No contact, each action, and a promise from each stage or from the action at the cut-off.
const CONTACTS: usize = PROMISED + PROMISES;
pub(crate) const NO_CONTACT: usize = 0;
/// The first promise among the contacts.
pub(crate) const PROMISED: usize = Treatment::ALL.len();
const PROMISES: usize = STAGES + 1;

pub(crate) const CLEAR: usize = 0;
pub(crate) const DISPUTED: usize = 1;
pub(crate) const RESOLVED: usize = 2;
pub(crate) const PART_PAID: usize = 3;
const STANDINGS: [Standing; 4] = [
    Standing::Clear,
    Standing::Disputed,
    Standing::Resolved,
    Standing::PartPaid,
];

/// Probability of each open state: by standing, contact and whether the customer has drifted.
pub(crate) type Mass = [[[f64; 2]; CONTACTS]; STANDINGS.len()];

/// The probabilities under one possible shock of the month.
#[derive(Clone, Debug)]
struct Branch {
    weight: f64,
    shock_days: f64,
    open: Mass,
    settled: f64,
}

/// Returns a state as a probability of one.
pub(crate) fn mass_at(standing: usize, contact: usize, has_drifted: bool) -> Mass {
    let mut mass: Mass = [[[0.0; 2]; CONTACTS]; STANDINGS.len()];
    mass[standing][contact][usize::from(has_drifted)] = 1.0;
    mass
}

/// One invoice, ready to be followed forward.
pub(crate) struct Forward<'a> {
    world: &'a World<'a>,
    customer: &'a Customer,
    invoice: &'a Invoice,
    /// Day on which an action is taken that collections did not take.
    acted_on: Option<i32>,
    /// Whether collections goes on as the plan says.
    collects: bool,
    promised_on: [i32; PROMISES],
    dispute_first: i32,
    dispute_last: i32,
    dispute_share: f64,
    drift_share: f64,
}

impl<'a> Forward<'a> {
    pub(crate) fn new(
        world: &'a World<'a>,
        customer: &'a Customer,
        invoice: &'a Invoice,
        acted_on: Option<i32>,
    ) -> Self {
        let window = invoice.dispute_window(world, customer);
        let mut promised_on = [i32::MIN; PROMISES];
        let called_on = invoice.stage_days.into_iter().chain(acted_on);
        for (promised, called) in promised_on.iter_mut().zip(called_on) {
            *promised = promised_day(world, customer, called);
        }
        Self {
            world,
            customer,
            invoice,
            acted_on,
            collects: true,
            promised_on,
            dispute_first: window.first_day,
            dispute_last: window.last_day,
            dispute_share: -window.log_undisputed.exp_m1(),
            drift_share: -world.log_stays.exp_m1(),
        }
    }

    /// The same without collections.
    pub(crate) fn left_alone(self) -> Self {
        Self {
            collects: false,
            ..self
        }
    }

    /// Follows a state at a cut-off through the days after it.
    pub(crate) fn settled_by(&self, cutoff: i32, start: Mass, days: i32) -> Vec<f64> {
        let world = self.world;
        let mut month = world.month(cutoff);
        let mut branches = vec![Branch {
            weight: 1.0,
            shock_days: world.market(month) + self.customer.shocks[month],
            open: start,
            settled: 0.0,
        }];
        let mut answer = Vec::new();
        let mut reached = 0.0_f64;
        for day in cutoff + 1..=cutoff + days {
            if world.month(day) != month {
                month = world.month(day);
                branches = next_month(&branches, &world.shock_nodes);
            }
            self.step(day, &mut branches);
            let settled = branches
                .iter()
                .map(|branch| branch.weight * branch.settled)
                .sum::<f64>();
            // Averaging over branches can lose the last bit; a probability never falls.
            reached = reached.max(settled.clamp(0.0, 1.0));
            answer.push(reached);
            if 1.0 - reached < SETTLED_REST {
                break;
            }
        }
        answer.resize(days.unsigned_abs() as usize, reached);
        answer
    }

    /// Takes an action at the cut-off.
    pub(crate) fn act(&self, treatment: Treatment, mass: &mut Mass) {
        for (standing, contacts) in mass.iter_mut().enumerate() {
            if standing == DISPUTED {
                continue;
            }
            for drifted in 0..2 {
                // Promises stay as they are.
                let acted: f64 = contacts[..PROMISED]
                    .iter_mut()
                    .map(|share| std::mem::take(&mut share[drifted]))
                    .sum();
                let promised = if treatment == Treatment::Call {
                    acted * self.world.plan.promise_share
                } else {
                    0.0
                };
                contacts[treatment.index()][drifted] += acted - promised;
                contacts[PROMISED + STAGES][drifted] += promised;
            }
        }
    }

    /// Lives through one day in every branch.
    fn step(&self, day: i32, branches: &mut [Branch]) {
        let currency = self.customer.country.currency;
        let is_business_day = self.world.business_days(currency).run_on(day).is_some();
        let run = self.world.runs(currency, self.customer.run_type).run_on(day);
        let stage = self
            .invoice
            .stage_days
            .iter()
            .position(|stage_day| *stage_day == day);
        for branch in branches {
            if is_business_day {
                self.turn_disputes(day, branch);
            }
            if let Some(stage) = stage.filter(|_| self.collects) {
                self.decide(day, stage, &mut branch.open);
            }
            self.drift(&mut branch.open);
            if let Some(run) = run {
                self.pay(run, branch);
            }
            self.lapse(day, &mut branch.open);
        }
    }

    fn turn_disputes(&self, day: i32, branch: &mut Branch) {
        let can_open = (self.dispute_first..=self.dispute_last).contains(&day);
        for contact in 0..CONTACTS {
            for drifted in 0..2 {
                let resolved = branch.open[DISPUTED][contact][drifted] * RESOLVE_SHARE;
                branch.open[DISPUTED][contact][drifted] -= resolved;
                branch.open[RESOLVED][contact][drifted] += resolved * (1.0 - VALID_SHARE);
                branch.settled += resolved * VALID_SHARE;
                if can_open {
                    let opened = branch.open[CLEAR][contact][drifted] * self.dispute_share;
                    branch.open[CLEAR][contact][drifted] -= opened;
                    branch.open[DISPUTED][contact][drifted] += opened;
                }
            }
        }
    }

    fn decide(&self, day: i32, stage: usize, open: &mut Mass) {
        let policy = self.world.plan.policy[stage];
        let promised = policy.call * self.world.plan.promise_share;
        for (standing, contacts) in open.iter_mut().enumerate() {
            for drifted in 0..2 {
                let mut decided = 0.0;
                for (contact, mass) in contacts.iter_mut().enumerate() {
                    let is_open_promise = contact
                        .checked_sub(PROMISED)
                        .is_some_and(|from| self.promised_on[from] >= day);
                    if !is_open_promise {
                        decided += std::mem::take(&mut mass[drifted]);
                    }
                }
                if standing == DISPUTED {
                    contacts[NO_CONTACT][drifted] += decided;
                    continue;
                }
                for treatment in Treatment::ALL {
                    let share = match treatment {
                        Treatment::Call => policy.call - promised,
                        other => policy.of(other),
                    };
                    contacts[treatment.index()][drifted] += decided * share;
                }
                contacts[PROMISED + stage][drifted] += decided * promised;
            }
        }
    }

    fn drift(&self, open: &mut Mass) {
        for pair in open.as_flattened_mut() {
            let moved = pair[0] * self.drift_share;
            pair[0] -= moved;
            pair[1] += moved;
        }
    }

    fn pay(&self, run: Run, branch: &mut Branch) {
        let since = self
            .invoice
            .stage_days
            .iter()
            .copied()
            .chain(self.acted_on)
            .filter(|day| *day <= run.day)
            .max()
            .unwrap_or(run.day);
        let partial_share = self.world.plan.partial_share;
        for drifted in 0..2 {
            let drift = if drifted == 1 {
                self.customer.drift_days
            } else {
                0.0
            };
            let shift = self.world.season(self.world.month(run.day)) + branch.shock_days + drift;
            let hazard = DailyHazard::on_run(self.customer, self.invoice, run, shift);
            // Part-paid first: what is part-paid on this run is not at risk a second time.
            for standing in [PART_PAID, RESOLVED, CLEAR] {
                for contact in 0..CONTACTS {
                    let mass = branch.open[standing][contact][drifted];
                    if mass <= 0.0 {
                        continue;
                    }
                    let state = self.contact(contact, since);
                    let paid = mass * hazard.of(self.world, STANDINGS[standing], state);
                    let is_promised = matches!(state, Contact::Promise { on } if on == run.day);
                    let partial = if standing == PART_PAID || is_promised {
                        0.0
                    } else {
                        paid * partial_share
                    };
                    branch.open[standing][contact][drifted] -= paid;
                    branch.open[PART_PAID][contact][drifted] += partial;
                    branch.settled += paid - partial;
                }
            }
        }
    }

    /// Forgets promises whose day is over.
    fn lapse(&self, day: i32, open: &mut Mass) {
        for contacts in open {
            for (promise, on) in self.promised_on.into_iter().enumerate() {
                if on > day {
                    continue;
                }
                let lapsed = std::mem::take(&mut contacts[PROMISED + promise]);
                for (total, part) in contacts[NO_CONTACT].iter_mut().zip(lapsed) {
                    *total += part;
                }
            }
        }
    }

    /// Returns the contact a position stands for; actions date from the last stage.
    fn contact(&self, position: usize, since: i32) -> Contact {
        match position {
            NO_CONTACT => Contact::None,
            action if action < PROMISED => Contact::Action {
                treatment: Treatment::ALL[action],
                since,
                lateness: Lateness::of(since - self.invoice.due),
            },
            promise => Contact::Promise {
                on: self.promised_on[promise - PROMISED],
            },
        }
    }
}

/// Averages over the shocks of the past month and branches into those of the next.
fn next_month(branches: &[Branch], nodes: &[f64]) -> Vec<Branch> {
    #[expect(clippy::cast_precision_loss, reason = "a handful of slices of the shock")]
    let weight = 1.0 / nodes.len() as f64;
    let mut mean = Branch {
        weight,
        shock_days: 0.0,
        open: [[[0.0; 2]; CONTACTS]; STANDINGS.len()],
        settled: 0.0,
    };
    for branch in branches {
        mean.settled += branch.weight * branch.settled;
        let pairs = mean.open.as_flattened_mut().as_flattened_mut().iter_mut();
        let parts = branch.open.as_flattened().as_flattened();
        for (total, part) in pairs.zip(parts) {
            *total += branch.weight * part;
        }
    }
    nodes
        .iter()
        .map(|shock_days| Branch {
            shock_days: *shock_days,
            ..mean.clone()
        })
        .collect()
}
