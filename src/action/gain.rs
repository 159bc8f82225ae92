//! What an action is worth against waiting, in money.

use serde::{Deserialize, Serialize};

/// The expected gain of an action against waiting, in minor units of the policy's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// `earlier_cash + avoided_loss - cost - goodwill - discount`.
    pub total: f64,
    /// Five per cent quantile of `total` under the uncertainty of the effect.
    pub low: f64,
    /// Ninety-five per cent quantile of it.
    pub high: f64,
    /// What cash that comes earlier is worth at the cost of capital.
    pub earlier_cash: f64,
    /// Loss that is expected to be avoided.
    pub avoided_loss: f64,
    /// What the action costs: the contact and the collector's time.
    pub cost: f64,
    /// What it costs in goodwill.
    pub goodwill: f64,
    /// Discount given, to those who would have paid in time anyway too.
    pub discount: f64,
    /// Change of the share of the amount that is paid within thirty days, from 0 to 1.
    pub uplift: f64,
    /// Share of the amount paid within thirty days if nothing is done.
    pub paid_without: f64,
    /// Whether the effect is an assumption.
    pub is_assumption: bool,
}
