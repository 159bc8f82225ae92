//! Which amounts a shock chooses.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::domain::date::day_number;
use crate::domain::{Currency, Date};
use crate::forecast::scenario::{Context, Error, Missing, Scenario};
use crate::forecast::{BillingStream, CashBook, CashItem, Layer, Place};

/// Places that an error lists at most.
const LISTED_MAX: usize = 10;

/// What a shock chooses: what meets every criterion that is given; everything where none is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// These customers.
    pub customers: Vec<String>,
    /// The customers with the most open at the cut-off, so many in each currency, out of the whole book.
    pub top_debtors: Option<usize>,
    /// Customers of these segments.
    pub segments: Vec<String>,
    /// Customers of these countries.
    pub countries: Vec<String>,
    /// Receivables of these entities.
    pub entities: Vec<String>,
    /// Receivables of these business units.
    pub business_units: Vec<String>,
    /// Only what is past due at the cut-off.
    pub overdue_only: bool,
    /// Open amount at least, in whole units of the amount's own currency.
    pub min_amount: Option<u64>,
    /// Days past due at least.
    pub min_days_past_due: Option<i32>,
}

/// A part of a place, by the key of a selector.
type Part = (&'static str, fn(&Place) -> Option<&str>);

/// The parts of a place that a selector may ask for.
const PARTS: [Part; 4] = [
    ("segments", |place| place.segment.as_deref()),
    ("countries", |place| place.country.as_deref()),
    ("entities", |place| place.entity.as_deref()),
    ("business_units", |place| place.business_unit.as_deref()),
];

impl Selector {
    /// The names asked for, in the order of [`PARTS`].
    fn names(&self) -> [&[String]; 4] {
        [
            &self.segments,
            &self.countries,
            &self.entities,
            &self.business_units,
        ]
    }

    /// True when new billing, which has no customer, no amount and no due date, can meet the criteria.
    fn is_by_place_alone(&self) -> bool {
        self.customers.is_empty()
            && self.top_debtors.is_none()
            && !self.overdue_only
            && self.min_amount.is_none()
            && self.min_days_past_due.is_none()
    }

    fn takes_place(&self, place: &Place) -> bool {
        PARTS.into_iter().zip(self.names()).all(|((_, part), names)| {
            names.is_empty() || part(place).is_some_and(|name| names.iter().any(|asked| asked == name))
        })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.customers.is_empty() {
            parts.push(format!("customers {}", self.customers.join(", ")));
        }
        if let Some(count) = self.top_debtors {
            parts.push(format!("the {count} largest debtors of each currency"));
        }
        for ((key, _), names) in PARTS.into_iter().zip(self.names()) {
            if !names.is_empty() {
                parts.push(format!("{} {}", key.replace('_', " "), names.join(", ")));
            }
        }
        if self.overdue_only {
            parts.push("overdue".to_owned());
        }
        if let Some(amount) = self.min_amount {
            parts.push(format!("at least {amount}"));
        }
        if let Some(days) = self.min_days_past_due {
            parts.push(format!("at least {days} days past due"));
        }
        if parts.is_empty() {
            parts.push("everything".to_owned());
        }
        formatter.write_str(&parts.join("; "))
    }
}

/// A selector made ready for one book.
#[derive(Debug)]
pub(super) struct Chosen<'s> {
    selector: &'s Selector,
    customers: BTreeSet<&'s str>,
    top_debtors: BTreeSet<(Currency, &'s str)>,
    as_of: Date,
}

impl<'s> Chosen<'s> {
    /// Makes the selector of a shock ready; names that nothing has go to the remarks where that is allowed.
    ///
    /// # Errors
    ///
    /// [`Error::NamesUnknown`] for names that neither the book nor the ledger knows.
    pub(super) fn of(
        scenario: &'s Scenario,
        index: usize,
        book: &'s CashBook<'_>,
        context: &Context,
        remarks: &mut Vec<String>,
    ) -> Result<Self, Error> {
        let selector = &scenario.shocks[index].selector;
        let mut refuse = |what: &'static str, unknown: &[&str], known: &dyn Fn() -> String| {
            if unknown.is_empty() {
                return Ok(());
            }
            let (place, given) = (scenario.shocks[index].place(index), unknown.join(", "));
            match scenario.missing {
                Missing::Ignore => {
                    remarks.push(format!(
                        "scenario {:?}, {place}: {what} that the book does not know are left out: {given}",
                        scenario.name
                    ));
                    Ok(())
                }
                Missing::Error => Err(Error::NamesUnknown {
                    scenario: scenario.name.clone(),
                    place,
                    what,
                    given,
                    allowed: known(),
                }),
            }
        };
        let in_book = book.items.iter().map(|item| &*item.customer_id);
        let in_ledger = context.customers.iter().map(String::as_str);
        let unknown = not_among(&selector.customers, in_book.chain(in_ledger));
        refuse("customers", &unknown, &|| {
            "customer ids of the ledger are allowed".to_owned()
        })?;
        for ((key, part), names) in PARTS.into_iter().zip(selector.names()) {
            let unknown = not_among(names, places(book).filter_map(part));
            refuse(key, &unknown, &|| known_places(book, part))?;
        }
        Ok(Self {
            selector,
            customers: selector.customers.iter().map(String::as_str).collect(),
            top_debtors: selector
                .top_debtors
                .map(|count| top_debtors(book, count))
                .unwrap_or_default(),
            as_of: book.as_of,
        })
    }

    /// True when the shock chooses an amount of the book.
    pub(super) fn takes_item(&self, item: &CashItem<'_>) -> bool {
        let selector = self.selector;
        let customer: &str = &item.customer_id;
        let days_past_due = day_number(self.as_of) - day_number(item.due_date);
        (selector.customers.is_empty() || self.customers.contains(customer))
            && (selector.top_debtors.is_none() || self.top_debtors.contains(&(item.currency, customer)))
            && selector.takes_place(&item.place)
            && (!selector.overdue_only || days_past_due > 0)
            && selector
                .min_days_past_due
                .is_none_or(|least| days_past_due >= least)
            && selector.min_amount.is_none_or(|least| {
                let unit = 10_i128.pow(item.currency.exponent());
                i128::from(item.open_minor) >= i128::from(least) * unit
            })
    }

    /// True when the shock chooses a stream of new billing.
    pub(super) fn takes_stream(&self, stream: &BillingStream) -> bool {
        self.selector.is_by_place_alone() && self.selector.takes_place(&stream.place)
    }
}

