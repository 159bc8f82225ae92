//! Endings other than cash: how outcomes tell them, and how much of them is predicted.

use std::sync::LazyLock;

use duecast::domain::Date;
use duecast::domain::date::{add_days, parse_iso};
use duecast::features::{self, column};
use duecast::history::{History, Snapshot};
use duecast::model::outcome::{Outcome, outcomes};
use duecast::model::{
    self, FittedModel, HORIZON_DAYS, ModelName, OtherEndings, Reasons, TrainingPlan, TrainingSet,
};
use duecast::simulate::{self, SimulationPlan};
use linfa::traits::PredictInplace;

use crate::support::table_language::Ledger;

const SEED: u64 = 11;
const HORIZON: i32 = 91;

struct Fixture {
    later: Snapshot,
    cutoff: Date,
    training: TrainingSet,
    model: FittedModel,
}

fn fixture(plan: &SimulationPlan) -> Fixture {
    let history = History::from_frames(&simulate::frames(plan).unwrap()).unwrap();
    let cutoff = add_days(plan.end_date, -240);
    let training = TrainingSet::build(&history.as_of(cutoff), &TrainingPlan::default()).unwrap();
    let model = model::fit(ModelName::Hazard, &training, SEED).unwrap();
    Fixture {
        later: history.as_of(plan.end_date),
        cutoff,
        training,
        model,
    }
}

/// A book in which many invoices are disputed, one dispute in seven ends with a credit note over the whole
/// amount, and nothing is written off.
static DISPUTED: LazyLock<Fixture> = LazyLock::new(|| {
    fixture(&SimulationPlan {
        customers: 120,
        invoices: 6_000,
        seed: SEED,
        years: 2,
        disputed_share: 0.6,
        ..SimulationPlan::default()
    })
});

/// Rows of a table on which a dispute is open.
fn disputed(table: &features::FeatureTable) -> Vec<bool> {
    let flags = table.numbers(column::IS_DISPUTED).unwrap();
    (0..table.len())
        .map(|row| flags.get(row).is_some_and(|flag| flag > 0.5))
        .collect()
}

#[test]
fn an_invoice_that_is_credited_or_written_off_ended_otherwise_on_that_day() {
    let ledger = Ledger::parse(
        "invoice CREDITED ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR
         invoice LOST     ACME issued 2025-01-31 due 2025-03-02  500.00 EUR
         invoice PART     ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR
         invoice LEFT     ACME issued 2025-01-31 due 2025-03-02 1000.00 EUR
         credit_note CREDITED 2025-03-14 1000.00
         write_off   LOST     2025-06-01  500.00
         credit_note PART     2025-03-10  100.00
         payment     PART     2025-03-20  900.00",
    );
    let (history, _folder) = ledger.history();
    let later = history.as_of(parse_iso("2025-06-30").unwrap());
    let known = outcomes(&later, parse_iso("2025-03-04").unwrap()).unwrap();
    assert_eq!(known["CREDITED"], Outcome::EndedOtherwise { days: 10 });
    assert_eq!(known["LOST"], Outcome::EndedOtherwise { days: 89 });
    assert_eq!(known["PART"], Outcome::Paid { days: 16 });
    assert_eq!(known["LEFT"], Outcome::Open { days_observed: 118 });
}

#[test]
fn as_many_invoices_are_predicted_to_end_without_cash_as_do() {
    let fixture = &*DISPUTED;
    let (mut predicted, mut happened) = (0.0, 0.0);
    for days_after in [0, 70, 140] {
        let cutoff = add_days(fixture.cutoff, days_after);
        let known = outcomes(&fixture.later, cutoff).unwrap();
        let book = features::book(&fixture.later.as_of(cutoff)).unwrap();
        for prediction in fixture.model.predict(&book, Reasons::LeftOut).unwrap() {
            predicted += prediction.distribution.ended_otherwise(HORIZON);
            let has_ended = matches!(
                known[&prediction.invoice_id],
                Outcome::EndedOtherwise { days } if days <= HORIZON
            );
            happened += f64::from(u8::from(has_ended));
        }
    }
    assert!(
        happened > 30.0,
        "only {happened} endings: too few to compare with"
    );
    // About a hundred endings and a rate learned from about twice as many: chance alone is an eighth. Within 40 %.
    assert!(
        (predicted - happened).abs() < 0.4 * happened,
        "{predicted:.1} predicted, {happened} happened"
    );
}

#[test]
fn a_disputed_invoice_is_likelier_to_end_without_cash() {
    let fixture = &*DISPUTED;
    let data = fixture.training.dataset();
    let endings = OtherEndings::fit(&data.records, &data.targets.0);
    let book = features::book(&fixture.later.as_of(fixture.cutoff)).unwrap();
    // Every invoice of the book, as if it were disputed and as if it were not.
    let expected = |is_disputed: bool| -> f64 {
        (0..book.len())
            .map(|row| endings.daily(&book.invoice(row), is_disputed).iter().sum::<f64>())
            .sum()
    };
    assert!(
        expected(true) > expected(false),
        "{} against {}",
        expected(true),
        expected(false)
    );
    let predictions = fixture.model.predict(&book, Reasons::LeftOut).unwrap();
    let mut sums = [(0.0, 0.0); 2];
    for (prediction, is_disputed) in predictions.iter().zip(disputed(&book)) {
        let (mass, rows) = &mut sums[usize::from(is_disputed)];
        *mass += prediction.distribution.ended_otherwise(HORIZON);
        *rows += 1.0;
    }
    let [undisputed, disputed] = sums.map(|(mass, rows)| mass / rows);
    assert!(disputed > undisputed, "{disputed} against {undisputed}");
}

#[test]
fn without_credit_notes_in_the_ledger_the_distribution_is_that_of_cash_alone() {
    let fixture = fixture(&SimulationPlan {
        customers: 30,
        invoices: 1_500,
        seed: SEED,
        years: 2,
        disputed_share: 0.0,
        ..SimulationPlan::default()
    });
    let data = fixture.training.dataset();
    let endings = OtherEndings::fit(&data.records, &data.targets.0);
    let book = features::book(&fixture.later.as_of(fixture.cutoff)).unwrap();
    assert!(!book.is_empty());
    let FittedModel::Hazard(hazard) = &fixture.model else {
        panic!("{} was fitted", fixture.model.name());
    };
    let mut cash_alone = Vec::new();
    hazard.predict_inplace(&book, &mut cash_alone);
    for (row, prediction) in fixture
        .model
        .predict(&book, Reasons::LeftOut)
        .unwrap()
        .iter()
        .enumerate()
    {
        assert_eq!(
            endings.daily(&book.invoice(row), true).to_vec(),
            vec![0.0; HORIZON_DAYS]
        );
        assert_eq!(prediction.distribution.days(), cash_alone[row].days());
        assert!(
            prediction
                .distribution
                .ended_otherwise(prediction.distribution.last_day())
                .abs()
                < f64::EPSILON
        );
    }
}
