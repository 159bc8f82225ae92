//! Uplift and Qini curves: does the predicted gain rank the customers by what an action really adds?
//!
//! Decisions are ranked by a score, highest first. With weights of one over the propensity, `W` and `R` the sums of
//! weights and of weighted rewards of the treated (`t`) and of those for whom nothing was done (`c`) so far:
//!
//! - uplift: `share (R_t / W_t - R_c / W_c)` (Gutierrez and Gérardy 2017, PMLR 67), the gain a decision from treating
//!   the first `share` of them;
//! - Qini: `(R_t - R_c W_t / W_c) / W_t(all)` (Radcliffe 2007), the gain a treated.
//!
//! Both end at the mean effect on all. The random line leads there straight; the area between the curve and that line
//! is more than zero where the score ranks better than chance.

use serde::Serialize;

use super::Logged;
use super::estimators::is_usable;
use crate::action::decision::Decision;
use crate::action::kind::ActionId;

/// A decision for which either the treatment or nothing was done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UpliftCase {
    /// By which decisions are ranked, highest first.
    pub score: f64,
    /// Whether the treatment was given; else nothing was done.
    pub is_treated: bool,
    /// Probability with which that was chosen.
    pub propensity: f64,
    /// What it earned.
    pub reward: f64,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Share of the decisions that are treated, highest score first.
    pub share: f64,
    /// What that adds.
    pub value: f64,
    /// What treating as many at random adds.
    pub random: f64,
}

/// A curve over the share that is treated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// Its points, from a share of 0 to 1.
    pub points: Vec<CurvePoint>,
    /// Area between the curve and the random line.
    pub area: f64,
    /// Decisions behind it.
    pub decisions: usize,
}

/// Sums over the decisions so far.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    treated: f64,
    treated_reward: f64,
    waited: f64,
    waited_reward: f64,
}

/// Picks the decisions of a log at which `treatment` (what would be done, and its score) or nothing was done.
#[must_use]
pub fn uplift_cases(
    logged: &[Logged],
    treatment: &dyn Fn(&Decision) -> Option<(ActionId, f64)>,
) -> Vec<UpliftCase> {
    let case = |one: &Logged| {
        let decision = &one.decision;
        let (action, score) = treatment(decision)?;
        let is_treated = decision.action == action;
        let is_either = is_treated || decision.action.as_str() == ActionId::WAIT;
        (is_either && action.as_str() != ActionId::WAIT && score.is_finite()).then_some(UpliftCase {
            score,
            is_treated,
            propensity: decision.propensity,
            reward: one.reward,
        })
    };
    logged
        .iter()
        .filter(|one| is_usable(one))
        .filter_map(case)
        .collect()
}

/// Returns the uplift curve; none without a treated decision or one that waited.
#[must_use]
pub fn uplift_curve(cases: &[UpliftCase]) -> Option<Curve> {
    curve(cases, |share, so_far, _| {
        let means = so_far.treated_reward / so_far.treated - so_far.waited_reward / so_far.waited;
        share * means
    })
}

/// Returns the Qini curve; none without a treated decision or one that waited.
#[must_use]
pub fn qini(cases: &[UpliftCase]) -> Option<Curve> {
    curve(cases, |_, so_far, all| {
        let without = so_far.waited_reward * so_far.treated / so_far.waited;
        (so_far.treated_reward - without) / all.treated
    })
}

fn curve(cases: &[UpliftCase], value: impl Fn(f64, &Sums, &Sums) -> f64) -> Option<Curve> {
    let mut ranked: Vec<&UpliftCase> = cases.iter().collect();
    ranked.sort_by(|left, right| {
        right
            .score
            .total_cmp(&left.score)
            .then_with(|| left.is_treated.cmp(&right.is_treated))
            .then_with(|| left.propensity.total_cmp(&right.propensity))
            .then_with(|| left.reward.total_cmp(&right.reward))
    });
    // Equal scores rank nothing, so they are one step.
    let steps = ranked.chunk_by(|left, right| left.score.total_cmp(&right.score).is_eq());
    let mut so_far = Sums::default();
    let mut sums = Vec::new();
    for step in steps {
        for case in step {
            so_far.add(case);
        }
        sums.push(so_far);
    }
    let all = so_far;
    if all.treated <= 0.0 || all.waited <= 0.0 {
        return None;
    }
    let end = value(1.0, &all, &all);
    let mut points = vec![CurvePoint::default()];
    for step in &sums {
        // As long as one of the two groups is empty nothing can be compared.
        if step.treated > 0.0 && step.waited > 0.0 {
            let share = (step.treated + step.waited) / (all.treated + all.waited);
            points.push(CurvePoint {
                share,
                value: value(share, step, &all),
                random: share * end,
            });
        }
    }
    Some(Curve {
        area: area(&points),
        points,
        decisions: cases.len(),
    })
}

