//! Rhythms: a customer who is billed a similar amount again and again.
//!
//! # Definition
//!
//! The invoices of one customer, entity and currency are put into classes of similar amount; those of a day
//! count as one. A class has a rhythm if it has at least four days of billing and the gaps between the last
//! dozen of them vary little: standard deviation over mean below 0.25, median of at least six days. It is active
//! if the last one is not older than one and a half gaps. A gap of one month, or of 2, 3, 4, 6 or 12, is stepped
//! by calendar month: rent of the 31st is billed on the 28th of February.
//!
//! # How long it lasts
//!
//! Over all rhythms of the ledger, `h` is the share of steps at which one stopped. A rhythm with `n` gaps of which none
//! was skipped goes on with probability `1 - 12 h / (n + 12)` a step: the older the contract, the safer. Where
//! the next invoice is late already, Bayes' rule weighs the chance that it stopped against that of being this late
//! by its own past gaps. What is not issued is never-paid mass.

use chrono::Datelike;

use super::history::{Book, Issued};
use super::numbers::{as_f64, median};
use crate::domain::Date;
use crate::domain::date::{add_months, day_number, from_day_number, month_end, month_start};

/// Days of billing that make a rhythm.
pub(super) const REPEATS_MIN: usize = 4;
/// Gaps must vary less than this: standard deviation over mean.
const GAP_VARIATION_MAX: f64 = 0.25;
/// Gaps of silence after which a rhythm has stopped.
const SILENCE_GAPS_MAX: f64 = 1.5;
/// The last so many gaps tell the rhythm; two years of a monthly one would hide a change.
const GAPS_USED: usize = 12;
/// What is billed more often than this is a stream.
const GAP_DAYS_MIN: i32 = 6;
/// Amount, terms and delay are the median of the last so many.
const LAST_FEW: usize = 3;
/// Steps of the ledger as a whole that the steps of one rhythm are shrunk by.
const POOLED_STEPS: f64 = 12.0;
/// Stops and steps that stand for a ledger without any: one step in twenty.
const PRIOR_STOPS: f64 = 0.5;
const PRIOR_STEPS: f64 = 10.0;
/// A later invoice less likely than this is left out.
const PROBABILITY_MIN: f64 = 0.02;
/// Longest delay of recording that excuses a late invoice, in days.
const DELAY_DAYS_MAX: i32 = 14;

/// From one invoice to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The same day of the month, or its last.
    Months(u32),
    Days(i32),
}

/// A day on which a rhythm was billed.
#[derive(Clone, Debug)]
pub(super) struct Occurrence {
    pub(super) day: i32,
    amount_minor: i64,
    /// Positions of its invoices in the book.
    pub(super) invoices: Vec<usize>,
}

/// A customer who is billed a similar amount again and again.
#[derive(Clone, Debug)]
pub(super) struct Rhythm {
    pub(super) occurrences: Vec<Occurrence>,
    pub(super) step: Step,
    /// The median of the gaps, in days.
    pub(super) gap_days: i32,
    gaps: Vec<i32>,
    pub(super) amount_minor: i64,
    /// Due date minus date of issue.
    pub(super) term_days: i32,
    /// How late its invoices are recorded.
    delay_days: i32,
    pub(super) is_active: bool,
}

/// An invoice that a rhythm lets expect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Upcoming {
    pub(super) day: i32,
    pub(super) probability: f64,
}

