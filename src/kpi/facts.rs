//! The facts behind the figures, read from a snapshot and sorted by currency.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, Int32Chunked, Int64Chunked, LazyFrame, StringChunked, col};

use super::Error;
use crate::domain::Currency;
use crate::history::{Snapshot, Table};

/// Name under which errors report the settlements, which are several tables read as one.
const SETTLEMENTS: &str = "settlements";

/// An invoice as issued.
#[derive(Clone, Debug)]
pub(crate) struct InvoiceFact {
    pub(crate) customer_id: String,
    pub(crate) invoice_day: i32,
    pub(crate) due_day: i32,
    pub(crate) gross: i64,
}

/// How an open amount became smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SettlementKind {
    Cash,
    CreditNote,
    WriteOff,
}

/// A payment, credit note or write-off of one invoice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SettlementFact {
    /// Position in [`CurrencyFacts::invoices`].
    pub(crate) invoice: usize,
    pub(crate) kind: SettlementKind,
    pub(crate) day: i32,
    pub(crate) amount: i64,
}

/// A promise to pay.
#[derive(Clone, Debug)]
pub(crate) struct PromiseFact {
    pub(crate) customer_id: String,
    /// Position in [`CurrencyFacts::invoices`], where the promise names an invoice.
    pub(crate) invoice: Option<usize>,
    pub(crate) created_day: i32,
    pub(crate) promised_day: i32,
    pub(crate) amount: Option<i64>,
}

/// The facts of one currency.
#[derive(Clone, Debug, Default)]
pub(crate) struct CurrencyFacts {
    pub(crate) invoices: Vec<InvoiceFact>,
    pub(crate) settlements: Vec<SettlementFact>,
    /// Day and amount of every credit note, with or without an invoice.
    pub(crate) credits: Vec<(i32, i64)>,
    pub(crate) promises: Vec<PromiseFact>,
}

/// Where each invoice stands: its currency and its position there.
type Places = BTreeMap<String, (Currency, usize)>;

/// Reads every fact the figures need.
pub(crate) fn read(snapshot: &Snapshot) -> Result<BTreeMap<Currency, CurrencyFacts>, Error> {
    let mut facts = BTreeMap::new();
    let places = read_invoices(snapshot, &mut facts)?;
    read_settlements(snapshot, &places, &mut facts)?;
    read_credits(snapshot, &mut facts)?;
    read_promises(snapshot, &places, &mut facts)?;
    for (currency, of_currency) in &facts {
        check_size(*currency, of_currency)?;
    }
    Ok(facts)
}

/// Refuses a currency whose sums could overflow, so that no later sum needs a check.
fn check_size(currency: Currency, facts: &CurrencyFacts) -> Result<(), Error> {
    let issued = facts.invoices.iter().map(|invoice| invoice.gross);
    let settled = facts.settlements.iter().map(|settlement| settlement.amount);
    let credited = facts.credits.iter().map(|(_, amount)| *amount);
    let total: u128 = issued
        .chain(settled)
        .chain(credited)
        .map(|amount| u128::from(amount.unsigned_abs()))
        .sum();
    if total >= 1 << 62 {
        return Err(Error::AmountOverflow { currency });
    }
    Ok(())
}

fn read_invoices(
    snapshot: &Snapshot,
    facts: &mut BTreeMap<Currency, CurrencyFacts>,
) -> Result<Places, Error> {
    let table = Reader::open(
        Table::Invoices.name(),
        snapshot.table(Table::Invoices),
        &[
            "invoice_id",
            "customer_id",
            "currency",
            "invoice_date",
            "due_date",
            "amount_minor",
        ],
    )?;
    let mut places = Places::new();
    let rows = table.text("invoice_id")?.iter();
    let rows = rows.zip(table.text("customer_id")?.iter());
    let rows = rows.zip(table.text("currency")?.iter());
    let rows = rows.zip(table.days("invoice_date")?.iter());
    let rows = rows.zip(table.days("due_date")?.iter());
    let rows = rows.zip(table.amounts("amount_minor")?.iter());
    for (((((id, customer), code), issued), due), amount) in rows {
        let currency = table.currency(code)?;
        let invoices = &mut facts.entry(currency).or_default().invoices;
        let id = table.present("invoice_id", id)?;
        places.insert(id.to_string(), (currency, invoices.len()));
        invoices.push(InvoiceFact {
            customer_id: table.present("customer_id", customer)?.to_string(),
            invoice_day: table.present("invoice_date", issued)?,
            due_day: table.present("due_date", due)?,
            gross: table.present("amount_minor", amount)?,
        });
    }
    Ok(places)
}

