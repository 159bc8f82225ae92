//! A little language in which a history test reads as a ledger, with the expectation beside it.
//!
//! ```text
//! invoice     I1 ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR
//! payment     I1 2025-03-12 400.00
//! credit_note I1 2025-03-14 50.00
//! write_off   I1 2025-06-30 10.00
//! dispute     I1 2025-03-05 200.00 resolved 2025-03-20
//! promise     ACME given 2025-03-05 for 2025-03-14 invoice I1 amount 400.00
//! instalment  I1 agreed 2025-03-10 due 2025-03-31 500.00 plan P1
//! as_of 2025-03-12 I1 open 600.00 days_past_due 10
//! as_of 2025-01-30 I1 absent
//! ```
//!
//! A fact may end in `recorded DATE`: the day on which the source knew it. `#` starts a comment. An
//! expectation names the open amount and, if wanted, `days_past_due N` and `disputed AMOUNT`; `absent`
//! says that the invoice is not among the open items. A payment's currency is that of its invoice. A promise
//! needs neither invoice nor amount; an instalment without a plan is of the invoice's only one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use duecast::domain::date::{self, Date};
use duecast::history::{History, OpenItem};
use tempfile::TempDir;

/// Table name, header and rows, as they are written to a ledger folder.
type Rows = BTreeMap<&'static str, Vec<String>>;

const HEADERS: [(&str, &str); 8] = [
    ("customers", "customer_id,recorded_at"),
    (
        "invoices",
        "invoice_id,customer_id,invoice_date,due_date,amount,currency,recorded_at",
    ),
    (
        "payments",
        "payment_id,invoice_id,paid_date,amount,currency,recorded_at",
    ),
    (
        "credit_notes",
        "credit_note_id,customer_id,credit_date,amount,currency,invoice_id,recorded_at",
    ),
    (
        "write_offs",
        "write_off_id,invoice_id,write_off_date,amount,currency,recorded_at",
    ),
    (
        "disputes",
        "dispute_id,invoice_id,opened_on,amount,currency,resolved_on,recorded_at",
    ),
    (
        "promises",
        "promise_id,customer_id,created_on,promised_date,invoice_id,promised_amount,currency,recorded_at",
    ),
    (
        "instalment_plans",
        "plan_id,invoice_id,instalment_no,agreed_on,due_date,amount,currency,recorded_at",
    ),
];

/// What one `as_of` line claims about one invoice.
#[derive(Debug)]
struct Expectation {
    line: usize,
    cutoff: Date,
    invoice_id: String,
    state: State,
}

#[derive(Debug)]
enum State {
    Absent,
    Open {
        amount: String,
        days_past_due: Option<i32>,
        disputed: Option<String>,
    },
}

/// A ledger and the claims about it, read from text.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    rows: Rows,
    /// Customer and currency of each invoice.
    invoices: BTreeMap<String, (String, String)>,
    expectations: Vec<Expectation>,
}

impl Ledger {
    /// Reads the language; a line that is none of it panics with its number.
    pub(crate) fn parse(text: &str) -> Self {
        let mut ledger = Self::default();
        for (index, line) in text.lines().enumerate() {
            let mut words = Words::new(index + 1, line);
            if words.is_empty() {
                continue;
            }
            match words.word("a kind of fact") {
                "invoice" => ledger.invoice(&mut words),
                "payment" => ledger.settlement("payments", &mut words),
                "write_off" => ledger.settlement("write_offs", &mut words),
                "credit_note" => ledger.credit_note(&mut words),
                "dispute" => ledger.dispute(&mut words),
                "promise" => ledger.promise(&mut words),
                "instalment" => ledger.instalment(&mut words),
                "as_of" => ledger.expectation(&mut words),
                other => words.fail(&format!("{other:?} is no kind of fact")),
            }
            words.end();
        }
        ledger
    }

    /// The same facts in the opposite order of rows.
    pub(crate) fn reversed(mut self) -> Self {
        for rows in self.rows.values_mut() {
            rows.reverse();
        }
        self
    }

    /// Writes the facts as canonical CSV files.
    pub(crate) fn write(&self, folder: &Path) {
        for (table, header) in HEADERS {
            if let Some(rows) = self.rows.get(table) {
                let content = format!("{header}\n{}\n", rows.join("\n"));
                fs::write(folder.join(format!("{table}.csv")), content).expect("the folder is writable");
            }
        }
    }

