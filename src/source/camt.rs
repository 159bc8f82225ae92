//! Bank statements and notifications in ISO 20022 XML: camt.052, camt.053 and camt.054, whatever their version.
//!
//! Read entry by entry, and a batch receipt by receipt. Versions differ in their namespace and in a few elements (`Sts` is `Sts/Cd` and `Dbtr` is
//! `Dbtr/Pty` since 001.08); both are looked for. Opening balance and booked entries of a statement must give its
//! closing balance, for each currency of its account, or the file is refused.

mod balance;
mod booked;
mod details;
mod entry;

use std::path::{Path, PathBuf};

use super::bank::{Ids, Receipt, account_name, clean, repeated, sheet};
use super::error::Error;
use super::xml::{Event, Reader};
use super::{Options, Rows, Sheet, SourceRow};
use balance::Balances;
use booked::Booked;
use entry::{BOUNDS, Entry};

/// The messages read: element, elements of its statements, name of the source.
const MESSAGES: [(&str, &str, &str); 3] = [
    ("BkToCstmrAcctRpt", "Rpt", "camt052"),
    ("BkToCstmrStmt", "Stmt", "camt053"),
    ("BkToCstmrDbtCdtNtfctn", "Ntfctn", "camt054"),
];

/// Opens a statement, report or notification.
pub(crate) fn open(path: &Path, _options: &Options) -> Result<Box<dyn Rows>, Error> {
    Ok(Box::new(Camt::new(path, Reader::open(path)?)))
}

/// How far into the document the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Outside,
    Document,
    Message,
    Statement,
}

/// What is known of the statement that is being read.
#[derive(Debug, Default)]
struct Statement {
    id: String,
    page: String,
    account: String,
    source: &'static str,
    entries: u64,
    balances: Balances,
}

struct Camt {
    path: PathBuf,
    xml: Reader,
    sheets: [Sheet; 1],
    level: Level,
    /// Element of the statements in the message, and name of the source.
    message: Option<(&'static str, &'static str)>,
    statement: Statement,
    entries: u64,
    ids: Ids,
    /// The entry whose receipts are given.
    booked: Option<Booked>,
}

impl Camt {
    fn new(path: &Path, xml: Reader) -> Self {
        Self {
            path: path.to_path_buf(),
            xml,
            sheets: [sheet()],
            level: Level::Outside,
            message: None,
            statement: Statement::default(),
            entries: 0,
            ids: Ids::default(),
            booked: None,
        }
    }

    /// Reads one element on; `false` at the end of the document.
    fn advance(&mut self) -> Result<bool, Error> {
        match self.xml.next_event()? {
            None => return Ok(false),
            Some(Event::Start { name, namespace, .. }) => {
                self.begin(&name, namespace.as_deref().unwrap_or("without namespace"))?;
            }
            Some(Event::End { .. }) => self.end()?,
            Some(Event::Text(_)) => {}
        }
        Ok(true)
    }

    fn begin(&mut self, name: &str, namespace: &str) -> Result<(), Error> {
        match self.level {
            Level::Outside if name == "Document" => self.level = Level::Document,
            Level::Outside => {
                return Err(self
                    .xml
                    .malformed(format!("the element Document expected, got {name:?}")));
            }
            Level::Document => {
                let Some((_, statement, source)) =
                    MESSAGES.into_iter().find(|(message, ..)| *message == name)
                else {
                    let reason =
                        format!("camt.052, camt.053 or camt.054 expected, got {name:?} of {namespace:?}");
                    return Err(self.xml.malformed(reason));
                };
                self.message = Some((statement, source));
                self.level = Level::Message;
            }
            Level::Message => match self.message {
                Some((statement, source)) if statement == name => {
                    self.statement = Statement {
                        source,
                        ..Statement::default()
                    };
                    self.level = Level::Statement;
                }
                _ => self.xml.skip()?,
            },
            Level::Statement => self.read_part(name)?,
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        self.level = match self.level {
            Level::Statement => {
                // Reports and notifications show a part of the day: their balances, if any, are of other moments.
                if self.statement.source == "camt053" {
                    let checked = self.statement.balances.check();
                    checked.map_err(|reason| self.malformed(self.statement_name(), reason))?;
                }
                Level::Message
            }
            Level::Message => Level::Document,
            Level::Document | Level::Outside => Level::Outside,
        };
        if self.level == Level::Outside && self.message.is_none() {
            return Err(self
                .xml
                .malformed("camt.052, camt.053 or camt.054 expected, got an empty document"));
        }
        Ok(())
    }

    /// Reads an element of a statement.
    fn read_part(&mut self, name: &str) -> Result<(), Error> {
        match name {
            "Id" => {
                let id = self.xml.subtree()?;
                self.statement.id = self.repeated("Id", clean(&id.text))?;
            }
            "StmtPgntn" | "RptPgntn" | "NtfctnPgntn" => {
                let page = self.xml.subtree()?;
                let number = page.text_at("PgNb").unwrap_or_default().to_owned();
                self.statement.page = self.repeated("PgNb", number)?;
            }
            "Acct" => {
                let account = self.xml.subtree()?;
                let id = account
                    .text_at("Id/IBAN")
                    .or_else(|| account.text_at("Id/Othr/Id"));
                let account = account_name(id.unwrap_or_default());
                self.statement.account = self.repeated("Acct", account)?;
            }
            "Bal" => {
                let balance = self.xml.subtree()?;
                let added = self.statement.balances.add(&balance);
                added.map_err(|reason| self.malformed(self.statement_name(), reason))?;
            }
            "Ntry" => self.read_entry()?,
            _ => self.xml.skip()?,
        }
        Ok(())
    }

    fn read_entry(&mut self) -> Result<(), Error> {
        if self.statement.entries == 0 {
            let known = &self.statement;
            self.ids
                .begin_statement(&[known.source, &known.account, &known.id, &known.page]);
        }
        self.entries += 1;
        self.statement.entries += 1;
        let entry = Entry::read(&mut self.xml, &BOUNDS)?;
        let booked = entry.book(&mut self.statement);
        self.booked = booked.map_err(|reason| {
            let at = format!("{}, entry {}", self.statement_name(), self.statement.entries);
            self.malformed(at, reason)
        })?;
        Ok(())
    }

    /// A text that every receipt repeats.
    fn repeated(&self, what: &str, text: String) -> Result<String, Error> {
        repeated(what, text).map_err(|reason| self.xml.malformed(reason))
    }

    /// The next receipt of the entry at hand.
    fn next_receipt(&mut self) -> Option<Receipt> {
        let receipt = self.booked.as_mut()?.next(&self.statement, &mut self.ids);
        if receipt.is_none() {
            self.booked = None;
        }
        receipt
    }

    fn statement_name(&self) -> String {
        format!(
            "statement {:?} of account {:?}",
            self.statement.id, self.statement.account
        )
    }

    fn malformed(&self, at: String, reason: String) -> Error {
        Error::malformed(&self.path, at, reason)
    }
}

impl Rows for Camt {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn next_row(&mut self, row: &mut SourceRow) -> Result<bool, Error> {
        loop {
            if let Some(receipt) = self.next_receipt() {
                receipt.write(row);
                row.line = self.entries;
                row.bytes = self.xml.bytes();
                return Ok(true);
            }
            if !self.advance()? {
                return Ok(false);
            }
        }
    }
}

#[cfg(test)]
mod tests;
