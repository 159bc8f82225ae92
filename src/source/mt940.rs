//! Bank statements in SWIFT MT940, with or without the envelope of the network.
//!
//! Read field by field. The page of a statement (`:28C:` 12/1, 12/2, ...) has balances of its own, intermediate ones
//! (`:60M:`, `:62M:`) between pages: each page must lead from its opening to its closing balance, and a page must open
//! with the balance the page before has closed with.

mod details;
mod fields;
mod line;

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use super::bank::{Amount, Effect, Ids, Receipt, account_name, clean, of_gvc, repeated, sheet};
use super::error::Error;
use super::{Options, Rows, Sheet, SourceRow};
use details::Details;
use fields::{Field, Fields, Item};
use line::{Balance, Line};

/// How many accounts may have a page that is waited for.
const OPEN_PAGES_MAX: usize = 10_000;

/// Opens a file of statements.
pub(crate) fn open(path: &Path, options: &Options) -> Result<Box<dyn Rows>, Error> {
    Ok(Box::new(Mt940 {
        path: path.to_path_buf(),
        fields: Fields::open(path, &options.encoding)?,
        sheets: [sheet()],
        page: Page::default(),
        last_page_closed: BTreeMap::new(),
        ids: Ids::default(),
        pending: VecDeque::new(),
        is_done: false,
    }))
}

/// A page of a statement.
#[derive(Debug, Default)]
struct Page {
    reference: String,
    account: String,
    number: String,
    opening: Option<Balance>,
    movement: Amount,
    is_closed: bool,
    /// The entry whose details (`:86:`) may follow.
    line: Option<(u64, Line)>,
}

struct Mt940 {
    path: PathBuf,
    fields: Fields,
    sheets: [Sheet; 1],
    page: Page,
    /// Intermediate closing balance of the last page, by account.
    last_page_closed: BTreeMap<String, Balance>,
    ids: Ids,
    pending: VecDeque<(u64, Receipt)>,
    is_done: bool,
}

impl Mt940 {
    /// Reads one field on.
    fn advance(&mut self) -> Result<(), Error> {
        match self.fields.next_item()? {
            Some(Item::Field(field)) => self
                .take(&field)
                .map_err(|reason| self.malformed(field.line, reason)),
            Some(Item::End(line)) => self.finish(line),
            None => {
                self.is_done = true;
                self.finish(self.fields.line())
            }
        }
    }

    fn take(&mut self, field: &Field) -> Result<(), String> {
        let text = field.lines.first().map_or("", |line| line.trim());
        match field.tag.as_str() {
            "20" => {
                self.close_page()?;
                self.page = Page {
                    reference: repeated(":20:", clean(text))?,
                    ..Page::default()
                };
            }
            "25" | "25P" => self.page.account = repeated(":25:", account_name(text))?,
            "28" | "28C" => self.page.number = repeated(":28C:", clean(text))?,
            "60F" | "60M" => self.open_page(text, field.tag == "60M")?,
            "61" => {
                self.flush()?;
                if self.page.opening.is_none() || self.page.is_closed {
                    return Err("an entry (:61:) must stand between opening and closing balance".to_owned());
                }
                self.page.line = Some((field.line, Line::parse(&field.lines)?));
            }
            "86" => {
                if let Some((line, entry)) = self.page.line.take() {
                    let details = Details::parse(&field.lines);
                    self.book(line, &entry, details)?;
                }
            }
            "62F" | "62M" => {
                self.flush()?;
                self.check(text, field.tag == "62M")?;
            }
            _ => {}
        }
        Ok(())
    }

    fn open_page(&mut self, text: &str, is_intermediate: bool) -> Result<(), String> {
        if self.page.opening.is_some() {
            return Err("one opening balance a page expected, got another".to_owned());
        }
        let opening = Balance::parse(text)?;
        let before = self.last_page_closed.remove(&self.page.account);
        if let Some(before) = before
            && is_intermediate
            && (before.amount != opening.amount || before.currency != opening.currency)
        {
            return Err(format!(
                "opening balance of {before} expected, with which the page before has closed, got {opening}"
            ));
        }
        let page = &self.page;
        self.ids
            .begin_statement(&[&page.account, &page.number, &page.reference, text]);
        self.page.opening = Some(opening);
        Ok(())
    }

    /// Takes the last entry without details.
    fn flush(&mut self) -> Result<(), String> {
        match self.page.line.take() {
            Some((line, entry)) => self.book(line, &entry, Details::parse(&[])),
            None => Ok(()),
        }
    }

