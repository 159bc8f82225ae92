//! Days from issue to cash: a hazard a day, weighted by amount, with open invoices right-censored.
//!
//! # Definition
//!
//! On day `d` after its issue an invoice that has been watched for at least `d` days has at risk what was open
//! at the start of that day. With `Y_d` the sum of that, `C_d` the cash and `E_d` the credit notes and write-offs
//! of the day, the hazards are `C_d / Y_d` and `E_d / (Y_d - C_d)`: the estimator of Kaplan and Meier (1958) on
//! amounts, with two ways to end. An invoice that is still open has its share in `Y_d` up to the cut-off and no
//! word about later days, so slow payers of recent invoices are not left out.
//!
//! Few invoices are shrunk to many: amounts are first scaled so that they sum to their effective number,
//! `(sum a)^2 / sum a^2`, and a number of invoices that follow the wider curve is added to `Y`, `C` and `E`.
//!
//! # When it is wrong
//!
//! Invoices count one by one; a change of terms of last month is one twelfth of the year that is looked at.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{Book, Issued, Settlement};
use super::numbers::{amount_as_f64, sum_as_f64};
use crate::domain::Currency;
use crate::model::{HORIZON_DAYS, PaymentDistribution};

/// The invoices of this many days before the cut-off tell the lag of a stream.
pub(super) const LAG_DAYS: i32 = 365;
/// Days at the end of the horizon whose hazards are pooled, since the tail goes on with them.
const POOLED_DAYS: usize = 28;

/// Amounts at risk and ended by day after issue, exact whatever their order.
#[derive(Clone, Debug)]
pub(super) struct LagCounts {
    /// Change of the amount at risk from the day before; the last cell is all later days.
    change: [i128; HORIZON_DAYS + 1],
    cash: [i128; HORIZON_DAYS + 1],
    other: [i128; HORIZON_DAYS + 1],
    amount: f64,
    amount_squared: f64,
    /// Number of invoices of which nothing is open and to which cash came.
    pub(super) paid_count: u32,
}

/// Hazards of the days `1..=91` after issue.
#[derive(Clone, Debug)]
pub(super) struct Lag {
    cash: [f64; HORIZON_DAYS],
    other: [f64; HORIZON_DAYS],
}

/// Returns the cell of a day after issue; day 1 has the first, days beyond the horizon share the last.
fn cell(day: i32) -> usize {
    usize::try_from(day - 1).unwrap_or(0).min(HORIZON_DAYS)
}

impl LagCounts {
    /// Counts the invoices at these positions.
    pub(super) fn of(book: &Book, positions: impl Iterator<Item = usize>) -> Self {
        let mut counts = Self {
            change: [0; HORIZON_DAYS + 1],
            cash: [0; HORIZON_DAYS + 1],
            other: [0; HORIZON_DAYS + 1],
            amount: 0.0,
            amount_squared: 0.0,
            paid_count: 0,
        };
        for position in positions {
            let settlements = book.settlements_of(position);
            counts.add(&book.invoices[position], settlements, book.cutoff);
        }
        counts
    }

    /// Adds an invoice and its settlements by day.
    fn add(&mut self, invoice: &Issued, settlements: &[Settlement], cutoff: i32) {
        let mut open = invoice.amount_minor;
        let mut at_risk_from = 1;
        let mut has_cash = false;
        for settlement in settlements {
            let day = (settlement.day - invoice.issue_day).max(1);
            let left = open
                .saturating_sub(settlement.amount_minor)
                .clamp(0, invoice.amount_minor.max(0));
            self.expose(at_risk_from, day, open);
            at_risk_from = at_risk_from.max(day + 1);
            let ended = if settlement.is_cash {
                &mut self.cash
            } else {
                &mut self.other
            };
            ended[cell(day)] += i128::from(open) - i128::from(left);
            has_cash |= settlement.is_cash;
            open = left;
        }
        let watched = (cutoff - invoice.issue_day).max(at_risk_from - 1);
        self.expose(at_risk_from, watched, open);
        if open == 0 && has_cash {
            self.paid_count += 1;
        }
        let amount = amount_as_f64(invoice.amount_minor);
        self.amount += amount;
        self.amount_squared += amount * amount;
    }

