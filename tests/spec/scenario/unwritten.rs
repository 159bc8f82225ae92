//! What a scenario does to billing that is not written yet.

use duecast::domain::date::add_days;
use duecast::forecast::{BillingStream, CashBook, CashItem, Layer, simulate};

use super::{applied, as_of, book, close, invoice, paid_on, plan, stream};

#[test]
fn new_terms_move_the_share_of_new_billing_that_has_the_old_ones_and_say_so() {
    // A quarter on 28 or 31 days, the rest on 60: the tolerance of invoices holds for both.
    let mixed = BillingStream {
        terms: vec![(28, 0.125), (31, 0.125), (60, 0.75)],
        ..stream()
    };
    let book = CashBook {
        streams: vec![mixed],
        ..book(Vec::new())
    };
    let shock = |days: i32| format!("[[shock]]\nkind = \"terms\"\nfrom_days = 30\nto_days = {days}\n");
    let changed = applied(&shock(45), &book);
    let [moving, staying] = changed.book.streams.as_slice() else {
        panic!("{:?}", changed.book.streams);
    };
    assert_eq!((&moving.name, &staying.name), (&stream().name, &stream().name));
    assert_eq!(moving.weeks[0].expected_minor, 25_000);
    assert_eq!(staying.weeks[0].expected_minor, 75_000);
    close(moving.lag.paid_by(44), 0.0);
    close(moving.lag.paid_by(45), 1.0);
    close(staying.lag.paid_by(30), 1.0);
    let touched = &changed.touched[0];
    assert_eq!(touched.money[0].new_billing.minor(), 25_000);
    assert!(
        touched.assumption.as_deref().unwrap().contains("last half year"),
        "{touched:?}"
    );
    let none = applied(&shock(45).replace("from_days = 30", "from_days = 14"), &book);
    assert_eq!(none.touched[0].streams, 0);
    assert_eq!(none.book.streams.len(), 1);
}

#[test]
fn the_two_parts_of_a_stream_have_the_luck_of_the_whole() {
    let mixed = BillingStream {
        terms: vec![(30, 0.25), (60, 0.75)],
        errors: vec![0.5, 1.5],
        lag: paid_on(&[(10, 0.25), (40, 0.75)]),
        ..stream()
    };
    let book = CashBook {
        streams: vec![mixed],
        ..book(Vec::new())
    };
    let still = applied(
        "[[shock]]\nkind = \"terms\"\nfrom_days = 30\nto_days = 30\n",
        &book,
    );
    assert_eq!(still.book.streams.len(), 2);
    let base = simulate(&book, &plan()).unwrap();
    let rows = base.difference(&simulate(&still.book, &plan()).unwrap()).unwrap();
    for row in rows {
        // Drawn apart, the two would differ from the whole by hundreds; each is rounded to the minor unit.
        assert!(
            row.p10.abs() <= 1 && row.p90.abs() <= 1 && row.expected.abs() <= 1,
            "{row:?}"
        );
    }
}

#[test]
fn an_offer_at_the_cut_off_passes_by_what_is_not_written_yet() {
    let recurring = CashItem {
        layer: Layer::Recurring,
        invoice_date: add_days(as_of(), 30),
        ..invoice("ACME", "R1")
    };
    let book = book(vec![recurring, invoice("ACME", "I1")]);
    let shock = "[[shock]]\nkind = \"discount\"\npercent = 2\nwithin_days = 10\nuptake = 1\n";
    let changed = applied(&format!("{shock}counted_from = \"cut_off\"\n"), &book);
    assert_eq!(changed.touched[0].items, 1);
    close(changed.book.items[0].distribution.paid_by(19), 0.0);
}
