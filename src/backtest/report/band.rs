//! The bands of the weekly cash: did P10 to P90 hold what arrived?

use crate::backtest::{BandMeasures, BandScore, ModelScore, Scorecard, TRIALS_MIN};

use super::table::{MarkdownTable, count, measure, percent};

/// Returns the section; the entities are those of the leading model only.
pub(super) fn bands(scorecard: &Scorecard, leading: Option<&ModelScore>) -> String {
    let mut text = format!(
        "## Bands of the weekly cash\n\n\
         P10 to P90 should hold 80 % of the weeks. *Cold* is the band of the plan, at every cut-off. *Warm* is \
         the band fitted on the cut-offs before, with what was known of them by then, where there were at least \
         {TRIALS_MIN}; beside it stands the cold one of the same cut-offs. Width is relative to a mean week.\n\n"
    );
    let mut totals = new_table("model");
    for score in &scorecard.models {
        for band in score.bands.iter().filter(|band| band.entity.is_none()) {
            add_row(&mut totals, &score.model.to_string(), band);
        }
    }
    text.push_str(&totals.finish());
    let entities: Vec<&BandScore> = leading
        .into_iter()
        .flat_map(|score| &score.bands)
        .filter(|band| band.entity.is_some())
        .collect();
    if let (Some(score), false) = (leading, entities.is_empty()) {
        let mut table = new_table("entity");
        for band in entities {
            add_row(&mut table, band.entity.as_deref().unwrap_or_default(), band);
        }
        text.push_str(&format!(
            "\nBy legal entity, model `{}`:\n\n{}",
            score.model,
            table.finish()
        ));
    }
    text
}

/// Returns the table, its first column named.
fn new_table(first: &str) -> MarkdownTable {
    MarkdownTable::new(&[
        first,
        "currency",
        "weeks ahead",
        "weeks",
        "cold holds",
        "cold width",
        "weeks, warm",
        "cold holds there",
        "warm holds",
        "warm below P10",
        "cold width there",
        "warm width",
        "cold pinball there",
        "warm pinball",
    ])
}

/// Adds the bands of one series and week.
fn add_row(table: &mut MarkdownTable, name: &str, band: &BandScore) {
    let (there, warm): (&BandMeasures, &BandMeasures) = (&band.cold_where_warm, &band.warm);
    table.row(&[
        name.to_string(),
        band.currency.code().to_string(),
        band.week.to_string(),
        count(band.cold.forecasts),
        percent(band.cold.coverage),
        percent(band.cold.relative_width),
        count(warm.forecasts),
        percent(there.coverage),
        percent(warm.coverage),
        percent(warm.below),
        percent(there.relative_width),
        percent(warm.relative_width),
        measure(there.pinball, 0),
        measure(warm.pinball, 0),
    ]);
}
