//! The pictures of the report.

use plotters::prelude::RGBColor;

use crate::backtest::metrics::{ReliabilityBin, real};
use crate::backtest::{CashPoint, ModelScore, Scorecard};
use crate::chart::{
    Axis, BLUE, Canvas, GREEN, GREY, INK, Lettering, MUTED, NotDrawn, ORANGE, PURPLE, Panel, Pixel, SKY,
    VERMILION, lighter, major, number, picture, pixel, scale,
};
use crate::domain::Currency;
use crate::model::ModelName;

use super::table::measure;

/// Colour of what really happened.
const ACTUAL: RGBColor = INK;

/// Colours of the models, baselines first.
const PALETTE: [RGBColor; 8] = [
    GREY,
    SKY,
    ORANGE,
    PURPLE,
    GREEN,
    BLUE,
    VERMILION,
    RGBColor(60, 60, 60),
];

/// Returns the colour of a model, the same in every picture.
fn model_colour(model: ModelName) -> RGBColor {
    let position = ModelName::ALL.iter().position(|&name| name == model);
    PALETTE[position.unwrap_or(0) % PALETTE.len()]
}

/// Returns the legend of the models.
fn model_legend(models: &[ModelScore]) -> Vec<(RGBColor, String)> {
    models
        .iter()
        .map(|score| (model_colour(score.model), score.model.to_string()))
        .collect()
}

/// Returns the axis of a probability in percent.
fn percent_axis(label: &str) -> Axis {
    Axis::round(label, 0.0, 100.0, 5)
}

/// Draws predicted against observed shares: paid within 7 days, and late.
pub(super) fn reliability(scorecard: &Scorecard) -> Result<String, NotDrawn> {
    picture((1160, 620), |canvas| {
        canvas.heading(
            "Does it happen as often as it was said?",
            "A point on the dashed line is right; below it too many were expected, above it too few. \
             The larger the dot, the more cases.",
        )?;
        canvas.legend(&model_legend(&scorecard.models), (32, 88))?;
        let sides = [
            ("Paid within 7 days", 110, 550),
            ("Unpaid at the end of the due date", 690, 1130),
        ];
        for (side, (title, left, right)) in sides.into_iter().enumerate() {
            let panel = Panel {
                title: title.to_string(),
                left,
                top: 140,
                right,
                bottom: 550,
                x: percent_axis("predicted probability (%)"),
                y: percent_axis("observed share (%)"),
            };
            panel.frame(canvas)?;
            canvas.dashes(panel.at(0.0, 0.0), panel.at(100.0, 100.0), MUTED)?;
            for score in &scorecard.models {
                let bins = if side == 0 {
                    &score.reliability_paid_7
                } else {
                    &score.reliability_late
                };
                calibration_curve(canvas, &panel, bins, model_colour(score.model))?;
            }
        }
        Ok(())
    })
}

/// Draws one line of a reliability diagram.
fn calibration_curve(
    canvas: &mut Canvas<'_>,
    panel: &Panel,
    bins: &[ReliabilityBin],
    colour: RGBColor,
) -> Result<(), NotDrawn> {
    let total: usize = bins.iter().map(|bin| bin.cases).sum();
    let points: Vec<Pixel> = bins
        .iter()
        .map(|bin| panel.at(bin.mean_probability * 100.0, bin.observed_share * 100.0))
        .collect();
    canvas.path(&points, colour, 2)?;
    for (bin, &point) in bins.iter().zip(&points) {
        let share = real(bin.cases) / real(total.max(1));
        let radius = if share >= 0.2 {
            7
        } else if share >= 0.05 {
            5
        } else {
            3
        };
        canvas.dot(point, radius, colour)?;
    }
    Ok(())
}

