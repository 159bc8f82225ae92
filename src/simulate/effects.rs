//! What collections may do about an invoice, and what each action truly does to the hazard of payment.

use serde::Serialize;

use super::error::Error;

/// Segments of the simulated customers.
pub const SEGMENTS: [&str; 3] = ["micro", "sme", "large"];

/// What collections does about an invoice on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Nothing; it has no effect.
    Wait,
    /// A reminder by e-mail.
    Reminder,
    /// A telephone call.
    Call,
    /// A text message.
    Sms,
    /// A letter.
    Letter,
}

impl Treatment {
    /// Every treatment; waiting is the first.
    pub const ALL: [Self; 5] = [Self::Wait, Self::Reminder, Self::Call, Self::Sms, Self::Letter];

    /// Returns the word of the ledger's `action_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Reminder => "reminder",
            Self::Call => "call",
            Self::Sms => "sms",
            Self::Letter => "letter",
        }
    }

    /// Finds the treatment of a word of the ledger.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|treatment| treatment.name() == name)
    }

    /// Returns the place in [`Treatment::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Wait => 0,
            Self::Reminder => 1,
            Self::Call => 2,
            Self::Sms => 3,
            Self::Letter => 4,
        }
    }

    /// Returns the channel, where there is one.
    pub(crate) const fn channel(self) -> Option<&'static str> {
        match self {
            Self::Wait => None,
            Self::Reminder => Some("email"),
            Self::Call => Some("phone"),
            Self::Sms => Some("sms"),
            Self::Letter => Some("post"),
        }
    }

    /// Returns what one costs, in minor units.
    pub(crate) const fn cost_minor(self) -> i64 {
        match self {
            Self::Wait => 0,
            Self::Reminder => 5,
            Self::Call => 1_200,
            Self::Sms => 10,
            Self::Letter => 200,
        }
    }
}

/// How late an invoice is on the day of an action; effects may differ by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lateness {
    /// Up to 14 days past due.
    Early,
    /// 15 to 44 days past due.
    Middle,
    /// 45 days past due and more.
    Late,
}

impl Lateness {
    /// Every one, earliest first.
    pub const ALL: [Self; 3] = [Self::Early, Self::Middle, Self::Late];

    /// Returns the lateness of days past due.
    #[must_use]
    pub const fn of(days_past_due: i32) -> Self {
        match days_past_due {
            ..=14 => Self::Early,
            15..=44 => Self::Middle,
            _ => Self::Late,
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Early => 0,
            Self::Middle => 1,
            Self::Late => 2,
        }
    }
}

/// What an action does in a segment at a lateness.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ActionEffect {
    /// The action.
    pub treatment: Treatment,
    /// One of [`SEGMENTS`].
    pub segment: &'static str,
    /// How late the invoice is on the day of the action.
    pub lateness: Lateness,
    /// Change of the logit of the daily hazard.
    pub logit: f64,
}

impl ActionEffect {
    /// Checks the action, the segment and the size.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.treatment == Treatment::Wait {
            return Err(Error::Plan {
                name: "effects.treatment",
                allowed: "an action; to wait has no effect".to_owned(),
                given: self.treatment.name().to_owned(),
            });
        }
        if !SEGMENTS.contains(&self.segment) {
            return Err(Error::Plan {
                name: "effects.segment",
                allowed: format!("one of {}", SEGMENTS.join(", ")),
                given: self.segment.to_owned(),
            });
        }
        if !(-3.0..=3.0).contains(&self.logit) {
            return Err(Error::Plan {
                name: "effects.logit",
                allowed: "from -3 to 3".to_owned(),
                given: self.logit.to_string(),
            });
        }
        Ok(())
    }
}

/// The effect of every action, by segment and lateness, ready for look-ups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EffectTable([[[f64; 3]; 3]; 5]);

impl EffectTable {
    /// Starts from one effect an action and takes the entries of a plan over it; the last of the same kind counts.
    pub(crate) fn new(everywhere: impl Fn(Treatment) -> f64, entries: &[ActionEffect]) -> Self {
        let mut table = Treatment::ALL.map(|treatment| [[everywhere(treatment); 3]; 3]);
        for entry in entries {
            if let Some(segment) = SEGMENTS.iter().position(|name| *name == entry.segment) {
                table[entry.treatment.index()][segment][entry.lateness.index()] = entry.logit;
            }
        }
        Self(table)
    }

    /// Returns the change of the logit, by the segment's place in [`SEGMENTS`].
    pub(crate) const fn logit(&self, treatment: Treatment, segment: usize, lateness: Lateness) -> f64 {
        self.0[treatment.index()][segment][lateness.index()]
    }
}
