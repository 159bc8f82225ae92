//! Who works, for how long, and what they can.

use std::collections::BTreeSet;

/// A collector on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collector {
    /// Name or number, as in the ledger.
    pub collector_id: String,
    /// Minutes for customers on the day; zero on leave.
    pub minutes: u32,
    /// What they can beyond what everybody can.
    pub skills: BTreeSet<String>,
    /// Languages, in lower case; none are told: all.
    pub languages: BTreeSet<String>,
    /// Whether they work for their own customers alone.
    pub only_own_customers: bool,
}
