//! The shell around the stages: the command line, the use cases, output files and the environment.
//!
//! Nothing below this module reads a clock, the environment or the terminal.

// What the process was started with: environment variables and the kind of terminal.
pub mod config;

// Files and folders that appear whole or not at all, in the format their name asks for.
pub mod output;

// The treasurer's page: a forecast on one sheet, as HTML or Markdown.
pub mod report;

// Progress on long work: a bar on a terminal, silence in a pipe.
pub mod progress;

// A clean end on Ctrl-C: staging places removed, one line on stderr, exit code 130.
pub mod interrupt;

// The sample ledger that the demo runs on.
pub mod sample;

// The one place that reads the time.
pub mod clock;

// Hashes and random bytes.
mod crypto;

// Who asks, and what that role may do.
pub mod access;

// Facts and operational state, in SQL.
pub mod store;

// The way in for facts, and all of them in columns.
pub mod ledger;

// The models and which of them is in use.
pub mod registry;

// The open book with its predictions, up to date with every fact.
pub mod book;

// What should be done for each customer: advice, worklists, policies in force, feedback, learning.
pub mod actions;

// Long work beside serving.
pub mod operations;

// What others want to hear of, and its delivery.
pub mod events;

// What the service does without being asked.
pub mod jobs;

// What a running service holds.
pub mod state;

// The edge: routes, answers, errors.
pub mod http;

// The use cases: one function a job, in terms of the stages.
pub mod service;

// The command line.
pub mod cli;
