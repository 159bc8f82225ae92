//! The true distribution of the payment day, computed forward from the state at a cut-off.
//!
//! What is known at the cut-off: the customer's parameters, the shocks of the current month, whether the customer
//! has drifted, and where the invoice stands (dispute, part payment, last contact, open promise). Everything later
//! is unknown and summed over exactly: disputes, decisions of collections, promises, part payments, drift. The
//! shocks of the coming months are independent, so each month is averaged over equally likely slices of the shock
//! and the months are chained.

use super::calendar_runs::Run;
use super::customer::Customer;
use super::hazard::{Contact, DailyHazard, Standing};
use super::invoice::Invoice;
use super::payment::{Choice, Course, RESOLVE_SHARE, VALID_SHARE, promised_day};
use super::plan::STAGES;
use super::world::World;
use crate::domain::Date;

/// Days after a cut-off for which the truth is written.
pub const TRUTH_DAYS: i32 = 91;

/// Probability of being open that is not followed any further.
const SETTLED_REST: f64 = 1e-12;

/// No contact, reminder, call, and a promise from each stage.
const CONTACTS: usize = 3 + STAGES;
const NO_CONTACT: usize = 0;
const REMINDED: usize = 1;
const CALLED: usize = 2;
const PROMISED: usize = 3;

const CLEAR: usize = 0;
const DISPUTED: usize = 1;
const RESOLVED: usize = 2;
const PART_PAID: usize = 3;
const STANDINGS: [Standing; 4] = [
    Standing::Clear,
    Standing::Disputed,
    Standing::Resolved,
    Standing::PartPaid,
];

/// Probability of each open state: by standing, contact and whether the customer has drifted.
type Mass = [[[f64; 2]; CONTACTS]; STANDINGS.len()];

/// The true distribution of one invoice that was open at a cut-off.
#[derive(Clone, Debug, PartialEq)]
pub struct InvoiceTruth {
    /// The invoice.
    pub invoice_id: String,
    /// The cut-off.
    pub as_of: Date,
    /// Probability that nothing is left open at the end of the cut-off plus 1, 2, ... 91 days. A whole credit
    /// after a dispute settles as well as cash does.
    pub paid_by: Vec<f64>,
}

/// What became of an invoice that is open at the end of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct OutcomeTruth {
    /// The invoice.
    pub invoice_id: String,
    /// Its customer.
    pub customer_id: String,
    /// Day on which nothing was left open; `None` when that is more than a year after the ledger.
    pub settled_on: Option<Date>,
    /// `cash` or `credit_note`.
    pub settled_by: Option<&'static str>,
}

/// The probabilities under one possible shock of the month.
#[derive(Clone, Debug)]
struct Branch {
    weight: f64,
    shock_days: f64,
    open: Mass,
    settled: f64,
}

/// Returns the probability of being settled by each of the coming days; `None` if the invoice is not open.
pub(crate) fn paid_by(
    world: &World<'_>,
    customer: &Customer,
    invoice: &Invoice,
    course: &Course,
    cutoff: i32,
) -> Option<Vec<f64>> {
    if invoice.issue > cutoff || course.settled.is_some_and(|(day, _)| day <= cutoff) {
        return None;
    }
    let mut month = world.month(cutoff);
    let mut branches = vec![Branch {
        weight: 1.0,
        shock_days: world.market(month) + customer.shocks[month],
        open: start(invoice, customer, course, cutoff),
        settled: 0.0,
    }];
    let forward = Forward::new(world, customer, invoice);
    let mut answer = Vec::new();
    let mut reached = 0.0_f64;
    for day in cutoff + 1..=cutoff + TRUTH_DAYS {
        if world.month(day) != month {
            month = world.month(day);
            branches = next_month(&branches, &world.shock_nodes);
        }
        forward.step(day, &mut branches);
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
    answer.resize(TRUTH_DAYS.unsigned_abs() as usize, reached);
    Some(answer)
}

/// Returns the state at the cut-off, as a probability of one.
fn start(invoice: &Invoice, customer: &Customer, course: &Course, cutoff: i32) -> Mass {
    let standing = if course.payments.iter().any(|payment| payment.day <= cutoff) {
        PART_PAID
    } else {
        match course.dispute {
            Some(dispute) if dispute.resolved <= cutoff => RESOLVED,
            Some(dispute) if dispute.opened <= cutoff => DISPUTED,
            Some(_) | None => CLEAR,
        }
    };
    let mut contact = NO_CONTACT;
    let mut promised_on = None;
    for (stage, day) in invoice.stage_days.iter().enumerate() {
        if *day > cutoff || promised_on.is_some_and(|on| on >= *day) {
            continue;
        }
        (contact, promised_on) = match course.stages[stage] {
            Choice::Skipped | Choice::Wait => (NO_CONTACT, None),
            Choice::Reminder => (REMINDED, None),
            Choice::Call => (CALLED, None),
            Choice::Promise { on, .. } => (PROMISED + stage, Some(on)),
        };
    }
    if promised_on.is_some_and(|on| on <= cutoff) {
        contact = NO_CONTACT;
    }
    let mut mass: Mass = [[[0.0; 2]; CONTACTS]; STANDINGS.len()];
    mass[standing][contact][usize::from(customer.has_drifted(cutoff))] = 1.0;
    mass
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

/// One invoice, ready to be followed forward.
struct Forward<'a> {
    world: &'a World<'a>,
    customer: &'a Customer,
    invoice: &'a Invoice,
    promised_on: [i32; STAGES],
    dispute_first: i32,
    dispute_last: i32,
    dispute_share: f64,
    drift_share: f64,
}

impl<'a> Forward<'a> {
    fn new(world: &'a World<'a>, customer: &'a Customer, invoice: &'a Invoice) -> Self {
        let window = invoice.dispute_window(world, customer);
        Self {
            world,
            customer,
            invoice,
            promised_on: invoice.stage_days.map(|day| promised_day(world, customer, day)),
            dispute_first: window.first_day,
            dispute_last: window.last_day,
            dispute_share: -window.log_undisputed.exp_m1(),
            drift_share: -world.log_stays.exp_m1(),
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
            if let Some(stage) = stage {
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
                contacts[NO_CONTACT][drifted] += decided * (1.0 - policy.reminder - policy.call);
                contacts[REMINDED][drifted] += decided * policy.reminder;
                contacts[CALLED][drifted] += decided * (policy.call - promised);
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
            for stage in 0..STAGES {
                if self.promised_on[stage] > day {
                    continue;
                }
                let lapsed = std::mem::take(&mut contacts[PROMISED + stage]);
                for (total, part) in contacts[NO_CONTACT].iter_mut().zip(lapsed) {
                    *total += part;
                }
            }
        }
    }

    /// Returns the contact a position stands for; reminders and calls date from the last stage.
    fn contact(&self, position: usize, since: i32) -> Contact {
        match position {
            NO_CONTACT => Contact::None,
            REMINDED => Contact::Reminder { since },
            CALLED => Contact::Call { since },
            promise => Contact::Promise {
                on: self.promised_on[promise - PROMISED],
            },
        }
    }
}
