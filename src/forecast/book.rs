//! What a forecast adds up: open invoices, lines of plans, recurring billing and streams of new billing.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::billing::Billing;
use super::{Attributes, Error, Place};
use crate::domain::{Currency, Date};
use crate::model::{PaymentDistribution, PaymentPrediction};

/// Where an item comes from. The third layer, new billing, has no items: it is [`BillingStream`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Invoices that are open at the cut-off.
    OpenInvoices,
    /// Invoices that are not written yet and known to come.
    Recurring,
}

/// An amount that is paid in one piece, as far as the forecast knows.
#[derive(Clone, Debug)]
pub struct CashItem<'a> {
    /// Where it comes from.
    pub layer: Layer,
    /// Who owes it.
    pub customer_id: Cow<'a, str>,
    /// The invoice, or the name of one to come.
    pub invoice_id: Cow<'a, str>,
    /// Whether it is a line of an instalment plan, which is named by its due date.
    pub is_line: bool,
    /// Where it belongs.
    pub place: Arc<Place>,
    /// Currency of its amounts.
    pub currency: Currency,
    /// Date of issue.
    pub invoice_date: Date,
    /// Date it falls due.
    pub due_date: Date,
    /// What is owed, in minor units; may be negative (unapplied credit).
    pub open_minor: i64,
    /// The part of it in an unresolved dispute.
    pub disputed_minor: i64,
    /// Latest open promise: the day and the amount, at most what is owed.
    pub promised: Option<(Date, i64)>,
    /// Probability of payment by each day after the cut-off.
    pub distribution: Cow<'a, PaymentDistribution>,
}

/// Expected billing of one part of the business that has no invoice yet.
#[derive(Clone, Debug)]
pub struct BillingStream {
    /// Stable name; seeds the draws.
    pub name: String,
    /// Where it belongs.
    pub place: Arc<Place>,
    /// Currency of its amounts.
    pub currency: Currency,
    /// The coming weeks, in order.
    pub weeks: Vec<BillingWeek>,
    /// Past ratios of actual to expected billing of a week, with mean 1; drawn from with replacement. Without
    /// any, the billing is certain.
    pub errors: Vec<f64>,
    /// Effective number of invoices a week, `(sum a)^2 / sum a^2`, at least 1.
    pub lumps: u32,
    /// Days from issue to cash.
    pub lag: PaymentDistribution,
    /// Days from issue to due date, rising, with their shares of the amount billed in the last half year; empty
    /// where they are not known.
    pub terms: Vec<(i32, f64)>,
}

/// Expected billing of some days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillingWeek {
    /// First day, in days after the cut-off.
    pub first_day: i32,
    /// Last day, in days after the cut-off, inclusive.
    pub last_day: i32,
    /// Expected billing of these days, in minor units.
    pub expected_minor: i64,
}

/// Everything that a forecast adds up.
#[derive(Clone, Debug)]
pub struct CashBook<'a> {
    /// The cut-off.
    pub as_of: Date,
    /// What is owed, and what is known to be billed.
    pub items: Vec<CashItem<'a>>,
    /// Billing that is expected beside it.
    pub streams: Vec<BillingStream>,
}

impl<'a> CashBook<'a> {
    /// Makes the book of the open invoices; an instalment plan becomes one item a line.
    ///
    /// # Errors
    ///
    /// - [`Error::MixedAsOf`] if a prediction was made as of another day.
    /// - [`Error::InvoiceRepeated`] if an invoice appears twice.
    /// - [`Error::LinesDiffer`] if the instalments of an invoice do not sum to what is open of it.
    pub fn new(
        as_of: Date,
        predictions: &'a [PaymentPrediction],
        attributes: &Attributes,
    ) -> Result<Self, Error> {
        let mut seen = BTreeSet::new();
        let mut items = Vec::with_capacity(predictions.len());
        for prediction in predictions {
            if prediction.as_of != as_of {
                return Err(Error::MixedAsOf {
                    invoice_id: prediction.invoice_id.clone(),
                    expected: as_of,
                    given: prediction.as_of,
                });
            }
            if !seen.insert(prediction.invoice_id.as_str()) {
                return Err(Error::InvoiceRepeated {
                    invoice_id: prediction.invoice_id.clone(),
                });
            }
            push_items(prediction, attributes, &mut items)?;
        }
        Ok(Self {
            as_of,
            items,
            streams: Vec::new(),
        })
    }

    /// Adds what will be billed: recurring invoices, and streams of new ones.
    #[must_use]
    pub fn with_billing(mut self, billing: Billing) -> Self {
        self.items.extend(billing.recurring);
        self.streams.extend(billing.streams);
        self
    }
}

/// Adds an invoice, or the lines of its plan.
fn push_items<'a>(
    prediction: &'a PaymentPrediction,
    attributes: &Attributes,
    items: &mut Vec<CashItem<'a>>,
) -> Result<(), Error> {
    let mut disputed = attributes.disputed_minor(&prediction.invoice_id);
    let (promised_for, mut promised) = attributes
        .promised(&prediction.invoice_id)
        .map_or((None, 0), |(date, amount)| (Some(date), amount));
    let place = place_of(prediction, attributes);
    let mut item = |due_date: Date, open_minor: i64, distribution: &'a PaymentDistribution, is_line: bool| {
        let promised_part = take(&mut promised, open_minor);
        CashItem {
            layer: Layer::OpenInvoices,
            customer_id: Cow::Borrowed(prediction.customer_id.as_str()),
            invoice_id: Cow::Borrowed(prediction.invoice_id.as_str()),
            is_line,
            place: Arc::clone(&place),
            currency: prediction.open.currency(),
            invoice_date: prediction.invoice_date,
            due_date,
            open_minor,
            disputed_minor: take(&mut disputed, open_minor),
            promised: promised_for
                .filter(|_| promised_part > 0)
                .map(|date| (date, promised_part)),
            distribution: Cow::Borrowed(distribution),
        }
    };
    if prediction.lines.is_empty() {
        let open = prediction.open.minor();
        items.push(item(prediction.due_date, open, &prediction.distribution, false));
        return Ok(());
    }
    check_sum(prediction)?;
    for line in &prediction.lines {
        items.push(item(line.due_date, line.open.minor(), &line.distribution, true));
    }
    Ok(())
}

/// Returns where an invoice belongs; the prediction itself may know the entity.
fn place_of(prediction: &PaymentPrediction, attributes: &Attributes) -> Arc<Place> {
    let place = attributes.place(&prediction.customer_id, &prediction.invoice_id);
    if place.entity.is_some() || prediction.entity.is_none() {
        return place;
    }
    Arc::new(Place {
        entity: prediction.entity.clone(),
        ..Place::clone(&place)
    })
}

/// Takes as much from what is left as fits into an open amount.
fn take(left: &mut i64, open: i64) -> i64 {
    let taken = (*left).min(open.max(0));
    *left -= taken;
    taken
}

fn check_sum(prediction: &PaymentPrediction) -> Result<(), Error> {
    let sum: i128 = prediction
        .lines
        .iter()
        .map(|line| i128::from(line.open.minor()))
        .sum();
    let currency = prediction.open.currency();
    let is_one_currency = prediction
        .lines
        .iter()
        .all(|line| line.open.currency() == currency);
    if is_one_currency && sum == i128::from(prediction.open.minor()) {
        return Ok(());
    }
    let given: Vec<String> = prediction
        .lines
        .iter()
        .map(|line| line.open.to_string())
        .collect();
    Err(Error::LinesDiffer {
        invoice_id: prediction.invoice_id.clone(),
        expected: prediction.open,
        given: given.join(" + "),
    })
}
