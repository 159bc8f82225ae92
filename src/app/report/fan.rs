//! The fan: cash by week in its layers, with the band around their sum.

use crate::chart::{
    Axis, BLUE, Canvas, GREEN, INK, MUTED, NotDrawn, ORANGE, PURPLE, Panel, Pixel, SKY, as_real, lighter,
    major, picture, scale,
};
use crate::domain::Currency;
use crate::forecast::CashBucket;

use super::page::Picture;
use super::picture::{BAR_HALF, caption, day_label};

/// Draws the weeks of one currency; the layers that come from billing only where there are any.
pub(super) fn fan(
    currency: Currency,
    buckets: &[CashBucket],
    has_billing: bool,
) -> Result<Picture, NotDrawn> {
    let title = format!("Receipts expected by week, {}", currency.code());
    let svg = picture((960, 356), |canvas| {
        caption(
            canvas,
            &title,
            "Bars: the mean in its layers. Band: 80 % of the outcomes (P10 to P90). The first and the last week \
             may be cut by the cut-off and the horizon.",
        )?;
        let mut legend = vec![(BLUE, "open invoices".to_owned())];
        if has_billing {
            legend.push((GREEN, "recurring billing".to_owned()));
            legend.push((ORANGE, "new billing".to_owned()));
        }
        legend.push((INK, "expected in all".to_owned()));
        legend.push((lighter(SKY), "80 % band".to_owned()));
        legend.push((PURPLE, "due by contract".to_owned()));
        canvas.legend(&legend, (16, 66))?;
        let (panel, divisor) = panel(currency, buckets);
        panel.frame(canvas)?;
        let y = |minor: i64| major(minor, currency) / divisor;
        let path = |value: fn(&CashBucket) -> i64| -> Vec<Pixel> {
            let points = buckets.iter().enumerate();
            points
                .map(|(index, bucket)| panel.at(as_real(index), y(value(bucket))))
                .collect()
        };
        let band = edges(&panel, buckets, &y);
        canvas.area(&band, lighter(SKY), 1.0)?;
        bars(canvas, &panel, buckets, &y)?;
        canvas.path(&path(|bucket| bucket.total_p10), MUTED, 1)?;
        canvas.path(&path(|bucket| bucket.total_p90), MUTED, 1)?;
        canvas.path(&path(|bucket| bucket.contractual), PURPLE, 2)?;
        let mean = path(|bucket| bucket.total);
        canvas.path(&mean, INK, 2)?;
        for point in mean {
            canvas.dot(point, 3, INK)?;
        }
        Ok(())
    })?;
    Ok(Picture {
        name: format!("{}-weeks", currency.code().to_ascii_lowercase()),
        description:
            "One bar a week in layers, the line of the mean, the band from P10 to P90 and the line of \
                      what is due by contract; the table of weeks has the same numbers."
                .to_owned(),
        title,
        svg,
    })
}

/// Draws the layers of every week on top of each other.
fn bars(
    canvas: &mut Canvas<'_>,
    panel: &Panel,
    buckets: &[CashBucket],
    y: &impl Fn(i64) -> f64,
) -> Result<(), NotDrawn> {
    for (index, bucket) in buckets.iter().enumerate() {
        let mut base = 0_i64;
        let layers = [
            (bucket.expected, BLUE),
            (bucket.recurring, GREEN),
            (bucket.new_billing, ORANGE),
        ];
        for (minor, colour) in layers {
            let top = base.saturating_add(minor);
            let from = panel.at(as_real(index) - BAR_HALF, y(base));
            let to = panel.at(as_real(index) + BAR_HALF, y(top));
            if minor != 0 {
                canvas.rectangle(from, to, colour, 1.0)?;
            }
            base = top;
        }
    }
    Ok(())
}

/// Returns the panel and by how much amounts are divided in it.
fn panel(currency: Currency, buckets: &[CashBucket]) -> (Panel, f64) {
    let amounts = buckets.iter().flat_map(|bucket| {
        [
            bucket.total,
            bucket.total_p10,
            bucket.total_p90,
            bucket.contractual,
            bucket.expected,
        ]
    });
    let (low, high) = amounts.fold((0.0, 0.0), |(low, high): (f64, f64), minor| {
        let value = major(minor, currency);
        (low.min(value), high.max(value))
    });
    let (divisor, unit) = scale(high.max(-low), currency);
    let ticks = buckets.iter().enumerate();
    let panel = Panel {
        title: String::new(),
        left: 88,
        top: 90,
        right: 940,
        bottom: 298,
        x: Axis {
            label: "first day of the week".to_owned(),
            low: -0.5,
            high: as_real(buckets.len().max(1)) - 0.5,
            ticks: ticks
                .step_by(buckets.len().div_ceil(14).max(1))
                .map(|(index, bucket)| (as_real(index), day_label(bucket.start)))
                .collect(),
        },
        y: Axis::round(unit, low / divisor, high / divisor, 4),
    };
    (panel, divisor)
}

/// The outline of the band, from one side of the panel to the other.
fn edges(panel: &Panel, buckets: &[CashBucket], y: &impl Fn(i64) -> f64) -> Vec<Pixel> {
    let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else {
        return Vec::new();
    };
    let mut outline = vec![panel.at(panel.x.low, y(first.total_p90))];
    let middle = |(index, minor): (usize, i64)| panel.at(as_real(index), y(minor));
    outline.extend(
        buckets
            .iter()
            .map(|bucket| bucket.total_p90)
            .enumerate()
            .map(middle),
    );
    outline.push(panel.at(panel.x.high, y(last.total_p90)));
    outline.push(panel.at(panel.x.high, y(last.total_p10)));
    let lower = buckets.iter().map(|bucket| bucket.total_p10).enumerate();
    outline.extend(lower.rev().map(middle));
    outline.push(panel.at(panel.x.low, y(first.total_p10)));
    outline
}
