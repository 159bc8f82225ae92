//! What the ledger says of a customer and its invoices at the end of a day; balances are derived.

mod paid;
mod rows;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::access::Scope;
use crate::app::book::Error;
use crate::domain::date::day_number;
use crate::domain::{Currency, format_minor};
use crate::history::{Snapshot, Table};

pub use paid::PaidRecord;
use rows::Rows;

/// A customer as the ledger knows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CustomerRecord {
    /// The customer.
    pub customer_id: String,
    /// The last day whose facts are known.
    pub as_of: NaiveDate,
    /// Name, for people; only collectors, administrators and auditors see it.
    pub name: Option<String>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// `legal_entity`, `sole_trader`, `consumer` or `public_body`.
    pub party_type: Option<String>,
    /// Segment, as the business sees it.
    pub segment: Option<String>,
    /// Agreed credit limit, a decimal.
    pub credit_limit: Option<String>,
    /// Currency of the credit limit.
    pub currency: Option<String>,
    /// External credit score of the latest rating, else of the customer's own row.
    pub external_score: Option<f64>,
    /// Parent company.
    pub parent_id: Option<String>,
    /// Its invoices, by id.
    #[serde(skip)]
    pub invoices: Vec<InvoiceRecord>,
    /// Its promises to pay, those for the account included, by day and id.
    #[serde(skip)]
    pub promises: Vec<PromiseRecord>,
}

/// An invoice, and what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InvoiceRecord {
    /// The invoice.
    pub invoice_id: String,
    /// Who owes it.
    pub customer_id: String,
    /// Legal entity that issued it.
    pub entity: Option<String>,
    /// Part of the business that issued it.
    pub business_unit: Option<String>,
    /// Date of issue.
    pub invoice_date: NaiveDate,
    /// Date it falls due.
    pub due_date: NaiveDate,
    /// Terms as printed.
    pub payment_terms: Option<String>,
    /// Kind of document.
    pub document_type: Option<String>,
    /// Currency of the amounts.
    pub currency: String,
    /// What was invoiced, a decimal.
    pub amount: String,
    /// What is still owed, a decimal; negative where more came in than was owed.
    pub open_amount: String,
    /// `open` or `settled`.
    pub status: String,
    /// The day by which nothing was owed any longer; null while it is open.
    pub settled_on: Option<NaiveDate>,
    /// What reduced it, first one first.
    pub settlements: Vec<SettlementRecord>,
    /// Objections to it.
    pub disputes: Vec<DisputeRecord>,
    /// Promises to pay it.
    pub promises: Vec<PromiseRecord>,
    #[serde(skip)]
    open_minor: i64,
}

/// What reduced what an invoice owes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SettlementRecord {
    /// `cash`, `credit_note` or `write_off`.
    pub kind: String,
    /// The day.
    pub date: NaiveDate,
    /// The day on which it became known.
    pub known_on: NaiveDate,
    /// The amount, a decimal in the currency of the invoice; negative takes back.
    pub amount: String,
    #[serde(skip)]
    minor: i64,
}

/// An objection to an invoice.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DisputeRecord {
    /// The dispute.
    pub dispute_id: String,
    /// The invoice.
    pub invoice_id: String,
    /// The day it was opened.
    pub opened_on: NaiveDate,
    /// The amount in dispute, a decimal; null for the whole invoice.
    pub amount: Option<String>,
    /// Currency of the amount.
    pub currency: Option<String>,
    /// Why.
    pub reason_code: Option<String>,
    /// The day it was resolved; null while it is not.
    pub resolved_on: Option<NaiveDate>,
    /// How it was resolved.
    pub outcome: Option<String>,
}

/// A promise to pay.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PromiseRecord {
    /// The promise.
    pub promise_id: String,
    /// The invoice it is about; null for the account.
    pub invoice_id: Option<String>,
    /// The day it was given.
    pub created_on: NaiveDate,
    /// The day the cash was promised for.
    pub promised_date: NaiveDate,
    /// The amount promised, a decimal.
    pub promised_amount: Option<String>,
    /// Currency of the amount.
    pub currency: Option<String>,
}

