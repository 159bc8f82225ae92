//! The facts of the ledger as rows, and which of them are known at its end.

use super::batch::Id;
use super::customer::{CURRENCIES, Customer};
use super::effects::Treatment;
use super::invoice::{Invoice, Terms};
use super::payment::{Choice, Course};
use super::truth::{InvoiceTruth, OutcomeTruth, paid_by};
use super::world::World;
use crate::domain::date::from_day_number;

/// What every row of an invoice says: the invoice, its customer and the currency.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    number: u64,
    customer: u64,
    currency: usize,
}

impl Key {
    /// Returns the key of an invoice of a customer.
    pub(crate) fn new(customer: &Customer, invoice: &Invoice) -> Self {
        Self {
            number: invoice.number,
            customer: customer.index,
            currency: customer.country.currency,
        }
    }

    /// Returns the currency.
    pub(crate) fn currency(&self) -> Option<&'static str> {
        Some(CURRENCIES[self.currency])
    }

    /// Returns the identifier of the customer.
    pub(crate) fn customer(&self) -> Id {
        Id::customer(self.customer)
    }

    /// Returns the identifier of the invoice.
    pub(crate) fn invoice(&self) -> Id {
        self.fact('I')
    }

    /// Returns the identifier of a fact about the invoice.
    pub(crate) fn fact(&self, prefix: char) -> Id {
        Id::of_invoice(prefix, self.number)
    }
}

#[derive(Debug)]
pub(crate) struct InvoiceRow {
    pub(crate) key: Key,
    pub(crate) terms: Terms,
    pub(crate) issue: i32,
    pub(crate) due: i32,
    pub(crate) amount_minor: i64,
}

#[derive(Debug)]
pub(crate) struct PaymentRow {
    pub(crate) key: Key,
    pub(crate) part: usize,
    pub(crate) day: i32,
    pub(crate) recorded: i32,
    pub(crate) amount_minor: i64,
}

#[derive(Debug)]
pub(crate) struct CreditNoteRow {
    pub(crate) key: Key,
    pub(crate) day: i32,
    pub(crate) amount_minor: i64,
}

#[derive(Debug)]
pub(crate) struct DisputeRow {
    pub(crate) key: Key,
    pub(crate) opened: i32,
    /// Day and outcome, once resolved.
    pub(crate) end: Option<(i32, &'static str)>,
    pub(crate) amount_minor: i64,
}

#[derive(Debug)]
pub(crate) struct PromiseRow {
    pub(crate) key: Key,
    pub(crate) stage: usize,
    pub(crate) created: i32,
    pub(crate) promised: i32,
    pub(crate) amount_minor: i64,
}

#[derive(Debug)]
pub(crate) struct ActionRow {
    pub(crate) key: Key,
    pub(crate) stage: usize,
    pub(crate) sent: i32,
    pub(crate) treatment: Treatment,
    pub(crate) propensity: f64,
    /// What came of it; nothing comes of waiting.
    pub(crate) outcome: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) struct DistributionRow {
    pub(crate) number: u64,
    pub(crate) as_of: i32,
    pub(crate) paid_by: Vec<f64>,
}

#[derive(Debug)]
pub(crate) struct OutcomeRow {
    pub(crate) key: Key,
    pub(crate) settled: Option<i32>,
    pub(crate) by: Option<&'static str>,
}

/// The rows of some customers, in file order.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) customers: Vec<Customer>,
    pub(crate) invoices: Vec<InvoiceRow>,
    pub(crate) payments: Vec<PaymentRow>,
    pub(crate) credit_notes: Vec<CreditNoteRow>,
    pub(crate) disputes: Vec<DisputeRow>,
    pub(crate) promises: Vec<PromiseRow>,
    pub(crate) actions: Vec<ActionRow>,
    pub(crate) distribution: Vec<DistributionRow>,
    pub(crate) outcomes: Vec<OutcomeRow>,
}

impl Rows {
    /// Adds an invoice and what is known about it at the end of the ledger, and its truth.
    pub(crate) fn add(&mut self, world: &World<'_>, customer: &Customer, invoice: &Invoice, course: &Course) {
        let key = Key::new(customer, invoice);
        self.invoices.push(InvoiceRow {
            key,
            terms: customer.terms,
            issue: invoice.issue,
            due: invoice.due,
            amount_minor: invoice.amount_minor,
        });
        self.add_cash(world, key, course);
        self.add_dispute(world, key, course);
        self.add_contacts(world, key, invoice, course);
        for cutoff in &world.cutoffs {
            if let Some(paid_by) = paid_by(world, customer, invoice, course, *cutoff) {
                self.distribution.push(DistributionRow {
                    number: invoice.number,
                    as_of: *cutoff,
                    paid_by,
                });
            }
        }
        if course.settled.is_none_or(|(_, known)| known > world.end) {
            let by = if course.payments.is_empty() {
                "credit_note"
            } else {
                "cash"
            };
            self.outcomes.push(OutcomeRow {
                key,
                settled: course.settled.map(|(day, _)| day),
                by: course.settled.map(|_| by),
            });
        }
    }

