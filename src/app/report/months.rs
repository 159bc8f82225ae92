//! The bars of what was invoiced and what was paid, month by month.

use std::collections::BTreeMap;

use crate::chart::{Axis, BLUE, Canvas, NotDrawn, Panel, SKY, as_real, major, picture, scale};
use crate::domain::date::add_months;
use crate::domain::{Currency, Date};

use super::page::Picture;
use super::picture::caption;

/// Months drawn at most: the last ones.
const MONTHS_DRAWN: usize = 24;
/// Labels of the axis at most.
const LABELS: usize = 12;
/// Half the width of the two bars of a month, in months.
const BARS_HALF: f64 = 0.36;

/// What happened in a month, in minor units of one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonthFlow {
    /// Amounts of the invoices issued.
    pub invoiced: i64,
    /// Amounts of the payments made.
    pub paid: i64,
}

/// Draws the last months of one currency, given by their first days; nothing without any.
pub(super) fn months(
    currency: Currency,
    flows: &BTreeMap<Date, MonthFlow>,
) -> Result<Option<Picture>, NotDrawn> {
    let drawn = last_months(flows);
    let (Some((first, _)), Some((last, _))) = (drawn.first(), drawn.last()) else {
        return Ok(None);
    };
    let (first, last) = (first.format("%b %Y"), last.format("%b %Y"));
    let title = format!("Invoiced and paid by month, {}", currency.code());
    let svg = picture((960, 300), |canvas| {
        caption(
            canvas,
            &title,
            "Invoices by their date, payments by the day they were made.",
        )?;
        let legend = [(SKY, "invoiced".to_owned()), (BLUE, "paid".to_owned())];
        canvas.legend(&legend, (16, 66))?;
        draw(canvas, currency, &drawn)
    })?;
    Ok(Some(Picture {
        name: format!("{}-months", currency.code().to_ascii_lowercase()),
        description: format!(
            "Two bars a month from {first} to {last}: the amount invoiced and the amount paid, in {}.",
            currency.code()
        ),
        title,
        svg,
    }))
}

/// The last months, those without anything between them.
fn last_months(flows: &BTreeMap<Date, MonthFlow>) -> Vec<(Date, MonthFlow)> {
    let mut months: Vec<(Date, MonthFlow)> = Vec::new();
    let (Some((first, _)), Some((last, _))) = (flows.first_key_value(), flows.last_key_value()) else {
        return months;
    };
    let mut month = *first;
    while month <= *last {
        months.push((month, flows.get(&month).copied().unwrap_or_default()));
        let next = add_months(month, 1);
        if next <= month {
            break;
        }
        month = next;
    }
    let surplus = months.len().saturating_sub(MONTHS_DRAWN);
    months.split_off(surplus)
}

fn draw(canvas: &mut Canvas<'_>, currency: Currency, months: &[(Date, MonthFlow)]) -> Result<(), NotDrawn> {
    let amounts = months.iter().flat_map(|(_, flow)| [flow.invoiced, flow.paid]);
    let (low, high) = amounts.fold((0.0, 0.0), |(low, high): (f64, f64), minor| {
        let value = major(minor, currency);
        (low.min(value), high.max(value))
    });
    let (divisor, unit) = scale(high.max(-low), currency);
    let ticks = months.iter().enumerate();
    let panel = Panel {
        title: String::new(),
        left: 88,
        top: 90,
        right: 940,
        bottom: 244,
        x: Axis {
            label: "month".to_owned(),
            low: -0.5,
            high: as_real(months.len().max(1)) - 0.5,
            ticks: ticks
                .step_by(months.len().div_ceil(LABELS).max(1))
                .map(|(index, (month, _))| (as_real(index), month.format("%b %y").to_string()))
                .collect(),
        },
        y: Axis::round(unit, low / divisor, high / divisor, 4),
    };
    panel.frame(canvas)?;
    let height = |minor: i64| major(minor, currency) / divisor;
    for (index, (_, flow)) in months.iter().enumerate() {
        let middle = as_real(index);
        let bars = [
            (middle - BARS_HALF, middle, flow.invoiced, SKY),
            (middle, middle + BARS_HALF, flow.paid, BLUE),
        ];
        for (from, to, minor, colour) in bars {
            if minor != 0 {
                let (corner, opposite) = (panel.at(from, 0.0), panel.at(to, height(minor)));
                canvas.rectangle(corner, opposite, colour, 1.0)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::parse_iso;

    #[test]
    fn months_without_anything_are_drawn_and_old_ones_are_not() {
        let flow = MonthFlow {
            invoiced: 100,
            paid: 0,
        };
        let of = |days: &[&str]| {
            let flows: BTreeMap<Date, MonthFlow> =
                days.iter().map(|day| (parse_iso(day).unwrap(), flow)).collect();
            last_months(&flows)
        };
        assert!(of(&[]).is_empty());
        let three = of(&["2025-11-01", "2026-01-01"]);
        assert_eq!(three.len(), 3);
        assert_eq!(three[1].1, MonthFlow::default());
        let many = of(&["2020-01-01", "2026-01-01"]);
        assert_eq!(many.len(), MONTHS_DRAWN);
        assert_eq!(many[0].0, parse_iso("2024-02-01").unwrap());
    }
}
