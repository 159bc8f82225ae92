//! The ageing bars: what is open, by days past due.

use plotters::style::RGBColor;
use plotters::style::text_anchor::HPos;

use crate::chart::{BLUE, INK, Lettering, NotDrawn, ORANGE, SKY, VERMILION, major, picture, pixel};
use crate::domain::Currency;
use crate::kpi::{AgingBucket, AgingLine};

use super::page::Picture;
use super::picture::caption;
use super::unit::Unit;

/// Where the bars begin, in pixels.
const BARS_LEFT: i32 = 96;
/// Length of the longest bar, in pixels.
const LONGEST: f64 = 130.0;
/// From one bar to the next, in pixels.
const STEP: i32 = 42;

/// Draws the open amount of one currency by age.
pub(super) fn ageing(currency: Currency, lines: &[AgingLine], unit: &Unit) -> Result<Picture, NotDrawn> {
    let title = format!("Open invoices by age, {}", unit.name());
    let open: i64 = lines
        .iter()
        .fold(0, |sum: i64, line| sum.saturating_add(line.open.minor()));
    let largest = lines.iter().map(|line| line.open.minor()).max().unwrap_or(0);
    let share = |minor: i64, whole: i64| {
        if whole > 0 {
            major(minor, currency) / major(whole, currency)
        } else {
            0.0
        }
    };
    let svg = picture((340, 300), |canvas| {
        caption(
            canvas,
            &title,
            "Days past due at the cut-off; share of what is open.",
        )?;
        let name = Lettering::plain(13.0, INK);
        for (line, row) in lines.iter().zip(0_i32..) {
            let middle = 88 + row * STEP;
            let minor = line.open.minor();
            let length = pixel(LONGEST * share(minor, largest).max(0.0));
            let (from, to) = ((BARS_LEFT, middle - 13), (BARS_LEFT + length.max(1), middle + 13));
            canvas.rectangle(from, to, colour(line.bucket), 1.0)?;
            canvas.text(
                line.bucket.label(),
                (BARS_LEFT - 10, middle),
                name.anchored(HPos::Right),
            )?;
            let told = format!("{} ({:.0} %)", unit.text(minor), share(minor, open) * 100.0);
            canvas.text(&told, (to.0 + 8, middle), name)?;
        }
        Ok(())
    })?;
    Ok(Picture {
        name: format!("{}-ageing", currency.code().to_ascii_lowercase()),
        description: lines
            .iter()
            .map(|line| format!("{}: {}", line.bucket.label(), unit.text(line.open.minor())))
            .collect::<Vec<_>>()
            .join("; "),
        title,
        svg,
    })
}

/// The older, the warmer.
fn colour(bucket: AgingBucket) -> RGBColor {
    match bucket {
        AgingBucket::Current => BLUE,
        AgingBucket::Days1To30 => SKY,
        AgingBucket::Days31To60 => ORANGE,
        AgingBucket::Days61To90 => VERMILION,
        AgingBucket::Days91OrMore => RGBColor(140, 45, 4),
    }
}
