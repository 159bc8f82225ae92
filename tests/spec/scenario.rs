//! What a scenario promises: each shock does what it says to a book worked by hand, and nothing else.

use std::borrow::Cow;
use std::sync::Arc;

use duecast::domain::date::{add_days, parse_iso};
use duecast::domain::{Currency, Date};
use duecast::forecast::scenario::{Applied, Context, Scenario, apply};
use duecast::forecast::{
    Band, BillingStream, BillingWeek, Bucket, CashBook, CashItem, ForecastPlan, Layer, Place, simulate,
};
use duecast::model::PaymentDistribution;

mod questions;
mod unwritten;

/// Single precision of a distribution.
const TOLERANCE: f64 = 1e-6;

fn as_of() -> Date {
    parse_iso("2026-09-30").unwrap()
}

/// Paid on these days with these probabilities, and otherwise never.
fn paid_on(days: &[(usize, f32)]) -> PaymentDistribution {
    let by = |day: usize| {
        days.iter()
            .filter(|(on, _)| *on <= day)
            .map(|(_, share)| share)
            .sum::<f32>()
    };
    PaymentDistribution::from_cdf((1..=91).map(by).collect()).unwrap()
}

/// An open invoice of 100.00 EUR on 30 days, written on the cut-off, in dispute with nothing.
fn invoice(customer: &'static str, invoice: &'static str) -> CashItem<'static> {
    CashItem {
        layer: Layer::OpenInvoices,
        customer_id: Cow::Borrowed(customer),
        invoice_id: Cow::Borrowed(invoice),
        is_line: false,
        place: Arc::new(Place {
            segment: Some("retail".to_owned()),
            country: Some("DE".to_owned()),
            ..Place::default()
        }),
        currency: Currency::EUR,
        invoice_date: as_of(),
        due_date: add_days(as_of(), 30),
        open_minor: 10_000,
        disputed_minor: 0,
        promised: None,
        distribution: Cow::Owned(paid_on(&[(20, 0.5), (40, 0.3)])),
    }
}

/// New billing of 1,000.00 EUR in the coming week, paid 30 days after issue.
fn stream() -> BillingStream {
    BillingStream {
        name: "retail".to_owned(),
        place: Arc::new(Place {
            segment: Some("retail".to_owned()),
            ..Place::default()
        }),
        currency: Currency::EUR,
        weeks: vec![BillingWeek {
            first_day: 1,
            last_day: 7,
            expected_minor: 100_000,
        }],
        errors: vec![1.0],
        lumps: 4,
        lag: paid_on(&[(30, 1.0)]),
        terms: vec![(30, 1.0)],
    }
}

fn book(items: Vec<CashItem<'static>>) -> CashBook<'static> {
    CashBook {
        as_of: as_of(),
        items,
        streams: vec![stream()],
    }
}

fn scenario(shocks: &str) -> Scenario {
    let head = "name = \"test\"\ndescription = \"a test\"\n";
    Scenario::from_toml("test", &format!("{head}{shocks}")).unwrap()
}

fn applied<'a>(shocks: &str, book: &CashBook<'a>) -> Applied<'a> {
    apply(&scenario(shocks), book, &Context::default()).unwrap()
}

fn plan() -> ForecastPlan {
    ForecastPlan {
        bucket: Bucket::Month,
        draws: 400,
        seed: 11,
        band: Band::independent(),
        ..ForecastPlan::default()
    }
}

fn close(left: f64, right: f64) {
    assert!((left - right).abs() < TOLERANCE, "{left} is not {right}");
}

#[test]
fn a_scenario_without_shocks_differs_by_zero_in_every_draw() {
    let book = book(vec![invoice("ACME", "I1"), invoice("BOLT", "I2")]);
    let base = simulate(&book, &plan()).unwrap();
    let changed = simulate(&applied("", &book).book, &plan()).unwrap();
    let rows = base.difference(&changed).unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        assert_eq!(row.base_expected, row.other_expected);
        // The same book with the same luck: both ends of the band are zero, not the mean alone.
        assert_eq!((row.expected, row.p10, row.p50, row.p90), (0, 0, 0, 0));
        assert_eq!((row.cumulative_p10, row.cumulative_p90), (0, 0));
    }
}

