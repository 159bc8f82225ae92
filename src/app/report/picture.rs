//! What the pictures of the page share.

use crate::chart::{Canvas, INK, Lettering, MUTED, NotDrawn};
use crate::domain::Date;

/// Half the width of a bar, in weeks.
pub(super) const BAR_HALF: f64 = 0.28;

/// Writes the title of a picture and what one must know to read it.
pub(super) fn caption(canvas: &mut Canvas<'_>, title: &str, how_to_read: &str) -> Result<(), NotDrawn> {
    let bold = Lettering {
        is_bold: true,
        ..Lettering::plain(15.0, INK)
    };
    canvas.text(title, (16, 20), bold)?;
    canvas.text(how_to_read, (16, 42), Lettering::plain(12.0, MUTED))
}

/// A day of the year on an axis: `28 Sep`.
pub(super) fn day_label(date: Date) -> String {
    date.format("%-d %b").to_string()
}
