//! A billing plan: invoices that are agreed and not yet issued, as a CSV file gives them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use csv::{ReaderBuilder, StringRecord};
use serde::Serialize;

use crate::domain::date::{day_number, parse_iso};
use crate::domain::{Currency, CustomerId, Date, Money};
use crate::forecast::Error;
use crate::history::encoding::sniff_delimiter;

/// The columns, in the order of the fields; the last may be absent.
const COLUMNS: [&str; 6] = [
    "customer_id",
    "invoice_date",
    "due_date",
    "amount",
    "currency",
    "entity",
];
/// Columns that must be there.
const REQUIRED: usize = 5;

/// Rows that a message quotes; the error holds all of them.
const REJECTS_QUOTED: usize = 5;

/// An invoice that is to be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedInvoice {
    /// Line of the file, from 1.
    pub line: u64,
    /// Who will owe it.
    pub customer_id: String,
    /// Legal entity that will issue it.
    pub entity: Option<String>,
    /// Date of issue.
    pub invoice_date: Date,
    /// Date it falls due, not before the date of issue.
    pub due_date: Date,
    /// Gross amount, more than zero.
    pub amount: Money,
}

/// Invoices that are to be issued; the default plans nothing.
///
/// What the ledger shows of a customer and currency of the plan is not continued: the plan takes its place. A row dated
/// outside the forecast has no part in this.
///
/// ```
/// use duecast::forecast::BillingPlan;
///
/// let plan = BillingPlan::parse(
///     "customer_id,invoice_date,due_date,amount,currency\nACME,2026-12-01,2026-12-31,1200.00,EUR\n",
/// )?;
/// assert_eq!(plan.invoices.len(), 1);
/// let refusal = BillingPlan::parse("customer_id,invoice_date,due_date,amount,currency\nACME,2026-12-01,,1,EUR\n");
/// assert!(refusal.unwrap_err().to_string().contains("line 2, column due_date"));
/// # Ok::<(), duecast::forecast::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillingPlan {
    /// The invoices in the order of the file.
    pub invoices: Vec<PlannedInvoice>,
}

/// A row of a billing plan that is not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanReject {
    /// Line of the file, from 1.
    pub line: u64,
    /// The column at fault; empty where the row as a whole is.
    pub column: String,
    /// What is allowed and what was given.
    pub reason: String,
}

impl fmt::Display for PlanReject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}", self.line)?;
        if !self.column.is_empty() {
            write!(formatter, ", column {}", self.column)?;
        }
        write!(formatter, ": {}", self.reason)
    }
}

impl BillingPlan {
    /// Reads a plan from the text of a CSV file: columns `customer_id`, `invoice_date`, `due_date`, `amount`, `currency`
    /// and optionally `entity`, in any order.
    ///
    /// # Errors
    ///
    /// [`Error::BillingPlanInvalid`] with every row that is wrong; nothing of such a plan is used.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim_start_matches('\u{feff}');
        let header = text.lines().next().unwrap_or("");
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(sniff_delimiter(header.as_bytes()))
            .from_reader(text.as_bytes());
        let mut records = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| {
                let line = error.position().map_or(0, csv::Position::line);
                refused(vec![reject(line, "", error.to_string())])
            })?;
            let line = record.position().map_or(0, csv::Position::line);
            records.push((line, record));
        }
        let Some(((_, names), rows)) = records.split_first() else {
            return Err(refused(vec![reject(1, "", missing(&COLUMNS[..REQUIRED]))]));
        };
        let slots = slots(names).map_err(|reason| refused(vec![reject(1, "", reason)]))?;
        let (mut invoices, mut rejects) = (Vec::new(), Vec::new());
        for (line, row) in rows {
            match read_row(*line, row, names.len(), &slots) {
                Ok(invoice) => invoices.push(invoice),
                Err(refusal) => rejects.push(refusal),
            }
        }
        if rejects.is_empty() {
            Ok(Self { invoices })
        } else {
            Err(refused(rejects))
        }
    }

    /// Returns the plan of the invoices dated after one day and up to another.
    pub(super) fn within(&self, after: i32, last_day: i32) -> Self {
        let counts = |planned: &&PlannedInvoice| {
            let day = day_number(planned.invoice_date);
            day > after && day <= last_day
        };
        Self {
            invoices: self.invoices.iter().filter(counts).cloned().collect(),
        }
    }

    /// Returns the customers and currencies of which the plan tells what recurs, in the past or to come.
    pub(super) fn payers(&self) -> BTreeSet<(&str, Currency)> {
        let payers = self.invoices.iter();
        payers
            .map(|planned| (planned.customer_id.as_str(), planned.amount.currency()))
            .collect()
    }
}

