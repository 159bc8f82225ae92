//! Reasons in words: what the facts bear out, and what it does to the prediction.

use crate::domain::date::from_day_number;
use crate::features::{FeatureTable, column};
use crate::model::reason::group::ReasonGroup;

/// Payment runs that make a rhythm whose absence means something.
const RHYTHM_RUNS: u32 = 4;
/// Usual gaps without a payment run that are a silence.
const SILENCE_GAPS: f64 = 1.5;
/// Days between runs below which a rhythm is not worth speaking of.
const GAP_DAYS_MIN: f64 = 7.0;
/// Payment runs after a change for which it is still news.
const NEWS_RUNS: u32 = 10;
/// Paid invoices below which a customer is little known.
const LITTLE_HISTORY: i64 = 5;
/// An amount this many times the usual one is well above it.
const LARGE_RATIO: f64 = 1.5;
/// Share of promises kept below which one was broken: without a broken one it is at least two in three.
const KEPT_ALL: f64 = 0.666;

/// A code, and the reason in words.
pub(super) type Told = (&'static str, String);

/// The numbers that the words of reasons quote, in their own units.
pub(super) struct Facts<'a> {
    pub(super) table: &'a FeatureTable,
    pub(super) row: usize,
}

impl Facts<'_> {
    /// The reason in words; `None` where the facts do not bear out anything to say.
    pub(super) fn words(&self, group: ReasonGroup) -> Option<Told> {
        match group {
            ReasonGroup::History => self.familiarity().or_else(|| self.history()),
            ReasonGroup::Change => self.change(),
            ReasonGroup::Rhythm => self.rhythm(),
            ReasonGroup::OpenBook => self.open_book(),
            ReasonGroup::Invoice => self.amount().or_else(|| Some(self.terms())),
            ReasonGroup::Events => self.dispute_or_promise().or_else(|| self.parts_or_contacts()),
        }
    }

    fn number(&self, name: &str) -> f64 {
        self.table
            .numbers(name)
            .ok()
            .and_then(|column| column.get(self.row))
            .unwrap_or_default()
    }

    fn is(&self, name: &str) -> bool {
        self.number(name) > 0.5
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

    fn history(&self) -> Option<Told> {
        let paid = self.paid_count();
        if paid == 0 {
            let overdue = self.count("log_overdue_count");
            return (overdue >= 1.0).then(|| {
                let overdue = invoices(overdue);
                (
                    "R01",
                    format!("has paid no invoice in full so far, {overdue} overdue"),
                )
            });
        }
        // The level is shrunk towards customers with the same terms, country and segment, and the words say so.
        let level = punctuality(self.number(column::LATENESS_MEAN));
        Some((
            "R01",
            format!("pays about {level} ({paid} paid, weighed with customers like it)"),
        ))
    }

    /// A change with its day while it is news, an exception as what it is, else the drift of the averages.
    fn change(&self) -> Option<Told> {
        let change = self.table.invoice(self.row).profile.regime;
        if let Some(change) = change
            && change.runs_since <= NEWS_RUNS
            && change.shift_days >= 1.0
        {
            let since = from_day_number(change.since_day);
            let shift = days(change.shift_days);
            return Some((
                "R02",
                format!("changed: since {since} pays {shift} later than before"),
            ));
        }
        let exception = self.number("exception_days");
        if exception >= 1.0 {
            let late = days(exception);
            return Some((
                "R02",
                format!("the latest payment run came {late} later than usual, once so far"),
            ));
        }
        let drift = self.number(column::LATENESS_DRIFT);
        (drift >= 1.0).then(|| {
            let later = days(drift);
            (
                "R02",
                format!("recent payment runs came {later} later than usual"),
            )
        })
    }

    fn rhythm(&self) -> Option<Told> {
        let profile = self.table.invoice(self.row).profile;
        let since = f64::from(profile.days_since_run?);
        let gap = profile.run_gap_days;
        if profile.run_count < RHYTHM_RUNS {
            return None;
        }
        if since >= SILENCE_GAPS * gap {
            let (since, gap) = (days(since), days(gap));
            return Some(("R15", format!("no payment for {since}, usually every {gap}")));
        }
        (gap >= GAP_DAYS_MIN).then(|| ("R15", format!("pays about every {}", days(gap))))
    }

    fn open_book(&self) -> Option<Told> {
        let later = self.count(column::LATER_DUE_PAID);
        if later >= 1.0 {
            let (later, were) = (invoices(later), if later > 1.0 { "were" } else { "was" });
            return Some(("R14", format!("{later} due later {were} paid before this one")));
        }
        // That this one is overdue is no news about the customer.
        let this = if self.number(column::DAYS_PAST_DUE) > 0.0 {
            1.0
        } else {
            0.0
        };
        let overdue = self.count("log_overdue_count");
        (overdue - this >= 1.0).then(|| {
            let oldest = days(self.count("log_oldest_overdue"));
            let overdue = invoices(overdue);
            (
                "R13",
                format!("the customer has {overdue} overdue, the oldest by about {oldest}"),
            )
        })
    }

    fn amount(&self) -> Option<Told> {
        let is_large = self.number("amount_ratio").exp() >= LARGE_RATIO;
        is_large.then(|| ("R05", "well above the customer's usual amount".to_owned()))
    }

    fn terms(&self) -> Told {
        let season = self.number("season_shift_days");
        let text = if season >= 1.0 {
            let later = days(season);
            format!("paid invoices due in the same month of earlier years about {later} later than others")
        } else {
            let level = punctuality(self.number(column::GROUP_LATENESS_MEAN));
            let peers = if self.table.is_of_cell(self.row) {
                "customers of this country and segment with these terms"
            } else {
                "customers with these terms"
            };
            format!("{peers} pay about {level}")
        };
        ("R08", text)
    }

    fn dispute_or_promise(&self) -> Option<Told> {
        if self.is(column::IS_DISPUTED) {
            let disputed = days(self.count("log_dispute_days"));
            return Some(("R04", format!("in dispute for {disputed}")));
        }
        self.is(column::HAS_PROMISE).then(|| {
            let past = self.number(column::DAYS_PAST_PROMISE);
            let text = if past > 0.0 {
                format!("promised to pay {} ago and did not", days(past))
            } else {
                format!("promised to pay in {}", days(-past))
            };
            ("R03", text)
        })
    }

    fn parts_or_contacts(&self) -> Option<Told> {
        if self.is("has_instalment_plan") {
            let left = counted(self.count("log_lines_left"), "instalment");
            return Some(("R10", format!("on an instalment plan, {left} left")));
        }
        let share = self.number("paid_share");
        if share > 0.0 {
            let percent = 100.0 * share;
            return Some((
                "R10",
                format!("{percent:.0} % was paid or credited, the rest is open"),
            ));
        }
        if self.number(column::PROMISE_KEPT_RATE) < KEPT_ALL {
            return Some(("R03", "has broken a promise to pay before".to_owned()));
        }
        let contacts = self.count("contacts_30_days");
        (contacts >= 1.0).then(|| {
            let contacts = counted(contacts, "contact");
            ("R17", format!("{contacts} in the last 30 days"))
        })
    }

    fn familiarity(&self) -> Option<Told> {
        let paid = self.paid_count();
        // What has paid nothing yet has a story of its own.
        if (1..LITTLE_HISTORY).contains(&paid) {
            return Some(("R07", format!("little history: {paid} paid so far")));
        }
        self.is(column::HAS_CREDIT_SCORE).then(|| {
            let score = self.number(column::CREDIT_SCORE);
            ("R09", format!("external credit score {score:.0}"))
        })
    }
}