    /// Opens the facts the way a user's ledger is opened; a rejected row panics.
    ///
    /// The folder is returned too, since a history may read its files as late as it likes.
    pub(crate) fn history(&self) -> (History, TempDir) {
        let folder = tempfile::tempdir().expect("the temporary folder is writable");
        self.write(folder.path());
        let (history, report) = History::open(folder.path()).expect("the ledger is readable");
        assert!(report.rejects().is_empty(), "rejected: {:?}", report.rejects());
        (history, folder)
    }

    /// Asserts every `as_of` line.
    pub(crate) fn check(&self) {
        let (history, _folder) = self.history();
        assert!(!self.expectations.is_empty(), "no as_of line: nothing is checked");
        for expectation in &self.expectations {
            let items = history
                .as_of(expectation.cutoff)
                .open_items()
                .expect("open items are computable");
            let item = items
                .iter()
                .find(|item| item.invoice_id == expectation.invoice_id);
            expectation.check(item);
        }
    }

    fn add(&mut self, table: &'static str, row: String) {
        self.rows.entry(table).or_default().push(row);
    }

    fn next_id(&self, table: &str) -> usize {
        self.rows.get(table).map_or(0, Vec::len) + 1
    }

    fn of_invoice(&self, id: &str, words: &Words<'_>) -> (String, String) {
        match self.invoices.get(id) {
            Some(known) => known.clone(),
            None => words.fail(&format!("no invoice {id} above this line")),
        }
    }

    fn invoice(&mut self, words: &mut Words<'_>) {
        let id = words.word("an invoice id");
        let customer = words.word("a customer id");
        let issued = words.after("issued");
        let due = words.after("due");
        let amount = words.word("an amount");
        let currency = words.word("a currency");
        let recorded = words.optional("recorded").unwrap_or("");
        if !self.invoices.values().any(|(known, _)| known == customer) {
            self.add("customers", format!("{customer},"));
        }
        self.invoices
            .insert(id.to_owned(), (customer.to_owned(), currency.to_owned()));
        self.add(
            "invoices",
            format!("{id},{customer},{issued},{due},{amount},{currency},{recorded}"),
        );
    }

    fn settlement(&mut self, table: &'static str, words: &mut Words<'_>) {
        let invoice = words.word("an invoice id");
        let (_, currency) = self.of_invoice(invoice, words);
        let day = words.word("a date");
        let amount = words.word("an amount");
        let recorded = words.optional("recorded").unwrap_or("");
        let id = self.next_id(table);
        self.add(
            table,
            format!("{table}-{id},{invoice},{day},{amount},{currency},{recorded}"),
        );
    }

    fn credit_note(&mut self, words: &mut Words<'_>) {
        let invoice = words.word("an invoice id");
        let (customer, currency) = self.of_invoice(invoice, words);
        let day = words.word("a date");
        let amount = words.word("an amount");
        let recorded = words.optional("recorded").unwrap_or("");
        let id = self.next_id("credit_notes");
        self.add(
            "credit_notes",
            format!("C{id},{customer},{day},{amount},{currency},{invoice},{recorded}"),
        );
    }

    fn dispute(&mut self, words: &mut Words<'_>) {
        let invoice = words.word("an invoice id");
        let (_, currency) = self.of_invoice(invoice, words);
        let opened = words.word("a date");
        let amount = words.word("an amount");
        let resolved = words.optional("resolved").unwrap_or("");
        let recorded = words.optional("recorded").unwrap_or("");
        let id = self.next_id("disputes");
        self.add(
            "disputes",
            format!("D{id},{invoice},{opened},{amount},{currency},{resolved},{recorded}"),
        );
    }

    fn promise(&mut self, words: &mut Words<'_>) {
        let customer = words.word("a customer id");
        let given = words.after("given");
        let promised = words.after("for");
        let invoice = words.optional("invoice").unwrap_or("");
        let amount = words.optional("amount").unwrap_or("");
        let recorded = words.optional("recorded").unwrap_or("");
        let known = self.invoices.values().find(|(known, _)| known == customer);
        let currency = match known {
            Some((_, currency)) => currency.clone(),
            None => words.fail(&format!("no invoice of {customer} above this line")),
        };
        let id = self.next_id("promises");
        self.add(
            "promises",
            format!("R{id},{customer},{given},{promised},{invoice},{amount},{currency},{recorded}"),
        );
    }

