//! The service: its stores, its routes, its jobs.

mod backup;
