//! What duecast promises, one file a subject. Tests are named as the sentence they establish.

#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml lets tests unwrap; their helpers may as well"
)]

mod support;

mod dates;
mod money;
mod terms;

mod history;
mod import;
mod instalments;
mod ledger_language;
mod live_book;
mod no_leakage;

mod cold_start;
mod distribution;
mod drift;
mod endings;
mod model_contract;
mod reasons;

mod billing;
mod forecast;
mod kpi;
mod report;
mod scenario;
mod variance;

mod action;

mod backtest;
mod band;
mod canaries;
mod known_truth;
mod metrics;
mod prove;
mod simulate;

mod service;

mod cli;
mod end_to_end;
mod readme;
