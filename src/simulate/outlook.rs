//! What would happen under each action: the truth that no ledger shows.

use rayon::prelude::*;

use super::customer::{CURRENCIES, Customer};
use super::effects::{Lateness, SEGMENTS, Treatment};
use super::error::Error;
use super::forward::{DISPUTED, Forward, NO_CONTACT, PROMISED, mass_at};
use super::invoice::Invoice;
use super::payment::{Choice, Course};
use super::plan::SimulationPlan;
use super::rows::Key;
use super::truth::{TRUTH_DAYS, contact, is_open, standing};
use super::world::World;
use super::{first_invoices, live};
use crate::domain::Date;
use crate::domain::date::from_day_number;

/// The true outlook of the open book at cut-offs.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionTruth {
    /// By customer, invoice and cut-off.
    pub invoices: Vec<InvoiceOutlook>,
}

/// An open invoice at a cut-off, and when it is settled under each action taken on that day.
///
/// An action works from the next day on and takes the place of a contact that still works; an invoice in dispute or
/// under an open promise is left alone, so that its outlook is the same under each.
#[derive(Clone, Debug, PartialEq)]
pub struct InvoiceOutlook {
    /// The invoice.
    pub invoice_id: String,
    /// Its customer.
    pub customer_id: String,
    /// The cut-off.
    pub as_of: Date,
    /// Segment of the customer.
    pub segment: &'static str,
    /// Currency of the amounts.
    pub currency: &'static str,
    /// Days past due at the cut-off.
    pub days_past_due: i32,
    /// What is open, in minor units.
    pub open_minor: i64,
    /// By [`Treatment::index`], the probability of being settled by the end of each of the 91 days after the cut-off.
    paid_by: Vec<Vec<f64>>,
}

impl InvoiceOutlook {
    /// Returns the probability that nothing is open at the end of 1, 2, ... 91 days, under an action.
    #[must_use]
    pub fn paid_by(&self, treatment: Treatment) -> &[f64] {
        &self.paid_by[treatment.index()]
    }
}

/// What collections does after the action at a cut-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// It goes on as logged: what it does is drawn by the plan's propensities.
    AsLogged,
    /// Nothing: what an action is worth by itself.
    Nothing,
}

/// A decision of collections, and the truth of what each action would have led to.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionTruth {
    /// The invoice.
    pub invoice_id: String,
    /// Its customer.
    pub customer_id: String,
    /// The day.
    pub day: Date,
    /// Segment of the customer.
    pub segment: &'static str,
    /// Days past due on the day.
    pub days_past_due: i32,
    /// What was chosen.
    pub chosen: Treatment,
    /// Whether the invoice was settled within the window.
    pub is_paid: bool,
    /// Days of the window that were left when it was settled; zero where it was not.
    pub days_in_hand: f64,
    /// Probability of each choice, by [`Treatment::index`].
    pub propensities: [f64; Treatment::ALL.len()],
    /// True probability that the invoice is settled within the window, by [`Treatment::index`].
    pub paid_within: [f64; Treatment::ALL.len()],
    /// True mean of the days of the window that are left when it is settled, by [`Treatment::index`].
    pub days_within: [f64; Treatment::ALL.len()],
}

/// The true effect of an action in a cell: a mean over the decisions there, whatever was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct CellTruth {
    /// The action.
    pub treatment: Treatment,
    /// Segment of the customers.
    pub segment: &'static str,
    /// How late the invoices were.
    pub lateness: Lateness,
    /// How many decisions.
    pub decisions: u64,
    /// Days of the window that are left when it is settled after the action, less those after waiting.
    pub difference: f64,
    /// The days after waiting.
    pub waiting: f64,
}

