//! What holds where a policy says nothing. `policies/default.toml` spells the same values out; a test compares them.

use chrono::NaiveTime;

use crate::action::kind::{ActionId, ActionKind, Autonomy, Channel};
use crate::domain::Currency;

use super::values::minor_units;
use super::{ActionRule, Assumption, Caps, ContactCap, Exclusions, Exploration, Preconditions, ValueTerms};

/// An action of which nothing is claimed is assumed to do nothing, give or take.
pub(super) const EFFECT: Assumption = Assumption {
    odds_ratio: 1.0,
    low: 0.85,
    high: 1.18,
    days: 14,
};

/// Waiting is what effects are measured against.
pub(super) const NO_EFFECT: Assumption = Assumption {
    odds_ratio: 1.0,
    low: 1.0,
    high: 1.0,
    days: 1,
};

/// Units of the policy's currency below which nothing is dunned.
const MINIMUM: i64 = 25;
/// Units of the policy's currency that a minute of a collector costs: 45 an hour.
const MINUTE_COST: f64 = 0.75;

pub(super) fn caps() -> Caps {
    Caps {
        contacts: vec![
            ContactCap { days: 7, contacts: 1 },
            ContactCap {
                days: 30,
                contacts: 3,
            },
        ],
        earliest: hour(8),
        latest: hour(19),
        business_days_only: true,
        timezone: "Europe/Amsterdam".to_owned(),
    }
}

fn hour(hour: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour of the day")
}

pub(super) fn exclusions(currency: Currency) -> Exclusions {
    Exclusions {
        minimum_minor: MINIMUM * 10_i64.pow(currency.exponent()),
        promise_tolerance_days: 3,
        subtract_unapplied_credit: true,
        direct_debit_days: 5,
        grace_days: 0,
        expected_probability: 0.7,
        expected_days: 5,
    }
}

pub(super) fn value(currency: Currency) -> ValueTerms {
    ValueTerms {
        cost_of_capital: 0.08,
        loss_share: 0.8,
        rescue_share: 0.25,
        minute_cost_minor: MINUTE_COST * minor_units(currency),
    }
}

pub(super) fn exploration() -> Exploration {
    Exploration {
        share: 0.1,
        propensity_min: 0.05,
        hold_out_share: 0.05,
        seed: 20_261_122,
    }
}

/// The action that a catalogue has even where it does not name it.
pub(super) fn wait() -> ActionRule {
    ActionRule {
        id: ActionId::new(ActionId::WAIT),
        name: "Wait".to_owned(),
        kind: ActionKind::Wait,
        channel: Channel::None,
        cost_minor: 0,
        goodwill_minor: 0,
        minutes: 0,
        skill: None,
        languages: std::collections::BTreeSet::new(),
        level: 0,
        template: None,
        tone: None,
        autonomy: Autonomy::Auto,
        cooling_off_days: 1,
        is_once_per_invoice: false,
        when: Preconditions::default(),
        effect: NO_EFFECT,
        discount_percent: 0.0,
    }
}

/// The channel that goes without saying.
pub(super) const fn channel(kind: ActionKind) -> Channel {
    match kind {
        ActionKind::Wait => Channel::None,
        ActionKind::PreDueNotice
        | ActionKind::Statement
        | ActionKind::Reminder
        | ActionKind::OfferPlan
        | ActionKind::OfferDiscount => Channel::Email,
        ActionKind::FormalNotice => Channel::Post,
        ActionKind::Call | ActionKind::AskPromise => Channel::Phone,
        ActionKind::ResolveDispute | ActionKind::Escalate | ActionKind::CreditHold | ActionKind::Handover => {
            Channel::Internal
        }
    }
}

/// Who may let it happen where the policy does not say.
pub(super) const fn autonomy(kind: ActionKind) -> Autonomy {
    match kind {
        ActionKind::Wait
        | ActionKind::PreDueNotice
        | ActionKind::Statement
        | ActionKind::Reminder
        | ActionKind::ResolveDispute => Autonomy::Auto,
        ActionKind::Call
        | ActionKind::FormalNotice
        | ActionKind::OfferPlan
        | ActionKind::OfferDiscount
        | ActionKind::AskPromise
        | ActionKind::Escalate => Autonomy::Review,
        ActionKind::CreditHold | ActionKind::Handover => Autonomy::NamedHuman,
    }
}
