//! What every picture has in common: canvas, panels with axes and grid, legend, colours.
//!
//! Pictures are drawn on plotters' SVG backend in pixels. Its own charts estimate the width of text
//! without a font; placing labels by anchor needs no estimate and looks the same everywhere.

use plotters::prelude::{
    DrawingBackend, FontFamily, FontStyle, FontTransform, RGBColor, SVGBackend, ShapeStyle, TextStyle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::NotDrawn;
use super::number::number;

/// Colour of text and axes.
pub(crate) const INK: RGBColor = RGBColor(38, 50, 56);
/// Colours that remain distinct to colour-blind readers (Okabe and Ito 2008), and a grey.
pub(crate) const GREY: RGBColor = RGBColor(150, 150, 150);
pub(crate) const SKY: RGBColor = RGBColor(86, 180, 233);
pub(crate) const ORANGE: RGBColor = RGBColor(230, 159, 0);
pub(crate) const PURPLE: RGBColor = RGBColor(204, 121, 167);
pub(crate) const GREEN: RGBColor = RGBColor(0, 158, 115);
pub(crate) const BLUE: RGBColor = RGBColor(0, 114, 178);
pub(crate) const VERMILION: RGBColor = RGBColor(213, 94, 0);

/// Colour of secondary text.
pub(crate) const MUTED: RGBColor = RGBColor(96, 112, 122);
/// Colour of the grid.
const GRID: RGBColor = RGBColor(226, 232, 236);

/// plotters divides the size of a font by this before it writes the attribute.
const FONT_SCALE: f64 = 1.24;

/// A point in pixels.
pub(crate) type Pixel = (i32, i32);

/// How text is set.
#[derive(Clone, Copy)]
pub(crate) struct Lettering {
    pub(crate) size: f64,
    pub(crate) is_bold: bool,
    pub(crate) colour: RGBColor,
    pub(crate) anchor: HPos,
    pub(crate) is_upright: bool,
}

impl Lettering {
    /// Returns left-aligned text of the given size.
    pub(crate) fn plain(size: f64, colour: RGBColor) -> Self {
        Self {
            size,
            is_bold: false,
            colour,
            anchor: HPos::Left,
            is_upright: false,
        }
    }

    /// Returns the same text with another anchor.
    pub(crate) fn anchored(self, anchor: HPos) -> Self {
        Self { anchor, ..self }
    }
}

/// The surface of one picture.
pub(crate) struct Canvas<'a> {
    backend: SVGBackend<'a>,
}

/// Draws a picture and returns it as SVG.
pub(crate) fn picture(
    size: (u32, u32),
    paint: impl FnOnce(&mut Canvas<'_>) -> Result<(), NotDrawn>,
) -> Result<String, NotDrawn> {
    let mut svg = String::new();
    {
        let mut canvas = Canvas {
            backend: SVGBackend::with_string(&mut svg, size),
        };
        let corner = (pixel(f64::from(size.0)), pixel(f64::from(size.1)));
        canvas.rectangle((0, 0), corner, RGBColor(255, 255, 255), 1.0)?;
        paint(&mut canvas)?;
        drawn(canvas.backend.present())?;
    }
    Ok(svg)
}

/// Turns what the drawing library says into our error.
fn drawn<E: std::fmt::Display>(result: Result<(), E>) -> Result<(), NotDrawn> {
    result.map_err(|error| NotDrawn {
        reason: error.to_string(),
    })
}

/// Returns the nearest pixel.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the value is kept within the range of pixels"
)]
pub(crate) fn pixel(value: f64) -> i32 {
    value.round().clamp(-100_000.0, 100_000.0) as i32
}

/// Returns a colour as its band looks on white.
pub(crate) fn lighter(colour: RGBColor) -> RGBColor {
    let mix = |part: u8| part / 4 + 191;
    RGBColor(mix(colour.0), mix(colour.1), mix(colour.2))
}