    /// What brings amounts to their effective number, `(sum a)^2 / sum a^2`.
    fn scale(&self) -> f64 {
        if self.amount_squared > 0.0 {
            self.amount / self.amount_squared
        } else {
            0.0
        }
    }

    /// Puts an amount at risk on the days from one to another, both included.
    fn expose(&mut self, from: i32, to: i32, amount: i64) {
        if from <= to {
            self.change[cell(from)] += i128::from(amount);
            self.change[cell(to.saturating_add(1))] -= i128::from(amount);
        }
    }
}

impl Lag {
    /// Estimates the hazards, with `weight` invoices that follow the wider curve added.
    ///
    /// Without a wider curve, days on which nothing was at risk have the mean hazard of the days that were seen.
    pub(super) fn of(counts: &LagCounts, wider: Option<(&Self, f64)>) -> Self {
        Self::of_all(std::slice::from_ref(counts), wider)
    }

    /// Estimates the hazards over counts of several currencies, each scaled to its effective number first, so that no
    /// rate is needed.
    pub(super) fn of_all(all: &[LagCounts], wider: Option<(&Self, f64)>) -> Self {
        let scales: Vec<f64> = all.iter().map(LagCounts::scale).collect();
        let mut lag = Self {
            cash: [0.0; HORIZON_DAYS],
            other: [0.0; HORIZON_DAYS],
        };
        let mut at_risk = vec![0_i128; all.len()];
        let mut wider_open = 1.0;
        let mut seen = [0.0; 3];
        let mut unseen_from = HORIZON_DAYS;
        for day in 0..HORIZON_DAYS {
            let (mut risk, mut cash, mut other) = (0.0, 0.0, 0.0);
            for ((counts, scale), at_risk) in all.iter().zip(&scales).zip(&mut at_risk) {
                *at_risk += counts.change[day];
                risk += sum_as_f64(*at_risk) * scale;
                cash += sum_as_f64(counts.cash[day]) * scale;
                other += sum_as_f64(counts.other[day]) * scale;
            }
            if let Some((wider, weight)) = wider {
                let (of_cash, of_other) = (wider.cash[day], wider.other[day]);
                let open = weight * wider_open;
                risk += open;
                cash += open * of_cash;
                other += open * (1.0 - of_cash) * of_other;
                wider_open *= (1.0 - of_cash) * (1.0 - of_other);
            }
            seen = [seen[0] + risk, seen[1] + cash, seen[2] + other];
            if risk > 0.0 {
                lag.cash[day] = share(cash, risk);
                lag.other[day] = share(other, risk - cash);
            } else if unseen_from == HORIZON_DAYS {
                unseen_from = day;
            }
        }
        for day in unseen_from..HORIZON_DAYS {
            lag.cash[day] = share(seen[1], seen[0]);
            lag.other[day] = share(seen[2], seen[0] - seen[1]);
        }
        lag
    }

