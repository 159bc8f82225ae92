//! Checks the repository itself: what a reviewer would otherwise have to remember.
//!
//! Each failure names the file and the rule. The reasons are in `CONTRIBUTING.md`.

mod documents;
mod files;
mod modules;
mod sources;
