//! What the treasurer's page promises: the forecast's own figures, nothing that runs, and the same bytes again.

use std::collections::BTreeMap;

use duecast::app::output::ForecastContext;
use duecast::app::report::{PastForecast, Report, Sources, compose};
use duecast::domain::date::parse_iso;
use duecast::domain::{Currency, Date, Money};
use duecast::forecast::{CashForecast, ForecastPlan, customers_at_risk, forecast_as_of, largest_receipts};
use duecast::kpi::{self, AgingLine, WeekReceipts};
use duecast::model::{PaymentDistribution, PaymentPrediction};

use crate::support::table_language::Ledger;

/// A Wednesday, so that the first week of the forecast has four days.
const AS_OF: &str = "2026-09-30";

/// Three open invoices, one of them overdue, and two payments: one of last week, one of this.
const BOOK: &str = "
    invoice I1 ACME issued 2026-08-01 due 2026-08-31 1000.00 EUR
    invoice I2 BOLT issued 2026-09-01 due 2026-10-05 2500.00 EUR
    invoice I3 ACME issued 2026-09-15 due 2026-10-15  400.00 EUR
    payment I1 2026-09-22 100.00
    payment I2 2026-09-29 500.00
";

fn day(text: &str) -> Date {
    parse_iso(text).unwrap()
}

/// Paid with certainty on a day after the cut-off, or never.
fn certain(days_ahead: Option<usize>) -> PaymentDistribution {
    let cdf = (1..=91).map(|day| match days_ahead {
        Some(ahead) if day >= ahead => 1.0,
        Some(_) | None => 0.0,
    });
    PaymentDistribution::from_cdf(cdf.collect()).unwrap()
}

fn prediction(
    invoice: &str,
    customer: &str,
    due: &str,
    minor: i64,
    ahead: Option<usize>,
) -> PaymentPrediction {
    let open = Money::from_minor(minor, Currency::EUR);
    PaymentPrediction {
        invoice_id: invoice.to_owned(),
        customer_id: customer.to_owned(),
        entity: None,
        as_of: day(AS_OF),
        invoice_date: day("2026-08-01"),
        due_date: day(due),
        open,
        gross: open,
        customer_paid_count: 0,
        distribution: certain(ahead),
        lines: Vec::new(),
        reasons: Vec::new(),
    }
}

/// What a page is made of, owned.
struct Case {
    cash: CashForecast,
    context: ForecastContext,
    predictions: Vec<PaymentPrediction>,
    ageing: BTreeMap<Currency, Vec<AgingLine>>,
    received: Vec<WeekReceipts>,
    past: Vec<PastForecast>,
    names: BTreeMap<String, String>,
    remarks: Vec<(String, String)>,
}

impl Case {
    fn of(predictions: Vec<PaymentPrediction>) -> Self {
        let plan = ForecastPlan {
            seed: 7,
            ..ForecastPlan::default()
        };
        let (history, _folder) = Ledger::parse(BOOK).history();
        let snapshot = history.as_of(day(AS_OF));
        let figures = kpi::report(&snapshot, 92).unwrap();
        Self {
            cash: forecast_as_of(day(AS_OF), &predictions, &plan).unwrap(),
            context: ForecastContext {
                model: "customer_histogram".to_owned(),
                model_trained_as_of: day("2026-09-30"),
                ledger_fingerprint: "0123456789abcdef0123456789abcdef".to_owned(),
            },
            predictions,
            ageing: figures
                .currencies
                .into_iter()
                .map(|one| (one.currency, one.aging))
                .collect(),
            received: kpi::week_receipts(&snapshot, 3).unwrap(),
            past: Vec::new(),
            names: BTreeMap::new(),
            remarks: vec![("billing found".to_owned(), "none".to_owned())],
        }
    }

    /// The book of the ledger: 2,000.00 within a week, 400.00 after three, 900.00 never.
    fn small() -> Self {
        Self::of(vec![
            prediction("I1", "ACME", "2026-08-31", 90_000, None),
            prediction("I2", "BOLT", "2026-10-05", 200_000, Some(6)),
            prediction("I3", "ACME", "2026-10-15", 40_000, Some(20)),
        ])
    }

    fn page(&self) -> Report {
        compose(&Sources {
            cash: &self.cash,
            context: &self.context,
            predictions: &self.predictions,
            ageing: &self.ageing,
            received: &self.received,
            past: &self.past,
            names: &self.names,
            remarks: &self.remarks,
        })
        .unwrap()
    }
}

#[test]
fn a_small_page_says_what_it_said() {
    let (text, _) = Case::small().page().markdown("cash");
    insta::assert_snapshot!(text);
}

#[test]
fn the_page_leads_with_the_forecasts_own_figures() {
    let (text, pictures) = Case::small().page().markdown("cash");
    assert!(text.contains("## 2,400 EUR expected by 2026-12-30\n"), "{text}");
    assert!(text.contains("- overdue now: **900** "), "{text}");
    assert!(text.contains("- expected loss: **900** "), "{text}");
    let week = "| 2026-W41 | 2026-10-11 | 2,000 | 0 | 0 | 2,000 | 2,000 | 2,000 | 2,000 | 2,000 | 2,000 |\n";
    assert!(text.contains(week), "{text}");
    let names: Vec<&str> = pictures.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["cash-eur-weeks.svg", "cash-eur-actual.svg", "cash-eur-ageing.svg"]
    );
    for name in names {
        assert!(text.contains(&format!("]({name})")), "{name} is not in the page");
    }
}

