//! What trees ask about an invoice, answered for all its coming days.

use crate::features::HORIZON_DAYS;
use crate::features::lateness::BINS;
use crate::model::coming_day::ComingDay;
use crate::model::day_values::{self, Changes};
use crate::model::distribution::single;
use crate::model::invoice_input::InvoiceInput;
use crate::model::trees::{Answers, Days, Forest, day, earliest, union};

/// Days on which a value is the same: one of them, from 0, and all.
type Alike = (usize, Days);

/// Answers all questions of a forest about an invoice.
pub(super) fn answer<const N: usize>(
    input: &InvoiceInput<'_>,
    days: &[ComingDay<'_>; HORIZON_DAYS],
    forest: &Forest<N>,
    answers: &mut Answers,
) {
    answers.clear();
    let asked = day_values::asked_features();
    for (column, feature) in asked.iter().enumerate() {
        forest.answer_always(column, single(input.features[*feature]), answers);
    }
    let values = days.each_ref().map(|day| day_values::on_day(input, day));
    let weekdays = alike(days, |day| day.calendar.weekday);
    let bank_days = alike(days, |day| day_values::bank_day(day.calendar));
    let latenesses = alike(days, |day| day.lateness_bin);
    for (value, changes) in day_values::CHANGES.iter().enumerate() {
        let column = asked.len() + value;
        let on_day = |day: usize| values[day][value];
        let among = |alike: &[Alike], answers: &mut Answers| {
            let values = alike.iter().map(|(at, days)| (on_day(*at), *days));
            forest.answer(column, values, answers);
        };
        match changes {
            Changes::Never => forest.answer_always(column, on_day(0), answers),
            Changes::WithWeekday => among(&weekdays, answers),
            Changes::WithBankDay => among(&bank_days, answers),
            Changes::WithLateness => among(&latenesses, answers),
            Changes::Rises => forest.answer_rising(column, on_day, answers),
            Changes::Daily => {
                let each = (0..HORIZON_DAYS).map(|at| (on_day(at), day(at)));
                forest.answer(column, each, answers);
            }
        }
    }
}

/// Puts days together that have the same key: a weekday, a kind of bank day or a bin of lateness.
fn alike(days: &[ComingDay<'_>; HORIZON_DAYS], key: impl Fn(&ComingDay<'_>) -> usize) -> Vec<Alike> {
    let mut of_key = [[0; 2]; BINS];
    for (at, of_day) in days.iter().enumerate() {
        let so_far = &mut of_key[key(of_day)];
        *so_far = union(*so_far, day(at));
    }
    let kinds = of_key.into_iter();
    kinds.filter_map(|days| Some((earliest(days)?, days))).collect()
}