    fn book(&mut self, at: u64, line: &Line, mut details: Details) -> Result<(), String> {
        if !line.mark.is_booked {
            return Ok(());
        }
        let amount = line.amount.signed(line.mark.is_credit);
        let sum = self.page.movement.plus(amount);
        self.page.movement = sum.ok_or("the entries add up to more than there is room for")?;
        let kind = match effect(line, &details) {
            Effect::Receipt(kind) | Effect::Undo(kind) if amount != Amount::default() => kind,
            _ => return Ok(()),
        };
        if details.is_plain {
            details.complete(line);
        }
        let currency = self.page.opening.as_ref().map(|opening| opening.currency.clone());
        let mut receipt = Receipt {
            statement_id: self.page.number.clone(),
            bank_account: self.page.account.clone(),
            booking_date: line.booking_date.to_string(),
            value_date: line.value_date.to_string(),
            amount,
            currency: currency.unwrap_or_default(),
            kind,
            details: details.receipt,
            bank_reference: line.bank_reference.clone(),
            source: "mt940",
            ..Receipt::default()
        };
        receipt.identify(&mut self.ids, amount, None);
        self.pending.push_back((at, receipt));
        Ok(())
    }

    fn check(&mut self, text: &str, is_intermediate: bool) -> Result<(), String> {
        let opening = self.page.opening.as_ref();
        let opening = opening.ok_or("an opening balance (:60F:) expected before the closing balance")?;
        let closing = Balance::parse(text)?;
        let expected = opening.amount.plus(self.page.movement);
        if expected != Some(closing.amount) || opening.currency != closing.currency {
            return Err(format!(
                "statement {:?} of account {:?}: closing balance of {} {} expected (opening balance {opening} and \
                 entries {}), got {closing}",
                self.page.number,
                self.page.account,
                expected.unwrap_or_default().text(&opening.currency),
                opening.currency,
                self.page.movement.text(&opening.currency),
            ));
        }
        self.page.is_closed = true;
        if is_intermediate && self.last_page_closed.len() < OPEN_PAGES_MAX {
            self.last_page_closed.insert(self.page.account.clone(), closing);
        }
        Ok(())
    }

    /// The page must be whole before the next begins.
    fn close_page(&mut self) -> Result<(), String> {
        self.flush()?;
        if self.page.opening.is_some() && !self.page.is_closed {
            return Err(format!(
                "statement {:?} of account {:?}: a closing balance (:62F:) expected, got none",
                self.page.number, self.page.account
            ));
        }
        Ok(())
    }

    fn finish(&mut self, line: u64) -> Result<(), Error> {
        let closed = self.close_page();
        closed.map_err(|reason| self.malformed(line, reason))?;
        self.page = Page::default();
        Ok(())
    }

    fn malformed(&self, line: u64, reason: String) -> Error {
        Error::malformed(&self.path, format!("line {line}"), reason)
    }
}

impl Rows for Mt940 {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn next_row(&mut self, row: &mut SourceRow) -> Result<bool, Error> {
        loop {
            if let Some((line, receipt)) = self.pending.pop_front() {
                receipt.write(row);
                row.line = line;
                row.bytes = self.fields.bytes();
                return Ok(true);
            }
            if self.is_done {
                return Ok(false);
            }
            self.advance()?;
        }
    }
}

/// What an entry means for receipts: its mark, then the German code, then the type of the network.
fn effect(line: &Line, details: &Details) -> Effect {
    let is_returned_item = line.kind == "RTI" || details.is_return;
    match (line.mark.is_credit, line.mark.is_reversal) {
        (true, true) => return Effect::Other,
        (false, true) => return Effect::Undo("reversal"),
        (true, false) if is_returned_item => return Effect::Other,
        (false, false) if is_returned_item => return Effect::Undo("return"),
        _ => {}
    }
    if let Some(effect) = of_gvc(&details.code, line.mark.is_credit) {
        return effect;
    }
    match (line.mark.is_credit, line.kind.as_str()) {
        (false, _) => Effect::Other,
        (true, "TRF" | "STO" | "CLR" | "FEX") => Effect::Receipt("transfer"),
        (true, "DDT") => Effect::Receipt("direct_debit"),
        (true, "CHK" | "TCK" | "COL") => Effect::Receipt("cheque"),
        (true, _) => Effect::Receipt("other"),
    }
}

#[cfg(test)]
mod tests;
