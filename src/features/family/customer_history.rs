//! How late the customer pays, shrunk to what customers like it do: those with its terms, and in that group those of
//! its country and segment.
//!
//! Empirical Bayes: `m = (sum w y + k m_group) / (sum w + k)`, so that a customer with two paid
//! invoices is not a fact (METHOD.md, section 3).

use polars::prelude::*;

use crate::features::column;
use crate::features::family::{Feature, at_least, clipped, feature, log1p};
use crate::features::prior::WEIGHT_ONE;

/// Paid invoices at which a customer's own level of lateness weighs as much as its group's.
const PRIOR_INVOICES: f64 = 2.5;
/// Typical customers' invoices at which a group's level weighs as much as the book's.
const PRIOR_GROUP_INVOICES: f64 = 20.0;
/// Spread in days below which nobody's payment days are known.
const SPREAD_DAYS_MIN: f64 = 1.0;
/// Names of the shared columns.
const PEER_LATENESS: &str = "peer_lateness";
const PEER_SQUARE: &str = "peer_square";

fn weight_of(invoices: f64) -> Expr {
    #[expect(clippy::cast_precision_loss, reason = "1024 is exact")]
    let one = WEIGHT_ONE as f64;
    lit(invoices * one)
}

fn book_mean(sum: &str) -> Expr {
    col(sum) / (col("book_weight") + weight_of(1.0))
}

/// Mean over the group of equal terms, shrunk to the book.
fn group_mean(group: &str, book: &str) -> Expr {
    (col(group) + weight_of(PRIOR_GROUP_INVOICES) * book_mean(book))
        / (col("group_weight") + weight_of(PRIOR_GROUP_INVOICES))
}

/// `cell` shrunk to `group`; the group's value as it is where the cell says no more.
fn cell_mean(cell: &str, group: Expr) -> Expr {
    let strength = weight_of(PRIOR_GROUP_INVOICES) * col("cell_strength");
    when(col("cell_strength").gt(lit(0.0)))
        .then((col(cell) + strength.clone() * group.clone()) / (col("cell_weight") + strength))
        .otherwise(group)
}

/// Mean lateness of typical customers like this one: what is known of a new customer.
pub(super) fn peer_lateness() -> Expr {
    col(PEER_LATENESS)
}

fn peer_late_share() -> Expr {
    cell_mean("cell_late", group_mean("group_late", "book_late"))
}

/// Mean square of lateness of customers like this one. Around the group's mean it is the book's variance; a cell of
/// many payers has its own, and one that is half believed is the wider for it.
fn mean_square_of_peers() -> Expr {
    let group = group_mean("group_sum", "book_sum");
    let book_variance = book_mean("book_square_sum") - book_mean("book_sum") * book_mean("book_sum");
    cell_mean("cell_square_sum", book_variance + group.clone() * group)
}

/// Columns of which several features, or one at several places, are formed.
pub(super) fn shared() -> [Expr; 2] {
    let mean = cell_mean("cell_sum", group_mean("group_sum", "book_sum"));
    [
        mean.alias(PEER_LATENESS),
        mean_square_of_peers().alias(PEER_SQUARE),
    ]
}

fn shrunk(sum: Expr, prior: Expr) -> Expr {
    (sum + lit(PRIOR_INVOICES) * prior) / (col("level_weight") + lit(PRIOR_INVOICES))
}

fn level() -> Expr {
    shrunk(col("level_sum"), peer_lateness())
}

fn spread() -> Expr {
    let square = shrunk(col("level_square_sum"), col(PEER_SQUARE));
    at_least(square - level() * level(), SPREAD_DAYS_MIN * SPREAD_DAYS_MIN).sqrt()
}

pub(super) fn features() -> Vec<Feature> {
    let make = |name, unit, meaning, expr| feature("customer_history", name, unit, meaning, expr);
    vec![
        make(
            column::LATENESS_MEAN,
            "days",
            "Recency-weighted mean of days past due at payment, shrunk to customers like it (terms, country, segment): the strongest single fact about a payer.",
            level(),
        ),
        make(
            column::LATENESS_SPREAD,
            "days",
            "Recency-weighted standard deviation of days past due at payment, shrunk to customers like it: how sure the level is.",
            spread(),
        ),
        make(
            column::LATE_SHARE,
            "share",
            "Recency-weighted share of invoices paid late, shrunk to customers like it.",
            shrunk(col("level_late"), peer_late_share()),
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
            "Mean days past due of typical customers with the same payment terms, and of the same country and segment as far as these say more: what is known of a new customer.",
            peer_lateness(),
        ),
        make(
            "group_late_share",
            "share",
            "Share of late payment among the same customers.",
            peer_late_share(),
        ),
    ]
}
