//! Predictions against the truth itself: the simulator knows the probability of every payment, not only
//! whether it happened. Means of both are compared, so that no luck of the draw is left in the difference.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use duecast::domain::Date;
use duecast::domain::date::{add_days, day_number, parse_iso};
use duecast::features::{self, FeatureTable, Sampling, column};
use duecast::history::History;
use duecast::history::schema::Table;
use duecast::model::{self, ModelName, PaymentDistribution, TrainingPlan, TrainingSet};
use duecast::simulate::{self, InvoiceTruth, Simulation, SimulationPlan, TRUTH_DAYS};

use crate::support::frames::{days, texts};

/// Daily predictions that are compared at least.
const PREDICTIONS_MIN: usize = 200_000;
/// Difference of mean predicted and mean true probability of payment on a day, in every tenth of the predictions.
const DAILY_TOLERANCE: f64 = 0.01;
/// The same of payment by a day. The aim is 0.01 here, too; the steep middle of the distributions, the fifth tenth, is
/// farther off (docs/METHOD.md, section 12).
const CUMULATIVE_TOLERANCE: f64 = 0.05;

/// Overdue invoices from which on a customer who never pays must be known as one.
const OVERDUE_MIN: usize = 3;
/// Probability of never being paid: at least this on average for invoices of never-payers, at most that for others.
const NEVER_MIN: f64 = 0.5;
const NEVER_OF_OTHERS_MAX: f64 = 0.2;

/// Days around a promised date, both included, in which a kept promise is paid.
const PROMISE_WINDOW: (i32, i32) = (-1, 3);
/// Difference of mean predicted and mean true probability of payment in that window.
const PROMISE_TOLERANCE: f64 = 0.10;

/// Days within which payment of disputed invoices is compared, and the difference of the means.
const DISPUTE_DAYS: i32 = 30;
const DISPUTE_TOLERANCE: f64 = 0.08;
/// Of a true probability in dispute, the part that is a credit of the whole: on each business day one dispute in 18 is
/// resolved, and 15 % of these end so. The truth counts that as settled; a prediction is of cash.
const RESOLVED_A_DAY: f64 = 1.0 / 18.0;
const CREDITED_SHARE: f64 = 0.15;
const DISPUTE_BUSINESS_DAYS: i32 = 21;

/// An invoice that was open at a cut-off: what the model says, and what is true.
struct Known {
    invoice_id: String,
    customer_id: String,
    as_of: Date,
    due: Date,
    predicted: PaymentDistribution,
    /// True probability of nothing being left open after 1, 2, ... 91 days.
    paid_by: Vec<f64>,
}

impl Known {
    /// Predicted probability of nothing being left open, whether paid or credited: what the truth speaks of.
    fn settled_by(&self, days_ahead: i32) -> f64 {
        1.0 - self.predicted.open_after(days_ahead)
    }

    fn true_paid_by(&self, days_ahead: i32) -> f64 {
        match usize::try_from(days_ahead) {
            Ok(day) if day > 0 => self.paid_by[day - 1],
            Ok(_) | Err(_) => 0.0,
        }
    }
}

struct Fixture {
    simulation: Simulation,
    known: Vec<Known>,
}

/// The open book at four cut-offs, predicted by a model that was trained at the first of them.
///
/// Market shocks and seasons are off, since they move all invoices of a month together: nobody can know the next one,
/// and four months do not average it out; the shocks of single customers and their drifts are on. Payments are recorded
/// at once, since the truth speaks of invoices that are really open. There are more promises and never-payers than by
/// default, so that there are enough to compare.
static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let cutoffs: Vec<Date> = (0..4)
        .map(|month| add_days(parse_iso("2026-01-05").unwrap(), 28 * month))
        .collect();
    let plan = SimulationPlan {
        customers: 800,
        invoices: 40_000,
        seed: 17,
        years: 2,
        truth_cutoffs: cutoffs.clone(),
        never_paying_share: 0.02,
        late_record_share: 0.0,
        market_shock_days: 0.0,
        december_days: 0.0,
        august_days: 0.0,
        promise_share: 0.7,
        ..SimulationPlan::default()
    };
    let simulation = simulate::simulate(&plan).unwrap();
    let history = History::from_frames(&simulation.frames).unwrap();
    let training = TrainingSet::build(&history.as_of(cutoffs[0]), &TrainingPlan::default()).unwrap();
    let model = model::fit(ModelName::DEFAULT, &training, 1).unwrap();
    let book = features::at_cutoffs(&history.as_of(cutoffs[3]), &cutoffs, Sampling::ALL).unwrap();
    let predicted = model.distributions(&book).unwrap();
    let known = beside_the_truth(&simulation.distribution, &book, predicted);
    Fixture { simulation, known }
});

