//! Whether kept predictions were right: pure functions of what was said and what came.

use std::collections::BTreeMap;

use crate::app::store::KeptPrediction;
use crate::backtest::metrics::{self, BINS, Binary};
use crate::domain::date::add_days;
use crate::model::HORIZON_DAYS;
use crate::model::outcome::Ending;

/// Days of the probability that is judged.
pub(super) const PAID_WITHIN_DAYS: i64 = 7;

/// A measure with the number of predictions that it rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measure {
    pub(super) value: f64,
    pub(super) predictions: usize,
}

/// Returns days of the horizon.
pub(super) fn horizon_days() -> i64 {
    i64::try_from(HORIZON_DAYS).expect("the horizon is thirteen weeks")
}

/// Returns the expected calibration error of "paid within 7 days", over predictions that are that old.
///
/// What was credited or written off within the 7 days is left out: nobody knows whether it would have been paid.
pub(super) fn calibration_error(
    kept: &[KeptPrediction],
    endings: &BTreeMap<String, Ending>,
) -> Option<Measure> {
    let events: Vec<Binary> = kept
        .iter()
        .filter_map(|said| {
            let last = add_days(said.as_of, PAID_WITHIN_DAYS);
            let ended = endings.get(&said.invoice_id).filter(|ending| ending.on <= last);
            let is_paid = ended.is_some_and(|ending| ending.is_cash);
            (is_paid || ended.is_none()).then(|| Binary::new(is_paid, said.paid_within_7))
        })
        .collect();
    Some(Measure {
        value: metrics::expected_calibration_error(&events, BINS)?,
        predictions: events.len(),
    })
}

/// Returns the share of payments between P10 and P90, over predictions whose horizon has passed; 0.8 is right.
///
/// An invoice that is open at the end of the horizon counts as within where P90 lies beyond it. What was credited
/// or written off is left out.
pub(super) fn coverage(kept: &[KeptPrediction], endings: &BTreeMap<String, Ending>) -> Option<Measure> {
    let inside: Vec<f64> = kept
        .iter()
        .filter_map(|said| {
            let (first, last) = (add_days(said.as_of, 1), add_days(said.as_of, horizon_days()));
            let ended = endings.get(&said.invoice_id).filter(|ending| ending.on <= last);
            let is_inside = match ended {
                // What was paid already, and not yet recorded, is known on the first day at the earliest.
                Some(ending) if ending.is_cash => (said.p10..=said.p90).contains(&ending.on.max(first)),
                Some(_) => return None,
                None => said.p90 > last,
            };
            Some(if is_inside { 1.0 } else { 0.0 })
        })
        .collect();
    Some(Measure {
        value: metrics::mean(&inside)?,
        predictions: inside.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Measure, calibration_error, coverage};
    use crate::app::store::KeptPrediction;
    use crate::domain::date::from_day_number;
    use crate::model::outcome::Ending;
    use std::collections::BTreeMap;

    const DAY: i32 = 20_000;

    /// A prediction of day 0: P10 on day 5, P90 on day `p90`.
    fn said(invoice_id: &str, paid_within_7: f64, p90: i32) -> KeptPrediction {
        KeptPrediction {
            as_of: from_day_number(DAY),
            invoice_id: invoice_id.to_owned(),
            model_version: "m".to_owned(),
            customer_id: "C".to_owned(),
            entity: None,
            due_date: from_day_number(DAY + 3),
            late_probability: 0.5,
            paid_within_7,
            paid_within_30: 0.9,
            p10: from_day_number(DAY + 5),
            p50: from_day_number(DAY + 8),
            p90: from_day_number(DAY + p90),
        }
    }

    fn endings(all: &[(&str, i32, bool)]) -> BTreeMap<String, Ending> {
        all.iter()
            .map(|(id, after, is_cash)| {
                let on = from_day_number(DAY + after);
                let ending = Ending {
                    on,
                    known_on: on,
                    is_cash: *is_cash,
                };
                ((*id).to_owned(), ending)
            })
            .collect()
    }

    #[test]
    fn calibration_compares_what_was_said_with_how_often_it_came() {
        let kept: Vec<KeptPrediction> = ["a", "b", "c", "d", "e"]
            .iter()
            .map(|id| said(id, 0.75, 20))
            .collect();
        // a, b and c paid in time, d too late, e credited: three of four, as was said.
        let came = endings(&[
            ("a", 1, true),
            ("b", 7, true),
            ("c", 0, true),
            ("d", 8, true),
            ("e", 2, false),
        ]);
        let found = calibration_error(&kept, &came).unwrap();
        assert_eq!(found.predictions, 4);
        assert!(found.value.abs() < 1e-12, "{}", found.value);
        let nothing = calibration_error(&kept, &BTreeMap::new()).unwrap();
        assert!((nothing.value - 0.75).abs() < 1e-12, "{}", nothing.value);
        assert_eq!(calibration_error(&[], &came), None);
    }

    #[test]
    fn coverage_counts_payments_between_the_ends() {
        let kept = [
            said("a", 0.5, 20),
            said("b", 0.5, 20),
            said("c", 0.5, 20),
            said("d", 0.5, 20),
        ];
        let came = endings(&[("a", 5, true), ("b", 20, true), ("c", 21, true), ("d", 4, true)]);
        let found = coverage(&kept, &came);
        assert_eq!(
            found,
            Some(Measure {
                value: 0.5,
                predictions: 4
            })
        );
    }

    #[test]
    fn what_is_still_open_lies_within_where_p90_lies_beyond_the_horizon() {
        let kept = [said("a", 0.5, 120), said("b", 0.5, 60), said("c", 0.5, 60)];
        let came = endings(&[("c", 10, false)]);
        let found = coverage(&kept, &came).unwrap();
        assert_eq!(found.predictions, 2);
        assert!((found.value - 0.5).abs() < 1e-12, "{}", found.value);
    }
}
