//! Measures of forecasts: pure functions of numbers, each with formula, unit and source.
//!
//! A measure of nothing is `None`, never zero and never NaN. The mean absolute percentage error is
//! absent on purpose: it explodes on weeks with next to no cash and rewards forecasts that are too
//! low (Tofallis 2015, Journal of the Operational Research Society 66).
//!
//! Notation: `k` is the day of payment counted from the cut-off, `F(d)` the predicted probability of
//! being paid by day `d`, `y` is 1 where the event happened and 0 where not, `q` its probability.

/// Probabilities are kept this far from 0 and 1, so that one wrong certainty costs 9.2, not infinity.
pub const PROBABILITY_MIN: f64 = 1e-4;

/// Bins of calibration measures and of the PIT histogram.
pub const BINS: usize = 10;

/// An event that happened or not, and the probability that a model gave to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Binary {
    happened: bool,
    probability: f64,
}

impl Binary {
    /// Returns the pair, with the probability kept within [`PROBABILITY_MIN`] and its complement.
    pub fn new(happened: bool, probability: f64) -> Self {
        Self {
            happened,
            probability: probability.clamp(PROBABILITY_MIN, 1.0 - PROBABILITY_MIN),
        }
    }

    /// Returns whether the event happened.
    pub fn happened(self) -> bool {
        self.happened
    }

    /// Returns the probability given to the event.
    pub fn probability(self) -> f64 {
        self.probability
    }

    /// Returns `y`: 1 where the event happened, else 0.
    pub fn indicator(self) -> f64 {
        if self.happened { 1.0 } else { 0.0 }
    }

    /// Returns the log-loss of one event, `-ln q` where it happened and `-ln (1 - q)` where not; in nats.
    pub fn log_loss(self) -> f64 {
        if self.happened {
            -self.probability.ln()
        } else {
            -(1.0 - self.probability).ln()
        }
    }
}

/// One bin of a reliability diagram.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ReliabilityBin {
    /// Lower end of the predicted probabilities in the bin.
    pub lower: f64,
    /// Upper end of the predicted probabilities in the bin.
    pub upper: f64,
    /// Cases in the bin.
    pub cases: usize,
    /// Mean predicted probability of the cases.
    pub mean_probability: f64,
    /// Share of the cases in which the event happened.
    pub observed_share: f64,
}

/// Returns a count as a real number, exact up to 4.2 thousand million.
pub(crate) fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Returns the arithmetic mean.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    Some(values.iter().sum::<f64>() / real(values.len()))
}

/// Returns the median; of an even number of values the mean of the two in the middle.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some((sorted[middle - 1] + upper) / 2.0)
}

/// Returns the share of absolute errors of at most `days`.
pub fn share_within(absolute_errors: &[f64], days: f64) -> Option<f64> {
    if absolute_errors.is_empty() {
        return None;
    }
    let within = absolute_errors.iter().filter(|&&error| error <= days);
    Some(real(within.count()) / real(absolute_errors.len()))
}

/// Returns the first day `d` (counted from 1) with `F(d) >= q`, or `None` when the horizon ends before.
pub fn quantile_day(cdf: &[f32], q: f64) -> Option<i32> {
    let index = cdf.iter().position(|&value| f64::from(value) >= q)?;
    i32::try_from(index + 1).ok()
}

/// Returns the continuous ranked probability score of one invoice, in days.
///
/// # Definition
///
/// `CRPS = sum over d = 1 .. D of (F(d) - 1[k <= d])^2` with `D` the smaller of the horizon and the
/// observed days. For a forecast that is certain of one day it equals the absolute error within the
/// horizon (Gneiting and Raftery 2007, Journal of the American Statistical Association 102, 4.2).
pub fn crps_days(cdf: &[f32], paid_after_days: Option<i32>, observed_days: i32) -> f64 {
    let mut sum = 0.0;
    for (day, &value) in (1..=observed_days).zip(cdf) {
        let paid = paid_after_days.is_some_and(|settled| settled <= day);
        let difference = f64::from(value) - if paid { 1.0 } else { 0.0 };
        sum += difference * difference;
    }
    sum
}

/// Returns the mean log-loss, in nats; 0.693 is the value of a coin.
pub fn log_loss(cases: &[Binary]) -> Option<f64> {
    let losses: Vec<f64> = cases.iter().map(|case| case.log_loss()).collect();
    mean(&losses)
}