/// Joins what was predicted for each row of a table with the truth of its invoice and cut-off.
fn beside_the_truth(
    truths: &[InvoiceTruth],
    book: &FeatureTable,
    predicted: Vec<PaymentDistribution>,
) -> Vec<Known> {
    let truths: BTreeMap<(&str, Date), &InvoiceTruth> = truths
        .iter()
        .map(|truth| ((truth.invoice_id.as_str(), truth.as_of), truth))
        .collect();
    let invoices = book.text(column::INVOICE_ID).unwrap();
    let customers = book.text(column::CUSTOMER_ID).unwrap();
    let mut known = Vec::new();
    for (row, predicted) in predicted.into_iter().enumerate() {
        let (invoice, as_of) = (invoices.get(row).unwrap(), book.cutoff(row));
        if let Some(truth) = truths.get(&(invoice, as_of)) {
            known.push(Known {
                invoice_id: invoice.to_owned(),
                customer_id: customers.get(row).unwrap().to_owned(),
                as_of,
                due: book.due_date(row),
                predicted,
                paid_by: truth.paid_by.clone(),
            });
        }
    }
    known
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

/// Mean of the predicted and of the true probabilities.
fn means(pairs: &[(f64, f64)]) -> (f64, f64) {
    let sum = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / count(pairs.len());
    (sum(|pair| pair.0), sum(|pair| pair.1))
}

/// First and last day of what happened to an invoice; the last is absent while it goes on.
type Spans = BTreeMap<String, Vec<(Date, Option<Date>)>>;

fn spans(table: Table, from: &str, to: &str) -> Spans {
    let frame = &FIXTURE.simulation.frames[&table];
    let mut spans = Spans::new();
    let all = days(frame, from).into_iter().zip(days(frame, to));
    for (invoice, (from, to)) in texts(frame, "invoice_id").into_iter().zip(all) {
        spans.entry(invoice).or_default().push((from.unwrap(), to));
    }
    spans
}

/// The dispute or promise of an invoice that was going on at a cut-off: begun by then, and not over.
fn going_on<'a>(spans: &'a Spans, known: &Known) -> Option<&'a (Date, Option<Date>)> {
    let of_invoice = spans.get(&known.invoice_id)?;
    of_invoice
        .iter()
        .find(|(from, to)| *from <= known.as_of && to.is_none_or(|to| to > known.as_of))
}

/// Asserts that in every tenth of the predictions their mean is that of the truth, within a tolerance. `of` tells
/// prediction and truth of an invoice and day ahead.
fn assert_calibrated(of: impl Fn(&Known, i32) -> (f64, f64), tolerance: f64) {
    let disputes = spans(Table::Disputes, "opened_on", "resolved_on");
    // Of disputed invoices the truth counts credits as settled; they have a test of their own.
    let undisputed = FIXTURE
        .known
        .iter()
        .filter(|known| going_on(&disputes, known).is_none());
    let mut pairs: Vec<(f64, f64)> = undisputed
        .flat_map(|known| (1..=TRUTH_DAYS).map(|ahead| of(known, ahead)).collect::<Vec<_>>())
        .collect();
    assert!(pairs.len() >= PREDICTIONS_MIN, "only {} predictions", pairs.len());
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let tenths: Vec<(f64, f64)> = pairs.chunks(pairs.len().div_ceil(10)).map(means).collect();
    for (predicted, truth) in &tenths {
        assert!(
            (predicted - truth).abs() <= tolerance,
            "{predicted:.4} predicted, {truth:.4} true; all tenths: {tenths:.4?}"
        );
    }
}