    fn add_cash(&mut self, world: &World<'_>, key: Key, course: &Course) {
        for (position, payment) in course.payments.iter().enumerate() {
            if payment.recorded <= world.end {
                self.payments.push(PaymentRow {
                    key,
                    part: position + 1,
                    day: payment.day,
                    recorded: payment.recorded,
                    amount_minor: payment.amount_minor,
                });
            }
        }
    }

    fn add_dispute(&mut self, world: &World<'_>, key: Key, course: &Course) {
        let Some(dispute) = course.dispute.filter(|dispute| dispute.opened <= world.end) else {
            return;
        };
        let is_resolved = dispute.resolved <= world.end;
        self.disputes.push(DisputeRow {
            key,
            opened: dispute.opened,
            end: is_resolved.then_some((dispute.resolved, dispute.outcome)),
            amount_minor: dispute.disputed_minor,
        });
        if is_resolved && dispute.credited_minor > 0 {
            self.credit_notes.push(CreditNoteRow {
                key,
                day: dispute.resolved,
                amount_minor: dispute.credited_minor,
            });
        }
    }

    fn add_contacts(&mut self, world: &World<'_>, key: Key, invoice: &Invoice, course: &Course) {
        for (stage, (choice, sent)) in course.stages.iter().zip(invoice.stage_days).enumerate() {
            if sent > world.end {
                continue;
            }
            let (treatment, outcome) = match choice {
                Choice::Skipped => continue,
                Choice::Chosen(Treatment::Wait) if !world.plan.log_waits => continue,
                Choice::Chosen(Treatment::Wait) => (Treatment::Wait, None),
                Choice::Chosen(Treatment::Call) => (Treatment::Call, Some("reached")),
                Choice::Chosen(treatment) => (*treatment, Some("delivered")),
                Choice::Promise { on, open_minor } => {
                    self.promises.push(PromiseRow {
                        key,
                        stage,
                        created: sent,
                        promised: *on,
                        amount_minor: *open_minor,
                    });
                    (Treatment::Call, Some("promise"))
                }
            };
            self.actions.push(ActionRow {
                key,
                stage,
                sent,
                treatment,
                propensity: world.plan.policy[stage].of(treatment),
                outcome,
            });
        }
    }

    /// Sorts the events of one customer by date, then by identifier.
    pub(crate) fn sort(&mut self) {
        self.payments
            .sort_unstable_by_key(|row| (row.day, row.key.number, row.part));
        self.credit_notes
            .sort_unstable_by_key(|row| (row.day, row.key.number));
        self.disputes
            .sort_unstable_by_key(|row| (row.opened, row.key.number));
        self.promises
            .sort_unstable_by_key(|row| (row.created, row.key.number, row.stage));
        self.actions
            .sort_unstable_by_key(|row| (row.sent, row.key.number, row.stage));
    }

    /// Adds the rows of the next customers.
    pub(crate) fn append(&mut self, mut next: Self) {
        self.customers.append(&mut next.customers);
        self.invoices.append(&mut next.invoices);
        self.payments.append(&mut next.payments);
        self.credit_notes.append(&mut next.credit_notes);
        self.disputes.append(&mut next.disputes);
        self.promises.append(&mut next.promises);
        self.actions.append(&mut next.actions);
        self.distribution.append(&mut next.distribution);
        self.outcomes.append(&mut next.outcomes);
    }
}

impl From<DistributionRow> for InvoiceTruth {
    fn from(row: DistributionRow) -> Self {
        Self {
            invoice_id: Id::of_invoice('I', row.number).to_string(),
            as_of: from_day_number(row.as_of),
            paid_by: row.paid_by,
        }
    }
}

impl From<&OutcomeRow> for OutcomeTruth {
    fn from(row: &OutcomeRow) -> Self {
        Self {
            invoice_id: row.key.invoice().to_string(),
            customer_id: row.key.customer().to_string(),
            settled_on: row.settled.map(from_day_number),
            settled_by: row.by,
        }
    }
}
