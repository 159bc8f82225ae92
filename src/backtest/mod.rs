//! Beside the stages. In: History. Out: Replay, then Scorecard, then a report.
//!
//! A backtest answers "would it have worked?". [`historical_forecasts`] goes back to past cut-offs,
//! lets the stages say what they would have said with what was known on that day, and joins what
//! happened afterwards. [`score()`] turns such a [`Replay`] into numbers and [`report::write`] into a
//! folder that a person can read. The three are apart: a replay is expensive and is done once;
//! scoring it again with another measure costs seconds.
//!
//! No stage is implemented a second time here. The replay calls the same functions as the product.

mod band;
mod bootstrap;
mod canary;
mod case;
mod cash;
mod compare;
mod countdown;
mod drift;
mod error;
pub mod metrics;
mod paired;
mod plan;
mod replay;
pub mod report;
mod score;
mod slice;

pub use band::{
    BAND_WEEKS_SCORED, BandEvidence, BandFit, BandMeasures, BandScore, Bias, Calibration, CalibrationPlan,
    Coupling, HeldOut, Received, Series, TRIALS_MIN, Trial, calibrate, fit_band,
};
pub use bootstrap::{
    BlockSums, Bounds, DRAWS as BOOTSTRAP_DRAWS, Interval, paired_block_bootstrap, paired_block_bounds,
};
pub use canary::{AUC_MAX, JUDGED_MIN, LeakSuspicion};
pub use case::{Case, JudgedCase};
pub use cash::{ActualCash, CashPoint, CashScore, CashWeekScore, cash_points};
pub use compare::{BASELINES, CUSTOMERS_MIN, Comparison, Measure, Verdict};
pub use countdown::{CountdownScore, score_countdown};
pub use drift::{FeatureProfile, FeatureShares, feature_profile, stability, stability_index};
pub use error::Error;
pub use paired::{Paired, PairedPlan, paired};
pub use plan::BacktestPlan;
pub(crate) use replay::with_causes;
pub use replay::{Fold, FoldForecast, Replay, SkippedFold, historical_forecasts};
pub use score::{
    BinaryScore, HorizonScore, ModelScore, PAID_WITHIN_DAYS, Scorecard, Scores, SliceScore, score,
};
pub use slice::{LARGEST_CUSTOMERS, Slice, SliceKind, slices};
