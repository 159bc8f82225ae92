//! What is said of a customer of whom nothing is known but its terms, its country and its segment.
//!
//! The ledgers are made by hand, so that the truth is known: everybody pays so many days late as its market does.
//! The numbers were worked out beside the code from the formulas of docs/METHOD.md, sections 3 and 4.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use duecast::domain::Date;
use duecast::domain::date::{add_days, parse_iso};
use duecast::features::{self, FeatureTable, LiveBook, column};
use duecast::history::schema::Table;
use duecast::history::{History, Snapshot};
use duecast::model::{self, ModelName, Reasons, TrainingPlan, TrainingSet};
use polars::prelude::*;

use crate::support::feature_rows::{fingerprint, history, ledger, text_of};

const SEED: u64 = 5;
/// Countries without a calendar of their own: both have the weekends of the currency, and no holiday moves a due date.
const PROMPT: &str = "YY";
const SLOW: &str = "ZZ";
/// Days by which everybody in the slow country is late; in the other one everybody is on time.
const SLOW_DAYS: i64 = 20;

/// Payers of one country.
struct Payers {
    country: &'static str,
    count: usize,
    /// Invoices that each of them has paid.
    invoices: u32,
    /// Days between the invoices of one payer.
    stride_days: i64,
    /// Whether due dates scatter over two weeks, and payments by up to two days around the way of the country.
    is_scattered: bool,
}

impl Payers {
    const fn of(country: &'static str, count: usize) -> Self {
        Self {
            country,
            count,
            invoices: 8,
            stride_days: 7,
            is_scattered: false,
        }
    }
}

fn day(text: &str) -> Date {
    parse_iso(text).unwrap()
}

/// The day after which all of the ledger is known.
fn cutoff() -> Date {
    day("2025-12-30")
}

/// A ledger of payers, and of one new customer in each country and in none, each with its first invoice.
fn snapshot(payers: &[Payers]) -> Snapshot {
    let mut customers = "customer_id,country,segment\n".to_owned();
    let mut invoices = "invoice_id,customer_id,invoice_date,due_date,amount,currency\n".to_owned();
    let mut payments = "payment_id,invoice_id,paid_date,amount,currency\n".to_owned();
    // A Wednesday, as all other due dates then are.
    let first_due = day("2025-01-08");
    for part in payers {
        let country = part.country;
        let way = if country == SLOW { SLOW_DAYS } else { 0 };
        for payer in 0..part.count {
            writeln!(customers, "{country}-{payer},{country},trade").unwrap();
            for number in 0..part.invoices {
                let due = add_days(first_due, part.stride_days * i64::from(number));
                let payer = i64::try_from(payer).unwrap();
                // Due on every day of the week, where it scatters.
                let due = add_days(due, if part.is_scattered { payer % 14 } else { 0 });
                let off = i64::from(number) * 3 + payer * 2;
                let off = if part.is_scattered { off % 5 - 2 } else { 0 };
                let (issued, paid) = (add_days(due, -30), add_days(due, way + off));
                let id = format!("{country}-{payer}-{number}");
                writeln!(invoices, "{id},{country}-{payer},{issued},{due},100.00,SEK").unwrap();
                writeln!(payments, "P-{id},{id},{paid},100.00,SEK").unwrap();
            }
        }
    }
    let (issued, due) = (add_days(cutoff(), -13), add_days(cutoff(), 17));
    for (country, segment) in [(PROMPT, "trade"), (SLOW, "trade"), ("", "")] {
        writeln!(customers, "new-{country},{country},{segment}").unwrap();
        writeln!(invoices, "new-{country},new-{country},{issued},{due},100.00,SEK").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("customers", customers),
        ("invoices", invoices),
        ("payments", payments),
    ] {
        fs::write(folder.path().join(format!("{name}.csv")), text).unwrap();
    }
    let (history, report) = History::open(folder.path()).unwrap();
    assert!(report.rejects().is_empty(), "rejected: {:?}", report.rejects());
    history.as_of(cutoff())
}

