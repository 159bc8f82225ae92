//! Dated events around the invoice: disputes, promises, instalment plans, contacts, external ratings.

use polars::prelude::*;

use crate::features::column;
use crate::features::family::{Feature, clipped, feature, log1p};

/// Share of promises kept; two kept of three is the prior of a customer who never promised.
fn promises_kept() -> Expr {
    let judged = col("promises_kept") + col("promises_broken");
    (col("promises_kept") + lit(2.0)) / (judged + lit(3.0))
}

pub(super) fn features() -> Vec<Feature> {
    let make = |name, unit, meaning, expr| feature("customer_events", name, unit, meaning, expr);
    vec![
        make(
            column::IS_DISPUTED,
            "0 or 1",
            "A dispute is open: payment waits for its resolution.",
            col("is_disputed"),
        ),
        make(
            "log_dispute_days",
            "log days",
            "Days since the dispute was opened.",
            log1p("dispute_days"),
        ),
        make(
            "disputes_resolved",
            "count",
            "Disputes of this invoice that are resolved: payment is free to come.",
            clipped(col("disputes_resolved"), 0.0, 3.0),
        ),
        make(
            column::HAS_PROMISE,
            "0 or 1",
            "The customer promised a payment date for this invoice or its account.",
            col("has_promise"),
        ),
        make(
            column::DAYS_PAST_PROMISE,
            "days",
            "Days past the latest promised date; negative before it, zero without a promise.",
            clipped(col("days_past_promise"), -90.0, 90.0),
        ),
        make(
            column::PROMISE_KEPT_RATE,
            "share",
            "Share of the customer's promises kept, shrunk to two in three.",
            promises_kept(),
        ),
        make(
            "has_instalment_plan",
            "0 or 1",
            "The invoice is on an agreed instalment plan: it is settled in parts and later.",
            col("has_plan"),
        ),
        make(
            "log_partial_count",
            "log count",
            "Part payments the customer has made.",
            log1p("partial_count"),
        ),
        make(
            "contacts_30_days",
            "log count",
            "Contacts (reminders, calls) in the last 30 days. Confounded: those who pay badly are contacted.",
            log1p("contacts_30_days"),
        ),
        make(
            "credit_score",
            "score",
            "Latest external score; zero where there is none.",
            col("credit_score"),
        ),
        make(
            "has_credit_score",
            "0 or 1",
            "Whether an external score is known.",
            col("has_credit_score"),
        ),
    ]
}
