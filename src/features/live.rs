//! The book in memory: after a new payment, one customer is brought up to date and no other is touched.
//!
//! Customers depend on each other through the priors alone, and those are sums of integers. So what a
//! customer gave to them is taken off, its facts are replayed, and what it gives now is put back: to the
//! bit the priors of a ledger that holds the payment, without another look at that ledger.

use std::collections::BTreeMap;
use std::fmt;

use rayon::prelude::*;

use crate::domain::Date;
use crate::domain::date::day_number;
use crate::features::Error;
use crate::features::assemble::{Assembly, buckets};
use crate::features::facts::{Facts, SettlementFact, SettlementKind};
use crate::features::prior::{Counts, Priors};
use crate::features::relation::find;
use crate::features::replay::{Emission, replay};
use crate::features::season::BookSeason;
use crate::features::table::FeatureTable;
use crate::history::Snapshot;

/// A payment that a [`LiveBook`] has not seen, known on the day of its cut-off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// Invoice that it pays.
    pub invoice_id: String,
    /// Day on which the cash came in, at the latest the cut-off.
    pub paid_date: Date,
    /// Amount in minor units of the invoice's currency; a negative one takes an earlier payment back.
    pub amount_minor: i64,
}

/// An open book that stays in memory and takes in payments one by one.
///
/// Its rows are, to the bit, those of [`book`](crate::features::book) of a ledger that holds the new
/// payments as well, recorded on the day of the cut-off.
///
/// # Examples
///
/// ```
/// use duecast::features::{LiveBook, NewPayment, column};
/// use duecast::{domain::date::parse_iso, history::History};
///
/// let (history, _) = History::open("data/sample".as_ref())?;
/// let snapshot = history.as_of(parse_iso("2026-03-29")?);
/// let book = duecast::features::book(&snapshot)?;
/// let invoice_id = book.text(column::INVOICE_ID)?.get(0).unwrap_or_default().to_owned();
/// let customer_id = book.text(column::CUSTOMER_ID)?.get(0).unwrap_or_default();
///
/// let mut live = LiveBook::new(&snapshot)?;
/// let before = live.customer(customer_id)?;
/// let after = live.record_payment(&NewPayment {
///     invoice_id,
///     paid_date: snapshot.cutoff(),
///     amount_minor: book.integers(column::OPEN_MINOR)?.get(0).unwrap_or_default(),
/// })?;
/// assert_eq!(after.len() + 1, before.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LiveBook {
    cutoff: Date,
    /// Ascending by id.
    customers: Vec<LiveCustomer>,
    /// Position of the customer of each invoice.
    owners: BTreeMap<String, usize>,
    sums: BookSums,
}

/// One customer: its facts, and what it adds to the priors.
struct LiveCustomer {
    /// Of this customer alone.
    facts: Facts,
    /// Of its groups, by their index in the facts, and of the book.
    share: Priors,
}

/// What all customers together add to the priors.
#[derive(Default)]
struct BookSums {
    groups: BTreeMap<String, Counts>,
    book: Counts,
    season: BookSeason,
}

impl LiveBook {
    /// Reads everything that is known at the snapshot's cut-off into memory.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn new(snapshot: &Snapshot) -> Result<Self, Error> {
        let mut live = Self {
            cutoff: snapshot.cutoff(),
            customers: Vec::new(),
            owners: BTreeMap::new(),
            sums: BookSums::default(),
        };
        let cutoff = day_number(live.cutoff);
        for facts in buckets(snapshot)? {
            let customers: Vec<LiveCustomer> = facts?
                .by_customer()
                .into_par_iter()
                .map(|facts| LiveCustomer::new(facts, cutoff))
                .collect();
            for customer in customers {
                live.add(customer)?;
            }
        }
        Ok(live)
    }

    fn add(&mut self, customer: LiveCustomer) -> Result<(), Error> {
        let position = self.customers.len();
        let ids = customer.facts.identity.column("invoice_id")?.str()?;
        self.owners
            .extend(ids.iter().flatten().map(|id| (id.to_owned(), position)));
        self.sums.add(&customer);
        self.customers.push(customer);
        Ok(())
    }

    /// Returns the last day whose facts the book holds, on which new payments become known.
    #[must_use]
    pub fn cutoff(&self) -> Date {
        self.cutoff
    }

    /// Computes the features of a customer's open invoices; there may be none.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownCustomer`] for a customer without an invoice; else see [`Error`].
    pub fn customer(&self, customer_id: &str) -> Result<FeatureTable, Error> {
        let found = self
            .customers
            .binary_search_by(|customer| customer.id().cmp(customer_id));
        let position = found.map_err(|_| Error::UnknownCustomer {
            cutoff: self.cutoff,
            customer_id: customer_id.to_owned(),
        })?;
        let customer = &self.customers[position];
        let cutoff = day_number(self.cutoff);
        table(customer, &self.sums, cutoff, replayed(&customer.facts, cutoff))
    }

    /// Takes in a payment and computes the features of its customer's open invoices; there may be none left.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownInvoice`], [`Error::PaidAfterCutoff`] and [`Error::ZeroPayment`] for a payment that
    /// cannot be, which changes nothing; else see [`Error`].
    pub fn record_payment(&mut self, payment: &NewPayment) -> Result<FeatureTable, Error> {
        let position = self.position_of(payment)?;
        let cutoff = day_number(self.cutoff);
        let customer = &mut self.customers[position];
        customer.settle(payment, cutoff)?;
        self.sums.subtract(customer);
        let emission = customer.replay(cutoff);
        self.sums.add(customer);
        table(customer, &self.sums, cutoff, emission)
    }

    /// The position of the customer whose invoice is paid, if the payment can be.
    fn position_of(&self, payment: &NewPayment) -> Result<usize, Error> {
        let invoice_id = || payment.invoice_id.clone();
        if payment.amount_minor == 0 {
            return Err(Error::ZeroPayment {
                invoice_id: invoice_id(),
            });
        }
        if payment.paid_date > self.cutoff {
            return Err(Error::PaidAfterCutoff {
                cutoff: self.cutoff,
                invoice_id: invoice_id(),
                paid_date: payment.paid_date,
            });
        }
        let owner = self.owners.get(&payment.invoice_id).copied();
        owner.ok_or_else(|| Error::UnknownInvoice {
            cutoff: self.cutoff,
            invoice_id: invoice_id(),
        })
    }
}

