//! From a snapshot to its feature table: buckets of customers are replayed, priors summed up over
//! the whole book, and then each row's features formed.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use polars::prelude::*;
use rayon::prelude::*;

use crate::domain::Date;
use crate::domain::date::day_number;
use crate::features::bucket::buckets;
use crate::features::cell::{Cell, Numbers, index, strength_factor};
use crate::features::facts::{CustomerFacts, Facts};
use crate::features::instalment::OpenLine;
use crate::features::prior::{PriorSums, Priors};
use crate::features::profile::{self, HazardLogits, PayerProfile};
use crate::features::raw::RawRow;
use crate::features::replay::{Emission, PayerRow, replay};
use crate::features::table::{FeatureTable, Link};
use crate::features::{Error, HORIZON_DAYS, column, family, window};
use crate::history::Snapshot;

/// Customers replayed by one task; small, because one customer can have a quarter of all invoices.
const CUSTOMERS_PER_TASK: usize = 32;

/// Which open invoices are written down: a share of them, chosen by a hash of invoice and cut-off.
///
/// The choice does not depend on what else is in the ledger, and not on the outcome, so it needs
/// no correction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Share of the open invoices that are kept, in `(0, 1]`.
    pub share: f64,
    /// Seed of the hash.
    pub seed: u64,
}

impl Sampling {
    /// Keeps every open invoice.
    pub const ALL: Self = Self { share: 1.0, seed: 0 };

    fn keeps(self, invoice_id: &str, cutoff: i32) -> bool {
        if self.share >= 1.0 {
            return true;
        }
        let mut hash = self.seed ^ 0x9e37_79b9_7f4a_7c15;
        for byte in invoice_id.bytes().chain(cutoff.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            hash ^= hash >> 29;
        }
        // The upper half mixes best; its 32 bits are exact in a double.
        let upper = u32::try_from(hash >> 32).expect("32 bits are left");
        f64::from(upper) < self.share * f64::from(u32::MAX)
    }
}

/// Computes the features of every invoice open at the snapshot's cut-off.
///
/// # Errors
///
/// See [`Error`].
pub fn book(snapshot: &Snapshot) -> Result<FeatureTable, Error> {
    at_cutoffs(snapshot, &[snapshot.cutoff()], Sampling::ALL)
}

/// Computes the features of the invoices open at each of `cutoffs`, each as it was known then.
///
/// # Errors
///
/// [`Error::CutoffAfterSnapshot`] for a cut-off that the snapshot does not reach; else see [`Error`].
pub fn at_cutoffs(snapshot: &Snapshot, cutoffs: &[Date], sampling: Sampling) -> Result<FeatureTable, Error> {
    if let Some(cutoff) = cutoffs.iter().copied().find(|cutoff| *cutoff > snapshot.cutoff()) {
        return Err(Error::CutoffAfterSnapshot {
            snapshot: snapshot.cutoff(),
            cutoff,
        });
    }
    let mut days: Vec<i32> = cutoffs.iter().copied().map(day_number).collect();
    days.sort_unstable();
    days.dedup();
    let mut assembly = Assembly::new(days.clone());
    let sums = Mutex::new(PriorSums::default());
    for facts in buckets(snapshot)? {
        let facts = facts?;
        let numbers = assembly.number(&facts);
        let add = |priors: &PriorSums| {
            let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
            sums.merge(priors, &numbers);
        };
        let emissions = replayed(&facts, &days, sampling, &add)?;
        assembly.add(&facts, &numbers, emissions)?;
    }
    let sums = sums.into_inner().unwrap_or_else(PoisonError::into_inner);
    let priors = sums.finish(assembly.group_count(), days.len());
    assembly.finish(&priors)
}

