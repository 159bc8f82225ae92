//! How a scenario asks: its selectors, its file, and what it refuses.

use std::sync::Arc;

use duecast::domain::Currency;
use duecast::forecast::scenario::{Context, Scenario, apply, shipped};
use duecast::forecast::{CashBook, CashItem, Layer, Place, simulate};

use super::{applied, book, invoice, plan, scenario};

/// A delay of one day with this selector.
fn delay_of(select: &str) -> String {
    format!("[[shock]]\nkind = \"delay\"\ndays = 1\nselect = {{ {select} }}\n")
}

/// The invoices that a selector chooses.
fn chosen(select: &str, book: &CashBook<'static>) -> Vec<String> {
    let changed = applied(&delay_of(select), book);
    let pairs = book.items.iter().zip(&changed.book.items);
    pairs
        .filter(|(before, after)| before.distribution != after.distribution)
        .map(|(before, _)| before.invoice_id.to_string())
        .collect()
}

fn mixed_book() -> CashBook<'static> {
    let owes = |customer, id, open_minor, currency: &str| CashItem {
        open_minor,
        currency: Currency::parse(currency).unwrap(),
        ..invoice(customer, id)
    };
    let french = CashItem {
        place: Arc::new(Place {
            country: Some("FR".to_owned()),
            entity: Some("E2".to_owned()),
            ..Place::default()
        }),
        ..owes("CRUX", "I4", 30_000, "EUR")
    };
    book(vec![
        owes("ACME", "I1", 10_000, "EUR"),
        owes("ACME", "I2", 25_000, "EUR"),
        owes("BOLT", "I3", 20_000, "EUR"),
        french,
        owes("NIPPON", "I5", 900, "JPY"),
        owes("OSAKA", "I6", 500, "JPY"),
    ])
}

#[test]
fn the_largest_debtors_are_ranked_by_customer_in_each_currency() {
    let book = mixed_book();
    assert_eq!(chosen("top_debtors = 1", &book), ["I1", "I2", "I5"]);
    assert_eq!(chosen("top_debtors = 2", &book), ["I1", "I2", "I4", "I5", "I6"]);
}

#[test]
fn an_amount_is_counted_in_whole_units_of_its_own_currency() {
    assert_eq!(
        chosen("min_amount = 200", &mixed_book()),
        ["I2", "I3", "I4", "I5", "I6"]
    );
}

#[test]
fn every_criterion_must_hold() {
    let book = mixed_book();
    assert_eq!(chosen("countries = [\"FR\"]", &book), ["I4"]);
    assert_eq!(chosen("entities = [\"E2\"]", &book), ["I4"]);
    assert_eq!(
        chosen("segments = [\"retail\"], customers = [\"ACME\", \"CRUX\"]", &book),
        ["I1", "I2"]
    );
    assert!(chosen("overdue_only = true", &book).is_empty());
}

#[test]
fn a_shock_reports_its_amounts_customers_and_money() {
    let changed = applied(&delay_of("customers = [\"ACME\", \"NIPPON\"]"), &mixed_book());
    let touched = &changed.touched[0];
    assert_eq!((touched.items, touched.customers), (3, 2));
    let money: Vec<String> = touched
        .money
        .iter()
        .map(|money| money.amount.to_string())
        .collect();
    assert_eq!(money, ["350.00 EUR", "900 JPY"]);
}

#[test]
fn what_is_not_written_yet_is_no_open_amount() {
    let recurring = CashItem {
        layer: Layer::Recurring,
        open_minor: 7_000,
        ..invoice("ACME", "R1")
    };
    let book = book(vec![invoice("ACME", "I1"), recurring]);
    let changed = applied("[[shock]]\nkind = \"delay\"\ndays = 1\n", &book);
    let money = changed.touched[0].money[0];
    assert_eq!(
        (
            money.amount.minor(),
            money.recurring.minor(),
            money.new_billing.minor()
        ),
        (10_000, 7_000, 100_000)
    );
}

#[test]
fn unknown_names_are_listed_and_refused_or_left_out_with_a_remark() {
    let book = mixed_book();
    let shock = delay_of("customers = [\"ACME\", \"ZORG\", \"AMEC\"]");
    let refusal = apply(&scenario(&shock), &book, &Context::default())
        .unwrap_err()
        .to_string();
    assert!(
        refusal.contains("shock 1 (delay)") && refusal.contains("AMEC, ZORG"),
        "{refusal}"
    );
    let place = apply(
        &scenario(&delay_of("countries = [\"DE\", \"XX\"]")),
        &book,
        &Context::default(),
    )
    .unwrap_err()
    .to_string();
    assert!(
        place.contains("know: XX") && place.contains("allowed are DE, FR"),
        "{place}"
    );
    let tolerant = format!("missing = \"ignore\"\n{shock}");
    let changed = applied(&tolerant, &book);
    assert_eq!(changed.touched[0].items, 2);
    assert!(changed.remarks[0].contains("AMEC, ZORG"), "{:?}", changed.remarks);
}

