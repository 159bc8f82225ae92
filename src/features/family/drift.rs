//! Whether the customer's behaviour has changed: averages over payment runs, fast against slow, and the regime.

use polars::prelude::*;

use crate::features::column;
use crate::features::family::customer_history::peer_lateness;
use crate::features::family::{Feature, clipped, feature, log1p};
use crate::features::pattern::RUNS_OF_A_CHANGE;

/// Payment runs at which half of the gap between the averages is believed.
const PRIOR_RUNS: f64 = 3.0;
/// Payment runs of the regime at which its level weighs as much as the group's: runs of one customer
/// differ less than customers do.
const PRIOR_REGIME_RUNS: f64 = 0.5;
/// Payment runs of the regime, its first two not counted, after which a change is half as new.
const FADING_RUNS: f64 = 4.0;

/// Level of the current regime, shrunk to customers like this one.
fn regime_lateness() -> Expr {
    (col("regime_runs") * col("regime_level") + lit(PRIOR_REGIME_RUNS) * peer_lateness())
        / (col("regime_runs") + lit(PRIOR_REGIME_RUNS))
}

pub(super) fn features() -> Vec<Feature> {
    let believed = col("run_count") / (col("run_count") + lit(PRIOR_RUNS));
    let drift = clipped(col("fast_lateness") - col("slow_lateness"), -60.0, 60.0);
    // Where nothing changed the shift is zero, and what it is divided by is above zero even without runs.
    let fading = lit(FADING_RUNS) / (col("regime_runs") + lit(FADING_RUNS - f64::from(RUNS_OF_A_CHANGE)));
    let make = |name, unit, meaning, expr| feature("drift", name, unit, meaning, expr);
    vec![
        make(
            column::LATENESS_DRIFT,
            "days",
            "Fast minus slow average of lateness over payment runs: positive when the customer is getting slower.",
            drift * believed.clone(),
        ),
        make(
            "fast_lateness",
            "days",
            "Average lateness with a half-life of three payment runs.",
            clipped(col("fast_lateness"), -60.0, 90.0) * believed,
        ),
        make(
            column::REGIME_LATENESS,
            "days",
            "Level of lateness over the payment runs since the last change, shrunk to customers like it: follows a change within two runs and no exception.",
            regime_lateness(),
        ),
        make(
            column::REGIME_SHIFT,
            "days",
            "Shift of the level at the last change, fading with the runs since: positive when the customer has newly become slower.",
            clipped(col("regime_shift"), -60.0, 60.0) * fading,
        ),
        make(
            "runs_since_change",
            "log count",
            "Payment runs on the current pattern, the two that showed a change included: how sure its level is.",
            log1p("regime_runs"),
        ),
        make(
            "exception_days",
            "days",
            "How far the latest payment run was off the pattern while it is the only one; zero otherwise.",
            clipped(col("exception_days"), -60.0, 90.0),
        ),
    ]
}
