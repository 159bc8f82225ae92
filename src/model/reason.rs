//! Why a prediction is what it is: the terms of the hazard, gathered into a few reasons.
//!
//! The log-odds of payment on one telling day are a sum over columns; each column belongs to a
//! reason, and a reason counts what its columns take away from an average day of an average
//! invoice. Only adverse reasons are given, and at most four.

use crate::domain::date::from_day_number;
use crate::features::{FeatureTable, HORIZON_DAYS, column};
use crate::model::Error;
use crate::model::hazard::HazardModel;
use crate::model::prediction::Reason;

/// Reasons given at most.
const REASONS_MAX: usize = 4;
/// Share of all adverse contributions below which a reason is not worth a line.
const SHARE_MIN: f64 = 0.08;
/// Payment runs that make a rhythm whose absence means something.
const SILENCE_RUNS: u32 = 4;
/// Payment runs after a change for which it is still news.
const NEWS_RUNS: u32 = 10;
/// Overdue invoices are explained by the hazard of this many days ahead.
const OVERDUE_DAYS_AHEAD: usize = 5;

/// A group of columns with one meaning for a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    History,
    Trend,
    Promises,
    Dispute,
    Amount,
    NewCustomer,
    Terms,
    Score,
    Partial,
    OpenBook,
    Skipped,
    Silence,
    Overdue,
}

impl Topic {
    const ALL: [Self; 13] = [
        Self::History,
        Self::Trend,
        Self::Promises,
        Self::Dispute,
        Self::Amount,
        Self::NewCustomer,
        Self::Terms,
        Self::Score,
        Self::Partial,
        Self::OpenBook,
        Self::Skipped,
        Self::Silence,
        Self::Overdue,
    ];

    fn code(self) -> &'static str {
        match self {
            Self::History => "R01",
            Self::Trend => "R02",
            Self::Promises => "R03",
            Self::Dispute => "R04",
            Self::Amount => "R05",
            Self::NewCustomer => "R07",
            Self::Terms => "R08",
            Self::Score => "R09",
            Self::Partial => "R10",
            Self::OpenBook => "R13",
            Self::Skipped => "R14",
            Self::Silence => "R15",
            Self::Overdue => "R16",
        }
    }

    /// The topic of a column; columns of the calendar and of time itself explain nothing about a payer.
    fn of(name: &str) -> Option<Self> {
        let name = name.strip_suffix(" when overdue").unwrap_or(name);
        Some(match name {
            "lateness_mean"
            | "regime_lateness"
            | "late_share"
            | "last_lateness"
            | "payer_hazard_slow"
            | "payer_hazard_overdue"
            | "payer_hazard_slow_new_customer" => Self::History,
            "lateness_drift" | "fast_lateness" | "payer_hazard_fast" | "regime_shift"
            | "runs_since_change" | "exception_days" => Self::Trend,
            "has_promise" | "days_past_promise" | "promise_kept_rate" => Self::Promises,
            "is_disputed" | "log_dispute_days" | "log_dispute_wait" | "disputes_resolved" => Self::Dispute,
            "amount_ratio" | "log_amount" => Self::Amount,
            "history_weight" | "log_paid_count" | "lateness_spread" => Self::NewCustomer,
            "terms_days" | "group_lateness_mean" | "group_late_share" | "roll_days" => Self::Terms,
            "credit_score" | "has_credit_score" => Self::Score,
            "paid_share" | "log_partial_count" | "log_part_payment_days" => Self::Partial,
            "log_open_count"
            | "overdue_share"
            | "overdue_amount_share"
            | "log_overdue_count"
            | "log_oldest_overdue" => Self::OpenBook,
            "log_later_due_paid" | "log_earlier_due_open" | "sibling_paid_share" => Self::Skipped,
            "silence" | "log_run_gap" | "log_run_count" => Self::Silence,
            // How payers in general behave this far past due.
            "days_past_due" | "log_age" | "group_hazard" | "book_hazard" => Self::Overdue,
            _ if name.starts_with("promise bin") => Self::Promises,
            _ if name.starts_with("run phase bin") => Self::Silence,
            _ if name.starts_with("own standardised lateness bin") => Self::History,
            _ if name.starts_with("lateness bin") || name.starts_with("standardised lateness bin") => {
                Self::Overdue
            }
            _ => return None,
        })
    }
}

/// The numbers that the words of reasons quote, in their own units.
struct Facts<'a> {
    table: &'a FeatureTable,
    row: usize,
}

