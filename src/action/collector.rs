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

impl Collector {
    /// Whether the collector can do something for a customer, the minutes aside.
    ///
    /// A customer whose language is not known can be served in any.
    #[must_use]
    pub fn can_serve(
        &self,
        language: Option<&str>,
        looked_after_by: Option<&str>,
        skill: Option<&str>,
    ) -> bool {
        let speaks =
            self.languages.is_empty() || language.is_none_or(|language| self.languages.contains(language));
        let knows = skill.is_none_or(|skill| self.skills.contains(skill));
        let serves = !self.only_own_customers || looked_after_by == Some(self.collector_id.as_str());
        speaks && knows && serves
    }
}
