//! Actions of collections: what is logged of them, and the truth of what each of them would have led to.

use std::collections::BTreeMap;

use duecast::history::History;
use duecast::history::schema::Table;
use duecast::simulate::{
    self, ActionEffect, DecisionTruth, Error, Lateness, Later, SEGMENTS, SimulationPlan, StagePolicy,
    Treatment,
};
use sha2::{Digest, Sha256};

use super::{date, small_plan, texts, written};

const WINDOW_DAYS: u32 = 14;

fn collections() -> SimulationPlan {
    SimulationPlan::collections(500, 3)
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

/// What the simulator wrote before it knew more than two actions.
#[test]
fn a_plan_that_asks_for_no_more_than_reminders_and_calls_keeps_its_bytes() {
    let files = written(&small_plan());
    let expected = [
        (
            "actions.csv",
            "a486383400c3c61f256a17c44cfc6d6710ee4da573021df605fa8550a39d833c",
        ),
        (
            "payments.csv",
            "e0e0fc5d74be820787f294e043e5d1727b1bb020f261326e424ebc8cbafcdd59",
        ),
        (
            "promises.csv",
            "9662f1c01c1635668e7370f975a1b29511182fb92974b2ef8346f3dafe5c0a71",
        ),
        (
            "truth/distribution.csv",
            "e53c343d263690ffa3dbbb7c825f60de185d44c69b12b00d67268e2cfdfa5cb2",
        ),
        (
            "truth/effects.csv",
            "5c877202a5d4b8f62d72af446320b70270692ed7acc812aba924fa4625b684d6",
        ),
        (
            "truth/plan.json",
            "9b24c1fafe698dc65c5a0be801b5412a655c5cfb6e8fb7b6fb5776b4e96666e0",
        ),
    ];
    for (name, expected) in expected {
        assert_eq!(hash(&files[name]), expected, "{name}");
    }
}

#[test]
fn effects_that_say_the_same_for_every_segment_change_no_fact() {
    let mut effects = Vec::new();
    for segment in SEGMENTS {
        for lateness in Lateness::ALL {
            for (treatment, logit) in [(Treatment::Reminder, 0.35), (Treatment::Call, 0.7)] {
                effects.push(ActionEffect {
                    treatment,
                    segment,
                    lateness,
                    logit,
                });
            }
        }
    }
    let (with, without) = (
        written(&SimulationPlan {
            effects,
            ..small_plan()
        }),
        written(&small_plan()),
    );
    for name in ["actions.csv", "payments.csv", "truth/distribution.csv"] {
        assert!(with[name] == without[name], "{name} differs");
    }
    let table = String::from_utf8(with["truth/effects.csv"].clone()).unwrap();
    assert!(
        table.starts_with("action_type,level,days_past_due,propensity,logit_effect,effect_days,segment\n")
    );
    assert!(
        table.contains("\ncall,2,20,0.400000,0.700000,14,large\n"),
        "{table}"
    );
}

#[test]
fn waits_are_logged_with_their_propensity_and_no_channel_where_the_plan_asks_for_it() {
    let simulation = simulate::simulate(&collections()).unwrap();
    let actions = &simulation.frames[&Table::Actions];
    let types = texts(actions, "action_type");
    let propensities = actions.column("propensity").unwrap().f64().unwrap();
    let levels = actions.column("level").unwrap().i64().unwrap();
    let (channels, outcomes) = (texts(actions, "channel"), texts(actions, "outcome"));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (row, kind) in types.iter().enumerate() {
        *counts.entry(kind).or_default() += 1;
        let is_wait = kind == "wait";
        let expected = if is_wait { 0.4 } else { 0.15 };
        assert!((propensities.get(row).unwrap() - expected).abs() < 1e-9, "{kind}");
        assert_eq!(channels[row].is_empty(), is_wait, "{kind}");
        assert_eq!(outcomes[row].is_empty(), is_wait, "{kind}");
        assert_eq!(levels.get(row).is_none(), is_wait, "{kind}");
    }
    assert_eq!(
        counts.keys().copied().collect::<Vec<_>>(),
        ["call", "letter", "reminder", "sms", "wait"]
    );
    // Four standard errors of a share of 0.4 or 0.15 of some thousand decisions are below 0.03.
    let total = real(types.len());
    assert!(total > 3_000.0, "only {total} decisions");
    for (kind, count) in counts {
        let expected = if kind == "wait" { 0.4 } else { 0.15 };
        let share = real(count) / total;
        assert!((share - expected).abs() < 0.03, "{kind}: {share}");
    }
}

#[test]
fn a_ledger_with_logged_waits_opens_without_rejects() {
    let folder = tempfile::tempdir().unwrap();
    simulate::write(&collections(), folder.path(), &|_, _| {}).unwrap();
    let (_, report) = History::open(folder.path()).unwrap();
    assert!(report.rejects().is_empty(), "{report}");
}

#[test]
fn the_outlook_of_doing_nothing_is_the_true_distribution() {
    let cutoffs = vec![date("2025-09-30"), date("2026-06-30")];
    let plan = SimulationPlan {
        truth_cutoffs: cutoffs.clone(),
        ..collections()
    };
    let simulation = simulate::simulate(&plan).unwrap();
    let truth = simulate::action_outlook(&plan, &cutoffs, None, Later::AsLogged).unwrap();
    assert_eq!(truth.invoices.len(), simulation.distribution.len());
    for (outlook, distribution) in truth.invoices.iter().zip(&simulation.distribution) {
        assert_eq!(outlook.invoice_id, distribution.invoice_id);
        assert_eq!(outlook.as_of, distribution.as_of);
        assert_eq!(outlook.paid_by(Treatment::Wait), distribution.paid_by);
        assert!(outlook.open_minor > 0);
    }
    let overdue = simulate::action_outlook(&plan, &cutoffs, Some(1), Later::AsLogged).unwrap();
    let late = truth.invoices.iter().filter(|outlook| outlook.days_past_due >= 1);
    assert!(overdue.invoices.iter().eq(late));
}

#[test]
fn an_action_helps_or_harms_as_its_effect_says() {
    let entry = |treatment, logit| {
        SEGMENTS.map(|segment| {
            Lateness::ALL.map(|lateness| ActionEffect {
                treatment,
                segment,
                lateness,
                logit,
            })
        })
    };
    let effects = [
        entry(Treatment::Reminder, 0.0),
        entry(Treatment::Sms, -1.0),
        entry(Treatment::Letter, 1.0),
    ];
    let plan = SimulationPlan {
        effects: effects.into_iter().flatten().flatten().collect(),
        // A part that comes early can hold back the rest.
        partial_share: 0.0,
        ..collections()
    };
    let cutoff = date("2026-01-15");
    let truth = simulate::action_outlook(&plan, &[cutoff], None, Later::AsLogged).unwrap();
    let (mut moved, mut left_alone) = (0, 0);
    for outlook in &truth.invoices {
        // Before the first stage nothing works that an action could take the place of.
        if outlook.days_past_due > 4 {
            continue;
        }
        let by = |treatment| outlook.paid_by(treatment)[4];
        let wait = by(Treatment::Wait);
        assert!((by(Treatment::Reminder) - wait).abs() < 1e-12, "{outlook:?}");
        let (letter, sms) = (by(Treatment::Letter), by(Treatment::Sms));
        assert!(letter > wait - 1e-12 && sms < wait + 1e-12, "{outlook:?}");
        if letter > wait + 1e-9 {
            moved += 1;
        } else {
            left_alone += 1;
        }
    }
    // Most cannot be paid within five days yet: they are not due, or no run is near.
    assert!(moved >= 20 && left_alone >= 20, "{moved} moved, {left_alone} not");
}

#[test]
fn an_invoice_in_dispute_is_left_alone_by_every_action() {
    let simulation = simulate::simulate(&collections()).unwrap();
    let disputes = &simulation.frames[&Table::Disputes];
    let cutoff = date("2026-03-31");
    let opened = super::days(disputes, "opened_on");
    let resolved = super::days(disputes, "resolved_on");
    let disputed: Vec<String> = texts(disputes, "invoice_id")
        .into_iter()
        .zip(opened.into_iter().zip(resolved))
        .filter(|(_, (opened, resolved))| {
            opened.unwrap() <= cutoff && resolved.is_none_or(|resolved| resolved > cutoff)
        })
        .map(|(invoice, _)| invoice)
        .collect();
    assert!(!disputed.is_empty());
    let truth = simulate::action_outlook(&collections(), &[cutoff], None, Later::AsLogged).unwrap();
    let mut seen = 0;
    for outlook in truth
        .invoices
        .iter()
        .filter(|outlook| disputed.contains(&outlook.invoice_id))
    {
        for treatment in Treatment::ALL {
            assert_eq!(outlook.paid_by(treatment), outlook.paid_by(Treatment::Wait));
        }
        seen += 1;
    }
    assert!(seen > 0);
}

/// Share that was paid, share that should have been, and how many, of some decisions.
fn shares(decisions: &[&DecisionTruth]) -> (f64, f64, f64) {
    let count = real(decisions.len());
    let paid = real(decisions.iter().filter(|decision| decision.is_paid).count());
    let expected: f64 = decisions
        .iter()
        .map(|decision| decision.paid_within[decision.chosen.index()])
        .sum();
    (paid / count, expected / count, count)
}

#[test]
fn what_followed_decisions_is_drawn_from_the_truth_of_the_chosen_action() {
    let plan = SimulationPlan {
        // Shocks that all share do not average out in one ledger.
        market_shock_days: 0.0,
        ..SimulationPlan::collections(2_000, 5)
    };
    let decisions = simulate::decision_truth(&plan, WINDOW_DAYS).unwrap();
    assert!(decisions.len() > 10_000, "only {}", decisions.len());
    for treatment in Treatment::ALL {
        let chosen: Vec<&DecisionTruth> = decisions
            .iter()
            .filter(|decision| decision.chosen == treatment)
            .collect();
        let (paid, expected, count) = shares(&chosen);
        // Decisions of a customer share its shocks and its drift, so the usual standard error is taken twice.
        let tolerance = 4.0 * 2.0 * (expected * (1.0 - expected) / count).sqrt();
        assert!(
            (paid - expected).abs() < tolerance,
            "{}: {paid} paid, {expected} expected, tolerance {tolerance}",
            treatment.name()
        );
    }
    for decision in &decisions {
        let total: f64 = decision.propensities.iter().sum();
        assert!((total - 1.0).abs() < 1e-9);
        assert!(decision.propensities.iter().all(|share| *share >= 0.05));
    }
}

#[test]
fn true_differences_have_the_sign_of_the_effects() {
    let decisions = simulate::decision_truth(&collections(), WINDOW_DAYS).unwrap();
    let cells = simulate::true_differences(&decisions);
    let find = |treatment, segment, lateness| {
        cells
            .iter()
            .find(|cell| cell.treatment == treatment && cell.segment == segment && cell.lateness == lateness)
            .unwrap()
    };
    assert!(find(Treatment::Sms, "micro", Lateness::Early).difference > 0.03);
    assert!(find(Treatment::Sms, "large", Lateness::Early).difference < -0.02);
    assert!(
        find(Treatment::Reminder, "large", Lateness::Early)
            .difference
            .abs()
            < 1e-9
    );
    let large = find(Treatment::Sms, "large", Lateness::Early);
    let same = decisions.iter().filter(|decision| {
        decision.segment == "large" && Lateness::of(decision.days_past_due) == Lateness::Early
    });
    assert_eq!(large.decisions, same.count() as u64);
}

#[test]
fn a_collections_plan_outside_its_ranges_is_refused_by_name() {
    let effect = |treatment, segment, logit| {
        vec![ActionEffect {
            treatment,
            segment,
            lateness: Lateness::Early,
            logit,
        }]
    };
    let base = collections();
    let cases = [
        (
            "policy.reminder + policy.call + policy.sms + policy.letter",
            SimulationPlan {
                policy: [StagePolicy {
                    reminder: 0.3,
                    call: 0.3,
                    sms: 0.3,
                    letter: 0.3,
                }; 3],
                ..base.clone()
            },
        ),
        (
            "stage_days_past_due",
            SimulationPlan {
                stage_days_past_due: [5, 5, 40],
                ..base.clone()
            },
        ),
        (
            "effects.segment",
            SimulationPlan {
                effects: effect(Treatment::Call, "tiny", 0.1),
                ..base.clone()
            },
        ),
        (
            "effects.logit",
            SimulationPlan {
                effects: effect(Treatment::Call, "sme", f64::NAN),
                ..base.clone()
            },
        ),
        (
            "effects.treatment",
            SimulationPlan {
                effects: effect(Treatment::Wait, "sme", 0.1),
                ..base.clone()
            },
        ),
    ];
    for (expected, plan) in cases {
        match plan.check() {
            Err(Error::Plan { name, .. }) => assert_eq!(name, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
    assert!(base.check().is_ok());
}
