//! What the table of customers says: who it is, how it stands, how it may be reached.

use super::read::{Places, told};
use super::{Account, AccountStatus, Block};
use crate::action::Error;
use crate::action::kind::{Channel, PartyType};
use crate::domain::date::from_day_number;
use crate::domain::{Currency, Date, Money};
use crate::history::row_values::RowValues;
use crate::history::{Keep, Snapshot, Table};

/// Every column that is read, in one frame.
#[derive(Debug)]
struct Columns<'f> {
    country: RowValues<'f>,
    party_type: RowValues<'f>,
    segment: RowValues<'f>,
    language: RowValues<'f>,
    credit_limit: RowValues<'f>,
    currency: RowValues<'f>,
    credit_score: RowValues<'f>,
    parent: RowValues<'f>,
    collector: RowValues<'f>,
    status: RowValues<'f>,
    block: RowValues<'f>,
    block_until: RowValues<'f>,
    do_not_contact: RowValues<'f>,
    do_not_contact_until: RowValues<'f>,
    reachable_by: RowValues<'f>,
    timezone: RowValues<'f>,
    payment_method: RowValues<'f>,
    key_account: RowValues<'f>,
}

const NAMES: [&str; 19] = [
    "customer_id",
    "country",
    "party_type",
    "segment",
    "language",
    "credit_limit_minor",
    "currency",
    "credit_score",
    "parent_id",
    "collector",
    "status",
    "dunning_block",
    "dunning_block_until",
    "do_not_contact",
    "do_not_contact_until",
    "reachable_by",
    "timezone",
    "payment_method",
    "key_account",
];

/// Fills in what the ledger says of each customer.
pub(super) fn fill(snapshot: &Snapshot, places: &Places, accounts: &mut [Account]) -> Result<(), Error> {
    if snapshot.is_bare(Table::Customers) {
        return Ok(());
    }
    let frame = snapshot.rows(Table::Customers, &NAMES, Keep::All)?;
    let of = |name: &str| RowValues::of(&frame, name);
    let columns = Columns {
        country: of("country")?,
        party_type: of("party_type")?,
        segment: of("segment")?,
        language: of("language")?,
        credit_limit: of("credit_limit_minor")?,
        currency: of("currency")?,
        credit_score: of("credit_score")?,
        parent: of("parent_id")?,
        collector: of("collector")?,
        status: of("status")?,
        block: of("dunning_block")?,
        block_until: of("dunning_block_until")?,
        do_not_contact: of("do_not_contact")?,
        do_not_contact_until: of("do_not_contact_until")?,
        reachable_by: of("reachable_by")?,
        timezone: of("timezone")?,
        payment_method: of("payment_method")?,
        key_account: of("key_account")?,
    };
    let ids = of("customer_id")?;
    for row in 0..frame.height() {
        let place = ids.text(row).and_then(|id| places.find(id));
        if let Some(account) = place.and_then(|place| accounts.get_mut(place)) {
            columns.fill(row, account);
        }
    }
    Ok(())
}

impl Columns<'_> {
    fn fill(&self, row: usize, account: &mut Account) {
        let lower = |values: &RowValues<'_>| told(values.text(row)).map(|text| text.to_lowercase());
        let day = |values: &RowValues<'_>| -> Option<Date> { values.day(row).map(from_day_number) };
        let party = lower(&self.party_type).and_then(|name| PartyType::parse(&name));
        account.is_party_assumed = party.is_none();
        account.party_type = party.unwrap_or(PartyType::LegalEntity);
        account.country = told(self.country.text(row)).map(|code| code.to_uppercase());
        account.segment = told(self.segment.text(row));
        account.language = lower(&self.language);
        account.credit_limit = self.limit(row);
        account.credit_score = self.credit_score.number(row);
        account.parent_id = told(self.parent.text(row));
        account.collector = told(self.collector.text(row));
        account.timezone = told(self.timezone.text(row));
        account.status = lower(&self.status).map_or(AccountStatus::Active, |name| status(&name));
        account.block = told(self.block.text(row)).map(|reason| Block {
            reason,
            until: day(&self.block_until),
        });
        let until = day(&self.do_not_contact_until);
        account.do_not_contact = channels(self.do_not_contact.text(row))
            .unwrap_or_default()
            .into_iter()
            .map(|channel| (channel, until))
            .collect();
        account.reachable = channels(self.reachable_by.text(row));
        account.is_direct_debit = lower(&self.payment_method).as_deref() == Some("direct_debit");
        account.is_key_account = lower(&self.key_account).as_deref() == Some("yes");
    }

    fn limit(&self, row: usize) -> Option<Money> {
        let minor = self.credit_limit.integer(row)?;
        let currency = Currency::parse(self.currency.text(row)?).ok()?;
        Some(Money::from_minor(minor, currency))
    }
}

/// A status that is not known stands for the worst: nobody is dunned by a misspelt word.
fn status(name: &str) -> AccountStatus {
    match name {
        "active" => AccountStatus::Active,
        "insolvency" => AccountStatus::Insolvency,
        "deceased" => AccountStatus::Deceased,
        "debt_counselling" => AccountStatus::DebtCounselling,
        _ => AccountStatus::Legal,
    }
}

/// Reads channels separated by blanks or commas; `all` are all that reach a customer. None where nothing is told.
fn channels(text: Option<&str>) -> Option<Vec<Channel>> {
    let text = told(text)?.to_lowercase();
    let mut found = Vec::new();
    for word in text.split([' ', ',', ';']).filter(|word| !word.is_empty()) {
        if word == "all" {
            found.extend([Channel::Email, Channel::Sms, Channel::Post, Channel::Phone]);
        } else {
            found.extend(Channel::parse(word));
        }
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_words_and_all_is_every_one_that_reaches_a_customer() {
        assert_eq!(channels(None), None);
        assert_eq!(channels(Some("  ")), None);
        assert_eq!(
            channels(Some("phone Email")),
            Some(vec![Channel::Email, Channel::Phone])
        );
        assert_eq!(channels(Some("all")).map(|all| all.len()), Some(4));
        assert_eq!(channels(Some("fax")), Some(Vec::new()));
    }

    #[test]
    fn a_status_that_nobody_knows_is_not_dunned() {
        assert_eq!(status("active"), AccountStatus::Active);
        assert_eq!(status("insolvent?"), AccountStatus::Legal);
    }
}