/// Draws the mean CRPS of each model as a bar, the best on top.
pub(super) fn crps_bars(scorecard: &Scorecard) -> Result<String, NotDrawn> {
    let mut bars: Vec<(&ModelScore, f64)> = scorecard
        .models
        .iter()
        .filter_map(|score| score.all.crps_days.map(|crps| (score, crps)))
        .collect();
    bars.sort_by(|a, b| a.1.total_cmp(&b.1));
    let highest = bars.iter().map(|bar| bar.1).fold(0.0, f64::max);
    let rows = real(bars.len().max(1));
    let bottom = 120 + pixel(52.0 * rows);
    let height = u32::try_from(bottom + 76).unwrap_or(600);
    picture((1000, height), |canvas| {
        canvas.heading(
            "Error of the whole distribution",
            "Mean CRPS over 91 days; it is measured in days, and smaller is better.",
        )?;
        let panel = Panel {
            title: String::new(),
            left: 210,
            top: 90,
            right: 930,
            bottom,
            x: Axis::round("CRPS (days)", 0.0, highest, 6),
            y: Axis {
                label: String::new(),
                low: 0.0,
                high: rows,
                ticks: Vec::new(),
            },
        };
        panel.frame(canvas)?;
        for (row, (score, crps)) in bars.iter().enumerate() {
            let from_top = rows - real(row);
            let colour = model_colour(score.model);
            let upper = panel.at(0.0, from_top - 0.2);
            let lower = panel.at(*crps, from_top - 0.8);
            canvas.rectangle(upper, lower, colour, 1.0)?;
            let middle = i32::midpoint(upper.1, lower.1);
            let name = Lettering::plain(13.0, INK);
            let right = plotters::style::text_anchor::HPos::Right;
            let model = score.model.to_string();
            canvas.text(&model, (panel.left - 12, middle), name.anchored(right))?;
            canvas.text(&measure(Some(*crps), 2), (lower.0 + 8, middle), name)?;
        }
        Ok(())
    })
}

/// Draws the errors by weeks ahead: log-loss of "paid by then", and WAPE of the weekly cash.
pub(super) fn error_by_horizon(
    scorecard: &Scorecard,
    currency: Option<Currency>,
) -> Result<String, NotDrawn> {
    let losses = |score: &ModelScore| -> Vec<(f64, f64)> {
        let weeks = (1_usize..).zip(&score.horizons);
        weeks
            .filter_map(|(week, horizon)| horizon.score.log_loss.map(|loss| (real(week), loss)))
            .collect()
    };
    let wapes = |score: &ModelScore| -> Vec<(f64, f64)> {
        let cash = score.cash.iter().find(|cash| Some(cash.currency) == currency);
        cash.into_iter()
            .flat_map(|cash| &cash.weeks)
            .filter_map(|week| week.wape.map(|wape| (f64::from(week.week), wape * 100.0)))
            .collect()
    };
    let cash_title = currency.map_or_else(
        || "Weekly cash".to_string(),
        |currency| format!("Weekly cash in {}", currency.code()),
    );
    picture((1160, 580), |canvas| {
        canvas.heading(
            "How the error grows with the horizon",
            "Left: log-loss of \u{201c}paid by the end of the week\u{201d}. \
             Right: weighted absolute error of the cash of the week. Smaller is better.",
        )?;
        canvas.legend(&model_legend(&scorecard.models), (32, 88))?;
        let left: Vec<Vec<(f64, f64)>> = scorecard.models.iter().map(losses).collect();
        let right: Vec<Vec<(f64, f64)>> = scorecard.models.iter().map(wapes).collect();
        let sides = [
            ("Payment".to_string(), "log-loss (nats)", 110, 550, left),
            (cash_title, "WAPE (%)", 690, 1130, right),
        ];
        for (title, unit, from, to, lines) in sides {
            let values = lines.iter().flatten().map(|point| point.1);
            let highest = values.fold(0.0, f64::max);
            let mut weeks = Axis::round("weeks after the cut-off", 0.0, 14.0, 14);
            weeks.ticks.retain(|(week, _)| *week > 0.5 && *week < 13.5);
            let panel = Panel {
                title,
                left: from,
                top: 140,
                right: to,
                bottom: 510,
                x: weeks,
                y: Axis::round(unit, 0.0, highest, 5),
            };
            panel.frame(canvas)?;
            for (score, line) in scorecard.models.iter().zip(&lines) {
                let points: Vec<Pixel> = line.iter().map(|&(x, y)| panel.at(x, y)).collect();
                canvas.path(&points, model_colour(score.model), 2)?;
                for &point in &points {
                    canvas.dot(point, 3, model_colour(score.model))?;
                }
            }
        }
        Ok(())
    })
}

