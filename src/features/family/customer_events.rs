//! Dated events around the invoice: disputes, promises, instalment plans, contacts, external ratings.

use polars::prelude::*;

use crate::features::column;
use crate::features::family::{Feature, clipped, feature, log1p};

/// Resolved disputes at which a rate is half believed, and how long one takes where nothing is known.
const PRIOR_DISPUTES: f64 = 2.0;
const PRIOR_DISPUTE_DAYS: f64 = 30.0;

/// Expected days until an open dispute is resolved; zero without one.
///
/// Days in dispute, open ones included, over disputes resolved: the mean of a constant hazard, so that what a
/// dispute has lasted says nothing about what is left. The customer's is shrunk to the book's.
fn dispute_wait() -> Expr {
    let shrunk = |days: &str, resolved: &str, prior: Expr| {
        (col(days) + prior * lit(PRIOR_DISPUTES)) / (col(resolved) + lit(PRIOR_DISPUTES))
    };
    let book = shrunk(
        "book_dispute_days",
        "book_disputes_resolved",
        lit(PRIOR_DISPUTE_DAYS),
    );
    shrunk("payer_dispute_days", "payer_disputes_resolved", book) * col("is_disputed")
}

/// Share of promises kept; two kept of three is the prior of a customer who never promised.
fn promises_kept() -> Expr {
    let judged = col("promises_kept") + col("promises_broken");
    (col("promises_kept") + lit(2.0)) / (judged + lit(3.0))
}

fn make(name: &'static str, unit: &'static str, meaning: &'static str, expr: Expr) -> Feature {
    feature("customer_events", name, unit, meaning, expr)
}

pub(super) fn features() -> Vec<Feature> {
    [disputes(), promises(), parts(), contacts_and_scores()].concat()
}

fn disputes() -> Vec<Feature> {
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
            "log_dispute_wait",
            "log days",
            "Expected days until an open dispute is resolved, from this customer's disputes and the book's.",
            dispute_wait().log1p(),
        ),
        make(
            "disputes_resolved",
            "count",
            "Disputes of this invoice that are resolved: payment is free to come.",
            clipped(col("disputes_resolved"), 0.0, 3.0),
        ),
    ]
}

fn promises() -> Vec<Feature> {
    vec![
        make(
            column::HAS_PROMISE,
            "0 or 1",
            "The customer promised a payment date for this invoice, or for its account after it was issued, and has not kept it yet.",
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
    ]
}

fn parts() -> Vec<Feature> {
    vec![
        make(
            "has_instalment_plan",
            "0 or 1",
            "The invoice is on an agreed instalment plan: it is settled in parts, and lateness counts from the last one.",
            col("has_plan"),
        ),
        make(
            "log_lines_left",
            "log count",
            "Instalments still owed, the one in part included: payment in full waits for the last.",
            log1p("lines_left"),
        ),
        make(
            "days_to_next_line",
            "days",
            "Days until the next unpaid instalment falls due; negative once it is missed, zero without a plan.",
            clipped(col("days_to_next_line"), -90.0, 90.0),
        ),
        make(
            "log_partial_count",
            "log count",
            "Part payments the customer has made.",
            log1p("partial_count"),
        ),
        make(
            "log_part_payment_days",
            "log days",
            "Days since the latest part payment of this invoice, its own day included; zero without one.",
            log1p("part_payment_days"),
        ),
    ]
}

fn contacts_and_scores() -> Vec<Feature> {
    vec![
        make(
            "contacts_30_days",
            "log count",
            "Contacts (reminders, calls) in the last 30 days. Confounded: those who pay badly are contacted.",
            log1p("contacts_30_days"),
        ),
        make(
            column::CREDIT_SCORE,
            "score",
            "Latest external score; zero where there is none.",
            col("credit_score"),
        ),
        make(
            column::HAS_CREDIT_SCORE,
            "0 or 1",
            "Whether an external score is known.",
            col("has_credit_score"),
        ),
    ]
}