/// Both in one test, since every test of its own process fits the model anew.
#[test]
fn payment_on_a_day_and_by_a_day_is_calibrated_against_the_truth_in_every_tenth() {
    let by = |known: &Known, ahead| (known.settled_by(ahead), known.true_paid_by(ahead));
    let on = |known: &Known, ahead| {
        let (until, before) = (by(known, ahead), by(known, ahead - 1));
        (until.0 - before.0, until.1 - before.1)
    };
    assert_calibrated(on, DAILY_TOLERANCE);
    assert_calibrated(by, CUMULATIVE_TOLERANCE);
}

#[test]
fn a_customer_who_never_pays_is_recognised() {
    let never_payers: BTreeSet<&str> = FIXTURE
        .simulation
        .customers
        .iter()
        .filter(|customer| customer.never_pays)
        .map(|customer| customer.customer_id.as_str())
        .collect();
    let mut overdue: BTreeMap<(&str, Date), Vec<f64>> = BTreeMap::new();
    for known in FIXTURE.known.iter().filter(|known| known.due < known.as_of) {
        let key = (known.customer_id.as_str(), known.as_of);
        overdue.entry(key).or_default().push(known.predicted.never());
    }
    let (mut of_never_payers, mut of_others): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    for ((customer, _), never) in overdue.iter().filter(|(_, never)| never.len() >= OVERDUE_MIN) {
        if never_payers.contains(customer) {
            of_never_payers.extend(never);
        } else {
            of_others.extend(never);
        }
    }
    assert!(of_never_payers.len() >= 100 && of_others.len() >= 100);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / count(values.len());
    let (never, others) = (mean(&of_never_payers), mean(&of_others));
    assert!(
        never >= NEVER_MIN && others <= NEVER_OF_OTHERS_MAX,
        "probability of no payment: {never:.3} of never-payers, {others:.3} of others"
    );
}

#[test]
fn a_promise_draws_as_much_payment_to_its_day_as_promises_are_kept() {
    let promises = spans(Table::Promises, "created_on", "promised_date");
    let mut pairs = Vec::new();
    for known in &FIXTURE.known {
        let Some((_, Some(promised))) = going_on(&promises, known) else {
            continue;
        };
        let ahead = day_number(*promised) - day_number(known.as_of);
        if ahead > 7 {
            continue;
        }
        let (before, last) = (ahead + PROMISE_WINDOW.0 - 1, ahead + PROMISE_WINDOW.1);
        pairs.push((
            known.predicted.paid_by(last) - known.predicted.paid_by(before),
            known.true_paid_by(last) - known.true_paid_by(before),
        ));
    }
    assert!(pairs.len() >= 30, "only {} promises", pairs.len());
    let (predicted, truth) = means(&pairs);
    assert!(
        (predicted - truth).abs() <= PROMISE_TOLERANCE,
        "{predicted:.3} predicted, {truth:.3} true around {} promised days",
        pairs.len()
    );
}

#[test]
fn a_dispute_holds_back_as_much_payment_as_it_does_in_truth() {
    let disputes = spans(Table::Disputes, "opened_on", "resolved_on");
    let disputed = FIXTURE
        .known
        .iter()
        .filter(|known| going_on(&disputes, known).is_some());
    let pairs: Vec<(f64, f64)> = disputed
        .map(|known| {
            (
                known.predicted.paid_by(DISPUTE_DAYS),
                known.true_paid_by(DISPUTE_DAYS),
            )
        })
        .collect();
    assert!(pairs.len() >= 50, "only {} disputes", pairs.len());
    let (predicted, settled) = means(&pairs);
    let credited = CREDITED_SHARE * (1.0 - (1.0 - RESOLVED_A_DAY).powi(DISPUTE_BUSINESS_DAYS));
    let paid = settled - credited;
    assert!(
        (predicted - paid).abs() <= DISPUTE_TOLERANCE,
        "{predicted:.3} predicted, {paid:.3} true within {DISPUTE_DAYS} days of {} disputed invoices",
        pairs.len()
    );
}
