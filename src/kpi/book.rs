//! The books of a day: what was known then, by currency and by group.

use std::collections::BTreeMap;

use super::aging::{AGING_BUCKETS, AgingBucket};
use super::collection::PromiseOutcome;
use super::facts::{DisputeFact, Facts, InvoiceFact, LineFact, SettlementFact};
use super::measure;
use super::window::Window;
use crate::domain::Currency;
use crate::domain::instalment::owed_of_lines;

/// The group of a book, by its position in [`Facts::labels`]; absent for what tells no group and for the whole
/// of a currency.
pub(crate) type Part = Option<usize>;

/// The facts of one currency, or of one group in it, as known at the end of a day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    /// Every invoice but down payments.
    pub(crate) invoices: Vec<InvoiceFact>,
    /// What settled them; positions are those of `invoices`.
    pub(crate) settlements: Vec<SettlementFact>,
    /// Day and amount of every credit note, with or without an invoice.
    pub(crate) credits: Vec<(i32, i64)>,
    /// Promises whose deadline lies in the window.
    pub(crate) promises: Vec<PromiseOutcome>,
    /// Receivables on the eve of the window, as known then.
    pub(crate) begin_receivables: i64,
    pub(crate) balance: Balance,
    /// What a model expects to lose; absent without a model.
    pub(crate) losses: Option<Losses>,
}

/// What is open, added up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Balance {
    pub(crate) total: i64,
    pub(crate) disputed: i64,
    pub(crate) aged: [i64; AGING_BUCKETS],
    /// Invoices with something in the bucket.
    pub(crate) counts: [u32; AGING_BUCKETS],
    /// Credit notes that name no invoice.
    pub(crate) unapplied_credits: i64,
    /// What came in beyond what the invoices owed.
    pub(crate) overpayments: i64,
    /// What is open of down payments, which are in no other figure.
    pub(crate) down_payments: i64,
}

/// What a model expects to lose, added up in minor units.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Losses {
    pub(crate) aged: [f64; AGING_BUCKETS],
    pub(crate) twelve_months: f64,
}

impl Book {
    /// Tells whether nothing is open and nothing happened in the window.
    pub(crate) fn is_silent(&self, window: Window) -> bool {
        let balance = &self.balance;
        let open = [
            self.begin_receivables,
            balance.total,
            balance.unapplied_credits,
            balance.overpayments,
            balance.down_payments,
        ];
        let issued = |invoice: &InvoiceFact| window.contains(invoice.invoice_day);
        let settled = |settlement: &SettlementFact| window.contains(settlement.day);
        open == [0; 5]
            && self.promises.is_empty()
            && !self.credits.iter().any(|(day, _)| window.contains(*day))
            && !self.invoices.iter().any(issued)
            && !self.settlements.iter().any(settled)
    }
}

/// Returns the book of each currency, or of each group in it, as known at the end of the window.
pub(crate) fn books(
    facts: &Facts,
    state: &State,
    is_grouped: bool,
    has_losses: bool,
) -> BTreeMap<(Currency, Part), Book> {
    let mut shelf = Shelf {
        facts,
        state,
        is_grouped,
        numbers: BTreeMap::new(),
        books: Vec::new(),
    };
    shelf.fill(has_losses);
    let Shelf { numbers, books, .. } = shelf;
    let mut books: Vec<Option<Book>> = books.into_iter().map(Some).collect();
    numbers
        .into_iter()
        .filter_map(|(key, number)| Some((key, books[number].take()?)))
        .collect()
}

/// What is known about each invoice at the end of a window.
pub(crate) struct State {
    /// The last day whose facts count.
    cutoff: i32,
    /// Open amount of each invoice; not yet known is nothing, overpaid is negative.
    open: Vec<i64>,
    /// The same on the eve of the window.
    open_before: Vec<i64>,
    /// Unresolved disputes by invoice: their sum, absent for the whole invoice.
    disputed: BTreeMap<usize, Option<i64>>,
    /// Due day and amount of the lines of the plan in force, by invoice, in due order.
    plans: BTreeMap<usize, Vec<(i32, i64)>>,
    promises: Vec<measure::DuePromise>,
}

