//! Why an action is refused, before it is said of which.

use crate::action::candidate::WhyNot;
use crate::action::kind::ActionId;
use crate::domain::Date;

/// Why an action may not be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) text: String,
    /// Last day of the reason, where it is known.
    pub(super) until: Option<Date>,
}

impl Refusal {
    pub(super) fn new(code: &str, text: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            text: text.into(),
            until: None,
        }
    }

    pub(super) fn until(self, day: Date) -> Self {
        Self {
            until: Some(day),
            ..self
        }
    }

    pub(super) fn of(self, action: &ActionId) -> WhyNot {
        WhyNot::of_action(action, &self.code, self.text, self.until)
    }
}

impl From<WhyNot> for Refusal {
    fn from(why_not: WhyNot) -> Self {
        Self {
            code: why_not.code,
            text: why_not.text,
            until: why_not.until,
        }
    }
}
