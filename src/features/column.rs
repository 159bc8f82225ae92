//! Names of the columns of a feature table that code refers to.

/// Cut-off of the row.
pub const AS_OF: &str = "as_of";
/// Invoice of the row.
pub const INVOICE_ID: &str = "invoice_id";
/// Customer of the row.
pub const CUSTOMER_ID: &str = "customer_id";
/// Legal entity that issued the invoice; may be null.
pub const ENTITY: &str = "entity";
/// Currency of the invoice.
pub const CURRENCY: &str = "currency";
/// Invoice date.
pub const INVOICE_DATE: &str = "invoice_date";
/// Due date as agreed.
pub const DUE_DATE: &str = "due_date";
/// Open amount at the cut-off in minor units.
pub const OPEN_MINOR: &str = "open_minor";
/// Invoice amount in minor units.
pub const GROSS_MINOR: &str = "gross_minor";
/// Paid invoices of the customer.
pub const PAID_COUNT: &str = "paid_count";

/// Key columns, which come before the features.
pub const KEYS: [&str; 10] = [
    AS_OF,
    INVOICE_ID,
    CUSTOMER_ID,
    ENTITY,
    CURRENCY,
    INVOICE_DATE,
    DUE_DATE,
    OPEN_MINOR,
    GROSS_MINOR,
    PAID_COUNT,
];

/// Mean lateness of the customer in days.
pub const LATENESS_MEAN: &str = "lateness_mean";
/// Spread of the customer's lateness in days.
pub const LATENESS_SPREAD: &str = "lateness_spread";
/// How much the customer's own history is worth.
pub const HISTORY_WEIGHT: &str = "history_weight";
/// Days past the rolled due date at the cut-off.
pub const DAYS_PAST_DUE: &str = "days_past_due";
/// Logarithm of the number of later-due invoices that are paid.
pub const LATER_DUE_PAID: &str = "log_later_due_paid";
/// Whether a dispute is open.
pub const IS_DISPUTED: &str = "is_disputed";
/// Whether a promise is known.
pub const HAS_PROMISE: &str = "has_promise";
/// Days past the promised date.
pub const DAYS_PAST_PROMISE: &str = "days_past_promise";
/// Share of promises kept.
pub const PROMISE_KEPT_RATE: &str = "promise_kept_rate";
/// Share of invoices that the customer pays late.
pub const LATE_SHARE: &str = "late_share";
/// Days past due of the invoice that the customer paid last.
pub const LAST_LATENESS: &str = "last_lateness";
/// Mean lateness of customers with the same terms, and of the same country and segment where these say more.
pub const GROUP_LATENESS_MEAN: &str = "group_lateness_mean";
/// Recent payment runs against earlier ones.
pub const LATENESS_DRIFT: &str = "lateness_drift";
/// Level of lateness since the last change.
pub const REGIME_LATENESS: &str = "regime_lateness";
/// Shift of the level at the last change.
pub const REGIME_SHIFT: &str = "regime_shift";
/// Days since the last payment run over the usual gap.
pub const SILENCE: &str = "silence";
/// External score.
pub const CREDIT_SCORE: &str = "credit_score";
/// Whether an external score is known.
pub const HAS_CREDIT_SCORE: &str = "has_credit_score";
