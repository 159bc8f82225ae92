//! The band of the cash forecast: what it learns from past forecasts, and what it must not know.
//!
//! Most tests let the truth be the simulation's own model: a book is paid in a way drawn with a known dependence,
//! and the fit has to find it.

use duecast::backtest::{
    BacktestPlan, BandFit, Fold, Received, Series, TRIALS_MIN, Trial, fit_band, historical_forecasts,
};
use duecast::domain::date::{add_days, day_number, from_day_number, parse_iso};
use duecast::domain::{Currency, Date, Money};
use duecast::forecast::{Attributes, Band, CashBook, ForecastPlan, simulate};
use duecast::model::{ModelName, PaymentDistribution, PaymentPrediction};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::support::table_language::Ledger;

const CUSTOMERS: usize = 40;
const INVOICES_EACH: usize = 6;

fn day(text: &str) -> Date {
    parse_iso(text).unwrap()
}

/// A Sunday, so that every week of a forecast is a whole one.
fn cutoff(trial: usize) -> Date {
    add_days(day("2024-01-07"), 7 * i64::try_from(trial).unwrap())
}

fn euros() -> Series {
    Series::total(Currency::EUR)
}

fn plan() -> ForecastPlan {
    ForecastPlan {
        seed: 3,
        draws: 400,
        ..ForecastPlan::default()
    }
}

/// The open book of a cut-off: every invoice has its own steady chance of being paid a day.
fn book(trial: usize) -> Vec<PaymentPrediction> {
    let as_of = cutoff(trial);
    (0..CUSTOMERS * INVOICES_EACH)
        .map(|index| {
            let customer = index / INVOICES_EACH;
            let hazard = 0.03 + 0.001 * f64::from(u32::try_from(customer).unwrap());
            let minor = 100_000 + 1_000 * i64::try_from(index % 37).unwrap();
            let open = Money::from_minor(minor, Currency::EUR);
            PaymentPrediction {
                invoice_id: format!("I{trial:03}-{index:03}"),
                customer_id: format!("C{customer:02}"),
                entity: None,
                as_of,
                invoice_date: add_days(as_of, -20),
                due_date: add_days(as_of, 10),
                open,
                gross: open,
                customer_paid_count: 10,
                distribution: PaymentDistribution::from_hazards([hazard; 91]).unwrap(),
                lines: Vec::new(),
                reasons: Vec::new(),
            }
        })
        .collect()
}

/// Pays a book in the way of the simulation, with the given dependence.
fn pay(trial: usize, book: &[PaymentPrediction], customer: f64, whole: f64, seed: u64) -> Received {
    let normal = Normal::standard();
    let mut luck = ChaCha8Rng::seed_from_u64(seed + u64::try_from(trial).unwrap());
    let mut draw = || -> f64 { StandardNormal.sample(&mut luck) };
    let market = draw();
    let mut received = Received::new(cutoff(trial));
    received.watch(&euros());
    for invoices in book.chunks(INVOICES_EACH) {
        let own_market = draw();
        for invoice in invoices {
            let own = (1.0 - customer - whole).sqrt() * draw();
            let latent = whole.sqrt() * market + customer.sqrt() * own_market + own;
            if let Some(days) = invoice.distribution.quantile(normal.cdf(latent)) {
                let paid = day_number(cutoff(trial)) + days;
                received.add(&euros(), paid, paid, invoice.open.minor());
            }
        }
    }
    received
}

/// Trials of as many weeks in a world with the given dependence.
fn trials(count: usize, customer: f64, whole: f64, seed: u64) -> Vec<Trial> {
    (0..count)
        .map(|trial| {
            let predictions = book(trial);
            let received = pay(trial, &predictions, customer, whole, seed);
            let book = CashBook::new(cutoff(trial), &predictions, &Attributes::default()).unwrap();
            Trial::new(&book, &plan(), received).unwrap()
        })
        .collect()
}

/// The band fitted when every week of the trials is over.
fn fitted(trials: &[Trial]) -> BandFit {
    fit_band(trials, cutoff(trials.len() + 13), &Band::default())
}

