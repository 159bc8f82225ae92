//! The newest state of a payment: its lines, and the payment as a whole.

use std::collections::BTreeMap;

use crate::domain::{Currency, Date};
use crate::history::link::{Draft, Fault, LedgerRow, Record};
use crate::history::schema::{RECORDED_AT, Table};

/// Table that lines belong to, for faults.
const TABLE: Table = Table::Payments;
/// Table that payments as a whole belong to.
const RECEIPTS: Table = Table::Receipts;

/// Orders the states of a payment: the day it was changed, and its number among those of the day.
type Version = (Option<Date>, Option<i64>);

fn version(record: &Record) -> Version {
    (record.date("recorded_at"), record.integer("version"))
}

/// A line of a payment, checked.
pub(super) struct Line<'a> {
    record: &'a Record,
    pub(super) payment_id: &'a str,
    invoice_id: &'a str,
    currency: Currency,
    date: Date,
    amount: i64,
    /// Cash of its payment, less what is unapplied.
    cash: i64,
}

impl<'a> Line<'a> {
    pub(super) fn read(record: &'a Record) -> Result<Self, Fault> {
        let payment_id = record.needed(TABLE, "payment_id")?;
        let invoice_id = record.needed(TABLE, "invoice_id")?;
        record.needed(TABLE, "customer_id")?;
        let date = record.date("date").ok_or_else(|| record.missing(TABLE, "date"))?;
        let currency = record
            .currency(TABLE, "currency")?
            .ok_or_else(|| record.missing(TABLE, "currency"))?;
        let minor = |field: &'static str| record.minor(TABLE, field, currency);
        let amount = minor("amount")?.ok_or_else(|| record.missing(TABLE, "amount"))?;
        if amount <= 0 {
            return Err(record.fault(TABLE, "amount", "a line settles more than zero"));
        }
        let payment_amount =
            minor("payment_amount")?.ok_or_else(|| record.missing(TABLE, "payment_amount"))?;
        let unapplied = minor("unapplied")?.unwrap_or(0);
        if payment_amount < 0 {
            return Err(record.fault(TABLE, "payment_amount", "a payment comes to zero or more"));
        }
        if !(0..=payment_amount).contains(&unapplied) {
            let reason = "from zero to the amount of the payment";
            return Err(record.fault(TABLE, "unapplied", reason));
        }
        Ok(Self {
            record,
            payment_id,
            invoice_id,
            currency,
            date,
            amount,
            cash: payment_amount.saturating_sub(unapplied),
        })
    }

    /// A row of `payments` on a part of the line.
    fn payment(&self, id: &str, minor: i64) -> LedgerRow {
        Draft::new(Table::Payments, &self.record.origin())
            .text("payment_id", id)
            .text("invoice_id", self.invoice_id)
            .money(minor, self.currency)
            .text_if("customer_id", self.record.text("customer_id"))
            .date("paid_date", self.date)
            .text_if("method", self.record.text("method"))
            .text("receipt_id", self.payment_id)
            .date_if(RECORDED_AT, self.record.date("recorded_at"))
            .done()
    }

    /// A row of `credit_notes` on a part of the line.
    fn credit(&self, id: &str, minor: i64) -> LedgerRow {
        Draft::new(Table::CreditNotes, &self.record.origin())
            .text("credit_note_id", &format!("{id}-credit"))
            .text("invoice_id", self.invoice_id)
            .money(minor, self.currency)
            .text_if("customer_id", self.record.text("customer_id"))
            .date("credit_date", self.date)
            .date_if(RECORDED_AT, self.record.date("recorded_at"))
            .done()
    }
}

/// A payment as a whole, checked.
pub(super) struct Head<'a> {
    record: &'a Record,
    pub(super) payment_id: &'a str,
    /// What came in; nothing of a payment that is void, or that credits alone made up.
    cash: Option<(Date, i64, Currency)>,
}

