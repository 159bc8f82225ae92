//! Next best action, one file an area.

mod account;
