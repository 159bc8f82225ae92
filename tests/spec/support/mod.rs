//! What several subjects need: ledgers written as text, simulated ledgers, feature tables to compare.

pub(crate) mod feature_rows;
pub(crate) mod table_language;