impl fmt::Debug for LiveBook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LiveBook")
            .field("cutoff", &self.cutoff)
            .field("customers", &self.customers.len())
            .field("invoices", &self.owners.len())
            .finish_non_exhaustive()
    }
}

impl LiveCustomer {
    fn new(facts: Facts, cutoff: i32) -> Self {
        let share = share(&mut replayed(&facts, cutoff), &facts);
        Self { facts, share }
    }

    fn id(&self) -> &str {
        &self.facts.customers[0].id
    }

    /// Adds the settlement where a ledger that held it would have it.
    fn settle(&mut self, payment: &NewPayment, known_day: i32) -> Result<(), Error> {
        let customer = &mut self.facts.customers[0];
        let ids = self.facts.identity.column("invoice_id")?.str()?;
        let invoice = find(ids, &customer.invoices, Some(payment.invoice_id.as_str()))
            .expect("the invoice is one of its owner's");
        let settlement = SettlementFact {
            invoice,
            known_day,
            day: day_number(payment.paid_date),
            kind: SettlementKind::Cash,
            amount_minor: payment.amount_minor,
        };
        let place = self
            .facts
            .settlements
            .partition_point(|known| *known < settlement);
        self.facts.settlements.insert(place, settlement);
        customer.settlements.end += 1;
        Ok(())
    }

    /// Replays the facts and keeps what the customer adds to the priors now.
    fn replay(&mut self, cutoff: i32) -> Emission {
        let mut emission = replayed(&self.facts, cutoff);
        self.share = share(&mut emission, &self.facts);
        emission
    }
}

impl BookSums {
    fn add(&mut self, customer: &LiveCustomer) {
        for (number, name) in (0_u32..).zip(&customer.facts.groups) {
            let counts = self.groups.entry(name.clone()).or_default();
            counts.add(customer.share.group(number, 0));
        }
        self.book.add(customer.share.book(0));
        self.season.add(customer.share.season(0));
    }

    /// Takes off what was added for the customer with the share it still has.
    fn subtract(&mut self, customer: &LiveCustomer) {
        for (number, name) in (0_u32..).zip(&customer.facts.groups) {
            let counts = self.groups.entry(name.clone()).or_default();
            counts.subtract(customer.share.group(number, 0));
        }
        self.book.subtract(customer.share.book(0));
        self.season.subtract(customer.share.season(0));
    }

    /// The priors of groups, in the order of their names.
    fn priors(&self, names: &[String]) -> Priors {
        let groups = names
            .iter()
            .map(|name| self.groups.get(name).cloned().unwrap_or_default());
        Priors::at_one_cutoff(groups.collect(), self.book.clone(), self.season.clone())
    }
}

/// Replays the only customer of `facts`.
fn replayed(facts: &Facts, cutoff: i32) -> Emission {
    let mut emission = Emission::default();
    replay(facts, &facts.customers[0], &[cutoff], &|_, _| true, &mut emission);
    emission
}

/// Takes from a replay what its customer adds to the priors.
fn share(emission: &mut Emission, facts: &Facts) -> Priors {
    std::mem::take(&mut emission.priors).finish(facts.groups.len(), 1)
}

fn table(
    customer: &LiveCustomer,
    sums: &BookSums,
    cutoff: i32,
    emission: Emission,
) -> Result<FeatureTable, Error> {
    let facts = &customer.facts;
    let mut assembly = Assembly::new(vec![cutoff]);
    let groups = assembly.number_groups(&facts.groups);
    assembly.add(facts, &groups, vec![emission])?;
    // The groups of one customer are numbered in the order of their names in its facts.
    assembly.finish(&sums.priors(&facts.groups))
}
