//! The book in memory: when facts of a customer come in, that customer is brought up to date and no other is
//! touched.
//!
//! Customers depend on each other through the priors alone, and those are sums of integers. So what a
//! customer gave to them is taken off, its facts are replayed, and what it gives now is put back: to the
//! bit the priors of a ledger that holds those facts, without another look at that ledger.

mod customer;
mod sums;

use std::collections::BTreeMap;
use std::fmt;

use rayon::prelude::*;

use crate::domain::Date;
use crate::domain::date::day_number;
use crate::features::Error;
use crate::features::assemble::Assembly;
use crate::features::bucket::buckets;
use crate::features::facts::Facts;
use crate::features::live::customer::LiveCustomer;
use crate::features::live::sums::BookSums;
use crate::features::replay::Emission;
use crate::features::table::FeatureTable;
use crate::history::Snapshot;

/// An open book that stays in memory and takes in what becomes known of its customers, one by one.
///
/// Its rows are, to the bit, those of [`book`](crate::features::book) of a ledger that holds the new facts as
/// well. Facts of any kind may come: invoices, settlements, disputes, promises, plans, contacts, scores, or the
/// customer's country and segment.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
/// use duecast::domain::date::{add_days, parse_iso};
/// use duecast::features::LiveBook;
/// use duecast::history::schema::columns;
/// use duecast::history::{Cell, History, Table, TableBuilder};
///
/// let (history, _) = History::open("data/sample".as_ref())?;
/// let today = parse_iso("2026-03-29")?;
/// let mut live = LiveBook::new(&history.as_of(today))?;
///
/// // What is known of one customer: here a first invoice.
/// let mut row = vec![Cell::Absent; columns(Table::Invoices).len() + 1];
/// row[..6].copy_from_slice(&[
///     Cell::Text("I-new"),
///     Cell::Text("C-new"),
///     Cell::Date(today),
///     Cell::Date(add_days(today, 30)),
///     Cell::Text("1000.00"),
///     Cell::Text("EUR"),
/// ]);
/// let mut invoices = TableBuilder::new(Table::Invoices);
/// invoices.push(1, &row).map_err(|reject| reject.reason)?;
/// let frames = BTreeMap::from([(Table::Invoices, invoices.finish()?.frame)]);
/// let facts = History::from_frames(&frames)?.as_of(today);
///
/// assert_eq!(live.what_if(&facts)?.len(), 1);
/// assert!(live.customer("C-new").is_err());
/// let renewal = live.renewed("C-new", &facts)?;
/// assert_eq!(live.apply(renewal)?.len(), 1);
/// assert_eq!(live.customer("C-new")?.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LiveBook {
    cutoff: Date,
    customers: BTreeMap<String, LiveCustomer>,
    sums: BookSums,
}