impl CustomerRecord {
    /// Reads a snapshot of one customer; nothing where nothing of it is seen.
    pub(super) fn read(snapshot: &Snapshot, customer_id: &str, scope: &Scope) -> Result<Option<Self>, Error> {
        let rows = Rows::of(snapshot, Table::Customers)?;
        let invoices = invoices(snapshot, scope)?;
        let is_all = *scope == Scope::All;
        if invoices.is_empty() && (!is_all || rows.is_empty()) {
            return Ok(None);
        }
        // A promise for the account is of no legal entity.
        let mut promises = promises(snapshot)?;
        promises.retain(|promise| match &promise.invoice_id {
            Some(id) => invoices.iter().any(|invoice| invoice.invoice_id == *id),
            None => is_all,
        });
        let currency = rows.text(0, "currency");
        let known = currency.as_deref().and_then(|code| Currency::parse(code).ok());
        Ok(Some(Self {
            customer_id: customer_id.to_owned(),
            as_of: snapshot.cutoff(),
            name: rows.text(0, "name"),
            country: rows.text(0, "country"),
            party_type: rows.text(0, "party_type"),
            segment: rows.text(0, "segment"),
            credit_limit: decimal(rows.integer(0, "credit_limit_minor"), known),
            currency,
            external_score: latest_score(snapshot)?.or_else(|| rows.number(0, "credit_score")),
            parent_id: rows.text(0, "parent_id"),
            invoices,
            promises,
        }))
    }
}

impl InvoiceRecord {
    /// Returns whether something is still owed.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open_minor > 0
    }

    /// Puts the settlements in order and derives what is owed.
    fn derive(&mut self, gross_minor: i64, currency: Option<Currency>) {
        self.settlements.sort_by_key(|one| (one.date, one.known_on));
        self.open_minor = gross_minor;
        for settlement in &self.settlements {
            self.open_minor -= settlement.minor;
            let is_settled = self.open_minor <= 0;
            // A reversal opens it again.
            self.settled_on = if is_settled {
                self.settled_on.or(Some(settlement.date))
            } else {
                None
            };
        }
        self.open_amount = decimal(Some(self.open_minor), currency).unwrap_or_default();
        let status = if self.is_open() { "open" } else { "settled" };
        status.clone_into(&mut self.status);
    }

    /// Returns days past due of an invoice that was paid: settled, and with cash in the end.
    fn paid_days(&self) -> Option<i32> {
        let settled_on = self.settled_on?;
        let last = self.settlements.iter().rfind(|one| one.date <= settled_on)?;
        (last.kind == "cash").then(|| day_number(settled_on) - day_number(self.due_date))
    }
}

/// The invoices that are seen, with everything that hangs on them, by id.
fn invoices(snapshot: &Snapshot, scope: &Scope) -> Result<Vec<InvoiceRecord>, Error> {
    let rows = Rows::of(snapshot, Table::Invoices)?;
    let mut settlements = settlements(snapshot)?;
    let (mut disputes, mut promised) = (BTreeMap::new(), BTreeMap::new());
    for dispute in self::disputes(snapshot)? {
        let id = dispute.invoice_id.clone();
        disputes.entry(id).or_insert_with(Vec::new).push(dispute);
    }
    for promise in promises(snapshot)? {
        let id = promise.invoice_id.clone().unwrap_or_default();
        promised.entry(id).or_insert_with(Vec::new).push(promise);
    }
    let mut invoices = Vec::new();
    for row in rows.all() {
        let entity = rows.text(row, "entity");
        if !scope.sees(entity.as_deref()) {
            continue;
        }
        let invoice_id = rows.text(row, "invoice_id").unwrap_or_default();
        let code = rows.text(row, "currency").unwrap_or_default();
        let currency = Currency::parse(&code).ok();
        let gross_minor = rows.integer(row, "amount_minor").unwrap_or_default();
        let mut own = settlements.remove(&invoice_id).unwrap_or_default();
        for settlement in &mut own {
            settlement.amount = decimal(Some(settlement.minor), currency).unwrap_or_default();
        }
        let mut invoice = InvoiceRecord {
            customer_id: rows.text(row, "customer_id").unwrap_or_default(),
            entity,
            business_unit: rows.text(row, "business_unit"),
            invoice_date: rows.date(row, "invoice_date").unwrap_or_default(),
            due_date: rows.date(row, "due_date").unwrap_or_default(),
            payment_terms: rows.text(row, "payment_terms"),
            document_type: rows.text(row, "document_type"),
            currency: code,
            amount: decimal(Some(gross_minor), currency).unwrap_or_default(),
            open_amount: String::new(),
            status: String::new(),
            settled_on: None,
            settlements: own,
            disputes: disputes.remove(&invoice_id).unwrap_or_default(),
            promises: promised.remove(&invoice_id).unwrap_or_default(),
            open_minor: gross_minor,
            invoice_id,
        };
        invoice.derive(gross_minor, currency);
        invoices.push(invoice);
    }
    invoices.sort_by(|left, right| left.invoice_id.cmp(&right.invoice_id));
    Ok(invoices)
}