impl Rhythm {
    /// Returns the first invoice.
    pub(super) fn first_invoice<'a>(&self, book: &'a Book) -> &'a Issued {
        &book.invoices[self.occurrences[0].invoices[0]]
    }

    /// Returns the last invoice, which stands for the contract.
    pub(super) fn last_invoice<'a>(&self, book: &'a Book) -> &'a Issued {
        let last = self.occurrences[self.occurrences.len() - 1].invoices[0];
        &book.invoices[last]
    }

    fn last_day(&self) -> i32 {
        self.occurrences[self.occurrences.len() - 1].day
    }

    /// Returns the day of issue so many steps after the last one.
    fn day_after(&self, steps: u32) -> i32 {
        let last = self.last_day();
        match self.step {
            Step::Days(days) => {
                let steps = i32::try_from(steps).unwrap_or(i32::MAX);
                last.saturating_add(days.saturating_mul(steps))
            }
            Step::Months(months) => {
                let first = add_months(month_start(from_day_number(last)), months.saturating_mul(steps));
                let wanted = self.day_of_month().min(month_end(first).day());
                day_number(first.with_day(wanted).unwrap_or(first))
            }
        }
    }

    /// Returns the day of the month on which it is billed; 31 is the last, whatever the month.
    fn day_of_month(&self) -> u32 {
        let start = self.occurrences.len().saturating_sub(2 * LAST_FEW);
        let dates: Vec<Date> = self.occurrences[start..]
            .iter()
            .map(|occurrence| from_day_number(occurrence.day))
            .collect();
        if dates.iter().all(|date| *date == month_end(*date)) {
            return 31;
        }
        let days: Vec<u32> = dates.iter().map(Date::day).collect();
        let spread = days.iter().max().zip(days.iter().min());
        let is_around_the_turn = spread.is_some_and(|(max, min)| max - min > 10);
        if is_around_the_turn {
            return days[days.len() - 1];
        }
        median(&days).unwrap_or(1)
    }

    /// Returns the probability that one more invoice comes, by its own steps and those of the ledger.
    fn goes_on(&self, stop_hazard: f64) -> f64 {
        let gap = f64::from(self.gap_days.max(1));
        let skipped: f64 = self
            .gaps
            .iter()
            .map(|days| (f64::from(*days) / gap).round() - 1.0)
            .filter(|missed| *missed > 0.0)
            .sum();
        let hits = as_f64(self.gaps.len());
        (hits + POOLED_STEPS * (1.0 - stop_hazard)) / (hits + skipped + POOLED_STEPS)
    }

    /// Returns the invoices that are to come up to a day, the first perhaps overdue and then on the day after the cut-off.
    pub(super) fn upcoming(&self, cutoff: i32, last_day: i32, stop_hazard: f64) -> Vec<Upcoming> {
        let goes_on = self.goes_on(stop_hazard);
        let mut probability = self.is_alive(cutoff, goes_on);
        let mut upcoming = Vec::new();
        for steps in 1.. {
            let day = self.day_after(steps).max(cutoff + 1);
            if day > last_day || probability < PROBABILITY_MIN {
                break;
            }
            upcoming.push(Upcoming { day, probability });
            probability *= goes_on;
        }
        upcoming
    }

    /// Returns the probability that the next invoice comes, given that it has not been seen.
    fn is_alive(&self, cutoff: i32, goes_on: f64) -> f64 {
        let seen_until = cutoff - self.delay_days;
        if self.day_after(1) > seen_until {
            return goes_on;
        }
        let silent = seen_until - self.last_day();
        let longer = self.gaps.iter().filter(|gap| **gap > silent).count();
        let this_late = (as_f64(longer) + 0.5) / (as_f64(self.gaps.len()) + 1.0);
        goes_on * this_late / (goes_on * this_late + 1.0 - goes_on)
    }
}

/// Finds the rhythms of a book, those that have stopped as well.
pub(super) fn find(book: &Book) -> Vec<Rhythm> {
    let mut rhythms = Vec::new();
    let mut start = 0;
    for group in book.invoices.chunk_by(Issued::is_of_same_payer) {
        if group.len() >= REPEATS_MIN {
            let classes = amount_classes(group).into_iter();
            rhythms.extend(classes.filter_map(|class| rhythm(book, start, &class)));
        }
        start += group.len();
    }
    rhythms
}

/// Returns the share of steps at which a rhythm of the ledger stopped, once it was one.
pub(super) fn stop_hazard(rhythms: &[Rhythm]) -> f64 {
    let stops = rhythms.iter().filter(|rhythm| !rhythm.is_active).count();
    let steps: usize = rhythms
        .iter()
        .map(|rhythm| rhythm.occurrences.len() - REPEATS_MIN)
        .sum();
    (as_f64(stops) + PRIOR_STOPS) / (as_f64(stops + steps) + PRIOR_STEPS)
}

/// Cuts the invoices of one payer into classes of similar amount; positions are within the group.
fn amount_classes(group: &[Issued]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..group.len()).collect();
    order.sort_unstable_by_key(|&position| (group[position].amount_minor, position));
    let mut classes: Vec<Vec<usize>> = Vec::new();
    for position in order {
        let amount = group[position].amount_minor;
        let similar = classes.last_mut().filter(|class| {
            let smallest = group[class[0]].amount_minor;
            let before = group[class[class.len() - 1]].amount_minor;
            // A step of a tenth, and half of the smallest over all.
            amount - before <= before / 10 && amount - smallest <= smallest / 2
        });
        match similar {
            Some(class) => class.push(position),
            None => classes.push(vec![position]),
        }
    }
    classes
}