impl Facts<'_> {
    fn number(&self, name: &str) -> f64 {
        self.table
            .numbers(name)
            .ok()
            .and_then(|column| column.get(self.row))
            .unwrap_or_default()
    }

    fn count(&self, name: &str) -> f64 {
        self.number(name).exp_m1().round()
    }

    fn paid_count(&self) -> i64 {
        self.table
            .integers(column::PAID_COUNT)
            .ok()
            .and_then(|column| column.get(self.row))
            .unwrap_or_default()
    }

    /// The reason in words; `None` where the numbers do not bear it out.
    fn words(&self, topic: Topic) -> Option<String> {
        self.words_on_payer(topic)
            .or_else(|| self.words_on_invoice(topic))
    }

    /// The words of a topic of the payer; `None` for a topic of the invoice.
    fn words_on_payer(&self, topic: Topic) -> Option<String> {
        match topic {
            Topic::History if self.paid_count() == 0 => {
                let overdue = self.count("log_overdue_count");
                (overdue >= 1.0).then(|| format!("has paid nothing so far, {} overdue", invoices(overdue)))
            }
            // The level is shrunk towards customers with the same terms, and the words say so.
            Topic::History => Some(format!(
                "pays about {} ({} paid, weighed with customers like it)",
                punctuality(self.number(column::LATENESS_MEAN)),
                self.paid_count()
            )),
            Topic::Trend => self.trend(),
            Topic::NewCustomer => {
                let paid = self.paid_count();
                (paid < 20).then(|| format!("little history: {paid} paid so far"))
            }
            Topic::Terms => Some(format!(
                "customers with these terms pay about {}",
                punctuality(self.number("group_lateness_mean"))
            )),
            Topic::Score => (self.number("has_credit_score") > 0.5)
                .then(|| format!("external credit score {:.0}", self.number("credit_score"))),
            Topic::OpenBook => {
                let overdue = self.count("log_overdue_count");
                (overdue >= 1.0).then(|| {
                    let oldest = days(self.count("log_oldest_overdue"));
                    format!(
                        "the customer has {} overdue, the oldest by about {oldest}",
                        invoices(overdue)
                    )
                })
            }
            Topic::Silence => {
                let profile = self.table.invoice(self.row).profile;
                let since = f64::from(profile.days_since_run?);
                let is_silent = profile.run_count >= SILENCE_RUNS && since >= 1.5 * profile.run_gap_days;
                is_silent.then(|| {
                    format!(
                        "no payment for {}, usually every {}",
                        days(since),
                        days(profile.run_gap_days)
                    )
                })
            }
            Topic::Promises
            | Topic::Dispute
            | Topic::Amount
            | Topic::Partial
            | Topic::Skipped
            | Topic::Overdue => None,
        }
    }

    /// A change with its day while it is news, an exception as what it is, else the drift of the averages.
    fn trend(&self) -> Option<String> {
        let change = self.table.invoice(self.row).profile.regime;
        if let Some(change) = change
            && change.runs_since <= NEWS_RUNS
            && change.shift_days >= 1.0
        {
            let since = from_day_number(change.since_day);
            let shift = days(change.shift_days);
            return Some(format!("changed: since {since} pays {shift} later than before"));
        }
        let exception = self.number("exception_days");
        if exception >= 1.0 {
            let late = days(exception);
            return Some(format!(
                "the latest payment run came {late} later than usual, once so far"
            ));
        }
        let drift = self.number("lateness_drift");
        (drift >= 1.0).then(|| format!("recent payment runs came {} later than usual", days(drift)))
    }

    /// The words of a topic of the invoice; `None` for a topic of the payer.
    fn words_on_invoice(&self, topic: Topic) -> Option<String> {
        match topic {
            Topic::Promises => (self.number(column::HAS_PROMISE) > 0.5).then(|| {
                let past = self.number(column::DAYS_PAST_PROMISE);
                if past > 0.0 {
                    format!("promised to pay {} ago and did not", days(past))
                } else {
                    format!("promised to pay in {}", days(-past))
                }
            }),
            Topic::Dispute => (self.number(column::IS_DISPUTED) > 0.5)
                .then(|| format!("in dispute for {}", days(self.count("log_dispute_days")))),
            Topic::Amount => {
                let ratio = self.number("amount_ratio").exp();
                (ratio >= 1.5).then(|| "well above the customer's usual amount".to_owned())
            }
            Topic::Partial => {
                let share = self.number("paid_share");
                (share > 0.0)
                    .then(|| format!("{:.0} % was paid or credited, the rest is open", 100.0 * share))
            }
            Topic::Skipped => {
                let later = self.count(column::LATER_DUE_PAID);
                (later >= 1.0).then(|| {
                    format!(
                        "{} due later {} paid before this one",
                        invoices(later),
                        if later > 1.0 { "were" } else { "was" }
                    )
                })
            }
            Topic::Overdue => {
                let view = self.table.invoice(self.row);
                // On a plan what is past due is its next instalment.
                let next = view.instalments.first().map_or(view.due_day, |line| line.due_day);
                let late = f64::from(view.cutoff_day - next);
                (late > 0.0).then(|| format!("{} past due and still unpaid", days(late)))
            }
            Topic::History
            | Topic::Trend
            | Topic::NewCustomer
            | Topic::Terms
            | Topic::Score
            | Topic::OpenBook
            | Topic::Silence => None,
        }
    }
}

/// Mean lateness in words.
fn punctuality(lateness: f64) -> String {
    if lateness >= 0.5 {
        format!("{} late", days(lateness))
    } else if lateness <= -0.5 {
        format!("{} early", days(-lateness))
    } else {
        "on the due date".to_owned()
    }
}

fn days(number: f64) -> String {
    counted(number, "day")
}

fn invoices(number: f64) -> String {
    counted(number, "invoice")
}

/// A number with its noun: `1 day`, `12 days`.
fn counted(number: f64, noun: &str) -> String {
    let plural = if (number.round() - 1.0).abs() < 0.5 {
        ""
    } else {
        "s"
    };
    format!("{number:.0} {noun}{plural}")
}