fn read_settlements(
    snapshot: &Snapshot,
    places: &Places,
    facts: &mut BTreeMap<Currency, CurrencyFacts>,
) -> Result<(), Error> {
    let table = Reader::open(
        SETTLEMENTS,
        snapshot.settlements(),
        &["invoice_id", "kind", "date", "amount_minor"],
    )?;
    let rows = table.text("invoice_id")?.iter();
    let rows = rows.zip(table.text("kind")?.iter());
    let rows = rows.zip(table.days("date")?.iter());
    let rows = rows.zip(table.amounts("amount_minor")?.iter());
    for (((id, kind), day), amount) in rows {
        // A payment may be known before its invoice is; it settles nothing yet.
        let Some(&(currency, invoice)) = places.get(table.present("invoice_id", id)?) else {
            continue;
        };
        let kind = match table.present("kind", kind)? {
            "cash" => SettlementKind::Cash,
            "credit_note" => SettlementKind::CreditNote,
            "write_off" => SettlementKind::WriteOff,
            _ => return Err(table.invalid("kind")),
        };
        let settlement = SettlementFact {
            invoice,
            kind,
            day: table.present("date", day)?,
            amount: table.present("amount_minor", amount)?,
        };
        facts.entry(currency).or_default().settlements.push(settlement);
    }
    Ok(())
}

fn read_credits(snapshot: &Snapshot, facts: &mut BTreeMap<Currency, CurrencyFacts>) -> Result<(), Error> {
    let table = Reader::open(
        Table::CreditNotes.name(),
        snapshot.table(Table::CreditNotes),
        &["currency", "credit_date", "amount_minor"],
    )?;
    let rows = table.text("currency")?.iter();
    let rows = rows.zip(table.days("credit_date")?.iter());
    let rows = rows.zip(table.amounts("amount_minor")?.iter());
    for ((code, day), amount) in rows {
        let day = table.present("credit_date", day)?;
        let amount = table.present("amount_minor", amount)?;
        facts
            .entry(table.currency(code)?)
            .or_default()
            .credits
            .push((day, amount));
    }
    Ok(())
}

fn read_promises(
    snapshot: &Snapshot,
    places: &Places,
    facts: &mut BTreeMap<Currency, CurrencyFacts>,
) -> Result<(), Error> {
    let table = Reader::open(
        Table::Promises.name(),
        snapshot.table(Table::Promises),
        &[
            "customer_id",
            "invoice_id",
            "created_on",
            "promised_date",
            "promised_amount_minor",
            "currency",
        ],
    )?;
    let rows = table.text("customer_id")?.iter();
    let rows = rows.zip(table.text("invoice_id")?.iter());
    let rows = rows.zip(table.days("created_on")?.iter());
    let rows = rows.zip(table.days("promised_date")?.iter());
    let rows = rows.zip(table.amounts("promised_amount_minor")?.iter());
    let rows = rows.zip(table.text("currency")?.iter());
    for (((((customer, invoice), created), promised), amount), code) in rows {
        let place = invoice.and_then(|id| places.get(id)).copied();
        let stated = code.map(|code| table.currency(Some(code))).transpose()?;
        // Without a currency and without an invoice there is nothing to measure the cash in.
        let Some(currency) = stated.or(place.map(|(currency, _)| currency)) else {
            continue;
        };
        let promise = PromiseFact {
            customer_id: table.present("customer_id", customer)?.to_string(),
            invoice: place
                .filter(|(of_invoice, _)| *of_invoice == currency)
                .map(|(_, position)| position),
            created_day: table.present("created_on", created)?,
            promised_day: table.present("promised_date", promised)?,
            amount,
        };
        facts.entry(currency).or_default().promises.push(promise);
    }
    Ok(())
}

/// A collected table and the name under which its errors are reported.
struct Reader {
    table: &'static str,
    frame: DataFrame,
}

impl Reader {
    fn open(table: &'static str, lf: LazyFrame, columns: &[&'static str]) -> Result<Self, Error> {
        let wanted: Vec<_> = columns.iter().map(|column| col(*column)).collect();
        let frame = lf
            .select(wanted)
            .collect()
            .map_err(|source| Error::Table { table, source })?;
        Ok(Self { table, frame })
    }

    fn text(&self, column: &'static str) -> Result<&StringChunked, Error> {
        let found = self.frame.column(column).and_then(|found| found.str());
        found.map_err(|source| Error::Table {
            table: self.table,
            source,
        })
    }

    fn days(&self, column: &'static str) -> Result<&Int32Chunked, Error> {
        let found = self.frame.column(column).and_then(|found| found.date());
        found
            .map(|dates| dates.physical())
            .map_err(|source| Error::Table {
                table: self.table,
                source,
            })
    }

    fn amounts(&self, column: &'static str) -> Result<&Int64Chunked, Error> {
        let found = self.frame.column(column).and_then(|found| found.i64());
        found.map_err(|source| Error::Table {
            table: self.table,
            source,
        })
    }

    fn present<T>(&self, column: &'static str, value: Option<T>) -> Result<T, Error> {
        value.ok_or_else(|| self.invalid(column))
    }

    fn currency(&self, code: Option<&str>) -> Result<Currency, Error> {
        let code = self.present("currency", code)?;
        Currency::parse(code).map_err(|_| self.invalid("currency"))
    }

    fn invalid(&self, column: &'static str) -> Error {
        Error::CellInvalid {
            table: self.table,
            column,
        }
    }
}
