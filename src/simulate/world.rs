//! What all customers share: the calendars, the seasons and the market, and the ways to draw.

use chrono::Datelike;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use statrs::distribution::{ContinuousCDF, Normal};

use super::calendar_runs::{RunCalendar, RunType};
use super::customer::CURRENCIES;
use super::effects::EffectTable;
use super::plan::SimulationPlan;
use super::tables::MarketRow;
use crate::domain::Currency;
use crate::domain::calendar::BusinessCalendar;
use crate::domain::date::{day_number, from_day_number};

/// Days after the end of the ledger for which outcomes are still followed.
pub(crate) const FOLLOW_DAYS: i32 = 365;

/// Days of margin around the simulated period, more than the longest gap between two runs.
const MARGIN_DAYS: i32 = 100;

/// Points that stand for the normal distribution of a coming month's shock, each with the same weight. A step
/// function of the shock is integrated to within 1/24, a straight line exactly.
const SHOCK_NODES: u32 = 12;

/// Stream of the shared shocks; customers use the streams from 1 on.
const MARKET_STREAM: u64 = 0;

/// The shared part of a simulation, computed once.
#[derive(Debug)]
pub(crate) struct World<'a> {
    pub(crate) plan: &'a SimulationPlan,
    /// First and last day of the ledger.
    pub(crate) start: i32,
    pub(crate) end: i32,
    /// Last day on which an invoice is followed.
    pub(crate) last: i32,
    /// Days of the truth, sorted, each once.
    pub(crate) cutoffs: Vec<i32>,
    /// Deviations that stand for the shock of a coming month.
    pub(crate) shock_nodes: Vec<f64>,
    /// Logarithm of the probability that a customer does not drift on a day.
    pub(crate) log_stays: f64,
    /// Logarithm of the probability that an unpaid invoice is never disputed.
    pub(crate) log_undisputed: f64,
    /// What actions do.
    pub(crate) effects: EffectTable,
    base: i32,
    months: Vec<usize>,
    month_ends: Vec<i32>,
    season: Vec<f64>,
    market: Vec<f64>,
    calendars: Vec<RunCalendar>,
}

impl<'a> World<'a> {
    /// Prepares the calendars and draws the market.
    pub(crate) fn new(plan: &'a SimulationPlan) -> Self {
        let (start, end) = (day_number(plan.start_date()), day_number(plan.end_date));
        let last = end + FOLLOW_DAYS;
        let (base, final_day) = (start - MARGIN_DAYS, last + MARGIN_DAYS);
        let mut cutoffs: Vec<i32> = plan.truth_cutoffs.iter().copied().map(day_number).collect();
        cutoffs.sort_unstable();
        cutoffs.dedup();
        let mut world = Self {
            plan,
            start,
            end,
            last,
            cutoffs,
            shock_nodes: shock_nodes(plan.market_shock_days.hypot(plan.customer_shock_days)),
            log_stays: (1.0 - plan.drifting_share).ln() / f64::from(end - start + 1),
            log_undisputed: (1.0 - plan.disputed_share).ln(),
            effects: EffectTable::new(|treatment| plan.usual_effect(treatment), &plan.effects),
            base,
            months: Vec::new(),
            month_ends: Vec::new(),
            season: Vec::new(),
            market: Vec::new(),
            calendars: calendars(base, final_day),
        };
        world.fill_months(final_day);
        world
    }

    /// Numbers the months and draws the shock of each.
    fn fill_months(&mut self, final_day: i32) {
        let mut stream = stream(self.plan.seed, MARKET_STREAM);
        for day in self.base..=final_day {
            let date = from_day_number(day);
            if self.month_ends.is_empty() || date.day() == 1 {
                self.month_ends.push(day);
                self.season.push(match date.month() {
                    8 => self.plan.august_days,
                    12 => self.plan.december_days,
                    _ => 0.0,
                });
                self.market
                    .push(self.plan.market_shock_days * normal(&mut stream));
            }
            let month = self.month_ends.len() - 1;
            self.month_ends[month] = day;
            self.months.push(month);
        }
    }

    /// Returns the number of a day's month.
    pub(crate) fn month(&self, day: i32) -> usize {
        let offset = usize::try_from(day - self.base).expect("days lie inside the simulated period");
        self.months[offset]
    }

