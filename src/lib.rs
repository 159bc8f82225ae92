//! duecast predicts when business customers pay, and what to do about it.
//!
//! The modules are the flow, in order; each stage's result is the next one's argument.

pub mod domain;

/// Stage 1.
pub mod history;

/// Stage 2.
pub mod features;

/// Stage 3.
pub mod model;

/// Stage 4.
pub mod forecast;

/// Receivables figures.
pub mod kpi;

/// Replay.
pub mod backtest;

/// Simulator.
pub mod simulate;

/// Shell.
pub mod app;