/// Replays all customers, some on each thread.
///
/// Their sums go to `add` at once, in any order: kept until all are replayed, those of every cell at every cut-off
/// would take more room than the facts.
fn replayed(
    facts: &Facts,
    cutoffs: &[i32],
    sampling: Sampling,
    add: &(dyn Fn(&PriorSums) + Sync),
) -> Result<Vec<Emission>, Error> {
    let ids = facts.identity.column("invoice_id")?.str()?;
    let keep = |invoice: usize, cutoff: i32| sampling.keeps(ids.get(invoice).unwrap_or_default(), cutoff);
    let emissions = facts.customers.par_chunks(CUSTOMERS_PER_TASK).map(|customers| {
        let mut emission = Emission::default();
        for customer in customers {
            replay(facts, customer, cutoffs, &keep, &mut emission);
        }
        add(&std::mem::take(&mut emission.priors));
        emission
    });
    Ok(emissions.collect())
}

/// Rows of the facts so far; of a whole book, or of a single customer.
pub(crate) struct Assembly {
    cutoffs: Vec<i32>,
    group_names: BTreeMap<String, u32>,
    market_names: BTreeMap<String, u32>,
    payers: Vec<PayerRow>,
    rows: Vec<RawRow>,
    links: Vec<Link>,
    /// Cell of each row.
    cells: Vec<Cell>,
    plans: Vec<Vec<OpenLine>>,
    identity: Vec<DataFrame>,
    open_minor: Vec<i64>,
    gross_minor: Vec<i64>,
    invoice_day: Vec<i32>,
    windows: Vec<Vec<window::CalendarDay>>,
    window_of: BTreeMap<(String, usize), usize>,
}

impl Assembly {
    /// Starts a table of rows at `cutoffs` (sorted day numbers).
    pub(crate) fn new(cutoffs: Vec<i32>) -> Self {
        Self {
            cutoffs,
            group_names: BTreeMap::new(),
            market_names: BTreeMap::new(),
            payers: Vec::new(),
            rows: Vec::new(),
            links: Vec::new(),
            cells: Vec::new(),
            plans: Vec::new(),
            identity: Vec::new(),
            open_minor: Vec::new(),
            gross_minor: Vec::new(),
            invoice_day: Vec::new(),
            windows: Vec::new(),
            window_of: BTreeMap::new(),
        }
    }

    /// Takes what the replay of `facts` wrote down; `numbers` are those of their groups and markets in this table.
    pub(crate) fn add(
        &mut self,
        facts: &Facts,
        numbers: &Numbers,
        emissions: Vec<Emission>,
    ) -> Result<(), Error> {
        let (mut invoices, mut customers) = (Vec::new(), Vec::new());
        for emission in emissions {
            let (first_payer, first_plan) = (self.payers.len(), self.plans.len());
            self.plans.extend(emission.plans);
            for mut payer in emission.payers {
                payer.cell = numbers.cell(payer.cell);
                self.payers.push(payer);
            }
            for key in &emission.keys {
                let fact = facts.invoices[key.invoice];
                let customer = &facts.customers[owner(&facts.customers, key.invoice)];
                let window = self.window(facts, key.calendar, key.cutoff);
                let profile = first_payer + key.payer;
                let cell = Cell {
                    group: numbers.group(fact.group),
                    market: self.payers[profile].cell.market,
                };
                self.links.push(Link {
                    cutoff_day: self.cutoffs[key.cutoff],
                    rolled_due_day: key.rolled_due_day,
                    due_day: fact.due_day,
                    invoice_day: fact.invoice_day,
                    plan: key.plan.map(|plan| first_plan + plan),
                    profile,
                    // That of its cell, where it says more, is known when the book is.
                    group: self.group_slot(cell, key.cutoff),
                    is_cell: false,
                    book: key.cutoff,
                    window,
                });
                self.cells.push(cell);
                self.open_minor.push(key.open_minor);
                self.gross_minor.push(fact.amount_minor);
                self.invoice_day.push(fact.invoice_day);
                invoices.push(IdxSize::try_from(key.invoice).expect("fewer rows than an index holds"));
                customers.push(customer.id.as_str());
            }
            self.rows.extend(emission.rows);
        }
        let taken = IdxCa::from_vec("taken".into(), invoices);
        let mut identity = facts.identity.take(&taken)?;
        identity.with_column(Column::new(column::CUSTOMER_ID.into(), customers))?;
        self.identity.push(identity);
        Ok(())
    }

