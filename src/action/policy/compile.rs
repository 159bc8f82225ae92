//! From a policy as written to a policy: names become nouns, text becomes amounts, gaps take their defaults.

use crate::action::kind::{ActionId, ActionKind, Autonomy, Channel};
use crate::domain::Currency;

use super::raw::{
    RawAction, RawCaps, RawEffect, RawExclusions, RawExploration, RawPolicy, RawProcedure, RawValue, RawWhen,
};
use super::values::Findings;
use super::{
    ActionRule, Assumption, Caps, ContactCap, Exclusions, Exploration, Policy, Preconditions, Procedure,
    Step, ValueTerms, defaults, people,
};

/// Longest cooling-off: ten years.
const COOLING_OFF_DAYS_MAX: u32 = 3_650;
/// Effects are measured within the horizon of predictions.
const EFFECT_DAYS_MAX: u32 = 91;
/// No action multiplies the odds of a day by more, or divides them.
const ODDS_RATIO_MAX: f64 = 20.0;
/// Minutes of a day.
pub(super) const MINUTES_MAX: u32 = 1_440;

/// Reads everything, in the order written.
pub(super) fn policy(raw: &RawPolicy, version: String, findings: &mut Findings) -> Policy {
    if raw.name.trim().is_empty() {
        findings.add("name", "a name", &"nothing");
    }
    let currency = Currency::parse(&raw.currency).unwrap_or_else(|_| {
        let given = format!("{:?}", raw.currency);
        findings.add("currency", "a code of ISO 4217 such as \"EUR\"", &given);
        Currency::EUR
    });
    Policy {
        name: raw.name.trim().to_owned(),
        version,
        currency,
        actions: numbered("action", &raw.action, |path, action| {
            action_rule(path, action, currency, findings)
        }),
        procedures: numbered("procedure", &raw.procedure, |path, procedure| {
            procedure_of(path, procedure, findings)
        }),
        assignments: people::assignments(raw, currency, findings),
        caps: caps(&raw.caps, findings),
        exclusions: exclusions(&raw.exclusions, currency, findings),
        value: value(&raw.value, currency, findings),
        exploration: exploration(&raw.exploration, findings),
        collectors: numbered("collector", &raw.collector, |path, collector| {
            people::collector(path, collector, findings)
        }),
        unverified_law: findings.words("unverified_law", &raw.unverified_law),
        natural_person_scoring: raw.natural_person_scoring,
    }
}

/// Reads each part of a list under its path.
pub(super) fn numbered<R, T>(name: &str, raw: &[R], mut read: impl FnMut(&str, &R) -> T) -> Vec<T> {
    raw.iter()
        .enumerate()
        .map(|(index, part)| read(&format!("{name}[{index}]"), part))
        .collect()
}

fn action_rule(path: &str, raw: &RawAction, currency: Currency, findings: &mut Findings) -> ActionRule {
    let at = |field: &str| format!("{path}.{field}");
    findings.id(&at("id"), &raw.id);
    // A kind that is none goes on as a reminder, of which the least is asked.
    let kind = findings
        .named(&at("kind"), &raw.kind, &ActionKind::ALL, ActionKind::name)
        .unwrap_or(ActionKind::Reminder);
    let channel = raw.channel.as_deref().and_then(|given| {
        let all = [
            Channel::None,
            Channel::Email,
            Channel::Sms,
            Channel::Post,
            Channel::Phone,
            Channel::Internal,
        ];
        findings.named(&at("channel"), given, &all, Channel::name)
    });
    let autonomy = raw.autonomy.as_deref().and_then(|given| {
        let all = [Autonomy::Auto, Autonomy::Review, Autonomy::NamedHuman];
        findings.named(&at("autonomy"), given, &all, Autonomy::name)
    });
    let mut amount = |field: &str, given: &Option<String>| {
        findings
            .amount(&at(field), given.as_deref(), currency)
            .unwrap_or(0)
    };
    let cost_minor = amount("cost", &raw.cost);
    let goodwill_minor = amount("goodwill", &raw.goodwill);
    let no_effect = if kind == ActionKind::Wait {
        defaults::NO_EFFECT
    } else {
        defaults::EFFECT
    };
    let cooling_off = if kind == ActionKind::Wait { 1 } else { 7 };
    ActionRule {
        id: ActionId::new(&raw.id),
        name: raw.name.clone().unwrap_or_else(|| raw.id.clone()),
        kind,
        channel: channel.unwrap_or_else(|| defaults::channel(kind)),
        cost_minor,
        goodwill_minor,
        minutes: findings.whole(&at("minutes"), raw.minutes, (0, MINUTES_MAX), 0),
        skill: raw.skill.clone(),
        languages: findings.languages(&at("languages"), &raw.languages),
        level: findings.whole(&at("level"), raw.level, (0, 9), 0),
        template: raw.template.clone(),
        tone: raw.tone.clone(),
        autonomy: autonomy.unwrap_or_else(|| defaults::autonomy(kind)),
        cooling_off_days: findings.whole(
            &at("cooling_off_days"),
            raw.cooling_off_days,
            (0, COOLING_OFF_DAYS_MAX),
            cooling_off,
        ),
        is_once_per_invoice: raw.once_per_invoice,
        when: preconditions(&at("when"), &raw.when, currency, findings),
        effect: raw
            .effect
            .as_ref()
            .map_or(no_effect, |effect| assumption(&at("effect"), effect, findings)),
        discount_percent: findings.number(&at("discount_percent"), raw.discount_percent, (0.0, 100.0), 0.0),
    }
}

