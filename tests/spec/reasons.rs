//! Why a prediction is what it is: shares of groups of features against a typical customer, and their words.

use std::sync::LazyLock;

use duecast::domain::date::{add_days, parse_iso};
use duecast::features::{self, FeatureTable, column};
use duecast::model::{
    self, Contribution, Explanation, FittedModel, ModelName, PaymentPrediction, ReasonGroup, Reasons,
    TrainingPlan, TrainingSet,
};

use crate::support::table_language::Ledger;

const SEED: u64 = 3;
const WEEKS: i64 = 60;
/// Customers that pay within a few days, beside the one that pays twenty days later.
const PROMPT: i64 = 11;

/// A book of weekly invoices at 30 days. One in eight is disputed from its tenth day on and paid ten days after
/// the dispute was resolved, on its eightieth.
fn ledger() -> String {
    let start = parse_iso("2024-01-01").unwrap();
    let mut ledger = String::new();
    for week in 0..WEEKS {
        for customer in 0..=PROMPT {
            let (name, late) = if customer == PROMPT {
                ("SLOW".to_owned(), 20)
            } else {
                (format!("C{customer}"), customer % 3)
            };
            let issued = add_days(start, 7 * week);
            let due = add_days(issued, 30);
            let invoice = format!("{name}-{week}");
            ledger += &format!("invoice {invoice} {name} issued {issued} due {due} 1000.00 EUR\n");
            let paid = if (5 * customer + week) % 8 == 0 {
                let (opened, resolved) = (add_days(issued, 10), add_days(issued, 70));
                ledger += &format!("dispute {invoice} {opened} 1000.00 resolved {resolved}\n");
                add_days(issued, 80)
            } else {
                add_days(due, late + week % 3)
            };
            ledger += &format!("payment {invoice} {paid} 1000.00\n");
        }
    }
    ledger
}

struct Fixture {
    book: FeatureTable,
    model: FittedModel,
    explanations: Vec<Explanation>,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let (history, _folder) = Ledger::parse(&ledger()).history();
    let cutoff = add_days(parse_iso("2024-01-01").unwrap(), 7 * WEEKS);
    let snapshot = history.as_of(cutoff);
    let training = TrainingSet::build(&snapshot, &TrainingPlan::default()).unwrap();
    let model = model::fit(ModelName::Hazard, &training, SEED).unwrap();
    let book = features::book(&snapshot).unwrap();
    let explanations = model.explain(&book).unwrap();
    Fixture {
        book,
        model,
        explanations,
    }
});

fn number(row: usize, feature: &str) -> f64 {
    FIXTURE.book.numbers(feature).unwrap().get(row).unwrap()
}

fn is_slow(row: usize) -> bool {
    FIXTURE.book.text(column::CUSTOMER_ID).unwrap().get(row) == Some("SLOW")
}

fn share(explanation: &Explanation, group: ReasonGroup) -> Contribution {
    *explanation
        .contributions
        .iter()
        .find(|share| share.group == group)
        .unwrap()
}

/// Rows for which the condition holds, with their explanations; at least three.
fn rows(condition: impl Fn(usize) -> bool) -> Vec<(usize, &'static Explanation)> {
    let rows: Vec<_> = FIXTURE
        .explanations
        .iter()
        .enumerate()
        .filter(|(row, _)| condition(*row))
        .collect();
    assert!(rows.len() >= 3, "{} rows", rows.len());
    rows
}

#[test]
fn the_contributions_sum_to_the_prediction_less_the_baseline() {
    assert_eq!(FIXTURE.explanations.len(), FIXTURE.book.len());
    for (row, explained) in rows(|_| true) {
        let days: f64 = explained.contributions.iter().map(|share| share.days).sum();
        let probability: f64 = explained
            .contributions
            .iter()
            .map(|share| share.probability)
            .sum();
        let (prediction, baseline) = (explained.prediction, explained.baseline);
        let gaps = (
            prediction.days_late - baseline.days_late - days,
            prediction.paid_in_time - baseline.paid_in_time - probability,
        );
        assert!(gaps.0.abs() < 1e-9 && gaps.1.abs() < 1e-9, "row {row}: {gaps:?}");
    }
}

#[test]
fn what_is_explained_is_what_the_model_predicts() {
    let predictions = FIXTURE.model.predict(&FIXTURE.book, Reasons::LeftOut).unwrap();
    for (row, explained) in rows(|row| predictions[row].days_to_due() > 0) {
        let in_time = 1.0 - predictions[row].late_probability();
        assert!(
            (explained.prediction.paid_in_time - in_time).abs() < 1e-6,
            "row {row}: {in_time}"
        );
    }
}

#[test]
fn a_group_in_which_an_invoice_is_like_its_baseline_adds_nothing() {
    let nothing_happened =
        |row| number(row, column::IS_DISPUTED) < 0.5 && number(row, "disputes_resolved") < 0.5;
    for (row, explained) in rows(nothing_happened) {
        let events = share(explained, ReasonGroup::Events);
        assert!(
            events.days.abs() < f64::EPSILON && events.probability.abs() < f64::EPSILON,
            "row {row}: {events:?}"
        );
    }
}

