//! How an open invoice lives from day to day, until it is settled.
//!
//! Every day has the same steps, in this order:
//!
//! 1. A dispute is resolved or opened (business days only).
//! 2. On a stage day collections chooses to wait or an action; a call may end in a promise.
//! 3. The customer may drift to another level (drawn for the customer, not for the invoice).
//! 4. On a run day the invoice is paid with the [daily hazard](DailyHazard::of).

use rand_chacha::ChaCha8Rng;

use super::calendar_runs::Run;
use super::customer::Customer;
use super::effects::{Lateness, Treatment};
use super::hazard::{Contact, DailyHazard, Standing, known_shift};
use super::invoice::Invoice;
use super::plan::STAGES;
use super::world::{World, chances_missed, uniform};

/// Probability that a dispute is resolved on a business day: 18 business days on average.
pub(crate) const RESOLVE_SHARE: f64 = 1.0 / 18.0;

/// Share of resolved disputes in which the customer is right and the whole invoice is credited.
pub(crate) const VALID_SHARE: f64 = 0.15;

/// Share of resolved disputes in which a part is credited.
const PARTLY_SHARE: f64 = 0.45;

/// Shortest notice of a promised payment.
const PROMISE_NOTICE_DAYS: i32 = 4;

/// What collections chose at a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The invoice was settled before, or disputed, or promised: nothing was chosen.
    Skipped,
    Chosen(Treatment),
    /// A call that ended in the promise to pay on a run day.
    Promise {
        on: i32,
        open_minor: i64,
    },
}

/// Returns the run a customer promises in a call.
pub(crate) fn promised_day(world: &World<'_>, customer: &Customer, called: i32) -> i32 {
    world
        .runs(customer.country.currency, customer.run_type)
        .first_from(called + PROMISE_NOTICE_DAYS)
        .unwrap_or(called + PROMISE_NOTICE_DAYS)
}

/// A dispute with its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dispute {
    pub(crate) opened: i32,
    pub(crate) resolved: i32,
    pub(crate) outcome: &'static str,
    pub(crate) disputed_minor: i64,
    pub(crate) credited_minor: i64,
}

/// One payment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payment {
    pub(crate) day: i32,
    /// Day on which the payment is recorded.
    pub(crate) recorded: i32,
    pub(crate) amount_minor: i64,
}

/// What happens to an invoice.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    pub(crate) payments: Vec<Payment>,
    pub(crate) dispute: Option<Dispute>,
    pub(crate) stages: [Choice; STAGES],
    /// Day on which nothing is left open, and the day on which that is recorded.
    pub(crate) settled: Option<(i32, i32)>,
}

/// Lives through the days of one invoice.
pub(crate) fn follow(
    world: &World<'_>,
    customer: &Customer,
    invoice: &Invoice,
    stream: &mut ChaCha8Rng,
) -> Course {
    let runs = world.runs(customer.country.currency, customer.run_type);
    let mut life = Life::new(world, customer, invoice, stream);
    let mut position = runs.position(invoice.issue + 1);
    let mut previous = None;
    let (mut survival, mut floor) = (1.0, uniform(stream));
    while let Some(day) = runs.day(position).filter(|day| *day <= world.last) {
        life.advance(day, stream);
        if life.course.settled.is_some() {
            break;
        }
        let drift = if customer.has_drifted(day) {
            customer.drift_days
        } else {
            0.0
        };
        let shift = known_shift(world, customer, day) + drift;
        let hazard = DailyHazard::on_run(customer, invoice, Run { day, previous }, shift).of(
            world,
            life.standing,
            life.contact,
        );
        survival *= 1.0 - hazard;
        if survival < floor {
            life.pay(day, stream);
            (survival, floor) = (1.0, uniform(stream));
            if life.course.settled.is_some() {
                break;
            }
        }
        previous = Some(day);
        position += 1;
    }
    if life.course.settled.is_none() {
        life.advance(world.last, stream);
    }
    life.course
}

/// The state of one invoice on its way.
struct Life<'a> {
    world: &'a World<'a>,
    customer: &'a Customer,
    invoice: &'a Invoice,
    standing: Standing,
    contact: Contact,
    open_minor: i64,
    /// Day on which a dispute opens, while none has opened.
    dispute_day: Option<i32>,
    next_stage: usize,
    course: Course,
}

impl<'a> Life<'a> {
    fn new(
        world: &'a World<'a>,
        customer: &'a Customer,
        invoice: &'a Invoice,
        stream: &mut ChaCha8Rng,
    ) -> Self {
        let window = invoice.dispute_window(world, customer);
        let dispute_day = chances_missed(stream, window.log_undisputed)
            .and_then(|days| usize::try_from(days).ok())
            .and_then(|days| {
                let business = world.business_days(customer.country.currency);
                business.day(window.first_position + days)
            })
            .filter(|day| *day <= window.last_day);
        Self {
            world,
            customer,
            invoice,
            standing: Standing::Clear,
            contact: Contact::None,
            open_minor: invoice.amount_minor,
            dispute_day,
            next_stage: 0,
            course: Course {
                payments: Vec::new(),
                dispute: None,
                stages: [Choice::Skipped; STAGES],
                settled: None,
            },
        }
    }