/// Returns a count as a number; more than 2^32 do not fit in a picture.
pub(crate) fn as_real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Returns the style of a line or an area.
fn style(colour: RGBColor, opacity: f64, stroke_width: u32) -> ShapeStyle {
    ShapeStyle {
        color: plotters::prelude::RGBAColor(colour.0, colour.1, colour.2, opacity),
        filled: true,
        stroke_width,
    }
}

impl Canvas<'_> {
    /// Draws a filled rectangle.
    pub(crate) fn rectangle(
        &mut self,
        corner: Pixel,
        opposite: Pixel,
        colour: RGBColor,
        opacity: f64,
    ) -> Result<(), NotDrawn> {
        let upper_left = (corner.0.min(opposite.0), corner.1.min(opposite.1));
        let lower_right = (corner.0.max(opposite.0), corner.1.max(opposite.1));
        let style = style(colour, opacity, 1);
        drawn(self.backend.draw_rect(upper_left, lower_right, &style, true))
    }

    /// Draws a straight line.
    pub(crate) fn line(
        &mut self,
        from: Pixel,
        to: Pixel,
        colour: RGBColor,
        width: u32,
    ) -> Result<(), NotDrawn> {
        drawn(self.backend.draw_line(from, to, &style(colour, 1.0, width)))
    }

    /// Draws a dashed straight line.
    pub(crate) fn dashes(&mut self, from: Pixel, to: Pixel, colour: RGBColor) -> Result<(), NotDrawn> {
        const DASH: f64 = 6.0;
        let (dx, dy) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
        let length = dx.hypot(dy).max(1.0);
        let mut start = 0.0;
        while start < length {
            let end = (start + DASH).min(length);
            let at = |distance: f64| {
                let share = distance / length;
                (from.0 + pixel(dx * share), from.1 + pixel(dy * share))
            };
            self.line(at(start), at(end), colour, 1)?;
            start += 2.0 * DASH;
        }
        Ok(())
    }

    /// Draws a connected line.
    pub(crate) fn path(&mut self, points: &[Pixel], colour: RGBColor, width: u32) -> Result<(), NotDrawn> {
        let points = points.iter().copied();
        drawn(self.backend.draw_path(points, &style(colour, 1.0, width)))
    }

    /// Draws a filled area.
    pub(crate) fn area(&mut self, outline: &[Pixel], colour: RGBColor, opacity: f64) -> Result<(), NotDrawn> {
        let outline = outline.iter().copied();
        drawn(self.backend.fill_polygon(outline, &style(colour, opacity, 1)))
    }

    /// Draws a dot.
    pub(crate) fn dot(&mut self, centre: Pixel, radius: u32, colour: RGBColor) -> Result<(), NotDrawn> {
        drawn(
            self.backend
                .draw_circle(centre, radius, &style(colour, 1.0, 1), true),
        )
    }

    /// Writes text, vertically centred on the point.
    pub(crate) fn text(&mut self, text: &str, at: Pixel, look: Lettering) -> Result<(), NotDrawn> {
        let weight = if look.is_bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        let family = FontFamily::Name("Helvetica, Arial, sans-serif");
        let font = plotters::prelude::FontDesc::new(family, look.size * FONT_SCALE, weight);
        let turn = if look.is_upright {
            FontTransform::Rotate270
        } else {
            FontTransform::None
        };
        let letters = TextStyle::from(font.transform(turn))
            .color(&look.colour)
            .pos(Pos::new(look.anchor, VPos::Center));
        drawn(self.backend.draw_text(text, &letters, at))
    }

    /// Writes the title of a picture and the line below it.
    pub(crate) fn heading(&mut self, title: &str, subtitle: &str) -> Result<(), NotDrawn> {
        let bold = Lettering {
            is_bold: true,
            ..Lettering::plain(20.0, INK)
        };
        self.text(title, (32, 30), bold)?;
        self.text(subtitle, (32, 56), Lettering::plain(13.0, MUTED))
    }

    /// Draws a legend from left to right, each entry a short line and its name.
    pub(crate) fn legend(&mut self, entries: &[(RGBColor, String)], start: Pixel) -> Result<(), NotDrawn> {
        // A generous mean width of a letter at this size, in pixels.
        const LETTER: f64 = 7.4;
        let (mut x, y) = start;
        for (colour, name) in entries {
            self.rectangle((x, y - 2), (x + 22, y + 2), *colour, 1.0)?;
            self.text(name, (x + 30, y), Lettering::plain(13.0, INK))?;
            x += 54 + pixel(LETTER * as_real(name.chars().count()));
        }
        Ok(())
    }
}

