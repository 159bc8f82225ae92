//! The columns of each file, row by row.

use super::batch::{Batch, Builder, Id};
use super::customer::{CURRENCIES, Customer};
use super::rows::{
    ActionRow, CreditNoteRow, DisputeRow, DistributionRow, InvoiceRow, OutcomeRow, PaymentRow, PromiseRow,
};

/// A kind of row that becomes a file.
pub(crate) trait Row: Sized {
    /// Returns the columns of these rows, as in the file.
    fn batch(rows: &[Self]) -> Batch;
}

impl Row for Customer {
    fn batch(rows: &[Self]) -> Batch {
        Builder::new(rows)
            .ids("customer_id", |row| Id::customer(row.index))
            .texts("name", |row| Some(row.name.as_str()))
            .texts("country", |row| Some(row.country.code))
            .texts("party_type", |row| Some(row.party_type))
            .texts("segment", |row| Some(row.segment))
            .texts("language", |row| Some(row.country.language))
            .minors("credit_limit", Self::credit_limit_minor)
            .texts("currency", |row| Some(CURRENCIES[row.country.currency]))
            .finish()
    }
}

impl Row for InvoiceRow {
    fn batch(rows: &[Self]) -> Batch {
        Builder::new(rows)
            .ids("invoice_id", |row| row.key.invoice())
            .ids("customer_id", |row| row.key.customer())
            .dates("invoice_date", |row| Some(row.issue))
            .dates("due_date", |row| Some(row.due))
            .minors("amount", |row| row.amount_minor)
            .texts("currency", |row| row.key.currency())
            .texts("payment_terms", |row| Some(row.terms.text()))
            .finish()
    }
}

impl Row for PaymentRow {
    fn batch(rows: &[Self]) -> Batch {
        Builder::new(rows)
            .ids("payment_id", |row| row.key.fact('P').part(row.part))
            .ids("invoice_id", |row| row.key.invoice())
            .dates("paid_date", |row| Some(row.day))
            .minors("amount", |row| row.amount_minor)
            .texts("currency", |row| row.key.currency())
            .ids("customer_id", |row| row.key.customer())
            .dates("recorded_at", |row| Some(row.recorded))
            .finish()
    }
}

impl Row for CreditNoteRow {
    fn batch(rows: &[Self]) -> Batch {
        Builder::new(rows)
            .ids("credit_note_id", |row| row.key.fact('N'))
            .ids("customer_id", |row| row.key.customer())
            .dates("credit_date", |row| Some(row.day))
            .minors("amount", |row| row.amount_minor)
            .texts("currency", |row| row.key.currency())
            .ids("invoice_id", |row| row.key.invoice())
            .texts("reason", |_| Some("dispute"))
            .finish()
    }
}

impl Row for DisputeRow {
    fn batch(rows: &[Self]) -> Batch {
        Builder::new(rows)
            .ids("dispute_id", |row| row.key.fact('D'))
            .ids("invoice_id", |row| row.key.invoice())
            .dates("opened_on", |row| Some(row.opened))
            .minors("amount", |row| row.amount_minor)
            .texts("currency", |row| row.key.currency())
            .dates("resolved_on", |row| row.end.map(|(day, _)| day))
            .texts("outcome", |row| row.end.map(|(_, outcome)| outcome))
            .ids("customer_id", |row| row.key.customer())
            .finish()
    }
}

impl Row for PromiseRow {
    fn batch(rows: &[Self]) -> Batch {
        Builder::new(rows)
            .ids("promise_id", |row| row.key.fact('R').part(row.stage + 1))
            .ids("customer_id", |row| row.key.customer())
            .dates("created_on", |row| Some(row.created))
            .dates("promised_date", |row| Some(row.promised))
            .minors("promised_amount", |row| row.amount_minor)
            .texts("currency", |row| row.key.currency())
            .ids("invoice_id", |row| row.key.invoice())
            .texts("channel", |_| Some("phone"))
            .finish()
    }
}