/// Names that are not among the known ones, sorted.
fn not_among<'n, 'k>(names: &'n [String], known: impl Iterator<Item = &'k str>) -> Vec<&'n str> {
    let mut unknown: BTreeSet<&'n str> = names.iter().map(String::as_str).collect();
    for name in known {
        if unknown.is_empty() {
            break;
        }
        unknown.remove(name);
    }
    unknown.into_iter().collect()
}

/// Every place of a book.
fn places<'b>(book: &'b CashBook<'_>) -> impl Iterator<Item = &'b Place> {
    let of_items = book.items.iter().map(|item| &*item.place);
    of_items.chain(book.streams.iter().map(|stream| &*stream.place))
}

/// Says which names of a part there are.
fn known_places(book: &CashBook<'_>, part: fn(&Place) -> Option<&str>) -> String {
    let known: BTreeSet<&str> = places(book).filter_map(part).collect();
    if known.is_empty() {
        return "the ledger tells none".to_owned();
    }
    let listed: Vec<&str> = known.iter().copied().take(LISTED_MAX).collect();
    let more = known.len() - listed.len();
    if more == 0 {
        format!("allowed are {}", listed.join(", "))
    } else {
        format!("allowed are {} and {more} more", listed.join(", "))
    }
}

/// The customers with the most open in open invoices, `count` in each currency; equal ones by name.
fn top_debtors<'b>(book: &'b CashBook<'_>, count: usize) -> BTreeSet<(Currency, &'b str)> {
    let mut open: BTreeMap<Currency, BTreeMap<&'b str, i128>> = BTreeMap::new();
    for item in book.items.iter().filter(|item| item.layer == Layer::OpenInvoices) {
        let customers = open.entry(item.currency).or_default();
        *customers.entry(&*item.customer_id).or_default() += i128::from(item.open_minor);
    }
    let mut top = BTreeSet::new();
    for (currency, customers) in open {
        let mut ranked: Vec<(&str, i128)> = customers.into_iter().filter(|(_, open)| *open > 0).collect();
        ranked.sort_by_key(|(customer, open)| (Reverse(*open), *customer));
        top.extend(
            ranked
                .into_iter()
                .take(count)
                .map(|(customer, _)| (currency, customer)),
        );
    }
    top
}
