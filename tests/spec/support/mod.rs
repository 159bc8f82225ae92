//! What several subjects need: ledgers written as text, columns read from frames.

pub(crate) mod frames;
pub(crate) mod table_language;