#[test]
fn a_customer_of_the_ledger_without_open_invoices_may_be_named() {
    let context = Context {
        customers: ["ZORG".to_owned()].into(),
    };
    let changed = apply(
        &scenario(&delay_of("customers = [\"ZORG\"]")),
        &mixed_book(),
        &context,
    )
    .unwrap();
    assert_eq!(changed.touched[0].items, 0);
    assert!(
        changed.remarks[0].contains("touches nothing"),
        "{:?}",
        changed.remarks
    );
}

#[test]
fn toml_and_json_say_the_same() {
    let toml = "name = \"n\"\ndescription = \"d\"\n[[shock]]\nkind = \"delay\"\ndays = 3\n\
                [shock.select]\nsegments = [\"retail\"]\n";
    let json = r#"{"name": "n", "description": "d",
        "shock": [{"kind": "delay", "days": 3, "select": {"segments": ["retail"]}}]}"#;
    assert_eq!(
        Scenario::from_toml("n", toml).unwrap(),
        Scenario::from_json("n", json).unwrap()
    );
}

#[test]
fn a_wrong_file_is_told_what_is_wrong_where_and_what_is_allowed() {
    let head = "name = \"n\"\ndescription = \"d\"\n";
    for (shock, parts) in [
        ("kind = \"delay\"\ndayz = 3", vec!["line ", "dayz", "`days`"]),
        ("kind = \"delya\"\ndays = 3", vec!["line ", "delya", "slow_tail"]),
        (
            "kind = \"delay\"",
            vec!["shock 1 (delay)", "days is missing", "-365 to 365"],
        ),
        (
            "kind = \"delay\"\ndays = 366",
            vec!["days is out of range", "-365 to 365", "got 366"],
        ),
        (
            "kind = \"default\"\nprobability = nan",
            vec!["probability", "0 to 1", "got NaN"],
        ),
        (
            "kind = \"default\"\nprobability = 1\ndays = 2",
            vec!["days says nothing here", "probability"],
        ),
        (
            "kind = \"discount\"\npercent = 120\nwithin_days = 10\nuptake = 1",
            vec!["percent", "got 120"],
        ),
        (
            "kind = \"dispute\"\noutcome = \"lost\"\npaid_in_days = 3",
            vec!["paid_in_days says nothing"],
        ),
        (
            "kind = \"delay\"\ndays = 1\nselect = { customers = [] }",
            vec!["customers", "at least one"],
        ),
        (
            "kind = \"delay\"\ndays = 1\nselect = { top_debtors = 0 }",
            vec!["top_debtors", "got 0"],
        ),
        (
            "kind = \"delay\"\ndays = 1\nselect = { min_amount = -1 }",
            vec!["min_amount", "got -1"],
        ),
    ] {
        let error = Scenario::from_toml("mine.toml", &format!("{head}[[shock]]\n{shock}\n")).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("mine.toml"), "{text}");
        for part in parts {
            assert!(text.contains(part), "{shock}: {part} is not in {text}");
        }
    }
    for text in [
        "",
        "{\"name\": \"n\"",
        "{\"name\": \"n\", \"description\": \"d\", \"shocks\": []}",
    ] {
        let error = Scenario::from_json("mine.json", text).unwrap_err().to_string();
        assert!(error.contains("mine.json") && error.contains("line 1"), "{error}");
    }
}

#[test]
fn every_shipped_scenario_runs_on_a_book() {
    let book = mixed_book();
    let base = simulate(&book, &plan()).unwrap();
    for (name, text) in shipped() {
        let scenario = Scenario::from_toml(name, text).unwrap();
        let changed = apply(&scenario, &book, &Context::default()).unwrap();
        let rows = base
            .difference(&simulate(&changed.book, &plan()).unwrap())
            .unwrap();
        let in_first_month = rows[0].cumulative_expected;
        match *name {
            "base" => assert_eq!(in_first_month, 0),
            "best" | "discount_2_10" => assert!(in_first_month > 0, "{name}: {in_first_month}"),
            _ => assert!(in_first_month < 0, "{name}: {in_first_month}"),
        }
    }
}