/// Returns the Brier score, the mean of `(q - y)^2` (Brier 1950); 0 is perfect, 0.25 a coin.
pub fn brier_score(cases: &[Binary]) -> Option<f64> {
    let squares: Vec<f64> = cases
        .iter()
        .map(|case| (case.probability - case.indicator()).powi(2))
        .collect();
    mean(&squares)
}

/// Returns the bins of a reliability diagram, equal in width, without the empty ones.
pub fn reliability(cases: &[Binary], bins: usize) -> Vec<ReliabilityBin> {
    let mut counts = vec![0_usize; bins];
    let mut probabilities = vec![0.0_f64; bins];
    let mut happened = vec![0_usize; bins];
    for case in cases {
        let edges = (1..bins).filter(|&edge| case.probability >= real(edge) / real(bins));
        let bin = edges.count();
        counts[bin] += 1;
        probabilities[bin] += case.probability;
        happened[bin] += usize::from(case.happened);
    }
    (0..bins)
        .filter(|&bin| counts[bin] > 0)
        .map(|bin| ReliabilityBin {
            lower: real(bin) / real(bins),
            upper: real(bin + 1) / real(bins),
            cases: counts[bin],
            mean_probability: probabilities[bin] / real(counts[bin]),
            observed_share: real(happened[bin]) / real(counts[bin]),
        })
        .collect()
}

/// Returns the expected calibration error: `sum over bins of n_b/n * |mean y - mean q|`, in probability.
///
/// Source: Naeini, Cooper and Hauskrecht 2015 (AAAI), with bins of equal width.
pub fn expected_calibration_error(cases: &[Binary], bins: usize) -> Option<f64> {
    if cases.is_empty() {
        return None;
    }
    let total = real(cases.len());
    let gaps = reliability(cases, bins);
    Some(
        gaps.iter()
            .map(|bin| (bin.observed_share - bin.mean_probability).abs() * real(bin.cases) / total)
            .sum(),
    )
}

/// Returns the calibration ratio, `sum of q / sum of y`; 1 is right, above 1 expects too many events.
pub fn calibration_ratio(cases: &[Binary]) -> Option<f64> {
    let happened: f64 = cases.iter().map(|case| case.indicator()).sum();
    let expected: f64 = cases.iter().map(|case| case.probability).sum();
    (happened > 0.0).then(|| expected / happened)
}

/// Returns the area under the ROC curve; 0.5 is chance, 1 is perfect order.
///
/// # Definition
///
/// The probability that a random case that happened ranks above a random case that did not, with
/// ties counted half: `(R1 - n1 (n1 + 1) / 2) / (n1 n0)`, `R1` the sum of the mean ranks of the
/// cases that happened (Mann and Whitney 1947). `None` unless both kinds occur.
pub fn auc(cases: &[Binary]) -> Option<f64> {
    let happened = cases.iter().filter(|case| case.happened).count();
    let other = cases.len() - happened;
    if happened == 0 || other == 0 {
        return None;
    }
    let mut ranks_happened = 0.0;
    let mut before = 0_usize;
    for group in tie_groups(cases) {
        let mean_rank = real(before) + (real(group.cases) + 1.0) / 2.0;
        ranks_happened += mean_rank * real(group.happened);
        before += group.cases;
    }
    let n1 = real(happened);
    Some((ranks_happened - n1 * (n1 + 1.0) / 2.0) / (n1 * real(other)))
}

/// Returns the average precision, `sum over thresholds of (R_n - R_{n-1}) P_n`; the base rate is chance.
///
/// Cases of equal probability enter together (the convention of scikit-learn).
pub fn average_precision(cases: &[Binary]) -> Option<f64> {
    let happened = cases.iter().filter(|case| case.happened).count();
    if happened == 0 {
        return None;
    }
    let mut found = 0_usize;
    let mut taken = 0_usize;
    let mut sum = 0.0;
    for group in tie_groups(cases).iter().rev() {
        found += group.happened;
        taken += group.cases;
        sum += real(group.happened) / real(happened) * (real(found) / real(taken));
    }
    Some(sum)
}

/// Cases of one probability.
struct TieGroup {
    cases: usize,
    happened: usize,
}