/// A feature of the new customer of a country.
fn of_new(table: &FeatureTable, country: &str, feature: &str) -> f64 {
    let id = format!("new-{country}");
    let row = (0..table.len())
        .find(|row| text_of(table, column::CUSTOMER_ID, *row) == id)
        .unwrap();
    table.numbers(feature).unwrap().get(row).unwrap()
}

fn assert_near(given: f64, expected: f64) {
    assert!(
        (given - expected).abs() < 1e-9,
        "{given} where {expected} was worked out"
    );
}

#[test]
fn a_new_customer_has_the_way_of_its_country_and_the_groups_where_none_is_known() {
    // Twelve payers of eight invoices in each country. Eight invoices weigh 5.80078125, twelve payers 69.6 and the
    // prior of twenty invoices 20 (1 + 8/12): the country's own way is 67.6 % of what is said.
    let table = features::book(&snapshot(&[Payers::of(PROMPT, 12), Payers::of(SLOW, 12)])).unwrap();
    let lateness = |country: &str| of_new(&table, country, column::LATENESS_MEAN);
    assert_near(lateness(SLOW), 16.759_052_180_104_593);
    assert_near(lateness(PROMPT), 3.235_146_285_847_067);
    assert_near(lateness(""), 9.991_041_615_588_639);
    for country in [SLOW, PROMPT, ""] {
        let group = of_new(&table, country, column::GROUP_LATENESS_MEAN);
        assert_near(lateness(country), group);
    }
    let late_share = |country: &str| of_new(&table, country, column::LATE_SHARE);
    assert_near(late_share(SLOW), 0.837_952_609_005_229_7);
    assert_near(late_share(PROMPT), 0.161_757_314_292_353_35);
    assert_near(late_share(""), 0.499_552_080_779_431_9);
}

#[test]
fn two_payers_move_what_is_said_of_their_country_only_a_little() {
    // The prior is 20 (1 + 8/2) invoices beside 11.6: a tenth of the way from the group's 1.67 days to 20.
    let table = features::book(&snapshot(&[Payers::of(PROMPT, 22), Payers::of(SLOW, 2)])).unwrap();
    assert_near(of_new(&table, "", column::LATENESS_MEAN), 1.665_173_602_598_106_3);
    assert_near(
        of_new(&table, SLOW, column::LATENESS_MEAN),
        3.571_174_106_633_234_8,
    );
}

#[test]
fn a_single_payer_is_no_country() {
    let table = features::book(&snapshot(&[Payers::of(PROMPT, 22), Payers::of(SLOW, 1)])).unwrap();
    for feature in [column::LATENESS_MEAN, column::LATENESS_SPREAD] {
        let (new, group) = (of_new(&table, SLOW, feature), of_new(&table, "", feature));
        assert_eq!(new.to_bits(), group.to_bits(), "{feature}");
    }
}

#[test]
fn what_few_payers_did_is_said_with_more_doubt_than_what_many_did() {
    // In both ledgers everybody in the slow country is exactly 20 days late, and half of all customers live there.
    let spread = |count: usize| {
        let table = features::book(&snapshot(&[Payers::of(PROMPT, count), Payers::of(SLOW, count)])).unwrap();
        (
            of_new(&table, SLOW, column::LATENESS_SPREAD),
            of_new(&table, "", column::LATENESS_SPREAD),
        )
    };
    let (few, of_group) = spread(2);
    assert_near(few, 9.956_209_304_881_535);
    assert_near(of_group, 9.991_460_890_537_677);
    let (many, of_group) = spread(40);
    assert_near(many, 4.227_349_752_001_632);
    assert_near(of_group, 9.999_976_882_127_585);
}

