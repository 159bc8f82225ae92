//! Lists that begin with the newest: by the instant something was made, then by its id.

use crate::app::clock::{Timestamp, from_micros, micros};
use crate::app::state::App;

use super::extract::Answer;
use super::page::{Cursor, Page, PageParams};

/// Returns the place behind which a page of the list begins.
///
/// # Errors
///
/// 400 `invalid_cursor` for the cursor of another list.
pub(super) fn before(app: &App, list: &str, page: &PageParams) -> Answer<Option<(Timestamp, String)>> {
    let Some(parts) = page.parts(app)? else {
        return Ok(None);
    };
    match parts.as_slice() {
        [name, at, id] if name.as_str() == list => {
            let at = at.parse::<i64>().map_err(|_| Cursor::refused())?;
            Ok(Some((from_micros(at), id.clone())))
        }
        _ => Err(Cursor::refused()),
    }
}

/// Returns a page from rows of which one more than `limit` was asked for.
pub(super) fn page<T>(
    app: &App,
    list: &str,
    limit: i64,
    mut rows: Vec<T>,
    place: fn(&T) -> (Timestamp, &str),
) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_last = rows.len() <= limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| !is_last).map(|row| {
        let (at, id) = place(row);
        Cursor::encode(&app.cursor_key, &[list, &micros(at).to_string(), id])
    });
    Page {
        data: rows,
        next_cursor,
    }
}
