//! What stands apart from the receivables, and how what is in them ages.

use std::fs;

use duecast::history::History;
use duecast::kpi::{self, KpiPlan};

use super::{euros, near, snapshot};
use crate::support::table_language::Ledger;

/// 900 in three instalments, agreed on 1 July, of which 400 has come.
const PLAN: &str = "
    invoice    I1 ACME issued 2026-05-01 due 2026-06-01 900.00 EUR
    instalment I1 agreed 2026-07-01 due 2026-07-31 300.00
    instalment I1 agreed 2026-07-01 due 2026-08-31 300.00
    instalment I1 agreed 2026-07-01 due 2026-10-31 300.00
    payment    I1 2026-08-20 400.00
";

/// Open amount and number of invoices in each ageing bucket.
fn aged(history: &History, as_of: &str) -> Vec<(i64, u32)> {
    let report = kpi::report(&snapshot(history, as_of), 92).unwrap();
    euros(&report)
        .aging
        .iter()
        .map(|line| (line.open.minor(), line.invoice_count))
        .collect()
}

#[test]
fn instalments_age_line_by_line() {
    let (history, _folder) = Ledger::parse(PLAN).history();
    // Not agreed yet: due on 1 June as a whole.
    assert_eq!(
        aged(&history, "2026-06-30"),
        [(0, 0), (90_000, 1), (0, 0), (0, 0), (0, 0)]
    );
    // 400 fill the line of July and a third of that of August, which is 30 days past due.
    assert_eq!(
        aged(&history, "2026-09-30"),
        [(30_000, 1), (20_000, 1), (0, 0), (0, 0), (0, 0)]
    );
    let report = kpi::report(&snapshot(&history, "2026-09-30"), 92).unwrap();
    assert_eq!(euros(&report).current_receivables.minor(), 30_000);
    assert_eq!(euros(&report).receivables.minor(), 50_000);
}

#[test]
fn what_a_plan_does_not_cover_ages_by_the_invoice() {
    let text = format!("{PLAN}\n    instalment I1 agreed 2026-09-01 due 2026-12-31 100.00 plan NEW\n");
    let (history, _folder) = Ledger::parse(&text).history();
    // The newer plan replaces the older one; 400 of the 500 are due since 1 June, 121 days ago.
    assert_eq!(
        aged(&history, "2026-09-30"),
        [(10_000, 1), (0, 0), (0, 0), (0, 0), (40_000, 1)]
    );
}

#[test]
fn unapplied_credits_and_down_payments_stand_apart() {
    let folder = tempfile::tempdir().unwrap();
    let invoices = "invoice_id,customer_id,invoice_date,due_date,amount,currency,document_type\n\
         I1,ACME,2026-08-01,2026-08-31,1000.00,EUR,invoice\n\
         I2,ACME,2026-08-01,2026-08-31,500.00,EUR,\n\
         I3,ACME,2026-08-01,2026-08-31,7000.00,EUR,Down payment\n";
    let payments = "payment_id,invoice_id,paid_date,amount,currency\n\
         P1,I1,2026-09-01,1025.00,EUR\n\
         P2,I3,2026-09-01,3000.00,EUR\n";
    let credit_notes = "credit_note_id,customer_id,credit_date,amount,currency,invoice_id\n\
         C1,ACME,2026-09-05,50.00,EUR,\n\
         C2,ACME,2026-09-05,80.00,EUR,I2\n";
    for (name, text) in [
        ("invoices.csv", invoices),
        ("payments.csv", payments),
        ("credit_notes.csv", credit_notes),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let (history, _report) = History::open(folder.path()).unwrap();
    let report = kpi::report(&snapshot(&history, "2026-09-30"), 92).unwrap();
    let kpis = euros(&report);
    assert_eq!(kpis.receivables.minor(), 42_000);
    assert_eq!(kpis.unapplied_credits.minor(), 5_000);
    assert_eq!(kpis.overpayments.minor(), 2_500);
    assert_eq!(kpis.down_payments.minor(), 400_000);
    // 1,500 less both credit notes: the down payment is no sale.
    assert_eq!(kpis.credit_sales.minor(), 137_000);
    // The one payment of an invoice came a day late.
    near(kpis.weighted_days_late, 1.0);
}

#[test]
fn the_forward_looking_factor_scales_the_provision_and_nothing_else() {
    let (history, _folder) = Ledger::parse(
        "
        invoice I1 ACME issued 2026-01-01 due 2026-01-31 900.00 EUR
        payment I1 2026-01-31 810.00
        invoice I2 ACME issued 2026-09-01 due 2026-10-31 500.00 EUR
        ",
    )
    .history();
    let provision = |factor: &str| {
        let plan = KpiPlan {
            forward_looking: factor.parse().unwrap(),
            ..KpiPlan::default()
        };
        let mut series = kpi::series(&snapshot(&history, "2026-09-30"), &plan, None).unwrap();
        let kpis = series.remove(0).currencies.remove(0);
        (
            kpis.expected_credit_loss.unwrap().minor(),
            kpis.aging[0].loss_rate,
        )
    };
    let (plain, rate) = provision("1");
    // A tenth of the 500 not yet due, and all of the 90 that are 242 days past due.
    assert_eq!(plain, 5_000 + 9_000);
    near(rate, 0.1);
    assert_eq!(provision("1.1"), (15_400, rate));
    assert_eq!(provision("2,1,1,1,1"), (19_000, rate));
}
