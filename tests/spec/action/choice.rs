//! What is chosen keeps to minutes, skills, languages and customers of collectors, and says how far from the best it
//! can be.

use std::collections::{BTreeMap, BTreeSet};

use duecast::action::choice::{Chosen, CustomerOffers, Method, Offer, choose};
use duecast::action::collector::Collector;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const LANGUAGES: [&str; 4] = ["nl", "de", "fr", "en"];

fn collector(id: &str, minutes: u32, skills: &[&str], languages: &[&str]) -> Collector {
    let set = |names: &[&str]| -> BTreeSet<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    Collector {
        collector_id: id.to_owned(),
        minutes,
        skills: set(skills),
        languages: set(languages),
        only_own_customers: false,
    }
}

fn offer(candidate: usize, gain: f64, minutes: u32) -> Offer {
    Offer {
        candidate,
        gain,
        minutes,
        skill: None,
    }
}

/// A customer who can be left alone, sent something worth `automatic`, or called for `call` in `minutes`.
fn customer(id: &str, automatic: f64, call: f64, minutes: u32) -> CustomerOffers<'_> {
    CustomerOffers {
        customer_id: id,
        language: None,
        collector: None,
        offers: vec![offer(0, 0.0, 0), offer(1, automatic, 0), offer(2, call, minutes)],
    }
}

/// Fails unless every pick is allowed, and the sums are what is said.
fn assert_feasible(customers: &[CustomerOffers<'_>], collectors: &[Collector], chosen: &Chosen) {
    let mut used: BTreeMap<usize, u32> = BTreeMap::new();
    let mut value: f64 = 0.0;
    assert_eq!(chosen.picks.len(), customers.len());
    for (customer, pick) in customers.iter().zip(&chosen.picks) {
        let offer = &customer.offers[pick.offer];
        assert!(offer.gain.is_finite(), "{}: {}", customer.customer_id, offer.gain);
        value += offer.gain;
        assert_eq!(
            pick.collector.is_some(),
            offer.minutes > 0,
            "{}",
            customer.customer_id
        );
        let Some(place) = pick.collector else { continue };
        let who = &collectors[place];
        *used.entry(place).or_default() += offer.minutes;
        let speaks = who.languages.is_empty()
            || customer
                .language
                .is_none_or(|language| who.languages.contains(language));
        let knows = offer
            .skill
            .as_ref()
            .is_none_or(|skill| who.skills.contains(skill));
        let serves = !who.only_own_customers || customer.collector == Some(who.collector_id.as_str());
        assert!(
            speaks && knows && serves,
            "{} by {}",
            customer.customer_id,
            who.collector_id
        );
    }
    for (place, used) in used {
        assert!(
            used <= collectors[place].minutes,
            "{}: {used}",
            collectors[place].collector_id
        );
    }
    let near = 1e-6 * value.abs().max(1.0);
    assert!(
        (value - chosen.value).abs() <= near,
        "{value} is not {}",
        chosen.value
    );
    assert!(
        chosen.value <= chosen.bound + near,
        "{} > {}",
        chosen.value,
        chosen.bound
    );
    assert!(chosen.value >= chosen.greedy_value - near);
    assert!(
        chosen
            .hour_prices
            .iter()
            .all(|price| price.is_finite() && *price >= 0.0)
    );
}

/// Collectors of five kinds, some with customers of their own, and customers of all sizes.
fn office(count: usize, seed: u64) -> (Vec<String>, Vec<Collector>, ChaCha8Rng) {
    let mut collectors = Vec::new();
    for place in 0..20 {
        let (skills, languages): (&[&str], &[&str]) = match place % 5 {
            0 => (&[], &["nl", "en"]),
            1 => (&["senior"], &["nl", "en"]),
            2 => (&[], &["de", "en"]),
            3 => (&["senior"], &["fr", "en"]),
            _ => (&[], &[]),
        };
        let minutes = [240, 420, 450, 0][place % 4];
        let mut one = collector(&format!("C{place}"), minutes, skills, languages);
        one.only_own_customers = place < 5;
        collectors.push(one);
    }
    let ids = (0..count).map(|number| format!("K{number}")).collect();
    (ids, collectors, ChaCha8Rng::seed_from_u64(seed))
}

fn customers<'a>(ids: &'a [String], own: &'a [String], random: &mut ChaCha8Rng) -> Vec<CustomerOffers<'a>> {
    ids.iter()
        .map(|id| {
            // Sizes over three powers of ten: a few customers are worth most of the work.
            let size = 10_f64.powf(random.random_range(2.0..5.0));
            let mut gain = |low: f64, high: f64| size * random.random_range(low..high);
            let mut offers = vec![offer(0, 0.0, 0)];
            for candidate in 1..4 {
                offers.push(offer(candidate, gain(-0.02, 0.1), 0));
            }
            for (candidate, minutes) in [(4, 12), (5, 15), (6, 8), (7, 25)] {
                let mut made = offer(candidate, gain(-0.02, 0.15) - f64::from(minutes), minutes);
                made.skill = (candidate == 7).then(|| "senior".to_owned());
                offers.push(made);
            }
            let language = random.random_range(0..5);
            CustomerOffers {
                customer_id: id,
                language: LANGUAGES.get(language).copied(),
                collector: own.get(random.random_range(0..40)).map(String::as_str),
                offers,
            }
        })
        .collect()
}

#[test]
fn an_office_is_planned_within_one_per_cent_of_the_bound_and_beats_the_greedy_plan() {
    let (ids, collectors, mut random) = office(3000, 11);
    let own: Vec<String> = collectors.iter().map(|one| one.collector_id.clone()).collect();
    let customers = customers(&ids, &own, &mut random);
    let chosen = choose(&customers, &collectors, Method::Prices).unwrap();
    assert_feasible(&customers, &collectors, &chosen);
    assert!(
        chosen.value >= 0.99 * chosen.bound,
        "{} of {}",
        chosen.value,
        chosen.bound
    );
    let greedy = choose(&customers, &collectors, Method::Greedy).unwrap();
    assert_feasible(&customers, &collectors, &greedy);
    assert!((greedy.value - chosen.greedy_value).abs() <= 1e-6 * greedy.value);
    // One price for all minutes proves less than one for each group.
    assert!(greedy.bound >= chosen.bound - 1e-6 * chosen.bound);
}

#[test]
fn the_number_of_threads_does_not_show() {
    let (ids, collectors, mut random) = office(5000, 12);
    let own: Vec<String> = collectors.iter().map(|one| one.collector_id.clone()).collect();
    let customers = customers(&ids, &own, &mut random);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let chosen = pool
            .install(|| choose(&customers, &collectors, Method::Prices))
            .unwrap();
        format!("{chosen:?}")
    };
    assert_eq!(with(1), with(4));
}