/// What settled invoices, by invoice; the amounts are written once the currency is known.
fn settlements(snapshot: &Snapshot) -> Result<BTreeMap<String, Vec<SettlementRecord>>, Error> {
    let rows = Rows::collect(snapshot, snapshot.settlements())?;
    let mut settlements: BTreeMap<String, Vec<SettlementRecord>> = BTreeMap::new();
    for row in rows.all() {
        let invoice_id = rows.text(row, "invoice_id").unwrap_or_default();
        settlements.entry(invoice_id).or_default().push(SettlementRecord {
            kind: rows.text(row, "kind").unwrap_or_default(),
            date: rows.date(row, "date").unwrap_or_default(),
            known_on: rows.date(row, "known_on").unwrap_or_default(),
            amount: String::new(),
            minor: rows.integer(row, "amount_minor").unwrap_or_default(),
        });
    }
    Ok(settlements)
}

fn disputes(snapshot: &Snapshot) -> Result<Vec<DisputeRecord>, Error> {
    let rows = Rows::of(snapshot, Table::Disputes)?;
    let mut disputes: Vec<DisputeRecord> = rows
        .all()
        .map(|row| DisputeRecord {
            dispute_id: rows.text(row, "dispute_id").unwrap_or_default(),
            invoice_id: rows.text(row, "invoice_id").unwrap_or_default(),
            opened_on: rows.date(row, "opened_on").unwrap_or_default(),
            amount: decimal(rows.integer(row, "amount_minor"), rows.currency(row)),
            currency: rows.text(row, "currency"),
            reason_code: rows.text(row, "reason_code"),
            resolved_on: rows.date(row, "resolved_on"),
            outcome: rows.text(row, "outcome"),
        })
        .collect();
    disputes
        .sort_by(|left, right| (left.opened_on, &left.dispute_id).cmp(&(right.opened_on, &right.dispute_id)));
    Ok(disputes)
}

fn promises(snapshot: &Snapshot) -> Result<Vec<PromiseRecord>, Error> {
    let rows = Rows::of(snapshot, Table::Promises)?;
    let mut promises: Vec<PromiseRecord> = rows
        .all()
        .map(|row| PromiseRecord {
            promise_id: rows.text(row, "promise_id").unwrap_or_default(),
            invoice_id: rows.text(row, "invoice_id"),
            created_on: rows.date(row, "created_on").unwrap_or_default(),
            promised_date: rows.date(row, "promised_date").unwrap_or_default(),
            promised_amount: decimal(rows.integer(row, "promised_amount_minor"), rows.currency(row)),
            currency: rows.text(row, "currency"),
        })
        .collect();
    promises.sort_by(|left, right| {
        (left.created_on, &left.promise_id).cmp(&(right.created_on, &right.promise_id))
    });
    Ok(promises)
}

/// The score that became known last.
fn latest_score(snapshot: &Snapshot) -> Result<Option<f64>, Error> {
    let rows = Rows::of(snapshot, Table::CreditRatings)?;
    let latest = rows
        .all()
        .max_by_key(|row| (rows.date(*row, "known_on"), rows.date(*row, "score_date")));
    Ok(latest.and_then(|row| rows.number(row, "score")))
}

/// An amount as a decimal; nothing without an amount or a currency.
fn decimal(minor: Option<i64>, currency: Option<Currency>) -> Option<String> {
    Some(format_minor(minor?, currency?.exponent()))
}
