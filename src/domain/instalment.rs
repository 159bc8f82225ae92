//! Which lines of an instalment plan are still owed.

/// Splits what is owed of an invoice over the lines of its plan, whose amounts are given in due order.
///
/// Payments fill a plan in due order, so what is owed lies on its last lines. Returns what is owed of each
/// line, and what no line covers. All amounts are minor units of one currency; nothing is owed where
/// `owed_minor` is not above zero.
///
/// ```
/// use duecast::domain::instalment::owed_of_lines;
///
/// assert_eq!(owed_of_lines(&[300, 300, 300], 500), (vec![0, 200, 300], 0));
/// assert_eq!(owed_of_lines(&[300], 900), (vec![300], 600));
/// ```
#[must_use]
pub fn owed_of_lines(amounts_minor: &[i64], owed_minor: i64) -> (Vec<i64>, i64) {
    let mut left = owed_minor.max(0);
    let mut owed = vec![0_i64; amounts_minor.len()];
    for (line, amount) in owed.iter_mut().zip(amounts_minor).rev() {
        *line = (*amount).clamp(0, left);
        left -= *line;
    }
    (owed, left)
}