fn preconditions(path: &str, raw: &RawWhen, currency: Currency, findings: &mut Findings) -> Preconditions {
    let at = |field: &str| format!("{path}.{field}");
    Preconditions {
        days_past_due_min: findings.days(&at("days_past_due_min"), raw.days_past_due_min),
        days_past_due_max: findings.days(&at("days_past_due_max"), raw.days_past_due_max),
        days_to_due_min: findings.days(&at("days_to_due_min"), raw.days_to_due_min),
        days_to_due_max: findings.days(&at("days_to_due_max"), raw.days_to_due_max),
        amount_min_minor: findings.amount(&at("amount_min"), raw.amount_min.as_deref(), currency),
        amount_max_minor: findings.amount(&at("amount_max"), raw.amount_max.as_deref(), currency),
        open_items_min: raw.open_items_min.map(|given| {
            let count = findings.whole(&at("open_items_min"), Some(given), (1, 10_000), 1);
            usize::try_from(count).expect("ten thousand at most")
        }),
        party_types: findings.party_types(&at("party_types"), &raw.party_types),
        countries: findings.countries(&at("countries"), &raw.countries),
        after: raw.after.iter().map(|id| ActionId::new(id)).collect(),
        all_of: findings.conditions(&at("all_of"), &raw.all_of),
        any_of: findings.conditions(&at("any_of"), &raw.any_of),
        none_of: findings.conditions(&at("none_of"), &raw.none_of),
    }
}

fn assumption(path: &str, raw: &RawEffect, findings: &mut Findings) -> Assumption {
    let mut ratio = |field: &str, given: f64| {
        let range = (1.0 / ODDS_RATIO_MAX, ODDS_RATIO_MAX);
        findings.number(&format!("{path}.{field}"), Some(given), range, 1.0)
    };
    let (odds_ratio, low, high) = (
        ratio("odds_ratio", raw.odds_ratio),
        ratio("low", raw.low),
        ratio("high", raw.high),
    );
    if !(low..=high).contains(&odds_ratio) {
        let allowed = format!("an odds ratio from low ({low}) to high ({high})");
        findings.add(&format!("{path}.odds_ratio"), &allowed, &odds_ratio);
    }
    Assumption {
        odds_ratio,
        low,
        high,
        days: findings.whole(
            &format!("{path}.days"),
            raw.days,
            (1, EFFECT_DAYS_MAX),
            defaults::EFFECT.days,
        ),
    }
}

fn procedure_of(path: &str, raw: &RawProcedure, findings: &mut Findings) -> Procedure {
    findings.id(&format!("{path}.id"), &raw.id);
    let steps = numbered(&format!("{path}.steps"), &raw.steps, |path, step| Step {
        action: ActionId::new(&step.action),
        from_days_past_due: findings
            .days(
                &format!("{path}.from_days_past_due"),
                Some(step.from_days_past_due),
            )
            .unwrap_or(0),
    });
    Procedure {
        id: raw.id.clone(),
        steps,
        then: raw.then.clone(),
    }
}

