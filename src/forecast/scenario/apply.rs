//! Applying a scenario to a book, and the report of what it touched.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Currency, Money};
use crate::forecast::scenario::select::Chosen;
use crate::forecast::scenario::shock::{Cost, Pieces};
use crate::forecast::scenario::streams::{StreamPieces, billing_touched};
use crate::forecast::scenario::{Change, Context, Error, Scenario, Shock};
use crate::forecast::{BillingStream, CashBook, CashItem, Layer};

/// A book under a scenario, and what the scenario did to it.
#[derive(Debug)]
pub struct Applied<'a> {
    /// The changed book.
    pub book: CashBook<'a>,
    /// One entry a shock, in order.
    pub touched: Vec<Touched>,
    /// What the reader should know: names that were left out, shocks that touched nothing.
    pub remarks: Vec<String>,
}

/// What one shock touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// The shock in words: what it chose and what it did.
    pub shock: String,
    /// What the reader is asked to believe: in the words of the scenario, and of billing streams in ours.
    pub assumption: Option<String>,
    /// Amounts of the book: open invoices, instalments and recurring bills.
    pub items: usize,
    /// Their customers.
    pub customers: usize,
    /// Streams of new billing.
    pub streams: usize,
    /// The money behind them, by currency code.
    pub money: Vec<TouchedMoney>,
}

/// The money that a shock touched, in one currency, as it was before the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TouchedMoney {
    /// Sum of the open invoices and instalments.
    pub amount: Money,
    /// Sum of the recurring bills that are not written yet.
    pub recurring: Money,
    /// Expected new billing.
    pub new_billing: Money,
    /// Discount expected to be granted; zero for other shocks.
    pub discount: Money,
    /// The part of it granted to those who would have paid in time anyway.
    pub discount_anyway: Money,
}

/// Applies a scenario to a book. A scenario without shocks returns the book as it is.
///
/// # Errors
///
/// [`Error::NamesUnknown`] where a selector names customers or places that neither the book nor the context
/// knows, unless the scenario ignores them.
pub fn apply<'a>(scenario: &Scenario, book: &CashBook<'a>, context: &Context) -> Result<Applied<'a>, Error> {
    let mut remarks = Vec::new();
    let chosen = (0..scenario.shocks.len())
        .map(|index| Chosen::of(scenario, index, book, context, &mut remarks))
        .collect::<Result<Vec<Chosen<'_>>, Error>>()?;
    let mut tallies: Vec<Tally<'_>> = scenario.shocks.iter().map(|_| Tally::default()).collect();
    let mut items = Vec::with_capacity(book.items.len());
    for item in &book.items {
        let mut pieces = Pieces::of(item);
        for ((shock, chosen), tally) in scenario.shocks.iter().zip(&chosen).zip(&mut tallies) {
            if chosen.takes_item(item)
                && let Some(cost) = shock.change.on_item(item, book.as_of, &mut pieces)
            {
                tally.add_item(item, cost);
            }
        }
        items.append(&mut pieces.items);
    }
    let mut streams = Vec::with_capacity(book.streams.len());
    for stream in &book.streams {
        let mut pieces = StreamPieces::of(stream);
        for ((shock, chosen), tally) in scenario.shocks.iter().zip(&chosen).zip(&mut tallies) {
            if chosen.takes_stream(stream)
                && let Some(cost) = pieces.change(&shock.change)
            {
                tally.add_stream(stream, billing_touched(&shock.change, stream), cost);
            }
        }
        streams.append(&mut pieces.streams);
    }
    let touched: Vec<Touched> = scenario
        .shocks
        .iter()
        .zip(tallies)
        .map(|(shock, tally)| tally.touched(shock))
        .collect();
    remarks.extend(remarks_on(scenario, &touched));
    Ok(Applied {
        book: CashBook {
            as_of: book.as_of,
            items,
            streams,
        },
        touched,
        remarks,
    })
}

/// What the reader should know of the shocks, now that it is known what they touched.
fn remarks_on(scenario: &Scenario, touched: &[Touched]) -> Vec<String> {
    let mut remarks = Vec::new();
    for (index, (shock, touched)) in scenario.shocks.iter().zip(touched).enumerate() {
        let place = format!("scenario {:?}, {}", scenario.name, shock.place(index));
        if touched.items == 0 && touched.streams == 0 {
            remarks.push(format!("{place} touches nothing: {shock}"));
        }
        if touched.items > 0 && is_drawn_by_invoice(&shock.change) {
            remarks.push(format!(
                "{place} is drawn invoice by invoice: the mean is right, and the band too narrow where a customer \
                 fails as a whole"
            ));
        }
    }
    remarks
}

/// True for a default that may or may not happen: every invoice is drawn for itself.
fn is_drawn_by_invoice(change: &Change) -> bool {
    match change {
        Change::Default { probability } => *probability > 0.0 && *probability < 1.0,
        Change::Delay { .. }
        | Change::SlowTail { .. }
        | Change::Terms { .. }
        | Change::Discount { .. }
        | Change::Collect { .. }
        | Change::Dispute { .. }
        | Change::Haircut { .. }
        | Change::Billing { .. } => false,
    }
}

/// Counts and sums of one shock.
#[derive(Debug, Default)]
struct Tally<'b> {
    items: usize,
    customers: BTreeSet<&'b str>,
    streams: usize,
    money: BTreeMap<Currency, Sums>,
}

/// Minor units of one currency.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    amount: i64,
    recurring: i64,
    new_billing: i64,
    cost: Cost,
}

impl<'b> Tally<'b> {
    fn add_item(&mut self, item: &'b CashItem<'_>, cost: Cost) {
        self.items += 1;
        self.customers.insert(&*item.customer_id);
        let sums = self.money.entry(item.currency).or_default();
        let sum = match item.layer {
            Layer::OpenInvoices => &mut sums.amount,
            Layer::Recurring => &mut sums.recurring,
        };
        *sum = sum.saturating_add(item.open_minor);
        sums.add_cost(cost);
    }

    fn add_stream(&mut self, stream: &BillingStream, billing_minor: i64, cost: Cost) {
        self.streams += 1;
        let sums = self.money.entry(stream.currency).or_default();
        sums.new_billing = sums.new_billing.saturating_add(billing_minor);
        sums.add_cost(cost);
    }

    fn touched(self, shock: &Shock) -> Touched {
        let in_words = |(currency, sums): (Currency, Sums)| TouchedMoney {
            amount: Money::from_minor(sums.amount, currency),
            recurring: Money::from_minor(sums.recurring, currency),
            new_billing: Money::from_minor(sums.new_billing, currency),
            discount: Money::from_minor(sums.cost.granted, currency),
            discount_anyway: Money::from_minor(sums.cost.anyway, currency),
        };
        let of_streams = (self.streams > 0).then(|| shock.change.assumption_of_streams());
        let assumptions: Vec<&str> = shock
            .assumption
            .as_deref()
            .into_iter()
            .chain(of_streams)
            .collect();
        Touched {
            shock: shock.to_string(),
            assumption: (!assumptions.is_empty()).then(|| assumptions.join("; ")),
            items: self.items,
            customers: self.customers.len(),
            streams: self.streams,
            money: self.money.into_iter().map(in_words).collect(),
        }
    }
}

impl Sums {
    fn add_cost(&mut self, cost: Cost) {
        self.cost.granted = self.cost.granted.saturating_add(cost.granted);
        self.cost.anyway = self.cost.anyway.saturating_add(cost.anyway);
    }
}
