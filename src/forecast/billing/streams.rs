//! Layer C: expected new billing by currency, entity and segment, and its way to cash.
//!
//! Weeks are blocks of seven days that end on the cut-off, so no partial week bends the level. What of the last
//! weeks is not recorded yet is made up for (see [`Recording`]); it is billed already, and its cash is to come, so it
//! is added to the first week ahead. A part of the business with fewer than five invoices a week and less
//! than a tenth of its currency's billing is too small for a level of its own and joins the rest of the currency.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::history::Book;
use super::lag::{self, Lag, LagCounts};
use super::level::{self, Projection};
use super::numbers::{amount_as_f64, amount_of, as_f64, count_of, mean};
use super::recording::Recording;
use super::report::{FoundStream, LevelMethod};
use super::terms;
use crate::domain::{Currency, Money};
use crate::forecast::{Attributes, BillingStream, BillingWeek, Place};
use crate::model::PaymentDistribution;

/// Weeks of history that are looked at: three years.
const WEEKS_MAX: usize = 156;
/// Weeks that tell whether a cell is large enough.
const RECENT_WEEKS: usize = 26;
/// A cell with this many invoices a week stands alone, or with this share of its currency.
const INVOICES_A_WEEK_MIN: f64 = 5.0;
const SHARE_MIN: f64 = 0.1;
/// Weeks that tell the effective number of invoices.
const LUMP_WEEKS: usize = 52;
/// Invoices of the currency that are added to those of a stream for its lag.
const LAG_WEIGHT: f64 = 20.0;

/// A part of the business.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    pub(super) currency: Currency,
    pub(super) entity: Option<String>,
    pub(super) segment: Option<String>,
}

/// Cells that are forecast as one, and the invoices that are new billing of theirs.
struct Part {
    cells: BTreeSet<Cell>,
    name: String,
    place: Place,
    currency: Currency,
    positions: Vec<usize>,
}

/// A stream, what is to be said of it, and the cells it speaks for.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) cells: BTreeSet<Cell>,
    pub(super) stream: BillingStream,
    pub(super) found: FoundStream,
}

/// Forecasts the new billing of every part of the business.
pub(super) fn streams(
    book: &Book,
    accounted: &[bool],
    attributes: &Attributes,
    lags: &BTreeMap<Currency, Lag>,
    horizon_days: i32,
) -> Vec<Stream> {
    let recordings = Recording::by_currency(book);
    parts(book, accounted, attributes)
        .into_par_iter()
        .filter_map(|part| {
            let recording = recordings.get(&part.currency).cloned().unwrap_or_default();
            stream(book, part, &recording, lags, horizon_days)
        })
        .collect()
}

/// Cuts new billing into parts that are large enough, by currency.
fn parts(book: &Book, accounted: &[bool], attributes: &Attributes) -> Vec<Part> {
    let mut cells: BTreeMap<Cell, Vec<usize>> = BTreeMap::new();
    let mut segment = None;
    let mut of_customer = "";
    let oldest = book.cutoff - days_of(WEEKS_MAX);
    for (position, invoice) in book.invoices.iter().enumerate() {
        if accounted[position] || invoice.issue_day <= oldest {
            continue;
        }
        if invoice.customer_id != of_customer {
            let place = attributes.place(&invoice.customer_id, &invoice.invoice_id);
            segment.clone_from(&place.segment);
            of_customer = &invoice.customer_id;
        }
        let cell = Cell {
            currency: invoice.currency,
            entity: invoice.entity.clone(),
            segment: segment.clone(),
        };
        cells.entry(cell).or_default().push(position);
    }
    let mut recent_amounts: BTreeMap<Currency, f64> = BTreeMap::new();
    for (cell, positions) in &cells {
        *recent_amounts.entry(cell.currency).or_default() += recent(book, positions).1;
    }
    let first_days = book.first_days();
    let mut parts = Vec::new();
    let mut rests: BTreeMap<Currency, Vec<(Cell, Vec<usize>)>> = BTreeMap::new();
    for (cell, positions) in cells {
        let first = first_days.get(&cell.currency).copied().unwrap_or(book.cutoff);
        let weeks = (f64::from(book.cutoff - first + 1) / 7.0).clamp(1.0, as_f64(RECENT_WEEKS));
        let (count, amount) = recent(book, &positions);
        let all = recent_amounts.get(&cell.currency).copied().unwrap_or(0.0);
        if as_f64(count) < INVOICES_A_WEEK_MIN * weeks && amount < SHARE_MIN * all {
            rests.entry(cell.currency).or_default().push((cell, positions));
        } else {
            parts.push(Part::of(vec![(cell, positions)]));
        }
    }
    parts.extend(rests.into_values().map(Part::of));
    parts.sort_by(|left, right| (left.currency, &left.name).cmp(&(right.currency, &right.name)));
    parts
}

