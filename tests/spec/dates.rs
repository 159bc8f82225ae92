//! Dates: ISO weeks, month ends, ranges and business days.

use duecast::domain::calendar::{BusinessCalendar, CalendarError, easter_sunday};
use duecast::domain::date::{
    add_days, add_months, day_number, from_day_number, iso_week_label, monday_of, month_end, parse_iso,
};
use duecast::domain::{Currency, Date, DateRange};
use proptest::prelude::*;

fn day(text: &str) -> Date {
    parse_iso(text).unwrap()
}

/// The weekdays of a year on which a calendar is closed.
fn closed_weekdays(calendar: &BusinessCalendar, year: i32) -> Vec<String> {
    let first = day(&format!("{year:04}-01-01"));
    let weekends = BusinessCalendar::weekends_only();
    first
        .iter_days()
        .take_while(|date| *date < add_months(first, 12))
        .filter(|date| weekends.is_business_day(*date) && !calendar.is_business_day(*date))
        .map(|date| date.format("%m-%d").to_string())
        .collect()
}

fn country(code: &str) -> BusinessCalendar {
    BusinessCalendar::for_country(code).unwrap()
}

#[test]
fn the_year_2026_has_a_week_53() {
    for (date, label) in [
        ("2026-12-28", "2026-W53"),
        ("2027-01-03", "2026-W53"),
        ("2027-01-04", "2027-W01"),
        ("2020-12-31", "2020-W53"),
    ] {
        assert_eq!(iso_week_label(day(date)), label);
    }
    assert_eq!(monday_of(day("2026-12-28")), day("2026-12-28"));
    assert_eq!(monday_of(day("2027-01-03")), day("2026-12-28"));
    assert_eq!(monday_of(day("2020-12-31")), day("2020-12-28"));
}

#[test]
fn a_month_ends_on_its_last_day() {
    for (date, end) in [
        ("2026-01-15", "2026-01-31"),
        ("2026-02-01", "2026-02-28"),
        ("2028-02-29", "2028-02-29"),
        ("2026-04-30", "2026-04-30"),
        ("2026-12-31", "2026-12-31"),
    ] {
        assert_eq!(month_end(day(date)), day(end));
    }
    assert_eq!(add_months(day("2026-01-31"), 1), day("2026-02-28"));
}

#[test]
fn a_date_is_read_in_exactly_one_form() {
    assert_eq!(day_number(day("2026-01-01")), 20_454);
    for text in [
        "",
        "2026-2-9",
        "2026-02-30",
        "2026-13-01",
        "2026/01/01",
        "20260101",
        " 2026-01-01",
        "00000000",
        "0000-00-00",
        "2026-01-01T00:00:00",
        "+026-01-01",
    ] {
        assert!(parse_iso(text).is_err(), "{text}");
    }
    assert_eq!(
        parse_iso("2026-02-30").unwrap_err().to_string(),
        "date is invalid; allowed an existing day written YYYY-MM-DD; given \"2026-02-30\""
    );
}

#[test]
fn a_range_holds_its_start_and_not_its_end() {
    let january = DateRange::month(day("2026-01-15"));
    assert_eq!(
        (january.start(), january.end()),
        (day("2026-01-01"), day("2026-02-01"))
    );
    assert_eq!(january.len_days(), 31);
    assert!(january.contains(january.start()) && !january.contains(january.end()));
    assert_eq!(january.days().count(), 31);
    let empty = DateRange::try_new(day("2026-01-01"), day("2026-01-01")).unwrap();
    assert!(empty.is_empty() && empty.last_day().is_none() && empty.days().next().is_none());
    assert!(DateRange::try_new(day("2026-01-02"), day("2026-01-01")).is_err());
    assert_eq!(january.intersection(&DateRange::month(day("2026-02-01"))), None);
}

#[test]
fn dates_stop_at_the_ends_of_the_calendar() {
    assert_eq!(add_days(day("2026-01-01"), i64::MAX), Date::MAX);
    assert_eq!(add_days(day("2026-01-01"), i64::MIN), Date::MIN);
    assert_eq!(from_day_number(i32::MAX), Date::MAX);
    assert_eq!(from_day_number(i32::MIN), Date::MIN);
}

#[test]
fn easter_follows_the_gregorian_computus() {
    // The earliest and the latest date of the calendar, and the years around the forecasts.
    for (year, date) in [
        (1818, "1818-03-22"),
        (1943, "1943-04-25"),
        (2024, "2024-03-31"),
        (2025, "2025-04-20"),
        (2026, "2026-04-05"),
        (2027, "2027-03-28"),
        (2038, "2038-04-25"),
        (2285, "2285-03-22"),
    ] {
        assert_eq!(easter_sunday(year), day(date));
    }
}

