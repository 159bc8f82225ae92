//! The `[[table]]` sections of a draft: which columns fill which of ours.

use std::collections::BTreeMap;

use super::notation::Notation;
use super::page::{Page, date_rule, described, number_rule, quoted, text_rule};
use super::readings::readings;
use super::sample::Sample;
use super::shape::{Column, Shape};
use super::terms::{days_by_terms, due_after};
use super::words::Meaning;

/// What a file is a list of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Invoices,
    Payments,
    Customers,
}

/// Writes the sections of one file.
#[derive(Debug)]
pub(super) struct Writer<'d> {
    pub(super) page: &'d mut Page,
    /// What a person must fill in.
    pub(super) missing: &'d mut Vec<String>,
    pub(super) notation: &'d Notation,
    pub(super) sample: &'d Sample,
    pub(super) given: &'d BTreeMap<Meaning, usize>,
    /// Whether there are other files, so that names tell which section reads which.
    pub(super) has_others: bool,
}

impl Writer<'_> {
    /// Writes the sections of the file, and names the columns that none of them reads.
    pub(super) fn write(&mut self) {
        let used = match self.role() {
            Role::Invoices => self.invoices(),
            Role::Payments => self.payments(),
            Role::Customers => self.customers(),
        };
        self.unused(&used);
    }

    fn role(&self) -> Role {
        let has = |meaning: Meaning| self.given.contains_key(&meaning);
        let has_amount = has(Meaning::Amount) || has(Meaning::OpenAmount);
        if has(Meaning::DueDate) || (has(Meaning::InvoiceDate) && has_amount) {
            Role::Invoices
        } else if has(Meaning::PaidDate) || has(Meaning::PaymentId) {
            Role::Payments
        } else if has(Meaning::CustomerId) && !has_amount {
            Role::Customers
        } else {
            Role::Invoices
        }
    }

    fn column(&self, meaning: Meaning) -> Option<&Column> {
        let place = self.given.get(&meaning)?;
        self.sample.columns.get(*place)
    }

    /// The first of the meanings that a column has.
    fn first(&self, meanings: &[Meaning]) -> Option<Meaning> {
        meanings
            .iter()
            .copied()
            .find(|meaning| self.given.contains_key(meaning))
    }

    fn start(&mut self, table: &str, deduplicate: bool, when: Option<&str>) {
        self.page.line("[[table]]");
        self.page.line(&format!("table = {}", quoted(table)));
        if self.has_others {
            self.page
                .line(&format!("files = [{}]", quoted(&self.sample.stem)));
        }
        if let Some(sheet) = &self.sample.sheet {
            self.page.line(&format!("sheets = [{}]", quoted(sheet)));
        }
        if deduplicate {
            self.page.line("deduplicate = true");
        }
        if let Some(when) = when {
            self.page.line(when);
        }
        self.page.line("[table.columns]");
    }

    /// Writes the rule of one of our columns; without a rule, what a person must fill in.
    fn rule(&mut self, ours: &str, meaning: Option<Meaning>, table: &str) {
        let Some(column) = meaning.and_then(|meaning| self.column(meaning)) else {
            self.page
                .comment("nothing was found for the next line; it is required");
            self.page.comment(&format!("{ours} = \"..\""));
            self.missing
                .push(format!("`{ours}` of {table}: no column looks like it"));
            return;
        };
        let told = format!("from {}", described(column, self.notation));
        let (rule, options) = match &column.shape {
            Shape::Date(formats) => (date_rule(column, self.notation), options_of(column, formats)),
            Shape::Number(number) if !number.is_plain || ours == "amount" => {
                (number_rule(column, self.notation), marks_of(column))
            }
            _ => (Some(text_rule(column)), String::new()),
        };
        let (name, readings) = (column.name.clone(), readings(column));
        self.page.comment(&told);
        match rule {
            Some(rule) => self.page.line(&format!("{ours} = {rule}")),
            None => {
                if let Some(readings) = readings {
                    self.page.comment(&readings);
                }
                self.page.comment("take one of the next lines; it is required");
                for option in options.lines() {
                    self.page.comment(&format!("{ours} = {option}"));
                }
                self.missing.push(format!(
                    "`{ours}` of {table}: how `{}` is written cannot be told from its cells",
                    super::sample::shown(&name)
                ));
            }
        }
    }

    fn optional(&mut self, ours: &str, meaning: Meaning, used: &mut Vec<Meaning>) {
        let Some(column) = self.column(meaning) else {
            return;
        };
        let (told, rule) = (described(column, self.notation), text_rule(column));
        self.page.comment(&format!("from {told}"));
        self.page.line(&format!("{ours} = {rule}"));
        used.push(meaning);
    }

    fn currency(&mut self, table: &str) {
        if self.given.contains_key(&Meaning::Currency) {
            self.rule("currency", Some(Meaning::Currency), table);
            return;
        }
        self.page
            .comment("no column has currency codes; write the currency of the books");
        self.page.comment("currency = { constant = \"EUR\" }");
        self.missing.push(format!(
            "`currency` of {table}: no column has codes; write the one of the books as a constant"
        ));
    }

    /// The customers beside invoices, where more is known of them than a number.
    fn customers_beside(&mut self, customer: Option<Meaning>) -> Vec<Meaning> {
        let mut used = Vec::new();
        let has_more = [Meaning::CustomerName, Meaning::Country]
            .iter()
            .any(|meaning| self.given.contains_key(meaning));
        if !has_more || customer.is_none() {
            return used;
        }
        self.start("customers", true, None);
        self.rule("customer_id", customer, "customers");
        self.optional("name", Meaning::CustomerName, &mut used);
        self.optional("country", Meaning::Country, &mut used);
        self.page.gap();
        used
    }

    fn invoices(&mut self) -> Vec<Meaning> {
        let customer = self.first(&[Meaning::CustomerId, Meaning::CustomerName]);
        let amount = self.first(&[Meaning::Amount, Meaning::OpenAmount]);
        let mut used = self.customers_beside(customer);
        self.start("invoices", false, None);
        self.rule("invoice_id", self.first(&[Meaning::InvoiceId]), "invoices");
        self.rule("customer_id", customer, "invoices");
        self.rule("invoice_date", self.first(&[Meaning::InvoiceDate]), "invoices");
        self.due_date(&mut used);
        self.amount(amount);
        self.currency("invoices");
        self.optional("entity", Meaning::Entity, &mut used);
        self.optional("payment_terms", Meaning::PaymentTerms, &mut used);
        self.optional("payment_reference", Meaning::PaymentReference, &mut used);
        self.page.gap();
        used.extend([
            Meaning::InvoiceId,
            Meaning::InvoiceDate,
            Meaning::DueDate,
            Meaning::Currency,
        ]);
        used.extend(customer);
        used.extend(amount);
        if self.given.contains_key(&Meaning::PaidDate) {
            used.extend(self.payments_beside(amount));
        }
        used
    }

    fn due_date(&mut self, used: &mut Vec<Meaning>) {
        let issued = self
            .column(Meaning::InvoiceDate)
            .filter(|_| !self.given.contains_key(&Meaning::DueDate));
        let Some(issued) = issued else {
            self.rule("due_date", self.first(&[Meaning::DueDate]), "invoices");
            return;
        };
        let decided = date_rule(issued, self.notation);
        let date = decided.clone().unwrap_or_else(|| quoted(&issued.name));
        let days = self.column(Meaning::NetDays);
        let terms = self.column(Meaning::PaymentTerms);
        let (told, rule) = match (days, terms) {
            (Some(days), _) => (
                format!(
                    "no column has due dates; they are so many days later, from {}",
                    described(days, self.notation)
                ),
                due_after(&date, &quoted(&days.name)),
            ),
            (None, Some(terms)) => (
                format!(
                    "no column has due dates; write the days of each of the terms, from {}",
                    described(terms, self.notation)
                ),
                due_after(&date, &days_by_terms(terms)),
            ),
            (None, None) => (
                "no column has due dates; where all invoices have the same terms, say 30 days:".to_owned(),
                due_after(&date, "30"),
            ),
        };
        let (is_decided, name) = (decided.is_some() && days.is_some(), issued.name.clone());
        if days.is_some() {
            used.push(Meaning::NetDays);
        }
        self.page.comment(&told);
        if is_decided {
            self.page.line(&rule);
            return;
        }
        self.page.comment(&rule);
        self.missing.push(format!(
            "`due_date` of invoices: no column looks like it; the draft has a line that computes it from `{}` and \
             terms",
            super::sample::shown(&name)
        ));
    }

    fn amount(&mut self, amount: Option<Meaning>) {
        if amount == Some(Meaning::OpenAmount) {
            self.page
                .comment("only what is still open was found: paid invoices would be left out");
        }
        let below = amount
            .and_then(|meaning| self.column(meaning))
            .map_or(0, |column| match &column.shape {
                Shape::Number(number) => number.negative,
                _ => 0,
            });
        if below > 0 {
            self.page.comment(&format!(
                "an invoice must be above zero: the {below} that are not are rejected; credit notes need a [[table]] of \
                 their own, told by a `when`"
            ));
        }
        self.rule("amount", amount, "invoices");
    }

    /// The payments that stand on the rows of invoices.
    fn payments_beside(&mut self, amount: Option<Meaning>) -> Vec<Meaning> {
        let paid = self.first(&[Meaning::PaidAmount]).or(amount);
        let names = [Meaning::InvoiceId, Meaning::PaidDate].map(|meaning| {
            let column = self.column(meaning);
            column.map(|column| quoted(&column.name))
        });
        let [Some(invoice), Some(paid_date)] = names else {
            return Vec::new();
        };
        let when = format!("when = [{{ column = {paid_date}, is_empty = false }}]");
        self.start("payments", false, Some(&when));
        self.page.line(&format!(
            "payment_id = {{ column = {invoice}, prefix = \"paid-\" }}"
        ));
        self.rule("invoice_id", Some(Meaning::InvoiceId), "payments");
        self.rule("paid_date", Some(Meaning::PaidDate), "payments");
        self.rule("amount", paid, "payments");
        self.currency("payments");
        self.page.gap();
        let mut used = vec![Meaning::PaidDate];
        used.extend(paid);
        used
    }

    fn payments(&mut self) -> Vec<Meaning> {
        let amount = self.first(&[Meaning::PaidAmount, Meaning::Amount]);
        self.start("payments", false, None);
        if self.given.contains_key(&Meaning::PaymentId) {
            self.rule("payment_id", Some(Meaning::PaymentId), "payments");
        } else {
            self.page.comment(
                "no column numbers the payments: they are numbered by their rows, so import this file once",
            );
            self.page
                .line("payment_id = { computed = { row_number = { format = \"P%06d\", first = 1 } } }");
        }
        self.rule("invoice_id", self.first(&[Meaning::InvoiceId]), "payments");
        let date = self.first(&[Meaning::PaidDate, Meaning::InvoiceDate]);
        self.rule("paid_date", date, "payments");
        self.rule("amount", amount, "payments");
        self.currency("payments");
        self.page.gap();
        let mut used = vec![Meaning::PaymentId, Meaning::InvoiceId, Meaning::Currency];
        used.extend(date);
        used.extend(amount);
        used
    }

    fn customers(&mut self) -> Vec<Meaning> {
        let mut used = vec![Meaning::CustomerId];
        self.start("customers", false, None);
        self.rule("customer_id", Some(Meaning::CustomerId), "customers");
        self.optional("name", Meaning::CustomerName, &mut used);
        self.optional("country", Meaning::Country, &mut used);
        self.page.gap();
        used
    }

    /// Names the columns that no section reads.
    fn unused(&mut self, used: &[Meaning]) {
        let places: Vec<usize> = used
            .iter()
            .filter_map(|meaning| self.given.get(meaning).copied())
            .collect();
        let left: Vec<&Column> = self
            .sample
            .columns
            .iter()
            .enumerate()
            .filter(|(place, _)| !places.contains(place))
            .map(|(_, column)| column)
            .collect();
        if left.is_empty() {
            return;
        }
        self.page.comment(&format!(
            "Columns of {} without use here:",
            quoted(&super::sample::shown(&self.sample.stem))
        ));
        for column in left {
            let told = described(column, self.notation);
            let twice = if column.is_usable {
                ""
            } else {
                " (a heading that is empty, or that several columns have, cannot be named)"
            };
            self.page.comment(&format!("- {told}{twice}"));
        }
        self.page.gap();
    }
}

/// The rules of a date whose format could not be decided, one a line.
fn options_of(column: &Column, formats: &[&str]) -> String {
    let rules: Vec<String> = formats
        .iter()
        .map(|format| {
            format!(
                "{{ column = {}, date_formats = [{}] }}",
                quoted(&column.name),
                quoted(format)
            )
        })
        .collect();
    rules.join("\n")
}

/// The rules of a number whose marks could not be decided, one a line.
fn marks_of(column: &Column) -> String {
    let Shape::Number(number) = &column.shape else {
        return String::new();
    };
    let rules: Vec<String> = number
        .marks
        .iter()
        .map(|(decimal, thousands)| {
            format!(
                "{{ column = {}, decimal_mark = {}, thousands_mark = {} }}",
                quoted(&column.name),
                quoted(&decimal.to_string()),
                quoted(&super::page::mark(*thousands))
            )
        })
        .collect();
    rules.join("\n")
}
