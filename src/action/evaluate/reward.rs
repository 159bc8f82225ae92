//! What a decision earned: the cash of the following days, valued, less what the decision cost.
//!
//! A unit of cash that comes `t` days after the decision, within the window of `W` days, is worth
//!
//! `r / 365 (W - t + D) + loss`
//!
//! more than one that is still open at the end of the window: it comes earlier at the cost of capital `r`, and it is
//! not lost. `D` are the days for which what is open at the end of the window still takes on average, and `loss` is
//! the share of it that is lost. Both are measured on the log, over all actions alike, so that they move no
//! action against another. The window is short because a later decision about the same invoice muddles what follows.

use serde::Serialize;

/// Days in a year of interest.
const YEAR_DAYS: f64 = 365.0;

/// How cash is valued.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RewardTerms {
    /// Days after the decision in which cash counts.
    pub window_days: u32,
    /// Cost of capital, a year.
    pub cost_of_capital: f64,
    /// Days that what is open at the end of the window still takes, on average.
    pub open_days: f64,
    /// Share that is lost of what is open at the end of the window.
    pub loss_of_open: f64,
}

impl RewardTerms {
    /// Returns what a unit of cash is worth that comes so many days after the decision; zero outside the window.
    #[must_use]
    pub fn unit(&self, days_after: f64) -> f64 {
        let window = f64::from(self.window_days);
        if days_after <= 0.0 || days_after > window {
            return 0.0;
        }
        self.of(window - days_after, 1.0)
    }

    /// Returns what cash is worth, told as the sum of amount times days before the end of the window, and the
    /// amount itself.
    #[must_use]
    pub fn of(&self, amount_days: f64, amount: f64) -> f64 {
        self.cost_of_capital / YEAR_DAYS * (amount_days + self.open_days * amount)
            + self.loss_of_open * amount
    }
}

#[cfg(test)]
mod tests {
    use super::RewardTerms;

    #[test]
    fn cash_is_worth_its_days_and_what_is_not_lost() {
        let terms = RewardTerms {
            window_days: 14,
            cost_of_capital: 0.073,
            open_days: 20.0,
            loss_of_open: 0.05,
        };
        // 7.3 % a year are 0.0002 a day: 4 days after the decision are 10 + 20 days earlier.
        assert!((terms.unit(4.0) - (0.0002 * 30.0 + 0.05)).abs() < 1e-12);
        assert!(terms.unit(0.0).abs() < 1e-12);
        assert!(terms.unit(15.0).abs() < 1e-12);
        assert!((terms.of(1_000.0, 100.0) - 100.0 * terms.unit(4.0)).abs() < 1e-9);
    }
}
