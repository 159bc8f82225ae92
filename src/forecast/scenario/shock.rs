//! What a shock does to the amounts that it chooses.

use std::borrow::Cow;

use serde::Deserialize;

use crate::domain::date::{add_days, day_number};
use crate::domain::{Date, Money};
use crate::forecast::scenario::Selector;
use crate::forecast::scenario::amount::part_of;
use crate::forecast::scenario::kind::Kind;
use crate::forecast::{CashItem, Layer};
use crate::model::PaymentDistribution;

/// Days by which an invoice's own terms may differ from the terms that change: a month has 28 to 31 days, and
/// due dates are moved off weekends.
const TERMS_TOLERANCE_DAYS: u32 = 3;

/// True when days from invoice to due date are about those asked for.
pub(super) fn are_terms(own_days: i32, asked_days: i32) -> bool {
    own_days.abs_diff(asked_days) <= TERMS_TOLERANCE_DAYS
}

/// One change of a scenario and what it acts on.
#[derive(Clone, Debug, PartialEq)]
pub struct Shock {
    /// What happens.
    pub change: Change,
    /// To what.
    pub selector: Selector,
    /// What the reader is asked to believe, in the words of the file.
    pub assumption: Option<String>,
}

/// What happens to an amount.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Everything comes so many days later; earlier when negative.
    Delay {
        /// Days.
        days: i32,
    },
    /// With this probability it is never paid.
    Default {
        /// Probability.
        probability: f64,
    },
    /// What is still open some days after its due date is paid more slowly from then on.
    SlowTail {
        /// Days past due from which it is slower.
        after_days_past_due: i32,
        /// Factor on the daily probability of payment, given open before.
        hazard_factor: f64,
    },
    /// Other payment terms, for what is not yet due and was invoiced on about the old terms; lateness stays.
    Terms {
        /// Days from invoice to due date before.
        from_days: i32,
        /// Days from invoice to due date after.
        to_days: i32,
    },
    /// A discount for early payment is on offer.
    Discount {
        /// Discount as a share.
        share: f64,
        /// Last day with discount, counted from `from`.
        within_days: i32,
        /// Share of what would be paid later that is paid on that day instead.
        uptake: f64,
        /// Where the days are counted from.
        from: DiscountFrom,
    },
    /// Collectors act on open invoices.
    Collect {
        /// What they do: `call`, `dunning letter`.
        action: String,
        /// What that adds to the logit of the daily probability of payment.
        logit_shift: f64,
    },
    /// The open disputes end.
    Dispute {
        /// How.
        outcome: DisputeOutcome,
    },
    /// A share of the amount is credited.
    Haircut {
        /// The share.
        share: f64,
    },
    /// New billing is multiplied.
    Billing {
        /// The factor.
        factor: f64,
    },
}

/// Where the days of a discount are counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscountFrom {
    /// From the invoice date, as in 2/10 net 30; invoices older than that are not offered it.
    #[default]
    InvoiceDate,
    /// From the cut-off: an offer made once to what is open then.
    CutOff,
}

/// How a dispute ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeOutcome {
    /// The disputed part is credited and never paid.
    Lost,
    /// The disputed part is owed and paid on a day.
    Won {
        /// Days after the cut-off.
        paid_in_days: i32,
    },
}

/// What an invoice has become under the shocks before: itself, and amounts beside it under the same name.
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    pub(super) items: Vec<CashItem<'a>>,
    is_discounted: bool,
}

/// Expected cost of a discount, in minor units; zero for other shocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Discount granted.
    pub(super) granted: i64,
    /// The part of it granted to those who would have paid in time anyway.
    pub(super) anyway: i64,
}

impl Shock {
    /// Where an error about the shock points to; `index` counts from zero.
    pub(super) fn place(&self, index: usize) -> String {
        self.change.kind().place(index)
    }
}

impl Change {
    /// The kind of the change.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Delay { .. } => Kind::Delay,
            Self::Default { .. } => Kind::Default,
            Self::SlowTail { .. } => Kind::SlowTail,
            Self::Terms { .. } => Kind::Terms,
            Self::Discount { .. } => Kind::Discount,
            Self::Collect { .. } => Kind::Collect,
            Self::Dispute { .. } => Kind::Dispute,
            Self::Haircut { .. } => Kind::Haircut,
            Self::Billing { .. } => Kind::Billing,
        }
    }

    /// Changes what has become of an invoice; `None` where the change has no say in it.
    pub(super) fn on_item(
        &self,
        original: &CashItem<'_>,
        as_of: Date,
        pieces: &mut Pieces<'_>,
    ) -> Option<Cost> {
        // A credit is settled with the customer's next payment: it moves in time and is otherwise left alone.
        if original.open_minor <= 0 && !self.is_of_time() {
            return None;
        }
        let done = Some(Cost::default());
        match self {
            Self::Delay { days } => pieces.retime(|item| moved(&item.distribution, *days)),
            Self::Default { probability } => {
                pieces.retime(|item| item.distribution.or_never(*probability));
            }
            Self::SlowTail {
                after_days_past_due,
                hazard_factor,
            } => pieces.retime(|item| {
                let from = days_ahead(as_of, item.due_date).saturating_add(*after_days_past_due);
                item.distribution.slowed_after(from, *hazard_factor)
            }),
            Self::Terms { from_days, to_days } => {
                if !is_on_terms(original, as_of, *from_days) {
                    return None;
                }
                pieces.move_due_dates(to_days - from_days);
            }
            Self::Discount {
                share,
                within_days,
                uptake,
                from,
            } => {
                // An offer made once, at the cut-off, is made to what is written by then.
                if *from == DiscountFrom::CutOff && original.layer != Layer::OpenInvoices {
                    return None;
                }
                let last_day = match from {
                    DiscountFrom::InvoiceDate => days_ahead(as_of, original.invoice_date) + within_days,
                    DiscountFrom::CutOff => *within_days,
                };
                return pieces.discount(*share, last_day, *uptake);
            }
            Self::Collect { logit_shift, .. } => {
                if original.layer != Layer::OpenInvoices {
                    return None;
                }
                pieces.retime(|item| item.distribution.with_logit_shift(*logit_shift));
            }
            Self::Dispute { outcome } => {
                if pieces.items.iter().all(|item| item.disputed_minor == 0) {
                    return None;
                }
                pieces.end_dispute(*outcome);
            }
            Self::Haircut { share } => pieces.cut(*share),
            Self::Billing { .. } => return None,
        }
        done
    }

    /// True when only the time of payment changes.
    fn is_of_time(&self) -> bool {
        matches!(
            self,
            Self::Delay { .. } | Self::SlowTail { .. } | Self::Terms { .. }
        )
    }
}