/// A customer whose facts have been read and replayed, ready to take the place of what a [`LiveBook`] has of it.
#[derive(Debug)]
pub struct Renewal {
    cutoff: Date,
    customer_id: String,
    customer: LiveCustomer,
    emission: Emission,
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
            customers: BTreeMap::new(),
            sums: BookSums::default(),
        };
        let cutoff = day_number(live.cutoff);
        for facts in buckets(snapshot)? {
            let customers: Vec<LiveCustomer> = facts?
                .by_customer()
                .into_par_iter()
                .map(|facts| LiveCustomer::replayed(facts, cutoff).0)
                .collect();
            for customer in customers {
                live.put(customer);
            }
        }
        Ok(live)
    }

    /// Returns the last day whose facts the book holds.
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
        let customer = self.customers.get(customer_id);
        let customer = customer.ok_or_else(|| Error::UnknownCustomer {
            cutoff: self.cutoff,
            customer_id: customer_id.to_owned(),
        })?;
        let cutoff = day_number(self.cutoff);
        table(&customer.facts, &self.sums, cutoff, customer.emission(cutoff))
    }

    /// Reads and replays `facts`, which are all that is known of one customer; changes nothing yet.
    ///
    /// # Errors
    ///
    /// [`Error::OtherCutoff`] for facts of another day than the book's, [`Error::OtherCustomer`] for facts of
    /// another customer; else see [`Error`].
    pub fn renewed(&self, customer_id: &str, facts: &Snapshot) -> Result<Renewal, Error> {
        self.check_cutoff(facts.cutoff())?;
        let facts = Facts::collect(facts, None)?;
        let other = facts.customers.iter().find(|other| other.id != customer_id);
        if let Some(other) = other {
            return Err(Error::OtherCustomer {
                customer_id: customer_id.to_owned(),
                given: other.id.clone(),
            });
        }
        let (customer, emission) = LiveCustomer::replayed(facts, day_number(self.cutoff));
        Ok(Renewal {
            cutoff: self.cutoff,
            customer_id: customer_id.to_owned(),
            customer,
            emission,
        })
    }

    /// Exchanges a customer, which may be new or have no invoice left, and computes the features of its open
    /// invoices; there may be none.
    ///
    /// # Errors
    ///
    /// [`Error::OtherCutoff`] for a renewal of another day; else see [`Error`].
    pub fn apply(&mut self, renewal: Renewal) -> Result<FeatureTable, Error> {
        self.check_cutoff(renewal.cutoff)?;
        if let Some(old) = self.customers.remove(&renewal.customer_id) {
            self.sums.subtract(&old);
        }
        self.sums.add(&renewal.customer);
        let cutoff = day_number(self.cutoff);
        let table = table(&renewal.customer.facts, &self.sums, cutoff, renewal.emission);
        if renewal.customer.id().is_some() {
            self.customers.insert(renewal.customer_id, renewal.customer);
        }
        table
    }

    /// Computes the features of the open invoices of one customer as if `facts` were all that is known of it.
    ///
    /// The priors are those of a ledger that holds these facts. Nothing is changed.
    ///
    /// # Errors
    ///
    /// As [`LiveBook::renewed`]; [`Error::OtherCustomer`] for facts of more than one customer.
    pub fn what_if(&self, facts: &Snapshot) -> Result<FeatureTable, Error> {
        self.check_cutoff(facts.cutoff())?;
        let facts = Facts::collect(facts, None)?;
        if let [first, second, ..] = facts.customers.as_slice() {
            return Err(Error::OtherCustomer {
                customer_id: first.id.clone(),
                given: second.id.clone(),
            });
        }
        let cutoff = day_number(self.cutoff);
        let (customer, emission) = LiveCustomer::replayed(facts, cutoff);
        let mut sums = self.sums.part(&customer.facts);
        if let Some(old) = customer.id().and_then(|id| self.customers.get(id)) {
            sums.subtract(old);
        }
        sums.add(&customer);
        table(&customer.facts, &sums, cutoff, emission)
    }

    fn put(&mut self, customer: LiveCustomer) {
        let Some(id) = customer.id().map(str::to_owned) else {
            return;
        };
        self.sums.add(&customer);
        self.customers.insert(id, customer);
    }

    fn check_cutoff(&self, given: Date) -> Result<(), Error> {
        if given == self.cutoff {
            return Ok(());
        }
        Err(Error::OtherCutoff {
            cutoff: self.cutoff,
            given,
        })
    }
}

impl fmt::Debug for LiveBook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LiveBook")
            .field("cutoff", &self.cutoff)
            .field("customers", &self.customers.len())
            .finish_non_exhaustive()
    }
}

/// The rows of what was open of one customer, given what all customers do on average.
fn table(facts: &Facts, sums: &BookSums, cutoff: i32, emission: Emission) -> Result<FeatureTable, Error> {
    let mut assembly = Assembly::new(vec![cutoff]);
    let numbers = assembly.number(facts);
    assembly.add(facts, &numbers, vec![emission])?;
    // Groups and markets of one customer are numbered in the order of their names in its facts.
    assembly.finish(&sums.priors(facts))
}
