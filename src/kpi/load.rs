//! Reading the facts from a snapshot, each table once.

use std::collections::BTreeMap;

use super::cells::Cells;
use super::facts::{
    CreditFact, CustomerFact, DisputeFact, Facts, InvoiceFact, LineFact, LossFact, PromiseFact,
    SettlementFact, SettlementKind,
};
use super::group::GroupSource;
use super::{Error, GroupBy, ModelLoss, amount_as_f64};
use crate::domain::date::day_number;
use crate::history::schema::KNOWN_ON;
use crate::history::{Snapshot, Table};

/// Name under which errors report the settlements, which are several tables read as one.
const SETTLEMENTS: &str = "settlements";

/// How a ledger may call an invoice that asks for money before anything was sold.
const DOWN_PAYMENT: [&str; 3] = ["down_payment", "down payment", "down-payment"];

/// Reads every fact the figures need.
pub(crate) fn facts(
    snapshot: &Snapshot,
    group_by: Option<GroupBy>,
    losses: Option<&[ModelLoss]>,
) -> Result<Facts, Error> {
    let mut loader = Loader {
        snapshot,
        source: group_by.map(GroupBy::source),
        facts: Facts::default(),
        customers: Names::default(),
        labels: Names::default(),
        places: Places::default(),
    };
    loader.read_invoices()?;
    loader.read_settlements()?;
    loader.read_credits()?;
    loader.read_promises()?;
    loader.read_disputes()?;
    loader.read_lines()?;
    loader.read_customers()?;
    loader.facts.losses = losses.map(|losses| loader.placed(losses));
    let facts = loader.finish();
    facts.check_size()?;
    Ok(facts)
}

/// Distinct names, each with the number of its first appearance.
#[derive(Default)]
struct Names(BTreeMap<String, usize>);

impl Names {
    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.0.get(name) {
            return *number;
        }
        let number = self.0.len();
        self.0.insert(name.to_owned(), number);
        number
    }

    fn into_list(self) -> Vec<String> {
        let mut list = vec![String::new(); self.0.len()];
        for (name, number) in self.0 {
            list[number] = name;
        }
        list
    }
}

/// The positions of the invoices, by id.
#[derive(Default)]
struct Places(Vec<(String, usize)>);

impl Places {
    fn get(&self, id: &str) -> Option<usize> {
        let found = self.0.binary_search_by(|(name, _)| name.as_str().cmp(id));
        found.ok().map(|index| self.0[index].1)
    }
}

struct Loader<'a> {
    snapshot: &'a Snapshot,
    source: Option<GroupSource>,
    facts: Facts,
    customers: Names,
    labels: Names,
    places: Places,
}

