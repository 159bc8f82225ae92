//! Customers and their true parameters.

use chrono::Weekday;
use rand_chacha::ChaCha8Rng;

use super::batch::Id;
use super::calendar_runs::RunType;
use super::effects;
use super::invoice::Terms;
use super::world::{World, chances_missed, normal, pick, uniform};
use crate::domain::Date;
use crate::domain::date::from_day_number;

/// The currencies; a customer carries the position in this list.
pub(crate) const CURRENCIES: [&str; 3] = ["EUR", "USD", "GBP"];

/// Spread of the logarithm of a customer's activity: a tenth of the customers then has about half of the invoices.
const ACTIVITY_SPREAD: f64 = 1.2;

/// Share of customers who buy from the first day of the ledger on.
const FOUNDING_SHARE: f64 = 0.7;

/// Part of the ledger's period in which the other customers arrive.
const ARRIVAL_SHARE: f64 = 0.8;

/// A country in which customers live.
#[derive(Debug)]
pub(crate) struct Country {
    pub(crate) code: &'static str,
    pub(crate) language: &'static str,
    /// Position in [`CURRENCIES`].
    pub(crate) currency: usize,
    company: &'static str,
    share: f64,
    level_days: f64,
}

/// The countries; levels differ, so that a country says something about a new customer.
pub(crate) static COUNTRIES: [Country; 5] = [
    country("NL", "nl", 0, "B.V.", 0.35, 0.0),
    country("DE", "de", 0, "GmbH", 0.20, -2.0),
    country("FR", "fr", 0, "SARL", 0.10, 4.0),
    country("US", "en", 1, "Inc.", 0.20, 3.0),
    country("GB", "en", 2, "Ltd", 0.15, 2.0),
];

const fn country(
    code: &'static str,
    language: &'static str,
    currency: usize,
    company: &'static str,
    share: f64,
    level_days: f64,
) -> Country {
    Country {
        code,
        language,
        currency,
        company,
        share,
        level_days,
    }
}

/// A size of company: share, days of level, logarithm of the usual amount in major units.
const SIZES: [(f64, f64, f64); effects::SEGMENTS.len()] =
    [(0.40, 0.0, 6.2), (0.45, 1.0, 7.1), (0.15, 4.0, 8.4)];

const PARTY_TYPES: [(&str, f64); 3] = [
    ("legal_entity", 0.85),
    ("sole_trader", 0.10),
    ("public_body", 0.05),
];

const TERMS: [(Terms, f64); 5] = [
    (Terms::Net(14), 0.20),
    (Terms::Net(30), 0.45),
    (Terms::Net(45), 0.10),
    (Terms::Net(60), 0.15),
    (Terms::EndOfMonth, 0.10),
];

/// Daily, weekly, twice a month, at the end of the month.
const RUN_SHARES: [f64; 4] = [0.35, 0.40, 0.15, 0.10];

const WEEKDAYS: [Weekday; 5] = [
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
];

const NAME_STARTS: [&str; 24] = [
    "Alder", "Bram", "Calder", "Dorn", "Elden", "Fjord", "Garn", "Hazel", "Iver", "Jor", "Kestrel", "Lind",
    "Marl", "Noord", "Oster", "Pell", "Quill", "Rivel", "Sand", "Tarn", "Under", "Vale", "Wester", "Yarrow",
];

const NAME_ENDS: [&str; 16] = [
    "brook", "camp", "dale", "fields", "gate", "holm", "kade", "land", "mark", "mond", "port", "ridge",
    "stad", "veld", "wick", "worth",
];

const NAME_TRADES: [&str; 12] = [
    "Bakery",
    "Chemicals",
    "Components",
    "Foods",
    "Glass",
    "Instruments",
    "Logistics",
    "Machines",
    "Packaging",
    "Paper",
    "Textiles",
    "Tools",
];

/// A customer as drawn.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    /// Position from 0 on.
    pub(crate) index: u64,
    pub(crate) name: String,
    pub(crate) country: &'static Country,
    pub(crate) segment: &'static str,
    /// Place of the segment among all.
    pub(crate) segment_index: usize,
    pub(crate) party_type: &'static str,
    pub(crate) terms: Terms,
    pub(crate) run_type: RunType,
    /// Day past due on which half of the invoices are ready to be paid.
    pub(crate) level_days: f64,
    /// Scale of the logistic distribution of the day an invoice is ready.
    pub(crate) spread_days: f64,
    /// Days later for an invoice e times the usual amount.
    pub(crate) amount_effect_days: f64,
    /// First day of the drifted level.
    pub(crate) drift_day: Option<i32>,
    /// Change of the level from the drift on.
    pub(crate) drift_days: f64,
    pub(crate) never_pays: bool,
    /// Probability that a promise is kept.
    pub(crate) promise_kept: f64,
    /// Mean and spread of the logarithm of the amount in major units.
    pub(crate) amount_mean: f64,
    pub(crate) amount_spread: f64,
    /// First day on which the customer buys.
    pub(crate) since: i32,
    /// Own shock of each month, in days.
    pub(crate) shocks: Vec<f64>,
}

impl Customer {
    /// Draws how active a customer is, in proportion to the number of invoices.
    pub(crate) fn activity(world: &World<'_>, index: u64) -> f64 {
        draw_activity(&mut world.customer_stream(index))
    }

