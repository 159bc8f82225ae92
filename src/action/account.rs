//! What is known of a customer and of what it owes on a day, as far as an action depends on it.

mod behaviour;
mod contacts;
mod customers;
mod items;
mod judged;
mod people;
mod promises;
mod read;
pub mod risk;

use std::collections::BTreeMap;

use crate::domain::date::add_days;
use crate::domain::{Currency, Date, Money};
use crate::history::Snapshot;
use crate::model::{PaymentDistribution, PaymentPrediction};

use super::Error;
use super::kind::{Channel, PartyType};
use super::policy::Exclusions;

/// A customer on a day.
#[derive(Clone, Debug)]
pub struct Account {
    /// The customer.
    pub customer_id: String,
    /// Last day whose facts are known.
    pub as_of: Date,
    /// Country, ISO 3166-1 alpha-2 in capitals.
    pub country: Option<String>,
    /// What it is before the law; a legal entity where the ledger does not say.
    pub party_type: PartyType,
    /// Whether the ledger does not say what it is.
    pub is_party_assumed: bool,
    /// Language of correspondence, in lower case.
    pub language: Option<String>,
    /// Segment, as the business sees it.
    pub segment: Option<String>,
    /// Parent company.
    pub parent_id: Option<String>,
    /// Who looks after the customer.
    pub collector: Option<String>,
    /// Time zone, as in the IANA database.
    pub timezone: Option<String>,
    /// How the customer stands.
    pub status: AccountStatus,
    /// Why it may not be dunned at all, and until when.
    pub block: Option<Block>,
    /// Channels that the customer does not want, each with the last day of it.
    pub do_not_contact: Vec<(Channel, Option<Date>)>,
    /// Channels with an address that is verified and, where needed, opted in; none are told: all are taken for good.
    pub reachable: Option<Vec<Channel>>,
    /// Whether cash is collected from its bank account by us.
    pub is_direct_debit: bool,
    /// Whether it is looked after in person.
    pub is_key_account: bool,
    /// Agreed credit limit.
    pub credit_limit: Option<Money>,
    /// External credit score, the latest.
    pub credit_score: Option<f64>,
    /// Open items, by due date and invoice id.
    pub items: Vec<AccountItem>,
    /// Credit notes on account, not yet taken into account, in minor units.
    pub unapplied_credit: BTreeMap<Currency, i64>,
    /// What was done before, oldest first.
    pub contacts: Vec<Contact>,
    /// Promises, oldest first.
    pub promises: Vec<Promise>,
    /// Whether an agreed instalment plan was missed, and on which day last.
    pub plan_broken_on: Option<Date>,
    /// How it usually pays.
    pub behaviour: Behaviour,
}

impl Account {
    /// Reads the customers that owe something at the cut-off of the snapshot, by customer id.
    ///
    /// An open item without a prediction is left out: nothing can be said of what an action for it is worth. A
    /// customer of whom the ledger says nothing is taken for a legal entity, see
    /// [`is_party_assumed`](Self::is_party_assumed).
    ///
    /// # Errors
    ///
    /// - [`Error::History`] when the ledger cannot be read.
    /// - [`Error::AsOf`] when a prediction is of another day than the snapshot.
    pub fn read_all(
        snapshot: &Snapshot,
        predictions: &[PaymentPrediction],
        exclusions: &Exclusions,
    ) -> Result<Vec<Self>, Error> {
        read::read_all(snapshot, predictions, exclusions)
    }

    /// Returns an account of which nothing but the items is known: taken for a legal entity.
    #[must_use]
    pub fn unknown(customer_id: String, as_of: Date, items: Vec<AccountItem>) -> Self {
        Self {
            customer_id,
            as_of,
            country: None,
            party_type: PartyType::LegalEntity,
            is_party_assumed: true,
            language: None,
            segment: None,
            parent_id: None,
            collector: None,
            timezone: None,
            status: AccountStatus::Active,
            block: None,
            do_not_contact: Vec::new(),
            reachable: None,
            is_direct_debit: false,
            is_key_account: false,
            credit_limit: None,
            credit_score: None,
            items,
            unapplied_credit: BTreeMap::new(),
            contacts: Vec::new(),
            promises: Vec::new(),
            plan_broken_on: None,
            behaviour: Behaviour::default(),
        }
    }