/// The area between a curve and its random line, by trapezes.
fn area(points: &[CurvePoint]) -> f64 {
    points
        .windows(2)
        .map(|pair| {
            let height = (pair[0].value - pair[0].random + pair[1].value - pair[1].random) / 2.0;
            (pair[1].share - pair[0].share) * height
        })
        .sum()
}

impl Sums {
    fn add(&mut self, case: &UpliftCase) {
        let weight = 1.0 / case.propensity;
        if case.is_treated {
            self.treated += weight;
            self.treated_reward += weight * case.reward;
        } else {
            self.waited += weight;
            self.waited_reward += weight * case.reward;
        }
    }
}

impl Curve {
    /// Returns the curve at `steps` equal shares and at zero, between its points by straight lines.
    #[must_use]
    pub fn at_shares(&self, steps: u32) -> Vec<CurvePoint> {
        (0..=steps)
            .map(|step| self.at(f64::from(step) / f64::from(steps.max(1))))
            .collect()
    }

    fn at(&self, share: f64) -> CurvePoint {
        let after = self.points.partition_point(|point| point.share < share);
        let last = self.points.len().saturating_sub(1);
        let (Some(left), Some(right)) = (
            self.points.get(after.saturating_sub(1).min(last)),
            self.points.get(after.min(last)),
        ) else {
            return CurvePoint::default();
        };
        let span = right.share - left.share;
        let part = if span > 0.0 {
            (share - left.share) / span
        } else {
            0.0
        };
        let between = |from: f64, to: f64| from + part.clamp(0.0, 1.0) * (to - from);
        CurvePoint {
            share,
            value: between(left.value, right.value),
            random: between(left.random, right.random),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{UpliftCase, qini, uplift_curve};

    fn case(score: f64, is_treated: bool, reward: f64) -> UpliftCase {
        UpliftCase {
            score,
            is_treated,
            propensity: 0.5,
            reward,
        }
    }

    /// Worked by hand: the first treated earns ten, nobody else anything.
    fn four() -> Vec<UpliftCase> {
        vec![
            case(4.0, true, 10.0),
            case(3.0, false, 0.0),
            case(2.0, true, 0.0),
            case(1.0, false, 0.0),
        ]
    }

    #[test]
    fn both_curves_are_as_worked_by_hand() {
        let uplift = uplift_curve(&four()).unwrap();
        let values: Vec<f64> = uplift.points.iter().map(|point| point.value).collect();
        for (found, expected) in values.iter().zip([0.0, 5.0, 3.75, 5.0]) {
            assert!((found - expected).abs() < 1e-12, "{values:?}");
        }
        assert!((uplift.area - 0.9375).abs() < 1e-12, "{}", uplift.area);
        let qini = qini(&four()).unwrap();
        assert!((qini.area - 1.25).abs() < 1e-12, "{}", qini.area);
        assert!((qini.at_shares(4)[3].value - 5.0).abs() < 1e-12);
    }

    #[test]
    fn a_reversed_score_lies_below_chance_and_one_score_for_all_on_it() {
        let reversed: Vec<UpliftCase> = four()
            .into_iter()
            .map(|case| UpliftCase {
                score: -case.score,
                ..case
            })
            .collect();
        assert!(uplift_curve(&reversed).unwrap().area < 0.0);
        let flat: Vec<UpliftCase> = four()
            .into_iter()
            .map(|case| UpliftCase { score: 1.0, ..case })
            .collect();
        assert!(uplift_curve(&flat).unwrap().area.abs() < 1e-12);
        assert!(qini(&flat[..1]).is_none());
    }
}