/// Returns the groups of equal probability, ascending.
fn tie_groups(cases: &[Binary]) -> Vec<TieGroup> {
    let mut sorted = cases.to_vec();
    sorted.sort_by(|a, b| a.probability.total_cmp(&b.probability));
    let mut groups: Vec<TieGroup> = Vec::new();
    let mut last: Option<f64> = None;
    for case in sorted {
        let is_tie = last.is_some_and(|value| value.total_cmp(&case.probability).is_eq());
        match groups.last_mut() {
            Some(group) if is_tie => {
                group.cases += 1;
                group.happened += usize::from(case.happened);
            }
            Some(_) | None => groups.push(TieGroup {
                cases: 1,
                happened: usize::from(case.happened),
            }),
        }
        last = Some(case.probability);
    }
    groups
}

/// Returns the histogram of the probability integral transform: shares that sum to 1, flat when honest.
///
/// Each case spreads its weight evenly over `[F(k-1), F(k)]`, which needs no random number
/// (Czado, Gneiting and Held 2009, Biometrics 65). A hump in the middle means bands too wide, a
/// trough bands too narrow, a slope a bias.
pub fn pit_histogram(intervals: &[(f64, f64)], bins: usize) -> Option<Vec<f64>> {
    if intervals.is_empty() {
        return None;
    }
    let mut shares = vec![0.0_f64; bins];
    for &(low, high) in intervals {
        for (bin, share) in shares.iter_mut().enumerate() {
            let lower = real(bin) / real(bins);
            let upper = real(bin + 1) / real(bins);
            *share += if high - low > f64::EPSILON {
                (high.min(upper) - low.max(lower)).max(0.0) / (high - low)
            } else {
                // A jump from nothing: the case lies at one point, in the bin that holds it.
                let is_last = bin + 1 == bins && low >= upper;
                if (low >= lower && low < upper) || is_last {
                    1.0
                } else {
                    0.0
                }
            };
        }
    }
    let total = real(intervals.len());
    Some(shares.iter().map(|share| share / total).collect())
}

/// Returns the weighted absolute percentage error, `sum |F - A| / sum |A|`, as a share.
pub fn wape(forecast: &[f64], actual: &[f64]) -> Option<f64> {
    let errors = forecast.iter().zip(actual).map(|(f, a)| (f - a).abs());
    relative_to_actual(errors.sum(), actual)
}

/// Returns the bias, `sum (F - A) / sum |A|`, as a share; above 0 promises too much cash.
pub fn bias(forecast: &[f64], actual: &[f64]) -> Option<f64> {
    let errors = forecast.iter().zip(actual).map(|(f, a)| f - a);
    relative_to_actual(errors.sum(), actual)
}

/// Returns the mean width of the band relative to the mean actual, `sum (U - L) / sum |A|`.
pub fn relative_width(lower: &[f64], upper: &[f64], actual: &[f64]) -> Option<f64> {
    let widths = lower.iter().zip(upper).map(|(low, high)| high - low);
    relative_to_actual(widths.sum(), actual)
}

/// Returns `sum / sum |A|`, or `None` when nothing was received.
fn relative_to_actual(sum: f64, actual: &[f64]) -> Option<f64> {
    let total: f64 = actual.iter().map(|value| value.abs()).sum();
    (total > 0.0).then(|| sum / total)
}

/// Returns the pinball loss of one quantile forecast, in the unit of the forecast.
///
/// # Definition
///
/// `q (A - F)` where the actual lies above the forecast and `(1 - q) (F - A)` where below (Koenker
/// and Bassett 1978, Econometrica 46). Its mean is smallest for the true quantile.
pub fn pinball_loss(q: f64, forecast: f64, actual: f64) -> f64 {
    let shortfall = actual - forecast;
    if shortfall >= 0.0 {
        q * shortfall
    } else {
        (q - 1.0) * shortfall
    }
}

/// Returns the share of actuals within their band, ends included; 0.8 is right for P10 to P90.
pub fn coverage(lower: &[f64], upper: &[f64], actual: &[f64]) -> Option<f64> {
    if actual.is_empty() {
        return None;
    }
    let bands = lower.iter().zip(upper).zip(actual);
    let inside = bands.filter(|((low, high), value)| *low <= *value && *value <= *high);
    Some(real(inside.count()) / real(actual.len()))
}
