//! Slices of the cases: where a model is good, and where an average hides that it is not.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::Currency;

use super::Case;

/// How many customers of a currency count as the largest.
pub const LARGEST_CUSTOMERS: usize = 10;

/// What a slice is cut by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SliceKind {
    /// Invoices that the customer had settled by the cut-off: 0, 1-4, 5-19, 20+.
    PaidInvoices,
    /// Tenth of the open amount, within its currency.
    AmountDecile,
    /// The ten customers of a currency with the largest open amount, and the others.
    CustomerSize,
    /// Currency of the open amount.
    Currency,
    /// Days past due at the cut-off: not yet, 1-30, 31 or more.
    DaysPastDue,
}

impl SliceKind {
    /// Every kind, in the order of the report.
    pub const ALL: [Self; 5] = [
        Self::PaidInvoices,
        Self::AmountDecile,
        Self::CustomerSize,
        Self::Currency,
        Self::DaysPastDue,
    ];

    /// Returns the name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::PaidInvoices => "paid_invoices",
            Self::AmountDecile => "amount_decile",
            Self::CustomerSize => "customer_size",
            Self::Currency => "currency",
            Self::DaysPastDue => "days_past_due",
        }
    }
}

/// A set of cases that have something in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// What the slice is cut by.
    pub kind: SliceKind,
    /// Its value, for example `5-19`.
    pub value: String,
    /// The cases, as positions, ascending.
    pub members: Vec<usize>,
}

/// Cuts cases into slices; those of one kind hold every case once, and empty ones are absent.
pub fn slices(cases: &[&Case]) -> Vec<Slice> {
    let mut all = Vec::new();
    all.extend(by_paid_invoices(cases));
    all.extend(by_amount_decile(cases));
    all.extend(by_customer_size(cases));
    all.extend(by_currency(cases));
    all.extend(by_days_past_due(cases));
    all
}

/// Groups positions by a key and gives each group its name.
fn grouped<K: Ord>(
    kind: SliceKind,
    keys: impl Iterator<Item = K>,
    name: impl Fn(&K) -> String,
) -> Vec<Slice> {
    let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (position, key) in keys.enumerate() {
        groups.entry(key).or_default().push(position);
    }
    groups
        .into_iter()
        .map(|(key, members)| Slice {
            kind,
            value: name(&key),
            members,
        })
        .collect()
}

/// Slices by what is known of the customer.
fn by_paid_invoices(cases: &[&Case]) -> Vec<Slice> {
    const NAMES: [&str; 4] = ["0", "1-4", "5-19", "20+"];
    let keys = cases.iter().map(|case| match case.customer_paid_count {
        0 => 0_usize,
        1..=4 => 1,
        5..=19 => 2,
        20.. => 3,
    });
    grouped(SliceKind::PaidInvoices, keys, |&key| NAMES[key].to_string())
}

/// Slices by tenth of the open amount; equal amounts share the lower tenth.
fn by_amount_decile(cases: &[&Case]) -> Vec<Slice> {
    let mut by_currency: BTreeMap<Currency, Vec<usize>> = BTreeMap::new();
    for (position, case) in cases.iter().enumerate() {
        by_currency.entry(case.currency).or_default().push(position);
    }
    let mut deciles = vec![0_usize; cases.len()];
    for mut positions in by_currency.into_values() {
        positions.sort_by_key(|&position| (cases[position].open_minor, position));
        let mut first_of_tie = 0;
        for rank in 0..positions.len() {
            let amount = cases[positions[rank]].open_minor;
            if amount != cases[positions[first_of_tie]].open_minor {
                first_of_tie = rank;
            }
            deciles[positions[rank]] = first_of_tie * 10 / positions.len() + 1;
        }
    }
    grouped(SliceKind::AmountDecile, deciles.into_iter(), |decile| {
        decile.to_string()
    })
}

/// Slices by whether the customer is one of the largest of its currency, over all cut-offs.
fn by_customer_size(cases: &[&Case]) -> Vec<Slice> {
    let mut totals: BTreeMap<(Currency, &str), i128> = BTreeMap::new();
    for case in cases {
        *totals
            .entry((case.currency, case.customer_id.as_str()))
            .or_default() += i128::from(case.open_minor);
    }
    let mut ranked: BTreeMap<Currency, Vec<(i128, &str)>> = BTreeMap::new();
    for ((currency, customer), total) in totals {
        ranked.entry(currency).or_default().push((total, customer));
    }
    let mut largest: BTreeSet<(Currency, &str)> = BTreeSet::new();
    for (currency, mut customers) in ranked {
        customers.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        for (_, customer) in customers.into_iter().take(LARGEST_CUSTOMERS) {
            largest.insert((currency, customer));
        }
    }
    let keys = cases
        .iter()
        .map(|case| !largest.contains(&(case.currency, case.customer_id.as_str())));
    grouped(SliceKind::CustomerSize, keys, |&is_other| {
        if is_other { "others" } else { "ten largest" }.to_string()
    })
}

/// Slices by currency.
fn by_currency(cases: &[&Case]) -> Vec<Slice> {
    let keys = cases.iter().map(|case| case.currency);
    grouped(SliceKind::Currency, keys, |currency| currency.code().to_string())
}

/// Slices by how late the invoice was at the cut-off.
fn by_days_past_due(cases: &[&Case]) -> Vec<Slice> {
    const NAMES: [&str; 3] = ["not due", "1-30", "31+"];
    let keys = cases.iter().map(|case| match -case.due_in_days {
        i32::MIN..=0 => 0_usize,
        1..=30 => 1,
        31..=i32::MAX => 2,
    });
    grouped(SliceKind::DaysPastDue, keys, |&key| NAMES[key].to_string())
}
