//! What the report may claim: the result in short and the comparisons behind it.

use std::collections::BTreeMap;

use crate::backtest::{Comparison, ModelScore, Scorecard};

use super::table::{MarkdownTable, count, measure, percent};
use crate::chart::number;

/// Warns of scores that are too good to be true.
pub(super) fn leak_suspected(scorecard: &Scorecard) -> String {
    match scorecard.check_release() {
        Ok(()) => String::new(),
        Err(suspicion) => format!("## Leak suspected\n\nThese scores prove nothing: {suspicion}.\n"),
    }
}

/// Tells the result in one paragraph, and claims only what the bootstrap allows.
pub(super) fn in_short(scorecard: &Scorecard, leading: Option<&ModelScore>) -> String {
    let Some(score) = leading else {
        return "## In short\n\nThere is no cut-off at which every model answered; nothing can be \
                scored.\n"
            .to_string();
    };
    let mut text = format!(
        "## In short\n\n`{}` has a mean CRPS of {} days. Its median payment day is off by {} days \
         on average, and {} of its median days are within a week of the truth.\n",
        score.model,
        measure(score.all.crps_days, 2),
        measure(score.all.mae_days, 2),
        percent(score.all.within_7_days),
    );
    let ours = scorecard
        .comparisons
        .iter()
        .filter(|comparison| comparison.model == score.model);
    let mut by_baseline: BTreeMap<String, Vec<&Comparison>> = BTreeMap::new();
    for comparison in ours {
        let baseline = comparison.baseline.to_string();
        by_baseline.entry(baseline).or_default().push(comparison);
    }
    if !by_baseline.is_empty() {
        text.push('\n');
    }
    for (baseline, comparisons) in by_baseline {
        let verdicts: Vec<String> = comparisons
            .iter()
            .map(|comparison| format!("{} {}", comparison.measure.name(), comparison.verdict.words()))
            .collect();
        text.push_str("- against `");
        text.push_str(&baseline);
        text.push_str("`: ");
        text.push_str(&verdicts.join(", "));
        text.push('\n');
    }
    text
}

/// Tells what may be said about the differences.
pub(super) fn comparisons(scorecard: &Scorecard) -> String {
    if scorecard.comparisons.is_empty() {
        return String::new();
    }
    let mut table = MarkdownTable::new(&[
        "model",
        "baseline",
        "measure",
        "difference",
        "95 % interval",
        "verdict",
    ]);
    for comparison in &scorecard.comparisons {
        let interval = comparison.difference;
        table.row(&[
            comparison.model.to_string(),
            comparison.baseline.to_string(),
            comparison.measure.name().to_string(),
            number(interval.estimate, 4),
            format!("{} to {}", number(interval.lower, 4), number(interval.upper, 4)),
            comparison.verdict.words().to_string(),
        ]);
    }
    let customers = scorecard.comparisons.first().map_or(0, |first| first.customers);
    format!(
        "## More than chance?\n\nModel minus baseline on the same cases; below zero the model is \
         better. Intervals by a paired bootstrap of {} customers, 1,000 draws. A model is called \
         better only if the whole interval lies below zero.\n\n{}",
        count(customers),
        table.finish()
    )
}
