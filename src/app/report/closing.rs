//! The end of the page: what the figures rest on, and what they cannot tell.

use crate::forecast::Band;

use super::Sources;
use super::currency::has_billing;
use super::page::Block;

/// Returns assumptions and limits beside each other.
pub(super) fn blocks(sources: &Sources<'_>) -> Block {
    Block::Beside(vec![
        vec![
            Block::Heading("What it rests on".to_owned()),
            Block::Facts(assumptions(sources)),
        ],
        vec![
            Block::Heading("What it cannot tell".to_owned()),
            Block::Points(limits(sources)),
        ],
    ])
}

fn assumptions(sources: &Sources<'_>) -> Vec<(String, String)> {
    let (plan, context) = (&sources.cash.plan, sources.context);
    let calendar = plan.calendar.map_or_else(
        || "none: cash may come on any day".to_owned(),
        |calendar| calendar.to_string(),
    );
    let fixed = [
        ("data cut-off", sources.cash.as_of.to_string()),
        (
            "model",
            format!("{}, trained as of {}", context.model, context.model_trained_as_of),
        ),
        (
            "ledger",
            context.ledger_fingerprint.chars().take(16).collect::<String>(),
        ),
        ("receiving calendar", calendar),
        ("band", band(&plan.band)),
        ("simulation", format!("{} draws, seed {}", plan.draws, plan.seed)),
    ];
    let mut facts: Vec<(String, String)> = fixed
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text))
        .collect();
    facts.extend(sources.remarks.iter().cloned());
    facts
}

/// Says where the width of the band comes from.
fn band(band: &Band) -> String {
    if *band == Band::default() {
        return "the default dependence, not fitted on this ledger".to_owned();
    }
    format!(
        "fitted on past forecasts: {:.2} in common within a customer, {:.2} across the book",
        band.customer_coupling, band.book_coupling
    )
}

fn limits(sources: &Sources<'_>) -> Vec<String> {
    let billing = if sources.cash.currencies.iter().any(has_billing) {
        "Recurring and new billing are estimates of invoices that nobody has written yet; from about week six \
         on most of the cash comes from them."
    } else {
        "Only invoices that are open today are in it. From about week six on most cash comes from invoices \
         that are not written yet, so the later weeks are a floor, not an estimate."
    };
    let mut limits = vec![
        "The band holds four weeks of five, not all of them: one week in ten is meant to fall below P10 and one \
         above P90."
            .to_owned(),
        "Bands of several weeks or groups do not add up; the columns \u{201c}so far\u{201d} are simulated as sums."
            .to_owned(),
        billing.to_owned(),
        "It knows how customers have paid, not why: a strike, a lost contract or a bankruptcy that the ledger \
         does not show is not in it."
            .to_owned(),
        "At risk is what is expected to be open still 90 days after its due date; it may be paid later. \
         Expected loss is what never comes."
            .to_owned(),
    ];
    if sources.past.is_empty() {
        limits.push(
            "No earlier forecasts were given, so the page cannot show how good the last ones were."
                .to_owned(),
        );
    }
    limits
}