#[test]
fn the_hazards_of_a_new_customer_are_those_of_its_country() {
    let table = features::book(&snapshot(&[Payers::of(PROMPT, 20), Payers::of(SLOW, 20)])).unwrap();
    let view = |country: &str| {
        let id = format!("new-{country}");
        let row = (0..table.len()).find(|row| text_of(&table, column::CUSTOMER_ID, *row) == id);
        table.invoice(row.unwrap())
    };
    let (prompt, slow, group) = (view(PROMPT).group, view(SLOW).group, view("").group);
    let ahead = |bin: usize| prompt[bin] - slow[bin];
    let due = (0..prompt.len())
        .max_by(|one, other| ahead(*one).total_cmp(&ahead(*other)))
        .unwrap();
    // Where the one country pays the other does not: hazards of about 0.9, 0.5 and 0.04 in log-odds.
    assert!(prompt[due] > group[due] && group[due] > slow[due]);
    assert!(ahead(due) > 3.0, "{}", ahead(due));
    // Who has paid nothing is taken for one of its country.
    for (own, country) in view(SLOW).profile.slow.iter().zip(slow) {
        assert!((own - country).abs() < 0.2, "{own} {country}");
    }
}

#[test]
fn a_new_customer_of_a_slow_country_is_predicted_later_than_one_elsewhere() {
    let of_a_year = |country: &'static str| Payers {
        invoices: 24,
        stride_days: 14,
        is_scattered: true,
        ..Payers::of(country, 20)
    };
    let snapshot = snapshot(&[of_a_year(PROMPT), of_a_year(SLOW)]);
    let training = TrainingSet::build(&snapshot, &TrainingPlan::default()).unwrap();
    let model = model::fit(ModelName::Hazard, &training, SEED).unwrap();
    let table = features::book(&snapshot).unwrap();
    let medians: BTreeMap<String, i32> = model
        .predict(&table, Reasons::LeftOut)
        .unwrap()
        .into_iter()
        .map(|prediction| {
            let median = prediction.distribution.quantile(0.5).unwrap_or(i32::MAX);
            (prediction.customer_id, median)
        })
        .collect();
    let (prompt, slow) = (medians["new-YY"], medians["new-ZZ"]);
    // In truth 20 days; half of them at least must be told, and no more than half as many too much.
    assert!(
        (10..=30).contains(&(slow - prompt)),
        "new in the slow country: {slow} days ahead, elsewhere: {prompt}"
    );
}

/// The ledger with other countries and segments.
fn with_markets(seed: u64, country: Expr, segment: Expr) -> BTreeMap<Table, DataFrame> {
    let mut frames = ledger(seed);
    let customers = frames[&Table::Customers].clone().lazy();
    let customers = customers.with_columns([country.alias("country"), segment.alias("segment")]);
    frames.insert(Table::Customers, customers.collect().unwrap());
    frames
}

#[test]
fn one_market_or_none_or_one_for_each_customer_leaves_every_number_to_the_bit() {
    let nothing = || lit(NULL).cast(DataType::String);
    for seed in [2, 12, 31] {
        let unknown = with_markets(seed, nothing(), nothing());
        let cutoff = day("2026-02-16");
        let expected = fingerprint(&features::book(&history(&unknown).as_of(cutoff)).unwrap());
        assert!(!expected.is_empty());
        for frames in [
            with_markets(seed, lit("ZZ"), lit("sme")),
            with_markets(seed, nothing(), lit("sme")),
            with_markets(seed, lit("ZZ"), nothing()),
            with_markets(seed, nothing(), col("customer_id")),
        ] {
            let snapshot = history(&frames).as_of(cutoff);
            let table = features::book(&snapshot).unwrap();
            assert_eq!(fingerprint(&table), expected);
            let live = LiveBook::new(&snapshot).unwrap();
            let first = text_of(&table, column::CUSTOMER_ID, 0);
            let own = fingerprint(&live.customer(&first).unwrap());
            assert_eq!(own.as_slice(), &expected[..own.len()]);
        }
        // Several markets do change numbers: the comparison can fail.
        let customers = &unknown[&Table::Customers];
        let middle = customers.column("customer_id").unwrap().str().unwrap();
        let middle = middle.get(customers.height() / 2).unwrap().to_owned();
        let several = when(col("customer_id").lt(lit(middle)))
            .then(lit("sme"))
            .otherwise(lit("large"));
        let several = with_markets(seed, nothing(), several);
        let several = features::book(&history(&several).as_of(cutoff)).unwrap();
        assert_ne!(fingerprint(&several), expected);
    }
}
