//! How often a customer may be contacted: at most so many contacts in so many days, over all channels.

use super::facts::Facts;
use super::look::Urgency;
use super::refusal::Refusal;
use crate::action::policy::ContactCap;
use crate::domain::Date;
use crate::domain::date::add_days;

/// Returns whether another contact is within the caps of the policy and those of the law; the same for every action.
pub(super) fn within(
    facts: &Facts<'_>,
    urgency: Option<&Urgency>,
    of_law: &[ContactCap],
) -> Result<(), Refusal> {
    let days = facts.past.contact_days();
    // What ended in the promise that was broken is no reason to keep silent; the law's caps count it all the same.
    let counted: Vec<Date> = match urgency {
        Some(Urgency::BrokenPromise { given_on, .. }) => {
            days.iter().copied().filter(|day| day != given_on).collect()
        }
        _ => days.to_vec(),
    };
    for cap in &facts.policy.caps.contacts {
        is_within(*cap, &counted, facts.day, "the policy")?;
    }
    for cap in of_law {
        is_within(*cap, days, facts.day, "the law")?;
    }
    Ok(())
}

fn is_within(cap: ContactCap, contacts: &[Date], day: Date, whose: &str) -> Result<(), Refusal> {
    let since = add_days(day, 1 - i64::from(cap.days));
    let recent = &contacts[contacts.partition_point(|contact| *contact < since)..];
    let allowed = usize::try_from(cap.contacts).unwrap_or(usize::MAX);
    if recent.len() < allowed {
        return Ok(());
    }
    let text = format!(
        "{} contacts in {} days, {whose} allows {}",
        recent.len(),
        cap.days,
        cap.contacts
    );
    let refusal = Refusal::new("contact_cap", text);
    // It ends when so many have passed that there is room for one more.
    let last = recent.get(recent.len() - allowed);
    Err(match last {
        Some(last) => refusal.until(add_days(*last, i64::from(cap.days) - 1)),
        None => refusal,
    })
}