/// Draws the weekly cash of one model in one currency: one week ahead and four weeks ahead.
pub(super) fn cash(score: &ModelScore, currency: Currency, points: &[CashPoint]) -> Result<String, NotDrawn> {
    let colour = model_colour(score.model);
    picture((1160, 860), |canvas| {
        canvas.heading(
            &format!("Predicted and actual weekly cash in {}", currency.code()),
            &format!(
                "Model {}; each week as it was forecast one week and four weeks earlier. \
                 The band should hold four weeks of five.",
                score.model
            ),
        )?;
        let legend = [
            (ACTUAL, "actual".to_string()),
            (colour, "expected".to_string()),
            (lighter(colour), "P10 to P90".to_string()),
        ];
        canvas.legend(&legend, (32, 88))?;
        for (week, top, bottom) in [(1, 140, 430), (4, 510, 800)] {
            let shown: Vec<&CashPoint> = points
                .iter()
                .filter(|point| point.currency == currency && point.week == week)
                .collect();
            cash_panel(canvas, &shown, (week, top, bottom), colour)?;
        }
        Ok(())
    })
}

/// Draws the weeks that were forecast the same time ahead.
fn cash_panel(
    canvas: &mut Canvas<'_>,
    points: &[&CashPoint],
    (week, top, bottom): (u32, i32, i32),
    colour: RGBColor,
) -> Result<(), NotDrawn> {
    let Some(first) = points.first() else {
        return Ok(());
    };
    let currency = first.currency;
    let amounts = points.iter().flat_map(|point| {
        [point.p90_minor, point.expected_minor]
            .into_iter()
            .chain(point.actual_minor)
    });
    let highest = amounts.map(|minor| major(minor, currency)).fold(0.0, f64::max);
    let (divisor, unit) = scale(highest, currency);
    let every = points.len().div_ceil(8).max(1);
    let ticks = points.iter().enumerate().step_by(every);
    let panel = Panel {
        title: if week == 1 {
            "One week ahead".to_string()
        } else {
            format!("{} weeks ahead", number(f64::from(week), 0))
        },
        left: 110,
        top,
        right: 1120,
        bottom,
        x: Axis {
            label: "first day of the week".to_string(),
            low: -0.5,
            high: real(points.len()) - 0.5,
            ticks: ticks
                .map(|(index, point)| (real(index), point.start.to_string()))
                .collect(),
        },
        y: Axis::round(format!("cash ({unit})"), 0.0, highest / divisor, 5),
    };
    panel.frame(canvas)?;
    let place = |index: usize, minor: i64| panel.at(real(index), major(minor, currency) / divisor);
    let mut band: Vec<Pixel> = (0..points.len())
        .map(|index| place(index, points[index].p90_minor))
        .collect();
    band.extend(
        (0..points.len())
            .rev()
            .map(|index| place(index, points[index].p10_minor)),
    );
    canvas.area(&band, lighter(colour), 1.0)?;
    let expected: Vec<Pixel> = (0..points.len())
        .map(|index| place(index, points[index].expected_minor))
        .collect();
    canvas.path(&expected, colour, 3)?;
    let actual: Vec<Pixel> = points
        .iter()
        .enumerate()
        .filter_map(|(index, point)| point.actual_minor.map(|minor| place(index, minor)))
        .collect();
    canvas.path(&actual, ACTUAL, 2)?;
    for &point in &actual {
        canvas.dot(point, 3, ACTUAL)?;
    }
    Ok(())
}

/// Draws the PIT histogram of one model.
pub(super) fn pit(score: &ModelScore, shares: &[f64]) -> Result<String, NotDrawn> {
    let highest = shares.iter().copied().fold(0.1, f64::max) * 100.0;
    let bins = real(shares.len().max(1));
    picture((760, 500), |canvas| {
        canvas.heading(
            "Where in its own distribution does the truth fall?",
            &format!(
                "Model {}. Level with the dashed line is honest; a hump means bands too wide, \
                 a trough too narrow.",
                score.model
            ),
        )?;
        let panel = Panel {
            title: String::new(),
            left: 110,
            top: 100,
            right: 720,
            bottom: 430,
            x: percent_axis("predicted probability of being paid by the actual day (%)"),
            y: Axis::round("share of invoices (%)", 0.0, highest, 5),
        };
        panel.frame(canvas)?;
        for (bin, share) in shares.iter().enumerate() {
            let from = panel.at(real(bin) / bins * 100.0, share * 100.0);
            let to = panel.at(real(bin + 1) / bins * 100.0, 0.0);
            canvas.rectangle(
                (from.0 + 2, from.1),
                (to.0 - 2, to.1),
                model_colour(score.model),
                1.0,
            )?;
        }
        let honest = 100.0 / bins;
        canvas.dashes(panel.at(0.0, honest), panel.at(100.0, honest), INK)
    })
}
