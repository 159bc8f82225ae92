//! What several subjects need: ledgers written as text, columns read from frames, feature tables to compare.

pub(crate) mod edits;
pub(crate) mod feature_rows;
pub(crate) mod frames;
pub(crate) mod items;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod service;
pub(crate) mod stores;
pub(crate) mod table_language;
pub(crate) mod wire;
