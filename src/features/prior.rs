//! What the whole book, and each group of equal payment terms, does on average at each cut-off.
//!
//! All sums are integers, so they are the same whatever the order in which customers are added:
//! the features of one customer do not change by a bit because another one was split differently
//! over threads. A customer's weight grows like the logarithm of its payments: the prior
//! describes the typical *customer*, not the largest.

use std::collections::BTreeMap;

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
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    pub(crate) paid: [i64; BINS],
    pub(crate) at_risk: [i64; BINS],
    pub(crate) weight: i64,
    pub(crate) sum: i64,
    pub(crate) square_sum: i64,
    pub(crate) late: i64,
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
        self.disputes_resolved -= other.disputes_resolved;
        self.dispute_days -= other.dispute_days;
    }
}

/// Sums by cut-off and group, while the replay runs.
///
/// What has ended is kept with the first cut-off that can see it and summed up once at the end;
/// what is still open at a cut-off counts there alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct PriorSums {
    ended: BTreeMap<(u32, usize), Counts>,
    open: BTreeMap<(u32, usize), Counts>,
    pub(crate) season: SeasonSums,
}

impl PriorSums {
    pub(crate) fn ended(&mut self, group: u32, first_cutoff: usize) -> &mut Counts {
        self.ended.entry((group, first_cutoff)).or_default()
    }

    pub(crate) fn open(&mut self, group: u32, cutoff: usize) -> &mut Counts {
        self.open.entry((group, cutoff)).or_default()
    }

    /// Adds the sums of another part of the book, whose groups are numbered by `groups`.
    pub(crate) fn merge(&mut self, other: &Self, groups: &[u32]) {
        self.season.merge(&other.season);
        for (target, source) in [(&mut self.ended, &other.ended), (&mut self.open, &other.open)] {
            for ((group, cutoff), counts) in source {
                let group = groups[usize::try_from(*group).expect("a group is an index")];
                target.entry((group, *cutoff)).or_default().add(counts);
            }
        }
    }

    /// Sums up over time: the prior of each group at each of `cutoffs` cut-offs.
    pub(crate) fn finish(self, groups: usize, cutoffs: usize) -> Priors {
        let mut by_group = vec![Counts::default(); groups * cutoffs];
        for group in 0..groups {
            let key = u32::try_from(group).expect("fewer groups than u32 holds");
            let mut so_far = Counts::default();
            for cutoff in 0..cutoffs {
                if let Some(counts) = self.ended.get(&(key, cutoff)) {
                    so_far.add(counts);
                }
                let here = &mut by_group[group * cutoffs + cutoff];
                here.add(&so_far);
                if let Some(counts) = self.open.get(&(key, cutoff)) {
                    here.add(counts);
                }
            }
        }
        let mut book = vec![Counts::default(); cutoffs];
        for (index, counts) in by_group.iter().enumerate() {
            book[index % cutoffs].add(counts);
        }
        Priors {
            cutoffs,
            by_group,
            book,
            season: self.season.finish(cutoffs),
        }
    }
}

/// What the book and each group does on average, by cut-off.
#[derive(Debug, Clone)]
pub(crate) struct Priors {
    cutoffs: usize,
    by_group: Vec<Counts>,
    book: Vec<Counts>,
    season: Vec<BookSeason>,
}

impl Priors {
    /// The priors at a single cut-off.
    pub(crate) fn at_one_cutoff(by_group: Vec<Counts>, book: Counts, season: BookSeason) -> Self {
        Self {
            cutoffs: 1,
            by_group,
            book: vec![book],
            season: vec![season],
        }
    }

    pub(crate) fn group(&self, group: u32, cutoff: usize) -> &Counts {
        &self.by_group[usize::try_from(group).expect("a group is an index") * self.cutoffs + cutoff]
    }

    pub(crate) fn book(&self, cutoff: usize) -> &Counts {
        &self.book[cutoff]
    }

    pub(crate) fn season(&self, cutoff: usize) -> &BookSeason {
        &self.season[cutoff]
    }
}