#[test]
fn a_hostile_name_is_shown_and_never_run() {
    let mut case = Case::small();
    for (customer, name) in [("ACME", "<script>alert(1)</script>"), ("BOLT", "a\n# b|\"c&")] {
        case.names.insert(customer.to_owned(), name.to_owned());
    }
    let html = case.page().html();
    assert!(!html.contains("<script"), "a name became markup");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(html.contains("a # b|&quot;c&amp;"));
    let (text, _) = case.page().markdown("cash");
    assert!(!text.contains("<script"), "{text}");
    assert!(!text.contains("\n# b"), "a name became a heading");
    assert!(text.contains("| a # b\\|\"c&amp; |"), "{text}");
}

#[test]
fn the_page_loads_nothing_and_can_be_read_aloud() {
    let html = Case::small().page().html();
    for absent in [
        "<script", "http:", "https:", "<link", "<img", "@import", "url(", "href=",
    ] {
        assert!(!html.contains(absent), "{absent} is in the page");
    }
    let count = |what: &str| html.matches(what).count();
    assert_eq!(count("<svg "), 3);
    assert_eq!(count("<title>"), 1 + count("<svg "));
    assert_eq!(count("<desc>"), count("<svg "));
    assert_eq!(count("<th>"), 0, "a header cell has no scope");
    assert!(count("<th scope=\"col\"") > 10);
    assert_eq!(count("<caption>"), count("<table>"));
}

#[test]
fn the_same_sources_give_the_same_bytes() {
    let (first, second) = (Case::small().page(), Case::small().page());
    assert_eq!(first.html(), second.html());
    assert_eq!(first.markdown("cash"), second.markdown("cash"));
}

#[test]
fn an_empty_book_has_a_page_that_says_so() {
    let mut case = Case::of(Vec::new());
    case.ageing.clear();
    case.received.clear();
    let html = case.page().html();
    assert!(html.contains("No invoice is open"), "{html}");
    assert!(html.contains("data cut-off"), "the assumptions are missing");
    assert!(!html.contains("<svg"), "there is nothing to draw");
}

#[test]
fn earlier_forecasts_are_drawn_where_they_are_given() {
    let mut case = Case::small();
    let legend = "said a week ahead";
    assert!(!case.page().html().contains(legend));
    case.past.push(PastForecast {
        as_of: day("2026-09-20"),
        currency: Currency::EUR,
        start: day("2026-09-21"),
        end: day("2026-09-27"),
        expected: 12_000,
        p10: 8_000,
        p90: 16_000,
    });
    assert!(case.page().html().contains(legend));
}

#[test]
fn receipts_go_to_the_week_of_the_money_up_to_the_cutoff() {
    let (history, _folder) = Ledger::parse(
        "
        invoice I1 ACME issued 2026-08-01 due 2026-08-31 1000.00 EUR
        payment I1 2026-09-20  10.00
        payment I1 2026-09-21 100.00
        payment I1 2026-09-27  50.00
        payment I1 2026-09-30   7.00
        payment I1 2026-09-29  90.00 recorded 2026-10-02
        payment I1 2026-10-01 200.00
    ",
    )
    .history();
    let weeks = |as_of: &str| -> Vec<(String, String, i64)> {
        let weeks = kpi::week_receipts(&history.as_of(day(as_of)), 2).unwrap();
        let told = weeks.into_iter();
        told.map(|week| (week.start.to_string(), week.end.to_string(), week.received_minor))
            .collect()
    };
    let row = |start: &str, end: &str, minor: i64| (start.to_owned(), end.to_owned(), minor);
    assert_eq!(
        weeks("2026-09-30"),
        [
            row("2026-09-14", "2026-09-20", 1_000),
            row("2026-09-21", "2026-09-27", 15_000),
            row("2026-09-28", "2026-09-30", 700),
        ]
    );
    assert_eq!(
        weeks("2026-10-04"),
        [
            row("2026-09-21", "2026-09-27", 15_000),
            row("2026-09-28", "2026-10-04", 29_700),
        ]
    );
}

#[test]
fn lists_go_by_the_money_behind_a_name() {
    let book = Case::small().predictions;
    let receipts = largest_receipts(&book, Currency::EUR, 91, 10);
    let invoices: Vec<&str> = receipts
        .iter()
        .map(|receipt| receipt.prediction.invoice_id.as_str())
        .collect();
    assert_eq!(invoices, ["I2", "I3"], "I1 brings nothing");
    assert_eq!(largest_receipts(&book, Currency::EUR, 10, 10).len(), 1);
    let at_risk = customers_at_risk(&book, Currency::EUR, 10);
    assert_eq!(at_risk.len(), 1);
    assert_eq!(at_risk[0].customer_id, "ACME");
    assert_eq!(at_risk[0].open.minor(), 130_000);
    assert_eq!(at_risk[0].overdue.minor(), 90_000);
    assert_eq!(at_risk[0].at_risk.minor(), 90_000);
}
