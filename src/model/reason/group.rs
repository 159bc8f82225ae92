//! The groups of features that a reason may be about.
//!
//! Features that say the same thing are in one group, so that a reason is not told twice and no feature
//! hides behind another. Where an invoice stands itself (days past due, age) is in no group: it is the
//! same on both sides of the comparison.

use crate::features::{self, column};

/// Number of groups.
pub(crate) const GROUPS: usize = 6;

/// What a reason may be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReasonGroup {
    /// How late the customer pays: level, spread, hazards with long memory; how well it is known, and an external score.
    History,
    /// What differs between its latest payment runs and the earlier ones.
    Change,
    /// On which days and how often it pays, and for how long it has been silent.
    Rhythm,
    /// What else it owes, and how it treated the invoices around this one.
    OpenBook,
    /// The size of the invoice, its terms of payment, what customers of its country and segment with these terms do, and
    /// the season.
    Invoice,
    /// Disputes, promises, instalments, part payments, contacts.
    Events,
}

impl ReasonGroup {
    /// Every group, in the order in which ties are told.
    pub const ALL: [Self; GROUPS] = [
        Self::History,
        Self::Change,
        Self::Rhythm,
        Self::OpenBook,
        Self::Invoice,
        Self::Events,
    ];

    /// Place in [`ReasonGroup::ALL`].
    pub(super) const fn position(self) -> usize {
        match self {
            Self::History => 0,
            Self::Change => 1,
            Self::Rhythm => 2,
            Self::OpenBook => 3,
            Self::Invoice => 4,
            Self::Events => 5,
        }
    }

    /// The group of a feature; `None` for the invoice's own position, and for what is no feature.
    pub(super) fn of(feature: &str) -> Option<Self> {
        Some(match feature {
            column::LATENESS_MEAN
            | column::LATENESS_SPREAD
            | "late_share"
            | "last_lateness"
            | "fast_lateness"
            | "regime_lateness"
            | column::HISTORY_WEIGHT
            | "log_paid_count"
            | "log_run_count"
            | "runs_since_change"
            | "credit_score"
            | "has_credit_score" => Self::History,
            "lateness_drift" | "regime_shift" | "exception_days" => Self::Change,
            "log_run_gap" | "silence" => Self::Rhythm,
            "log_open_count"
            | "overdue_share"
            | "overdue_amount_share"
            | "log_overdue_count"
            | "log_oldest_overdue"
            | column::LATER_DUE_PAID
            | "log_earlier_due_open"
            | "sibling_paid_share" => Self::OpenBook,
            "amount_ratio"
            | "log_amount"
            | "terms_days"
            | "roll_days"
            | "group_lateness_mean"
            | "group_late_share"
            | "season_shift_days"
            | "book_season_days" => Self::Invoice,
            column::IS_DISPUTED
            | "log_dispute_days"
            | "log_dispute_wait"
            | "disputes_resolved"
            | column::HAS_PROMISE
            | column::DAYS_PAST_PROMISE
            | column::PROMISE_KEPT_RATE
            | "has_instalment_plan"
            | "log_lines_left"
            | "days_to_next_line"
            | "paid_share"
            | "log_partial_count"
            | "log_part_payment_days"
            | "contacts_30_days" => Self::Events,
            _ => return None,
        })
    }

    /// The group of each feature, in the order of the feature list.
    pub(super) fn of_features() -> Vec<Option<Self>> {
        features::features()
            .iter()
            .map(|feature| Self::of(feature.name))
            .collect()
    }
}

/// A set of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Groups(u32);

impl Groups {
    /// No group.
    pub(super) const NONE: Self = Self(0);

    /// The set with one group more.
    pub(super) const fn with(self, group: ReasonGroup) -> Self {
        Self(self.0 | (1 << group.position()))
    }

    /// Whether a group is in the set.
    pub(super) const fn has(self, group: ReasonGroup) -> bool {
        self.0 & (1 << group.position()) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Features of the invoice's own position.
    const OWN_POSITION: [&str; 2] = [column::DAYS_PAST_DUE, "log_age"];

    #[test]
    fn every_feature_belongs_to_a_group_but_the_invoices_own_position() {
        for feature in features::features() {
            let is_own = OWN_POSITION.contains(&feature.name);
            assert_eq!(
                ReasonGroup::of(feature.name).is_none(),
                is_own,
                "{}",
                feature.name
            );
        }
    }

    #[test]
    fn every_group_has_features_and_is_at_its_place() {
        let groups = ReasonGroup::of_features();
        for (position, group) in ReasonGroup::ALL.into_iter().enumerate() {
            assert_eq!(group.position(), position);
            assert!(groups.contains(&Some(group)), "{group:?}");
        }
    }

    #[test]
    fn a_set_has_what_was_put_into_it() {
        let set = Groups::NONE.with(ReasonGroup::Change).with(ReasonGroup::Invoice);
        let members: Vec<ReasonGroup> = ReasonGroup::ALL
            .into_iter()
            .filter(|group| set.has(*group))
            .collect();
        assert_eq!(members, [ReasonGroup::Change, ReasonGroup::Invoice]);
    }
}