    /// Returns the distribution of the days from issue to cash.
    pub(super) fn distribution(&self) -> PaymentDistribution {
        let mut other = self.other;
        // The tail goes on with the hazard of the last day, and one day is too few to tell it.
        let last = &mut other[HORIZON_DAYS - POOLED_DAYS..];
        let pooled = super::numbers::mean(last);
        last.fill(pooled);
        PaymentDistribution::from_hazards(self.cash)
            .expect("shares between 0 and 1 are hazards")
            .with_other_endings(&other)
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        (part / whole).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// The lag of every currency, and that of all of them together.
#[derive(Debug)]
pub(super) struct WideLags {
    pub(super) currencies: BTreeMap<Currency, Lag>,
    /// The currencies in which an invoice of the last year was paid.
    pub(super) paid: BTreeSet<Currency>,
    /// Nothing where no invoice of the last year was paid.
    pub(super) pooled: Option<Lag>,
}

/// Returns the lag of every currency, over all its invoices of the last year; that of all currencies where none of
/// them was paid.
pub(super) fn wide(book: &Book) -> WideLags {
    let mut counts: BTreeMap<Currency, LagCounts> = BTreeMap::new();
    let mut start = 0;
    for invoices in book
        .invoices
        .chunk_by(|left, right| left.currency == right.currency)
    {
        let positions = (start..start + invoices.len()).filter(|&position| is_recent(book, position));
        counts.insert(invoices[0].currency, LagCounts::of(book, positions));
        start += invoices.len();
    }
    let with_cash = || counts.iter().filter(|(_, own)| own.paid_count > 0);
    let paid: BTreeSet<Currency> = with_cash().map(|(currency, _)| *currency).collect();
    let together: Vec<LagCounts> = with_cash().map(|(_, own)| own.clone()).collect();
    let pooled = (!together.is_empty()).then(|| Lag::of_all(&together, None));
    let lag_of = |own: &LagCounts| match &pooled {
        Some(pooled) if own.paid_count == 0 => pooled.clone(),
        Some(_) | None => Lag::of(own, None),
    };
    let currencies = counts
        .iter()
        .map(|(currency, own)| (*currency, lag_of(own)))
        .collect();
    WideLags {
        currencies,
        paid,
        pooled,
    }
}

/// Whether an invoice is of the year that tells the lag.
pub(super) fn is_recent(book: &Book, position: usize) -> bool {
    book.invoices[position].issue_day > book.cutoff - LAG_DAYS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoice(issue_day: i32, amount_minor: i64) -> Issued {
        Issued {
            currency: Currency::EUR,
            customer_id: "ACME".to_owned(),
            entity: None,
            issue_day,
            invoice_id: "I".to_owned(),
            due_day: issue_day + 30,
            known_day: issue_day,
            amount_minor,
        }
    }

    fn paid(day: i32, amount_minor: i64) -> Settlement {
        Settlement {
            invoice: 0,
            day,
            is_cash: true,
            amount_minor,
        }
    }

    fn counts(rows: &[(Issued, Vec<Settlement>)], cutoff: i32) -> LagCounts {
        let nothing = Book::of_rows(Vec::new(), Vec::new(), cutoff);
        let mut counts = LagCounts::of(&nothing, std::iter::empty());
        for (invoice, settlements) in rows {
            counts.add(invoice, settlements, cutoff);
        }
        counts
    }

    #[test]
    fn an_open_invoice_counts_as_long_as_it_was_watched_and_no_longer() {
        // Worked by hand: day 10 has 4 of 4 at risk, one is paid; day 20 has 2 at risk (one is paid, one was
        // watched for 15 days), one is paid: 1 - 3/4 x 1/2 = 5/8.
        let rows = [
            (invoice(0, 100), vec![paid(10, 100)]),
            (invoice(0, 100), vec![paid(20, 100)]),
            (invoice(0, 100), Vec::new()),
            (invoice(85, 100), Vec::new()),
        ];
        let lag = Lag::of(&counts(&rows, 100), None).distribution();
        assert!((lag.paid_by(10) - 0.25).abs() < 1e-6);
        assert!((lag.paid_by(19) - 0.25).abs() < 1e-6);
        assert!((lag.paid_by(20) - 0.625).abs() < 1e-6);
    }

    #[test]
    fn a_part_payment_moves_its_amount_and_a_credit_note_is_no_cash() {
        let credit = Settlement {
            is_cash: false,
            ..paid(8, 30)
        };
        let rows = [(invoice(0, 100), vec![paid(5, 60), credit])];
        let lag = Lag::of(&counts(&rows, 100), None).distribution();
        assert!((lag.paid_by(5) - 0.6).abs() < 1e-6);
        assert!((lag.paid_by(91) - 0.6).abs() < 1e-6);
        assert!((lag.ended_otherwise(8) - 0.3).abs() < 1e-6);
    }

    #[test]
    fn few_invoices_stay_near_the_wider_curve_and_many_do_not() {
        let wide = counts(&[(invoice(0, 100), vec![paid(30, 100)])], 200);
        let wide = Lag::of(&wide, None);
        let fast: Vec<_> = (0..20).map(|_| (invoice(0, 100), vec![paid(5, 100)])).collect();
        let shrunk = |rows: &[(Issued, Vec<Settlement>)]| {
            Lag::of(&counts(rows, 200), Some((&wide, 20.0)))
                .distribution()
                .paid_by(5)
        };
        assert!((shrunk(&fast[..1]) - 1.0 / 21.0).abs() < 1e-6);
        assert!((shrunk(&fast) - 0.5).abs() < 1e-6);
    }
}
