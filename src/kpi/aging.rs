//! Ageing of receivables and the provision matrix that stands on it.
//!
//! Amounts are minor units of one currency.

use serde::Serialize;

use super::{ForwardLooking, amount_as_f64, ratio};

/// Number of ageing buckets.
pub const AGING_BUCKETS: usize = 5;

/// Ageing bucket of an open item, by days past due at the cut-off.
///
/// Days past due are `as_of - due_date`: an item due today is current, one due yesterday is 1 day
/// past due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum AgingBucket {
    /// Not yet past due.
    #[serde(rename = "current")]
    Current,
    /// 1 to 30 days past due.
    #[serde(rename = "1-30")]
    Days1To30,
    /// 31 to 60 days past due.
    #[serde(rename = "31-60")]
    Days31To60,
    /// 61 to 90 days past due.
    #[serde(rename = "61-90")]
    Days61To90,
    /// 91 days past due or more.
    #[serde(rename = "91+")]
    Days91OrMore,
}

impl AgingBucket {
    /// Every bucket, youngest first.
    pub const ALL: [Self; AGING_BUCKETS] = [
        Self::Current,
        Self::Days1To30,
        Self::Days31To60,
        Self::Days61To90,
        Self::Days91OrMore,
    ];

    /// Returns the bucket of an item that is so many days past due.
    #[must_use]
    pub fn of_days_past_due(days_past_due: i32) -> Self {
        match days_past_due {
            i32::MIN..=0 => Self::Current,
            1..=30 => Self::Days1To30,
            31..=60 => Self::Days31To60,
            61..=90 => Self::Days61To90,
            91..=i32::MAX => Self::Days91OrMore,
        }
    }

    /// Returns the label used in reports.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Days1To30 => "1-30",
            Self::Days31To60 => "31-60",
            Self::Days61To90 => "61-90",
            Self::Days91OrMore => "91+",
        }
    }

    /// Returns the position in [`AgingBucket::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Self::Current => 0,
            Self::Days1To30 => 1,
            Self::Days31To60 => 2,
            Self::Days61To90 => 3,
            Self::Days91OrMore => 4,
        }
    }
}

/// Returns the loss rate of each ageing bucket: the provision matrix of the simplified approach.
///
/// # Definition
///
/// `reached[b]` is the amount of past sales that came to be in bucket `b`: all of it for `current`,
/// what was unpaid after the due date for `1-30`, what was unpaid 30 days later for `31-60`, and so
/// on. The rate of a bucket is `loss / reached[b]`. `None` for a bucket that nothing reached. The
/// report takes as `loss` what was unpaid 90 days past due.
///
/// # References
///
/// IFRS 9 Financial Instruments, 5.5.15 and B5.5.35 (provision matrix).
#[must_use]
pub fn provision_rates(reached: &[i64; AGING_BUCKETS], loss: i64) -> [Option<f64>; AGING_BUCKETS] {
    reached.map(|amount| ratio(loss, amount))
}

/// Returns the provision for an aged balance (expected credit loss in the words of IFRS 9), in minor
/// units, not rounded.
///
/// # Definition
///
/// `sum over buckets of balance x rate x factor`, with the forward-looking factor of each bucket
/// ([`ForwardLooking::UNCHANGED`] leaves history as it was). A bucket without balance needs no rate;
/// `None` where a bucket has a balance and no rate.
///
/// It is not the expected loss of a forecast: what a customer pays after the 90th day counts as lost
/// here and as cash there.
#[must_use]
pub fn expected_credit_loss(
    balances: &[i64; AGING_BUCKETS],
    rates: &[Option<f64>; AGING_BUCKETS],
    forward_looking: &ForwardLooking,
) -> Option<f64> {
    let mut loss = 0.0;
    for ((&balance, rate), factor) in balances.iter().zip(rates).zip(forward_looking.factors()) {
        if balance != 0 {
            loss += amount_as_f64(balance) * (*rate)? * factor;
        }
    }
    Some(loss)
}
