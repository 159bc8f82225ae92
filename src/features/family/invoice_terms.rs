//! The invoice itself: where it stands, its terms and its size.

use polars::prelude::*;

use crate::features::column;
use crate::features::family::{Feature, at_least, clipped, feature, log1p};

/// Invoices at which the customer's usual amount is half believed.
const PRIOR_INVOICES: f64 = 3.0;

pub(super) fn features() -> Vec<Feature> {
    let usual = col("log_amount_sum") / at_least(col("invoice_count"), 1.0);
    let believed = col("invoice_count") / (col("invoice_count") + lit(PRIOR_INVOICES));
    let make = |name, unit, meaning, expr| feature("invoice_terms", name, unit, meaning, expr);
    vec![
        make(
            column::DAYS_PAST_DUE,
            "days",
            "Days past the due date rolled to the payer's business day; negative before it.",
            col("days_past_due"),
        ),
        make(
            "log_age",
            "log days",
            "Days since the invoice date.",
            log1p("age_days"),
        ),
        make(
            "terms_days",
            "days",
            "Days from invoice date to due date.",
            clipped(col("terms_days"), 0.0, 180.0),
        ),
        make(
            "roll_days",
            "days",
            "Days by which the due date rolls forward over weekend and holidays.",
            col("roll_days"),
        ),
        make(
            "amount_ratio",
            "log ratio",
            "Logarithm of the amount over the customer's usual amount: unusual amounts need approval.",
            clipped(col("log_amount") - usual, -4.0, 4.0) * believed,
        ),
        make(
            "log_amount",
            "log minor units",
            "Size of the invoice.",
            col("log_amount"),
        ),
        make(
            "paid_share",
            "share",
            "Share of the amount that has been paid or credited already.",
            clipped(col("paid_share"), -1.0, 1.0),
        ),
    ]
}