/// Returns number and amount of the invoices of the last half year.
fn recent(book: &Book, positions: &[usize]) -> (usize, f64) {
    let since = book.cutoff - days_of(RECENT_WEEKS);
    let invoices = positions.iter().map(|position| &book.invoices[*position]);
    invoices
        .filter(|invoice| invoice.issue_day > since)
        .fold((0, 0.0), |(count, amount), invoice| {
            (count + 1, amount + amount_as_f64(invoice.amount_minor))
        })
}

impl Part {
    /// Joins cells of one currency, of which there is at least one; its place is what they have in common.
    fn of(cells: Vec<(Cell, Vec<usize>)>) -> Self {
        let first = cells[0].0.clone();
        let same_entity = cells.iter().all(|(cell, _)| cell.entity == first.entity);
        let same_segment = cells.iter().all(|(cell, _)| cell.segment == first.segment);
        let part_of_name = |is_same: bool, text: &Option<String>| {
            let told = text.as_deref().unwrap_or("-");
            if is_same { told.to_owned() } else { "*".to_owned() }
        };
        let name = format!(
            "{}/{}/{}",
            first.currency,
            part_of_name(same_entity, &first.entity),
            part_of_name(same_segment, &first.segment)
        );
        let mut positions: Vec<usize> = cells.iter().flat_map(|(_, of_cell)| of_cell).copied().collect();
        positions.sort_unstable();
        Self {
            cells: cells.into_iter().map(|(cell, _)| cell).collect(),
            name,
            currency: first.currency,
            place: Place {
                entity: first.entity.filter(|_| same_entity),
                segment: first.segment.filter(|_| same_segment),
                ..Place::default()
            },
            positions,
        }
    }
}

/// Forecasts one part; nothing where no billing is to be expected.
fn stream(
    book: &Book,
    part: Part,
    recording: &Recording,
    lags: &BTreeMap<Currency, Lag>,
    horizon_days: i32,
) -> Option<Stream> {
    let known = weekly(book, &part.positions);
    let outlook = outlook(&known, recording, book.cutoff, horizon_days);
    let (projection, unrecorded) = (&outlook.projection, outlook.unrecorded);
    let level = mean(&projection.expected);
    if level <= 0.0 && unrecorded <= 0.0 {
        return None;
    }
    let counts = LagCounts::of(
        book,
        part.positions
            .iter()
            .copied()
            .filter(|position| lag::is_recent(book, *position)),
    );
    let wider = lags.get(&part.currency).map(|wider| (wider, LAG_WEIGHT));
    let lag: PaymentDistribution = Lag::of(&counts, wider).distribution();
    let money = |value: f64| Money::from_minor(amount_of(value), part.currency);
    let found = FoundStream {
        name: part.name.clone(),
        currency: part.currency,
        weekly: money(level),
        method: if projection.is_smoothed {
            LevelMethod::Ets
        } else {
            LevelMethod::Mean
        },
        is_seasonal: projection.is_seasonal,
        weeks_of_history: known.len(),
        unrecorded: money(unrecorded),
        median_lag_days: lag.quantile(0.5),
    };
    let weeks = weeks_of(&projection.expected, unrecorded);
    let stream = BillingStream {
        name: part.name,
        place: Arc::new(part.place),
        currency: part.currency,
        weeks,
        errors: outlook.errors,
        lumps: lumps(book, &part.positions),
        lag,
        terms: terms::shares(book, &part.positions),
    };
    Some(Stream {
        cells: part.cells,
        stream,
        found,
    })
}

/// Returns the coming weeks; what is billed and not recorded has its place in the first.
fn weeks_of(expected: &[f64], unrecorded: f64) -> Vec<BillingWeek> {
    let mut weeks: Vec<BillingWeek> = expected
        .iter()
        .zip(0_i32..)
        .map(|(expected, week)| BillingWeek {
            first_day: 7 * week + 1,
            last_day: 7 * week + 7,
            expected_minor: amount_of(*expected),
        })
        .collect();
    if let Some(first) = weeks.first_mut() {
        first.expected_minor = first.expected_minor.saturating_add(amount_of(unrecorded));
    }
    weeks
}

/// What a history of weeks lets expect.
struct Outlook {
    projection: Projection,
    errors: Vec<f64>,
    /// Issued before the cut-off and not recorded.
    unrecorded: f64,
}

fn outlook(known: &[f64], recording: &Recording, cutoff: i32, horizon_days: i32) -> Outlook {
    let unknown = recording.unknown_weeks();
    // A history that is all unknown is better than none.
    let unknown = if unknown < known.len() { unknown } else { 0 };
    let kept = known.len() - unknown;
    let whole: Vec<f64> = known[..kept]
        .iter()
        .enumerate()
        .map(|(week, amount)| {
            let share = recording.known_share(known.len() - 1 - week);
            if share > 0.0 { amount / share } else { *amount }
        })
        .collect();
    let whole = settled(whole);
    let last_day = cutoff - days_of(unknown);
    let ahead = usize::try_from(horizon_days.max(1)).unwrap_or(1).div_ceil(7);
    let mut projection = level::project(&whole, last_day, unknown + ahead);
    let errors = level::errors(&whole, last_day);
    let to_come = projection.expected.split_off(unknown);
    let made_up = whole.iter().rev().zip(known[..kept].iter().rev());
    let made_up = made_up.map(|(all, seen)| all - seen);
    let hidden = projection
        .expected
        .iter()
        .zip(&known[kept..])
        .map(|(all, seen)| (all - seen).max(0.0));
    let unrecorded = made_up.sum::<f64>() + hidden.sum::<f64>();
    projection.expected = to_come;
    Outlook {
        projection,
        errors,
        unrecorded,
    }
}

