//! Money: exact amounts, currencies and splits.

use duecast::domain::{Currency, Money, MoneyError, format_minor};
use proptest::prelude::*;

fn euro(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn minor_parts(total: i64, weights: &[u64]) -> Vec<i64> {
    let parts = euro(total).allocate(weights).unwrap();
    parts.into_iter().map(Money::minor).collect()
}

#[test]
fn a_currency_has_the_decimals_of_iso_4217() {
    for (code, exponent) in [
        ("EUR", 2),
        ("USD", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("ISK", 0),
        ("KWD", 3),
        ("BHD", 3),
        ("TND", 3),
        ("CLF", 4),
        ("XCG", 2),
        ("BGN", 2),
    ] {
        let currency = Currency::parse(code).unwrap();
        assert_eq!((currency.code(), currency.exponent()), (code, exponent));
    }
}

#[test]
fn a_code_outside_iso_4217_is_refused() {
    for code in ["", "EU", "EURO", "XXX", "XAU", "ABC", "€€", "é1"] {
        let error = Currency::parse(code).unwrap_err();
        assert!(matches!(error, MoneyError::CurrencyUnknown { .. }), "{code}");
    }
    assert_eq!(
        Currency::parse("ABC").unwrap_err().to_string(),
        "currency is unknown; allowed a three-letter code of ISO 4217 such as EUR; given \"ABC\""
    );
}

#[test]
fn an_amount_is_read_as_whole_minor_units() {
    let yen = Currency::parse("JPY").unwrap();
    let dinar = Currency::parse("KWD").unwrap();
    for (text, currency, minor) in [
        ("1234.5", Currency::EUR, 123_450),
        ("1234.50", Currency::EUR, 123_450),
        ("1.500", Currency::EUR, 150),
        ("-0.05", Currency::EUR, -5),
        ("+7", Currency::EUR, 700),
        (" .5 ", Currency::EUR, 50),
        ("-0", Currency::EUR, 0),
        ("1500", yen, 1_500),
        ("1500.00", yen, 1_500),
        ("1.234", dinar, 1_234),
        ("92233720368547758.07", Currency::EUR, i64::MAX),
        ("-92233720368547758.08", Currency::EUR, i64::MIN),
    ] {
        assert_eq!(Money::parse(text, currency).unwrap().minor(), minor, "{text}");
    }
}

#[test]
fn an_amount_that_is_no_plain_decimal_is_refused() {
    for text in [
        "", " ", "-", ".", "1,50", "1.234,56", "1 234", "1e3", "--1", "1.2.3", "NaN", "12-", "0x1", "١",
    ] {
        let error = Money::parse(text, Currency::EUR).unwrap_err();
        assert!(matches!(error, MoneyError::AmountInvalid { .. }), "{text}");
    }
}

#[test]
fn an_amount_finer_than_its_currency_is_refused() {
    assert_eq!(
        Money::parse("1.505", Currency::EUR).unwrap_err().to_string(),
        "amount has too many decimals; allowed 2 for EUR; given \"1.505\""
    );
    let yen = Currency::parse("JPY").unwrap();
    assert!(Money::parse("0.5", yen).is_err());
}

#[test]
fn an_amount_beyond_64_bits_is_refused() {
    for text in [
        "92233720368547758.08",
        "-92233720368547758.09",
        "99999999999999999999999",
    ] {
        let error = Money::parse(text, Currency::EUR).unwrap_err();
        assert!(matches!(error, MoneyError::TooLarge { .. }), "{text}");
    }
}

#[test]
fn amounts_print_with_all_decimals_of_their_currency() {
    assert_eq!(euro(123_450).to_string(), "1234.50 EUR");
    assert_eq!(euro(-5).to_string(), "-0.05 EUR");
    assert_eq!(euro(i64::MIN).to_decimal_string(), "-92233720368547758.08");
    assert_eq!(format_minor(0, 2), "0.00");
    assert_eq!(format_minor(1_500, 0), "1500");
    assert_eq!(format_minor(-1, 4), "-0.0001");
    assert_eq!(format!("[{:>10}]", euro(5)), "[  0.05 EUR]");
}

#[test]
fn amounts_of_different_currencies_do_not_add() {
    let error = euro(1).checked_add(Money::from_minor(1, Currency::USD));
    assert_eq!(
        error.unwrap_err().to_string(),
        "currencies differ; allowed two amounts in EUR; given one in USD"
    );
    assert!(euro(1).checked_sub(Money::from_minor(1, Currency::USD)).is_err());
}

#[test]
fn a_sum_that_does_not_fit_is_an_error() {
    let error = euro(i64::MAX).checked_add(euro(1)).unwrap_err();
    assert!(matches!(error, MoneyError::TooLarge { .. }));
    assert!(euro(i64::MIN).checked_sub(euro(1)).is_err());
    assert_eq!(euro(5).checked_sub(euro(7)).unwrap(), euro(-2));
}

#[test]
fn leftover_cents_go_to_the_largest_remainders() {
    assert_eq!(minor_parts(100, &[1, 1, 1]), [34, 33, 33]);
    assert_eq!(minor_parts(-100, &[1, 1, 1]), [-34, -33, -33]);
    assert_eq!(minor_parts(10, &[1, 2, 4]), [1, 3, 6]);
    assert_eq!(minor_parts(5, &[0, 1, 0]), [0, 5, 0]);
    assert_eq!(minor_parts(0, &[3, 4]), [0, 0]);
    assert_eq!(minor_parts(i64::MIN, &[u64::MAX]), [i64::MIN]);
}

#[test]
fn a_split_without_a_positive_weight_is_an_error() {
    for weights in [&[][..], &[0, 0][..]] {
        let error = euro(100).allocate(weights).unwrap_err();
        assert_eq!(error, MoneyError::WeightsEmpty { count: weights.len() });
    }
}

#[test]
fn an_expected_amount_rounds_to_the_nearest_cent_halves_away_from_zero() {
    assert_eq!(euro(101).expected(0.5), euro(51));
    assert_eq!(euro(-101).expected(0.5), euro(-51));
    assert_eq!(euro(100).expected(0.334), euro(33));
    assert_eq!(euro(i64::MAX).expected(1.0), euro(i64::MAX));
    assert_eq!(euro(100).expected(1.000_000_1), euro(100));
    assert_eq!(euro(100).expected(-0.000_000_1), euro(0));
}

#[test]
fn an_amount_is_text_in_json() {
    let json = r#"{"amount":"1234.50","currency":"EUR"}"#;
    assert_eq!(serde_json::to_string(&euro(123_450)).unwrap(), json);
    assert_eq!(serde_json::from_str::<Money>(json).unwrap(), euro(123_450));
    for refused in [
        r#"{"amount":1234.50,"currency":"EUR"}"#,
        r#"{"amount":"1234.505","currency":"EUR"}"#,
        r#"{"amount":"1234.50","currency":"EURO"}"#,
        r#"{"amount":"1234.50","currency":"EUR","unit":"cent"}"#,
    ] {
        assert!(serde_json::from_str::<Money>(refused).is_err(), "{refused}");
    }
}

/// Amounts of which three still add up without overflow.
fn modest() -> std::ops::Range<i64> {
    -1_000_000_000_000_000_000..1_000_000_000_000_000_000
}

proptest! {
    #[test]
    fn addition_is_associative_and_commutative(a in modest(), b in modest(), c in modest()) {
        let (a, b, c) = (euro(a), euro(b), euro(c));
        let left = a.checked_add(b).unwrap().checked_add(c).unwrap();
        let right = a.checked_add(b.checked_add(c).unwrap()).unwrap();
        prop_assert_eq!(left, right);
        prop_assert_eq!(a.checked_add(b).unwrap(), b.checked_add(a).unwrap());
        prop_assert_eq!(a.checked_add(b).unwrap().checked_sub(b).unwrap(), a);
    }

    #[test]
    fn a_split_conserves_the_total_and_is_fair_to_one_unit(
        total in any::<i64>(),
        weights in prop::collection::vec(0_u64..1_000_000, 1..20),
    ) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let parts = minor_parts(total, &weights);
        let sum: i128 = parts.iter().map(|part| i128::from(*part)).sum();
        prop_assert_eq!(sum, i128::from(total));
        let all: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        for (part, weight) in parts.iter().zip(&weights) {
            let error = i128::from(*part) * all - i128::from(total) * i128::from(*weight);
            prop_assert!(error.abs() < all);
        }
    }

    #[test]
    fn a_split_of_a_negative_amount_mirrors_the_positive_one(
        total in 0_i64..i64::MAX,
        weights in prop::collection::vec(1_u64..u64::MAX, 1..10),
    ) {
        let mirrored: Vec<i64> = minor_parts(-total, &weights).into_iter().map(|part| -part).collect();
        prop_assert_eq!(minor_parts(total, &weights), mirrored);
    }

    #[test]
    fn what_is_printed_reads_back(minor in any::<i64>(), index in any::<prop::sample::Index>()) {
        let currencies: Vec<Currency> = Currency::all().collect();
        let amount = Money::from_minor(minor, *index.get(&currencies));
        prop_assert_eq!(Money::parse(&amount.to_decimal_string(), amount.currency()).unwrap(), amount);
        prop_assert_eq!(amount.to_string().parse::<Money>().unwrap(), amount);
        let json = serde_json::to_string(&amount).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), amount);
    }
}