#[test]
fn a_delay_moves_every_day_of_what_it_chooses_and_of_new_billing() {
    let book = book(vec![invoice("ACME", "I1"), invoice("BOLT", "I2")]);
    let all = applied("[[shock]]\nkind = \"delay\"\ndays = 10\n", &book);
    for item in &all.book.items {
        close(item.distribution.paid_by(29), 0.0);
        close(item.distribution.paid_by(30), 0.5);
        close(item.distribution.paid_by(50), 0.8);
    }
    close(all.book.streams[0].lag.paid_by(39), 0.0);
    close(all.book.streams[0].lag.paid_by(40), 1.0);
    let one = applied(
        "[[shock]]\nkind = \"delay\"\ndays = -15\nselect = { customers = [\"BOLT\"] }\n",
        &book,
    );
    close(one.book.items[0].distribution.paid_by(19), 0.0);
    close(one.book.items[1].distribution.paid_by(5), 0.5);
    close(one.book.streams[0].lag.paid_by(29), 0.0);
    assert_eq!((one.touched[0].items, one.touched[0].streams), (1, 0));
}

#[test]
fn a_default_takes_its_share_of_the_cash_and_of_nothing_else() {
    let book = book(vec![invoice("ACME", "I1")]);
    let changed = applied("[[shock]]\nkind = \"default\"\nprobability = 0.25\n", &book);
    close(changed.book.items[0].distribution.paid_by(91), 0.6);
    close(changed.book.items[0].distribution.never(), 0.4);
    assert_eq!(changed.book.items[0].open_minor, 10_000);
    assert!(
        changed.remarks[0].contains("invoice by invoice"),
        "{:?}",
        changed.remarks
    );
    let sure = applied("[[shock]]\nkind = \"default\"\nprobability = 1\n", &book);
    assert!(sure.remarks.is_empty(), "{:?}", sure.remarks);
}

#[test]
fn a_slow_tail_begins_after_its_days_past_due() {
    let book = book(vec![invoice("ACME", "I1")]);
    // Due on day 30: from day 35 on. The hazard of day 40 is 0.3 of 0.5, three in five.
    let shock = "[[shock]]\nkind = \"slow_tail\"\nafter_days_past_due = 5\nhazard_factor = 0.5\n";
    let changed = applied(shock, &book);
    close(changed.book.items[0].distribution.paid_by(39), 0.5);
    close(changed.book.items[0].distribution.paid_by(40), 0.65);
}

#[test]
fn new_terms_move_due_date_and_payment_of_what_is_not_due_and_on_the_old_terms() {
    let overdue = CashItem {
        invoice_date: add_days(as_of(), -40),
        due_date: add_days(as_of(), -10),
        ..invoice("ACME", "I2")
    };
    let on_sixty = CashItem {
        due_date: add_days(as_of(), 60),
        ..invoice("ACME", "I3")
    };
    let book = book(vec![invoice("ACME", "I1"), overdue.clone(), on_sixty.clone()]);
    let changed = applied(
        "[[shock]]\nkind = \"terms\"\nfrom_days = 30\nto_days = 45\n",
        &book,
    );
    assert_eq!(changed.book.items[0].due_date, add_days(as_of(), 45));
    close(changed.book.items[0].distribution.paid_by(34), 0.0);
    close(changed.book.items[0].distribution.paid_by(35), 0.5);
    assert_eq!(changed.book.items[1].due_date, overdue.due_date);
    assert_eq!(changed.book.items[1].distribution, overdue.distribution);
    assert_eq!(changed.book.items[2].due_date, on_sixty.due_date);
    close(changed.book.streams[0].lag.paid_by(45), 1.0);
    assert_eq!((changed.touched[0].items, changed.touched[0].streams), (1, 1));
}