#[test]
fn a_price_is_what_one_more_hour_would_bring() {
    // Ten customers want a call of ten minutes worth 100; one hour is there. One more would bring six more calls.
    let ids: Vec<String> = (0..10).map(|number| format!("K{number}")).collect();
    let customers: Vec<CustomerOffers<'_>> = ids.iter().map(|id| customer(id, 0.0, 100.0, 10)).collect();
    let chosen = choose(&customers, &[collector("A", 60, &[], &[])], Method::Prices).unwrap();
    assert!((chosen.value - 600.0).abs() < 1e-9);
    assert!((chosen.bound - 600.0).abs() < 0.2, "{}", chosen.bound);
    assert!(
        (chosen.hour_prices[0] - 600.0).abs() < 1.0,
        "{:?}",
        chosen.hour_prices
    );
}

#[test]
fn minutes_that_are_not_short_cost_nothing_and_the_plan_is_the_best() {
    let ids: Vec<String> = (0..10).map(|number| format!("K{number}")).collect();
    let customers: Vec<CustomerOffers<'_>> = ids.iter().map(|id| customer(id, 30.0, 100.0, 10)).collect();
    let collectors = [collector("A", 60, &[], &[]), collector("B", 50, &["senior"], &[])];
    let chosen = choose(&customers, &collectors, Method::Prices).unwrap();
    assert_feasible(&customers, &collectors, &chosen);
    assert!((chosen.value - 1000.0).abs() < 1e-9);
    assert!((chosen.bound - 1000.0).abs() < 1e-6);
    assert!(chosen.hour_prices.iter().all(|price| price.abs() < 1e-9));
}