impl State {
    pub(crate) fn of(facts: &Facts, window: Window) -> Self {
        let cutoff = window.last_day;
        Self {
            cutoff,
            open: open_amounts(facts, cutoff),
            open_before: open_amounts(facts, window.first_day - 1),
            disputed: disputed(&facts.disputes, cutoff),
            plans: plans(&facts.lines, cutoff),
            promises: measure::promises(facts, window),
        }
    }

    /// Returns the part of an open amount that is disputed.
    fn disputed_of(&self, invoice: usize, open: i64) -> i64 {
        match self.disputed.get(&invoice) {
            None => 0,
            Some(None) => open,
            Some(Some(amount)) => (*amount).min(open),
        }
    }

    /// Returns due day and amount of what is open of an invoice, line by line where it is on a plan.
    fn open_lines(&self, place: usize, invoice: &InvoiceFact) -> Vec<(i32, i64)> {
        let open = self.open[place];
        let plan = self.plans.get(&place);
        let Some((plan, (last_day, _))) = plan.and_then(|plan| Some((plan, plan.last()?))) else {
            return vec![(invoice.due_day, open)];
        };
        let amounts: Vec<i64> = plan.iter().map(|(_, amount)| *amount).collect();
        let (owed, uncovered) = owed_of_lines(&amounts, open);
        let days = plan.iter().map(|(day, _)| *day);
        // What the plan does not cover stays due when the invoice is, or with the last line if that is earlier.
        let rest = (invoice.due_day.min(*last_day), uncovered);
        let lines = days.zip(owed).chain([rest]);
        lines.filter(|(_, amount)| *amount > 0).collect()
    }
}

/// Returns what is owed of each invoice as known at the end of a day.
fn open_amounts(facts: &Facts, day: i32) -> Vec<i64> {
    let owed = |invoice: &InvoiceFact| {
        if invoice.known_day <= day {
            invoice.gross
        } else {
            0
        }
    };
    let mut open: Vec<i64> = facts.invoices.iter().map(owed).collect();
    for settlement in facts.known_settlements(day) {
        open[settlement.invoice] -= settlement.amount;
    }
    open
}

fn disputed(disputes: &[DisputeFact], cutoff: i32) -> BTreeMap<usize, Option<i64>> {
    let mut disputed: BTreeMap<usize, Option<i64>> = BTreeMap::new();
    for dispute in disputes {
        let is_resolved = dispute.resolved_day.is_some_and(|day| day <= cutoff);
        if dispute.known_day <= cutoff && !is_resolved {
            let sum = disputed.entry(dispute.invoice).or_insert(Some(0));
            *sum = (*sum)
                .zip(dispute.amount)
                .map(|(sum, amount)| sum.saturating_add(amount));
        }
    }
    disputed
}

/// Returns the lines of each plan in force: of the plan of an invoice that became known last.
fn plans(lines: &[LineFact], cutoff: i32) -> BTreeMap<usize, Vec<(i32, i64)>> {
    let mut plans = BTreeMap::new();
    for of_invoice in lines.chunk_by(|one, other| one.invoice == other.invoice) {
        let known = &of_invoice[..of_invoice.partition_point(|line| line.known_day <= cutoff)];
        let Some(latest) = known.last() else {
            continue;
        };
        let mut plan: Vec<(i32, i64)> = known
            .iter()
            .filter(|line| line.plan_id == latest.plan_id)
            .map(|line| (line.due_day, line.amount))
            .collect();
        plan.sort_by_key(|(due_day, _)| *due_day);
        plans.insert(latest.invoice, plan);
    }
    plans
}

/// The books while they are filled.
struct Shelf<'a> {
    facts: &'a Facts,
    state: &'a State,
    is_grouped: bool,
    numbers: BTreeMap<(Currency, Part), usize>,
    books: Vec<Book>,
}

