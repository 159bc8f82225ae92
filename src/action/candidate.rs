//! What may be done for a customer on a day, and why the rest may not.

use chrono::NaiveTime;
use serde::{Deserialize, Serialize};

use crate::domain::Date;

use super::account::AccountItem;
use super::kind::{ActionId, Autonomy};

/// Everything that may be done for a customer; waiting is always the first.
#[derive(Clone, Debug)]
pub struct Admissible {
    /// What may be done.
    pub candidates: Vec<Candidate>,
    /// Why other actions may not, and which amounts are left out.
    pub why_nots: Vec<WhyNot>,
    /// What may be asked for of each item, in minor units of its currency; of items that are not due too.
    pub amounts_minor: Vec<i64>,
    /// What may be dunned, in minor units of the policy's currency.
    pub dunnable: f64,
    /// What is open, in minor units of the policy's currency.
    pub open: f64,
    /// Days past due of the oldest amount that may be dunned; of the next one due where nothing is overdue.
    pub days_past_due: i32,
    /// The procedure that the customer is on.
    pub procedure: String,
    /// The day on which the question should be asked again.
    pub review_on: Date,
}

/// An action that may be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Place of the action in the policy's catalogue.
    pub action: usize,
    /// Items of the account that it is about.
    pub items: Vec<usize>,
    /// What it asks for, a part of each item in minor units of its currency, in the order of `items`.
    pub amounts_minor: Vec<i64>,
    /// When it may reach the customer; none for what does not.
    pub window: Option<ContactWindow>,
    /// Who may let it happen, the rules for natural persons included.
    pub autonomy: Autonomy,
    /// Why this one, in words: `second broken promise`, `usually punctual, now 12 days late`.
    pub because: Vec<String>,
}

/// When a contact may be made, in the customer's own time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactWindow {
    /// The day.
    pub date: Date,
    /// From when on, local time.
    pub from: NaiveTime,
    /// Until when, local time.
    pub until: NaiveTime,
    /// Time zone, as in the IANA database.
    pub timezone: String,
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyNot {
    /// The action that is excluded; none means all that dun.
    pub action: Option<ActionId>,
    /// The invoice that is left out; none means all.
    pub invoice_id: Option<String>,
    /// A stable word: `disputed`, `promised`, `cooling_off`, `below_minimum`, ...
    pub code: String,
    /// The reason in words, with the values that made it.
    pub text: String,
    /// The last day of the reason, where it is known.
    pub until: Option<Date>,
}

impl WhyNot {
    /// Says why nothing of an account is dunned.
    pub(super) fn of_account(code: &str, text: String, until: Option<Date>) -> Self {
        Self {
            action: None,
            invoice_id: None,
            code: code.to_owned(),
            text,
            until,
        }
    }

    /// Says why an item, or a part of it, is not dunned.
    pub(super) fn of_item(item: &AccountItem, code: &str, text: String, until: Option<Date>) -> Self {
        Self {
            invoice_id: Some(item.invoice_id.clone()),
            ..Self::of_account(code, text, until)
        }
    }

    /// Says why an action is not taken.
    pub(super) fn of_action(action: &ActionId, code: &str, text: String, until: Option<Date>) -> Self {
        Self {
            action: Some(action.clone()),
            ..Self::of_account(code, text, until)
        }
    }
}
