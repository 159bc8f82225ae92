//! The page to read.

use crate::backtest::{CashScore, ModelScore, Scorecard, SliceKind};
use crate::domain::{Currency, Date};

use super::table::{MarkdownTable, count, measure, percent, signed_percent};
use super::{Picture, band, guide, verdict};

/// Returns the whole page.
pub(super) fn page(
    scorecard: &Scorecard,
    leading: Option<&ModelScore>,
    currencies: &[Currency],
    pictures: &[Picture],
) -> String {
    let mut sections = vec!["# Backtest\n".to_string(), verdict::leak_suspected(scorecard)];
    sections.push(replayed(scorecard));
    sections.push(verdict::in_short(scorecard, leading));
    sections.push(scores(scorecard));
    sections.push(picture(pictures, &["crps.svg"]));
    sections.push(payment(scorecard));
    sections.push(late(scorecard));
    sections.push(picture(pictures, &["reliability.svg", "pit.svg"]));
    sections.push(verdict::comparisons(scorecard));
    sections.push(cash(scorecard, currencies));
    sections.push(all_with_prefix(pictures, "cash-"));
    sections.push(band::bands(scorecard, leading));
    sections.push(horizons(scorecard));
    sections.push(picture(pictures, &["error-by-horizon.svg"]));
    sections.push(slices(scorecard));
    sections.push(skipped(scorecard));
    sections.push(guide::HOW_TO_READ.to_string());
    sections.push(guide::LIMITS.to_string());
    sections.retain(|section| !section.is_empty());
    let mut text = sections.join("\n");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Returns the pictures of the given names.
fn picture(pictures: &[Picture], files: &[&str]) -> String {
    let wanted = pictures
        .iter()
        .filter(|picture| files.contains(&picture.file.as_str()));
    wanted.map(embed).collect()
}

/// Returns the pictures whose name starts with a prefix.
fn all_with_prefix(pictures: &[Picture], prefix: &str) -> String {
    let wanted = pictures.iter().filter(|picture| picture.file.starts_with(prefix));
    wanted.map(embed).collect()
}

/// Returns the reference to a picture.
fn embed(picture: &Picture) -> String {
    format!("![{}](figures/{})\n\n", picture.caption, picture.file)
}

/// Returns a date or `none`.
fn day(date: Option<Date>) -> String {
    date.map_or_else(|| "none".to_string(), |date| date.to_string())
}

/// Tells what was replayed.
fn replayed(scorecard: &Scorecard) -> String {
    let models: Vec<String> = scorecard
        .models
        .iter()
        .map(|score| format!("`{}`", score.model))
        .collect();
    let cases = scorecard.models.first().map_or(0, |score| score.all.cases);
    format!(
        "At each cut-off the product knew the ledger up to that day and nothing later. It then said, \
         for every open invoice, how likely payment is by each of the next 91 days. This page \
         compares what it said with what happened.\n\n\
         | | |\n| --- | --- |\n\
         | cut-offs scored | {} of {} replayed, {} to {}, every {} days |\n\
         | of these observed over 91 days | {} |\n\
         | cases (open invoice at a cut-off) | {} |\n\
         | open invoices without a known outcome, left out | {} |\n\
         | outcomes known until | {} |\n\
         | models | {} |\n\
         | fitted anew | every {} cut-offs |\n\
         | seed | {} |\n\
         | ledger | `{}` |\n",
        scorecard.folds_scored,
        scorecard.folds_replayed,
        day(scorecard.first_cutoff),
        day(scorecard.last_cutoff),
        scorecard.stride_days,
        scorecard.folds_matured,
        count(cases),
        count(scorecard.cases_without_outcome),
        scorecard.known_until,
        models.join(", "),
        scorecard.refit_every,
        scorecard.seed,
        scorecard.ledger_fingerprint,
    )
}

/// Tells the scores in days.
fn scores(scorecard: &Scorecard) -> String {
    let mut table = MarkdownTable::new(&[
        "model",
        "CRPS (days)",
        "MAE (days)",
        "median error (days)",
        "within 3 days",
        "within 7 days",
        "cases",
        "observed over 91 days",
    ]);
    for score in &scorecard.models {
        table.row(&[
            score.model.to_string(),
            measure(score.all.crps_days, 3),
            measure(score.all.mae_days, 2),
            measure(score.all.median_ae_days, 1),
            percent(score.all.within_3_days),
            percent(score.all.within_7_days),
            count(score.all.cases),
            count(score.all.matured_cases),
        ]);
    }
    format!("## Payment day\n\n{}", table.finish())
}

/// Tells the scores of "paid within".
fn payment(scorecard: &Scorecard) -> String {
    let mut table = MarkdownTable::new(&[
        "model",
        "within (days)",
        "log-loss",
        "Brier",
        "calibration error",
        "calibration ratio",
        "observed",
        "predicted",
    ]);
    for score in &scorecard.models {
        for horizon in &score.all.paid_within {
            table.row(&[
                score.model.to_string(),
                horizon.days.to_string(),
                measure(horizon.score.log_loss, 4),
                measure(horizon.score.brier, 4),
                measure(horizon.score.calibration_error, 4),
                measure(horizon.score.calibration_ratio, 3),
                percent(horizon.score.observed_share),
                percent(horizon.score.mean_probability),
            ]);
        }
    }
    format!("## Paid within 7, 14 and 30 days\n\n{}", table.finish())
}

/// Tells the scores of "late".
fn late(scorecard: &Scorecard) -> String {
    let mut table = MarkdownTable::new(&[
        "model",
        "AUC",
        "average precision",
        "log-loss",
        "Brier",
        "calibration error",
        "calibration ratio",
        "observed late",
        "cases",
    ]);
    for score in &scorecard.models {
        let late = &score.all.late;
        table.row(&[
            score.model.to_string(),
            measure(late.auc, 3),
            measure(late.average_precision, 3),
            measure(late.log_loss, 4),
            measure(late.brier, 4),
            measure(late.calibration_error, 4),
            measure(late.calibration_ratio, 3),
            percent(late.observed_share),
            count(late.cases),
        ]);
    }
    format!(
        "## Late: unpaid at the end of the due date\n\nOf invoices not yet due at the cut-off.\n\n{}",
        table.finish()
    )
}

/// Tells the scores of the weekly cash.
fn cash(scorecard: &Scorecard, currencies: &[Currency]) -> String {
    let mut text = "## Weekly cash\n\nCash from the invoices open at the cut-off, by week. New \
                    invoices are not part of it.\n"
        .to_string();
    for currency in currencies {
        let mut table = MarkdownTable::new(&[
            "model",
            "WAPE week 1",
            "WAPE weeks 1-4",
            "WAPE weeks 1-13",
            "bias weeks 1-4",
            "P10-P90 holds",
            "relative width",
            "pinball P10",
            "pinball P50",
            "pinball P90",
        ]);
        for score in &scorecard.models {
            let ours = score.cash.iter().find(|cash| cash.currency == *currency);
            if let Some(cash) = ours {
                table.row(&cash_row(score, cash));
            }
        }
        text.push_str(&format!("\n### {}\n\n{}", currency.code(), table.finish()));
    }
    text
}

/// Returns the row of one model in one currency.
fn cash_row(score: &ModelScore, cash: &CashScore) -> Vec<String> {
    let first = cash.weeks.first();
    let month = &cash.weeks_1_to_4;
    vec![
        score.model.to_string(),
        percent(first.and_then(|week| week.wape)),
        percent(month.wape),
        percent(cash.weeks_1_to_13.wape),
        signed_percent(month.bias),
        percent(month.coverage),
        percent(month.relative_width),
        measure(month.pinball_p10, 0),
        measure(month.pinball_p50, 0),
        measure(month.pinball_p90, 0),
    ]
}

/// Tells the scores by weeks ahead.
fn horizons(scorecard: &Scorecard) -> String {
    let mut table = MarkdownTable::new(&[
        "model",
        "paid within (weeks)",
        "log-loss",
        "Brier",
        "calibration error",
        "calibration ratio",
        "cases",
    ]);
    for score in &scorecard.models {
        for horizon in &score.horizons {
            table.row(&[
                score.model.to_string(),
                (horizon.days / 7).to_string(),
                measure(horizon.score.log_loss, 4),
                measure(horizon.score.brier, 4),
                measure(horizon.score.calibration_error, 4),
                measure(horizon.score.calibration_ratio, 3),
                count(horizon.score.cases),
            ]);
        }
    }
    format!("## By horizon\n\n{}", table.finish())
}

/// Tells the scores slice by slice.
fn slices(scorecard: &Scorecard) -> String {
    let mut text = "## Slices\n".to_string();
    for kind in SliceKind::ALL {
        let title = match kind {
            SliceKind::PaidInvoices => "By invoices that the customer had settled before",
            SliceKind::AmountDecile => "By tenth of the open amount, 1 the smallest",
            SliceKind::CustomerSize => "The ten largest customers of each currency and the others",
            SliceKind::Currency => "By currency",
            SliceKind::DaysPastDue => "By days past due at the cut-off",
        };
        let mut table = MarkdownTable::new(&[
            "slice",
            "model",
            "cases",
            "CRPS (days)",
            "MAE (days)",
            "log-loss 7 days",
            "calibration error 7 days",
            "late log-loss",
            "late calibration error",
            "late calibration ratio",
        ]);
        let first = scorecard.models.first();
        let slices = first.map(|score| score.slices.as_slice()).unwrap_or_default();
        for (position, slice) in slices.iter().enumerate() {
            if slice.kind != kind {
                continue;
            }
            for score in &scorecard.models {
                let ours = &score.slices[position].scores;
                let week = ours.paid_within.first();
                table.row(&[
                    slice.value.clone(),
                    score.model.to_string(),
                    count(ours.cases),
                    measure(ours.crps_days, 3),
                    measure(ours.mae_days, 2),
                    measure(week.and_then(|week| week.score.log_loss), 4),
                    measure(week.and_then(|week| week.score.calibration_error), 4),
                    measure(ours.late.log_loss, 4),
                    measure(ours.late.calibration_error, 4),
                    measure(ours.late.calibration_ratio, 3),
                ]);
            }
        }
        text.push_str(&format!("\n### {title}\n\n{}", table.finish()));
    }
    text
}

/// Tells what could not be replayed.
fn skipped(scorecard: &Scorecard) -> String {
    if scorecard.skipped.is_empty() {
        return "## Skipped\n\nNothing was skipped.\n".to_string();
    }
    let mut table = MarkdownTable::new(&["cut-off", "model", "reason"]);
    for fold in &scorecard.skipped {
        let model = fold
            .model
            .map_or_else(|| "all".to_string(), |model| model.to_string());
        table.row(&[fold.cutoff.to_string(), model, fold.reason.clone()]);
    }
    format!("## Skipped\n\n{}", table.finish())
}