/// Computes the outlook of every invoice that is open at the cut-offs; of those at least `from_days_past_due` days past
/// due where that is told, which are far fewer.
///
/// # Errors
///
/// [`Error::Plan`] when a parameter is outside its range, or a cut-off outside the ledger.
pub fn action_outlook(
    plan: &SimulationPlan,
    cutoffs: &[Date],
    from_days_past_due: Option<i32>,
    later: Later,
) -> Result<ActionTruth, Error> {
    let plan = SimulationPlan {
        truth_cutoffs: cutoffs.to_vec(),
        ..plan.clone()
    };
    plan.check()?;
    let world = World::new(&plan);
    let invoices = of_every_invoice::<InvoiceOutlook>(&world, &|customer, invoice, course, all| {
        for cutoff in &world.cutoffs {
            let is_asked = from_days_past_due.is_none_or(|least| *cutoff - invoice.due >= least);
            if is_asked && is_open(invoice, course, *cutoff) {
                all.push(outlook(&world, customer, invoice, course, *cutoff, later));
            }
        }
    });
    Ok(ActionTruth { invoices })
}

/// Computes, for every decision of collections, the probability of being settled within `window_days` under each action.
///
/// Left out are decisions about invoices that are settled on the same day, and those less than a window before the end
/// of the ledger.
///
/// # Errors
///
/// [`Error::Plan`] when a parameter is outside its range.
pub fn decision_truth(plan: &SimulationPlan, window_days: u32) -> Result<Vec<DecisionTruth>, Error> {
    plan.check()?;
    let world = World::new(plan);
    let window = i32::try_from(window_days).unwrap_or(TRUTH_DAYS).min(TRUTH_DAYS);
    Ok(of_every_invoice::<DecisionTruth>(
        &world,
        &|customer, invoice, course, all| {
            for (stage, day) in invoice.stage_days.into_iter().enumerate() {
                let chosen = match course.stages[stage] {
                    Choice::Skipped => continue,
                    Choice::Chosen(treatment) => treatment,
                    Choice::Promise { .. } => Treatment::Call,
                };
                if day + window > world.end || !is_open(invoice, course, day) {
                    continue;
                }
                let key = Key::new(customer, invoice);
                let policy = world.plan.policy[stage];
                let left = course
                    .settled
                    .map_or(0, |(settled, _)| (day + window - settled).max(0));
                // Collections clears what came before.
                let state = State {
                    standing: standing(course, day),
                    contact: NO_CONTACT,
                };
                let forward = Forward::new(&world, customer, invoice, Some(day));
                let paid_by =
                    Treatment::ALL.map(|treatment| after(&forward, customer, state, day, treatment, window));
                all.push(DecisionTruth {
                    invoice_id: key.invoice().to_string(),
                    customer_id: key.customer().to_string(),
                    day: from_day_number(day),
                    segment: customer.segment,
                    days_past_due: day - invoice.due,
                    chosen,
                    is_paid: course.settled.is_some_and(|(settled, _)| settled <= day + window),
                    propensities: Treatment::ALL.map(|treatment| policy.of(treatment)),
                    days_in_hand: f64::from(left),
                    paid_within: paid_by
                        .each_ref()
                        .map(|days| days.last().copied().unwrap_or_default()),
                    // What is settled on the last day leaves none.
                    days_within: paid_by.each_ref().map(|days| days.iter().rev().skip(1).sum()),
                });
            }
        },
    ))
}

/// Returns the true effect of every action in each cell that has decisions.
#[must_use]
pub fn true_differences(decisions: &[DecisionTruth]) -> Vec<CellTruth> {
    let mut cells = Vec::new();
    for treatment in Treatment::ALL.into_iter().skip(1) {
        for segment in SEGMENTS {
            for lateness in Lateness::ALL {
                let (mut count, mut difference, mut waiting) = (0_u32, 0.0, 0.0);
                for decision in decisions {
                    if decision.segment == segment && Lateness::of(decision.days_past_due) == lateness {
                        let days = &decision.days_within;
                        count += 1;
                        difference += days[treatment.index()] - days[0];
                        waiting += days[0];
                    }
                }
                if count > 0 {
                    cells.push(CellTruth {
                        treatment,
                        segment,
                        lateness,
                        decisions: u64::from(count),
                        difference: difference / f64::from(count),
                        waiting: waiting / f64::from(count),
                    });
                }
            }
        }
    }
    cells
}