impl<'a> Head<'a> {
    pub(super) fn read(record: &'a Record) -> Result<Self, Fault> {
        let payment_id = record.needed(RECEIPTS, "payment_id")?;
        let cash = if record.text("void") == Some("yes") {
            None
        } else {
            let date = record
                .date("date")
                .ok_or_else(|| record.missing(RECEIPTS, "date"))?;
            let currency = record
                .currency(RECEIPTS, "currency")?
                .ok_or_else(|| record.missing(RECEIPTS, "currency"))?;
            let minor = record
                .minor(RECEIPTS, "amount", currency)?
                .ok_or_else(|| record.missing(RECEIPTS, "amount"))?;
            Some((date, minor, currency)).filter(|_| minor != 0)
        };
        Ok(Self {
            record,
            payment_id,
            cash,
        })
    }

    /// The receipt of the payment, if money came in.
    fn receipt(&self) -> Option<LedgerRow> {
        let (date, minor, currency) = self.cash?;
        let row = Draft::new(Table::Receipts, &self.record.origin())
            .text("receipt_id", self.payment_id)
            .text_if("customer_id", self.record.text("customer_id"))
            .date("value_date", date)
            .money(minor, currency)
            .text_if("remittance", self.record.text("remittance"))
            .text_if("source", self.record.text("source"))
            .date_if(RECORDED_AT, self.record.date("recorded_at"));
        Some(row.done())
    }
}

/// What is known of a payment by its newest state.
#[derive(Default)]
pub(super) struct State<'a> {
    version: Version,
    head: Option<Head<'a>>,
    lines: Vec<Line<'a>>,
    /// A line could not be read, so that nobody knows all that the payment settles.
    pub(super) is_faulty: bool,
}

impl<'a> State<'a> {
    /// Takes a line, and returns how many records came to nothing by it.
    pub(super) fn take_line(&mut self, line: Line<'a>) -> u64 {
        let of = version(line.record);
        if of < self.version {
            return 1;
        }
        let dropped = self.renew(of);
        if self
            .lines
            .iter()
            .any(|known| known.record.cells().eq(line.record.cells()))
        {
            // The same payment in two overlapping exports.
            return dropped + 1;
        }
        self.lines.push(line);
        dropped
    }

    /// Takes the payment as a whole, and returns how many records came to nothing by it.
    pub(super) fn take_head(&mut self, head: Head<'a>) -> u64 {
        let of = version(head.record);
        if of < self.version {
            return 1;
        }
        let dropped = self.renew(of);
        // Of two that have one version the content decides, so that the order of the files does not.
        match &self.head {
            Some(known) if known.record.cells().ge(head.record.cells()) => dropped + 1,
            Some(_) => {
                self.head = Some(head);
                dropped + 1
            }
            None => {
                self.head = Some(head);
                dropped
            }
        }
    }

    /// Forgets an older state, and returns of how many records it was.
    fn renew(&mut self, version: Version) -> u64 {
        if version == self.version {
            return 0;
        }
        self.version = version;
        let lines = u64::try_from(self.lines.len()).unwrap_or(u64::MAX);
        self.lines.clear();
        lines.saturating_add(u64::from(self.head.take().is_some()))
    }

    /// Whether the state says all there is of the payment.
    pub(super) fn is_complete(&self) -> bool {
        self.head.is_some() && !self.is_faulty
    }

    /// Since when the state is known.
    pub(super) const fn changed_on(&self) -> Option<Date> {
        self.version.0
    }

    /// Adds the rows, and returns how many lines credits paid in whole or in part.
    pub(super) fn rows(&self, rows: &mut Vec<LedgerRow>) -> u64 {
        rows.extend(self.head.as_ref().and_then(Head::receipt));
        let settled = self
            .lines
            .iter()
            .fold(0_i64, |sum, line| sum.saturating_add(line.amount));
        let cash = self.lines.first().map_or(0, |line| line.cash);
        let mut credit = settled.saturating_sub(cash).max(0);
        let mut credited = 0;
        // Two lines may be put against one invoice.
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for line in &self.lines {
            let count = counts.entry(line.invoice_id).or_default();
            *count = count.saturating_add(1);
            let mut id = format!("{}-{}", line.payment_id, line.invoice_id);
            if *count > 1 {
                id = format!("{id}-{count}");
            }
            let from_credit = credit.min(line.amount);
            credit = credit.saturating_sub(from_credit);
            if from_credit > 0 {
                credited += 1;
                rows.push(line.credit(&id, from_credit));
            }
            let paid = line.amount.saturating_sub(from_credit);
            if paid > 0 {
                rows.push(line.payment(&id, paid));
            }
        }
        credited
    }
}