    /// Draws a customer; the generator is returned where the invoices go on with it.
    pub(crate) fn draw(world: &World<'_>, index: u64) -> (Self, ChaCha8Rng) {
        let mut stream = world.customer_stream(index);
        let stream_ref = &mut stream;
        draw_activity(stream_ref);
        let country = &COUNTRIES[pick(stream_ref, &COUNTRIES.each_ref().map(|c| c.share))];
        let segment_index = pick(stream_ref, &SIZES.map(|size| size.0));
        let size = SIZES[segment_index];
        let party_type = PARTY_TYPES[pick(stream_ref, &PARTY_TYPES.map(|p| p.1))].0;
        let terms = TERMS[pick(stream_ref, &TERMS.map(|t| t.1))].0;
        let run_type = draw_run_type(stream_ref);
        let level = 1.0 + country.level_days + size.1 + 8.0 * normal(stream_ref);
        let spread = 3.0 * (0.45 * normal(stream_ref)).exp();
        let amount_effect_days = 1.5 + normal(stream_ref);
        let drift_day = chances_missed(stream_ref, world.log_stays)
            .map(|days| days.saturating_add(world.start))
            .filter(|day| *day <= world.last);
        let drift_size = 6.0 + 14.0 * uniform(stream_ref);
        let slower = uniform(stream_ref) < 0.65;
        let customer = Self {
            index,
            name: draw_name(stream_ref, country),
            country,
            segment: effects::SEGMENTS[segment_index],
            segment_index,
            party_type,
            terms,
            run_type,
            level_days: level.clamp(-12.0, 45.0),
            spread_days: spread.clamp(0.8, 15.0),
            amount_effect_days,
            drift_day,
            drift_days: if slower { drift_size } else { -drift_size },
            never_pays: uniform(stream_ref) < world.plan.never_paying_share,
            promise_kept: 0.35 + 0.6 * uniform(stream_ref),
            amount_mean: size.2 + 0.7 * normal(stream_ref),
            amount_spread: 0.4 + 0.6 * uniform(stream_ref),
            since: draw_since(stream_ref, world),
            shocks: (0..world.month_count())
                .map(|_| world.plan.customer_shock_days * normal(stream_ref))
                .collect(),
        };
        (customer, stream)
    }

    /// Tells whether the level has drifted by a day.
    pub(crate) fn has_drifted(&self, day: i32) -> bool {
        self.drift_day.is_some_and(|from| from <= day)
    }

    /// Returns the agreed credit limit: twenty usual invoices, in whole thousands.
    pub(crate) fn credit_limit_minor(&self) -> i64 {
        let thousands = (self.amount_mean.exp() * 20.0 / 1_000.0).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number of thousands, far below 2^53"
        )]
        let thousands = thousands as i64;
        thousands * 100_000
    }

    /// Returns the true parameters.
    pub(crate) fn truth(&self) -> CustomerTruth {
        CustomerTruth {
            customer_id: Id::customer(self.index).to_string(),
            run_type: self.run_type,
            level_days: self.level_days,
            spread_days: self.spread_days,
            amount_effect_days: self.amount_effect_days,
            usual_amount: self.amount_mean.exp(),
            promise_kept_probability: self.promise_kept,
            drift_on: self.drift_day.map(from_day_number),
            drift_days: self.drift_days,
            never_pays: self.never_pays,
        }
    }
}

/// The true parameters of one customer.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerTruth {
    /// The customer.
    pub customer_id: String,
    /// Days on which the customer pays.
    pub run_type: RunType,
    /// Day past due on which half of the invoices of the usual amount are ready to be paid.
    pub level_days: f64,
    /// Scale of the logistic distribution of the day on which an invoice is ready.
    pub spread_days: f64,
    /// Days later for an invoice e times the usual amount.
    pub amount_effect_days: f64,
    /// Median amount in major units.
    pub usual_amount: f64,
    /// Probability that a promise to pay is kept.
    pub promise_kept_probability: f64,
    /// First day of the drifted level, if the customer drifts within a year after the ledger.
    pub drift_on: Option<Date>,
    /// Change of the level when the customer drifts; positive is slower.
    pub drift_days: f64,
    /// Whether the customer never pays anything.
    pub never_pays: bool,
}

/// Draws the activity, the first number of a customer's stream.
fn draw_activity(stream: &mut ChaCha8Rng) -> f64 {
    (ACTIVITY_SPREAD * normal(stream)).exp()
}

fn draw_run_type(stream: &mut ChaCha8Rng) -> RunType {
    match pick(stream, &RUN_SHARES) {
        0 => RunType::Daily,
        1 => RunType::Weekly(WEEKDAYS[pick(stream, &[0.2; 5])]),
        2 => RunType::TwiceMonthly,
        _ => RunType::MonthEnd,
    }
}

fn draw_since(stream: &mut ChaCha8Rng, world: &World<'_>) -> i32 {
    if uniform(stream) < FOUNDING_SHARE {
        return world.start;
    }
    let days = f64::from(world.end - world.start) * ARRIVAL_SHARE * uniform(stream);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "between 0 and the days of the ledger; its whole days are meant"
    )]
    let days = days as i32;
    world.start + days
}

fn draw_name(stream: &mut ChaCha8Rng, country: &Country) -> String {
    let start = NAME_STARTS[pick(stream, &[1.0 / 24.0; 24])];
    let end = NAME_ENDS[pick(stream, &[1.0 / 16.0; 16])];
    let trade = NAME_TRADES[pick(stream, &[1.0 / 12.0; 12])];
    format!("{start}{end} {trade} {}", country.company)
}
