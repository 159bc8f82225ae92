//! Running totals under a calibrated band.

use crate::forecast::band::Quantiles;

/// Running totals that calibration must not make fall, nor rise above what there is.
pub(super) struct Running {
    /// The last ones; `None` where the totals as simulated fall themselves, because of negative amounts.
    last: Option<Quantiles>,
    cap: i64,
}

impl Running {
    pub(super) fn over(simulated: &[Quantiles], cap: Option<i64>) -> Self {
        let never_falls = simulated.is_sorted_by(|before, after| {
            before.p10 <= after.p10 && before.p50 <= after.p50 && before.p90 <= after.p90
        });
        let start = simulated.first().is_none_or(|first| first.p10 >= 0);
        Self {
            last: (never_falls && start).then(Quantiles::default),
            cap: cap.unwrap_or(i64::MAX),
        }
    }

    pub(super) fn capped(&self, calibrated: Quantiles) -> Quantiles {
        match self.last {
            Some(_) => Quantiles {
                p90: calibrated.p90.min(self.cap).max(calibrated.p50),
                ..calibrated
            },
            None => calibrated,
        }
    }

    pub(super) fn next(&mut self, calibrated: Quantiles) -> Quantiles {
        let capped = self.capped(calibrated);
        let Some(last) = self.last else {
            return capped;
        };
        let risen = Quantiles {
            p10: capped.p10.max(last.p10),
            p50: capped.p50.max(last.p50),
            p90: capped.p90.max(last.p90),
        };
        self.last = Some(risen);
        risen
    }
}

#[cfg(test)]
mod tests {
    use super::{Quantiles, Running};

    fn quantiles(p10: i64, p50: i64, p90: i64) -> Quantiles {
        Quantiles { p10, p50, p90 }
    }

    #[test]
    fn a_calibrated_total_does_not_fall_nor_rise_above_what_is_open() {
        let mut running = Running::over(&[quantiles(1, 5, 8), quantiles(2, 6, 9)], Some(10));
        assert_eq!(running.next(quantiles(3, 5, 14)), quantiles(3, 5, 10));
        assert_eq!(running.next(quantiles(2, 6, 9)), quantiles(3, 6, 10));
    }

    #[test]
    fn totals_that_fall_by_themselves_are_left_alone() {
        let mut running = Running::over(&[quantiles(4, 5, 8), quantiles(2, 3, 9)], Some(10));
        assert_eq!(running.next(quantiles(4, 5, 14)), quantiles(4, 5, 14));
        assert_eq!(running.next(quantiles(1, 3, 9)), quantiles(1, 3, 9));
    }
}
