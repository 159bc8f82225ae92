//! What the customer owes: open and overdue amounts, and the oldest item.

use polars::prelude::*;

use crate::features::family::{Feature, feature, log1p, share};

pub(super) fn features() -> Vec<Feature> {
    let make = |name, unit, meaning, expr| feature("open_book", name, unit, meaning, expr);
    vec![
        make(
            "log_open_count",
            "log count",
            "Number of open invoices: the payer's queue.",
            log1p("open_count"),
        ),
        make(
            "overdue_share",
            "share",
            "Share of the open invoices that are overdue.",
            share(col("overdue_count"), col("open_count")),
        ),
        make(
            "overdue_amount_share",
            "share",
            "Share of the open amount that is overdue.",
            share(col("overdue_amount"), col("open_amount")),
        ),
        make(
            "log_overdue_count",
            "log count",
            "Number of overdue invoices.",
            log1p("overdue_count"),
        ),
        make(
            "log_oldest_overdue",
            "log days",
            "Days past due of the oldest open invoice.",
            log1p("oldest_overdue_days"),
        ),
    ]
}
