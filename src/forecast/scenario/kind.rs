//! The kinds of shocks and the keys that each has.

use serde::Deserialize;

/// The kind of a shock, by its word in a scenario file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Delay,
    Default,
    SlowTail,
    Terms,
    Discount,
    Collect,
    Dispute,
    Haircut,
    Billing,
}

impl Kind {
    /// Where an error about a shock points to; `index` counts from zero.
    pub(super) fn place(self, index: usize) -> String {
        format!("shock {} ({})", index + 1, self.name())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Default => "default",
            Self::SlowTail => "slow_tail",
            Self::Terms => "terms",
            Self::Discount => "discount",
            Self::Collect => "collect",
            Self::Dispute => "dispute",
            Self::Haircut => "haircut",
            Self::Billing => "billing",
        }
    }

    /// The keys of such a shock, beside its selector and its assumption.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Delay => &["days"],
            Self::Default => &["probability"],
            Self::SlowTail => &["after_days_past_due", "hazard_factor"],
            Self::Terms => &["from_days", "to_days"],
            Self::Discount => &["percent", "within_days", "uptake", "counted_from"],
            Self::Collect => &["action", "logit_shift"],
            Self::Dispute => &["outcome", "paid_in_days"],
            Self::Haircut => &["percent"],
            Self::Billing => &["factor"],
        }
    }
}
