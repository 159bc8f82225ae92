//! The band of a cash forecast, fitted on past forecasts: how strongly payments depend on each other, and
//! how far P10 and P90 must reach in each week.
//!
//! ```text
//! past cut-off: predictions, what arrived  ->  Trial       simulated under a grid of dependences
//! [Trial], a day                           ->  fit_band    with what that day knew, and no more
//! ```
//!
//! A replay fits the band of each cut-off on the cut-offs before it; [`calibrate()`] does the same
//! for the model that is about to be used. A band is *cold* where there is no past forecast, so that it
//! is the default one, and *warm* with at least [`TRIALS_MIN`] of them.

mod calibrate;
mod conformal;
mod fit;
mod grid;
mod point;
mod received;
mod score;
mod trial;

use std::collections::BTreeMap;

use crate::forecast::{self, CashBook, CashForecast, ForecastPlan};
use crate::model::ModelName;

use super::Error;

pub use calibrate::{Calibration, CalibrationPlan, HeldOut, calibrate};
pub use fit::{BandEvidence, BandFit, Bias, TRIALS_MIN, fit_band};
pub use grid::Coupling;
pub use received::{Received, Series};
pub use score::{BAND_WEEKS_SCORED, BandMeasures, BandScore};
pub use trial::Trial;

pub(crate) use score::score_bands;

/// The cash forecast of one cut-off under the band of its day and under the one of the plan.
#[derive(Clone, Debug)]
pub(crate) struct BandedCash {
    /// Under the band fitted on earlier cut-offs.
    pub(crate) warm: CashForecast,
    /// Under the band of the plan.
    pub(crate) cold: CashForecast,
    /// The band of `warm`.
    pub(crate) fit: BandFit,
}

/// The past forecasts of every model, as a replay goes on.
#[derive(Debug, Default)]
pub(crate) struct Bands {
    trials: BTreeMap<ModelName, Vec<Trial>>,
}

impl Bands {
    /// Forecasts the weekly cash of a book with the band that its day could have known, and keeps the book for
    /// the bands of later days.
    ///
    /// # Errors
    ///
    /// Those of [`forecast::simulate`].
    pub(crate) fn forecast(
        &mut self,
        model: ModelName,
        book: &CashBook<'_>,
        plan: &ForecastPlan,
        received: &Received,
    ) -> Result<BandedCash, Error> {
        let trials = self.trials.entry(model).or_default();
        let weekly = trial::weekly(plan, received);
        let fit = fit_band(trials, book.as_of, &plan.band);
        let cold = forecast::simulate(book, &weekly)?.into_forecast();
        let warm = if fit.evidence.trials == 0 {
            cold.clone()
        } else {
            let fitted = ForecastPlan {
                band: fit.band,
                ..weekly
            };
            forecast::simulate(book, &fitted)?.into_forecast()
        };
        trials.push(Trial::new(book, plan, received.clone())?);
        Ok(BandedCash { warm, cold, fit })
    }
}
