//! The band of a saved model: fitted on past forecasts, kept beside it as `band.json`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Error, Prediction};
use crate::app::interrupt;
use crate::backtest::{self, BandEvidence, Calibration, CalibrationPlan, HeldOut};
use crate::domain::Date;
use crate::forecast::{Band, ForecastPlan};
use crate::history::History;
use crate::model::artifact::{self, LoadedModel};
use crate::model::{self, ModelName};

/// Version of the layout of `band.json`.
const FORMAT: u32 = 1;
/// Weekly cut-offs that are replayed: half a year, in which the eighth week of 18 forecasts is over.
const WEEKS: u32 = 26;
/// Cut-offs from one fit to the next.
const REFIT_WEEKS: u32 = 4;

/// What `band.json` holds.
#[derive(Serialize)]
struct BandFile<'a> {
    format: u32,
    model: String,
    as_of: Date,
    fitted_as_of: &'a [Date],
    ledger_fingerprint: &'a str,
    code_version: &'a str,
    band: Band,
    evidence: &'a BandEvidence,
    held_out: &'a [HeldOut],
    is_start_kept: bool,
}

/// What is read of it; the rest is for people.
#[derive(Deserialize)]
struct BandHead {
    format: u32,
    band: Band,
}

/// A calibrated model.
#[derive(Clone, Debug)]
pub struct Calibrated {
    /// The kind of model.
    pub model: ModelName,
    /// The band, what it rests on and what it would have been worth.
    pub calibration: Calibration,
    /// What the reader should know about it.
    pub remark: Option<String>,
}

/// Fits the band of a saved model on the half year before a day, and keeps it beside the model.
///
/// The model itself may know that half year, so its kind is fitted again every four weeks of it.
/// `progress` is called with the number of weeks done and the total.
///
/// # Errors
///
/// - [`Error::Model`]: the folder is no model, or cannot be written.
/// - [`Error::Backtest`]: there is too little history to compare a forecast with what arrived.
pub fn calibrate(
    history: &History,
    as_of: Date,
    model: &Path,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Calibrated, Error> {
    let loaded = artifact::load(model)?;
    let name = loaded.model.name();
    let plan = CalibrationPlan {
        model: name,
        as_of,
        weeks: WEEKS,
        refit_weeks: REFIT_WEEKS,
        seed: loaded.info.seed,
        forecast: ForecastPlan {
            seed: loaded.info.seed,
            ..ForecastPlan::default()
        },
    };
    let calibration = backtest::calibrate(history, &plan, progress)?;
    let file = BandFile {
        format: FORMAT,
        model: name.to_string(),
        as_of,
        fitted_as_of: &calibration.fitted_as_of,
        ledger_fingerprint: history.fingerprint(),
        code_version: env!("CARGO_PKG_VERSION"),
        band: calibration.fit.band,
        evidence: &calibration.fit.evidence,
        held_out: &calibration.held_out,
        is_start_kept: calibration.is_start_kept,
    };
    let text =
        serde_json::to_string_pretty(&file).map_err(|error| damaged(model, &error.to_string()))? + "\n";
    interrupt::complete(model, || artifact::save_band(model, &text))?;
    let trials = calibration.fit.evidence.trials;
    let remark = if trials < backtest::TRIALS_MIN {
        Some(format!(
            "only {trials} past forecasts could be compared, {} make a calibration: the band stays close to the \
             default one",
            backtest::TRIALS_MIN
        ))
    } else if calibration.is_start_kept {
        Some(
            "the fitted band lost more than the default one on weeks that it had not seen: the default is kept"
                .to_owned(),
        )
    } else {
        None
    };
    Ok(Calibrated {
        model: name,
        calibration,
        remark,
    })
}

/// Reads the band of a loaded model, `None` where it was never calibrated.
///
/// # Errors
///
/// [`Error::Model`] when `band.json` cannot be understood, [`Error::Forecast`] when it holds no band.
pub fn band_of(loaded: &LoadedModel, model: &Path) -> Result<Option<Band>, Error> {
    let Some(text) = &loaded.band else {
        return Ok(None);
    };
    let head: BandHead = serde_json::from_str(text).map_err(|error| damaged(model, &error.to_string()))?;
    if head.format != FORMAT {
        let reason = format!("has format {}, this version reads {FORMAT}", head.format);
        return Err(damaged(model, &reason));
    }
    head.band.check()?;
    Ok(Some(head.band))
}

/// Returns the plan with the band of the model; where it has none, the default is kept and the remark says so.
#[must_use]
pub fn with_band(plan: ForecastPlan, prediction: &Prediction) -> (ForecastPlan, Option<&'static str>) {
    match prediction.band {
        Some(band) => (ForecastPlan { band, ..plan }, None),
        None => (
            plan,
            Some(
                "P10 to P90 are those of the default band; `duecast calibrate` fits it to the model and the ledger",
            ),
        ),
    }
}

fn damaged(model: &Path, reason: &str) -> Error {
    Error::Model(model::Error::Damaged {
        path: model.to_owned(),
        reason: format!("band.json {reason}; `duecast calibrate` makes it anew"),
    })
}