/// One axis: its range and the places with a label.
pub(crate) struct Axis {
    pub(crate) label: String,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Returns an axis with about `count` round ticks, that ends at a tick above `high`.
    pub(crate) fn round(label: impl Into<String>, low: f64, high: f64, count: usize) -> Self {
        let span = if high > low { high - low } else { 1.0 };
        let raw = span / as_real(count.max(1));
        let magnitude = 10_f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * magnitude)
            .find(|step| *step >= raw * 0.999)
            .unwrap_or(10.0 * magnitude);
        let decimals = (0..6_usize)
            .find(|decimals| {
                let scaled = step * 10_f64.powf(as_real(*decimals));
                (scaled - scaled.round()).abs() < 1e-6
            })
            .unwrap_or(6);
        let first = (low / step).floor();
        let mut ticks = Vec::new();
        let mut index = 0_usize;
        loop {
            let value = (first + as_real(index)) * step;
            ticks.push((value, number(value, decimals)));
            index += 1;
            if value >= low + span - step * 1e-6 || index > 50 {
                break;
            }
        }
        let ends = |tick: Option<&(f64, String)>, other: f64| tick.map_or(other, |tick| tick.0);
        Self {
            label: label.into(),
            low: ends(ticks.first(), low),
            high: ends(ticks.last(), high),
            ticks,
        }
    }
}

/// A rectangle with two axes.
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) right: i32,
    pub(crate) bottom: i32,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

impl Panel {
    /// Returns where a point lies.
    pub(crate) fn at(&self, x: f64, y: f64) -> Pixel {
        let across = (x - self.x.low) / (self.x.high - self.x.low);
        let up = (y - self.y.low) / (self.y.high - self.y.low);
        (
            self.left + pixel(across * f64::from(self.right - self.left)),
            self.bottom - pixel(up * f64::from(self.bottom - self.top)),
        )
    }

    /// Draws grid, axes, labels and title.
    pub(crate) fn frame(&self, canvas: &mut Canvas<'_>) -> Result<(), NotDrawn> {
        let small = Lettering::plain(12.0, MUTED);
        for (value, label) in &self.y.ticks {
            let (_, y) = self.at(self.x.low, *value);
            canvas.line((self.left, y), (self.right, y), GRID, 1)?;
            canvas.text(label, (self.left - 8, y), small.anchored(HPos::Right))?;
        }
        for (value, label) in &self.x.ticks {
            let (x, _) = self.at(*value, self.y.low);
            canvas.line((x, self.top), (x, self.bottom), GRID, 1)?;
            canvas.text(label, (x, self.bottom + 16), small.anchored(HPos::Center))?;
        }
        canvas.line((self.left, self.bottom), (self.right, self.bottom), MUTED, 1)?;
        canvas.line((self.left, self.top), (self.left, self.bottom), MUTED, 1)?;
        let middle = i32::midpoint(self.left, self.right);
        let name = Lettering::plain(13.0, INK).anchored(HPos::Center);
        canvas.text(&self.x.label, (middle, self.bottom + 40), name)?;
        let upright = Lettering {
            is_upright: true,
            ..name
        };
        let height = i32::midpoint(self.top, self.bottom);
        canvas.text(&self.y.label, (self.left - 66, height), upright)?;
        let bold = Lettering {
            is_bold: true,
            ..Lettering::plain(14.0, INK)
        };
        canvas.text(&self.title, (self.left, self.top - 16), bold)
    }
}
