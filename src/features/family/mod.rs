//! The families of features: each turns raw sums into numbers that mean something, row by row.
//!
//! A feature is a polars expression over the columns that the replay wrote, with its name, its
//! unit and the reason why it may say something about payment.

use std::sync::LazyLock;

use polars::prelude::*;

mod customer_events;
mod customer_history;
mod drift;
mod invoice_terms;
mod neighbours;
mod open_book;
mod payment_runs;
mod seasonality;

/// One feature: a column of the [`FeatureTable`](crate::features::FeatureTable).
#[derive(Debug, Clone)]
pub struct Feature {
    /// Column name.
    pub name: &'static str,
    /// Family, which is also its module.
    pub family: &'static str,
    /// Unit of the value.
    pub unit: &'static str,
    /// What it is and why it may predict payment.
    pub meaning: &'static str,
    pub(crate) expr: Expr,
}

/// Made once: a live book needs the formulas again after every payment.
static ALL: LazyLock<Vec<Feature>> = LazyLock::new(|| {
    [
        customer_history::features(),
        drift::features(),
        payment_runs::features(),
        seasonality::features(),
        open_book::features(),
        neighbours::features(),
        invoice_terms::features(),
        customer_events::features(),
    ]
    .concat()
});

/// What stands at several places of the formulas: a book of one customer spends most of its time on planning them.
static SHARED: LazyLock<[Expr; 2]> = LazyLock::new(customer_history::shared);

/// Returns every feature in column order.
#[must_use]
pub fn all() -> &'static [Feature] {
    &ALL
}

/// Forms the features of all rows of `raw`, behind the columns of `keys`.
pub(crate) fn formed(raw: DataFrame, keys: impl Iterator<Item = Expr>) -> PolarsResult<DataFrame> {
    let features = all().iter().map(|feature| feature.expr.clone());
    raw.lazy()
        .with_columns(SHARED.clone())
        .select(keys.chain(features).collect::<Vec<_>>())
        .collect()
}

/// Returns the columns of which features are formed, beside those of the replay.
pub(crate) fn shared() -> &'static [Expr] {
    SHARED.as_slice()
}

/// Makes a feature whose column is the value of `expr`.
fn feature(
    family: &'static str,
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
    expr: Expr,
) -> Feature {
    Feature {
        name,
        family,
        unit,
        meaning,
        expr: expr.cast(DataType::Float64).alias(name),
    }
}

/// `ln(1 + column)` for counts and durations, which are felt in proportions.
fn log1p(column: &str) -> Expr {
    at_least(col(column), 0.0).log1p()
}

/// `value`, or `low` where that is more.
fn at_least(value: Expr, low: f64) -> Expr {
    when(value.clone().lt(lit(low))).then(lit(low)).otherwise(value)
}

/// `value` kept within bounds.
fn clipped(value: Expr, low: f64, high: f64) -> Expr {
    when(value.clone().lt(lit(low)))
        .then(lit(low))
        .when(value.clone().gt(lit(high)))
        .then(lit(high))
        .otherwise(value)
}

/// `part / whole`, zero where there is no whole.
fn share(part: Expr, whole: Expr) -> Expr {
    when(whole.clone().gt(lit(0.0)))
        .then(part / whole)
        .otherwise(lit(0.0))
}
