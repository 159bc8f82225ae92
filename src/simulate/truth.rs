//! The true distribution of the payment day, computed forward from the state at a cut-off.
//!
//! What is known at the cut-off: the customer's parameters, the shocks of the current month, whether the customer
//! has drifted, and where the invoice stands (dispute, part payment, last contact, open promise). Everything later
//! is unknown and summed over exactly: disputes, decisions of collections, promises, part payments, drift. The
//! shocks of the coming months are independent, so each month is averaged over equally likely slices of the shock
//! and the months are chained.

use super::customer::Customer;
use super::forward::{CLEAR, DISPUTED, Forward, NO_CONTACT, PART_PAID, PROMISED, RESOLVED, mass_at};
use super::invoice::Invoice;
use super::payment::{Choice, Course};
use super::world::World;
use crate::domain::Date;

/// Days after a cut-off for which the truth is written.
pub const TRUTH_DAYS: i32 = 91;

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

/// Whether an invoice is open at a cut-off.
pub(crate) fn is_open(invoice: &Invoice, course: &Course, cutoff: i32) -> bool {
    invoice.issue <= cutoff && course.settled.is_none_or(|(day, _)| day > cutoff)
}

/// Returns the probability of being settled by each of the coming days; `None` if the invoice is not open.
pub(crate) fn paid_by(
    world: &World<'_>,
    customer: &Customer,
    invoice: &Invoice,
    course: &Course,
    cutoff: i32,
) -> Option<Vec<f64>> {
    is_open(invoice, course, cutoff).then(|| {
        let start = mass_at(
            standing(course, cutoff),
            contact(invoice, course, cutoff),
            customer.has_drifted(cutoff),
        );
        Forward::new(world, customer, invoice, None).settled_by(cutoff, start, TRUTH_DAYS)
    })
}

/// Returns where an open invoice stands at a cut-off.
pub(crate) fn standing(course: &Course, cutoff: i32) -> usize {
    if course.payments.iter().any(|payment| payment.day <= cutoff) {
        return PART_PAID;
    }
    match course.dispute {
        Some(dispute) if dispute.resolved <= cutoff => RESOLVED,
        Some(dispute) if dispute.opened <= cutoff => DISPUTED,
        Some(_) | None => CLEAR,
    }
}

/// Returns the contact that still says something about an open invoice at a cut-off.
pub(crate) fn contact(invoice: &Invoice, course: &Course, cutoff: i32) -> usize {
    let mut contact = NO_CONTACT;
    let mut promised_on = None;
    for (stage, day) in invoice.stage_days.iter().enumerate() {
        if *day > cutoff || promised_on.is_some_and(|on| on >= *day) {
            continue;
        }
        (contact, promised_on) = match course.stages[stage] {
            Choice::Skipped => (NO_CONTACT, None),
            Choice::Chosen(treatment) => (treatment.index(), None),
            Choice::Promise { on, .. } => (PROMISED + stage, Some(on)),
        };
    }
    if promised_on.is_some_and(|on| on <= cutoff) {
        return NO_CONTACT;
    }
    contact
}
