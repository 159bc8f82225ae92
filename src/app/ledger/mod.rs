//! The way in for facts, and all of them in columns.
