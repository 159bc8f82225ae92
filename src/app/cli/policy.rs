//! `duecast policy`: the policy that ships, and whether one's own can be used.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::screen::{Screen, counted};
use crate::action::Policy;
use crate::action::policy::{ActionRule, CollectorRule, Procedure};
use crate::app::service;
use crate::domain::Money;

/// Print the policy that ships, or check one's own
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the policy that ships, as a start for one's own
    Show,
    /// Say what was understood of a policy, or everything that is wrong with it
    Check {
        /// TOML file; without one, the policy that ships.
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    match &arguments.action {
        Action::Show => screen.line(Policy::DEFAULT_TEXT.trim_end()),
        Action::Check { file } => {
            let policy = service::policy::load(file.as_deref())?;
            let place = file.as_deref().map_or_else(
                || "The policy that ships".to_owned(),
                |file| file.display().to_string(),
            );
            screen.line(format!(
                "{place} can be used: {:?}, version {}, amounts in {}.",
                policy.name, policy.version, policy.currency
            ))?;
            print_actions(&policy, screen)?;
            print_procedures(&policy, screen)?;
            print_terms(&policy, screen)?;
            print_collectors(&policy.collectors, screen)?;
            for remark in policy.remarks() {
                screen.note(remark);
            }
            Ok(())
        }
    }
}

fn print_actions(policy: &Policy, screen: &Screen) -> anyhow::Result<()> {
    screen.heading(counted(policy.actions.len(), "action"))?;
    let header = [
        "action",
        "kind",
        "channel",
        "cost",
        "minutes",
        "level",
        "who lets it happen",
        "assumed odds ratio",
    ];
    let mut table = screen.new_table(&header, &[3, 4, 5]);
    for rule in &policy.actions {
        table.add_row(row(rule, policy));
    }
    screen.table(&table)?;
    screen.heading("When each may be done")?;
    for rule in &policy.actions {
        let mut when = rule.when.words(policy.currency);
        if rule.cooling_off_days > 0 {
            when = format!("{when}; not again within {} days", rule.cooling_off_days);
        }
        if rule.is_once_per_invoice {
            when.push_str("; once for an invoice");
        }
        if let Some(skill) = &rule.skill {
            when = format!("{when}; by somebody with the skill {skill}");
        }
        screen.line(format!("  {}: {when}", rule.id))?;
    }
    Ok(())
}

fn row(rule: &ActionRule, policy: &Policy) -> Vec<String> {
    let effect = &rule.effect;
    vec![
        rule.id.to_string(),
        rule.kind.name().to_owned(),
        rule.channel.name().to_owned(),
        Money::from_minor(rule.cost_minor, policy.currency).to_decimal_string(),
        rule.minutes.to_string(),
        rule.level.to_string(),
        rule.autonomy.name().to_owned(),
        format!(
            "{:.2} ({:.2} to {:.2}) for {} days",
            effect.odds_ratio, effect.low, effect.high, effect.days
        ),
    ]
}

fn print_procedures(policy: &Policy, screen: &Screen) -> anyhow::Result<()> {
    screen.heading(format!(
        "{}, by days past due",
        counted(policy.procedures.len(), "procedure")
    ))?;
    for procedure in &policy.procedures {
        screen.line(format!("  {}: {}", procedure.id, steps(procedure)))?;
    }
    screen.heading("Who is on which, the first that fits")?;
    for assignment in &policy.assignments {
        screen.line(format!(
            "  {}: {}",
            assignment.procedure,
            assignment.words(policy.currency)
        ))?;
    }
    Ok(())
}

fn steps(procedure: &Procedure) -> String {
    let mut steps: Vec<String> = procedure
        .steps
        .iter()
        .map(|step| format!("{} {}", step.from_days_past_due, step.action))
        .collect();
    if let Some(then) = &procedure.then {
        steps.push(format!("then {then}"));
    }
    steps.join(", ")
}

fn print_terms(policy: &Policy, screen: &Screen) -> anyhow::Result<()> {
    let (caps, exclusions) = (&policy.caps, &policy.exclusions);
    let (value, exploration) = (&policy.value, &policy.exploration);
    let contacts: Vec<String> = caps
        .contacts
        .iter()
        .map(|cap| format!("{} in {} days", cap.contacts, cap.days))
        .collect();
    let days = if caps.business_days_only {
        "business days only"
    } else {
        "every day that the law allows"
    };
    screen.heading("Terms")?;
    screen.line(format!(
        "  contacts: at most {}; {} to {}, {days}, {} where no time zone is known",
        if contacts.is_empty() {
            "what the law allows".to_owned()
        } else {
            contacts.join(" and ")
        },
        caps.earliest.format("%H:%M"),
        caps.latest.format("%H:%M"),
        caps.timezone
    ))?;
    screen.line(format!(
        "  not dunned: below {}, {} days past due and less, promises until {} days after their day, \
         what is paid within {} days with a probability above {}",
        Money::from_minor(exclusions.minimum_minor, policy.currency),
        exclusions.grace_days,
        exclusions.promise_tolerance_days,
        exclusions.expected_days,
        exclusions.expected_probability
    ))?;
    screen.line(format!(
        "  worth: capital costs {:.1} % a year, {:.0} % of what is never paid is lost, an action reaches {:.0} % of those \
         who would never pay, a minute costs {} minor units",
        100.0 * value.cost_of_capital,
        100.0 * value.loss_share,
        100.0 * value.rescue_share,
        value.minute_cost_minor
    ))?;
    screen.line(format!(
        "  left to chance: {:.1} % of decisions are drawn, each action with a probability of {} or more; \
         for {:.1} % of customers nothing is done",
        100.0 * exploration.share,
        exploration.propensity_min,
        100.0 * exploration.hold_out_share
    ))
}

fn print_collectors(collectors: &[CollectorRule], screen: &Screen) -> anyhow::Result<()> {
    screen.heading(counted(collectors.len(), "collector"))?;
    for collector in collectors {
        let mut words = format!("{} minutes a day", collector.minutes_per_day);
        for (what, names) in [("skills", &collector.skills), ("languages", &collector.languages)] {
            if !names.is_empty() {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                words = format!("{words}, {what} {}", names.join(" "));
            }
        }
        if collector.only_own_customers {
            words.push_str(", own customers alone");
        }
        for (first, last) in &collector.leave {
            words = format!("{words}, on leave {first} to {last}");
        }
        screen.line(format!("  {}: {words}", collector.collector_id))?;
    }
    Ok(())
}