    /// Returns the number of months.
    pub(crate) fn month_count(&self) -> usize {
        self.month_ends.len()
    }

    /// Returns the last day of a day's month.
    pub(crate) fn month_end(&self, day: i32) -> i32 {
        self.month_ends[self.month(day)]
    }

    /// Returns the months of the ledger.
    pub(crate) fn ledger_months(&self) -> Vec<MarketRow> {
        (self.month(self.start)..=self.month(self.end))
            .map(|month| MarketRow {
                month_end: self.month_ends[month],
                season_days: self.season[month],
                shock_days: self.market[month],
            })
            .collect()
    }

    /// Returns the days by which a month is slower every year.
    pub(crate) fn season(&self, month: usize) -> f64 {
        self.season[month]
    }

    /// Returns the days by which all customers are slower in a month.
    pub(crate) fn market(&self, month: usize) -> f64 {
        self.market[month]
    }

    /// Returns the run days of a run type in a currency.
    pub(crate) fn runs(&self, currency: usize, run_type: RunType) -> &RunCalendar {
        &self.calendars[currency * RunType::ALL.len() + run_type.index()]
    }

    /// Returns the business days of a currency.
    pub(crate) fn business_days(&self, currency: usize) -> &RunCalendar {
        self.runs(currency, RunType::Daily)
    }

    /// Returns the generator of one customer.
    pub(crate) fn customer_stream(&self, index: u64) -> ChaCha8Rng {
        stream(self.plan.seed, MARKET_STREAM + 1 + index)
    }
}

/// Returns the calendars of all currencies and run types.
fn calendars(first: i32, last: i32) -> Vec<RunCalendar> {
    let mut calendars = Vec::new();
    for code in CURRENCIES {
        let currency = Currency::parse(code).expect("the simulated currencies exist");
        let calendar = BusinessCalendar::for_currency(currency);
        for run_type in RunType::ALL {
            calendars.push(RunCalendar::build(run_type, &calendar, first, last));
        }
    }
    calendars
}

/// Returns the mean of each of the equally likely slices of a normal distribution.
fn shock_nodes(deviation: f64) -> Vec<f64> {
    if deviation <= 0.0 {
        return vec![0.0];
    }
    let standard = Normal::new(0.0, 1.0).expect("zero and one are valid parameters");
    let count = f64::from(SHOCK_NODES);
    let density_at = |slice: u32| {
        if slice == 0 || slice == SHOCK_NODES {
            return 0.0;
        }
        let edge = standard.inverse_cdf(f64::from(slice) / count);
        (-0.5 * edge * edge).exp() / std::f64::consts::TAU.sqrt()
    };
    (0..SHOCK_NODES)
        .map(|slice| deviation * count * (density_at(slice) - density_at(slice + 1)))
        .collect()
}

/// Returns one of the independent streams of a seed.
fn stream(seed: u64, number: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(number);
    generator
}

/// Draws from the standard normal distribution.
pub(crate) fn normal(stream: &mut ChaCha8Rng) -> f64 {
    stream.sample(StandardNormal)
}

/// Draws a number from 0 to below 1.
pub(crate) fn uniform(stream: &mut ChaCha8Rng) -> f64 {
    stream.random()
}

/// Draws a position with the probabilities in `shares`; the last takes what rounding leaves.
pub(crate) fn pick(stream: &mut ChaCha8Rng, shares: &[f64]) -> usize {
    let mut left = uniform(stream);
    for (position, share) in shares.iter().enumerate() {
        if left < *share {
            return position;
        }
        left -= share;
    }
    shares.len().saturating_sub(1)
}

/// Draws how many chances pass before an event, where each passes it by with probability `exp(log_miss)`.
/// Returns `None` when the event lies more than a billion chances ahead.
pub(crate) fn chances_missed(stream: &mut ChaCha8Rng, log_miss: f64) -> Option<i32> {
    const CHANCES_MAX: f64 = 1e9;
    let left = 1.0 - uniform(stream);
    if log_miss >= 0.0 {
        return None;
    }
    let missed = (left.ln() / log_miss).floor();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number; one beyond a billion is not returned"
    )]
    let count = missed as i32;
    (missed < CHANCES_MAX).then_some(count)
}
