//! Beside the stages. In: numbers. Out: pictures as SVG, and numbers as people read them.
//!
//! The report of a backtest and the treasurer's page share canvas, axes and colours, so that they look alike.
//! Nothing here knows what is drawn.

mod amount;
mod figure;
mod number;

pub(crate) use amount::{major, scale};
pub(crate) use figure::{
    Axis, BLUE, Canvas, GREEN, GREY, INK, Lettering, MUTED, ORANGE, PURPLE, Panel, Pixel, SKY, VERMILION,
    as_real, lighter, picture, pixel,
};
pub(crate) use number::{grouped, number};

/// The drawing library refused.
#[derive(Debug, thiserror::Error)]
#[error("a picture could not be drawn: {reason}")]
pub(crate) struct NotDrawn {
    /// What it said.
    pub(crate) reason: String,
}
