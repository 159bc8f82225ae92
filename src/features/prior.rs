//! What the whole book, each group of equal payment terms, and each cell of a group does on average at each cut-off.
//!
//! All sums are integers, so they are the same whatever the order in which customers are added:
//! the features of one customer do not change by a bit because another one was split differently
//! over threads. A customer's weight grows like the logarithm of its payments: the prior
//! describes the typical *customer*, not the largest.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::features::cell::{self, Cell, Numbers};
use crate::features::lateness::{self, BINS, Exposure};
use crate::features::payer::{PaidInvoice, bounded_lateness};
use crate::features::season::{BookSeason, SeasonSums};

/// Weight of an invoice whose customer has paid none before.
pub(crate) const WEIGHT_ONE: i64 = 1024;
/// Payments after which an invoice weighs half.
const PAYMENTS_AT_HALF_WEIGHT: i64 = 8;

/// Weight of an invoice of a customer with `paid_count` payments.
pub(crate) fn weight(paid_count: u32) -> i64 {
    WEIGHT_ONE * PAYMENTS_AT_HALF_WEIGHT / (PAYMENTS_AT_HALF_WEIGHT + i64::from(paid_count))
}

/// Integer sums over customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) paid: [i64; BINS],
    pub(crate) at_risk: [i64; BINS],
    pub(crate) weight: i64,
    pub(crate) sum: i64,
    pub(crate) square_sum: i64,
    pub(crate) late: i64,
    /// Customers that have paid an invoice; unweighted. A customer of several groups counts in each.
    pub(crate) payers: i64,
    /// Disputes that were resolved, and the days that all disputes have lasted so far; unweighted.
    pub(crate) disputes_resolved: i64,
    pub(crate) dispute_days: i64,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            paid: [0; BINS],
            at_risk: [0; BINS],
            weight: 0,
            sum: 0,
            square_sum: 0,
            late: 0,
            payers: 0,
            disputes_resolved: 0,
            dispute_days: 0,
        }
    }
}

impl Counts {
    /// Adds a paid invoice.
    pub(crate) fn observe_paid(&mut self, weight: i64, paid: &PaidInvoice) {
        self.expose(weight, &paid.exposure);
        let bin = lateness::bin(paid.days_past_due);
        self.paid[bin] += weight;
        if paid.is_off_risk {
            self.at_risk[bin] += weight;
        }
        let lateness = i64::from(bounded_lateness(paid.days_past_due));
        self.weight += weight;
        self.sum += weight * lateness;
        self.square_sum += weight * lateness * lateness;
        self.late += if paid.days_past_due > 0 { weight } else { 0 };
    }

    /// Adds weekdays at risk.
    pub(crate) fn expose(&mut self, weight: i64, exposure: &Exposure) {
        for (bin, weekdays) in exposure.bins() {
            self.at_risk[bin] += weight * i64::from(weekdays);
        }
    }

    /// Adds other sums.
    pub(crate) fn add(&mut self, other: &Self) {
        for bin in 0..BINS {
            self.paid[bin] += other.paid[bin];
            self.at_risk[bin] += other.at_risk[bin];
        }
        self.weight += other.weight;
        self.sum += other.sum;
        self.square_sum += other.square_sum;
        self.late += other.late;
        self.payers += other.payers;
        self.disputes_resolved += other.disputes_resolved;
        self.dispute_days += other.dispute_days;
    }

    /// Takes off other sums that were added before; nothing of them is left, since all are integers.
    pub(crate) fn subtract(&mut self, other: &Self) {
        for bin in 0..BINS {
            self.paid[bin] -= other.paid[bin];
            self.at_risk[bin] -= other.at_risk[bin];
        }
        self.weight -= other.weight;
        self.sum -= other.sum;
        self.square_sum -= other.square_sum;
        self.late -= other.late;
        self.payers -= other.payers;
        self.disputes_resolved -= other.disputes_resolved;
        self.dispute_days -= other.dispute_days;
    }
}