/// Returns the rhythm of a class of invoices, if it has one; `start` is the position of its group.
fn rhythm(book: &Book, start: usize, class: &[usize]) -> Option<Rhythm> {
    let mut positions: Vec<usize> = class.iter().map(|position| start + position).collect();
    positions.sort_unstable();
    let occurrences = by_day(&book.invoices, &positions);
    if occurrences.len() < REPEATS_MIN {
        return None;
    }
    let gaps: Vec<i32> = occurrences
        .windows(2)
        .map(|pair| pair[1].day - pair[0].day)
        .collect();
    let gaps = gaps[gaps.len().saturating_sub(GAPS_USED)..].to_vec();
    let gap_days = median(&gaps)?;
    if gap_days < GAP_DAYS_MIN || variation(&gaps) >= GAP_VARIATION_MAX {
        return None;
    }
    let last_few = &occurrences[occurrences.len().saturating_sub(LAST_FEW)..];
    let amounts: Vec<i64> = last_few.iter().map(|last| last.amount_minor).collect();
    let of_last = |days: fn(&Issued) -> i32| {
        let values = last_few.iter().flat_map(|last| &last.invoices);
        let values: Vec<i32> = values.map(|position| days(&book.invoices[*position])).collect();
        median(&values).unwrap_or(0)
    };
    let last_day = occurrences[occurrences.len() - 1].day;
    let silent = f64::from(book.cutoff - last_day);
    Some(Rhythm {
        step: step_of(gap_days),
        gap_days,
        gaps,
        amount_minor: median(&amounts)?,
        term_days: of_last(|invoice| invoice.due_day - invoice.issue_day).max(0),
        delay_days: of_last(|invoice| invoice.known_day - invoice.issue_day).clamp(0, DELAY_DAYS_MAX),
        is_active: silent <= SILENCE_GAPS_MAX * f64::from(gap_days),
        occurrences,
    })
}

/// Joins the invoices of a day, which are in order of time.
fn by_day(invoices: &[Issued], positions: &[usize]) -> Vec<Occurrence> {
    positions
        .chunk_by(|left, right| invoices[*left].issue_day == invoices[*right].issue_day)
        .map(|of_day| Occurrence {
            day: invoices[of_day[0]].issue_day,
            amount_minor: of_day.iter().fold(0_i64, |sum, position| {
                sum.saturating_add(invoices[*position].amount_minor)
            }),
            invoices: of_day.to_vec(),
        })
        .collect()
}

/// Returns the standard deviation of gaps over their mean.
fn variation(gaps: &[i32]) -> f64 {
    let gaps: Vec<f64> = gaps.iter().map(|gap| f64::from(*gap)).collect();
    let mean = super::numbers::mean(&gaps);
    let squares: f64 = gaps.iter().map(|gap| (gap - mean).powi(2)).sum();
    if mean > 0.0 && gaps.len() > 1 {
        (squares / as_f64(gaps.len() - 1)).sqrt() / mean
    } else {
        f64::INFINITY
    }
}

/// Returns how a rhythm steps: by calendar months where its gap is one of those, four weeks being none.
fn step_of(gap_days: i32) -> Step {
    let months = [1, 2, 3, 4, 6, 12].into_iter().find(|months: &u32| {
        let months = f64::from(*months);
        (f64::from(gap_days) - 30.437 * months).abs() <= 1.5 + 0.25 * months
    });
    months.map_or(Step::Days(gap_days), Step::Months)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;
    use crate::domain::date::parse_iso;

    fn day(text: &str) -> i32 {
        day_number(parse_iso(text).unwrap())
    }

    fn book(days: &[&str], cutoff: &str) -> Book {
        let invoice = |text: &&str| Issued {
            currency: Currency::EUR,
            customer_id: "ACME".to_owned(),
            entity: None,
            issue_day: day(text),
            invoice_id: (*text).to_owned(),
            due_day: day(text) + 14,
            known_day: day(text),
            amount_minor: 100_000,
        };
        Book::of_rows(days.iter().map(invoice).collect(), Vec::new(), day(cutoff))
    }

    #[test]
    fn billing_on_the_last_of_the_month_goes_on_on_the_last() {
        let days = ["2025-10-31", "2025-11-30", "2025-12-31", "2026-01-31"];
        let found = find(&book(&days, "2026-02-05"));
        let next = found[0].upcoming(day("2026-02-05"), day("2026-04-30"), 0.01);
        let dates: Vec<String> = next
            .iter()
            .map(|next| from_day_number(next.day).to_string())
            .collect();
        assert_eq!(dates, ["2026-02-28", "2026-03-31", "2026-04-30"]);
    }

    #[test]
    fn four_weeks_are_not_a_month() {
        assert_eq!(step_of(28), Step::Days(28));
        assert_eq!(step_of(30), Step::Months(1));
        assert_eq!(step_of(91), Step::Months(3));
        assert_eq!(step_of(7), Step::Days(7));
    }

    #[test]
    fn an_invoice_that_is_late_is_less_likely_than_one_that_is_not_due() {
        let days = ["2025-10-01", "2025-11-01", "2025-12-01", "2026-01-01"];
        let found = find(&book(&days, "2026-02-10"));
        let on = |cutoff: &str| found[0].upcoming(day(cutoff), day("2026-06-30"), 0.05)[0];
        assert!(on("2026-01-20").probability > 0.9);
        assert_eq!(on("2026-01-20").day, day("2026-02-01"));
        assert!(on("2026-02-10").probability < on("2026-01-20").probability);
        assert_eq!(on("2026-02-10").day, day("2026-02-11"));
    }
}
