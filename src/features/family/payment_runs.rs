//! The rhythm of the customer's payment runs: distinct days on which money came.

use polars::prelude::*;

use crate::features::column;
use crate::features::family::{Feature, clipped, feature, log1p, share};

pub(super) fn features() -> Vec<Feature> {
    let waiting = clipped(share(col("days_since_run"), col("run_gap_days")), 0.0, 8.0);
    let make = |name, unit, meaning, expr| feature("payment_runs", name, unit, meaning, expr);
    vec![
        make(
            "log_run_count",
            "log count",
            "Number of payment runs seen.",
            log1p("run_count"),
        ),
        make(
            "log_run_gap",
            "log days",
            "Usual number of days between runs.",
            log1p("run_gap_days"),
        ),
        make(
            column::SILENCE,
            "usual gaps",
            "Days since the last run over the usual gap: a customer that has gone silent is late with everything.",
            waiting,
        ),
    ]
}