fn caps(raw: &RawCaps, findings: &mut Findings) -> Caps {
    let default = defaults::caps();
    let contacts = raw.contacts.as_ref().map_or(default.contacts, |caps| {
        numbered("caps.contacts", caps, |path, cap| ContactCap {
            days: findings.whole(&format!("{path}.days"), Some(cap.days), (1, 366), 1),
            contacts: findings.whole(&format!("{path}.contacts"), Some(cap.contacts), (0, 1_000), 0),
        })
    });
    let earliest = findings.time("caps.earliest", raw.earliest.as_deref(), default.earliest);
    let latest = findings.time("caps.latest", raw.latest.as_deref(), default.latest);
    if earliest >= latest {
        let allowed = format!("a time after caps.earliest ({})", earliest.format("%H:%M"));
        findings.add("caps.latest", &allowed, &latest.format("%H:%M"));
    }
    let timezone = raw.timezone.clone().unwrap_or(default.timezone);
    if timezone.parse::<chrono_tz::Tz>().is_err() {
        let allowed = "a zone of the IANA database such as \"Europe/Amsterdam\"";
        findings.add("caps.timezone", allowed, &format!("{timezone:?}"));
    }
    Caps {
        contacts,
        earliest,
        latest,
        business_days_only: raw.business_days_only.unwrap_or(default.business_days_only),
        timezone,
    }
}

fn exclusions(raw: &RawExclusions, currency: Currency, findings: &mut Findings) -> Exclusions {
    let default = defaults::exclusions(currency);
    Exclusions {
        minimum_minor: findings
            .amount("exclusions.minimum", raw.minimum.as_deref(), currency)
            .unwrap_or(default.minimum_minor),
        promise_tolerance_days: findings.whole(
            "exclusions.promise_tolerance_days",
            raw.promise_tolerance_days,
            (0, 60),
            default.promise_tolerance_days,
        ),
        subtract_unapplied_credit: raw
            .subtract_unapplied_credit
            .unwrap_or(default.subtract_unapplied_credit),
        direct_debit_days: findings.whole(
            "exclusions.direct_debit_days",
            raw.direct_debit_days,
            (0, 60),
            default.direct_debit_days,
        ),
        grace_days: findings.whole(
            "exclusions.grace_days",
            raw.grace_days,
            (0, 365),
            default.grace_days,
        ),
        expected_probability: findings.number(
            "exclusions.expected_probability",
            raw.expected_probability,
            (0.0, 1.0),
            default.expected_probability,
        ),
        expected_days: findings.whole(
            "exclusions.expected_days",
            raw.expected_days,
            (1, EFFECT_DAYS_MAX),
            default.expected_days,
        ),
    }
}

fn value(raw: &RawValue, currency: Currency, findings: &mut Findings) -> ValueTerms {
    let default = defaults::value(currency);
    let minute_cost = raw.minute_cost.as_deref();
    ValueTerms {
        cost_of_capital: findings.number(
            "value.cost_of_capital",
            raw.cost_of_capital,
            (0.0, 1.0),
            default.cost_of_capital,
        ),
        loss_share: findings.number("value.loss_share", raw.loss_share, (0.0, 1.0), default.loss_share),
        rescue_share: findings.number(
            "value.rescue_share",
            raw.rescue_share,
            (0.0, 1.0),
            default.rescue_share,
        ),
        minute_cost_minor: findings.fine_amount(
            "value.minute_cost",
            minute_cost,
            currency,
            default.minute_cost_minor,
        ),
    }
}

fn exploration(raw: &RawExploration, findings: &mut Findings) -> Exploration {
    let default = defaults::exploration();
    let read = Exploration {
        share: findings.number("exploration.share", raw.share, (0.0, 1.0), default.share),
        propensity_min: findings.number(
            "exploration.propensity_min",
            raw.propensity_min,
            (0.05, 0.5),
            default.propensity_min,
        ),
        hold_out_share: findings.number(
            "exploration.hold_out_share",
            raw.hold_out_share,
            (0.0, 0.5),
            default.hold_out_share,
        ),
        seed: raw.seed.unwrap_or(default.seed),
    };
    let sum = read.share + read.hold_out_share;
    if sum > 1.0 {
        let allowed = "a share that with exploration.hold_out_share is at most 1";
        findings.add("exploration.share", allowed, &sum);
    }
    read
}
