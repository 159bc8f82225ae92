//! The service: its stores, its routes, its jobs.

mod access;
mod audit;
mod backup;
mod caller;
mod facts;
mod idempotency;
mod imports;
mod models;
mod openapi;
mod operations;
mod predictions;
mod quickstart;
mod shell;
mod tokens;
mod training;
mod treasury;
