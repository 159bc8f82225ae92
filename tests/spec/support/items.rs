//! Invoices of an account about which nothing was agreed, disputed or paid.

use duecast::action::account::AccountItem;
use duecast::domain::date::add_days;
use duecast::domain::{Currency, Date};
use duecast::model::PaymentDistribution;

/// A delivered invoice of so many euro cents, so many days past due on a day, issued thirty days before it was due.
pub(crate) fn plain_item(
    invoice_id: &str,
    as_of: Date,
    days_past_due: i32,
    open_minor: i64,
    distribution: PaymentDistribution,
) -> AccountItem {
    let due_date = add_days(as_of, -i64::from(days_past_due));
    AccountItem {
        invoice_id: invoice_id.to_owned(),
        entity: None,
        currency: Currency::EUR,
        invoice_date: add_days(due_date, -30),
        due_date,
        days_past_due,
        open_minor,
        gross_minor: open_minor,
        disputed_minor: 0,
        promised_minor: 0,
        planned_minor: 0,
        in_transit_minor: 0,
        is_delivered: true,
        level: 0,
        distribution,
    }
}
