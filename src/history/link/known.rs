//! The ledger as it was before an import, as far as linkers look at it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use polars::prelude::{DataFrame, col};

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
        Self::of_history(&history)
    }

    fn of_history(history: &History) -> Result<Self, Error> {
        let Some((_, last)) = history.date_range() else {
            return Ok(Self::default());
        };
        let snapshot = history.as_of(last);
        let (invoices, overpaid) = read_invoices(&snapshot)?;
        Ok(Self {
            invoices,
            customers: read_customers(&snapshot)?,
            overpaid,
            payments: read_payments(&snapshot)?,
            credits: read_credits(&snapshot)?,
            receipts: read_receipts(&snapshot)?,
        })
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

fn read_invoices(snapshot: &Snapshot) -> Result<Invoices, Error> {
    let settled = snapshot
        .settlements()
        .group_by([col("invoice_id")])
        .agg([col("amount_minor").sum().alias("settled_minor")]);
    let joined = snapshot
        .table(Table::Invoices)
        .left_join(settled, col("invoice_id"), col("invoice_id"));
    let frame = snapshot.collect(joined)?;
    let cells = Cells { frame: &frame };
    let (ids, customers) = (cells.of("invoice_id")?, cells.of("customer_id")?);
    let (numbers, references) = (cells.of("number")?, cells.of("payment_reference")?);
    let (issued, due) = (cells.of("invoice_date")?, cells.of("due_date")?);
    let (amounts, settled) = (cells.of("amount_minor")?, cells.of("settled_minor")?);
    let currencies = cells.of("currency")?;
    let mut invoices = Vec::with_capacity(frame.height());
    let mut overpaid = BTreeMap::new();
    for row in 0..frame.height() {
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
    let frame = snapshot.collect(snapshot.table(Table::Payments))?;
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
        let frame = snapshot.collect(snapshot.table(table))?;
        let cells = Cells { frame: &frame };
        let key = table.key().first().copied().unwrap_or_default();
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
    let frame = snapshot.collect(snapshot.table(Table::Receipts))?;
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
mod tests {
    use std::fs;

    use super::Known;

    #[test]
    fn what_is_open_is_what_no_payment_settles_and_no_ledger_knows_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            Known::of_ledger(&folder.path().join("none"))
                .unwrap()
                .invoices
                .is_empty()
        );
        assert!(Known::of_ledger(folder.path()).unwrap().invoices.is_empty());
        let invoices = "invoice_id,customer_id,invoice_date,due_date,amount,currency,number,payment_reference\n\
            B,C1,2026-01-05,2026-02-04,100.00,EUR,RE-2,\n\
            A,C1,2026-01-05,2026-02-04,50.00,EUR,,RF18539007547034\n";
        let payments = "payment_id,invoice_id,paid_date,amount,currency,receipt_id,confidence\n\
            P1,B,2026-02-01,60.00,EUR,R1,0.99\n\
            P2,A,2026-02-01,70.00,EUR,,\n";
        let receipts = "receipt_id,value_date,amount,currency,payer_account\nR1,2026-02-01,80.00,EUR,ab12\n";
        let credits = "credit_note_id,customer_id,credit_date,amount,currency\nK1,C1,2026-02-01,5.00,EUR\n";
        for (name, text) in [
            ("invoices", invoices),
            ("payments", payments),
            ("credit_notes", credits),
            ("receipts", receipts),
        ] {
            fs::write(folder.path().join(format!("{name}.csv")), text).unwrap();
        }
        let known = Known::of_ledger(folder.path()).unwrap();
        let open: Vec<(&str, i64)> = known
            .invoices
            .iter()
            .map(|invoice| (invoice.invoice_id.as_str(), invoice.open_minor))
            .collect();
        assert_eq!(open, [("A", 0), ("B", 4_000)]);
        assert_eq!(known.overpaid.get("A"), Some(&2_000));
        assert_eq!(known.invoices[1].number.as_deref(), Some("RE-2"));
        assert_eq!(known.payments[0].receipt_id.as_deref(), Some("R1"));
        assert_eq!(known.payments[1].confidence, None);
        assert_eq!(
            known.invoice("B").map(|invoice| invoice.amount_minor),
            Some(10_000)
        );
        assert_eq!(known.invoice("C"), None);
        assert_eq!(
            (known.credits[0].id.as_str(), known.credits[0].amount_minor),
            ("K1", 500)
        );
        assert_eq!(known.credits[0].invoice_id, None);
        assert_eq!(known.receipts[0].amount_minor, 8_000);
        assert_eq!(known.receipts[0].payer_account.as_deref(), Some("ab12"));
    }
}