    /// Numbers groups and markets by their names; those that are numbered already keep their number.
    pub(crate) fn number(&mut self, facts: &Facts) -> Numbers {
        Numbers {
            groups: numbered(&mut self.group_names, &facts.groups),
            markets: numbered(&mut self.market_names, &facts.markets),
        }
    }

    fn window(&mut self, facts: &Facts, calendar: usize, cutoff: usize) -> usize {
        let calendar = &facts.calendars[calendar];
        let key = (calendar.name().to_owned(), cutoff);
        if let Some(window) = self.window_of.get(&key) {
            return *window;
        }
        self.windows
            .push(window::days(calendar, self.cutoffs[cutoff] + 1, HORIZON_DAYS));
        self.window_of.insert(key, self.windows.len() - 1);
        self.windows.len() - 1
    }

    /// Place of a cell's group at a cut-off among all groups.
    fn group_slot(&self, cell: Cell, cutoff: usize) -> usize {
        index(cell.group) * self.cutoffs.len() + cutoff
    }

    /// Number of groups so far.
    fn group_count(&self) -> usize {
        self.group_names.len()
    }

    /// Forms the features of all rows, given what the whole book does on average.
    pub(crate) fn finish(mut self, priors: &Priors) -> Result<FeatureTable, Error> {
        let group_count = self.group_count();
        let cutoff_count = self.cutoffs.len();
        let books: Vec<HazardLogits> = (0..cutoff_count)
            .map(|cutoff| profile::book_hazards(priors.book(cutoff)))
            .collect();
        let mut groups: Vec<HazardLogits> = (0..group_count * cutoff_count)
            .map(|slot| {
                let cutoff = slot % cutoff_count;
                let group = u32::try_from(slot / cutoff_count).expect("a group is a u32");
                profile::group_hazards(priors.group(group, cutoff), &books[cutoff])
            })
            .collect();
        // Cells that say more than their groups come behind the groups; the others have their group's place.
        let mut slots: BTreeMap<(Cell, usize), usize> = BTreeMap::new();
        for ((cell, cutoff), counts) in priors.cells() {
            slots.insert((*cell, *cutoff), groups.len());
            let group = groups[self.group_slot(*cell, *cutoff)];
            groups.push(profile::cell_hazards(counts, &group));
        }
        let profiles = self
            .payers
            .par_iter()
            .map(|payer| {
                let own = slots.get(&(payer.cell, payer.cutoff)).copied();
                let group = own.unwrap_or(index(payer.cell.group) * cutoff_count + payer.cutoff);
                PayerProfile::new(payer, &groups[group])
            })
            .collect();
        for (link, cell) in self.links.iter_mut().zip(&self.cells) {
            if let Some(slot) = slots.get(&(*cell, link.book)) {
                (link.group, link.is_cell) = (*slot, true);
            }
        }
        self.fill_priors(priors);
        let frame = self.frame()?;
        let mut table = FeatureTable {
            frame,
            profiles,
            groups: groups.iter().map(profile::logits).collect(),
            books: books.iter().map(profile::logits).collect(),
            windows: self.windows,
            links: self.links,
            plans: self.plans,
        };
        table.sort()?;
        Ok(table)
    }

