//! duecast predicts when business customers pay, and what to do about it.
//!
//! The modules are the flow, in order; each stage's result is the next one's argument.

pub mod domain;