    /// Finds a customer among accounts that are sorted by customer, as [`read_all`](Self::read_all) gives them.
    #[must_use]
    pub fn find<'a>(accounts: &'a [Self], customer_id: &str) -> Option<&'a Self> {
        let place = accounts.binary_search_by(|account| account.customer_id.as_str().cmp(customer_id));
        place.ok().map(|place| &accounts[place])
    }

    /// Gives each item the level that the contacts say.
    pub(super) fn set_levels(&mut self) {
        contacts::set_levels(self);
    }

    /// Returns the dunning level of the account: the highest of its items.
    #[must_use]
    pub fn level(&self) -> u32 {
        self.items.iter().map(|item| item.level).max().unwrap_or(0)
    }

    /// Returns the account on a later day, as far as promises go: one whose last day has not passed can still be kept.
    ///
    /// A snapshot taken on the day itself knows the cash of a part of that day only, and judges too early. None
    /// where nothing changes.
    pub(super) fn with_promises_on(&self, day: Date, tolerance_days: u32) -> Option<Self> {
        promises::reopened(self, day, tolerance_days)
    }
}

impl Contact {
    /// Whether it never reached the customer: it counts as not sent.
    #[must_use]
    pub fn is_void(&self) -> bool {
        matches!(self.outcome.as_deref(), Some("bounced" | "wrong_contact"))
    }

    /// Whether it was about an item: it names it, or it is about the account and the item was there.
    #[must_use]
    pub fn is_about(&self, item: &AccountItem) -> bool {
        match &self.invoice_id {
            Some(named) => *named == item.invoice_id,
            None => item.invoice_date <= self.sent_on,
        }
    }
}

impl Promise {
    /// Returns the last day on which it can be kept.
    #[must_use]
    pub fn last_day(&self, tolerance_days: u32) -> Date {
        add_days(self.promised_date, i64::from(tolerance_days))
    }

    /// Whether it is about an item: it names it, or it is about the account and the item was there.
    #[must_use]
    pub fn is_about(&self, item: &AccountItem) -> bool {
        let is_named = match &self.invoice_id {
            Some(named) => *named == item.invoice_id,
            None => item.invoice_date <= self.created_on,
        };
        is_named
            && self
                .amount
                .is_none_or(|amount| amount.currency() == item.currency)
    }
}

/// How a customer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// Nothing is known against it.
    Active,
    /// Insolvency proceedings are open.
    Insolvency,
    /// The person has died.
    Deceased,
    /// A debt counsellor speaks for it.
    DebtCounselling,
    /// The claim is with a court or a lawyer.
    Legal,
}

/// A block against dunning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Why.
    pub reason: String,
    /// Last day of it; none is open-ended.
    pub until: Option<Date>,
}

/// An open invoice of an account.
#[derive(Clone, Debug)]
pub struct AccountItem {
    /// The invoice.
    pub invoice_id: String,
    /// Legal entity that issued it.
    pub entity: Option<String>,
    /// Currency of its amounts.
    pub currency: Currency,
    /// Date of issue.
    pub invoice_date: Date,
    /// Date it falls due.
    pub due_date: Date,
    /// `as_of` minus the due date: positive is late.
    pub days_past_due: i32,
    /// What is still owed, in minor units.
    pub open_minor: i64,
    /// What was invoiced.
    pub gross_minor: i64,
    /// The part in an unresolved dispute.
    pub disputed_minor: i64,
    /// The part covered by a promise that can still be kept.
    pub promised_minor: i64,
    /// The part of an instalment plan that is not due.
    pub planned_minor: i64,
    /// The part that was seen at the bank and is not yet allocated.
    pub in_transit_minor: i64,
    /// Whether the invoice reached the customer, as far as is known.
    pub is_delivered: bool,
    /// Highest dunning level that was sent for it; zero is none.
    pub level: u32,
    /// Probability of payment by each day after `as_of`, without an action.
    pub distribution: PaymentDistribution,
}

/// Something that was done for a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// What was done: an action of the catalogue, or a word of the ledger (`reminder`, `call`).
    pub action: String,
    /// How, where that is told.
    pub channel: Option<Channel>,
    /// The day.
    pub sent_on: Date,
    /// The invoice it was about; none is the whole account.
    pub invoice_id: Option<String>,
    /// Dunning level.
    pub level: Option<u32>,
    /// What came of it: `delivered`, `bounced`, `no_answer`, `reached`, `promise`, ...
    pub outcome: Option<String>,
    /// The day on which that was known; for `delivered` the day of delivery.
    pub outcome_on: Option<Date>,
}

/// A promise to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The invoice; none is the account.
    pub invoice_id: Option<String>,
    /// The day it was given.
    pub created_on: Date,
    /// The day the cash was promised for.
    pub promised_date: Date,
    /// The amount, where told.
    pub amount: Option<Money>,
    /// How it stands at `as_of`.
    pub state: PromiseState,
}

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromiseState {
    /// It can still be kept, tolerance included.
    Open,
    /// The cash came in time.
    Kept,
    /// It did not.
    Broken,
}

/// How a customer usually pays.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Behaviour {
    /// Invoices paid in full by `as_of`.
    pub paid_count: u32,
    /// Median days past due at payment of the last of them, at most twenty; none without any.
    pub usual_days_past_due: Option<f64>,
    /// Share of these that were paid in time.
    pub on_time_share: Option<f64>,
}