    #[expect(clippy::cast_precision_loss, reason = "weighted counts stay far below 2^53")]
    fn fill_priors(&mut self, priors: &Priors) {
        let keys = self.links.iter().zip(&self.cells);
        for (row, (link, cell)) in self.rows.iter_mut().zip(keys) {
            let group = priors.group(cell.group, link.book);
            let book = priors.book(link.book);
            row.group_weight = group.weight as f64;
            row.group_sum = group.sum as f64;
            row.group_late = group.late as f64;
            if let Some(own) = priors.cell(*cell, link.book) {
                row.cell_strength = strength_factor(own);
                row.cell_weight = own.weight as f64;
                row.cell_sum = own.sum as f64;
                row.cell_square_sum = own.square_sum as f64;
                row.cell_late = own.late as f64;
            }
            row.book_weight = book.weight as f64;
            row.book_sum = book.sum as f64;
            row.book_square_sum = book.square_sum as f64;
            row.book_late = book.late as f64;
            row.book_season_days = priors.season(link.book).shift_days(link.rolled_due_day);
            row.book_disputes_resolved = book.disputes_resolved as f64;
            row.book_dispute_days = book.dispute_days as f64;
        }
    }

    /// Keys and raw numbers as a frame, and the features formed from them.
    fn frame(&self) -> Result<DataFrame, Error> {
        let mut identity = DataFrame::empty();
        for (part, frame) in self.identity.iter().enumerate() {
            if part == 0 {
                identity = frame.clone();
            } else {
                identity.vstack_mut(frame)?;
            }
        }
        let mut columns: Vec<Column> = identity.columns().to_vec();
        let date = |name: &str, days: Vec<i32>| Column::new(name.into(), days).cast(&DataType::Date);
        columns.push(date(
            column::AS_OF,
            self.links.iter().map(|link| link.cutoff_day).collect(),
        )?);
        columns.push(date(column::INVOICE_DATE, self.invoice_day.clone())?);
        columns.push(date(
            column::DUE_DATE,
            self.links.iter().map(|link| link.due_day).collect(),
        )?);
        columns.push(Column::new(column::OPEN_MINOR.into(), &self.open_minor));
        columns.push(Column::new(column::GROSS_MINOR.into(), &self.gross_minor));
        let mut values = vec![Vec::with_capacity(self.rows.len()); RawRow::NAMES.len()];
        for row in &self.rows {
            for (values, value) in values.iter_mut().zip(row.values()) {
                values.push(value);
            }
        }
        for (name, values) in RawRow::NAMES.iter().zip(values) {
            columns.push(Column::new((*name).into(), values));
        }
        let raw = DataFrame::new(self.rows.len(), columns)?;
        let keys = column::KEYS.iter().map(|key| match *key {
            column::PAID_COUNT => col(*key).cast(DataType::Int64),
            key => col(key),
        });
        Ok(family::formed(raw, keys)?)
    }
}

impl FeatureTable {
    /// Sorts rows by cut-off; within one they come by customer and invoice already.
    fn sort(&mut self) -> Result<(), Error> {
        if self.links.is_sorted_by_key(|link| link.cutoff_day) {
            return Ok(());
        }
        let mut order: Vec<usize> = (0..self.links.len()).collect();
        order.sort_by_key(|row| self.links[*row].cutoff_day);
        self.links = order.iter().map(|row| self.links[*row]).collect();
        let taken = order
            .iter()
            .map(|row| IdxSize::try_from(*row).expect("fewer rows than an index holds"));
        self.frame = self
            .frame
            .take(&IdxCa::from_vec("taken".into(), taken.collect()))?;
        Ok(())
    }
}

/// The customer whose invoices include `invoice`.
fn owner(customers: &[CustomerFacts], invoice: usize) -> usize {
    customers.partition_point(|customer| customer.invoices.end <= invoice)
}

/// The numbers of `names` among `known`, which gets those that are new.
fn numbered(known: &mut BTreeMap<String, u32>, names: &[String]) -> Vec<u32> {
    let mut numbers = Vec::with_capacity(names.len());
    for name in names {
        let next = u32::try_from(known.len()).expect("fewer names than u32 holds");
        numbers.push(*known.entry(name.clone()).or_insert(next));
    }
    numbers
}
