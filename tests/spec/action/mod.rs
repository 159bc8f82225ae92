//! What the action stage promises, one file an area.

mod policy;
