//! What is left to chance is declared: shares, propensities and hold-out are what the policy says, and asked twice the
//! same.

use duecast::action::explore::{draw, is_held_out};
use duecast::action::policy::Exploration;
use duecast::domain::Date;

fn exploration(share: f64, propensity_min: f64, hold_out_share: f64) -> Exploration {
    Exploration {
        share,
        propensity_min,
        hold_out_share,
        seed: 7,
    }
}

fn day(day: u32) -> Date {
    Date::from_ymd_opt(2026, 3, day).unwrap()
}

/// Within four standard errors of a share of 20 000 draws.
fn is_near(count: u32, share: f64) -> bool {
    let draws: f64 = 20_000.0;
    let error = (share * (1.0 - share) / draws).sqrt();
    (f64::from(count) / draws - share).abs() <= 4.0 * error
}

#[test]
fn each_action_is_drawn_as_often_as_its_propensity_says() {
    let plan = exploration(1.0, 0.1, 0.0);
    let mut counts = [0_u32; 4];
    for number in 0..20_000 {
        let drawn = draw(&plan, &format!("K{number}"), day(2), 2, &[0, 1, 2, 3]).unwrap();
        assert_eq!(drawn.among, [2, 0, 1, 3]);
        assert!((drawn.shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(drawn.shares.iter().all(|share| *share >= 0.1 - 1e-9));
        counts[drawn.chosen] += 1;
    }
    for (action, share) in [0.1, 0.1, 0.7, 0.1].into_iter().enumerate() {
        assert!(is_near(counts[action], share), "{counts:?}");
    }
}

#[test]
fn the_declared_shares_of_decisions_and_customers_are_kept() {
    let plan = exploration(0.2, 0.05, 0.07);
    let (mut drawn, mut held_out) = (0_u32, 0_u32);
    for number in 0..20_000 {
        let id = format!("K{number}");
        drawn += u32::from(draw(&plan, &id, day(2), 0, &[0, 1]).is_some());
        held_out += u32::from(is_held_out(&plan, &id));
    }
    assert!(is_near(drawn, 0.2), "{drawn}");
    assert!(is_near(held_out, 0.07), "{held_out}");
    let none = exploration(0.0, 0.05, 0.0);
    assert!((0..1000).all(|number| !is_held_out(&none, &format!("K{number}"))));
    assert!((0..1000).all(|number| draw(&none, &format!("K{number}"), day(2), 0, &[0, 1]).is_none()));
}

#[test]
fn a_draw_is_the_same_when_asked_twice_and_another_on_another_day_or_seed() {
    let plan = exploration(0.5, 0.3, 0.0);
    let mut other_seed = plan.clone();
    other_seed.seed = 8;
    let of = |plan: &Exploration, on: u32| -> Vec<Option<usize>> {
        (0..200)
            .map(|number| draw(plan, &format!("K{number}"), day(on), 1, &[0, 1, 2]).map(|drawn| drawn.chosen))
            .collect()
    };
    assert_eq!(of(&plan, 2), of(&plan, 2));
    assert_ne!(of(&plan, 2), of(&plan, 3));
    assert_ne!(of(&plan, 2), of(&other_seed, 2));
}

#[test]
fn what_may_not_be_drawn_is_not() {
    let plan = exploration(1.0, 0.05, 0.0);
    // What is planned is not among those that may be drawn; there is nothing else; there is nothing at all.
    assert_eq!(draw(&plan, "K", day(2), 5, &[0, 1, 2]), None);
    assert_eq!(draw(&plan, "K", day(2), 0, &[0]), None);
    assert_eq!(draw(&plan, "K", day(2), 0, &[]), None);
    for propensity in [0.0, -0.1, 0.6, f64::NAN] {
        assert_eq!(
            draw(&exploration(1.0, propensity, 0.0), "K", day(2), 0, &[0, 1]),
            None
        );
    }
}

#[test]
fn no_propensity_falls_below_the_least_however_many_actions_there_are() {
    let admissible: Vec<usize> = (0..30).collect();
    for (least, most) in [(0.05, 20), (0.1, 10), (0.3, 3), (0.5, 2)] {
        let drawn = draw(&exploration(1.0, least, 0.0), "K", day(2), 4, &admissible).unwrap();
        assert_eq!(drawn.among.len(), most);
        assert_eq!(drawn.among[0], 4);
        assert!(
            drawn.shares.iter().all(|share| *share >= least - 1e-6),
            "{:?}",
            drawn.shares
        );
        assert!((drawn.shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
