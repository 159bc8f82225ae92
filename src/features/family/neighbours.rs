//! How the customer treated the invoices around this one.

use polars::prelude::*;

use crate::features::column;
use crate::features::family::{Feature, feature, log1p};

pub(super) fn features() -> Vec<Feature> {
    let siblings = col("sibling_paid") + col("sibling_open");
    let paid = (col("sibling_paid") + lit(0.5)) / (siblings + lit(1.0));
    let make = |name, unit, meaning, expr| feature("neighbours", name, unit, meaning, expr);
    vec![
        make(
            column::LATER_DUE_PAID,
            "log count",
            "Invoices that fell due later and are paid already: this one was skipped, so something is wrong with it.",
            log1p("later_due_paid"),
        ),
        make(
            "log_earlier_due_open",
            "log count",
            "Open invoices that fell due earlier: the queue ahead of this one.",
            log1p("earlier_due_open"),
        ),
        make(
            "sibling_paid_share",
            "share",
            "Share paid among invoices that fall due within three days of this one (half an invoice added to each side).",
            paid,
        ),
    ]
}
