//! Shocks in words, for people.

use std::fmt;

use crate::forecast::scenario::{Change, DiscountFrom, DisputeOutcome, Shock};

impl fmt::Display for Shock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.selector, self.change)
    }
}

impl Change {
    /// What a shock takes to be true of the billing streams that it touches.
    pub(super) fn assumption_of_streams(&self) -> &'static str {
        match self {
            Self::Terms { .. } => {
                "new billing is on the old terms in the share of the last half year's billing"
            }
            Self::Delay { .. }
            | Self::Default { .. }
            | Self::SlowTail { .. }
            | Self::Discount { .. }
            | Self::Collect { .. }
            | Self::Dispute { .. }
            | Self::Haircut { .. }
            | Self::Billing { .. } => "all new billing of the streams is touched alike",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| share * 100.0;
        match self {
            Self::Delay { days } if *days < 0 => {
                write!(formatter, "paid {} days earlier", days.unsigned_abs())
            }
            Self::Delay { days } => write!(formatter, "paid {days} days later"),
            Self::Default { probability } => {
                write!(
                    formatter,
                    "never paid with a probability of {:.1} %",
                    percent(*probability)
                )
            }
            Self::SlowTail {
                after_days_past_due,
                hazard_factor,
            } => write!(
                formatter,
                "from {after_days_past_due} days past due the daily chance of payment x {hazard_factor}"
            ),
            Self::Terms { from_days, to_days } => {
                write!(formatter, "terms of {from_days} days become {to_days} days")
            }
            Self::Discount {
                share,
                within_days,
                uptake,
                from,
            } => {
                let from = match from {
                    DiscountFrom::InvoiceDate => "invoice date",
                    DiscountFrom::CutOff => "cut-off",
                };
                write!(
                    formatter,
                    "{:.1} % discount within {within_days} days of the {from}, taken by {:.1} % of what would come later",
                    percent(*share),
                    percent(*uptake)
                )
            }
            Self::Collect { action, logit_shift } => {
                write!(
                    formatter,
                    "{action}: daily odds of payment x {:.2}",
                    logit_shift.exp()
                )
            }
            Self::Dispute { outcome } => match outcome {
                DisputeOutcome::Lost => formatter.write_str("disputes are lost and credited"),
                DisputeOutcome::Won { paid_in_days } => {
                    write!(formatter, "disputes are won and paid in {paid_in_days} days")
                }
            },
            Self::Haircut { share } => write!(formatter, "{:.1} % is credited", percent(*share)),
            Self::Billing { factor } => write!(formatter, "new billing x {factor}"),
        }
    }
}
