//! The built-in calendars, as data: who closes on which days.
//!
//! A national calendar of the euro area joins the closing days of TARGET, when no bank books, with the public
//! holidays of the whole country, when nobody approves a payment. Regional holidays and the bridge days of
//! single banks are left to overrides. Holidays are those in force today, with their years where they changed.

use chrono::Weekday::{Mon, Thu};

use super::rules::{Rule, easter, fixed, last, nth, once, up_to};

/// One built-in calendar.
#[derive(Debug)]
pub(super) struct Definition {
    /// The name users write in overrides and reports.
    pub(super) name: &'static str,
    /// The countries whose calendar it is, as ISO 3166 codes or in common use.
    pub(super) countries: &'static [&'static str],
    /// The groups of rules that apply, weekends aside.
    pub(super) rules: &'static [&'static [Rule]],
}

/// The name of the calendar without holidays.
pub(super) const WEEKENDS: &str = "WEEKENDS";
/// The name of the calendar of the euro's settlement system.
pub(super) const TARGET: &str = "TARGET";
/// The name of the calendar of the Federal Reserve banks.
pub(super) const FED: &str = "FED";
/// The name of the calendar of England and Wales.
pub(super) const GB: &str = "GB";
/// The name of the calendar of Canada.
pub(super) const CA: &str = "CA";

const fn definition(
    name: &'static str,
    countries: &'static [&'static str],
    rules: &'static [&'static [Rule]],
) -> Definition {
    Definition {
        name,
        countries,
        rules,
    }
}

/// Every built-in calendar, sorted by name.
pub(super) static DEFINITIONS: &[Definition] = &[
    definition("BE", &["BE"], &[TARGET_RULES, BE_RULES]),
    definition(CA, &["CA"], &[CA_RULES]),
    definition("DE", &["DE"], &[TARGET_RULES, DE_RULES]),
    definition("ES", &["ES"], &[TARGET_RULES, ES_RULES]),
    definition(FED, &["US"], &[FED_RULES]),
    definition("FR", &["FR"], &[TARGET_RULES, FR_RULES]),
    definition(GB, &["GB", "UK"], &[GB_RULES]),
    definition("IT", &["IT"], &[TARGET_RULES, IT_RULES]),
    definition("NL", &["NL"], &[TARGET_RULES, NL_RULES]),
    definition(TARGET, &[], &[TARGET_RULES]),
    definition(WEEKENDS, &[], &[]),
];

/// The European Central Bank's long-term calendar (2000): nothing is shifted when it falls on a weekend.
const TARGET_RULES: &[Rule] = &[
    fixed(1, 1),
    easter(-2),
    easter(1),
    fixed(5, 1),
    fixed(12, 25),
    fixed(12, 26),
    // The eves of the euro and of its notes and coins.
    once(1999, 12, 31),
    once(2001, 12, 31),
];

/// Federal Reserve banks: a holiday on Sunday closes Monday, one on Saturday closes nothing.
const FED_RULES: &[Rule] = &[
    fixed(1, 1).sunday_to_monday(),
    nth(3, Mon, 1).since(1986),
    nth(3, Mon, 2),
    last(Mon, 5),
    fixed(6, 19).since(2022).sunday_to_monday(),
    fixed(7, 4).sunday_to_monday(),
    nth(1, Mon, 9),
    nth(2, Mon, 10),
    fixed(11, 11).sunday_to_monday(),
    nth(4, Thu, 11),
    fixed(12, 25).sunday_to_monday(),
];

/// Netherlands: the King's Day moves from Sunday to Saturday, which is a weekend too.
const NL_RULES: &[Rule] = &[
    fixed(4, 30).until(2013),
    fixed(4, 27).since(2014),
    // Liberation Day is a day off once in five years.
    fixed(5, 5).every(5),
    easter(39),
    easter(50),
];

/// Germany: the holidays of all sixteen states.
const DE_RULES: &[Rule] = &[
    easter(39),
    easter(50),
    fixed(10, 3).since(1990),
    // Five hundred years of Reformation, a holiday in every state.
    once(2017, 10, 31),
];

/// France without Alsace-Moselle.
const FR_RULES: &[Rule] = &[
    fixed(5, 8).since(1982),
    easter(39),
    easter(50),
    fixed(7, 14),
    fixed(8, 15),
    fixed(11, 1),
    fixed(11, 11),
];

/// Belgium: the ten legal holidays.
const BE_RULES: &[Rule] = &[
    easter(39),
    easter(50),
    fixed(7, 21),
    fixed(8, 15),
    fixed(11, 1),
    fixed(11, 11),
];

/// Spain: the holidays of the whole state.
const ES_RULES: &[Rule] = &[
    fixed(1, 6),
    fixed(8, 15),
    fixed(10, 12),
    fixed(11, 1),
    fixed(12, 6),
    fixed(12, 8),
];

/// Italy.
const IT_RULES: &[Rule] = &[
    fixed(1, 6),
    fixed(4, 25),
    fixed(6, 2).since(2001),
    fixed(8, 15),
    // Saint Francis, by law 151 of 2025.
    fixed(10, 4).since(2026),
    fixed(11, 1),
    fixed(12, 8),
    // A hundred and fifty years of Italy.
    once(2011, 3, 17),
];

/// Bank holidays of England and Wales, with the days proclaimed for single years.
const GB_RULES: &[Rule] = &[
    fixed(1, 1).since(1974).next_free_weekday(),
    easter(-2),
    easter(1),
    nth(1, Mon, 5).since(1978).except(&[1995, 2020]),
    // Victory in Europe: the early May day moved to the anniversary.
    once(1995, 5, 8),
    once(2020, 5, 8),
    last(Mon, 5).except(&[1977, 2002, 2012, 2022]),
    // Jubilees: the spring day moved and an extra day was given.
    once(1977, 6, 6),
    once(1977, 6, 7),
    once(2002, 6, 3),
    once(2002, 6, 4),
    once(2012, 6, 4),
    once(2012, 6, 5),
    once(2022, 6, 2),
    once(2022, 6, 3),
    last(Mon, 8),
    fixed(12, 25).next_free_weekday(),
    fixed(12, 26).next_free_weekday(),
    // Royal weddings, the eve of the year 2000, a state funeral and a coronation.
    once(1973, 11, 14),
    once(1981, 7, 29),
    once(1999, 12, 31),
    once(2011, 4, 29),
    once(2022, 9, 19),
    once(2023, 5, 8),
];

/// Canada: the days on which payments are not cleared anywhere in the country.
const CA_RULES: &[Rule] = &[
    fixed(1, 1).next_free_weekday(),
    easter(-2),
    up_to(Mon, 5, 24),
    fixed(7, 1).next_free_weekday(),
    nth(1, Mon, 9),
    fixed(9, 30).since(2021).next_free_weekday(),
    nth(2, Mon, 10),
    fixed(11, 11).next_free_weekday(),
    fixed(12, 25).next_free_weekday(),
    fixed(12, 26).next_free_weekday(),
];
