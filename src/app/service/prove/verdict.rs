//! Whether a challenger passed, in words.

use super::{Opponent, Proof, Verdict};
use crate::backtest::CUSTOMERS_MIN;

/// Returns whether a challenger passed, and why.
pub(super) fn verdict(proof: &Proof) -> (Verdict, String) {
    if proof.customers < CUSTOMERS_MIN {
        let reason = format!(
            "too few customers: {} had an open invoice at the cut-offs, at least {CUSTOMERS_MIN} are needed for a \
             bound that means anything",
            proof.customers
        );
        return (Verdict::Failed, reason);
    }
    let Some(baseline) = proof.against_baseline else {
        return (Verdict::Failed, "the baseline could not be compared".to_owned());
    };
    let is_baseline = proof.challenger.model == proof.baseline;
    if baseline.estimate > 0.0 || baseline.lower > 0.0 {
        let reason = format!(
            "worse than the baseline {}: CRPS {:+.3} days, at least {:+.3} with 95 %",
            proof.baseline, baseline.estimate, baseline.lower
        );
        return (Verdict::Failed, reason);
    }
    let beside = if is_baseline {
        format!("is the baseline {}", proof.baseline)
    } else {
        format!(
            "no worse than the baseline {} (CRPS {:+.3} days)",
            proof.baseline, baseline.estimate
        )
    };
    let (Some(champion), Some(difference)) = (&proof.champion, proof.against_champion) else {
        return (
            Verdict::NoChampionPassed,
            format!("{beside}; there is no champion to beat"),
        );
    };
    let is_identical = champion.model == proof.challenger.model
        && champion.seed == proof.challenger.seed
        && proof.champion_refitted
        && proof.first_cutoff == Some(champion.answered_as_of);
    if is_identical {
        let reason = format!(
            "same recipe, same facts: the champion was trained on what was known on {} already, so there is nothing to \
             prove",
            champion.trained_as_of
        );
        return (Verdict::Failed, reason);
    }
    let against = against(proof, champion);
    let limit = proof.crps_difference_max_days;
    let verdict = if difference.upper <= limit {
        Verdict::Passed
    } else {
        Verdict::Failed
    };
    let word = if verdict.is_passed() { "at most" } else { "up to" };
    let figures = format!(
        "CRPS {:+.3} days, {word} {:+.3} with 95 %, where {limit:+.3} is allowed",
        difference.estimate, difference.upper
    );
    (verdict, format!("{beside}; {against} {figures}"))
}

/// Says what the challenger was compared with.
fn against(proof: &Proof, champion: &Opponent) -> String {
    if !proof.champion_refitted {
        format!("against the champion {} as it is,", champion.model)
    } else if champion.model == proof.challenger.model {
        format!(
            "same recipe, newer facts: against what it knew on {}, as much older as the champion is,",
            champion.answered_as_of
        )
    } else {
        format!(
            "against the champion's recipe {} on the same facts,",
            champion.model
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CrpsDays, Opponent, Proof, Recipe, Verdict};
    use super::verdict;
    use crate::backtest::Bounds;
    use crate::domain::Date;
    use crate::domain::date::from_day_number;

    const FIRST: i32 = 20_000;

    fn bounds(lower: f64, estimate: f64, upper: f64) -> Option<Bounds> {
        Some(Bounds {
            estimate,
            lower,
            upper,
        })
    }

    fn opponent(model: &str, answered_as_of: Date) -> Opponent {
        Opponent {
            model: model.to_owned(),
            seed: 1,
            trained_as_of: from_day_number(FIRST + 50),
            answered_as_of,
        }
    }

    /// A hazard model that is well above the baseline, against a champion with these bounds.
    fn proof(champion: Option<Opponent>, against_champion: Option<Bounds>) -> Proof {
        Proof {
            verdict: Verdict::Failed,
            reason: String::new(),
            challenger: Recipe {
                model: "hazard".to_owned(),
                seed: 1,
            },
            champion_refitted: champion.is_some(),
            champion,
            baseline: "customer_histogram".to_owned(),
            known_until: Some(from_day_number(FIRST + 60)),
            first_cutoff: Some(from_day_number(FIRST)),
            last_cutoff: Some(from_day_number(FIRST + 32)),
            cutoffs: 6,
            invoices: 900,
            customers: 60,
            crps_days: Some(CrpsDays {
                challenger: 5.0,
                baseline: 5.5,
                champion: None,
            }),
            against_champion,
            against_baseline: bounds(-0.7, -0.5, -0.3),
            crps_difference_max_days: 0.0,
            ledger_fingerprint: String::new(),
            code_version: String::new(),
        }
    }

    #[test]
    fn without_a_champion_the_baseline_alone_must_be_beaten() {
        let (given, reason) = verdict(&proof(None, None));
        assert_eq!(given, Verdict::NoChampionPassed, "{reason}");
        assert!(reason.contains("no champion"), "{reason}");
    }

    #[test]
    fn a_model_below_the_baseline_is_refused_whatever_the_champion_is() {
        let mut below = proof(
            Some(opponent("delta", from_day_number(FIRST))),
            bounds(-2.0, -1.5, -1.0),
        );
        below.against_baseline = bounds(-0.1, 0.2, 0.5);
        let (given, reason) = verdict(&below);
        assert_eq!(given, Verdict::Failed);
        assert!(reason.starts_with("worse than the baseline"), "{reason}");
    }

    #[test]
    fn better_than_the_champion_must_be_shown_not_only_seen() {
        let champion = || Some(opponent("delta", from_day_number(FIRST)));
        let (given, reason) = verdict(&proof(champion(), bounds(-0.3, -0.2, -0.1)));
        assert_eq!(given, Verdict::Passed, "{reason}");
        let (given, reason) = verdict(&proof(champion(), bounds(-0.3, -0.1, 0.1)));
        assert_eq!(given, Verdict::Failed, "{reason}");
        let mut lenient = proof(champion(), bounds(-0.3, -0.1, 0.1));
        lenient.crps_difference_max_days = 0.1;
        assert!(verdict(&lenient).0.is_passed());
    }

    #[test]
    fn the_same_recipe_is_tried_with_old_against_new_knowledge() {
        let older = Some(opponent("hazard", from_day_number(FIRST - 14)));
        let (given, reason) = verdict(&proof(older, bounds(-0.3, -0.2, -0.1)));
        assert_eq!(given, Verdict::Passed, "{reason}");
        assert!(reason.contains("same recipe, newer facts"), "{reason}");
        let same = Some(opponent("hazard", from_day_number(FIRST)));
        let (given, reason) = verdict(&proof(same, bounds(0.0, 0.0, 0.0)));
        assert_eq!(given, Verdict::Failed, "{reason}");
        assert!(reason.contains("same recipe, same facts"), "{reason}");
    }

    #[test]
    fn a_handful_of_customers_proves_nothing() {
        let mut few = proof(None, None);
        few.customers = 9;
        let (given, reason) = verdict(&few);
        assert_eq!(given, Verdict::Failed);
        assert!(reason.starts_with("too few customers: 9"), "{reason}");
    }
}
