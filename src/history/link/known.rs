//! The ledger as it was before an import, as far as linkers look at it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use polars::prelude::{DataFrame, Expr, col};

use crate::domain::date::from_day_number;
use crate::domain::{Currency, Date};
use crate::history::reading::ledger_files;
use crate::history::row_values::RowValues;
use crate::history::schema::{KNOWN_ON, Table};
use crate::history::{Error, History, OpenOptions, Snapshot};

/// An invoice of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownInvoice {
    pub(crate) invoice_id: String,
    /// Number printed on it, where that is not its id.
    pub(crate) number: Option<String>,
    /// Reference the customer was asked to pay under (ISO 11649 or other).
    pub(crate) payment_reference: Option<String>,
    pub(crate) customer_id: String,
    pub(crate) invoice_date: Date,
    pub(crate) due_date: Date,
    pub(crate) currency: Currency,
    pub(crate) amount_minor: i64,
    /// What is still owed, in minor units; zero when settled.
    pub(crate) open_minor: i64,
}

/// A payment of the ledger: an allocation to an invoice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KnownPayment {
    pub(crate) payment_id: String,
    pub(crate) invoice_id: String,
    pub(crate) paid_date: Date,
    /// Day from which it was known.
    pub(crate) known_on: Date,
    pub(crate) amount_minor: i64,
    pub(crate) receipt_id: Option<String>,
    /// Share from 0 to 1 where a linker allocated; absent where the source did.
    pub(crate) confidence: Option<f64>,
}

/// A credit note or a write-off of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownCredit {
    pub(crate) table: Table,
    /// Id in its table.
    pub(crate) id: String,
    /// Invoice that it reduces; absent on account.
    pub(crate) invoice_id: Option<String>,
    /// Day from which it was known.
    pub(crate) known_on: Date,
    pub(crate) amount_minor: i64,
}

/// A receipt of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownReceipt {
    pub(crate) receipt_id: String,
    pub(crate) customer_id: Option<String>,
    pub(crate) value_date: Date,
    pub(crate) currency: Currency,
    pub(crate) amount_minor: i64,
    /// Part that payments of the ledger account for without naming it.
    pub(crate) in_ledger_minor: i64,
    pub(crate) reversal_of: Option<String>,
    pub(crate) payer_account: Option<String>,
    pub(crate) end_to_end_id: Option<String>,
    /// Whether the system that keeps the receivables told of it, and not the bank.
    pub(crate) is_ledgers: bool,
}

/// What is read of each table.
const OF_INVOICE: [&str; 9] = [
    "invoice_id",
    "number",
    "payment_reference",
    "customer_id",
    "invoice_date",
    "due_date",
    "currency",
    "amount_minor",
    "entity",
];
const OF_PAYMENT: [&str; 7] = [
    "payment_id",
    "invoice_id",
    "paid_date",
    KNOWN_ON,
    "amount_minor",
    "receipt_id",
    "confidence",
];
const OF_RECEIPT: [&str; 10] = [
    "receipt_id",
    "customer_id",
    "value_date",
    "currency",
    "amount_minor",
    "in_ledger_minor",
    "reversal_of",
    "payer_account",
    "end_to_end_id",
    "source",
];

/// What receipts have for their source where a system of accounts told of them.
const LEDGER_SOURCES: [&str; 2] = ["ledger", "quickbooks"];

/// The ledger before the import; empty where there is none yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Invoices, open or settled, sorted by id.
    pub(crate) invoices: Vec<KnownInvoice>,
    /// Customers' names by id, sorted by id.
    pub(crate) customers: Vec<(String, String)>,
    /// By how much invoices are settled beyond their amount, by id.
    pub(crate) overpaid: BTreeMap<String, i64>,
    /// Payments, sorted by id.
    pub(crate) payments: Vec<KnownPayment>,
    /// Credit notes, then write-offs, each sorted by id.
    pub(crate) credits: Vec<KnownCredit>,
    /// Receipts, sorted by id.
    pub(crate) receipts: Vec<KnownReceipt>,
}

impl Known {
    /// Returns the invoice of that id.
    pub(crate) fn invoice(&self, id: &str) -> Option<&KnownInvoice> {
        self.invoices
            .binary_search_by(|invoice| invoice.invoice_id.as_str().cmp(id))
            .ok()
            .and_then(|place| self.invoices.get(place))
    }

