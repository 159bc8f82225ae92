//! What a person should know about an import, counted.

/// Counts of what was decided for the person.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    /// Settlements by documents that are not in the export.
    pub(super) unknown_credits: u64,
    /// Settlements beyond the amount of their payment.
    pub(super) deductions: u64,
    /// Cancelled documents without the day of it.
    pub(super) cancelled_without_day: u64,
    /// Credits that were withdrawn from an invoice.
    pub(super) withdrawn: u64,
    /// Settlements by a payment in another currency.
    pub(super) other_currency: u64,
    /// Settlements that are differences of exchange rates.
    pub(super) exchange: u64,
    /// Payments of which something is not settled with an invoice.
    pub(super) unapplied: u64,
    /// Invoices whose instalments do not add up to their amount.
    pub(super) uneven_plans: u64,
    /// Settlements of debits that are no invoices.
    pub(super) no_invoice: u64,
}

impl Notes {
    pub(super) fn texts(&self) -> Vec<String> {
        [
            (
                self.unknown_credits,
                "settlements by documents that are not in the export: the day of the settlement is taken for the day \
                 the cash came in",
            ),
            (
                self.deductions,
                "settlements beyond the amount of their payment: what is beyond it is taken for a deduction and \
                 written off",
            ),
            (
                self.cancelled_without_day,
                "cancelled documents without the day of the cancellation: their own date is taken",
            ),
            (
                self.withdrawn,
                "credits withdrawn from an invoice: each is a negative write-off",
            ),
            (
                self.other_currency,
                "settlements by payments in another currency: the amount is what the invoice was settled by",
            ),
            (
                self.exchange,
                "differences of exchange rates: nobody pays them, they are left out",
            ),
            (
                self.unapplied,
                "payments not settled in full: what is left of them is unapplied cash",
            ),
            (
                self.uneven_plans,
                "invoices whose instalments do not add up to their amount",
            ),
            (
                self.no_invoice,
                "settlements of refunds and journal entries: they settle no invoice",
            ),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, text)| format!("{count} {text}"))
        .collect()
    }
}