impl Loader<'_> {
    fn open(&self, table: Table, columns: &[&'static str]) -> Result<Cells, Error> {
        Cells::open(self.snapshot, table.name(), self.snapshot.table(table), columns)
    }

    fn read_invoices(&mut self) -> Result<(), Error> {
        let mut columns = vec![
            "invoice_id",
            "customer_id",
            "currency",
            KNOWN_ON,
            "invoice_date",
            "due_date",
            "amount_minor",
            "document_type",
        ];
        let group = match self.source {
            Some(GroupSource::Invoice(column)) => Some(column),
            Some(GroupSource::Customer(_) | GroupSource::CustomerId) | None => None,
        };
        columns.extend(group);
        let table = self.open(Table::Invoices, &columns)?;
        let labels = group.map(|column| table.text(column)).transpose()?;
        let rows = table.text("invoice_id")?.iter();
        let rows = rows.zip(table.text("customer_id")?.iter());
        let rows = rows.zip(table.text("currency")?.iter());
        let rows = rows.zip(table.days(KNOWN_ON)?.iter());
        let rows = rows.zip(table.days("invoice_date")?.iter());
        let rows = rows.zip(table.days("due_date")?.iter());
        let rows = rows.zip(table.amounts("amount_minor")?.iter());
        let rows = rows.zip(table.text("document_type")?.iter());
        for (row, (((((((id, customer), code), known), issued), due), amount), kind)) in rows.enumerate() {
            let id = table.present("invoice_id", id)?;
            let label = labels.and_then(|labels| labels.get(row));
            self.places.0.push((id.to_owned(), row));
            self.facts.invoices.push(InvoiceFact {
                customer: self.customers.number(table.present("customer_id", customer)?),
                currency: table.currency(code)?,
                known_day: table.present(KNOWN_ON, known)?,
                invoice_day: table.present("invoice_date", issued)?,
                due_day: table.present("due_date", due)?,
                gross: table.present("amount_minor", amount)?,
                is_down_payment: kind.is_some_and(is_down_payment),
                label: label.map(|label| self.labels.number(label)),
            });
        }
        self.places.0.sort_unstable();
        Ok(())
    }

    fn read_settlements(&mut self) -> Result<(), Error> {
        let table = Cells::open(
            self.snapshot,
            SETTLEMENTS,
            self.snapshot.settlements(),
            &["invoice_id", "kind", KNOWN_ON, "date", "amount_minor"],
        )?;
        let rows = table.text("invoice_id")?.iter();
        let rows = rows.zip(table.text("kind")?.iter());
        let rows = rows.zip(table.days(KNOWN_ON)?.iter());
        let rows = rows.zip(table.days("date")?.iter());
        let rows = rows.zip(table.amounts("amount_minor")?.iter());
        for ((((id, kind), known), day), amount) in rows {
            let Some(invoice) = self.places.get(table.present("invoice_id", id)?) else {
                continue;
            };
            let kind = match table.present("kind", kind)? {
                "cash" => SettlementKind::Cash,
                "credit_note" => SettlementKind::CreditNote,
                "write_off" => SettlementKind::WriteOff,
                _ => return Err(table.invalid("kind")),
            };
            self.facts.settlements.push(SettlementFact {
                invoice,
                kind,
                known_day: table.present(KNOWN_ON, known)?,
                day: table.present("date", day)?,
                amount: table.present("amount_minor", amount)?,
            });
        }
        Ok(())
    }

    fn read_credits(&mut self) -> Result<(), Error> {
        let columns = [
            "customer_id",
            "invoice_id",
            "currency",
            KNOWN_ON,
            "credit_date",
            "amount_minor",
        ];
        let table = self.open(Table::CreditNotes, &columns)?;
        let rows = table.text("customer_id")?.iter();
        let rows = rows.zip(table.text("invoice_id")?.iter());
        let rows = rows.zip(table.text("currency")?.iter());
        let rows = rows.zip(table.days(KNOWN_ON)?.iter());
        let rows = rows.zip(table.days("credit_date")?.iter());
        let rows = rows.zip(table.amounts("amount_minor")?.iter());
        for (((((customer, invoice), code), known), day), amount) in rows {
            self.facts.credits.push(CreditFact {
                customer: self.customers.number(table.present("customer_id", customer)?),
                invoice: invoice.and_then(|id| self.places.get(id)),
                is_on_account: invoice.is_none(),
                currency: table.currency(code)?,
                known_day: table.present(KNOWN_ON, known)?,
                day: table.present("credit_date", day)?,
                amount: table.present("amount_minor", amount)?,
            });
        }
        Ok(())
    }

    fn read_promises(&mut self) -> Result<(), Error> {
        let columns = [
            "customer_id",
            "invoice_id",
            "currency",
            KNOWN_ON,
            "created_on",
            "promised_date",
            "promised_amount_minor",
        ];
        let table = self.open(Table::Promises, &columns)?;
        let rows = table.text("customer_id")?.iter();
        let rows = rows.zip(table.text("invoice_id")?.iter());
        let rows = rows.zip(table.text("currency")?.iter());
        let rows = rows.zip(table.days(KNOWN_ON)?.iter());
        let rows = rows.zip(table.days("created_on")?.iter());
        let rows = rows.zip(table.days("promised_date")?.iter());
        let rows = rows.zip(table.amounts("promised_amount_minor")?.iter());
        for ((((((customer, invoice), code), known), created), promised), amount) in rows {
            self.facts.promises.push(PromiseFact {
                customer: self.customers.number(table.present("customer_id", customer)?),
                invoice: invoice.and_then(|id| self.places.get(id)),
                currency: code.map(|code| table.currency(Some(code))).transpose()?,
                known_day: table.present(KNOWN_ON, known)?,
                created_day: table.present("created_on", created)?,
                promised_day: table.present("promised_date", promised)?,
                amount,
            });
        }
        Ok(())
    }

    fn read_disputes(&mut self) -> Result<(), Error> {
        let columns = ["invoice_id", KNOWN_ON, "resolved_on", "amount_minor"];
        let table = self.open(Table::Disputes, &columns)?;
        let rows = table.text("invoice_id")?.iter();
        let rows = rows.zip(table.days(KNOWN_ON)?.iter());
        let rows = rows.zip(table.days("resolved_on")?.iter());
        let rows = rows.zip(table.amounts("amount_minor")?.iter());
        for (((id, known), resolved_day), amount) in rows {
            if let Some(invoice) = self.places.get(table.present("invoice_id", id)?) {
                self.facts.disputes.push(DisputeFact {
                    invoice,
                    known_day: table.present(KNOWN_ON, known)?,
                    resolved_day,
                    amount,
                });
            }
        }
        Ok(())
    }

    fn read_lines(&mut self) -> Result<(), Error> {
        let columns = ["invoice_id", "plan_id", KNOWN_ON, "due_date", "amount_minor"];
        let table = self.open(Table::InstalmentPlans, &columns)?;
        let rows = table.text("invoice_id")?.iter();
        let rows = rows.zip(table.text("plan_id")?.iter());
        let rows = rows.zip(table.days(KNOWN_ON)?.iter());
        let rows = rows.zip(table.days("due_date")?.iter());
        let rows = rows.zip(table.amounts("amount_minor")?.iter());
        for ((((id, plan), known), due), amount) in rows {
            if let Some(invoice) = self.places.get(table.present("invoice_id", id)?) {
                self.facts.lines.push(LineFact {
                    invoice,
                    known_day: table.present(KNOWN_ON, known)?,
                    plan_id: table.present("plan_id", plan)?.to_owned(),
                    due_day: table.present("due_date", due)?,
                    amount: table.present("amount_minor", amount)?,
                });
            }
        }
        self.facts.lines.sort_by(|one, other| {
            (one.invoice, one.known_day, &one.plan_id).cmp(&(other.invoice, other.known_day, &other.plan_id))
        });
        Ok(())
    }

    /// Reads the groups of the customers; comes last, when every customer has its number.
    fn read_customers(&mut self) -> Result<(), Error> {
        let count = self.customers.0.len();
        let unlabelled = CustomerFact {
            known_day: i32::MIN,
            label: None,
        };
        self.facts.customers = vec![unlabelled; count];
        let column = match self.source {
            None | Some(GroupSource::Invoice(_)) => return Ok(()),
            Some(GroupSource::CustomerId) => {
                for (number, customer) in self.facts.customers.iter_mut().enumerate() {
                    customer.label = Some(number);
                }
                return Ok(());
            }
            Some(GroupSource::Customer(column)) => column,
        };
        let table = self.open(Table::Customers, &["customer_id", KNOWN_ON, column])?;
        let rows = table.text("customer_id")?.iter();
        let rows = rows.zip(table.days(KNOWN_ON)?.iter());
        let rows = rows.zip(table.text(column)?.iter());
        for ((id, known), label) in rows {
            let Some(number) = self.customers.0.get(table.present("customer_id", id)?) else {
                continue;
            };
            self.facts.customers[*number] = CustomerFact {
                known_day: table.present(KNOWN_ON, known)?,
                label: label.map(|label| self.labels.number(label)),
            };
        }
        Ok(())
    }

    /// Finds the invoices of what a model expects to lose; an invoice that is not there loses nothing.
    fn placed(&self, losses: &[ModelLoss]) -> Vec<LossFact> {
        losses
            .iter()
            .filter_map(|loss| {
                let open = amount_as_f64(loss.open.minor());
                Some(LossFact {
                    invoice: self.places.get(&loss.invoice_id)?,
                    due_day: day_number(loss.due_date),
                    lifetime: open * loss.lifetime_share,
                    twelve_months: open * loss.twelve_month_share,
                })
            })
            .collect()
    }

    fn finish(self) -> Facts {
        let is_by_customer = self.source == Some(GroupSource::CustomerId);
        let labels = if is_by_customer {
            self.customers
        } else {
            self.labels
        };
        Facts {
            labels: labels.into_list(),
            ..self.facts
        }
    }
}

/// Tells whether a kind of document is a down payment.
fn is_down_payment(kind: &str) -> bool {
    DOWN_PAYMENT
        .iter()
        .any(|name| kind.trim().eq_ignore_ascii_case(name))
}
