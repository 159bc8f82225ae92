//! Whether the customer's behaviour is changing: averages over payment runs, fast against slow.

use polars::prelude::*;

use crate::features::family::{Feature, clipped, feature};

/// Payment runs at which half of a drift is believed: one late run is an exception, two are a change.
const PRIOR_RUNS: f64 = 3.0;

pub(super) fn features() -> Vec<Feature> {
    let believed = col("run_count") / (col("run_count") + lit(PRIOR_RUNS));
    let drift = clipped(col("fast_lateness") - col("slow_lateness"), -60.0, 60.0);
    let make = |name, unit, meaning, expr| feature("drift", name, unit, meaning, expr);
    vec![
        make(
            "lateness_drift",
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
    ]
}