/// Sums by cut-off and cell, while the replay runs.
///
/// What has ended is kept with the first cut-off that can see it and summed up once at the end;
/// what is still open at a cut-off counts there alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct PriorSums {
    ended: BTreeMap<(Cell, usize), Counts>,
    open: BTreeMap<(Cell, usize), Counts>,
    pub(crate) season: SeasonSums,
}

impl PriorSums {
    pub(crate) fn ended(&mut self, cell: Cell, first_cutoff: usize) -> &mut Counts {
        self.ended.entry((cell, first_cutoff)).or_default()
    }

    pub(crate) fn open(&mut self, cell: Cell, cutoff: usize) -> &mut Counts {
        self.open.entry((cell, cutoff)).or_default()
    }

    /// Adds the sums of another part of the book, whose groups and markets are numbered by `numbers`.
    pub(crate) fn merge(&mut self, other: &Self, numbers: &Numbers) {
        self.season.merge(&other.season);
        for (target, source) in [(&mut self.ended, &other.ended), (&mut self.open, &other.open)] {
            for ((cell, cutoff), counts) in source {
                let key = (numbers.cell(*cell), *cutoff);
                target.entry(key).or_default().add(counts);
            }
        }
    }

    /// Adds the sums of a customer for the cut-offs in `valid` alone: from the first on all that had ended by then,
    /// and from the end on nothing of it. `named` gives its cells their numbers here.
    pub(crate) fn merge_within(&mut self, other: &Self, valid: &Range<usize>, named: &dyn Fn(Cell) -> Cell) {
        self.season.merge_within(&other.season, valid);
        for ((cell, cutoff), counts) in &other.ended {
            let cell = named(*cell);
            if *cutoff < valid.end {
                self.ended(cell, valid.start.max(*cutoff)).add(counts);
                self.ended(cell, valid.end).subtract(counts);
            }
        }
        for ((cell, cutoff), counts) in &other.open {
            if valid.contains(cutoff) {
                self.open(named(*cell), *cutoff).add(counts);
            }
        }
    }

    /// Sums up over time: the prior of each group at each of `cutoffs` cut-offs.
    pub(crate) fn finish(self, groups: usize, cutoffs: usize) -> Priors {
        let mut by_group = vec![Counts::default(); groups * cutoffs];
        let mut by_cell: BTreeMap<(Cell, usize), Counts> = BTreeMap::new();
        let keys = self.ended.keys().chain(self.open.keys());
        let cells: BTreeSet<Cell> = keys.map(|(cell, _)| *cell).collect();
        for cell in cells {
            let mut so_far = Counts::default();
            for cutoff in 0..cutoffs {
                if let Some(counts) = self.ended.get(&(cell, cutoff)) {
                    so_far.add(counts);
                }
                let mut here = so_far.clone();
                if let Some(counts) = self.open.get(&(cell, cutoff)) {
                    here.add(counts);
                }
                by_group[cell::index(cell.group) * cutoffs + cutoff].add(&here);
                // Most cells of fine segments say nothing, and are not kept.
                if cell.market.is_some() && cell::says_more(&here, &Counts::default()) {
                    by_cell.insert((cell, cutoff), here);
                }
            }
        }
        let mut book = vec![Counts::default(); cutoffs];
        for (index, counts) in by_group.iter().enumerate() {
            book[index % cutoffs].add(counts);
        }
        by_cell.retain(|(cell, cutoff), counts| {
            cell::says_more(counts, &by_group[cell::index(cell.group) * cutoffs + *cutoff])
        });
        Priors {
            cutoffs,
            by_group,
            by_cell,
            book,
            season: self.season.finish(cutoffs),
        }
    }
}

/// What the book, each group and each cell that says more than its group does on average, by cut-off.
#[derive(Debug, Clone)]
pub(crate) struct Priors {
    cutoffs: usize,
    by_group: Vec<Counts>,
    by_cell: BTreeMap<(Cell, usize), Counts>,
    book: Vec<Counts>,
    season: Vec<BookSeason>,
}

