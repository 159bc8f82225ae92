//! What trees ask about the invoices of a payer, answered for all their coming days.

use crate::features::HORIZON_DAYS;
use crate::features::lateness::BINS;
use crate::model::coming_day::ComingDay;
use crate::model::day_values::{self, Changes, DayValue, Formula, bank_day};
use crate::model::distribution::single;
use crate::model::invoice_input::InvoiceInput;
use crate::model::payer_day::PayerDay;
use crate::model::trees::{Answers, Days, Forest, day, earliest, union};

/// Days on which a value is the same: one of them, from 0, and all.
type Alike = (usize, Days);

/// Answers the questions about what is the same for all invoices of a payer.
pub(super) fn answer_payer<const N: usize>(
    days: &[PayerDay<'_>; HORIZON_DAYS],
    forest: &Forest<N>,
    answers: &mut Answers,
) {
    let weekdays = alike(days, |day| day.calendar.weekday);
    let bank_days = alike(days, |day| bank_day(day.calendar));
    for (column, value) in columns() {
        let Formula::Payer(formula) = value.formula else {
            continue;
        };
        let on_day = |at: usize| single(formula(&days[at]));
        match value.changes {
            Changes::WithWeekday => answer_alike(forest, column, &weekdays, on_day, answers),
            Changes::WithBankDay => answer_alike(forest, column, &bank_days, on_day, answers),
            changes => answer_in_turn(forest, column, changes, on_day, answers),
        }
    }
}

/// Answers the other questions about an invoice, once those about its payer are answered.
pub(super) fn answer_invoice<const N: usize>(
    input: &InvoiceInput<'_>,
    days: &[ComingDay<'_>; HORIZON_DAYS],
    forest: &Forest<N>,
    answers: &mut Answers,
) {
    for (column, feature) in day_values::asked_features().iter().enumerate() {
        forest.answer_always(column, single(input.features[*feature]), answers);
    }
    let latenesses = alike(days, |day| day.lateness_bin);
    for (column, value) in columns() {
        let Formula::Invoice(formula) = value.formula else {
            continue;
        };
        let on_day = |at: usize| single(formula(input, &days[at]));
        match value.changes {
            Changes::WithLateness => answer_alike(forest, column, &latenesses, on_day, answers),
            changes => answer_in_turn(forest, column, changes, on_day, answers),
        }
    }
}

/// The values of the day, with their columns.
fn columns() -> impl Iterator<Item = (usize, &'static DayValue)> {
    (day_values::asked_features().len()..).zip(&day_values::VALUES)
}

/// Answers what is asked of a value that is the same on days that are alike.
fn answer_alike<const N: usize>(
    forest: &Forest<N>,
    column: usize,
    alike: &[Alike],
    on_day: impl Fn(usize) -> f32,
    answers: &mut Answers,
) {
    let values = alike.iter().map(|(at, days)| (on_day(*at), *days));
    forest.answer(column, values, answers);
}

/// Answers what is asked of a value from day to day.
fn answer_in_turn<const N: usize>(
    forest: &Forest<N>,
    column: usize,
    changes: Changes,
    on_day: impl Fn(usize) -> f32,
    answers: &mut Answers,
) {
    match changes {
        Changes::Never => forest.answer_always(column, on_day(0), answers),
        Changes::Rises => forest.answer_rising(column, on_day, answers),
        Changes::WithWeekday | Changes::WithBankDay | Changes::WithLateness | Changes::Daily => {
            let each = (0..HORIZON_DAYS).map(|at| (on_day(at), day(at)));
            forest.answer(column, each, answers);
        }
    }
}

/// Puts days together that have the same key: a weekday, a kind of bank day or a bin of lateness.
fn alike<D>(of_days: &[D; HORIZON_DAYS], key: impl Fn(&D) -> usize) -> Vec<Alike> {
    let mut of_key = [[0; 2]; BINS];
    for (at, of_day) in of_days.iter().enumerate() {
        let so_far = &mut of_key[key(of_day)];
        *so_far = union(*so_far, day(at));
    }
    let kinds = of_key.into_iter();
    kinds.filter_map(|days| Some((earliest(days)?, days))).collect()
}
