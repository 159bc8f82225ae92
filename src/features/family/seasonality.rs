//! Whether invoices of this calendar month are paid later than others.

use polars::prelude::*;

use crate::features::family::{Feature, feature};

pub(super) fn features() -> Vec<Feature> {
    let make = |name, meaning| feature("seasonality", name, "days", meaning, col(name));
    vec![
        make(
            "season_shift_days",
            "Days by which the customer paid invoices due in the same calendar month of earlier years later than its level then, shrunk to none: seasonal payers.",
        ),
        make(
            "book_season_days",
            "The same over all customers: holidays and year ends that everybody has.",
        ),
    ]
}
