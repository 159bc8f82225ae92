//! An account with everything that rules are asked about.

use super::notice::NoticeDays;
use super::past::Past;
use crate::action::account::Account;
use crate::action::exchange::Exchange;
use crate::action::policy::Policy;
use crate::domain::Date;

/// What every rule may look at.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) account: &'a Account,
    pub(super) day: Date,
    pub(super) policy: &'a Policy,
    pub(super) exchange: &'a Exchange,
    pub(super) past: Past<'a>,
    pub(super) notice_days: NoticeDays,
}

impl Facts<'_> {
    /// What is open, in minor units of the policy's currency.
    pub(super) fn open(&self) -> f64 {
        let amounts = self.account.items.iter();
        amounts
            .filter_map(|item| self.exchange.minor(item.open_minor, item.currency))
            .sum()
    }
}
