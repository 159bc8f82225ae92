//! One currency, group by group and in total, drawn jointly.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::Ledger;
use super::items::{add_block, blocks};
use super::layers::{LayerDraws, Sums};
use super::setting::Setting;
use super::streams::add_stream;
use crate::domain::Currency;
use crate::forecast::book::{BillingStream, CashItem};
use crate::forecast::contract::contractual_book;
use crate::forecast::{CurrencyForecast, GroupBy, GroupForecast};

/// Runs of work items: bounds the matrices alive at a time.
const RUNS: usize = 32;

/// Items from which on a group is worth sharing among the threads.
const LARGE_GROUP: usize = 4_096;

/// The forecast of one currency and the draws of its total.
pub(super) struct Joint {
    pub(super) total: CurrencyForecast,
    pub(super) groups: Vec<GroupForecast>,
    pub(super) draws: LayerDraws,
}

/// The items and streams of one group; all of a currency where nothing is grouped.
#[derive(Debug)]
struct Part<'p> {
    group: Option<&'p str>,
    items: &'p [&'p CashItem<'p>],
    streams: Vec<&'p BillingStream>,
}

/// Returns the group of an item, where the ledger tells it.
pub(super) fn group_of<'i>(by: Option<GroupBy>, item: &'i CashItem<'_>) -> Option<&'i str> {
    by.and_then(|by| by.of(&item.place, &item.customer_id))
}

/// Forecasts one currency.
pub(super) fn joint(currency: Currency, ledger: &Ledger<'_>, setting: &Setting<'_>) -> Joint {
    let parts = parts(ledger, setting.plan.group_by);
    let (groups, sums) = match setting.plan.group_by {
        None => {
            let sums = parts.iter().fold(Sums::zero(setting), |sums, part| {
                sums.plus(&part.sums_on_all_threads(setting))
            });
            (Vec::new(), sums)
        }
        Some(by) => grouped(&parts, by, currency, setting),
    };
    Joint {
        total: forecast_of(currency, &ledger.items, &sums, setting),
        groups,
        draws: sums.draws,
    }
}

/// Cuts a ledger, sorted by group, into its groups.
fn parts<'p>(ledger: &'p Ledger<'p>, by: Option<GroupBy>) -> Vec<Part<'p>> {
    let mut parts: BTreeMap<Option<&'p str>, Part<'p>> = BTreeMap::new();
    let items: &'p [&'p CashItem<'p>] = &ledger.items;
    for run in items.chunk_by(|left, right| group_of(by, left) == group_of(by, right)) {
        let group = group_of(by, run[0]);
        parts.entry(group).or_insert_with(|| Part::empty(group)).items = run;
    }
    for &stream in &ledger.streams {
        let group = by.and_then(|by| by.of_place(&stream.place));
        parts
            .entry(group)
            .or_insert_with(|| Part::empty(group))
            .streams
            .push(stream);
    }
    parts.into_values().collect()
}

/// Forecasts every group and adds their draws up, without holding more than a few at a time.
fn grouped(
    parts: &[Part<'_>],
    by: GroupBy,
    currency: Currency,
    setting: &Setting<'_>,
) -> (Vec<GroupForecast>, Sums) {
    let (large, small): (Vec<&Part<'_>>, Vec<&Part<'_>>) =
        parts.iter().partition(|part| part.items.len() >= LARGE_GROUP);
    let run_length = small.len().div_ceil(RUNS).max(1);
    let (mut groups, mut sums) = small
        .par_chunks(run_length)
        .map(|run| {
            let mut groups = Vec::with_capacity(run.len());
            let mut sums = Sums::zero(setting);
            for part in run {
                let own = part.sums(setting);
                groups.push(part.forecast(by, currency, &own, setting));
                sums.add(&own);
            }
            (groups, sums)
        })
        .reduce_with(|(mut groups, sums), (more, other)| {
            groups.extend(more);
            (groups, sums.plus(&other))
        })
        .unwrap_or_else(|| (Vec::new(), Sums::zero(setting)));
    for part in large {
        let own = part.sums_on_all_threads(setting);
        groups.push(part.forecast(by, currency, &own, setting));
        sums.add(&own);
    }
    groups.sort_by(|left, right| left.group.cmp(&right.group));
    (groups, sums)
}

impl<'p> Part<'p> {
    fn empty(group: Option<&'p str>) -> Self {
        Self {
            group,
            items: &[],
            streams: Vec::new(),
        }
    }

    /// Adds up the part on this thread.
    fn sums(&self, setting: &Setting<'_>) -> Sums {
        let mut sums = Sums::zero(setting);
        for block in blocks(self.items) {
            add_block(block, setting, &mut sums);
        }
        self.add_streams(setting, &mut sums);
        sums
    }

    /// Adds up the part on all threads; the sums are integers, so their order does not matter.
    fn sums_on_all_threads(&self, setting: &Setting<'_>) -> Sums {
        let blocks: Vec<&[&CashItem<'_>]> = blocks(self.items).collect();
        let run_length = blocks.len().div_ceil(RUNS).max(1);
        let mut sums = blocks
            .par_chunks(run_length)
            .map(|run| {
                let mut sums = Sums::zero(setting);
                for block in run {
                    add_block(block, setting, &mut sums);
                }
                sums
            })
            .reduce_with(|sums, other| sums.plus(&other))
            .unwrap_or_else(|| Sums::zero(setting));
        self.add_streams(setting, &mut sums);
        sums
    }

    fn add_streams(&self, setting: &Setting<'_>, sums: &mut Sums) {
        for stream in &self.streams {
            add_stream(stream, setting, sums);
        }
    }

    fn forecast(
        &self,
        by: GroupBy,
        currency: Currency,
        sums: &Sums,
        setting: &Setting<'_>,
    ) -> GroupForecast {
        GroupForecast {
            by,
            group: self.group.map(str::to_owned),
            forecast: forecast_of(currency, self.items, sums, setting),
        }
    }
}

/// Reads a forecast off the sums of its items.
fn forecast_of(
    currency: Currency,
    items: &[&CashItem<'_>],
    sums: &Sums,
    setting: &Setting<'_>,
) -> CurrencyForecast {
    let mut book = contractual_book(setting.as_of, currency, items, &setting.spans);
    let open = sums.open.settle();
    let recurring = sums.recurring.settle();
    let new_billing = sums.new_billing.settle();
    for (index, bucket) in book.buckets.iter_mut().enumerate() {
        bucket.expected = open.buckets[index];
        bucket.recurring = recurring.buckets[index];
        bucket.new_billing = new_billing.buckets[index];
    }
    book.beyond_horizon = open.beyond_horizon;
    book.expected_loss = open.expected_loss;
    book.recurring_beyond_horizon = recurring.beyond_horizon;
    book.recurring_loss = recurring.expected_loss;
    book.new_billing_beyond_horizon = new_billing.beyond_horizon;
    book.new_billing_loss = new_billing.expected_loss;
    book.add_layers_up();
    book.read_bands(setting.as_of, &sums.draws, &setting.plan.band);
    book
}