impl<'a> Pieces<'a> {
    /// An invoice before any shock.
    pub(super) fn of(item: &CashItem<'a>) -> Self {
        Self {
            items: vec![item.clone()],
            is_discounted: false,
        }
    }

    /// Gives every piece another distribution.
    fn retime(&mut self, change: impl Fn(&CashItem<'a>) -> PaymentDistribution) {
        for item in &mut self.items {
            let distribution = change(item);
            item.distribution = Cow::Owned(distribution);
        }
    }

    /// Moves due dates and payment with them.
    fn move_due_dates(&mut self, days: i32) {
        self.retime(|item| moved(&item.distribution, days));
        for item in &mut self.items {
            item.due_date = add_days(item.due_date, i64::from(days));
        }
    }

    /// Offers a discount, once; `None` where its last day has passed or an earlier shock has offered one.
    fn discount(&mut self, share: f64, last_day: i32, uptake: f64) -> Option<Cost> {
        if self.is_discounted || last_day < 1 {
            return None;
        }
        self.is_discounted = true;
        let mut cost = Cost::default();
        let mut granted = Vec::with_capacity(self.items.len());
        for item in &mut self.items {
            let discount = part_of(item.open_minor, share);
            let drawn = item.distribution.drawn_to(last_day, uptake);
            let discount_money = Money::from_minor(discount, item.currency);
            cost.granted += discount_money.expected(drawn.paid_by(last_day)).minor();
            cost.anyway += discount_money
                .expected(item.distribution.paid_by(last_day))
                .minor();
            granted.push(CashItem {
                open_minor: -discount,
                disputed_minor: -part_of(item.disputed_minor, share),
                promised: None,
                distribution: Cow::Owned(drawn.slowed_after(last_day, 0.0)),
                ..item.clone()
            });
            item.distribution = Cow::Owned(drawn);
        }
        self.items.append(&mut granted);
        Some(cost)
    }

    /// Ends the open disputes.
    fn end_dispute(&mut self, outcome: DisputeOutcome) {
        let mut owed = Vec::new();
        for item in &mut self.items {
            let disputed = std::mem::take(&mut item.disputed_minor);
            item.open_minor -= disputed;
            item.promised = at_most(item.promised, item.open_minor);
            if let DisputeOutcome::Won { paid_in_days } = outcome
                && disputed != 0
            {
                owed.push(CashItem {
                    open_minor: disputed,
                    promised: None,
                    distribution: Cow::Owned(paid_on(paid_in_days)),
                    ..item.clone()
                });
            }
        }
        self.items.append(&mut owed);
    }

    /// Credits a share of every amount.
    fn cut(&mut self, share: f64) {
        for item in &mut self.items {
            item.open_minor -= part_of(item.open_minor, share);
            item.disputed_minor -= part_of(item.disputed_minor, share);
            item.promised = at_most(item.promised, item.open_minor);
        }
    }
}

/// Moves a distribution by whole days, later when positive.
pub(super) fn moved(distribution: &PaymentDistribution, days: i32) -> PaymentDistribution {
    if days >= 0 {
        distribution.later(days.unsigned_abs())
    } else {
        distribution.earlier(days.unsigned_abs())
    }
}

/// Surely paid on one day.
fn paid_on(day: i32) -> PaymentDistribution {
    PaymentDistribution::on_day(day).expect("a curve of one step never falls")
}

/// Days from the cut-off to a date.
fn days_ahead(as_of: Date, date: Date) -> i32 {
    day_number(date) - day_number(as_of)
}

/// True when an invoice is not yet due and was written on about these terms. An instalment keeps the date that
/// was agreed for it.
fn is_on_terms(item: &CashItem<'_>, as_of: Date, terms_days: i32) -> bool {
    let own_terms = days_ahead(item.invoice_date, item.due_date);
    !item.is_line && item.due_date > as_of && are_terms(own_terms, terms_days)
}

/// A promise of at most what is open.
fn at_most(promised: Option<(Date, i64)>, open: i64) -> Option<(Date, i64)> {
    promised
        .map(|(date, amount)| (date, amount.min(open)))
        .filter(|(_, amount)| *amount > 0)
}
