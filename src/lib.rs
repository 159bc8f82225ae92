//! duecast predicts when business customers will pay.
//!
//! It reads a receivables ledger and gives, for every open invoice, the probability of being paid
//! by each coming day. Payment dates, late-payment risk and the cash forecast are read off that one
//! distribution. The modules are the flow, in order: each stage's result is the next one's argument.
//!
//! ```
//! use duecast::forecast::{ForecastPlan, forecast};
//! use duecast::history::History;
//! use duecast::model::{self, ModelName, Reasons, TrainingPlan, TrainingSet};
//! use duecast::{domain::date::parse_iso, features};
//!
//! let (history, report) = History::open("data/sample".as_ref())?;
//! assert!(report.rejects().is_empty());
//! let snapshot = history.as_of(parse_iso("2026-03-29")?);
//! let training = TrainingSet::build(&snapshot, &TrainingPlan::default())?;
//! let model = model::fit(ModelName::CustomerHistogram, &training, 1)?;
//! let predictions = model.predict(&features::book(&snapshot)?, Reasons::LeftOut)?;
//! let cash = forecast(&predictions, &ForecastPlan::default())?;
//! assert_eq!(cash.currencies.len(), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// The nouns: money, dates, payment terms, calendars.
pub mod domain;

// Stage 0: foreign files in, rows of named texts out.
pub mod source;

// Stage 1: ledger files in, a snapshot of what was known on a day out.
pub mod history;

// Stage 2: a snapshot in, features of every open invoice out.
pub mod features;

// Stage 3: features in, a payment distribution of every open invoice out.
pub mod model;

// Stage 4: distributions and open amounts in, cash by bucket with its band out.
pub mod forecast;

// Stage 5: predictions, policy and capacity in, a worklist out.
pub mod action;

// Key figures of a book: days sales outstanding, collection effectiveness, ageing.
pub mod kpi;

// Pictures and numbers, as the reports show them.
mod chart;

// The flow replayed at past cut-offs, and its scorecard.
pub mod backtest;

// Ledgers of any size whose truth is known.
pub mod simulate;

// The shell around the stages: command line, files, use cases.
pub mod app;