#[test]
fn a_discount_draws_its_share_of_later_cash_and_costs_what_was_paid_in_time_anyway() {
    let item = CashItem {
        distribution: Cow::Owned(paid_on(&[(5, 0.3), (40, 0.6)])),
        ..invoice("ACME", "I1")
    };
    let book = CashBook {
        streams: Vec::new(),
        ..book(vec![item])
    };
    let changed = applied(
        "[[shock]]\nkind = \"discount\"\npercent = 2\nwithin_days = 10\nuptake = 0.5\n",
        &book,
    );
    let [invoice, discount] = changed.book.items.as_slice() else {
        panic!("{:?}", changed.book.items);
    };
    // By day 10: 0.3 anyway, and half of the 0.6 that would come later.
    close(invoice.distribution.paid_by(9), 0.3);
    close(invoice.distribution.paid_by(10), 0.6);
    close(invoice.distribution.paid_by(91), 0.9);
    assert_eq!((invoice.open_minor, discount.open_minor), (10_000, -200));
    close(discount.distribution.paid_by(10), 0.6);
    close(discount.distribution.paid_by(300), 0.6);
    let money = changed.touched[0].money[0];
    assert_eq!((money.discount.minor(), money.discount_anyway.minor()), (120, 60));
    let base = simulate(&book, &plan()).unwrap();
    let rows = base
        .difference(&simulate(&changed.book, &plan()).unwrap())
        .unwrap();
    let last = rows.last().unwrap();
    assert!((last.cumulative_expected + 120).abs() <= 1, "{last:?}");
}

#[test]
fn a_discount_is_granted_in_the_draws_in_which_its_invoice_is_paid_in_time_and_in_no_other() {
    let item = CashItem {
        distribution: Cow::Owned(paid_on(&[(5, 0.5)])),
        ..invoice("ACME", "I1")
    };
    let book = CashBook {
        streams: Vec::new(),
        ..book(vec![item])
    };
    let changed = applied(
        "[[shock]]\nkind = \"discount\"\npercent = 2\nwithin_days = 10\nuptake = 0\n",
        &book,
    );
    for band in [Band::independent(), Band::default()] {
        let plan = ForecastPlan { band, ..plan() };
        let simulated = simulate(&changed.book, &plan).unwrap();
        let total = &simulated.forecast().currencies[0];
        // Drawn apart, a quarter of the draws would lose 2.00 and a quarter keep the whole 100.00.
        let last = total.buckets.last().unwrap();
        assert_eq!((last.cumulative_total_p10, last.cumulative_total_p90), (0, 9_800));
        let expected: i64 = total.buckets.iter().map(|bucket| bucket.expected).sum();
        assert_eq!(
            expected + total.beyond_horizon + total.expected_loss,
            total.open_balance
        );
    }
}

#[test]
fn an_invoice_older_than_the_discount_is_not_offered_it_unless_it_counts_from_the_cut_off() {
    let old = CashItem {
        invoice_date: add_days(as_of(), -10),
        ..invoice("ACME", "I1")
    };
    let book = book(vec![old]);
    let shock = "[[shock]]\nkind = \"discount\"\npercent = 2\nwithin_days = 10\nuptake = 1\n";
    assert_eq!(applied(shock, &book).touched[0].items, 0);
    let offer = format!("{shock}counted_from = \"cut_off\"\n");
    let changed = applied(&offer, &book);
    assert_eq!((changed.touched[0].items, changed.touched[0].streams), (1, 0));
    close(changed.book.items[0].distribution.paid_by(10), 0.8);
}

#[test]
fn an_action_moves_the_odds_of_the_open_invoices_that_it_chooses() {
    let overdue = CashItem {
        due_date: add_days(as_of(), -40),
        ..invoice("ACME", "I1")
    };
    let recurring = CashItem {
        layer: Layer::Recurring,
        ..invoice("ACME", "R1")
    };
    let book = book(vec![overdue, invoice("ACME", "I2"), recurring]);
    let changed = applied(
        "[[shock]]\nkind = \"collect\"\naction = \"call\"\nlogit_shift = 1.0986122886681098\n\
         select = { min_amount = 100, min_days_past_due = 30 }\n",
        &book,
    );
    // Odds of one to one become three to one.
    close(changed.book.items[0].distribution.paid_by(20), 0.75);
    close(changed.book.items[1].distribution.paid_by(20), 0.5);
    close(changed.book.items[2].distribution.paid_by(20), 0.5);
    let all = applied(
        "[[shock]]\nkind = \"collect\"\naction = \"call\"\nlogit_shift = 1\n",
        &book,
    );
    assert_eq!((all.touched[0].items, all.touched[0].streams), (2, 0));
}