#[test]
fn without_collectors_or_minutes_what_needs_none_is_done_all_the_same() {
    let customers = [customer("K1", 30.0, 100.0, 10), customer("K2", -5.0, 80.0, 10)];
    let leave = [collector("A", 0, &[], &[])];
    let none: [Collector; 0] = [];
    for collectors in [&none[..], &leave[..]] {
        for method in [Method::Prices, Method::Greedy] {
            let chosen = choose(&customers, collectors, method).unwrap();
            assert_feasible(&customers, collectors, &chosen);
            let offers: Vec<usize> = chosen.picks.iter().map(|pick| pick.offer).collect();
            assert_eq!(offers, [1, 0]);
            assert!((chosen.bound - 30.0).abs() < 1e-9);
        }
    }
    // Of a collector on leave: the first hour would go to the call that brings most, eight for a minute.
    let chosen = choose(&customers, &leave, Method::Prices).unwrap();
    assert!(
        (chosen.hour_prices[0] - 480.0).abs() < 1e-6,
        "{:?}",
        chosen.hour_prices
    );
    let nobody = choose(&[], &leave, Method::Prices).unwrap();
    assert!(nobody.picks.is_empty() && nobody.value.abs() < 1e-12);
}

#[test]
fn what_takes_longer_than_anybodys_day_is_not_planned_and_does_not_lift_the_bound() {
    let customers = [customer("K1", 0.0, 100.0, 61)];
    let collectors = [collector("A", 60, &[], &[]), collector("B", 60, &[], &[])];
    let chosen = choose(&customers, &collectors, Method::Prices).unwrap();
    assert_eq!(chosen.picks[0].offer, 0);
    assert!(chosen.bound.abs() < 1e-9);
}

#[test]
fn a_skill_or_a_language_that_nobody_has_is_not_planned() {
    let mut skilled = customer("K1", 0.0, 100.0, 10);
    skilled.offers[2].skill = Some("lawyer".to_owned());
    let mut foreign = customer("K2", 0.0, 100.0, 10);
    foreign.language = Some("fi");
    let mut served = customer("K3", 0.0, 100.0, 10);
    served.language = Some("nl");
    let customers = [skilled, foreign, served];
    let collectors = [collector("A", 400, &["senior"], &["nl"])];
    let chosen = choose(&customers, &collectors, Method::Prices).unwrap();
    assert_feasible(&customers, &collectors, &chosen);
    let offers: Vec<usize> = chosen.picks.iter().map(|pick| pick.offer).collect();
    assert_eq!(offers, [0, 0, 2]);
}

#[test]
fn a_customer_is_called_by_its_own_collector_where_they_can() {
    let mut customers = [customer("K1", 0.0, 100.0, 10), customer("K2", 0.0, 100.0, 10)];
    customers[0].collector = Some("B");
    customers[1].collector = Some("C");
    let mut own = collector("B", 10, &[], &[]);
    own.only_own_customers = true;
    let collectors = [collector("A", 400, &[], &[]), own, collector("C", 400, &[], &[])];
    let chosen = choose(&customers, &collectors, Method::Prices).unwrap();
    let who: Vec<Option<usize>> = chosen.picks.iter().map(|pick| pick.collector).collect();
    assert_eq!(who, [Some(1), Some(2)]);
}

#[test]
fn others_make_room_where_only_one_collector_can() {
    // B speaks everything, A Dutch alone. K1 is B's own, and would be B's if K3 did not need B.
    let mut customers = [
        customer("K1", 0.0, 100.0, 10),
        customer("K2", 0.0, 90.0, 10),
        customer("K3", 0.0, 80.0, 10),
    ];
    customers[0].language = Some("nl");
    customers[1].language = Some("nl");
    customers[2].language = Some("de");
    customers[0].collector = Some("B");
    let collectors = [collector("A", 20, &[], &["nl"]), collector("B", 10, &[], &[])];
    let chosen = choose(&customers, &collectors, Method::Prices).unwrap();
    assert_feasible(&customers, &collectors, &chosen);
    assert!((chosen.value - 270.0).abs() < 1e-9, "{}", chosen.value);
    let who: Vec<Option<usize>> = chosen.picks.iter().map(|pick| pick.collector).collect();
    assert_eq!(who, [Some(0), Some(0), Some(1)]);
}

#[test]
fn a_gain_that_is_no_number_is_never_chosen() {
    for poison in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 1e300] {
        let mut customers = [customer("K1", 30.0, 100.0, 10), customer("K2", 20.0, poison, 10)];
        customers[0].offers[1].gain = poison;
        let collectors = [collector("A", 400, &[], &[])];
        for method in [Method::Prices, Method::Greedy] {
            let chosen = choose(&customers, &collectors, method).unwrap();
            assert_feasible(&customers, &collectors, &chosen);
            let offers: Vec<usize> = chosen.picks.iter().map(|pick| pick.offer).collect();
            assert_eq!(offers, [2, 1], "{poison}");
        }
    }
}