impl Shelf<'_> {
    /// Returns the book that a fact belongs to.
    fn book(&mut self, currency: Currency, customer: usize, invoice: Option<usize>) -> usize {
        let part = if self.is_grouped {
            let invoice = invoice.map(|place| &self.facts.invoices[place]);
            self.facts.label(customer, invoice, self.state.cutoff)
        } else {
            None
        };
        let next = self.books.len();
        let number = *self.numbers.entry((currency, part)).or_insert(next);
        if number == next {
            self.books.push(Book::default());
        }
        number
    }

    /// Puts every known fact into the whole of its currency, or into its group.
    fn fill(&mut self, has_losses: bool) {
        let places = self.fill_invoices();
        let facts = self.facts;
        for settlement in facts.known_settlements(self.state.cutoff) {
            if let Some((number, invoice)) = places[settlement.invoice] {
                self.books[number].settlements.push(SettlementFact {
                    invoice,
                    ..*settlement
                });
            }
        }
        self.fill_credits();
        let state = self.state;
        for promise in &state.promises {
            let number = self.book(promise.currency, promise.customer, promise.invoice);
            self.books[number].promises.push(promise.outcome);
        }
        if has_losses {
            self.fill_losses(&places);
        }
    }

    /// Returns book and position of each invoice, down payments and unknown ones left out.
    fn fill_invoices(&mut self) -> Vec<Option<(usize, usize)>> {
        let facts = self.facts;
        let mut places = vec![None; facts.invoices.len()];
        for (place, invoice) in facts.invoices.iter().enumerate() {
            if invoice.known_day > self.state.cutoff {
                continue;
            }
            let number = self.book(invoice.currency, invoice.customer, Some(place));
            let open = self.state.open[place];
            let book = &mut self.books[number];
            if open < 0 {
                book.balance.overpayments -= open;
            }
            if invoice.is_down_payment {
                book.balance.down_payments += open.max(0);
                continue;
            }
            places[place] = Some((number, book.invoices.len()));
            book.invoices.push(*invoice);
            book.begin_receivables += self.state.open_before[place].max(0);
            if open > 0 {
                book.balance.disputed += self.state.disputed_of(place, open);
                book.balance
                    .add(&self.state.open_lines(place, invoice), self.state.cutoff);
            }
        }
        places
    }

    fn fill_credits(&mut self) {
        let (facts, cutoff) = (self.facts, self.state.cutoff);
        for credit in facts.credits.iter().filter(|credit| credit.known_day <= cutoff) {
            let invoice = facts.known_invoice(credit.invoice, cutoff);
            if invoice.is_some_and(|place| facts.invoices[place].is_down_payment) {
                continue;
            }
            let number = self.book(credit.currency, credit.customer, invoice);
            let book = &mut self.books[number];
            book.credits.push((credit.day, credit.amount));
            if credit.is_on_account {
                book.balance.unapplied_credits += credit.amount;
            }
        }
    }

    fn fill_losses(&mut self, places: &[Option<(usize, usize)>]) {
        for book in &mut self.books {
            book.losses = Some(Losses::default());
        }
        let facts = self.facts;
        for loss in facts.losses.iter().flatten() {
            let Some((number, _)) = places[loss.invoice] else {
                continue;
            };
            let losses = self.books[number].losses.get_or_insert_default();
            let bucket = AgingBucket::of_days_past_due(self.state.cutoff - loss.due_day);
            losses.aged[bucket.index()] += loss.lifetime;
            losses.twelve_months += loss.twelve_months;
        }
    }
}

impl Balance {
    /// Adds the open lines of one invoice.
    fn add(&mut self, lines: &[(i32, i64)], cutoff: i32) {
        let mut is_in = [false; AGING_BUCKETS];
        for (due_day, amount) in lines {
            let bucket = AgingBucket::of_days_past_due(cutoff - due_day).index();
            self.total += amount;
            self.aged[bucket] += amount;
            is_in[bucket] = true;
        }
        for (count, is_in) in self.counts.iter_mut().zip(is_in) {
            *count += u32::from(is_in);
        }
    }
}