#[test]
fn where_customers_pay_all_their_invoices_together_more_coupling_is_found() {
    let (alone, together) = (trials(45, 0.0, 0.0, 100), trials(45, 0.9, 0.0, 200));
    let (alone, together) = (fitted(&alone), fitted(&together));
    assert_eq!(alone.evidence.trials, 45);
    assert!(
        together.band.customer_coupling > alone.band.customer_coupling + 0.2,
        "{alone:?}\n{together:?}"
    );
}

#[test]
fn where_all_customers_share_shocks_a_coupling_of_the_book_is_found() {
    let (alone, together) = (trials(30, 0.2, 0.0, 300), trials(30, 0.2, 0.15, 400));
    let (alone, together) = (fitted(&alone), fitted(&together));
    assert!(
        together.band.book_coupling > alone.band.book_coupling + 0.02,
        "{alone:?}\n{together:?}"
    );
    let least = together.evidence.least_loss.unwrap();
    assert!(least < together.evidence.start_loss.unwrap(), "{together:?}");
}

#[test]
fn without_a_past_forecast_the_band_is_the_one_it_started_from() {
    let start = Band::default();
    let nothing = fit_band(&[], cutoff(0), &start);
    assert_eq!(nothing.band, start);
    assert_eq!(nothing.evidence.trials, 0);
    // The first week of the only trial is not over on the day of its cut-off.
    let one = trials(1, 0.8, 0.1, 500);
    assert_eq!(fit_band(&one, cutoff(0), &start).band, start);
    assert_eq!(fit_band(&one, cutoff(1), &start).evidence.trials, 1);
}

#[test]
fn few_trials_move_the_band_less_than_many() {
    let start = Band::default();
    let many = trials(30, 0.2, 0.2, 600);
    let (few, all) = (fitted(&many[..2]).band, fitted(&many).band);
    assert!(few.book_coupling < all.book_coupling, "{few:?}\n{all:?}");
    for factor in few.low.into_iter().chain(few.high) {
        // Two trials beside eight of the start: 8/10 + 2/10 of at most 5.
        assert!((0.8..=1.8).contains(&factor), "{few:?}");
    }
    assert!(all.check().is_ok());
    assert!((few.customer_coupling - start.customer_coupling).abs() <= 0.2 * 0.95 + 1e-9);
}

/// Whether each of weeks 1 to 8 of a trial lay within P10 to P90.
fn held(trial: usize, band: Band, received: &Received) -> Vec<bool> {
    let predictions = book(trial);
    let book = CashBook::new(cutoff(trial), &predictions, &Attributes::default()).unwrap();
    let plan = ForecastPlan { band, ..plan() };
    let forecast = simulate(&book, &plan).unwrap().into_forecast();
    let buckets = forecast.currencies[0].buckets.iter().take(8);
    buckets
        .enumerate()
        .map(|(week, bucket)| {
            let actual = received.known(&euros(), week, cutoff(trial + 14)).unwrap();
            (bucket.p10..=bucket.p90).contains(&actual)
        })
        .collect()
}

#[test]
fn later_weeks_lie_within_the_band_of_earlier_ones_eight_times_in_ten() {
    let (customer, whole, seed) = (0.4, 0.1, 700);
    let past = trials(60, customer, whole, seed);
    let (mut warm, mut cold) = (Vec::new(), Vec::new());
    for trial in 20..60 {
        let fit = fit_band(&past[..trial], cutoff(trial), &Band::default());
        assert!(fit.evidence.trials >= TRIALS_MIN);
        let received = pay(trial, &book(trial), customer, whole, seed);
        warm.extend(held(trial, fit.band, &received));
        cold.extend(held(trial, Band::default(), &received));
    }
    let share = |held: &[bool]| {
        let inside = held.iter().filter(|held| **held).count();
        f64::from(u32::try_from(inside).unwrap()) / f64::from(u32::try_from(held.len()).unwrap())
    };
    // 320 weeks, those of one trial moved by one shock: two standard errors are 8 points.
    let (warm, cold) = (share(&warm), share(&cold));
    assert!((0.72..=0.88).contains(&warm), "warm {warm}, cold {cold}");
    assert!(
        (warm - 0.8).abs() < (cold - 0.8).abs(),
        "warm {warm}, cold {cold}"
    );
}