/// Lists the first rows that are wrong, and how many there are.
pub(in crate::forecast) fn listed(rejects: &[PlanReject]) -> String {
    let first: Vec<String> = rejects
        .iter()
        .take(REJECTS_QUOTED)
        .map(ToString::to_string)
        .collect();
    format!(
        "rows that cannot be used: {}; {}",
        rejects.len(),
        first.join("; ")
    )
}

fn refused(rejects: Vec<PlanReject>) -> Error {
    Error::BillingPlanInvalid { rejects }
}

fn reject(line: u64, column: &str, reason: String) -> PlanReject {
    PlanReject {
        line,
        column: column.to_owned(),
        reason,
    }
}

fn missing(columns: &[&str]) -> String {
    format!(
        "the header lacks {}; required are {}; optional is entity",
        columns.join(", "),
        COLUMNS[..REQUIRED].join(", ")
    )
}

/// Returns where each known column stands in a row.
fn slots(names: &StringRecord) -> Result<BTreeMap<&'static str, usize>, String> {
    let mut slots = BTreeMap::new();
    for (slot, name) in names.iter().enumerate() {
        let name = name.trim().to_ascii_lowercase();
        let Some(column) = COLUMNS.into_iter().find(|column| *column == name) else {
            let allowed = COLUMNS.join(", ");
            return Err(format!("the header names {name:?}; allowed are {allowed}"));
        };
        if slots.insert(column, slot).is_some() {
            return Err(format!("the header names {column} twice; once is allowed"));
        }
    }
    let absent: Vec<&str> = COLUMNS[..REQUIRED]
        .iter()
        .copied()
        .filter(|column| !slots.contains_key(column))
        .collect();
    if absent.is_empty() {
        Ok(slots)
    } else {
        Err(missing(&absent))
    }
}

/// Reads one row.
fn read_row(
    line: u64,
    row: &StringRecord,
    fields: usize,
    slots: &BTreeMap<&'static str, usize>,
) -> Result<PlannedInvoice, PlanReject> {
    if row.len() != fields {
        let reason = format!("the row has {} fields, the header has {fields}", row.len());
        return Err(reject(line, "", reason));
    }
    let cell = |column: &str| {
        slots
            .get(column)
            .and_then(|slot| row.get(*slot))
            .unwrap_or("")
            .trim()
    };
    let date =
        |column: &str| parse_iso(cell(column)).map_err(|error| reject(line, column, error.to_string()));
    let customer = CustomerId::parse(cell("customer_id"))
        .map_err(|error| reject(line, "customer_id", error.to_string()))?;
    let (invoice_date, due_date) = (date("invoice_date")?, date("due_date")?);
    if due_date < invoice_date {
        let reason = format!("allowed is the invoice date {invoice_date} or later; given {due_date}");
        return Err(reject(line, "due_date", reason));
    }
    let currency =
        Currency::parse(cell("currency")).map_err(|error| reject(line, "currency", error.to_string()))?;
    let amount =
        Money::parse(cell("amount"), currency).map_err(|error| reject(line, "amount", error.to_string()))?;
    if amount.minor() <= 0 {
        let reason = format!("allowed is more than zero; given {amount}");
        return Err(reject(line, "amount", reason));
    }
    Ok(PlannedInvoice {
        line,
        customer_id: customer.as_str().to_owned(),
        entity: Some(cell("entity"))
            .filter(|text| !text.is_empty())
            .map(ToOwned::to_owned),
        invoice_date,
        due_date,
        amount,
    })
}
