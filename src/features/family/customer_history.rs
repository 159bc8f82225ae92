//! How late the customer pays, shrunk to what customers with its terms do.
//!
//! Empirical Bayes: `m = (sum w y + k m_group) / (sum w + k)`, so that a customer with two paid
//! invoices is not a fact (METHOD.md, section 3).

use polars::prelude::*;

use crate::features::column;
use crate::features::family::{Feature, clipped, feature, log1p};
use crate::features::prior::WEIGHT_ONE;

/// Paid invoices at which a customer's own level of lateness weighs as much as its group's.
const PRIOR_INVOICES: f64 = 2.5;
/// Typical customers' invoices at which a group's level weighs as much as the book's.
const PRIOR_GROUP_INVOICES: f64 = 20.0;
/// Spread in days below which nobody's payment days are known.
const SPREAD_DAYS_MIN: f64 = 1.0;

fn weight_of(invoices: f64) -> Expr {
    #[expect(clippy::cast_precision_loss, reason = "1024 is exact")]
    let one = WEIGHT_ONE as f64;
    lit(invoices * one)
}

fn book_mean(sum: &str) -> Expr {
    col(sum) / (col("book_weight") + weight_of(1.0))
}

/// Mean over the group of equal terms, shrunk to the book.
pub(super) fn group_mean(group: &str, book: &str) -> Expr {
    (col(group) + weight_of(PRIOR_GROUP_INVOICES) * book_mean(book))
        / (col("group_weight") + weight_of(PRIOR_GROUP_INVOICES))
}

fn shrunk(sum: Expr, prior: Expr) -> Expr {
    (sum + lit(PRIOR_INVOICES) * prior) / (col("level_weight") + lit(PRIOR_INVOICES))
}

fn level() -> Expr {
    shrunk(col("level_sum"), group_mean("group_sum", "book_sum"))
}

fn spread() -> Expr {
    let group = group_mean("group_sum", "book_sum");
    let book_variance = book_mean("book_square_sum") - book_mean("book_sum") * book_mean("book_sum");
    let square = shrunk(col("level_square_sum"), book_variance + group.clone() * group);
    let variance = clipped(
        square - level() * level(),
        SPREAD_DAYS_MIN * SPREAD_DAYS_MIN,
        f64::MAX,
    );
    variance.sqrt()
}

pub(super) fn features() -> Vec<Feature> {
    let make = |name, unit, meaning, expr| feature("customer_history", name, unit, meaning, expr);
    vec![
        make(
            column::LATENESS_MEAN,
            "days",
            "Recency-weighted mean of days past due at payment, shrunk to the customer's terms group: the strongest single fact about a payer.",
            level(),
        ),
        make(
            column::LATENESS_SPREAD,
            "days",
            "Recency-weighted standard deviation of days past due at payment, shrunk to the book: how sure the level is.",
            spread(),
        ),
        make(
            column::LATE_SHARE,
            "share",
            "Recency-weighted share of invoices paid late, shrunk to the group.",
            shrunk(col("level_late"), group_mean("group_late", "book_late")),
        ),
        make(
            column::HISTORY_WEIGHT,
            "share",
            "n / (n + 8) for n paid invoices: how much the customer's own history is worth.",
            col("paid_count") / (col("paid_count") + lit(8.0)),
        ),
        make(
            column::LAST_LATENESS,
            "days",
            "Days past due of the latest paid invoice.",
            clipped(col("last_lateness"), -60.0, 90.0),
        ),
        make(
            "log_paid_count",
            "log count",
            "Size of the paid history.",
            log1p("paid_count"),
        ),
        make(
            column::GROUP_LATENESS_MEAN,
            "days",
            "Mean days past due of typical customers with the same payment terms: what is known of a new customer.",
            group_mean("group_sum", "book_sum"),
        ),
        make(
            "group_late_share",
            "share",
            "Share of late payment among typical customers with the same payment terms.",
            group_mean("group_late", "book_late"),
        ),
    ]
}