    /// Lives through disputes and stages up to and with a day.
    fn advance(&mut self, day: i32, stream: &mut ChaCha8Rng) {
        loop {
            let dispute = match self.standing {
                Standing::Clear => self.dispute_day,
                Standing::Disputed => self.course.dispute.map(|dispute| dispute.resolved),
                Standing::Resolved | Standing::PartPaid => None,
            };
            let stage = self.invoice.stage_days.get(self.next_stage).copied();
            // Disputes come before decisions of the same day.
            match (dispute, stage) {
                (Some(on), stage) if on <= day && stage.is_none_or(|stage| on <= stage) => {
                    self.turn_dispute(on, stream);
                }
                (_, Some(on)) if on <= day => self.decide(on, stream),
                _ => return,
            }
            if self.course.settled.is_some() {
                return;
            }
        }
    }

    /// Opens the dispute, or resolves it.
    fn turn_dispute(&mut self, day: i32, stream: &mut ChaCha8Rng) {
        if let Some(dispute) = self.course.dispute {
            self.standing = Standing::Resolved;
            self.open_minor -= dispute.credited_minor;
            if self.open_minor == 0 {
                self.course.settled = Some((day, day));
            }
            return;
        }
        self.standing = Standing::Disputed;
        let business = self.world.business_days(self.customer.country.currency);
        let position = business.position(day + 1);
        let resolved = chances_missed(stream, (1.0 - RESOLVE_SHARE).ln())
            .and_then(|days| usize::try_from(days).ok())
            .and_then(|days| business.day(position + days))
            .unwrap_or(i32::MAX);
        let share = uniform(stream);
        let kind = uniform(stream);
        let (outcome, credited_minor) = if kind < VALID_SHARE {
            ("valid", self.open_minor)
        } else if kind < VALID_SHARE + PARTLY_SHARE {
            ("partly", part_of(self.open_minor, 0.05 + 0.35 * share))
        } else {
            ("invalid", 0)
        };
        let disputed_minor = match outcome {
            "valid" => self.open_minor,
            "partly" => part_of(self.open_minor, 0.45 + 0.5 * share),
            _ => part_of(self.open_minor, 0.2 + 0.7 * share),
        };
        self.course.dispute = Some(Dispute {
            opened: day,
            resolved,
            outcome,
            disputed_minor,
            credited_minor,
        });
    }

    /// Lets collections decide at the next stage.
    fn decide(&mut self, day: i32, stream: &mut ChaCha8Rng) {
        let stage = self.next_stage;
        self.next_stage += 1;
        if matches!(self.contact, Contact::Promise { on } if on >= day) {
            return;
        }
        self.contact = Contact::None;
        if self.standing == Standing::Disputed {
            return;
        }
        let policy = self.world.plan.policy[stage];
        let treatment = policy.choose(uniform(stream));
        let is_promised = treatment == Treatment::Call && uniform(stream) < self.world.plan.promise_share;
        self.course.stages[stage] = if is_promised {
            let on = promised_day(self.world, self.customer, day);
            self.contact = Contact::Promise { on };
            Choice::Promise {
                on,
                open_minor: self.open_minor,
            }
        } else {
            if treatment != Treatment::Wait {
                self.contact = Contact::Action {
                    treatment,
                    since: day,
                    lateness: Lateness::of(day - self.invoice.due),
                };
            }
            Choice::Chosen(treatment)
        };
    }

    /// Pays the invoice, or a part of it; a kept promise pays all.
    fn pay(&mut self, day: i32, stream: &mut ChaCha8Rng) {
        let is_promised = matches!(self.contact, Contact::Promise { on } if on == day);
        let is_partial = uniform(stream) < self.world.plan.partial_share
            && self.standing != Standing::PartPaid
            && !is_promised;
        let is_late = uniform(stream) < self.world.plan.late_record_share;
        let recorded = if is_late {
            #[expect(clippy::cast_possible_truncation, reason = "from 0 to 2 whole days")]
            let more = (3.0 * uniform(stream)) as i32;
            day + 1 + more
        } else {
            day
        };
        let amount_minor = if is_partial {
            part_of(self.open_minor, 0.3 + 0.5 * uniform(stream))
        } else {
            self.open_minor
        };
        self.open_minor -= amount_minor;
        self.standing = Standing::PartPaid;
        self.course.payments.push(Payment {
            day,
            recorded,
            amount_minor,
        });
        if self.open_minor == 0 {
            let known = self.course.payments.iter().map(|payment| payment.recorded).max();
            self.course.settled = Some((day, known.unwrap_or(day)));
        }
    }
}

/// Returns a rounded share of an amount, at least one minor unit and less than all.
fn part_of(open_minor: i64, share: f64) -> i64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "simulated amounts lie far below 2^53, and a part is a whole number below them"
    )]
    let part = (open_minor as f64 * share).round() as i64;
    part.clamp(1, (open_minor - 1).max(1))
}