/// What a group is about, where nothing more can be said.
pub(super) fn subject(group: ReasonGroup) -> Told {
    let (code, text) = match group {
        ReasonGroup::History => ("R01", "how late the customer pays"),
        ReasonGroup::Change => ("R02", "how the customer has paid lately"),
        ReasonGroup::Rhythm => ("R15", "on which days the customer pays"),
        ReasonGroup::OpenBook => ("R13", "what else the customer owes"),
        ReasonGroup::Invoice => (
            "R08",
            "the invoice: its amount and terms, and who pays such invoices",
        ),
        ReasonGroup::Events => ("R10", "part payments, promises and disputes"),
    };
    (code, text.to_owned())
}

/// An effect in days and percentage points: `+6 days, -21 points`.
pub(super) fn effect(days: f64, points: f64) -> String {
    format!("{}, {}", signed(days, "day"), signed(points, "point"))
}

/// A number with its sign and noun, in tenths below one.
fn signed(number: f64, noun: &str) -> String {
    let rounded = if number.abs() < 0.95 {
        (10.0 * number).round() / 10.0
    } else {
        number.round()
    };
    let ending = if (rounded.abs() - 1.0).abs() < 0.05 {
        ""
    } else {
        "s"
    };
    if rounded.abs() < 0.05 {
        format!("0 {noun}s")
    } else {
        format!("{rounded:+} {noun}{ending}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_are_told_with_their_signs_and_never_as_a_signed_zero() {
        assert_eq!(effect(6.2, -21.4), "+6 days, -21 points");
        assert_eq!(effect(1.2, -0.26), "+1 day, -0.3 points");
        assert_eq!(effect(0.3, -0.01), "+0.3 days, 0 points");
        assert_eq!(effect(0.97, 1.4), "+1 day, +1 point");
    }
}
