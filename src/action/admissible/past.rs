//! What was done before, in the words of the policy's catalogue.
//!
//! A ledger that other systems wrote says `reminder` or `call`: such a word stands for every action of that kind. What
//! bounced never reached the customer and counts for nothing.

use std::collections::BTreeSet;

use crate::action::account::{Account, AccountItem, Contact};
use crate::action::kind::{ActionKind, Channel};
use crate::action::policy::{ActionRule, Policy};
use crate::domain::Date;
use crate::domain::date::add_days;

/// A contact that came through.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) contact: &'a Contact,
    rule: Option<&'a ActionRule>,
    pub(super) kind: Option<ActionKind>,
    level: u32,
}

/// The contacts that came through, oldest first.
#[derive(Debug)]
pub(super) struct Past<'a> {
    known: Vec<Known<'a>>,
    /// Of each item of the account.
    levels: Vec<u32>,
    contact_days: Vec<Date>,
}

impl<'a> Past<'a> {
    pub(super) fn of(account: &'a Account, policy: &'a Policy) -> Self {
        let sent = account.contacts.iter().filter(|contact| !contact.is_void());
        let known = sent.map(|contact| {
            let rule = policy
                .actions
                .iter()
                .find(|rule| rule.id.as_str() == contact.action);
            let named = ActionKind::ALL
                .into_iter()
                .find(|kind| kind.name() == contact.action);
            Known {
                contact,
                rule,
                kind: rule.map(|rule| rule.kind).or(named),
                level: contact.level.or(rule.map(|rule| rule.level)).unwrap_or(0),
            }
        });
        let mut past = Self {
            known: known
                .filter(|known| known.kind != Some(ActionKind::Wait))
                .collect(),
            levels: Vec::new(),
            contact_days: Vec::new(),
        };
        // Both are asked for every action.
        past.levels = account.items.iter().map(|item| past.level_of(item)).collect();
        past.contact_days = past.find_contact_days();
        past
    }

    /// Whatever was an action of the catalogue, or may have been.
    pub(super) fn of_rule(&self, rule: &ActionRule) -> impl DoubleEndedIterator<Item = &Known<'a>> {
        let (id, kind, channel) = (rule.id.clone(), rule.kind, rule.channel);
        self.known.iter().filter(move |known| match known.rule {
            Some(own) => own.id == id,
            None => known.kind == Some(kind) && known.contact.channel.is_none_or(|sent| sent == channel),
        })
    }

    /// Whether an action was done for an item.
    pub(super) fn was_done(&self, rule: &ActionRule, item: &AccountItem) -> bool {
        self.of_rule(rule).any(|known| known.contact.is_about(item))
    }

    /// The last of a kind about an item.
    pub(super) fn last_of_kind(&self, kind: ActionKind, item: &AccountItem) -> Option<&'a Contact> {
        self.known
            .iter()
            .rev()
            .find(|known| known.kind == Some(kind) && known.contact.is_about(item))
            .map(|known| known.contact)
    }

    /// The highest dunning level that was sent for the item at a place.
    pub(super) fn level(&self, place: usize) -> u32 {
        self.levels[place]
    }

    fn level_of(&self, item: &AccountItem) -> u32 {
        let sent = self.levelled(item).map(|known| known.level).max();
        item.level.max(sent.unwrap_or(0))
    }

    /// When the cooling-off of the last dunning level of an item ends, if one was sent.
    pub(super) fn level_rests_until(&self, item: &AccountItem, default_days: u32) -> Option<Date> {
        let last = self.levelled(item).next_back()?;
        let days = last.rule.map_or(default_days, |rule| rule.cooling_off_days);
        Some(add_days(last.contact.sent_on, i64::from(days) - 1))
    }

    /// Contacts about an item that carry a level; one about the whole account counts for what was overdue.
    fn levelled(&self, item: &AccountItem) -> impl DoubleEndedIterator<Item = &Known<'a>> {
        let due_date = item.due_date;
        let about = self
            .known
            .iter()
            .filter(move |known| known.level > 0 && known.contact.is_about(item));
        about.filter(move |known| known.contact.invoice_id.is_some() || due_date < known.contact.sent_on)
    }

    /// The days on which the customer was reached out to, a letter about several invoices once; oldest first.
    pub(super) fn contact_days(&self) -> &[Date] {
        &self.contact_days
    }

    fn find_contact_days(&self) -> Vec<Date> {
        let contacts = self.known.iter().filter(|known| {
            known.kind.map_or(
                known.contact.channel != Some(Channel::Internal),
                ActionKind::is_contact,
            )
        });
        let distinct: BTreeSet<(Date, &str)> = contacts
            .map(|known| (known.contact.sent_on, known.contact.action.as_str()))
            .collect();
        distinct.into_iter().map(|(day, _)| day).collect()
    }
}

/// Whether a dunning level of an item bounced that is higher than what came through.
pub(super) fn has_bounced_above(account: &Account, policy: &Policy, item: &AccountItem, level: u32) -> bool {
    account.contacts.iter().any(|contact| {
        let of_rule = || {
            policy
                .actions
                .iter()
                .find(|rule| rule.id.as_str() == contact.action)
        };
        let sent = contact
            .level
            .or_else(|| of_rule().map(|rule| rule.level))
            .unwrap_or(0);
        contact.is_void() && contact.is_about(item) && sent > level
    })
}
