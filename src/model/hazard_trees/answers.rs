//! What trees ask about an invoice, answered for all its coming days.

use crate::model::coming_day::ComingDay;
use crate::model::day_values::{self, Changes};
use crate::model::distribution::single;
use crate::model::invoice_input::InvoiceInput;
use crate::model::trees::{ALL_DAYS, Answers, Bins, Days, Forest, day, union};

/// Days on which a value is the same: one of them, from 0, and all.
type Alike = (usize, Days);

/// Answers all questions of a forest about an invoice.
pub(super) fn answer<const N: usize>(
    input: &InvoiceInput<'_>,
    days: &[ComingDay<'_>],
    bins: &Bins,
    forest: &Forest<N>,
    answers: &mut Answers,
) {
    answers.clear();
    let asked = day_values::asked_features();
    for (column, feature) in asked.iter().enumerate() {
        forest.answer_always(
            column,
            bins.bin(column, single(input.features[*feature])),
            answers,
        );
    }
    let values: Vec<_> = days.iter().map(|day| day_values::on_day(input, day)).collect();
    let weekdays = alike(days, |day| day.calendar.weekday);
    let latenesses = alike(days, |day| day.lateness_bin);
    let each: Vec<Alike> = (0..days.len()).map(|at| (at, day(at))).collect();
    for (value, changes) in day_values::CHANGES.iter().enumerate() {
        let kinds: &[Alike] = match changes {
            Changes::Never => &[(0, ALL_DAYS)],
            Changes::WithWeekday => &weekdays,
            Changes::WithLateness => &latenesses,
            Changes::Daily => &each,
        };
        let column = asked.len() + value;
        let in_turn = bins.bins_in_turn(column, kinds.iter().map(|(at, _)| values[*at][value]));
        forest.answer(column, in_turn.zip(kinds.iter().map(|(_, days)| *days)), answers);
    }
}

/// Puts days together that have the same key.
fn alike(days: &[ComingDay<'_>], key: impl Fn(&ComingDay<'_>) -> usize) -> Vec<Alike> {
    let mut kinds: Vec<Alike> = Vec::new();
    for (at, of_day) in days.iter().enumerate() {
        // Bins of lateness come one after the other and weekdays come again soon: the last kinds are tried first.
        let known = kinds
            .iter_mut()
            .rev()
            .find(|(first, _)| key(&days[*first]) == key(of_day));
        match known {
            Some((_, kind)) => *kind = union(*kind, day(at)),
            None => kinds.push((at, day(at))),
        }
    }
    kinds
}