impl Priors {
    /// The priors at a single cut-off; `by_cell` has the cells that say more than their groups.
    pub(crate) fn at_one_cutoff(
        by_group: Vec<Counts>,
        by_cell: BTreeMap<(Cell, usize), Counts>,
        book: Counts,
        season: BookSeason,
    ) -> Self {
        Self {
            cutoffs: 1,
            by_group,
            by_cell,
            book: vec![book],
            season: vec![season],
        }
    }

    pub(crate) fn group(&self, group: u32, cutoff: usize) -> &Counts {
        &self.by_group[cell::index(group) * self.cutoffs + cutoff]
    }

    /// The sums of a cell, where it says more than its group.
    pub(crate) fn cell(&self, cell: Cell, cutoff: usize) -> Option<&Counts> {
        self.by_cell.get(&(cell, cutoff))
    }

    /// All cells that say more than their groups, by cell and cut-off.
    pub(crate) const fn cells(&self) -> &BTreeMap<(Cell, usize), Counts> {
        &self.by_cell
    }

    pub(crate) fn book(&self, cutoff: usize) -> &Counts {
        &self.book[cutoff]
    }

    pub(crate) fn season(&self, cutoff: usize) -> &BookSeason {
        &self.season[cutoff]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NORTH: Cell = Cell {
        group: 0,
        market: Some(0),
    };
    const SOUTH: Cell = Cell {
        group: 0,
        market: Some(1),
    };

    /// Sums of a customer that has paid one invoice of `weight` by each of three cut-offs.
    fn payer(cell: Cell, weight: i64) -> PriorSums {
        let mut sums = PriorSums::default();
        for cutoff in 0..3 {
            let counts = sums.ended(cell, cutoff);
            counts.weight += weight;
            counts.payers += i64::from(cutoff == 0);
        }
        sums
    }

    fn numbers() -> Numbers {
        Numbers {
            groups: vec![0],
            markets: vec![0, 1],
        }
    }

    #[test]
    fn a_group_is_the_sum_of_its_cells() {
        let mut sums = PriorSums::default();
        let nowhere = Cell {
            group: 0,
            market: None,
        };
        for part in [
            payer(NORTH, 10),
            payer(NORTH, 10),
            payer(SOUTH, 7),
            payer(nowhere, 1),
        ] {
            sums.merge(&part, &numbers());
        }
        let priors = sums.finish(1, 3);
        assert_eq!(priors.group(0, 2).weight, 3 * 28);
        assert_eq!(priors.cell(NORTH, 2).map(|counts| counts.weight), Some(60));
        // One payer is no cell, and to be of no known market is none either.
        assert!(priors.cell(SOUTH, 2).is_none() && priors.cell(nowhere, 2).is_none());
    }

    #[test]
    fn a_cell_that_is_all_of_its_group_says_no_more() {
        let mut sums = PriorSums::default();
        sums.merge(&payer(NORTH, 10), &numbers());
        sums.merge(&payer(NORTH, 12), &numbers());
        assert!(sums.clone().finish(1, 3).cells().is_empty());
        sums.merge(&payer(SOUTH, 12), &numbers());
        assert_eq!(sums.finish(1, 3).cells().len(), 3);
    }

    #[test]
    fn a_customer_that_moved_takes_all_its_past_along() {
        let mut sums = PriorSums::default();
        for _ in 0..2 {
            sums.merge_within(&payer(NORTH, 10), &(0..2), &|_| NORTH);
            sums.merge_within(&payer(NORTH, 10), &(2..3), &|_| SOUTH);
        }
        sums.merge(&payer(NORTH, 1), &numbers());
        sums.merge(&payer(NORTH, 1), &numbers());
        let priors = sums.finish(1, 3);
        let weights =
            |cell: Cell| [0, 1, 2].map(|cutoff| priors.cell(cell, cutoff).map(|counts| counts.weight));
        assert_eq!(weights(NORTH), [None, None, Some(6)]);
        assert_eq!(weights(SOUTH), [None, None, Some(60)]);
        assert_eq!(
            [0, 1, 2].map(|cutoff| priors.group(0, cutoff).weight),
            [22, 44, 66]
        );
        assert_eq!([0, 1, 2].map(|cutoff| priors.group(0, cutoff).payers), [4, 4, 4]);
    }
}