    fn instalment(&mut self, words: &mut Words<'_>) {
        let invoice = words.word("an invoice id");
        let (_, currency) = self.of_invoice(invoice, words);
        let agreed = words.after("agreed");
        let due = words.after("due");
        let amount = words.word("an amount");
        let plan = words.optional("plan").unwrap_or(invoice);
        let recorded = words.optional("recorded").unwrap_or("");
        let number = self.next_id("instalment_plans");
        self.add(
            "instalment_plans",
            format!("{plan},{invoice},{number},{agreed},{due},{amount},{currency},{recorded}"),
        );
    }

    fn expectation(&mut self, words: &mut Words<'_>) {
        let cutoff = words.word("a date");
        let cutoff = match date::parse_iso(cutoff) {
            Ok(cutoff) => cutoff,
            Err(error) => words.fail(&error.to_string()),
        };
        let invoice_id = words.word("an invoice id").to_owned();
        let state = match words.word("open or absent") {
            "absent" => State::Absent,
            "open" => State::Open {
                amount: words.word("an amount").to_owned(),
                days_past_due: words
                    .optional("days_past_due")
                    .map(|days| days.parse().expect("days_past_due is a whole number")),
                disputed: words.optional("disputed").map(str::to_owned),
            },
            other => words.fail(&format!("{other:?} is neither open nor absent")),
        };
        self.expectations.push(Expectation {
            line: words.number,
            cutoff,
            invoice_id,
            state,
        });
    }
}

impl Expectation {
    fn check(&self, item: Option<&OpenItem>) {
        let place = format!("line {}: {} as of {}", self.line, self.invoice_id, self.cutoff);
        match (&self.state, item) {
            (State::Absent, None) => {}
            (State::Absent, Some(item)) => panic!("{place}: expected no open item, found {item:?}"),
            (State::Open { .. }, None) => {
                panic!("{place}: expected {:?}, found no open item", self.state)
            }
            (
                State::Open {
                    amount,
                    days_past_due,
                    disputed,
                },
                Some(item),
            ) => {
                assert_eq!(&item.open.to_decimal_string(), amount, "{place}: open amount");
                if let Some(days) = days_past_due {
                    assert_eq!(item.days_past_due, *days, "{place}: days past due");
                }
                if let Some(amount) = disputed {
                    assert_eq!(&item.disputed.to_decimal_string(), amount, "{place}: disputed");
                }
            }
        }
    }
}

/// The words of one line, taken one after the other.
struct Words<'a> {
    number: usize,
    line: &'a str,
    words: std::iter::Peekable<std::str::SplitWhitespace<'a>>,
}

impl<'a> Words<'a> {
    fn new(number: usize, line: &'a str) -> Self {
        let facts = line.split('#').next().unwrap_or("");
        Self {
            number,
            line,
            words: facts.split_whitespace().peekable(),
        }
    }

    fn is_empty(&mut self) -> bool {
        self.words.peek().is_none()
    }

    fn fail(&self, why: &str) -> ! {
        panic!("line {}: {why}: {}", self.number, self.line.trim())
    }

    fn word(&mut self, what: &str) -> &'a str {
        match self.words.next() {
            Some(word) => word,
            None => self.fail(&format!("{what} is missing")),
        }
    }

    /// The word after a keyword that must be there.
    fn after(&mut self, keyword: &str) -> &'a str {
        let found = self.word(keyword);
        if found != keyword {
            self.fail(&format!("expected {keyword:?}, found {found:?}"));
        }
        self.word(keyword)
    }

    /// The word after a keyword, if the keyword comes next.
    fn optional(&mut self, keyword: &str) -> Option<&'a str> {
        self.words.next_if_eq(&keyword)?;
        Some(self.word(keyword))
    }

    fn end(&mut self) {
        if let Some(word) = self.words.next() {
            self.fail(&format!("unexpected {word:?}"));
        }
    }
}