    /// Reads what linkers look at, with everything the ledger knows; nothing where there is no ledger.
    ///
    /// # Errors
    ///
    /// Those of [`History::open_with`].
    pub(crate) fn of_ledger(folder: &Path) -> Result<Self, Error> {
        match fs::metadata(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Error::io(folder, error)),
            Ok(_) => {}
        }
        if !ledger_files(folder)?.contains_key(&Table::Invoices) {
            return Ok(Self::default());
        }
        // Rows that are not valid are the ledger's matter, not that of what comes in.
        let options = OpenOptions {
            max_reject_share: 1.0,
        };
        let (history, _) = History::open_with(folder, &options)?;
        Self::of_history(&history, None)
    }

    /// Reads what linkers look at of everything a ledger knows, limited to what belongs to some legal entities where
    /// they are given.
    ///
    /// # Errors
    ///
    /// [`Error::Polars`] when the ledger cannot be read.
    pub(crate) fn of_history(history: &History, entities: Option<&BTreeSet<String>>) -> Result<Self, Error> {
        let Some((_, last)) = history.date_range() else {
            return Ok(Self::default());
        };
        let snapshot = history.as_of(last);
        let (invoices, overpaid) = read_invoices(&snapshot, entities)?;
        let mut known = Self {
            invoices,
            customers: read_customers(&snapshot)?,
            overpaid,
            payments: read_payments(&snapshot)?,
            credits: read_credits(&snapshot)?,
            receipts: read_receipts(&snapshot)?,
        };
        if entities.is_some() {
            known.leave_out_others();
        }
        Ok(known)
    }

    /// Leaves out what does not belong to the invoices, and the customers that have none.
    fn leave_out_others(&mut self) {
        let invoices = self.invoices.iter();
        let ids: BTreeSet<String> = invoices.map(|invoice| invoice.invoice_id.clone()).collect();
        let invoices = self.invoices.iter();
        let owners: BTreeSet<String> = invoices.map(|invoice| invoice.customer_id.clone()).collect();
        self.customers.retain(|(id, _)| owners.contains(id));
        self.payments.retain(|payment| ids.contains(&payment.invoice_id));
        self.credits
            .retain(|credit| credit.invoice_id.as_ref().is_some_and(|id| ids.contains(id)));
        self.receipts.retain(|receipt| {
            let customer = receipt.customer_id.as_ref();
            customer.is_some_and(|id| owners.contains(id))
        });
    }
}

/// Reads cells of a frame by name of column.
struct Cells<'a> {
    frame: &'a DataFrame,
}

impl<'a> Cells<'a> {
    fn of(&self, name: &str) -> Result<RowValues<'a>, Error> {
        RowValues::of(self.frame, name)
    }
}

fn owned(values: &RowValues<'_>, row: usize) -> Option<String> {
    values.text(row).map(ToOwned::to_owned)
}

fn day(values: &RowValues<'_>, row: usize) -> Date {
    from_day_number(values.day(row).unwrap_or(0))
}

fn currency(values: &RowValues<'_>, row: usize) -> Currency {
    let code = values.text(row).unwrap_or("");
    Currency::parse(code).expect("only known currencies enter a history")
}

type Invoices = (Vec<KnownInvoice>, BTreeMap<String, i64>);

fn chosen(names: &[&str]) -> Vec<Expr> {
    names.iter().map(|name| col(*name)).collect()
}

fn read_invoices(snapshot: &Snapshot, entities: Option<&BTreeSet<String>>) -> Result<Invoices, Error> {
    let settled = snapshot
        .settlements()
        .group_by([col("invoice_id")])
        .agg([col("amount_minor").sum().alias("settled_minor")]);
    let joined = snapshot
        .table(Table::Invoices)
        .select(chosen(&OF_INVOICE))
        .left_join(settled, col("invoice_id"), col("invoice_id"));
    let frame = snapshot.collect(joined)?;
    let cells = Cells { frame: &frame };
    let (ids, customers) = (cells.of("invoice_id")?, cells.of("customer_id")?);
    let (numbers, references) = (cells.of("number")?, cells.of("payment_reference")?);
    let (issued, due) = (cells.of("invoice_date")?, cells.of("due_date")?);
    let (amounts, settled) = (cells.of("amount_minor")?, cells.of("settled_minor")?);
    let (currencies, sellers) = (cells.of("currency")?, cells.of("entity")?);
    let mut invoices = Vec::with_capacity(frame.height());
    let mut overpaid = BTreeMap::new();
    for row in 0..frame.height() {
        let seller = sellers.text(row);
        if entities.is_some_and(|seen| seller.is_none_or(|entity| !seen.contains(entity))) {
            continue;
        }
        let invoice_id = owned(&ids, row).unwrap_or_default();
        let amount_minor = amounts.integer(row).unwrap_or(0);
        let rest = amount_minor.saturating_sub(settled.integer(row).unwrap_or(0));
        if rest < 0 {
            overpaid.insert(invoice_id.clone(), rest.saturating_neg());
        }
        invoices.push(KnownInvoice {
            invoice_id,
            number: owned(&numbers, row),
            payment_reference: owned(&references, row),
            customer_id: owned(&customers, row).unwrap_or_default(),
            invoice_date: day(&issued, row),
            due_date: day(&due, row),
            currency: currency(&currencies, row),
            amount_minor,
            open_minor: rest.max(0),
        });
    }
    invoices.sort_unstable_by(|left, right| left.invoice_id.cmp(&right.invoice_id));
    Ok((invoices, overpaid))
}