#[test]
fn target_closes_on_its_six_days_and_shifts_none() {
    let target = BusinessCalendar::target();
    assert_eq!(
        closed_weekdays(&target, 2026),
        ["01-01", "04-03", "04-06", "05-01", "12-25"]
    );
    // 1 May, 25 and 26 December 2027 fall on a weekend.
    assert_eq!(closed_weekdays(&target, 2027), ["01-01", "03-26", "03-29"]);
}

#[test]
fn the_federal_reserve_moves_a_sunday_holiday_and_loses_a_saturday_one() {
    let fed = BusinessCalendar::fed();
    assert!(
        fed.is_business_day(day("2026-07-03")),
        "4 July 2026 is a Saturday"
    );
    assert_eq!(
        closed_weekdays(&fed, 2026),
        [
            "01-01", "01-19", "02-16", "05-25", "06-19", "09-07", "10-12", "11-11", "11-26", "12-25"
        ]
    );
    // Juneteenth and Christmas 2027 fall on a Saturday, 4 July on a Sunday.
    assert_eq!(
        closed_weekdays(&fed, 2027),
        [
            "01-01", "01-18", "02-15", "05-31", "07-05", "09-06", "10-11", "11-11", "11-25"
        ]
    );
}

#[test]
fn england_gives_substitute_days_and_knows_proclaimed_ones() {
    let england = country("GB");
    assert_eq!(
        closed_weekdays(&england, 2026),
        [
            "01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"
        ]
    );
    assert_eq!(
        closed_weekdays(&england, 2027),
        [
            "01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"
        ]
    );
    assert_eq!(
        closed_weekdays(&england, 2022),
        [
            "01-03", "04-15", "04-18", "05-02", "06-02", "06-03", "08-29", "09-19", "12-26", "12-27"
        ]
    );
    assert!(!england.is_business_day(day("2020-05-08")));
    assert!(england.is_business_day(day("2020-05-04")));
}

#[test]
fn canada_moves_weekend_holidays_to_the_next_free_weekday() {
    assert_eq!(
        closed_weekdays(&country("CA"), 2023),
        [
            "01-02", "04-07", "05-22", "07-03", "09-04", "10-02", "10-09", "11-13", "12-25", "12-26"
        ]
    );
    assert_eq!(
        closed_weekdays(&country("CA"), 2026),
        [
            "01-01", "04-03", "05-18", "07-01", "09-07", "09-30", "10-12", "11-11", "12-25", "12-28"
        ]
    );
}

#[test]
fn a_euro_country_closes_with_target_and_on_its_public_holidays() {
    let table: [(&str, &[&str]); 6] = [
        ("NL", &["04-27", "05-14", "05-25"]),
        ("DE", &["05-14", "05-25"]),
        ("FR", &["05-08", "05-14", "05-25", "07-14", "11-11"]),
        ("BE", &["05-14", "05-25", "07-21", "11-11"]),
        ("ES", &["01-06", "10-12", "12-08"]),
        ("IT", &["01-06", "06-02", "12-08"]),
    ];
    for (code, own) in table {
        let mut expected = closed_weekdays(&BusinessCalendar::target(), 2026);
        expected.extend(own.iter().map(ToString::to_string));
        expected.sort();
        assert_eq!(closed_weekdays(&country(code), 2026), expected, "{code}");
    }
    assert!(
        !country("NL").is_business_day(day("2025-05-05")),
        "once in five years"
    );
    assert!(!country("IT").is_business_day(day("2027-10-04")), "Saint Francis");
    assert!(!country("DE").is_business_day(day("2017-10-31")), "Reformation");
}

#[test]
fn a_currency_settles_by_the_calendar_of_its_system() {
    for (code, name) in [
        ("EUR", "TARGET"),
        ("USD", "FED"),
        ("GBP", "GB"),
        ("CAD", "CA"),
        ("SEK", "WEEKENDS"),
    ] {
        let currency = Currency::parse(code).unwrap();
        assert_eq!(BusinessCalendar::for_currency(currency).name(), name);
    }
    assert_eq!(country("US").name(), "FED");
    assert_eq!(country("uk").name(), "GB");
    assert!(BusinessCalendar::for_country("TARGET").is_none());
    assert!(BusinessCalendar::for_country("").is_none());
}

#[test]
fn a_closed_day_rolls_to_the_next_open_one() {
    let target = BusinessCalendar::target();
    assert_eq!(target.roll_forward(day("2026-04-03")), day("2026-04-07"));
    assert_eq!(target.roll_forward(day("2026-04-07")), day("2026-04-07"));
    assert_eq!(target.roll_back(day("2026-04-06")), day("2026-04-02"));
    assert_eq!(target.roll_forward(day("2026-12-25")), day("2026-12-28"));
    // Outside the known years only weekends close: 9999-12-31 is a Friday.
    assert_eq!(target.roll_forward(day("9999-12-31")), day("9999-12-31"));
    assert!(!target.is_business_day(day("1969-12-28")));
}

