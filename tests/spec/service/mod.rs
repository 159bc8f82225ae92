//! The service: its stores, its routes, its jobs.

mod access;
mod audit;
mod backup;
mod bad_input;
mod caller;
mod crash;
mod facts;
mod idempotency;
mod imports;
mod models;
mod openapi;
mod operations;
mod policies;
mod predictions;
mod quickstart;
mod recommendations;
mod security;
mod shell;
mod tokens;
mod training;
mod treasury;
mod webhooks;
