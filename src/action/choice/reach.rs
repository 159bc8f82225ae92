//! Who can do what: collectors who are alike are one group, and every offer knows the groups that can do it.

use std::collections::{BTreeMap, BTreeSet};

use super::{CustomerOffers, Offer};
use crate::action::collector::Collector;

/// Longest day for which the minutes that can be used are counted one by one.
const DAY_MINUTES_MAX: u32 = 10_000;

/// Collectors with the same skills, languages and customers.
pub(super) struct Group {
    /// Places of the collectors.
    pub(super) collectors: Vec<usize>,
    /// Their minutes together, as far as offers can fill them.
    pub(super) minutes: f64,
    /// The longest day of one of them.
    longest: u32,
}

/// The sets of groups that can do an offer, each held once.
#[derive(Default)]
pub(super) struct Reaches<'a> {
    circles: BTreeMap<(Option<&'a str>, Option<usize>), usize>,
    known: BTreeMap<(usize, Option<&'a str>, u32), usize>,
    places: BTreeMap<Vec<usize>, usize>,
    /// Each in ascending order of the groups.
    pub(super) lists: Vec<Vec<usize>>,
}

impl<'a> Reaches<'a> {
    /// Customers with the same language, and the same collector where that matters, are one circle.
    pub(super) fn circle(&mut self, language: Option<&'a str>, only: Option<usize>) -> usize {
        let next = self.circles.len();
        *self.circles.entry((language, only)).or_insert(next)
    }

    /// Finds the groups that can do an offer, and in which somebody's day is long enough.
    pub(super) fn of(
        &mut self,
        groups: &[Group],
        collectors: &[Collector],
        circle: usize,
        (customer, offer): (&CustomerOffers<'_>, &'a Offer),
    ) -> usize {
        let skill = offer.skill.as_deref();
        let key = (circle, skill, offer.minutes);
        if let Some(reach) = self.known.get(&key) {
            return *reach;
        }
        let list: Vec<usize> = (0..groups.len())
            .filter(|group| {
                // One speaks for all of its group.
                let example = &collectors[groups[*group].collectors[0]];
                groups[*group].longest >= offer.minutes
                    && example.can_serve(customer.language, customer.collector, skill)
            })
            .collect();
        let next = self.lists.len();
        let reach = *self.places.entry(list.clone()).or_insert(next);
        if reach == next {
            self.lists.push(list);
        }
        self.known.insert(key, reach);
        reach
    }

    /// The lengths of the offers that each group can do.
    pub(super) fn sizes(&self, groups: usize) -> Vec<BTreeSet<u32>> {
        let mut sizes = vec![BTreeSet::new(); groups];
        for ((_, _, minutes), reach) in &self.known {
            for group in &self.lists[*reach] {
                sizes[*group].insert(*minutes);
            }
        }
        sizes
    }
}

/// Finds the groups, and the group of each collector.
pub(super) fn grouped(collectors: &[Collector]) -> (Vec<Group>, Vec<usize>) {
    let mut groups: Vec<Group> = Vec::new();
    let mut places = BTreeMap::new();
    let mut group_of = Vec::with_capacity(collectors.len());
    for (index, collector) in collectors.iter().enumerate() {
        let only = collector.only_own_customers.then_some(index);
        let next = groups.len();
        let place = *places
            .entry((&collector.skills, &collector.languages, only))
            .or_insert(next);
        if place == next {
            groups.push(Group {
                collectors: Vec::new(),
                minutes: 0.0,
                longest: 0,
            });
        }
        groups[place].collectors.push(index);
        groups[place].longest = groups[place].longest.max(collector.minutes);
        group_of.push(place);
    }
    (groups, group_of)
}

/// Most minutes of a day that whole offers of these sizes can fill: 96 of 100 with calls of twelve.
pub(super) fn usable(minutes: u32, sizes: &BTreeSet<u32>) -> u32 {
    if minutes > DAY_MINUTES_MAX {
        return minutes;
    }
    let mut reachable = vec![true];
    let mut most = 0;
    for total in 1..=minutes {
        let is_reachable = sizes.iter().any(|size| {
            total
                .checked_sub(*size)
                .and_then(|rest| usize::try_from(rest).ok())
                .is_some_and(|rest| reachable[rest])
        });
        reachable.push(is_reachable);
        if is_reachable {
            most = total;
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_as_long_as_whole_offers_fill_it() {
        assert_eq!(usable(100, &BTreeSet::from([12])), 96);
        assert_eq!(usable(11, &BTreeSet::from([12])), 0);
        assert_eq!(usable(29, &BTreeSet::from([12, 5])), 29);
        assert_eq!(usable(23, &BTreeSet::from([12, 5])), 22);
        assert_eq!(usable(480, &BTreeSet::new()), 0);
    }
}
