//! Which of some amounts make a sum, in one way only.

/// Amounts that are looked at.
pub(super) const AMOUNTS_MAX: usize = 24;
/// Amounts of a sum.
const PARTS_MAX: usize = 6;
/// Sums that are tried before it is given up.
const TRIED_MAX: u64 = 200_000;

/// The only way to a sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OnlySum {
    /// Places of the amounts, rising.
    pub(super) parts: Vec<usize>,
    /// How many sums of as many amounts or fewer there are.
    pub(super) sums: u64,
    /// How many different amounts these spread over.
    pub(super) places: u64,
}

/// Finds the only two or more of the amounts that make a sum; nothing where there are several ways, or too many
/// amounts to be sure.
pub(super) fn only_sum(amounts: &[i64], wanted: i64) -> Option<OnlySum> {
    if amounts.len() > AMOUNTS_MAX || wanted <= 0 || amounts.iter().any(|amount| *amount <= 0) {
        return None;
    }
    let mut places: Vec<usize> = (0..amounts.len()).collect();
    places.sort_by_key(|place| amounts.get(*place).map_or(0, |amount| amount.saturating_neg()));
    let sorted: Vec<i64> = places
        .iter()
        .filter_map(|place| amounts.get(*place).copied())
        .collect();
    let mut search = Search {
        rests: rests_of(&sorted),
        sorted: &sorted,
        chosen: Vec::new(),
        found: None,
        tried: 0,
        is_over: false,
    };
    search.go_on(0, wanted);
    let found = search.found.filter(|_| !search.is_over)?;
    let mut parts: Vec<usize> = found
        .iter()
        .filter_map(|place| places.get(*place).copied())
        .collect();
    parts.sort_unstable();
    let step = sorted.iter().fold(wanted, |step, amount| divisor(step, *amount));
    let largest = sorted
        .iter()
        .take(parts.len())
        .fold(0_i64, |sum, amount| sum.saturating_add(*amount));
    Some(OnlySum {
        sums: count_of_sums(amounts.len(), parts.len()),
        places: u64::try_from(largest / step.max(1)).unwrap_or(1),
        parts,
    })
}

struct Search<'a> {
    /// Largest first.
    sorted: &'a [i64],
    /// What all amounts from a place on make together.
    rests: Vec<i64>,
    chosen: Vec<usize>,
    found: Option<Vec<usize>>,
    tried: u64,
    /// Whether a second way was found, or too much was tried.
    is_over: bool,
}

impl Search<'_> {
    /// Tries every choice among the amounts from a place on.
    fn go_on(&mut self, from: usize, wanted: i64) {
        if wanted == 0 {
            if self.chosen.len() > 1 {
                self.is_over = self.found.is_some();
                self.found = Some(self.chosen.clone());
            }
            return;
        }
        if self.chosen.len() == PARTS_MAX {
            return;
        }
        for place in from..self.sorted.len() {
            if self.rests.get(place).is_none_or(|rest| *rest < wanted) {
                return;
            }
            self.tried += 1;
            self.is_over |= self.tried > TRIED_MAX;
            if self.is_over {
                return;
            }
            let amount = self.sorted.get(place).copied().unwrap_or(0);
            if amount <= wanted {
                self.chosen.push(place);
                self.go_on(place + 1, wanted - amount);
                self.chosen.pop();
            }
            if self.is_over {
                return;
            }
        }
    }
}

fn rests_of(sorted: &[i64]) -> Vec<i64> {
    let mut rests: Vec<i64> = sorted
        .iter()
        .rev()
        .scan(0_i64, |sum, amount| {
            *sum = sum.saturating_add(*amount);
            Some(*sum)
        })
        .collect();
    rests.reverse();
    rests
}

/// Returns how many choices of two to so many of the amounts there are.
fn count_of_sums(amounts: usize, parts: usize) -> u64 {
    let (mut choices, mut all) = (1_u64, 0_u64);
    for taken in 1..=parts {
        let left = u64::try_from(amounts.saturating_sub(taken - 1)).unwrap_or(u64::MAX);
        let taken = u64::try_from(taken).unwrap_or(u64::MAX);
        choices = choices.saturating_mul(left) / taken;
        if taken > 1 {
            all = all.saturating_add(choices);
        }
    }
    all
}

/// Returns the greatest common divisor of two amounts.
fn divisor(one: i64, other: i64) -> i64 {
    let (mut one, mut other) = (one, other);
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(amounts: &[i64], wanted: i64) -> Option<Vec<usize>> {
        only_sum(amounts, wanted).map(|sum| sum.parts)
    }

    #[test]
    fn the_only_way_to_a_sum_is_found() {
        assert_eq!(parts(&[1_000, 2_500, 4_200], 5_200), Some(vec![0, 2]));
        assert_eq!(parts(&[1_000, 2_500, 4_200], 7_700), Some(vec![0, 1, 2]));
        assert_eq!(parts(&[1_000, 2_500, 4_200], 5_201), None);
    }

    #[test]
    fn one_amount_is_no_sum_and_two_ways_are_none() {
        assert_eq!(parts(&[1_000, 2_500], 2_500), None);
        assert_eq!(parts(&[1_000, 1_000, 2_500], 3_500), None);
        assert_eq!(parts(&[100, 200, 300, 400], 500), None);
        assert_eq!(parts(&[], 5), None);
    }

    #[test]
    fn sums_are_counted_by_how_many_there_are_and_how_far_they_spread() {
        // Of three amounts there are three pairs; two at most make 67, in steps of 1.
        let sum = only_sum(&[10, 25, 42], 52).unwrap();
        assert_eq!((sum.sums, sum.places), (3, 67));
        // All amounts are tens: there are ten times fewer places.
        let sum = only_sum(&[100, 250, 420], 520).unwrap();
        assert_eq!((sum.sums, sum.places), (3, 67));
    }

    #[test]
    fn the_work_is_bounded() {
        let many: Vec<i64> = (0..24).map(|number| 1_000_003 + 7 * number * number).collect();
        assert_eq!(parts(&many, 1), None);
        let _ = parts(&many, 5_000_321);
        assert_eq!(parts(&[1; AMOUNTS_MAX + 1], 2), None);
    }
}