#[test]
fn an_invoice_in_dispute_is_told_so_first() {
    let is_disputed = |row| {
        let is_due = number(row, column::DAYS_PAST_DUE) >= 0.0;
        number(row, column::IS_DISPUTED) > 0.5 && !is_due && !is_slow(row)
    };
    for (row, explained) in rows(is_disputed) {
        let first = &explained.reasons[0];
        assert_eq!(first.code, "R04", "row {row}: {:?}", explained.reasons);
        assert!(
            first.text.starts_with("in dispute for ") && first.days > 5.0,
            "row {row}: {first:?}"
        );
    }
}

#[test]
fn a_customer_twenty_days_slower_than_its_book_is_told_so() {
    // Not yet due: once it is late, a slow customer is the one that may still pay as usual.
    let is_told = |row| is_slow(row) && number(row, column::DAYS_PAST_DUE) < 0.0;
    let slow = rows(|row| is_told(row) && number(row, column::IS_DISPUTED) < 0.5);
    let told = |explained: &Explanation| explained.reasons.iter().any(|reason| reason.code == "R01");
    assert!(2 * slow.iter().filter(|(_, explained)| told(explained)).count() >= slow.len());
    let history = |explained: &Explanation| {
        let mut shares = explained.contributions.iter();
        shares
            .find(|share| share.group == ReasonGroup::History)
            .unwrap()
            .days
    };
    assert!(slow.iter().map(|(_, explained)| history(explained)).sum::<f64>() > 0.0);
    for (_, explained) in slow {
        for reason in explained.reasons.iter().filter(|reason| reason.code == "R01") {
            assert!(
                reason.text.starts_with("pays about ") && reason.text.contains(" days late"),
                "{}",
                reason.text
            );
        }
    }
}

#[test]
fn at_most_four_reasons_are_given_most_weighty_first_and_all_of_them_adverse() {
    for (row, explained) in rows(|_| true) {
        let reasons = &explained.reasons;
        assert!(reasons.len() <= 4, "row {row}");
        assert!(
            reasons.is_sorted_by(|a, b| a.days >= b.days),
            "row {row}: {reasons:?}"
        );
        assert!(reasons.iter().all(|reason| reason.days > 0.0), "row {row}");
        let most = explained
            .contributions
            .iter()
            .map(|share| share.days)
            .fold(0.0, f64::max);
        let first = reasons.first().map_or(0.0, |reason| reason.days);
        assert!(
            (first - most).abs() < 1e-12 || most < 0.05,
            "row {row}: {first} of {most}"
        );
    }
}

#[test]
fn the_words_end_with_the_effect_and_never_quote_a_share_above_a_hundred() {
    for (_, explained) in rows(|_| true) {
        for reason in &explained.reasons {
            assert!(reason.points.abs() <= 100.0, "{reason:?}");
            let (_, effect) = reason.text.rsplit_once(": ").unwrap();
            let numbers: Vec<f64> = effect
                .split(", ")
                .map(|part| part.split(' ').next().unwrap().parse().unwrap())
                .collect();
            assert_eq!(numbers.len(), 2, "{}", reason.text);
            for (told, meant) in numbers.iter().zip([reason.days, reason.points]) {
                assert!((told - meant).abs() < 0.501, "{reason:?}");
            }
        }
    }
}

#[test]
fn reasons_are_given_with_predictions_only_where_they_are_wanted_and_change_nothing_else() {
    let of = |reasons| -> Vec<PaymentPrediction> { FIXTURE.model.predict(&FIXTURE.book, reasons).unwrap() };
    let (given, left_out) = (of(Reasons::Given), of(Reasons::LeftOut));
    for ((with, without), explained) in given.iter().zip(&left_out).zip(&FIXTURE.explanations) {
        assert_eq!(with.distribution, without.distribution);
        assert_eq!(with.reasons, explained.reasons);
        assert!(without.reasons.is_empty());
    }
}

#[test]
fn an_invoice_is_explained_alike_alone_and_among_others() {
    let last = FIXTURE.book.len() - 1;
    let alone = FIXTURE.model.explain_rows(&FIXTURE.book, &[last, 0]).unwrap();
    assert_eq!(alone[0], FIXTURE.explanations[last]);
    assert_eq!(alone[1], FIXTURE.explanations[0]);
}

#[test]
fn a_model_that_gives_no_reasons_is_its_own_baseline() {
    let model = FittedModel::CustomerHistogram;
    for explained in model.explain_rows(&FIXTURE.book, &[0, 1]).unwrap() {
        assert_eq!(explained.baseline, explained.prediction);
        assert!(explained.contributions.is_empty() && explained.reasons.is_empty());
    }
    for prediction in model.predict(&FIXTURE.book, Reasons::Given).unwrap() {
        assert!(prediction.reasons.is_empty());
    }
}