/// Makes something of an invoice and its course.
type Taking<'a, T> = dyn Fn(&Customer, &Invoice, &Course, &mut Vec<T>) + Sync + 'a;

/// Lives through every invoice and gathers what is made of it, in the order of customers and invoices.
fn of_every_invoice<T: Send>(world: &World<'_>, take: &Taking<'_, T>) -> Vec<T> {
    let firsts = first_invoices(world);
    let made: Vec<Vec<T>> = (0..firsts.len() - 1)
        .into_par_iter()
        .map(|index| {
            let mut own = Vec::new();
            live(
                world,
                index as u64,
                firsts[index],
                firsts[index + 1],
                &mut |customer, invoice, course| take(customer, invoice, course, &mut own),
            );
            own
        })
        .collect();
    made.into_iter().flatten().collect()
}

/// Where an open invoice stands, and the contact that still says something about it.
#[derive(Clone, Copy, Debug)]
struct State {
    standing: usize,
    contact: usize,
}

/// Returns the outlook of one invoice that is open at a cut-off.
fn outlook(
    world: &World<'_>,
    customer: &Customer,
    invoice: &Invoice,
    course: &Course,
    cutoff: i32,
    later: Later,
) -> InvoiceOutlook {
    let state = State {
        standing: standing(course, cutoff),
        contact: contact(invoice, course, cutoff),
    };
    let start = mass_at(state.standing, state.contact, customer.has_drifted(cutoff));
    let untouched = forward(world, customer, invoice, None, later).settled_by(cutoff, start, TRUTH_DAYS);
    let is_left_alone = state.standing == DISPUTED || state.contact >= PROMISED;
    let paid_by = Treatment::ALL
        .into_iter()
        .map(|treatment| {
            if treatment == Treatment::Wait || is_left_alone {
                untouched.clone()
            } else {
                let forward = forward(world, customer, invoice, Some(cutoff), later);
                after(&forward, customer, state, cutoff, treatment, TRUTH_DAYS)
            }
        })
        .collect();
    let paid: i64 = course
        .payments
        .iter()
        .filter(|payment| payment.day <= cutoff)
        .map(|payment| payment.amount_minor)
        .sum();
    let credited = course
        .dispute
        .filter(|dispute| dispute.resolved <= cutoff)
        .map_or(0, |dispute| dispute.credited_minor);
    let key = Key::new(customer, invoice);
    InvoiceOutlook {
        invoice_id: key.invoice().to_string(),
        customer_id: key.customer().to_string(),
        as_of: from_day_number(cutoff),
        segment: customer.segment,
        currency: CURRENCIES[customer.country.currency],
        days_past_due: cutoff - invoice.due,
        open_minor: invoice.amount_minor - paid - credited,
        paid_by,
    }
}

fn forward<'a>(
    world: &'a World<'a>,
    customer: &'a Customer,
    invoice: &'a Invoice,
    acted_on: Option<i32>,
    later: Later,
) -> Forward<'a> {
    let forward = Forward::new(world, customer, invoice, acted_on);
    match later {
        Later::AsLogged => forward,
        Later::Nothing => forward.left_alone(),
    }
}

/// Returns when an invoice in a state is settled once an action is taken on a day; to wait clears the contact.
fn after(
    forward: &Forward<'_>,
    customer: &Customer,
    state: State,
    day: i32,
    treatment: Treatment,
    days: i32,
) -> Vec<f64> {
    let mut mass = mass_at(state.standing, state.contact, customer.has_drifted(day));
    forward.act(treatment, &mut mass);
    forward.settled_by(day, mass, days)
}