/// Leaves out the weeks in which a ledger begins: an export by clearing date holds few of its first invoices.
///
/// These are the weeks before the first that has half of the median, where most weeks have billing at all.
fn settled(mut weeks: Vec<f64>) -> Vec<f64> {
    let mut sorted = weeks.clone();
    sorted.sort_by(f64::total_cmp);
    let half = sorted[sorted.len() / 2] / 2.0;
    let beginning = weeks.iter().take_while(|week| **week < half).count();
    weeks.drain(..beginning);
    weeks
}

/// Returns the known billing of each whole week up to the cut-off, oldest first; at least one week.
fn weekly(book: &Book, positions: &[usize]) -> Vec<f64> {
    let issued = positions
        .iter()
        .map(|position| book.invoices[*position].issue_day);
    let first = issued.min().unwrap_or(book.cutoff);
    let weeks = usize::try_from((book.cutoff - first + 1) / 7).unwrap_or(0);
    let mut amounts = vec![0.0; weeks.clamp(1, WEEKS_MAX)];
    let last = amounts.len() - 1;
    for position in positions {
        let invoice = &book.invoices[*position];
        let before = usize::try_from((book.cutoff - invoice.issue_day) / 7).unwrap_or(0);
        if before <= last {
            amounts[last - before] += amount_as_f64(invoice.amount_minor);
        }
    }
    amounts
}

/// Returns the effective number of invoices a week, `(sum a)^2 / sum a^2` over a year, at least one.
fn lumps(book: &Book, positions: &[usize]) -> u32 {
    let since = book.cutoff - days_of(LUMP_WEEKS);
    let (mut sum, mut squares, mut first) = (0.0, 0.0, book.cutoff);
    for position in positions {
        let invoice = &book.invoices[*position];
        if invoice.issue_day > since {
            let amount = amount_as_f64(invoice.amount_minor);
            sum += amount;
            squares += amount * amount;
            first = first.min(invoice.issue_day);
        }
    }
    let weeks = (f64::from(book.cutoff - first + 1) / 7.0).max(1.0);
    if squares > 0.0 {
        count_of(sum * sum / squares / weeks)
    } else {
        1
    }
}

/// Returns the days of a number of weeks.
fn days_of(weeks: usize) -> i32 {
    i32::try_from(7 * weeks).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::history::Issued;
    use super::*;

    fn issued(entity: &str, day: i32, amount_minor: i64) -> Issued {
        Issued {
            currency: Currency::EUR,
            customer_id: format!("{entity}{day}"),
            entity: Some(entity.to_owned()),
            issue_day: day,
            invoice_id: format!("{entity}{day}"),
            due_day: day + 30,
            known_day: day,
            amount_minor,
        }
    }

    #[test]
    fn small_cells_join_the_rest_and_large_amounts_stand_alone() {
        let mut invoices = Vec::new();
        for day in 1..=364 {
            invoices.push(issued("DE", day, 10_000));
            if day % 28 == 0 {
                invoices.push(issued("AT", day, 1_000));
                invoices.push(issued("FR", day, 1_000));
                invoices.push(issued("CH", day, 900_000));
            }
        }
        let book = Book::of_rows(invoices, Vec::new(), 364);
        let accounted = vec![false; book.invoices.len()];
        let parts = parts(&book, &accounted, &Attributes::default());
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["EUR/*/-", "EUR/CH/-", "EUR/DE/-"]);
        assert_eq!(parts[0].cells.len(), 2);
        assert_eq!(parts[2].place.entity.as_deref(), Some("DE"));
    }

    #[test]
    fn the_weeks_in_which_a_ledger_begins_are_left_out_and_an_irregular_stream_keeps_all() {
        let ramp = vec![1.0, 4.0, 60.0, 100.0, 20.0, 110.0, 90.0];
        assert_eq!(settled(ramp.clone()), ramp[2..]);
        let irregular = vec![0.0, 0.0, 50.0, 0.0, 0.0, 0.0];
        assert_eq!(settled(irregular.clone()), irregular);
    }

    #[test]
    fn weeks_end_on_the_cut_off_and_the_first_partial_one_is_left_out() {
        let invoices = vec![issued("DE", 1, 500), issued("DE", 4, 100), issued("DE", 17, 300)];
        let book = Book::of_rows(invoices, Vec::new(), 17);
        let positions: Vec<usize> = (0..3).collect();
        assert_eq!(format!("{:?}", weekly(&book, &positions)), "[100.0, 300.0]");
    }
}
