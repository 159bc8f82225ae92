//! From a text to a policy that can be used, or to everything that is wrong with it.

use sha2::{Digest, Sha256};

use crate::action::kind::ActionKind;

use super::raw::RawPolicy;
use super::values::Findings;
use super::{Policy, PolicyError, check, compile, defaults};

/// Hexadecimal digits of a version.
const VERSION_DIGITS: usize = 12;

impl Policy {
    /// The policy that ships, as a file to start one's own from.
    pub const DEFAULT_TEXT: &'static str = include_str!("../../../policies/default.toml");

    /// Reads a policy from TOML; `place` names the file in errors.
    ///
    /// Waiting becomes the first action, added where the catalogue does not name it; the steps of a procedure stand
    /// in the order of their days. The version is that of the text, so that a comment makes a new one.
    ///
    /// ```
    /// use duecast::action::Policy;
    ///
    /// let text = r#"
    /// name = "one letter"
    /// currency = "EUR"
    /// [[action]]
    /// id = "letter"
    /// kind = "reminder"
    /// channel = "post"
    /// cost = "2.00"
    /// [[procedure]]
    /// id = "all"
    /// steps = [{ action = "letter", from_days_past_due = 14 }]
    /// "#;
    /// let policy = Policy::from_toml(text, "one.toml")?;
    /// assert_eq!(policy.actions[1].cost_minor, 200);
    ///
    /// let wrong = text.replace("2.00", "-2.00").replace("action = \"letter\"", "action = \"leter\"");
    /// let error = Policy::from_toml(&wrong, "one.toml").unwrap_err().to_string();
    /// assert!(error.contains("action[0].cost") && error.contains("procedure[0].steps[0].action"));
    /// # Ok::<(), duecast::action::policy::PolicyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`PolicyError::Syntax`]: no TOML, an unknown field or a value of the wrong type.
    /// - [`PolicyError::Invalid`]: values that cannot be used, all of them.
    pub fn from_toml(text: &str, place: &str) -> Result<Self, PolicyError> {
        let raw: RawPolicy = toml::from_str(text).map_err(|source| PolicyError::Syntax {
            place: place.to_owned(),
            source,
        })?;
        let mut findings = Findings::default();
        let mut policy = compile::policy(&raw, version(text), &mut findings);
        check::unverified_law(&raw.unverified_law, &mut findings);
        check::check(&policy, &mut findings);
        let findings = findings.into_list();
        if !findings.is_empty() {
            return Err(PolicyError::Invalid {
                place: place.to_owned(),
                findings,
            });
        }
        put_in_order(&mut policy);
        Ok(policy)
    }

    /// Returns the policy that ships.
    #[must_use]
    pub fn default_policy() -> Self {
        Self::from_toml(Self::DEFAULT_TEXT, "policies/default.toml").expect("a test reads it")
    }
}

/// Waiting first; the steps of a procedure by day, those of one day as written.
fn put_in_order(policy: &mut Policy) {
    let wait = policy
        .actions
        .iter()
        .position(|rule| rule.kind == ActionKind::Wait)
        .map_or_else(defaults::wait, |index| policy.actions.remove(index));
    policy.actions.insert(0, wait);
    for procedure in &mut policy.procedures {
        procedure.steps.sort_by_key(|step| step.from_days_past_due);
    }
}

/// Line ends do not count: a file is the same on every system.
fn version(text: &str) -> String {
    let hash = Sha256::digest(text.replace("\r\n", "\n").as_bytes());
    let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    digits[..VERSION_DIGITS].to_owned()
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn a_version_is_the_start_of_the_hash_of_the_text_with_plain_line_ends() {
        // printf 'abc\n' | sha256sum
        assert_eq!(version("abc\n"), "edeaaff3f177");
        assert_eq!(version("abc\r\n"), version("abc\n"));
        assert_ne!(version("abd\n"), version("abc\n"));
    }
}
