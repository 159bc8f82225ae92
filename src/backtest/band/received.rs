//! What arrived on an open book, week by week, and when that was known.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::date::{add_days, day_number, monday_of};
use crate::domain::{Currency, Date};
use crate::forecast::BAND_WEEKS;

/// One series of weekly cash: a currency as a whole, or one legal entity of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// Currency of the amounts; currencies are never added up.
    pub currency: Currency,
    /// The entity, or `None` for all of them together.
    pub entity: Option<String>,
}

impl Series {
    /// Returns the series of a currency as a whole.
    pub fn total(currency: Currency) -> Self {
        Self {
            currency,
            entity: None,
        }
    }

    /// Returns the series that an invoice belongs to: that of its currency, and that of its entity.
    pub fn of(currency: Currency, entity: Option<&str>) -> Vec<Self> {
        let mut series = vec![Self::total(currency)];
        series.extend(entity.map(|name| Self {
            currency,
            entity: Some(name.to_string()),
        }));
        series
    }
}

/// Money of one week in minor units, by the day number on which it was known.
type WeekMoney = BTreeMap<i32, i64>;

/// What arrived on the open book of one cut-off in weeks 1 to 13, by series.
///
/// Every part keeps the day on which it was known, so that a later day can be asked what it knew: a
/// band fitted then must not see a payment that was recorded afterwards.
#[derive(Clone, Debug)]
pub struct Received {
    cutoff_day: i32,
    /// Day numbers of the ends of the ISO weeks 1 to 13 after the cut-off; the first may be partial.
    week_ends: Vec<i32>,
    by_series: BTreeMap<Series, Vec<WeekMoney>>,
}

impl Received {
    /// Returns the weeks after a cut-off, with nothing received.
    pub fn new(cutoff: Date) -> Self {
        let first_end = day_number(monday_of(add_days(cutoff, 1))) + 6;
        Self {
            cutoff_day: day_number(cutoff),
            week_ends: (first_end..).step_by(7).take(BAND_WEEKS).collect(),
            by_series: BTreeMap::new(),
        }
    }

    /// Makes a series known, so that a week without a payment counts as a week with nothing.
    pub fn watch(&mut self, series: &Series) {
        if !self.by_series.contains_key(series) {
            self.by_series
                .insert(series.clone(), vec![WeekMoney::new(); BAND_WEEKS]);
        }
    }

    /// Adds a payment made on `day` and known on `known_day`, both day numbers.
    ///
    /// A payment made before the cut-off and known only afterwards counts on the day after it: the book
    /// of the cut-off still waits for it. What the cut-off knew, and what comes after week 13, is left out.
    pub fn add(&mut self, series: &Series, day: i32, known_day: i32, minor: i64) {
        if known_day <= self.cutoff_day {
            return;
        }
        let day = day.max(self.cutoff_day + 1);
        let week = self.week_ends.partition_point(|&end| end < day);
        self.watch(series);
        let money = self
            .by_series
            .get_mut(series)
            .and_then(|weeks| weeks.get_mut(week));
        if let Some(money) = money {
            let known = money.entry(known_day).or_default();
            *known = known.saturating_add(minor);
        }
    }

    /// Returns what the end of `known_at` knew of a week, counted from 0, in minor units.
    ///
    /// `None` while the week lasts, and for a series that was never watched.
    pub fn known(&self, series: &Series, week: usize, known_at: Date) -> Option<i64> {
        let day = day_number(known_at);
        if *self.week_ends.get(week)? > day {
            return None;
        }
        let money = self.by_series.get(series)?.get(week)?;
        let parts = money.range(..=day).map(|(_, minor)| *minor);
        Some(parts.fold(0, i64::saturating_add))
    }

    /// Returns the day number of the last day of a week, counted from 0.
    pub(super) fn week_end(&self, week: usize) -> Option<i32> {
        self.week_ends.get(week).copied()
    }

    /// Returns whether any two entities are named, so that a forecast by entity says more than the total.
    pub(super) fn has_entities(&self) -> bool {
        let names: BTreeSet<&str> = self
            .by_series
            .keys()
            .filter_map(|series| series.entity.as_deref())
            .collect();
        names.len() >= 2
    }
}