#[test]
fn a_lost_dispute_is_credited_and_a_won_one_is_paid_on_its_day() {
    let disputed = CashItem {
        disputed_minor: 4_000,
        promised: Some((add_days(as_of(), 5), 10_000)),
        ..invoice("ACME", "I1")
    };
    let book = book(vec![disputed, invoice("BOLT", "I2")]);
    let lost = applied("[[shock]]\nkind = \"dispute\"\noutcome = \"lost\"\n", &book);
    assert_eq!(lost.book.items.len(), 2);
    assert_eq!(
        (lost.book.items[0].open_minor, lost.book.items[0].disputed_minor),
        (6_000, 0)
    );
    assert_eq!(lost.book.items[0].promised, Some((add_days(as_of(), 5), 6_000)));
    assert_eq!(lost.touched[0].items, 1);
    let won = applied(
        "[[shock]]\nkind = \"dispute\"\noutcome = \"won\"\npaid_in_days = 15\n",
        &book,
    );
    let [rest, owed, other] = won.book.items.as_slice() else {
        panic!("{:?}", won.book.items);
    };
    assert_eq!(
        (rest.open_minor, owed.open_minor, other.open_minor),
        (6_000, 4_000, 10_000)
    );
    close(owed.distribution.paid_by(14), 0.0);
    close(owed.distribution.paid_by(15), 1.0);
    assert_eq!((rest.disputed_minor, owed.disputed_minor), (0, 0));
}

#[test]
fn a_haircut_credits_its_share_and_a_factor_scales_new_billing_alone() {
    let book = book(vec![invoice("ACME", "I1")]);
    let cut = applied("[[shock]]\nkind = \"haircut\"\npercent = 12.5\n", &book);
    assert_eq!(cut.book.items[0].open_minor, 8_750);
    assert_eq!(cut.book.streams[0].weeks[0].expected_minor, 87_500);
    let less = applied("[[shock]]\nkind = \"billing\"\nfactor = 0.8\n", &book);
    assert_eq!(less.book.items[0].open_minor, 10_000);
    assert_eq!(less.book.streams[0].weeks[0].expected_minor, 80_000);
    assert_eq!((less.touched[0].items, less.touched[0].streams), (0, 1));
}

#[test]
fn a_credit_moves_in_time_and_no_other_shock_touches_it() {
    let credit = CashItem {
        open_minor: -2_500,
        ..invoice("ACME", "C1")
    };
    let book = book(vec![credit]);
    for shock in [
        "kind = \"default\"\nprobability = 1",
        "kind = \"haircut\"\npercent = 50",
    ] {
        let changed = applied(&format!("[[shock]]\n{shock}\n"), &book);
        assert_eq!(changed.touched[0].items, 0, "{shock}");
        assert_eq!(changed.book.items[0].open_minor, -2_500);
        close(changed.book.items[0].distribution.paid_by(20), 0.5);
    }
    let late = applied("[[shock]]\nkind = \"delay\"\ndays = 10\n", &book);
    close(late.book.items[0].distribution.paid_by(30), 0.5);
}

#[test]
fn shocks_act_in_the_order_written_and_choose_from_the_book_as_it_was() {
    let book = book(vec![invoice("ACME", "I1")]);
    let changed = applied(
        "[[shock]]\nkind = \"haircut\"\npercent = 50\n\
         [[shock]]\nkind = \"delay\"\ndays = 10\nselect = { min_amount = 100 }\n",
        &book,
    );
    assert_eq!(changed.book.items[0].open_minor, 5_000);
    close(changed.book.items[0].distribution.paid_by(29), 0.0);
    assert_eq!(changed.touched[1].money[0].amount.minor(), 10_000);
}