fn read_customers(snapshot: &Snapshot) -> Result<Vec<(String, String)>, Error> {
    let table = snapshot.table(Table::Customers);
    let frame = snapshot.collect(table.select([col("customer_id"), col("name")]))?;
    let cells = Cells { frame: &frame };
    let (ids, names) = (cells.of("customer_id")?, cells.of("name")?);
    let mut customers: Vec<(String, String)> = (0..frame.height())
        .filter_map(|row| Some((owned(&ids, row)?, owned(&names, row)?)))
        .collect();
    customers.sort_unstable();
    Ok(customers)
}

fn read_payments(snapshot: &Snapshot) -> Result<Vec<KnownPayment>, Error> {
    let table = snapshot.table(Table::Payments);
    let frame = snapshot.collect(table.select(chosen(&OF_PAYMENT)))?;
    let cells = Cells { frame: &frame };
    let (ids, invoices) = (cells.of("payment_id")?, cells.of("invoice_id")?);
    let (paid, known) = (cells.of("paid_date")?, cells.of(KNOWN_ON)?);
    let (amounts, receipts) = (cells.of("amount_minor")?, cells.of("receipt_id")?);
    let confidences = cells.of("confidence")?;
    let mut payments: Vec<KnownPayment> = (0..frame.height())
        .map(|row| KnownPayment {
            payment_id: owned(&ids, row).unwrap_or_default(),
            invoice_id: owned(&invoices, row).unwrap_or_default(),
            paid_date: day(&paid, row),
            known_on: day(&known, row),
            amount_minor: amounts.integer(row).unwrap_or(0),
            receipt_id: owned(&receipts, row),
            confidence: confidences.number(row),
        })
        .collect();
    payments.sort_unstable_by(|left, right| left.payment_id.cmp(&right.payment_id));
    Ok(payments)
}

fn read_credits(snapshot: &Snapshot) -> Result<Vec<KnownCredit>, Error> {
    let mut credits = Vec::new();
    for table in [Table::CreditNotes, Table::WriteOffs] {
        let key = table.key().first().copied().unwrap_or_default();
        let wanted = chosen(&[key, "invoice_id", KNOWN_ON, "amount_minor"]);
        let frame = snapshot.collect(snapshot.table(table).select(wanted))?;
        let cells = Cells { frame: &frame };
        let (ids, invoices) = (cells.of(key)?, cells.of("invoice_id")?);
        let (known, amounts) = (cells.of(KNOWN_ON)?, cells.of("amount_minor")?);
        credits.extend((0..frame.height()).map(|row| KnownCredit {
            table,
            id: owned(&ids, row).unwrap_or_default(),
            invoice_id: owned(&invoices, row),
            known_on: day(&known, row),
            amount_minor: amounts.integer(row).unwrap_or(0),
        }));
    }
    credits.sort_unstable_by(|left, right| (left.table, &left.id).cmp(&(right.table, &right.id)));
    Ok(credits)
}

fn read_receipts(snapshot: &Snapshot) -> Result<Vec<KnownReceipt>, Error> {
    let table = snapshot.table(Table::Receipts);
    let frame = snapshot.collect(table.select(chosen(&OF_RECEIPT)))?;
    let cells = Cells { frame: &frame };
    let (ids, customers) = (cells.of("receipt_id")?, cells.of("customer_id")?);
    let (dates, currencies) = (cells.of("value_date")?, cells.of("currency")?);
    let (amounts, accounted) = (cells.of("amount_minor")?, cells.of("in_ledger_minor")?);
    let (undone, accounts) = (cells.of("reversal_of")?, cells.of("payer_account")?);
    let (traces, sources) = (cells.of("end_to_end_id")?, cells.of("source")?);
    let mut receipts: Vec<KnownReceipt> = (0..frame.height())
        .map(|row| KnownReceipt {
            receipt_id: owned(&ids, row).unwrap_or_default(),
            customer_id: owned(&customers, row),
            value_date: day(&dates, row),
            currency: currency(&currencies, row),
            amount_minor: amounts.integer(row).unwrap_or(0),
            in_ledger_minor: accounted.integer(row).unwrap_or(0),
            reversal_of: owned(&undone, row),
            payer_account: owned(&accounts, row),
            end_to_end_id: owned(&traces, row),
            is_ledgers: owned(&sources, row).is_some_and(|source| LEDGER_SOURCES.contains(&source.as_str())),
        })
        .collect();
    receipts.sort_unstable_by(|left, right| left.receipt_id.cmp(&right.receipt_id));
    Ok(receipts)
}

#[cfg(test)]
mod tests;
