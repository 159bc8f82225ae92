//! The line of what came in, with what is expected after it.

use std::collections::BTreeMap;

use crate::chart::{
    Axis, BLUE, Canvas, INK, Lettering, MUTED, NotDrawn, ORANGE, Panel, Pixel, SKY, lighter, major, picture,
    scale,
};
use crate::domain::date::{add_days, day_number, from_day_number, monday_of};
use crate::domain::{Currency, Date};
use crate::forecast::CashBucket;
use crate::kpi::WeekReceipts;

use super::PastForecast;
use super::page::Picture;
use super::picture::{caption, day_label};

/// Weeks from one label of the axis to the next.
const WEEKS_A_LABEL: i32 = 4;

/// A week to come: mean, P10 and P90 in minor units, what came in already included.
#[derive(Clone, Copy, Debug)]
struct Coming {
    monday: Date,
    low: i64,
    mean: i64,
    high: i64,
}

/// What is drawn of one currency.
struct Story<'a> {
    currency: Currency,
    received: Vec<&'a WeekReceipts>,
    coming: Vec<Coming>,
    past: Vec<&'a PastForecast>,
    first: Date,
    last: Date,
}

/// Draws the receipts of the past weeks and the forecast of the coming ones; nothing without whole weeks.
pub(super) fn actual(
    currency: Currency,
    as_of: Date,
    received: &[WeekReceipts],
    buckets: &[CashBucket],
    past: &[PastForecast],
) -> Result<Option<Picture>, NotDrawn> {
    let Some(story) = Story::new(currency, received, buckets, past) else {
        return Ok(None);
    };
    let title = format!("Received and expected by week, {}", currency.code());
    let svg = picture((600, 300), |canvas| {
        caption(
            canvas,
            &title,
            "The week of the cut-off counts what came in already. Whole weeks only.",
        )?;
        let mut legend = vec![
            (INK, "received".to_owned()),
            (BLUE, "expected".to_owned()),
            (lighter(SKY), "80 % band".to_owned()),
        ];
        if !story.past.is_empty() {
            legend.push((ORANGE, "said a week ahead".to_owned()));
        }
        canvas.legend(&legend, (16, 66))?;
        story.draw(canvas, as_of)
    })?;
    Ok(Some(Picture {
        name: format!("{}-actual", currency.code().to_ascii_lowercase()),
        description: format!(
            "The line of the cash received in the {} weeks before the cut-off, a dashed line at the cut-off \
             {as_of}, then the expected cash with its band.",
            story.received.len()
        ),
        title,
        svg,
    }))
}

impl<'a> Story<'a> {
    fn new(
        currency: Currency,
        received: &'a [WeekReceipts],
        buckets: &[CashBucket],
        past: &'a [PastForecast],
    ) -> Option<Self> {
        let ours: Vec<&WeekReceipts> = received.iter().filter(|week| week.currency == currency).collect();
        let whole: Vec<&WeekReceipts> = ours.iter().copied().filter(|week| is_whole(week)).collect();
        let so_far: BTreeMap<Date, i64> = ours
            .iter()
            .filter(|week| !is_whole(week))
            .map(|week| (week.start, week.received_minor))
            .collect();
        let coming: Vec<Coming> = buckets
            .iter()
            .filter(|bucket| bucket.end == add_days(monday_of(bucket.start), 6))
            .map(|bucket| {
                let monday = monday_of(bucket.start);
                let before = so_far.get(&monday).copied().unwrap_or(0);
                Coming {
                    monday,
                    low: bucket.total_p10.saturating_add(before),
                    mean: bucket.total.saturating_add(before),
                    high: bucket.total_p90.saturating_add(before),
                }
            })
            .collect();
        let mondays = || {
            let received = whole.iter().map(|week| week.start);
            received.chain(coming.iter().map(|week| week.monday))
        };
        let (first, last) = (mondays().min()?, mondays().max()?);
        let past = week_ahead(currency, past, first, last);
        Some(Self {
            currency,
            received: whole,
            coming,
            past,
            first,
            last,
        })
    }

