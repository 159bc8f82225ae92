//! What several subjects need: ledgers written as text.

pub(crate) mod table_language;
