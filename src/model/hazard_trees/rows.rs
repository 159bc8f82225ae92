//! The columns that trees see: the features they may ask for, then the values of the day.

use rayon::prelude::*;

use crate::model::coming_day::ComingDay;
use crate::model::day_rows::{DAYS_A_TASK, DayRow};
use crate::model::day_values;
use crate::model::distribution::single;
use crate::model::invoice_input::Inputs;

/// Row-major values of day-ahead rows.
pub(super) fn matrix(inputs: &Inputs<'_>, asked: &[usize], days: &[DayRow]) -> Vec<f32> {
    let width = asked.len() + day_values::VALUES.len();
    let mut matrix = vec![0.0; days.len() * width];
    matrix
        .par_chunks_mut(DAYS_A_TASK * width)
        .zip(days.par_chunks(DAYS_A_TASK))
        .for_each(|(out, days)| {
            for (out, day) in out.chunks_mut(width).zip(days) {
                let input = inputs.get(day.row);
                let (fixed, of_day) = out.split_at_mut(asked.len());
                for (out, feature) in fixed.iter_mut().zip(asked) {
                    *out = single(input.features[*feature]);
                }
                let coming = ComingDay::new(&input, day.ahead);
                for (out, value) in of_day.iter_mut().zip(&day_values::VALUES) {
                    *out = value.formula.of(&input, &coming);
                }
            }
        });
    matrix
}