    /// Draws everything but title and legend.
    fn draw(&self, canvas: &mut Canvas<'_>, as_of: Date) -> Result<(), NotDrawn> {
        let (panel, divisor) = self.panel();
        panel.frame(canvas)?;
        let at = |monday: Date, minor: i64| -> Pixel {
            panel.at(self.place(monday), major(minor, self.currency) / divisor)
        };
        let coming = &self.coming;
        let mut band: Vec<Pixel> = coming.iter().map(|week| at(week.monday, week.high)).collect();
        band.extend(coming.iter().rev().map(|week| at(week.monday, week.low)));
        canvas.area(&band, lighter(SKY), 1.0)?;
        let mean: Vec<Pixel> = coming.iter().map(|week| at(week.monday, week.mean)).collect();
        canvas.path(&mean, BLUE, 2)?;
        for &point in &mean {
            canvas.dot(point, 3, BLUE)?;
        }
        for said in &self.past {
            canvas.line(at(said.start, said.p10), at(said.start, said.p90), ORANGE, 2)?;
            canvas.dot(at(said.start, said.expected), 4, ORANGE)?;
        }
        let line: Vec<Pixel> = self
            .received
            .iter()
            .map(|week| at(week.start, week.received_minor))
            .collect();
        canvas.path(&line, INK, 2)?;
        for &point in &line {
            canvas.dot(point, 3, INK)?;
        }
        // The end of the cut-off day, between the middles of the weeks.
        let days = day_number(as_of) + 1 - day_number(self.first);
        let cut = f64::from(days) / 7.0 - 0.5;
        let top = panel.at(cut, panel.y.high);
        canvas.dashes(panel.at(cut, panel.y.low), top, MUTED)?;
        canvas.text("cut-off", (top.0 + 6, top.1 + 8), Lettering::plain(12.0, MUTED))
    }

    /// Where a week stands on the axis.
    fn place(&self, monday: Date) -> f64 {
        f64::from(day_number(monday) - day_number(self.first)) / 7.0
    }

    /// Returns the panel and by how much amounts are divided in it.
    fn panel(&self) -> (Panel, f64) {
        let coming = self.coming.iter().flat_map(|week| [week.low, week.high]);
        let past = self
            .past
            .iter()
            .flat_map(|said| [said.p10, said.p90, said.expected]);
        let received = self.received.iter().map(|week| week.received_minor);
        let (low, high) =
            coming
                .chain(past)
                .chain(received)
                .fold((0.0, 0.0), |(low, high): (f64, f64), minor| {
                    let value = major(minor, self.currency);
                    (low.min(value), high.max(value))
                });
        let (divisor, unit) = scale(high.max(-low), self.currency);
        let mut ticks = Vec::new();
        let mut day = day_number(self.first);
        while day <= day_number(self.last) {
            let monday = from_day_number(day);
            ticks.push((self.place(monday), day_label(monday)));
            day += 7 * WEEKS_A_LABEL;
        }
        let panel = Panel {
            title: String::new(),
            left: 88,
            top: 90,
            right: 584,
            bottom: 244,
            x: Axis {
                label: "Monday of the week".to_owned(),
                low: -0.5,
                high: self.place(self.last) + 0.5,
                ticks,
            },
            y: Axis::round(unit, low / divisor, high / divisor, 4),
        };
        (panel, divisor)
    }
}

/// Whether a week was over at the cut-off.
fn is_whole(week: &WeekReceipts) -> bool {
    week.end == add_days(week.start, 6)
}

/// Of the past forecasts of whole weeks within the picture, the last that was made before each week and not more
/// than a week ahead.
fn week_ahead<'a>(
    currency: Currency,
    past: &'a [PastForecast],
    first: Date,
    last: Date,
) -> Vec<&'a PastForecast> {
    let mut latest: BTreeMap<Date, &'a PastForecast> = BTreeMap::new();
    let usable = past.iter().filter(|said| {
        said.currency == currency
            && said.start == monday_of(said.start)
            && said.end == add_days(said.start, 6)
            && (1..=7).contains(&(said.start - said.as_of).num_days())
            && (first..=last).contains(&said.start)
    });
    for said in usable {
        let kept = latest.entry(said.start).or_insert(said);
        if said.as_of > kept.as_of {
            *kept = said;
        }
    }
    latest.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::{PastForecast, week_ahead};
    use crate::domain::date::parse_iso;
    use crate::domain::{Currency, Date};

    fn day(text: &str) -> Date {
        parse_iso(text).unwrap()
    }

    fn said(as_of: &str, start: &str, end: &str) -> PastForecast {
        PastForecast {
            as_of: day(as_of),
            currency: Currency::EUR,
            start: day(start),
            end: day(end),
            expected: 100,
            p10: 50,
            p90: 150,
        }
    }

    #[test]
    fn the_last_forecast_before_a_whole_week_is_drawn() {
        let past = [
            said("2026-08-23", "2026-09-07", "2026-09-13"),
            said("2026-09-06", "2026-09-07", "2026-09-13"),
            said("2026-09-09", "2026-09-10", "2026-09-13"),
        ];
        let drawn = week_ahead(Currency::EUR, &past, day("2026-08-31"), day("2026-10-05"));
        assert_eq!(drawn.len(), 1);
        assert_eq!(drawn[0].as_of, day("2026-09-06"));
        let before = week_ahead(Currency::EUR, &past, day("2026-09-14"), day("2026-10-05"));
        assert!(before.is_empty());
    }
}