impl Row for ActionRow {
    fn batch(rows: &[Self]) -> Batch {
        Builder::new(rows)
            .ids("action_id", |row| row.key.fact('A').part(row.stage + 1))
            .ids("customer_id", |row| row.key.customer())
            .texts("action_type", |row| Some(row.treatment.name()))
            .texts("channel", |row| row.treatment.channel())
            .dates("sent_on", |row| Some(row.sent))
            .ids("invoice_id", |row| row.key.invoice())
            .integers("level", |row| {
                row.outcome.is_some().then_some(row.stage as i64 + 1)
            })
            .minors("cost", |row| row.treatment.cost_minor())
            .texts("currency", |row| row.key.currency())
            .numbers("propensity", |row| row.propensity)
            .texts("chosen_by", |_| Some("policy"))
            .texts("outcome", |row| row.outcome)
            .dates("outcome_on", |row| row.outcome.map(|_| row.sent))
            .finish()
    }
}

/// One day of a true distribution.
#[derive(Debug)]
struct DistributionDay {
    number: u64,
    as_of: i32,
    days_ahead: i64,
    probability: f64,
}

impl Row for DistributionRow {
    fn batch(rows: &[Self]) -> Batch {
        let mut days = Vec::new();
        for row in rows {
            days.extend(
                (1..)
                    .zip(&row.paid_by)
                    .map(|(days_ahead, probability)| DistributionDay {
                        number: row.number,
                        as_of: row.as_of,
                        days_ahead,
                        probability: *probability,
                    }),
            );
        }
        Builder::new(&days)
            .ids("invoice_id", |row| Id::of_invoice('I', row.number))
            .dates("as_of", |row| Some(row.as_of))
            .integers("k", |row| Some(row.days_ahead))
            .numbers("paid_by_probability", |row| row.probability)
            .finish()
    }
}

impl Row for OutcomeRow {
    fn batch(rows: &[Self]) -> Batch {
        Builder::new(rows)
            .ids("invoice_id", |row| row.key.invoice())
            .ids("customer_id", |row| row.key.customer())
            .dates("settled_on", |row| row.settled)
            .texts("settled_by", |row| row.by)
            .finish()
    }
}

/// The true parameters of a customer, of whom the ledger has the rest.
#[derive(Debug)]
pub(crate) struct CustomerTruthRow(pub(crate) Customer);

impl Row for CustomerTruthRow {
    fn batch(rows: &[Self]) -> Batch {
        Builder::new(rows)
            .ids("customer_id", |row| Id::customer(row.0.index))
            .texts("run_type", |row| Some(row.0.run_type.name()))
            .texts("run_weekday", |row| row.0.run_type.weekday_name())
            .numbers("level_days", |row| row.0.level_days)
            .numbers("spread_days", |row| row.0.spread_days)
            .numbers("amount_effect_days", |row| row.0.amount_effect_days)
            .numbers("usual_amount", |row| row.0.amount_mean.exp())
            .numbers("promise_kept_probability", |row| row.0.promise_kept)
            .dates("drift_on", |row| row.0.drift_day)
            .numbers("drift_days", |row| row.0.drift_days)
            .texts("never_pays", |row| Some(yes_or_no(row.0.never_pays)))
            .finish()
    }
}

fn yes_or_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// What an action does, and how often it is chosen at a stage.
#[derive(Debug)]
pub(crate) struct EffectRow {
    pub(crate) action_type: &'static str,
    pub(crate) stage: i64,
    pub(crate) days_past_due: i64,
    pub(crate) propensity: f64,
    pub(crate) logit_effect: f64,
    pub(crate) effect_days: i64,
    /// Segment, where effects differ by it.
    pub(crate) segment: Option<&'static str>,
}

impl Row for EffectRow {
    fn batch(rows: &[Self]) -> Batch {
        let columns = Builder::new(rows)
            .texts("action_type", |row| Some(row.action_type))
            .integers("level", |row| Some(row.stage))
            .integers("days_past_due", |row| Some(row.days_past_due))
            .numbers("propensity", |row| row.propensity)
            .numbers("logit_effect", |row| row.logit_effect)
            .integers("effect_days", |row| Some(row.effect_days));
        if rows.iter().any(|row| row.segment.is_some()) {
            columns.texts("segment", |row| row.segment).finish()
        } else {
            columns.finish()
        }
    }
}

/// The shared shock of a month.
#[derive(Debug)]
pub(crate) struct MarketRow {
    pub(crate) month_end: i32,
    pub(crate) season_days: f64,
    pub(crate) shock_days: f64,
}

impl Row for MarketRow {
    fn batch(rows: &[Self]) -> Batch {
        Builder::new(rows)
            .dates("month_end", |row| Some(row.month_end))
            .numbers("season_days", |row| row.season_days)
            .numbers("shock_days", |row| row.shock_days)
            .finish()
    }
}
