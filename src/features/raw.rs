//! The rows that the replay emits: keys, plain sums and counts, before any feature is formed.

/// Declares a row of named numbers, so that a name cannot drift from its place.
macro_rules! raw_row {
    ($($(#[$doc:meta])* $field:ident,)*) => {
        /// One open invoice at one cut-off: the numbers from which its features are formed.
        #[derive(Debug, Clone, Copy, Default)]
        pub(crate) struct RawRow {
            $($(#[$doc])* pub(crate) $field: f64,)*
        }

        impl RawRow {
            /// Column names, in the order of [`RawRow::values`].
            pub(crate) const NAMES: &'static [&'static str] = &[$(stringify!($field)),*];

            /// The values, in the order of [`RawRow::NAMES`].
            pub(crate) fn values(&self) -> [f64; RawRow::NAMES.len()] {
                [$(self.$field),*]
            }
        }
    };
}

raw_row! {
    /// Invoices that the customer has paid in full.
    paid_count,
    /// Decayed number of paid invoices, and the sums of lateness over them.
    level_weight,
    level_sum,
    level_square_sum,
    level_late,
    /// Averages of lateness over payment runs, and the latest lateness.
    fast_lateness,
    slow_lateness,
    last_lateness,
    /// Level and number of payment runs since the last change, its shift, and the run that is off the pattern.
    regime_level,
    regime_runs,
    regime_shift,
    exception_days,
    run_count,
    days_since_run,
    run_gap_days,
    invoice_count,
    log_amount_sum,
    partial_count,
    open_count,
    open_amount,
    overdue_count,
    overdue_amount,
    oldest_overdue_days,
    promises_kept,
    promises_broken,
    contacts_30_days,
    credit_score,
    has_credit_score,
    days_past_due,
    age_days,
    terms_days,
    roll_days,
    due_weekday,
    log_amount,
    paid_share,
    later_due_paid,
    earlier_due_open,
    sibling_paid,
    sibling_open,
    is_disputed,
    dispute_days,
    disputes_resolved,
    /// Disputes of the customer that were resolved, and the days that all of them have lasted so far.
    payer_disputes_resolved,
    payer_dispute_days,
    /// The same over the whole book.
    book_disputes_resolved,
    book_dispute_days,
    has_promise,
    days_past_promise,
    has_plan,
    /// Instalments still owed, and days until the next one falls due.
    lines_left,
    days_to_next_line,
    /// Days since the latest part payment, its own day included; zero without one.
    part_payment_days,
    /// Weighted number of paid invoices with the same terms, and the sums of lateness over them.
    group_weight,
    group_sum,
    group_late,
    /// The same with the same country and segment as well, and how many times stronger the group is as their prior
    /// than the book is as the group's; all zero where they say no more than the group.
    cell_strength,
    cell_weight,
    cell_sum,
    cell_square_sum,
    cell_late,
    /// The same over the whole book.
    book_weight,
    book_sum,
    book_square_sum,
    book_late,
    /// Days by which the month due was later in earlier years: of the customer, and of the book.
    season_shift_days,
    book_season_days,
}

/// What identifies a [`RawRow`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawKey {
    /// Index of the invoice in the facts it was replayed from.
    pub(crate) invoice: usize,
    /// Index of the cut-off.
    pub(crate) cutoff: usize,
    /// Index of the payer row.
    pub(crate) payer: usize,
    /// Index of the payer's calendar in the facts, as known at the cut-off.
    pub(crate) calendar: usize,
    pub(crate) open_minor: i64,
    /// Day from which lateness counts: the rolled due date of the invoice, or of its last instalment.
    pub(crate) rolled_due_day: i32,
    /// Index of its open instalments among those of its emission, if it is on a plan.
    pub(crate) plan: Option<usize>,
}

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}

/// Amounts enter features as logarithms of minor units; a zero cannot occur (rejected on reading).
pub(crate) fn log_amount(amount_minor: i64) -> f64 {
    minor(amount_minor).max(1.0).ln()
}

/// Minor units as a number for ratios; exact below 2^53.
#[expect(
    clippy::cast_precision_loss,
    reason = "ratios of amounts need no more than 53 bits"
)]
pub(crate) fn minor(amount_minor: i64) -> f64 {
    amount_minor as f64
}