#[test]
fn users_close_and_open_single_days() {
    let text = "[target]\nclosed = ['2026-12-31']\nopen = [2026-05-01]\n[US]\nclosed = ['2026-07-03']\n";
    let overrides = BusinessCalendar::overrides_from_toml(text).unwrap();
    let target = BusinessCalendar::target().with_overrides(&overrides);
    assert_eq!(target.name(), "TARGET");
    assert!(!target.is_business_day(day("2026-12-31")));
    assert!(target.is_business_day(day("2026-05-01")));
    assert_eq!(
        target.business_days_between(day("2026-12-31"), day("2027-01-04")),
        0
    );
    let fed = BusinessCalendar::fed().with_overrides(&overrides);
    assert!(!fed.is_business_day(day("2026-07-03")));
    let dutch = country("NL").with_overrides(&overrides);
    assert!(
        dutch.is_business_day(day("2026-12-31")),
        "an override is of one calendar"
    );
}

#[test]
fn an_override_that_cannot_be_meant_is_refused_with_what_is_allowed() {
    let message = |text| {
        BusinessCalendar::overrides_from_toml(text)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message("[TARGT]\nclosed = []"),
        "calendar is unknown; allowed BE, CA, DE, ES, FED, FR, GB, IT, NL, TARGET, WEEKENDS; given \"TARGT\""
    );
    assert_eq!(
        message("[NL]\nshut = []"),
        "calendar override of [NL] is invalid; allowed closed = [dates] and open = [dates]; given shut"
    );
    assert_eq!(
        message("[NL]\nclosed = ['2026-02-30']"),
        "date in closed of [NL] is invalid; allowed YYYY-MM-DD from 1970-01-01 to 2099-12-31; given \"2026-02-30\""
    );
    assert!(message("[NL]\nclosed = ['2100-01-01']").contains("to 2099-12-31"));
    assert!(message("[NL]\nclosed = [20260101]").contains("given 20260101"));
    assert!(message("[NL]\nclosed = '2026-01-02'").contains("closed = "));
    assert!(message("NL = 1").contains("given 1"));
    assert_eq!(
        message("[NL]\nclosed = ['2026-01-02']\nopen = ['2026-01-02']"),
        "date of [NL] is contradictory; allowed closed or open; given both for 2026-01-02"
    );
    let broken = BusinessCalendar::overrides_from_toml("[NL").unwrap_err();
    assert!(matches!(broken, CalendarError::TomlInvalid { .. }));
    assert!(std::error::Error::source(&broken).is_some());
}

proptest! {
    #[test]
    fn what_a_date_prints_reads_back(number in -25_000_i32..200_000) {
        let date = from_day_number(number);
        prop_assert_eq!(day_number(date), number);
        prop_assert_eq!(parse_iso(&date.to_string()).unwrap(), date);
    }

    #[test]
    fn counting_business_days_agrees_with_asking_each_day(
        first in -2_000_i32..50_000,
        days in 0_usize..400,
        index in any::<prop::sample::Index>(),
    ) {
        let names: Vec<&str> = BusinessCalendar::names().collect();
        let name = *index.get(&names);
        let calendar = match name {
            "TARGET" => BusinessCalendar::target(),
            "FED" => BusinessCalendar::fed(),
            "WEEKENDS" => BusinessCalendar::weekends_only(),
            code => country(code),
        };
        prop_assert_eq!(calendar.name(), name);
        let start = from_day_number(first);
        let end = add_days(start, i64::try_from(days).unwrap());
        let window = calendar.window(start, days);
        let asked: Vec<bool> = start.iter_days().take(days).map(|date| calendar.is_business_day(date)).collect();
        prop_assert_eq!(&window, &asked);
        let open = i64::try_from(window.iter().filter(|is_open| **is_open).count()).unwrap();
        prop_assert_eq!(calendar.business_days_between(start, end), open);
        prop_assert_eq!(calendar.business_days_between(end, start), -open);
    }

    #[test]
    fn rolling_reaches_the_nearest_open_day(number in -2_000_i32..50_000) {
        let calendar = country("GB");
        let date = from_day_number(number);
        let (back, forward) = (calendar.roll_back(date), calendar.roll_forward(date));
        prop_assert!(back <= date && date <= forward);
        prop_assert!(calendar.is_business_day(back) && calendar.is_business_day(forward));
        prop_assert_eq!(calendar.business_days_between(date, forward), 0);
    }
}