#[test]
fn a_payment_recorded_late_is_not_known_before() {
    let mut received = Received::new(cutoff(0));
    let monday = day_number(cutoff(0)) + 1;
    received.add(&euros(), monday, monday, 100);
    received.add(&euros(), monday, monday + 9, 20);
    // Made before the cut-off and known after it: the book still waited for it.
    received.add(&euros(), monday - 5, monday + 2, 3);
    // Known at the cut-off, so nobody waits for it.
    received.add(&euros(), monday - 5, monday - 1, 1_000);
    let known = |at: Date| received.known(&euros(), 0, at);
    assert_eq!(
        known(from_day_number(monday + 5)),
        None,
        "the week lasts until Sunday"
    );
    assert_eq!(known(cutoff(1)), Some(103));
    assert_eq!(known(cutoff(2)), Some(123));
    assert_eq!(received.known(&euros(), 1, cutoff(2)), Some(0));
    assert_eq!(received.known(&euros(), 13, cutoff(30)), None);
    assert_eq!(received.known(&Series::total(Currency::USD), 0, cutoff(2)), None);
}

/// A book of weekly invoices, whose payments after `known` come as many days later.
fn ledger(known: &str, later_by: i32) -> Ledger {
    let (known, last) = (day_number(day(known)), day_number(day("2025-06-30")));
    let mut text = String::new();
    for customer in 0..12 {
        for week in 0..68 {
            let issued = day_number(day("2024-01-01")) + week * 7;
            let due = issued + 30;
            let mut paid = due + customer + (week * 5 + customer * 3) % 11;
            if paid > known {
                paid += later_by;
            }
            let (id, amount) = (format!("I{customer:02}-{week:02}"), 100 + customer * 10);
            text.push_str(&format!(
                "invoice {id} C{customer:02} issued {} due {} {amount}.00 EUR\n",
                from_day_number(issued),
                from_day_number(due)
            ));
            if paid <= last {
                text.push_str(&format!("payment {id} {} {amount}.00\n", from_day_number(paid)));
            }
        }
    }
    Ledger::parse(&text)
}

fn replayed(known: &str, later_by: i32) -> Vec<Fold> {
    let (history, _folder) = ledger(known, later_by).history();
    let plan = BacktestPlan {
        first_cutoff: day("2024-10-06"),
        last_cutoff: day("2025-02-23"),
        stride_days: 7,
        models: vec![ModelName::CustomerHistogram],
        seed: 7,
        refit_every: 30,
        forecast: ForecastPlan {
            draws: 60,
            ..ForecastPlan::default()
        },
    };
    historical_forecasts(&history, &plan, &|_, _| {}).unwrap().folds
}

#[test]
fn payments_after_a_cutoff_move_no_band_of_it() {
    let known = "2024-12-29";
    let (as_it_was, moved) = (replayed(known, 0), replayed(known, 9));
    assert_eq!(as_it_was.len(), 21);
    let mut moved_later = false;
    for (left, right) in as_it_was.iter().zip(&moved) {
        let (left_said, right_said) = (&left.forecasts[0], &right.forecasts[0]);
        if left.cutoff <= day(known) {
            assert_eq!(left_said.band, right_said.band, "{}", left.cutoff);
            assert_eq!(left_said.cash, right_said.cash, "{}", left.cutoff);
        } else {
            moved_later |= left_said.band.band != right_said.band.band;
        }
    }
    assert!(moved_later, "the payments that moved must matter afterwards");
    assert_eq!(as_it_was[0].forecasts[0].band.band, Band::default());
    assert_eq!(
        as_it_was[0].forecasts[0].cash,
        as_it_was[0].forecasts[0].cold_cash
    );
    assert!(as_it_was[20].forecasts[0].band.evidence.trials >= TRIALS_MIN);
}
